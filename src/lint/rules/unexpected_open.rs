//! `unexpected-open`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unexpected-open",
        title: "a brace where no block begins",
        text: "\
What it is
  A `{` stands where keepalived expects none: on a line of its own in the middle of a block, behind a value, or behind
  a word that begins no block.

Why it hurts
  keepalived passes over the `{`, but counts its `}`, which ends the block around it early. What follows is then read
  outside its block and is unknown there, so that half an instance may be missing.

Example
  vrrp_instance VI_1 {
      interface eth0
      {
          virtual_router_id 51
      }                       # ends vrrp_instance
      priority 150            # unknown here
  }

What keepalived does
  Says «Unexpected '{' - ignoring», and then «Unknown keyword» for what follows; `-t` exits 5.

How to fix
  Take the pair out. `${NAME}` of a definition that does not exist falls apart at its braces and looks like this as
  well. Quote braces that belong to a command.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the `{` and its `}` out, or write the block's name in front of it.",
    check: Check::Problems(&[Kind::UnexpectedOpen]),
};
