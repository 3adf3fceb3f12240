//! A payload, and what is expected back.

use super::dialog::{Dialog, Step};
use super::outcome::Fact;
use super::reason::{Reason, quoted};

/// What is kept of an answer; an expected text has to be within it.
const MOST: usize = 64 * 1024;

/// What is sent, and what makes the answer good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    /// Sent first, if there is any.
    pub payload: Option<Vec<u8>>,
    /// Has to be in the answer.
    pub expect: Option<Vec<u8>>,
    /// Whether there has to be an answer at all.
    pub require_reply: bool,
    /// Whether an answer is worth waiting for though none is required: over UDP an ICMP error may come in its place.
    pub listen: bool,
}

impl Plain {
    const fn waits(&self) -> bool {
        self.expect.is_some() || self.require_reply || self.listen
    }

    /// The dialog.
    pub fn dialog(&self) -> Box<dyn Dialog> {
        Box::new(Exchange { plain: self.clone(), answer: Vec::new(), found: false, ended: false })
    }
}

struct Exchange {
    plain: Plain,
    answer: Vec<u8>,
    found: bool,
    ended: bool,
}

impl Dialog for Exchange {
    fn start(&mut self) -> Step {
        match (self.plain.payload.take(), self.plain.waits()) {
            (Some(payload), true) => Step::Send(payload),
            (Some(payload), false) => Step::Last(payload),
            (None, true) => Step::Read,
            (None, false) => Step::Done,
        }
    }

    fn received(&mut self, data: &[u8]) -> Step {
        let Some(expected) = &self.plain.expect else {
            self.answer.extend(&data[..data.len().min(MOST)]);
            self.found = true;
            return Step::Done;
        };
        // What was looked through already need not be again, but for a beginning at its end.
        let from = self.answer.len().saturating_sub(expected.len());
        let room = MOST - self.answer.len();
        self.answer.extend(&data[..data.len().min(room)]);
        let rest = &self.answer[from..];
        self.found = expected.is_empty() || rest.windows(expected.len()).any(|w| w == expected);
        if self.found || self.answer.len() == MOST { Step::Done } else { Step::Read }
    }

    fn ended(&mut self) -> Step {
        self.ended = true;
        Step::Done
    }

    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason> {
        let waited = self.plain.expect.is_some() || self.plain.require_reply;
        if self.found || !waited {
            return Ok(());
        }
        let silent = self.answer.is_empty();
        match &self.plain.expect {
            _ if silent && timed_out => Err(Reason::new("timeout-read", "no answer")),
            _ if silent => Err(Reason::new("closed", "the connection was ended without a byte")),
            Some(e) => {
                let sentence = format!("{} is not in the answer {}", quoted(e), quoted(&self.answer));
                Err(Reason::new("pattern", sentence))
            }
            None => Ok(()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        if self.answer.is_empty() {
            return Vec::new();
        }
        let text = quoted(&self.answer);
        vec![Fact::text("answer", text.trim_matches('"'))]
    }
}

/// Reads a payload: text with `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH`.
///
/// # Errors
/// When a backslash is followed by something else.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        out.push(match bytes.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'0') => 0,
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err("two hex digits are wanted after \\x".into()),
                }
            }
            _ => return Err("after a backslash comes r, n, t, 0, x and two digits, or another backslash".into()),
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting(text: &str) -> Box<dyn Dialog> {
        Plain { expect: Some(text.into()), ..Plain::default() }.dialog()
    }

    #[test]
    fn an_expected_text_may_come_in_pieces() {
        let mut d = expecting("PONG");
        assert_eq!(d.start(), Step::Read);
        assert_eq!(d.received(b"+P"), Step::Read);
        assert_eq!(d.received(b"O"), Step::Read);
        assert_eq!(d.received(b"NG\r\n"), Step::Done);
        assert_eq!(d.verdict(false), Ok(()));
        assert_eq!(d.facts(), [Fact::text("answer", "+PONG\\r\\n")]);
    }

    #[test]
    fn each_way_to_miss_it_has_its_reason() {
        let mut d = expecting("PONG");
        assert_eq!(d.verdict(true).unwrap_err().id, "timeout-read");
        let mut d = expecting("PONG");
        assert_eq!(d.ended(), Step::Done);
        assert_eq!(d.verdict(false).unwrap_err().id, "closed");
        let mut d = expecting("PONG");
        d.received(b"-ERR\n");
        assert_eq!(d.verdict(true).unwrap_err(), Reason::new("pattern", r#""PONG" is not in the answer "-ERR\n""#));
    }

    #[test]
    fn endless_data_is_cut() {
        let mut d = expecting("PONG");
        let mut steps = 0;
        while d.received(&[b'x'; 10_000]) == Step::Read {
            steps += 1;
        }
        assert_eq!(steps, 6);
        assert_eq!(d.verdict(false).unwrap_err().id, "pattern");
    }

    #[test]
    fn a_payload_alone_is_sent_and_that_is_all() {
        let mut d = Plain { payload: Some(b"x".into()), ..Plain::default() }.dialog();
        assert_eq!(d.start(), Step::Last(b"x".into()));
        assert_eq!(d.verdict(false), Ok(()));
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"PING\r\n\x00\xfF\\\t\0"), Ok(b"PING\r\n\x00\xff\\\t\0".to_vec()));
        assert!(unescape(r"\x0").is_err() && unescape(r"\q").is_err() && unescape("\\").is_err());
    }
}
