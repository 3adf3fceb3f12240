//! Whole screens as text, at several sizes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::render;
use crate::sniff::feed::{Batch, SourceState};
use crate::tui::keymap::KEYS;
use crate::tui::msg::{Action, Msg};
use crate::tui::tests::{Bench, LIVE, REPLAY, at, failover};

/// The screen as lines, without blanks at their ends.
fn draw(b: &mut Bench, w: u16, h: u16) -> Vec<String> {
    b.tell(Msg::Resize(w, h));
    let area = Rect::new(0, 0, w, h);
    let mut buf = Buffer::empty(area);
    render(&b.app, area, &mut buf);
    (0..h)
        .map(|y| (0..w).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
        .collect()
}

#[track_caller]
fn shows(screen: &[String], expected: &[&str]) {
    assert_eq!(screen, expected, "\n{}", screen.join("\n"));
}

#[test]
fn before_the_first_advert() {
    let mut b = Bench::new(LIVE);
    b.until(0);
    shows(&draw(&mut b, 80, 24), &[]);
}
