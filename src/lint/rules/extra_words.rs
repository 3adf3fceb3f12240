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
  Worst is a command without quotes: `script /usr/bin/killall -0 nginx` runs `/usr/bin/killall` alone, which always
  fails. Without a weight the instance is in FAULT for ever, with one its priority never is what was meant. `true`,
  `test -e` and their like may always succeed, so that the check passes whatever happens.

Example
  vrrp_instance VI_1 {
      priority 90 advert_int 2
  }

What keepalived does
  Nothing: no message, not even from `keepalived -t`. Of a command it says that the script fails. (In `notify…` lines
  the second word is a user, see notify-user.)

How to fix
  One keyword a line; remarks behind `#` or `!`. Values with blanks go into double quotes, as a command with its
  arguments does: `script \"/usr/bin/killall -0 nginx\"`. A user to run it as is said with `user NAME` on a line of
  its own. `--fix` takes the words out, but for those of a command, which changes nothing for keepalived: look first
  whether they were meant.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put them on a line of their own, or begin a comment with `#`.",
    check: Check::Problems(&[Kind::ExtraWords]),
};
