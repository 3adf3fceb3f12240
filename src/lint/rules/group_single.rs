//! `group-single`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-single",
        title: "a sync group of one instance",
        text: "\
What it is
  The sync group has one member only.

Why it hurts
  It works, and does nothing for the instance but to take the weights of its trackers away. Often a second member was
  meant.

Example
  vrrp_sync_group VG_1 {
      group {
          VI_1
      }
  }

What keepalived does
  Says «Sync group VG_1 has only 1 virtual router(s) - this probably isn't what you want», without a line; `-t` exits
  5.

How to fix
  Add the other instance, or move the group's notify scripts into the instance and take the group out.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Take the group out, or add the instances that are to move with it.",
    check: Check::Problems(&[Kind::GroupSingle]),
};
