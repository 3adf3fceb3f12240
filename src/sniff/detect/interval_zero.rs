//! `interval-zero`

use super::{Context, Detector, by_problem};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::wire::Problem;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "interval-zero",
        title: "an advert announces an interval of 0",
        text: "\
What it means
  Old keepalived builds write 0 when a version 2 interval is below a second, and then send as fast as they can: the link
  and every router's CPU suffer. Receivers reject such adverts as an interval mismatch, or, in version 3, compute a
  master-down interval of 0 and take over at once.

How it is decided
  The interval field of an advert is 0.

What it can be confused with
  Nothing: no sound configuration sends 0.

How to confirm
  Compare the rate of adverts with the configuration; `hactl decode` shows their times.

How to fix
  Whole seconds for `advert_int` in version 2, or version 3 on all members for fractions.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    by_problem(observer, "interval-zero", Severity::Critical, Problem::IntervalZero, out, |group, m, count| {
        let span = count.last.at().since(count.first.at()).as_secs_f64();
        let per_second = if count.times > 1 && span > 0.0 { (count.times - 1) as f64 / span } else { 0.0 };
        let rate = if per_second >= 2.0 { format!(", {per_second:.0} adverts a second") } else { String::new() };
        (
            format!("{}: {} announces an interval of 0 in version {}{rate}", group.id, m.addr, m.version.value),
            "Set advert_int to whole seconds (version 2), or use version 3 on all members.".into(),
        )
    });
}
