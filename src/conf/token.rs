//! Physical lines to words: comments, quotes, escapes, and where each word is written.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::Version;
use super::bytes::Bytes;
use super::source::{FileId, SourceMap, Span, Via};

/// Longest physical line that keepalived reads at once (`MAXBUF` less its NUL).
pub const MAX_LINE: usize = 1023;

/// A word. Its `Debug` does not show it: it may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes, without quotes.
    pub text: Bytes,
    /// Where it is written, with its quotes.
    pub span: Span,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({} bytes at {}..{})", self.text.len(), self.span.start, self.span.end)
    }
}

impl Word {
    /// Whether it is exactly this.
    pub fn is(&self, text: &str) -> bool {
        *self.text == *text.as_bytes()
    }

    /// As text; bytes that are no UTF-8 are replaced.
    pub fn str(&self) -> Cow<'_, str> {
        std::str::from_utf8(&self.text).map_or_else(|_| String::from_utf8_lossy(&self.text), Cow::Borrowed)
    }
}

/// A run of bytes of a text and where they are written: up to the next piece.
#[derive(Clone, Copy)]
struct Piece {
    /// Offset of its first byte in the text.
    at: u32,
    /// Whether each byte is written by itself, the first where the span begins; else all stand for the span.
    exact: bool,
    span: Span,
    /// What is written in a list of values and stands for the span, if that is so.
    from: Option<Span>,
}

impl Piece {
    /// It from an offset of the text on.
    fn from(self, at: usize) -> Self {
        let skipped = (at as u32).saturating_sub(self.at);
        let start = if self.exact { self.span.start + skipped } else { self.span.start };
        Self { at: self.at + skipped, span: Span { start, ..self.span }, ..self }
    }

    /// The span of its bytes from one offset of the text to another.
    fn cut(self, start: usize, end: usize) -> Span {
        if !self.exact {
            return self.span;
        }
        let (start, end) = (self.span.start + start as u32 - self.at, self.span.start + end as u32 - self.at);
        Span { start, end, ..self.span }
    }
}

/// A line on its way from file to words. It remembers where its bytes are from.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) bytes: Bytes,
    /// Where its first piece is written.
    span: Span,
    /// What else there is to say of its pieces; nothing of one whose bytes are written as they are.
    pieces: Option<Box<Pieces>>,
}

#[derive(Clone)]
struct Pieces {
    first: Piece,
    more: Vec<Piece>,
}

impl Text {
    /// Bytes of a file: the first one is at `start`, and came there by `via`.
    pub(super) fn new(file: FileId, via: Via, start: usize, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let span = Span { file, start: start as u32, end: (start + bytes.len()) as u32, via };
        Self { bytes, span, pieces: None }
    }

    /// Bytes that are written nowhere, or in the list of values at `from`, and stand for a span.
    pub(super) fn standing(span: Span, bytes: impl Into<Bytes>, from: Option<Span>) -> Self {
        Self::of(bytes.into(), Piece { at: 0, exact: false, span, from }, Vec::new())
    }

    fn of(bytes: Bytes, first: Piece, more: Vec<Piece>) -> Self {
        let mut text = Self { bytes, span: first.span, pieces: None };
        text.put(first, more);
        text
    }

    /// Says what its pieces are, of which the first begins it.
    fn put(&mut self, first: Piece, more: Vec<Piece>) {
        let first = Piece { at: 0, ..first };
        self.span = first.span;
        let plain = first.exact && first.from.is_none() && more.is_empty();
        self.pieces = if plain { None } else { Some(Box::new(Pieces { first, more })) };
    }

    fn first(&self) -> Piece {
        match &self.pieces {
            None => Piece { at: 0, exact: true, span: self.span, from: None },
            Some(pieces) => pieces.first,
        }
    }

    /// Nearly always none.
    fn more(&self) -> &[Piece] {
        self.pieces.as_ref().map_or(&[], |p| &p.more)
    }

    /// The same text, come another way.
    pub(super) fn by(&self, via: Via) -> Self {
        let come = |p: Piece| Piece { span: Span { via, ..p.span }, ..p };
        Self::of(self.bytes.clone(), come(self.first()), self.more().iter().copied().map(come).collect())
    }

    /// The same text, standing for a span.
    pub(super) fn at(&self, span: Span) -> Self {
        Self::of(self.bytes.clone(), Piece { exact: false, span, ..self.first() }, Vec::new())
    }

    fn pieces(&self) -> impl Iterator<Item = Piece> {
        std::iter::once(self.first()).chain(self.more().iter().copied())
    }

    /// The piece that holds a byte; the last one for what is behind the end.
    fn piece(&self, i: usize) -> Piece {
        let later = self.more().partition_point(|p| p.at as usize <= i);
        later.checked_sub(1).and_then(|n| self.more().get(n)).copied().unwrap_or(self.first())
    }

    /// Where a range of bytes is written.
    pub(super) fn span(&self, range: Range<usize>, sources: &SourceMap) -> Span {
        let len = self.bytes.len();
        let (start, end) = (range.start.min(len), range.end.min(len));
        if self.pieces.is_none() {
            let at = |offset: usize| self.span.start + offset as u32;
            return Span { start: at(start), end: at(end.max(start)), ..self.span };
        }
        let first = self.piece(start);
        let next = first.at.max(self.more().iter().map(|p| p.at).find(|at| *at > first.at).unwrap_or(u32::MAX));
        if end <= next as usize {
            return first.cut(start, end.max(start));
        }
        let mut whole = first.cut(start, next as usize);
        for (i, piece) in self.more().iter().enumerate().filter(|(_, p)| p.at as usize > start && (p.at as usize) < end)
        {
            let next = self.more().get(i + 1).map_or(end, |p| (p.at as usize).min(end));
            whole = sources.join(whole, piece.cut(piece.at as usize, next));
        }
        whole
    }

    /// Where all of it is written.
    pub(super) fn whole(&self, sources: &SourceMap) -> Span {
        self.span(0..self.bytes.len(), sources)
    }

    /// Where what a range of bytes says is written, be it there or in a list of values, with the way by which it came.
    pub(super) fn written(&self, range: Range<usize>) -> impl Iterator<Item = Span> {
        let ends = self.more().iter().map(|p| p.at as usize).chain([self.bytes.len()]);
        self.pieces().zip(ends).filter_map(move |(piece, next)| {
            let (start, end) = (range.start.max(piece.at as usize), range.end.min(next));
            let written = Span { via: piece.span.via, ..piece.from.unwrap_or(piece.span) };
            (start < end).then(|| if piece.exact { piece.cut(start, end) } else { written })
        })
    }

    /// Leaves a range of its bytes.
    fn keep(&mut self, range: Range<usize>) {
        if self.pieces.is_none() {
            self.span.start += range.start as u32;
        } else {
            let (first, more) = self.within(&range);
            self.put(first, more);
        }
        self.bytes.keep(range);
    }

    /// The pieces of a range of its bytes.
    fn within(&self, range: &Range<usize>) -> (Piece, Vec<Piece>) {
        let within = self.more().iter().filter(|p| p.at as usize > range.start && (p.at as usize) < range.end);
        let more = within.map(|p| Piece { at: p.at - range.start as u32, ..*p }).collect();
        (self.piece(range.start).from(range.start), more)
    }

    /// A part of it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let bytes = self.bytes.slice(range.clone());
        if self.pieces.is_none() {
            let span = Span { start: self.span.start + range.start as u32, ..self.span };
            return Self { bytes, span, pieces: None };
        }
        let (first, more) = self.within(&range);
        Self::of(bytes, first, more)
    }

    /// Puts other text in the place of some.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &Self) {
        let mut pieces = Vec::with_capacity(self.more().len() + with.more().len() + 3);
        pieces.extend(self.pieces().take_while(|p| (p.at as usize) < range.start));
        if !with.bytes.is_empty() {
            pieces.extend(with.pieces().map(|p| Piece { at: p.at + range.start as u32, ..p }));
        }
        let end = range.start + with.bytes.len();
        if range.end < self.bytes.len() || pieces.is_empty() {
            pieces.push(Piece { at: end as u32, ..self.piece(range.end).from(range.end) });
            let later = self.more().iter().filter(|p| p.at as usize > range.end);
            pieces.extend(later.map(|p| Piece { at: (p.at as usize - range.end + end) as u32, ..*p }));
        }
        self.bytes = [&self.bytes[..range.start], &*with.bytes, &self.bytes[range.end..]].concat().into();
        let first = pieces.remove(0);
        self.put(first, pieces);
    }

    /// Takes some of it away.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let nothing = Self::of(Vec::new().into(), self.first(), Vec::new());
        self.replace(range, &nothing);
    }

    /// Takes single bytes away; their offsets are in order.
    pub(super) fn remove_each(&mut self, offsets: &[usize]) {
        if offsets.is_empty() {
            return;
        }
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.more().len() + offsets.len() + 1);
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut old = self.pieces().peekable();
        let mut piece = self.first();
        let mut start = 0;
        for end in offsets.iter().copied().chain([self.bytes.len()]) {
            // The bytes from `start` to `end` stay, each with its piece.
            let mut at = start;
            while at < end {
                while let Some(next) = old.next_if(|p| p.at as usize <= at) {
                    piece = next;
                }
                let next = old.peek().map_or(end, |p| (p.at as usize).min(end));
                pieces.push(Piece { at: bytes.len() as u32, ..piece.from(at) });
                bytes.extend_from_slice(&self.bytes[at..next]);
                at = next;
            }
            start = end + 1;
        }
        drop(old);
        self.bytes = bytes.into();
        if pieces.is_empty() {
            self.put(self.first(), pieces);
        } else {
            let first = pieces.remove(0);
            self.put(first, pieces);
        }
    }

    /// Cuts it to its first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.keep(0..len);
        if let Some(pieces) = &mut self.pieces {
            pieces.more.retain(|p| (p.at as usize) < len);
        }
    }

    /// It without the blanks before it.
    fn without_leading_blanks(mut self) -> Self {
        let start = self.bytes.iter().take_while(|b| is_blank(**b)).count();
        if start > 0 {
            let end = self.bytes.len();
            self.keep(start..end);
        }
        self
    }

    /// It without the blanks at both ends.
    pub(super) fn trimmed(mut self) -> Self {
        let start = self.bytes.iter().take_while(|b| is_blank(**b)).count();
        let end = self.bytes.len() - self.bytes.iter().rev().take_while(|b| is_blank(**b)).count();
        if start > 0 || end < self.bytes.len() {
            self.keep(start..end.max(start));
        }
        self
    }
}

/// Space and tab.
pub(super) const fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// What also ends a word: form feed, vertical tab, line ends.
pub(super) const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | 0x0c | 0x0b | b'\r' | b'\n')
}

/// What a comment's removal met.
#[derive(Default)]
pub(super) struct Met {
    /// A quote is open at the end.
    pub(super) quote: bool,
    /// The comment ended in a backslash, which keepalived 2.2 keeps.
    pub(super) backslash: bool,
}

/// Takes a line's comment and outer blanks away.
///
/// As keepalived's `decomment`: `#` and `!` begin a comment outside double quotes, `\#` and `\!` are the characters
/// themselves, and a `\` at the very end stays as the last character even when the blanks before it, or (2.2) the
/// comment it stands in, go.
pub(super) fn decomment(text: Text, version: Version) -> (Text, Met) {
    // What stands behind a backslash, be it a blank, keeps it from being the last.
    let mut text = text.without_leading_blanks();
    let mut met = Met::default();
    let mut comment = None;
    let mut ends_in_backslash = false;
    let mut escapes = Vec::new();
    let bytes: &[u8] = &text.bytes;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'"' => met.quote = !met.quote,
            b'\\' => match bytes.get(i + 1) {
                Some(next) => {
                    if matches!(next, b'#' | b'!') && !met.quote {
                        escapes.push(i);
                    }
                    i += 1;
                }
                None => ends_in_backslash = true,
            },
            b'#' | b'!' if !met.quote => {
                comment = Some(i);
                // Of a comment only a backslash at its very end counts, and not since 2.4.
                let backslashes = bytes[i..].iter().rev().take_while(|b| **b == b'\\').count();
                ends_in_backslash = backslashes % 2 == 1 && !version.at_least(2, 4, 0);
                break;
            }
            _ => {}
        }
        i += 1;
    }
    let mut end = comment.unwrap_or(bytes.len() - usize::from(ends_in_backslash));
    while end > 0 && is_blank(bytes[end - 1]) {
        end -= 1;
    }
    if ends_in_backslash {
        met.backslash = comment.is_some();
        // The blanks, or the comment, before the backslash go.
        let last = text.bytes.len() - 1;
        if end < last {
            text.remove(end..last);
        }
    } else {
        text.truncate(end);
    }
    while escapes.last().is_some_and(|i| *i >= end) {
        escapes.pop();
    }
    text.remove_each(&escapes);
    (text, met)
}

/// The first brace outside double quotes.
pub(super) fn brace(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    bytes.iter().position(|b| {
        quoted ^= *b == b'"';
        !quoted && matches!(b, b'{' | b'}')
    })
}

/// A line's words, and where a quote is left open. A quoted piece is a word of its own, whatever it touches; the word
/// of an open quote is lost.
pub(super) fn words(text: &Text, sources: &SourceMap) -> (Vec<Word>, Option<Span>) {
    let bytes: &[u8] = &text.bytes;
    // There are many lines, and all stay.
    let (mut count, mut space) = (0, true);
    for b in bytes {
        let before = std::mem::replace(&mut space, is_space(*b));
        count += usize::from(before && !space);
    }
    let mut words = Vec::with_capacity(count);
    let mut i = 0;
    loop {
        while bytes.get(i).is_some_and(|b| is_space(*b)) {
            i += 1;
        }
        let Some(first) = bytes.get(i) else { return (words, None) };
        let start = i;
        let (range, next) = if *first == b'"' {
            let Some(len) = bytes[start + 1..].iter().position(|b| *b == b'"') else {
                return (words, Some(text.span(start..bytes.len(), sources)));
            };
            (start + 1..start + 1 + len, start + len + 2)
        } else {
            let len = bytes[start..].iter().position(|b| is_space(*b) || *b == b'"').unwrap_or(bytes.len() - start);
            (start..start + len, start + len)
        };
        words.push(Word { text: text.bytes.slice(range), span: text.span(start..next, sources) });
        i = next;
    }
}

/// The words of a line that names a script: `'` quotes too, and a backslash escapes. Also splits the command itself.
pub(super) fn script_words(text: &Text, sources: &SourceMap) -> (Vec<Word>, Option<Span>) {
    let bytes: &[u8] = &text.bytes;
    let mut words = Vec::new();
    let mut i = 0;
    loop {
        while bytes.get(i).is_some_and(|b| is_space(*b)) {
            i += 1;
        }
        if i >= bytes.len() {
            return (words, None);
        }
        let (start, mut word, mut quote) = (i, Vec::new(), None);
        while let Some(b) = bytes.get(i).copied() {
            match b {
                b'\\' if i + 1 < bytes.len() => {
                    let (byte, len) = escape(&bytes[i + 1..]);
                    word.push(byte);
                    i += len;
                }
                b if quote == Some(b) => quote = None,
                b'"' | b'\'' if quote.is_none() => quote = Some(b),
                b if is_space(b) && quote.is_none() => break,
                b => word.push(b),
            }
            i += 1;
        }
        if quote.is_some() {
            return (words, Some(text.span(start..bytes.len(), sources)));
        }
        words.push(Word { text: word.into(), span: text.span(start..i, sources) });
    }
}

/// The quote that a command leaves open.
pub(super) fn open_quote(command: &[u8]) -> Option<char> {
    let (mut quote, mut bytes) = (None, command.iter());
    while let Some(b) = bytes.next() {
        match b {
            b'\\' => drop(bytes.next()),
            b if quote == Some(*b) => quote = None,
            b'"' | b'\'' if quote.is_none() => quote = Some(*b),
            _ => {}
        }
    }
    quote.map(char::from)
}

/// The byte that an escape means and how many bytes of `after` (what follows the backslash) it takes.
fn escape(after: &[u8]) -> (u8, usize) {
    let digits = |from: usize, most: usize, base: u32| {
        let run = after.iter().skip(from).take(most).map_while(|b| (*b as char).to_digit(base));
        run.fold((0_u32, 0), |(value, n), digit| (value * base + digit, n + 1))
    };
    match after.first().copied() {
        Some(b'a') => (0x07, 1),
        Some(b'b') => (0x08, 1),
        Some(b'E') => (0x1b, 1),
        Some(b'f') => (0x0c, 1),
        Some(b'n') => (b'\n', 1),
        Some(b'r') => (b'\r', 1),
        Some(b't') => (b'\t', 1),
        Some(b'v') => (0x0b, 1),
        Some(b'x') if digits(1, 2, 16).1 > 0 => (digits(1, 2, 16).0 as u8, 1 + digits(1, 2, 16).1),
        Some(b'0'..=b'7') => (digits(0, 3, 8).0 as u8, digits(0, 3, 8).1),
        Some(b'c') if after.len() > 1 => (after[1] & 0x1f, 2),
        Some(other) => (other, 1),
        None => (b'\\', 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::source::{Expansion, How};

    fn line(s: &str) -> Text {
        Text::new(FileId::default(), Via::NONE, 0, s.as_bytes())
    }

    fn clean(s: &str) -> String {
        String::from_utf8(decomment(line(s), Version::V2_2).0.bytes.to_vec()).unwrap()
    }

    fn split(s: &str) -> (Vec<String>, bool) {
        let (words, open) = words(&line(s), &SourceMap::default());
        (words.iter().map(|w| w.str().into_owned()).collect(), open.is_some())
    }

    #[test]
    fn comments_go_and_escaped_signs_stay() {
        assert_eq!(clean("  priority 90#x"), "priority 90");
        assert_eq!(clean("priority 90!x"), "priority 90");
        assert_eq!(clean("\t state MASTER ############ BACKUP there"), "state MASTER");
        assert_eq!(clean("a \\#b \\!c # d"), "a #b !c");
        assert_eq!(clean("a \"#b!\" # d"), "a \"#b!\"");
        assert_eq!(clean("a -- b // c ; d"), "a -- b // c ; d");
        assert_eq!(clean("#"), "");
    }

    #[test]
    fn a_backslash_at_the_end_outlives_blanks_and_in_2_2_the_comment() {
        assert_eq!(clean("priority 90 \\"), "priority 90\\");
        assert_eq!(clean("priority 90 # foo \\"), "priority 90\\");
        assert_eq!(clean("# foo \\"), "\\");
        let (text, met) = decomment(line("priority 90 # foo \\"), Version::V2_4);
        assert_eq!((&text.bytes[..], met.backslash), (&b"priority 90"[..], false));
        assert_eq!(clean("\\"), "\\");
        assert_eq!(clean("a \\\\"), "a \\\\");
    }

    #[test]
    fn a_quoted_piece_is_a_word_of_its_own() {
        assert_eq!(split("a\"b c\"d"), (vec!["a".into(), "b c".into(), "d".into()], false));
        assert_eq!(split("priority\"90\""), (vec!["priority".into(), "90".into()], false));
        assert_eq!(split("x \"\" y"), (vec!["x".into(), String::new(), "y".into()], false));
        assert_eq!(split("priority \"90"), (vec!["priority".into()], true));
        assert_eq!(split("a\x0cb\x0bc"), (vec!["a".into(), "b".into(), "c".into()], false));
        assert_eq!(split("a\u{a0}b"), (vec!["a\u{a0}b".into()], false));
    }

    #[test]
    fn words_know_where_they_stand() {
        let (text, _) = decomment(line("  a \\#b \"c d\""), Version::V2_2);
        let sources = SourceMap::default();
        let spans = |text: &Text| -> Vec<(u32, u32)> {
            words(text, &sources).0.iter().map(|w| (w.span.start, w.span.end)).collect()
        };
        // "#b": the backslash at 4 is gone, its sign at 5 stays
        assert_eq!(spans(&text), [(2, 3), (5, 7), (8, 13)]);
        let mut text = line("a0b00c");
        text.remove_each(&[1, 3, 4]);
        assert_eq!(&*text.bytes, b"abc");
        let at = |range: Range<usize>| {
            let span = text.span(range, &sources);
            (span.start, span.end)
        };
        assert_eq!((at(0..1), at(1..2), at(2..3), at(0..3)), ((0, 1), (2, 3), (5, 6), (0, 6)));
        // What is written nowhere stands for what it replaces.
        let mut text = line("x $A y");
        text.replace(2..4, &Text::standing(text.span(2..4, &sources), b"10.0.0.1 b".to_vec(), None));
        assert_eq!(spans(&text), [(0, 1), (2, 4), (2, 4), (5, 6)]);
        assert_eq!(spans(&text.part(3..14)), [(2, 4), (2, 4), (5, 6)]);
        assert_eq!(spans(&text.part(11..14).trimmed()), [(2, 4), (5, 6)]);
    }

    #[test]
    fn text_of_a_definition_is_where_it_is_written() {
        let mut sources = SourceMap::default();
        let file = sources.add("k", b"$A=1.2 b\nx 0.$A c\n".to_vec());
        let value = Text::new(file, Via::NONE, 3, &b"1.2 b"[..]);
        let mut text = Text::new(file, Via::NONE, 9, &b"x 0.$A c"[..]);
        let at = text.span(4..6, &sources);
        let via = sources.add_expansion(Expansion { how: How::Definition, at, values: None }).unwrap();
        text.replace(4..6, &value.by(via));
        assert_eq!(&*text.bytes, b"x 0.1.2 b c");
        let spans: Vec<_> =
            words(&text, &sources).0.iter().map(|w| (w.span.start, w.span.end, w.span.via == via)).collect();
        // `0.1.2` has its parts in two places: it is where both are used.
        assert_eq!(spans, [(9, 10, false), (11, 15, false), (7, 8, true), (16, 17, false)]);
        assert_eq!(text.written(0..7).map(|s| (s.start, s.end)).collect::<Vec<_>>(), [(9, 13), (3, 6)]);
    }

    #[test]
    fn scripts_have_more_quotes_and_escapes() {
        let words = |s| {
            script_words(&line(s), &SourceMap::default()).0.iter().map(|w| w.str().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words("notify_master \"/a/b 'x y' z\" root"), ["notify_master", "/a/b 'x y' z", "root"]);
        assert_eq!(words("/a/b 'x y' z\\ w \\x41\\101\\t"), ["/a/b", "x y", "z w", "AA\t"]);
        assert!(script_words(&line("a 'b"), &SourceMap::default()).1.is_some());
    }

    #[test]
    fn braces_in_quotes_do_not_count() {
        assert_eq!(brace(b"a \"{\" }"), Some(6));
        assert_eq!(brace(b"a \"{}\""), None);
    }
}
