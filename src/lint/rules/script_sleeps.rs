//! `script-sleeps`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::{script_lines, seconds};
use crate::lint::{Check, Context, Found, Node, Rule};
use std::time::Duration;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-sleeps",
        title: "a check sleeps longer than it may run",
        text: "\
What it is
  The command, or with `--host` the text of the script, sleeps as long as the script may run or longer. `timeout` is
  the interval when it is not said.

Why it hurts
  keepalived stops the run in the middle of its sleep and takes it for failed. What the script was to do afterwards,
  such as looking again or handing over, never happens.

Example
  vrrp_script chk_nginx {
      script \"/opt/nginx_pid.sh\"      # starts nginx, then: sleep 3
      interval 2                      # stopped after 2 s
  }

What keepalived does
  Sends SIGTERM after `timeout` and SIGKILL two seconds later, and logs that the script timed out.

How to fix
  A check only tells: it looks, and exits 0 or 1. Restarting a service is systemd's task (`Restart=always`). `rise`
  and `fall` say how often it has to be right before it counts.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Let the check answer at once, or give it a `timeout` longer than it sleeps.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, context: &Context<'_>, found: &mut Found) {
    for script in &node.conf.scripts {
        let Some(command) = &script.command else { continue };
        let limit = script.limit();
        let asleep = script_lines(&command.value, context).into_iter().find_map(|(line, text)| {
            let time = sleeps(&text)?;
            (time >= limit).then_some((line, time))
        });
        let Some((line, time)) = asleep else { continue };
        let place = line.map_or(String::new(), |line| format!(" in line {line} of its script"));
        let message = format!(
            "{} sleeps {}{place}, and keepalived stops it after {}: what it does then, it never does",
            quote(script.name.as_bytes()),
            seconds(time),
            seconds(limit)
        );
        let mut say = found.say(message).at(n, command.span);
        if let Some(said) = script.timeout.or(script.interval) {
            say = say.label(n, said.span, "may run this long");
        }
        found.push(say);
    }
}

/// How long a line sleeps at once.
fn sleeps(line: &str) -> Option<Duration> {
    let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '"' | '\''));
    words.find(|w| *w == "sleep" || w.ends_with("/sleep"))?;
    let time = words.find(|w| !w.is_empty())?;
    let (number, unit) = match time.strip_suffix(['m', 'h']) {
        Some(number) => (number, if time.ends_with('m') { 60.0 } else { 3600.0 }),
        None => (time.strip_suffix('s').unwrap_or(time), 1.0),
    };
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds: f64 = plain.then(|| number.parse().ok())??;
    Duration::try_from_secs_f64(seconds * unit).ok()
}
