//! `set-twice`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "set-twice",
        title: "said twice, and the later one is used without a word",
        text: "\
What it is
  A keyword stands twice in its block with different values. keepalived uses the last.

Why it hurts
  The earlier line looks as if it counted, and no message says that it does not.

Example
  vrrp_instance VI_1 {
      priority 150
      …
      priority 100
  }

What keepalived does
  It uses the last and says nothing; `keepalived -t` exits 0.

How to fix
  Keep the line that is meant.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Delete the line that does not count.",
    check: Check::Problems(&[Kind::SetTwice]),
};
