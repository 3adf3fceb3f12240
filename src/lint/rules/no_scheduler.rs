//! `no-scheduler`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-scheduler",
        title: "a virtual server without its scheduler uses wlc",
        text: "\
What it is
  A `virtual_server` does not say `lb_algo`.

Why it hurts
  The weighted least-connection scheduler chooses servers, which may not be what is meant.

Example
  virtual_server 10.0.0.10 80 {
      lb_kind NAT
      protocol TCP
  }

What keepalived does
  It complains and uses wlc. `keepalived -t` exits 5.

How to fix
  Add `lb_algo wlc`, or another scheduler.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add `lb_algo wlc`, or another scheduler.",
    check: Check::Problems(&[Kind::NoScheduler]),
};
