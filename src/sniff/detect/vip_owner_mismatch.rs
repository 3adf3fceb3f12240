//! `vip-owner-mismatch`

use std::time::Duration;

use super::{Context, Detector, at, who};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::Group;
use crate::wire::Mac;

/// How long a master may take to announce an address again after somebody else did.
const SETTLE: Duration = Duration::from_millis(1500);

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "vip-owner-mismatch",
        title: "a virtual address was last announced by a node that is not master",
        text: "\
What it means
  Neighbours send traffic for the address to the hardware address they heard last. It is not the master's: the service
  looks dead although the election looks right. Classic cause: a backup became master for a moment, announced the
  address, and yielded; the real master never noticed and never announced it again.

How it is decided
  The last gratuitous ARP or unsolicited neighbour advertisement for a virtual address came, during the present master's
  time, from a hardware address that the master does not use, and the master has not answered it within 1.5 s.

What it can be confused with
  split-brain, where both announce. Another product or a static copy of the address on some host (duplicate address):
  the hardware address then belongs to no member.

How to confirm
  `ip neigh` on a neighbour, or `arping -I eth0 ADDRESS`: which hardware address answers?

How to fix
  Now: `arping -U -I eth0 ADDRESS` on the master (IPv6: `ndsend`). For good: `garp_master_refresh 60`, and
  `garp_lower_prio_repeat` left at its default so that a master announces when a lesser one has spoken.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        if group.silenced.is_some() || group.contention.is_some() {
            continue; // who is master is the question then; see mutual-silencing and split-brain
        }
        check_group(observer, group, out);
    }
}

fn check_group(observer: &Observer, group: &Group, out: &mut Vec<Finding>) {
    let [master] = group.masters()[..] else { return };
    let Some(since) = master.speaking_since else { return };
    let virtual_mac = Mac::virtual_router(group.id.vrid, group.id.ipv6);
    for (address, a) in &group.announcements {
        let mine = master.has_mac(a.mac) || (a.mac == virtual_mac && master.has_mac(virtual_mac));
        let stale = !master.addresses.value.contains(address);
        let settled = observer.now().instant().since(a.last.at()) >= SETTLE && master.last.at() >= a.last.at();
        if mine || stale || !settled || a.last.at() < since.at() || master.macs.is_empty() {
            continue;
        }
        let by = match a.member.and_then(|m| group.members.get(&m)) {
            Some(m) => format!("{}, which is not master", m.addr),
            None => "a node that has sent no advert".to_owned(),
        };
        let message = format!(
            "{}: {address} was last announced at {} by {by}; {} is master and has not announced it since",
            group.id,
            a.mac,
            who(master)
        );
        let fix = format!(
            "On {} run `arping -U -c 3 -I INTERFACE {address}` now (IPv6: ndsend), and set garp_master_refresh so that it \
             heals by itself.",
            master.addr
        );
        let f = Finding::new("vip-owner-mismatch", Severity::Critical, message, fix).group(group.id);
        let f = at(f, a.last, format!("{address} announced at {}", a.mac));
        out.push(at(f, master.last, format!("{} is master, at {}", master.addr, master.macs[0])));
    }
}
