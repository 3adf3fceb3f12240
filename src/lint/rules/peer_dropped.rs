//! `peer-dropped`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "peer-dropped",
        title: "a unicast peer that keepalived does not take",
        text: "\
What it is
  A line of `unicast_peer` is not an address of the instance's family.

Why it hurts
  The peer gets no adverts from this node, takes it for dead and becomes master as well: two masters. When no other
  peer is left in the list, keepalived even falls back to multicast, which clouds and many overlay networks do not
  carry.

Example
  unicast_peer {
      lb2.example.com
  }

What keepalived does
  Says «malformed unicast peer address[lb2.example.com]. Skipping...» or «MUST be of the same family» and goes on with
  the other lines; `-t` exits 5.

How to fix
  Write the address that the peer has on that network, one a line. Commas, names and ports are not understood.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write the peer's address; names are not looked up.",
    check: Check::Problems(&[Kind::PeerDropped]),
};
