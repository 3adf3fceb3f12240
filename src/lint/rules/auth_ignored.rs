//! `auth-ignored`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "auth-ignored",
        title: "authentication that no advert will have",
        text: "\
What it is
  The instance has an `authentication` block, but its adverts leave without: version 3 has no authentication, strict
  mode forbids it, there is no password, or `auth_hmac` is there too.

Why it hurts
  Somebody believes that the adverts are protected. And when the other node does authenticate, because it speaks
  version 2 or is not strict, each rejects the other's adverts, and both become master.

Example
  vrrp_instance VI_1 {
      version 3
      authentication {
          auth_type PASS
          auth_pass secret12
      }
  }

What keepalived does
  Says «VRRP version 3 does not support authentication. Ignoring.», «Strict mode does not support authentication» or
  «no password given. Ignoring», without a line, and runs the instance without; `-t` exits 5.

How to fix
  Take the block out, on all nodes. A password in clear keeps out accidents only: where adverts must be protected, use
  `auth_hmac` (from 2.4.0 on), or filter protocol 112 by source.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the `authentication` block out on all nodes, or use version 2 without strict mode.",
    check: Check::Problems(&[Kind::AuthIgnored]),
};
