//! `timers-differ`

use std::time::Duration;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, Member, Router, places, seconds, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "timers-differ",
        title: "nodes have different timers for one virtual router",
        text: "\
What it is
  `down_timer_adverts`, `vrrp_startup_delay`, or how often addresses are announced (`garp_master_*`) differs between the
  nodes. None of it is in the adverts, so none of it has to be the same.

Why it hurts
  How long a failover takes, and whether the neighbours learn of it, depends on the node that takes over. A backup that
  waits for fewer adverts takes over before one with a higher priority.

Example
  a.conf: down_timer_adverts 3
  b.conf: down_timer_adverts 2

What keepalived does
  Each node uses its own.

How to fix
  The same values on all nodes, unless the difference is meant.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Use the same value on all nodes, unless it is meant to differ.",
    check: Check::Nodes(check),
};

/// A setting: its name, its value as text, where it is from.
type Setting = (&'static str, fn(&Member<'_>) -> String, fn(&Member<'_>) -> Cause);

const SETTINGS: &[Setting] = &[
    (
        "down_timer_adverts",
        |m| m.run.down_timer_adverts.to_string(),
        |m| Cause::of(m, m.conf.down_timer_adverts.as_ref(), m.on.conf.global.down_timer_adverts.as_ref()),
    ),
    (
        "vrrp_startup_delay",
        |m| seconds(m.run.startup_delay),
        |m| Cause::of::<Duration, _>(m, None, m.on.conf.global.startup_delay.as_ref()),
    ),
    (
        "garp_master_repeat",
        |m| m.run.announcing.repeat.to_string(),
        |m| Cause::of(m, m.conf.garp.repeat.as_ref(), m.conf.inherited.garp.repeat.as_ref()),
    ),
    (
        "garp_master_delay",
        |m| seconds(m.run.announcing.delay),
        |m| Cause::of(m, m.conf.garp.delay.as_ref(), m.conf.inherited.garp.delay.as_ref()),
    ),
    (
        "garp_master_refresh",
        |m| seconds(m.run.announcing.refresh),
        |m| Cause::of(m, m.conf.garp.refresh.as_ref(), m.conf.inherited.garp.refresh.as_ref()),
    ),
];

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        let first = router.first();
        let differ: Vec<&Setting> =
            SETTINGS.iter().filter(|(_, value, _)| router.members.iter().any(|m| value(m) != value(&first))).collect();
        let Some((name, value, cause)) = differ.first() else { continue };
        let said = |(name, value, _): &Setting, router: &Router<'_>| {
            format!("{name} is {}", sides(&router.by(|m| value(m)), Clone::clone))
        };
        let message = format!("{}: {}", router.title(), said(differ[0], router));
        let causes: Vec<(Member<'_>, Cause)> = router.members.iter().map(|m| (*m, cause(m))).collect();
        let written = |c: &(Member<'_>, Cause)| !matches!(c.1, Cause::Default(_));
        // A default is no place to look at first.
        let mut ordered: Vec<_> = causes.iter().filter(|c| written(c)).copied().collect();
        ordered.extend(causes.iter().filter(|c| !written(c)).copied());
        let say = places(found.say(message), &ordered, |m| format!("{name} {}", value(m)));
        let say = differ.iter().skip(1).fold(say, |d, s| d.fact(said(s, router)));
        // What they have in common is one line of `global_defs`, for all settings that differ.
        let all: Vec<(Member<'_>, Cause)> =
            differ.iter().flat_map(|(.., cause)| router.members.iter().map(|m| (*m, cause(m)))).collect();
        gathered.add(router, &all, router.name(say));
    }
    gathered.give(found);
}
