//! `bad-entry`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-entry",
        title: "a word in an entry that means nothing there",
        text: "\
What it is
  A line of a list has an option that such entries do not have. Often a slip (`nodad` for `-nodad`), an option of `ip
  address` that keepalived does not know, or a second address on the same line.

Why it hurts
  The option is not in force. A second address on the line is never set.

Example
  virtual_ipaddress {
      10.0.0.10 10.0.0.11     # the second one is lost
  }

What keepalived does
  Says «Unknown configuration entry '10.0.0.11' for ip address - ignoring» or «unknown … option» and takes the rest of
  the line; `-t` exits 5. After an unknown option of a unicast peer it reads no further in the line.

How to fix
  Write one address a line. Options of addresses are `dev`, `scope`, `brd`, `label`, `peer`, `home`, `-nodad`,
  `mngtmpaddr`, `noprefixroute`, `autojoin`, `no_track`, `preferred_lft`, `use_vmac`; of peers `min_ttl` and
  `max_ttl`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the word out, or spell it as keepalived does.",
    check: Check::Problems(&[Kind::BadEntry]),
};
