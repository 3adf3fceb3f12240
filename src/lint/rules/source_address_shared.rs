//! `source-address-shared`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, by, nodes, plain};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "source-address-shared",
        title: "several nodes send their adverts from the same address",
        text: "\
What it is
  `unicast_src_ip` or `mcast_src_ip` is the same on several nodes: a file was copied and not adapted.

Why it hurts
  An address belongs to one node. On the other the adverts carry an address that it does not have: with unicast it does
  not hear its peer either, and both are master. When two masters meet, the address is what decides, and here there is
  nothing to decide by.

Example
  a.conf and b.conf: mcast_src_ip 192.168.1.103

What keepalived does
  «equal priority advert received from remote host with our IP address», and both stay master.

How to fix
  On each node an address of its own interface; or leave it out, which means the interface's first address.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Set each node's own address.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut sources: BTreeMap<IpAddr, Vec<Member<'_>>> = BTreeMap::new();
    for member in cluster.routers.iter().flat_map(|r| &r.members) {
        if let Some(source) = member.run.source {
            sources.entry(source).or_default().push(*member);
        }
    }
    for (source, mut members) in sources {
        members.sort_by_key(|m| (m.node, m.index));
        let each: Vec<Member<'_>> = by(&members, |m| m.node).into_iter().map(|(_, who)| who[0]).collect();
        if each.len() < 2 {
            continue;
        }
        let message =
            format!("{source} is the source address of the adverts of {}; only one of them can have it", nodes(&each));
        let say = each.iter().fold(found.say(message), |d, m| {
            let span = m.conf.source.map_or(m.conf.name.span, |s| s.span);
            d.label(m.node, span, format!("{} on {}", plain(&m.run.name), m.on.name))
        });
        let say = if members.iter().all(|m| m.run.vrid == each[0].run.vrid) {
            say.group(each[0].run.vrid, each[0].run.ipv6)
        } else {
            say
        };
        found.push(say);
    }
}
