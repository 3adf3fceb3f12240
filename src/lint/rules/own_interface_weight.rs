//! `own-interface-weight`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "own-interface-weight",
        title: "a weight for the instance's own interface does not count",
        text: "\
What it is
  `track_interface` lists the instance's own `interface` with a `weight`. keepalived leaves the entry out, and goes on
  tracking the interface as it always does: its loss is a fault.

Why it hurts
  The arithmetic of the priorities does not hold: a positive weight is never added, a negative one never taken. A node
  counted on at 100 + 20 advertises 100.

Example
  vrrp_instance VI_1 {
      interface eth0
      priority 100
      track_interface {
          eth0 weight 20
      }
  }

What keepalived does
  Says «Ignoring track_interface eth0 since own interface», without a line; `-t` exits 5.

How to fix
  Put what was to be added into `priority`. The weight of the own interface never counts, not even with
  `dont_track_primary`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the entry out: the loss of the own interface is a fault in any case.",
    check: Check::Problems(&[Kind::OwnInterfaceWeight]),
};
