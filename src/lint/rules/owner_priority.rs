//! `owner-priority`

use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};
use crate::wire::vrrp::PRIORITY_OWNER;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "owner-priority",
        title: "priority 255 says that the node owns the addresses",
        text: "\
What it is
  `priority 255` is not just the highest priority. It is for a router that has the virtual addresses as its own, on
  its interface, whether VRRP runs or not.

Why it hurts
  Such a node is master as soon as keepalived starts, without listening first and before its services are up. No
  weight changes its priority, and `nopreempt` and `preempt_delay` do not hold. When two nodes have it, both are
  master at first.

Example
  vrrp_instance VI_1 {
      priority 255
  }

What keepalived does
  Enters MASTER at once when it starts.

How to fix
  For a node that is only preferred, any priority up to 254 does, such as 150 against 100.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Write a priority from 1 to 254, unless the addresses are the node's own.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let Some(priority) = i.priority.filter(|p| p.value == PRIORITY_OWNER) else { continue };
        let message = format!(
            "{} has priority 255: it is master as soon as keepalived starts, and no weight changes that",
            named(i)
        );
        found.push(found.say(message).at(n, priority.span).group(run.vrid, run.ipv6));
    }
}
