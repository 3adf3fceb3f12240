//! `weight-tie`

use crate::finding::{Page, Severity};
use crate::lint::cluster::Cluster;
use crate::lint::weights::{Outcome, report};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-tie",
        title: "a failing check leaves a tie, and a tie moves nothing",
        text: "\
What it is
  When a weighted check of the master fails, the master's priority falls to exactly that of its rival.

Why it hurts
  A backup accepts adverts of an equal priority. The check fails, the priority changes, and the addresses stay where the
  service is broken.

Example
  a.conf: priority 102, weight 2      102+2=104 → 102 when the check fails
  b.conf: priority 100, weight 2      100+2=102, with its own check passing: equal does not take over
  A positive weight adds its points while the check passes, on both nodes; a negative one takes them when it fails. So
  102 with -2 falls to 100, which b's plain 100 does not beat either.

What keepalived does
  A backup's timer is restarted by every advert whose priority is not below its own.

How to fix
  Choose numbers such that the master is above its rival while all is well, and below it when the check fails: in the
  example a weight of 3 or more on both nodes, or priority 101 on b. Or leave the weight out: a failure is then a FAULT,
  which gives the addresses up whatever the priorities are; if the check fails on all nodes, no one has them.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Choose a weight that takes the master below its rival.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    report(cluster, Outcome::Tie, found);
}
