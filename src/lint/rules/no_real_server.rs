//! `no-real-server`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-real-server",
        title: "a virtual server without a real server",
        text: "\
What it is
  A `virtual_server` has no `real_server` that keepalived takes.

Why it hurts
  The service does not exist: keepalived drops it, and nobody answers.

Example
  virtual_server 10.0.0.10 80 {
      lb_algo rr
  }

What keepalived does
  It says that the virtual server has no real servers and leaves it out. `keepalived -t` exits 5.

How to fix
  Add a `real_server`, or delete the block.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Add a `real_server`, or delete the block.",
    check: Check::Problems(&[Kind::NoRealServer]),
};
