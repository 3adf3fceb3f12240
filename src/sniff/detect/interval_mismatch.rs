//! `interval-mismatch`

use super::{Context, Detector, pairs, secs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "interval-mismatch",
        title: "members of one virtual router advertise different intervals",
        text: "\
What it means
  In version 2 a router discards adverts whose interval is not its own: both become master, and the slower one falls
  silent on the wire while it keeps the addresses (see mutual-silencing). In version 3 a backup adopts the master's
  interval, so failover takes longer or shorter depending on who is master; holo rejects it in version 3 too.

How it is decided
  The interval field of the adverts of two members differs: critical in version 2, a warning in version 3.

What it can be confused with
  A change of configuration that has reached one node only.

How to confirm
  keepalived logs «advertisement interval mismatch … mine=… rcv'd=…» and counts nothing.

How to fix
  The same `advert_int` on all members. Version 2 has whole seconds only: a fraction is rounded, so 0.5 on one node and
  1 on the other meet by chance while 1.5 does not meet 1.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            let same_version = a.version.value == b.version.value;
            if a.interval.value == b.interval.value || !same_version || !comparable(a, b, |m| &m.interval) {
                continue;
            }
            let (severity, what) = if a.version.value == 2 {
                (Severity::Critical, "in version 2 each rejects the other's adverts")
            } else {
                (Severity::Warning, "a version 3 backup adopts its master's, so failover time depends on who is master")
            };
            let message = format!(
                "{}: {} advertises every {} and {} every {}; {what}",
                group.id,
                a.addr,
                secs(a.interval.value),
                b.addr,
                secs(b.interval.value)
            );
            let f = Finding::new("interval-mismatch", severity, message, "Set the same advert_int on both.")
                .group(group.id);
            let note = |m: &Member| format!("{} announces an interval of {}", m.addr, secs(m.interval.value));
            out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
        }
    }
}
