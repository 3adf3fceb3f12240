//! `auth-mismatch`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};
use crate::wire::auth::Auth;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "auth-mismatch",
        title: "members of one virtual router authenticate differently",
        text: "\
What it means
  Each discards the other's adverts («received an invalid passwd», «received a 1 auth, expecting 0»), takes it for dead,
  and both become master. keepalived without `auth_hmac` rejects a signed advert as too long.

How it is decided
  The authentication of two members differs in kind (none, PASS, AH, HMAC), or their passwords differ. Passwords are
  compared and never shown. HMAC key ids may differ: that is how keys are rotated.

What it can be confused with
  vrid-collision: somebody else's virtual router with its own password. A roll-out of `auth_hmac` in progress: nodes in
  mode `receive-only` or `permissive` accept unsigned adverts.

How to confirm
  Compare the `authentication` blocks. Only the first eight characters of `auth_pass` count, so two long passwords may
  be equal or differ only beyond them.

How to fix
  The same `auth_type` and `auth_pass` (or `auth_hmac` keys) on all members; both changed within one master-down
  interval, or with `nopreempt` and one node stopped.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            // Version 3 has no passwords: what differs then is the version.
            let versions =
                a.version.value == b.version.value || a.auth.value == Auth::Hmac || b.auth.value == Auth::Hmac;
            if a.auth.value == b.auth.value || !versions || !comparable(a, b, |m| &m.auth) {
                continue;
            }
            let how = match (a.auth.value, b.auth.value) {
                (Auth::Pass(_), Auth::Pass(_)) => "send different passwords".to_owned(),
                (x, y) => {
                    format!("authenticate differently ({} sends {}, {} sends {})", a.addr, kind(x), b.addr, kind(y))
                }
            };
            let message = format!("{}: {} and {} {how}; each rejects the other's adverts", group.id, a.addr, b.addr);
            let fix = "Make auth_type and auth_pass (first 8 characters) or the auth_hmac keys equal on both.";
            let f = Finding::new("auth-mismatch", Severity::Critical, message, fix).group(group.id);
            let note = |m: &Member| format!("{} sends authentication {}", m.addr, kind(m.auth.value));
            out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
        }
    }
}

fn kind(a: Auth) -> String {
    match a {
        Auth::None => "none".into(),
        Auth::Pass(_) => "PASS".into(),
        Auth::Ah => "AH".into(),
        Auth::Hmac => "HMAC".into(),
        Auth::Unknown(n) => format!("of the unknown type {n}"),
    }
}
