//! `replaced`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "replaced",
        title: "said twice, and the later one is used",
        text: "\
What it is
  A keyword that counts once stands twice in its block, and keepalived uses the later one.

Why it hurts
  The first line looks as if it counted. Whoever changes it changes nothing.

Example
  SSL {
      ca /etc/ssl/ca.pem
      ca /etc/ssl/other.pem
  }

What keepalived does
  It says that the earlier value is replaced and goes on with the later. `keepalived -t` exits 5.

How to fix
  Keep one of the lines.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Delete the line that does not count.",
    check: Check::Problems(&[Kind::Replaced]),
};
