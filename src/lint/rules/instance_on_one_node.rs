//! `instance-on-one-node`

use std::collections::{HashMap, HashSet};

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list, plain, title};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "instance-on-one-node",
        title: "a virtual router is configured on one node only",
        text: "\
What it is
  No other node has an instance with an address, the name or the VRID and interface of this one.

Why it hurts
  Nobody takes over when the node fails: its addresses are gone.

Example
  a.conf: VI_1 and VI_2
  b.conf: VI_1

What keepalived does
  It becomes master, and stays it.

How to fix
  Configure the instance on a second node. If it is the same virtual router as one with another name, make the addresses
  and the VRID the same.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Configure the virtual router on a second node, too.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let odd = cluster.torn.iter().chain(&cluster.collisions).chain(&cluster.families);
    // What has more to it is said elsewhere.
    let known: HashSet<(usize, usize)> =
        odd.flat_map(|o| [(o.one.node, o.one.index), (o.other.node, o.other.index)]).collect();
    let mut names: HashMap<&str, Vec<Member<'_>>> = HashMap::new();
    for m in cluster.routers.iter().flat_map(|r| &r.members) {
        names.entry(m.run.name.as_str()).or_default().push(*m);
    }
    for n in 0..cluster.nodes.len() {
        let lone: Vec<Member<'_>> = cluster
            .routers
            .iter()
            .filter(|r| r.members.len() == 1 && r.first().node == n)
            .map(crate::lint::cluster::Router::first)
            .filter(|m| !known.contains(&(m.node, m.index)))
            .collect();
        let Some(first) = lone.first() else { continue };
        let others: Vec<&crate::lint::Node> =
            cluster.nodes.iter().enumerate().filter(|(o, _)| *o != n).map(|(_, node)| node).collect();
        let where_else = if others.iter().all(|o| o.run.instances.is_empty()) {
            format!("{} has no vrrp_instance", list(others.iter().map(|o| o.name.clone())))
        } else {
            format!("none of {} has it", list(others.iter().map(|o| o.name.clone())))
        };
        let where_else = if others.len() == 1 && where_else.starts_with("none of") {
            format!("{} does not have it", others[0].name)
        } else {
            where_else
        };
        let message = format!(
            "{} is on {} only: {where_else}, and nobody takes over",
            list(lone.iter().map(|m| title(&[*m]))),
            first.on.name
        );
        let mut say = lone.iter().take(8).fold(found.say(message), |d, m| d.label(n, m.conf.name.span, "no peer"));
        for m in lone.iter().take(8) {
            let other = names.get(m.run.name.as_str()).and_then(|l| l.iter().find(|o| o.node != n));
            if let Some(o) = other {
                let addresses = list(o.run.addresses.iter().map(|a| a.address.to_string()));
                say = say.fact(format!(
                    "{} has an instance {} of VRID {} with {}",
                    o.on.name,
                    plain(&o.run.name),
                    o.run.vrid,
                    if addresses.is_empty() { "no address".to_owned() } else { addresses }
                ));
            }
        }
        if lone.len() == 1 {
            say = say.group(first.run.vrid, first.run.ipv6);
        }
        found.push(say);
    }
}
