//! A log on a screen: one sentence a thing that happened, the newest at the bottom, scrolled by whole entries.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts;
use super::scroll::{Window, fitting};
use super::text::{fit, left, wrap};
use super::theme::Theme;

/// In fewer lines than this an entry has one, and is elided.
const WRAPPED: usize = 3;

/// What an entry says.
pub struct Told {
    /// When, as it is to be shown.
    pub time: String,
    /// Whom it is about; empty where that goes without saying.
    pub of: String,
    /// What, as a sentence.
    pub text: String,
    pub style: Style,
}

/// A log as it is drawn.
pub struct Log<'a> {
    /// The numbers of its entries, in order, since the first there ever was.
    pub numbers: Vec<u64>,
    /// The last visible one is the one before this number; `None` to follow the newest.
    pub last: Option<u64>,
    /// Columns for whom entries are about; 0 for none.
    pub tag: usize,
    /// What the entry at this place says, shorter (`true`) where it has one line.
    pub told: Box<dyn Fn(usize, bool) -> Told + 'a>,
}

impl Log<'_> {
    /// Where the window ends: so many entries come before.
    fn end(&self) -> usize {
        let n = self.numbers.len();
        self.last.map_or(n, |last| self.numbers.partition_point(|number| *number < last).max(1).min(n))
    }

    /// How many entries are below the window.
    pub fn newer(&self) -> u64 {
        (self.numbers.len() - self.end()) as u64
    }

    fn height(&self, at: usize, columns: usize, rows: usize) -> usize {
        if rows < WRAPPED {
            return 1;
        }
        wrap(&(self.told)(at, false).text, columns.saturating_sub(head(self.tag) + 1), 0).len()
    }

    /// The window of so many lines, for scrolling.
    pub fn window(self, columns: usize, rows: usize) -> Window {
        let heights: Vec<usize> = (0..self.numbers.len()).map(|at| self.height(at, columns, rows)).collect();
        let end = self.end();
        Window::new(self.numbers, &heights, end, rows)
    }

    /// What the rule above says of entries that do not show, with the key that leads to them.
    pub fn hidden(&self, columns: usize, rows: usize) -> String {
        let (first, below) = (self.first(columns, rows), self.newer());
        let key = match (first, below) {
            (0, 0) => "",
            (_, 0) => ": PgUp",
            _ => ": End",
        };
        parts::more((first, usize::try_from(below).unwrap_or(usize::MAX))) + key
    }

    /// The first entry that shows.
    fn first(&self, columns: usize, rows: usize) -> usize {
        let end = self.end();
        end - fitting((0..end).rev().map(|at| self.height(at, columns, rows)), rows)
    }

    /// What the window shows; `nothing` where there is no entry.
    pub fn lines(&self, nothing: &str, columns: usize, rows: usize, theme: Theme) -> Vec<Line<'static>> {
        if self.numbers.is_empty() {
            return vec![Line::styled(format!(" {nothing}"), theme.quiet())];
        }
        let end = self.end();
        let from = self.first(columns, rows);
        let mut lines: Vec<Line<'static>> = if rows < WRAPPED {
            (from..end).map(|at| (self.told)(at, true).brief(self.tag, columns)).collect()
        } else {
            (from..end).flat_map(|at| (self.told)(at, false).lines(self.tag, columns, theme)).collect()
        };
        // Only when a single entry is higher than the window.
        lines.truncate(rows.max(1));
        lines
    }
}

impl Told {
    /// In one line; whom it is about only where `tag` is not 0.
    fn brief(&self, tag: usize, columns: usize) -> Line<'static> {
        let of = if tag == 0 || self.of.is_empty() { String::new() } else { format!("{}  ", self.of) };
        Line::styled(fit(&format!(" {}  {of}{}", self.time, self.text), columns), self.style)
    }

    /// In as many lines as it takes, with `tag` columns for whom it is about; none if that is 0.
    pub fn lines(&self, tag: usize, columns: usize, theme: Theme) -> Vec<Line<'static>> {
        let head = head(tag);
        let of = if tag > 0 { format!("{}  ", left(&self.of, tag)) } else { String::new() };
        wrap(&self.text, columns.saturating_sub(head + 1), 0)
            .into_iter()
            .enumerate()
            .map(|(i, l)| {
                if i == 0 {
                    Line::from(vec![
                        Span::styled(format!(" {}  ", self.time), theme.quiet()),
                        Span::raw(of.clone()),
                        Span::styled(l, self.style),
                    ])
                } else {
                    Line::from(vec![Span::raw(" ".repeat(head)), Span::styled(l, self.style)])
                }
            })
            .collect()
    }
}

/// Columns before the sentence: time, and whom it is about.
const fn head(tag: usize) -> usize {
    1 + 12 + 2 + if tag > 0 { tag + 2 } else { 0 }
}
