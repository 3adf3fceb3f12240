//! `empty-list`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "empty-list",
        title: "a list without an entry that counts",
        text: "\
What it is
  A list has no entry, or none that keepalived takes.

Why it hurts
  What was to be listed is not: no mail is sent, or a virtual server serves nothing.

Example
  notification_email {
  }

What keepalived does
  It complains at the end of the block and goes on without the list. `keepalived -t` exits 5.

How to fix
  Add an entry, or delete the list.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add an entry, or delete the list.",
    check: Check::Problems(&[Kind::EmptyList]),
};
