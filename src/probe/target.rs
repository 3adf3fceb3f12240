//! What to check: `host:port`, `[v6]:port`, a URL, ranges of ports, networks, `@file`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// More targets than this are refused: a typing error in a prefix length should not become a scan of the internet.
pub const MOST: usize = 65_536;

/// A host as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address; a link-local one with its interface.
    Address(IpAddr, Option<String>),
    /// A name, to be resolved.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(a, None) => a.fmt(f),
            Self::Address(a, Some(zone)) => write!(f, "{a}%{zone}"),
            Self::Name(n) => f.write_str(n),
        }
    }
}

/// One thing to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// How it is called in what is printed.
    pub text: String,
    /// The host.
    pub host: Host,
    /// The port, where there is one.
    pub port: Option<u16>,
    /// The scheme of a URL, in lower case.
    pub scheme: Option<String>,
    /// The path of a URL, with its query; begins with a slash.
    pub path: Option<String>,
}

/// Which ports a kind of check has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// None: ICMP.
    None,
    /// It may be named.
    Optional,
    /// It has to be named.
    Named,
    /// This one when none is named.
    Default(u16),
}

/// Why a target cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No port where one is needed.
    #[error("{0}: the port is missing: {0}:80?")]
    NoPort(String),
    /// A port where there is none.
    #[error("{0}: this check has no port")]
    Port(String),
    /// Not a port, or a range that runs backwards.
    #[error("{0}: `{1}` is no port: a number from 1 to 65535, a range 80-90, or several 80,443")]
    BadPort(String, String),
    /// Not a host.
    #[error("{0}: `{1}` is neither an address nor a host name")]
    BadHost(String, String),
    /// A zone where there is none.
    #[error("{0}: an IPv4 address has no zone: --interface says where to go out")]
    Zone(String),
    /// Not a prefix length.
    #[error("{0}: `{1}` is no prefix length of such an address (a page is named by its URL: http://{0})")]
    BadPrefix(String, String),
    /// Too much.
    #[error("{0}: more than {MOST} targets; take a smaller network or range")]
    TooMany(String),
}

/// Reads one argument, which may name many targets, and adds them.
///
/// # Errors
/// When it cannot be understood, or is too much.
pub fn add(argument: &str, ports: Ports, targets: &mut Vec<Target>) -> Result<(), TargetError> {
    let (scheme, rest) = match argument.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, argument),
    };
    let (place, path) = match &scheme {
        Some(_) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (place, path) = rest.split_at(end);
            let path = path.split('#').next().unwrap_or_default();
            let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
            (place, Some(path))
        }
        None => (rest, None),
    };
    let (hosts, written) = split(argument, place)?;
    let numbers = match (written, ports) {
        (Some(_), Ports::None) => return Err(TargetError::Port(argument.into())),
        (None, Ports::None | Ports::Optional) => vec![None],
        (Some(text), _) => port_list(argument, text)?.into_iter().map(Some).collect(),
        (None, Ports::Default(port)) => vec![Some(port)],
        (None, Ports::Named) => match scheme.as_deref() {
            Some("http") => vec![Some(80)],
            Some("https") => vec![Some(443)],
            _ => return Err(TargetError::NoPort(argument.into())),
        },
    };
    let (first, count) = hosts_of(argument, hosts)?;
    if count.saturating_mul(numbers.len()).saturating_add(targets.len()) > MOST {
        return Err(TargetError::TooMany(argument.into()));
    }
    let one = count == 1 && numbers.len() == 1;
    for n in 0..count {
        let host = nth(&first, n);
        for &port in &numbers {
            let text = if one && scheme.is_some() {
                argument.to_owned()
            } else {
                let place = match (&host, port) {
                    (h, None) => h.to_string(),
                    (Host::Address(IpAddr::V6(_), _), Some(p)) => format!("[{host}]:{p}"),
                    (h, Some(p)) => format!("{h}:{p}"),
                };
                match (&scheme, &path) {
                    (Some(scheme), Some(path)) => format!("{scheme}://{place}{path}"),
                    _ => place,
                }
            };
            targets.push(Target { text, host: host.clone(), port, scheme: scheme.clone(), path: path.clone() });
        }
    }
    Ok(())
}

/// The lines of a file of targets: one or several a line, `#` begins a comment.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|l| l.split('#').next().unwrap_or_default().split_whitespace())
}

/// The host part, and the ports as they are written.
fn split<'a>(argument: &str, place: &'a str) -> Result<(&'a str, Option<&'a str>), TargetError> {
    let bad = |what: &str| TargetError::BadHost(argument.into(), what.into());
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| bad(place))?;
        return match after.strip_prefix(':') {
            Some(ports) => Ok((host, Some(ports))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(bad(place)),
        };
    }
    // More than one colon is an IPv6 address without a port.
    match place.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Ok((place, None)),
        Some((host, ports)) => Ok((host, Some(ports))),
        None => Ok((place, None)),
    }
}

fn port_list(argument: &str, text: &str) -> Result<Vec<u16>, TargetError> {
    let mut list = Vec::new();
    for part in text.split(',') {
        let bad = || TargetError::BadPort(argument.into(), part.into());
        let number = |t: &str| t.parse::<u16>().ok().filter(|p| *p > 0).ok_or_else(bad);
        match part.split_once('-') {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to {
                    return Err(bad());
                }
                list.extend(from..=to);
            }
            None => list.push(number(part)?),
        }
        if list.len() > MOST {
            return Err(TargetError::TooMany(argument.into()));
        }
    }
    Ok(list)
}

/// The first host that is meant, and how many follow each other.
fn hosts_of(argument: &str, text: &str) -> Result<(Host, usize), TargetError> {
    if let Some((network, length)) = text.split_once('/') {
        let address: IpAddr = network.parse().map_err(|_| TargetError::BadHost(argument.into(), network.into()))?;
        let bad = || TargetError::BadPrefix(argument.into(), length.into());
        let length: u32 = length.parse().map_err(|_| bad())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let free = u32::checked_sub(bits, length).ok_or_else(bad)?;
        if free > MOST.ilog2() {
            return Err(TargetError::TooMany(argument.into()));
        }
        let count = 1usize << free;
        return Ok(match address {
            IpAddr::V4(a) => {
                let first = a.to_bits() & u32::MAX.checked_shl(free).unwrap_or(0);
                // The network's own address and the broadcast address are no hosts (but RFC 3021).
                if free >= 2 { (v4(first + 1), count - 2) } else { (v4(first), count) }
            }
            IpAddr::V6(a) => {
                let first = a.to_bits() & u128::MAX.checked_shl(free).unwrap_or(0);
                (Host::Address(Ipv6Addr::from_bits(first).into(), None), count)
            }
        });
    }
    let (bare, zone) = match text.split_once('%') {
        Some((bare, zone)) => (bare, Some(zone.to_owned())),
        None => (text, None),
    };
    if let Ok(address) = bare.parse::<IpAddr>() {
        if address.is_ipv4() && zone.is_some() {
            return Err(TargetError::Zone(argument.into()));
        }
        return Ok((Host::Address(address, zone), 1));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // What looks like an address and is none would only be asked of a name server in vain.
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if text.is_empty() || text.len() > 253 || digits || !text.chars().all(name) {
        return Err(TargetError::BadHost(argument.into(), text.into()));
    }
    Ok((Host::Name(text.to_owned()), 1))
}

fn v4(bits: u32) -> Host {
    Host::Address(Ipv4Addr::from_bits(bits).into(), None)
}

fn nth(first: &Host, n: usize) -> Host {
    match first {
        Host::Address(IpAddr::V4(a), None) => v4(a.to_bits() + n as u32),
        Host::Address(IpAddr::V6(a), None) => Host::Address(Ipv6Addr::from_bits(a.to_bits() + n as u128).into(), None),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(argument: &str, ports: Ports) -> Vec<String> {
        let mut list = Vec::new();
        add(argument, ports, &mut list).unwrap_or_else(|e| panic!("{e}"));
        list.into_iter().map(|t| t.text).collect()
    }

    fn refused(argument: &str, ports: Ports) -> String {
        add(argument, ports, &mut Vec::new()).expect_err(argument).to_string()
    }

    #[test]
    fn the_forms_of_a_target() {
        assert_eq!(texts("web1:80", Ports::Named), ["web1:80"]);
        assert_eq!(texts("10.0.0.1:80,443", Ports::Named), ["10.0.0.1:80", "10.0.0.1:443"]);
        assert_eq!(texts("10.0.0.1:80-82", Ports::Named), ["10.0.0.1:80", "10.0.0.1:81", "10.0.0.1:82"]);
        assert_eq!(texts("[2001:db8::1]:80", Ports::Named), ["[2001:db8::1]:80"]);
        assert_eq!(texts("2001:db8::1", Ports::None), ["2001:db8::1"]);
        assert_eq!(texts("fe80::1%eth0", Ports::None), ["fe80::1%eth0"]);
        assert_eq!(texts("2001:db8::1", Ports::Default(25)), ["[2001:db8::1]:25"]);
        assert_eq!(texts("10.0.0.77/30:80", Ports::Named), ["10.0.0.77:80", "10.0.0.78:80"]);
        assert_eq!(texts("10.0.0.77/31", Ports::None), ["10.0.0.76", "10.0.0.77"]);
        assert_eq!(texts("10.0.0.77/32", Ports::None), ["10.0.0.77"]);
        assert_eq!(texts("[2001:db8::3/127]:80", Ports::Named), ["[2001:db8::2]:80", "[2001:db8::3]:80"]);
        assert_eq!(texts("10.0.0.0/16", Ports::None).len(), 65_534);
    }

    #[test]
    fn a_url_is_a_target_with_a_path() {
        let mut list = Vec::new();
        add("HTTP://www.example.org?a=1#top", Ports::Default(80), &mut list).unwrap();
        let t = &list[0];
        assert_eq!((t.scheme.as_deref(), t.path.as_deref(), t.port), (Some("http"), Some("/?a=1"), Some(80)));
        assert_eq!(t.host, Host::Name("www.example.org".into()));
        assert_eq!(t.text, "HTTP://www.example.org?a=1#top");
        assert_eq!(
            texts("https://10.0.0.1:8443-8444/up", Ports::Default(443)),
            ["https://10.0.0.1:8443/up", "https://10.0.0.1:8444/up"]
        );
    }

    #[test]
    fn what_is_no_target_is_said() {
        assert_eq!(refused("web1", Ports::Named), "web1: the port is missing: web1:80?");
        assert_eq!(refused("10.0.0.1:80", Ports::None), "10.0.0.1:80: this check has no port");
        for port in ["0", "65536", "9-8", "", "80,", "x"] {
            assert!(refused(&format!("a:{port}"), Ports::Named).contains("is no port"), "{port}");
        }
        for host in ["", "10.0.0", "300.1.1.1", "a b", "[::1"] {
            assert!(refused(host, Ports::None).contains("neither an address nor a host name"), "{host}");
        }
        for target in ["127.0.0.1%nosuch:80", "127.0.0.1%lo:80", "127.0.0.1%:80"] {
            let sentence = format!("{target}: an IPv4 address has no zone: --interface says where to go out");
            assert_eq!(refused(target, Ports::Named), sentence);
        }
        assert_eq!(
            refused("10.0.0.0/33", Ports::None),
            "10.0.0.0/33: `33` is no prefix length of such an address (a page is named by its URL: http://10.0.0.0/33)"
        );
        assert!(refused("10.0.0.0/8", Ports::None).contains("more than 65536 targets"));
        assert!(refused("10.0.0.0/24:1-1000", Ports::Named).contains("more than 65536 targets"));
        assert!(refused("::/0", Ports::None).contains("more than 65536 targets"));
    }

    #[test]
    fn a_file_has_words_and_comments() {
        assert_eq!(words("a:1 b:2 # c\n\n#d\n e:3").collect::<Vec<_>>(), ["a:1", "b:2", "e:3"]);
    }
}
