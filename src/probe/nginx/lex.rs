//! Words, as `ngx_conf_read_token` reads them.

/// What stands next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, without quotes and escapes.
    Word(String),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// A position in a text.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// The line, from 1.
    pub line: u32,
}

fn space(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self) -> Option<u8> {
        let c = self.peek()?;
        self.at += 1;
        self.line += u32::from(c == b'\n');
        Some(c)
    }

    /// The next token with its line; nothing at the end of the text.
    pub fn next(&mut self) -> Result<Option<(Token, u32)>, (u32, String)> {
        loop {
            let Some(c) = self.peek() else { return Ok(None) };
            match c {
                _ if space(c) => drop(self.take()),
                b'#' => while self.take().is_some_and(|c| c != b'\n') {},
                _ => break,
            }
        }
        let line = self.line;
        let token = match self.peek() {
            Some(b';') => Token::End,
            Some(b'{') => Token::Open,
            Some(b'}') => Token::Close,
            Some(quote @ (b'"' | b'\'')) => {
                self.take();
                return self.quoted(quote, line).map(|w| Some((Token::Word(w), line)));
            }
            _ => return self.word(line).map(|w| Some((Token::Word(w), line))),
        };
        self.take();
        Ok(Some((token, line)))
    }

    fn quoted(&mut self, quote: u8, line: u32) -> Result<String, (u32, String)> {
        let mut raw = Vec::new();
        loop {
            match self.take() {
                None => return Err((line, "the quote is not closed".to_owned())),
                Some(b'\\') => {
                    raw.push(b'\\');
                    raw.extend(self.take());
                }
                Some(c) if c == quote => break,
                Some(c) => raw.push(c),
            }
        }
        match self.peek() {
            Some(c) if space(c) || matches!(c, b';' | b'{' | b')') => Ok(plain(&raw)),
            None => Ok(plain(&raw)),
            Some(c) => Err((self.line, format!("unexpected \"{}\" after a closing quote", char::from(c)))),
        }
    }

    fn word(&mut self, line: u32) -> Result<String, (u32, String)> {
        let mut raw = Vec::new();
        let mut variable = false;
        while let Some(c) = self.peek() {
            // `${name}` is a variable; any other brace begins a block.
            if space(c) || c == b';' || (c == b'{' && !variable) {
                break;
            }
            self.take();
            variable = c == b'$';
            raw.push(c);
            if c == b'\\' {
                raw.extend(self.take());
            }
        }
        if raw.len() > 4096 {
            return Err((line, "the word is longer than nginx takes: a quote or semicolon may be missing".to_owned()));
        }
        Ok(plain(&raw))
    }

    /// The rest of a block of Lua behind its opening brace: skipped up to the brace that closes it.
    pub fn lua(&mut self) -> Result<(), (u32, String)> {
        let begin = self.line;
        let mut depth = 1;
        while let Some(c) = self.take() {
            match c {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' | b'\'' => {
                    while let Some(d) = self.take() {
                        match d {
                            b'\\' => drop(self.take()),
                            _ if d == c || d == b'\n' => break,
                            _ => {}
                        }
                    }
                }
                b'[' => drop(self.long_bracket()),
                b'-' if self.peek() == Some(b'-') => {
                    self.take();
                    let long = self.peek() == Some(b'[') && {
                        self.take();
                        self.long_bracket()
                    };
                    if !long {
                        while self.peek().is_some_and(|c| c != b'\n') {
                            self.take();
                        }
                    }
                }
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
        Err((begin, "the block of Lua is not closed".to_owned()))
    }

    /// Behind a `[`: skips a text in long brackets, `[[…]]` or `[==[…]==]`, if one begins here.
    fn long_bracket(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let level = rest.iter().take_while(|c| **c == b'=').count();
        if rest.get(level) != Some(&b'[') {
            return false;
        }
        let close: Vec<u8> = [&b"]"[..], &vec![b'='; level], b"]"].concat();
        let from = level + 1;
        let body = rest.get(from..).unwrap_or_default();
        let end = body.windows(close.len()).position(|w| w == close).map_or(rest.len(), |n| from + n + close.len());
        for _ in 0..end {
            self.take();
        }
        true
    }
}

/// Takes the escapes that nginx takes: of quotes and backslashes, and `\t`, `\r`, `\n`. Other backslashes stay.
fn plain(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(c) = bytes.next() {
        let escaped = match (c, bytes.peek()) {
            (b'\\', Some(q @ (b'"' | b'\'' | b'\\'))) => Some(*q),
            (b'\\', Some(b't')) => Some(b'\t'),
            (b'\\', Some(b'r')) => Some(b'\r'),
            (b'\\', Some(b'n')) => Some(b'\n'),
            _ => None,
        };
        match escaped {
            Some(e) => {
                bytes.next();
                out.push(e);
            }
            None => out.push(c),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
