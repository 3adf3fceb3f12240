//! `script-stops-keepalived`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::script_lines;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-stops-keepalived",
        title: "a script stops keepalived",
        text: "\
What it is
  The command, or with `--host` the text of the script, stops or kills keepalived itself, so that the other node takes
  over.

Why it hurts
  The takeover works, and then there is no way back: with keepalived stopped nothing looks whether the service has
  recovered. The node stays out until somebody starts keepalived by hand, and the next failure, on the other node, has
  nobody to take over. When keepalived is restarted by systemd, the two work against each other.

Example
  vrrp_script chk_nginx {
      script \"/opt/nginx_pid.sh\"      # … || killall keepalived
  }

What keepalived does
  Stops as it is told: one advert of priority 0, and the other node takes over after its skew.

How to fix
  `exit 1` instead. Without a weight the instance goes into FAULT and gives the addresses up, and comes back when the
  check succeeds again; with a weight its priority drops, which must be enough to fall below the other node's.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Let the script exit with 1 when the check fails; keepalived itself hands over.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, context: &Context<'_>, found: &mut Found) {
    let scripts = node.conf.scripts.iter().filter_map(|s| Some((quote(s.name.as_bytes()), s.command.as_ref()?)));
    for (name, command) in scripts {
        let stops = script_lines(&command.value, context).into_iter().find(|(_, text)| stops_keepalived(text));
        let Some((line, _)) = stops else { continue };
        let place = line.map_or(String::new(), |line| format!(" in line {line} of its script"));
        let message = format!("{name} stops keepalived{place}: after a failure this node cannot come back by itself");
        found.push(found.say(message).at(n, command.span));
    }
}

/// Whether a line of a script stops or kills keepalived.
fn stops_keepalived(line: &str) -> bool {
    let parts = line.split(['|', ';', '&', '(', ')', '\'', '"', '`']);
    parts.into_iter().any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let Some(at) = words.iter().position(|w| w.contains("keepalived")) else { return false };
        let verb = |w: &&str| w.rsplit('/').next().unwrap_or_default().to_owned();
        let before: Vec<String> = words.iter().take(at + 1).map(verb).collect();
        let has = |word: &str| before.iter().any(|b| b == word);
        let quiet = words.iter().any(|w| matches!(*w, "-0" | "-l" | "-HUP" | "-1" | "-USR1" | "-USR2" | "-s0"));
        let kills = ["killall", "pkill", "kill", "skill"].iter().any(|k| has(k)) && !quiet;
        let controls = has("systemctl") && (has("stop") || has("kill") || has("disable"))
            || (has("service") || words.get(at).is_some_and(|w| w.contains("init.d/")))
                && words.iter().skip(at).any(|w| *w == "stop");
        kills || controls
    })
}
