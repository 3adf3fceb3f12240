//! `route-not-tracked`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "route-not-tracked",
        title: "keepalived 2.2 cannot track a route without its interface",
        text: "\
What it is
  A route of an instance without `dev` and without `no_track`.

Why it hurts
  keepalived 2.2.7 cannot tell when such a route goes away with its interface, so that losing it is no FAULT.

Example
  virtual_routes {
      10.8.0.0/16 via 10.0.0.1
  }

What keepalived does
  2.2.7 says that it cannot track the route, and sets it. `keepalived -t` exits 5. Later versions find the interface
  themselves.

How to fix
  Name the interface with `dev`, or say `no_track` when its loss should not matter.

Since
  keepalived 2.2.7; no longer in 2.4.
",
    },
    severity: Severity::Warning,
    fix: "Add `dev INTERFACE` to the route, or `no_track`.",
    check: Check::Problems(&[Kind::RouteNotTracked]),
};
