//! `program-unusable`

use crate::finding::{Page, Severity};
use crate::lint::look::Program;
use crate::lint::{Check, Context, Found, Host, Node, Rule, Trouble};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "program-unusable",
        title: "a program that keepalived cannot run on this host",
        text: "\
What it is
  A script, notify script or `misc_path` names a program that is not there, is no regular file, that nobody may
  execute, or that the kernel cannot start: a script without a `#!` line, or with one that names an interpreter that is
  not there. An editor of another system leaves a carriage return at the end of that line, and `/bin/sh\\r` is nowhere.
  Found with `--host` only, which looks at this host.

Why it hurts
  A check whose program is missing is taken out: nothing is tracked, and a dead service moves nothing. A check that
  may not be executed fails each time: without a weight the instance is in FAULT, and never becomes master. A check that
  cannot be started is the worst: each run of it counts as a success, so it is always good. A notify script that is
  missing does not run at a takeover.

Example
  vrrp_script chk_web {
      script \"/usr/local/bin/check-web\"   # not installed on this node
  }

What keepalived does
  Says «Disabling track script chk_web since not found/accessible» and runs the instance without; `-t` exits 5. Of
  notify scripts it says nothing in `-t`. Of a check that cannot be started it says «VRRP_Script(chk_web) succeeded»
  (2.2.7), also where the script is removed while it runs.

How to fix
  Install it on every node, `chmod 755`, with a first line such as `#!/bin/sh` that ends without a carriage return
  (`sed -i 's/\\r$//' FILE`). A name without a directory is looked for in the directories of PATH that
  keepalived is started with; a whole path is safer.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Put the program there, as a file that its user may execute and the kernel can start.",
    check: Check::Host(check),
};

fn check(n: usize, node: &Node, host: &dyn Host, _: &Context<'_>, found: &mut Found) {
    for Program { what, command, span, check, .. } in node.programs() {
        let Some(trouble) = host.program(command) else { continue };
        let does = match (&trouble, check) {
            (Trouble::Missing(_) | Trouble::NotAFile(_), true) => {
                "keepalived does not track it, and its failure moves nothing"
            }
            (Trouble::NotExecutable(_), true) => "it fails each time",
            (Trouble::NotStartable { .. }, true) => "keepalived takes each run of it for a success, and says nothing",
            (
                Trouble::Missing(_) | Trouble::NotAFile(_) | Trouble::NotExecutable(_) | Trouble::NotStartable { .. },
                false,
            ) => "it never runs",
            (Trouble::Insecure { .. } | Trouble::Link(_), _) => continue,
        };
        let say = found.say(format!("{what}: {trouble}; {does}")).at(n, span);
        found.push(if check { say } else { say.severity(Severity::Warning) });
    }
}
