//! `no-interface`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-interface",
        title: "an instance without interface",
        text: "\
What it is
  The `vrrp_instance` has no `interface`.

Why it hurts
  keepalived exits when it starts, so that no instance of the file runs.

Example
  vrrp_instance VI_1 {
      virtual_router_id 51
      virtual_ipaddress {
          10.0.0.10
      }
  }

What keepalived does
  Says «(VI_1) Unknown interface!», without a line, and exits («permanent error CONFIG. Terminating»); `-t` exits 5.
  Later versions than 2.2.7 run a unicast instance with `unicast_src_ip` without one.

How to fix
  Name the interface that adverts leave and arrive by. Addresses may go to another one with `dev`.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give it `interface NAME`.",
    check: Check::Problems(&[Kind::NoInterface]),
};
