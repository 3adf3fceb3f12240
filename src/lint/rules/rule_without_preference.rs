//! `rule-without-preference`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "rule-without-preference",
        title: "a routing rule without its preference",
        text: "\
What it is
  A line of `virtual_rules` or `static_rules` that does not say its `preference`.

Why it hurts
  The kernel takes rules in the order of their preference. Without one keepalived counts down from 16384, so the
  order depends on how many rules there are and where they stand.

Example
  virtual_rules {
      from 10.8.0.0/16 table 5
  }

What keepalived does
  It complains, chooses a preference and sets the rule. `keepalived -t` exits 5.

How to fix
  Say it: `preference 100`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add `preference NUMBER` to the rule.",
    check: Check::Problems(&[Kind::NoPreference]),
};
