//! `too-much`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "too-much",
        title: "more text than is read here",
        text: "\
What it is
  The configuration is larger than this program reads: a file of more than 64 MiB, more than a million lines with
  repetitions counted, or more than ten thousand included files.

Why it hurts
  What comes after that was not looked at, so nothing is said about it. keepalived itself has no such limits, but
  takes long over such a file; usually a repetition has one zero too many or files include each other.

Example
  ~SEQ(I, 1, 9999999) 10.0.0.1

What keepalived does
  Reads all of it.

How to fix
  Look at the numbers of `~SEQ` and at patterns of `include`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Make the configuration smaller, or split it.",
    check: Check::Problems(&[Kind::TooMuch]),
};
