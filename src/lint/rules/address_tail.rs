//! `address-tail`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-tail",
        title: "what follows the address is not read",
        text: "\
What it is
  An address that takes no prefix length or range has one: `mcast_src_ip 10.0.0.2/24`.

Why it hurts
  Nothing, as long as the address is the right one. The rest says something that keepalived does not know.

Example
  vrrp_instance VI_1 {
      mcast_src_ip 10.0.0.2/24
  }

What keepalived does
  It reads up to the `/` or `-` and passes over the rest without a word.

How to fix
  Write the address alone.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Write the address alone.",
    check: Check::Problems(&[Kind::AddressTail]),
};
