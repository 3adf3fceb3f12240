//! `sync-group-mismatch`

use std::collections::BTreeSet;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, list, plain};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "sync-group-mismatch",
        title: "nodes group their instances differently",
        text: "\
What it is
  Instances that move together on one node, in a `vrrp_sync_group`, are in no group on another, or in different ones.
  The groups' names do not matter.

Why it hurts
  On the node without the group each instance goes its own way. When one interface fails there, the inside address moves
  and the outside one stays: traffic comes in on one node and leaves on the other. And the group on the other node can
  take over as a whole only: it does not become master while it hears a master in one of its instances.

Example
  a.conf: vrrp_sync_group G { group { VI_IN
                                      VI_OUT } }
  b.conf: no sync group

What keepalived does
  Each node keeps its own groups together. Nothing about groups is in the adverts.

How to fix
  The same groups, with the same instances, on all nodes.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the same instances into one vrrp_sync_group on all nodes.",
    check: Check::Nodes(check),
};

/// A virtual router, by the place of its first instance.
type Id = (usize, usize);

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let id = |node: usize, index: usize| -> Option<Id> {
        cluster.router(node, index).map(|r| (r.first().node, r.first().index))
    };
    // The nodes that were said to differ, with the virtual routers that it was about.
    let mut said: BTreeSet<(usize, Id)> = BTreeSet::new();
    for (n, node) in cluster.nodes.iter().enumerate() {
        for group in node.run.groups.iter().filter(|g| g.members.len() > 1) {
            let ids: BTreeSet<Id> = group.members.iter().filter_map(|i| id(n, *i)).collect();
            if ids.iter().any(|i| said.contains(&(n, *i))) {
                continue;
            }
            let mut differ = Vec::new();
            for (o, other) in cluster.nodes.iter().enumerate().filter(|(o, _)| *o != n) {
                let members: Vec<_> = ids.iter().filter_map(|i| cluster.router(i.0, i.1)?.on(o)).collect();
                let here: BTreeSet<Id> = members.iter().filter_map(|m| id(o, m.index)).collect();
                if members.len() < 2 || here.iter().any(|i| said.contains(&(o, *i))) {
                    continue;
                }
                let groups: BTreeSet<Option<usize>> = members.iter().map(|m| m.run.group).collect();
                let theirs = groups.first().copied().flatten().and_then(|g| other.run.groups.get(g));
                let both = |i: &Id| cluster.router(i.0, i.1).is_some_and(|r| r.on(n).is_some());
                let same = groups.len() == 1
                    && theirs.is_some_and(|g| {
                        let all: BTreeSet<Id> = g.members.iter().filter_map(|i| id(o, *i)).filter(both).collect();
                        all == here
                    });
                if !same {
                    differ.push((o, other, members, theirs.filter(|_| groups.len() == 1)));
                    said.extend(here.into_iter().map(|i| (o, i)));
                }
            }
            let Some((o, other, members, theirs)) = differ.first() else { continue };
            let how = match theirs {
                Some(g) => {
                    let names = g.members.iter().filter_map(|i| other.run.instances.get(*i)).map(|i| plain(&i.name));
                    format!("on {} their group {} holds {}", other.name, plain(&g.name), list(names))
                }
                None if members.iter().all(|m| m.run.group.is_none()) => {
                    format!("on {} they are in no group", list(differ.iter().map(|d| d.1.name.clone())))
                }
                None => format!("on {} they are not in one group", list(differ.iter().map(|d| d.1.name.clone()))),
            };
            let names = group.members.iter().filter_map(|i| node.run.instances.get(*i)).map(|i| plain(&i.name));
            let message = format!(
                "sync group {} of {} holds {}; {how}, so one can move without the others",
                plain(&group.name),
                node.name,
                list(names)
            );
            let mut say = found.say(message).label(n, group.span, format!("on {}", node.name));
            match theirs {
                Some(g) => say = say.label(*o, g.span, format!("on {}", other.name)),
                None => {
                    for m in differ.iter().flat_map(|d| &d.2).take(8) {
                        let group =
                            m.group().map_or("in no group".to_owned(), |g| format!("in group {}", plain(&g.name)));
                        say = say.label(m.node, m.conf.name.span, format!("{group} on {}", m.on.name));
                    }
                }
            }
            found.push(say);
        }
    }
}
