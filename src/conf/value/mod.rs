//! Words to values, with keepalived's own ideas of what a number is.

mod words;

pub(super) use words::{codes, heading, hex_octets, host_and_port};

use std::net::IpAddr;
use std::time::Duration;

use super::Version;
use super::model::Method;
use super::problem::{Kind, Problem, quote};
use super::schema::{Keyword, Missing, Otherwise, Place, Takes, plain};
use super::similar::similar;
use super::source::Span;
use super::token::{Word, open_quote};

/// What a keyword's arguments say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The keyword alone says it, or its words do.
    Present,
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A time.
    Time(Duration),
    /// A weight and whether it is reversed.
    Weight(i64, bool),
    /// An address.
    Ip(IpAddr),
    /// An address and a port, 0 where none is said.
    Server(IpAddr, u16),
    /// How packets are forwarded.
    Method(Method),
}

/// Why a word is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoNumber {
    Malformed,
    Range,
}

/// A whole decimal number, as `strtol` reads it to the end of the word. Nothing at all is 0.
pub(super) fn int(word: &[u8], min: i64, max: i64) -> Result<i64, NoNumber> {
    let text = word.trim_ascii_start();
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix(b"+").unwrap_or(text)),
    };
    if !digits.iter().all(u8::is_ascii_digit) || digits.is_empty() && !word.is_empty() {
        return Err(NoNumber::Malformed);
    }
    let size = digits.iter().try_fold(0_i64, |n, d| n.checked_mul(10)?.checked_add(i64::from(d - b'0')));
    let value = size.map(|n| if negative { -n } else { n });
    value.filter(|n| (min..=max).contains(n)).ok_or(NoNumber::Range)
}

/// A whole number in C's notation: decimal, octal behind `0`, hexadecimal behind `0x`.
pub(super) fn c_int(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?.trim_start();
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text.strip_prefix('+').unwrap_or(text), 10),
    };
    i64::from_str_radix(digits, base).ok()
}

/// A decimal number in millionths, and whether it has more than `places` decimal places. Those are rounded. No digits are
/// zeros.
pub(super) fn decimal(word: &[u8], places: usize) -> Result<(u64, bool), NoNumber> {
    let text = word.trim_ascii_start();
    if text.first() == Some(&b'-') {
        return Err(NoNumber::Range);
    }
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let point = text.iter().position(|b| *b == b'.').unwrap_or(text.len());
    let (whole, fraction) = (&text[..point], text.get(point + 1..).unwrap_or_default());
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(NoNumber::Malformed);
    }
    let digit = |b: &u8| u64::from(b - b'0');
    let whole = whole.iter().try_fold(0_u64, |n, d| n.checked_mul(10)?.checked_add(digit(d))).ok_or(NoNumber::Range)?;
    let mut micros = 0;
    for i in 0..6 {
        micros = micros * 10 + if i < places { fraction.get(i).map_or(0, digit) } else { 0 };
    }
    if fraction.get(places).is_some_and(|b| *b >= b'5') {
        micros += 10_u64.pow(6 - places.min(6) as u32);
    }
    let value = whole.checked_mul(1_000_000).and_then(|n| n.checked_add(micros)).ok_or(NoNumber::Range)?;
    Ok((value, fraction.len() > places))
}

/// `on true yes`, `off false no`.
pub(super) fn boolean(word: &Word) -> Option<bool> {
    match &*word.text {
        b"on" | b"true" | b"yes" => Some(true),
        b"off" | b"false" | b"no" => Some(false),
        _ => None,
    }
}

/// An address without a prefix length.
pub(super) fn ip(word: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Whether an interface can have this name: Linux has none of more than 15 bytes.
pub(super) fn is_interface(name: &[u8]) -> bool {
    name.len() <= 15
}

/// The address of a word, and where what keepalived passes over begins: a `/` or `-` and all that follows.
pub(super) fn address_and_tail(word: &[u8]) -> (Option<IpAddr>, Option<usize>) {
    // It looks for the `-` first.
    let tail = word.iter().position(|b| *b == b'-').or_else(|| word.iter().position(|b| *b == b'/'));
    (ip(&word[..tail.unwrap_or(word.len())]), tail)
}

/// The part of a word from a byte on. The word's own place where it was not written as it is read.
pub(super) fn part(word: &Word, start: usize) -> Span {
    let Span { start: first, end, .. } = word.span;
    if (end - first) as usize == word.text.len() {
        Span { start: first + u32::try_from(start).unwrap_or(0), ..word.span }
    } else {
        word.span
    }
}

/// Reads a keyword's arguments; `words` begins with the keyword. No value is one that keepalived went on without.
pub(super) fn read(keyword: &Keyword, words: &[Word], version: Version, out: &mut Vec<Problem>) -> Option<Value> {
    #[allow(clippy::enum_glob_use, reason = "a match over nearly all of them")]
    use Takes::*;
    let (name, takes) = (keyword.name, keyword.takes);
    let head = words.first()?;
    let Some(word) = words.get(1) else { return missing(keyword, head, out) };
    if keyword.exact && words.len() > 2 {
        let last = words.last().map_or(word.span, |w| w.span);
        let sentence = format!("`{name}` takes exactly one word; keepalived passes over the line");
        out.push(Problem::new(word.span.to(last), Kind::BadWord, sentence));
        return None;
    }
    let mut r = Reader { keyword, word, out };
    let value = match takes {
        _ if is_flag(keyword, version) => {
            if boolean(word) == Some(false) {
                let sentence = format!("`{name}` reads no words: {} turns it on all the same", quote(&word.text));
                r.out.push(
                    Problem::new(word.span, Kind::OffTurnsOn, sentence)
                        .help(format!("Leave `{name}` out to have it off.")),
                );
            }
            Some(if takes == Bool { Value::Bool(true) } else { Value::Present })
        }
        Command | CommandWord => r.command(),
        Flag | OptWord | Word | Password | Key | Words | AnyWords | Glob | List(_) | Block(..) | Option(_) => {
            Some(Value::Present)
        }
        Bool => {
            let value = boolean(word).map(Value::Bool);
            if value.is_none() {
                r.not(Kind::BadWord, "is neither `on`, `true`, `yes` nor `off`, `false`, `no`");
                let meant = match &*word.text {
                    b"1" | b"enable" | b"enabled" => Some("on"),
                    b"0" | b"disable" | b"disabled" => Some("off"),
                    _ => similar(&word.str(), ["on", "true", "yes", "off", "false", "no"]),
                };
                if let (Some(meant), Some(problem)) = (meant, r.out.last_mut()) {
                    problem.help = Some(format!("Write it as `{meant}`."));
                }
            }
            value
        }
        Int(min, max) | OptInt(min, max, _) => r.number(word, min, max).map(Value::Int),
        AllInt(min, max) => r.times(words, min, max).map(Value::Int),
        Seconds(min, max) => {
            // Of these the oldest takes as much as 31 bits hold.
            let old = keyword.place == Place::GarpGroup && !version.at_least(2, 2, 8);
            r.time(6, min, if old { max.min(2_147_483_647) } else { max }, 1_000_000).map(Value::Time)
        }
        ScriptSeconds(max) if !is_whole(&word.text) && !version.at_least(2, 2, 8) => {
            let most = i64::try_from(max / 1_000_000).unwrap_or(i64::MAX);
            let seconds = match decimal(&word.text, 3) {
                Ok((micros, _)) if word.text.contains(&b'.') && micros <= max => Some(r.cut(micros / 1_000_000)),
                _ => r.number(word, 0, most).map(i64::unsigned_abs),
            };
            seconds.map(|n| Value::Time(Duration::from_secs(n)))
        }
        ScriptSeconds(max) => r.time(3, 1000, max, 1_000_000).map(Value::Time),
        Millis(min, max) => r.time(3, min, max, 1000).map(Value::Time),
        Weight(most) => r.weight(words, most),
        Short(most) => r.short(most),
        OneOf(list) | OptOneOf(list) => r.one_of(list, super::token::Word::is),
        AnyCase(list) => r.one_of(list, |w, known| w.text.eq_ignore_ascii_case(known.as_bytes())),
        Ip | Source | Multicast => r.address(),
        Server => r.server(words),
        Mailer => r.mailer(words),
        Method => r.method(words),
        Mask => r.mask(),
        Hex => r.hex(words, version),
        HexPattern => r.hex_pattern(words, version),
        Digits(n) => r.digits(n),
        Codes(min, max) => Some(r.codes(words, min, max)),
        Domain => r.domain(),
        Cpus => Some(r.cpus(words)),
        Umask => r.umask(words, version),
        Timeouts(max) => r.timeouts(words, max),
        SyncDaemon => r.sync_daemon(words),
        BufferPolicy => r.buffer_policy(words),
        IncludeCheck => Some(r.include_check(words)),
        InitFile => Some(r.init_file(words)),
        Options(list) => Some(r.options(words, list)),
        Regex => r.logged(words, 0),
        Logged => r.logged(words, 1),
        LoggedPair => r.logged(words, 2),
    };
    extra(keyword, words, out);
    value
}

/// Whether it is a number of one to three digits, which is the same whether it may have decimal places or not.
fn is_whole(text: &[u8]) -> bool {
    text.len() <= 3 && text.first().is_some_and(|b| *b != b'0') && text.iter().all(u8::is_ascii_digit)
}

/// Whether a version reads nothing behind a keyword. Up to 2.2.7 this is so of two that later ones can have turned off.
fn is_flag(keyword: &Keyword, version: Version) -> bool {
    let old = matches!(keyword.name, "vrrp_strict" | "vrrp_skip_check_adv_addr");
    keyword.takes == Takes::Flag || old && !version.at_least(2, 2, 8)
}

/// What becomes of a keyword that stands alone.
fn missing(keyword: &Keyword, head: &Word, out: &mut Vec<Problem>) -> Option<Value> {
    #[allow(clippy::enum_glob_use, reason = "a match over nearly all of them")]
    use Takes::*;
    let name = keyword.name;
    match keyword.takes {
        Flag | OptWord | OptOneOf(_) | AnyWords | Options(_) | HexPattern | IncludeCheck | InitFile | List(_)
        | Block(..) => Some(Value::Present),
        Bool => Some(Value::Bool(true)),
        OptInt(_, _, bare) => Some(Value::Int(bare)),
        _ => {
            let (kind, does) = match keyword.missing {
                Missing::Stops => (Kind::MissingArgument, "keepalived stops reading here and does not start"),
                Missing::Reported | Missing::Silent => (Kind::NoArgument, "keepalived goes on without it"),
                Missing::Logged => (Kind::PassedOver, "keepalived goes on without it, and only its log says so"),
            };
            if keyword.missing != Missing::Silent {
                out.push(Problem::new(head.span, kind, format!("`{name}` lacks its value; {does}")));
            }
            None
        }
    }
}

/// Words behind the arguments, which nobody reads.
fn extra(keyword: &Keyword, words: &[Word], out: &mut Vec<Problem>) {
    #[allow(clippy::enum_glob_use, reason = "a match over nearly all of them")]
    use Takes::*;
    let name = keyword.name;
    let most = match keyword.takes {
        Flag => 0,
        Bool | Int(..) | OptInt(..) | Seconds(..) | ScriptSeconds(_) | Millis(..) | Word | OptWord | Short(_)
        | Password | CommandWord | OneOf(_) | AnyCase(_) | OptOneOf(_) | Ip | Source | Multicast | Mask | Digits(_)
        | Domain => 1,
        Weight(_) | AllInt(..) | Key | Server | Mailer => 2,
        Command => 3,
        _ => usize::MAX,
    };
    let (Some(first), Some(last)) = (words.get(most.saturating_add(1)), words.last()) else { return };
    let span = first.span.to(last.span);
    if out.iter().any(|p| p.kind == Kind::OffTurnsOn && p.span == first.span) {
        return;
    }
    let problem = match keyword.takes {
        CommandWord if !words[1].text.contains(&b' ') => Problem::new(
            span,
            Kind::ExtraWords,
            format!("keepalived runs {} without arguments: `{name}` takes one word", quote(&words[1].text)),
        )
        .help("Put the command and its arguments in quotes."),
        _ => Problem::new(span, Kind::ExtraWords, format!("nobody reads the words after `{name}`")).edit(span, ""),
    };
    out.push(problem);
}

/// A word, as a sentence may show it.
fn shown(keyword: &Keyword, word: &Word) -> String {
    if keyword.place.is_secret() { "(its value)".to_owned() } else { quote(&word.text) }
}

struct Reader<'a> {
    keyword: &'a Keyword,
    /// The first argument.
    word: &'a Word,
    out: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// The first argument, as a sentence may show it.
    fn shown(&self) -> String {
        shown(self.keyword, self.word)
    }

    fn bad(&mut self, kind: Kind, what: &str) {
        self.out.push(Problem::new(self.word.span, kind, format!("`{}` {what}", self.keyword.name)));
    }

    /// A number with `all` before or behind it; of several the last counts.
    fn times(&mut self, words: &[Word], min: i64, max: i64) -> Option<i64> {
        let numbers: Vec<&Word> = words.iter().skip(1).filter(|w| !w.is("all")).collect();
        if numbers.is_empty() {
            self.bad(Kind::BadNumber, "lacks its time; keepalived passes over the line");
        }
        let numbers: Option<Vec<i64>> = numbers.into_iter().map(|word| self.number(word, min, max)).collect();
        numbers.and_then(|numbers| numbers.last().copied())
    }

    /// A command, whose words keepalived splits once more.
    fn command(&mut self) -> Option<Value> {
        if let Some(quote) = open_quote(&self.word.text) {
            self.bad(Kind::UnmatchedQuote, &format!("has a {quote} that does not end; keepalived goes on without it"));
            return None;
        }
        let needed = matches!(self.keyword.name, "startup_script" | "shutdown_script");
        if needed && self.word.text.trim_ascii().is_empty() {
            self.bad(Kind::BadWord, "names no command; keepalived goes on without it");
            return None;
        }
        Some(Value::Present)
    }

    /// A whole number, or what keepalived makes of a bad one.
    /// Seconds with decimal places, where whole ones are wanted: 2.2.7 complains when it runs and takes what is before the
    /// point, at least 1 (seen of the daemon: 0.5, 1.5 and 3.7 are 1, 1 and 3); `-t` passes over the line.
    fn cut(&mut self, whole: u64) -> u64 {
        let (name, shown, taken) = (self.keyword.name, self.shown(), whole.max(1));
        let sentence =
            format!("`{name}` {shown} is not a whole number; keepalived takes {taken} s (`-t` passes over the line)");
        self.out.push(Problem::new(self.word.span, Kind::BadNumber, sentence));
        taken
    }

    fn number(&mut self, word: &Word, min: i64, max: i64) -> Option<i64> {
        let name = self.keyword.name;
        let otherwise = self.keyword.otherwise;
        if let Ok(n) = int(&word.text, min, max) {
            if n == 0 && self.keyword.raised {
                let sentence = format!("`{name}` must not be 0; keepalived uses 1");
                self.out.push(Problem::new(word.span, Kind::BadNumber, sentence));
                return Some(1);
            }
            return Some(n);
        }
        let does = match otherwise {
            Otherwise::Ignored => "keepalived passes over the line".to_owned(),
            Otherwise::Becomes(n) => format!("keepalived uses {n} instead"),
            Otherwise::Clamped => "keepalived uses the nearest".to_owned(),
            Otherwise::Stored => "keepalived complains and uses it all the same".to_owned(),
        };
        let vrid = name == "virtual_router_id";
        let does = if vrid { "without a good one keepalived exits when it starts".to_owned() } else { does };
        let what = format!("`{name}` {} is not a whole number from {min} to {max}; {does}", shown(self.keyword, word));
        self.out.push(Problem::new(word.span, if vrid { Kind::BadVrid } else { Kind::BadNumber }, what));
        let any = int(&word.text, i64::MIN, i64::MAX).ok();
        match otherwise {
            Otherwise::Ignored => None,
            Otherwise::Becomes(n) => Some(n),
            Otherwise::Clamped => any.map(|n| n.clamp(min, max)),
            Otherwise::Stored => any,
        }
    }

    /// A time in a unit of so many microseconds, between two numbers of microseconds.
    fn time(&mut self, places: usize, min: u64, max: u64, unit: u64) -> Option<Duration> {
        let scale = 1_000_000 / unit;
        match decimal(&self.word.text, places) {
            Ok((0, false)) if self.keyword.raised => {
                self.bad(Kind::BadNumber, "must be more than 0; keepalived uses 1");
                Some(Duration::from_micros(unit))
            }
            Ok((value, more)) if (min..=max).contains(&(value / scale)) => {
                if more {
                    let what =
                        format!("{} has more than the {places} decimal places that count; it is rounded", self.shown());
                    self.bad(Kind::Precision, &what);
                }
                Some(Duration::from_micros(value / scale))
            }
            Ok((0, _)) if self.keyword.default == "0" => {
                self.bad(Kind::ZeroRefused, "0 is refused; without the line it is 0 all the same");
                None
            }
            _ => {
                let name = if unit == 1_000_000 { "seconds" } else { "milliseconds" };
                let (min, max) = (plain(min, unit), plain(max, unit));
                let what = format!(
                    "{} is not a number of {name} from {min} to {max}; keepalived passes over the line",
                    self.shown()
                );
                self.bad(Kind::BadNumber, &what);
                None
            }
        }
    }

    /// A weight and whether it is reversed.
    fn weight(&mut self, words: &[Word], most: i64) -> Option<Value> {
        let weight = self.number(self.word, -most, most)?;
        let option = words.get(2);
        if let Some(word) =
            option.filter(|w| !(w.is("reverse") || w.is("noreverse") && self.keyword.place == Place::FileCheck))
        {
            let sentence = format!(
                "{} is nothing that can follow a weight; keepalived uses the weight without it",
                quote(&word.text)
            );
            self.out.push(Problem::new(word.span, Kind::BadWord, sentence));
        }
        Some(Value::Weight(weight, option.is_some_and(|w| w.is("reverse"))))
    }

    /// A word of so many bytes at most.
    fn short(&mut self, most: usize) -> Option<Value> {
        if self.word.text.len() <= most {
            return Some(Value::Present);
        }
        let cut = self.keyword.otherwise == Otherwise::Clamped;
        let does = if cut { "keepalived cuts it" } else { "keepalived passes over the line" };
        self.bad(Kind::BadWord, &format!("{} is longer than {most} characters; {does}", self.shown()));
        cut.then_some(Value::Present)
    }

    fn one_of(&mut self, list: &[&str], fits: impl Fn(&Word, &str) -> bool) -> Option<Value> {
        let known = list.iter().any(|w| fits(self.word, w));
        if !known {
            let other = similar(&self.word.str(), list.iter().copied());
            let list: Vec<String> = list.iter().map(|w| format!("`{w}`")).collect();
            let help = other.map(|other| format!("Write it as `{other}`."));
            self.not(Kind::BadWord, &format!("is not {}", list.join(" or ")));
            if let (Some(help), Some(problem)) = (help, self.out.last_mut()) {
                problem.help = Some(help);
            }
        }
        known.then_some(Value::Present)
    }

    fn address(&mut self) -> Option<Value> {
        let takes = self.keyword.takes;
        match address_and_tail(&self.word.text).0 {
            Some(address) if takes == Takes::Multicast && !address.is_multicast() => {
                self.not(Kind::BadAddress, "is not a multicast address");
                None
            }
            // In `global_defs` it is used all the same.
            Some(IpAddr::V6(six))
                if takes == Takes::Multicast
                    && self.keyword.place != Place::GlobalDefs
                    && six.segments()[0] & 15 != 2 =>
            {
                self.not(Kind::BadAddress, "is not a link-local multicast address");
                None
            }
            Some(address) => {
                self.out.extend(words::tail(self.word));
                Some(Value::Ip(address))
            }
            None => {
                self.not(Kind::BadAddress, "is not an IPv4 or IPv6 address");
                None
            }
        }
    }

    /// It with what is wrong with it and what keepalived does.
    fn not(&mut self, kind: Kind, what: &str) {
        let what = format!("{} {what}; keepalived passes over the line", self.shown());
        self.bad(kind, &what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_strtol_does() {
        let int = |s: &str| int(s.as_bytes(), -5, 255);
        assert_eq!(int("90"), Ok(90));
        assert_eq!(int("+5"), Ok(5));
        assert_eq!(int(" 5"), Ok(5));
        assert_eq!(int("-5"), Ok(-5));
        assert_eq!(int(""), Ok(0));
        for malformed in ["90x", "0x10", "5.0", "1e0", "-", "+", " ", "5 "] {
            assert_eq!(int(malformed), Err(NoNumber::Malformed), "{malformed:?}");
        }
        for range in ["256", "-6", "99999999999999999999"] {
            assert_eq!(int(range), Err(NoNumber::Range), "{range:?}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        let six = |s: &str| decimal(s.as_bytes(), 6);
        assert_eq!(six("1"), Ok((1_000_000, false)));
        assert_eq!(six("0.01"), Ok((10_000, false)));
        assert_eq!(six(".5"), Ok((500_000, false)));
        assert_eq!(six("1."), Ok((1_000_000, false)));
        assert_eq!(six("+0.25"), Ok((250_000, false)));
        assert_eq!(six("1.0000001"), Ok((1_000_000, true)));
        assert_eq!(six("0.9999996"), Ok((1_000_000, true)));
        assert_eq!(decimal(b"0.0125", 3), Ok((13_000, true)));
        assert_eq!(six("-1"), Err(NoNumber::Range));
        assert_eq!(six("18446744073709551616"), Err(NoNumber::Range));
        assert_eq!((six(""), six("."), six(" ")), (Ok((0, false)), Ok((0, false)), Ok((0, false))));
        for malformed in ["1e0", "1s", "1.2.3", "0x1", "1,5"] {
            assert_eq!(six(malformed), Err(NoNumber::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn limits_are_said_as_they_are_written() {
        assert_eq!((plain(10_000, 1_000_000), plain(255_000_000, 1_000_000)), ("0.01".into(), "255".into()));
        assert_eq!((plain(1, 1_000_000), plain(1_500, 1000)), ("0.000001".into(), "1.5".into()));
    }
}
