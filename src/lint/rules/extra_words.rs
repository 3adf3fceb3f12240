//! `extra-words`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "extra-words",
        title: "words behind a value that nobody reads",
        text: "\
What it is
  More words stand on the line than the keyword takes. keepalived reads one keyword a line and passes over the rest
  without a word.

Why it hurts
  What is written there is not in force. In `priority 90 advert_int 2` the interval stays 1 s; a remark behind `--`,
  `//` or `;` is harmless until it is more than a remark.

Example
  vrrp_instance VI_1 {
      priority 90 advert_int 2
  }

What keepalived does
  Nothing: no message, not even from `keepalived -t`.

How to fix
  One keyword a line; remarks behind `#` or `!`. Values with blanks go into double quotes. `--fix` takes the words
  out, which changes nothing for keepalived: look first whether they were meant.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put them on a line of their own, or begin a comment with `#`.",
    check: Check::Problems(&[Kind::ExtraWords]),
};
