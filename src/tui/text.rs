//! Fitting text: eliding, wrapping, bars, rules.

use std::collections::VecDeque;

use ratatui::text::{Line, Span};

use super::theme::Theme;

/// Columns that a text takes.
pub fn width(s: &str) -> usize {
    Span::raw(s).width()
}

/// The text, or its beginning and `…`.
pub fn fit(s: &str, columns: usize) -> String {
    if width(s) <= columns {
        return s.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in s.chars() {
        used += width(c.encode_utf8(&mut [0; 4]));
        if used > columns {
            break;
        }
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// An address, its middle elided where it is too long: both ends tell hosts apart.
pub fn fit_middle(s: &str, columns: usize) -> String {
    let n = s.chars().count();
    if n <= columns || columns < 5 {
        return fit(s, columns);
    }
    let tail = (columns - 1).div_ceil(2);
    let head = columns - 1 - tail;
    s.chars().take(head).chain(std::iter::once('…')).chain(s.chars().skip(n - tail)).collect()
}

/// The text exactly this wide, on the left.
pub fn left(s: &str, columns: usize) -> String {
    let s = fit(s, columns);
    let pad = columns.saturating_sub(width(&s));
    s + &" ".repeat(pad)
}

/// The text exactly this wide, on the right.
pub fn right(s: &str, columns: usize) -> String {
    let s = fit(s, columns);
    " ".repeat(columns.saturating_sub(width(&s))) + &s
}

/// The text in lines of at most this width, broken at spaces; lines after the first are indented.
/// No-break spaces are kept together, and come out as spaces.
pub fn wrap(s: &str, columns: usize, indent: usize) -> Vec<String> {
    let columns = columns.max(8);
    let indent = indent.min(columns / 2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut empty = true;
    let mut words = words(s);
    while let Some(word) = words.pop_front() {
        let gap = usize::from(!empty);
        if width(&line) + gap + width(&word) <= columns {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(&word);
            empty = false;
        } else if empty {
            // longer than a line: cut it
            let room = columns - width(&line);
            let head: String = word.chars().take(room.max(1)).collect();
            let tail: String = word.chars().skip(room.max(1)).collect();
            line.push_str(&head);
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            words.push_front(tail);
        } else {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            empty = true;
            words.push_front(word);
        }
    }
    if !empty || lines.is_empty() {
        lines.push(line);
    }
    lines.into_iter().map(|l| l.replace('\u{a0}', " ")).collect()
}

/// The words of a text; a number and its unit count as one, and so does a formula: `3 × 1 s + 155/256 s`.
fn words(s: &str) -> VecDeque<String> {
    const UNITS: [&str; 7] = ["s", "ms", "µs", "min", "h", "d", "MiB"];
    const SIGNS: [char; 5] = ['×', '+', '=', '>', '<'];
    let number = |w: &str| w.trim_start_matches('(').starts_with(|c: char| c.is_ascii_digit());
    let mut words: VecDeque<String> = VecDeque::new();
    for word in s.split(' ') {
        let unit = UNITS.contains(&word.trim_end_matches([',', '.', ';', ':', ')']));
        let glued = |last: &str| {
            unit && last.ends_with(|c: char| c.is_ascii_digit())
                || number(last) && (word.trim_matches(SIGNS).is_empty() || last.ends_with(SIGNS) && number(word))
        };
        match words.back_mut() {
            Some(last) if glued(last) => {
                last.push('\u{a0}');
                last.push_str(word);
            }
            _ => words.push_back(word.to_owned()),
        }
    }
    words
}

/// A bar of this many columns, filled by this share.
pub fn bar(share: f64, columns: usize) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let full = (share * columns as f64).round() as usize;
    "█".repeat(full) + &"░".repeat(columns - full)
}

/// Bars of eighths, one for each share of the whole.
pub fn sparkline(shares: impl Iterator<Item = f64>) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    shares.map(|s| LEVELS[((s * 8.0).ceil() as usize).clamp(1, 8) - 1]).collect()
}

/// A rule across the screen with a title at its left and one at its right.
pub fn rule(title: &str, at_right: &str, columns: usize, theme: Theme) -> Line<'static> {
    let title = fit(title, columns.saturating_sub(5));
    let mut spans =
        vec![Span::styled("── ", theme.quiet()), Span::styled(title.clone(), theme.title()), Span::raw(" ")];
    let used = 4 + width(&title);
    let room = columns.saturating_sub(used);
    if !at_right.is_empty() && room >= width(at_right) + 6 {
        spans.push(Span::styled("─".repeat(room - width(at_right) - 4), theme.quiet()));
        spans.push(Span::styled(format!(" {at_right} "), theme.title()));
        spans.push(Span::styled("──", theme.quiet()));
    } else {
        spans.push(Span::styled("─".repeat(room), theme.quiet()));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_elided_where_it_tells_least() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abcdef", 0), "");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit_middle("fe80::1234:5678:9abc:def0", 11), "fe80:…:def0");
        assert_eq!(left("ab", 4), "ab  ");
        assert_eq!(right("ab", 4), "  ab");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three four", 10, 2), ["one two", "  three", "  four"]);
        assert_eq!(wrap("one two\u{a0}three", 10, 0), ["one", "two three"]);
        assert_eq!(wrap("silent for 3.6 s (so far)", 12, 0), ["silent for", "3.6 s (so", "far)"]);
        assert_eq!(
            wrap("down (3 × 1 s + 155/256 s = 3.6 s) now", 32, 0),
            ["down", "(3 × 1 s + 155/256 s = 3.6 s)", "now"]
        );
        assert_eq!(wrap("it has 101 > 90", 12, 0), ["it has", "101 > 90"]);
        assert_eq!(wrap("", 10, 0), [""]);
        assert_eq!(wrap("abcdefghijklmnop", 10, 0), ["abcdefghij", "klmnop"]);
        assert_eq!(wrap("abcdefghijklmnop", 0, 9), ["abcdefgh", "    ijkl", "    mnop"]);
    }

    #[test]
    fn bars_never_leave_their_width() {
        assert_eq!(bar(0.5, 4), "██░░");
        assert_eq!(bar(7.0, 4), "████");
        assert_eq!(bar(f64::NAN, 4), "░░░░");
        assert_eq!(bar(-1.0, 0), "");
        assert_eq!(sparkline([0.0, 0.26, 1.0, 5.0].into_iter()), "▁▃██");
    }
}
