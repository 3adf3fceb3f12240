//! `ipv6-version`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "ipv6-version",
        title: "strict mode knows no IPv6 in version 2",
        text: "\
What it is
  The instance is one of IPv6 addresses and in strict mode, and says `version 2`, which the RFCs have for IPv4 only.

Why it hurts
  keepalived uses version 3: the instance works, but the setting is not in force. A peer that is not strict keeps to
  its `version 2`; neither understands the other, and both become master.

Example
  vrrp_instance VI_6 {
      strict_mode
      version 2
      virtual_ipaddress {
          fe80::10
      }
  }

What keepalived does
  Says «cannot use IPv6 with VRRP version 2; setting version 3», without a line; `-t` exits 5. Without strict mode it
  sends version 2 over IPv6, which other routers than keepalived do not know. Behind the addresses or `native_ipv6` it
  passes over the line (see already-set).

How to fix
  Take the line out on all nodes. `vrrp_version` in `global_defs` does not concern IPv6 instances.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write `version 3`, or take the line out: 3 is the default for IPv6.",
    check: Check::Problems(&[Kind::Ipv6Version]),
};
