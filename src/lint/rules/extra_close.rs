//! `extra-close`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "extra-close",
        title: "a brace that closes nothing",
        text: "\
What it is
  There is one `}` more than blocks that are open.

Why it hurts
  The block that was to end here ended earlier than it was meant to. Lines between that place and this one were read
  outside of it, where keepalived does not know them.

Example
  vrrp_instance VI_1 {
      virtual_ipaddress {
          10.0.0.10
      }
      }                       # ends vrrp_instance
      priority 150            # unknown here
  }                           # closes nothing

What keepalived does
  Says «Extra '}' found» and «Unknown keyword '}'», passes over it and goes on; `-t` exits 5.

How to fix
  Indent the file anew and look where a block ends before it should.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the `}` out, or look above it for a block that ended too early.",
    check: Check::Problems(&[Kind::ExtraClose]),
};
