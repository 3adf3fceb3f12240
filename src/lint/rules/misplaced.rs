//! `misplaced`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "misplaced",
        title: "a keyword that only counts behind another one",
        text: "\
What it is
  A keyword stands before the one that it belongs to, or without it: a scheduler's option before `lb_algo`,
  `sorry_server_inhibit` before `sorry_server`.

Why it hurts
  It has no effect.

Example
  virtual_server 10.0.0.10 80 {
      sorry_server_inhibit
      sorry_server 10.0.0.9 80
  }

What keepalived does
  It complains and passes over the line. `keepalived -t` exits 5.

How to fix
  Move it behind the keyword that it belongs to.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Move the line behind the keyword it belongs to.",
    check: Check::Problems(&[Kind::Misplaced]),
};
