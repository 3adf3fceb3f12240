//! `duplicate-name`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "duplicate-name",
        title: "another block has this name, and this one is passed over",
        text: "\
What it is
  Two blocks of one kind have the same name, usually because one was copied.

Why it hurts
  keepalived passes over the whole later block. For a `vrrp_instance` that means: its addresses are never set, and the
  other node, whose file may be right, is master of them alone.

Example
  vrrp_instance VI_1 {
      virtual_router_id 51
  }
  vrrp_instance VI_1 {        # passed over: VI_2 was meant
      virtual_router_id 52
  }

What keepalived does
  Says «vrrp instance VI_1 already defined», passes over the block and starts with the first; `-t` exits 5. Blocks
  that may share a name (`vrrp_script`, `track_file`, `vrrp_track_process`) are not reported: of those the first is
  used.

How to fix
  Rename one of them; names matter to sync groups and notify scripts only, not to the peer. When the block is included
  twice, take one `include` out.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give each block a name of its own.",
    check: Check::Problems(&[Kind::DuplicateName]),
};
