//! `trailing-backslash`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "trailing-backslash",
        title: "a backslash at the end of a line that is no definition",
        text: "\
What it is
  The line ends in `\\`, as if it went on in the next one. Only the value of a `$NAME=` definition does.

Why it hurts
  The backslash becomes the last character of the word before it: `priority 150 \\` is no number, and
  `vrrp_instance VI_1 \\` names the instance `VI_1\\`, which no sync group finds. The next line is read by itself.

Example
  notify_master \"/usr/local/bin/to-master\" \\
      root

What keepalived does
  Takes the backslash for a part of the word and says nothing of it, only of what becomes of the word.

How to fix
  Write all of it in one line, of up to 1023 bytes.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write all of it in one line.",
    check: Check::Problems(&[Kind::TrailingBackslash]),
};
