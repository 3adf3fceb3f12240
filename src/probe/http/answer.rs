//! The headers of an answer, and how far its body goes.

use super::{Get, Until};

/// How far a body goes.
#[derive(Debug)]
pub(super) enum Body {
    /// Until the connection ends.
    Open,
    /// This many bytes.
    Counted(u64),
    Chunked(Chunk),
    Complete,
}

#[derive(Debug)]
pub(super) enum Chunk {
    Length(Vec<u8>),
    Data(u64),
    /// The line end after the data of a chunk.
    End,
    /// The lines after the last chunk: whether the present one is empty so far, and how much came.
    Trailer(bool, usize),
}

#[derive(Debug)]
pub(super) struct Head {
    pub status: Option<u16>,
    pub reason: String,
    pub length: Option<u64>,
    pub fields: Vec<(&'static str, String)>,
}

/// The headers that are told, and their names as facts.
const TOLD: [(&str, &str); 3] = [("location", "location"), ("server", "server"), ("content-type", "content_type")];

impl Head {
    pub fn new(text: &[u8], get: &Get) -> (Self, Body) {
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
pub(super) fn status_line(line: &[u8], keepalived: bool) -> (Option<u16>, String) {
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
