//! `unknown-interface`

use crate::conf::{Span, quote};
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Host, Node, Rule};
use std::collections::HashSet;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unknown-interface",
        title: "an interface that this host does not have",
        text: "\
What it is
  The configuration names an interface that is not on this host: of an instance, an address or a tracked one. Found
  with `--host` only.

Why it hurts
  keepalived exits when it starts, so that no instance of the file runs. The files of two nodes are often copied,
  while one has `eth0` and the other `ens192`; after an upgrade of the system names may be others, too.

Example
  vrrp_instance VI_1 {
      interface eth0          # ens192 on this host
  }

What keepalived does
  Says «WARNING - interface eth0 for vrrp_instance VI_1 doesn't exist», then «Non-existent interface specified in
  configuration», and exits. With `dynamic_interfaces` it waits for the interface to appear.

How to fix
  The right name; or a definition for each node: `@lb1 $IF=eth0`, `@lb2 $IF=ens192`, and `interface $IF`.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write the name that `ip link` shows, or say `dynamic_interfaces` if it comes later.",
    check: Check::Host(check),
};

fn check(n: usize, node: &Node, host: &dyn Host, _: &Context<'_>, found: &mut Found) {
    if node.conf.global.dynamic_interfaces.is_some() {
        return;
    }
    // keepalived makes those of virtual MACs itself.
    let made: HashSet<&str> =
        node.run.instances.iter().filter_map(|i| i.vmac.as_ref()).map(|v| v.interface.as_str()).collect();
    let mut all: Vec<(&str, Span)> = Vec::new();
    for (i, _) in node.instances() {
        all.extend(i.interface.iter().map(|s| (s.value.as_str(), s.span)));
        let addresses = i.addresses.iter().chain(&i.excluded);
        all.extend(addresses.filter_map(|a| a.value.dev.as_ref()).map(|d| (d.value.as_str(), d.span)));
        all.extend(i.track.interfaces.iter().map(|t| (t.name.value.as_str(), t.name.span)));
    }
    let groups = node.conf.groups.iter().flat_map(|g| &g.track.interfaces);
    all.extend(groups.map(|t| (t.name.value.as_str(), t.name.span)));
    let mut said = HashSet::new();
    for (name, span) in all {
        // What no interface can be called is told already.
        let possible = name.len() <= 15 && !name.contains([':', '/']);
        if possible && !made.contains(name) && !host.interface(name) && said.insert(name) {
            let message = format!(
                "there is no interface {} on this host; keepalived exits when it starts",
                quote(name.as_bytes())
            );
            found.push(found.say(message).at(n, span));
        }
    }
}
