//! `bad-key`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-key",
        title: "an auth_hmac key that is none",
        text: "\
What it is
  The secret of a `key` is too short or too long, or its hexadecimal digits are not digits.

Why it hurts
  The key does not exist. When it is the one to sign with, adverts leave unsigned, and peers that enforce signatures
  take none of them: two masters. When it is another, peers that sign with it are not understood.

Example
  auth_hmac {
      key 1 tooshort
      active_key 1
  }

What keepalived does
  Complains of the line and goes on without the key; `-t` exits 5.

How to fix
  32 to 64 bytes after decoding. `openssl rand -hex 32` gives the digits for `hex:`; better a file that only root can
  read and `file:PATH`, with the same content on all nodes.

Since
  2.4.0, which brought `auth_hmac`.
",
    },
    severity: Severity::Critical,
    fix: "Write `key ID SECRET` with 32 to 64 bytes: text, hex:DIGITS or file:PATH.",
    check: Check::Problems(&[Kind::BadKey]),
};
