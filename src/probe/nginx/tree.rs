//! Directives, with what they include.

use std::fmt;
use std::path::Path;

use super::lex::{Lexer, Token};
use super::model::{self, Nginx, Spot};

/// Brings files.
pub trait Loader {
    /// The files that a pattern names, in order. Hidden ones are not meant by a wildcard.
    fn expand(&mut self, pattern: &str) -> Vec<String>;

    /// What is in a file.
    ///
    /// # Errors
    /// Why it cannot be read, as a clause: `there is no such file`.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, String>;
}

/// Where and why a configuration cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct NginxError {
    file: String,
    line: Option<u32>,
    what: String,
}

impl fmt::Display for NginxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub name: String,
    pub arguments: Vec<String>,
    /// What stands in its braces, if it has some.
    pub block: Option<Vec<Directive>>,
    pub spot: Spot,
}

/// Includes in includes, at most.
const DEEPEST: usize = 32;
/// Blocks in blocks, at most: nginx has a use for far fewer.
const NESTED: usize = 100;
/// Files, at most.
const MOST_FILES: usize = 10_000;

/// Reads a configuration with everything it includes. Relative paths begin where the file is, as nginx takes them.
///
/// # Errors
/// The first place that nginx would not take, or a file that cannot be read.
pub fn read(name: &str, loader: &mut dyn Loader) -> Result<Nginx, NginxError> {
    let folder = Path::new(name).parent().filter(|p| !p.as_os_str().is_empty());
    let prefix = folder.map_or(String::new(), |p| p.display().to_string());
    let mut reader = Reader { loader, prefix, files: Vec::new() };
    let mut all = Vec::new();
    reader.file(name, None, 0, &mut all)?;
    Ok(model::build(&all, reader.files))
}

struct Reader<'a> {
    loader: &'a mut dyn Loader,
    prefix: String,
    files: Vec<String>,
}

impl Reader<'_> {
    fn error(&self, spot: Option<Spot>, what: String) -> NginxError {
        let file = spot.and_then(|s| self.files.get(s.file)).cloned().unwrap_or_default();
        NginxError { file, line: spot.map(|s| s.line), what }
    }

    fn file(
        &mut self,
        name: &str,
        from: Option<Spot>,
        depth: usize,
        out: &mut Vec<Directive>,
    ) -> Result<(), NginxError> {
        let text = self.loader.read(name).map_err(|why| match from {
            Some(_) => self.error(from, format!("cannot read {name}: {why}")),
            None => NginxError { file: name.to_owned(), line: None, what: why },
        })?;
        let file = self.files.len();
        if file >= MOST_FILES || depth > DEEPEST {
            return Err(self.error(from, format!("{name} is included too deep, or is one file too many")));
        }
        self.files.push(name.to_owned());
        let mut lexer = Lexer::new(&text);
        self.block(&mut lexer, file, &[], depth, out)
    }

    /// Directives up to the brace that closes the last of the blocks that these lines opened, or to the end of the file.
    fn block(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: usize,
        outer: &[u32],
        depth: usize,
        out: &mut Vec<Directive>,
    ) -> Result<(), NginxError> {
        let opened = outer.last().copied();
        let mut words: Vec<String> = Vec::new();
        let mut first = 0;
        loop {
            let next = lexer.next().map_err(|(line, what)| self.error(Some(Spot { file, line }), what))?;
            let Some((token, line)) = next else {
                let spot = Some(Spot { file, line: if words.is_empty() { lexer.line } else { first } });
                return match (words.first(), opened) {
                    (Some(word), _) => Err(self.error(spot, format!("the file ends before `{word}` has its `;`"))),
                    (None, Some(line)) => {
                        Err(self.error(spot, format!("the file ends before the block of line {line} is closed")))
                    }
                    (None, None) => Ok(()),
                };
            };
            let spot = Spot { file, line: if words.is_empty() { line } else { first } };
            let here = Some(Spot { file, line });
            match token {
                Token::Word(word) => {
                    if words.is_empty() {
                        first = line;
                    }
                    words.push(word);
                }
                Token::End | Token::Open if words.is_empty() => {
                    let sign = if token == Token::End { ';' } else { '{' };
                    return Err(self.error(here, format!("unexpected `{sign}`: no directive stands before it")));
                }
                Token::Close => match (words.first(), opened) {
                    (Some(word), _) => return Err(self.error(Some(spot), format!("`{word}` lacks its `;`"))),
                    (None, None) => return Err(self.error(here, "unexpected `}`: no block is open".to_owned())),
                    (None, Some(_)) => return Ok(()),
                },
                Token::End => {
                    let name = words.remove(0);
                    let arguments = std::mem::take(&mut words);
                    if name == "include" {
                        self.include(&arguments, spot, depth, out)?;
                    } else {
                        out.push(Directive { name, arguments, block: None, spot });
                    }
                }
                Token::Open => {
                    let name = words.remove(0);
                    let arguments = std::mem::take(&mut words);
                    if name == "include" {
                        return Err(self.error(Some(spot), "`include` has no block".to_owned()));
                    }
                    let mut inner = Vec::new();
                    if name.ends_with("_by_lua_block") {
                        lexer.lua().map_err(|(line, what)| self.error(Some(Spot { file, line }), what))?;
                    } else if outer.len() >= NESTED {
                        return Err(self.error(here, format!("more than {NESTED} blocks in one another")));
                    } else {
                        let lines = [outer, &[line]].concat();
                        self.block(lexer, file, &lines, depth, &mut inner)?;
                    }
                    out.push(Directive { name, arguments, block: Some(inner), spot });
                }
            }
        }
    }

    fn include(
        &mut self,
        arguments: &[String],
        spot: Spot,
        depth: usize,
        out: &mut Vec<Directive>,
    ) -> Result<(), NginxError> {
        let [pattern] = arguments else {
            return Err(self.error(Some(spot), "`include` takes one file or pattern".to_owned()));
        };
        let path = Path::new(&self.prefix).join(pattern).display().to_string();
        let names = if path.contains(['*', '?', '[']) { self.loader.expand(&path) } else { vec![path] };
        for name in names {
            self.file(&name, Some(spot), depth + 1, out)?;
        }
        Ok(())
    }
}
