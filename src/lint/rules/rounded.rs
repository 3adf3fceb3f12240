//! `rounded`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "rounded",
        title: "an advert_int that adverts cannot say is rounded",
        text: "\
What it is
  Adverts of version 2 give their interval in whole seconds, those of version 3 in hundredths of a second up to 40.95
  s. The value is between two of those, or beyond them.

Why it hurts
  Failing over does not take the time that was planned: `advert_int 0.3` in version 2 is 1 s, and a dead master is
  noticed after about 3.6 s instead of 1.5 s. In version 2 nodes with different intervals reject each other's adverts,
  and both become master; so the same number written on all nodes is still safe.

Example
  vrrp_instance VI_1 {
      advert_int 0.3          # 1 s in version 2
  }

What keepalived does
  Says «VRRPv2 advertisement interval 0.300000s must be an integer. rounding», without a line; `-t` exits 5. Half a
  second and more is rounded up, and nothing becomes less than 1 s (0.01 s in version 3).

How to fix
  For less than a second write `version 3` (or `vrrp_version 3` in `global_defs`) on all nodes at the same time: the
  versions do not understand each other.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write what keepalived makes of it, or use `version 3` on all nodes for shorter intervals.",
    check: Check::Problems(&[Kind::Rounded]),
};
