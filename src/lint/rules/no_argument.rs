//! `no-argument`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-argument",
        title: "a keyword lacks its value and is passed over",
        text: "\
What it is
  The keyword stands alone on its line although a value belongs behind it. It is one of the few without which
  keepalived goes on.

Why it hurts
  The setting keeps its default: without `router_id`, for example, mails and SNMP carry the host's name.

Example
  global_defs {
      router_id
  }

What keepalived does
  Complains of the line («routerid name missing - ignoring» and the like; `-t` exits 5), passes over it and starts.

How to fix
  Write the value behind the keyword, on the same line.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Give the value, or begin the line with `#`.",
    check: Check::Problems(&[Kind::NoArgument]),
};
