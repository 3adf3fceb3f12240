//! `version-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, places, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "version-mismatch",
        title: "nodes speak different VRRP versions for one virtual router",
        text: "\
What it is
  The instances of one virtual router have different versions: by `version` in the instance, by `vrrp_version` in
  `global_defs`, or by their defaults, which are 2 for IPv4 and 3 for IPv6.

Why it hurts
  A router discards adverts of another version than its own, so each takes the other for dead and both are master.

Example
  a.conf: global_defs { vrrp_version 3 }
  b.conf: nothing, which is version 2

What keepalived does
  It logs «wrong VRRP version» and ignores the advert.

How to fix
  The same `version` or `vrrp_version` on all nodes. Version 2 alone has `authentication`; version 3 alone has intervals
  below a second.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Set the same version on all nodes (`version` in the instance, or `vrrp_version` in `global_defs`).",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        let versions = router.by(|m| m.run.version);
        if versions.len() < 2 {
            continue;
        }
        let message = format!(
            "{}: the VRRP version is {}; neither accepts the other's adverts, and both are master",
            router.title(),
            sides(&versions, u8::to_string)
        );
        let cause = |m| (m, Cause::of(&m, m.conf.version.as_ref(), m.on.conf.global.version.as_ref()));
        let causes: Vec<_> = router.members.iter().copied().map(cause).collect();
        let say = places(found.say(message), &causes, |m| format!("version {}", m.run.version));
        gathered.add(router, &causes, router.name(say));
    }
    gathered.give(found);
}
