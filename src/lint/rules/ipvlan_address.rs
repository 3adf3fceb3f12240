//! `ipvlan-address`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ipvlan-address",
        title: "use_ipvlan without a fitting address",
        text: "\
What it is
  An IPv4 instance has `use_ipvlan` without an address for that interface, or with one of the other family.

Why it hurts
  An ipvlan interface has no address of its own to send adverts from. keepalived puts the instance into FAULT and
  leaves it there: this node never becomes master.

Example
  vrrp_instance VI_1 {
      interface eth0
      use_ipvlan ipvlan0
      virtual_router_id 51
  }

What keepalived does
  Says «IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state», without a line;
  `-t` exits 5.

How to fix
  Give the interface a free address of the network: `use_ipvlan ipvlan0 192.168.1.21`.

Since
  Every version that has `use_ipvlan`.
",
    },
    severity: Severity::Critical,
    fix: "Give it an address of the instance's family: `use_ipvlan NAME ADDRESS`.",
    check: Check::Problems(&[Kind::IpvlanAddress]),
};
