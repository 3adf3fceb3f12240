//! `duplicate-virtual-server`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "duplicate-virtual-server",
        title: "a virtual server that is there already",
        text: "\
What it is
  Two `virtual_server` blocks are for the same address, port and protocol.

Why it hurts
  The kernel has one such service. The settings of one block and the servers of both get mixed, and what removes one
  removes the other.

Example
  virtual_server 10.0.0.10 80 {
      protocol TCP
  }
  virtual_server 10.0.0.10 80 {
      protocol TCP
  }

What keepalived does
  It says nothing; `keepalived -t` exits 0.

How to fix
  Put the real servers into one block.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the real servers into one block.",
    check: Check::Problems(&[Kind::DuplicateService]),
};
