//! `sync-group-order`

use std::cmp::Ordering;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list, plain};
use crate::lint::weights::Sum;
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "sync-group-order",
        title: "the instances of a sync group disagree about which node comes first",
        text: "\
What it is
  A node has the higher priority in one instance of a sync group, and a lower or equal one in another.

Why it hurts
  A group becomes master as a whole: when the timers of all its instances have ended. One that hears a better master, or
  an equal one, keeps the whole group back. So the first node that is master stays it, and no weight moves the group as
  was meant. After a split each node gives way in one instance, and takes the other ones along.

Example
  a.conf: VI_IN priority 150, VI_OUT priority 100
  b.conf: VI_IN priority 100, VI_OUT priority 150

What keepalived does
  «received lower priority advert … - discarding» and «Receive advertisement timeout» in turn, for ever, on the node
  that is ahead in one instance only.

How to fix
  On each node the same priority for all instances of a group.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Give all instances of the group the same priority on each node.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for (n, node) in cluster.nodes.iter().enumerate() {
        for group in node.run.groups.iter().filter(|g| g.members.len() > 1) {
            for o in n + 1..cluster.nodes.len() {
                let pair = |index: &usize| Some((cluster.member(n, *index)?, cluster.router(n, *index)?.on(o)?));
                let pairs: Vec<(Member<'_>, Member<'_>)> = group.members.iter().filter_map(pair).collect();
                // Where the other node has no such group, that is what is wrong first.
                if pairs.windows(2).any(|w| w[0].1.run.group.is_none() || w[0].1.run.group != w[1].1.run.group) {
                    continue;
                }
                let of =
                    |(a, b): &(Member<'_>, Member<'_>)| Sum::healthy(a).effective().cmp(&Sum::healthy(b).effective());
                let these = |order: Ordering| pairs.iter().filter(move |p| of(p) == order).collect::<Vec<_>>();
                let (ahead, level, behind) = (these(Ordering::Greater), these(Ordering::Equal), these(Ordering::Less));
                let (first, second, how) = match (ahead.is_empty(), level.is_empty(), behind.is_empty()) {
                    (false, _, false) => (ahead, behind, "behind"),
                    (false, false, true) => (ahead, level, "level"),
                    (true, false, false) => (behind, level, "level"),
                    _ => continue,
                };
                let (one, other) = if of(first[0]) == Ordering::Greater { (n, o) } else { (o, n) };
                let (one, other) = (&cluster.nodes[one].name, &cluster.nodes[other].name);
                let names = |list_of: &[&(Member<'_>, Member<'_>)]| {
                    list(list_of.iter().map(|(a, b)| {
                        let (x, y) = (Sum::healthy(a).effective(), Sum::healthy(b).effective());
                        let (x, y) = if *one == a.on.name { (x, y) } else { (y, x) };
                        format!("{} ({x} to {y})", plain(&a.run.name))
                    }))
                };
                let message = format!(
                    "sync group {}: {one} is ahead of {other} in {} and {how} in {}; a group becomes master as a \
                     whole, so neither takes over from the other as long as it lives",
                    plain(&group.name),
                    names(&first),
                    names(&second)
                );
                let mut say = found.say(message);
                for (a, b) in [second[0], first[0]] {
                    for m in [a, b] {
                        let note = format!("{} in {} on {}", Sum::healthy(m), plain(&m.run.name), m.on.name);
                        say = say.label(m.node, m.priority_span(), note);
                    }
                }
                found.push(say);
            }
        }
    }
}
