//! `slow-failover`

use crate::finding::{Page, Severity};
use crate::lint::look::{named, seconds};
use crate::lint::{Check, Context, Found, Node, Rule};
use crate::vrrp::timing::master_down_interval;
use std::time::Duration;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "slow-failover",
        title: "a master that dies is noticed late",
        text: "\
What it is
  The instance waits longer than half a minute for adverts before it takes over: `advert_int` times
  `down_timer_adverts` (3), plus a skew of up to one interval that depends on its priority.

Why it hurts
  For that long after a crash or a power cut nobody holds the addresses. (A clean stop is noticed at once.)

Example
  vrrp_instance VI_1 {
      advert_int 30           # over 90 s
  }

What keepalived does
  Waits.

How to fix
  `advert_int 1` is usual: about 3.6 s. In version 2 all nodes need the same interval: change them together.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Make `advert_int` or `down_timer_adverts` smaller, on all nodes at the same time.",
    check: Check::Node(check),
};

/// From here on it is worth a word.
const SLOW: Duration = Duration::from_secs(30);

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let down = master_down_interval(run.version, run.priority, run.advert_int, run.down_timer_adverts);
        let span = i.advert_int.map(|a| a.span).or(i.down_timer_adverts.map(|d| d.span));
        let Some(span) = span.filter(|_| down > SLOW) else { continue };
        let message = format!(
            "{} takes over {} after the last advert of a dead master ({} adverts, {} apart, and the skew)",
            named(i),
            seconds(down),
            run.down_timer_adverts,
            seconds(run.advert_int)
        );
        found.push(found.say(message).at(n, span).group(run.vrid, run.ipv6));
    }
}
