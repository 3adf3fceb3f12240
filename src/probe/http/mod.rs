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

mod answer;
mod budget;
mod request;
#[cfg(test)]
mod tests;

use md5::{Digest as _, Md5};

use self::answer::{Body, Chunk, Head, status_line};
use self::budget::{PATTERNS, Share};
pub use self::request::{Get, Pattern, Protocol, Statuses, Until, digest, header, host};
use super::dialog::{Dialog, Step};
use super::outcome::Fact;
use super::reason::{Reason, quoted};

/// Headers that keepalived can read.
const KEEPALIVED_HEAD: usize = 4095;
/// Headers that a person may want to see.
const HEAD: usize = 64 << 10;
/// The line that says how long a chunk is.
const CHUNK_LINE: usize = 1024;

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
    /// What it holds for a pattern.
    share: Share,
    /// What made further reading pointless.
    problem: Option<Reason>,
}

impl Http {
    /// A page to ask for.
    pub fn new(get: Get) -> Self {
        let body = Body::Open;
        Self {
            get,
            answer: Vec::new(),
            head: None,
            body,
            length: 0,
            md5: Md5::new(),
            share: PATTERNS.share(),
            problem: None,
        }
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
            if !self.share.take(data.len()) {
                let most = PATTERNS.mebibytes();
                let sentence =
                    format!("it and other answers that a pattern is looked for in are longer than {most} MiB");
                self.fail("too-large", sentence);
                return false;
            }
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
        // Nobody knows what would have come.
        if self.problem.is_some() {
            return None;
        }
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
            let (at, text) = (pattern.find(&self.answer), pattern.text());
            match at {
                Some(at) if pattern.forbidden => {
                    let sentence = format!("the answer matches {text:?} at byte {at}, and must not");
                    return Err(Reason::new("pattern", sentence));
                }
                None if !pattern.forbidden => {
                    let sentence = match pattern.outside(&self.answer) {
                        Some(at) => {
                            let (from, to) = (pattern.min_offset, pattern.max_offset);
                            let to = if to == 0 { "the end".to_owned() } else { to.to_string() };
                            format!("the answer matches {text:?} at byte {at}, which is not from {from} to before {to}")
                        }
                        None => format!("the answer does not match {text:?}"),
                    };
                    return Err(Reason::new("pattern", sentence));
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
