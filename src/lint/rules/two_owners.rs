//! `two-owners`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, nodes};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "two-owners",
        title: "several nodes have priority 255 for one virtual router",
        text: "\
What it is
  Priority 255 says that a node owns the virtual addresses; there can be one such node. keepalived also takes
  `state MASTER` without `priority` for 255.

Why it hurts
  An owner becomes master at once and never yields to a priority. Both do, at each start, and one of them has to lower
  itself before the addresses are on one node only. 255 is changed by no weight, and `nopreempt` does not go with it.

Example
  a.conf and b.conf: state MASTER, and no `priority`

What keepalived does
  Up to 2.3.2 the node that hears another owner lowers itself to 254 for good. Since 2.3.3 the one with the lower
  address yields («both configured as address owner»), and a node that the other does not yield to goes down to 254.

How to fix
  A `priority` below 255 on all nodes, for example 150 and 100. 255 is for a node whose own interface has the virtual
  address as its own.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give each node a priority of its own below 255, for example 150 and 100.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let owners: Vec<Member<'_>> = router.members.iter().filter(|m| m.run.priority == 255).copied().collect();
        if owners.len() < 2 {
            continue;
        }
        let unsaid = owners.iter().any(|m| m.conf.priority.is_none());
        let why = if unsaid { ", which is what `state MASTER` without `priority` means" } else { "" };
        let message = format!(
            "{}: the priority is 255 on {}{why}; each takes the addresses for its own, and both begin as master",
            router.title(),
            nodes(&owners)
        );
        let say = owners
            .iter()
            .fold(found.say(message), |d, m| d.label(m.node, m.priority_span(), format!("255 on {}", m.on.name)));
        found.push(router.name(say));
    }
}
