//! The keys, from their table, and how to read the first screen.

use ratatui::text::Line;

use crate::tui::parts;
use crate::tui::speak::keymap::keys;
use crate::tui::theme::Theme;

/// What the words and marks mean.
const LEGEND: &[(&str, &str)] = &[
    ("[ BACKUP ]", "the present state; a heavy line is the way it came there last"),
    ("master down", "runs out when no advert is accepted any more; an accepted one fills it again"),
    ("next advert", "runs out when this router, as master, sends its next advert"),
    ("skew", "the last part of the formula: shorter the higher the priority, so that the highest is first"),
    ("not accepted", "keepalived and this router drop such adverts: each then takes the other for dead"),
    ("here", "this process put the address on the interface, and takes it off again"),
    ("late", "how much later than due an advert left; a busy host is late"),
    (">  !", "the selected virtual router; one with a warning or worse"),
];

pub fn lines(demo: bool, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    parts::help(keys(demo), LEGEND, columns, theme)
}
