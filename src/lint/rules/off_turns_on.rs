//! `off-turns-on`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "off-turns-on",
        title: "a word that is to turn something off turns it on",
        text: "\
What it is
  A keyword that takes no value is followed by `off`, `no` or `false`; or it is `skip_check_adv_addr`, whose value
  is read and does not count.

Why it hurts
  The keyword alone turns the setting on, whatever follows it: the line does the opposite of what it says.

Example
  vrrp_instance VI_1 {
      skip_check_adv_addr off
  }

What keepalived does
  It turns the setting on and says nothing; `keepalived -t` exits 0.

How to fix
  Delete the line: without it the setting is off.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Delete the line; without it the setting is off.",
    check: Check::Problems(&[Kind::OffTurnsOn]),
};
