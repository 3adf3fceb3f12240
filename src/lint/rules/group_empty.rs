//! `group-empty`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-empty",
        title: "a sync group without members",
        text: "\
What it is
  The sync group has no `group` list, or none of the names in it is an instance that it can have.

Why it hurts
  keepalived drops the group, with what it tracks and its notify scripts. Its instances fail over each for itself.

Example
  vrrp_sync_group VG_1 {
      VI_1                    # needs group { … } around it
      VI_2
  }

What keepalived does
  Says «Sync group VG_1 has no virtual router(s). removing», without a line; `-t` exits 5.

How to fix
  `group { VI_1 VI_2 }` inside the block.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "List its instances in `group { … }`, or take the group out.",
    check: Check::Problems(&[Kind::GroupEmpty]),
};
