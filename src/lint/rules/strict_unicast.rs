//! `strict-unicast`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "strict-unicast",
        title: "strict mode forbids unicast peers",
        text: "\
What it is
  `vrrp_strict` in `global_defs`, or `strict_mode` in the instance, holds it to the letter of the RFC, which knows
  multicast only; the instance has a `unicast_peer` list.

Why it hurts
  From 2.3.3 on keepalived exits when it starts, on any interface that can do multicast. No instance of the file runs.
  Earlier versions took it, so that the upgrade is what breaks it.

Example
  global_defs {
      vrrp_strict
  }
  vrrp_instance VI_1 {
      unicast_peer {
          10.0.0.3
      }
  }

What keepalived does
  Up to 2.3.2 runs it; from 2.3.3 on refuses the configuration.

How to fix
  Take strict mode out: outside test laboratories it does more harm than good (it also drops what is sent to the
  addresses, see strict-drops-traffic).

Since
  2.3.3.
",
    },
    severity: Severity::Critical,
    fix: "Take `vrrp_strict` (or `strict_mode`) out, or list no `unicast_peer`.",
    check: Check::Problems(&[Kind::StrictUnicast]),
};
