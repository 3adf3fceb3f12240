//! Lines to logical lines: `include`, `$NAME` definitions, `@` conditions, `~SEQ` and `~LST`, and the cut at braces.

use std::collections::HashMap;

use super::problem::{Kind, Problem, quote};
use super::source::{FileId, SourceMap, Span};
use super::token::{MAX_LINE, Text, brace, decomment, is_blank};
use super::{Loader, Options};

/// Includes within includes; keepalived goes on until it has no file handles.
const MAX_DEPTH: usize = 64;
/// Lines, those of repetitions included. Enough for fifty thousand instances.
const MAX_LINES: usize = 1_000_000;
/// Files included, each as often as it is.
const MAX_INCLUDES: usize = 10_000;
/// Replacements in one line. keepalived never ends with `$A=$A`.
const MAX_REPLACEMENTS: usize = 500;

/// A piece of a line between braces, or a brace.
pub(super) enum Item {
    Line(Text),
    Open(Span),
    Close(Span),
}

enum Frame {
    File {
        id: FileId,
        at: usize,
    },
    /// What is left of a definition of several lines, used here.
    Lines {
        lines: std::vec::IntoIter<Vec<u8>>,
        used: Span,
    },
    /// `~SEQ`: the number to come, if any.
    Numbers {
        name: Vec<u8>,
        next: Option<i64>,
        step: i64,
        end: i64,
        hex: bool,
        text: Text,
    },
    /// `~LST`: the sets of values to come.
    Values {
        names: Vec<Vec<u8>>,
        sets: std::vec::IntoIter<Vec<Vec<u8>>>,
        text: Text,
    },
}

/// The stream of logical lines of a configuration and all it includes.
pub(super) struct Expander<'a> {
    loader: &'a mut dyn Loader,
    options: &'a Options,
    pub(super) sources: SourceMap,
    pub(super) problems: Vec<Problem>,
    frames: Vec<Frame>,
    /// What follows a brace on its line.
    rest: Option<Text>,
    /// Lines of each definition; more than one can only be used at the end of a line.
    definitions: HashMap<Vec<u8>, Vec<Vec<u8>>>,
    count: usize,
    includes: usize,
}

impl<'a> Expander<'a> {
    pub(super) fn new(loader: &'a mut dyn Loader, options: &'a Options, name: &str, text: Vec<u8>) -> Self {
        let mut sources = SourceMap::default();
        let mut problems = Vec::new();
        let id = sources.add(name, text);
        if sources.text(id).len() == SourceMap::MAX_FILE {
            problems.push(Problem::new(
                Span { file: id, ..Span::default() },
                Kind::TooMuch,
                "only the first 64 MiB of this file are read",
            ));
        }
        let frames = vec![Frame::File { id, at: 0 }];
        Self {
            loader,
            options,
            sources,
            problems,
            frames,
            rest: None,
            definitions: options
                .definitions
                .iter()
                .map(|(n, v)| (n.clone().into_bytes(), vec![v.clone().into_bytes()]))
                .collect(),
            count: 0,
            includes: 0,
        }
    }

    /// The next logical line or brace; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Item> {
        loop {
            self.count += 1;
            if self.count > MAX_LINES || self.includes > MAX_INCLUDES {
                self.give_up();
                return None;
            }
            let text = match self.rest.take() {
                Some(rest) => Some(rest),
                None => self.pull()?,
            };
            if let Some(item) = text.and_then(|text| self.logical(text)) {
                return Some(item);
            }
        }
    }

    fn report(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        self.problems.push(Problem::new(span, kind, sentence));
    }

    fn give_up(&mut self) {
        if self.frames.is_empty() {
            return;
        }
        let file = self.file();
        self.frames.clear();
        let at = self.sources.text(file).len() as u32;
        let span = Span { file, start: at, end: at, ..Span::default() };
        self.report(
            span,
            Kind::TooMuch,
            format!("more than {MAX_LINES} lines or {MAX_INCLUDES} included files, perhaps in a circle; the rest is not read"),
        );
    }

    /// The file that is being read.
    fn file(&self) -> FileId {
        let files =
            self.frames.iter().rev().find_map(|f| if let Frame::File { id, .. } = f { Some(*id) } else { None });
        files.unwrap_or_default()
    }

    /// The next line from the innermost source; `None` inside when it gave nothing, `None` outside at the end of all.
    #[expect(clippy::option_option, reason = "nothing now and nothing more are two things")]
    fn pull(&mut self) -> Option<Option<Text>> {
        match self.frames.last_mut()? {
            Frame::File { id, at } => {
                let id = *id;
                let all = self.sources.text(id);
                if *at >= all.len() {
                    self.frames.pop();
                    return Some(None);
                }
                let (start, next) = (*at, physical(all, *at));
                *at = next;
                let text = self.physical_line(id, start, next);
                let (text, met) = decomment(text, self.options.version);
                if met.quote {
                    self.report(
                        text.whole(),
                        Kind::UnmatchedQuote,
                        "a double quote does not end on its line; the word is lost",
                    );
                }
                if met.backslash {
                    let sentence = "a comment ends in a backslash, which keepalived 2.2 takes for a word of the line";
                    self.report(text.whole(), Kind::CommentBackslash, sentence);
                }
                Some(self.conditional(text))
            }
            Frame::Lines { lines, used } => {
                let line = lines.next().map(|line| Text::at(*used, line).trimmed());
                if line.is_none() {
                    self.frames.pop();
                }
                Some(line)
            }
            Frame::Numbers { name, next, step, end, hex, text } => {
                let Some(n) = *next else {
                    self.frames.pop();
                    return Some(None);
                };
                let following = n.checked_add(*step);
                *next = following.filter(|f| if *step > 0 { *f <= *end } else { *f >= *end });
                let value = if *hex { format!("{n:x}") } else { n.to_string() };
                self.definitions.insert(name.clone(), vec![value.into_bytes()]);
                Some(Some(text.clone()))
            }
            Frame::Values { names, sets, text } => {
                let Some(set) = sets.next() else {
                    self.frames.pop();
                    return Some(None);
                };
                for (i, name) in names.iter().enumerate() {
                    self.definitions.insert(name.clone(), vec![set.get(i).cloned().unwrap_or_default()]);
                }
                Some(Some(text.clone()))
            }
        }
    }

    /// The line at `start..next` of a file, without its end, cut as keepalived cuts it.
    fn physical_line(&mut self, id: FileId, start: usize, next: usize) -> Text {
        let all = self.sources.text(id);
        let line = &all[start..next];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let end = line.iter().rposition(|b| *b != b'\r').map_or(0, |last| last + 1);
        let mut text = Text::new(id, start, &line[..end]);
        if end > MAX_LINE {
            let cut = !self.options.version.at_least(2, 4, 0);
            let sentence = if cut {
                "a line of more than 1023 bytes; keepalived 2.2 reads the rest as a line of its own"
            } else {
                "a line of more than 1023 bytes; keepalived 2.4 passes over all but the rest of it"
            };
            self.report(text.span(MAX_LINE..end), Kind::LongLine, sentence);
            if cut {
                // The rest is read next.
                let cut = start + MAX_LINE;
                if let Some(Frame::File { at, .. }) = self.frames.last_mut() {
                    *at = cut;
                }
                text.truncate(MAX_LINE);
            } else {
                text = text.part(end / MAX_LINE * MAX_LINE..end);
            }
        }
        if let Some(nul) = text.bytes.iter().position(|b| *b == 0) {
            self.report(
                text.span(nul..nul + 1),
                Kind::NulByte,
                "a NUL byte; keepalived 2.2 ends the line here, 2.4 passes over the byte",
            );
            if !self.options.version.at_least(2, 4, 0) {
                text.truncate(nul);
            } else {
                while let Some(nul) = text.bytes.iter().position(|b| *b == 0) {
                    text.replace(nul..nul + 1, b"");
                }
            }
        }
        text
    }

    /// `@ID rest` and `@^ID rest`: the rest when the configuration's id is, or is not, this one.
    fn conditional(&mut self, text: Text) -> Option<Text> {
        let Some(id) = text.bytes.strip_prefix(b"@") else { return Some(text) };
        let (unless, id) = id.strip_prefix(b"^").map_or((false, id), |id| (true, id));
        let len = id.iter().position(|b| is_blank(*b)).unwrap_or(id.len());
        let keep = (id[..len] == *self.options.config_id.as_bytes()) != unless;
        let start = text.bytes.len() - id.len() + len;
        keep.then(|| text.part(start..text.bytes.len()).trimmed())
    }

    /// What a line means once its definitions are in place; `None` when it was a directive or blank.
    fn logical(&mut self, mut text: Text) -> Option<Item> {
        if let Some((name, value)) = definition(&text.bytes) {
            let (name, value) = (text.bytes[name].to_vec(), text.bytes[value..].to_vec());
            self.define(name, value);
            return None;
        }
        if text.bytes.starts_with(b"~SEQ") || text.bytes.starts_with(b"~LST") {
            self.repeat(text);
            return None;
        }
        self.substitute(&mut text, false);
        let text = text.trimmed();
        if let Some((kind, pattern)) = include(&text.bytes) {
            let pattern = String::from_utf8_lossy(&text.bytes[pattern..]).into_owned();
            self.include(text.whole(), kind, &pattern);
            return None;
        }
        match brace(&text.bytes) {
            _ if text.bytes.is_empty() => None,
            None => Some(Item::Line(text)),
            Some(0) => {
                let span = text.span(0..1);
                let item = if text.bytes[0] == b'{' { Item::Open(span) } else { Item::Close(span) };
                self.rest = Some(text.part(1..text.bytes.len()).trimmed()).filter(|t| !t.bytes.is_empty());
                Some(item)
            }
            Some(at) => {
                self.rest = Some(text.part(at..text.bytes.len()));
                Some(Item::Line(text.part(0..at).trimmed()))
            }
        }
    }

    /// Stores a definition. A backslash at the end of a file's line goes on with the next line.
    fn define(&mut self, name: Vec<u8>, mut value: Vec<u8>) {
        let mut lines = Vec::new();
        while value.last() == Some(&b'\\') && matches!(self.frames.last(), Some(Frame::File { .. })) {
            value.pop();
            value.truncate(value.trim_ascii_end().len());
            if !value.is_empty() {
                lines.push(std::mem::take(&mut value));
            }
            let Some(Frame::File { id, at }) = self.frames.last_mut() else { break };
            let (id, start) = (*id, *at);
            let all = self.sources.text(id);
            if start >= all.len() {
                break;
            }
            let next = physical(all, start);
            *at = next;
            self.count += 1;
            let line = self.physical_line(id, start, next);
            value = decomment(line, self.options.version).0.bytes;
        }
        if !value.is_empty() || lines.is_empty() {
            lines.push(value);
        }
        self.definitions.insert(name, lines);
    }

    /// Puts definitions in the place of `$NAME` and `${NAME}`. The other lines of a definition of several are read next.
    fn substitute(&mut self, text: &mut Text, header: bool) {
        let (mut i, mut replaced) = (0, 0);
        while let Some(at) = text.bytes.iter().skip(i).position(|b| *b == b'$').map(|n| n + i) {
            i = at + 1;
            // Only the parentheses of a repetition are its own; the text after them is expanded each time.
            if header && text.bytes[..at].contains(&b')') {
                return;
            }
            let Some(used) = usage(&text.bytes, at) else { continue };
            let name = &text.bytes[used.name.clone()];
            let value = match self.definitions.get(name) {
                Some(lines) if lines.len() > 1 => {
                    if used.end != text.bytes.len() {
                        continue;
                    }
                    let span = text.span(at..used.end);
                    let mut lines = lines.clone();
                    let first = lines.remove(0);
                    self.frames.push(Frame::Lines { lines: lines.into_iter(), used: span });
                    first
                }
                Some(lines) => lines.first().cloned().unwrap_or_default(),
                None => match self.predefined(text, at, &used) {
                    Some((value, literal)) => {
                        if literal {
                            i = at + value.len();
                            text.replace(at..used.end, &value);
                            continue;
                        }
                        value
                    }
                    None => continue,
                },
            };
            replaced += 1;
            if replaced > MAX_REPLACEMENTS || text.bytes.len() - (used.end - at) + value.len() > 4 * MAX_LINE {
                let span = text.span(at..used.end);
                self.report(
                    span,
                    Kind::SelfReference,
                    "this definition refers to itself or is too long for a line; it is not put in place",
                );
                return;
            }
            text.replace(at..used.end, &value);
            // A value may hold other definitions.
            i = at;
        }
    }

    /// A name that keepalived defines by itself, and whether its text is taken as it is.
    fn predefined(&mut self, text: &Text, at: usize, used: &Usage) -> Option<(Vec<u8>, bool)> {
        let words: Vec<&[u8]> =
            text.bytes[used.arguments.clone()].split(|b| is_blank(*b)).filter(|w| !w.is_empty()).collect();
        match &text.bytes[used.name.clone()] {
            b"_HASH" => Some((b"#".to_vec(), true)),
            b"_BANG" => Some((b"!".to_vec(), true)),
            b"_INSTANCE" => Some((self.options.config_id.clone().into_bytes(), true)),
            b"_PWD" => {
                let name = self.sources.name(self.file());
                let directory = name.rfind('/').map_or(self.options.directory.as_str(), |end| &name[..end.max(1)]);
                Some((directory.as_bytes().to_vec(), true))
            }
            b"_RANDOM" => {
                let low = words.first().map_or(b"0".to_vec(), |w| w.to_vec());
                let sentence =
                    format!("keepalived draws this number at random when it starts; {} is taken here", quote(&low));
                self.report(text.span(at..used.end), Kind::Random, sentence);
                Some((low, true))
            }
            b"_ENV" if self.options.version.at_least(2, 4, 0) => {
                let name = String::from_utf8_lossy(words.first()?).into_owned();
                Some((self.options.environment.get(&name).cloned().unwrap_or_default().into_bytes(), true))
            }
            _ => None,
        }
    }

    fn include(&mut self, span: Span, kind: u8, pattern: &str) {
        self.includes += 1;
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::File { .. })).count();
        let shown = quote(pattern.as_bytes());
        if depth >= MAX_DEPTH {
            let sentence = format!("files are included {MAX_DEPTH} deep, perhaps in a circle; {shown} is not read");
            return self.report(span, Kind::IncludeDepth, sentence);
        }
        let from = self.sources.name(self.file()).to_owned();
        let names = self.loader.expand(pattern, &from);
        let wild = pattern.contains(['*', '?', '[', '{']);
        if names.is_empty() && (!wild || matches!(kind, b'w' | b'a')) {
            let strict = if wild { matches!(kind, b'w' | b'a') } else { matches!(kind, b'm' | b'w' | b'b' | b'a') };
            let kind = if strict { Kind::IncludeRequired } else { Kind::Include };
            let does = if strict { "keepalived does not start" } else { "keepalived goes on without it" };
            self.report(span, kind, format!("no file is called {shown}; {does}"));
        }
        let mut frames = Vec::new();
        for name in names {
            let id = match self.sources.find(&name) {
                Some(id) => id,
                None => match self.loader.read(&name) {
                    Ok(text) => self.sources.add(&name, text),
                    Err(error) => {
                        let strict = kind != 0;
                        let does = if strict { "keepalived does not start" } else { "keepalived goes on without it" };
                        let kind = if strict { Kind::IncludeRequired } else { Kind::Include };
                        self.report(span, kind, format!("{error}; {does}"));
                        continue;
                    }
                },
            };
            frames.push(Frame::File { id, at: 0 });
        }
        self.frames.extend(frames.into_iter().rev());
    }

    /// `~SEQ(VAR, ...) text` and `~LST(VAR, ...) text`.
    fn repeat(&mut self, mut text: Text) {
        self.substitute(&mut text, true);
        let span = text.whole();
        let frame = text.bytes.iter().position(|b| *b == b')').and_then(|close| {
            let body = text.part(close + 1..text.bytes.len()).trimmed();
            let head = &text.bytes[..close];
            if let Some(list) = head.strip_prefix(b"~LST(") {
                return values(list, body);
            }
            let (hex, list) = match head.strip_prefix(b"~SEQx(") {
                Some(list) => (true, list),
                None => (false, head.strip_prefix(b"~SEQ(")?),
            };
            numbers(list, hex, body)
        });
        match frame {
            Some(frame) => self.frames.push(frame),
            None => self.report(
                span,
                Kind::BadRepeat,
                "not a repetition that can be read, such as `~SEQ(VAR, 1, 9) text`; its text is not used",
            ),
        }
    }
}

/// Offset of the line after the one at `at`.
fn physical(all: &[u8], at: usize) -> usize {
    all[at..].iter().position(|b| *b == b'\n').map_or(all.len(), |n| at + n + 1)
}

fn name_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' => {
            bytes.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(bytes.len())
        }
        _ => 0,
    }
}

/// `$NAME=value`: where the name is and where the value begins.
fn definition(bytes: &[u8]) -> Option<(std::ops::Range<usize>, usize)> {
    let len = name_len(bytes.strip_prefix(b"$")?);
    if len == 0 || bytes.get(len + 1) != Some(&b'=') {
        return None;
    }
    let blanks = bytes[len + 2..].iter().take_while(|b| is_blank(**b)).count();
    Some((1..len + 1, len + 2 + blanks))
}

struct Usage {
    name: std::ops::Range<usize>,
    arguments: std::ops::Range<usize>,
    end: usize,
}

/// The use of a definition whose `$` is at `at`: `${NAME}` anywhere, `$NAME` before a blank, `,`, `)` or the end.
fn usage(bytes: &[u8], at: usize) -> Option<Usage> {
    if bytes.get(at + 1) == Some(&b'{') {
        let start = at + 2;
        let end = start + name_len(&bytes[start..]);
        let close = end + bytes[end..].iter().position(|b| *b == b'}')?;
        let arguments = end..close;
        // Only what is predefined takes arguments, after a blank.
        let valid = end > start && (end == close || is_blank(bytes[end]) && bytes[start] == b'_');
        return valid.then_some(Usage { name: start..end, arguments, end: close + 1 });
    }
    let start = at + 1;
    let end = start + name_len(bytes.get(start..)?);
    let ends = bytes.get(end).is_none_or(|b| is_blank(*b) || matches!(b, b',' | b')'));
    (end > start && ends).then_some(Usage { name: start..end, arguments: end..end, end })
}

/// `include GLOB` and its stricter forms: the letter (0 for none) and where the pattern begins.
fn include(bytes: &[u8]) -> Option<(u8, usize)> {
    let after = bytes.strip_prefix(b"include")?;
    let (kind, after) = match after {
        [kind @ (b'r' | b'm' | b'w' | b'b' | b'a'), rest @ ..] => (*kind, rest),
        _ => (0, after),
    };
    let blanks = after.iter().take_while(|b| is_blank(**b)).count();
    (blanks > 0 && blanks < after.len()).then(|| (kind, bytes.len() - after.len() + blanks))
}

/// A number as `strtol` with base 0 reads it.
fn number(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let value = if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8).ok()?
    } else {
        digits.parse().ok()?
    };
    Some(if negative { -value } else { value })
}

fn numbers(list: &[u8], hex: bool, text: Text) -> Option<Frame> {
    let mut parts = list.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    let name = parts.next().filter(|n| !n.is_empty() && name_len(n) == n.len())?.to_vec();
    let given: Vec<i64> = parts.map(number).collect::<Option<_>>()?;
    let (start, step, end) = match given[..] {
        [end] => (1, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return None,
    };
    let towards = if end < start { -1 } else { 1 };
    let step = step.unwrap_or(towards);
    if step == 0 || start != end && step.signum() != towards || hex && (start < 0 || end < 0) {
        return None;
    }
    Some(Frame::Numbers { name, next: Some(start), step, end, hex, text })
}

fn values(list: &[u8], text: Text) -> Option<Frame> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (i, b) in list.iter().chain(b",").enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                parts.push(list[start..i].trim_ascii());
                start = i + 1;
            }
            _ => {}
        }
    }
    let inner = |part: &[u8]| -> Option<Vec<Vec<u8>>> {
        let part = match part.strip_prefix(b"{") {
            Some(rest) => rest.strip_suffix(b"}")?,
            None => part,
        };
        Some(part.split(|b| *b == b',').map(|v| v.trim_ascii().to_vec()).collect())
    };
    let (first, sets) = parts.split_first()?;
    let names = inner(first)?;
    if names.iter().any(|n| n.is_empty() || name_len(n) != n.len()) {
        return None;
    }
    let sets: Vec<_> = sets.iter().map(|s| inner(s)).collect::<Option<_>>()?;
    if sets.iter().any(|s| s.len() > names.len()) {
        return None;
    }
    Some(Frame::Values { names, sets: sets.into_iter(), text })
}
