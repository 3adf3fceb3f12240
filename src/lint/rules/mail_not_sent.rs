//! `mail-not-sent`

use crate::conf::tree::Node as Line;
use crate::conf::value::Value;
use crate::finding::{Page, Severity};
use crate::lint::look::is;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "mail-not-sent",
        title: "mails that nobody will get",
        text: "\
What it is
  keepalived mails when `smtp_server` and `notification_email` are set in `global_defs` and `smtp_alert` is on. One of
  the three is missing.

Why it hurts
  Somebody expects to be told of a takeover by mail and is not. VRRP instances do not mail by themselves: `smtp_alert`
  is off for them, as in many sample configurations that have addresses and a server all the same.

Example
  global_defs {
      notification_email {
          ops@example.com
      }
      smtp_server 127.0.0.1
  }                           # and no smtp_alert anywhere

What keepalived does
  Sends nothing, and says nothing.

How to fix
  `smtp_alert` in the instance or group, or `smtp_alert_vrrp` in `global_defs` for all. Something that listens on port
  25 of `smtp_server` is needed as well: a `notify` script that calls your own tools is more usual now.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Say `smtp_alert` in the instance, and `smtp_server`, `notification_email` in `global_defs`; or take them out.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let on = |l: &Line| matches!(l.value, Some(Value::Bool(true) | Value::Present));
    let alerts = |name: &'static str| node.globals().filter(move |l| is(l, name));
    let server = alerts("smtp_server").next();
    let mails = alerts("notification_email").next();
    let asked = ["smtp_alert_vrrp", "smtp_alert"].iter().find_map(|k| alerts(k).find(|l| on(l)));
    let own = node
        .conf
        .tree
        .iter()
        .filter(|b| b.keyword().is_some_and(|k| matches!(k.name, "vrrp_instance" | "vrrp_sync_group")));
    let asked = asked.or_else(|| own.flat_map(Line::nodes).find(|l| is(l, "smtp_alert") && on(l)));
    // Real servers mail by themselves.
    let servers = node.conf.tree.iter().any(|b| is(b, "virtual_server"));
    let (line, message, level) = match (asked, server, mails) {
        (Some(line), None, _) => {
            (line, "`smtp_alert` sends no mail, because `global_defs` has no `smtp_server`", Severity::Warning)
        }
        (Some(line), Some(_), None) => {
            (line, "`smtp_alert` sends no mail, because `global_defs` has no `notification_email`", Severity::Warning)
        }
        (None, _, Some(line)) if !servers && !node.conf.instances.is_empty() => {
            (line, "nobody gets a mail of a takeover: `smtp_alert` is off in all instances", Severity::Info)
        }
        _ => return,
    };
    found.push(found.say(message).severity(level).at(n, line.span()));
}
