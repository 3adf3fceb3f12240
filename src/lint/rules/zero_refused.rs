//! `zero-refused`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "zero-refused",
        title: "a time of 0 that is refused, and holds all the same",
        text: "\
What it is
  The keyword takes a time above 0. Without the line the time is 0, which is what the line asks for.

Why it hurts
  Nothing is wrong but that `keepalived -t` exits 5. Many files have these lines from a sample configuration.

Example
  global_defs {
      vrrp_garp_interval 0
      vrrp_gna_interval 0
  }

What keepalived does
  Says «number '0' outside range [0.000001, 4294.967295]» and passes over the line; `-t` exits 5.

How to fix
  Delete the line. To put a pause between announcements write it in seconds, such as 0.001.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Delete the line.",
    check: Check::Problems(&[Kind::ZeroRefused]),
};
