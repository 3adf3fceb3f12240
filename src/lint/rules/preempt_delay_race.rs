//! `preempt-delay-race`

use crate::finding::{Page, Severity};
use crate::lint::look::{named, seconds};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "preempt-delay-race",
        title: "a short preempt_delay ends in a race with an advert",
        text: "\
What it is
  `preempt_delay` is a multiple of the interval of adverts, and not many of them. It ends just when an advert of the
  lower master arrives.

Why it hurts
  Whether that advert still counts is a matter of microseconds. When it does, the takeover comes one interval later.
  In tests the same configuration gives two different times.

Example
  vrrp_instance VI_1 {
      advert_int 1
      preempt_delay 5         # 8.4 s or 9.4 s
  }

What keepalived does
  Counts the delay from the first lower advert that it hears, accepts lower adverts until it has passed, and takes
  over a master-down interval after the last one it accepted.

How to fix
  Nothing is broken; a fraction makes the time predictable.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Add half an interval: for `preempt_delay 5` with adverts a second apart, 5.5.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let (delay, every) = (run.preempt_delay.as_micros(), run.advert_int.as_micros());
        let Some(said) = i.preempt_delay.filter(|_| delay > 0 && delay < 10 * every && delay % every == 0) else {
            continue;
        };
        let message = format!(
            "`preempt_delay` of {} ends just when an advert is due: it takes over after that advert or the one before, \
             {} apart",
            named(i),
            seconds(run.advert_int)
        );
        found.push(found.say(message).at(n, said.span).group(run.vrid, run.ipv6));
    }
}
