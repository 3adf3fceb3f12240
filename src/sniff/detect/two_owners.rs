//! `two-owners`

use super::{Context, Detector, pairs, with_last_adverts};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::member::comparable;
use crate::wire::vrrp::PRIORITY_OWNER;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "two-owners",
        title: "two routers claim to own the addresses (priority 255)",
        text: "\
What it means
  Priority 255 says: these addresses are my own interface's. Only one router can say so (RFC 5798 §5.2.4). An owner
  ignores other masters or fights them, so both may stay master.

How it is decided
  Two members of one virtual router advertised priority 255.

What it can be confused with
  A deliberate change of owner: then the first one's priority changes.

How to confirm
  `grep -n -e priority -e state keepalived.conf` on both. `state MASTER` without a priority means 255 to keepalived.

How to fix
  Give 255 to the router that really has the address on its interface, or to none; 254 is enough to be preferred.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        for (a, b) in pairs(group) {
            let owners = a.priority.value == PRIORITY_OWNER && b.priority.value == PRIORITY_OWNER;
            if owners && comparable(a, b, |m| &m.priority) {
                let message =
                    format!("{}: {} and {} both claim to own the addresses (priority 255)", group.id, a.addr, b.addr);
                let fix = "Set a priority below 255 on all but the router that has the address on its interface; \
                           `state MASTER` without a priority means 255.";
                let f = Finding::new("two-owners", Severity::Critical, message, fix).group(group.id);
                let note = |m: &crate::sniff::Member| format!("{} sends priority 255", m.addr);
                out.push(with_last_adverts(f, &[(a, note(a)), (b, note(b))]));
            }
        }
    }
}
