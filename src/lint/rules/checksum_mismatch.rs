//! `checksum-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, Member, by, nodes, places, title};
use crate::lint::{Check, Context, Found, Rule};
use crate::vrrp::check::OldChecksum;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "checksum-mismatch",
        title: "nodes compute the checksum of version 3 adverts differently",
        text: "\
What it is
  `v3_checksum_as_v2` is on for some nodes of an IPv4 virtual router of version 3 and off for others; or one node uses
  `old_unicast_checksum` and another forbids it.

Why it hurts
  By default the checksum covers a pseudo-header with the addresses; with `v3_checksum_as_v2` (as in RFC 9568) it does
  not. A node without it rejects the adverts of one that has it, and is master beside it. The other way round they are
  accepted: with it, keepalived accepts any checksum.

Example
  a.conf: global_defs { v3_checksum_as_v2 }
  b.conf: nothing

What keepalived does
  «Invalid VRRPv3 checksum», and the advert does not count.

How to fix
  The same setting on all nodes, also on routers of other makers.

Since
  `v3_checksum_as_v2` came with 2.2.8.
",
    },
    severity: Severity::Critical,
    fix: "Set v3_checksum_as_v2 on all nodes, or on none.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        let members: Vec<Member<'_>> =
            router.members.iter().filter(|m| m.run.version == 3 && !m.run.ipv6).copied().collect();
        let modes = by(&members, |m| m.run.v3_checksum_as_v2);
        if let [one, other] = modes.as_slice() {
            let (with, without) = if one.0 { (one, other) } else { (other, one) };
            let (with, without) = (nodes(&with.1), nodes(&without.1));
            let message = format!(
                "{}: v3_checksum_as_v2 is set on {with} and not on {without}; {without} rejects the adverts of {with} \
                 for their checksum, and both are master when {with} is",
                title(&members)
            );
            let global = |m: &Member<'_>| m.on.conf.global.v3_checksum_as_v2;
            let cause = |m| (m, Cause::of(&m, m.conf.v3_checksum_as_v2.as_ref(), global(&m).as_ref()));
            let causes: Vec<_> = members.iter().copied().map(cause).collect();
            let on = |m: &Member<'_>| if m.run.v3_checksum_as_v2 { "set" } else { "not set" }.to_owned();
            gathered.add(router, &causes, router.name(places(found.say(message), &causes, on)));
            continue;
        }
        let unicast: Vec<Member<'_>> = members.iter().filter(|m| !m.run.peers.is_empty()).copied().collect();
        let of = |mode: OldChecksum| unicast.iter().find(|m| m.run.old_unicast_checksum == mode);
        let (Some(always), Some(never)) = (of(OldChecksum::Always), of(OldChecksum::Never)) else { continue };
        let message = format!(
            "{}: {} sends the old checksum of keepalived 1.3.6 and earlier, which {} never accepts; neither accepts \
             the other's adverts, and both are master",
            title(&[*always, *never]),
            always.on.name,
            never.on.name
        );
        let mut say = found.say(message).fix("Remove old_unicast_checksum from all nodes.");
        for m in [always, never] {
            let span = m.conf.old_unicast_checksum.map_or(m.conf.name.span, |o| o.span);
            say = say.label(m.node, span, format!("on {}", m.on.name));
        }
        found.push(router.name(say));
    }
    gathered.give(found);
}
