//! `ignored-with-fwmark`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ignored-with-fwmark",
        title: "a setting that a service by mark does not have",
        text: "\
What it is
  A `virtual_server fwmark` has a setting of services by address: `protocol`, `ha_suspend`, or ports of its servers.

Why it hurts
  It has no effect: the firewall's rules decide which packets have the mark.

Example
  virtual_server fwmark 5 {
      protocol TCP
  }

What keepalived does
  It passes over the setting with a message. `keepalived -t` exits 5.

How to fix
  Delete the line; choose protocol and port where the packets are marked.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Delete the line; the rules that set the mark decide.",
    check: Check::Problems(&[Kind::MarkIgnores]),
};
