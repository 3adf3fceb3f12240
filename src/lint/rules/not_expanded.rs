//! `not-expanded`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "not-expanded",
        title: "a definition that is not put in place",
        text: "\
What it is
  `$NAME` is put in place only when a blank, `,`, `)` or the end of the line follows. Something else follows here: a
  dot, a slash, a hyphen, more text.

Why it hurts
  keepalived takes the dollar sign and the name as they are written. In an address that means that the address is not
  taken at all.

Example
  $NET=10.0.0
  virtual_ipaddress {
      $NET.10/24              # ${NET}.10/24
  }

What keepalived does
  No message about the definition, only about what the text is not: «VRRP parsed invalid IP $NET.10/24. skipping
  IP...».

How to fix
  Braces always work: `${NET}.10/24`. Inside double quotes only the form with braces is put in place.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write ${NAME} instead of $NAME.",
    check: Check::Problems(&[Kind::NotExpanded]),
};
