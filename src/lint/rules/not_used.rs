//! `not-used`

use crate::conf::schema::{Entries, Takes};
use crate::conf::{How, Span, quote};
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};
use std::collections::HashSet;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "not-used",
        title: "a check that nothing uses",
        text: "\
What it is
  A `vrrp_script`, `track_file` or `vrrp_track_process` is in no `track_…` list of any instance or sync group.

Why it hurts
  It never runs. When what it was to watch fails, nothing happens. The name in the list may be spelt differently.

Example
  vrrp_script chk_nginx {
      script \"/usr/local/bin/check-nginx\"
  }
  vrrp_instance VI_1 {        # no track_script { chk_nginx }
      …
  }

What keepalived does
  Logs «Warning - script chk_nginx is not used»; `-t` says nothing.

How to fix
  `track_script { chk_nginx }` in the instance, or in its sync group. In files that several configurations include
  some checks may well be unused: then this is for information only.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Add its name to a `track_…` list, or take the block out.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let conf = &node.conf;
    let scripts = conf.scripts.iter().map(|s| ("script", "runs", &s.name, s.span));
    let files = conf.files.iter().map(|f| ("tracked file", "is looked at", &f.name, f.span));
    let processes = conf.processes.iter().map(|p| ("tracked process", "counts", &p.name, p.span));
    let all: Vec<(&str, &str, &String, Span)> = scripts.chain(files).chain(processes).collect();
    if all.is_empty() {
        return;
    }
    // Whatever stands first in a line of such a list, whether keepalived takes the line or not.
    let mut used: HashSet<&[u8]> = HashSet::new();
    for line in node.lines() {
        if line.keyword().is_some_and(|k| matches!(k.takes, Takes::List(Entries::Tracked(_)))) {
            used.extend(line.nodes().iter().filter_map(|l| l.words.first()).map(|w| &*w.text));
        }
    }
    for (what, does, name, span) in all.into_iter().filter(|(.., name, _)| !used.contains(name.as_bytes())) {
        let message = format!("nothing tracks the {what} {}: it never {does}", quote(name.as_bytes()));
        let shared = conf.sources.expansions(span).any(|e| e.how == How::Include);
        let say = found.say(message).at(n, span);
        found.push(if shared { say.severity(Severity::Info) } else { say });
    }
}
