//! `duplicate-vrid`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "duplicate-vrid",
        title: "two instances of one interface have the same virtual_router_id",
        text: "\
What it is
  Two instances of the same family on the same interface share a `virtual_router_id`, usually because one was copied.

Why it hurts
  keepalived exits when it starts, so that no instance of the file runs. To the other nodes both would be one virtual
  router whose addresses change with every advert.

Example
  vrrp_instance VI_1 {
      interface eth0
      virtual_router_id 51
  }
  vrrp_instance VI_2 {
      interface eth0
      virtual_router_id 51    # 52
  }

What keepalived does
  Says «VI_1 and VI_2 both use VRID 51 with IPv4 on interface eth0», without a line, and exits («permanent error
  CONFIG. Terminating»); `-t` exits 5.

How to fix
  Another number for one of them, on all nodes. Addresses that always move together may go into one instance. The same
  number on different interfaces, or once for IPv4 and once for IPv6, is fine.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give one of them another virtual_router_id, on all nodes.",
    check: Check::Problems(&[Kind::DuplicateVrid]),
};
