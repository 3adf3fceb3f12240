//! `notify-user`

use crate::conf::{model::Notify, quote};
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "notify-user",
        title: "the second word of a notify line is a user",
        text: "\
What it is
  A `notify…` line takes the command with its arguments in quotes, then a user and a group to run it as. What stands
  in the user's place here is no user's name, or there are more than three words.

Why it hurts
  keepalived takes the script out and never runs it, and `keepalived -t` says nothing. What the script was to do at a
  takeover, such as moving an elastic address or telling somebody, does not happen.

Example
  notify_master /etc/keepalived/notify.sh master    # runs as user «master»

What keepalived does
  Logs «Script user 'master' does not exist» and «Invalid user/group for notify script … - ignoring» at the start
  only.

How to fix
  `notify_master \"/etc/keepalived/notify.sh master\"`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Put the command and its arguments into double quotes; the user, then the group, follow it.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let instances = node.run.instances.iter().flat_map(|i| &i.notify);
    for notify in instances.chain(node.conf.groups.iter().flat_map(|g| &g.notify)) {
        let Some(user) = wrong(notify) else { continue };
        let message = format!(
            "keepalived takes {} for the user to run `{}` as; there is none, and it never runs",
            quote(user.as_bytes()),
            notify.on
        );
        found.push(found.say(message).at(n, notify.span));
    }
}

/// What stands in the place of a user and cannot be one.
fn wrong(notify: &Notify) -> Option<&str> {
    let [_, user, rest @ ..] = &notify.words[..] else { return None };
    let states = ["master", "backup", "fault", "stop", "notify", "start", "up", "down"];
    let no_user = |w: &str| {
        w.starts_with('-')
            || w.bytes().any(|b| matches!(b, b'/' | b'$' | b'%' | b'=' | b':' | b'@'))
            || w.bytes().any(|b| b.is_ascii_uppercase())
            || states.contains(&w)
            || w.parse::<std::net::IpAddr>().is_ok()
    };
    (no_user(user) || rest.len() > 1).then_some(user)
}
