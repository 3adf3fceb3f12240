//! `empty-prefix`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "empty-prefix",
        title: "a network that ends in a slash is every address",
        text: "\
What it is
  The destination of a route, or the network of a rule, ends in `/` without a prefix length.

Why it hurts
  keepalived reads the length 0: the route or rule is for all addresses, as a default route is.

Example
  virtual_routes {
      10.8.0.0/ dev eth0
  }

What keepalived does
  It takes the length 0 and says nothing; `keepalived -t` exits 0.

How to fix
  Write the length: `10.8.0.0/16`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write the prefix length after the slash.",
    check: Check::Problems(&[Kind::EmptyPrefix]),
};
