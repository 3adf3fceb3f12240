//! `address-prefix-mismatch`

use std::net::IpAddr;

use crate::conf::run::RunAddress;
use crate::conf::{Span, Spanned};
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, by, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-prefix-mismatch",
        title: "nodes put the same virtual address on differently",
        text: "\
What it is
  A virtual address has another prefix length on one node than on another, or goes to another interface than the
  instance's own on one node only. Without a prefix length it is 32, or 128.

Why it hurts
  The election works, since adverts carry addresses only. But a prefix shorter than 32 also makes a route to its
  network, so what the master reaches, and with which source address, changes at a failover.

Example
  a.conf: virtual_ipaddress { 10.0.0.10/24 }
  b.conf: virtual_ipaddress { 10.0.0.10 }

What keepalived does
  It adds the address as each node says.

How to fix
  The same prefix length on all nodes. Beside an address of the interface in the same network, /32 is enough.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write the address with the same prefix length on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let first = router.first();
        let mut said = Vec::new();
        for address in first.run.addresses.iter().chain(&first.run.excluded) {
            let x = address.address;
            let has: Vec<Member<'_>> = router.members.iter().filter(|m| run(m, x).is_some()).copied().collect();
            let prefixes = by(&has, |m| run(m, x).map(|a| a.prefix));
            let elsewhere = by(&has, |m| run(m, x).is_some_and(|a| elsewhere(m, a)));
            let (severity, message, fix) = if prefixes.len() > 1 {
                let each = sides(&prefixes, |p| format!("/{}", p.unwrap_or_default()));
                (Severity::Warning, format!("has the prefix length {each}"), None)
            } else if elsewhere.len() > 1 {
                let each =
                    sides(&elsewhere, |e| if *e { "another interface" } else { "the instance's own" }.to_owned());
                let fix = "Check that `dev` is meant to differ.";
                (Severity::Info, format!("goes to {each}"), Some(fix))
            } else {
                continue;
            };
            said.push((x, has, severity, message, fix));
        }
        // One mistake is often made in a whole list.
        let Some((x, has, severity, message, fix)) = said.first() else { continue };
        let mut say = found.say(format!("{}: {x} {message}", router.title())).severity(*severity);
        if let Some(fix) = fix {
            say = say.fix(*fix);
        }
        say = has.iter().fold(say, |d, m| d.label(m.node, span(m, *x), format!("on {}", m.on.name)));
        for (x, _, _, message, _) in said.iter().skip(1).take(8) {
            say = say.fact(format!("{x} {message}"));
        }
        found.push(router.name(say));
    }
}

fn run<'a>(member: &Member<'a>, address: IpAddr) -> Option<&'a RunAddress> {
    member.run.addresses.iter().chain(&member.run.excluded).find(|a| a.address == address)
}

/// Whether an address goes to another interface than its instance's.
fn elsewhere(member: &Member<'_>, address: &RunAddress) -> bool {
    let dev = address.configured.dev.as_ref().map(|d| d.value.as_str());
    dev.is_some() && dev != member.run.interface.as_deref()
}

fn span(member: &Member<'_>, address: IpAddr) -> Span {
    let mut all = member.conf.addresses.iter().chain(&member.conf.excluded);
    all.find(|a: &&Spanned<_>| a.value.address == address).map_or(member.conf.name.span, |a| a.span)
}
