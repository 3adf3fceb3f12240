//! `unicast-without-peers`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-without-peers",
        title: "a keyword of unicast, and no unicast peer",
        text: "\
What it is
  `unicast_src_ip` or another keyword of unicast stands in an instance without `unicast_peer`, or all its peers were
  refused.

Why it hurts
  keepalived sends multicast. Where unicast was chosen because the network carries no multicast (clouds, many
  overlays), no node hears the other, and all become master.

Example
  vrrp_instance VI_1 {
      unicast_src_ip 10.0.0.2
  }

What keepalived does
  Complains, without a line, and uses multicast with the address given as its source; `-t` exits 5.

How to fix
  On each node: its own address in `unicast_src_ip`, those of all others in `unicast_peer`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "List the other nodes' addresses in `unicast_peer { … }`, or use `mcast_src_ip`.",
    check: Check::Problems(&[Kind::UnicastWithoutPeers]),
};
