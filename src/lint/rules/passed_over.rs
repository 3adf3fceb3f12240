//! `passed-over`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "passed-over",
        title: "a line that is passed over, and only the log says so",
        text: "\
What it is
  A value that keepalived refuses when it starts, and that its own check does not mention: a regular expression or
  an offset that is none, a delay out of its range.

Why it hurts
  `keepalived -t` exits 0, and yet the line does not count: a page may pass that the expression was to refuse.

Example
  url {
      path /
      regex_min_offset x
  }

What keepalived does
  It logs a message at its start and goes on without the line.

How to fix
  Correct the value; then look at the log of a start, not only at `keepalived -t`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the value; only keepalived's log would say that it is passed over.",
    check: Check::Problems(&[Kind::PassedOver]),
};
