//! HTTP as keepalived's `HTTP_GET` asks and judges it, and as a person would.
//!
//! keepalived asks for one page, reads until the server ends the connection, and judges in this order: an answer at
//! all, the status, the MD5 of the body, a regular expression. It decodes no chunks and follows no redirect. Two things
//! of its reading are worth knowing, because they fail a page that a browser shows: the headers have to fit into 4095
//! bytes, and the status needs a space after it.
//!
//! The regular expression is looked for in the whole answer, headers included. That is what keepalived does when the
//! headers and the beginning of the body come in one segment; when they do not, it looks at the body alone and counts
//! its offsets from there. It is one of the `regex` crate, not of PCRE2: there are no look-arounds and no references
//! back, and such a pattern is refused. `$` and whatever else has to see the end of the answer match here and never in
//! keepalived, which always waits for more.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use md5::{Digest as _, Md5};
use regex::bytes::{Regex, RegexBuilder};

use super::dialog::{Dialog, Step};
use super::outcome::Fact;
use super::reason::{Reason, quoted};

/// Headers that keepalived can read.
const KEEPALIVED_HEAD: usize = 4095;
/// Headers that a person may want to see.
const HEAD: usize = 64 << 10;
/// The line that says how long a chunk is.
const CHUNK_LINE: usize = 1024;

/// The version of HTTP to ask in, as `http_protocol` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `1.0`.
    #[default]
    Http10,
    /// `1.0C`: 1.0, and asks the server to close the connection.
    Http10Close,
    /// `1.1`, and asks the server to close the connection.
    Http11,
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "1.0" => Ok(Self::Http10),
            "1.0C" | "1.0c" => Ok(Self::Http10Close),
            "1.1" => Ok(Self::Http11),
            _ => Err(format!("{s:?} is not 1.0, 1.0C or 1.1")),
        }
    }
}

/// The statuses that count as good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(Vec<(u16, u16)>);

impl Default for Statuses {
    /// 200–299, keepalived's.
    fn default() -> Self {
        Self(vec![(200, 299)])
    }
}

impl Statuses {
    /// Whether this one does.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }
}

impl FromStr for Statuses {
    type Err = String;

    /// Numbers and ranges within 100–599, with spaces or commas between them: `200 301-302`.
    fn from_str(s: &str) -> Result<Self, String> {
        let mut ranges = Vec::new();
        for part in s.split([' ', ',']).filter(|p| !p.is_empty()) {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            match (low.parse(), high.parse()) {
                (Ok(low), Ok(high)) if 100 <= low && low <= high && high <= 599 => ranges.push((low, high)),
                _ => return Err(format!("{part:?} is neither a status from 100 to 599 nor a range of them")),
            }
        }
        if ranges.is_empty() { Err("there is no status in it".into()) } else { Ok(Self(ranges)) }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (low, high)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}-{high}")? }
        }
        Ok(())
    }
}

/// What the answer has to say, or must not.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// `regex_no_match`: a match is a failure.
    pub forbidden: bool,
    /// `regex_min_offset`: where the search begins.
    pub min_offset: usize,
    /// `regex_max_offset`: a match has to begin before this; anywhere if 0.
    pub max_offset: usize,
}

impl Pattern {
    /// A pattern that has to match somewhere. `options` are keepalived's `regex_options`.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn new(pattern: &str, options: &[&str]) -> Result<Self, String> {
        let mut builder = RegexBuilder::new(pattern);
        // PCRE2 sees bytes unless it is told `utf`; the size is bounded because a pattern can ask for a lot of memory.
        builder.unicode(false).size_limit(4 << 20).dfa_size_limit(4 << 20);
        for option in options {
            match *option {
                "caseless" => builder.case_insensitive(true),
                "dotall" => builder.dot_matches_new_line(true),
                "extended" => builder.ignore_whitespace(true),
                "multiline" => builder.multi_line(true),
                "ungreedy" => builder.swap_greed(true),
                "utf" | "ucp" => builder.unicode(true),
                // These change how PCRE2 compiles and searches, or captures that nobody reads: no match differs.
                "auto_callout" | "dupnames" | "never_backslash_c" | "never_ucp" | "never_utf" | "no_auto_capture"
                | "no_auto_possess" | "no_dotstar_anchor" | "no_start_optimize" | "use_offset_limit" => &mut builder,
                other => return Err(format!("the option {other:?} of PCRE2 is not one that hactl has")),
            };
        }
        match builder.build() {
            Ok(regex) => Ok(Self { regex, forbidden: false, min_offset: 0, max_offset: 0 }),
            Err(e) => Err(format!("{pattern:?} is not a pattern that hactl can use: {}", one_line(&e.to_string()))),
        }
    }

    /// Where it matches.
    fn find(&self, answer: &[u8]) -> Option<usize> {
        if self.min_offset > answer.len() {
            return None;
        }
        let at = self.regex.find_at(answer, self.min_offset)?.start();
        (self.max_offset == 0 || at < self.max_offset).then_some(at)
    }
}

fn one_line(text: &str) -> String {
    text.lines().last().unwrap_or("").trim().to_owned()
}

/// When an answer is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// When the server ends the connection, with keepalived's limit of the headers; nothing is decoded.
    #[default]
    End,
    /// When as much came as the headers say; chunks are decoded.
    Complete,
}

/// What to ask and what counts as good.
#[derive(Clone, Debug)]
pub struct Get {
    /// The path with its query.
    pub path: String,
    /// The header `Host`: see [`host`].
    pub host: String,
    /// The version.
    pub protocol: Protocol,
    /// Further headers: see [`header`].
    pub headers: Vec<(String, String)>,
    /// Good statuses.
    pub statuses: Statuses,
    /// The MD5 of the body.
    pub digest: Option<[u8; 16]>,
    /// What the answer has to say.
    pub pattern: Option<Pattern>,
    /// When the answer is complete.
    pub until: Until,
    /// How long the body may be.
    pub limit: u64,
}

impl Get {
    /// keepalived's defaults for this path and host.
    pub fn new(path: impl Into<String>, host: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            host: host.into(),
            protocol: Protocol::default(),
            headers: Vec::new(),
            statuses: Statuses::default(),
            digest: None,
            pattern: None,
            until: Until::default(),
            limit: 16 << 20,
        }
    }

    /// The request.
    fn request(&self) -> Vec<u8> {
        let mut text = format!(
            "GET {} HTTP/1.{}\r\n",
            clean(&self.path).replace(' ', "%20"),
            u8::from(self.protocol == Protocol::Http11)
        );
        // A header that is given replaces the one that keepalived would send.
        let given = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if !given("User-Agent") {
            text.push_str("User-Agent: KeepAliveClient\r\n");
        }
        if self.protocol != Protocol::Http10 && !given("Connection") {
            text.push_str("Connection: close\r\n");
        }
        if !given("Host") {
            let _ = write!(text, "Host: {}\r\n", clean(&self.host));
        }
        for (name, value) in &self.headers {
            let _ = write!(text, "{}: {}\r\n", clean(name), clean(value));
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// Nothing that would begin another line of a request.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The header `Host` as keepalived fills it: the nearest `virtualhost`, else the address and the port.
pub fn host(virtualhost: Option<&str>, address: IpAddr, port: u16) -> String {
    match (virtualhost, address) {
        (Some(name), _) => name.to_owned(),
        (None, IpAddr::V4(address)) => format!("{address}:{port}"),
        (None, IpAddr::V6(address)) => format!("[{address}]:{port}"),
    }
}

/// A header as it is written: `Name: value`.
///
/// # Errors
/// When it is none.
pub fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("{text:?} has no colon: `Name: value`"))?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err(format!("{name:?} is not the name of a header"));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(format!("the value of {name} has a control character"));
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// An MD5 as 32 hexadecimal digits.
///
/// # Errors
/// When it is none.
pub fn digest(text: &str) -> Result<[u8; 16], String> {
    let wrong = || format!("{text:?} is not 32 hexadecimal digits");
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut out = [0; 16];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
    }
    Ok(out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// How far a body goes.
#[derive(Debug)]
enum Body {
    /// Until the connection ends.
    Open,
    /// This many bytes.
    Counted(u64),
    Chunked(Chunk),
    Complete,
}

#[derive(Debug)]
enum Chunk {
    Length(Vec<u8>),
    Data(u64),
    /// The line end after the data of a chunk.
    End,
    /// The lines after the last chunk: whether the present one is empty so far, and how much came.
    Trailer(bool, usize),
}

#[derive(Debug)]
struct Head {
    status: Option<u16>,
    reason: String,
    length: Option<u64>,
    fields: Vec<(&'static str, String)>,
}

/// The headers that are told, and their names as facts.
const TOLD: [(&str, &str); 3] = [("location", "location"), ("server", "server"), ("content-type", "content_type")];

impl Head {
    fn new(text: &[u8], get: &Get) -> (Self, Body) {
        let mut lines = text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().unwrap_or(b"");
        let keepalived = get.until == Until::End;
        let (status, reason) = status_line(first, keepalived);
        let mut head = Self { status, reason, length: None, fields: Vec::new() };
        let mut chunked = false;
        for line in lines {
            let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            // keepalived knows the name in this spelling only.
            if name == b"Content-Length" || !keepalived && name.eq_ignore_ascii_case(b"content-length") {
                let number = std::str::from_utf8(value).ok().filter(|v| v.bytes().all(|b| b.is_ascii_digit()));
                head.length = head.length.or(number.and_then(|v| v.parse().ok()));
            }
            if name.eq_ignore_ascii_case(b"transfer-encoding") {
                chunked |= value.to_ascii_lowercase().ends_with(b"chunked");
            }
            for (known, fact) in TOLD {
                if name.eq_ignore_ascii_case(known.as_bytes()) && head.fields.iter().all(|(n, _)| *n != fact) {
                    let value = value.get(..512).unwrap_or(value);
                    head.fields.push((fact, String::from_utf8_lossy(value).into_owned()));
                }
            }
        }
        let body = match (keepalived, status, chunked, head.length) {
            (true, ..) => Body::Open,
            (_, Some(204 | 304), ..) => Body::Complete,
            (_, _, true, _) => Body::Chunked(Chunk::Length(Vec::new())),
            (_, _, _, Some(0)) => Body::Complete,
            (_, _, _, Some(length)) => Body::Counted(length),
            _ => Body::Open,
        };
        (head, body)
    }
}

/// The status of a first line and its words.
fn status_line(line: &[u8], keepalived: bool) -> (Option<u16>, String) {
    let Some(space) = line.iter().position(|b| *b == b' ') else { return (None, String::new()) };
    let rest = &line[space + 1..];
    let (number, words) = rest.split_at_checked(3).unwrap_or((rest, b""));
    let number = std::str::from_utf8(number).ok().filter(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit()));
    let status = number.and_then(|n| n.parse().ok());
    let fits = match words.first() {
        Some(b) => *b == b' ',
        None => !keepalived,
    };
    let protocol = keepalived || line.starts_with(b"HTTP/");
    let words = words.trim_ascii();
    let words = String::from_utf8_lossy(words.get(..100).unwrap_or(words)).into_owned();
    (status.filter(|_| fits && protocol), words)
}

/// One page.
#[derive(Debug)]
pub struct Http {
    get: Get,
    /// The headers, and the body too when a pattern is looked for.
    answer: Vec<u8>,
    head: Option<Head>,
    body: Body,
    /// Bytes of the body.
    length: u64,
    md5: Md5,
    /// What made further reading pointless.
    problem: Option<Reason>,
}

impl Http {
    /// A page to ask for.
    pub fn new(get: Get) -> Self {
        let body = Body::Open;
        Self { get, answer: Vec::new(), head: None, body, length: 0, md5: Md5::new(), problem: None }
    }

    fn keepalived(&self) -> bool {
        self.get.until == Until::End
    }

    fn fail(&mut self, id: &'static str, sentence: String) -> Step {
        self.problem.get_or_insert_with(|| Reason::new(id, sentence));
        Step::Done
    }

    /// Takes bytes of the headers, and gives those that are not.
    fn headers<'a>(&mut self, data: &'a [u8]) -> Result<&'a [u8], Step> {
        let limit = if self.keepalived() { KEEPALIVED_HEAD } else { HEAD };
        let before = self.answer.len();
        let room = data.get(..limit - before).unwrap_or(data);
        self.answer.extend_from_slice(room);
        let from = before.saturating_sub(3);
        let end = self.answer[from..].windows(4).position(|w| w == b"\r\n\r\n").map(|at| from + at + 4);
        if let Some(end) = end {
            self.answer.truncate(end);
            let (head, body) = Head::new(&self.answer, &self.get);
            self.head = Some(head);
            self.body = body;
            return Ok(&data[end - before..]);
        }
        if self.answer.len() == limit {
            let who = if self.keepalived() { " that keepalived can read" } else { "" };
            return Err(self.fail("too-large", format!("the headers are longer than the {limit} bytes{who}")));
        }
        Err(Step::Read)
    }

    /// Takes bytes of the body, decoded. False when there are too many of them.
    fn content(&mut self, data: &[u8]) -> bool {
        let data = if self.keepalived() {
            // What comes after the promised length is counted and not part of the digest.
            let promised = self.head.as_ref().and_then(|h| h.length).unwrap_or(u64::MAX);
            let rest = usize::try_from(promised.saturating_sub(self.length)).unwrap_or(usize::MAX);
            self.md5.update(data.get(..rest).unwrap_or(data));
            data
        } else {
            self.md5.update(data);
            data
        };
        self.length += data.len() as u64;
        if self.length > self.get.limit {
            self.fail("too-large", format!("the body is longer than {} bytes", self.get.limit));
            return false;
        }
        if self.get.pattern.is_some() {
            self.answer.extend_from_slice(data);
        }
        true
    }

    fn take(&mut self, mut data: &[u8]) -> Step {
        while !data.is_empty() {
            match std::mem::replace(&mut self.body, Body::Complete) {
                Body::Complete => return Step::Done,
                Body::Open => {
                    self.body = Body::Open;
                    return if self.content(data) { Step::Read } else { Step::Done };
                }
                Body::Counted(left) => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                    if !self.content(&data[..n]) {
                        return Step::Done;
                    }
                    if n as u64 != left {
                        self.body = Body::Counted(left - n as u64);
                    }
                    data = &data[n..];
                }
                Body::Chunked(chunk) => match self.chunk(chunk, data) {
                    Ok((body, rest)) => {
                        self.body = body;
                        data = rest;
                    }
                    Err(step) => return step,
                },
            }
        }
        if matches!(self.body, Body::Complete) { Step::Done } else { Step::Read }
    }

    fn chunk<'a>(&mut self, chunk: Chunk, data: &'a [u8]) -> Result<(Body, &'a [u8]), Step> {
        match chunk {
            Chunk::Length(mut line) => {
                let end = data.iter().position(|b| *b == b'\n');
                let (part, rest) = data.split_at(end.map_or(data.len(), |at| at + 1));
                line.extend_from_slice(part.get(..CHUNK_LINE).unwrap_or(part));
                if end.is_none() && line.len() < CHUNK_LINE {
                    return Ok((Body::Chunked(Chunk::Length(line)), rest));
                }
                let digits = line.split(|b| *b == b';').next().unwrap_or(b"").trim_ascii();
                let valid = !digits.is_empty() && digits.len() <= 15 && digits.iter().all(u8::is_ascii_hexdigit);
                let length = std::str::from_utf8(digits).ok().and_then(|d| u64::from_str_radix(d, 16).ok());
                match length.filter(|_| valid && end.is_some()) {
                    Some(0) => Ok((Body::Chunked(Chunk::Trailer(true, 0)), rest)),
                    Some(length) => Ok((Body::Chunked(Chunk::Data(length)), rest)),
                    None => {
                        let sentence = format!("{} is not the length of a chunk", quoted(line.trim_ascii()));
                        Err(self.fail("protocol", sentence))
                    }
                }
            }
            Chunk::Data(left) => {
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                if !self.content(&data[..n]) {
                    return Err(Step::Done);
                }
                let left = left - n as u64;
                Ok((Body::Chunked(if left == 0 { Chunk::End } else { Chunk::Data(left) }), &data[n..]))
            }
            Chunk::End => match data[0] {
                b'\r' => Ok((Body::Chunked(Chunk::End), &data[1..])),
                b'\n' => Ok((Body::Chunked(Chunk::Length(Vec::new())), &data[1..])),
                _ => Err(self.fail("protocol", "a chunk is longer than its length says".into())),
            },
            Chunk::Trailer(empty, length) => match data[0] {
                b'\n' if empty => Ok((Body::Complete, &data[1..])),
                _ if length > HEAD => Err(self.fail("too-large", "the lines after the last chunk do not end".into())),
                b'\r' => Ok((Body::Chunked(Chunk::Trailer(empty, length + 1)), &data[1..])),
                byte => Ok((Body::Chunked(Chunk::Trailer(byte == b'\n', length + 1)), &data[1..])),
            },
        }
    }

    fn mismatch(&self) -> Option<String> {
        let length = self.head.as_ref()?.length.filter(|l| *l != self.length)?;
        Some(format!("Content-Length is {length}, and {} bytes came", self.length))
    }

    fn no_answer(&self, timed_out: bool) -> Reason {
        let n = self.answer.len();
        match (timed_out, n) {
            (true, 0) => Reason::new("timeout-read", "nothing was answered to the request"),
            _ if n >= 5 && !self.answer.starts_with(b"HTTP/") => {
                Reason::new("protocol", format!("what answers does not speak HTTP, it says {}", quoted(&self.answer)))
            }
            (true, _) => Reason::new("timeout-read", format!("the headers did not end, {n} bytes of them came")),
            (false, 0) => Reason::new("empty", "the connection was ended without an answer"),
            (false, _) => {
                Reason::new("closed", format!("the connection was ended within the headers, after {n} bytes"))
            }
        }
    }
}

impl Dialog for Http {
    fn start(&mut self) -> Step {
        Step::Send(self.get.request())
    }

    fn received(&mut self, data: &[u8]) -> Step {
        if self.problem.is_some() {
            return Step::Done;
        }
        if self.head.is_some() {
            return self.take(data);
        }
        let found = self.headers(data);
        // An interim answer: the one that counts follows. keepalived does not know that.
        let interim = self.head.as_ref().and_then(|h| h.status).is_some_and(|s| (100..200).contains(&s) && s != 101);
        if interim && !self.keepalived() {
            let rest = found.map(<[u8]>::to_vec).unwrap_or_default();
            (self.head, self.body) = (None, Body::Open);
            self.answer.clear();
            return if rest.is_empty() { Step::Read } else { self.received(&rest) };
        }
        match found {
            Ok(_) if matches!(self.body, Body::Complete) => Step::Done,
            Ok(rest) => self.take(rest),
            Err(step) => step,
        }
    }

    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let Some(head) = &self.head else { return Err(self.no_answer(timed_out)) };
        let complete = matches!(self.body, Body::Complete);
        if timed_out && !complete {
            let sentence = format!("the body did not end, {} bytes of it came", self.length);
            return Err(Reason::new("timeout-read", sentence));
        }
        let Some(status) = head.status else {
            let line = self.answer.split(|b| *b == b'\n').next().unwrap_or(b"").trim_ascii();
            let why = if self.keepalived() && status_line(line, false).0.is_some() {
                "has no space after the status, so keepalived reads no status from it"
            } else {
                "is not the first line of an answer"
            };
            return Err(Reason::new("protocol", format!("{} {why}", quoted(line))));
        };
        if !self.get.statuses.contains(status) {
            let words =
                if head.reason.is_empty() { String::new() } else { format!(" {}", quoted(head.reason.as_bytes())) };
            let to = match head.fields.iter().find(|(name, _)| *name == "location") {
                Some((_, to)) if (300..400).contains(&status) => {
                    format!("; it points to {}, which is not followed", quoted(to.as_bytes()))
                }
                _ => String::new(),
            };
            let sentence = format!("the status is {status}{words}, which is not in {}{to}", self.get.statuses);
            return Err(Reason::new("status", sentence));
        }
        if !self.keepalived() && !complete && !matches!(self.body, Body::Open) {
            let sentence = match head.length {
                Some(length) => format!("the connection was ended after {} of {length} bytes", self.length),
                None => format!("the connection was ended within a chunk, after {} bytes", self.length),
            };
            return Err(Reason::new("closed", sentence));
        }
        let found = self.md5.clone().finalize();
        if let Some(wanted) = self.get.digest.filter(|wanted| wanted[..] != found[..]) {
            let sentence = format!("the MD5 of the body is {}, not {}", hex(&found), hex(&wanted));
            return Err(Reason::new("digest", sentence));
        }
        if let Some(pattern) = &self.get.pattern {
            let (at, text) = (pattern.find(&self.answer), pattern.regex.as_str());
            match at {
                Some(at) if pattern.forbidden => {
                    let sentence = format!("the answer matches {text:?} at byte {at}, and must not");
                    return Err(Reason::new("pattern", sentence));
                }
                None if !pattern.forbidden => {
                    return Err(Reason::new("pattern", format!("the answer does not match {text:?}")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn facts(&self) -> Vec<Fact> {
        let Some(head) = &self.head else { return Vec::new() };
        let mut facts = Vec::new();
        facts.extend(head.status.map(|status| Fact::number("status", status)));
        facts.extend(head.fields.iter().map(|(name, value)| Fact::text(name, value.clone())));
        facts.push(Fact::number("body_bytes", i64::try_from(self.length).unwrap_or(i64::MAX)));
        facts.extend(head.length.map(|n| Fact::number("content_length", i64::try_from(n).unwrap_or(i64::MAX))));
        facts.extend(self.mismatch().map(|text| Fact::text("length_mismatch", text)));
        facts.push(Fact::text("digest", hex(&self.md5.clone().finalize())));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page comes to when the server sends these pieces and ends the connection; the id of the reason.
    fn judged(get: &Get, pieces: &[&[u8]]) -> (Result<(), (&'static str, String)>, Vec<Fact>) {
        let mut http = Http::new(get.clone());
        assert!(matches!(http.start(), Step::Send(_)));
        let mut done = false;
        for piece in pieces {
            assert!(!done, "it was done before {piece:?}");
            done = http.received(piece) == Step::Done;
        }
        if !done {
            assert_eq!(http.ended(), Step::Done);
        }
        (http.verdict(false).map_err(|r| (r.id, r.sentence)), http.facts())
    }

    fn get() -> Get {
        Get::new("/", "10.0.0.1:80")
    }

    fn complete() -> Get {
        Get { until: Until::Complete, protocol: Protocol::Http11, ..get() }
    }

    fn fails(get: &Get, pieces: &[&[u8]], id: &str, sentence: &str) {
        let (result, _) = judged(get, pieces);
        let (found, text) = result.expect_err("a failure");
        assert_eq!((found, text.as_str()), (id, sentence));
    }

    fn text(get: &Get) -> String {
        String::from_utf8(get.request()).unwrap()
    }

    #[test]
    fn a_request_is_the_one_of_keepalived() {
        assert_eq!(text(&get()), "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:80\r\n\r\n");
        let closing = Get { protocol: Protocol::Http10Close, ..get() };
        assert_eq!(
            text(&closing),
            "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: 10.0.0.1:80\r\n\r\n"
        );
        let new = Get {
            protocol: Protocol::Http11,
            host: host(None, "2001:db8::1".parse().unwrap(), 8080),
            headers: vec![header("X-A: b c ").unwrap()],
            ..get()
        };
        assert_eq!(
            text(&new),
            "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: [2001:db8::1]:8080\r\nX-A: b c\r\n\r\n"
        );
        assert_eq!(host(Some("www.example"), "10.0.0.1".parse().unwrap(), 80), "www.example");
    }

    #[test]
    fn nothing_given_begins_another_line_of_the_request() {
        let get = Get { path: "/a b\r\nX: y".into(), host: "h\r\nZ: 1".into(), ..get() };
        assert_eq!(text(&get), "GET /a%20bX:%20y HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: hZ: 1\r\n\r\n");
        assert!(header("A: b\r\nC: d").is_err());
        assert!(header("A b: c").is_err());
        assert!(header("no colon").is_err());
        let own = Get { headers: vec![header("user-agent: me").unwrap()], ..super::tests::get() };
        assert_eq!(text(&own), "GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nuser-agent: me\r\n\r\n");
    }

    #[test]
    fn an_interim_answer_is_passed_over() {
        let both = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nServer: y\r\n\r\n";
        let answer = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
        let get = Get { until: Until::Complete, protocol: Protocol::Http11, ..get() };
        for pieces in [vec![&both[..], &answer[..]], vec![&both[..30], &both[30..], answer]] {
            let (result, facts) = judged(&get, &pieces);
            assert_eq!((result, facts[1].clone()), (Ok(()), Fact::text("server", "x")));
        }
        assert_eq!(judged(&get, &[&[&both[..], &answer[..]].concat()]).0, Ok(()));
    }

    #[test]
    fn a_page_is_good_and_told() {
        let answer = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
        let (result, facts) = judged(&get(), &[answer]);
        assert_eq!(result, Ok(()));
        let expected = vec![
            Fact::number("status", 200),
            Fact::text("server", "x"),
            Fact::number("body_bytes", 5),
            Fact::number("content_length", 5),
            Fact::text("digest", "5d41402abc4b2a76b9719d911017c592"),
        ];
        assert_eq!(facts, expected);
        // The same, a byte at a time.
        let pieces: Vec<&[u8]> = answer.chunks(1).collect();
        assert_eq!(judged(&get(), &pieces), (Ok(()), expected));
    }

    #[test]
    fn an_answer_that_is_none_says_which() {
        fails(&get(), &[], "empty", "the connection was ended without an answer");
        fails(&get(), &[b"HTTP/1.1 200"], "closed", "the connection was ended within the headers, after 12 bytes");
        fails(
            &get(),
            &[b"SSH-2.0-OpenSSH\x1b[2J\r\n"],
            "protocol",
            r#"what answers does not speak HTTP, it says "SSH-2.0-OpenSSH\x1b[2J\r\n""#,
        );
        fails(
            &get(),
            &[b"HTTP/1.1 2000 OK\r\n\r\n"],
            "protocol",
            r#""HTTP/1.1 2000 OK" is not the first line of an answer"#,
        );
        let bare: &[&[u8]] = &[b"HTTP/1.1 200\r\n\r\n"];
        fails(
            &get(),
            bare,
            "protocol",
            r#""HTTP/1.1 200" has no space after the status, so keepalived reads no status from it"#,
        );
        assert_eq!(judged(&complete(), bare).0, Ok(()));
    }

    #[test]
    fn silence_says_where() {
        let late = |pieces: &[&[u8]]| {
            let mut http = Http::new(get());
            for piece in pieces {
                assert_eq!(http.received(piece), Step::Read);
            }
            let reason = http.verdict(true).expect_err("too late");
            (reason.id, reason.sentence)
        };
        assert_eq!(late(&[]), ("timeout-read", "nothing was answered to the request".into()));
        assert_eq!(late(&[b"HTTP/1"]), ("timeout-read", "the headers did not end, 6 bytes of them came".into()));
        assert_eq!(
            late(&[b"HTTP/1.1 200 OK\r\n\r\nabc"]),
            ("timeout-read", "the body did not end, 3 bytes of it came".into())
        );
    }

    #[test]
    fn statuses_are_a_set() {
        let set: Statuses = "200 301-302,404".parse().unwrap();
        assert_eq!(set.to_string(), "200,301-302,404");
        assert_eq!(
            [199, 200, 201, 301, 302, 303, 404].map(|s| set.contains(s)),
            [false, true, false, true, true, false, true]
        );
        for wrong in ["", "99", "600", "300-200", "2xx", "-"] {
            assert!(wrong.parse::<Statuses>().is_err(), "{wrong}");
        }
        fails(
            &get(),
            &[b"HTTP/1.1 503 Service Unavailable\r\n\r\n"],
            "status",
            r#"the status is 503 "Service Unavailable", which is not in 200-299"#,
        );
        fails(
            &get(),
            &[b"HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\n\r\n"],
            "status",
            r#"the status is 302 "Found", which is not in 200-299; it points to "https://a.example/", which is not followed"#,
        );
    }

    #[test]
    fn a_digest_is_of_the_promised_body() {
        let wanted = |text| Get { digest: Some(digest(text).unwrap()), ..get() };
        let hello = wanted("5d41402abc4b2a76b9719d911017c592");
        let (result, facts) = judged(&hello, &[b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhel", b"lo and more"]);
        assert_eq!(result, Ok(()));
        assert!(facts.contains(&Fact::text("length_mismatch", "Content-Length is 5, and 14 bytes came")));
        // An empty body has the MD5 of nothing.
        assert_eq!(judged(&wanted("d41d8cd98f00b204e9800998ecf8427e"), &[b"HTTP/1.0 200 OK\r\n\r\n"]).0, Ok(()));
        fails(
            &hello,
            &[b"HTTP/1.0 200 OK\r\n\r\nHELLO"],
            "digest",
            "the MD5 of the body is eb61eead90e3b899c6bcbe27ac581660, not 5d41402abc4b2a76b9719d911017c592",
        );
        // The status comes first.
        let (result, _) = judged(&hello, &[b"HTTP/1.0 404 Not Found\r\n\r\nHELLO"]);
        assert_eq!(result.unwrap_err().0, "status");
        assert!(digest("5d41").is_err());
        assert!(digest("ÿd41402abc4b2a76b9719d911017c59").is_err());
    }

    #[test]
    fn a_pattern_is_looked_for_in_the_whole_answer() {
        let page: &[&[u8]] = &[b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n", b"all is ", b"well\xff"];
        let with =
            |pattern: &str, options: &[&str]| Get { pattern: Some(Pattern::new(pattern, options).unwrap()), ..get() };
        assert_eq!(judged(&with("is well", &[]), page).0, Ok(()));
        assert_eq!(judged(&with("^X: Y", &["caseless", "multiline"]), page).0, Ok(()));
        assert_eq!(judged(&with(r"(?-u:\xff)", &[]), page).0, Ok(()));
        fails(&with("IS WELL", &[]), page, "pattern", r#"the answer does not match "IS WELL""#);
        let mut forbidden = with("well", &[]);
        forbidden.pattern.as_mut().unwrap().forbidden = true;
        fails(&forbidden, page, "pattern", r#"the answer matches "well" at byte 32, and must not"#);
        let between = |min_offset, max_offset| {
            let mut get = with("well", &[]);
            let pattern = get.pattern.as_mut().unwrap();
            (pattern.min_offset, pattern.max_offset) = (min_offset, max_offset);
            judged(&get, page).0.is_ok()
        };
        assert_eq!(
            [between(32, 0), between(33, 0), between(0, 32), between(0, 33), between(99, 0)],
            [true, false, false, true, false]
        );
        assert!(Pattern::new("(?=ahead)", &[]).is_err());
        assert!(Pattern::new("a{1000}{1000}{1000}", &[]).is_err());
        assert!(Pattern::new("a", &["firstline"]).is_err());
    }

    #[test]
    fn a_person_does_not_wait_for_the_end_of_the_connection() {
        let mut http = Http::new(complete());
        assert_eq!(http.received(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"), Step::Read);
        assert_eq!(http.received(b"c"), Step::Done);
        assert_eq!(http.verdict(true), Ok(()));
        let mut http = Http::new(complete());
        assert_eq!(http.received(b"HTTP/1.1 204 No Content\r\n\r\n"), Step::Done);
        let mut http = Http::new(get());
        assert_eq!(http.received(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"), Step::Read, "keepalived waits");
    }

    #[test]
    fn chunks_are_decoded_for_a_person_only() {
        let page: &[u8] =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n";
        let hello = digest("5d41402abc4b2a76b9719d911017c592").unwrap();
        let person = Get { digest: Some(hello), ..complete() };
        assert_eq!(judged(&person, &[page]).0, Ok(()));
        let pieces: Vec<&[u8]> = page.chunks(1).collect();
        assert_eq!(judged(&person, &pieces).0, Ok(()));
        let (result, facts) = judged(&Get { digest: Some(hello), ..get() }, &[page]);
        assert_eq!(result.unwrap_err().0, "digest");
        assert!(facts.contains(&Fact::number("body_bytes", 30)), "{facts:?}");
    }

    #[test]
    fn what_ends_too_early_is_a_failure_for_a_person_only() {
        let short: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"];
        fails(&complete(), short, "closed", "the connection was ended after 3 of 10 bytes");
        let (result, facts) = judged(&get(), short);
        assert_eq!(result, Ok(()));
        assert!(facts.contains(&Fact::text("length_mismatch", "Content-Length is 10, and 3 bytes came")));
        fails(
            &complete(),
            &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"],
            "closed",
            "the connection was ended within a chunk, after 3 bytes",
        );
    }

    #[test]
    fn a_hostile_server_costs_bounded_memory() {
        // Headers without an end.
        for (get, sentence) in [
            (get(), "the headers are longer than the 4095 bytes that keepalived can read"),
            (complete(), "the headers are longer than the 65536 bytes"),
        ] {
            let mut http = Http::new(get);
            assert!((0..100).any(|_| http.received(&[b'a'; 4000]) == Step::Done));
            let reason = http.verdict(false).unwrap_err();
            assert_eq!((reason.id, reason.sentence.as_str()), ("too-large", sentence));
            assert!(http.answer.capacity() <= 2 * HEAD);
        }
        // A body without an end, with and without somebody who has to see all of it.
        for pattern in [None, Some(Pattern::new("x", &[]).unwrap())] {
            let mut http = Http::new(Get { limit: 10_000, pattern, ..get() });
            assert_eq!(http.received(b"HTTP/1.0 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"), Step::Read);
            assert!((0..11).any(|_| http.received(&[b'a'; 1000]) == Step::Done));
            assert_eq!(http.verdict(false).unwrap_err().sentence, "the body is longer than 10000 bytes");
            assert!(http.answer.capacity() <= 32_000);
        }
        // Chunks that are none.
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let long = format!("{head}{}", "1".repeat(5000));
        let trailer = format!("{head}0\r\n{}", "a: b\r\n".repeat(20_000));
        for (rest, id) in [
            (format!("{head}zz\r\n"), "protocol"),
            (format!("{head}-1\r\n"), "protocol"),
            (format!("{head}ffffffffffffffffff\r\n"), "protocol"),
            (format!("{head}1\r\nabc"), "protocol"),
            (long, "protocol"),
            (trailer, "too-large"),
        ] {
            let mut http = Http::new(complete());
            assert_eq!(http.received(rest.as_bytes()), Step::Done);
            assert_eq!(http.verdict(false).unwrap_err().id, id, "{}", &rest[..60]);
        }
    }
}
