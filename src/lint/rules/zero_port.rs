//! `zero-port`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "zero-port",
        title: "a virtual server of all ports needs persistence",
        text: "\
What it is
  A `virtual_server` without a port, or with port 0, is for all ports. The kernel takes such a service only with
  persistence.

Why it hurts
  keepalived turns persistence on: a client stays with its server for six minutes.

Example
  virtual_server 10.0.0.10 {
      lb_algo rr
  }

What keepalived does
  It turns persistence on with a message. `keepalived -t` exits 5.

How to fix
  Name the port, or say `persistence_timeout`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Name the port, or say `persistence_timeout`.",
    check: Check::Problems(&[Kind::ZeroPort]),
};
