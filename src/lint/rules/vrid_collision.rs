//! `vrid-collision`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list, plain};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "vrid-collision",
        title: "two unrelated virtual routers use the same VRID on one link",
        text: "\
What it is
  Instances of different nodes have the same VRID, family and interface (or addresses of the same network), other names,
  and no address in common.

Why it hurts
  On one link they take each other for peers. Depending on priorities and passwords one of them loses its addresses,
  both flap, or both go on and fill each other's logs. With virtual MACs they fight for one MAC address.

Example
  a.conf: vrrp_instance WEB { interface eth0
                              virtual_router_id 51 … 10.0.0.10 }
  b.conf: vrrp_instance DB  { interface eth0
                              virtual_router_id 51 … 10.0.0.77 }

What keepalived does
  It compares priorities first. Up to 2.3.2 it then rejects the other's adverts for their addresses.

How to fix
  A VRID of its own for each virtual router of a link. If they were meant to be one virtual router, the same addresses.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give one of them another virtual_router_id; or the same addresses, if they are to be one virtual router.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for odd in &cluster.collisions {
        let side = |m: &Member<'_>| {
            let addresses = list(m.run.addresses.iter().take(4).map(|a| a.address.to_string()));
            format!("{} on {} ({addresses})", plain(&m.run.name), m.on.name)
        };
        let (one, other) = (odd.one, odd.other);
        let message = format!(
            "VRID {} is used by {} and by {}, which have no address in common; on one link they take each \
             other for peers",
            one.run.vrid,
            side(&one),
            side(&other)
        );
        let say = [one, other].iter().fold(found.say(message), |d, m| {
            d.label(m.node, m.conf.vrid.map_or(m.conf.name.span, |v| v.span), side(m))
        });
        let dev = |m: &Member<'_>| m.run.interface.as_deref().map_or_else(|| "its interface".to_owned(), plain);
        let unseen = format!(
            "whether {} of {} and {} of {} are on one link",
            dev(&one),
            one.on.name,
            dev(&other),
            other.on.name
        );
        found.push(say.group(one.run.vrid, one.run.ipv6).likely(unseen));
    }
}
