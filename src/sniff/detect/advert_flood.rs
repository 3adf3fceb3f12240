//! `advert-flood`: more virtual routers than anybody has.

use super::{Context, Detector};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "advert-flood",
        title: "more virtual routers were heard than a link can sensibly have",
        text: "\
What it means
  Somebody or something sends adverts of ever new VRIDs, sources or VLANs: a flood of forged packets, a traffic
  generator, a fuzzer. To keep memory bounded the least established virtual routers were forgotten: the others' findings
  are sound, but what belonged to the forgotten ones is lost.

How it is decided
  A virtual router had to be forgotten to make room for another: more than 1024 were heard, or those heard took too much
  memory.

What it can be confused with
  A trunk with hundreds of VLANs that each have many virtual routers: `--vrid` picks one of them.

How to confirm
  `hactl decode` shows who sends: one hardware address behind many sources is one sender.

How to fix
  Find the port behind the source MAC addresses. Routers should take adverts from their own link only; storm control on
  the switch bounds multicast.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    let totals = observer.totals();
    if totals.groups_forgotten == 0 {
        return;
    }
    let message = format!(
        "{} virtual routers had to be forgotten, {} are left: a flood of forged adverts?",
        totals.groups_forgotten,
        observer.groups().len()
    );
    let fix = "Find the port behind the source MAC addresses; --vrid watches one virtual router beside the flood.";
    let f = Finding::new("advert-flood", Severity::Warning, message, fix);
    out.push(f.fact(format!("{} adverts in {} frames", totals.adverts, totals.frames)));
}
