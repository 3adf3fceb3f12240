//! The screens other than the first, as text.

use ratatui::text::{Line, Span};

use super::node;
use crate::finding::Page;
use crate::report::{Clock, printable};
use crate::simulate::PAGES;
use crate::sniff::DETECTORS;
use crate::tui::simulate::app::{App, Screen};
use crate::tui::simulate::keymap::KEYS;
use crate::tui::text::left;
use crate::tui::theme::Theme;
use crate::tui::{findings, parts};

/// What words and marks mean.
const LEGEND: &[(&str, &str)] = &[
    (">  !", "the selected lane; one whose virtual router has not exactly one master"),
    ("▇ ╌ x", "MASTER, BACKUP, FAULT; a blank where the daemon does not run"),
    ("┃", "the present; to its right what comes if nothing more is done"),
    ("▲", "a fault, or its end"),
    ("masters", "0 where nobody is master, 2 where more than one is"),
    ("master down", "runs out when no advert is accepted any more; an accepted one fills it again"),
    ("next advert", "runs out when a master sends its next advert"),
    ("──●──▶", "an advert on its way; ✗ where it is lost or not accepted, and why"),
];

/// The title and text of the screen.
pub fn page(app: &App, columns: usize) -> (String, Vec<Line<'static>>) {
    let theme = Theme::new(app.color);
    match app.screen {
        Screen::Main => (String::new(), Vec::new()),
        Screen::Help => ("keys".to_owned(), parts::help(KEYS.iter(), LEGEND, columns, theme)),
        Screen::Node => (node::title(app), node::lines(app, columns)),
        Screen::Checks(at) => checks(app, at, theme),
        Screen::Findings if app.findings.is_empty() => {
            ("findings".to_owned(), vec![Line::styled(" nothing is wrong so far", theme.good())])
        }
        Screen::Findings => {
            let at = app.finding.min(app.findings.len() - 1);
            (findings::title(&app.findings), findings::list(&app.findings, at, columns, theme))
        }
        Screen::Explain(id, _) => {
            let own = |f: &&crate::finding::Finding| f.id == id;
            let finding = app.findings.get(app.finding).filter(own).or_else(|| app.findings.iter().find(own));
            let lines = findings::explain(finding, about(id), &Clock::utc(), columns, theme);
            (format!("finding {id}"), lines)
        }
    }
}

/// The page of `hactl explain` for a finding's id.
fn about(id: &str) -> Option<&'static Page> {
    PAGES.iter().chain(DETECTORS.iter().map(|d| &d.page)).find(|p| p.id == id)
}

fn checks(app: &App, at: usize, theme: Theme) -> (String, Vec<Line<'static>>) {
    let name = app.chosen().map_or(String::new(), |l| app.world().name(l.node).to_owned());
    let checks = app.checks();
    let at = at.min(checks.len().saturating_sub(1));
    let wide = checks.iter().map(|c| c.name.chars().count()).max().unwrap_or(0).min(30);
    let line = |(k, c): (usize, &crate::simulate::Check)| {
        let mark = if k == at { ">" } else { " " };
        let style = if node::fails(c) { theme.bad() } else { theme.good() };
        let line = Line::from(vec![
            Span::raw(format!(" {mark} {}  ", left(&printable(&c.name), wide))),
            Span::styled(node::check(c), style),
        ]);
        if k == at { line.patch_style(Theme::bold()) } else { line }
    };
    let lines = checks.iter().enumerate().map(line).collect();
    (printable(&format!("which check of {name} is to fail, or to pass again?")), lines)
}
