//! Colours: help for the eye, never the only sign of anything.

use ratatui::style::{Color, Modifier, Style};

use crate::finding::Severity;

/// Styles, with or without colour.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    color: bool,
}

impl Theme {
    pub const fn new(color: bool) -> Self {
        Self { color }
    }

    const fn fg(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// What is there to be looked up, not read: rules, headings, units.
    pub const fn quiet(self) -> Style {
        if self.color { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    pub const fn bold() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub const fn title(self) -> Style {
        self.fg(Color::Cyan)
    }

    pub const fn good(self) -> Style {
        self.fg(Color::Green)
    }

    pub const fn warn(self) -> Style {
        self.fg(Color::Yellow)
    }

    pub const fn bad(self) -> Style {
        self.fg(Color::Red)
    }

    /// A key in the line at the bottom.
    pub const fn key(self) -> Style {
        self.fg(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// A bar that runs out, by how much is left.
    pub const fn bar(self) -> Style {
        self.fg(Color::Green)
    }

    /// A severity's colour; `None` is "nothing wrong".
    pub const fn severity(self, s: Option<Severity>) -> Style {
        match s {
            Some(Severity::Critical) => self.bad(),
            Some(Severity::Warning) => self.warn(),
            Some(Severity::Info) => self.fg(Color::Blue),
            None => self.good(),
        }
    }

    /// A share of what is allowed: good, close, too much.
    pub fn share(self, share: f64) -> Style {
        if share >= 0.8 {
            self.bad()
        } else if share >= 0.5 {
            self.warn()
        } else {
            self.good()
        }
    }
}
