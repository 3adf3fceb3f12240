//! `late-global`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "late-global",
        title: "a global setting that comes too late",
        text: "\
What it is
  A keyword of `global_defs` that instances copy as they are read stands behind an instance.

Why it hurts
  The instances before it do not have it: announcements or checks are not what the file says.

Example
  vrrp_instance VI_1 {
      …
  }
  global_defs {
      vrrp_garp_master_delay 1
  }

What keepalived does
  It gives the setting to the instances that follow, and says nothing; `keepalived -t` exits 0.

How to fix
  Move `global_defs` to the top of the file.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Move `global_defs` to the top of the file.",
    check: Check::Problems(&[Kind::LateGlobal]),
};
