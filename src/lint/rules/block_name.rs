//! `block-name`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "block-name",
        title: "a block that needs exactly one name",
        text: "\
What it is
  The block has no name, or more than one word stands before its `{`.

Why it hurts
  keepalived passes over the whole block: an instance is never run and its addresses are never set.

Example
  vrrp_instance VI 1 {        # \"VI 1\", or VI_1
      virtual_router_id 51
  }

What keepalived does
  Says «vrrp_instance must have a name», even when there are two, and starts without the block; `-t` exits 5. 2.2.7
  crashes at a `vrrp_instance` without a name whose `{` is missing too.

How to fix
  One word, or one quoted text: `vrrp_instance \"VI 1\" {`.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write one word behind the keyword; quote a name with blanks.",
    check: Check::Problems(&[Kind::BlockName]),
};
