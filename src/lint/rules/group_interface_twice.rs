//! `group-interface-twice`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-interface-twice",
        title: "an interface that a group and its member track",
        text: "\
What it is
  A sync group has an interface in `track_interface` that one of its members tracks too: as its own interface, or in a
  list of its own.

Why it hurts
  It does no harm, but only one of the two counts: the weight is that of the group, unless the member tracks it
  without weight, as each does with its own interface. Then its loss is a fault, whatever the group's weight.

Example
  vrrp_sync_group G {
      group {
          VI_1                    # on eth0
          VI_2
      }
      track_interface {
          eth0 weight -20         # VI_1 goes to FAULT all the same
      }
  }

What keepalived does
  Says «track_interface eth0 is configured on VRRP instance and sync group. Remove vrrp instance or sync group
  config», without a line; `-t` exits 5.

How to fix
  Take the interface out of one of the lists. To have an instance bear the loss of its own interface, write
  `dont_track_primary` in it.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Take the interface out of one of the lists.",
    check: Check::Problems(&[Kind::GroupInterfaceTwice]),
};
