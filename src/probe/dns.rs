//! A question to a name server as keepalived's `DNS_CHECK` puts it, and the answer.
//!
//! A datagram that is no answer to the question, because it is too short, has another id or is a question itself, is
//! passed over, and the wait goes on. Of the answer only the code counts: no error is good, with whatever records.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use simple_dns::rdata::RData;
use simple_dns::{Name, Packet};

use super::dialog::{Dialog, Step};
use super::outcome::{Fact, Value};
use super::reason::{Reason, quoted};

/// Records that are told of one answer.
const TOLD: u16 = 32;
/// The fixed part of a message.
const HEADER: usize = 12;

/// What is asked for: the types that `DNS_CHECK` knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// An IPv4 address.
    A = 1,
    /// Name servers.
    Ns = 2,
    /// What it is another name of.
    Cname = 5,
    /// The head of the zone: keepalived's default.
    #[default]
    Soa = 6,
    /// Mail servers.
    Mx = 15,
    /// Text.
    Txt = 16,
    /// An IPv6 address.
    Aaaa = 28,
    /// Signatures.
    Rrsig = 46,
    /// Keys.
    Dnskey = 48,
}

/// All types by their names.
pub const TYPES: [(&str, Type); 9] = [
    ("A", Type::A),
    ("NS", Type::Ns),
    ("CNAME", Type::Cname),
    ("SOA", Type::Soa),
    ("MX", Type::Mx),
    ("TXT", Type::Txt),
    ("AAAA", Type::Aaaa),
    ("RRSIG", Type::Rrsig),
    ("DNSKEY", Type::Dnskey),
];

impl FromStr for Type {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let found = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(s));
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            format!("{s:?} is not a type that keepalived asks for: {}", TYPES.map(|(name, _)| name).join(", "))
        })
    }
}

/// The name of a code, as `dig` prints it.
fn rcode(code: u8) -> &'static str {
    const NAMES: [&str; 11] = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE",
    ];
    NAMES.get(usize::from(code)).copied().unwrap_or("RESERVED")
}

/// What a code usually says about the server.
const fn rcode_says(code: u8) -> &'static str {
    match code {
        1 => ": it did not understand the question",
        2 => ": it cannot get or validate the answer",
        3 => ": the name does not exist",
        4 => ": it does not do this kind of question",
        5 => ": it does not answer this client, or has no such zone",
        _ => "",
    }
}

struct Answer {
    code: u8,
    count: u16,
    truncated: bool,
    authoritative: bool,
    records: Vec<String>,
    /// The records could not be read.
    malformed: bool,
}

/// One question over UDP.
pub struct Dns {
    query: Vec<u8>,
    id: [u8; 2],
    answer: Option<Answer>,
    /// What was passed over: how many, and why the last one was.
    skipped: Option<(u32, String)>,
}

/// An id that nobody can guess: the keys of the standard library's hasher are random.
pub fn unguessable() -> u16 {
    RandomState::new().build_hasher().finish() as u16
}

impl Dns {
    /// A question: a name (`.` for the root), a type and an id that nobody can guess.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn new(name: &str, kind: Type, id: u16) -> Result<Self, String> {
        let mut query = Vec::with_capacity(HEADER + name.len() + 6);
        query.extend_from_slice(&id.to_be_bytes());
        // Recursion desired; one question.
        query.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        let name = name.strip_suffix('.').unwrap_or(name);
        for label in name.split('.').filter(|_| !name.is_empty()) {
            let length = u8::try_from(label.len()).ok().filter(|n| (1..=63).contains(n));
            let length = length.ok_or_else(|| format!("{label:?} in {name:?} does not have 1 to 63 characters"))?;
            query.push(length);
            query.extend_from_slice(label.as_bytes());
        }
        query.push(0);
        if query.len() - HEADER > 255 {
            return Err(format!("{name:?} is longer than a name can be"));
        }
        query.extend_from_slice(&(kind as u16).to_be_bytes());
        query.extend_from_slice(&[0, 1]);
        Ok(Self { query, id: id.to_be_bytes(), answer: None, skipped: None })
    }

    fn skip(&mut self, why: String) -> Step {
        let count = self.skipped.as_ref().map_or(0, |(n, _)| *n);
        self.skipped = Some((count.saturating_add(1), why));
        Step::Read
    }
}

/// The records of an answer as text, or nothing when they cannot be read.
fn records(data: &[u8], count: u16) -> Option<Vec<String>> {
    // The parser sees as many records as there can be and are told, and no others: a length that lies costs nothing.
    let mut data = data.to_vec();
    data.get_mut(6..8)?.copy_from_slice(&count.min(TOLD).to_be_bytes());
    data.get_mut(8..HEADER)?.fill(0);
    let packet = Packet::parse(&data).ok()?;
    Some(packet.answers.iter().map(|record| text(&record.rdata)).collect())
}

fn name(name: &Name<'_>) -> String {
    let labels: Vec<String> = name.iter().map(|label| label.as_ref().escape_ascii().to_string()).collect();
    format!("{}.", labels.join("."))
}

fn text(data: &RData<'_>) -> String {
    match data {
        RData::A(a) => format!("A {}", Ipv4Addr::from(a.address)),
        RData::AAAA(a) => format!("AAAA {}", Ipv6Addr::from(a.address)),
        RData::NS(n) => format!("NS {}", name(&n.0)),
        RData::CNAME(n) => format!("CNAME {}", name(&n.0)),
        RData::PTR(n) => format!("PTR {}", name(&n.0)),
        RData::MX(mx) => format!("MX {} {}", mx.preference, name(&mx.exchange)),
        RData::SOA(soa) => format!("SOA {} {} {}", name(&soa.mname), name(&soa.rname), soa.serial),
        RData::TXT(txt) => {
            let mut out = String::from("TXT");
            for (key, value) in txt.iter_raw() {
                let value = value.map(|v| format!("={}", v.escape_ascii())).unwrap_or_default();
                let _ = write!(out, " \"{}{value}\"", key.escape_ascii());
            }
            out
        }
        RData::RRSIG(sig) => {
            let covered = TYPES.iter().find(|(_, kind)| *kind as u16 == sig.type_covered);
            let covered = covered.map_or_else(|| format!("TYPE{}", sig.type_covered), |(name, _)| (*name).to_owned());
            format!("RRSIG {covered} by key {} of {}", sig.key_tag, name(&sig.signer_name))
        }
        RData::DNSKEY(key) => format!("DNSKEY flags {} algorithm {}", key.flags, key.algorithm),
        other => format!("TYPE{}", u16::from(other.type_code())),
    }
}

impl Dialog for Dns {
    fn start(&mut self) -> Step {
        Step::Send(self.query.clone())
    }

    fn received(&mut self, data: &[u8]) -> Step {
        let Some(header) = data.first_chunk::<HEADER>() else {
            return self.skip(format!("it has {} bytes, too few for an answer", data.len()));
        };
        if header[..2] != self.id {
            return self.skip("it has another id".into());
        }
        if header[2] & 0x80 == 0 {
            return self.skip("it is a question".into());
        }
        let count = u16::from_be_bytes([header[6], header[7]]);
        let read = records(data, count);
        self.answer = Some(Answer {
            code: header[3] & 0x0f,
            count,
            truncated: header[2] & 2 != 0,
            authoritative: header[2] & 4 != 0,
            malformed: read.is_none(),
            records: read.unwrap_or_default(),
        });
        Step::Done
    }

    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason> {
        match (&self.answer, &self.skipped) {
            (Some(Answer { code: 0, .. }), _) => Ok(()),
            (Some(Answer { code, .. }), _) => {
                let sentence = format!("the name server answers {}{}", rcode(*code), rcode_says(*code));
                Err(Reason::new("rcode", sentence))
            }
            (None, Some((count, why))) => {
                let (what, last) =
                    if *count == 1 { ("what came is", "") } else { ("nothing that came is", "the last of it: ") };
                let no = if *count == 1 { "no" } else { "an" };
                Err(Reason::new("answer", format!("{what} {no} answer to the question: {last}{why}")))
            }
            (None, None) if timed_out => Err(Reason::new("timeout-reply", "the name server does not answer")),
            (None, None) => Err(Reason::new("closed", "the connection was ended without an answer")),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let skipped = self.skipped.as_ref().map(|(count, _)| Fact::number("skipped", *count));
        let Some(answer) = &self.answer else { return skipped.into_iter().collect() };
        let mut facts = vec![
            Fact::text("rcode", rcode(answer.code)),
            Fact::number("answers", answer.count),
            Fact { name: "records", value: Value::List(answer.records.clone()) },
        ];
        for (name, is) in [
            ("truncated", answer.truncated),
            ("authoritative", answer.authoritative),
            ("records_malformed", answer.malformed),
        ] {
            facts.extend(is.then(|| Fact::bool(name, true)));
        }
        facts.extend(skipped);
        facts
    }
}

/// The question, for people.
impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dns({})", quoted(&self.query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01";

    fn dns() -> Dns {
        Dns::new("a.example", Type::A, 0x1234).unwrap()
    }

    /// An answer with these flags and this many answers.
    fn answer(flags: [u8; 2], count: u8, records: &[u8]) -> Vec<u8> {
        let mut data = ASKED.to_vec();
        data[2..4].copy_from_slice(&flags);
        data[7] = count;
        data.extend_from_slice(records);
        data
    }

    fn told(flags: [u8; 2], count: u8, records: &[u8]) -> Vec<Fact> {
        let mut dns = dns();
        assert_eq!(dns.received(&answer(flags, count, records)), Step::Done);
        assert_eq!(dns.verdict(false), Ok(()));
        dns.facts()
    }

    fn list(records: &[&str]) -> Fact {
        Fact { name: "records", value: Value::List(records.iter().map(|r| (*r).to_owned()).collect()) }
    }

    #[test]
    fn a_question_is_the_one_of_keepalived() {
        assert_eq!(dns().start(), Step::Send(ASKED.to_vec()));
        let root = b"\0\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01".to_vec();
        for name in [".", ""] {
            assert_eq!(Dns::new(name, Type::default(), 7).unwrap().start(), Step::Send(root.clone()));
        }
        assert_eq!(Dns::new("a.example.", Type::A, 0x1234).unwrap().start(), Step::Send(ASKED.to_vec()));
        let long = "a".repeat(64);
        let longer = vec!["a".repeat(63); 4].join(".");
        for wrong in ["a..b", ".a", &long, &longer] {
            assert!(Dns::new(wrong, Type::A, 1).is_err(), "{wrong}");
        }
        assert_eq!("dnskey".parse(), Ok(Type::Dnskey));
        assert!("PTR".parse::<Type>().is_err());
    }

    #[test]
    fn records_are_told_in_text() {
        let facts = told(
            [0x85, 0x80],
            2,
            b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01b\xc0\x0e\xc0\x27\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01",
        );
        assert_eq!(
            facts,
            [
                Fact::text("rcode", "NOERROR"),
                Fact::number("answers", 2),
                list(&["CNAME b.example.", "A 10.0.0.1"]),
                Fact::bool("authoritative", true)
            ]
        );
        let facts = told(
            [0x80, 0x80],
            3,
            b"\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x04\x00\x0a\xc0\x0e\
              \xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x06\x05v=\x1b\"x\
              \xc0\x0c\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
        );
        assert_eq!(facts[2], list(&["MX 10 example.", r#"TXT "v=\x1b\"x""#, "AAAA 2001:db8::1"]));
        assert_eq!(told([0x80, 0x80], 0, b"")[2], list(&[]));
    }

    #[test]
    fn what_is_no_answer_is_passed_over() {
        let mut dns = dns();
        let mut other = answer([0x80, 0x80], 0, b"");
        other[0] = 0;
        assert_eq!(dns.received(b""), Step::Read);
        assert_eq!(dns.received(&ASKED[..11]), Step::Read);
        assert_eq!(
            dns.verdict(true).unwrap_err().sentence,
            "nothing that came is an answer to the question: the last of it: it has 11 bytes, too few for an answer"
        );
        assert_eq!(dns.received(ASKED), Step::Read, "a question");
        assert_eq!(dns.received(&other), Step::Read, "another id");
        let reason = dns.verdict(true).unwrap_err();
        assert_eq!(reason.id, "answer");
        assert_eq!(dns.facts(), [Fact::number("skipped", 4)]);
        assert_eq!(dns.received(&answer([0x80, 0x80], 0, b"")), Step::Done);
        assert_eq!(dns.verdict(false), Ok(()));
        assert_eq!(super::tests::dns().verdict(true).unwrap_err().id, "timeout-reply");
    }

    #[test]
    fn an_error_is_named() {
        for (code, sentence) in [
            (2, "the name server answers SERVFAIL: it cannot get or validate the answer"),
            (3, "the name server answers NXDOMAIN: the name does not exist"),
            (5, "the name server answers REFUSED: it does not answer this client, or has no such zone"),
            (15, "the name server answers RESERVED"),
        ] {
            let mut dns = dns();
            assert_eq!(dns.received(&answer([0x81, code], 0, b"")), Step::Done);
            let reason = dns.verdict(false).unwrap_err();
            assert_eq!((reason.id, reason.sentence.as_str()), ("rcode", sentence));
        }
    }

    #[test]
    fn a_hostile_answer_is_still_only_its_code() {
        let loops: &[&[u8]] = &[
            b"\xc0\x1b\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01", // a name that points to itself
            b"\xff\xff\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01", // and beyond the end
            b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\xff\xff\x0a",
            b"\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x01\x00",
            b"",
        ];
        for records in loops {
            let facts = told([0x80, 0x80], 255, records);
            assert_eq!(facts[1..], [Fact::number("answers", 255), list(&[]), Fact::bool("records_malformed", true)]);
        }
        // As many records as fit into a datagram, of which some are told.
        let many = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01".repeat(255);
        let facts = told([0x82, 0x80], 255, &many);
        assert_eq!(facts[2], list(&["A 10.0.0.1"; 32]));
        assert_eq!(facts[3], Fact::bool("truncated", true));
    }
}
