//! Where configuration text is from: files, and the places in them.

use std::fmt;

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
    /// It is the text of `~SEQ` or `~LST`, read once for each value.
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

/// Line and column of a byte, both from 1; columns count bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

struct File {
    name: String,
    text: Vec<u8>,
    /// Offset of each line's first byte.
    lines: Vec<u32>,
}

/// The files that were read. Its `Debug` shows names only: configurations hold passwords.
#[derive(Default)]
pub struct SourceMap {
    files: Vec<File>,
    /// Row n is [`Via`] n + 1.
    expansions: Vec<Expansion>,
}

impl fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.iter().map(|file| &file.name)).finish()
    }
}

impl SourceMap {
    /// Most bytes of one file that are read; 64 MiB hold two million instances.
    pub const MAX_FILE: usize = 64 << 20;

    /// Adds a file; what is beyond [`Self::MAX_FILE`] is cut.
    pub fn add(&mut self, name: &str, mut text: Vec<u8>) -> FileId {
        text.truncate(Self::MAX_FILE);
        let ends = text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i as u32 + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        self.files.push(File { name: name.to_owned(), text, lines });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of this name, if it was read already.
    pub fn find(&self, name: &str) -> Option<FileId> {
        self.files.iter().position(|f| f.name == name).map(|i| FileId(i as u32))
    }

    /// A file's name, as the loader gave it.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |f| &f.name)
    }

    /// A file's bytes.
    pub fn text(&self, file: FileId) -> &[u8] {
        self.files.get(file.0 as usize).map_or(&[], |f| &f.text)
    }

    /// Names of the files, in the order in which they were first read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|f| f.name.as_str())
    }

    /// Adds a step; the way of spans that came by it.
    pub fn add_expansion(&mut self, expansion: Expansion) -> Via {
        self.expansions.push(expansion);
        Via(self.expansions.len() as u32)
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
        Position { line: line as u32, column: offset - start + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_bytes_from_one() {
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
    fn its_debug_output_holds_no_text() {
        let mut map = SourceMap::default();
        map.add("a.conf", b"auth_pass hunter2".to_vec());
        assert_eq!(format!("{map:?}"), "[\"a.conf\"]");
    }
}
