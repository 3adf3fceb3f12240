//! `checksum-dialect`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::{Member, comparable};
use crate::wire::checksum::Form;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "checksum-dialect",
        title: "version 3 adverts over IPv4 are summed in a way that not every router accepts",
        text: "\
What it means
  RFC 5798 was read in two ways: keepalived, FRR and Cisco sum a pseudo-header of the IPv4 addresses, others the message
  alone, which RFC 9568 made the rule. keepalived up to 1.3.6 used the group's address in unicast adverts. A receiver of
  another dialect discards the adverts («Invalid VRRPv3 checksum»), and both become master.

How it is decided
  Each advert is checked in every form. Members that differ are critical; a single member that uses another form than
  keepalived's default is information.

What it can be confused with
  checksum-bad: no form matches. keepalived with `v3_checksum_as_v2` accepts any checksum, so trouble may be one-way.

How to confirm
  `hactl decode -v` names the form of each advert.

How to fix
  keepalived `v3_checksum_as_v2` (2.2.8 and later) or FRR `vrrp … checksum-with-ipv4-pseudoheader` to make them agree;
  `old_unicast_checksum` for peers older than 1.3.7, or better an upgrade.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        let mut differ = false;
        for (a, b) in pairs(group) {
            let (Some(x), Some(y)) = (a.form.value, b.form.value) else { continue };
            if x == y || !comparable(a, b, |m| &m.form) {
                continue;
            }
            differ = true;
            let message = format!(
                "{}: {} sums its adverts {} and {} {}; unless told otherwise each rejects the other's",
                group.id,
                a.addr,
                words(x),
                b.addr,
                words(y)
            );
            let fix =
                "Make them agree: keepalived v3_checksum_as_v2, FRR checksum-with-ipv4-pseudoheader, or an upgrade.";
            let f = Finding::new("checksum-dialect", Severity::Critical, message, fix).group(group.id);
            let note = |m: &Member| format!("{} sums {}", m.addr, m.form.value.map_or("in no known form", words));
            out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
        }
        if differ {
            continue;
        }
        for m in group.members.values() {
            let Some(form @ (Form::Plain | Form::PseudoHeaderGroup)) = m.form.value else { continue };
            let message = format!(
                "{}: {} sums its version 3 adverts {}; keepalived and FRR reject that unless told otherwise",
                group.id,
                m.addr,
                words(form)
            );
            let fix =
                "Nothing if all members are set up like this; otherwise v3_checksum_as_v2 on the keepalived side.";
            let f = Finding::new("checksum-dialect", Severity::Info, message, fix).group(group.id);
            out.push(with_last_adverts(f, &[(m, format!("{} sums {}", m.addr, words(form)))]));
        }
    }
}

fn words(form: Form) -> &'static str {
    match form {
        Form::Plain => "without a pseudo-header (RFC 9568)",
        Form::PseudoHeader => "with a pseudo-header (keepalived's and FRR's default)",
        Form::PseudoHeaderGroup => "with a pseudo-header that names the group (keepalived up to 1.3.6)",
    }
}
