//! `no-gratuitous-arp`

use std::net::IpAddr;
use std::time::Duration;

use super::{Context, Detector, at};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::event::{Reason, Transition};
use crate::sniff::group::Group;
use crate::wire::Mac;

/// keepalived announces within 5 ms and FRR at once; more than this is not coming.
const WAIT: Duration = Duration::from_secs(1);

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "no-gratuitous-arp",
        title: "a new master did not announce the addresses it took over",
        text: "\
What it means
  Neighbours keep the old master's hardware address until their ARP entry expires: seconds on a host, up to four hours
  on some routers. The failover happened, and traffic is lost all the same.

How it is decided
  After a takeover that was seen, no gratuitous ARP (IPv6: unsolicited neighbour advertisement) for an advertised
  address came from the new master within a second, while it went on sending adverts.

What it can be confused with
  A capture made with a filter such as `vrrp` or `proto 112`, which holds no ARP at all; then this is information only.
  Virtual MACs: the address does not move, but the switch still has to learn the port.

How to confirm
  `hactl watch` live on the new master: does it send them, and does an ARP filter (nftables table arp or netdev,
  arptables) drop them?

How to fix
  Remove the filter; check `garp_master_repeat`, `garp_master_delay`, and a `vrrp_garp_interval` too long for many
  addresses. `garp_master_refresh` repeats them for gear that misses the first ones.
",
    },
    check,
};

fn check(observer: &Observer, cx: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        if group.silenced.is_some() || group.contention.is_some() {
            continue; // who is master is the question then; see mutual-silencing and split-brain
        }
        // The last takeover is the one whose neighbours are wrong now.
        // One that was master already and remained did not take over: vip-owner-mismatch looks after it.
        let took_over = |t: &&Transition| t.reason == Reason::FirstSeen || t.silent.is_some();
        let Some(t) = group.transitions.iter().rev().find(took_over) else { continue };
        if t.reason == Reason::FirstSeen {
            continue; // it may have been master, and have announced, long before the capture began
        }
        if let Some(f) = judge(observer, cx, group, t) {
            out.push(f);
        }
    }
}

fn judge(observer: &Observer, cx: &Context, group: &Group, t: &Transition) -> Option<Finding> {
    let master = group.members.get(&t.to)?;
    let until = t.ended.map_or(observer.now().instant(), |e| e.at());
    // It must have stayed master, and spoken again, for long enough to have announced.
    if until.since(t.seen.at()) < WAIT || master.last.at().since(t.seen.at()) < WAIT / 2 || t.from == Some(t.to) {
        return None;
    }
    // Its first advert may not have reached the wire (FRR's over IPv6): an announcement just before counts too, and where
    // nobody has claimed the address since it announced it, however long ago, its neighbours know. A virtual MAC is no
    // such claim: switches must learn its new port.
    let virtual_mac = Mac::virtual_router(group.id.vrid, group.id.ipv6);
    let early = |a: &IpAddr| {
        let known = group.announcements.get(a).filter(|x| master.has_mac(x.mac));
        known.is_some_and(|x| x.mac != virtual_mac || x.last.at().after(WAIT + master.pace()) >= t.seen.at())
    };
    let announced = |a: &IpAddr| t.announced.contains(a) || early(a);
    let missing: Vec<IpAddr> = master.addresses.value.iter().filter(|a| !announced(a)).copied().collect();
    let first = missing.first()?;
    let what = if group.id.ipv6 { "unsolicited neighbour advertisement" } else { "gratuitous ARP" };
    let more = if missing.len() > 1 { format!(" and {} more addresses", missing.len() - 1) } else { String::new() };
    let message = format!("{}: {} took over but sent no {what} for {first}{more}", group.id, t.to);
    let fix = format!(
        "Check ARP filters and garp_master_* on {}; for now run `arping -U -c 3 -I INTERFACE {first}` there.",
        t.to
    );
    let totals = observer.totals();
    let seen_any = if group.id.ipv6 { totals.na > 0 } else { totals.arp > 0 };
    let severity = if cx.live || seen_any { Severity::Warning } else { Severity::Info };
    let f = Finding::new("no-gratuitous-arp", severity, message, fix).group(group.id);
    let f = at(f, t.seen, format!("{} becomes master ({})", t.to, t.reason.as_str()));
    Some(if severity == Severity::Info {
        let kind = if group.id.ipv6 { "neighbour advertisement" } else { "ARP" };
        f.likely(format!("this capture holds no {kind} at all: it was probably filtered to VRRP alone"))
    } else {
        f.fact(format!("{} ARP and {} neighbour advertisements were seen from others", totals.arp, totals.na))
    })
}
