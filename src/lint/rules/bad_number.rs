//! `bad-number`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-number",
        title: "a value that is no number here, or one out of range",
        text: "\
What it is
  The value is not a number of the kind that the keyword takes, or it is too large or too small. Numbers are decimal:
  no unit (`1s`), no `0x`, and no fraction where whole numbers are wanted.

Why it hurts
  The value is not the one that runs. A bad `priority` becomes 100, which may be the other node's too; a bad
  `virtual_router_id` stays unset, and the instance is dropped; most other settings keep their default.

Example
  vrrp_instance VI_1 {
      priority 300            # at most 255
      advert_int 1s           # no unit
  }

What keepalived does
  Says «number '300' outside range [1, 255]» or «invalid number '1s'», then what it does instead, and starts; `-t`
  exits 5. What it does depends on the keyword, and the finding says it: pass over the line, use a fixed value
  (`priority` 100, `rise` and `fall` 1), or use the nearest possible.

How to fix
  `hactl explain keyword NAME` gives range, unit and default. Seconds may have decimal places (`0.5`) where that page
  says so.

Since
  Every version. `interval` and `timeout` of a `vrrp_script` take fractions from 2.2.8 on only.
",
    },
    severity: Severity::Warning,
    fix: "Write a number that the message gives as possible.",
    check: Check::Problems(&[Kind::BadNumber]),
};
