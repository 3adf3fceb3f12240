//! `bad-vrid`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-vrid",
        title: "a virtual_router_id that is none",
        text: "\
What it is
  `virtual_router_id` is followed by something else than a whole number from 1 to 255.

Why it hurts
  keepalived passes over the line, and the instance has no identifier. An instance without one does not only fail to
  run: keepalived exits when it starts, so that no instance of the file runs.

Example
  vrrp_instance VI_1 {
      virtual_router_id 256
  }

What keepalived does
  Says «VRID '256' not valid - must be between 1 & 255», then «the virtual router id must be set» and exits
  («permanent error CONFIG. Terminating»); `-t` exits 5.

How to fix
  Choose a number that no other virtual router on that network has: `hactl watch` on the interface lists those in use.
  IPv4 and IPv6 instances may share one.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write a whole number from 1 to 255: the same on all nodes, and used by nothing else on that network.",
    check: Check::Problems(&[Kind::BadVrid]),
};
