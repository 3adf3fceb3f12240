//! `ops-without-udp`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ops-without-udp",
        title: "one-packet scheduling without UDP",
        text: "\
What it is
  `ops` is said of a virtual server that is not UDP.

Why it hurts
  Scheduling each packet by itself makes sense for UDP only; TCP connections would be torn apart. keepalived leaves
  it out.

Example
  virtual_server 10.0.0.10 80 {
      protocol TCP
      ops
  }

What keepalived does
  It leaves `ops` out with a message. `keepalived -t` exits 5.

How to fix
  Delete the line, or use `protocol UDP`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Delete `ops`, or use `protocol UDP`.",
    check: Check::Problems(&[Kind::OpsWithoutUdp]),
};
