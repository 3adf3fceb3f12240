//! `router-id-equal`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, list, plain};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "router-id-equal",
        title: "nodes call themselves by the same `router_id`",
        text: "\
What it is
  `router_id` has the same text on several nodes, often that of an example: LVS_DEVEL.

Why it hurts
  The mails that keepalived sends at each transition do not tell which node they are from. Nothing else uses it: it is
  not the VRID and is in no advert.

Example
  a.conf and b.conf: router_id LVS_DEVEL

What keepalived does
  It puts it into the subject of its mails, and into SNMP.

How to fix
  Leave it out: the default is the host's name.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Remove router_id, or name each node's own.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut said: Vec<&str> = Vec::new();
    for node in cluster.nodes {
        let Some(id) = node.conf.global.router_id.as_ref().map(|r| r.value.as_str()) else { continue };
        let same = |n: &crate::lint::Node| n.conf.global.router_id.as_ref().is_some_and(|r| r.value == id);
        let who: Vec<usize> = (0..cluster.nodes.len()).filter(|n| same(&cluster.nodes[*n])).collect();
        if who.len() < 2 || said.contains(&id) {
            continue;
        }
        said.push(id);
        let names = list(who.iter().map(|n| cluster.nodes[*n].name.clone()));
        let message = format!("router_id is {} on {names}; mails do not tell which of them they are from", plain(id));
        let say = who.iter().fold(found.say(message), |d, n| {
            let node = &cluster.nodes[*n];
            node.conf
                .global
                .router_id
                .as_ref()
                .map(|r| r.span)
                .into_iter()
                .fold(d, |d, span| d.label(*n, span, format!("on {}", node.name)))
        });
        found.push(say);
    }
}
