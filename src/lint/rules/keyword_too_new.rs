//! `keyword-too-new`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "keyword-too-new",
        title: "a keyword that this keepalived does not know yet",
        text: "\
What it is
  The word is a keyword of keepalived, but of a later version than the one the file is judged by.

Why it hurts
  The version that runs passes over the line: the setting is not in force, although `keepalived -t` on a newer node
  and the manual on the web know it. Two nodes with different versions then run with different settings.

Example
  vrrp_instance VI_1 {
      auth_hmac {             # known from 2.4.0 on
          key 1 file:/etc/keepalived/key
      }
  }

What keepalived does
  Logs «Unknown keyword» and goes on, as with any word it does not know; `-t` exits 5. When the word begins a block,
  the lines of the block are read in the block around it.

How to fix
  Compare `keepalived --version` on all nodes with the version that `hactl explain keyword NAME` gives. Either upgrade
  all nodes first and change the file afterwards, or leave the line out until then.

Since
  Every version. Of the keywords known here, the oldest that counts as new came with 2.2.8.
",
    },
    severity: Severity::Warning,
    fix: "Upgrade keepalived on this node, take the line out, or judge by the version that runs (`--keepalived-version`).",
    check: Check::Problems(&[Kind::TooNew]),
};
