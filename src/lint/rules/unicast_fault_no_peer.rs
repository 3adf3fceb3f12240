//! `unicast-fault-no-peer`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-fault-no-peer",
        title: "no unicast peer, and unicast_fault_no_peer",
        text: "\
What it is
  `unicast_fault_no_peer` keeps an instance without unicast peers in FAULT, and there are none: the list is missing or
  empty, or all of its lines were refused.

Why it hurts
  The instance never becomes master, whatever happens to the other nodes.

Example
  vrrp_instance VI_1 {
      unicast_fault_no_peer
      unicast_peer {
      }
  }

What keepalived does
  Enters FAULT at the start and stays there.

How to fix
  Fill the list. Where a template fills it, an empty list is what the keyword guards against: it does its work.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "List the other nodes' addresses in `unicast_peer { … }`, or take `unicast_fault_no_peer` out.",
    check: Check::Problems(&[Kind::FaultNoPeer]),
};
