//! `missing-open`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "missing-open",
        title: "a block begins without its brace",
        text: "\
What it is
  The line begins a block, and what follows is not `{`.

Why it hurts
  With its `}` still there, the braces of the file no longer match: the block reads on or ends early, and lines of one
  block are taken for those of another. Without both braces a list swallows everything up to the end of the block
  around it, and `keepalived -t` exits 0.

Example
  virtual_ipaddress
      10.0.0.10
  }

What keepalived does
  Blocks of keywords: «Missing '{' at beginning of configuration block», with the number of the next line, and the
  block is read. Lists: no message from `-t`; entries are read up to the next `}`.

How to fix
  `NAME {` on one line, or `{` alone on the next.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put `{` behind the block's name.",
    check: Check::Problems(&[Kind::MissingOpen, Kind::MissingListOpen]),
};
