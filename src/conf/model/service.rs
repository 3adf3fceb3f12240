//! Virtual servers, their real servers, and how these are checked.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{Notify, Set};
use crate::conf::source::{Span, Spanned};
use crate::wire::auth::Secret;

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

impl Family {
    /// That of an address.
    pub const fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Inet } else { Self::Inet6 }
    }

    /// As it is said.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inet => "IPv4",
            Self::Inet6 => "IPv6",
        }
    }
}

/// How packets get to a real server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forwarding {
    /// `NAT`: through this node both ways.
    #[default]
    Nat,
    /// `DR`: with the server's link-layer address.
    Dr,
    /// `TUN`: in a tunnel.
    Tun,
}

impl Forwarding {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nat => "NAT",
            Self::Dr => "DR",
            Self::Tun => "TUN",
        }
    }
}

/// `type` of a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tunnel {
    /// `ipip`.
    #[default]
    Ipip,
    /// `gue`, which has a port.
    Gue,
    /// `gre`.
    Gre,
}

/// Checksum of a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// `nocsum`.
    #[default]
    None,
    /// `csum`.
    Full,
    /// `remcsum`.
    Remote,
}

/// `lb_kind` or `lvs_method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Method {
    /// How packets are forwarded.
    pub forwarding: Forwarding,
    /// The tunnel's type.
    pub tunnel: Tunnel,
    /// The tunnel's port; 0 for none.
    pub port: u16,
    /// The tunnel's checksum.
    pub checksum: Checksum,
}

/// `protocol` of a virtual server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `TCP`.
    Tcp,
    /// `UDP`.
    Udp,
    /// `SCTP`.
    Sctp,
}

impl Protocol {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

/// What a virtual server serves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// An address, and a port that is 0 for any.
    Address(IpAddr, u16),
    /// Packets with a mark.
    Mark(u32),
    /// What a `virtual_server_group` of this name lists.
    Group(String),
}

/// `persistence_granularity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// A netmask of IPv4.
    Mask(Ipv4Addr),
    /// A prefix length of IPv6.
    Length(u8),
}

/// What virtual servers, real servers and checkers can say, each for what is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// `retry`: how often to try again before a server counts as down.
    pub retry: Set<u32>,
    /// `delay_before_retry`.
    pub delay_before_retry: Set<Duration>,
    /// `warmup`: the first check comes after a random part of it.
    pub warmup: Set<Duration>,
    /// `connect_timeout`.
    pub connect_timeout: Set<Duration>,
    /// `delay_loop`: from one check to the next.
    pub delay_loop: Set<Duration>,
}

/// `sorry_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SorryServer {
    /// Where the line is.
    pub span: Span,
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 for that of the virtual server.
    pub port: u16,
    /// `sorry_server_inhibit`.
    pub inhibit: Set<bool>,
    /// `sorry_server_lvs_method`.
    pub method: Set<Method>,
}

/// `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualServer {
    /// Where its first line is.
    pub span: Span,
    /// What it serves.
    pub service: Service,
    /// `ip_family`.
    pub family: Set<Family>,
    /// Defaults of its real servers and their checkers.
    pub timing: Timing,
    /// `inhibit_on_failure`.
    pub inhibit: Set<bool>,
    /// `lb_algo` or `lvs_sched`.
    pub scheduler: Set<String>,
    /// `ops`, `flag-1`, `sh-port` and so on, those that have an effect.
    pub flags: Vec<Spanned<&'static str>>,
    /// `lb_kind` or `lvs_method`.
    pub method: Set<Method>,
    /// `persistence_engine`.
    pub persistence_engine: Set<String>,
    /// `persistence_timeout`.
    pub persistence_timeout: Set<Duration>,
    /// `persistence_granularity`.
    pub granularity: Set<Granularity>,
    /// `protocol`.
    pub protocol: Set<Protocol>,
    /// `ha_suspend`.
    pub ha_suspend: Set<bool>,
    /// `smtp_alert`.
    pub smtp_alert: Set<bool>,
    /// `virtualhost`.
    pub virtual_host: Set<String>,
    /// `snmp_name`.
    pub snmp_name: Set<String>,
    /// `alpha`.
    pub alpha: Set<bool>,
    /// `omega`.
    pub omega: Set<bool>,
    /// `quorum_up` and `quorum_down`.
    pub notify: Vec<Notify>,
    /// `quorum`.
    pub quorum: Set<u32>,
    /// `hysteresis`.
    pub hysteresis: Set<u32>,
    /// `weight`.
    pub weight: Set<u32>,
    /// `sorry_server`.
    pub sorry: Option<SorryServer>,
    /// `real_server`, in order.
    pub servers: Vec<RealServer>,
}

impl VirtualServer {
    pub(super) fn new(span: Span, service: Service) -> Self {
        Self {
            span,
            service,
            family: None,
            timing: Timing::default(),
            inhibit: None,
            scheduler: None,
            flags: Vec::new(),
            method: None,
            persistence_engine: None,
            persistence_timeout: None,
            granularity: None,
            protocol: None,
            ha_suspend: None,
            smtp_alert: None,
            virtual_host: None,
            snmp_name: None,
            alpha: None,
            omega: None,
            notify: Vec::new(),
            quorum: None,
            hysteresis: None,
            weight: None,
            sorry: None,
            servers: Vec::new(),
        }
    }
}

/// `real_server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealServer {
    /// Where its first line is.
    pub span: Span,
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 for that of the virtual server.
    pub port: u16,
    /// `weight`.
    pub weight: Set<u32>,
    /// `lvs_method`.
    pub method: Set<Method>,
    /// `uthreshold`.
    pub upper_threshold: Set<u32>,
    /// `lthreshold`.
    pub lower_threshold: Set<u32>,
    /// `inhibit_on_failure`.
    pub inhibit: Set<bool>,
    /// `notify_up` and `notify_down`.
    pub notify: Vec<Notify>,
    /// `alpha`.
    pub alpha: Set<bool>,
    /// Defaults of its checkers.
    pub timing: Timing,
    /// `smtp_alert`.
    pub smtp_alert: Set<bool>,
    /// `virtualhost`.
    pub virtual_host: Set<String>,
    /// `snmp_name`.
    pub snmp_name: Set<String>,
    /// Its checkers, in order.
    pub checkers: Vec<Checker>,
}

/// A checker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checker {
    /// Where its first line is.
    pub span: Span,
    /// Its timing; of no use to `FILE_CHECK` and `BFD_CHECK`, which have none.
    pub timing: Timing,
    /// `alpha`.
    pub alpha: Set<bool>,
    /// `log_all_failures`.
    pub log_all_failures: Set<bool>,
    /// What it does.
    pub check: Check,
}

/// What a checker does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `TCP_CHECK`.
    Tcp(Connect),
    /// `PING_CHECK`.
    Ping(Connect),
    /// `UDP_CHECK`.
    Udp(UdpCheck),
    /// `SMTP_CHECK`.
    Smtp(SmtpCheck),
    /// `DNS_CHECK`.
    Dns(DnsCheck),
    /// `HTTP_GET` or `SSL_GET`.
    Http(HttpCheck),
    /// `MISC_CHECK`.
    Misc(MiscCheck),
    /// `FILE_CHECK`.
    File(FileCheck),
    /// `BFD_CHECK`.
    Bfd(BfdCheck),
}

impl Check {
    /// The keyword.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "TCP_CHECK",
            Self::Ping(_) => "PING_CHECK",
            Self::Udp(_) => "UDP_CHECK",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns(_) => "DNS_CHECK",
            Self::Http(HttpCheck { tls: false, .. }) => "HTTP_GET",
            Self::Http(_) => "SSL_GET",
            Self::Misc(_) => "MISC_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }

    /// Where it connects to, if it connects.
    pub const fn connect(&self) -> Option<&Connect> {
        match self {
            Self::Tcp(c) | Self::Ping(c) => Some(c),
            Self::Udp(c) => Some(&c.connect),
            Self::Smtp(c) => Some(&c.connect),
            Self::Dns(c) => Some(&c.connect),
            Self::Http(c) => Some(&c.connect),
            Self::Misc(_) | Self::File(_) | Self::Bfd(_) => None,
        }
    }
}

/// Where a checker connects to and from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// `connect_ip`.
    pub address: Set<IpAddr>,
    /// `connect_port`.
    pub port: Set<u16>,
    /// `bindto`.
    pub bind: Set<IpAddr>,
    /// `bind_port`.
    pub bind_port: Set<u16>,
    /// `bind_if`.
    pub interface: Set<String>,
    /// `fwmark`.
    pub mark: Set<u32>,
}

/// `UDP_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UdpCheck {
    /// Where to.
    pub connect: Connect,
    /// `payload`.
    pub payload: Set<Vec<u8>>,
    /// `require_reply`: each octet with the bits of it that count; empty for any answer.
    pub reply: Set<Vec<(u8, u8)>>,
    /// `min_reply_length`.
    pub min_reply: Set<u32>,
    /// `max_reply_length`.
    pub max_reply: Set<u32>,
}

/// `SMTP_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmtpCheck {
    /// Where to.
    pub connect: Connect,
    /// `helo_name`.
    pub helo: Set<String>,
    /// `host`: more servers, each a check of its own.
    pub hosts: Vec<SmtpHost>,
}

/// `host` of `SMTP_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmtpHost {
    /// Where its first line is.
    pub span: Span,
    /// Where to.
    pub connect: Connect,
    /// Its timing.
    pub timing: Timing,
    /// `alpha`.
    pub alpha: Set<bool>,
    /// `log_all_failures`.
    pub log_all_failures: Set<bool>,
}

/// `DNS_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsCheck {
    /// Where to.
    pub connect: Connect,
    /// `type`.
    pub record: Set<String>,
    /// `name`.
    pub name: Set<String>,
}

/// `http_protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// `1.0`.
    #[default]
    V1_0,
    /// `1.0C`: with `Connection: close`.
    V1_0Close,
    /// `1.1`.
    V1_1,
}

impl HttpVersion {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_0Close => "1.0C",
            Self::V1_1 => "1.1",
        }
    }
}

/// `HTTP_GET` or `SSL_GET`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpCheck {
    /// Whether it is `SSL_GET`.
    pub tls: bool,
    /// Where to.
    pub connect: Connect,
    /// `virtualhost`.
    pub virtual_host: Set<String>,
    /// `http_protocol`.
    pub version: Set<HttpVersion>,
    /// `enable_sni`.
    pub sni: Set<bool>,
    /// `sni_name`; empty for that of the virtual host.
    pub sni_name: Set<String>,
    /// `fast_recovery`.
    pub fast_recovery: Set<bool>,
    /// `tls_compliant`.
    pub tls_compliant: Set<bool>,
    /// `url`, those with a path.
    pub urls: Vec<Url>,
}

/// `url` of `HTTP_GET` or `SSL_GET`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// Where its first line is.
    pub span: Span,
    /// `path`.
    pub path: Set<String>,
    /// `digest`: MD5 of the body in hexadecimal digits.
    pub digest: Set<String>,
    /// `status_code`: the first and last of each range.
    pub codes: Vec<Spanned<(u16, u16)>>,
    /// `virtualhost`.
    pub virtual_host: Set<String>,
    /// `regex`.
    pub regex: Set<String>,
    /// `regex_no_match`.
    pub regex_no_match: Set<bool>,
    /// `regex_options`.
    pub regex_options: Vec<Spanned<String>>,
    /// `regex_min_offset`.
    pub regex_min_offset: Set<u64>,
    /// `regex_max_offset`.
    pub regex_max_offset: Set<u64>,
    /// `tls_compliant`.
    pub tls_compliant: Set<bool>,
}

/// `MISC_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MiscCheck {
    /// `misc_path`: the command, with its arguments.
    pub command: Set<String>,
    /// `misc_timeout`.
    pub timeout: Set<Duration>,
    /// `misc_dynamic`.
    pub dynamic: Set<bool>,
    /// `user`: user and group.
    pub user: Set<Vec<String>>,
}

/// `FILE_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCheck {
    /// `track_file`: the name of one.
    pub file: Set<String>,
    /// `weight`.
    pub weight: Set<i32>,
    /// `weight`'s `reverse`.
    pub reverse: bool,
}

/// `BFD_CHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BfdCheck {
    /// `name`: that of a `bfd_instance`.
    pub name: Set<String>,
}

/// `virtual_server_group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGroup {
    /// Its name.
    pub name: Spanned<String>,
    /// Its entries.
    pub entries: Vec<Spanned<GroupEntry>>,
}

impl ServerGroup {
    /// Its addresses with their ports.
    pub fn addresses(&self) -> impl Iterator<Item = (IpAddr, IpAddr, u16)> {
        self.entries.iter().filter_map(|e| match e.value {
            GroupEntry::Addresses { first, last, port } => Some((first, last, port)),
            GroupEntry::Mark { .. } => None,
        })
    }

    /// Whether marks are among its entries.
    pub fn has_marks(&self) -> bool {
        self.entries.iter().any(|e| matches!(e.value, GroupEntry::Mark { .. }))
    }
}

/// An entry of `virtual_server_group`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEntry {
    /// Addresses from the first to the last, often one.
    Addresses {
        /// The first.
        first: IpAddr,
        /// The last.
        last: IpAddr,
        /// The port; 0 for any.
        port: u16,
    },
    /// Packets with a mark.
    Mark {
        /// The mark.
        mark: u32,
        /// `inet` or `inet6`.
        family: Option<Family>,
    },
}

/// `SSL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ssl {
    /// Where the block is.
    pub span: Span,
    /// `password`.
    pub password: Set<Secret>,
    /// `ca`.
    pub ca: Set<String>,
    /// `certificate`.
    pub certificate: Set<String>,
    /// `key`: a path.
    pub key: Set<String>,
}
