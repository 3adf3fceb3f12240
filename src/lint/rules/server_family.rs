//! `server-family`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "server-family",
        title: "a real server of the other family",
        text: "\
What it is
  A real or sorry server has an IPv6 address where the virtual server has an IPv4 one, or the other way round.

Why it hurts
  Only tunnels forward from one family to the other. keepalived drops the server.

Example
  virtual_server 10.0.0.10 80 {
      real_server fd00::21 80 {
      }
  }

What keepalived does
  It complains and leaves the server out. `keepalived -t` exits 5.

How to fix
  Give the server an address of the virtual server's family, or use `lb_kind TUN`.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Use an address of the virtual server's family.",
    check: Check::Problems(&[Kind::ServerFamily]),
};
