//! `auth-without-type`

use crate::finding::{Page, Severity};
use crate::lint::look::{named, says};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "auth-without-type",
        title: "authentication without auth_type is no authentication",
        text: "\
What it is
  The `authentication` block has an `auth_pass` but no `auth_type`, or is empty.

Why it hurts
  keepalived sends its adverts without authentication, and says nothing. When the other node's block has a type, each
  rejects the other's adverts, and both become master. When both lack it, all works, and the password protects
  nothing.

Example
  authentication {
      auth_pass secret12
  }

What keepalived does
  No message.

How to fix
  `auth_type PASS`. Change all nodes within one master-down interval (about 3.6 s), or stop keepalived on the backup
  first: between the two changes the nodes do not accept each other.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add `auth_type PASS`, at the same time on all nodes.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (block, i) in node.written() {
        let Some(auth) = i.authentication.as_ref().filter(|a| a.kind.is_none() && i.auth_hmac.is_none()) else {
            continue;
        };
        // A type that is none is told where it stands.
        if block.nodes().iter().any(|line| says(line, "auth_type")) {
            continue;
        }
        let message = format!(
            "`authentication` of {} has no `auth_type`; keepalived sends its adverts without authentication",
            named(i)
        );
        found.push(found.say(message).at(n, auth.span));
    }
}
