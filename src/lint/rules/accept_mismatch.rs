//! `accept-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, Member, by, nodes, places, title};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "accept-mismatch",
        title: "a virtual address answers on one node and not on another",
        text: "\
What it is
  The instances of one virtual router differ in whether they accept what is sent to the virtual addresses: `accept`,
  `no_accept`, or `vrrp_strict` and `strict_mode`, which mean `no_accept`.

Why it hurts
  On the node that does not accept, keepalived has the firewall drop everything that is sent to the virtual addresses:
  pings, and also what a proxy listens for. After a failover to it the addresses are there and dead.

Example
  a.conf: nothing
  b.conf: global_defs { vrrp_strict }

What keepalived does
  «setting firewall drop rule» when it becomes master.

How to fix
  The same on all nodes; `accept` in the instance where strict mode is needed.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Set `accept` on all nodes, or remove vrrp_strict.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        // An owner's addresses are its own.
        let members: Vec<Member<'_>> = router.members.iter().filter(|m| m.run.priority != 255).copied().collect();
        let modes = by(&members, |m| m.run.accept);
        let [one, other] = modes.as_slice() else { continue };
        let (yes, no) = if one.0 { (one, other) } else { (other, one) };
        let message = format!(
            "{}: the addresses answer on {} and not on {}, where keepalived has everything dropped that is \
             sent to them",
            title(&members),
            nodes(&yes.1),
            nodes(&no.1)
        );
        let cause = |m| {
            let m: Member<'_> = m;
            let own = m.conf.accept.map(|a| a.span).or(m.conf.strict.map(|s| s.span)).map(Cause::Own);
            let global = m.on.conf.global.strict.map(|s| Cause::Global(s.span));
            (m, own.or(global).unwrap_or(Cause::Default(m.conf.name.span)))
        };
        let causes: Vec<_> = members.iter().copied().map(cause).collect();
        let word = |m: &Member<'_>| if m.run.accept { "answers" } else { "does not answer" }.to_owned();
        let mut ordered = causes.clone();
        ordered.sort_by_key(|(m, _)| m.run.accept);
        gathered.add(router, &causes, router.name(places(found.say(message), &ordered, word)));
    }
    gathered.give(found);
}
