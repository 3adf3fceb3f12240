//! `excluded-list-mismatch`

use std::net::IpAddr;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list, nodes};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "excluded-list-mismatch",
        title: "nodes have different addresses in `virtual_ipaddress_excluded`",
        text: "\
What it is
  An address of `virtual_ipaddress_excluded` is neither in that list nor in `virtual_ipaddress` on some other node of
  the virtual router.

Why it hurts
  Excluded addresses are not in the adverts, so nobody notices: the election works, and after a failover the address is
  missing.

Example
  a.conf: virtual_ipaddress_excluded { 10.0.0.20
                                       10.0.0.21 }
  b.conf: virtual_ipaddress_excluded { 10.0.0.20 }

What keepalived does
  Nothing: each node puts on what its own list says.

How to fix
  The same `virtual_ipaddress_excluded` on all nodes. An address that belongs to one node alone is no virtual address:
  configure it with the interface.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Make virtual_ipaddress_excluded the same on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared().filter(|r| r.members.iter().any(|m| !m.run.excluded.is_empty())) {
        let has = |m: &Member<'_>, x: IpAddr| m.run.addresses.iter().chain(&m.run.excluded).any(|a| a.address == x);
        for member in &router.members {
            let lacking =
                |x: IpAddr| -> Vec<Member<'_>> { router.members.iter().filter(|m| !has(m, x)).copied().collect() };
            // Each address is spoken of with the first node that has it.
            let first = |x: IpAddr| router.members.iter().find(|m| has(m, x)).is_some_and(|m| m.node == member.node);
            let lost: Vec<_> = member
                .conf
                .excluded
                .iter()
                .filter(|a| first(a.value.address) && !lacking(a.value.address).is_empty())
                .collect();
            let Some(one) = lost.first() else { continue };
            let without = lacking(one.value.address);
            let message = format!(
                "{}: {} of virtual_ipaddress_excluded {} not on {}; a failover to {} loses {}",
                router.title(),
                list(lost.iter().map(|a| a.value.address.to_string())),
                if lost.len() == 1 { "is" } else { "are" },
                nodes(&without),
                if without.len() == 1 { nodes(&without) } else { "one of them".to_owned() },
                if lost.len() == 1 { "it" } else { "them" },
            );
            let say = lost
                .iter()
                .take(4)
                .fold(found.say(message), |d, a| d.label(member.node, a.span, format!("on {}", member.on.name)));
            let say = without.iter().fold(say, |d, m| {
                let span = m.conf.excluded.first().map_or(m.conf.name.span, |a| a.span);
                d.label(m.node, span, format!("{} has not all of them", m.on.name))
            });
            found.push(router.name(say));
        }
    }
}
