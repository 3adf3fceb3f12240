//! `unmatched-quote`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unmatched-quote",
        title: "a quote that does not end on its line",
        text: "\
What it is
  A `\"` has no partner on the same line. keepalived reads line by line, so quoted text cannot go on in the next one.

Why it hurts
  The quoted word is lost. A script runs without its arguments or not at all; a keyword without its value can keep
  keepalived from starting.

Example
  vrrp_script chk_web {
      script \"/usr/local/bin/check-web --port 80
  }

What keepalived does
  Says «Unterminated quote» and «Unmatched quote», drops the word and goes on; `-t` exits 5.

How to fix
  Add the closing `\"`. There is no escape for a `\"` inside one: use `'` within commands.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "End the quote on its line.",
    check: Check::Problems(&[Kind::UnmatchedQuote]),
};
