//! `owner-weights`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "owner-weights",
        title: "weights on an address owner never count",
        text: "\
What it is
  The instance has priority 255, written or because of `state MASTER` without `priority`, and tracks something with a
  weight. The priority of an owner is always 255.

Why it hurts
  When the check fails, nothing happens: the priority stays 255 and the addresses stay on the node whose service is
  dead.

Example
  vrrp_instance VI_1 {
      state MASTER            # and no priority: 255
      track_script {
          chk_web weight -60
      }
  }

What keepalived does
  Says «ignoring tracked script chk_web with weights due to address_owner», without a line, and leaves the tracker
  out; `-t` exits 5.

How to fix
  255 is for a router that owns the addresses as its own. Elsewhere write a priority from 1 to 254; or track without a
  weight (`weight 0`), so that a failure is a fault, which works for owners as well.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give it a priority of 254 at most, or take the weight away: then a failure puts it into FAULT.",
    check: Check::Problems(&[Kind::OwnerWeights]),
};
