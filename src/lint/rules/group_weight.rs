//! `group-weight`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "group-weight",
        title: "a sync group takes a weighted check away",
        text: "\
What it is
  A member of a sync group tracks a script, file or BFD session with a weight. In a group the members' priorities must
  not drift apart, so keepalived removes such trackers, unless `sync_group_tracking_weight` is said.

Why it hurts
  The check runs for nothing: when it fails, no priority changes and no address moves.

Example
  vrrp_sync_group VG_1 {
      group { VI_1 VI_2 }
  }
  vrrp_instance VI_1 {
      track_script {
          chk_web weight -60
      }
  }

What keepalived does
  Says «(VI_1) ignoring tracked script chk_web with weights due to SYNC group», without a line; `-t` exits 5.

How to fix
  Move `track_script { chk_web weight -60 }` into the `vrrp_sync_group` block: there it counts for all members. Or
  take the weight away, so that a failure is a fault of the whole group. Or write `sync_group_tracking_weight` into
  the group when the members' own weights are really meant.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Track it in the sync group itself, or say `sync_group_tracking_weight` there.",
    check: Check::Problems(&[Kind::GroupWeight]),
};
