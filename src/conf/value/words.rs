//! Arguments of several words, and words that are more than a number or a name.

use std::net::{IpAddr, Ipv4Addr};

use super::{Reader, Value, address_and_tail, int, ip, part};
use crate::conf::Version;
use crate::conf::model::{Checksum, Forwarding, Method, Tunnel};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::Naming;
use crate::conf::source::Span;
use crate::conf::token::Word;

const U32: i64 = u32::MAX as i64;

/// A port that is not said: keepalived takes zeros for that, too.
fn unsaid(port: &Word) -> bool {
    port.text.iter().all(|b| *b == b'0')
}

/// A port from 1 on.
fn port(word: &Word) -> Option<u16> {
    u16::try_from(int(&word.text, 1, 65_535).ok()?).ok()
}

/// Why an address and a port are none.
enum NoServer {
    Address,
    Port,
}

/// An address and its port, 0 for none.
fn server(address: &Word, port_word: Option<&Word>) -> Result<(IpAddr, u16), NoServer> {
    let port = match port_word.filter(|p| !unsaid(p)) {
        Some(word) => port(word).ok_or(NoServer::Port)?,
        None => 0,
    };
    Ok((address_and_tail(&address.text).0.ok_or(NoServer::Address)?, port))
}

/// The address and port in words 1 and 2 of a line.
pub(in crate::conf) fn host_and_port(words: &[Word]) -> Option<(IpAddr, u16)> {
    server(words.get(1)?, words.get(2)).ok()
}

/// What nobody reads behind an address.
pub(super) fn tail(word: &Word) -> Option<Problem> {
    let (Some(_), Some(start)) = address_and_tail(&word.text) else { return None };
    let (address, rest) = word.text.split_at(start);
    let sentence = format!("keepalived takes {} and passes over {}", quote(address), quote(rest));
    Some(Problem::new(part(word, start), Kind::AddressTail, sentence))
}

/// Says what is wrong with the line of a block that names a server or a service. Whether keepalived passes over the
/// whole block.
pub(in crate::conf) fn heading(naming: Naming, words: &[Word], out: &mut Vec<Problem>) -> bool {
    let Some(head) = words.first() else { return true };
    let name = head.str();
    let mut say = |span: Span, kind: Kind, sentence: String| {
        out.push(Problem::new(span, kind, sentence));
        true
    };
    let Some(first) = words.get(1) else {
        let sentence = format!("`{name}` lacks its address; keepalived stops reading here and does not start");
        return say(head.span, Kind::MissingArgument, sentence);
    };
    let skips = "keepalived passes over the whole block";
    match (&*first.text, words.get(2)) {
        (b"group" | b"fwmark", None) if naming == Naming::Service => {
            let sentence = format!("`{name} {}` lacks its value; keepalived 2.2.7 crashes here", first.str());
            return say(head.span.to(first.span), Kind::MissingArgument, sentence);
        }
        (b"group", _) if naming == Naming::Service => {}
        (b"fwmark", Some(mark)) if naming == Naming::Service => {
            if int(&mark.text, 0, U32).is_err() {
                let shown = quote(&mark.text);
                let sentence = format!("mark {shown} is not a whole number from 0 to {U32}; {skips}");
                return say(mark.span, Kind::BadNumber, sentence);
            }
        }
        (_, second) => match (server(first, second), second) {
            (Err(NoServer::Port), Some(port)) => {
                let shown = quote(&port.text);
                let sentence = format!("port {shown} is not a whole number from 1 to 65535; {skips}");
                return say(port.span, Kind::BadNumber, sentence);
            }
            (Err(_), _) => {
                let sentence = format!("{} is not an address; {skips}", quote(&first.text));
                return say(first.span, Kind::BadAddress, sentence);
            }
            (Ok(_), _) => out.extend(tail(first)),
        },
    }
    if let (Some(extra), Some(last)) = (words.get(3), words.last()) {
        let sentence = format!("nobody reads the words after the name of `{name}`");
        out.push(Problem::new(extra.span.to(last.span), Kind::ExtraWords, sentence));
    }
    false
}

/// Octets of hexadecimal digits, one or two each, which blanks may stand between; with `X` for any digit where that is
/// allowed: then each octet comes with its mask.
pub(in crate::conf) fn hex_octets(words: &[Word], wildcards: bool) -> Option<Vec<(u8, u8)>> {
    let digit = |b: u8| match b {
        b'x' | b'X' if wildcards => Some((0, 0)),
        b => char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).map(|d| (d, 15)),
    };
    let mut octets = Vec::new();
    for piece in words.iter().flat_map(|w| w.text.split(u8::is_ascii_whitespace)) {
        for pair in piece.chunks(2) {
            let (high, mask) = digit(*pair.first()?)?;
            octets.push(match pair.get(1) {
                Some(low) => {
                    let (low, low_mask) = digit(*low)?;
                    (high << 4 | low, mask << 4 | low_mask)
                }
                None => (high, mask | 0xf0),
            });
        }
    }
    (!octets.is_empty()).then_some(octets)
}

/// A status code, or the first and last of a range.
pub(in crate::conf) fn codes(word: &[u8], min: u16, max: u16) -> Option<(u16, u16)> {
    let number = |text: &[u8]| u16::try_from(int(text, min.into(), max.into()).ok()?).ok();
    let Some(dash) = word.iter().position(|b| *b == b'-') else { return number(word).map(|n| (n, n)) };
    let (low, high) = (number(&word[..dash])?, number(&word[dash + 1..])?);
    (low <= high).then_some((low, high))
}

/// An IPv4 address as C's `inet_aton` takes it: fewer than four numbers, the last one for all that is left.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let left = 4_usize.checked_sub(first.len()).filter(|n| *n > 0)?;
    if first.iter().any(|n| *n > 255) || left < 4 && *last >> (8 * left) != 0 {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).fold(0, |sum, (n, shift)| sum | n << shift);
    Some(Ipv4Addr::from(high | last))
}

/// The names of permission bits that `umask` knows, and the version that brought the later ones.
const BITS: [&str; 9] = ["IRUSR", "IWUSR", "IXUSR", "IRGRP", "IWGRP", "IXGRP", "IROTH", "IWOTH", "IXOTH"];
const LATER_BITS: [&str; 3] = ["IRWXU", "IRWXG", "IRWXO"];

impl Reader<'_> {
    fn say(&mut self, span: Span, kind: Kind, sentence: String) {
        self.out.push(Problem::new(span, kind, sentence));
    }

    pub(super) fn server(&mut self, words: &[Word]) -> Option<Value> {
        match server(self.word, words.get(2)) {
            Ok((address, port)) => {
                self.out.extend(tail(self.word));
                Some(Value::Server(address, port))
            }
            Err(NoServer::Address) => {
                self.not(Kind::BadAddress, "is not an IPv4 or IPv6 address");
                None
            }
            Err(NoServer::Port) => self.bad_port(words),
        }
    }

    fn bad_port(&mut self, words: &[Word]) -> Option<Value> {
        let word = words.get(2)?;
        let (name, shown) = (self.keyword.name, quote(&word.text));
        let sentence =
            format!("port {shown} of `{name}` is not a whole number from 1 to 65535; keepalived passes over the line");
        self.say(word.span, Kind::BadNumber, sentence);
        None
    }

    /// The name of a host may be one that is known; what no host can be called is told.
    pub(super) fn mailer(&mut self, words: &[Word]) -> Option<Value> {
        let host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || !b.is_ascii();
        let address = ip(&self.word.text);
        if address.is_none() && (self.word.text.is_empty() || !self.word.text.iter().all(host)) {
            self.not(Kind::BadAddress, "is neither an address nor the name of a host");
            return None;
        }
        let port = match words.get(2) {
            Some(word) => port(word),
            None => Some(25),
        };
        let Some(port) = port else { return self.bad_port(words) };
        Some(address.map_or(Value::Present, |a| Value::Server(a, port)))
    }

    /// How packets are forwarded. Of a bad option keepalived takes the method alone.
    pub(super) fn method(&mut self, words: &[Word]) -> Option<Value> {
        let forwarding = match &*self.word.text {
            b"NAT" => Forwarding::Nat,
            b"DR" => Forwarding::Dr,
            b"TUN" => Forwarding::Tun,
            other => {
                let upper = other.to_ascii_uppercase();
                self.not(Kind::BadWord, "is not `NAT`, `DR` or `TUN`");
                if let (b"NAT" | b"DR" | b"TUN", Some(problem)) = (&*upper, self.out.last_mut()) {
                    problem.help = Some(format!("Write it as `{}`.", String::from_utf8_lossy(&upper)));
                }
                return None;
            }
        };
        let plain = Method { forwarding, tunnel: Tunnel::Ipip, port: 0, checksum: Checksum::None };
        let method = self.tunnel(words.get(2..).unwrap_or_default(), plain).unwrap_or(plain);
        if let (Some(first), Some(last)) = (words.get(2), words.last())
            && forwarding != Forwarding::Tun
            && method != plain
        {
            let sentence = format!("only `TUN` has a tunnel; keepalived passes over the words after {}", self.shown());
            self.say(first.span.to(last.span), Kind::PassedOver, sentence);
        }
        Some(Value::Method(method))
    }

    fn tunnel(&mut self, options: &[Word], plain: Method) -> Option<Method> {
        let does = "keepalived passes over the options";
        let mut method = plain;
        let mut words = options.iter();
        while let Some(word) = words.next() {
            match &*word.text {
                b"type" | b"port" => {
                    let Some(value) = words.next() else {
                        self.say(word.span, Kind::BadWord, format!("`{}` lacks its value; {does}", word.str()));
                        return None;
                    };
                    let shown = quote(&value.text);
                    match (&*word.text, &*value.text) {
                        (b"type", b"ipip") => method.tunnel = Tunnel::Ipip,
                        (b"type", b"gue") => method.tunnel = Tunnel::Gue,
                        (b"type", b"gre") => method.tunnel = Tunnel::Gre,
                        (b"type", _) => {
                            let sentence = format!("tunnel {shown} is not `ipip`, `gue` or `gre`; {does}");
                            self.say(value.span, Kind::BadWord, sentence);
                            return None;
                        }
                        _ => {
                            let Some(port) = port(value) else {
                                let sentence = format!("port {shown} is not a whole number from 1 to 65535; {does}");
                                self.say(value.span, Kind::BadNumber, sentence);
                                return None;
                            };
                            method.port = port;
                        }
                    }
                }
                b"nocsum" => method.checksum = Checksum::None,
                b"csum" => method.checksum = Checksum::Full,
                b"remcsum" => method.checksum = Checksum::Remote,
                _ => {
                    let sentence = format!("a tunnel has no option {}; {does}", quote(&word.text));
                    self.say(word.span, Kind::BadWord, sentence);
                    return None;
                }
            }
        }
        let why = match method {
            Method { tunnel: Tunnel::Gue, port: 0, .. } => "a gue tunnel needs a port",
            Method { tunnel: Tunnel::Ipip | Tunnel::Gre, port: 1.., .. } => "only a gue tunnel has a port",
            Method { tunnel: Tunnel::Ipip, checksum: Checksum::Full | Checksum::Remote, .. } => {
                "an ipip tunnel has no checksum"
            }
            Method { tunnel: Tunnel::Gre, checksum: Checksum::Remote, .. } => "a gre tunnel has no remote checksum",
            _ => return Some(method),
        };
        if let (Some(first), Some(last)) = (options.first(), options.last()) {
            self.say(first.span.to(last.span), Kind::BadWord, format!("{why}; {does}"));
        }
        None
    }

    /// The virtual server's family decides which of the two it has to be.
    pub(super) fn mask(&mut self) -> Option<Value> {
        let text = std::str::from_utf8(&self.word.text).unwrap_or_default();
        if !text.contains('.')
            && let Ok(length) = int(&self.word.text, 1, 128)
        {
            return Some(Value::Int(length));
        }
        if let Some(mask) = inet_aton(text) {
            return Some(Value::Ip(mask.into()));
        }
        self.not(Kind::BadAddress, "is neither a netmask nor a prefix length from 1 to 128");
        None
    }

    pub(super) fn hex(&mut self, words: &[Word], version: Version) -> Option<Value> {
        let octets = hex_octets(words.get(1..)?, false);
        let why = match octets {
            None => "is not octets in hexadecimal digits (without `0x`)",
            Some(octets) if !version.at_least(2, 2, 8) && octets.iter().any(|(o, _)| *o == 0xff) => {
                "has an octet ff, which 2.2.7 cannot take"
            }
            Some(_) => return Some(Value::Present),
        };
        self.not(Kind::BadWord, why);
        None
    }

    pub(super) fn hex_pattern(&mut self, words: &[Word], version: Version) -> Option<Value> {
        let octets = hex_octets(words.get(1..)?, true);
        let why = match octets {
            None => "is not octets in hexadecimal digits, `X` for any digit",
            Some(octets) if !version.at_least(2, 2, 8) && octets.contains(&(0xff, 0xff)) => {
                "has an octet ff, which 2.2.7 cannot take"
            }
            Some(_) => return Some(Value::Present),
        };
        self.not(Kind::BadWord, why);
        None
    }

    pub(super) fn digits(&mut self, n: usize) -> Option<Value> {
        let fits = self.word.text.len() == n && self.word.text.iter().all(u8::is_ascii_hexdigit);
        if !fits {
            self.not(Kind::BadWord, &format!("is not {n} hexadecimal digits"));
        }
        fits.then_some(Value::Present)
    }

    pub(super) fn codes(&mut self, words: &[Word], min: u16, max: u16) -> Value {
        let name = self.keyword.name;
        for word in words.iter().skip(1).filter(|w| codes(&w.text, min, max).is_none()) {
            let shown = quote(&word.text);
            let sentence = format!(
                "`{name}` {shown} is neither a number from {min} to {max} nor two with `-` between them; keepalived passes over the word"
            );
            self.say(word.span, Kind::BadNumber, sentence);
        }
        Value::Present
    }

    /// keepalived looks for empty labels, and takes a first label of one letter for one.
    pub(super) fn domain(&mut self) -> Option<Value> {
        let text = &*self.word.text;
        let why = match text {
            [b'.', _, ..] => "has an empty label",
            [_, b'.', ..] => "has a first label of one letter, which keepalived takes for an empty one",
            _ if text.windows(2).any(|pair| pair == b"..") => "has an empty label",
            _ => return Some(Value::Present),
        };
        self.not(Kind::BadWord, why);
        None
    }

    /// Which processors there are is the host's.
    pub(super) fn cpus(&mut self, words: &[Word]) -> Value {
        let name = self.keyword.name;
        for word in words.iter().skip(1).filter(|w| int(&w.text, 0, i64::from(i32::MAX)).is_err()) {
            let sentence = format!("`{name}` {} is no number of a processor", quote(&word.text));
            self.say(word.span, Kind::BadNumber, sentence);
        }
        Value::Present
    }

    pub(super) fn umask(&mut self, words: &[Word], version: Version) -> Option<Value> {
        let arguments = words.get(1..)?;
        let span = arguments.first()?.span.to(arguments.last()?.span);
        let text: Vec<u8> = arguments.iter().map(|w| &*w.text).collect::<Vec<_>>().join(&b' ');
        let text = String::from_utf8_lossy(&text).into_owned();
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let (digits, base) = match text.as_bytes() {
                [b'0', b'x' | b'X', ..] => (&text[2..], 16),
                [b'0', _, ..] => (&text[1..], 8),
                _ => (&text[..], 10),
            };
            if u32::from_str_radix(digits, base).is_ok_and(|n| n <= 0o777) {
                return Some(Value::Present);
            }
            let shown = quote(text.as_bytes());
            self.say(
                span,
                Kind::BadNumber,
                format!("`umask` {shown} is not a number from 0 to 0777; keepalived passes over the line"),
            );
            return None;
        }
        let known = |name: &str| BITS.contains(&name) || LATER_BITS.contains(&name) && version.at_least(2, 2, 8);
        if let Some(bad) = text.split('|').map(|s| s.trim_matches([' ', '\t'])).find(|name| !known(name)) {
            let shown = quote(bad.as_bytes());
            self.say(
                span,
                Kind::BadWord,
                format!("{shown} is no permission bit such as `IWGRP`; keepalived passes over the line"),
            );
            return None;
        }
        Some(Value::Present)
    }

    pub(super) fn timeouts(&mut self, words: &[Word], max: i64) -> Option<Value> {
        let name = self.keyword.name;
        if words.len() < 3 {
            let sentence = format!(
                "`{name}` needs `tcp`, `tcpfin` or `udp` and a number of seconds; keepalived passes over the line"
            );
            self.say(self.word.span, Kind::NoArgument, sentence);
            return None;
        }
        let mut rest = words.iter().skip(1);
        while let Some(word) = rest.next() {
            let shown = quote(&word.text);
            if !["tcp", "tcpfin", "udp"].iter().any(|w| word.is(w)) {
                let sentence = format!("{shown} is not `tcp`, `tcpfin` or `udp`; keepalived passes over the word");
                self.say(word.span, Kind::BadWord, sentence);
                continue;
            }
            match rest.next() {
                None => {
                    self.say(
                        word.span,
                        Kind::NoArgument,
                        format!("{shown} lacks its value; keepalived passes over it"),
                    );
                }
                Some(value) if int(&value.text, 0, max).is_err() => {
                    let sentence = format!(
                        "{shown} {} is not a whole number from 0 to {max}; keepalived passes over it",
                        quote(&value.text)
                    );
                    self.say(value.span, Kind::BadNumber, sentence);
                }
                Some(_) => {}
            }
        }
        Some(Value::Present)
    }

    pub(super) fn sync_daemon(&mut self, words: &[Word]) -> Option<Value> {
        if self.word.text.len() > 15 {
            self.not(Kind::BadWord, "is longer than 15 characters, which no interface's name is");
            return None;
        }
        let is_option = |w: &Word| ["id", "maxlen", "port", "ttl", "group", "inst"].iter().any(|o| w.is(o));
        let mut rest = words.get(2..).unwrap_or_default();
        let mut instance = None;
        if let [first, more @ ..] = rest
            && !is_option(first)
        {
            (instance, rest) = (Some(first), more);
            if let [id, more @ ..] = rest
                && !is_option(id)
            {
                rest = more;
                let (kind, why) = if int(&id.text, 0, 255).is_ok() {
                    (Kind::BadWord, "`id` should stand before the number; keepalived understands it")
                } else {
                    (
                        Kind::BadNumber,
                        "the id is not a whole number from 0 to 255; keepalived takes the virtual router's",
                    )
                };
                self.say(id.span, kind, why.to_owned());
            }
        }
        let mut rest = rest.iter();
        while let Some(option) = rest.next() {
            let name = option.str();
            if !is_option(option) {
                let sentence =
                    format!("`lvs_sync_daemon` has no option {}; keepalived passes over the word", quote(&option.text));
                self.say(option.span, Kind::BadWord, sentence);
                continue;
            }
            if &*name == "inst" && instance.is_some() {
                let sentence = "the instance is said before; keepalived passes over this one".to_owned();
                self.say(option.span, Kind::AlreadySet, sentence);
                rest.next();
                continue;
            }
            let Some(value) = rest.next() else {
                self.say(option.span, Kind::NoArgument, format!("`{name}` lacks its value; keepalived passes over it"));
                break;
            };
            let shown = quote(&value.text);
            let (min, max) = match &*name {
                "id" => (0, 255),
                "maxlen" => (1, 65_507),
                "port" => (1, 65_535),
                "ttl" => (1, 255),
                "inst" => {
                    instance = Some(value);
                    continue;
                }
                _ => {
                    if !ip(&value.text).is_some_and(|a| a.is_multicast()) {
                        let sentence = format!("group {shown} is not a multicast address; keepalived passes over it");
                        self.say(value.span, Kind::BadAddress, sentence);
                    }
                    continue;
                }
            };
            if int(&value.text, min, max).is_err() {
                let sentence =
                    format!("`{name}` {shown} is not a whole number from {min} to {max}; keepalived passes over it");
                self.say(value.span, Kind::BadNumber, sentence);
            }
        }
        Some(Value::Present)
    }

    pub(super) fn buffer_policy(&mut self, words: &[Word]) -> Option<Value> {
        let arguments = words.get(1..)?;
        let named = |name: &str| arguments.iter().find(|w| w.text.eq_ignore_ascii_case(name.as_bytes()));
        let (mtu, advert) = (named("MTU"), named("ADVERT"));
        let mut size = None;
        for word in arguments.iter().filter(|w| Some(*w) != mtu && Some(*w) != advert) {
            if int(&word.text, 0, U32).is_ok() {
                size = Some(word);
                continue;
            }
            let sentence = format!(
                "{} is not `MTU`, `ADVERT` or a number of bytes; keepalived passes over the word",
                quote(&word.text)
            );
            self.say(word.span, Kind::BadWord, sentence);
        }
        let policy = mtu.or(advert);
        if let (Some(_), Some(second)) = (mtu, advert) {
            self.say(
                second.span,
                Kind::BadWord,
                "`MTU` and `ADVERT` exclude each other; keepalived takes `MTU`".to_owned(),
            );
        } else if let (Some(_), Some(policy)) = (size, policy) {
            let sentence = "a size and a policy exclude each other; keepalived takes the size".to_owned();
            self.say(policy.span, Kind::BadWord, sentence);
        }
        Some(Value::Present)
    }

    pub(super) fn include_check(&mut self, words: &[Word]) -> Value {
        for (n, word) in words.iter().enumerate().skip(1) {
            let (signed, name) = match &*word.text {
                [b'+' | b'-', name @ ..] => (true, name),
                name => (false, name),
            };
            let why = if !matches!(name, b"read" | b"match" | b"wildcard_match" | b"brace_match") {
                "is not `read`, `match`, `wildcard_match` or `brace_match`"
            } else if n > 1 && !signed {
                "needs a `+` or `-` before it"
            } else {
                continue;
            };
            self.say(word.span, Kind::BadWord, format!("{} {why}; keepalived passes over the word", quote(&word.text)));
        }
        Value::Present
    }

    pub(super) fn init_file(&mut self, words: &[Word]) -> Value {
        let mut number = 0;
        for word in words.iter().skip(1).filter(|w| !w.is("overwrite")) {
            let shown = quote(&word.text);
            match int(&word.text, i64::MIN, i64::MAX) {
                Ok(n) if (-254..=254).contains(&n) => number = n,
                Ok(n) => {
                    number = n;
                    let sentence = format!("{shown} is beyond the 254 that matter; keepalived uses it all the same");
                    self.say(word.span, Kind::BadNumber, sentence);
                }
                Err(_) => {
                    let sentence =
                        format!("{shown} is neither a number nor `overwrite`; keepalived passes over the word");
                    self.say(word.span, Kind::BadWord, sentence);
                }
            }
        }
        Value::Int(number)
    }

    /// Words that mean something, and others that nobody complains of.
    pub(super) fn options(&mut self, words: &[Word], known: &[&str]) -> Value {
        let name = self.keyword.name;
        for word in words.iter().skip(1).filter(|w| !known.iter().any(|k| w.is(k))) {
            let sentence = format!("`{name}` has no {}; keepalived passes over it without a word", quote(&word.text));
            self.say(word.span, Kind::PassedOver, sentence);
        }
        Value::Present
    }

    /// What only the log complains of.
    pub(super) fn logged(&mut self, words: &[Word], numbers: usize) -> Option<Value> {
        let arguments = words.get(1..)?;
        let does = "keepalived passes over the line, and only its log says so";
        let name = self.keyword.name;
        let wanted = numbers.max(1);
        let bad = arguments.iter().take(numbers).find(|w| int(&w.text, 0, i64::MAX).is_err());
        let why = if arguments.len() != wanted {
            format!("`{name}` takes exactly {wanted} word{}", if wanted == 1 { " (put it in quotes)" } else { "s" })
        } else if let Some(word) = bad {
            format!("`{name}` {} is not a whole number", quote(&word.text))
        } else {
            return Some(Value::Present);
        };
        let span = arguments.first()?.span.to(arguments.last()?.span);
        self.say(span, Kind::PassedOver, format!("{why}; {does}"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<Word> {
        texts.iter().map(|t| Word { text: t.as_bytes().into(), span: Span::default() }).collect()
    }

    #[test]
    fn octets_are_pairs_of_digits_between_blanks() {
        let hex = |texts: &[&str], wildcards| hex_octets(&words(texts), wildcards);
        assert_eq!(hex(&["00", "11"], false), Some(vec![(0x00, 0xff), (0x11, 0xff)]));
        assert_eq!(hex(&["a1b2c"], false), Some(vec![(0xa1, 0xff), (0xb2, 0xff), (0x0c, 0xff)]));
        assert_eq!(hex(&["0X", "XX", "f"], true), Some(vec![(0x00, 0xf0), (0x00, 0x00), (0x0f, 0xff)]));
        assert_eq!((hex(&["0X"], false), hex(&["0x00"], false), hex(&[""], false)), (None, None, None));
    }

    #[test]
    fn status_codes_are_numbers_or_ranges() {
        let codes = |s: &str| codes(s.as_bytes(), 100, 599);
        assert_eq!(
            (codes("200"), codes("200-299"), codes("+404")),
            (Some((200, 200)), Some((200, 299)), Some((404, 404)))
        );
        for bad in ["99", "600", "300-200", "200-", "-200", "200,301", ""] {
            assert_eq!(codes(bad), None, "{bad}");
        }
    }

    #[test]
    fn short_netmasks_are_filled_as_c_does() {
        let mask = |s: &str| inet_aton(s).map(|a| a.to_string());
        assert_eq!(mask("255.255.255.0").as_deref(), Some("255.255.255.0"));
        assert_eq!(mask("255.255").as_deref(), Some("255.0.0.255"));
        assert_eq!(mask("24").as_deref(), Some("0.0.0.24"));
        for bad in ["300.0.0.0", "1.2.3.4.5", "", "a", "255.255.256"] {
            assert!(mask(bad).is_none() || bad == "255.255.256", "{bad}");
        }
        assert_eq!(mask("255.255.256").as_deref(), Some("255.255.1.0"));
    }
}
