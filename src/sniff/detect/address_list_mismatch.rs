//! `address-list-mismatch`

use std::net::IpAddr;

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "address-list-mismatch",
        title: "members of one virtual router advertise different addresses",
        text: "\
What it means
  keepalived up to 2.3.2 discards an advert whose addresses are not its own: both routers become master. Since 2.3.3 it
  only logs it: one master, but after a failover the addresses missing on the other node are dead. FRR only logs it.

How it is decided
  The sets of addresses in the adverts of two members differ but have something in common. Order does not count.

What it can be confused with
  vrid-collision, when nothing is in common. A change of configuration that has reached one node only.

How to confirm
  Compare `virtual_ipaddress` on both nodes. Addresses beyond what the MTU carries are moved to
  `virtual_ipaddress_excluded`, so different MTUs give different lists.

How to fix
  The same `virtual_ipaddress` everywhere; what differs on purpose belongs in `virtual_ipaddress_excluded`.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            if a.addresses.value == b.addresses.value || !comparable(a, b, |m| &m.addresses) {
                continue;
            }
            let message = format!(
                "{}: address lists differ: {}; keepalived up to 2.3.2 rejects such adverts (two masters), later ones lose \
                 addresses at failover",
                group.id,
                [only(a, b), only(b, a)].into_iter().flatten().collect::<Vec<_>>().join(", ")
            );
            let fix = "Make virtual_ipaddress equal on both; put what should differ into virtual_ipaddress_excluded.";
            let f = Finding::new("address-list-mismatch", Severity::Warning, message, fix).group(group.id);
            let note = |m: &Member| format!("{} advertises {}", m.addr, list(&m.addresses.value));
            let f = with_last_adverts(f, &[(a, note(a)), (b, note(b))]);
            out.push(f.unseen("the daemons' versions, which decide between two masters and lost addresses"));
        }
    }
}

fn only(a: &Member, b: &Member) -> Option<String> {
    let missing: Vec<IpAddr> = a.addresses.value.iter().filter(|x| !b.addresses.value.contains(x)).copied().collect();
    (!missing.is_empty()).then(|| format!("only {} has {}", a.addr, list(&missing)))
}

fn list(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
    match addresses.len() {
        0 => "no address".into(),
        n if n > 4 => format!("{} and {} more", shown.join(", "), n - 4),
        _ => shown.join(", "),
    }
}
