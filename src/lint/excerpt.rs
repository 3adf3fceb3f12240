//! Pieces of text that can be shown: without control characters, and with secrets masked.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use super::Node;
use crate::conf::schema::{self, Hint, Place as In, Takes};
use crate::conf::tree::{Node as Line, Role};
use crate::conf::{FileId, Span, Version, Word};
use crate::finding::Place;

/// What stands for a secret, however long that is.
const MASK: &str = "********";
/// Most characters of a line that are shown.
const MOST: usize = 400;

/// Makes excerpts. What one node knows to be a secret is one wherever the same file is shown.
#[derive(Debug, Default)]
pub struct Excerpts {
    /// Nodes whose secrets were looked for.
    known: BTreeSet<usize>,
    /// Bytes of each file that are secret: in order, and apart from each other.
    secrets: HashMap<String, Vec<Range<u32>>>,
}

impl Excerpts {
    /// With the secrets of all these nodes, each of which keeps its number.
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        let mut excerpts = Self::default();
        nodes.into_iter().enumerate().for_each(|(i, node)| excerpts.know(i, node));
        excerpts
    }

    /// A span's line as it can be shown. A span of several lines is shown with its first.
    pub fn place(&mut self, index: usize, node: &Node, span: Span, note: String) -> Place {
        self.know(index, node);
        let sources = &node.conf.sources;
        let line = sources.position(span).line;
        let raw = sources.line(span.file, line);
        let begin = sources.line_start(span);
        let within = |offset: u32| (offset.saturating_sub(begin) as usize).min(raw.len());
        let (from, to) = (within(span.start), within(span.end));
        let characters = |end: usize| raw.get(..end).map_or(0, |b| String::from_utf8_lossy(b).chars().count());
        let (mut text, mut mark) = shown(raw, &self.masks(sources.name(span.file), begin, raw), from..to);
        if text.chars().count() > MOST {
            let skip = mark.start.saturating_sub(MOST / 2);
            text = text.chars().skip(skip).take(MOST).collect();
            mark = mark.start - skip..(mark.end - skip).min(MOST);
        }
        Place {
            file: sources.name(span.file).to_owned(),
            line,
            column: characters(from) as u32 + 1,
            end_column: characters(to) as u32 + 1,
            text,
            mark,
            note,
            primary: false,
        }
    }

    /// A whole line, counted from 1, as it can be shown. Nothing when the node has not read the file.
    pub fn line(&mut self, index: usize, node: &Node, file: &str, line: u32) -> Option<String> {
        self.know(index, node);
        let sources = &node.conf.sources;
        let id = sources.find(file)?;
        let raw = sources.line(id, line);
        let begin = sources.offset(id, line)?;
        Some(shown(raw, &self.masks(file, begin, raw), 0..0).0)
    }

    /// Learns a node's secrets.
    fn know(&mut self, index: usize, node: &Node) {
        if !self.known.insert(index) {
            return;
        }
        let mut all: HashMap<FileId, Vec<Range<u32>>> = HashMap::new();
        let sources = &node.conf.sources;
        let mut names = BTreeSet::new();
        collect(&node.conf.tree, &mut |span| {
            all.entry(span.file).or_default().push(span.start..span.end);
            let written = sources.text(span.file).get(span.start as usize..span.end as usize);
            names.extend(used(written.unwrap_or_default()));
        });
        for span in sources.secrets() {
            all.entry(span.file).or_default().push(span.start..span.end);
        }
        for file in sources.names().filter_map(|name| sources.find(name)) {
            defined(sources.text(file), &names, &mut |range| all.entry(file).or_default().push(range));
        }
        for (file, ranges) in all {
            let known = self.secrets.entry(node.conf.sources.name(file).to_owned()).or_default();
            known.extend(ranges);
            *known = apart(std::mem::take(known));
        }
    }

    /// The secrets of a line, which begins at an offset of its file: in order, and apart from each other.
    fn masks(&self, file: &str, begin: u32, raw: &[u8]) -> Vec<Range<usize>> {
        let end = begin + raw.len() as u32;
        let all = self.secrets.get(file).map_or(&[][..], Vec::as_slice);
        let first = all.partition_point(|s| s.end <= begin);
        let known = all.iter().skip(first).take_while(|s| s.start < end);
        let within = |s: &Range<u32>| s.start.saturating_sub(begin) as usize..(s.end.min(end) - begin) as usize;
        apart(known.map(within).chain(by_its_words(raw)).collect())
    }
}

/// Names of the definitions that text uses.
fn used(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    text.split(|b| *b == b'$').skip(1).filter_map(|after| {
        let after = after.strip_prefix(b"{").unwrap_or(after);
        let len = after.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(after.len());
        (len > 0).then(|| after[..len].to_vec())
    })
}

/// Where these names are defined, with `$NAME=` or `~LST(NAME`: all that the definition says.
fn defined(text: &[u8], names: &BTreeSet<Vec<u8>>, secret: &mut impl FnMut(Range<u32>)) {
    let mut names = names.clone();
    let mut seen = 0;
    // A value may use other definitions.
    while names.len() > seen {
        seen = names.len();
        let (mut at, mut goes_on) = (0, false);
        for line in text.split_inclusive(|b| *b == b'\n') {
            let code = line.trim_ascii();
            let named = code.strip_prefix(b"$").filter(|rest| {
                let len = rest.iter().position(|b| *b == b'=').unwrap_or(0);
                names.contains(&rest[..len])
            });
            let listed = code.starts_with(b"~LST") && {
                let end = code.iter().position(|b| *b == b')').unwrap_or(code.len());
                let mut words = code[..end].split(|b| !b.is_ascii_alphanumeric() && *b != b'_');
                words.any(|word| names.contains(word))
            };
            if goes_on || named.is_some() || listed {
                let key =
                    if goes_on { 0 } else { code.iter().position(|b| matches!(b, b'=' | b'(')).map_or(0, |i| i + 1) };
                let start = at + line.len() - line.trim_ascii_start().len() + key;
                secret(start as u32..(at + line.trim_ascii_end().len()) as u32);
                names.extend(used(&code[key..]));
                goes_on = code.ends_with(b"\\");
            }
            at += line.len();
        }
    }
}

/// Ranges in order, those that touch as one.
fn apart<T: Ord + Copy>(mut ranges: Vec<Range<T>>) -> Vec<Range<T>> {
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut all: Vec<Range<T>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match all.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

/// A line with masks, and which of its characters a range of its bytes became: a mask for a range that lies in it.
fn shown(raw: &[u8], masks: &[Range<usize>], mark: Range<usize>) -> (String, Range<usize>) {
    let mut cuts: Vec<usize> = masks.iter().flat_map(|m| [m.start, m.end]).chain([0, raw.len()]).collect();
    let masked = |at: usize| masks.iter().find(|m| m.start <= at && at < m.end);
    cuts.extend([mark.start, mark.end].into_iter().filter(|at| masked(*at).is_none()));
    cuts.sort_unstable();
    cuts.dedup();
    let (mut text, mut count) = (String::with_capacity(raw.len()), 0);
    let mut at = 0..0;
    for pair in cuts.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        if start <= mark.start && mark.start < end {
            at.start = count;
        }
        let piece = if masked(start).is_some() { Cow::Borrowed(MASK) } else { clean(raw.get(start..end)) };
        count += piece.chars().count();
        text.push_str(&piece);
        if start < mark.end && mark.end <= end {
            at.end = count;
        }
    }
    if mark.start >= raw.len() {
        at.start = count;
    }
    at.end = at.end.max(at.start);
    (text, at)
}

/// Text with one character for each of its own.
fn clean(bytes: Option<&[u8]>) -> Cow<'_, str> {
    let bad = |c: char| {
        c.is_control() && c != '\t'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let text = String::from_utf8_lossy(bytes.unwrap_or_default());
    if text.contains(bad) { text.chars().map(|c| if bad(c) { '\u{fffd}' } else { c }).collect() } else { text }
}

/// What is a secret in a line by the look of its words. Also lines that nobody reads hold some: those of a condition that
/// is not met, of a definition that is not used, of a comment.
fn by_its_words(raw: &[u8]) -> Option<Range<usize>> {
    let blank =
        |b: u8| matches!(b, b' ' | b'\t' | b'#' | b'!' | b'{' | b'}' | b'"' | b'\'' | b'=' | b':' | 0x0b | 0x0c);
    let mut first = true;
    let mut at = 0;
    loop {
        let start = at + raw.get(at..)?.iter().position(|b| !blank(*b))?;
        let end = raw[start..].iter().position(|b| blank(*b)).map_or(raw.len(), |len| start + len);
        let word = &raw[start..end];
        at = end;
        // `@node keyword`, and the one argument of this kind that says nothing
        if word.first() == Some(&b'@') || matches!(word, b"PASS" | b"AH") {
            continue;
        }
        if let Some(named) = telling(word, first) {
            let rest = raw[end..].iter().position(|b| !blank(*b)).map(|skip| end + skip);
            let comment = raw[end..].iter().find(|b| !blank(**b) || matches!(**b, b'#' | b'!'));
            // `auth_pass1111`: the blank is missing
            let alone = comment.is_none_or(|b| matches!(b, b'#' | b'!'));
            let secret = if alone && named < word.len() { Some(start + named) } else { rest };
            return secret.map(|from| from..raw.trim_ascii_end().len());
        }
        first = false;
    }
}

/// Whether a word announces a secret, and how much of it is its name.
fn telling(word: &[u8], first: bool) -> Option<usize> {
    static KNOWN: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
        let secret = |k: &schema::Keyword| matches!(k.takes, Takes::Password | Takes::Key);
        schema::KEYWORDS.iter().map(|k| (k.name, secret(k))).collect()
    });
    const NAMES: [&str; 7] = ["auth_password", "auth_pass", "password", "passwd", "pass", "secret", "pwd"];
    let word = std::str::from_utf8(word).ok()?.to_ascii_lowercase();
    if let Some(secret) = KNOWN.get(&*word) {
        return (first && *secret).then_some(word.len());
    }
    if let Some(name) = word.strip_prefix('$') {
        let telling = ["pass", "secret", "pwd", "key", "auth"].iter().any(|part| name.contains(part));
        return (first && telling).then_some(word.len());
    }
    let (name, dashes) = (word.trim_start_matches('-'), word.len() - word.trim_start_matches('-').len());
    if let Some(prefix) = NAMES.iter().find(|n| name.starts_with(**n)) {
        return Some(dashes + prefix.len());
    }
    let near = || schema::nearest(In::Authentication, &word, Version::default()) == Some(Hint::Similar("auth_pass"));
    let like = first && (word.contains("pass") || word.starts_with("auth") || word.starts_with("key") || near());
    like.then_some(word.len())
}

fn collect(lines: &[Line], secret: &mut impl FnMut(Span)) {
    for line in lines {
        let first = line.words.first();
        let keyword = line.keyword();
        let hidden = match line.role {
            Role::Keyword(k) => matches!(k.takes, Takes::Password | Takes::Key),
            // A block that is not read, or a slip in the word itself.
            Role::Unknown | Role::Unread | Role::Entry => first.is_some_and(|w| {
                let word = w.str();
                word.starts_with("auth") || word.starts_with("key") || word.contains("pass")
            }),
        };
        if hidden {
            line.words.iter().skip(1).for_each(|w| secret(w.span));
            // `auth_pass1111`
            if line.role == Role::Unknown
                && line.words.len() == 1
                && let Some(w) = first
                && let Some(named) = telling(&w.text, true)
            {
                let written = w.span.end - w.span.start == w.text.len() as u32;
                let named = if written && named < w.text.len() { named } else { 0 };
                secret(Span { start: w.span.start + named as u32, ..w.span });
            }
        }
        let within = keyword.is_some_and(|k| matches!(k.takes, Takes::Block(In::Authentication | In::AuthHmac, _)));
        if within {
            for line in line.nodes().iter().filter(|l| l.keyword().is_none()) {
                // A word that is like no keyword may be the secret itself, whose keyword was forgotten.
                let like = |w: &Word| schema::nearest(In::Authentication, &w.str(), Version::default()).is_some();
                let shown = usize::from(line.words.first().is_some_and(like));
                line.words.iter().skip(shown).for_each(|w| secret(w.span));
            }
        }
        collect(line.nodes(), secret);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::{self, LoadError, Loader, Options, Reading, resolve};

    struct One(&'static str);

    impl Loader for One {
        fn expand(&mut self, _: &str, _: &str) -> Vec<String> {
            Vec::new()
        }

        fn read(&mut self, _: &str) -> Result<Vec<u8>, LoadError> {
            Ok(self.0.as_bytes().to_vec())
        }
    }

    fn node(text: &'static str, id: &str) -> Node {
        let options = Options { reading: Reading::AsMeant, config_id: id.to_owned(), ..Options::default() };
        let conf = conf::read("k.conf", &mut One(text), &options).expect("it reads");
        let run = resolve(&conf, Version::default());
        Node { name: "k".to_owned(), conf, run }
    }

    /// Every line as it is shown.
    fn lines(text: &'static str, id: &str) -> Vec<String> {
        let node = node(text, id);
        let mut excerpts = Excerpts::of([&node]);
        (1..=text.lines().count() as u32)
            .map(|n| excerpts.line(0, &node, "k.conf", n).expect("a line").trim().to_owned())
            .collect()
    }

    const WAYS: &str = "\
$SECRET_WORD = s3cr3t
$P=s3cr3t
$Q=${INNER}
$INNER=s3cr3t
$LINES=auth_pass \\
  s3cr3t
vrrp_instance V {
  authentication {
    auth_type PASS
    auth_pass s3cr3t # and more s3cr3t
    auth_pass \"s3cr3t s3cr3t\"
    auth_pas s3cr3t
    auth_passs3cr3t
    auth_pass ${P}
    auth_pass $Q
    ~LST(WORD, s3cr3t) auth_pass ${WORD}
    $LINES
    s3cr3t_word s3cr3t
  }
  authentication { auth_type PASS
    auth_pass s3cr3t } priority 90
  autentication {
    auth_pass s3cr3t
    pass s3cr3t
  }
  @other auth_pass s3cr3t
  # auth_pass s3cr3t
  auth_hmac {
    key 1 s3cr3ts3cr3t
    keys 1 s3cr3ts3cr3t
  }
  notify \"/bin/n --password=s3cr3t\"
  priority 90
}
";

    #[test]
    fn no_line_shows_a_secret() {
        for id in ["", "other"] {
            let shown = lines(WAYS, id);
            let at = |text: &str| WAYS.lines().zip(&shown).find(|(l, _)| l.contains(text)).expect("a line").1.as_str();
            for (line, written) in shown.iter().zip(WAYS.lines()) {
                assert!(!line.contains("s3cr3t"), "{line} of {written}");
                assert!(line.contains(MASK) || !written.contains("s3cr3t"), "{line} of {written}");
            }
            assert_eq!(at("$SECRET_WORD"), "$SECRET_WORD = ********");
            assert_eq!(at("$P="), "$P=********");
            assert_eq!(at("auth_type"), "auth_type PASS");
            assert_eq!(at("auth_pass s"), "auth_pass ********");
            assert_eq!(at("auth_passs"), "auth_pass********");
            assert_eq!(at("@other"), "@other auth_pass ********");
            assert_eq!(at("key 1"), "key ********");
            assert_eq!(shown.last().map(String::as_str), Some("}"));
        }
    }

    #[test]
    fn a_mark_keeps_to_its_characters() {
        let shown = |text: &str, masks: &[Range<usize>], mark| {
            let (text, mark) = shown(text.as_bytes(), masks, mark);
            let marked: String = text.chars().skip(mark.start).take(mark.len()).collect();
            (text, mark, marked)
        };
        assert_eq!(shown("a bc d", &[], 2..4), ("a bc d".into(), 2..4, "bc".into()));
        assert_eq!(shown("ä bc d", &[], 3..5), ("ä bc d".into(), 2..4, "bc".into()));
        // Before, in, over and behind a mask
        let mask = std::slice::from_ref(&(2..4));
        assert_eq!(shown("a bc d", mask, 0..1), ("a ******** d".into(), 0..1, "a".into()));
        assert_eq!(shown("a bc d", mask, 2..4), ("a ******** d".into(), 2..10, "********".into()));
        assert_eq!(shown("a bc d", mask, 3..4), ("a ******** d".into(), 2..10, "********".into()));
        assert_eq!(shown("a bc d", mask, 0..6), ("a ******** d".into(), 0..12, "a ******** d".into()));
        assert_eq!(shown("a bc d", mask, 5..6), ("a ******** d".into(), 11..12, "d".into()));
        // Nothing, at the end, and of nothing
        assert_eq!(shown("abc", &[], 3..3), ("abc".into(), 3..3, String::new()));
        assert_eq!(shown("", &[], 0..0), (String::new(), 0..0, String::new()));
        assert_eq!(shown("a\u{1b}[2J\u{202e}b", &[], 0..1).0, "a\u{fffd}[2J\u{fffd}b");
    }

    #[test]
    fn ordinary_lines_are_shown_as_they_are() {
        let plain = |line: &str| assert_eq!(by_its_words(line.as_bytes()), None, "{line}");
        plain("    auth_type PASS");
        plain("authentication {");
        plain("passive");
        plain("active_key 1");
        plain("vrrp_script chk_auth {");
        plain("script \"/etc/keepalived/check_passive.sh\"");
        plain("$VIP = 10.0.0.1");
        plain("priority 90 # 全局");
        plain("");
    }
}
