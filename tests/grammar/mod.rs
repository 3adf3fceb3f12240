//! Right configurations of keepalived 2.2.7 made up from its grammar, for the property tests, the fuzz targets and the
//! comparison with `keepalived -t`: nothing is wrong in them, however they are written.
//!
//! Each choice asks for a number, so that a text is made of whatever gives them: bytes of a fuzzer, of a property test, or
//! of a seed. All zeros make a short text. Interfaces are `eth0` with 10.77.0.1/24, and `eth1`; the id is `node`.

use std::fmt::Write as _;

mod parts;

/// The id that conditions in a text are about.
pub const ID: &str = "node";

/// A text and how many instances it has.
#[derive(Clone, Debug)]
pub struct Made {
    pub text: String,
    pub instances: usize,
}

/// Makes a text; `below(n)` picks a number below `n`.
pub fn configuration(below: &mut dyn FnMut(u32) -> u32) -> Made {
    let mut dice = Dice { below };
    let (lines, instances) = parts::lines(&mut dice);
    let mut style = Style { dice, out: String::new(), definitions: 0 };
    style.write(&lines, 0);
    Made { text: style.out, instances }
}

/// Makes a text of bytes; where they end all is 0.
pub fn of_bytes(bytes: &[u8]) -> Made {
    let mut rest = bytes.iter();
    let mut byte = || rest.next().copied().map_or(0, u32::from);
    configuration(&mut |n| if n > 256 { (byte() << 8 | byte()) % n } else { byte() % n.max(1) })
}

/// What picks.
struct Dice<'a> {
    below: &'a mut dyn FnMut(u32) -> u32,
}

impl Dice<'_> {
    fn below(&mut self, n: u32) -> u32 {
        (self.below)(n)
    }

    fn within(&mut self, from: u32, to: u32) -> u32 {
        from + self.below(to - from + 1)
    }

    /// Once in so many times.
    fn once_in(&mut self, n: u32) -> bool {
        self.below(n) == n - 1
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(u32::try_from(from.len()).unwrap()) as usize]
    }
}

/// A line, and the lines of its block.
#[derive(Clone, Debug)]
struct Line {
    words: String,
    block: Option<Vec<Line>>,
}

fn line(words: impl Into<String>) -> Line {
    Line { words: words.into(), block: None }
}

fn block(words: impl Into<String>, lines: Vec<Line>) -> Line {
    Line { words: words.into(), block: Some(lines) }
}

/// Writes lines in all the ways there are.
struct Style<'a> {
    dice: Dice<'a>,
    out: String,
    definitions: usize,
}

impl Style<'_> {
    fn end(&mut self) {
        let end = match self.dice.below(12) {
            11 => " # comment } with { braces\n",
            10 => "!comment\n",
            9 => "  \t\r\n",
            8 => "\n\n   # \"an open quote\n",
            _ => "\n",
        };
        self.out.push_str(end);
    }

    /// Words, some of them by a definition or in quotes. What is behind a quote has to be apart.
    fn words(&mut self, words: &str, begins: bool) {
        let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
        let plain = !rest.is_empty() && !rest.contains('"') && !first.starts_with('~');
        // A definition is a line of its own.
        let starts = self.out.trim_end_matches([' ', '\t']);
        let form = if starts.is_empty() || starts.ends_with('\n') { self.dice.below(20) } else { self.dice.below(6) };
        let n = self.definitions;
        match form {
            19 if plain => {
                self.definitions += 1;
                let _ = write!(self.out, "$D{n}={rest}\n{first} $D{n} ");
            }
            18 if plain => {
                self.definitions += 1;
                let _ = write!(self.out, "$D{n}= {first} # what\n${{D{n}}} {rest}");
            }
            17 if plain && !rest.contains(' ') => {
                let _ = write!(self.out, "{first} \"{rest}\"");
            }
            5 | 16 => self.out.push_str(&words.replace(' ', " \t ")),
            15 if !begins => {
                let _ = write!(self.out, "@{ID} {words}");
            }
            14 if !begins => {
                let _ = write!(self.out, "@^other {words}");
            }
            13 => {
                let _ = write!(self.out, "@other nothing at all\n{words}");
            }
            // The last character by itself.
            12 if plain && rest.is_ascii() => {
                self.definitions += 1;
                let (head, tail) = rest.split_at(rest.len() - 1);
                let _ = write!(self.out, "$D{n}={tail}\n{first} {head}${{D{n}}}");
            }
            // A definition of two lines, one of them for the next line.
            11 if plain && !begins => {
                self.definitions += 1;
                let _ = write!(self.out, "$D{n}={words} \\\n    # nothing \\\n\n$D{n}");
            }
            _ => self.out.push_str(words),
        }
    }

    fn write(&mut self, lines: &[Line], depth: usize) {
        for line in lines {
            let indent = match self.dice.below(3) {
                0 => "    ".repeat(depth),
                1 => "\t".repeat(depth),
                _ => String::new(),
            };
            self.out.push_str(&indent);
            self.words(&line.words, line.block.is_some());
            let Some(block) = &line.block else {
                self.end();
                continue;
            };
            match self.dice.below(6) {
                5 => self.out.push_str("{\n"),
                4 => self.out.push_str("\n\n{ "),
                3 => self.out.push_str(" { "),
                _ => {
                    self.out.push_str(" {");
                    self.end();
                }
            }
            self.write(block, depth + 1);
            match self.dice.below(6) {
                5 => {
                    // The brace at the end of the line before; a comment there would hide it.
                    let len = self.out.trim_end().len();
                    let last = self.out[..len].rfind('\n').map_or(0, |n| n + 1);
                    if !self.out[last..len].contains(['#', '!', '$', '@', '~']) {
                        self.out.truncate(len);
                    }
                    self.out.push_str("}\n");
                }
                4 => self.out.push_str("} "),
                _ => {
                    self.out.push_str(&indent);
                    self.out.push('}');
                    self.end();
                }
            }
        }
    }
}
