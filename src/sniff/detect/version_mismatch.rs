//! `version-mismatch`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "version-mismatch",
        title: "members of one virtual router speak different VRRP versions",
        text: "\
What it means
  A router discards adverts of another version than its own, so each takes the other for dead and both become master.

How it is decided
  The version nibble of the adverts of two members differs.

What it can be confused with
  vrid-collision, when the address lists have nothing in common. An upgrade that has reached one node only.

How to confirm
  keepalived logs «wrong VRRP version». IPv6 instances are always version 3; FRR's default is 3, keepalived's is 2.

How to fix
  Set the same `version` (or global `vrrp_version`) on all members. Authentication exists in version 2 only.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            if a.version.value != b.version.value && comparable(a, b, |m| &m.version) {
                let message = format!(
                    "{}: {} speaks VRRPv{} and {} VRRPv{}; neither accepts the other's adverts",
                    group.id, a.addr, a.version.value, b.addr, b.version.value
                );
                let fix = "Set the same version on both (`version` in the vrrp_instance, or global `vrrp_version`).";
                let f = Finding::new("version-mismatch", Severity::Critical, message, fix).group(group.id);
                let note = |m: &Member| format!("{} sends version {}", m.addr, m.version.value);
                out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
            }
        }
    }
}
