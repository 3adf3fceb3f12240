//! `no-loss-tolerated`

use crate::finding::{Page, Severity};
use crate::lint::look::{named, seconds};
use crate::lint::{Check, Context, Found, Node, Rule};
use crate::vrrp::timing::master_down_interval;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-loss-tolerated",
        title: "one lost advert makes the backup take over",
        text: "\
What it is
  `down_timer_adverts 1` has the instance wait for one interval and its skew. An advert that is lost, or later than
  the skew, is enough for it to take over.

Why it hurts
  Every network loses a packet now and then. Each time both nodes are master for a moment, connections break, and ARP
  caches are rewritten.

Example
  vrrp_instance VI_1 {
      down_timer_adverts 1
  }

What keepalived does
  Takes over after `advert_int` and the skew, which is 0.004 s to 1 s in version 2, depending on the priority.

How to fix
  For a faster takeover make `advert_int` smaller, with version 3, and leave the number of adverts at 3.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `down_timer_adverts 3`, which is the default, or 2 at least.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances().filter(|(_, run)| run.down_timer_adverts == 1) {
        let Some(said) = i.down_timer_adverts.or(node.conf.global.down_timer_adverts) else { continue };
        let down = master_down_interval(run.version, run.priority, run.advert_int, 1);
        let message = format!(
            "{} takes over when one advert is lost: {} after the one before, with adverts {} apart",
            named(i),
            seconds(down),
            seconds(run.advert_int)
        );
        found.push(found.say(message).at(n, said.span).group(run.vrid, run.ipv6));
    }
}
