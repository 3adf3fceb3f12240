//! `master-without-priority`

use crate::conf::model::State;
use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "master-without-priority",
        title: "state MASTER without priority is priority 255",
        text: "\
What it is
  The instance says `state MASTER` and no `priority`. keepalived then takes 255: the priority of a router that owns
  the addresses as its own.

Why it hurts
  When the other node is written alike, both are owners: both begin as master at once, and only then does one of them
  yield. 255 is changed by no weight, so weighted checks do nothing; `nopreempt` and `preempt_delay` do not hold; and
  the node takes the addresses the moment keepalived starts, before its services are up.

Example
  vrrp_instance VI_1 {
      state MASTER            # and no priority
      interface eth0
      virtual_router_id 51
  }

What keepalived does
  No message. Without `state MASTER` the priority would be 100.

How to fix
  `priority 150` here and `priority 100` on the other node, for example. `state` decides nothing that the priority
  does not: `state BACKUP` on all nodes is simplest.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write a `priority` from 1 to 254 on each node, the highest on the one that is to be master.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let Some(state) = i.state.filter(|s| s.value == State::Master && i.priority.is_none()) else { continue };
        let message = format!(
            "`state MASTER` without `priority` makes {} an address owner with priority 255; two nodes like this are two masters",
            named(i)
        );
        found.push(found.say(message).at(n, state.span).group(run.vrid, run.ipv6));
    }
}
