//! `lowered`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "lowered",
        title: "a value is lowered to another one",
        text: "\
What it is
  A value is larger than another one that bounds it, such as `max_hops` above `ttl` of a `bfd_instance`.

Why it hurts
  It does not have the effect that it says.

Example
  bfd_instance peer {
      neighbor_ip 10.0.0.2
      ttl 10
      max_hops 20
  }

What keepalived does
  It lowers the value with a message. `keepalived -t` exits 5.

How to fix
  Lower it, or raise the other one.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Lower it, or raise the value that bounds it.",
    check: Check::Problems(&[Kind::Lowered]),
};
