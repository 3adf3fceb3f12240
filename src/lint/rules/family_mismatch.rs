//! `family-mismatch`

use crate::conf::Span;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, title};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "family-mismatch",
        title: "an instance is IPv4 on one node and IPv6 on another",
        text: "\
What it is
  Instances with the same name and VRID speak IPv4 on one node and IPv6 on the other. The first virtual address decides,
  or `native_ipv6`; without either, the source address, the peers or the multicast group do.

Why it hurts
  They send to different multicast groups and listen on different sockets. Neither hears the other, and each is master.

Example
  a.conf: vrrp_instance VI_1 { … virtual_ipaddress { 10.0.0.10 } }
  b.conf: vrrp_instance VI_1 { … virtual_ipaddress { 2001:db8::10 } }

What keepalived does
  It runs both and says nothing; IPv4 and IPv6 are two virtual routers even with one VRID.

How to fix
  The same addresses on all nodes. Who needs both families has two instances, which may share the VRID.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give the instance addresses of the same family on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for odd in &cluster.families {
        let family = |m: &Member<'_>| if m.run.ipv6 { "IPv6" } else { "IPv4" };
        let message = format!(
            "{} is {} on {} and {} on {}; neither hears the other, and each is master",
            title(&[odd.one, odd.other]),
            family(&odd.one),
            odd.one.on.name,
            family(&odd.other),
            odd.other.on.name
        );
        let say = [odd.one, odd.other]
            .iter()
            .fold(found.say(message), |d, m| d.label(m.node, place(m), format!("{} on {}", family(m), m.on.name)));
        found.push(say.group(odd.one.run.vrid, odd.one.run.ipv6));
    }
}

/// What decides the family.
fn place(member: &Member<'_>) -> Span {
    let conf = member.conf;
    let native = conf.native_ipv6.map(|n| n.span);
    let address = conf.addresses.first().map(|a| a.span).or(conf.source.map(|s| s.span));
    native.or(address).or(conf.peers.first().map(|p| p.span)).unwrap_or(conf.name.span)
}
