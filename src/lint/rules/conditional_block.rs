//! `conditional-block`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "conditional-block",
        title: "a condition on the line that begins a block",
        text: "\
What it is
  `@ID` keeps or drops one line. Here that line begins a block, whose other lines are there for all nodes.

Why it hurts
  On a node that the line is not for, the block's lines are read in the block around it: outside of all blocks they
  are only unknown keywords, but within an instance their `}` ends the instance early, and what follows, perhaps its
  addresses, is lost. Nodes that the line is for notice nothing, so the mistake shows on the other node only.

Example
  vrrp_instance VI_1 {
      @lb1 authentication {   # on lb2 the `}` below ends vrrp_instance
          auth_type PASS
      }
      virtual_ipaddress {
          10.0.0.10
      }
  }

What keepalived does
  Says «Unknown keyword» for the lines of the block and «Extra '}' found», on those nodes.

How to fix
  `@lb1 include lb1-auth.conf`; or a definition of several lines, `$AUTH= authentication { \\ …`, and `@lb1 $AUTH`.
  Lines within a block may have conditions each for itself: `@lb1 priority 150`. Or begin each of the block's lines
  with `@lb1`, its `}` as well. Two lines with conditions, one under the other, can begin the same block in two ways.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the block into a file of its own, and the condition before its `include`.",
    check: Check::Problems(&[Kind::ConditionalBlock]),
};
