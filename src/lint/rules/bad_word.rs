//! `bad-word`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-word",
        title: "a word that is not one of those possible",
        text: "\
What it is
  The keyword takes one of a few fixed words, and this is none of them. Words count as they are spelt: `MASTER` is
  one, `master` and `Master` are none.

Why it hurts
  The setting is not the one meant. `state master` makes a BACKUP; `auth_type pass` leaves the instance without
  authentication, and a peer with it takes none of its adverts: both become master.

Example
  vrrp_instance VI_1 {
      state master            # MASTER
  }

What keepalived does
  Says «unknown state 'master', defaulting to BACKUP», «unknown authentication type 'pass'» or the like, passes over
  the line and starts; `-t` exits 5.

How to fix
  Spell the word as keepalived does. On and off are `on`, `true`, `yes` and `off`, `false`, `no`; the keyword alone
  means on.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write one of the words that the message gives. Upper and lower case matter.",
    check: Check::Problems(&[Kind::BadWord]),
};
