//! `interface-name`

use crate::conf::{Span, quote};
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "interface-name",
        title: "no interface is called like this",
        text: "\
What it is
  The name is one that no interface can have, or that VRRP cannot use: an alias of old times (`eth0:1`), longer than
  15 characters, with a `/` in it, or the loopback interface `lo` for an instance.

Why it hurts
  keepalived finds no such interface and exits when it starts, so that no instance of the file runs.

Example
  virtual_ipaddress {
      10.0.0.10/24 dev eth0:1 # dev eth0 label eth0:1
  }

What keepalived does
  Says «WARNING - interface eth0:1 for ip address 10.0.0.10/24 doesn't exist», «Interface name '…' too long -
  ignoring» or «cannot use a loopback interface (lo) for vrrp - ignoring», then «Non-existent interface specified in
  configuration» or «Unknown interface!», and exits. `-t` exits 5.

How to fix
  `eth0` is the interface; `eth0:1` was `ifconfig`'s way to write a second address, and is a `label` now. An address
  on `lo` (for a load balancer) is fine with `dev lo` in the address list, not as the instance's interface.

Since
  Every version. With `dynamic_interfaces` keepalived waits for an interface that will never come.
",
    },
    severity: Severity::Critical,
    fix: "Write the name of the interface as `ip link` shows it, without alias; for an address label use `label`.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, _) in node.instances() {
        if let Some(interface) = &i.interface {
            name(n, &interface.value, interface.span, true, found);
        }
        for address in i.addresses.iter().chain(&i.excluded) {
            if let Some(dev) = &address.value.dev {
                name(n, &dev.value, dev.span, false, found);
            }
        }
        for tracked in &i.track.interfaces {
            name(n, &tracked.name.value, tracked.name.span, false, found);
        }
    }
}

fn name(n: usize, name: &str, span: Span, own: bool, found: &mut Found) {
    let shown = || quote(name.as_bytes());
    let why = if let Some((interface, _)) = name.split_once(':') {
        format!("{} is an alias, and no interface; that is {}", shown(), quote(interface.as_bytes()))
    } else if name.len() > 15 {
        format!("{} has {} characters, and names of interfaces have 15 at most", shown(), name.len())
    } else if name.contains('/') {
        format!("{} has a slash, which no name of an interface has", shown())
    } else if own && name == "lo" {
        "VRRP does not run on the loopback interface `lo`".to_owned()
    } else {
        return;
    };
    let mut say = found.say(format!("{why}; keepalived exits when it starts")).at(n, span);
    if let Some((interface, _)) = name.split_once(':').filter(|_| !own) {
        say = say.fix(format!("Write `dev {interface} label {name}`."));
    }
    found.push(say);
}
