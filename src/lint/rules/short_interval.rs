//! `short-interval`

use crate::finding::{Page, Severity};
use crate::lint::look::{named, seconds};
use crate::lint::{Check, Context, Found, Node, Rule};
use crate::vrrp::timing::master_down_interval;
use std::time::Duration;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "short-interval",
        title: "a short pause makes the backup take over",
        text: "\
What it is
  The instance takes over less than a second after the last advert it heard.

Why it hurts
  A fast takeover is what such settings are for. But a host that pauses for that long is taken for dead: a snapshot, a
  live migration, a busy hypervisor, a disk that blocks. The addresses move, and move back when the pause is over, and
  neighbours may be left with the wrong one in their ARP caches.

Example
  vrrp_instance VI_1 {
      version 3
      advert_int 0.1          # 0.36 s
  }

What keepalived does
  Takes over after the time that the finding says.

How to fix
  On physical hosts give the VRRP process real-time priority (`vrrp_rt_priority 50`, `vrrp_no_swap`). On virtual ones
  one second and more is safer. `hactl watch` shows how long the gaps between adverts really are.

Since
  Version 3 of the protocol; version 2 has no intervals below one second.
",
    },
    severity: Severity::Info,
    fix: "Where hosts are virtual or busy, make `advert_int` or `down_timer_adverts` larger, on all nodes.",
    check: Check::Node(check),
};

const SHORT: Duration = Duration::from_secs(1);

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let down = master_down_interval(run.version, run.priority, run.advert_int, run.down_timer_adverts);
        let Some(interval) = i.advert_int.filter(|_| down < SHORT) else { continue };
        let message = format!(
            "{} takes over when its master is silent for {}: a snapshot or live migration lasts longer",
            named(i),
            seconds(down)
        );
        found.push(found.say(message).at(n, interval.span).group(run.vrid, run.ipv6));
    }
}
