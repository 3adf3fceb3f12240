//! `slow-garp`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::seconds;
use crate::lint::{Check, Context, Found, Node, Rule};
use std::collections::HashMap;
use std::time::Duration;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "slow-garp",
        title: "neighbours learn of a new master late",
        text: "\
What it is
  `vrrp_garp_interval` (for IPv6 `vrrp_gna_interval`) keeps a pause between two announcements on an interface. With
  many addresses the announcements of a takeover queue up.

Why it hurts
  Until an address is announced, the switches and the neighbours' ARP caches send its packets to the old master. The
  last address in the queue is unreachable for that long, although the new master has it.

Example
  global_defs {
      vrrp_garp_interval 0.1  # 40 addresses, 5 times: 20 s
  }

What keepalived does
  Announces one address after the other, round by round, with the pause between any two.

How to fix
  A millisecond is enough of a pause for most switches (`vrrp_garp_interval 0.001`). `vrrp_garp_master_repeat 1` has
  each address announced once, and `vrrp_garp_master_refresh 60` again each minute.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Make `vrrp_garp_interval` smaller, or `garp_master_repeat`, or put fewer addresses on one interface.",
    check: Check::Node(check),
};

/// From here on clients notice.
const LATE: Duration = Duration::from_secs(5);

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let global = &node.conf.global;
    for (said, ipv6) in [(global.garp_interval, false), (global.gna_interval, true)] {
        let Some(pause) = said else { continue };
        // Announcements of the first round, and of all rounds, by interface.
        let mut queues: HashMap<&str, (u32, u32)> = HashMap::new();
        for (_, run) in node.instances() {
            for address in run.addresses.iter().chain(&run.excluded).filter(|a| a.address.is_ipv6() == ipv6) {
                let (first, all) = queues.entry(address.dev.as_str()).or_default();
                *first = first.saturating_add(1);
                *all = all.saturating_add(u32::from(run.announcing.repeat));
            }
        }
        let longest = queues.into_iter().max_by_key(|(dev, (first, _))| (*first, std::cmp::Reverse(*dev)));
        let Some((dev, (first, all))) = longest else { continue };
        let wait = pause.value.saturating_mul(first);
        if wait >= LATE {
            let message = format!(
                "with {} between announcements, the last of {first} addresses on {} is announced {} after a takeover, \
                 and all rounds take {}",
                seconds(pause.value),
                quote(dev.as_bytes()),
                seconds(wait),
                seconds(pause.value.saturating_mul(all))
            );
            found.push(found.say(message).at(n, pause.span));
        }
    }
}
