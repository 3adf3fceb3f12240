//! `vrid-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, list, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "vrid-mismatch",
        title: "nodes have the same virtual addresses under different virtual router ids",
        text: "\
What it is
  Instances with the same addresses, or without any and with the same name, have another `virtual_router_id` on each
  node.

Why it hurts
  A router listens for its own VRID only. Neither node hears the other: both are master, and both answer for the
  addresses.

Example
  a.conf: vrrp_instance VI_1 { virtual_router_id 51 … virtual_ipaddress { 10.0.0.10 } }
  b.conf: vrrp_instance VI_1 { virtual_router_id 52 … virtual_ipaddress { 10.0.0.10 } }

What keepalived does
  It drops adverts of other VRIDs without a word, unless `log_unknown_vrids` is set.

How to fix
  The same `virtual_router_id` on every node, and a different one for every other virtual router on the link.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Set the same virtual_router_id on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let vrids = router.by(|m| m.run.vrid);
        if vrids.len() < 2 {
            continue;
        }
        let first = router.first();
        let everywhere =
            |a: &std::net::IpAddr| router.members.iter().all(|m| m.run.addresses.iter().any(|x| x.address == *a));
        let common: Vec<String> =
            first.run.addresses.iter().map(|a| a.address).filter(everywhere).map(|a| a.to_string()).collect();
        let what = if common.is_empty() { String::new() } else { format!(" for {}", list(common)) };
        let message = format!(
            "{}: virtual_router_id{what} is {}; neither hears the other, and both are master",
            router.title(),
            sides(&vrids, u8::to_string)
        );
        let say = router.members.iter().fold(found.say(message), |d, m| {
            let span = m.conf.vrid.map_or(m.conf.name.span, |v| v.span);
            d.label(m.node, span, format!("{} on {}", m.run.vrid, m.on.name))
        });
        found.push(router.name(say));
    }
}
