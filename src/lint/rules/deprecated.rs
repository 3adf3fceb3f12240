//! `deprecated`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "deprecated",
        title: "an old name of a keyword",
        text: "\
What it is
  The keyword has been renamed. keepalived still takes the old name.

Why it hurts
  Nothing is wrong today. Where `keepalived -t` guards a deployment, some old names make it exit 5, and a later
  version may not know them at all.

Example
  vrrp_instance VI_1 {
      vmac_garp_intvl 5       # now: garp_extra_if 5
  }

What keepalived does
  Takes the line as if the new name were written. For some names it logs «Keyword \"…\" is deprecated - please use \"…\"»
  and `-t` exits 5, others it takes silently.

How to fix
  Write the new name, which takes the same arguments. Nodes that run an older keepalived must know it too.

Since
  Every version; which names are old depends on the version.
",
    },
    severity: Severity::Info,
    fix: "Write the new name.",
    check: Check::Problems(&[Kind::Deprecated, Kind::OldName]),
};
