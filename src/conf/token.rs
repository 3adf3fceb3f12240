//! Physical lines to words: comments, quotes, escapes, and where each word is written.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::Version;
use super::source::{FileId, Span, Via};

/// Longest physical line that keepalived reads at once (`MAXBUF` less its NUL).
pub const MAX_LINE: usize = 1023;

/// A word. Its `Debug` does not show it: it may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes, without quotes.
    pub text: Box<[u8]>,
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
        String::from_utf8_lossy(&self.text)
    }
}

#[derive(Clone)]
enum Origin {
    /// Each byte is where it was read: the first at this offset.
    Here(u32),
    /// Bytes came and went: each has the piece of the file that it stands for.
    Mixed(Vec<(u32, u32)>),
}

/// A line on its way from file to words. It remembers where its bytes are from.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    file: FileId,
    origin: Origin,
}

impl Text {
    /// The bytes at `start` of a file.
    pub(super) fn new(file: FileId, start: usize, bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), file, origin: Origin::Here(start as u32) }
    }

    /// Text of a definition, which stands where it is used.
    pub(super) fn at(span: Span, bytes: Vec<u8>) -> Self {
        let origin = Origin::Mixed(vec![(span.start, span.end); bytes.len()]);
        Self { bytes, file: span.file, origin }
    }

    fn piece(&self, i: usize) -> (u32, u32) {
        match &self.origin {
            Origin::Here(start) => (start + i as u32, start + i as u32 + 1),
            Origin::Mixed(pieces) => pieces.get(i).or(pieces.last()).copied().unwrap_or_default(),
        }
    }

    /// Where a range of bytes is written.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let start = self.piece(range.start).0;
        let end = if range.is_empty() { start } else { self.piece(range.end - 1).1 };
        Span { file: self.file, start, end: end.max(start), via: Via::NONE }
    }

    /// Where all of it is written.
    pub(super) fn whole(&self) -> Span {
        self.span(0..self.bytes.len())
    }

    /// A part of it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let origin = match &self.origin {
            Origin::Here(start) => Origin::Here(start + range.start as u32),
            Origin::Mixed(pieces) => Origin::Mixed(pieces.get(range.clone()).unwrap_or_default().to_vec()),
        };
        Self { bytes: self.bytes.get(range).unwrap_or_default().to_vec(), file: self.file, origin }
    }

    /// Puts other bytes in the place of some; they stand where those were.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        let span = self.span(range.clone());
        let mut pieces = match &mut self.origin {
            Origin::Here(start) => (0..self.bytes.len() as u32).map(|i| (*start + i, *start + i + 1)).collect(),
            Origin::Mixed(pieces) => std::mem::take(pieces),
        };
        pieces.splice(range.clone(), std::iter::repeat_n((span.start, span.end), with.len()));
        self.bytes.splice(range, with.iter().copied());
        self.origin = Origin::Mixed(pieces);
    }

    /// Cuts it to its first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
        if let Origin::Mixed(pieces) = &mut self.origin {
            pieces.truncate(len);
        }
    }

    /// It without the blanks at both ends.
    pub(super) fn trimmed(self) -> Self {
        let start = self.bytes.iter().take_while(|b| is_blank(**b)).count();
        let end = self.bytes.len() - self.bytes.iter().rev().take_while(|b| is_blank(**b)).count();
        if start == 0 && end == self.bytes.len() { self } else { self.part(start..end.max(start)) }
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
    let mut text = text.trimmed();
    let mut met = Met::default();
    let mut comment = None;
    let mut ends_in_backslash = None;
    let mut i = 0;
    while i < text.bytes.len() {
        match text.bytes[i] {
            b'"' if comment.is_none() => met.quote = !met.quote,
            b'\\' => match text.bytes.get(i + 1) {
                Some(b'#' | b'!') if !met.quote => text.replace(i..i + 1, b""),
                Some(_) => i += 1,
                None => ends_in_backslash = Some(text.part(i..i + 1)),
            },
            b'#' | b'!' if comment.is_none() && !met.quote => {
                comment = Some(i);
                if version.at_least(2, 2, 8) {
                    break;
                }
            }
            _ => {}
        }
        i += 1;
    }
    let mut end = comment.unwrap_or(text.bytes.len() - usize::from(ends_in_backslash.is_some()));
    while end > 0 && is_blank(text.bytes[end - 1]) {
        end -= 1;
    }
    if ends_in_backslash.is_some() {
        met.backslash = comment.is_some();
        // The blanks, or the comment, before the backslash go.
        let last = text.bytes.len() - 1;
        if end < last {
            text.replace(end..last, b"");
        }
    } else {
        text.truncate(end);
    }
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
pub(super) fn words(text: &Text) -> (Vec<Word>, Option<Span>) {
    let bytes = &text.bytes;
    let mut words = Vec::new();
    let mut i = 0;
    loop {
        while bytes.get(i).is_some_and(|b| is_space(*b)) {
            i += 1;
        }
        let Some(first) = bytes.get(i) else { return (words, None) };
        let start = i;
        let (range, next) = if *first == b'"' {
            let Some(len) = bytes[start + 1..].iter().position(|b| *b == b'"') else {
                return (words, Some(text.span(start..bytes.len())));
            };
            (start + 1..start + 1 + len, start + len + 2)
        } else {
            let len = bytes[start..].iter().position(|b| is_space(*b) || *b == b'"').unwrap_or(bytes.len() - start);
            (start..start + len, start + len)
        };
        words.push(Word { text: bytes[range].into(), span: text.span(start..next) });
        i = next;
    }
}

/// The words of a line that names a script: `'` quotes too, and a backslash escapes. Also splits the command itself.
pub(super) fn script_words(text: &Text) -> (Vec<Word>, Option<Span>) {
    let bytes = &text.bytes;
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
            return (words, Some(text.span(start..bytes.len())));
        }
        words.push(Word { text: word.into(), span: text.span(start..i) });
    }
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

    fn line(s: &str) -> Text {
        Text::new(FileId::default(), 0, s.as_bytes())
    }

    fn clean(s: &str) -> String {
        String::from_utf8(decomment(line(s), Version::V2_2).0.bytes).unwrap()
    }

    fn split(s: &str) -> (Vec<String>, bool) {
        let (words, open) = words(&line(s));
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
        let spans: Vec<_> = words(&text).0.iter().map(|w| (w.span.start, w.span.end)).collect();
        // "#b": the backslash at 4 is gone, its sign at 5 stays
        assert_eq!(spans, [(2, 3), (5, 7), (8, 13)]);
        let mut text = line("x $A y");
        text.replace(2..4, b"10.0.0.1 b");
        let spans: Vec<_> = words(&text).0.iter().map(|w| (w.span.start, w.span.end)).collect();
        assert_eq!(spans, [(0, 1), (2, 4), (2, 4), (5, 6)]);
    }

    #[test]
    fn scripts_have_more_quotes_and_escapes() {
        let words = |s| script_words(&line(s)).0.iter().map(|w| w.str().into_owned()).collect::<Vec<_>>();
        assert_eq!(words("notify_master \"/a/b 'x y' z\" root"), ["notify_master", "/a/b 'x y' z", "root"]);
        assert_eq!(words("/a/b 'x y' z\\ w \\x41\\101\\t"), ["/a/b", "x y", "z w", "AA\t"]);
        assert!(script_words(&line("a 'b")).1.is_some());
    }

    #[test]
    fn braces_in_quotes_do_not_count() {
        assert_eq!(brace(b"a \"{\" }"), Some(6));
        assert_eq!(brace(b"a \"{}\""), None);
    }
}
