//! `weight-nopreempt`

use crate::finding::{Page, Severity};
use crate::lint::cluster::Cluster;
use crate::lint::weights::{Outcome, report};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-nopreempt",
        title: "a weighted check of the master, and `nopreempt` on all that could take over",
        text: "\
What it is
  A check lowers the master's priority below that of its rivals, but those have `nopreempt`.

Why it hurts
  `nopreempt` means: do not take over from a live master with a lower priority. That is just what the weight makes of
  the master. The addresses stay where the service is broken, however large the weight is.

Example
  a.conf: priority 102, a check with weight -20
  b.conf: priority 100, nopreempt     82 is below 100, and b takes it all the same

What keepalived does
  With `nopreempt` a backup accepts adverts of every priority but 0.

How to fix
  Leave the weight out: a failure is then a FAULT, in which the master gives up («priority 0») and `nopreempt` does not
  matter. Or take `nopreempt` from the node that is to take over. To keep a node that comes back from taking over again,
  `nopreempt` is needed on that node, the one with the highest priority, only.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Leave the weight out, or nopreempt on the node that is to take over.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    report(cluster, Outcome::NoPreempt, found);
}
