//! `unknown-server-group`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unknown-server-group",
        title: "a virtual server of a group that does not exist",
        text: "\
What it is
  `virtual_server group NAME` names a `virtual_server_group` that is not defined.

Why it hurts
  The service has no address: nobody is served.

Example
  virtual_server group WEB {
      …
  }

What keepalived does
  It passes over the virtual server without a word; `keepalived -t` exits 0.

How to fix
  Define the group, or correct its name.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Define the group, or correct the name.",
    check: Check::Problems(&[Kind::UnknownServerGroup]),
};
