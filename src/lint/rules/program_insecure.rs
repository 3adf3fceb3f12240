//! `program-insecure`

use crate::finding::{Page, Severity};
use crate::lint::look::Program;
use crate::lint::{Check, Context, Found, Host, Node, Rule, Trouble};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "program-insecure",
        title: "a program that others than root can change",
        text: "\
What it is
  Somebody else than root can change a program that keepalived runs, or a directory that it lies in. Found with
  `--host` only, which looks at this host.

Why it hurts
  keepalived runs it as root unless a user is named: whoever can write it is root. With `enable_script_security`
  keepalived takes such a script out, so that a check tracks nothing. keepalived 2.4 also takes out a script with a
  symbolic link among the directories of its path.

Example
  # ls -l /opt/checks:  -rwxrwxr-x root staff check-web
  vrrp_script chk_web {
      script \"/opt/checks/check-web\"
  }

What keepalived does
  Says «Unsafe permissions found for script '…' - disabling» with `enable_script_security`, and only warns without.

How to fix
  `chown root`, `chmod go-w` for the file and each directory above it. On Debian `/usr/local/bin` belongs to the group
  staff, and may be writable for it. Or run the script as a user without rights: `user NAME`, or `script_user`.

Since
  Every version; links from 2.4 on.
",
    },
    severity: Severity::Warning,
    fix: "Make the program and each directory on its path root's, and writable by nobody else.",
    check: Check::Host(check),
};

fn check(n: usize, node: &Node, host: &dyn Host, context: &Context<'_>, found: &mut Found) {
    let secure = node.conf.global.script_security.is_some();
    let default = node.conf.global.script_user.as_ref().map_or(&[][..], |u| &u.value);
    for Program { what, command, user, span, check } in node.programs() {
        let Some(trouble) = host.program(command) else { continue };
        // Without a user scripts run as `keepalived_script`, where that is there, else as root.
        let user = user.first().or(default.first()).map(String::as_str);
        let root = user.map_or(!host.user("keepalived_script"), |u| u == "root");
        let taken_out = match &trouble {
            Trouble::Insecure { .. } if root => secure,
            Trouble::Link(_) if context.version.at_least(2, 4, 0) => true,
            _ => continue,
        };
        let does = match (taken_out, check) {
            (true, true) => "keepalived does not track it, and its failure moves nothing",
            (true, false) => "keepalived does not run it",
            (false, _) => "keepalived runs it as root",
        };
        let say = found.say(format!("{what}: {trouble}; {does}")).at(n, span);
        found.push(if taken_out && check { say.severity(Severity::Critical) } else { say });
    }
}
