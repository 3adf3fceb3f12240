//! SMTP as keepalived's `SMTP_CHECK` speaks it: the banner, `HELO`, `QUIT`; and the way to TLS.
//!
//! keepalived looks at the first line of a reply alone; here the whole reply is read, so one of several lines that come
//! in several segments is good.

use super::dialog::{Dialog, Step};
use super::outcome::{Fact, Value};
use super::reason::{Reason, quoted};

/// The name that keepalived gives itself.
pub const HELO: &str = "smtpchecker.keepalived.org";

/// A line of a reply; RFC 5321 allows 512.
const LINE: usize = 2048;
/// Lines of one reply.
const LINES: usize = 100;
/// Words of a server that are kept.
const KEPT: usize = 512;

/// What is to be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// Just what keepalived says: `HELO`.
    #[default]
    Keepalived,
    /// `EHLO` first, to see what the server offers; `HELO` where it does not know that.
    Offers,
    /// Up to the point where the TLS handshake begins: `EHLO`, `STARTTLS`.
    StartTls,
    /// After that handshake: no banner, `EHLO`, `QUIT`.
    AfterTls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Banner,
    Ehlo,
    Helo,
    StartTls,
    Quit,
    Done,
}

/// One exchange.
#[derive(Debug)]
pub struct Smtp {
    name: String,
    purpose: Purpose,
    stage: Stage,
    line: Vec<u8>,
    /// Of the present reply: its code, and how many lines came.
    reply: Option<([u8; 3], usize)>,
    banner: Option<String>,
    offers: Vec<String>,
    problem: Option<Reason>,
}

impl Smtp {
    /// An exchange in which we call ourselves `name`.
    ///
    /// # Errors
    /// When that cannot be said in one word.
    pub fn new(name: &str, purpose: Purpose) -> Result<Self, String> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!("{name:?} is not a name for HELO"));
        }
        Ok(Self {
            name: name.to_owned(),
            purpose,
            stage: if purpose == Purpose::AfterTls { Stage::Ehlo } else { Stage::Banner },
            line: Vec::new(),
            reply: None,
            banner: None,
            offers: Vec::new(),
            problem: None,
        })
    }

    fn fail(&mut self, id: &'static str, sentence: String) -> Step {
        self.problem.get_or_insert_with(|| Reason::new(id, sentence));
        self.stage = Stage::Done;
        Step::Done
    }

    fn offers_tls(&self) -> bool {
        self.offers.iter().any(|o| o.eq_ignore_ascii_case("STARTTLS"))
    }

    const fn asked(&self) -> &'static str {
        match self.stage {
            Stage::Banner => "the greeting",
            Stage::Ehlo => "the answer to EHLO",
            Stage::Helo => "the answer to HELO",
            Stage::StartTls => "the answer to STARTTLS",
            Stage::Quit | Stage::Done => "the answer to QUIT",
        }
    }

    fn hello(&mut self, stage: Stage) -> Step {
        self.stage = stage;
        let word = if stage == Stage::Ehlo { "EHLO" } else { "HELO" };
        Step::Send(format!("{word} {}\r\n", self.name).into_bytes())
    }

    fn quit(&mut self) -> Step {
        self.stage = Stage::Quit;
        Step::Send(b"QUIT\r\n".to_vec())
    }

    /// A line without its end. The code of the reply, when it was its last line.
    fn line(&mut self, line: &[u8]) -> Result<Option<[u8; 3]>, Step> {
        let (code, rest) = match line.split_first_chunk::<3>() {
            Some((code, rest)) if code.iter().all(u8::is_ascii_digit) => (*code, rest),
            _ => {
                let sentence = format!("what answers does not speak SMTP, it says {}", quoted(line));
                return Err(self.fail("protocol", sentence));
            }
        };
        let (more, text) = match rest.split_first() {
            Some((b'-', text)) => (true, text),
            Some((b' ', text)) => (false, text),
            None => (false, rest),
            Some(_) => {
                let sentence = format!("what answers does not speak SMTP, it says {}", quoted(line));
                return Err(self.fail("protocol", sentence));
            }
        };
        let lines = self.reply.map_or(0, |(_, lines)| lines);
        let words = String::from_utf8_lossy(text.get(..KEPT).unwrap_or(text)).into_owned();
        match self.stage {
            Stage::Banner if lines == 0 => self.banner = Some(words),
            Stage::Ehlo if lines > 0 => self.offers.push(words),
            _ => {}
        }
        if lines + 1 > LINES {
            let sentence = format!("{} has more than {LINES} lines", self.asked());
            return Err(self.fail("too-large", sentence));
        }
        self.reply = more.then_some((code, lines + 1));
        Ok((!more).then_some(code))
    }

    /// What a reply leads to.
    fn reply(&mut self, code: [u8; 3], line: &[u8]) -> Step {
        let unexpected = |this: &mut Self, wanted: &str| {
            let sentence = format!("{} is {}, not {wanted}", this.asked(), quoted(line));
            this.fail("status", sentence)
        };
        match (self.stage, &code, self.purpose) {
            (Stage::Banner, b"220", Purpose::Keepalived) => self.hello(Stage::Helo),
            (Stage::Banner, b"220", _) => self.hello(Stage::Ehlo),
            (Stage::Ehlo, b"250", Purpose::StartTls) if self.offers_tls() => {
                self.stage = Stage::StartTls;
                Step::Send(b"STARTTLS\r\n".to_vec())
            }
            (Stage::Ehlo, _, Purpose::StartTls) => {
                self.fail("protocol", "the server does not offer STARTTLS".to_owned())
            }
            (Stage::Ehlo | Stage::Helo, b"250", _) => self.quit(),
            (Stage::Ehlo, [b'5', ..], Purpose::Offers) => self.hello(Stage::Helo),
            (Stage::Ehlo | Stage::Helo, ..) => unexpected(self, "250"),
            (Stage::StartTls, b"220", _) | (Stage::Quit | Stage::Done, ..) => {
                self.stage = Stage::Done;
                Step::Done
            }
            (Stage::Banner | Stage::StartTls, ..) => unexpected(self, "220"),
        }
    }
}

impl Dialog for Smtp {
    fn start(&mut self) -> Step {
        if self.purpose == Purpose::AfterTls { self.hello(Stage::Ehlo) } else { Step::Read }
    }

    fn received(&mut self, mut data: &[u8]) -> Step {
        let mut step = Step::Read;
        while !data.is_empty() && self.stage != Stage::Done {
            let end = data.iter().position(|b| *b == b'\n');
            let (part, rest) = data.split_at(end.map_or(data.len(), |at| at + 1));
            let room = LINE - self.line.len();
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            data = rest;
            if end.is_none() || part.len() > room {
                if self.line.len() < LINE {
                    break;
                }
                let sentence = format!("{} has a line longer than {LINE} bytes", self.asked());
                let sentence = match &self.line[..] {
                    [a, b, c, b' ' | b'-', ..] if [a, b, c].iter().all(|b| b.is_ascii_digit()) => sentence,
                    line => format!("what answers does not speak SMTP, it says {}", quoted(line)),
                };
                return self.fail("protocol", sentence);
            }
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii_end();
            if self.stage == Stage::Quit {
                self.stage = Stage::Done;
                return Step::Done;
            }
            match self.line(line) {
                Ok(None) => {}
                Ok(Some(code)) => {
                    if matches!(step, Step::Send(_)) {
                        // An answer to what was not sent yet. With STARTTLS this is how plain text is smuggled in.
                        let sentence = "the server answers before it is asked".to_owned();
                        return self.fail("protocol", sentence);
                    }
                    step = self.reply(code, line);
                }
                Err(step) => return step,
            }
        }
        if self.stage == Stage::Done && !data.is_empty() && self.purpose == Purpose::StartTls && self.problem.is_none()
        {
            return self.fail("protocol", "the server says more in plain text after it agreed to TLS".to_owned());
        }
        step
    }

    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        // What is answered to QUIT is not judged. keepalived fails a server that answers nothing.
        if self.stage == Stage::Done || self.stage == Stage::Quit && self.purpose != Purpose::Keepalived {
            return Ok(());
        }
        let part = if self.line.is_empty() && self.reply.is_none() { "did not come" } else { "did not end" };
        match (timed_out, self.stage) {
            (true, _) => Err(Reason::new("timeout-read", format!("{} {part}", self.asked()))),
            (false, Stage::Banner) if part == "did not come" => {
                Err(Reason::new("empty", "the connection was ended without a greeting"))
            }
            (false, _) => Err(Reason::new("closed", format!("the connection was ended: {} {part}", self.asked()))),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.banner.iter().map(|banner| Fact::text("banner", banner.clone())).collect();
        // What is offered after the handshake stands in one object with what was offered before it.
        let after = self.purpose == Purpose::AfterTls;
        if !self.offers.is_empty() {
            let name = if after { "offers_tls" } else { "offers" };
            facts.push(Fact { name, value: Value::List(self.offers.clone()) });
        }
        if self.purpose != Purpose::Keepalived && self.stage != Stage::Banner {
            let name = if after { "starttls_again" } else { "starttls" };
            facts.push(Fact::bool(name, self.offers_tls()));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(purpose: Purpose) -> Smtp {
        Smtp::new("me.example", purpose).unwrap()
    }

    fn send(text: &str) -> Step {
        Step::Send(text.as_bytes().to_vec())
    }

    fn fails(purpose: Purpose, pieces: &[&[u8]], id: &str, sentence: &str) {
        let mut smtp = smtp(purpose);
        smtp.start();
        for piece in pieces {
            smtp.received(piece);
        }
        let reason = smtp.verdict(false).unwrap_err();
        assert_eq!((reason.id, reason.sentence.as_str()), (id, sentence));
    }

    #[test]
    fn the_exchange_is_the_one_of_keepalived() {
        let mut smtp = Smtp::new(HELO, Purpose::Keepalived).unwrap();
        assert_eq!(smtp.start(), Step::Read);
        assert_eq!(smtp.received(b"220 mail.example ESMTP\r\n"), send("HELO smtpchecker.keepalived.org\r\n"));
        assert_eq!(smtp.received(b"250 hello\r\n"), send("QUIT\r\n"));
        let late = smtp.verdict(true).unwrap_err();
        assert_eq!((late.id, late.sentence.as_str()), ("timeout-read", "the answer to QUIT did not come"));
        assert_eq!(smtp.received(b"what?\r\n"), Step::Done, "what it is, is not judged");
        assert_eq!(smtp.verdict(false), Ok(()));
        assert_eq!(smtp.facts(), [Fact::text("banner", "mail.example ESMTP")]);
        assert!(Smtp::new("a b", Purpose::Keepalived).is_err());
        assert!(Smtp::new("a\r\nRSET", Purpose::Keepalived).is_err());
        assert!(Smtp::new("", Purpose::Keepalived).is_err());
    }

    #[test]
    fn replies_may_have_several_lines_in_several_pieces() {
        let mut smtp = smtp(Purpose::Offers);
        let mut last = Step::Read;
        for byte in b"220-mail.example\r\n220 ready\r\n" {
            assert_eq!(last, Step::Read);
            last = smtp.received(&[*byte]);
        }
        assert_eq!(last, send("EHLO me.example\r\n"));
        assert_eq!(smtp.received(b"250-mail.example\r\n250-starttls\r\n250"), Step::Read);
        assert_eq!(smtp.received(b" 8BITMIME\r\n"), send("QUIT\r\n"));
        assert_eq!(smtp.received(b"221\r\n"), Step::Done);
        assert_eq!(smtp.verdict(false), Ok(()));
        assert_eq!(
            smtp.facts(),
            [
                Fact::text("banner", "mail.example"),
                Fact { name: "offers", value: Value::List(vec!["starttls".into(), "8BITMIME".into()]) },
                Fact::bool("starttls", true)
            ]
        );
    }

    #[test]
    fn an_old_server_is_asked_with_helo() {
        let mut smtp = smtp(Purpose::Offers);
        smtp.received(b"220 old\r\n");
        assert_eq!(smtp.received(b"502 what?\r\n"), send("HELO me.example\r\n"));
        assert_eq!(smtp.received(b"250 ok\r\n"), send("QUIT\r\n"));
        assert_eq!(smtp.verdict(false), Ok(()), "a person knows enough by now");
        assert_eq!(smtp.facts(), [Fact::text("banner", "old"), Fact::bool("starttls", false)]);
    }

    #[test]
    fn the_way_to_tls_ends_where_the_handshake_begins() {
        let mut way = smtp(Purpose::StartTls);
        way.received(b"220 mail.example\r\n");
        assert_eq!(way.received(b"250-mail.example\r\n250 STARTTLS\r\n"), send("STARTTLS\r\n"));
        assert_eq!(way.received(b"220 go\r\n"), Step::Done);
        assert_eq!(way.verdict(false), Ok(()));
        let mut smtp = smtp(Purpose::AfterTls);
        assert_eq!(smtp.start(), send("EHLO me.example\r\n"));
        assert_eq!(smtp.received(b"250-mail.example\r\n250 SIZE 9\r\n"), send("QUIT\r\n"));
        // Beside those of the way to TLS: each has a name of its own.
        let names = |smtp: &Smtp| smtp.facts().iter().map(|f| f.name).collect::<Vec<_>>();
        assert_eq!(names(&way), ["banner", "offers", "starttls"]);
        assert_eq!(names(&smtp), ["offers_tls", "starttls_again"]);
        let ehlo = b"250-a\r\n250 STARTTLS\r\n";
        fails(Purpose::StartTls, &[b"220 a\r\n", b"250 a\r\n"], "protocol", "the server does not offer STARTTLS");
        fails(
            Purpose::StartTls,
            &[b"220 a\r\n", ehlo, b"454 no\r\n"],
            "status",
            r#"the answer to STARTTLS is "454 no", not 220"#,
        );
        fails(
            Purpose::StartTls,
            &[b"220 a\r\n", ehlo, b"220 go\r\n250 and this\r\n"],
            "protocol",
            "the server says more in plain text after it agreed to TLS",
        );
    }

    #[test]
    fn a_refusal_says_what_and_when() {
        fails(Purpose::Keepalived, &[], "empty", "the connection was ended without a greeting");
        fails(Purpose::Keepalived, &[b"220-a\r\n"], "closed", "the connection was ended: the greeting did not end");
        fails(Purpose::Keepalived, &[b"554 no \x1b[2J\r\n"], "status", r#"the greeting is "554 no \x1b[2J", not 220"#);
        fails(
            Purpose::Keepalived,
            &[b"220 a\r\n", b"501 no\r\n"],
            "status",
            r#"the answer to HELO is "501 no", not 250"#,
        );
        fails(
            Purpose::Keepalived,
            &[b"220 a\r\n"],
            "closed",
            "the connection was ended: the answer to HELO did not come",
        );
        fails(
            Purpose::Keepalived,
            &[b"SSH-2.0-x\r\n"],
            "protocol",
            r#"what answers does not speak SMTP, it says "SSH-2.0-x""#,
        );
        fails(Purpose::Keepalived, &[b"220 a\r\n250 b\r\n"], "protocol", "the server answers before it is asked");
        let reason = smtp(Purpose::Keepalived).verdict(true).unwrap_err();
        assert_eq!((reason.id, reason.sentence.as_str()), ("timeout-read", "the greeting did not come"));
    }

    #[test]
    fn a_greeting_without_an_end_costs_bounded_memory() {
        let mut long = smtp(Purpose::Keepalived);
        long.received(b"220 ");
        assert!((0..3).any(|_| long.received(&[b'a'; 1000]) == Step::Done));
        assert_eq!(long.verdict(false).unwrap_err().sentence, "the greeting has a line longer than 2048 bytes");
        assert!(long.line.capacity() <= 2 * LINE);
        let mut long = smtp(Purpose::Keepalived);
        assert!((0..3).any(|_| long.received(&[b'a'; 1000]) == Step::Done));
        assert_eq!(long.verdict(false).unwrap_err().id, "protocol");
        let mut many = smtp(Purpose::Offers);
        many.received(b"220 a\r\n");
        assert_eq!(many.received(&b"250-x\r\n".repeat(1000)), Step::Done);
        let reason = many.verdict(false).unwrap_err();
        assert_eq!((reason.id, reason.sentence.as_str()), ("too-large", "the answer to EHLO has more than 100 lines"));
        assert!(many.offers.len() <= LINES);
    }
}
