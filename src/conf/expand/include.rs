//! `include` and its stricter forms: which files a pattern names, and what keepalived makes of one that is not there.

use super::{Expander, FULL, Frame, MAX_DEPTH, MAX_INCLUDES};
use crate::conf::problem::{Kind, quote};
use crate::conf::source::{Expansion, FileId, How, Span};
use crate::conf::token::is_blank;

impl Expander<'_> {
    /// Whether a file is being read.
    fn is_open(&self, file: FileId) -> bool {
        self.frames.iter().any(|f| matches!(f, Frame::File { id, .. } if *id == file))
    }

    pub(super) fn include(&mut self, span: Span, kind: u8, pattern: &str) {
        self.includes += 1;
        let depth = self.frames.iter().filter(|f| matches!(f, Frame::File { .. })).count();
        let shown = quote(pattern.as_bytes());
        if depth >= MAX_DEPTH {
            let sentence = format!("files are included {MAX_DEPTH} deep, perhaps in a circle; {shown} is not read");
            return self.report(span, Kind::IncludeDepth, sentence);
        }
        let from = self.sources.name(self.file().0).to_owned();
        let checks = checks(kind);
        let told = |strict: bool| {
            let does = if strict { "keepalived does not start" } else { "keepalived goes on without it" };
            (if strict { Kind::IncludeRequired } else { Kind::Include }, does)
        };
        let (mut names, mut missing, mut all) = (Vec::new(), false, Vec::new());
        alternatives(pattern, &mut all);
        for alternative in all {
            let found = self.loader.expand(&alternative, &from);
            missing |= found.is_empty() && self.misses(&alternative, &from);
            names.extend(found);
        }
        if names.is_empty() {
            let braces = pattern.contains('{');
            let (strict, said) = match missing {
                true if braces => (checks.braces, true),
                true => (checks.names, true),
                false => (checks.patterns, checks.patterns),
            };
            if said {
                let (kind, does) = told(strict);
                self.report(span, kind, format!("no file is called {shown}; {does}"));
            }
        } else if missing {
            let (kind, does) = told(checks.braces);
            self.report(span, kind, format!("not all files of {shown} are there; {does}"));
            if checks.braces {
                return;
            }
        }
        let mut frames = Vec::new();
        for name in names {
            let id = match self.sources.find(&name) {
                Some(id) if self.as_meant() && self.is_open(id) => {
                    let sentence = format!(
                        "{} includes itself, which keepalived follows until it can open no more files",
                        quote(name.as_bytes())
                    );
                    self.report(span, Kind::IncludeDepth, sentence);
                    continue;
                }
                Some(id) => id,
                None => match self.loader.shared(&name) {
                    Ok(text) => {
                        let full = self.sources.is_full();
                        let id = self.sources.add(&name, text);
                        if !full && self.sources.is_full() {
                            self.report(span, Kind::TooMuch, FULL);
                        }
                        id
                    }
                    Err(error) => {
                        let (kind, does) = told(checks.readable);
                        self.report(span, kind, format!("{error}; {does}"));
                        continue;
                    }
                },
            };
            let step = Expansion { how: How::Include, at: span, values: None };
            let via = self.sources.add_expansion(step).unwrap_or(span.via);
            frames.push(Frame::File { id, at: 0, via });
        }
        self.frames.extend(frames.into_iter().rev());
    }

    /// Whether a pattern that means no file names one that should be there: by itself, or in a directory that is not there.
    fn misses(&mut self, pattern: &str, from: &str) -> bool {
        let wild = |s: &str| s.contains(['*', '?', '[']);
        if !wild(pattern) {
            return true;
        }
        let directory = pattern.rsplit_once('/').map_or("", |(directory, _)| directory);
        !directory.is_empty() && !wild(directory) && self.loader.expand(directory, from).is_empty()
    }
}

/// `include GLOB` and its stricter forms: the letter (0 for none) and where the pattern begins.
pub(super) fn directive(bytes: &[u8]) -> Option<(u8, usize)> {
    let after = bytes.strip_prefix(b"include")?;
    let (kind, after) = match after {
        [kind @ (b'r' | b'm' | b'w' | b'b' | b'a'), rest @ ..] => (*kind, rest),
        _ => (0, after),
    };
    let blanks = after.iter().take_while(|b| is_blank(**b)).count();
    (blanks > 0 && blanks < after.len()).then(|| (kind, bytes.len() - after.len() + blanks))
}

/// What keepalived makes sure of at an `include`.
struct Checks {
    /// What is found can be read.
    readable: bool,
    /// A name without wildcards is there.
    names: bool,
    /// A pattern means something.
    patterns: bool,
    /// All of `{a,b}` are there.
    braces: bool,
}

/// Those of `includer`, `includem` and so on, by their letter.
fn checks(kind: u8) -> Checks {
    Checks {
        readable: kind != 0,
        names: matches!(kind, b'm' | b'w' | b'a'),
        patterns: matches!(kind, b'w' | b'a'),
        braces: matches!(kind, b'b' | b'a'),
    }
}

/// `{a,b}` as the shell expands it, outermost first; not more than [`MAX_INCLUDES`].
fn alternatives(pattern: &str, all: &mut Vec<String>) {
    if all.len() >= MAX_INCLUDES {
        return;
    }
    let (mut depth, mut commas, mut close) = (0, Vec::new(), None);
    let open = pattern.find('{');
    for (i, c) in pattern.char_indices().skip_while(|(i, _)| Some(*i) != open) {
        match c {
            '{' => depth += 1,
            ',' if depth == 1 => commas.push(i),
            '}' => {
                depth -= 1;
                if depth == 0 {
                    close = Some(i);
                    break;
                }
            }
            _ => {}
        }
    }
    let (Some(open), Some(close)) = (open, close.filter(|_| !commas.is_empty())) else {
        return all.push(pattern.to_owned());
    };
    let mut from = open + 1;
    for to in commas.into_iter().chain([close]) {
        alternatives(&format!("{}{}{}", &pattern[..open], &pattern[from..to], &pattern[close + 1..]), all);
        from = to + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_name_alternatives() {
        let of = |pattern: &str| {
            let mut all = Vec::new();
            alternatives(pattern, &mut all);
            all
        };
        assert_eq!(of("a{b,c}{d,e}"), ["abd", "abe", "acd", "ace"]);
        assert_eq!(of("a{b"), ["a{b"]);
        assert_eq!(of("{a,{b,c}}"), ["a", "b", "c"]);
        assert_eq!(of("a{b}"), ["a{b}"]);
        assert_eq!(of(&"{a,b}".repeat(100)).len(), MAX_INCLUDES);
    }
}
