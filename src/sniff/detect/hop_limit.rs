//! `hop-limit`

use super::{Context, Detector, adverts, by_problem};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::wire::Problem;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "hop-limit",
        title: "multicast adverts arrive with a TTL or hop limit other than 255",
        text: "\
What it means
  255 proves that a packet crossed no router. Receivers discard anything else, so these adverts elect nobody: either a
  router, tunnel or proxy forwards them, somebody forges them, or the sender is misconfigured and its backups take over.

How it is decided
  The TTL (hop limit) of adverts to the group is not 255. Unicast adverts may have any.

What it can be confused with
  unicast adverts over several hops, which keepalived accepts unless `check_unicast_src` or `min_ttl` says otherwise.

How to confirm
  Compare the source MAC with the sender's own: another one is the router that forwarded it.

How to fix
  Keep 224.0.0.18 and ff02::12 out of multicast routing, mDNS-style reflectors and tunnels.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    by_problem(observer, "hop-limit", Severity::Warning, Problem::TtlNot255, out, |group, m, count| {
        let mac = m.macs.first().map_or(String::new(), |mac| format!(" (from {mac})"));
        (
            format!(
                "{}: {} from {}{mac} arrived with TTL {} instead of 255: they crossed a router or are forged, and \
                 receivers discard them",
                group.id,
                adverts(count.times),
                m.addr,
                m.odd_ttl.unwrap_or(0)
            ),
            "Find what forwards or forges them: the source MAC is its last hop.".into(),
        )
    });
}
