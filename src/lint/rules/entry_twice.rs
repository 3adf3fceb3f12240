//! `entry-twice`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "entry-twice",
        title: "an address or a peer twice in one list",
        text: "\
What it is
  An address of `virtual_ipaddress`, or a peer of `unicast_peer`, stands in its list twice.

Why it hurts
  Adverts carry the address twice, or are sent to the peer twice. A neighbour that counts addresses rejects what
  does not match its own list.

Example
  virtual_ipaddress {
      10.0.0.10
      10.0.0.10/24
  }

What keepalived does
  2.2.7 takes both without a word. From 2.3.3 on the second is reported and passed over.

How to fix
  Keep one of the lines.

Since
  Silent up to 2.3.2.
",
    },
    severity: Severity::Warning,
    fix: "Delete one of the two lines.",
    check: Check::Problems(&[Kind::EntryTwice]),
};
