//! `checker-incomplete`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "checker-incomplete",
        title: "a checker lacks what it cannot do without",
        text: "\
What it is
  A checker has no `misc_path`, `track_file`, `name` or `path`, whichever it needs.

Why it hurts
  keepalived drops it. A real server without a checker counts as up whatever happens to it.

Example
  real_server 10.0.0.21 80 {
      MISC_CHECK {
          misc_timeout 3
      }
  }

What keepalived does
  It drops the checker with a message at the end of its block. `keepalived -t` exits 5.

How to fix
  Add what is missing, or delete the checker.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Add what is missing; without the checker its server counts as up always.",
    check: Check::Problems(&[Kind::CheckerIncomplete]),
};
