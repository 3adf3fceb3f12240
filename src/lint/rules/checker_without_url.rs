//! `checker-without-url`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "checker-without-url",
        title: "`HTTP_GET` or `SSL_GET` without a page",
        text: "\
What it is
  An `HTTP_GET` or `SSL_GET` checker has no `url` that can be used.

Why it hurts
  keepalived 2.2.7 crashes when it reads the file, and its parent starts it again without end. Later versions drop
  the checker, and the server counts as up always.

Example
  HTTP_GET {
      connect_timeout 3
  }

What keepalived does
  2.2.7 dies of a segmentation fault, in `keepalived -t` too. Later versions say that there is no url.

How to fix
  Add `url { path / }`, or use TCP_CHECK.

Since
  The crash: 2.2.7.
",
    },
    severity: Severity::Critical,
    fix: "Add `url { path / }`, or use TCP_CHECK.",
    check: Check::Problems(&[Kind::CheckerWithoutUrl]),
};
