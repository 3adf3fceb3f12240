//! `unicast-multicast-mix`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "unicast-multicast-mix",
        title: "one member sends unicast adverts, another multicast",
        text: "\
What it means
  keepalived in unicast mode takes no multicast adverts and the other way round («Expected unicast packet but received
  multicast packet»); mostly the socket does not even get them. Each takes the other for dead: both become master.

How it is decided
  The destination of one member's adverts is a host address, that of another the VRRP group.

What it can be confused with
  A migration to unicast that has reached one node only.

How to confirm
  Look for `unicast_peer` in both configurations. A unicast keyword without peers leaves an instance in multicast mode.

How to fix
  `unicast_src_ip` and `unicast_peer` on all members, or on none.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            if a.multicast.value == b.multicast.value || !comparable(a, b, |m| &m.multicast) {
                continue;
            }
            let (uni, multi) = if a.multicast.value { (b, a) } else { (a, b) };
            let message = format!(
                "{}: {} sends unicast adverts and {} multicast; neither accepts the other's",
                group.id, uni.addr, multi.addr
            );
            let fix = "Configure unicast_peer on all members, or on none.";
            let f = Finding::new("unicast-multicast-mix", Severity::Critical, message, fix).group(group.id);
            let note = |m: &Member| {
                format!("{} sends {}", m.addr, if m.multicast.value { "to the group" } else { "to a host" })
            };
            out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
        }
    }
}
