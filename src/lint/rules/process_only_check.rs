//! `process-only-check`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "process-only-check",
        title: "a check that only looks for a process",
        text: "\
What it is
  The check asks whether a process of some name exists, and nothing more.

Why it hurts
  A process that exists is not a service that works: nginx that answers 502, hangs, has run out of files or listens on
  the wrong address passes such a check, and the addresses stay. And `killall -0 nginx` is content with anybody's
  nginx.

Example
  vrrp_script chk_nginx {
      script \"/usr/bin/killall -0 nginx\"
  }

What keepalived does
  Runs it.

How to fix
  Ask what clients ask: an HTTP request to the local listener, `mysqladmin ping`, a DNS query. Give it a limit of time
  below `interval`. Where the process is all there is to see, `vrrp_track_process` watches it without starting a
  program every second.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Ask the service itself, for example `curl -fsS --max-time 1 http://127.0.0.1/health`.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for script in &node.conf.scripts {
        let Some(command) = &script.command else { continue };
        let Some(how) = looks_for_a_process(&command.value) else { continue };
        let message = format!(
            "{} asks with {how} whether a process exists, not whether its service works",
            quote(script.name.as_bytes())
        );
        found.push(found.say(message).at(n, command.span));
    }
}

/// What a command that only looks for a process looks with.
fn looks_for_a_process(command: &str) -> Option<&'static str> {
    // More than one command may look at more than the process.
    if command.contains([';', '|', '&', '\n', '`', '$']) {
        return None;
    }
    let mut words = command.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"')).filter(|w| !w.is_empty());
    let program = words.next()?.rsplit('/').next()?;
    let rest: Vec<&str> = words.collect();
    let zero = rest.iter().any(|w| matches!(*w, "-0" | "-s0" | "-SIGNULL"));
    match program {
        "killall" if zero => Some("`killall -0`"),
        "kill" if zero => Some("`kill -0`"),
        "pkill" if zero => Some("`pkill -0`"),
        "pidof" => Some("`pidof`"),
        "pgrep" => Some("`pgrep`"),
        "systemctl" if rest.contains(&"is-active") || rest.contains(&"status") => Some("`systemctl`"),
        _ => None,
    }
}
