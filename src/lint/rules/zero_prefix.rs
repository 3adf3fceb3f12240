//! `zero-prefix`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "zero-prefix",
        title: "a virtual address with the prefix length 0",
        text: "\
What it is
  The address ends in `/0`, or in a slash with nothing behind it, which keepalived takes for `/0`. Often a template
  variable was empty.

Why it hurts
  To the kernel every address of the world is on the same network as this one. It picks the virtual address as the
  source of connections where the node's own was meant, answers for it, and with `arp_ignore` or `arp_announce` (usual
  on load balancers) to and for everybody.

Example
  virtual_ipaddress {
      10.0.0.10/
  }

What keepalived does
  Takes it without a word, and sets `10.0.0.10/0`.

How to fix
  `10.0.0.10/24` when the network is a /24, or plain `10.0.0.10`, which is /32 and always works when the interface has
  an address in that network of its own.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write the prefix length of the network (such as /24), or no slash at all for /32 (/128).",
    check: Check::Problems(&[Kind::ZeroPrefix]),
};
