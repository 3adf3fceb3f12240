//! `already-set`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "already-set",
        title: "said twice, and the later one is passed over",
        text: "\
What it is
  The keyword, entry or address is there already, and it is one of those where the first counts. (For most keywords
  the last one counts: see set-twice.)

Why it hurts
  The later line is the one that somebody added last and believes in. It does nothing: a second `notify_master` never
  runs, a second `group` list of a sync group adds no member, `state BACKUP` behind `state MASTER` changes nothing.

Example
  vrrp_sync_group VG_1 {
      group { VI_1 }
      group { VI_2 }          # passed over
  }

What keepalived does
  Complains («state previously set as MASTER - ignoring BACKUP», «duplicate track_script chk - ignoring») and keeps
  the first; `-t` exits 5. An address that is twice in one list is dropped silently up to 2.3.2.

How to fix
  Keep the line that is meant. Names of one group go into one list.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take one of the two out.",
    check: Check::Problems(&[Kind::AlreadySet]),
};
