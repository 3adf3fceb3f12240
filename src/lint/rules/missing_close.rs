//! `missing-close`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "missing-close",
        title: "a block that nothing closes",
        text: "\
What it is
  The file, with all it includes, has fewer `}` than `{`.

Why it hurts
  A block without its end swallows what follows it. A second `vrrp_instance` is then read inside the first one, where
  it is unknown: its addresses are missing. When only the very last `}` is missing, nothing is lost yet: whatever is
  appended next will be.

Example
  vrrp_instance VI_1 {
      virtual_ipaddress {
          10.0.0.10
      # the `}` of virtual_ipaddress is missing
  }

What keepalived does
  Says «There are 1 missing '}'s or extra '{'s», without a line, and starts with what it made of the file; `-t` exits
  5.

How to fix
  Add the brace where the indentation says that the block ends.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the missing `}` at the end of the block that the message names.",
    check: Check::Problems(&[Kind::MissingClose]),
};
