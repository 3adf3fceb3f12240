//! `garp-group-dropped`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "garp-group-dropped",
        title: "a `garp_group` without an interval is dropped",
        text: "\
What it is
  A `garp_group` says neither `garp_interval` nor `gna_interval`.

Why it hurts
  Announcements of its interfaces are not spaced: a switch that drops them when they come too fast goes on doing so.

Example
  garp_group {
      interface eth0
  }

What keepalived does
  It drops the block with a message. `keepalived -t` exits 5.

How to fix
  Add `garp_interval` or `gna_interval`, or delete the block.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add `garp_interval` or `gna_interval`.",
    check: Check::Problems(&[Kind::GarpGroupDropped]),
};
