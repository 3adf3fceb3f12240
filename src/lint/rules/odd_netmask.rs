//! `odd-netmask`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "odd-netmask",
        title: "a netmask that is none",
        text: "\
What it is
  `persistence_granularity` of an IPv4 service is an address that is no netmask, such as 24, which means 0.0.0.24.

Why it hurts
  Clients are put together by bits that nobody meant: many share a server that should not, or the other way round.

Example
  persistence_granularity 24

What keepalived does
  It takes the number as an address and says nothing; `keepalived -t` exits 0.

How to fix
  Write a netmask, 255.255.255.0; for IPv6 a prefix length.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write it as a netmask: 255.255.255.0.",
    check: Check::Problems(&[Kind::OddMask]),
};
