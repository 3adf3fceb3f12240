//! `untrackable`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "untrackable",
        title: "a check that does not say what it checks",
        text: "\
What it is
  A `vrrp_script` has no `script`, a `track_file` no `file`, or a `vrrp_track_process` no `process`.

Why it hurts
  keepalived drops the block, and then does not track its name anywhere: the check is written down and never runs, and
  a failure of what it was to watch moves nothing.

Example
  vrrp_script chk_web {
      interval 2
      weight -60
  }

What keepalived does
  Says «No script set for vrrp_script chk_web - removing», and of its users «track script chk_web not found,
  ignoring»; `-t` exits 5.

How to fix
  Add the missing line. Quote a command that has arguments: `script \"/usr/local/bin/check-web --port 80\"`.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Say what it checks: `script`, `file` or `process`.",
    check: Check::Problems(&[Kind::Untrackable]),
};
