//! `clock-step`

use super::{Context, Detector};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "clock-step",
        title: "the capture's own time goes back",
        text: "\
What it means
  Gaps, silences and durations around that place cannot be trusted: the capturing machine's clock was set, or several
  captures were put together without sorting.

How it is decided
  A frame is more than 10 ms older than the one before it. It is treated as if seen at the time of that one.

What it can be confused with
  Frames delivered out of order by several CPUs, which differ by less.

How to confirm
  `capinfos -o FILE` says whether a file is in strict time order.

How to fix
  `reordercap IN OUT` or `mergecap -w OUT A B` for files; for a live watch wait until the clock is synchronised.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    let times = observer.totals().time_went_back;
    if times > 0 {
        let message = format!("the capture's time goes back at {times} frame{}", if times == 1 { "" } else { "s" });
        let fix = "Sort the file (`reordercap IN OUT`), or watch again when the clock is synchronised.";
        out.push(Finding::new("clock-step", Severity::Info, message, fix));
    }
}
