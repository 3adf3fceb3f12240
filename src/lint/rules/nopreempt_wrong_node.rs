//! `nopreempt-wrong-node`

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, nodes};
use crate::lint::weights::{Outcome, Sum, stuck};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "nopreempt-wrong-node",
        title: "`nopreempt` is on a node that has nobody to preempt, and not on the one that has",
        text: "\
What it is
  The node with the highest priority preempts, and one with a lower priority has `nopreempt`.

Why it hurts
  `nopreempt` keeps a node that comes back from taking the addresses again from one with a lower priority. The lower
  node never does that; the higher one still does. What the lower one no longer does is to take over when a check lowers
  the other's priority.

Example
  a.conf: priority 150
  b.conf: priority 100, nopreempt

What keepalived does
  With `nopreempt` a backup accepts adverts of a lower priority. b hears none.

How to fix
  `nopreempt` on the node with the highest priority (and `state BACKUP` there), or on all. `nopreempt` on none, to have
  the highest node always serve.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Move nopreempt to the node with the highest priority, with `state BACKUP` there.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    // Where it stands in the way of a check, that is what matters.
    let told: HashSet<(usize, usize)> = stuck(cluster)
        .iter()
        .filter(|s| s.outcome == Outcome::NoPreempt)
        .map(|s| (s.rival.node, s.rival.index))
        .collect();
    let in_the_way = |m: &Member<'_>| told.contains(&(m.node, m.index));
    for router in cluster.shared() {
        let mut ranked: Vec<(u8, Member<'_>)> =
            router.members.iter().map(|m| (Sum::healthy(m).effective(), *m)).collect();
        ranked.sort_by_key(|(priority, m)| (Reverse(*priority), m.node));
        let [(highest, top), rest @ ..] = ranked.as_slice() else { continue };
        // An owner cannot have it; one that was to have it lost it to `state MASTER`, which is said elsewhere.
        if !top.run.preempt || *highest == 255 || top.conf.preempt.is_some_and(|p| !p.value) {
            continue;
        }
        let wrong: Vec<Member<'_>> = rest.iter().filter(|(p, m)| p < highest && !m.run.preempt).map(|r| r.1).collect();
        // A node in the middle preempts those below it.
        let lowest = rest.last().map(|r| r.0);
        if wrong.is_empty()
            || wrong.iter().any(in_the_way)
            || wrong.iter().any(|m| Some(Sum::healthy(m).effective()) > lowest)
        {
            continue;
        }
        let message = format!(
            "{}: nopreempt is on {} with priority {}; {}, with {}, takes the addresses back from it all the same",
            router.title(),
            nodes(&wrong),
            wrong[0].run.priority,
            top.on.name,
            Sum::healthy(top)
        );
        let say = wrong.iter().fold(found.say(message), |d, m| {
            let span = m.conf.preempt.map_or(m.conf.name.span, |p| p.span);
            d.label(m.node, span, format!("on {}", m.on.name))
        });
        let say = say.label(top.node, top.priority_span(), format!("{} on {}", Sum::healthy(top), top.on.name));
        found.push(router.name(say));
    }
}
