//! Comments that say which findings are meant: `# hactl: ignore=ID,ID`.
//!
//! At the end of a line such a comment speaks of that line, on a line of its own of the next that is not blank or a
//! comment. `# hactl: ignore-file=ID` speaks of its whole file. A finding is left out when any of its places, or of the
//! ways by which their text came to be read there, is on a line of which a comment says so.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::{Context, Diagnostic, Found, Node, Selection, rule};
use crate::conf::{Span, Via};

/// What comments in the files of all nodes say.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    all: Vec<Ignore>,
    /// Comments that begin as such and go on otherwise.
    odd: Vec<(usize, Span)>,
    /// Rows of `all` by id, file and line; no line for the whole file.
    places: HashMap<(String, String, Option<u32>), Vec<usize>>,
}

/// One id of a comment.
#[derive(Debug)]
struct Ignore {
    /// The first node that has the file.
    node: usize,
    /// Where the id is written.
    span: Span,
    id: String,
    used: bool,
}

impl Ignores {
    /// Of all files, each looked at once.
    pub(super) fn of(nodes: &[Node]) -> Self {
        let mut ignores = Self::default();
        let mut seen = HashSet::new();
        for (n, node) in nodes.iter().enumerate() {
            for name in node.conf.sources.names() {
                if seen.insert(name) {
                    ignores.file(n, node, name);
                }
            }
        }
        ignores
    }

    fn file(&mut self, n: usize, node: &Node, name: &str) {
        let sources = &node.conf.sources;
        let Some(file) = sources.find(name) else { return };
        let text = sources.text(file);
        // Nearly no file has any.
        if memchr::memmem::find(text, MARK).is_none() {
            return;
        }
        let (mut at, mut waiting) = (0, Vec::new());
        for (line, bytes) in (1..).zip(text.split_inclusive(|b| *b == b'\n')) {
            let start = at;
            at += bytes.len();
            let bytes = bytes.trim_ascii_end();
            let comment = comment(bytes);
            let code = !bytes[..comment.unwrap_or(bytes.len())].trim_ascii().is_empty();
            let span = |r: Range<usize>| Span {
                file,
                start: (start + r.start) as u32,
                end: (start + r.end) as u32,
                via: Via::NONE,
            };
            if code {
                for row in waiting.drain(..) {
                    self.place(row, name, Some(line));
                }
            }
            let Some((begin, said)) = comment.and_then(|begin| Some((begin, directive(&bytes[begin..])?))) else {
                continue;
            };
            let moved = |r: &Range<usize>| begin + r.start..begin + r.end;
            match said {
                Said::Odd(r) => self.odd.push((n, span(moved(&r)))),
                Said::Ignore { whole, ids } => {
                    for r in ids.iter().map(moved) {
                        let id = String::from_utf8_lossy(&bytes[r.clone()]).into_owned();
                        self.all.push(Ignore { node: n, span: span(r), id, used: false });
                        let row = self.all.len() - 1;
                        match (whole, code) {
                            (true, _) => self.place(row, name, None),
                            (false, true) => self.place(row, name, Some(line)),
                            (false, false) => waiting.push(row),
                        }
                    }
                }
            }
        }
    }

    fn place(&mut self, row: usize, file: &str, line: Option<u32>) {
        let id = self.all[row].id.clone();
        self.places.entry((id, file.to_owned(), line)).or_default().push(row);
    }

    /// Leaves out what comments say, and gives how many that were.
    pub(super) fn leave_out(&mut self, nodes: &[Node], diagnostics: &mut Vec<Diagnostic>) -> usize {
        if self.all.is_empty() {
            return 0;
        }
        let before = diagnostics.len();
        diagnostics.retain(|d| !self.speaks_of(nodes, d));
        before - diagnostics.len()
    }

    fn speaks_of(&mut self, nodes: &[Node], d: &Diagnostic) -> bool {
        let mut spoken = false;
        for label in &d.labels {
            let Some(node) = nodes.get(label.node) else { continue };
            let sources = &node.conf.sources;
            let ways = sources.expansions(label.span).map(|step| step.at);
            for span in std::iter::once(label.span).chain(ways) {
                for line in [Some(sources.position(span).line), None] {
                    let key = (d.id.to_owned(), sources.name(span.file).to_owned(), line);
                    for row in self.places.get(&key).into_iter().flatten() {
                        self.all[*row].used = true;
                        spoken = true;
                    }
                }
            }
        }
        spoken
    }

    /// Tells of comments that leave nothing out: their id is none, or its rule was asked and found nothing there.
    pub(super) fn unused(&self, nodes: &[Node], context: &Context<'_>, selection: &Selection, found: &mut Found) {
        for (node, span) in &self.odd {
            let d = found.say("this comment begins with `hactl:`, but is none that hactl knows").at(*node, *span);
            found.push(d.fix("Write it as `# hactl: ignore=ID` or `# hactl: ignore-file=ID`."));
        }
        for ignore in self.all.iter().filter(|i| !i.used) {
            let id = printable(&ignore.id);
            let d = match rule(&ignore.id) {
                None => {
                    let d = found.say(format!("no rule has the id `{id}`, which this comment names"));
                    d.fix("Write an id that `hactl explain` lists, or delete it.")
                }
                Some(rule) if selection.has(rule.page.id) && rule.is_asked(nodes, context) => {
                    found.say(format!("`{id}` is to be ignored here, but there is no such finding"))
                }
                Some(_) => continue,
            };
            found.push(d.at(ignore.node, ignore.span));
        }
    }
}

/// An id as it is shown.
fn printable(id: &str) -> String {
    id.chars().take(48).map(|c| if c.is_ascii_graphic() { c } else { '\u{fffd}' }).collect()
}

const MARK: &[u8] = b"hactl:";

/// What a comment says to us.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// Which findings to leave out: places of their ids in the comment.
    Ignore { whole: bool, ids: Vec<Range<usize>> },
    /// Something, but nothing that we know.
    Odd(Range<usize>),
}

/// Where a line's comment begins: at `#` or `!` outside double quotes.
fn comment(line: &[u8]) -> Option<usize> {
    let (mut quoted, mut at) = (false, 0);
    while let Some(byte) = line.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' => at += 1,
            b'#' | b'!' if !quoted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// What a comment says to us, if it does: with `hactl:` as a word of its own.
fn directive(comment: &[u8]) -> Option<Said> {
    let separates = |b: u8| matches!(b, b'#' | b'!' | b' ' | b'\t');
    let mark = comment.windows(MARK.len()).position(|w| w == MARK)?;
    if !separates(*comment.get(mark.checked_sub(1)?)?) {
        return None;
    }
    let after = mark + MARK.len();
    let start = after + comment[after..].iter().position(|b| !separates(*b)).unwrap_or(comment.len() - after);
    let end = start + comment[start..].iter().position(|b| separates(*b)).unwrap_or(comment.len() - start);
    let word = &comment[start..end];
    let (whole, list) = if let Some(list) = word.strip_prefix(b"ignore-file=") {
        (true, list)
    } else if let Some(list) = word.strip_prefix(b"ignore=") {
        (false, list)
    } else {
        return Some(Said::Odd(mark..end));
    };
    let mut at = end - list.len();
    let mut ids = Vec::new();
    for id in list.split(|b| *b == b',') {
        if !id.is_empty() {
            ids.push(at..at + id.len());
        }
        at += id.len() + 1;
    }
    Some(if ids.is_empty() { Said::Odd(mark..end) } else { Said::Ignore { whole, ids } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<(bool, Vec<&str>)> {
        let begin = comment(line.as_bytes())?;
        match directive(&line.as_bytes()[begin..])? {
            Said::Odd(r) => Some((false, vec!["?", &line[begin..][r]])),
            Said::Ignore { whole, ids } => Some((whole, ids.into_iter().map(|r| &line[begin..][r]).collect())),
        }
    }

    #[test]
    fn comments_say_which_findings_are_meant() {
        assert_eq!(said("priority 90 # hactl: ignore=a-b"), Some((false, vec!["a-b"])));
        assert_eq!(said("#hactl:ignore=a,b"), Some((false, vec!["a", "b"])));
        assert_eq!(said("! hactl: ignore-file=a and why"), Some((true, vec!["a"])));
        assert_eq!(said("x ##### 全局 # hactl: ignore=a,,b, because"), Some((false, vec!["a", "b"])));
        assert_eq!(said("x # hactl: ignroe=a"), Some((false, vec!["?", "hactl: ignroe=a"])));
        assert_eq!(said("x # hactl: ignore="), Some((false, vec!["?", "hactl: ignore="])));
        assert_eq!(said("x # hactl:"), Some((false, vec!["?", "hactl:"])));
    }

    #[test]
    fn what_is_no_comment_says_nothing() {
        for line in [
            "x hactl: ignore=a",
            "x \"# hactl: ignore=a\"",
            "x \\# hactl: ignore=a",
            "# see myhactl: ignore=a",
            "x",
            "",
        ] {
            assert_eq!(said(line), None, "{line}");
        }
    }
}
