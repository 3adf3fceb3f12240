//! `preempt-delay-ignored`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "preempt-delay-ignored",
        title: "preempt_delay that does not hold",
        text: "\
What it is
  `preempt_delay` stands in an instance with `state MASTER`, `nopreempt` or strict mode. keepalived clears it.

Why it hurts
  With `state MASTER` the node that comes back takes over as soon as it has heard nothing better for its master-down
  interval, about 3.5 s, before its services and routes are ready. With `nopreempt` it never takes over, so that there
  is nothing to delay.

Example
  vrrp_instance VI_1 {
      state MASTER            # BACKUP
      priority 150
      preempt_delay 60
  }

What keepalived does
  Says «Warning - preempt delay will not work with initial state MASTER - clearing» or «preempt_delay is incompatible
  with nopreempt mode - resetting», without a line; `-t` exits 5.

How to fix
  `state BACKUP` on all nodes, and one of `nopreempt` and `preempt_delay`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `state BACKUP` on all nodes, and no `nopreempt` beside it.",
    check: Check::Problems(&[Kind::PreemptDelayIgnored]),
};
