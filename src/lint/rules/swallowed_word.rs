//! `swallowed-word`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "swallowed-word",
        title: "`inet` or `inet6` swallows the word after it",
        text: "\
What it is
  A route or rule with `inet` or `inet6`. keepalived reads the word behind it as if it belonged to it, and passes
  over it.

Why it hurts
  What was to be the destination or the table is lost, and with it usually the whole line.

Example
  virtual_routes {
      inet 10.8.0.0/16 dev eth0
  }

What keepalived does
  It passes over the word after `inet` without saying so. What is left is seldom a route.

How to fix
  Leave `inet` and `inet6` out: the addresses tell the family.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Leave the word `inet` or `inet6` out.",
    check: Check::Problems(&[Kind::Swallowed]),
};
