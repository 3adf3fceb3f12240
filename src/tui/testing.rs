//! What the tests of all screens look with.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::drive::{Msg, Scene};

/// What a terminal of this size shows: a line each, without the blanks at its end.
pub fn drawn<S: Scene>(scene: &mut S, w: u16, h: u16) -> Vec<String> {
    scene.tell(Msg::Resize(w, h));
    let area = Rect::new(0, 0, w, h);
    let mut buf = Buffer::empty(area);
    scene.draw(area, &mut buf);
    (0..h).map(|y| (0..w).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
}

/// Compares; several blank lines count as one.
#[track_caller]
pub fn shows(screen: &[String], expected: &[&str]) {
    let mut screen = screen.to_vec();
    screen.dedup_by(|a, b| a.is_empty() && b.is_empty());
    assert_eq!(screen, expected, "\n{}", screen.join("\n"));
}
