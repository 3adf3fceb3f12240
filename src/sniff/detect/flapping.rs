//! `flapping`

use std::time::Duration;

use super::{Context, Detector, at, secs};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::event::{Reason, Transition};

/// Changes of master within [`WINDOW`] that count as flapping; one failover with its return is two.
const CHANGES: usize = 5;
const WINDOW: Duration = Duration::from_mins(5);

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "flapping",
        title: "mastership changes again and again",
        text: "\
What it means
  Every change breaks connections and makes neighbours learn the address anew. Something switches on and off faster than
  the set-up is made for: a check on the edge, a loaded host, a lossy path, a daemon that restarts.

How it is decided
  At least 5 changes of master within 5 minutes.

What it can be confused with
  A test in which nodes are stopped and started on purpose. vrid-collision: two virtual routers in turns.

How to confirm
  The reasons: `timeout` means lost adverts or a stalled host, `release` a check or a restart, `preempt` a better node
  that comes back each time. Gaps in all virtual routers of one sender at once mean that its host stalled.

How to fix
  By reason: `fall`/`rise` on the check; a longer `advert_int` or more `down_timer_adverts` on a loaded host, real-time
  priority; `nopreempt` or `preempt_delay` so that a node that comes back does not take over at once.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        let changes: Vec<&Transition> = group.transitions.iter().filter(|t| t.reason != Reason::FirstSeen).collect();
        let window = |w: &[&Transition]| w[w.len() - 1].seen.at().since(w[0].seen.at()) <= WINDOW;
        if !changes.windows(CHANGES).any(window) {
            continue;
        }
        let (first, last) = (changes[0], changes[changes.len() - 1]);
        let mut reasons: Vec<(Reason, usize)> = Vec::new();
        for t in &changes {
            match reasons.iter_mut().find(|r| r.0 == t.reason) {
                Some(r) => r.1 += 1,
                None => reasons.push((t.reason, 1)),
            }
        }
        reasons.sort_by_key(|r| std::cmp::Reverse(r.1));
        let why: Vec<String> = reasons.iter().map(|(r, n)| format!("{n} by {}", r.as_str())).collect();
        let message = format!(
            "{}: mastership changed {} times in {} ({})",
            group.id,
            changes.len(),
            secs(last.seen.at().since(first.seen.at())),
            why.join(", ")
        );
        let fix = "Damp what causes it: fall/rise on the check, nopreempt or preempt_delay, a longer advert_int on a loaded host.";
        let f = Finding::new("flapping", Severity::Warning, message, fix).group(group.id);
        let f = at(f, first.seen, format!("first change: {} ({})", first.to, first.reason.as_str()));
        out.push(at(f, last.seen, format!("last change: {} ({})", last.to, last.reason.as_str())));
    }
}
