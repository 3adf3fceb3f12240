//! `quorum-too-high`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "quorum-too-high",
        title: "a quorum that all servers together do not reach",
        text: "\
What it is
  `quorum` is larger than the weight of all real servers together.

Why it hurts
  It can never be reached as it is written. keepalived lowers it to that weight: one server down loses the quorum.

Example
  virtual_server 10.0.0.10 80 {
      quorum 5
      real_server 10.0.0.21 80 {
          weight 1
      }
  }

What keepalived does
  It lowers the quorum with a message. `keepalived -t` exits 5.

How to fix
  Lower it, or give the servers more weight.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Lower the quorum, or raise the weights.",
    check: Check::Problems(&[Kind::QuorumTooHigh]),
};
