//! `include-depth`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "include-depth",
        title: "files that include each other without end",
        text: "\
What it is
  A file includes itself, directly or by way of others.

Why it hurts
  keepalived opens the file again and again until it has no more file handles. What it has read by then it has read
  many times over; every block of the circle is there twice and is refused.

Example
  # a.conf
  include a.conf

What keepalived does
  Reads until the system refuses to open another file, with thousands of messages; `-t` exits 5.

How to fix
  A pattern such as `include *.conf` in a file of the same directory includes the file itself: keep included files in
  a directory of their own.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Take the `include` out that closes the circle.",
    check: Check::Problems(&[Kind::IncludeDepth]),
};
