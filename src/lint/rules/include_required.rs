//! `include-required`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "include-required",
        title: "a file that must be included is not there, and keepalived does not start",
        text: "\
What it is
  A strict form of `include` failed: `includer` and the stricter `includem`, `includew`, `includeb`, `includea` insist
  on files that can be read, or on files at all.

Why it hurts
  keepalived stops before it runs anything: after a restart the node runs no VRRP at all.

Example
  includem conf.d/vrrp.conf

What keepalived does
  Names the file and exits 6; other errors stay hidden until it is there. A directory or an executable file counts as
  one that cannot be read.

How to fix
  Correct the path, which is relative to the directory of the file that includes. Clear execute bits (`chmod 644`).

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Put the file there, readable and not executable, or use plain `include`.",
    check: Check::Problems(&[Kind::IncludeRequired]),
};
