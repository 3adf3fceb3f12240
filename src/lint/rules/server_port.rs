//! `server-port`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "server-port",
        title: "a port that the forwarding method cannot change",
        text: "\
What it is
  With `lb_kind DR` or `TUN` packets reach the real server as they are: its port is the virtual server's, whatever
  the block says.

Why it hurts
  The server is asked on a port on which it may not listen.

Example
  virtual_server 10.0.0.10 80 {
      lb_kind DR
      real_server 10.0.0.21 8080 {
      }
  }

What keepalived does
  It uses the virtual server's port with a message. `keepalived -t` exits 5.

How to fix
  Give the real server the port of the virtual server, or use `lb_kind NAT`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Use the virtual server's port, or `lb_kind NAT`.",
    check: Check::Problems(&[Kind::ServerPort]),
};
