//! `weight-zero`

use crate::conf::Span;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{members, plain};
use crate::lint::weights::written_weight;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-zero",
        title: "`weight 0` is written out, and does not mean that nothing happens",
        text: "\
What it is
  A tracked script, interface, process, file or BFD session has `weight 0`, which is the default but for files.

Why it hurts
  It does not, if it is meant: a failure is then a FAULT. The instance gives the addresses up at once, whatever the
  priorities are, and stays out until the check passes. Who took 0 for «no points, no effect» gets the strongest effect
  there is. If the check fails on all nodes, no one has the addresses.

Example
  vrrp_script chk {
      script \"/usr/local/bin/chk\"
      weight 0
  }

What keepalived does
  «Entering FAULT STATE» when it fails.

How to fix
  Leave the line out to say what it does anyway, or give a weight other than 0 to change the priority only.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Leave it if a failure is to be a FAULT; else give a weight other than 0.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let mut said: Vec<Span> = Vec::new();
    for member in members(n, node) {
        let own = member.run.track.iter().map(|t| (t, false));
        let shared = member.group().into_iter().flat_map(|g| &g.track).map(|t| (t, true));
        for (track, grouped) in own.chain(shared).filter(|(t, _)| t.weight == 0 && !t.implied) {
            // It may be the default, or what a sync group made of another weight.
            let Some(weight) = written_weight(&member, track, grouped).filter(|w| w.value == 0) else { continue };
            let span = weight.span;
            if said.contains(&span) {
                continue;
            }
            said.push(span);
            let name = plain(&track.name);
            let message =
                format!("weight 0 makes a failure of {name} a FAULT: the addresses leave, whatever the priorities are");
            found.push(found.say(message).at(n, span));
        }
    }
}
