//! `no-master`

use super::{Context, Detector, at, secs};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::down_interval;
use crate::sniff::member::Standing;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "no-master",
        title: "a virtual router has lost its master and nobody has taken over",
        text: "\
What it means
  Nobody answers for the addresses, unless a dead daemon left them on its interface.

How it is decided
  The last master resigned or fell silent, and twice the longest time that any backup would wait has passed without an
  advert.

What it can be confused with
  mutual-silencing and a one-way path to this place: masters that are not heard here. The end of a capture: the time
  after its last frame is not counted.

How to confirm
  On each node: does the daemon run, is it in FAULT (interface down, check failing)? Does the address answer?

How to fix
  Start the daemon or clear the fault. If a check put all nodes into FAULT at once, give it a `weight` instead, so that
  one of them stays master.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    let now = observer.now().instant();
    for group in observer.groups() {
        let (None, Some(last)) = (group.master(), group.voice()) else { continue };
        let quiet = now.since(last.last.at());
        if quiet < down_interval(last, 1) * 2 {
            continue;
        }
        let how = match last.standing {
            Standing::Released(_) => "resigned",
            _ => "fell silent without resigning",
        };
        let message = format!("{}: no master for {}: {} {how} and nobody took over", group.id, secs(quiet), last.addr);
        let fix = "Start the daemon on a node, or clear what holds all of them in FAULT (interface, tracked script).";
        let f = Finding::new("no-master", Severity::Critical, message, fix).group(group.id);
        let f = at(f, last.last, format!("last advert, by {}", last.addr));
        out.push(f.likely("routers whose adverts do not reach this place"));
    }
}
