//! What to ask, and what counts as good.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;

use regex::bytes::{Regex, RegexBuilder};

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

    /// What it looks for.
    pub(super) fn text(&self) -> &str {
        self.regex.as_str()
    }

    /// Where it matches, if only the offsets speak against it.
    pub(super) fn outside(&self, answer: &[u8]) -> Option<usize> {
        self.regex.find(answer).map(|found| found.start())
    }

    /// Where it matches.
    pub(super) fn find(&self, answer: &[u8]) -> Option<usize> {
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
    pub(super) fn request(&self) -> Vec<u8> {
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
