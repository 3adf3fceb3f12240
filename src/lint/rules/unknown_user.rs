//! `unknown-user`

use crate::conf::quote;
use crate::finding::{Page, Severity};
use crate::lint::look::Program;
use crate::lint::{Check, Context, Found, Host, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unknown-user",
        title: "a user or group that this host does not have",
        text: "\
What it is
  `user` of a script, `script_user`, or the words behind a command name a user or group that is not on this host.
  Found with `--host` only.

Why it hurts
  keepalived takes the script out: a check then tracks nothing, and a dead service moves nothing; a notify script does
  not run. Of notify scripts `keepalived -t` says nothing.

Example
  vrrp_script chk_web {
      script \"/usr/local/bin/check-web\"
      user nagios
  }

What keepalived does
  Says «Script user 'nagios' does not exist» and leaves the script out.

How to fix
  `useradd --system nagios` on every node, or another user. Users that come from a directory service are not looked up
  here: then nothing is wrong.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Create the user, or name one that is there.",
    check: Check::Host(check),
};

fn check(n: usize, node: &Node, host: &dyn Host, _: &Context<'_>, found: &mut Found) {
    let missing = |words: &[String]| {
        let user = words.first().filter(|u| !host.user(u)).map(|u| format!("user {}", quote(u.as_bytes())));
        user.or_else(|| words.get(1).filter(|g| !host.group(g)).map(|g| format!("group {}", quote(g.as_bytes()))))
    };
    if let Some(said) = &node.conf.global.script_user
        && let Some(who) = missing(&said.value)
    {
        let message = format!("there is no {who} on this host; scripts do not run as that");
        let unseen = "Whether a directory service knows the name.";
        found.push(found.say(message).severity(Severity::Warning).likely(unseen).at(n, said.span));
    }
    for Program { what, user, span, check, .. } in node.programs() {
        let Some(who) = missing(user) else { continue };
        let does = if check {
            "keepalived does not track it, and its failure moves nothing"
        } else {
            "keepalived does not run it"
        };
        let unseen = "Whether a directory service knows the name.";
        let say = found.say(format!("{what}: there is no {who} on this host; {does}")).likely(unseen).at(n, span);
        found.push(if check { say } else { say.severity(Severity::Warning) });
    }
}
