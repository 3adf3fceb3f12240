//! `name-twice`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "name-twice",
        title: "two blocks of one name, and the first is used",
        text: "\
What it is
  Two `vrrp_script`, `track_file` or `vrrp_track_process` blocks have the same name.

Why it hurts
  Who tracks the name gets the first. The second block does nothing, and no message says so.

Example
  vrrp_script chk {
      script \"/usr/local/bin/a\"
  }
  vrrp_script chk {
      script \"/usr/local/bin/b\"
  }

What keepalived does
  It uses the first and says nothing; `keepalived -t` exits 0.

How to fix
  Rename one, or delete it.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Rename one of them, or delete it.",
    check: Check::Problems(&[Kind::NameTwice]),
};
