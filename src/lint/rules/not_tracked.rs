//! `not-tracked`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "not-tracked",
        title: "a malformed line that keeps something from being tracked",
        text: "\
What it is
  A line of `track_script`, `track_interface`, `track_file`, `track_process` or `track_bfd` has something else behind
  the name than `weight` with a number.

Why it hurts
  keepalived passes over the whole line, so that the thing is not tracked at all: when it fails, the priority stays as
  it is and the address stays where it is. The check seems to be there, and moves nothing.

Example
  track_script {
      chk_nginx interval 2    # belongs into vrrp_script
      chk_mysql weight        # no number
  }

What keepalived does
  Says «unknown track script option interval - ignoring» or «weight without value specified», and does not track it;
  `-t` exits 5.

How to fix
  Write `chk_nginx` alone for the weight of the script itself, or `chk_nginx weight -20`. `interval`, `rise`, `fall`
  and `timeout` belong into the `vrrp_script` block.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write NAME alone, or NAME weight N.",
    check: Check::Problems(&[Kind::NotTracked]),
};
