//! `sorry-server-inhibit`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "sorry-server-inhibit",
        title: "a sorry server that is a real server too, and does not agree with itself",
        text: "\
What it is
  The sorry server is one of the real servers, and the two say different things of `inhibit_on_failure`.

Why it hurts
  Which of them holds depends on which was last up or down.

Example
  sorry_server 10.0.0.21 80
  real_server 10.0.0.21 80 {
      inhibit_on_failure
  }

What keepalived does
  It complains and makes them agree. `keepalived -t` exits 5.

How to fix
  Say the same of both, with `sorry_server_inhibit`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Say the same of both, with `sorry_server_inhibit`.",
    check: Check::Problems(&[Kind::SorryInhibit]),
};
