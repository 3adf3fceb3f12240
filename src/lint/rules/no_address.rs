//! `no-address`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-address",
        title: "an instance without a virtual address",
        text: "\
What it is
  The `vrrp_instance` has no `virtual_ipaddress` that holds anything.

Why it hurts
  It elects a master of nothing. With addresses in `virtual_ipaddress_excluded` only, it works, but its adverts name
  none, which other routers refuse. In strict mode keepalived exits when it starts.

Example
  vrrp_instance VI_1 {
      interface eth0
      virtual_router_id 51
  }

What keepalived does
  Says «No VIP specified; at least one is sensible» and runs it; in strict mode «at least one is required», and exits.
  `-t` exits 5.

How to fix
  List the addresses. An instance that only runs notify scripts is told with `no_virtual_ipaddress` (from 2.2.8 on).

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "List the addresses in `virtual_ipaddress { … }`, or say `no_virtual_ipaddress` when there are to be none.",
    check: Check::Problems(&[Kind::NoAddress]),
};
