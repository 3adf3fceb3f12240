//! `priority-order`

use crate::conf::model::State;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, Router};
use crate::lint::weights::Sum;
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "priority-order",
        title: "another node is master than the one that the configurations prefer",
        text: "\
What it is
  While all checks pass, the node with the highest `priority` is not the one with the highest effective priority: the
  weights turn the order round. Or the only node with `state MASTER` is not the highest.

Why it hurts
  The master is another than the file says, and the arithmetic of failing checks was done for the wrong one.

Example
  a.conf: priority 102, no check
  b.conf: priority 100, weight 5      100+5=105: b is master while all is well

What keepalived does
  It compares effective priorities: `priority` and the points of all weights. `state MASTER` gives nobody an advantage.

How to fix
  Choose priorities further apart than the sum of what the others' weights add, or track the same checks on all nodes.
  Where `state` is all that is wrong: `state BACKUP` on every node, which says what happens.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Choose priorities whose order holds with the weights added, or track the same checks on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let rank = |m: &Member<'_>| (Sum::healthy(m).effective(), m.run.priority);
        // The first of equals.
        let Some(top) = router.members.iter().rev().max_by_key(|m| rank(m)) else { continue };
        let below = |m: &&Member<'_>| rank(m).0 < rank(top).0;
        if let Some(preferred) = router.members.iter().filter(below).find(|m| m.run.priority > top.run.priority) {
            let (a, b) = (Sum::healthy(preferred), Sum::healthy(top));
            let message = format!(
                "{}: {} has {a} and {} {b} while all checks pass; {} is master, though {} has the higher priority",
                router.title(),
                preferred.on.name,
                top.on.name,
                top.on.name,
                preferred.on.name
            );
            found.push(router.name(labels(found, message, preferred, top)));
            continue;
        }
        stated(router, top, found);
    }
}

/// Where one node only has `state MASTER`.
fn stated(router: &Router<'_>, top: &Member<'_>, found: &mut Found) {
    let master = |m: &&Member<'_>| m.conf.state.is_some_and(|s| s.value == State::Master);
    let mut masters = router.members.iter().filter(master);
    let (Some(one), None) = (masters.next(), masters.next()) else { return };
    let (mine, best) = (Sum::healthy(one), Sum::healthy(top));
    if mine.effective() >= best.effective() {
        return;
    }
    let message = format!(
        "{}: {} has `state MASTER` and priority {mine}, {} has {best} and is master",
        router.title(),
        one.on.name,
        top.on.name
    );
    let say = labels(found, message, one, top).severity(Severity::Info);
    found.push(
        router.name(say.fix("Give the node that is to be master the highest priority; `state` decides nothing.")),
    );
}

fn labels(found: &Found, message: String, one: &Member<'_>, top: &Member<'_>) -> crate::lint::Diagnostic {
    [one, top].iter().fold(found.say(message), |d, m| {
        d.label(m.node, m.priority_span(), format!("{} on {}", Sum::healthy(m), m.on.name))
    })
}
