//! `bad-address`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-address",
        title: "a value that is no address, or one of the wrong kind",
        text: "\
What it is
  An IP address belongs here. What is written is none, is of the other family than the instance, or is not a multicast
  address where one is wanted. Names are not looked up.

Why it hurts
  The setting stays as if the line were not there: adverts leave from the interface's first address instead of the one
  given, or go to 224.0.0.18 instead of another group.

Example
  vrrp_instance VI_1 {
      mcast_src_ip lb1.example.com
  }

What keepalived does
  Says «malformed src address», «is not multicast. Skipping» or «MUST be of the same family», passes over the line and
  starts; `-t` exits 5.

How to fix
  Write the address itself, without name, port or zone (`%eth0`). An instance has one family, which its first address,
  source or peer decides: make two instances for two families.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write an IPv4 or IPv6 address of the kind and family that the message asks for.",
    check: Check::Problems(&[Kind::BadAddress]),
};
