//! `script-arguments`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-arguments",
        title: "an unquoted command loses its arguments",
        text: "\
What it is
  The keyword takes one word: the command with its arguments, in quotes. More words follow it.

Why it hurts
  keepalived runs the command without them. `/usr/bin/killall -0 nginx` unquoted is `/usr/bin/killall`, which always
  fails: without a weight the instance is in FAULT for ever, with one its priority never is what was meant. A `curl`
  without its URL fails as well; `true`, `test -e` and their like may always succeed, so that the check passes
  whatever happens.

Example
  vrrp_script chk_nginx {
      script /usr/bin/killall -0 nginx    # \"/usr/bin/killall -0 nginx\"
  }

What keepalived does
  No message but that the script fails. (In `notify…` lines the second word is a user, see notify-user.)

How to fix
  `script \"/usr/bin/killall -0 nginx\"`. A user to run it as is said with `user NAME` on a line of its own.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Put the command and its arguments into double quotes.",
    check: Check::Problems(&[Kind::ScriptArguments]),
};
