//! `key-file`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "key-file",
        title: "a file with a key cannot be read",
        text: "\
What it is
  `key ID file:PATH` names a file that is not there or cannot be read by whoever runs this check.

Why it hurts
  Without its key the instance cannot sign or cannot check: adverts are rejected on one side or both, and both nodes
  become master. When the file is only unreadable here, because the check runs elsewhere or as another user, nothing
  is wrong.

Example
  auth_hmac {
      key 1 file:/etc/keepalived/missing
      active_key 1
  }

What keepalived does
  Complains of the line and goes on without the key; `-t` exits 5. It also refuses a key file that group or others can
  read.

How to fix
  Put the file there, owned by root, mode 0600, with the same content on all nodes. Run `hactl lint` as root on the
  node itself to have it read.

Since
  2.4.0, which brought `auth_hmac`.
",
    },
    severity: Severity::Warning,
    fix: "Make the file readable for root, at the path that is written.",
    check: Check::Problems(&[Kind::KeyFile]),
};
