//! Moving about: in a list, in a text, and in a log of sentences of several lines, which scrolls by whole entries.

/// Where a key leads: a line, a page, or to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// The line above.
    Up,
    /// The line below.
    Down,
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
}

impl Move {
    /// From one of `n` places to another, and never beyond the last; a page is so many.
    pub fn within(self, at: usize, n: usize, page: usize) -> usize {
        let last = n.saturating_sub(1);
        let at = at.min(last);
        let to = match self {
            Self::Up => at.saturating_sub(1),
            Self::Down => at + 1,
            Self::PageUp => at.saturating_sub(page),
            Self::PageDown => at + page,
            Self::Home => 0,
            Self::End => last,
        };
        to.min(last)
    }

    /// The first line that shows, of a text of so many lines in a window of so many. Pages overlap by a line.
    pub fn scrolled(self, first: usize, (lines, rows): (usize, usize)) -> usize {
        self.within(first, lines.saturating_sub(rows) + 1, rows.max(2) - 1)
    }
}

/// The rows of a list that show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The first of them.
    pub first: usize,
    /// How many.
    pub rows: usize,
    all: usize,
}

impl Shown {
    /// So many at most, one at least, around the selected one.
    pub fn around(selected: usize, all: usize, rows: usize) -> Self {
        let rows = rows.clamp(1, all.max(1));
        Self { first: selected.saturating_sub(rows / 2).min(all.saturating_sub(rows)), rows, all }
    }

    /// How many are above and below.
    pub fn hidden(self) -> (usize, usize) {
        (self.first, self.all.saturating_sub(self.first + self.rows))
    }
}

/// How many entries fit into so many lines, given their heights from the last one back. One always does.
pub fn fitting(heights: impl Iterator<Item = usize>, rows: usize) -> usize {
    let mut used = 0;
    let mut n = 0;
    for height in heights {
        used += height;
        if used > rows && n > 0 {
            break;
        }
        n += 1;
    }
    n
}

/// Where the window of a log ends, and how many of its entries show: for scrolling by pages.
pub struct Window {
    /// Numbers of the entries that show, in order, since the first there ever was.
    numbers: Vec<u64>,
    /// End of the window within them.
    end: usize,
    /// For each end, where the window begins.
    starts: Vec<usize>,
}

impl Window {
    /// A window of so many lines on entries with these numbers and heights.
    pub fn new(numbers: Vec<u64>, heights: &[usize], end: usize, rows: usize) -> Self {
        // As `fitting` for all ends at once.
        let (mut from, mut used) = (0, 0);
        let mut starts = vec![0];
        for (i, h) in heights.iter().enumerate() {
            used += h;
            while used > rows && from < i {
                used -= heights[from];
                from += 1;
            }
            starts.push(from);
        }
        Self { numbers, end, starts }
    }

    /// What to remember after a move by pages; `None` to follow the newest.
    pub fn moved(&self, to: Move) -> Option<u64> {
        self.anchor(match to {
            Move::Up | Move::PageUp => self.back(),
            Move::Down | Move::PageDown => self.forward(),
            Move::Home => self.top(),
            Move::End => self.numbers.len(),
        })
    }

    /// The window's end after scrolling back by a page that overlaps this one by one entry.
    fn back(&self) -> usize {
        let first = self.start(self.end);
        (first + 1).min(self.end.saturating_sub(1)).max(self.top())
    }

    /// The same, forward.
    fn forward(&self) -> usize {
        let last = self.end.saturating_sub(1);
        (self.end..=self.numbers.len())
            .take_while(|e| self.start(*e) <= last)
            .last()
            .map_or(self.end, |e| e.max(self.end + 1).min(self.numbers.len()))
    }

    /// The least end with which the first entry shows and the window is full.
    fn top(&self) -> usize {
        (0..=self.numbers.len()).take_while(|e| self.start(*e) == 0).last().unwrap_or(0)
    }

    /// What to remember for an end; `None` to follow the newest.
    fn anchor(&self, end: usize) -> Option<u64> {
        (end < self.numbers.len()).then(|| self.numbers.get(end.wrapping_sub(1)).map(|n| n + 1)).flatten()
    }

    fn start(&self, end: usize) -> usize {
        self.starts.get(end).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_stays_within() {
        let from = |at| {
            [Move::Up, Move::Down, Move::PageUp, Move::PageDown, Move::Home, Move::End].map(|m| m.within(at, 9, 5))
        };
        assert_eq!(from(0), [0, 1, 0, 5, 0, 8]);
        assert_eq!(from(6), [5, 7, 1, 8, 0, 8]);
        // A place that is gone counts as the last.
        assert_eq!(from(20), [7, 8, 3, 8, 0, 8]);
        assert_eq!(Move::End.within(3, 0, 5), 0);
    }

    #[test]
    fn a_list_shows_what_is_around_the_selected_row() {
        let of = |selected, all, rows| {
            let shown = Shown::around(selected, all, rows);
            (shown.first, shown.rows, shown.hidden())
        };
        assert_eq!(of(0, 10, 4), (0, 4, (0, 6)));
        assert_eq!(of(5, 10, 4), (3, 4, (3, 3)));
        assert_eq!(of(9, 10, 4), (6, 4, (6, 0)));
        assert_eq!(of(2, 3, 4), (0, 3, (0, 0)));
        assert_eq!(of(0, 0, 4), (0, 1, (0, 0)));
        assert_eq!(of(1, 3, 0), (1, 1, (1, 1)));
    }

    #[test]
    fn a_text_scrolls_to_its_last_line_and_no_further() {
        assert_eq!(Move::PageDown.scrolled(0, (30, 10)), 9);
        assert_eq!(Move::PageDown.scrolled(18, (30, 10)), 20);
        assert_eq!(Move::End.scrolled(0, (30, 10)), 20);
        assert_eq!(Move::Down.scrolled(0, (10, 10)), 0);
        assert_eq!(Move::PageDown.scrolled(0, (30, 0)), 1);
    }
}
