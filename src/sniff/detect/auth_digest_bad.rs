//! `auth-digest-bad`

use super::{Context, Detector, adverts, by_problem};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::wire::Problem;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "auth-digest-bad",
        title: "a digest does not match the key that was given",
        text: "\
What it means
  Routers with this key discard these adverts. The sender has another key, the advert was altered on the way, or the key
  given to hactl is not the routers'.

How it is decided
  With `--hmac-key` or `--ah-pass-file` the digest of each advert is computed anew. Without a key nothing is said.

What it can be confused with
  A typing error in the key given here: then every member's digest is bad.

How to confirm
  Is it bad for all members, or for one?

How to fix
  The same key on all members (`auth_hmac … key ID`, or `auth_pass` for AH).
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for problem in [Problem::HmacBad, Problem::AhIcvBad] {
        let what = if problem == Problem::HmacBad { "HMAC trailer" } else { "AH digest" };
        by_problem(observer, "auth-digest-bad", Severity::Critical, problem, out, |group, m, count| {
            (
                format!(
                    "{}: the {what} of {} from {} does not match the given key",
                    group.id,
                    adverts(count.times),
                    m.addr
                ),
                format!("Check the key on {}; if every member is reported, check the key given here.", m.addr),
            )
        });
    }
}
