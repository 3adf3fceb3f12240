//! `list-words`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "list-words",
        title: "words between a list and its brace",
        text: "\
What it is
  A list such as `static_routes` takes no name, and has one.

Why it hurts
  keepalived complains; what was meant as a name names nothing.

Example
  static_routes main {
      10.8.0.0/16 dev eth0
  }

What keepalived does
  It says that the words are passed over and reads the list. `keepalived -t` exits 5.

How to fix
  Leave the words out.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Leave the words before the brace out.",
    check: Check::Problems(&[Kind::ListWords]),
};
