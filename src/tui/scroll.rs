//! A log of sentences of several lines, scrolled by whole entries.

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
    pub end: usize,
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

    /// The window's end after scrolling back by a page that overlaps this one by one entry.
    pub fn back(&self) -> usize {
        let first = self.start(self.end);
        (first + 1).min(self.end.saturating_sub(1)).max(self.top())
    }

    /// The same, forward.
    pub fn forward(&self) -> usize {
        let last = self.end.saturating_sub(1);
        (self.end..=self.numbers.len())
            .take_while(|e| self.start(*e) <= last)
            .last()
            .map_or(self.end, |e| e.max(self.end + 1).min(self.numbers.len()))
    }

    /// The least end with which the first entry shows and the window is full.
    pub fn top(&self) -> usize {
        (0..=self.numbers.len()).take_while(|e| self.start(*e) == 0).last().unwrap_or(0)
    }

    /// What to remember for an end; `None` to follow the newest.
    pub fn anchor(&self, end: usize) -> Option<u64> {
        (end < self.numbers.len()).then(|| self.numbers.get(end.wrapping_sub(1)).map(|n| n + 1)).flatten()
    }

    fn start(&self, end: usize) -> usize {
        self.starts.get(end).copied().unwrap_or(0)
    }
}
