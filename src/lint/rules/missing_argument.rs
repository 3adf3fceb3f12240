//! `missing-argument`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "missing-argument",
        title: "a keyword lacks its value, and keepalived does not start",
        text: "\
What it is
  The keyword stands alone on its line although it must be followed by a value, or a block that must have a name has
  none.

Why it hurts
  keepalived stops reading at this line and exits: after a restart the node runs no VRRP at all, and all errors
  further down stay hidden until this one is mended. A daemon that runs already keeps running with its old
  configuration when it is told to reload, so the damage shows at the next restart or reboot.

Example
  vrrp_instance VI_1 {
      priority
  }

What keepalived does
  Says «Configuration line starting `priority` is missing a parameter after keyword `priority` at word position 2» and
  exits 2.

How to fix
  Write the value behind the keyword, on the same line: keepalived knows no continuation of lines. Often a definition
  or a template variable was empty when the file was made.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give the value, or begin the line with `#`.",
    check: Check::Problems(&[Kind::MissingArgument]),
};
