//! `~SEQ` and `~LST`: what their heads say, and the text that they repeat.

use std::ops::Range;

use super::{Expander, Frame};
use crate::conf::problem::Kind;
use crate::conf::source::{Expansion, How, SourceMap, Span};
use crate::conf::token::{Text, is_blank};

/// What a repetition repeats.
pub(super) struct Body {
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

impl Expander<'_> {
    /// `~SEQ(VAR, ...) text` and `~LST(VAR, ...) text`.
    pub(super) fn repeat(&mut self, mut text: Text) {
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

/// The text of a repetition for one of its values.
pub(super) fn repeated(body: &Body, values: String, sources: &mut SourceMap) -> Text {
    let step = Expansion { how: How::Repetition, at: body.head, values: Some(values.into()) };
    sources.add_expansion(step).map_or_else(|| body.text.clone(), |via| body.text.by(via))
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
    fn word(&mut self, ends: &[u8]) -> Range<usize> {
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
    let value = |range: Range<usize>| (c.bytes[range.clone()].to_vec(), Some(text.span(range, sources)));
    let sets: Vec<Vec<_>> = sets.into_iter().map(|set| set.into_iter().map(value).collect()).collect();
    let names = names.into_iter().map(|name| c.bytes[name].to_vec()).collect();
    Some(Frame::Values { names, sets: sets.into_iter(), body: Body::behind(text, c.at, sources) })
}
