//! `script-timeout`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::seconds;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-timeout",
        title: "a check may still run when it is due again",
        text: "\
What it is
  The script's `timeout` is longer than its `interval`.

Why it hurts
  A check that hangs is not stopped before the next one is due. 2.2 starts another copy each time, up to 2.3.2; later
  versions leave the run out, so that the check takes longer to fail than interval and `fall` say.

Example
  vrrp_script chk_web {
      interval 2
      timeout 5               # a hanging check is noticed after 6 s
  }

What keepalived does
  Logs «Track script chk_web is already running, expect idle - skipping run».

How to fix
  Without `timeout` it is the interval, which is right for most checks.

Since
  Every version; what is done about a run that is due changed with 2.3.3.
",
    },
    severity: Severity::Info,
    fix: "Make `timeout` no longer than `interval`, or the interval longer.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, context: &Context<'_>, found: &mut Found) {
    for script in &node.conf.scripts {
        let (every, limit) = (script.every(), script.limit());
        let Some(said) = script.timeout.filter(|_| limit > every && !every.is_zero()) else { continue };
        let name = quote(script.name.as_bytes());
        let fall = script.fall.map_or(1, |f| f.value);
        let message = if context.version.at_least(2, 3, 3) {
            let runs = limit.as_micros().div_ceil(every.as_micros());
            let each = every.saturating_mul(u32::try_from(runs).unwrap_or(u32::MAX));
            format!(
                "a run of {name} may take {}, and is due each {}: one that hangs is noticed after {}",
                seconds(limit),
                seconds(every),
                seconds(each.saturating_mul(fall - 1).saturating_add(limit))
            )
        } else {
            format!(
                "a run of {name} may take {}, and is due each {}: when it hangs, several run at once",
                seconds(limit),
                seconds(every)
            )
        };
        found.push(found.say(message).at(n, said.span));
    }
}
