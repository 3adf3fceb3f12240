//! `not-defined`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "not-defined",
        title: "tracks something that is not defined before this line",
        text: "\
What it is
  The name in a `track_…` list is none of the scripts, files, processes or BFD instances defined so far. Unlike sync
  groups, trackers must come before what uses them.

Why it hurts
  keepalived does not track it: when nginx dies, nothing happens, and the address stays on the node without nginx. The
  configuration looks complete, and so does the log once its one line at the start has scrolled away.

Example
  vrrp_instance VI_1 {
      track_script {
          chk_nginx           # not known yet
      }
  }
  vrrp_script chk_nginx {     # comes too late
      script \"/usr/local/bin/check-nginx\"
  }

What keepalived does
  Says «track script chk_nginx not found, ignoring...» and runs the instance without it; `-t` exits 5.

How to fix
  Put all `vrrp_script`, `track_file`, `vrrp_track_process` and `bfd_instance` blocks above the first
  `vrrp_sync_group` and `vrrp_instance`. Check the spelling: names are case sensitive.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Move its definition above the instance, or correct the name.",
    check: Check::Problems(&[Kind::NotDefined]),
};
