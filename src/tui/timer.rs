//! A timer that runs: full as it begins, empty as it ends, and what it is made of.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{bar, fit, left, right, width};
use super::theme::Theme;
use crate::report::describe::{duration, formula, interval, seconds3, worked};
use crate::time::Instant;
use crate::vrrp::{Armed, Timer};

/// Columns for the name of a timer.
pub const NAME: usize = 14;
/// Columns for what is left of a timer, with a blank on both sides.
const NUMBER: usize = 8;

fn bar_width(columns: usize) -> usize {
    (columns / 5).clamp(8, 40)
}

/// Columns beside the name, the bar and the number of a timer.
fn beside(columns: usize) -> usize {
    columns.saturating_sub(1 + NAME + 1 + bar_width(columns) + NUMBER)
}

/// A timer with its name and, in words, its whole length.
pub fn line(
    name: &str,
    (since, until): (Instant, Instant),
    now: Instant,
    of: &str,
    style: Style,
    columns: usize,
) -> Line<'static> {
    let remaining = until.since(now);
    let whole = until.since(since).max(Duration::from_micros(1));
    let bar = bar(remaining.as_secs_f64() / whole.as_secs_f64(), bar_width(columns));
    let number = if remaining.is_zero() { "due".to_owned() } else { duration(remaining) };
    let text = format!(" {} {of}", right(&number, NUMBER - 2));
    let room = NUMBER + beside(columns);
    Line::from(vec![
        Span::raw(format!(" {} ", left(name, NAME))),
        Span::styled(bar, style),
        Span::raw(fit(&text, room)),
    ])
}

/// The timer of a virtual router with this interval of its own: a master's, or a backup's with its arithmetic.
pub fn armed(a: Armed, advert_int: Duration, now: Instant, columns: usize, theme: Theme) -> Line<'static> {
    let (name, of, style) = match (a.timer, a.wait) {
        (Timer::Advert, _) => ("next advert", interval(advert_int), theme.good()),
        (_, Some(w)) if width(&worked(&w)) + 4 <= beside(columns) => ("master down", worked(&w), theme.title()),
        (_, Some(w)) => ("master down", formula(&w), theme.title()),
        (_, None) => ("timer", seconds3(a.until.since(a.since)), theme.title()),
    };
    line(name, (a.since, a.until), now, &format!("of {of}"), style, columns)
}

/// The time for which a lower master is let be.
pub fn preempt(until: Instant, delay: Duration, now: Instant, columns: usize, theme: Theme) -> Line<'static> {
    let of = format!("of {}, then it preempts", interval(delay));
    line("preempt delay", (until.before(delay), until), now, &of, theme.title(), columns)
}
