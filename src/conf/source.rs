//! Where configuration text is from: files, and the places in them.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::bytes::Bytes;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// How text came to the place where keepalived reads it: a row of its [`SourceMap`], or none for text of the main file
/// that stands where it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Via(u32);

impl Via {
    /// Text of the main file, read where it is written.
    pub const NONE: Self = Self(0);
}

/// A way in which text comes to be read elsewhere than it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is the value of a definition, used here.
    Definition,
    /// It is the text of `~SEQ` or `~LST`, read once for each value. A value stands at its `${NAME}` in that text.
    Repetition,
    /// It stands in a file that is included here.
    Include,
}

/// One step from where text is written to where it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// What it is.
    pub how: How,
    /// Where it happens: the use of the definition, the head of the repetition, the `include`.
    pub at: Span,
    /// The values of a repetition: `I = 3`; else nothing.
    pub values: Option<Box<str>>,
}

/// A piece of a file, bytes `start..end`, where it is *written*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
    /// How it came to where it is read.
    pub via: Via,
}

impl Span {
    /// From the beginning of this one to the end of a later one; this one when the other lies in another file, came
    /// another way, or lies earlier.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        let joined = other.file == self.file && other.via == self.via;
        Self { end: if joined { other.end.max(self.end) } else { self.end }, ..self }
    }
}

/// A value and where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value written at `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Line and column of a byte, both from 1. Columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

struct File {
    name: String,
    text: Arc<Vec<u8>>,
    /// Offset of each line's first byte.
    lines: Vec<u32>,
    /// Bytes that go on with a character, before each block of [`BLOCK`] bytes; none in a file of ASCII only.
    inner: Vec<u32>,
}

/// How many bytes at most are looked at for a column, however long the line is.
const BLOCK: usize = 4096;

impl File {
    fn new(name: &str, text: Arc<Vec<u8>>) -> Self {
        let mut lines = vec![0];
        lines.extend(memchr::memchr_iter(b'\n', &text).map(|i| i as u32 + 1));
        let mut inner = Vec::new();
        if !text.is_ascii() {
            let mut sum = 0;
            for block in text.chunks(BLOCK) {
                inner.push(sum);
                sum += inner_bytes(block);
            }
        }
        Self { name: name.to_owned(), text, lines, inner }
    }

    /// How many bytes before an offset go on with a character.
    fn inner(&self, offset: u32) -> u32 {
        let offset = (offset as usize).min(self.text.len());
        let block = offset / BLOCK;
        let (block, before) = match self.inner.get(block).or(self.inner.last()) {
            Some(before) => (block.min(self.inner.len() - 1), *before),
            None => return 0,
        };
        before + inner_bytes(self.text.get(block * BLOCK..offset).unwrap_or_default())
    }
}

/// Bytes that do not begin a character of UTF-8.
fn inner_bytes(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|b| **b & 0xc0 == 0x80).count() as u32
}

/// The files that were read. Its `Debug` shows names only: configurations hold passwords.
#[derive(Default)]
pub struct SourceMap {
    files: Vec<File>,
    by_name: HashMap<String, FileId>,
    /// Bytes of all files.
    size: usize,
    /// Row n is [`Via`] n + 1.
    expansions: Vec<Expansion>,
    secrets: Vec<Span>,
}

impl fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.iter().map(|file| &file.name)).finish()
    }
}

impl SourceMap {
    /// Most bytes that are read, of all files together; 64 MiB hold two hundred thousand instances.
    pub const MAX_SIZE: usize = 64 << 20;
    /// Steps that are kept; text that came by later ones stands where it is used.
    const MAX_EXPANSIONS: usize = 2_000_000;

    /// Adds a file; what is beyond [`Self::MAX_SIZE`] is cut.
    pub fn add(&mut self, name: &str, text: impl Into<Arc<Vec<u8>>>) -> FileId {
        let mut text = text.into();
        let room = Self::MAX_SIZE - self.size;
        if text.len() > room {
            Arc::make_mut(&mut text).truncate(room);
        }
        self.size += text.len();
        self.files.push(File::new(name, text));
        let id = FileId(self.files.len() as u32 - 1);
        self.by_name.entry(name.to_owned()).or_insert(id);
        id
    }

    /// Whether no more text is taken.
    pub fn is_full(&self) -> bool {
        self.size >= Self::MAX_SIZE
    }

    /// The file of this name, if it was read already.
    pub fn find(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    /// A file's name, as the loader gave it.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.name)
    }

    /// A file's bytes.
    pub fn text(&self, file: FileId) -> &[u8] {
        self.files.get(file.0 as usize).map_or(&[], |f| &f.text)
    }

    /// Some of a file's bytes, to keep.
    pub(super) fn bytes(&self, file: FileId, range: Range<usize>) -> Bytes {
        self.files.get(file.0 as usize).map_or_else(|| Vec::new().into(), |f| Bytes::of(&f.text, range))
    }

    /// The bytes of a span, as they are written.
    pub fn written(&self, span: Span) -> &[u8] {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Names of the files, in the order in which they were first read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|f| f.name.as_str())
    }

    /// Adds a step; the way of spans that came by it. None when there are too many.
    pub fn add_expansion(&mut self, expansion: Expansion) -> Option<Via> {
        if self.expansions.len() >= Self::MAX_EXPANSIONS {
            return None;
        }
        self.expansions.push(expansion);
        Some(Via(self.expansions.len() as u32))
    }

    /// Adds a place where a secret is written. Values of a repetition that it came by are forgotten.
    pub fn add_secret(&mut self, span: Span) {
        self.secrets.push(span);
        let mut via = span.via;
        while let Some(step) = (via.0 as usize).checked_sub(1).and_then(|row| self.expansions.get_mut(row)) {
            step.values = None;
            via = step.at.via;
        }
    }

    /// Where secrets are written: arguments of `auth_pass` and `key`, in whatever way they came there.
    pub fn secrets(&self) -> &[Span] {
        &self.secrets
    }

    /// The step by which a span came, the innermost first.
    pub fn expansion(&self, span: Span) -> Option<&Expansion> {
        self.expansions.get((span.via.0 as usize).checked_sub(1)?)
    }

    /// All steps from where a span is written to where it is read, outwards. Each began before the one it holds.
    pub fn expansions(&self, span: Span) -> impl Iterator<Item = &Expansion> {
        std::iter::successors(self.expansion(span), |step| self.expansion(step.at))
    }

    /// Where keepalived sees a span: in the file that it reads, at the use of a definition. A span of an included file
    /// stays there.
    pub fn used(&self, span: Span) -> Span {
        let mut span = span;
        while let Some(step) = self.expansion(span).filter(|step| step.how != How::Include) {
            span = match step.how {
                // The text of a repetition stands on the line where it is read.
                How::Repetition => Span { via: step.at.via, ..span },
                How::Definition | How::Include => step.at,
            };
        }
        span
    }

    /// From the beginning of one span to the end of another. Where they came different ways, it is in the innermost place
    /// that both were used in.
    pub fn join(&self, first: Span, last: Span) -> Span {
        let (mut a, mut b) = (first, last);
        while (a.file, a.via) != (b.file, b.via) {
            // Each step began after the one that holds it, so the later one cannot hold the other.
            let (climbs_a, climbs_b) = (a.via >= b.via, b.via >= a.via);
            if climbs_a {
                let Some(step) = self.expansion(a) else { return first };
                a = step.at;
            }
            if climbs_b {
                let Some(step) = self.expansion(b) else { return first };
                b = step.at;
            }
        }
        Span { start: a.start.min(b.start), end: a.end.max(b.end), ..a }
    }

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position {
        self.locate(span.file, span.start)
    }

    /// Offset of the first byte of the line in which a span begins.
    pub fn line_start(&self, span: Span) -> u32 {
        let lines = self.files.get(span.file.0 as usize).map_or(&[][..], |f| &f.lines);
        let line = lines.partition_point(|start| *start <= span.start).max(1);
        lines.get(line - 1).copied().unwrap_or(0)
    }

    /// Offset of the first byte of a line, counted from 1, if the file has so many.
    pub fn offset(&self, file: FileId, line: u32) -> Option<u32> {
        self.files.get(file.0 as usize)?.lines.get((line as usize).checked_sub(1)?).copied()
    }

    /// How many lines a file has; a line end at its end begins another, empty one.
    pub fn lines(&self, file: FileId) -> u32 {
        self.files.get(file.0 as usize).map_or(0, |f| f.lines.len() as u32)
    }

    /// Where a span ends: the position behind its last byte.
    pub fn end(&self, span: Span) -> Position {
        self.locate(span.file, span.end)
    }

    /// The bytes of a line, counted from 1, without its end.
    pub fn line(&self, file: FileId, line: u32) -> &[u8] {
        let Some(f) = self.files.get(file.0 as usize) else { return &[] };
        let Some(start) = (line as usize).checked_sub(1).and_then(|i| f.lines.get(i)) else { return &[] };
        let end = f.lines.get(line as usize).map_or(f.text.len(), |next| *next as usize);
        f.text.get(*start as usize..end).unwrap_or_default().trim_ascii_end()
    }

    fn locate(&self, file: FileId, offset: u32) -> Position {
        let Some(f) = self.files.get(file.0 as usize) else { return Position { line: 1, column: 1 } };
        let line = f.lines.partition_point(|start| *start <= offset).max(1);
        let start = f.lines.get(line - 1).copied().unwrap_or(0);
        Position { line: line as u32, column: offset - start - (f.inner(offset) - f.inner(start)) + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut map = SourceMap::default();
        let file = map.add("a.conf", b"one\r\n\ntwo three".to_vec());
        let at = |start, end| {
            let span = Span { file, start, end, via: Via::NONE };
            (map.position(span), map.end(span))
        };
        assert_eq!(at(0, 3), (Position { line: 1, column: 1 }, Position { line: 1, column: 4 }));
        assert_eq!(at(5, 5).0, Position { line: 2, column: 1 });
        assert_eq!(at(10, 15), (Position { line: 3, column: 5 }, Position { line: 3, column: 10 }));
        assert_eq!(
            (map.line(file, 1), map.line(file, 3), map.line(file, 4)),
            (&b"one"[..], &b"two three"[..], &b""[..])
        );
        assert_eq!((map.name(file), map.find("a.conf"), map.find("b.conf")), ("a.conf", Some(file), None));
    }

    #[test]
    fn columns_count_characters_however_long_the_line() {
        let mut map = SourceMap::default();
        // 9000 characters of three bytes: more than two blocks.
        let text = format!("# 主\nstate MASTER # {}x\n", "备".repeat(9000));
        let file = map.add("a.conf", text.into_bytes());
        let at = |start| map.position(Span { file, start, end: start, via: Via::NONE });
        assert_eq!(at(2), Position { line: 1, column: 3 });
        assert_eq!(at(5), Position { line: 1, column: 4 });
        assert_eq!(at(6), Position { line: 2, column: 1 });
        assert_eq!(at(21), Position { line: 2, column: 16 });
        assert_eq!(at(21 + 27_000), Position { line: 2, column: 9016 });
        // Behind the end of the file
        assert_eq!(at(21 + 27_000 + 2), Position { line: 3, column: 1 });
    }

    #[test]
    fn spans_of_different_ways_join_where_both_are_used() {
        let mut map = SourceMap::default();
        let main = map.add("a.conf", b"$A=1\n$B=${A}2\nx ${B} $A y\n".to_vec());
        let span = |start, end, via| Span { file: main, start, end, via };
        let step = |at| Expansion { how: How::Definition, at, values: None };
        // `${B}` at 17, in it `${A}` at 8; then `$A` at 22
        let b = map.add_expansion(step(span(17, 21, Via::NONE))).unwrap();
        let a_in_b = map.add_expansion(step(span(8, 12, b))).unwrap();
        let a = map.add_expansion(step(span(22, 24, Via::NONE))).unwrap();
        let one = span(3, 4, a_in_b);
        assert_eq!(map.join(one, span(12, 13, b)), span(8, 13, b));
        assert_eq!(map.join(one, span(3, 4, a)), span(17, 24, Via::NONE));
        assert_eq!(map.join(span(15, 16, Via::NONE), one), span(15, 21, Via::NONE));
        assert_eq!(map.join(one, one), one);
        assert_eq!(map.used(one), span(17, 21, Via::NONE));
        assert_eq!(map.expansions(one).map(|e| e.at.start).collect::<Vec<_>>(), [8, 17]);
    }

    #[test]
    fn its_debug_output_holds_no_text() {
        let mut map = SourceMap::default();
        map.add("a.conf", b"auth_pass hunter2".to_vec());
        assert_eq!(format!("{map:?}"), "[\"a.conf\"]");
    }
}
