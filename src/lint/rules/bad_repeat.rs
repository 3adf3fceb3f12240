//! `bad-repeat`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "bad-repeat",
        title: "a repetition that cannot be read",
        text: "\
What it is
  `~SEQ` or `~LST` is not followed by what it needs: a name and one to three numbers, or a name and a list of values,
  in parentheses.

Why it hurts
  The text of the repetition is not read at all: the instances or addresses that it was to make are not there.

Example
  ~SEQ(I, 9, 1, 1) 10.0.0.$I  # the step has the wrong sign

What keepalived does
  Says «Invalid ~SEQ specification», passes over the line and goes on; `-t` exits 5.

How to fix
  One number counts from 1 to it; two are first and last; three are first, step and last, the step with the sign of
  the direction. Values of `~LST` hold no blanks, commas or parentheses. Write `${I}` before `/` or `.`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Write ~SEQ(VAR, FIRST, LAST) text, or ~LST(VAR, A, B, C) text.",
    check: Check::Problems(&[Kind::BadRepeat]),
};
