//! `nul-byte`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "nul-byte",
        title: "a NUL byte in the file",
        text: "\
What it is
  The file holds a byte of value 0. Usually it was saved as UTF-16, or damaged by a crash while it was written.

Why it hurts
  Versions read it differently: up to 2.3 the line ends at the byte and what follows is lost, from 2.4.0 on the byte
  is left out. In a file of UTF-16 every second byte is one.

Example
  priority 150<NUL>           # shown by `cat -v` as ^@

What keepalived does
  2.2.7 ends the line there without a word; 2.4 reports it, with the number of the line before.

How to fix
  Write the line again. `tr -d '\\0' < old > new` takes such bytes out, `iconv -f UTF-16 -t UTF-8` turns UTF-16 into
  text.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Save the file as plain text (UTF-8, no NUL bytes).",
    check: Check::Problems(&[Kind::NulByte]),
};
