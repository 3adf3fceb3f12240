//! `unused-ignore`

use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(in crate::lint) const RULE: Rule = Rule {
    page: Page {
        id: "unused-ignore",
        title: "a comment is to silence a finding that is not there",
        text: "\
What it is
  A comment like `# hactl: ignore=ID` names an id that no rule has, or one whose rule finds nothing at that place. Rules
  that were not asked, between nodes when one file is read, or of the host without `--host`, do not count.

Why it hurts
  A comment that was right once hides the finding when it comes back. A misspelt one hides nothing.

Example
  priority 90    # hactl: ignore=unknown-keyword

What keepalived does
  Nothing: to keepalived it is a comment.

How to fix
  Delete the comment, correct its id (`hactl explain` lists all), or move it: at the end of a line it speaks of that
  line, on a line of its own of the next one. `# hactl: ignore-file=ID` speaks of the whole file.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Delete the comment, or move it to the line that it is about.",
    // Asked when all other rules were.
    check: Check::Problems(&[]),
};
