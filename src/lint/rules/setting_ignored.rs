//! `setting-ignored`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "setting-ignored",
        title: "a setting that does not go with another one",
        text: "\
What it is
  An instance has a setting that has no meaning beside another one: `mcast_dst_ip` with unicast peers, `vrf` with an
  interface, `vmac_xmit_base` without `use_vmac`, `promote_secondaries` with a virtual MAC, or `use_vmac` of an
  address whose instance has one already.

Why it hurts
  The line does nothing. Whoever wrote it expects something of it, and one of the two settings is probably a mistake:
  adverts that should go to a group go to peers, or the other way round.

Example
  vrrp_instance VI_1 {
      mcast_dst_ip 224.0.0.50    # not used: there are peers
      unicast_peer {
          192.168.1.12
      }
  }

What keepalived does
  Says «multicast destination specified with unicast - ignoring», «vmac_xmit_base is only valid with a vmac» and the
  like once everything is read, without a line, and goes on without the setting; `-t` exits 5.

How to fix
  Take the line out, or the one that it does not go with.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the line out, or the setting that it does not go with.",
    check: Check::Problems(&[Kind::SettingIgnored]),
};
