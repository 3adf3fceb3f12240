//! `process-priority`

use crate::conf::value::Value;
use crate::finding::{Page, Severity};
use crate::lint::look::is;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "process-priority",
        title: "vrrp_priority is the priority of the process, not of VRRP",
        text: "\
What it is
  `vrrp_priority` in `global_defs` is the nice value of keepalived's VRRP process, from -20 (runs first) to 19 (runs
  last). A positive number is written there.

Why it hurts
  Often the VRRP priority was meant; the instances then have 100, or whatever else they say. And the process runs last
  of all: on a busy host its adverts are late, and the other node takes over.

Example
  global_defs {
      vrrp_priority 10
  }

What keepalived does
  Sets the nice value.

How to fix
  The priority of an instance is `priority` in its block. To have adverts sent in time on a busy host, `vrrp_priority
  -20`, or better `vrrp_rt_priority 50`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `priority` in the `vrrp_instance`; take `vrrp_priority` out, or give it a negative number.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for line in node.globals().filter(|l| is(l, "vrrp_priority")) {
        let Some(Value::Int(nice @ 1..)) = line.value else { continue };
        let message = format!(
            "`vrrp_priority {nice}` is the nice value of the process, not a VRRP priority: keepalived runs after all others"
        );
        found.push(found.say(message).at(n, line.span()));
    }
}
