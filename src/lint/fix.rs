//! Changes that keep what keepalived does: made in texts, and checked for keeping it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diagnostic, Node};
use crate::conf::schema::Takes;
use crate::conf::tree::{Node as Line, Role};
use crate::conf::{Conf, Edit, Run};

/// Texts with changes in them.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The new text of each file that is changed.
    pub texts: BTreeMap<String, Vec<u8>>,
    /// Which of the diagnostics had their changes made.
    pub done: Vec<usize>,
    /// The lines, from 1, that changes touch: in the old text, and in the new one.
    pub touched: BTreeMap<String, (BTreeSet<u32>, BTreeSet<u32>)>,
}

/// A change of one file, by whose diagnostic.
struct Change<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

impl Draft {
    /// Makes the changes of these diagnostics, all of one or none: those that overlap an earlier one's wait.
    pub fn of(nodes: &[Node], diagnostics: &[&Diagnostic]) -> Self {
        let mut draft = Self::default();
        let mut files: BTreeMap<&str, Vec<Change<'_>>> = BTreeMap::new();
        for (row, d) in diagnostics.iter().enumerate() {
            let Some(node) = d.labels.first().and_then(|l| nodes.get(l.node)) else { continue };
            let place = |e: &Edit| (node.conf.sources.name(e.span.file), e.span.start as usize, e.span.end as usize);
            let apart = d.edits.iter().map(place).all(|(file, start, end)| {
                let changes = files.get(file).map_or(&[][..], Vec::as_slice);
                // Two that touch could depend on each other.
                changes.iter().all(|c| end < c.start || c.end < start)
            });
            if d.edits.is_empty() || !apart {
                continue;
            }
            for edit in &d.edits {
                let (file, start, end) = place(edit);
                files.entry(file).or_default().push(Change { start, end, text: &edit.text });
            }
            draft.done.push(row);
        }
        for (name, mut changes) in files {
            let sources = nodes.iter().find_map(|n| Some((&n.conf.sources, n.conf.sources.find(name)?)));
            let Some((sources, file)) = sources else { continue };
            changes.sort_by_key(|c| (c.start, c.end));
            let (text, touched) = change(sources.text(file), &changes);
            draft.touched.insert(name.to_owned(), touched);
            draft.texts.insert(name.to_owned(), text);
        }
        draft
    }
}

/// A text with changes, which are in order and apart, and the lines that they touch before and after.
fn change(old: &[u8], changes: &[Change<'_>]) -> (Vec<u8>, (BTreeSet<u32>, BTreeSet<u32>)) {
    let (mut new, mut before, mut after) = (Vec::with_capacity(old.len()), BTreeSet::new(), BTreeSet::new());
    let (mut at, mut old_line, mut new_line) = (0, 1, 1);
    let count = |bytes: &[u8]| bytes.split(|b| *b == b'\n').count() as u32 - 1;
    for c in changes {
        let (mut start, mut end) = (c.start.clamp(at, old.len()), c.end.clamp(at, old.len()));
        end = end.max(start);
        if c.text.is_empty() {
            // With all that was on a line the line goes too.
            let line_start = old[..start].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            let line_end = old[end..].iter().position(|b| *b == b'\n').map_or(old.len(), |i| end + i + 1);
            let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
            let before_it = &old[line_start..start];
            if line_start >= at && blank(before_it) && blank(&old[end..line_end]) {
                (start, end) = (line_start, line_end);
            } else if line_start >= at && blank(before_it) {
                // A comment stays where the line began.
                end += old[end..line_end].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            } else {
                // The blank that parted it from what was before it goes.
                let blanks = before_it.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
                let more = old.get(end).is_none_or(u8::is_ascii_whitespace);
                if more && start - blanks > line_start && start - blanks >= at {
                    start -= blanks;
                }
            }
        }
        let kept = &old[at..start];
        new.extend_from_slice(kept);
        old_line += count(kept);
        new_line += count(kept);
        let (gone, come) = (count(&old[start..end]), count(c.text.as_bytes()));
        before.extend(old_line..=old_line + gone);
        after.extend(new_line..=new_line + come);
        new.extend_from_slice(c.text.as_bytes());
        old_line += gone;
        new_line += come;
        at = end;
    }
    new.extend_from_slice(&old[at..]);
    (new, (before, after))
}

/// What a configuration means to keepalived, as far as it is known here, read as it takes it.
pub struct Meaning<'a> {
    /// What it says.
    pub conf: &'a Conf,
    /// What would run.
    pub run: &'a Run,
}

/// Whether changes of the touched lines keep what a configuration means: the same would run, and each other line is
/// read as before. Otherwise what is not the same, as the rest of a sentence.
pub fn keeps(old: &Meaning<'_>, new: &Meaning<'_>, draft: &Draft) -> Result<(), &'static str> {
    if old.conf.stops_keepalived() != new.conf.stops_keepalived() {
        return Err("whether keepalived starts");
    }
    runs_alike(old, new)?;
    if lines(old, draft, false) != lines(new, draft, true) {
        return Err("how other lines are read");
    }
    Ok(())
}

fn runs_alike(old: &Meaning<'_>, new: &Meaning<'_>) -> Result<(), &'static str> {
    let (a, b) = (old.run, new.run);
    let bare = |text: String| without_spans(&text);
    let instances = a.instances.len() == b.instances.len()
        && a.instances.iter().zip(&b.instances).all(|(a, b)| bare(format!("{a:?}")) == bare(format!("{b:?}")));
    if !instances {
        return Err("what its vrrp_instances do");
    }
    if bare(format!("{:?}", a.groups)) != bare(format!("{:?}", b.groups)) {
        return Err("what its sync groups do");
    }
    if (a.startup_delay, a.delay_after_boot) != (b.startup_delay, b.delay_after_boot) {
        return Err("when it starts");
    }
    // No text that can be shown holds these.
    let password = |i: &crate::conf::model::VrrpInstance| {
        let auth = i.authentication.as_ref()?;
        Some((auth.kind.map(|k| k.value), auth.password.map(|p| p.value)))
    };
    let passwords = |conf: &Conf| conf.instances.iter().map(password).collect::<Vec<_>>();
    if passwords(old.conf) != passwords(new.conf) {
        return Err("how adverts are signed");
    }
    Ok(())
}

/// The lines that changes do not touch, before them or after.
fn lines<'a>(m: &Meaning<'a>, draft: &Draft, after: bool) -> Vec<Read<'a>> {
    let mut all = Vec::new();
    flatten(&m.conf.tree, 0, m.conf, draft, after, &mut all);
    all
}

/// A line as it is read: how deep it is, its role and its words.
type Read<'a> = (usize, &'static str, Vec<&'a [u8]>);

fn flatten<'a>(lines: &'a [Line], depth: usize, conf: &Conf, draft: &Draft, after: bool, all: &mut Vec<Read<'a>>) {
    for line in lines {
        let span = line.span();
        let touched = draft.touched.get(conf.sources.name(span.file)).is_some_and(|(before, now)| {
            let number = conf.sources.position(span).line;
            if after { now.contains(&number) } else { before.contains(&number) }
        });
        let secret = line.keyword().is_some_and(|k| k.takes == Takes::Key);
        // What nobody reads may come and go.
        let read = !matches!(line.role, Role::Unknown);
        if read && (!touched || secret) {
            let role = match line.role {
                Role::Keyword(k) => k.name,
                Role::Entry => "entry",
                Role::Unread => "unread",
                Role::Unknown => "unknown",
            };
            all.push((depth, role, line.words.iter().map(|w| &*w.text).collect()));
        }
        flatten(line.nodes(), depth + 1, conf, draft, after, all);
    }
}

/// The `Debug` text of something without the places in it.
fn without_spans(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        let end = rest[at..].find('}').map_or(rest.len(), |i| at + i + 1);
        out.push_str(&rest[..at]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(old: &str, changes: &[(usize, usize, &str)]) -> (String, Vec<u32>, Vec<u32>) {
        let changes: Vec<_> =
            changes.iter().map(|(start, end, text)| Change { start: *start, end: *end, text }).collect();
        let (text, (before, after)) = change(old.as_bytes(), &changes);
        (String::from_utf8(text).unwrap(), before.into_iter().collect(), after.into_iter().collect())
    }

    #[test]
    fn changes_are_made_where_they_belong() {
        assert_eq!(changed("a b c\n", &[(2, 3, "x")]), ("a x c\n".into(), vec![1], vec![1]));
        assert_eq!(changed("a\nb\nc\n", &[(2, 3, "x"), (4, 5, "y")]), ("a\nx\ny\n".into(), vec![2, 3], vec![2, 3]));
        // Something comes in
        assert_eq!(changed("a\nb\n", &[(1, 1, " {")]), ("a {\nb\n".into(), vec![1], vec![1]));
        assert_eq!(changed("a\nb\n", &[(1, 1, "\nx")]), ("a\nx\nb\n".into(), vec![1], vec![1, 2]));
        // A line goes, and what follows moves up
        assert_eq!(changed("a\n  b c  \nd\n", &[(4, 7, "")]).0, "a\nd\n");
        assert_eq!(changed("a\n  b", &[(4, 5, "")]).0, "a\n");
        assert_eq!(changed("b\na", &[(0, 1, "")]).0, "a");
        // Only a part of a line goes
        assert_eq!(changed("a b c\n", &[(4, 5, "")]).0, "a b\n");
        assert_eq!(changed("a b # c\n", &[(2, 3, "")]).0, "a # c\n");
        assert_eq!(changed("  b # c\n", &[(2, 3, "")]).0, "  # c\n");
        assert_eq!(changed("a{b}\n", &[(2, 3, "")]).0, "a{}\n");
    }

    #[test]
    fn places_are_no_part_of_a_meaning() {
        let text = "A { s: Span { file: FileId(0), start: 1, end: 2, via: Via(0) }, n: Spanned { value: 1, span: Span { file: FileId(0) } } }";
        assert_eq!(without_spans(text), "A { s: , n: Spanned { value: 1, span:  } }");
    }
}
