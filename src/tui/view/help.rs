//! The keys, from their table, and how to read the first screen.

use ratatui::text::{Line, Span};

use super::text::wrap;
use super::theme::Theme;
use crate::tui::app::{App, Kind};
use crate::tui::keymap::KEYS;

/// What the columns and marks mean.
const LEGEND: &[(&str, &str)] = &[
    (">  !", "the selected virtual router; one with a warning, or without exactly one master"),
    ("master", "who sends adverts; two are named when both do, and none when nobody does"),
    ("next advert", "full when an advert has just been heard, empty when the next one is due"),
    ("failover in", "full when an advert has just been heard, empty when a backup takes over"),
    ("worst gap", "the longest silence between two adverts, of the silence a backup allows"),
    ("recent gaps", "the latest silences; full height is what a backup allows"),
    ("takes over", "3 × the advert interval + skew; skew is shorter the higher the priority"),
];

pub fn lines(app: &App, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let replay = matches!(app.kind, Kind::Replay { .. });
    let mut lines = Vec::new();
    let mut row = |name: &str, text: &str, style| {
        for (i, l) in wrap(text, columns.saturating_sub(16), 0).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            lines.push(Line::from(vec![Span::styled(format!(" {name:<13}"), style), Span::raw(l)]));
        }
    };
    for b in KEYS.iter().filter(|b| replay || !b.replay_only) {
        row(b.label, b.help, theme.key());
    }
    row("", "", theme.quiet());
    for (name, text) in LEGEND {
        row(name, text, theme.title());
    }
    lines
}
