//! Logical lines to blocks and keywords, as keepalived nests them.
//!
//! keepalived knows a block by its keyword, not by its braces: the contents of a block it does not know are read in the
//! block around it, which the stray block's `}` then closes early. The tree is built the same way, so that it holds what
//! keepalived would use; problems that only follow from such a brace are marked. As it was meant, `tree/meant.rs` builds it.

mod meant;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

pub(super) use meant::is_keyword;

use super::bytes::Bytes;
use super::expand::{Expander, Item};
use super::problem::{Kind, Problem, quote};
use super::schema::{Again, Entries, Hint, Keyword, Naming, Place, Takes, find, nearest};
use super::source::{SourceMap, Span};
use super::token::{Text, Word, is_space, script_words, words};
use super::value::{self, Value};
use super::{Loader, Options, Reading, Version};

/// What a line of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A keyword.
    Keyword(&'static Keyword),
    /// A line of a list.
    Entry,
    /// A line of a block that is kept as it is written, or one that keepalived passes over.
    Unread,
    /// A line whose keyword nobody knows.
    Unknown,
}

/// A line, and the block that it begins.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub role: Role,
    /// Its words, one at least.
    pub words: Vec<Word>,
    /// What a keyword's arguments say; `None` where keepalived passes over the line.
    pub value: Option<Value>,
    /// The block.
    pub block: Option<Box<Block>>,
    span: Span,
}

impl Node {
    pub(super) fn new(role: Role, words: Vec<Word>, sources: &SourceMap) -> Self {
        let span = match (words.first(), words.last()) {
            (Some(first), Some(last)) => sources.join(first.span, last.span),
            _ => Span::default(),
        };
        Self { role, words, value: None, block: None, span }
    }

    /// Where the line is written, without its block: at the use of definitions, where not all of it is from one.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The keyword, if it is one that keepalived uses.
    pub fn keyword(&self) -> Option<&'static Keyword> {
        if let Role::Keyword(k) = self.role { Some(k) } else { None }
    }

    /// The lines of its block.
    pub fn nodes(&self) -> &[Self] {
        self.block.as_ref().map_or(&[], |b| &b.nodes)
    }
}

/// Lines in braces.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The `{`, where there is one.
    pub open: Option<Span>,
    /// The `}`, where there is one.
    pub close: Option<Span>,
    /// The lines.
    pub nodes: Vec<Node>,
}

/// A configuration as it is written.
#[derive(Debug)]
pub struct Tree {
    /// The lines outside all blocks.
    pub nodes: Vec<Node>,
    /// The files.
    pub sources: SourceMap,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
    /// Places where something was meant that is not known: what is wrong with it there is no problem of its own.
    pub(super) excused: Vec<Span>,
}

/// For how many unknown keywords it is looked what may have been meant: a file with more is no configuration.
const MAX_HINTS: usize = 1000;
/// How deep blocks that are not read nest; keepalived's own go to five.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Keywords(Place),
    List(Entries),
    Unread,
}

/// A block that is being read.
struct Level {
    mode: Mode,
    /// Its line; none for the top.
    head: Option<Node>,
    /// Whether its `{` may still come.
    awaited: bool,
    block: Block,
    /// Keywords there that count once, and where they are first.
    seen: Vec<(&'static str, Span)>,
    /// Braces open in it that are too deep to nest.
    flat: usize,
    /// As meant: braces open in it that begin no block.
    stray: usize,
    /// As meant: it lacks its `{`, which was said, so that nobody wonders about its `}`.
    excused: bool,
    /// As meant: it belongs at the top.
    topmost: bool,
}

impl Level {
    fn new(mode: Mode, head: Option<Node>) -> Self {
        let awaited = head.is_some();
        let block = Block::default();
        Self { mode, head, awaited, block, seen: Vec::new(), flat: 0, stray: 0, excused: false, topmost: false }
    }
}

struct Builder {
    version: Version,
    reading: Reading,
    levels: Vec<Level>,
    /// Empty lists that have room for the lines of a block.
    spare: Vec<Vec<Node>>,
    problems: Vec<Problem>,
    excused: Vec<Span>,
    /// Names of blocks that must not be called alike, and where they are first.
    names: HashMap<(Place, Bytes), Span, RandomState>,
    /// Braces open at this point, counted as keepalived counts them.
    balance: usize,
    /// Unknown keywords so far.
    unknown: usize,
    /// Where secrets are written.
    secrets: Vec<Span>,
    /// A stray `{` made the nesting go wrong, and no block has begun at the top since.
    astray: bool,
}

/// Whether what follows a word may be a secret, though no keyword of the place says so.
fn may_be_secret(word: &[u8]) -> bool {
    word.starts_with(b"auth") || word == b"key" || word.windows(4).any(|w| w == b"pass")
}

/// Reads text and what it includes.
pub(super) fn read(name: &str, text: Arc<Vec<u8>>, loader: &mut dyn Loader, options: &Options) -> Tree {
    let mut lines = Expander::new(loader, options, name, text);
    let mut builder = Builder {
        version: options.version,
        reading: options.reading,
        levels: vec![Level::new(Mode::Keywords(Place::Top), None)],
        problems: Vec::new(),
        excused: Vec::new(),
        names: HashMap::default(),
        spare: Vec::new(),
        balance: 0,
        unknown: 0,
        secrets: Vec::new(),
        astray: false,
    };
    let nodes = match options.reading {
        Reading::AsTaken => {
            while let Some(item) = lines.next() {
                match item {
                    Item::Line(text) => builder.line(&text, &lines.sources),
                    Item::Open(span) => builder.open(span),
                    Item::Close(span) => builder.close(span),
                    Item::Heading(..) | Item::Backslash(_) => {}
                }
            }
            builder.finish()
        }
        Reading::AsMeant => {
            let items: Vec<Item> = std::iter::from_fn(|| lines.next()).collect();
            meant::read(&mut builder, &items, &lines.excused, &lines.sources)
        }
    };
    let mut problems = lines.problems;
    // The same quote is met on the way to words and again there.
    let mut quotes: Vec<Span> = problems.iter().filter(|p| p.kind == Kind::UnmatchedQuote).map(|p| p.span).collect();
    quotes.sort_unstable_by_key(|q| (q.file, q.via, q.start));
    builder.problems.retain(|p| {
        let before = quotes.partition_point(|q| (q.file, q.via, q.start) <= (p.span.file, p.span.via, p.span.start));
        let line = before.checked_sub(1).and_then(|i| quotes.get(i));
        let within = |q: &Span| (q.file, q.via) == (p.span.file, p.span.via) && p.span.end <= q.end;
        p.kind != Kind::UnmatchedQuote || !line.is_some_and(within)
    });
    problems.append(&mut builder.problems);
    builder.secrets.into_iter().for_each(|span| lines.sources.add_secret(span));
    let mut excused = lines.excused;
    excused.append(&mut builder.excused);
    Tree { nodes, sources: lines.sources, problems, excused }
}

impl Builder {
    fn report(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        let follows = matches!(
            kind,
            Kind::UnknownKeyword | Kind::TooNew | Kind::UnexpectedOpen | Kind::ExtraClose | Kind::MissingClose
        );
        self.problems.push(Problem { cascade: self.astray && follows, ..Problem::new(span, kind, sentence) });
    }

    fn quote_left_open(&mut self, open: Option<Span>) {
        if let Some(span) = open {
            self.report(span, Kind::UnmatchedQuote, "a quote does not end on its line; the word is lost");
        }
    }

    /// Remembers where a line's secrets are written, those of a slip in a word too.
    fn secrets(&mut self, text: &Text, words: &[Word], place: Option<Place>) {
        let known = place.and_then(|p| find(p, &words.first()?.text));
        self.secrets_of(text, words, place, known);
    }

    /// The same where it was looked already which keyword of the place the first word is.
    fn secrets_of(&mut self, text: &Text, words: &[Word], place: Option<Place>, known: Option<&Keyword>) {
        let Some(first) = words.first().map(|w| &*w.text) else { return };
        let secret = match known {
            Some(known) => matches!(known.takes, Takes::Password | Takes::Key),
            None => place.is_some_and(Place::is_secret) || may_be_secret(first),
        };
        if secret {
            let len = text.bytes.len();
            let end = text.bytes.iter().position(|b| is_space(*b) || *b == b'"').unwrap_or(len);
            let from = match words {
                // `auth_pass1111`
                [_] if first.starts_with(b"auth_pass") => end.min(9),
                [_] if known.is_none() && place.is_some_and(Place::is_secret) => 0,
                _ => end + text.bytes[end..].iter().take_while(|b| is_space(**b)).count(),
            };
            self.secrets.extend(text.written(from..len));
        }
    }

    fn push(&mut self, node: Node) {
        if let Some(level) = self.levels.last_mut() {
            level.block.nodes.push(node);
        }
    }

    fn enter(&mut self, head: Node, mode: Mode) {
        let mut level = Level::new(mode, Some(head));
        level.block.nodes = self.spare.pop().unwrap_or_default();
        self.levels.push(level);
    }

    /// A block that ends, which takes no more room than its lines need.
    fn ended(&mut self, mut block: Block, close: Option<Span>) -> Block {
        let mut nodes = Vec::with_capacity(block.nodes.len());
        nodes.append(&mut block.nodes);
        self.spare.push(block.nodes);
        Block { open: block.open, close, nodes }
    }

    fn line(&mut self, text: &Text, sources: &SourceMap) {
        let Some(level) = self.levels.last_mut() else { return };
        let mode = level.mode;
        if std::mem::take(&mut level.awaited) {
            let head = level.head.as_ref().and_then(|h| h.words.first()).map_or_else(String::new, |w| quote(&w.text));
            match mode {
                Mode::Keywords(_) => self.report(
                    text.whole(sources),
                    Kind::MissingOpen,
                    format!(
                        "{head} lacks its `{{`; keepalived complains of this line and reads the block all the same"
                    ),
                ),
                Mode::List(_) => self.report(
                    text.whole(sources),
                    Kind::MissingListOpen,
                    format!("{head} lacks its `{{`; keepalived reads entries up to the next `}}`"),
                ),
                Mode::Unread => {}
            }
        }
        match mode {
            Mode::Keywords(place) => self.keyword(text, place, sources),
            Mode::List(_) | Mode::Unread => {
                let (words, open) = words(text, sources);
                self.quote_left_open(open);
                if mode == Mode::Unread {
                    self.secrets(text, &words, None);
                }
                let role = if mode == Mode::Unread { Role::Unread } else { Role::Entry };
                if !words.is_empty() {
                    self.push(Node::new(role, words, sources));
                }
            }
        }
    }

    fn keyword(&mut self, text: &Text, place: Place, sources: &SourceMap) {
        let (words, open) = words(text, sources);
        let keyword = words.first().and_then(|first| find(place, &first.text));
        self.secrets_of(text, &words, Some(place), keyword);
        if let Some(keyword) = keyword.filter(|k| k.known_to(self.version)) {
            return self.known(keyword, words, open, text, sources);
        }
        self.quote_left_open(open);
        self.unknown(words, place, sources);
    }

    /// Takes a line whose keyword is known, be it spelt so or not.
    fn known(
        &mut self,
        keyword: &'static Keyword,
        mut words: Vec<Word>,
        mut open: Option<Span>,
        text: &Text,
        sources: &SourceMap,
    ) {
        if matches!(keyword.takes, Takes::Command | Takes::CommandWord | Takes::Regex) {
            (words, open) = script_words(text, sources);
        }
        self.quote_left_open(open);
        let Some(first) = words.first().map(|w| w.span) else { return };
        let name = keyword.name;
        if let Some((newer, told)) = keyword.old {
            let kind = if told { Kind::Deprecated } else { Kind::OldName };
            let mut problem = Problem::new(first, kind, format!("`{name}` is the old name of `{newer}`"));
            let newer_known = find(keyword.place, newer.as_bytes()).is_some_and(|k| k.known_to(self.version));
            if newer_known {
                problem = problem.help(format!("Write `{newer}`."));
                // Only where the word is written as it is.
                if sources.written(first) == name.as_bytes() {
                    problem = problem.edit(first, newer);
                }
            }
            self.problems.push(problem);
        }
        let mut node = Node::new(Role::Keyword(keyword), words, sources);
        let mode = match keyword.takes {
            Takes::Block(place, naming) => self.block(&mut node, place, naming),
            Takes::List(entries) => self.list(&mut node, entries),
            _ => {
                let mut found = Vec::new();
                node.value = value::read(keyword, &node.words, self.version, &mut found);
                self.problems.append(&mut found);
                if let Some(level) =
                    self.levels.last_mut().filter(|_| keyword.again == Again::First && node.value.is_some())
                {
                    if let Some((_, before)) = level.seen.iter().find(|(n, _)| *n == name) {
                        node.role = Role::Unread;
                        let sentence = format!("`{name}` is said before; keepalived passes over this one");
                        let problem = Problem::new(node.span(), Kind::AlreadySet, sentence);
                        self.problems.push(problem.related(*before, "first set here").edit(node.span(), ""));
                    } else {
                        level.seen.push((name, node.span()));
                    }
                }
                return self.push(node);
            }
        };
        node.value = Some(Value::Present);
        if self.levels.len() == 1 {
            self.astray = false;
        }
        self.enter(node, mode);
    }

    /// How a block of keywords is read: not at all when its name is missing or taken.
    fn block(&mut self, node: &mut Node, place: Place, naming: Naming) -> Mode {
        let keyword = quote(node.words.first().map_or(&b""[..], |w| &w.text));
        if matches!(naming, Naming::None | Naming::First | Naming::UniqueFirst) {
            let named = if naming == Naming::None { 1 } else { 2 };
            if let (Some(first), Some(last)) = (node.words.get(named), node.words.last()) {
                let sentence = format!("nobody reads the words between {keyword} and its block");
                self.report(first.span.to(last.span), Kind::ExtraWords, sentence);
            }
        }
        let skipped = match (naming, node.words.get(1)) {
            (Naming::None, _) | (Naming::First, Some(_)) => false,
            (Naming::Service | Naming::Server, _) => value::heading(naming, &node.words, &mut self.problems),
            (Naming::First | Naming::UniqueFirst, None) => {
                let sentence = format!("{keyword} lacks its name; keepalived stops reading here and does not start");
                self.report(node.span(), Kind::MissingArgument, sentence);
                true
            }
            (Naming::UniqueFirst | Naming::Unique, Some(name))
                if naming == Naming::UniqueFirst || node.words.len() == 2 =>
            {
                let (name, span) = (name.text.clone(), name.span);
                let taken = self.names.get(&(place, name.clone())).copied();
                if let Some(first) = taken {
                    let sentence = format!(
                        "another {keyword} is called {}; keepalived passes over this whole block",
                        quote(&name)
                    );
                    let problem = Problem::new(span, Kind::DuplicateName, sentence);
                    self.problems.push(problem.related(first, "the first one is here"));
                } else {
                    self.names.insert((place, name), span);
                }
                taken.is_some()
            }
            (Naming::Unique | Naming::UniqueFirst, _) => {
                let sentence = format!(
                    "{keyword} needs exactly one name (quote one that has blanks); keepalived passes over the whole block"
                );
                self.report(node.span(), Kind::BlockName, sentence);
                true
            }
        };
        if skipped {
            node.role = Role::Unread;
            if self.reading == Reading::AsTaken {
                return Mode::Unread;
            }
        }
        Mode::Keywords(place)
    }

    /// How a list is read: a name may belong to it, and nothing else.
    fn list(&mut self, node: &mut Node, entries: Entries) -> Mode {
        let keyword = quote(node.words.first().map_or(&b""[..], |w| &w.text));
        let name = usize::from(entries == Entries::Services);
        if node.words.len() <= name {
            let sentence = format!("{keyword} lacks its name; keepalived stops reading here and does not start");
            self.report(node.span(), Kind::MissingArgument, sentence);
            node.role = Role::Unread;
            return Mode::Unread;
        }
        if let (Some(first), Some(last)) = (node.words.get(name + 1), node.words.last()) {
            let span = first.span.to(last.span);
            if name == 0 {
                let sentence =
                    format!("the entries of {keyword} stand in its block; keepalived passes over these words");
                self.report(span, Kind::ListWords, sentence);
            } else {
                let sentence = format!("{keyword} has one name only; keepalived stops reading here and does not start");
                self.report(span, Kind::MissingArgument, sentence);
            }
        }
        Mode::List(entries)
    }

    fn unknown(&mut self, words: Vec<Word>, place: Place, sources: &SourceMap) {
        let Some(first) = words.first() else { return };
        let (span, name) = (first.span, first.str().into_owned());
        if let Some(keyword) = find(place, name.as_bytes()) {
            let (major, minor, patch) = keyword.since.unwrap_or_default();
            let sentence = format!(
                "`{}` exists since keepalived {major}.{minor}.{patch}; {} does not know it",
                keyword.name, self.version
            );
            self.report(span, Kind::TooNew, sentence);
        } else {
            self.unknown += 1;
            let near = if self.unknown > MAX_HINTS { None } else { nearest(place, &name, self.version) };
            let hint = match near {
                Some(Hint::Similar(other)) => format!("; did you mean `{other}`?"),
                Some(Hint::Belongs(other)) => format!("; it belongs in {}", other.as_str()),
                None => String::new(),
            };
            // The line may be one of a block of secrets, whose name nobody knew.
            let secret = place.is_secret() || self.astray && near.is_none();
            let shown = if secret { "this line's first word".to_owned() } else { quote(&first.text) };
            let place = place.as_str();
            let sentence = format!("{shown} is no keyword of {place}; keepalived passes over the line{hint}");
            self.report(span, Kind::UnknownKeyword, sentence);
        }
        self.push(Node::new(Role::Unknown, words, sources));
    }

    fn open(&mut self, span: Span) {
        self.balance += 1;
        let deep = self.levels.len() >= MAX_DEPTH;
        let Some(level) = self.levels.last_mut() else { return };
        if std::mem::take(&mut level.awaited) {
            level.block.open = Some(span);
            return;
        }
        match level.mode {
            Mode::Keywords(place) => {
                // It belongs to a line that was not known: that one is the trouble, this only follows.
                self.astray |= level.block.nodes.last().is_some_and(|n| n.role == Role::Unknown);
                let sentence = if place == Place::Top {
                    "no block begins here; keepalived reads on as if this `{` were not there".to_owned()
                } else {
                    format!("no block begins here; keepalived reads on in {}, which the next `}}` ends", place.as_str())
                };
                self.report(span, Kind::UnexpectedOpen, sentence);
                self.astray = true;
            }
            Mode::List(_) => {
                self.report(span, Kind::UnexpectedOpen, "no block begins in a list; the next `}` ends the list");
                self.astray = true;
            }
            Mode::Unread if deep => {
                if let Some(level) = self.levels.last_mut() {
                    level.flat += 1;
                }
            }
            Mode::Unread => {
                // Blocks nest as their braces do; the line before names it.
                let nobody = || Node { role: Role::Unread, words: Vec::new(), value: None, block: None, span };
                let head = level.block.nodes.pop().unwrap_or_else(nobody);
                self.enter(head, Mode::Unread);
                if let Some(level) = self.levels.last_mut() {
                    level.awaited = false;
                    level.block.open = Some(span);
                }
            }
        }
    }

    fn close(&mut self, span: Span) {
        let extra = self.balance == 0;
        self.balance = self.balance.saturating_sub(1);
        if let Some(level) = self.levels.last_mut().filter(|l| l.flat > 0) {
            level.flat -= 1;
            return;
        }
        if self.levels.len() > 1 {
            let awaited = self.levels.last().is_some_and(|l| l.awaited && matches!(l.mode, Mode::Keywords(_)));
            if awaited {
                self.report(span, Kind::MissingOpen, "a block ends here that lacks its `{`");
            }
            if extra {
                self.report(span, Kind::ExtraClose, "there are more `}` than `{` up to here");
            }
            self.leave(Some(span));
        } else {
            self.report(span, Kind::ExtraClose, "no block is open here; keepalived passes over this `}`");
        }
    }

    fn leave(&mut self, close: Option<Span>) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(mut head) = level.head {
            head.block = Some(Box::new(self.ended(level.block, close)));
            self.push(head);
        }
    }

    /// The lines at the top; blocks that are still open end here.
    fn finish(&mut self) -> Vec<Node> {
        if self.balance > 0 {
            let innermost = self.levels.iter().rev().find_map(|l| l.head.as_ref()).map(Node::span);
            let stray = self.problems.iter().rev().find(|p| p.kind == Kind::UnexpectedOpen).map(|p| p.span);
            let n = self.balance;
            let sentence = format!("{n} `}}` missing at the end; the innermost block still open begins here");
            self.report(innermost.or(stray).unwrap_or_default(), Kind::MissingClose, sentence);
        }
        while self.levels.len() > 1 {
            self.leave(None);
        }
        self.levels.pop().map(|top| top.block.nodes).unwrap_or_default()
    }
}
