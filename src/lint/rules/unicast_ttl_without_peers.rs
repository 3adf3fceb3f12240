//! `unicast-ttl-without-peers`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-ttl-without-peers",
        title: "unicast_ttl without unicast peers: adverts with TTL 0",
        text: "\
What it is
  `unicast_ttl` stands in an instance that sends multicast, because it has no `unicast_peer`.

Why it hurts
  Its adverts get TTL 0 and never leave the host. The node says MASTER and sends, every other node hears nothing and
  becomes master too. A capture on the node itself shows nothing wrong but the TTL.

Example
  vrrp_instance VI_1 {
      unicast_ttl 255
      virtual_ipaddress {
          10.0.0.10
      }
  }

What keepalived does
  Says «Cannot use unicast_ttl without unicast peers - resetting», and resets it to 0; `-t` exits 5.

How to fix
  Take the line out: multicast adverts have TTL 255, and others are refused.

Since
  Every version that has `unicast_ttl`.
",
    },
    severity: Severity::Critical,
    fix: "Take the line out, or list the peers in `unicast_peer { … }`.",
    check: Check::Problems(&[Kind::TtlWithoutPeers]),
};
