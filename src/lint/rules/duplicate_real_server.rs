//! `duplicate-real-server`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "duplicate-real-server",
        title: "a real server twice in one virtual server",
        text: "\
What it is
  Two `real_server` blocks of one virtual server have the same address and port.

Why it hurts
  The second block does not count: its weight, its checks and its scripts are lost.

Example
  real_server 10.0.0.21 80 {
  }
  real_server 10.0.0.21 80 {
      weight 3
  }

What keepalived does
  It removes the second with a message. `keepalived -t` exits 5.

How to fix
  Keep one of the blocks.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Keep one of the two blocks.",
    check: Check::Problems(&[Kind::DuplicateServer]),
};
