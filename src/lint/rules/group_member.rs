//! `group-member`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-member",
        title: "a sync group names an instance that it cannot have",
        text: "\
What it is
  The `group` list of a sync group has a name that no instance has, or an instance that is in another sync group
  already.

Why it hurts
  That instance does not follow the group. After a failure on one side the inside address is on one node and the
  outside address on the other, and traffic is lost between them.

Example
  vrrp_sync_group VG_1 {
      group {
          VI_1
          VI2                 # the instance is called VI_2
      }
  }

What keepalived does
  Says «Virtual router VI2 specified in sync group VG_1 doesn't exist - ignoring» or «cannot exist in more than one
  sync group», without a line, and goes on with the others; `-t` exits 5.

How to fix
  Spell it as in `vrrp_instance NAME`: names are case sensitive. Instances that must move together go into one group.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the name; an instance belongs to one group at most.",
    check: Check::Problems(&[Kind::GroupMember]),
};
