//! `checker-never-passes`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "checker-never-passes",
        title: "a checker that can never pass",
        text: "\
What it is
  What a checker asks for contradicts itself, such as a `min_reply_length` above `max_reply_length`.

Why it hurts
  The real server never counts as up.

Example
  UDP_CHECK {
      require_reply
      min_reply_length 300
  }

What keepalived does
  It says so at the end of the block and runs the checker all the same. `keepalived -t` exits 5.

How to fix
  Make the limits fit each other.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Make the limits fit each other.",
    check: Check::Problems(&[Kind::CheckerFails]),
};
