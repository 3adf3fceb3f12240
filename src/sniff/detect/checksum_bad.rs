//! `checksum-bad`

use super::{Context, Detector, adverts, by_problem};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::wire::Problem;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "checksum-bad",
        title: "adverts carry a checksum that no known way of computing gives",
        text: "\
What it means
  Receivers discard such adverts («Invalid VRRPv2 checksum»); over IPv6 their kernel does so silently. If the sender is
  the master, its backups will take over beside it.

How it is decided
  All forms in use were computed: the message alone, with a pseudo-header of the real addresses, and with one that names
  the group. None matches.

What it can be confused with
  checksum-dialect, where another form matches. Damage on the way: then only some adverts are bad.

How to confirm
  Capture on the sender: bad there too means the sender computes it wrongly, good there means the path damages it.
  keepalived with `v3_checksum_as_v2` and several unicast peers sends a wrong sum to all peers but the first.

How to fix
  Update the sender, or find the device that alters packets (NAT and DPI boxes rewrite addresses without the sum).
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    by_problem(observer, "checksum-bad", Severity::Warning, Problem::ChecksumBad, out, |group, m, count| {
        (
            format!(
                "{}: {} of {} from {} have a checksum that matches no known form; receivers discard them",
                group.id,
                count.times,
                adverts(m.adverts),
                m.addr
            ),
            format!(
                "Capture on {} itself: if it is wrong there too, update that daemon; if not, the path alters packets.",
                m.addr
            ),
        )
    });
}
