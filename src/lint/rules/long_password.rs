//! `long-password`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "long-password",
        title: "a password of more than eight characters",
        text: "\
What it is
  An advert has room for eight bytes of password; the rest is cut off.

Why it hurts
  It works, but it is not the secret it seems to be: two different long passwords with the same first eight characters
  are equal, so that two clusters that were to be kept apart accept each other. Other routers than keepalived may
  refuse such a password or cut it elsewhere.

Example
  authentication {
      auth_type PASS
      auth_pass correct-horse
  }

What keepalived does
  Says «Truncating auth_pass to 8 characters» and sends the first eight; `-t` exits 5.

How to fix
  Write exactly what is sent: the first eight characters (`--fix` cuts the rest off, nothing changes on the wire). The
  password crosses the network in clear and keeps nobody out who can listen; from 2.4 on `auth_hmac` signs adverts.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Use eight characters on all nodes.",
    check: Check::Problems(&[Kind::LongPassword]),
};
