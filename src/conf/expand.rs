//! Lines to logical lines: `include`, `$NAME` definitions, `@` conditions, `~SEQ` and `~LST`, and the cut at braces.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::problem::{Kind, Problem, quote};
use super::source::{Expansion, FileId, How, SourceMap, Span, Via};
use super::token::{MAX_LINE, Met, Text, brace, decomment, is_blank};
use super::{Loader, Options, Reading, mend, tree};

/// Includes within includes; keepalived goes on until it has no file handles.
const MAX_DEPTH: usize = 64;
/// Lines, those of repetitions included. Enough for fifty thousand instances.
const MAX_LINES: usize = 1_000_000;
/// Files included, each as often as it is.
const MAX_INCLUDES: usize = 10_000;
/// Files, definitions and repetitions within each other.
const MAX_FRAMES: usize = 600;
/// Bytes of a name that is looked for between braces.
const MAX_NAME: usize = 128;
/// How many lines a `/*` may take.
const MAX_COMMENT: usize = 1000;
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

/// What a repetition repeats.
struct Body {
    text: Text,
    /// Where the repetition begins.
    head: Span,
}

impl Body {
    /// What stands behind the head that a `)` closes.
    fn behind(text: &Text, close: usize, sources: &SourceMap) -> Self {
        Self { text: text.part(close + 1..text.bytes.len()).trimmed(), head: text.span(0..close + 1, sources) }
    }
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

    /// A line as it was meant: all of it, without NUL bytes.
    fn whole_line(&mut self, mut text: Text) -> Text {
        let version = self.options.version;
        if text.bytes.len() > MAX_LINE {
            let sentence = if version.at_least(2, 4, 0) {
                "a line of more than 1023 bytes; keepalived 2.4 passes over all but the rest of it"
            } else {
                "a line of more than 1023 bytes; keepalived 2.2 reads the rest as a line of its own"
            };
            self.report(text.span(MAX_LINE..text.bytes.len(), &self.sources), Kind::LongLine, sentence);
        }
        let nuls: Vec<usize> = text.bytes.iter().enumerate().filter(|(_, b)| **b == 0).map(|(i, _)| i).collect();
        if let Some(first) = nuls.first() {
            let passes = version.at_least(2, 4, 0);
            let does = if passes { "keepalived 2.4 passes over the byte" } else { "keepalived 2.2 ends the line here" };
            let span = text.span(*first..first + 1, &self.sources);
            self.report(span, Kind::NulByte, format!("a NUL byte; {does}"));
            text.remove_each(&nuls);
        }
        text
    }

    /// A physical line as it was meant, without its comment.
    fn mended(&mut self, text: Text) -> Text {
        let (mut text, mut met) = decomment(text, self.options.version);
        if mend::heading(&text.bytes).is_some() {
            return text;
        }
        if let Some(problem) = mend::signs(&mut text, &self.sources) {
            self.problems.push(problem);
            // Now it may have quotes and a comment.
            (text, met) = decomment(text, self.options.version);
        }
        if met.quote {
            let span = mend::quote(&mut text, &self.sources);
            let sentence = "a double quote does not end on its line; keepalived loses the word";
            self.problems.push(
                Problem::new(span, Kind::UnmatchedQuote, sentence)
                    .help("Write the quotes on both sides of the word, or none if it has no blanks."),
            );
        }
        // Alone, it is told of where it is known what the line stands in.
        if met.backslash && *text.bytes != *b"\\" {
            let len = text.bytes.len();
            let span = text.span(len - 1..len, &self.sources);
            let sentence =
                "a comment ends in a backslash, which keepalived 2.2 takes for the end of the word before it";
            let problem = Problem::new(span, Kind::CommentBackslash, sentence);
            self.problems.push(problem.help("Delete the backslash."));
            text.truncate(len - 1);
        }
        text
    }

    /// A line that begins like a comment of another language; after `/*`, all up to the `*/`.
    fn heading(&mut self, text: Text, sign: &'static str) -> Item {
        let mut until = None;
        if sign == "/*"
            && !text.bytes.windows(2).any(|w| w == b"*/")
            && let Some(Frame::File { id, at, via }) = self.frames.last_mut()
        {
            let all = self.sources.text(*id);
            let mut start = *at;
            for _ in 0..MAX_COMMENT {
                if start >= all.len() {
                    break;
                }
                let next = physical(all, start);
                self.count += 1;
                if let Some(end) = all[start..next].windows(2).position(|w| w == b"*/") {
                    let end = start + end;
                    until = Some(Span { file: *id, start: end as u32, end: end as u32 + 2, via: *via });
                    *at = next;
                    break;
                }
                start = next;
            }
        }
        Item::Heading(Box::new((text, sign, until)))
    }

    /// Takes the backslash at a line's end away, and puts what it was to go on with in its place.
    fn goes_on(&mut self, mut text: Text) -> Text {
        let len = text.bytes.len();
        let span = text.span(len - 1..len, &self.sources);
        let sentence = "a backslash goes on with the next line in definitions only; keepalived takes it for the end of the \
                        word before it";
        let mut problem = Problem::new(span, Kind::TrailingBackslash, sentence).help("Delete the backslash.");
        text.truncate(len - 1);
        text = text.trimmed();
        if let Some(Frame::File { id, at, via }) = self.frames.last_mut() {
            let (id, start, via) = (*id, *at, *via);
            let all = self.sources.text(id);
            if start < all.len() {
                let next = physical(all, start);
                let line = all[start..next].trim_ascii();
                let word = line.split(|b| is_blank(*b) || *b == b'{').next().unwrap_or_default();
                let words_only = word.first().is_some_and(|b| !matches!(b, b'}' | b'$' | b'~' | b'@' | b'#' | b'!'));
                if words_only && !tree::is_keyword(word) && !word.starts_with(b"include") {
                    *at = next;
                    self.count += 1;
                    let line = self.physical_line(id, via, start, next);
                    let line = self.mended(line);
                    let rest = line.whole(&self.sources);
                    problem = problem
                        .related(rest, "keepalived reads this as a line of its own")
                        .help("Write both as one line.");
                    let len = text.bytes.len();
                    text.replace(len..len, &Text::standing(Span { end: rest.start, ..rest }, b" ".to_vec(), None));
                    text.replace(len + 1..len + 1, &line);
                }
            }
        }
        self.problems.push(problem);
        text
    }

    /// `$NAME = value`, which keepalived takes for a keyword.
    fn spaced_definition(&mut self, text: &Text) -> bool {
        let bytes = &text.bytes;
        let len = bytes.strip_prefix(b"$").map_or(0, name_len);
        let blanks = |from: usize| bytes.iter().skip(from).take_while(|b| is_blank(**b)).count();
        let sign = 1 + len + blanks(1 + len);
        if len == 0 || sign == 1 + len || bytes.get(sign) != Some(&b'=') {
            return false;
        }
        let name = String::from_utf8_lossy(&bytes[1..=len]).into_owned();
        let sentence = format!("`${name}` is no keyword: a definition has no blank before its `=`, so this is none");
        let problem = Problem::new(text.span(0..sign + 1, &self.sources), Kind::UnknownKeyword, sentence);
        self.problems.push(problem.help(format!("Write `${name}=` without a blank.")));
        let value = sign + 1 + blanks(sign + 1);
        self.define(name.into_bytes(), text.part(value..bytes.len()));
        true
    }

    /// Reports uses in braces of what is not defined, and takes the braces away, which would be those of a block.
    fn undefined(&mut self, text: &mut Text) {
        let (mut from, mut quoted) = (0, false);
        while let Some(at) = text.bytes.iter().skip(from).position(|b| *b == b'$').map(|n| n + from) {
            quoted = text.bytes[from..at].iter().fold(quoted, |quoted, b| quoted ^ (*b == b'"'));
            from = at + 1;
            if quoted {
                continue;
            }
            // What a repetition behind a brace puts in place is known once it is read.
            if text.bytes[..at].windows(5).any(|w| w == b"~SEQ(" || w == b"~LST(") {
                return;
            }
            if text.bytes.get(from) != Some(&b'{') {
                from = self.not_expanded(text, at);
                continue;
            }
            let inner = &text.bytes[from + 1..];
            let Some(len) = inner.iter().take(MAX_NAME).position(|b| *b == b'}') else { continue };
            let inner = &inner[..len];
            if inner.iter().any(|b| matches!(b, b'{' | b'"') || is_blank(*b) && !inner.starts_with(b"_")) {
                continue;
            }
            let span = text.span(at..from + len + 2, &self.sources);
            let shown = quote(inner);
            let sentence = if inner.starts_with(b"_ENV ") {
                "`_ENV` exists since keepalived 2.4.0; before, the text falls apart at its braces".to_owned()
            } else {
                format!(
                    "no definition of {shown} comes before this line; keepalived takes the braces for those of a block"
                )
            };
            self.report(span, Kind::NoDefinition, sentence);
            self.excused.push(span);
            let mut name = b"$".to_vec();
            name.extend(inner.iter().map(|b| if is_blank(*b) { b'_' } else { *b }));
            text.replace(at..from + len + 2, &Text::standing(span, name, None));
        }
    }

    /// Reports the name of a definition that what follows it keeps from being put in place, and puts it there. Where to go
    /// on.
    fn not_expanded(&mut self, text: &mut Text, at: usize) -> usize {
        let from = at + 1;
        let end = from + text.bytes.get(from..).map_or(0, name_len);
        let ends = |b: &u8| is_blank(*b) || matches!(b, b',' | b')');
        let next = text.bytes.get(end).copied();
        let (Some(next), Some(definition)) =
            (next.filter(|b| end > from && !ends(b)), self.definitions.get(&text.bytes[from..end]).map(Rc::clone))
        else {
            return from;
        };
        let span = text.span(at..end, &self.sources);
        let Some(value) = definition.line(0, span, None).filter(|_| definition.lines.len() == 1) else { return from };
        let name = String::from_utf8_lossy(&text.bytes[from..end]).into_owned();
        let sentence =
            format!("`${name}` is not put in place before {}; keepalived takes the name as it is", quote(&[next]));
        self.problems.push(Problem::new(span, Kind::NotExpanded, sentence).help(format!("Write `${{{name}}}`.")));
        self.excused.push(span);
        let len = value.bytes.len();
        text.replace(at..end, &Text::standing(span, value.bytes, None));
        at + len
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

    /// `@ID name {`: the condition is for the line, and the block is there for all. As it was meant, it is there for those
    /// whom the line is for. All is well where a line beside it with another condition begins the block instead, and where
    /// the block's end has a condition as well.
    fn conditional_block(&mut self, text: &Text, keep: bool) {
        let Some(Frame::File { id, at, via }) = self.frames.last() else { return };
        let (id, next, via) = (*id, *at, *via);
        let all = self.sources.text(id);
        let Some(condition) = Condition::of(&text.bytes) else { return };
        let here = text.span(0..1, &self.sources).start;
        let beside = self.alternative.take().filter(|(file, at, _)| (*file, *at) == (id, here));
        // Whether one of several conditions holds, if there are several.
        let begun = beside.map(|(.., kept)| kept || keep);
        // The id of a node that this line is for.
        let node = if condition.unless { &b""[..] } else { &condition.id };
        let (mut depth, mut start, mut alternatives) = (opened(&text.bytes[condition.len..]), next, true);
        for _ in 0..MAX_COMMENT {
            if start >= all.len() || self.count > MAX_LINES {
                return;
            }
            // What is looked at again and again counts as well.
            self.count += 1;
            let (from, end) = (start, physical(all, start));
            let line = &all[from..end];
            let shown = line.trim_ascii();
            start = end;
            if shown.is_empty() || matches!(shown[0], b'#' | b'!') {
                continue;
            }
            let other = Condition::of(shown);
            let text_of = Text::new(id, via, from, line.get(..MAX_LINE).unwrap_or(line));
            let plain = decomment(text_of, self.options.version).0.trimmed();
            let braces = opened(&plain.bytes);
            if alternatives && other.as_ref().is_some_and(|_| braces > 0) {
                let indent = line.iter().take_while(|b| is_blank(**b)).count();
                self.alternative = Some((id, (from + indent) as u32, begun.unwrap_or(keep)));
                return;
            }
            alternatives = false;
            if begun == Some(true) {
                return;
            }
            if other.as_ref().is_none_or(|c| c.holds(node)) {
                depth += braces;
            }
            if depth > 0 {
                continue;
            }
            if other.is_some() {
                return;
            }
            let close = line.iter().rposition(|b| *b == b'}').unwrap_or(0);
            let close = (from + close) as u32;
            let does = "keepalived leaves out this line and reads those of the block without it";
            let sentence = format!(
                "{} is a condition for this line only: where it does not hold {does}",
                quote(&text.bytes[..condition.len])
            );
            let problem = Problem::new(text.whole(&self.sources), Kind::ConditionalBlock, sentence)
                .related(Span { file: id, start: close, end: close + 1, via }, "the block that was meant ends here");
            self.problems.push(problem);
            if let Some(Frame::File { at, .. }) = self.frames.last_mut().filter(|_| !keep) {
                *at = start;
            }
            return;
        }
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
        if let Some((kind, pattern)) = include(&text.bytes) {
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

    /// Whether a file is being read.
    fn is_open(&self, file: FileId) -> bool {
        self.frames.iter().any(|f| matches!(f, Frame::File { id, .. } if *id == file))
    }

    fn include(&mut self, span: Span, kind: u8, pattern: &str) {
        self.includes += 1;
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::File { .. })).count();
        let shown = quote(pattern.as_bytes());
        if depth >= MAX_DEPTH {
            let sentence = format!("files are included {MAX_DEPTH} deep, perhaps in a circle; {shown} is not read");
            return self.report(span, Kind::IncludeDepth, sentence);
        }
        let from = self.sources.name(self.file().0).to_owned();
        let checks = checks(kind);
        let told = |strict: bool| {
            let does = if strict { "keepalived does not start" } else { "keepalived goes on without it" };
            (if strict { Kind::IncludeRequired } else { Kind::Include }, does)
        };
        let (mut names, mut missing, mut all) = (Vec::new(), false, Vec::new());
        alternatives(pattern, &mut all);
        for alternative in all {
            let found = self.loader.expand(&alternative, &from);
            missing |= found.is_empty() && self.misses(&alternative, &from);
            names.extend(found);
        }
        if names.is_empty() {
            let braces = pattern.contains('{');
            let (strict, said) = match missing {
                true if braces => (checks.braces, true),
                true => (checks.names, true),
                false => (checks.patterns, checks.patterns),
            };
            if said {
                let (kind, does) = told(strict);
                self.report(span, kind, format!("no file is called {shown}; {does}"));
            }
        } else if missing {
            let (kind, does) = told(checks.braces);
            self.report(span, kind, format!("not all files of {shown} are there; {does}"));
            if checks.braces {
                return;
            }
        }
        let mut frames = Vec::new();
        for name in names {
            let id = match self.sources.find(&name) {
                Some(id) if self.as_meant() && self.is_open(id) => {
                    let sentence = format!(
                        "{} includes itself, which keepalived follows until it can open no more files",
                        quote(name.as_bytes())
                    );
                    self.report(span, Kind::IncludeDepth, sentence);
                    continue;
                }
                Some(id) => id,
                None => match self.loader.shared(&name) {
                    Ok(text) => {
                        let full = self.sources.is_full();
                        let id = self.sources.add(&name, text);
                        if !full && self.sources.is_full() {
                            self.report(span, Kind::TooMuch, FULL);
                        }
                        id
                    }
                    Err(error) => {
                        let (kind, does) = told(checks.readable);
                        self.report(span, kind, format!("{error}; {does}"));
                        continue;
                    }
                },
            };
            let step = Expansion { how: How::Include, at: span, values: None };
            let via = self.sources.add_expansion(step).unwrap_or(span.via);
            frames.push(Frame::File { id, at: 0, via });
        }
        self.frames.extend(frames.into_iter().rev());
    }

    /// Whether a pattern that means no file names one that should be there: by itself, or in a directory that is not there.
    fn misses(&mut self, pattern: &str, from: &str) -> bool {
        let wild = |s: &str| s.contains(['*', '?', '[']);
        if !wild(pattern) {
            return true;
        }
        let directory = pattern.rsplit_once('/').map_or("", |(directory, _)| directory);
        !directory.is_empty() && !wild(directory) && self.loader.expand(directory, from).is_empty()
    }

    /// `~SEQ(VAR, ...) text` and `~LST(VAR, ...) text`.
    fn repeat(&mut self, mut text: Text) {
        self.substitute(&mut text, true);
        let list = text.bytes.starts_with(b"~LST");
        let frame = if list { values(&text, &self.sources) } else { numbers(&text, &self.sources) };
        if let Some(frame) = frame {
            return self.frames.push(frame);
        }
        // Nobody reads what it would have repeated: it may be a password.
        let tells = |word: &[u8]| text.bytes.windows(word.len()).any(|w| w == word);
        if tells(b"pass") || tells(b"key") {
            self.sources.add_secret(text.span(4..text.bytes.len(), &self.sources));
        }
        let sentence = "not a repetition that can be read, such as `~SEQ(VAR, 1, 9) text`; its text is not used";
        self.report(text.whole(&self.sources), Kind::BadRepeat, sentence);
    }
}

/// What keepalived makes sure of at an `include`.
struct Checks {
    /// What is found can be read.
    readable: bool,
    /// A name without wildcards is there.
    names: bool,
    /// A pattern means something.
    patterns: bool,
    /// All of `{a,b}` are there.
    braces: bool,
}

/// Those of `includer`, `includem` and so on, by their letter.
fn checks(kind: u8) -> Checks {
    Checks {
        readable: kind != 0,
        names: matches!(kind, b'm' | b'w' | b'a'),
        patterns: matches!(kind, b'w' | b'a'),
        braces: matches!(kind, b'b' | b'a'),
    }
}

/// `{a,b}` as the shell expands it, outermost first; not more than [`MAX_INCLUDES`].
fn alternatives(pattern: &str, all: &mut Vec<String>) {
    if all.len() >= MAX_INCLUDES {
        return;
    }
    let (mut depth, mut commas, mut close) = (0, Vec::new(), None);
    let open = pattern.find('{');
    for (i, c) in pattern.char_indices().skip_while(|(i, _)| Some(*i) != open) {
        match c {
            '{' => depth += 1,
            ',' if depth == 1 => commas.push(i),
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(i);
                    break;
                }
            }
            _ => {}
        }
    }
    let (Some(open), Some(close)) = (open, close.filter(|_| !commas.is_empty())) else {
        return all.push(pattern.to_owned());
    };
    let mut from = open + 1;
    for to in commas.into_iter().chain([close]) {
        alternatives(&format!("{}{}{}", &pattern[..open], &pattern[from..to], &pattern[close + 1..]), all);
        from = to + 1;
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

/// The text of a repetition for one of its values.
fn repeated(body: &Body, values: String, sources: &mut SourceMap) -> Text {
    let step = Expansion { how: How::Repetition, at: body.head, values: Some(values.into()) };
    sources.add_expansion(step).map_or_else(|| body.text.clone(), |via| body.text.by(via))
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

/// How many more `{` than `}` a line has outside quotes.
fn opened(bytes: &[u8]) -> i32 {
    let mut quoted = false;
    let brace = |b: &u8| {
        quoted ^= *b == b'"';
        match b {
            b'{' if !quoted => 1,
            b'}' if !quoted => -1,
            _ => 0,
        }
    };
    bytes.iter().map(brace).sum()
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

/// A place in a repetition's head.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|b| is_blank(*b)) {
            self.at += 1;
        }
    }

    /// Steps over a byte and the blanks after it, if it is there.
    fn eat(&mut self, byte: u8) -> bool {
        let there = self.bytes.get(self.at) == Some(&byte);
        if there {
            self.at += 1;
            self.blanks();
        }
        there
    }

    /// What stands before a blank or one of these bytes, and the blanks after it.
    fn word(&mut self, ends: &[u8]) -> std::ops::Range<usize> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|b| is_blank(*b) || ends.contains(b)).unwrap_or(rest.len());
        let word = self.at..self.at + len;
        self.at = word.end;
        self.blanks();
        word
    }

    /// A number as `strtol` with base 0 reads it, and the blanks after it; 0 if there is none.
    fn number(&mut self) -> i64 {
        self.blanks();
        let sign = self.bytes.get(self.at).copied().filter(|b| matches!(b, b'-' | b'+'));
        let rest = &self.bytes[self.at + usize::from(sign.is_some())..];
        let is_digit = |b: Option<&u8>, base: u32| b.is_some_and(|b| (*b as char).is_digit(base));
        let (base, prefix) = match rest {
            [b'0', b'x' | b'X', more @ ..] if is_digit(more.first(), 16) => (16, 2),
            [b'0', ..] => (8, 0),
            _ => (10, 0),
        };
        let digits = rest[prefix..].iter().map_while(|b| (*b as char).to_digit(base));
        let (value, count) = digits.fold((0_i64, 0), |(value, n), digit| {
            (value.saturating_mul(i64::from(base)).saturating_add(i64::from(digit)), n + 1)
        });
        if count > 0 {
            self.at += usize::from(sign.is_some()) + prefix + count;
        }
        self.blanks();
        if sign == Some(b'-') { -value } else { value }
    }
}

/// `~SEQ(VAR, [start,] [step,] end) text`, once its definitions are in place.
fn numbers(text: &Text, sources: &SourceMap) -> Option<Frame> {
    let mut c = Cursor { bytes: &text.bytes, at: 4 };
    let hex = c.bytes.get(c.at) == Some(&b'x');
    c.at += usize::from(hex);
    c.blanks();
    let name = c.eat(b'(').then(|| c.word(b",)")).filter(|name| !name.is_empty())?;
    // Whatever stands behind the name is taken for a comma.
    c.at += c.bytes.get(c.at).filter(|b| **b != b')').map(|_| 1)?;
    let one = c.number();
    let (start, step, end) = if c.bytes.get(c.at) == Some(&b')') {
        (if one < 0 { -1 } else { 1 }, if one < 1 { -1 } else { 1 }, one)
    } else {
        let two = c.eat(b',').then(|| c.number())?;
        if c.bytes.get(c.at) == Some(&b')') {
            (one, if one <= two { 1 } else { -1 }, two)
        } else {
            (one, two, c.eat(b',').then(|| c.number())?)
        }
    };
    let wrong = step == 0 || start < end && step < 0 || start > end && step > 0;
    if c.bytes.get(c.at) != Some(&b')') || wrong || hex && (start < 0 || end < 0) {
        return None;
    }
    let body = Body::behind(text, c.at, sources);
    Some(Frame::Numbers { name: c.bytes[name].to_vec(), next: Some(start), step, end, hex, body })
}

/// `~LST(VAR, VALUE, ...) text` or `~LST({VAR, VAR}, {VALUE, VALUE}, ...) text`.
fn values(text: &Text, sources: &SourceMap) -> Option<Frame> {
    let mut c = Cursor { bytes: &text.bytes, at: 4 };
    c.blanks();
    if !c.eat(b'(') {
        return None;
    }
    let several = c.eat(b'{');
    let mut names = vec![c.word(b",}")];
    while several && c.eat(b',') {
        names.push(c.word(b",}"));
    }
    if several && !c.eat(b'}') || !c.eat(b',') {
        return None;
    }
    let mut sets = Vec::new();
    loop {
        let several = c.eat(b'{');
        let mut set = vec![c.word(b",})")];
        while several && c.eat(b',') {
            set.push(c.word(b",})"));
        }
        if several && !c.eat(b'}') || set.len() > names.len() {
            return None;
        }
        sets.push(set);
        if c.bytes.get(c.at) == Some(&b')') {
            break;
        }
        if !c.eat(b',') {
            return None;
        }
    }
    let value = |range: std::ops::Range<usize>| (c.bytes[range.clone()].to_vec(), Some(text.span(range, sources)));
    let sets: Vec<Vec<_>> = sets.into_iter().map(|set| set.into_iter().map(value).collect()).collect();
    let names = names.into_iter().map(|name| c.bytes[name].to_vec()).collect();
    Some(Frame::Values { names, sets: sets.into_iter(), body: Body::behind(text, c.at, sources) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_name_alternatives() {
        let of = |pattern: &str| {
            let mut all = Vec::new();
            alternatives(pattern, &mut all);
            all
        };
        assert_eq!(of("a{b,c}{d,e}"), ["abd", "abe", "acd", "ace"]);
        assert_eq!(of("a{b"), ["a{b"]);
        assert_eq!(of("{a,{b,c}}"), ["a", "b", "c"]);
        assert_eq!(of("a{b}"), ["a{b}"]);
        assert_eq!(of(&"{a,b}".repeat(100)).len(), MAX_INCLUDES);
    }
}
