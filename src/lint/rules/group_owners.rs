//! `group-owners`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-owners",
        title: "a sync group of an address owner and others",
        text: "\
What it is
  A sync group has a member with `state MASTER` and priority 255, and one with `state BACKUP`.

Why it hurts
  The members of a sync group move together. The owner becomes master at once and the other one waits for its turn; the
  group never settles as keepalived itself says.

Example
  vrrp_sync_group G {
      group {
          OUTSIDE    # state MASTER, priority 255
          INSIDE     # state BACKUP
      }
  }

What keepalived does
  Says «Sync group G has some member(s) as address owner and some not as address owner. This won't work.», without a
  line; `-t` exits 5.

How to fix
  Give all members the same state, and priorities below 255.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give all members the same state, and priorities below 255.",
    check: Check::Problems(&[Kind::GroupOwners]),
};
