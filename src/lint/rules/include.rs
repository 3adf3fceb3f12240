//! `include`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "include",
        title: "a file to include is not there or cannot be read",
        text: "\
What it is
  `include` names a file that does not exist or cannot be read. The path is relative to the directory of the file that
  includes it, and is not unquoted: in `include \"x\"` the quotes belong to the name.

Why it hurts
  What stands in that file is not there, and keepalived starts all the same: without instances, perhaps, and so
  without addresses; or without the check scripts that the instances track.

Example
  include conf.d/vrrp.conf    # but the directory is called config.d

What keepalived does
  Says «Config files missing 'conf.d/vrrp.conf'.» and goes on; `-t` exits 0. A pattern with `*`, `?`, `[…]` or `{…}`
  that matches nothing is not even mentioned.

How to fix
  Look for spelling and directory. Where the file must be there, write `includem` (or `includea`, the strictest): then
  keepalived does not start without it.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Correct the path, or put the file there.",
    check: Check::Problems(&[Kind::Include]),
};
