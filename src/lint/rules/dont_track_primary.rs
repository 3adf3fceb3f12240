//! `dont-track-primary`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::{addresses, named};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "dont-track-primary",
        title: "a lost link leaves two masters",
        text: "\
What it is
  `dont_track_primary` has the instance go on when its own interface loses its link or is taken down.

Why it hurts
  A master whose cable is pulled stays master and keeps its addresses, while the other node, which hears nothing,
  takes over. That is harmless as long as nobody reaches both. With the addresses on another interface (`dev`) both
  are reachable, and answer for the same address.

Example
  vrrp_instance VI_1 {
      interface eth0
      dont_track_primary
  }

What keepalived does
  Stays MASTER; sending fails («send advert error») and nothing else happens.

How to fix
  Take it out. It is meant for a direct cable between two nodes, where the other side's reboot takes the link down:
  there a second path for adverts is better still.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Take `dont_track_primary` out, unless losing the link must not matter.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let Some(said) = i.dont_track_primary else { continue };
        let message = format!(
            "{} stays master with {} when {} loses its link, and the other node becomes master too",
            named(i),
            addresses(run),
            run.interface.as_deref().map_or("its interface".to_owned(), |i| quote(i.as_bytes()))
        );
        found.push(found.say(message).at(n, said.span).group(run.vrid, run.ipv6));
    }
}
