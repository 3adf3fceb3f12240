//! `group-interface-weight`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-interface-weight",
        title: "a sync group turns the weight of an interface or file into a fault",
        text: "\
What it is
  A member of a sync group tracks an interface with a weight, or a file with the weight 1 that files have by
  themselves. keepalived takes the weight away and tracks it all the same: its loss is a fault now.

Why it hurts
  A link that was to cost some points of priority takes the whole group down on this node. When the same link is lost
  on both nodes, as with a failed switch, no node is master any more, and all addresses are gone.

Example
  vrrp_instance VI_1 {        # member of VG_1
      track_interface {
          eth2 weight -20
      }
  }

What keepalived does
  Says «(VI_1) ignoring eth2 tracked interface weight due to SYNC group», without a line; `-t` exits 5.

How to fix
  Move the entry into the `vrrp_sync_group` block, where weights count for all members, or write
  `sync_group_tracking_weight` there.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Track it in the sync group, or without a weight.",
    check: Check::Problems(&[Kind::GroupInterface]),
};
