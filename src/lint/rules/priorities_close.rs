//! `priorities-close`

use std::cmp::Reverse;
use std::time::Duration;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list};
use crate::lint::weights::Sum;
use crate::lint::{Check, Context, Found, Rule};
use crate::vrrp::timing::master_down_interval;

/// Timers that end less apart than this may end in either order: a node is easily late by that much.
const CLOSE: Duration = Duration::from_millis(20);

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "priorities-close",
        title: "priorities so close that the nodes' timers end nearly together",
        text: "\
What it is
  A backup waits three intervals and a skew time of (256 − priority)/256 of a second, in version 3 of the interval. Two
  priorities that differ by one make timers that end 3.9 ms apart at an interval of one second.

Why it hurts
  When both wait for the same master, or both start together, the lower one often does not hear of the higher one's
  mastership in time. Both are master for a moment, both announce the addresses, and one yields.

Example
  priority 101 and 100: 3.605469 s and 3.609375 s

What keepalived does
  It takes over when its own timer ends.

How to fix
  Nothing, if a moment with two masters does no harm. Else priorities further apart, for example 150 and 100, which are
  195 ms; mind the weights that were chosen for the old ones.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Spread the priorities, for example 150 and 100, and the weights with them.",
    check: Check::Nodes(check),
};

/// Two nodes that follow each other, and how far apart their timers end.
type Pair<'a> = (Member<'a>, Member<'a>, Duration);

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut all = cluster.shared().filter_map(|r| Some((r, closest(&r.members)?)));
    let Some((router, (one, other, apart))) = all.next() else { return };
    let millis = |d: Duration| format!("{:.1} ms", d.as_secs_f64() * 1000.0);
    let (a, b) = (Sum::healthy(&one), Sum::healthy(&other));
    let message = format!(
        "{}: priorities {a} on {} and {b} on {} make timers that end only {} apart; both may be master for a moment \
         when both wait",
        router.title(),
        one.on.name,
        other.on.name,
        millis(apart)
    );
    let say = found.say(message).label(one.node, one.priority_span(), format!("{a} on {}", one.on.name)).label(
        other.node,
        other.priority_span(),
        format!("{b} on {}", other.on.name),
    );
    let more: Vec<String> = all.map(|(r, (.., apart))| format!("{} ({})", r.title(), millis(apart))).collect();
    // It is one remark about a choice of numbers, not one for each router.
    let say = if more.is_empty() { router.name(say) } else { say.fact(format!("so it is with {}", list(more))) };
    found.push(say);
}

fn closest<'a>(members: &[Member<'a>]) -> Option<Pair<'a>> {
    let alone = |m: &&Member<'_>| m.run.priority != 255 && m.run.fault.is_none();
    let mut ranked: Vec<(u8, Member<'a>)> =
        members.iter().filter(alone).map(|m| (Sum::healthy(m).effective(), *m)).collect();
    ranked.sort_by_key(|(priority, m)| (Reverse(*priority), m.node));
    let wait = |(priority, m): &(u8, Member<'_>)| {
        master_down_interval(m.run.version, *priority, m.run.advert_int, m.run.down_timer_adverts)
    };
    let pairs = ranked.windows(2).filter_map(|w| {
        let [a, b] = w else { return None };
        let alike = a.1.run.version == b.1.run.version && a.1.run.advert_int == b.1.run.advert_int;
        (a.0 != b.0 && alike).then(|| (a.1, b.1, wait(b).abs_diff(wait(a))))
    });
    pairs.filter(|p| p.2 < CLOSE).min_by_key(|p| p.2)
}
