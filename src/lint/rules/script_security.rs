//! `script-security`

use crate::finding::{Page, Severity};
use crate::lint::look::is;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-security",
        title: "scripts run without enable_script_security",
        text: "\
What it is
  The configuration runs scripts, and `global_defs` does not say `enable_script_security`.

Why it hurts
  keepalived then runs a script as root even when somebody else can write it or a directory on its path: whoever can
  write there is root. `keepalived -t` calls it a violation and exits 6, which stops deployments that test with it,
  and hides the exit status of other errors.

Example
  vrrp_script chk_web {
      script \"/home/deploy/check-web\"
  }

What keepalived does
  Says «SECURITY VIOLATION - scripts are being executed but script_security not enabled.» and runs them; `-t` exits 6.

How to fix
  In `global_defs`, above the scripts:
      enable_script_security
      script_user keepalived_script
  and create that user, or name root when the scripts need it. Then keepalived takes out scripts that others than root
  can change and that would run as root: look at the owner and mode of each directory on the way.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Add `enable_script_security` and `script_user` to `global_defs`.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    if node.conf.global.script_security.is_some() {
        return;
    }
    let scripts = node.conf.scripts.iter().filter_map(|s| s.command.as_ref().map(|c| c.span));
    let notify =
        node.run.instances.iter().flat_map(|i| &i.notify).chain(node.conf.groups.iter().flat_map(|g| &g.notify));
    let global = node.globals().filter(|l| {
        ["startup_script", "shutdown_script", "notify_fifo_script", "vrrp_notify_fifo_script"].iter().any(|k| is(l, k))
    });
    let all = scripts.chain(notify.map(|s| s.span)).chain(global.map(crate::conf::tree::Node::span));
    let Some(first) = all.min() else { return };
    let message = "scripts run without `enable_script_security`: `keepalived -t` exits 6, and scripts that others can \
                   change run as root";
    found.push(found.say(message).at(n, first));
}
