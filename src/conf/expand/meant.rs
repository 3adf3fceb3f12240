//! Lines as they were meant: mistakes in them are told, and what was to stand there is read.

use std::rc::Rc;

use super::{Condition, Expander, Frame, Item, MAX_LINES, name_len, physical};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::source::Span;
use crate::conf::token::{MAX_LINE, Text, decomment, is_blank};
use crate::conf::{mend, tree};

/// Bytes of a name that is looked for between braces.
const MAX_NAME: usize = 128;
/// How many lines a `/*` may take.
const MAX_COMMENT: usize = 1000;

impl Expander<'_> {
    /// A line as it was meant: all of it, without NUL bytes.
    pub(super) fn whole_line(&mut self, mut text: Text) -> Text {
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
    pub(super) fn mended(&mut self, text: Text) -> Text {
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
    pub(super) fn heading(&mut self, text: Text, sign: &'static str) -> Item {
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
    pub(super) fn goes_on(&mut self, mut text: Text) -> Text {
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
    pub(super) fn spaced_definition(&mut self, text: &Text) -> bool {
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
    pub(super) fn undefined(&mut self, text: &mut Text) {
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
    pub(super) fn not_expanded(&mut self, text: &mut Text, at: usize) -> usize {
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

    /// `@ID name {`: the condition is for the line, and the block is there for all. As it was meant, it is there for those
    /// whom the line is for. All is well where a line beside it with another condition begins the block instead, and where
    /// the block's end has a condition as well.
    pub(super) fn conditional_block(&mut self, text: &Text, keep: bool) {
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
}

/// How many more `{` than `}` a line has outside quotes.
pub(super) fn opened(bytes: &[u8]) -> i32 {
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
