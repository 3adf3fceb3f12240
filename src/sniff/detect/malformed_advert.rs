//! `malformed-advert`

use super::{Context, Detector, adverts, at};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "malformed-advert",
        title: "adverts that cannot be read",
        text: "\
What it means
  A packet says that it is VRRP but is cut, fragmented or impossible: too short for its address count, an unknown
  version, VRID 0. Receivers discard it.

How it is decided
  Layer, field and byte offset at which decoding had to stop are in the evidence; `hactl decode` shows each one.

What it can be confused with
  A capture with a short snap length (`tcpdump -s 60`): then the frame was whole on the wire, and the reason says so.

How to confirm
  Capture with `-s 0`. If it stays, look at the sender: a fuzzer, a scanner, a broken implementation.

How to fix
  Silence or update the sender.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for (src, b) in observer.broken() {
        let from = src.map_or_else(|| "senders that cannot be told".to_owned(), |s| s.to_string());
        let message = format!("{} from {from} cannot be read: {}", adverts(b.count.times), b.example);
        let f = Finding::new(
            "malformed-advert",
            Severity::Warning,
            message,
            "Capture whole frames (-s 0); then look at that sender.",
        );
        out.push(at(f, b.count.first, "the first one"));
    }
}
