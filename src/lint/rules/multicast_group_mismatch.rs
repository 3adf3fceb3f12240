//! `multicast-group-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, by, places, sides, title};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "multicast-group-mismatch",
        title: "nodes send the adverts of one virtual router to different multicast groups",
        text: "\
What it is
  `mcast_dst_ip`, `vrrp_mcast_group4` or `vrrp_mcast_group6` differs. The protocol's own groups are 224.0.0.18 and
  ff02::12.

Why it hurts
  A node listens to its own group only. Neither hears the other, and both are master.

Example
  a.conf: global_defs { vrrp_mcast_group4 224.0.0.99 }
  b.conf: nothing, which is 224.0.0.18

What keepalived does
  Its socket does not receive the other group; nothing is logged.

How to fix
  The same group on all nodes. Outside 224.0.0.0/24, switches with IGMP snooping pass it only where it was joined.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Use the same multicast group on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        let members: Vec<_> = router.members.iter().filter(|m| m.run.peers.is_empty()).copied().collect();
        let groups = by(&members, |m| m.run.multicast);
        if groups.len() < 2 {
            continue;
        }
        let message = format!(
            "{}: adverts go to {}; neither hears the other, and both are master",
            title(&members),
            sides(&groups, ToString::to_string)
        );
        let cause = |m: &crate::lint::cluster::Member<'_>| {
            let global = &m.on.conf.global;
            let global = if m.run.ipv6 { global.mcast_group6.as_ref() } else { global.mcast_group4.as_ref() };
            Cause::of(m, m.conf.mcast_dst.as_ref(), global)
        };
        let causes: Vec<_> = members.iter().map(|m| (*m, cause(m))).collect();
        let say = places(found.say(message), &causes, |m| m.run.multicast.to_string());
        gathered.add(router, &causes, router.name(say));
    }
    gathered.give(found);
}
