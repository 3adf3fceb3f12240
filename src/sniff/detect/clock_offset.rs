//! `clock-offset`

use std::time::Duration;

use super::{Context, Detector, at, pairs, secs};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::Member;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "clock-offset",
        title: "the clocks of routers that sign their adverts disagree",
        text: "\
What it means
  keepalived 2.4's `auth_hmac` rejects adverts whose time is outside its window (by default three advert intervals, at
  least 5 s, at most 300 s) as stale: then both routers become master. It warns at half the window.

How it is decided
  The trailer carries the sender's clock. Two members' offsets from the capture's clock differ by more than half the
  default window.

What it can be confused with
  A step of the capturing machine's own clock between the two.

How to confirm
  `chronyc tracking` or `timedatectl` on both nodes.

How to fix
  Synchronise the clocks; until then a larger `time_window`, or `anti_replay monotonic`.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            let (Some(x), Some(y)) = (a.clock_offset, b.clock_offset) else { continue };
            let apart = Duration::from_micros(x.abs_diff(y));
            // keepalived: clamp(3 × whole seconds of the interval, 5, 300)
            let window = Duration::from_secs((3 * a.interval.value.as_secs()).clamp(5, 300));
            if apart <= window / 2 {
                continue;
            }
            let (ahead, behind) = if x > y { (a, b) } else { (b, a) };
            let severity = if apart > window { Severity::Critical } else { Severity::Warning };
            let message = format!(
                "{}: the clock of {} is {} ahead of {}'s; the default window for signed adverts is {}",
                group.id,
                ahead.addr,
                secs(apart),
                behind.addr,
                secs(window)
            );
            let f = Finding::new("clock-offset", severity, message, "Synchronise the clocks of both nodes.")
                .group(group.id);
            let note = |m: &Member| format!("{} signs with its own time", m.addr);
            let f = at(f, a.last, note(a));
            out.push(at(f, b.last, note(b)).unseen("a time_window or anti_replay other than the default"));
        }
    }
}
