//! `address-twice`

use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};
use foldhash::fast::RandomState;
use std::collections::HashMap;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-twice",
        title: "a virtual address is listed twice on one interface",
        text: "\
What it is
  The same address stands in two instances, in two lists of one instance, or twice in one list, for the same
  interface.

Why it hurts
  An address is either on an interface or not. When one of the two instances becomes backup it takes the address off,
  while the other one, still master, needs it there: what is reached by it is gone although keepalived says MASTER. In
  two lists of one instance it is only superfluous.

Example
  vrrp_instance VI_1 { virtual_ipaddress { 10.0.0.10 } }
  vrrp_instance VI_2 { virtual_ipaddress { 10.0.0.10 } }

What keepalived does
  Within one list, from 2.3.3 on it drops the second one with a message. Otherwise no message.

How to fix
  Each address in one instance. For an address that two groups of services share, make an instance of its own and put
  all of them into a sync group.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Keep it in one list of one instance.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let mut seen: HashMap<_, _, RandomState> = HashMap::default();
    seen.reserve(node.run.instances.iter().map(|run| run.addresses.len() + run.excluded.len()).sum());
    for (i, run) in node.instances() {
        let written = i.addresses.iter().chain(&i.excluded);
        // Addresses may have moved from one list to the other, but keep their order.
        for (address, placed) in written.zip(run.addresses.iter().chain(&run.excluded)) {
            let key = (placed.address, placed.dev.as_str());
            let Some((first, at)) = seen.get(&key).copied() else {
                seen.insert(key, (i, address.span));
                continue;
            };
            let first: &crate::conf::model::VrrpInstance = first;
            // Twice in one instance: the reader says that.
            if first.name.span == i.name.span {
                continue;
            }
            let message = format!(
                "{} is in {} and in {}: when one of them becomes backup, it takes the address away from the other",
                placed.address,
                named(first),
                named(i)
            );
            let say = found.say(message).at(n, address.span).label(n, at, "here first");
            found.push(say.group(run.vrid, run.ipv6));
        }
    }
}
