//! `address-is-node-address`

use std::collections::HashMap;
use std::net::IpAddr;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, nodes};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-is-node-address",
        title: "a virtual address is a node's own address",
        text: "\
What it is
  An address of `virtual_ipaddress` is the `unicast_src_ip` or `mcast_src_ip` of a node that is not the owner of the
  virtual router (priority 255).

Why it hurts
  keepalived takes the address off that node whenever it is not master: at its start, and at each failover. The node
  then has no address to send adverts from, and is not reached under it any more. With another prefix length than the
  interface has it, the address stays, and two nodes have it.

Example
  a.conf and b.conf: virtual_ipaddress { 10.0.0.2 }
  b.conf: unicast_src_ip 10.0.0.2

What keepalived does
  «removing VIPs» at the start, the node's own address among them.

How to fix
  A virtual address that belongs to no node. Or priority 255 on the node whose address it is, as RFC 9568 has it for the
  owner.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Choose a virtual address that no node has as its own.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut sources: HashMap<IpAddr, Vec<Member<'_>>> = HashMap::new();
    for member in cluster.routers.iter().flat_map(|r| &r.members) {
        if let Some(source) = member.run.source {
            sources.entry(source).or_default().push(*member);
        }
    }
    if sources.is_empty() {
        return;
    }
    for router in &cluster.routers {
        let mut said: Vec<IpAddr> = Vec::new();
        for member in &router.members {
            for address in member.conf.addresses.iter().chain(&member.conf.excluded) {
                let x = address.value.address;
                let Some(holders) = sources.get(&x).filter(|_| !said.contains(&x)) else { continue };
                said.push(x);
                let owns = |h: &Member<'_>| router.on(h.node).is_some_and(|m| m.run.priority == 255);
                let mut robbed: Vec<Member<'_>> = holders.iter().filter(|h| !owns(h)).copied().collect();
                robbed.sort_by_key(|m| (m.node, m.index));
                robbed.dedup_by_key(|m| m.node);
                let Some(one) = robbed.first() else { continue };
                let message = format!(
                    "{}: the virtual address {x} is the address from which {} sends; while another node is master, it is \
                     taken off {}, or two nodes have it",
                    router.title(),
                    nodes(&robbed),
                    nodes(&robbed)
                );
                let say = found.say(message).label(member.node, address.span, format!("on {}", member.on.name));
                let span = one.conf.source.map_or(one.conf.name.span, |s| s.span);
                found.push(router.name(say.label(one.node, span, format!("{}'s own", one.on.name))));
            }
        }
    }
}
