//! `interval-mismatch`

use std::time::Duration;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cause, Cluster, Member, nodes, seconds, sides, title};
use crate::lint::{Check, Context, Found, Rule};
use crate::vrrp::timing::master_down_interval;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "interval-mismatch",
        title: "nodes advertise one virtual router at different intervals",
        text: "\
What it is
  `advert_int` differs between the instances of one virtual router, after it was rounded to what the version can say:
  whole seconds in version 2, hundredths in version 3.

Why it hurts
  Version 2: each node discards the other's adverts, and both are master. Each advert that arrives restarts the slower
  node's timer, so that one falls silent on the wire while it keeps the addresses.
  Version 3: a backup adopts its master's interval. Which node is master decides how long a failover takes: behind a
  master with 1 s, a backup of priority 100 waits 3 × 1 s + 156/256 × 1 s = 3.61 s; behind one with 3 s, 10.83 s.

Example
  a.conf: advert_int 1
  b.conf: advert_int 3

What keepalived does
  Version 2: it logs «advertisement interval mismatch … mine=… rcv'd=…» and ignores the advert.
  Version 3: it logs the mismatch once and goes on.

How to fix
  The same `advert_int` on all nodes.

Since
  Every version. Version 3 mismatches are logged since 2.3.3.
",
    },
    severity: Severity::Critical,
    fix: "Set the same advert_int on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        // Of different versions, neither listens to the other at all.
        for (version, members) in router.by(|m| m.run.version) {
            let intervals = crate::lint::cluster::by(&members, |m| m.run.advert_int);
            if intervals.len() < 2 {
                continue;
            }
            let what = if version == 2 { silence(&intervals) } else { adoption(&members) };
            let message = format!("{}: advert_int is {}; {what}", title(&members), sides(&intervals, |i| seconds(*i)));
            let mut say = found.say(message);
            if version == 3 {
                say = say.severity(Severity::Warning);
            }
            let causes: Vec<_> =
                members.iter().map(|m| (*m, Cause::of::<_, ()>(m, m.conf.advert_int.as_ref(), None))).collect();
            let say = crate::lint::cluster::places(say, &causes, |m| seconds(m.run.advert_int));
            found.push(router.name(say));
        }
    }
}

fn silence(intervals: &[(Duration, Vec<Member<'_>>)]) -> String {
    let fastest = intervals.iter().map(|i| i.0).min().unwrap_or_default();
    let slow: Vec<Member<'_>> = intervals.iter().filter(|i| i.0 > fastest).flat_map(|i| i.1.clone()).collect();
    format!(
        "in version 2 each discards the other's adverts and both are master, {} silently, because every advert it \
         hears restarts its own timer",
        nodes(&slow)
    )
}

/// How long the first node's backup waits behind each master.
fn adoption(members: &[Member<'_>]) -> String {
    let wait = |backup: &Member<'_>, master: &Member<'_>| {
        let r = backup.run;
        let wait = master_down_interval(3, r.priority, master.run.advert_int, r.down_timer_adverts);
        format!("{} takes over from {} after {:.2} s", backup.on.name, master.on.name, wait.as_secs_f64())
    };
    let both = match members {
        [a, b] => format!(": {}, {}", wait(b, a), wait(a, b)),
        _ => String::new(),
    };
    format!("in version 3 a backup adopts its master's, so the time to fail over depends on who is master{both}")
}
