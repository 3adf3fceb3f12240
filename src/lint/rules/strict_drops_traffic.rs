//! `strict-drops-traffic`

use crate::conf::model::VrrpInstance;
use crate::conf::{RunInstance, Span};
use crate::finding::{Page, Severity};
use crate::lint::look::{addresses, named};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "strict-drops-traffic",
        title: "strict mode drops what is sent to the virtual addresses",
        text: "\
What it is
  `vrrp_strict` or `strict_mode` holds the instance to the RFC, by which a master that does not own an address
  forwards for it but does not answer on it. keepalived installs a firewall rule that drops every packet to the
  address.

Why it hurts
  The address is on the interface, answers ARP, and nothing else: no ping, no connection to nginx or anything else on
  it. Everything looks right in the log. It is the most common cause of «VIP cannot be pinged», because the sample
  configuration of many packages has `vrrp_strict` in it.

Example
  global_defs {
      vrrp_strict
  }

What keepalived does
  Adds rules to its table `keepalived` in nftables (or to iptables) when it becomes master; `nft list ruleset` shows
  them. No message in `-t`.

How to fix
  Take `vrrp_strict` out, on all nodes: little of what it does is wanted outside of tests. In version 3 `accept` in
  the instance lets packets in; in version 2 strict mode clears `accept` again. Where the address is only a gateway
  that hosts route through, nothing needs to be changed; `no_accept` in the instance says so.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take `vrrp_strict` out; or, in version 3 only, add `accept` to the instance.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    // `global_defs` may say it for several.
    let mut said: Vec<(Span, Vec<(&VrrpInstance, &RunInstance)>)> = Vec::new();
    for (i, run) in node.instances().filter(|(_, run)| run.strict && !run.accept) {
        // Said in so many words, one way or the other: then it is meant, or told already.
        let strict = i.strict.or(node.conf.global.strict).filter(|_| i.accept.is_none());
        let Some(strict) = strict.map(|s| s.span) else { continue };
        match said.iter_mut().find(|(span, _)| *span == strict) {
            Some((_, all)) => all.push((i, run)),
            None => said.push((strict, vec![(i, run)])),
        }
    }
    for (strict, all) in said {
        let [(i, run), more @ ..] = &all[..] else { continue };
        let more = match more.len() {
            0 => String::new(),
            1 => " and of one more instance".to_owned(),
            n => format!(" and of {n} more instances"),
        };
        let message = format!(
            "strict mode has keepalived drop everything that is sent to {} of {}{more}: no ping, no connection is \
             answered",
            addresses(run),
            named(i)
        );
        let fix = if all.iter().all(|(_, run)| run.version == 2) {
            "Take strict mode out; in version 2 it forbids `accept` as well."
        } else {
            "Take strict mode out, or add `accept` to instances of version 3."
        };
        found.push(found.say(message).fix(fix).at(n, strict));
    }
}
