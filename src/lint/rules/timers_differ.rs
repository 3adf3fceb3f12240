//! `timers-differ`

use std::time::Duration;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Gathered, Member, by, places, seconds, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "timers-differ",
        title: "nodes have different timers for one virtual router",
        text: "\
What it is
  `down_timer_adverts`, `vrrp_startup_delay`, `preempt_delay` where several nodes have one, or how often addresses are
  announced (`garp_master_*`) differs between the nodes. None of it is in the adverts, so none of it has to be the same.

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

/// A setting: its name, its value as text if that is to be compared, where it is from.
type Setting = (&'static str, fn(&Member<'_>) -> Option<String>, fn(&Member<'_>) -> Cause);

/// What instances have for a setting, and which.
type Sides<'a> = Vec<(String, Vec<Member<'a>>)>;

const SETTINGS: &[Setting] = &[
    (
        "preempt_delay",
        // The node that is preferred may well be the only one to have it.
        |m| Some(m.run.preempt_delay).filter(|d| !d.is_zero()).map(seconds),
        |m| Cause::of::<_, ()>(m, m.conf.preempt_delay.as_ref(), None),
    ),
    (
        "down_timer_adverts",
        |m| Some(m.run.down_timer_adverts.to_string()),
        |m| Cause::of(m, m.conf.down_timer_adverts.as_ref(), m.on.conf.global.down_timer_adverts.as_ref()),
    ),
    (
        "vrrp_startup_delay",
        |m| Some(seconds(m.run.startup_delay)),
        |m| Cause::of::<Duration, _>(m, None, m.on.conf.global.startup_delay.as_ref()),
    ),
    (
        "garp_master_repeat",
        |m| Some(m.run.announcing.repeat.to_string()),
        |m| Cause::of(m, m.conf.garp.repeat.as_ref(), m.conf.inherited.garp.repeat.as_ref()),
    ),
    (
        "garp_master_delay",
        |m| Some(seconds(m.run.announcing.delay)),
        |m| Cause::of(m, m.conf.garp.delay.as_ref(), m.conf.inherited.garp.delay.as_ref()),
    ),
    (
        "garp_master_refresh",
        |m| Some(seconds(m.run.announcing.refresh)),
        |m| Cause::of(m, m.conf.garp.refresh.as_ref(), m.conf.inherited.garp.refresh.as_ref()),
    ),
];

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        let differ: Vec<(&Setting, Sides<'_>)> = SETTINGS
            .iter()
            .filter_map(|setting| {
                let counts: Vec<Member<'_>> =
                    router.members.iter().filter(|m| setting.1(m).is_some()).copied().collect();
                let values = by(&counts, |m| setting.1(m).unwrap_or_default());
                (values.len() > 1).then_some((setting, values))
            })
            .collect();
        let Some(((name, value, cause), values)) = differ.first() else { continue };
        let said =
            |name: &str, values: &[(String, Vec<Member<'_>>)]| format!("{name} is {}", sides(values, Clone::clone));
        let members = values.iter().flat_map(|(_, who)| who);
        let causes: Vec<(Member<'_>, Cause)> = members.map(|m| (*m, cause(m))).collect();
        // A default is no place to look at first.
        let mut ordered = causes.clone();
        ordered.sort_by_key(|(m, c)| (matches!(c, Cause::Default(_)), m.node));
        let say = found.say(format!("{}: {}", router.title(), said(name, values)));
        let say = places(say, &ordered, |m| format!("{name} {}", value(m).unwrap_or_default()));
        let say = differ.iter().skip(1).fold(say, |d, ((name, ..), values)| d.fact(said(name, values)));
        // What they have in common is one line of `global_defs`, for all settings that differ.
        let all: Vec<(Member<'_>, Cause)> = differ
            .iter()
            .flat_map(|((.., cause), values)| values.iter().flat_map(|(_, who)| who).map(|m| (*m, cause(m))))
            .collect();
        gathered.add(router, &all, router.name(say));
    }
    gathered.give(found);
}
