//! What `--fix` changes, as a unified diff whose lines can be shown.

use std::io::{self, Write};

use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

use crate::report::printable;

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// A file before and after. Lines are compared as they are and shown as `shown` gives them, by their number from 1 and
/// whether it is of the new text.
pub fn write(
    out: &mut dyn Write,
    file: &str,
    texts: (&[u8], &[u8]),
    color: bool,
    shown: &mut dyn FnMut(u32, bool) -> String,
) -> io::Result<()> {
    let (old, new) = (lines(texts.0), lines(texts.1));
    let paint = |code: &str, line: String| if color { format!("\x1b[{code}m{line}\x1b[0m") } else { line };
    let file = printable(file);
    writeln!(out, "{}\n{}", paint("1", format!("--- {file}")), paint("1", format!("+++ {file}")))?;
    for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old, &new), AROUND) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |start: usize, end: usize| match end - start {
            1 => format!("{}", start + 1),
            0 => format!("{start},0"),
            n => format!("{},{n}", start + 1),
        };
        let (o, n) = (
            range(first.old_range().start, last.old_range().end),
            range(first.new_range().start, last.new_range().end),
        );
        writeln!(out, "{}", paint("36", format!("@@ -{o} +{n} @@")))?;
        for op in group {
            if op.tag() == DiffTag::Equal {
                op.new_range().try_for_each(|i| writeln!(out, " {}", shown(i as u32 + 1, true)))?;
                continue;
            }
            op.old_range()
                .try_for_each(|i| writeln!(out, "{}", paint("31", format!("-{}", shown(i as u32 + 1, false)))))?;
            op.new_range()
                .try_for_each(|i| writeln!(out, "{}", paint("32", format!("+{}", shown(i as u32 + 1, true)))))?;
        }
    }
    Ok(())
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|b| *b == b'\n').collect()
}
