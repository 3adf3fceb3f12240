//! `FILE_CHECK` of keepalived: a number in a file is a server's weight, or whether it is up.

use std::fs::File;
use std::io::{self, Read};

use super::check::{At, Attempt, Check, Found};
use super::outcome::{Fact, Phases};
use super::reason::Reason;
use crate::net::monotonic;

/// keepalived reads no more of the file than this.
const MOST: u64 = 127;

/// The largest weight of a real server.
pub(super) const HEAVIEST: i64 = 65_535;

/// A check of the number in one file.
pub struct Number {
    path: String,
    weight: i32,
    reverse: bool,
    /// The weight of the server without it.
    server: u32,
}

impl Number {
    /// Of this file, whose number counts with this weight (1 if nothing says more; 0: any number but 0 is a failure) for a
    /// server with that weight.
    pub fn new(path: &str, weight: i32, reverse: bool, server: u32) -> Self {
        Self { path: path.to_owned(), weight, reverse, server }
    }

    /// What a number comes to: what it adds to the weight of the server or nothing, or why it is down.
    fn judge(&self, number: i32) -> Result<Option<i64>, Reason> {
        let down = |sentence: String| Err(Reason::new("file-number", sentence));
        if self.weight == 0 {
            return match (number != 0, self.reverse) {
                (true, false) => down(format!("the number is {number}, and with weight 0 only 0 is up")),
                (false, true) => down("the number is 0, and with weight 0 reversed only others are up".to_owned()),
                _ => Ok(None),
            };
        }
        let sign = if self.reverse { -1 } else { 1 };
        let change = i64::from(number) * i64::from(self.weight) * sign;
        if change <= i64::from(i32::MIN) {
            return down(format!("the number {number} times the weight {} is as low as can be", self.weight));
        }
        Ok(Some(change))
    }
}

impl Check for Number {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn has_address(&self) -> bool {
        false
    }

    fn attempt<'a>(&'a self, _: At<'a>) -> Attempt<'a> {
        Box::pin(async move {
            let begun = monotonic();
            let read = read(&self.path);
            let phases = Phases { total: Some(monotonic().since(begun)), ..Phases::default() };
            // What is not there or no number is 0 to keepalived; it is worth a word.
            let (number, warning) = match read {
                Ok(text) => {
                    number(&text).map_or((0, Some("it is no number, which counts as 0".to_owned())), |n| (n, None))
                }
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                    let reason = Reason::new("permission", "whoever runs this may not read the file");
                    return Found { result: Err(reason), phases, facts: Vec::new() };
                }
                Err(e) => (0, Some(format!("it cannot be read, which counts as 0: {e}"))),
            };
            let mut facts = vec![Fact { name: "number", value: super::outcome::Value::Number(i64::from(number)) }];
            facts.extend(warning.map(|w| Fact::text("warning", w)));
            let result = self.judge(number).map(|added| {
                let Some(added) = added else { return };
                facts.push(Fact::number("weight_added", added));
                facts.push(Fact::number("weight", (i64::from(self.server) + added).clamp(0, HEAVIEST)));
            });
            Found { result, phases, facts }
        })
    }
}

/// The beginning of a regular file.
fn read(path: &str) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut text)?;
    Ok(text)
}

/// A number as `strtol` with base 0 reads it, alone on its line; one that needs more than 32 bits is none.
fn number(text: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(text).ok()?.lines().next()?.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    // A second sign is no digit, wherever it is.
    if digits.contains(['+', '-']) {
        return None;
    }
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    let value = value.ok()?;
    i32::try_from(if negative { -value } else { value }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_the_daemon_reads_it() {
        for (text, wanted) in [
            ("5\n", Some(5)),
            (" -12 \n", Some(-12)),
            ("0x10", Some(16)),
            ("010", Some(8)),
            ("+0", Some(0)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("-2147483648", Some(i32::MIN)),
            ("--1", None),
            ("0x-1", None),
            ("", None),
            ("on", None),
            ("08", None),
        ] {
            assert_eq!(number(text.as_bytes()), wanted, "{text:?}");
        }
    }

    #[test]
    fn it_is_a_weight_or_up_and_down() {
        let of = |weight, reverse, n| Number::new("/f", weight, reverse, 10).judge(n).map_err(|r| r.id);
        // Weight 0: 0 is up, and reversed the others are.
        assert_eq!((of(0, false, 0), of(0, false, -1)), (Ok(None), Err("file-number")));
        assert_eq!((of(0, true, 0), of(0, true, 7)), (Err("file-number"), Ok(None)));
        // 3 × 2, −3 × 2; what the sum of all comes to is bounded.
        assert_eq!((of(2, false, 3), of(2, true, 3)), (Ok(Some(6)), Ok(Some(-6))));
        assert_eq!((of(1, false, -11), of(1, false, 65_526)), (Ok(Some(-11)), Ok(Some(65_526))));
        // As low as can be is down.
        let lowest = i64::from(i32::MIN) + 1;
        assert_eq!((of(1, false, i32::MIN), of(1, false, i32::MIN + 1)), (Err("file-number"), Ok(Some(lowest))));
    }
}
