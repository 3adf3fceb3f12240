//! `nopreempt-ignored`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "nopreempt-ignored",
        title: "nopreempt that does not hold",
        text: "\
What it is
  `nopreempt` stands in an instance that begins as MASTER (`state MASTER`) or owns its addresses (`priority 255`).
  keepalived clears it.

Why it hurts
  The node that was repaired takes the addresses back at once, which `nopreempt` was to prevent: a second interruption
  for the clients, and flapping when the node is only half repaired.

Example
  vrrp_instance VI_1 {
      state MASTER            # BACKUP, on both nodes
      priority 150
      nopreempt
  }

What keepalived does
  Says «Warning - nopreempt will not work with initial state MASTER - clearing», or «nopreempt is incompatible with
  priority 255», without a line, and preempts; `-t` exits 5.

How to fix
  `state BACKUP` on all nodes: it does not make the election slower, as `state MASTER` gives no faster start.
  `nopreempt` belongs on the node with the higher priority, which is the one that could preempt; on all nodes it is
  simplest.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `state BACKUP` on all nodes, with priorities below 255, and leave the order to those.",
    check: Check::Problems(&[Kind::NopreemptIgnored]),
};
