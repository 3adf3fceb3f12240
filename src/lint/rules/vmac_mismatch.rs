//! `vmac-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, nodes, places};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "vmac-mismatch",
        title: "one node uses the virtual MAC address and another does not",
        text: "\
What it is
  `use_vmac` is set on some nodes of a virtual router only.

Why it hurts
  With it the addresses are at 00-00-5e-00-01-VRID (IPv6: 00-00-5e-00-02-VRID), which moves with them; without it they
  are at the MAC address of the interface. A failover between the two changes the MAC address after all, and depends on
  the gratuitous ARPs that `use_vmac` was to make needless.

Example
  a.conf: use_vmac
  b.conf: nothing

What keepalived does
  Each node announces its own.

How to fix
  `use_vmac` on all nodes, or on none.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Set use_vmac on all nodes, or on none.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let modes = router.by(|m| m.run.vmac.is_some());
        let [one, other] = modes.as_slice() else { continue };
        let (with, without) = if one.0 { (one, other) } else { (other, one) };
        let message = format!(
            "{}: {} puts the addresses on the virtual MAC address, {} on the interface's own",
            router.title(),
            nodes(&with.1),
            nodes(&without.1)
        );
        let cause = |m| (m, Cause::of::<_, ()>(&m, m.conf.vmac.as_ref(), None));
        let causes: Vec<_> = with.1.iter().chain(&without.1).copied().map(cause).collect();
        let word = |m: &crate::lint::cluster::Member<'_>| {
            if m.run.vmac.is_some() { "virtual MAC address" } else { "the interface's own" }.to_owned()
        };
        found.push(router.name(places(found.say(message), &causes, word)));
    }
}
