//! `equal-priority`

use std::cmp::Reverse;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, nodes};
use crate::lint::weights::Sum;
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "equal-priority",
        title: "nodes have the same priority for one virtual router",
        text: "\
What it is
  While all checks pass, two nodes come to the same priority: the one that is written, and the points of the weights.

Why it hurts
  Whoever is master first stays it. When both start together, or a split between them heals, both are master until the
  one with the lower address yields. Which node serves is left to chance, and changes with the addresses.

Example
  a.conf: priority 100
  b.conf: priority 100

What keepalived does
  A backup accepts an equal priority whatever the address; a master compares addresses.

How to fix
  Distinct priorities, for example 150 and 100. Where no node is to be preferred, `nopreempt` with distinct priorities
  says so, and a split still ends in a foreseeable way. Equal backups behind a master with a higher priority are merely
  noted: they take over at the same moment, and one yields.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Give each node a priority of its own.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let mut priorities = router.by(|m| Sum::healthy(m).effective());
        priorities.sort_by_key(|(priority, _)| Reverse(*priority));
        let highest = priorities.first().map(|p| p.0);
        // Owners are another matter.
        for (priority, who) in priorities.iter().filter(|(p, who)| *p != 255 && who.len() > 1) {
            let backups = highest != Some(*priority);
            let wanted = who.iter().all(|m| !m.run.preempt);
            let what = if backups {
                "when the master is gone they take over at the same moment, and the one with the lower address yields"
            } else {
                "whoever is master first stays it, and after a split the higher address wins"
            };
            let message = format!("{}: {} on {}; {what}", router.title(), how(*priority, who), nodes(who));
            let mut say = found.say(message);
            if backups || wanted {
                say = say.severity(Severity::Info);
            }
            let say = who
                .iter()
                .fold(say, |d, m| d.label(m.node, m.priority_span(), format!("{} on {}", Sum::healthy(m), m.on.name)));
            found.push(router.name(say));
        }
    }
}

fn how(priority: u8, who: &[Member<'_>]) -> String {
    if who.iter().all(|m| m.run.priority == priority) {
        format!("the priority is {priority}")
    } else {
        format!("the priority comes to {priority}, with the points of the weights,")
    }
}
