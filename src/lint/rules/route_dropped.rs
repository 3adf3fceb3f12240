//! `route-dropped`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "route-dropped",
        title: "a route that keepalived does not take",
        text: "\
What it is
  A line of `virtual_routes` or `static_routes` that keepalived cannot make a route of: an unknown word, an address
  of the other family, a value that is missing or out of range, or an order that it does not read.

Why it hurts
  The route is never set. When the node becomes master, traffic that was to use it takes another way, or none.

Example
  virtual_routes {
      10.8.0.0/16 dev eth0 mertic 5
  }

What keepalived does
  It logs the unknown word and leaves the whole line out; the instance runs without the route. `keepalived -t` exits
  5.

How to fix
  Correct the word that the message names. Options follow the destination, `nexthop` groups come last.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the word that is named; until then the route is not set.",
    check: Check::Problems(&[Kind::RouteDropped]),
};
