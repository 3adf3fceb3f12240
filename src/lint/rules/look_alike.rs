//! `look-alike`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "look-alike",
        title: "a sign that only looks like one of the language",
        text: "\
What it is
  A full-width `｛`, `｝`, `＃` or `！`, a curly quote, a no-break or ideographic space, or a byte order mark, which an
  input method, a word processor or a web page has put in the place of the plain one.

Why it hurts
  keepalived takes it for a letter. The block does not begin, the comment is part of the value, the keyword with the
  odd blank before it is unknown. Nothing of it can be seen on a screen.

Example
  vrrp_instance VI_1 ｛

What keepalived does
  Complains of what becomes of the line: an unknown keyword, a bad number, a missing `{`, often in another line. In a
  word that may be anything it says nothing.

How to fix
  Write the plain sign. Copy configurations as plain text, and save them as UTF-8 without a byte order mark.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write the plain sign.",
    check: Check::Problems(&[Kind::LookAlike]),
};
