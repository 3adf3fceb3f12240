//! Upstreams, what is passed to them, and listens. Nothing else is kept.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::tree::Directive;

/// A line of a file, by its place in [`Nginx::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The file.
    pub file: usize,
    /// The line, from 1.
    pub line: u32,
}

/// What is kept of a configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nginx {
    /// All files that it is made of, in the order that nginx reads them.
    pub files: Vec<String>,
    /// Upstreams, in order.
    pub upstreams: Vec<Upstream>,
    /// What passes requests on, in order.
    pub passes: Vec<Pass>,
    /// What it listens on, in order.
    pub listens: Vec<Listen>,
}

/// What kind of traffic it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// `http`
    Http,
    /// `stream`
    Stream,
    /// `mail`
    Mail,
}

/// `upstream`
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub area: Area,
    /// Where it begins.
    pub spot: Spot,
    /// How one is chosen: `round robin` where nothing is said.
    pub method: String,
    /// Its servers, in order.
    pub servers: Vec<UpstreamServer>,
    /// `keepalive`: idle connections that each worker keeps.
    pub keepalive: Option<(u32, Spot)>,
    /// `keepalive_timeout`
    pub keepalive_timeout: Said<Duration>,
    /// `keepalive_requests`
    pub keepalive_requests: Said<u64>,
}

/// A value, and whether it is written or holds by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Whether it is written.
    pub written: bool,
}

impl<T> Said<T> {
    const fn default(value: T) -> Self {
        Self { value, written: false }
    }
}

/// `server` in an upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamServer {
    /// Where.
    pub peer: Peer,
    /// Where it is written.
    pub spot: Spot,
    /// `weight`
    pub weight: Said<u32>,
    /// `max_fails`: failures within `fail_timeout` that take it out; 0 for never.
    pub max_fails: Said<u32>,
    /// `fail_timeout`: also for how long it is out then.
    pub fail_timeout: Said<Duration>,
    /// `max_conns`; 0 for any number.
    pub max_conns: u32,
    /// `backup`
    pub backup: bool,
    /// `down`
    pub down: bool,
    /// `resolve`: its name is asked for again while nginx runs.
    pub resolve: bool,
}

/// Where connections go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address or name with a port.
    Host(String, u16),
    /// A socket of this host.
    Unix(String),
    /// Something that is only known when a request comes.
    Variable(String),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Variable(text) => f.write_str(text),
        }
    }
}

/// `proxy_pass` and its like.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The directive.
    pub directive: String,
    /// Whose it is.
    pub area: Area,
    /// Where it is written.
    pub spot: Spot,
    /// Through TLS.
    pub tls: bool,
    /// Over UDP: its server listens so.
    pub udp: bool,
    /// Where it goes.
    pub to: To,
    /// What holds there.
    pub settings: Settings,
}

impl Pass {
    /// What it speaks: `proxy`, `grpc`, `fastcgi`, `uwsgi`, `scgi`, `memcached`.
    pub fn protocol(&self) -> &str {
        self.directive.strip_suffix("_pass").unwrap_or(&self.directive)
    }
}

/// Where a pass goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To the upstream of this place.
    Upstream(usize),
    /// Directly.
    Peer(Peer),
}

/// What passes speak, and how the names of their settings begin.
const PROTOCOLS: [&str; 6] = ["proxy", "grpc", "fastcgi", "uwsgi", "scgi", "memcached"];

/// What holds for a pass. The names are those of `proxy_pass`; the others have the same under their own prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `proxy_http_version`; nothing where it is not said.
    pub version: Option<String>,
    /// What is sent as `Connection`; nothing where it is not said.
    pub connection: Option<String>,
    /// `fastcgi_keep_conn`
    pub keep_conn: bool,
    /// `proxy_connect_timeout`
    pub connect_timeout: Duration,
    /// `proxy_read_timeout`, of streams `proxy_timeout`
    pub read_timeout: Duration,
    /// `proxy_next_upstream`
    pub next_upstream: String,
    /// `proxy_next_upstream_tries`; 0 for all
    pub tries: u32,
    /// `proxy_next_upstream_timeout`; none for no limit
    pub next_timeout: Duration,
    /// `proxy_ssl_server_name`
    pub server_name: bool,
    /// `proxy_ssl_name`
    pub tls_name: Option<String>,
}

/// `listen`
#[derive(Clone, Debug, PartialEq)]
pub struct Listen {
    /// Whose it is.
    pub area: Area,
    /// Where it is written; nothing for the one that an `http` server has by default.
    pub spot: Spot,
    /// Where it listens.
    pub at: At,
    /// Over UDP, or QUIC.
    pub udp: bool,
    /// Through TLS.
    pub tls: bool,
    /// It takes part in a socket of its own, even beside a wildcard of the same port.
    pub binds: bool,
    /// Of the wildcard `[::]`: IPv4 too.
    pub both: bool,
    /// `proxy_protocol`
    pub proxy_protocol: bool,
}

/// Where nginx listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// An address, unspecified for any of its family.
    Address(IpAddr, u16),
    /// A name, which nginx resolves when it starts.
    Name(String, u16),
    /// A socket.
    Unix(String),
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(IpAddr::V4(a), port) => write!(f, "{a}:{port}"),
            Self::Address(IpAddr::V6(a), port) => write!(f, "[{a}]:{port}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// What a level hands down.
#[derive(Clone)]
struct Level {
    area: Area,
    /// Of each protocol.
    settings: [Settings; PROTOCOLS.len()],
    udp: bool,
}

impl Level {
    fn of(area: Area) -> Self {
        let stream = area == Area::Stream;
        let settings = Settings {
            version: None,
            connection: None,
            keep_conn: false,
            connect_timeout: Duration::from_mins(1),
            read_timeout: if stream { Duration::from_mins(10) } else { Duration::from_mins(1) },
            next_upstream: if stream { "on".to_owned() } else { "error timeout".to_owned() },
            tries: 0,
            next_timeout: Duration::ZERO,
            server_name: false,
            tls_name: None,
        };
        Self { area, udp: false, settings: std::array::from_fn(|_| settings.clone()) }
    }
}

pub(super) fn build(all: &[Directive], files: Vec<String>) -> Nginx {
    let mut nginx = Nginx { files, ..Nginx::default() };
    let areas = [("http", Area::Http), ("stream", Area::Stream), ("mail", Area::Mail)];
    // An upstream may be used before it is written.
    for (block, area) in areas.iter().flat_map(|(name, area)| blocks(all, name).map(move |b| (b, *area))) {
        nginx.upstreams.extend(blocks_of(block, "upstream").filter_map(|d| upstream(d, area)));
    }
    for (name, area) in areas {
        for block in blocks(all, name) {
            let level = inherit(&Level::of(area), block);
            for server in blocks_of(block, "server") {
                let inner = server.block.as_deref().unwrap_or_default();
                let before = nginx.listens.len();
                nginx.listens.extend(inner.iter().filter(|d| d.name == "listen").filter_map(|d| listen(d, area)));
                if area == Area::Http && nginx.listens.len() == before {
                    let any = At::Address(IpAddr::from([0, 0, 0, 0]), 80);
                    nginx.listens.push(Listen { at: any, ..bare(area, server.spot) });
                }
                let udp = area == Area::Stream && nginx.listens[before..].iter().any(|l| l.udp);
                passes(&mut nginx, &Level { udp, ..level.clone() }, inner);
            }
        }
    }
    nginx
}

fn blocks<'a>(all: &'a [Directive], name: &'a str) -> impl Iterator<Item = &'a [Directive]> + 'a {
    all.iter().filter(move |d| d.name == name).filter_map(|d| d.block.as_deref())
}

fn blocks_of<'a>(all: &'a [Directive], name: &'a str) -> impl Iterator<Item = &'a Directive> + 'a {
    all.iter().filter(move |d| d.name == name && d.block.is_some())
}

/// `1m`, `500ms`, `30`: nginx takes a bare number for seconds.
pub(super) fn time(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let tail = &rest[digits..];
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let seconds = match &tail[..letters] {
            "ms" => {
                total = total.checked_add(Duration::from_millis(number))?;
                rest = &tail[letters..];
                continue;
            }
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            "M" => 2_592_000,
            "y" => 31_536_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_secs(number.checked_mul(seconds)?))?;
        rest = tail[letters..].trim_start();
    }
    (!text.is_empty()).then_some(total)
}

fn upstream(d: &Directive, area: Area) -> Option<Upstream> {
    let inner = d.block.as_deref()?;
    let mut u = Upstream {
        name: d.arguments.first()?.clone(),
        area,
        spot: d.spot,
        method: "round robin".to_owned(),
        servers: Vec::new(),
        keepalive: None,
        keepalive_timeout: Said::default(Duration::from_mins(1)),
        keepalive_requests: Said::default(1000),
    };
    for d in inner {
        let first = d.arguments.first().map(String::as_str);
        match (d.name.as_str(), first) {
            ("server", Some(address)) => u.servers.push(upstream_server(d, address)),
            ("least_conn" | "ip_hash" | "random" | "least_time", _) => u.method.clone_from(&d.name),
            ("hash", Some(key)) => u.method = format!("hash {key}"),
            ("keepalive", Some(n)) => u.keepalive = n.parse().ok().filter(|n| *n > 0).map(|n| (n, d.spot)),
            ("keepalive_timeout", Some(t)) => {
                if let Some(value) = time(t) {
                    u.keepalive_timeout = Said { value, written: true };
                }
            }
            ("keepalive_requests", Some(n)) => {
                if let Ok(value) = n.parse() {
                    u.keepalive_requests = Said { value, written: true };
                }
            }
            _ => {}
        }
    }
    Some(u)
}

fn upstream_server(d: &Directive, address: &str) -> UpstreamServer {
    let mut s = UpstreamServer {
        peer: peer(address, 80),
        spot: d.spot,
        weight: Said::default(1),
        max_fails: Said::default(1),
        fail_timeout: Said::default(Duration::from_secs(10)),
        max_conns: 0,
        backup: false,
        down: false,
        resolve: false,
    };
    let number = |said: &mut Said<u32>, text: &str| {
        if let Ok(value) = text.parse() {
            *said = Said { value, written: true };
        }
    };
    for word in d.arguments.iter().skip(1) {
        match word.split_once('=') {
            Some(("weight", n)) => number(&mut s.weight, n),
            Some(("max_fails", n)) => number(&mut s.max_fails, n),
            Some(("max_conns", n)) => s.max_conns = n.parse().unwrap_or(0),
            Some(("fail_timeout", t)) => {
                if let Some(value) = time(t) {
                    s.fail_timeout = Said { value, written: true };
                }
            }
            None if word == "backup" => s.backup = true,
            None if word == "down" => s.down = true,
            None if word == "resolve" => s.resolve = true,
            _ => {}
        }
    }
    s
}

/// `host`, `host:port`, `[v6]:port`, `unix:/path`; with variables it cannot be known.
fn peer(text: &str, port: u16) -> Peer {
    if let Some(path) = text.strip_prefix("unix:") {
        // Behind a second colon a URI follows.
        return Peer::Unix(path.split(':').next().unwrap_or_default().to_owned());
    }
    if text.contains('$') {
        return Peer::Variable(text.to_owned());
    }
    let split = match text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = split.1.and_then(|p| p.parse().ok()).unwrap_or(port);
    Peer::Host(split.0.to_owned(), port)
}

/// The settings of a level under those of the one around it.
fn inherit(outer: &Level, inner: &[Directive]) -> Level {
    let mut level = outer.clone();
    for (protocol, s) in PROTOCOLS.iter().zip(&mut level.settings) {
        let own = inner.iter().filter_map(|d| Some((d.name.strip_prefix(protocol)?.strip_prefix('_')?, d)));
        // Headers are handed down as a whole, and only where none is set.
        if own.clone().any(|(key, _)| key == "set_header") {
            s.connection = None;
        }
        for (key, d) in own {
            let Some(first) = d.arguments.first() else { continue };
            let until = |t: &mut Duration| *t = time(first).unwrap_or(*t);
            match key {
                "http_version" => s.version = Some(first.clone()),
                "set_header" if first.eq_ignore_ascii_case("connection") => {
                    s.connection = Some(d.arguments.get(1).cloned().unwrap_or_default());
                }
                "keep_conn" => s.keep_conn = first == "on",
                "connect_timeout" => until(&mut s.connect_timeout),
                "read_timeout" if level.area == Area::Http => until(&mut s.read_timeout),
                "timeout" if level.area == Area::Stream => until(&mut s.read_timeout),
                "next_upstream" => s.next_upstream = d.arguments.join(" "),
                "next_upstream_tries" => s.tries = first.parse().unwrap_or(s.tries),
                "next_upstream_timeout" => until(&mut s.next_timeout),
                "ssl_server_name" => s.server_name = first == "on",
                "ssl_name" => s.tls_name = Some(first.clone()),
                _ => {}
            }
        }
    }
    level
}

fn passes(nginx: &mut Nginx, outer: &Level, inner: &[Directive]) {
    let level = inherit(outer, inner);
    let through_tls = inner.iter().any(|d| d.name == "proxy_ssl" && d.arguments.first().is_some_and(|a| a == "on"));
    for d in inner {
        let protocol = d.name.strip_suffix("_pass").and_then(|name| PROTOCOLS.iter().position(|p| *p == name));
        if let (Some(protocol), Some(target)) = (protocol, d.arguments.first()) {
            let (scheme, rest) = target.split_once("://").unwrap_or(("", target));
            let tls = matches!(scheme, "https" | "grpcs" | "suwsgi") || (level.area == Area::Stream && through_tls);
            let unix = rest.starts_with("unix:");
            // A URI behind the host is not part of it.
            let place = if unix { rest } else { rest.split(['/', '?']).next().unwrap_or(rest) };
            let named = |u: &Upstream| u.area == level.area && u.name.eq_ignore_ascii_case(place);
            let to = match nginx.upstreams.iter().position(named) {
                Some(n) => To::Upstream(n),
                None => To::Peer(peer(place, if tls { 443 } else { 80 })),
            };
            nginx.passes.push(Pass {
                directive: d.name.clone(),
                area: level.area,
                spot: d.spot,
                tls,
                udp: level.udp,
                to,
                settings: level.settings[protocol].clone(),
            });
        }
        if let (Some(block), "location" | "if" | "limit_except") = (&d.block, d.name.as_str()) {
            passes(nginx, &level, block);
        }
    }
}

fn bare(area: Area, spot: Spot) -> Listen {
    Listen {
        area,
        spot,
        at: At::Unix(String::new()),
        udp: false,
        tls: false,
        binds: false,
        both: false,
        proxy_protocol: false,
    }
}

fn listen(d: &Directive, area: Area) -> Option<Listen> {
    let address = d.arguments.first()?;
    let at = if let Some(path) = address.strip_prefix("unix:") {
        At::Unix(path.to_owned())
    } else if let Ok(port) = address.parse() {
        At::Address(IpAddr::from([0, 0, 0, 0]), port)
    } else {
        match peer(address, 80) {
            Peer::Host(host, port) if host == "*" => At::Address(IpAddr::from([0, 0, 0, 0]), port),
            Peer::Host(host, port) => host.parse().map_or(At::Name(host, port), |a| At::Address(a, port)),
            Peer::Unix(_) | Peer::Variable(_) => return None,
        }
    };
    let mut l = Listen { at, ..bare(area, d.spot) };
    for word in d.arguments.iter().skip(1) {
        match word.split('=').next().unwrap_or_default() {
            "udp" | "quic" => l.udp = true,
            "ssl" => l.tls = true,
            "proxy_protocol" => l.proxy_protocol = true,
            "ipv6only" => {
                l.both = word == "ipv6only=off" && l.at == At::Address(Ipv6Addr::UNSPECIFIED.into(), port(&l.at));
                l.binds = true;
            }
            "bind" | "backlog" | "rcvbuf" | "sndbuf" | "accept_filter" | "deferred" | "reuseport" | "so_keepalive"
            | "setfib" | "fastopen" => l.binds = true,
            _ => {}
        }
    }
    Some(l)
}

const fn port(at: &At) -> u16 {
    match at {
        At::Address(_, port) | At::Name(_, port) => *port,
        At::Unix(_) => 0,
    }
}
