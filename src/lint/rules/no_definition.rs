//! `no-definition`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-definition",
        title: "the use of a definition that is not there",
        text: "\
What it is
  `$NAME` or `${NAME}` is used, and no `$NAME=value` comes before it: it is spelt another way, comes later, stands in a
  file that is not included, or is to be given from outside.

Why it hurts
  The text stays as it is. An interface is then called `$IF`; a number is none, and its default holds; the braces of
  `${NAME}` are taken for those of a block, and the `}` ends the block around.

Example
  vrrp_instance VI_1 {
      priority $PRIO
  }
  $PRIO=150

What keepalived does
  Says nothing of the definition, only of what becomes of the line.

How to fix
  Define the name before its first use, without a blank before the `=`. For a check, `hactl lint --define NAME=VALUE`
  gives what is defined elsewhere.

Since
  Every version. `${_ENV NAME}` exists since 2.4.0.
",
    },
    severity: Severity::Warning,
    fix: "Define the name before this line.",
    check: Check::Problems(&[Kind::NoDefinition]),
};
