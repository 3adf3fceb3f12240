//! `hysteresis-too-high`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "hysteresis-too-high",
        title: "a hysteresis that is not below the quorum",
        text: "\
What it is
  `hysteresis` is as large as the quorum, or larger.

Why it hurts
  The quorum would be lost only when no server is left, or never.

Example
  virtual_server 10.0.0.10 80 {
      quorum 2
      hysteresis 2
  }

What keepalived does
  It lowers the hysteresis to one less than the quorum with a message. `keepalived -t` exits 5.

How to fix
  Make it smaller than the quorum.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Make it smaller than the quorum.",
    check: Check::Problems(&[Kind::Hysteresis]),
};
