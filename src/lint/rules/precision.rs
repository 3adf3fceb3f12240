//! `precision`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "precision",
        title: "more decimal places than count",
        text: "\
What it is
  The number has more decimal places than keepalived keeps: six for seconds, three for the times of scripts and for
  the milliseconds of BFD.

Why it hurts
  The value is rounded, so that it is not exactly the one written. That changes little, but `keepalived -t` fails.

Example
  vrrp_instance VI_1 {
      advert_int 1.0000001
  }

What keepalived does
  Says «number '1.0000001' has too many decimal places», rounds and goes on; `-t` exits 5.

How to fix
  Write no more places than count. What an advert can say is coarser still: whole seconds in version 2, hundredths of
  a second in version 3.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Leave out the decimal places that do not count.",
    check: Check::Problems(&[Kind::Precision]),
};
