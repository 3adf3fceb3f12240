//! `vrid-collision`: one VRID, two unrelated virtual routers.

use super::{Context, Detector, at, compared};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::Group;
use crate::sniff::member::Member;
use std::time::Duration;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "vrid-collision",
        title: "two unrelated virtual routers use the same VRID on one link",
        text: "\
What it means
  Each pair takes the other's adverts for its own peer's. Depending on priorities, passwords and versions one pair loses
  its addresses, both flap, or both go on and fill each other's logs. With virtual MACs they fight for one MAC address.

How it is decided
  Senders of the same VLAN, family and VRID were heard at the same time, and their address lists have no address in
  common. Members of one virtual router advertise the same addresses.

What it can be confused with
  split-brain: two masters of the same addresses. Renumbering in progress: one node already has the new list and shares
  no address with the other; then it ends when the other is changed too.

How to confirm
  Ask who runs the senders of the other address list. Installers like to hard-code 51.

How to fix
  Give one of them another `virtual_router_id`; the message names numbers that were not heard here. A virtual router
  whose master is on another VLAN or down is not heard, so ask before taking one.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        let Some((a, b)) = strangers(group) else { continue };
        let list = |m: &Member| {
            let v: Vec<String> = m.addresses.value.iter().take(3).map(ToString::to_string).collect();
            let more = m.addresses.value.len().saturating_sub(3);
            if more > 0 { format!("{} and {more} more", v.join(", ")) } else { v.join(", ") }
        };
        let side = |m: &Member| -> String {
            let v: Vec<String> = group
                .members
                .values()
                .filter(|x| group.related(m.addr, x.addr))
                .take(4)
                .map(|x| x.addr.to_string())
                .collect();
            v.join(", ")
        };
        let free = free_vrids(observer, group);
        let message = format!(
            "{} is used by unrelated virtual routers: {} for {}, and {} for {}",
            group.id,
            side(a),
            list(a),
            side(b),
            list(b)
        );
        let fix = format!("Give one of them another virtual_router_id; not heard here: {free}.");
        let f = Finding::new("vrid-collision", Severity::Critical, message, fix).group(group.id);
        let f = at(f, a.last, format!("{} advertises {}", a.addr, list(a)));
        let f = at(f, b.last, format!("{} advertises {}", b.addr, list(b)));
        out.push(f.unseen("virtual routers whose adverts do not reach this place may use those numbers too"));
    }
}

/// Two members heard at about the same time whose addresses are disjoint.
pub(super) fn strangers(group: &Group) -> Option<(&Member, &Member)> {
    let members = compared(group);
    for (i, a) in members.iter().enumerate() {
        for b in &members[i + 1..] {
            if group.related(a.addr, b.addr) {
                continue;
            }
            let window = (a.pace().max(b.pace()) * 10).max(Duration::from_secs(10));
            let overlap = a.last.at() >= b.first.at().before(window) && b.last.at() >= a.first.at().before(window);
            if overlap {
                return Some((a, b));
            }
        }
    }
    None
}

fn free_vrids(observer: &Observer, group: &Group) -> String {
    let used: Vec<u8> = observer.groups().filter(|g| g.id.vlans == group.id.vlans).map(|g| g.id.vrid).collect();
    let free: Vec<String> = (1..=255u8).rev().filter(|v| !used.contains(v)).take(3).map(|v| v.to_string()).collect();
    if free.is_empty() { "none, all 255 are taken".into() } else { free.join(", ") }
}
