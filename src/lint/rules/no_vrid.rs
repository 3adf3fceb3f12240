//! `no-vrid`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-vrid",
        title: "an instance without virtual_router_id",
        text: "\
What it is
  The `vrrp_instance` has no `virtual_router_id`. There is no default.

Why it hurts
  keepalived exits when it starts, so that no instance of the file runs, and every address of it is missing. A daemon
  that is told to reload keeps the old configuration until its next start.

Example
  vrrp_instance VI_1 {
      interface eth0
      virtual_ipaddress {
          10.0.0.10
      }
  }

What keepalived does
  Says «(VI_1) the virtual router id must be set», without a line, and exits («permanent error CONFIG. Terminating»);
  `-t` exits 5.

How to fix
  Add the line. `hactl watch` on the interface lists the identifiers that are in use there.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give it `virtual_router_id N`, 1 to 255: the same on all nodes, and used by nothing else on that network.",
    check: Check::Problems(&[Kind::NoVrid]),
};
