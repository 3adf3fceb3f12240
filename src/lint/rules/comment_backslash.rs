//! `comment-backslash`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "comment-backslash",
        title: "a comment that ends in a backslash",
        text: "\
What it is
  The last character of a comment is `\\`.

Why it hurts
  2.2.7 removes the comment but keeps the backslash. A comment line becomes the unknown keyword `\\`; a value before a
  comment gets it glued on: `priority 150 # higher \\` is `150\\`, which is no number, and the priority becomes 100.

Example
  priority 150 # higher than the peer \\

What keepalived does
  2.2.7: as said, with a message about what the backslash makes. Later versions pass over it.

How to fix
  End the comment with another character. keepalived has no continuation of lines but in definitions.

Since
  2.2.7, mended later.
",
    },
    severity: Severity::Warning,
    fix: "Take the backslash off the end of the comment.",
    check: Check::Problems(&[Kind::CommentBackslash]),
};
