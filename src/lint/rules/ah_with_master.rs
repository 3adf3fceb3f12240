//! `ah-with-master`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ah-with-master",
        title: "state MASTER does not go with auth_type AH",
        text: "\
What it is
  The instance authenticates with AH, whose sequence numbers a node first has to learn from the master, and says
  `state MASTER`.

Why it hurts
  keepalived begins as BACKUP, which is right; the file says something else. AH itself is dangerous here: a node that
  restarts and has not heard the other one begins to count anew, its adverts are refused as replays, and both are
  master.

Example
  vrrp_instance VI_1 {
      state MASTER
      authentication {
          auth_type AH
          auth_pass secret12
      }
  }

What keepalived does
  Says «Initial state master is incompatible with AH authentication - clearing», without a line; `-t` exits 5.

How to fix
  `state BACKUP` everywhere: the priority decides. Better, `auth_type PASS`, or `auth_hmac` from 2.4.0 on.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `state BACKUP` on all nodes.",
    check: Check::Problems(&[Kind::AhMaster]),
};
