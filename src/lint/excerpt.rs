//! Pieces of text that can be shown: without control characters, and with secrets masked.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Node;
use crate::conf::schema::{Place as In, Takes};
use crate::conf::tree::{Node as Line, Role};
use crate::conf::{FileId, Span};
use crate::finding::Place;

/// What stands for a secret, however long that is.
const MASK: &str = "********";
/// Most characters of a line that are shown.
const MOST: usize = 400;

/// Makes excerpts; finds the secrets of a node once.
#[derive(Debug, Default)]
pub struct Excerpts {
    secrets: BTreeMap<usize, BTreeMap<FileId, Vec<Range<u32>>>>,
}

impl Excerpts {
    /// A span's line as it can be shown. A span of several lines is shown with its first.
    pub fn place(&mut self, index: usize, node: &Node, span: Span, note: String) -> Place {
        let sources = &node.conf.sources;
        let position = sources.position(span);
        let raw = sources.line(span.file, position.line);
        let start = span.start - sources.line_start(span);
        let len = raw.len() as u32;
        let (from, to) = (start.min(len), (start + (span.end - span.start)).min(len));
        let characters = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
        let at = |offset: u32| raw.get(..offset as usize).map_or(0, characters);
        let (column, end_column) = (at(from) as u32 + 1, at(to) as u32 + 1);
        let begin = span.start - start;
        let secrets = self.secrets.entry(index).or_insert_with(|| secrets(&node.conf.tree));
        let masked = secrets.get(&span.file).map_or(&[][..], Vec::as_slice);
        let mut text = String::new();
        let (mut mark, mut done) = (0..0, 0_u32);
        // Everything up to an offset of the line, with what is secret in it as a mask.
        let mut upto = |offset: u32, text: &mut String| {
            while done < offset {
                let here = begin + done;
                let secret = masked.iter().find(|s| s.end > here && s.start < begin + offset);
                let plain_end = secret.map_or(offset, |s| s.start.saturating_sub(begin).max(done));
                push(text, raw.get(done as usize..plain_end as usize).unwrap_or_default());
                done = plain_end;
                if let Some(s) = secret {
                    text.push_str(MASK);
                    done = (s.end - begin).min(len);
                }
            }
        };
        upto(from, &mut text);
        mark.start = text.chars().count();
        upto(to, &mut text);
        mark.end = text.chars().count();
        upto(len, &mut text);
        // A mark in the middle of a mask is the mask.
        if mark.is_empty() && to > from {
            mark.start = mark.start.saturating_sub(MASK.len());
        }
        if text.chars().count() > MOST {
            let skip = mark.start.saturating_sub(MOST / 2);
            text = text.chars().skip(skip).take(MOST).collect();
            mark = mark.start - skip..(mark.end - skip).min(MOST);
        }
        Place {
            file: sources.name(span.file).to_owned(),
            line: position.line,
            column,
            end_column,
            text,
            mark,
            note,
            primary: false,
        }
    }
}

/// Adds text, with one character for each of its own.
fn push(text: &mut String, bytes: &[u8]) {
    let bad = |c: char| {
        c.is_control() && c != '\t'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.extend(String::from_utf8_lossy(bytes).chars().map(|c| if bad(c) { '\u{fffd}' } else { c }));
}

/// Where secrets are written.
fn secrets(tree: &[Line]) -> BTreeMap<FileId, Vec<Range<u32>>> {
    let mut all: BTreeMap<FileId, Vec<Range<u32>>> = BTreeMap::new();
    collect(tree, &mut |span| all.entry(span.file).or_default().push(span.start..span.end));
    for ranges in all.values_mut() {
        ranges.sort_by_key(|r| (r.start, r.end));
    }
    all
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
                word.starts_with("auth") || word.contains("pass") || word == "key"
            }),
        };
        if hidden {
            line.words.iter().skip(1).for_each(|w| secret(w.span));
            // `auth_pass1111`
            if line.role == Role::Unknown
                && line.words.len() == 1
                && let Some(w) = first
            {
                secret(w.span);
            }
        }
        let within = keyword.is_some_and(|k| matches!(k.takes, Takes::Block(In::Authentication | In::AuthHmac, _)));
        if within {
            for line in line.nodes().iter().filter(|l| l.keyword().is_none()) {
                line.words.iter().skip(1).for_each(|w| secret(w.span));
            }
        }
        collect(line.nodes(), secret);
    }
}
