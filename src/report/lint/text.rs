//! Findings for people: each with the lines it is about, and what to change.

use std::collections::HashMap;
use std::io::{self, Write};

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, Renderer};
use annotate_snippets::{Annotation, AnnotationKind, Level, Snippet};

use super::{Report, place};
use crate::finding::{Confidence, Evidence, Finding, Place, Severity};
use crate::report::printable;

/// How many findings of one id and file are shown in full.
pub const MOST_ALIKE: usize = 20;
/// How far apart two lines are that one snippet shows.
const MOST_APART: u32 = 2000;

/// How it is to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// Columns of a terminal, where there is one.
    pub width: Option<usize>,
    /// Every finding, however many are alike.
    pub all: bool,
}

/// Gives a line of a file as it can be shown.
pub type Lines<'a> = dyn FnMut(&str, u32) -> Option<String> + 'a;

/// Every finding in full. The verdict is said before, the tally after.
pub fn findings(out: &mut dyn Write, report: &Report<'_>, style: &Style, lines: &mut Lines<'_>) -> io::Result<()> {
    let mut alike: HashMap<(&str, &str), usize> = HashMap::new();
    let mut left_out: Vec<(&str, &str)> = Vec::new();
    for f in report.findings {
        let key = (f.id, place(f).map_or("", |p| p.file.as_str()));
        let count = alike.entry(key).or_default();
        *count += 1;
        if style.all || *count <= MOST_ALIKE {
            finding(out, f, style, lines)?;
            writeln!(out)?;
        } else if *count == MOST_ALIKE + 1 {
            left_out.push(key);
        }
    }
    for key in &left_out {
        let more = alike.get(key).map_or(0, |n| n - MOST_ALIKE);
        writeln!(out, "… and {more} more {} in {} (`-v` shows all)", key.0, printable(key.1))?;
    }
    if left_out.is_empty() { Ok(()) } else { writeln!(out) }
}

/// One finding in full.
pub fn finding(out: &mut dyn Write, f: &Finding, style: &Style, lines: &mut Lines<'_>) -> io::Result<()> {
    let level = match f.severity {
        Severity::Critical => Level::ERROR.with_name("critical"),
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let head = f.severity.as_str().len() + f.id.len() + 4;
    let title = wrapped(&f.message, head, style);
    let mut group = level.primary_title(title).id(f.id).elements(snippets(f, lines));
    for e in &f.evidence {
        match e {
            Evidence::Fact(fact) => group = group.element(Level::NOTE.message(wrapped(fact, NOTE, style))),
            Evidence::Frame { number, note, .. } => {
                let text = format!("frame {number}: {note}");
                group = group.element(Level::NOTE.message(wrapped(&text, NOTE, style)));
            }
            Evidence::Place(_) => {}
        }
    }
    if let Some(unseen) = &f.unseen {
        let sure = if f.confidence == Confidence::Likely { "likely, not certain; " } else { "" };
        let text = format!("{sure}not seen from here: {unseen}");
        group = group.element(Level::NOTE.message(wrapped(&text, NOTE, style)));
    }
    if !f.fix.is_empty() {
        group = group.element(Level::HELP.message(wrapped(&f.fix, NOTE, style)));
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.unwrap_or(DEFAULT_TERM_WIDTH));
    writeln!(out, "{}", renderer.render(&[group]))
}

/// Columns before the text of a note, with a line number of three digits.
const NOTE: usize = 12;

/// Text that cannot reach the terminal, broken at blanks where there is one.
fn wrapped(text: &str, indent: usize, style: &Style) -> String {
    let text = printable(text);
    let Some(width) = style.width.map(|w| w.saturating_sub(indent).max(30)) else { return text };
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for word in text.split(' ') {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            column = 0;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
    out
}

/// A place, as a mark in a text.
struct Mark<'a> {
    place: &'a Place,
}

/// The places of a finding: those of a file together, in its order.
fn snippets<'a>(f: &'a Finding, lines: &mut Lines<'_>) -> Vec<Snippet<'a, Annotation<'a>>> {
    let places = f.evidence.iter().filter_map(|e| if let Evidence::Place(p) = e { Some(p) } else { None });
    let mut groups: Vec<Vec<Mark<'a>>> = Vec::new();
    for place in places {
        let group = groups.iter_mut().find(|g| g.iter().all(|m| together(m.place, place)));
        match group {
            Some(group) => group.push(Mark { place }),
            None => groups.push(vec![Mark { place }]),
        }
    }
    groups.into_iter().map(|group| snippet(&group, lines)).collect()
}

/// Whether one snippet can show both.
fn together(a: &Place, b: &Place) -> bool {
    a.file == b.file && a.line.abs_diff(b.line) <= MOST_APART && (a.line != b.line || a.text == b.text)
}

fn snippet<'a>(marks: &[Mark<'a>], lines: &mut Lines<'_>) -> Snippet<'a, Annotation<'a>> {
    let Some(first) = marks.iter().map(|m| m.place.line).min() else { return Snippet::source("") };
    let last = marks.iter().map(|m| m.place.line).max().unwrap_or(first);
    let file = marks.first().map_or("", |m| m.place.file.as_str());
    let near = |line: u32| marks.iter().any(|m| m.place.line.abs_diff(line) <= 2);
    let mut text = String::new();
    let mut annotations = Vec::new();
    for line in first..=last {
        let begin = text.len();
        let here = || marks.iter().filter(|m| m.place.line == line);
        if let Some(mark) = here().next() {
            text.push_str(&mark.place.text);
        } else if near(line) {
            // A single line between two is shown, more are not.
            text.push_str(&lines(file, line).unwrap_or_default());
        }
        for Mark { place, .. } in here() {
            let byte = |at: usize| place.text.char_indices().nth(at).map_or(place.text.len(), |(i, _)| i);
            let kind = if place.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let mut annotation = kind.span(begin + byte(place.mark.start)..begin + byte(place.mark.end));
            if !place.note.is_empty() {
                annotation = annotation.label(printable(&place.note));
            }
            annotations.push(annotation);
        }
        text.push('\n');
    }
    Snippet::source(text).line_start(first as usize).path(printable(file)).annotations(annotations)
}
