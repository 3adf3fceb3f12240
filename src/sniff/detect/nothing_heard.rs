//! `nothing-heard`

use super::{Context, Detector, adverts, secs};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "nothing-heard",
        title: "no VRRP advert was heard",
        text: "\
What it means
  One of three things, which the message tells apart. Other frames, no adverts: nobody is master on this link, or
  multicast does not reach this place. No frames at all: the wrong interface, or a filter. No carrier: the cable.

How it is decided
  The capture ended, or the time was up, without one advert.

What it can be confused with
  A unicast set-up watched from a third machine: a switch does not send it there. An interval longer than the watch.

How to confirm
  `hactl watch` on the nodes themselves, on the interface that the vrrp_instance names. With a VLAN, on the parent too.
  A network card may keep the group from a host that has not joined it: `--promiscuous`.

How to fix
  Start the daemons; in a cloud use `unicast_peer`, as multicast is not delivered there; allow IP protocol 112 in the
  security group; on a snooping switch keep 224.0.0.0/24 flooded.
",
    },
    check,
};

fn check(observer: &Observer, cx: &Context, out: &mut Vec<Finding>) {
    let totals = observer.totals();
    if !cx.ended || totals.adverts > 0 || totals.malformed > 0 && observer.broken().next().is_some() {
        return;
    }
    let span = observer.start().map(|s| observer.now().instant().since(s.instant()));
    let time = span.filter(|d| !d.is_zero()).map_or(String::new(), |d| format!(" in {}", secs(d)));
    let frames = cx.interface_frames.unwrap_or(totals.frames);
    if let (Some((vrid, Some(heard))), true) = (observer.asked(), totals.adverts_not_asked > 0) {
        let message = format!(
            "no advert of VRID {vrid}{time}, but {} of others, such as VRID {heard}",
            adverts(totals.adverts_not_asked)
        );
        let fix = "Is the virtual_router_id right? Without --vrid all are shown.";
        out.push(Finding::new("nothing-heard", Severity::Warning, message, fix).likely("a backup never speaks"));
        return;
    }
    let (message, fix) = if cx.carrier == Some(false) {
        (
            format!("no VRRP heard{time}: the interface is down or has no carrier"),
            "Check the cable and `ip link set INTERFACE up`.",
        )
    } else if frames == 0 {
        (
            format!("no VRRP heard{time}, and no other frame either"),
            "Is this the interface that the vrrp_instance names? On a node, `ip -br link` lists them.",
        )
    } else {
        (
            format!(
                "no VRRP heard{time} among {frames} frames ({} ARP, {} neighbour advertisements, {} IGMP reports of the group)",
                totals.arp, totals.na, totals.igmp
            ),
            if cx.live {
                "Watch on a node itself, or with --promiscuous: a network card may keep the group from a host that has not \
                 joined it. Start the daemons; where multicast is not delivered (clouds) use unicast_peer."
            } else {
                "Start the daemons, or capture on a node itself; where multicast is not delivered (clouds) use unicast_peer."
            },
        )
    };
    let f = Finding::new("nothing-heard", Severity::Warning, message, fix);
    out.push(f.likely("a backup never speaks, and unicast adverts do not reach a third machine"));
}
