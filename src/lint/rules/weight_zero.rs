//! `weight-zero`

use std::collections::{HashMap, HashSet};

use crate::conf::Span;
use crate::conf::model::Set;
use crate::finding::{Page, Severity};
use crate::lint::cluster::plain;
use crate::lint::{Check, Context, Found, Node, Rule};
use crate::vrrp::track::Kind;

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
    let conf = &node.conf;
    let scripts = conf.scripts.iter().map(|s| (Kind::Script, &s.name, s.weight));
    let processes = conf.processes.iter().map(|p| (Kind::Process, &p.name, p.weight));
    let files = conf.files.iter().map(|f| (Kind::File, &f.name, f.weight));
    let bfds = conf.bfds.iter().map(|b| (Kind::Bfd, &b.name, b.weight));
    let defined: HashMap<(Kind, &str), Span> = scripts
        .chain(processes)
        .chain(files)
        .chain(bfds)
        .filter_map(|(kind, name, weight)| Some(((kind, name.as_str()), zero(weight)?)))
        .collect();
    let mut said: HashSet<Span> = HashSet::new();
    for trackers in conf.instances.iter().map(|i| &i.track).chain(conf.groups.iter().map(|g| &g.track)) {
        let lists = [
            (Kind::Script, &trackers.scripts),
            (Kind::Interface, &trackers.interfaces),
            (Kind::File, &trackers.files),
            (Kind::Process, &trackers.processes),
            (Kind::Bfd, &trackers.bfds),
        ];
        for (kind, track) in lists.iter().flat_map(|(kind, list)| list.iter().map(|t| (*kind, t))) {
            let name = track.name.value.as_str();
            let span = if track.weight.is_some() { zero(track.weight) } else { defined.get(&(kind, name)).copied() };
            let Some(span) = span.filter(|s| said.insert(*s)) else { continue };
            let name = plain(name);
            let message =
                format!("weight 0 makes a failure of {name} a FAULT: the addresses leave, whatever the priorities are");
            found.push(found.say(message).at(n, span));
        }
    }
}

/// Where a weight of 0 is written.
fn zero(weight: Set<i32>) -> Option<Span> {
    weight.filter(|w| w.value == 0).map(|w| w.span)
}
