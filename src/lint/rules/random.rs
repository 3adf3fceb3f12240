//! `random`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "random",
        title: "a value that is drawn at random when keepalived starts",
        text: "\
What it is
  `${_RANDOM}` stands for a number that keepalived draws anew each time it reads the file. Here the smallest possible
  stands for it.

Why it hurts
  What this program says of the value need not hold for the next start. A priority that is drawn makes the master a
  matter of luck; an identifier that is drawn differs between the nodes.

Example
  vrrp_instance VI_1 {
      priority ${_RANDOM 100 200}
  }

What keepalived does
  Draws a number from 0 to 32767, or between the two that are given, at each start and reload.

How to fix
  Use it for what may differ, such as delays. `random_seed` in `global_defs` makes the draw repeatable.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Write a fixed value where nodes or restarts must agree.",
    check: Check::Problems(&[Kind::Random]),
};
