//! `equal-priority`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};
use crate::wire::vrrp::{PRIORITY_OWNER, PRIORITY_RELEASE};

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "equal-priority",
        title: "members of one virtual router have the same priority",
        text: "\
What it means
  Whoever becomes master first stays it, and when two start together or a split heals the higher address wins. Which
  node serves is left to chance, backups of equal priority take over at the same instant, and a tracked check that
  lowers one to the other's priority changes nothing.

How it is decided
  Two members advertised the same priority (not 0, not 255) and neither has changed since the other was heard.

What it can be confused with
  A deliberate set-up without a preferred node; then it is harmless until two are backup at once.

How to confirm
  Compare `priority` and the weights of tracked scripts on all nodes: what is advertised is the effective priority.

How to fix
  Distinct priorities, far enough apart for the weights: 150 and 100 rather than 101 and 100.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            let p = a.priority.value;
            let equal = p == b.priority.value && !matches!(p, PRIORITY_RELEASE | PRIORITY_OWNER);
            if equal && comparable(a, b, |m| &m.priority) {
                let winner = if a.outranks(b) { a } else { b };
                let message = format!(
                    "{}: {} and {} have the same priority {p}; whoever is master first stays it, and in a tie {} wins by \
                     its address",
                    group.id, a.addr, b.addr, winner.addr
                );
                let fix = "Give every member its own priority, further apart than the weights of its checks.";
                let f = Finding::new("equal-priority", Severity::Warning, message, fix).group(group.id);
                let note = |m: &Member| format!("{} sends priority {p}", m.addr);
                out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
            }
        }
    }
}
