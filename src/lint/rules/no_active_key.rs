//! `no-active-key`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "no-active-key",
        title: "auth_hmac has no key to sign with",
        text: "\
What it is
  `auth_hmac` has no `active_key`, or one that is not the id of one of its keys.

Why it hurts
  Adverts leave unsigned. Peers that enforce signatures take none of them, become master as well, and both hold the
  addresses.

Example
  auth_hmac {
      key 1 file:/etc/keepalived/key
      active_key 2
  }

What keepalived does
  Complains, without a line, and sends adverts without a signature; `-t` exits 5.

How to fix
  `active_key` with the id of a key that all nodes have already. To change keys, add the new one everywhere first,
  then make it the active one, then take the old one out.

Since
  2.4.0, which brought `auth_hmac`.
",
    },
    severity: Severity::Critical,
    fix: "Name one of the block's keys: `active_key ID`.",
    check: Check::Problems(&[Kind::NoActiveKey]),
};
