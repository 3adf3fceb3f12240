//! `script-arguments`

use crate::conf::quote;
use crate::conf::schema::Place;
use crate::finding::{Page, Severity};
use crate::lint::look::is;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "script-arguments",
        title: "an unquoted command loses its arguments",
        text: "\
What it is
  `script` takes one word: the command with its arguments, in quotes. More words follow it.

Why it hurts
  keepalived runs the command without them. `/usr/bin/killall -0 nginx` unquoted is `/usr/bin/killall`, which always
  fails: without a weight the instance is in FAULT for ever, with one its priority never is what was meant. A `curl`
  without its URL fails as well; `/bin/true`, `test` and their like may always succeed.

Example
  vrrp_script chk_nginx {
      script /usr/bin/killall -0 nginx    # \"/usr/bin/killall -0 nginx\"
  }

What keepalived does
  No message but that the script fails. (In `notify_…` lines the second word is a user, see notify-user.)

How to fix
  `script \"/usr/bin/killall -0 nginx\"`. A user to run it as is said with `user NAME` on a line of its own.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Put the command and its arguments into double quotes.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for block in node.blocks(Place::Script) {
        for line in block.nodes().iter().filter(|l| is(l, "script")) {
            let [_, command, rest @ ..] = &line.words[..] else { continue };
            let (Some(first), Some(last)) = (rest.first(), rest.last()) else { continue };
            let name = block.words.get(1).map(|w| quote(&w.text)).unwrap_or_default();
            let span = node.conf.sources.join(first.span, last.span);
            // A user's name behind a whole command is only superfluous.
            let whole = command.text.contains(&b' ') || rest.iter().all(|w| w.is("root") || w.is("keepalived_script"));
            found.push(if whole {
                let message = format!("nobody reads the words behind the command of {name}");
                found
                    .say(message)
                    .severity(Severity::Warning)
                    .fix("Write `user NAME` on a line of its own.")
                    .at(n, span)
            } else {
                let message = format!(
                    "{name} runs {} without its arguments: only what stands in quotes belongs to the command",
                    quote(&command.text)
                );
                found.say(message).at(n, span)
            });
        }
    }
}
