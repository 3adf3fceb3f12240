//! `strict-forbids`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "strict-forbids",
        title: "strict mode decides a setting otherwise",
        text: "\
What it is
  Strict mode holds an instance to the letter of the RFC. Some settings do not go with it, and keepalived replaces
  them.

Why it hurts
  The setting is not in force, and the message at the start is the only one there will be. Behaviour differs from what
  the file says: `state`, `down_timer_adverts`, the answer to a lower advert, gratuitous ARPs after one, and whether
  packets to the addresses are let in.

Example
  vrrp_instance VI_1 {
      strict_mode
      state MASTER
      priority 150            # only priority 255 may begin as MASTER
  }

What keepalived does
  Says what it resets («State MASTER must match being address owner», «down_timer_adverts is incompatible with strict
  mode», «accept mode for VRRP version 2 does not comply with RFC3768»), without a line; `-t` exits 5.

How to fix
  Decide for one. Strict mode is for tests of conformity; few networks want it, and many have it only because the
  sample configuration has.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the setting out, or take strict mode (`vrrp_strict`, `strict_mode`) out.",
    check: Check::Problems(&[Kind::StrictForbids]),
};
