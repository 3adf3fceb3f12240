//! `rule-dropped`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "rule-dropped",
        title: "a routing rule that keepalived does not take",
        text: "\
What it is
  A line of `virtual_rules` or `static_rules` that keepalived cannot make a rule of: an unknown word, addresses of
  two families, no action, or two of them.

Why it hurts
  The rule is never set, and packets are routed by the tables that hold without it.

Example
  virtual_rules {
      from 10.8.0.0/16 tabel 5 preference 100
  }

What keepalived does
  It logs the trouble and leaves the whole line out. `keepalived -t` exits 5.

How to fix
  Give the rule one action (`table N`, `blackhole`, `goto N` …) and selectors of one family.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the word that is named; until then the rule is not set.",
    check: Check::Problems(&[Kind::RuleDropped]),
};
