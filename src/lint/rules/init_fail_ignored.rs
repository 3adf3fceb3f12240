//! `init-fail-ignored`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "init-fail-ignored",
        title: "init_fail has no effect",
        text: "\
What it is
  `init_fail` is meant to have a script count as failed until its first run says otherwise. Using the script in a
  `track_script` list sets its state anew, so that the word is lost.

Why it hurts
  Little hurts: without a weight the instance waits in FAULT for the first result anyway; with a weight nothing is
  added or taken until then. But the file says something that does not happen.

Example
  vrrp_script chk_web {
      script \"/usr/local/bin/check-web\"
      init_fail
  }

What keepalived does
  Takes the word, and begins with «no result yet». The first run starts at once; one failure makes the script bad,
  whatever `fall` says, and one success makes it good.

How to fix
  Take it out. To keep a node from taking over before its services run, track the script without a weight.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Take `init_fail` out.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for script in &node.conf.scripts {
        let Some(said) = script.init_fail else { continue };
        let message = format!("`init_fail` has no effect: {} begins without a result", quote(script.name.as_bytes()));
        found.push(found.say(message).at(n, said.span).edit(said.span, ""));
    }
}
