//! `too-many-addresses`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "too-many-addresses",
        title: "more virtual addresses than an advert carries",
        text: "\
What it is
  An instance has more virtual addresses than fit into one advert: 255 for IPv4, 89 for IPv6 with frames of 1500 bytes.

Why it hurts
  keepalived sets the others too, but no advert names them. A node whose frames are of another size, or whose list is
  of another length, counts differently: up to 2.3.2 it then rejects the adverts and becomes a second master.

Example
  virtual_ipaddress {
      ~SEQ(I, 1, 255) 10.1.0.$I
      10.1.1.1                   # the 256th
  }

What keepalived does
  Says «Number of VIPs (256) exceeds maximum/space available in packet (max 255 addresses) - excess moved to eVIPs»,
  without a line; `-t` exits 5. It treats those as if they were in `virtual_ipaddress_excluded`.

How to fix
  Keep the first few in `virtual_ipaddress`, and put the others into `virtual_ipaddress_excluded`: they move together.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the others into `virtual_ipaddress_excluded`.",
    check: Check::Problems(&[Kind::TooManyAddresses]),
};
