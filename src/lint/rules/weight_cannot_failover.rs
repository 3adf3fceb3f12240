//! `weight-cannot-failover`

use crate::finding::{Page, Severity};
use crate::lint::cluster::Cluster;
use crate::lint::weights::{Outcome, report};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-cannot-failover",
        title: "a failing check leaves the master above its rival",
        text: "\
What it is
  A weighted check of the master changes its priority by less than what lies between it and its rival. With three and
  more nodes the rival is the best of the others.

Why it hurts
  The check fails, the priority changes, and the addresses stay where the service is broken.

Example
  a.conf: priority 150, weight -20    150 → 150-20=130 when the check fails
  b.conf: priority 100                100 is below 130: nothing moves
  What a priority comes to is cut to 1 to 254 at the end: 250 with weight 20 is 254, not 270.
  A sync group moves as a whole: a check of one member leaves the others' priorities where they are, and so the group.

What keepalived does
  A backup's timer is restarted by every advert whose priority is not below its own. An owner's 255 never changes.

How to fix
  A weight larger than the difference of the priorities, or priorities closer than the weight; the message names the
  numbers that work. Or leave the weight out: a failure is then a FAULT, which gives the addresses up whatever the
  priorities are. Where only several failures together are to move the addresses, this is a note without weight.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Choose a weight larger than the difference of the priorities.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    report(cluster, Outcome::Above, found);
}
