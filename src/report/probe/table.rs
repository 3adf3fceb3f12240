//! Many addresses as a table, failures first.

use comfy_table::{ContentArrangement, Table, presets};

use super::{line, time};
use crate::probe::{Checked, Level, Wanted};

/// More failures than this help nobody; the rest is counted.
const MOST_FAILURES: usize = 200;

/// What is well is shown only as long as it fits a screen.
const MOST_OK: usize = 20;

/// Sorts what is worst first; what is equally bad stays in its order.
pub fn worst_first<'a>(checked: &'a [Checked], wanted: &Wanted) -> Vec<(Level, &'a Checked)> {
    let mut rows: Vec<(Level, &Checked)> = checked.iter().map(|c| (c.level(wanted), c)).collect();
    rows.sort_by_key(|r| std::cmp::Reverse(r.0));
    rows
}

/// A table for a terminal or a pipe `width` columns wide.
pub fn table(checked: &[Checked], wanted: &Wanted, width: u16, all: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(vec!["", "check", "target", "time", "what"]);
    let (mut failures, mut good) = (0, 0);
    let mut left_out = (0, 0);
    for (level, c) in worst_first(checked, wanted) {
        let (n, most, out) = if level == Level::Ok {
            (&mut good, MOST_OK, &mut left_out.1)
        } else {
            (&mut failures, MOST_FAILURES, &mut left_out.0)
        };
        if *n >= most && !all {
            *out += 1;
            continue;
        }
        *n += 1;
        let took = c.time().map_or_else(|| "-".to_owned(), time);
        table.add_row(vec![
            level.word().to_owned(),
            c.outcome.kind.to_owned(),
            line::place(&c.outcome),
            took,
            line::sentence(c, wanted, false),
        ]);
    }
    let mut lines: Vec<String> = table.lines().map(|l| l.trim_end().to_owned()).collect();
    for (n, what) in [(left_out.0, "failures"), (left_out.1, "that are OK")] {
        if n > 0 {
            lines.push(format!("and {n} more {what} (-v shows all)"));
        }
    }
    // What each kind of failure usually means, once.
    let mut told: Vec<&str> = Vec::new();
    for reason in checked.iter().filter_map(|c| c.outcome.result.as_ref().err()) {
        if !wanted.failure && !told.contains(&reason.id) {
            told.push(reason.id);
            lines.push(format!("{}: usually {}", reason.id, reason.usually));
        }
    }
    lines.join("\n")
}
