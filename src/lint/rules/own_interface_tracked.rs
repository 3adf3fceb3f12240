//! `own-interface-tracked`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "own-interface-tracked",
        title: "an instance tracks its own interface, which it does anyway",
        text: "\
What it is
  `track_interface` lists the instance's own `interface`. keepalived always tracks that: without it the instance is in
  FAULT.

Why it hurts
  Nothing is wrong; but the line does nothing, and `keepalived -t` exits 5 for it.

Example
  vrrp_instance VI_1 {
      interface eth0
      track_interface {
          eth0
      }
  }

What keepalived does
  Says «Ignoring track_interface eth0 since own interface», without a line; `-t` exits 5.

How to fix
  Take the entry out. List other interfaces whose loss should matter, such as the one towards the backends.

Since
  Every version, and with `dont_track_primary` as well.
",
    },
    severity: Severity::Info,
    fix: "Take the entry out.",
    check: Check::Problems(&[Kind::OwnInterface]),
};
