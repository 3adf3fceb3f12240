//! `ipv6-first-address`

use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ipv6-first-address",
        title: "the first virtual IPv6 address is not link-local",
        text: "\
What it is
  RFC 9568 has a virtual router of IPv6 carry a link-local address first: the one that hosts learn as their gateway
  from router advertisements. The first address here is another one.

Why it hurts
  Between keepalived nodes it works. Other makes of routers may refuse the adverts, and where the address is to be the
  default gateway of hosts, those learn a node's own link-local address instead, which does not move.

Example
  virtual_ipaddress {
      2001:db8::10/64
  }

What keepalived does
  Says «the first IPv6 VIP address should be link local» and runs it; 2.2.7 says nothing in `-t`.

How to fix
  `fe80::10/64` as the first line, on all nodes, with a number that the virtual router id suggests. Where only
  services are reached by the address and nodes are all keepalived, leave it as it is.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Put a link-local address such as fe80::10/64 first in the list, the same on all nodes.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances().filter(|(_, run)| run.ipv6 && !run.strict) {
        let Some(first) = i.addresses.first() else { continue };
        let IpAddr::V6(address) = first.value.address else { continue };
        if address.is_unicast_link_local() {
            continue;
        }
        let message = format!("the first address of {} is {address}, which is not link-local", named(i));
        found.push(found.say(message).at(n, first.span).group(run.vrid, run.ipv6));
    }
}
