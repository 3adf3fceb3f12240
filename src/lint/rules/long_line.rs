//! `long-line`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "long-line",
        title: "a line of more than 1023 bytes",
        text: "\
What it is
  The line is longer than keepalived's buffer for one.

Why it hurts
  It is not read as it is written. 2.2 cuts it and takes the rest for a line of its own, 2.4 drops the beginning and
  reads the rest, so that names or addresses are lost or made of halves.

Example
  group { VI_1 VI_2 VI_3 …    # and so on, for two hundred instances

What keepalived does
  2.2.7 says nothing but what the rest gives («Unknown keyword»); 2.4 reports the line, and from there on its line
  numbers are one too high.

How to fix
  One entry a line, or several lists: keepalived adds lists up, except `group` of a sync group.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Break the line up: a list may have one entry a line.",
    check: Check::Problems(&[Kind::LongLine]),
};
