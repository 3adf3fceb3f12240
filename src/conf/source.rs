//! Where configuration text is from: files, and the places in them.

use std::fmt;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A piece of a file: bytes `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// From the beginning of this one to the end of a later one; this one when the other lies in another file or earlier.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: if other.file == self.file { other.end.max(self.end) } else { self.end }, ..self }
    }
}

/// A value and where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written; for text out of a definition, where the definition is used.
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

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position {
        self.locate(span.file, span.start)
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
            let span = Span { file, start, end };
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
