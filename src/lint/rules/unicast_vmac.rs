//! `unicast-vmac`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-vmac",
        title: "unicast through a virtual MAC",
        text: "\
What it is
  An instance has a keyword of unicast and `use_vmac` or `use_ipvlan`, but not `vmac_xmit_base`.

Why it hurts
  Unicast adverts cannot leave through the virtual interface, so keepalived sends them through the one below, with its
  MAC address. That works, and it is not what is written.

Example
  vrrp_instance VI_1 {
      interface eth0
      use_vmac
      unicast_peer {
          192.168.1.12
      }
  }

What keepalived does
  Adds `vmac_xmit_base` and says «unicast with use_vmac requires vmac_xmit_base - setting», with the line at which the
  instance ends; `-t` exits 5.

How to fix
  Write `vmac_xmit_base` beside `use_vmac`.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Write `vmac_xmit_base` beside it.",
    check: Check::Problems(&[Kind::UnicastVmac]),
};
