//! `no-method`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-method",
        title: "a virtual server without its forwarding method uses NAT",
        text: "\
What it is
  A `virtual_server` does not say `lb_kind`.

Why it hurts
  Packets are forwarded with NAT. Where servers are set up for direct routing, their answers do not come back this
  way and connections hang.

Example
  virtual_server 10.0.0.10 80 {
      lb_algo rr
      protocol TCP
  }

What keepalived does
  It complains and uses NAT. `keepalived -t` exits 5.

How to fix
  Add `lb_kind NAT`, `DR` or `TUN`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add `lb_kind NAT`, `DR` or `TUN`.",
    check: Check::Problems(&[Kind::NoMethod]),
};
