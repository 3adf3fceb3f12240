//! `near-miss`

use super::{Context, Detector, at, secs};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::NEAR_MISS;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "near-miss",
        title: "a gap between adverts came close to a failover",
        text: "\
What it means
  The master was silent for more than 80 % of what its backup tolerates. A little more and the addresses would have
  moved for nothing. It will happen.

How it is decided
  The longest gap between two adverts of the same master, against the master-down interval of the best-known backup
  (its advertised priority; keepalived's default of 100 where none has ever spoken). Gaps that ended in a takeover are
  transitions, not near misses.

What it can be confused with
  Frames dropped by the capture itself: the count of dropped frames tells.

How to confirm
  A burst after the gap, or gaps in all virtual routers of one sender at the same time: its host stalled (CPU steal,
  snapshot, backup, swap). A single sender and a single virtual router: the daemon. No burst: loss on the path.

How to fix
  A longer `advert_int` or more `down_timer_adverts` on all members; `vrrp_rt_priority` and no swap for the daemon; no
  snapshots of the node that is master.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        let Some(gap) = group.worst_gap else { continue };
        let Some(m) = group.members.get(&gap.member) else { continue };
        let (allowed, priority, known) = group.allowed_gap(m);
        if gap.length <= allowed.mul_f64(NEAR_MISS) {
            continue;
        }
        let assumed = if known {
            format!("priority {priority}, the best backup heard")
        } else {
            format!("priority {priority} assumed")
        };
        let message = if gap.length <= allowed {
            format!(
                "{}: {} was silent for {} of the {} after which a backup takes over ({assumed})",
                group.id,
                gap.member,
                secs(gap.length),
                secs(allowed)
            )
        } else {
            format!(
                "{}: {} was silent for {}, longer than the {} after which a backup should take over ({assumed}), and none did",
                group.id,
                gap.member,
                secs(gap.length),
                secs(allowed)
            )
        };
        let fix = format!(
            "Find what stalled {} at that moment; a longer advert_int or more down_timer_adverts tolerates it.",
            gap.member
        );
        let f = Finding::new("near-miss", Severity::Warning, message, fix).group(group.id);
        out.push(at(f, gap.seen, format!("the advert that ended the gap of {}", secs(gap.length))));
    }
}
