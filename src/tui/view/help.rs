//! The keys, from their table, and how to read the first screen.

use ratatui::text::Line;

use crate::tui::app::App;
use crate::tui::keymap::keys;
use crate::tui::parts;
use crate::tui::theme::Theme;

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
    parts::help(keys(app.kind), LEGEND, columns, Theme::new(app.color))
}
