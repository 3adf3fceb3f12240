//! For fuzzing only: the layers below the tree, which nobody else has to see.

use super::expand::{Expander, Item};
use super::source::{FileId, SourceMap, Via};
use super::token::{self, Text, Word};
use super::{Loader, Options, Problem, Version};

/// The words of a line without its comment, as keywords and as scripts split it.
pub fn words(line: &[u8], version: Version) -> [Vec<Word>; 2] {
    let sources = SourceMap::default();
    let text = Text::new(FileId::default(), Via::NONE, 0, line);
    let (text, _) = token::decomment(text, version);
    [token::words(&text, &sources).0, token::script_words(&text, &sources).0]
}

/// What a configuration and all it includes is once everything is expanded.
#[derive(Debug)]
pub struct Lines {
    /// The logical lines; braces are lines of their own.
    pub lines: Vec<Vec<u8>>,
    /// The words of all of them.
    pub words: Vec<Word>,
    /// The files.
    pub sources: SourceMap,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

/// Expands text and what it includes.
pub fn lines(name: &str, text: Vec<u8>, loader: &mut dyn Loader, options: &Options) -> Lines {
    let mut expander = Expander::new(loader, options, name, text.into());
    let (mut lines, mut words) = (Vec::new(), Vec::new());
    while let Some(item) = expander.next() {
        lines.push(match item {
            Item::Line(text) => {
                words.extend(token::words(&text, &expander.sources).0);
                text.bytes.to_vec()
            }
            Item::Heading(heading) => {
                words.extend(token::words(&heading.0, &expander.sources).0);
                heading.0.bytes.to_vec()
            }
            Item::Open(_) => b"{".to_vec(),
            Item::Close(_) => b"}".to_vec(),
            Item::Backslash(_) => b"\\".to_vec(),
        });
    }
    Lines { lines, words, sources: expander.sources, problems: expander.problems }
}
