//! `unknown-keyword`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unknown-keyword",
        title: "a line begins with a word that keepalived does not know here",
        text: "\
What it is
  The first word of the line is no keyword of the block it stands in. Often a slip in spelling, a keyword of another
  block, a heading without `#`, or `//` and `;`, which begin no comment.

Why it hurts
  keepalived passes over the line and starts all the same: what it was to set keeps its default. When the word was to
  begin a block, the block's lines are read in the block around it, and its `}` ends that one early.

Example
  vrrp_instance VI_1 {
      priorty 150
  }

What keepalived does
  It logs «Unknown keyword» up to four times and goes on; `keepalived -t` exits 5.

How to fix
  Spell it as keepalived does (`hactl explain keyword NAME`), move it into its block, or begin the line with `#`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the word, move the line into its block, or begin it with `#`.",
    check: Check::Problems(&[Kind::UnknownKeyword]),
};
