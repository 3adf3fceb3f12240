//! `slow-check`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::seconds;
use crate::lint::{Check, Context, Found, Node, Rule};
use std::time::Duration;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "slow-check",
        title: "a failed service is noticed late",
        text: "\
What it is
  The script has to fail `fall` times in a row, an `interval` apart, before it counts as failed, and that takes more
  than half a minute.

Why it hurts
  For that long the addresses stay on a node whose service is dead. The takeover itself comes on top: for a fault
  about the skew (less than a second), for a lower priority another three adverts.

Example
  vrrp_script chk_web {
      interval 30
      fall 3                  # up to 90 s
  }

What keepalived does
  Counts. A success in between begins the count anew.

How to fix
  `interval 2` with `fall 2` or 3 is usual. The check itself has to be quick for that: give it a limit (`curl
  --max-time 1`).

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Make `interval` or `fall` smaller.",
    check: Check::Node(check),
};

const SLOW: Duration = Duration::from_secs(30);

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for script in &node.conf.scripts {
        let fall = script.fall.map_or(1, |f| f.value);
        let late = script.every().saturating_mul(fall);
        let Some(said) = script.interval.map(|s| s.span).filter(|_| late > SLOW) else { continue };
        let message = format!(
            "{} counts as failed up to {} after what it checks has failed (`fall` {fall}, {} apart)",
            quote(script.name.as_bytes()),
            seconds(late),
            seconds(script.every())
        );
        found.push(found.say(message).at(n, said));
    }
}
