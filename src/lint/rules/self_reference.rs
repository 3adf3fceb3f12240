//! `self-reference`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "self-reference",
        title: "a definition that refers to itself",
        text: "\
What it is
  The value of a definition holds the definition itself, directly or through another one, so that putting it in place
  never ends; or it grows beyond what a line can hold.

Why it hurts
  keepalived hangs: it neither starts nor stops reading, `keepalived -t` included, and a reload leaves the running
  daemon deaf to the world.

Example
  $IF=$IF
  vrrp_instance VI_1 {
      interface $IF
  }

What keepalived does
  Loops for ever when the text does not grow; stops at the limit of a line when it does.

How to fix
  Give the two names. Definitions are put in place where they are used, with the values that hold there: `$A=$A` does
  not mean «keep the old value».

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Take the reference out.",
    check: Check::Problems(&[Kind::SelfReference]),
};
