//! `no-protocol`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-protocol",
        title: "a virtual server without its protocol is UDP",
        text: "\
What it is
  A `virtual_server` with an address does not say its `protocol`.

Why it hurts
  keepalived takes UDP. A web server's clients speak TCP, which then reaches nobody.

Example
  virtual_server 10.0.0.10 80 {
      lb_algo rr
      lb_kind NAT
  }

What keepalived does
  It complains and uses UDP. `keepalived -t` exits 5.

How to fix
  Add `protocol TCP`, or `UDP` where that is meant.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Add `protocol TCP`, or `UDP` where that is meant.",
    check: Check::Problems(&[Kind::NoProtocol]),
};
