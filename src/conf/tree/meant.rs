//! Logical lines to blocks and keywords, as they were meant.
//!
//! One mistake is one problem, and what stands behind it is read as if the mistake were not there. Where braces do not
//! match, it is counted how many `}` are left for the blocks that are open: up to the line at which the next block of
//! the top level begins, which bounds what one mistake can spoil.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::{Builder, Level, MAX_DEPTH, MAX_HINTS, Mode, Node, Role, Word, find, may_be_secret, words};
use crate::conf::Version;
use crate::conf::expand::Item;
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Entries, KEYWORDS, Keyword, Place, Takes};
use crate::conf::similar::similar;
use crate::conf::source::{How, SourceMap, Span};
use crate::conf::token::{Text, is_blank, is_space};
use crate::conf::value::{ip, part};

/// How many lines are looked at to tell which block they belong to.
const MAX_AHEAD: usize = 64;

/// What a word is as a keyword, in whatever block.
#[derive(Default)]
struct Known {
    places: Vec<&'static Keyword>,
    /// Wherever it is a keyword, braces follow.
    block: bool,
    /// It begins blocks of the top level, and is a keyword nowhere else.
    top: bool,
}

fn takes_block(keyword: &Keyword) -> bool {
    matches!(keyword.takes, Takes::Block(..) | Takes::List(_))
}

/// Whether its words are split in another way.
fn is_command(keyword: &Keyword) -> bool {
    matches!(keyword.takes, Takes::Command | Takes::CommandWord | Takes::Regex)
}

/// Every keyword of the top level and of blocks.
static KNOWN: LazyLock<HashMap<&'static [u8], Known, RandomState>> = LazyLock::new(|| {
    let inner = |k: &Keyword| if let Takes::Block(place, _) = k.takes { Some(place) } else { None };
    let places: Vec<Place> = std::iter::once(Place::Top).chain(KEYWORDS.iter().filter_map(inner)).collect();
    let mut known: HashMap<&[u8], Known, RandomState> = HashMap::default();
    for keyword in KEYWORDS.iter().filter(|k| places.contains(&k.place)) {
        known.entry(keyword.name.as_bytes()).or_default().places.push(keyword);
    }
    for word in known.values_mut() {
        word.block = word.places.iter().all(|k| takes_block(k));
        word.top = word.block && word.places.iter().all(|k| k.place == Place::Top);
    }
    known
});

/// Whether a word is a keyword of any block.
pub(in crate::conf) fn is_keyword(word: &[u8]) -> bool {
    KNOWN.contains_key(word)
}

/// Whether a word is an option of a static entry.
fn is_option(word: &[u8]) -> bool {
    let places = [Place::StaticAddresses, Place::StaticRoutes, Place::StaticRules];
    places.iter().any(|place| find(*place, word).is_some())
}

/// The keyword of a place that was meant by a word, of those that begin blocks if one begins here.
fn meant(place: Place, word: &str, opens: bool, version: Version) -> Option<&'static Keyword> {
    let possible = || KEYWORDS.iter().filter(|k| k.place == place && k.known_to(version));
    let of = |name: &str| find(place, name.as_bytes());
    if opens {
        return similar(word, possible().filter(|k| takes_block(k)).map(|k| k.name)).and_then(of);
    }
    similar(word, possible().map(|k| k.name)).and_then(of).filter(|k| !takes_block(k))
}

/// The first word of a line.
fn first_word(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_space(*b)).unwrap_or(bytes.len());
    let len = bytes[start..].iter().position(|b| is_space(*b) || *b == b'"').unwrap_or(bytes.len() - start);
    &bytes[start..start + len]
}

/// Whether a word is the use of a definition, and nothing else.
fn is_name(word: &[u8]) -> bool {
    word.strip_prefix(b"$").is_some_and(|name| {
        name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    })
}

/// Reads lines; the nodes of the top level. `told`: uses of definitions that are told of.
pub(super) fn read(builder: &mut Builder, items: &[Item], told: &[Span], sources: &SourceMap) -> Vec<Node> {
    let mut starts = Vec::new();
    let mut unknown = 0;
    let mut sums = vec![0; items.len() + 1];
    for (i, item) in items.iter().enumerate().rev() {
        let opens = matches!(items.get(i + 1), Some(Item::Open(_)));
        let change = match item {
            Item::Open(_) => -1,
            Item::Close(_) => 1,
            Item::Line(text) => {
                let word = first_word(&text.bytes);
                // An entry may begin with its `track_group`.
                let entry = |k: &Known| k.top && !opens && is_option(word) && words(text, sources).0.len() > 2;
                let known = KNOWN.get(word);
                let top = match known {
                    Some(known) => known.top && !entry(known),
                    None if opens && unknown < MAX_HINTS => {
                        unknown += 1;
                        begins_at_top(word)
                    }
                    None => false,
                };
                if top {
                    starts.push(i);
                }
                // A block whose `{` is missing has its `}` all the same.
                if !opens && known.is_some_and(|k| k.block && !entry(k)) { -1 } else { 0 }
            }
            Item::Heading(..) | Item::Backslash(_) => 0,
        };
        sums[i] = sums[i + 1] + change;
    }
    starts.reverse();
    let mut reader = Reader {
        b: builder,
        items,
        sums,
        starts,
        next: 0,
        nested: 0,
        ignored: 0,
        skips: false,
        told: told.iter().copied().collect(),
        sources,
    };
    for (i, item) in items.iter().enumerate() {
        while reader.starts.get(reader.next).is_some_and(|start| *start <= i) {
            reader.next += 1;
        }
        match item {
            Item::Line(text) => reader.line(i, text),
            Item::Open(span) => reader.open(i, *span),
            Item::Close(span) => reader.close(i, *span),
            Item::Heading(heading) => {
                let (text, sign, until) = &**heading;
                reader.heading(text, sign, *until);
            }
            Item::Backslash(span) => reader.backslash(*span),
        }
    }
    reader.missing_close(1, None);
    reader.b.levels.pop().map(|top| top.block.nodes).unwrap_or_default()
}

/// Whether a word that is no keyword was to begin a block of the top level.
fn begins_at_top(word: &[u8]) -> bool {
    let Ok(word) = std::str::from_utf8(word) else { return false };
    let blocks = KNOWN.iter().filter(|(_, k)| k.block).filter_map(|(name, _)| std::str::from_utf8(name).ok());
    similar(word, blocks).is_some_and(|name| KNOWN.get(name.as_bytes()).is_some_and(|k| k.top))
}

struct Reader<'a> {
    b: &'a mut Builder,
    items: &'a [Item],
    /// How many more `}` than `{` there are from each item on.
    sums: Vec<i32>,
    /// Where blocks of the top level begin.
    starts: Vec<usize>,
    /// The first of those that is behind the item that is read.
    next: usize,
    /// Up to which item blocks of the top level stand in another block.
    nested: usize,
    /// `{` that nothing closes.
    ignored: usize,
    /// The next item is such a one, of a line that was told of.
    skips: bool,
    /// Uses of definitions that are told of already.
    told: HashSet<Span>,
    sources: &'a SourceMap,
}

impl Reader<'_> {
    fn report(&mut self, problem: Problem) {
        self.b.problems.push(problem);
    }

    /// How many blocks are open.
    fn depth(&self) -> i32 {
        self.b.levels.len() as i32 - 1
    }

    /// How many `}` there are for blocks that are open before an item, up to where the next one of the top level begins.
    fn left(&self, from: usize) -> i32 {
        let mut next = self.next;
        while self.starts.get(next).is_some_and(|start| *start < from) {
            next += 1;
        }
        let end = self.starts.get(next).copied().unwrap_or(self.items.len());
        self.sums[from] - self.sums[end]
    }

    fn opens(&self, i: usize) -> bool {
        matches!(self.items.get(i + 1), Some(Item::Open(_)))
    }

    fn line(&mut self, i: usize, text: &Text) {
        let begins = self.next.checked_sub(1).and_then(|n| self.starts.get(n)) == Some(&i);
        if begins && self.depth() > 0 && i >= self.nested {
            self.boundary(i, text);
        }
        self.missing_open();
        let Some(level) = self.b.levels.last() else { return };
        if level.flat > 0 {
            return self.unread(text);
        }
        match level.mode {
            Mode::Keywords(_) if begins && self.depth() > 0 => self.nested_block(i, text),
            Mode::Keywords(place) => self.keyword(i, text, place),
            Mode::List(entries) => self.entry(i, text, entries),
            Mode::Unread => self.unread(text),
        }
    }

    fn unread(&mut self, text: &Text) {
        let (words, _) = words(text, self.sources);
        self.b.secrets(text, &words, None);
        if !words.is_empty() {
            self.b.push(Node::new(Role::Unread, words, self.sources));
        }
    }

    /// A block of the top level begins while others are open: they lack their `}`, or it stands in one of them.
    fn boundary(&mut self, i: usize, text: &Text) {
        if let Some(end) = self.nests(i, text) {
            self.nested = end;
            return;
        }
        let word = self.span_of_first(text);
        self.missing_close(1, Some(word));
    }

    fn span_of_first(&self, text: &Text) -> Span {
        let start = text.bytes.iter().position(|b| !is_space(*b)).unwrap_or(0);
        text.span(start..start + first_word(&text.bytes).len(), self.sources)
    }

    /// Where the `}` of the block around comes, if this one stands in it.
    fn nests(&self, i: usize, text: &Text) -> Option<usize> {
        let around = self.b.levels.get(1)?;
        let Mode::Keywords(place) = self.b.levels.last()?.mode else { return None };
        let mut at = self.next - 1;
        let (start, end) = loop {
            let start = *self.starts.get(at)?;
            let end = self.starts.get(at + 1).copied().unwrap_or(self.items.len());
            match self.sums[start] - self.sums[end] {
                0 => at += 1,
                left if left >= self.depth() => break (start, end),
                _ => return None,
            }
        };
        let indented = self.indent(self.span_of_first(text)) > self.indent(around.head.as_ref()?.span());
        // What follows it belongs to the block around.
        let mut depth = 0;
        let after = self.items[start..end].iter().skip_while(|item| {
            match item {
                Item::Open(_) => depth += 1,
                Item::Close(_) => depth -= 1,
                _ => return true,
            }
            depth > 0 || matches!(item, Item::Open(_))
        });
        let goes_on = after.skip(1).find_map(|item| match item {
            Item::Line(text) => {
                let word = first_word(&text.bytes);
                Some(find(place, word).is_some() && find(Place::Top, word).is_none())
            }
            _ => None,
        });
        (i < end && (indented || goes_on == Some(true))).then_some(end)
    }

    /// How far a span is from the beginning of its line; none if other words come before it.
    fn indent(&self, span: Span) -> Option<usize> {
        let start = self.sources.line_start(span);
        let before = self.sources.written(Span { start, end: span.start, ..span });
        before.iter().all(|b| is_blank(*b)).then_some(before.len())
    }

    /// A block of the top level inside another one: it is read as what it is.
    fn nested_block(&mut self, i: usize, text: &Text) {
        let (words, open) = words(text, self.sources);
        let Some(first) = words.first() else { return };
        let name = String::from_utf8_lossy(&first.text).into_owned();
        let keyword = find(Place::Top, &first.text).or_else(|| meant(Place::Top, &name, true, self.b.version));
        let Some(keyword) = keyword else { return self.keyword(i, text, Place::Top) };
        let place = self.place();
        let sentence = format!(
            "{} does not belong in {place}; keepalived passes over the line and takes its block's lines for lines of {place}",
            quote(&first.text)
        );
        let mut problem = Problem::new(first.span, Kind::UnknownKeyword, sentence);
        if let Some(head) = self.b.levels.last().and_then(|l| l.head.as_ref()) {
            problem = problem.related(head.span(), "it stands in this block");
        }
        self.report(problem.help(format!("Move the block behind the `}}` of {place}.")));
        self.b.known(keyword, words, open, text, self.sources);
        if let Some(level) = self.b.levels.last_mut() {
            level.topmost = true;
        }
    }

    /// The name of the block that is read.
    fn place(&self) -> &'static str {
        match self.b.levels.last().map(|l| l.mode) {
            Some(Mode::Keywords(place)) => place.as_str(),
            _ => "this block",
        }
    }

    /// How a block is called in a sentence: by its keyword, and its name if it may be shown.
    fn called(node: &Node) -> String {
        let mut words = node.words.iter();
        let first = words.next().map_or_else(|| "`{`".to_owned(), |w| quote(&w.text));
        match words.next() {
            Some(name) if !node.words.first().is_some_and(|w| may_be_secret(&w.text)) => {
                let both = [&node.words[0].text, &b" "[..], &name.text].concat();
                quote(&both)
            }
            _ => first,
        }
    }

    /// The block that is read awaits its `{`, and something else came.
    fn missing_open(&mut self) {
        let Some(level) = self.b.levels.last_mut() else { return };
        if !std::mem::take(&mut level.awaited) {
            return;
        }
        level.excused = true;
        let Some(head) = &level.head else { return };
        let (kind, does) = match level.mode {
            Mode::Keywords(_) => {
                (Kind::MissingOpen, "keepalived complains of the next line and reads the block all the same")
            }
            Mode::List(_) => (Kind::MissingListOpen, "keepalived reads entries up to the next `}`"),
            Mode::Unread => return,
        };
        let sentence = format!("{} lacks its `{{`; {does}", Self::called(head));
        let problem = Problem::new(head.span(), kind, sentence);
        self.report(problem.help("Write `{` at the end of this line, and `}` behind the last line of the block."));
    }

    /// Ends blocks that lack their `}`, up to so many levels. `next`: what shows it, if not the end of all.
    fn missing_close(&mut self, levels: usize, next: Option<Span>) {
        while self.b.levels.len() > levels {
            let Some(level) = self.b.levels.last() else { return };
            let head = level.head.as_ref().filter(|_| !level.excused && !level.awaited);
            if let Some(head) = head {
                let culprit = self.unclosed(level).unwrap_or(head);
                let close = culprit.block.as_ref().and_then(|b| b.close);
                let name = Self::called(culprit);
                let does =
                    if next.is_some() { "what follows is read as a part of it" } else { "the file ends before it" };
                let mut problem =
                    Problem::new(culprit.span(), Kind::MissingClose, format!("{name} lacks its `}}`; {does}"));
                if let Some(close) = close {
                    problem =
                        problem.related(close, format!("this `}}` ends {name}, and was to end {}", Self::called(head)));
                }
                if let Some(next) = next {
                    problem = problem.related(next, "this does not belong to it");
                }
                self.report(problem.help(format!("Write `}}` behind the last line of {name}.")));
            }
            self.missing_open();
            self.leave(None);
        }
    }

    /// The block within one that lacks a `}` which lacks it in truth: the `}` that ends it stands as if it were to end the
    /// block around.
    fn unclosed<'b>(&self, level: &'b Level) -> Option<&'b Node> {
        let outer = self.indent(level.head.as_ref()?.span())?;
        level.block.nodes.iter().rev().take(MAX_AHEAD).find(|node| {
            let close = node.block.as_ref().and_then(|b| b.close).and_then(|close| self.indent(close));
            close == Some(outer) && self.indent(node.span()).is_some_and(|own| own != outer)
        })
    }

    fn leave(&mut self, close: Option<Span>) {
        let Some(level) = self.b.levels.pop() else { return };
        let Some(mut head) = level.head else { return };
        head.block = Some(Box::new(self.b.ended(level.block, close)));
        match self.b.levels.first_mut().filter(|_| level.topmost) {
            Some(top) => top.block.nodes.push(head),
            None => self.b.push(head),
        }
    }

    fn keyword(&mut self, i: usize, text: &Text, place: Place) {
        let (mut words, open) = words(text, self.sources);
        let keyword = words.first().and_then(|first| find(place, &first.text));
        match keyword.filter(|k| k.known_to(self.b.version)) {
            Some(keyword) => {
                self.b.secrets_of(text, &words, Some(place), Some(keyword));
                let entry = self.same_line(i, keyword, &mut words);
                self.known(keyword, words, open, text);
                if let Some(level) = self.b.levels.last_mut() {
                    level.block.nodes.extend(entry);
                }
            }
            None => self.unknown(i, text, words, open, place),
        }
    }

    fn known(&mut self, keyword: &'static Keyword, words: Vec<Word>, open: Option<Span>, text: &Text) {
        if !is_command(keyword) && !matches!(keyword.takes, Takes::Password | Takes::Key) {
            self.names(words.get(1..).unwrap_or_default());
        }
        self.b.known(keyword, words, open, text, self.sources);
        self.too_deep();
    }

    /// The entry that follows a list's keyword when the `{` between them is missing.
    fn same_line(&self, i: usize, keyword: &Keyword, words: &mut Vec<Word>) -> Option<Node> {
        let list = matches!(keyword.takes, Takes::List(entries) if entries != Entries::Services);
        let apart = list && words.len() > 1 && !self.opens(i);
        apart.then(|| Node::new(Role::Entry, words.split_off(1), self.sources))
    }

    /// Reports uses of what is not defined.
    fn names(&mut self, words: &[Word]) {
        for word in words {
            // `10.0.0.0/$MASK` too
            let Some(at) = word.text.iter().position(|b| *b == b'$') else { continue };
            let Some(name) = word.text.get(at..).filter(|name| is_name(name)) else { continue };
            let quoted = self.sources.written(word.span).first() == Some(&b'"');
            if quoted || self.told.contains(&word.span) {
                continue;
            }
            let sentence =
                format!("no definition of {} comes before this line; keepalived takes the word as it is", quote(name));
            self.b.excused.push(word.span);
            self.report(Problem::new(part(word, at), Kind::NoDefinition, sentence));
        }
    }

    /// Blocks that were to nest deeper than any can are passed over.
    fn too_deep(&mut self) {
        if self.b.levels.len() > MAX_DEPTH
            && let Some(level) = self.b.levels.pop_if(|l| l.awaited)
        {
            self.b.levels.extend(level.head.map(|head| Level::new(Mode::Unread, Some(head))));
        }
    }

    fn unknown(&mut self, i: usize, text: &Text, words: Vec<Word>, open: Option<Span>, place: Place) {
        let Some(first) = words.first() else { return self.b.quote_left_open(open) };
        let opens = self.opens(i);
        if find(place, &first.text).is_some() {
            // Of a later version
            self.b.secrets(text, &words, Some(place));
            return self.b_unknown(words, place, opens.then_some(Mode::Unread));
        }
        if let Some(around) = self.around(i, &first.text) {
            let span = first.span;
            self.missing_close(around + 1, Some(span));
            let Some(Mode::Keywords(place)) = self.b.levels.last().map(|l| l.mode) else { return };
            return self.keyword(i, text, place);
        }
        self.b.secrets(text, &words, Some(place));
        self.b.quote_left_open(open);
        if is_name(&first.text) {
            self.names(&words[..1]);
            return self.pass_over(i, words);
        }
        if let Some(known) = KNOWN.get(&*first.text) {
            // It belongs elsewhere, but what stands in it can be looked at.
            let mode = known.places.first().filter(|_| opens).map(|k| match k.takes {
                Takes::Block(place, _) => Mode::Keywords(place),
                Takes::List(entries) => Mode::List(entries),
                _ => Mode::Unread,
            });
            return self.b_unknown(words, place, mode);
        }
        self.b.unknown += 1;
        let word = first.str().into_owned();
        if self.b.unknown <= MAX_HINTS {
            if let Some((keyword, words)) = self.glued(place, &words, text) {
                let name = keyword.name;
                let sentence = format!(
                    "{} is no keyword of {}; keepalived passes over the line; a blank is missing behind `{name}`",
                    Self::shown(&words[0], place, true),
                    place.as_str()
                );
                self.report(
                    Problem::new(first.span, Kind::UnknownKeyword, sentence)
                        .help(format!("Write `{name}`, a blank, and the value.")),
                );
                return self.b.known(keyword, words, None, text, self.sources);
            }
            if let Some(keyword) = meant(place, &word, opens, self.b.version) {
                let does = match (opens, place) {
                    (false, _) => "keepalived passes over the line".to_owned(),
                    (true, Place::Top) => {
                        "keepalived passes over the line and reads the block's lines at the top level".to_owned()
                    }
                    (true, place) => format!(
                        "keepalived passes over the line, reads the block's lines as lines of {0}, and ends that at the block's `}}`",
                        place.as_str()
                    ),
                };
                let name = keyword.name;
                let shown = Self::shown(first, place, false);
                let sentence = format!("{shown} is no keyword of {}; {does}; did you mean `{name}`?", place.as_str());
                self.report(Problem::new(first.span, Kind::UnknownKeyword, sentence).help(format!("Write `{name}`.")));
                return self.known(keyword, words, None, text);
            }
        }
        let sentence = format!(
            "{} is no keyword of {}; keepalived passes over the line",
            Self::shown(first, place, false),
            place.as_str()
        );
        self.report(Problem::new(first.span, Kind::UnknownKeyword, sentence));
        self.pass_over(i, words);
    }

    /// A word as a sentence may show it.
    fn shown(word: &Word, place: Place, glued: bool) -> String {
        if place.is_secret() || glued && may_be_secret(&word.text) {
            "this line's first word".to_owned()
        } else {
            quote(&word.text)
        }
    }

    /// Reports what is known, but not here, and enters its block, if it begins one.
    fn b_unknown(&mut self, words: Vec<Word>, place: Place, mode: Option<Mode>) {
        self.b.unknown(words, place, self.sources);
        let Some(mode) = mode else { return };
        if let Some(head) = self.b.levels.last_mut().and_then(|l| l.block.nodes.pop()) {
            self.b.enter(head, mode);
            self.too_deep();
        }
    }

    /// Keeps a line that is not known; if a block begins with it, that too, unless its `{` is never closed.
    fn pass_over(&mut self, i: usize, words: Vec<Word>) {
        let node = Node::new(Role::Unknown, words, self.sources);
        if !self.opens(i) {
            return self.b.push(node);
        }
        if self.left(i + 2) > self.depth() {
            self.b.enter(node, Mode::Unread);
            self.too_deep();
        } else {
            self.b.push(node);
            self.skips = true;
            self.ignored += 1;
        }
    }

    /// The innermost block around the one that is read which has a keyword of this name, if enough `}` are missing for
    /// the line to be meant for it.
    fn around(&self, i: usize, word: &[u8]) -> Option<usize> {
        let missing = self.depth() - self.left(i);
        let levels = &self.b.levels;
        let knows = |level: &Level| match level.mode {
            Mode::Keywords(place) => find(place, word).is_some_and(|k| k.known_to(self.b.version)),
            _ => false,
        };
        let at = levels.iter().rposition(knows).filter(|at| at + 1 < levels.len())?;
        (missing >= (levels.len() - 1 - at) as i32).then_some(at)
    }

    /// `priority100`, `priority=100`: the keyword and its value.
    fn glued(&self, place: Place, words: &[Word], text: &Text) -> Option<(&'static Keyword, Vec<Word>)> {
        let [word] = words else { return None };
        let len = word.text.iter().position(|b| !b.is_ascii_alphabetic() && *b != b'_')?;
        let rest = &word.text[len..];
        let value = rest.strip_prefix(b"=").or(rest.strip_prefix(b":")).unwrap_or(rest);
        let keyword = find(place, &word.text[..len])
            .filter(|k| k.known_to(self.b.version) && !takes_block(k) && !is_command(k))?;
        if value.is_empty() || value.first().is_some_and(|b| !b.is_ascii_alphanumeric()) {
            return None;
        }
        let start = text.bytes.iter().position(|b| !is_space(*b))?;
        let part = |range: std::ops::Range<usize>| Word {
            text: text.bytes.slice(range.clone()),
            span: text.span(range, self.sources),
        };
        let end = start + word.text.len();
        Some((keyword, vec![part(start..start + len), part(end - value.len()..end)]))
    }

    fn entry(&mut self, i: usize, text: &Text, entries: Entries) {
        let word = first_word(&text.bytes);
        let above = self.b.levels.len().checked_sub(2).and_then(|n| self.b.levels.get(n)).map(|l| l.mode);
        if let Some(Mode::Keywords(place)) = above {
            let missing = self.depth() - self.left(i);
            let escapes = find(place, word).is_some_and(|k| k.known_to(self.b.version)) && !is_entry(entries, word);
            if escapes && missing > 0 {
                let span = self.span_of_first(text);
                self.missing_close(self.b.levels.len() - 1, Some(span));
                return self.keyword(i, text, place);
            }
        }
        let (words, open) = words(text, self.sources);
        self.b.quote_left_open(open);
        if !words.is_empty() {
            self.names(&words);
            self.b.push(Node::new(Role::Entry, words, self.sources));
        }
    }

    fn open(&mut self, i: usize, span: Span) {
        let depth = self.depth();
        let left = self.left(i + 1);
        let deep = self.b.levels.len() >= MAX_DEPTH;
        let Some(level) = self.b.levels.last_mut() else { return };
        if std::mem::take(&mut level.awaited) {
            level.block.open = Some(span);
            return;
        }
        if level.flat > 0 || deep {
            level.flat += 1;
            return;
        }
        if std::mem::take(&mut self.skips) {
            return;
        }
        if level.mode == Mode::Unread {
            // Blocks nest as their braces do; the line before names it.
            let nobody = || Node { role: Role::Unread, words: Vec::new(), value: None, block: None, span };
            let head = level.block.nodes.pop().unwrap_or_else(nobody);
            self.b.enter(head, Mode::Unread);
            if let Some(level) = self.b.levels.last_mut() {
                level.awaited = false;
                level.block.open = Some(span);
            }
            return;
        }
        let closed = left > depth;
        if closed {
            level.stray += 1;
        } else {
            self.ignored += 1;
        }
        let does = match level.mode {
            Mode::Keywords(Place::Top) => "keepalived reads on as if this `{` were not there".to_owned(),
            Mode::Keywords(place) => format!("keepalived reads on in {}, which the next `}}` ends", place.as_str()),
            _ => "the next `}` ends the list".to_owned(),
        };
        let help = if closed { "Delete the `{` and the `}` that belongs to it." } else { "Delete the `{`." };
        self.report(Problem::new(span, Kind::UnexpectedOpen, format!("no block begins here; {does}")).help(help));
    }

    fn close(&mut self, i: usize, span: Span) {
        let Some(level) = self.b.levels.last_mut() else { return };
        if level.flat > 0 {
            level.flat -= 1;
        } else if level.stray > 0 {
            level.stray -= 1;
        } else if self.b.levels.len() > 1 {
            self.missing_open();
            if !self.early(i, span) {
                self.leave(Some(span));
            }
        } else if self.ignored > 0 {
            // Of a `{` that was told of
            self.ignored -= 1;
        } else {
            let mut problem =
                Problem::new(span, Kind::ExtraClose, "no block is open here; keepalived passes over this `}`");
            let last = self.b.levels.last().and_then(|top| top.block.nodes.last());
            if let Some(node) = last
                && let Some(close) = node.block.as_ref().and_then(|b| b.close)
            {
                problem = problem.related(close, format!("{} ends here", Self::called(node)));
            }
            self.report(problem.help("Delete this `}`, or write the `{` that it was to close."));
        }
    }

    /// Whether a `}` ends a block early: there are more than are needed, and what follows belongs to the block. It is
    /// reported.
    fn early(&mut self, i: usize, span: Span) -> bool {
        let depth = self.depth() - 1;
        if self.left(i + 1) <= depth {
            return false;
        }
        let levels = &self.b.levels;
        let (Some(level), Some(above)) = (levels.last(), levels.get(levels.len().wrapping_sub(2))) else {
            return false;
        };
        let outer = |word: &[u8]| matches!(above.mode, Mode::Keywords(place) if find(place, word).is_some());
        let inner = |word: &[u8]| match level.mode {
            Mode::Keywords(place) => find(place, word).is_some(),
            Mode::List(entries) => is_entry(entries, word),
            Mode::Unread => false,
        };
        let after = self.items[i + 1..].iter().take(MAX_AHEAD).map_while(|item| match item {
            Item::Line(text) => Some(text),
            _ => None,
        });
        let decisive = after.map(|text| (text, first_word(&text.bytes))).find_map(|(text, word)| {
            match (inner(word), outer(word)) {
                (true, false) => Some(Some(text)),
                (false, true) => Some(None),
                _ => None,
            }
        });
        let (Some(Some(text)), Some(head)) = (decisive, &level.head) else { return false };
        let name = Self::called(head);
        let problem =
            Problem::new(span, Kind::ExtraClose, format!("this `}}` ends {name} early; what follows is lost"))
                .related(head.span(), "the block begins here")
                .related(self.span_of_first(text), "this still belongs to it")
                .help("Delete this `}`.");
        self.report(problem);
        true
    }

    /// A line that begins like a comment of another language.
    fn heading(&mut self, text: &Text, sign: &str, until: Option<Span>) {
        let Some(level) = self.b.levels.last() else { return };
        let mode = level.mode;
        if mode == Mode::Unread || level.flat > 0 {
            return;
        }
        let secret = matches!(mode, Mode::Keywords(place) if place.is_secret());
        let span = text.whole(self.sources);
        let shown = if secret { format!("`{sign}…`") } else { quote(first_word(&text.bytes)) };
        let what = match mode {
            Mode::Keywords(place) => format!("no keyword of {}", place.as_str()),
            _ => "no entry of this list".to_owned(),
        };
        let brace = text.bytes.iter().any(|b| matches!(b, b'{' | b'}'));
        let does = match (until, brace) {
            (Some(_), _) => "keepalived reads all lines up to the `*/`",
            (None, true) => "keepalived passes over the line, but not over its braces",
            (None, false) => "keepalived passes over the line",
        };
        let begins = sign.trim_end();
        let sentence = format!("{shown} is {what}, and `{begins}` begins no comment; {does}");
        let mut problem = Problem::new(span, Kind::UnknownKeyword, sentence);
        problem = match until {
            Some(end) => problem.related(end, "up to here").help("Begin each of these lines with `#`, or delete them."),
            None => problem.help("Begin the line with `#`, or delete it."),
        };
        let plain = !text.bytes.iter().any(|b| matches!(b, b'{' | b'}' | b'$' | b'\\'));
        let of_file = self.sources.expansion(span).is_none_or(|step| step.how == How::Include);
        if matches!(mode, Mode::Keywords(_)) && plain && of_file && until.is_none() {
            problem = problem.edit(Span { end: span.start, ..span }, "# ");
        }
        self.report(problem);
        let (words, _) = words(text, self.sources);
        if !words.is_empty() && matches!(mode, Mode::Keywords(_)) {
            self.b.push(Node::new(Role::Unknown, words, self.sources));
        }
    }

    /// A backslash that stands for itself.
    fn backslash(&mut self, span: Span) {
        let sentence = "keepalived takes this backslash for a word: it goes on with the next line in definitions only";
        let mut problem = Problem::new(span, Kind::CommentBackslash, sentence).help("Delete the backslash.");
        let of_file = self.sources.expansion(span).is_none_or(|step| step.how == How::Include);
        if of_file && matches!(self.b.levels.last().map(|l| l.mode), Some(Mode::Keywords(_))) {
            problem = problem.edit(span, "");
        }
        self.report(problem);
    }
}

/// Whether a word looks like an entry of a list.
fn is_entry(entries: Entries, word: &[u8]) -> bool {
    match entries {
        Entries::Addresses | Entries::Peers => {
            let address = word.split(|b| *b == b'/').next().unwrap_or_default();
            ip(address).is_some()
        }
        _ => !word.is_empty() && !is_keyword(word),
    }
}
