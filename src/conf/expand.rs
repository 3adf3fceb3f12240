//! Lines to logical lines: `include`, `$NAME` definitions, `@` conditions, `~SEQ` and `~LST`, and the cut at braces.

mod include;
mod meant;
mod repeat;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use self::meant::opened;
use self::repeat::{Body, repeated};
use super::problem::{Kind, Problem, quote};
use super::source::{Expansion, FileId, How, SourceMap, Span, Via};
use super::token::{MAX_LINE, Met, Text, brace, decomment, is_blank};
use super::{Loader, Options, Reading, mend};

/// Includes within includes; keepalived goes on until it has no file handles.
const MAX_DEPTH: usize = 64;
/// Lines, those of repetitions included. Enough for fifty thousand instances.
const MAX_LINES: usize = 1_000_000;
/// Files included, each as often as it is.
const MAX_INCLUDES: usize = 10_000;
/// Files, definitions and repetitions within each other.
const MAX_FRAMES: usize = 600;
/// Bytes of text, that of repetitions included.
const MAX_TEXT: usize = 32 << 20;
/// Replacements in one line. keepalived never ends with `$A=$A`.
const MAX_REPLACEMENTS: usize = 500;
/// Bytes of lines in which something was replaced, each as often as that happened, and [`STEP`] for each time.
const MAX_REPLACED: usize = 512 << 20;
/// What replacing costs beyond the bytes.
const STEP: usize = 64;

/// A piece of a line between braces, or a brace.
pub(super) enum Item {
    Line(Text),
    Open(Span),
    Close(Span),
    /// As meant: a line that begins like a comment of another language, with its sign, and where it ends if it has
    /// several lines.
    Heading(Box<(Text, &'static str, Option<Span>)>),
    /// As meant: the backslash that ends a line of nothing but a comment, which keepalived 2.2 takes for a word.
    Backslash(Span),
}

enum Frame {
    File {
        id: FileId,
        at: usize,
        via: Via,
    },
    /// What is left of a definition of several lines, used here.
    Lines {
        definition: Rc<Definition>,
        next: usize,
        used: Span,
        via: Option<Via>,
    },
    /// `~SEQ`: the number to come, if any.
    Numbers {
        name: Vec<u8>,
        next: Option<i64>,
        step: i64,
        end: i64,
        hex: bool,
        body: Body,
    },
    /// `~LST`: the sets of values to come, each with its place.
    Values {
        names: Vec<Vec<u8>>,
        sets: std::vec::IntoIter<Vec<(Vec<u8>, Option<Span>)>>,
        body: Body,
    },
}

/// What a name stands for.
struct Definition {
    /// More than one can only be used at the end of a line.
    lines: Vec<Text>,
    /// Whether it is written somewhere; else it stands where it is used.
    written: bool,
}

impl Definition {
    fn standing(value: Vec<u8>, from: Option<Span>) -> Rc<Self> {
        Rc::new(Self { lines: vec![Text::standing(Span::default(), value, from)], written: false })
    }

    /// One of its lines as it is used at a place.
    fn line(&self, n: usize, used: Span, via: Option<Via>) -> Option<Text> {
        let line = self.lines.get(n)?;
        Some(via.map_or_else(|| line.at(used), |via| line.by(via)))
    }
}

/// The stream of logical lines of a configuration and all it includes.
pub(super) struct Expander<'a> {
    loader: &'a mut dyn Loader,
    options: &'a Options,
    pub(super) sources: SourceMap,
    pub(super) problems: Vec<Problem>,
    /// Where something was meant that is not known: what is wrong with it there is no problem of its own.
    pub(super) excused: Vec<Span>,
    /// As meant: where a line stands that begins a block as the one above it does, with another condition, and whether
    /// one of those above is kept.
    alternative: Option<(FileId, u32, bool)>,
    frames: Vec<Frame>,
    /// What follows a brace on its line, and whether it is of a plain line.
    rest: Option<(Text, bool)>,
    definitions: HashMap<Vec<u8>, Rc<Definition>>,
    count: usize,
    includes: usize,
    /// Bytes of lines so far.
    text: usize,
    /// Bytes of lines in which something was replaced.
    replaced: usize,
}

impl<'a> Expander<'a> {
    pub(super) fn new(loader: &'a mut dyn Loader, options: &'a Options, name: &str, text: Arc<Vec<u8>>) -> Self {
        let mut sources = SourceMap::default();
        let mut problems = Vec::new();
        let id = sources.add(name, text);
        if sources.is_full() {
            problems.push(Problem::new(Span { file: id, ..Span::default() }, Kind::TooMuch, FULL));
        }
        let frames = vec![Frame::File { id, at: 0, via: Via::NONE }];
        Self {
            loader,
            options,
            sources,
            problems,
            excused: Vec::new(),
            alternative: None,
            frames,
            rest: None,
            definitions: options
                .definitions
                .iter()
                .map(|(n, v)| (n.clone().into_bytes(), Definition::standing(v.clone().into_bytes(), None)))
                .collect(),
            count: 0,
            includes: 0,
            text: 0,
            replaced: 0,
        }
    }

    /// The next logical line or brace; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Item> {
        loop {
            self.count += 1;
            let much = self.text > MAX_TEXT || self.replaced > MAX_REPLACED;
            if self.count > MAX_LINES || self.includes > MAX_INCLUDES || much {
                self.give_up();
                return None;
            }
            let (text, plain) = match self.rest.take() {
                Some((rest, plain)) => {
                    let plain = plain && is_plain(&rest.bytes);
                    (Some(rest), plain)
                }
                None => match self.plain() {
                    Some(text) => (Some(text), true),
                    None => (self.pull()?, false),
                },
            };
            let Some(text) = text else { continue };
            self.text += text.bytes.len();
            let item = if plain { self.cut(text, true) } else { self.logical(text) };
            if item.is_some() {
                return item;
            }
        }
    }

    fn report(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        self.problems.push(Problem::new(span, kind, sentence));
    }

    fn as_meant(&self) -> bool {
        self.options.reading == Reading::AsMeant
    }

    fn give_up(&mut self) {
        if self.frames.is_empty() {
            return;
        }
        let (file, via) = self.file();
        self.frames.clear();
        let at = self.sources.text(file).len() as u32;
        let span = Span { file, start: at, end: at, via };
        let much = format!(
            "more than {MAX_LINES} lines, {} MiB of text with its repetitions or {MAX_INCLUDES} included files, perhaps in \
             a circle; the rest is not read",
            MAX_TEXT >> 20
        );
        self.report(span, Kind::TooMuch, much);
    }

    /// The file that is being read, and the way to it.
    fn file(&self) -> (FileId, Via) {
        let file = |f: &Frame| if let Frame::File { id, via, .. } = f { Some((*id, *via)) } else { None };
        self.frames.iter().rev().find_map(file).unwrap_or_default()
    }

    /// The next line of a file, as it was meant, without its comment: if nothing in it can be more than words and braces.
    fn plain(&mut self) -> Option<Text> {
        let reading = self.options.reading;
        let Frame::File { id, at, via } = self.frames.last_mut()? else { return None };
        let (id, via, all) = (*id, *via, self.sources.text(*id));
        let line = all.get(*at..).filter(|rest| !rest.is_empty() && reading == Reading::AsMeant)?;
        let first = line.iter().position(|b| !is_blank(*b)).unwrap_or(line.len());
        let mut end = first + line[first..].iter().position(|b| SIGNS[usize::from(*b)]).unwrap_or(line.len() - first);
        let mut next = end;
        match line.get(end) {
            None | Some(b'\n') => {
                while line[first..end].last() == Some(&b'\r') {
                    end -= 1;
                }
            }
            Some(b'#' | b'!') => {
                next = end + memchr::memchr(b'\n', &line[end..]).unwrap_or(line.len() - end);
                if line[end..next].contains(&0) || line[end..next].trim_ascii_end().last() == Some(&b'\\') {
                    return None;
                }
            }
            Some(_) => return None,
        }
        while line[first..end].last().is_some_and(|b| is_blank(*b)) {
            end -= 1;
        }
        if next > MAX_LINE || !is_plain(&line[first..end]) {
            return None;
        }
        let start = *at + first;
        *at += (next + 1).min(line.len());
        Some(Text::new(id, via, start, self.sources.bytes(id, start..start + end - first)))
    }

    /// The next line from the innermost source; `None` inside when it gave nothing, `None` outside at the end of all.
    #[expect(clippy::option_option, reason = "nothing now and nothing more are two things")]
    fn pull(&mut self) -> Option<Option<Text>> {
        match self.frames.last_mut()? {
            Frame::File { id, at, via } => {
                let (id, via) = (*id, *via);
                let all = self.sources.text(id);
                if *at >= all.len() {
                    self.frames.pop();
                    return Some(None);
                }
                let (start, next) = (*at, physical(all, *at));
                *at = next;
                let text = self.physical_line(id, via, start, next);
                if self.as_meant() {
                    return Some(Some(self.mended(text)));
                }
                let (text, met) = self.decomment(text);
                if met.quote {
                    let sentence = "a double quote does not end on its line; the word is lost";
                    self.report(text.whole(&self.sources), Kind::UnmatchedQuote, sentence);
                }
                if met.backslash {
                    let sentence = "a comment ends in a backslash, which keepalived 2.2 takes for a word of the line";
                    self.report(text.whole(&self.sources), Kind::CommentBackslash, sentence);
                }
                Some(Some(text))
            }
            Frame::Lines { definition, next, used, via } => {
                let line = definition.line(*next, *used, *via);
                *next += 1;
                if line.is_none() {
                    self.frames.pop();
                }
                Some(line.map(Text::trimmed))
            }
            Frame::Numbers { name, next, step, end, hex, body } => {
                let Some(n) = *next else {
                    self.frames.pop();
                    return Some(None);
                };
                let following = n.checked_add(*step);
                *next = following.filter(|f| if *step > 0 { *f <= *end } else { *f >= *end });
                let value = if *hex { format!("{n:x}") } else { n.to_string() };
                let values = format!("{} = {value}", String::from_utf8_lossy(name));
                let text = repeated(body, values, &mut self.sources);
                set(&mut self.definitions, name, Definition::standing(value.into_bytes(), None));
                Some(Some(text))
            }
            Frame::Values { names, sets, body } => {
                let Some(set_of_values) = sets.next() else {
                    self.frames.pop();
                    return Some(None);
                };
                let mut set_of_values = set_of_values.into_iter();
                let mut said = Vec::new();
                for name in names {
                    let (value, from) = set_of_values.next().unwrap_or_default();
                    said.push(format!("{} = {}", String::from_utf8_lossy(name), String::from_utf8_lossy(&value)));
                    set(&mut self.definitions, name, Definition::standing(value, from));
                }
                Some(Some(repeated(body, said.join(", "), &mut self.sources)))
            }
        }
    }

    /// A line of a file without its comment. Up to 2.3 keepalived's processes read a copy of the lines that has no comments
    /// any more, and look for comments again: there `\#` does not keep a `#`.
    fn decomment(&self, text: Text) -> (Text, Met) {
        let version = self.options.version;
        let (text, met) = decomment(text, version);
        let signs = text.bytes.iter().any(|b| matches!(b, b'#' | b'!' | b'\\'));
        if !signs || version.at_least(2, 4, 0) { (text, met) } else { (decomment(text, version).0, met) }
    }

    /// The line at `start..next` of a file, without its end, cut as keepalived cuts it.
    fn physical_line(&mut self, id: FileId, via: Via, start: usize, next: usize) -> Text {
        let all = self.sources.text(id);
        let line = &all[start..next];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let end = line.iter().rposition(|b| *b != b'\r').map_or(0, |last| last + 1);
        if self.as_meant() {
            let bytes = self.sources.bytes(id, start..start + end.min(4 * MAX_LINE));
            return self.whole_line(Text::new(id, via, start, bytes));
        }
        let mut text = Text::new(id, via, start, self.sources.bytes(id, start..start + end));
        if end > MAX_LINE {
            let cut = !self.options.version.at_least(2, 4, 0);
            let sentence = if cut {
                "a line of more than 1023 bytes; keepalived 2.2 reads the rest as a line of its own"
            } else {
                "a line of more than 1023 bytes; keepalived 2.4 passes over all but the rest of it"
            };
            self.report(text.span(MAX_LINE..end, &self.sources), Kind::LongLine, sentence);
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
                text.span(nul..nul + 1, &self.sources),
                Kind::NulByte,
                "a NUL byte; keepalived 2.2 ends the line here, 2.4 passes over the byte",
            );
            if self.options.version.at_least(2, 4, 0) {
                let all: Vec<usize> = text.bytes.iter().enumerate().filter(|(_, b)| **b == 0).map(|(i, _)| i).collect();
                text.remove_each(&all);
            } else {
                text.truncate(nul);
            }
        }
        text
    }

    /// `@ID rest` and `@^ID rest`: the rest when the configuration's id is, or is not, this one.
    fn conditional(&mut self, text: Text) -> Option<Text> {
        let Some(condition) = Condition::of(&text.bytes) else { return Some(text) };
        let keep = condition.holds(self.options.config_id.as_bytes());
        if self.as_meant() && opened(&text.bytes[condition.len..]) > 0 {
            self.conditional_block(&text, keep);
        }
        keep.then(|| text.part(condition.len..text.bytes.len()).trimmed())
    }

    /// What a line means once its definitions are in place; `None` when it was a directive or blank.
    fn logical(&mut self, mut text: Text) -> Option<Item> {
        for n in 0..MAX_REPLACEMENTS {
            text = self.conditional(text)?;
            if self.as_meant() {
                if let Some(sign) = mend::heading(&text.bytes) {
                    return Some(self.heading(text, sign));
                }
                if *text.bytes == *b"\\" {
                    return Some(Item::Backslash(text.whole(&self.sources)));
                }
                if self.spaced_definition(&text) {
                    return None;
                }
            }
            if let Some((name, value)) = definition(&text.bytes) {
                self.define(text.bytes[name].to_vec(), text.part(value..text.bytes.len()));
                return None;
            }
            let from_file = n == 0 && matches!(self.frames.last(), Some(Frame::File { .. }));
            if self.as_meant() && from_file && text.bytes.last() == Some(&b'\\') {
                text = self.goes_on(text);
            }
            if text.bytes.starts_with(b"~SEQ") || text.bytes.starts_with(b"~LST") {
                self.repeat(text);
                return None;
            }
            if text.bytes.starts_with(b"~") || !self.substitute(&mut text, false) {
                break;
            }
            // What was put in place may hold comments, conditions and definitions.
            text = decomment(text, self.options.version).0;
            if !text.bytes.starts_with(b"@") && !text.bytes.contains(&b'$') {
                break;
            }
        }
        if self.as_meant() {
            self.undefined(&mut text);
        }
        let text = text.trimmed();
        if let Some((kind, pattern)) = include::directive(&text.bytes) {
            let pattern = String::from_utf8_lossy(&text.bytes[pattern..]).into_owned();
            self.include(text.whole(&self.sources), kind, &pattern);
            return None;
        }
        self.cut(text, false)
    }

    /// What comes up to and with the first brace, be it of a plain line or not.
    fn cut(&mut self, text: Text, plain: bool) -> Option<Item> {
        match brace(&text.bytes) {
            _ if text.bytes.is_empty() => None,
            None => Some(Item::Line(text)),
            Some(0) => {
                let span = text.span(0..1, &self.sources);
                let item = if text.bytes[0] == b'{' { Item::Open(span) } else { Item::Close(span) };
                let rest = text.part(1..text.bytes.len()).trimmed();
                self.rest = Some((rest, plain)).filter(|(t, _)| !t.bytes.is_empty());
                Some(item)
            }
            Some(at) => {
                self.rest = Some((text.part(at..text.bytes.len()), plain));
                Some(Item::Line(text.part(0..at).trimmed()))
            }
        }
    }

    /// Stores a definition. A backslash at the end of a file's line goes on with the next line.
    fn define(&mut self, name: Vec<u8>, mut value: Text) {
        let mut lines = Vec::new();
        while value.bytes.last() == Some(&b'\\') && matches!(self.frames.last(), Some(Frame::File { .. })) {
            let rest = value.bytes[..value.bytes.len() - 1].trim_ascii_end().len();
            value.truncate(rest);
            let empty = value.part(rest..rest);
            let line = std::mem::replace(&mut value, empty);
            if !line.bytes.is_empty() {
                lines.push(line);
            }
            let Some(Frame::File { id, at, via }) = self.frames.last_mut() else { break };
            let (id, start, via) = (*id, *at, *via);
            let all = self.sources.text(id);
            if start >= all.len() {
                break;
            }
            let next = physical(all, start);
            *at = next;
            self.count += 1;
            let line = self.physical_line(id, via, start, next);
            value = if self.as_meant() { self.mended(line) } else { self.decomment(line).0 };
        }
        if !value.bytes.is_empty() || lines.is_empty() {
            lines.push(value);
        }
        self.definitions.insert(name, Rc::new(Definition { lines, written: true }));
    }

    /// Puts definitions in the place of `$NAME` and `${NAME}`; whether there was one. The other lines of a definition of
    /// several are read next.
    fn substitute(&mut self, text: &mut Text, header: bool) -> bool {
        let (mut i, mut replaced) = (0, 0);
        // Only the parentheses of a repetition are its own; the text after them is expanded each time.
        let close = |text: &Text| if header { text.bytes.iter().position(|b| *b == b')') } else { None };
        let mut end = close(text).unwrap_or(usize::MAX);
        while let Some(at) = text.bytes.iter().skip(i).position(|b| *b == b'$').map(|n| n + i) {
            i = at + 1;
            if at > end {
                return replaced > 0;
            }
            let Some(used) = usage(&text.bytes, at) else { continue };
            let name = &text.bytes[used.name.clone()];
            let (span, value) = match self.definitions.get(name) {
                Some(d) if d.lines.len() > 1 && used.end != text.bytes.len() => continue,
                Some(definition) => {
                    let definition = Rc::clone(definition);
                    let span = text.span(at..used.end, &self.sources);
                    let step = Expansion { how: How::Definition, at: span, values: None };
                    let via = if definition.written { self.sources.add_expansion(step) } else { None };
                    let first = definition.line(0, span, via);
                    if definition.lines.len() > 1 {
                        self.frames.push(Frame::Lines { definition, next: 1, used: span, via });
                    }
                    (span, first.unwrap_or_else(|| Text::standing(span, Vec::new(), None)))
                }
                None => match self.predefined(text, at, &used) {
                    Some((span, value)) => {
                        // It is taken as it is, whatever it holds.
                        i = at + value.len();
                        text.replace(at..used.end, &Text::standing(span, value, None));
                        self.replaced += text.bytes.len() + STEP;
                        end = close(text).unwrap_or(usize::MAX);
                        replaced += 1;
                        continue;
                    }
                    None => continue,
                },
            };
            replaced += 1;
            let len = text.bytes.len() - (used.end - at) + value.bytes.len();
            if replaced > MAX_REPLACEMENTS || len > 4 * MAX_LINE || self.frames.len() > MAX_FRAMES {
                self.excused.push(span);
                // Not each of the steps to here, only the first use.
                let mut span = span;
                while let Some(step) = self.sources.expansion(span).filter(|step| step.how == How::Definition) {
                    span = step.at;
                }
                self.report(
                    span,
                    Kind::SelfReference,
                    "this definition refers to itself or is too long for a line; it is not put in place",
                );
                return false;
            }
            self.replaced += len + STEP;
            text.replace(at..used.end, &value);
            end = close(text).unwrap_or(usize::MAX);
            // A repetition expands its text itself.
            if value.bytes.trim_ascii_start().starts_with(b"~") {
                return true;
            }
            // A value may hold other definitions.
            i = at;
        }
        replaced > 0
    }

    /// The text of a name that keepalived defines by itself.
    fn predefined(&mut self, text: &Text, at: usize, used: &Usage) -> Option<(Span, Vec<u8>)> {
        let name = &text.bytes[used.name.clone()];
        if name.first() != Some(&b'_') {
            return None;
        }
        let span = text.span(at..used.end, &self.sources);
        let words: Vec<&[u8]> =
            text.bytes[used.arguments.clone()].split(|b| is_blank(*b)).filter(|w| !w.is_empty()).collect();
        let value = match name {
            b"_HASH" if words.is_empty() => b"#".to_vec(),
            b"_BANG" if words.is_empty() => b"!".to_vec(),
            b"_INSTANCE" if words.is_empty() => self.options.config_id.clone().into_bytes(),
            b"_PWD" => {
                let name = self.sources.name(self.file().0);
                let directory = name.rfind('/').map_or(self.options.directory.as_str(), |end| &name[..end.max(1)]);
                directory.as_bytes().to_vec()
            }
            b"_RANDOM" if words.iter().all(|w| w.iter().all(u8::is_ascii_digit)) => {
                let low = words.first().map_or(b"0".to_vec(), |w| w.to_vec());
                let sentence =
                    format!("keepalived draws this number at random when it starts; {} is taken here", quote(&low));
                self.report(span, Kind::Random, sentence);
                low
            }
            b"_ENV" if self.options.version.at_least(2, 4, 0) => {
                let name = String::from_utf8_lossy(words.first()?).into_owned();
                self.options.environment.get(&name).cloned().unwrap_or_default().into_bytes()
            }
            _ => return None,
        };
        Some((span, value))
    }
}

/// Why text is left out.
const FULL: &str = "a configuration of more than 64 MiB; the rest is not read";

/// Gives a name another value.
fn set(definitions: &mut HashMap<Vec<u8>, Rc<Definition>>, name: &[u8], value: Rc<Definition>) {
    match definitions.get_mut(name) {
        Some(old) => *old = value,
        None => drop(definitions.insert(name.to_vec(), value)),
    }
}

/// Bytes that end a line, or can make more of it than words and braces.
static SIGNS: [bool; 256] = {
    let mut signs = [false; 256];
    let mut b = 0;
    while b < signs.len() {
        signs[b] = b >= 0x80 || matches!(b as u8, 0 | b'\n' | b'"' | b'\\' | b'$' | b'#' | b'!');
        b += 1;
    }
    signs
};

/// Whether text without any of [`SIGNS`] is only words and braces: no condition, repetition, `include` or heading.
fn is_plain(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(b'@' | b'~') => false,
        Some(b'i') => !bytes.starts_with(b"include"),
        _ => mend::heading(bytes).is_none(),
    }
}

/// Offset of the line after the one at `at`.
fn physical(all: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &all[at..]).map_or(all.len(), |n| at + n + 1)
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
        // Only what is predefined takes arguments, after a blank.
        let next = *bytes.get(end)?;
        if end == start || next != b'}' && !(is_blank(next) && bytes[start] == b'_') {
            return None;
        }
        let close = end + bytes[end..].iter().position(|b| *b == b'}')?;
        return Some(Usage { name: start..end, arguments: end..close, end: close + 1 });
    }
    let start = at + 1;
    let end = start + name_len(bytes.get(start..)?);
    let ends = bytes.get(end).is_none_or(|b| is_blank(*b) || matches!(b, b',' | b')'));
    (end > start && ends).then_some(Usage { name: start..end, arguments: end..end, end })
}

/// The condition that a line begins with.
struct Condition {
    /// `@^ID`: for all but one.
    unless: bool,
    id: Vec<u8>,
    /// Where the id ends.
    len: usize,
}

impl Condition {
    fn of(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"@")?;
        let unless = rest.starts_with(b"^");
        let start = 1 + usize::from(unless);
        let id: Vec<u8> = line[start..].iter().copied().take_while(|b| !is_blank(*b)).collect();
        Some(Self { unless, len: start + id.len(), id })
    }

    fn holds(&self, id: &[u8]) -> bool {
        (self.id == id) != self.unless
    }
}
