//! What keepalived knows: one row a keyword, with what follows it, what keepalived makes of mistakes, and a word for people.
//!
//! The rows are in the files beside this one, by the blocks they stand in. Blocks that share keywords share their rows.
//! The parser, the hints for misspelt words, `hactl explain keyword` and `docs/keywords.md` are all made from here.

mod check;
mod entry;
mod global;
mod text;
mod vrrp;

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

#[allow(clippy::enum_glob_use, reason = "a table of places reads better without the name of the enum")]
use Place::*;

pub(super) use check::RECORDS;
pub(super) use text::plain;

use super::Version;

macro_rules! places {
    ($($(#[$doc:meta])+ $name:ident $shown:literal [$($path:literal)+],)+) => {
        /// Where keywords stand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Place { $($(#[$doc])+ $name,)+ }

        impl Place {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The block's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $shown,)+ }
            }

            /// The blocks, each with those around it: `vrrp_instance/authentication`. Some have two names.
            pub const fn paths(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($path),+],)+ }
            }
        }
    };
}

places! {
    /// Outside all blocks.
    Top "the top level" ["(top)"],
    /// `global_defs`.
    GlobalDefs "global_defs" ["global_defs"],
    /// `vrrp_instance`.
    Instance "vrrp_instance" ["vrrp_instance"],
    /// `authentication` in an instance.
    Authentication "authentication" ["vrrp_instance/authentication"],
    /// `auth_hmac` in an instance.
    AuthHmac "auth_hmac" ["vrrp_instance/auth_hmac"],
    /// `vrrp_sync_group`.
    SyncGroup "vrrp_sync_group" ["vrrp_sync_group"],
    /// `vrrp_script`.
    Script "vrrp_script" ["vrrp_script"],
    /// `vrrp_track_process`.
    TrackProcess "vrrp_track_process" ["vrrp_track_process"],
    /// `track_file`.
    TrackFile "track_file" ["track_file" "vrrp_track_file"],
    /// `bfd_instance`.
    Bfd "bfd_instance" ["bfd_instance"],
    /// `track_group`.
    TrackGroup "track_group" ["track_group"],
    /// `garp_group`.
    GarpGroup "garp_group" ["garp_group"],
    /// `virtual_server`.
    VirtualServer "virtual_server" ["virtual_server"],
    /// `real_server` in a virtual server.
    RealServer "real_server" ["virtual_server/real_server"],
    /// `HTTP_GET` of a real server.
    HttpGet "HTTP_GET" ["virtual_server/real_server/HTTP_GET"],
    /// `url` of `HTTP_GET`.
    HttpUrl "url" ["virtual_server/real_server/HTTP_GET/url"],
    /// `SSL_GET` of a real server.
    SslGet "SSL_GET" ["virtual_server/real_server/SSL_GET"],
    /// `url` of `SSL_GET`.
    SslUrl "url" ["virtual_server/real_server/SSL_GET/url"],
    /// `TCP_CHECK` of a real server.
    TcpCheck "TCP_CHECK" ["virtual_server/real_server/TCP_CHECK"],
    /// `UDP_CHECK` of a real server.
    UdpCheck "UDP_CHECK" ["virtual_server/real_server/UDP_CHECK"],
    /// `PING_CHECK` of a real server.
    PingCheck "PING_CHECK" ["virtual_server/real_server/PING_CHECK"],
    /// `SMTP_CHECK` of a real server.
    SmtpCheck "SMTP_CHECK" ["virtual_server/real_server/SMTP_CHECK"],
    /// `host` of `SMTP_CHECK`.
    SmtpHost "host" ["virtual_server/real_server/SMTP_CHECK/host"],
    /// `DNS_CHECK` of a real server.
    DnsCheck "DNS_CHECK" ["virtual_server/real_server/DNS_CHECK"],
    /// `MISC_CHECK` of a real server.
    MiscCheck "MISC_CHECK" ["virtual_server/real_server/MISC_CHECK"],
    /// `FILE_CHECK` of a real server.
    FileCheck "FILE_CHECK" ["virtual_server/real_server/FILE_CHECK"],
    /// `BFD_CHECK` of a real server.
    BfdCheck "BFD_CHECK" ["virtual_server/real_server/BFD_CHECK"],
    /// `SSL`.
    Ssl "SSL" ["SSL"],
    /// Wherever a line can begin.
    Anywhere "any place" ["(top)"],
    /// Entries of `virtual_server_group`.
    ServerGroup "virtual_server_group" ["virtual_server_group"],
    /// Entries of an instance's addresses.
    VirtualAddresses "virtual_ipaddress" ["vrrp_instance/virtual_ipaddress" "vrrp_instance/virtual_ipaddress_excluded"],
    /// Entries of `static_ipaddress`.
    StaticAddresses "static_ipaddress" ["static_ipaddress"],
    /// Entries of `unicast_peer`.
    Peers "unicast_peer" ["vrrp_instance/unicast_peer"],
    /// Entries of `track_interface`.
    TrackedInterfaces "track_interface" ["vrrp_instance/track_interface" "vrrp_sync_group/track_interface"],
    /// Entries of `track_script`.
    TrackedScripts "track_script" ["vrrp_instance/track_script" "vrrp_sync_group/track_script"],
    /// Entries of `track_file` in an instance or group.
    TrackedFiles "track_file" ["vrrp_instance/track_file" "vrrp_sync_group/track_file"],
    /// Entries of `track_process`.
    TrackedProcesses "track_process" ["vrrp_instance/track_process" "vrrp_sync_group/track_process"],
    /// Entries of `track_bfd`.
    TrackedBfds "track_bfd" ["vrrp_instance/track_bfd" "vrrp_sync_group/track_bfd"],
    /// Entries of `virtual_routes`.
    VirtualRoutes "virtual_routes" ["vrrp_instance/virtual_routes"],
    /// Entries of `static_routes`.
    StaticRoutes "static_routes" ["static_routes"],
    /// Entries of `virtual_rules`.
    VirtualRules "virtual_rules" ["vrrp_instance/virtual_rules"],
    /// Entries of `static_rules`.
    StaticRules "static_rules" ["static_rules"],
}

impl Place {
    /// Whether its lines hold secrets, so that no sentence repeats a word of them.
    pub const fn is_secret(self) -> bool {
        matches!(self, Authentication | AuthHmac | Ssl)
    }
}

/// How a block is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It has no name; words are passed over.
    None,
    /// By exactly one word that no other block of its kind has.
    Unique,
    /// By its first word, which no other block of its kind has.
    UniqueFirst,
    /// By its first word, which others may have too.
    First,
    /// By an address and perhaps a port, `fwmark` and a number, or `group` and a name.
    Service,
    /// By an address and perhaps a port.
    Server,
}

/// What the lines of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// An address with its options.
    Addresses,
    /// A name with a weight of at most so much.
    Tracked(u16),
    /// The address of a unicast peer with its options.
    Peers,
    /// Names, one or more in a line.
    Names,
    /// A route.
    Routes,
    /// A rule.
    Rules,
    /// Addresses, ranges and marks of a group of virtual servers; it has a name.
    Services,
    /// An interface and how long its changes are not believed.
    Delays,
    /// An interface and how its link is asked for.
    Links,
}

/// What follows a keyword. Times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing; words are passed over.
    Flag,
    /// `on`, `true`, `yes`, `off`, `false`, `no`; nothing means on.
    Bool,
    /// A whole number.
    Int(i64, i64),
    /// A whole number, or nothing for the default.
    OptInt(i64, i64, i64),
    /// A whole number, with `all` before or behind it.
    AllInt(i64, i64),
    /// Seconds with up to six decimal places.
    Seconds(u64, u64),
    /// Seconds of a script: whole ones in 2.2, with up to three decimal places later.
    ScriptSeconds(u64),
    /// Milliseconds with up to three decimal places.
    Millis(u64, u64),
    /// A weight of at most so much in each direction, and `reverse`.
    Weight(i64),
    /// One word.
    Word,
    /// One word or none.
    OptWord,
    /// One word of at most so many bytes.
    Short(usize),
    /// A secret word.
    Password,
    /// A key's id and its secret.
    Key,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, in capitals or not.
    AnyCase(&'static [&'static str]),
    /// One of these words, or none.
    OptOneOf(&'static [&'static str]),
    /// One word at least.
    Words,
    /// Words, or none.
    AnyWords,
    /// Some of these words; others are passed over without a word.
    Options(&'static [&'static str]),
    /// An address.
    Ip,
    /// An address; what follows a `/` or `-` is passed over.
    Source,
    /// A multicast address.
    Multicast,
    /// A command, its user and group.
    Command,
    /// A command in one word: further ones are not read.
    CommandWord,
    /// An address, perhaps a port.
    Server,
    /// An address or a host's name, perhaps a port.
    Mailer,
    /// How packets are forwarded, and through which tunnel.
    Method,
    /// An IPv4 netmask, or a prefix length for IPv6.
    Mask,
    /// Octets in hexadecimal digits.
    Hex,
    /// Octets in hexadecimal digits, `X` for any digit; or nothing.
    HexPattern,
    /// So many hexadecimal digits.
    Digits(usize),
    /// Status codes and ranges of them.
    Codes(u16, u16),
    /// The name of a domain.
    Domain,
    /// Numbers of processors.
    Cpus,
    /// Permission bits: a number in C's notation, or their names joined by `|`.
    Umask,
    /// `tcp`, `tcpfin`, `udp`, each with a number of seconds.
    Timeouts(i64),
    /// An interface, perhaps an instance, and options.
    SyncDaemon,
    /// `MTU`, `ADVERT` or a number of bytes.
    BufferPolicy,
    /// Names of checks, each with `+` or `-`.
    IncludeCheck,
    /// A number and `overwrite`, each of them or none.
    InitFile,
    /// A regular expression in quotes.
    Regex,
    /// A number whose mistakes only the log tells.
    Logged,
    /// Two numbers whose mistakes only the log tells.
    LoggedPair,
    /// A pattern of file names, to the end of the line.
    Glob,
    /// A list in braces.
    List(Entries),
    /// A block of keywords.
    Block(Place, Naming),
    /// Of an entry: what its argument is, for `entry.rs` to read.
    Option(Argument),
}

/// What follows a word in an entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// Nothing, but keepalived passes over the next word.
    Family,
    /// An interface.
    Interface,
    /// A name.
    Name,
    /// A name of at most so many bytes.
    Short(usize),
    /// An address.
    Ip,
    /// A network, `default`, `any` or `all`.
    Prefix,
    /// An IPv6 network.
    Prefix6,
    /// An address with perhaps `inet` or `inet6` before it.
    Gateway,
    /// `+`, `-` or an IPv4 address.
    Broadcast,
    /// `forever` or seconds.
    Lifetime,
    /// A whole number.
    Int(i64, i64),
    /// A whole number that may begin with `0x` or `0`.
    CInt(i64, i64),
    /// A whole number, or a name that iproute2's file gives one.
    Named(&'static str, i64, i64),
    /// `lock` or not, and a whole number.
    Locked,
    /// `lock` or not, and a time with perhaps `s` or `ms`.
    LockedTime,
    /// `lock` or not, and a word.
    LockedWord,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or a number.
    OneOfOr(&'static [&'static str], i64),
    /// Two numbers with `-` between them.
    Range(i64),
    /// A number and perhaps a mask after `/`.
    Mark,
    /// One or two realms with `/` between them.
    Realms,
    /// An encapsulation and its parameters.
    Encap,
    /// `to` or not, and an address.
    AsTo,
    /// A next hop with options of its own.
    Nexthop,
    /// The name of an action.
    Action,
    /// A weight of at most so much, and `reverse` or (where it may be) `noreverse`.
    Weight(i64, bool),
    /// A mark and perhaps a family.
    ServiceMark,
}

/// What keepalived does with a value that it cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// It goes on as if the line were not there.
    Ignored,
    /// It uses this instead.
    Becomes(i64),
    /// It uses the nearest that is possible.
    Clamped,
    /// It complains and uses it.
    Stored,
}

/// What keepalived does when the argument is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It stops reading and does not start.
    Stops,
    /// It says so and goes on.
    Reported,
    /// It goes on.
    Silent,
    /// It goes on, and its log says so.
    Logged,
}

/// What keepalived does with a keyword that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It adds to what is there.
    Adds,
    /// It uses the later one and says nothing.
    Last,
    /// It uses the later one and says so.
    Replaces,
    /// It passes over the later one and says so.
    First,
}

/// A keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The block it stands in.
    pub place: Place,
    /// The word.
    pub name: &'static str,
    /// What follows it.
    pub takes: Takes,
    /// keepalived's first version that has it, where that is later than 2.2.7.
    pub since: Option<(u8, u8, u8)>,
    /// The newer word for it, and whether keepalived says so.
    pub old: Option<(&'static str, bool)>,
    /// What a second one does.
    pub again: Again,
    /// What happens without the argument.
    pub missing: Missing,
    /// What happens with a bad value.
    pub otherwise: Otherwise,
    /// Whether 0 is taken for 1, with a message.
    pub raised: bool,
    /// Whether words after the argument make keepalived refuse the line.
    pub exact: bool,
    /// Whether its block is of no use without it.
    pub required: bool,
    /// What its numbers count: `seconds`.
    pub unit: &'static str,
    /// What follows it, for people, where the type does not say it.
    pub shape: &'static str,
    /// What holds without it, for people.
    pub default: &'static str,
    /// What it does or what to know of it, for people.
    pub note: &'static str,
}

const fn row(name: &'static str, takes: Takes) -> Keyword {
    let again = match takes {
        Takes::List(_) | Takes::Block(..) => Again::Adds,
        _ => Again::Last,
    };
    let unit = match takes {
        Takes::Seconds(..) | Takes::ScriptSeconds(_) => "seconds",
        Takes::Millis(..) => "milliseconds",
        _ => "",
    };
    let default = match takes {
        Takes::Flag => "off",
        _ => "",
    };
    Keyword {
        place: Top,
        name,
        takes,
        since: None,
        old: None,
        again,
        missing: Missing::Stops,
        otherwise: Otherwise::Ignored,
        raised: false,
        exact: false,
        required: false,
        unit,
        shape: "",
        default,
        note: "",
    }
}

/// A word of an entry.
const fn option(name: &'static str, argument: Argument) -> Keyword {
    Keyword { default: "", ..row(name, Takes::Option(argument)) }
}

impl Keyword {
    const fn since(self, major: u8, minor: u8, patch: u8) -> Self {
        Self { since: Some((major, minor, patch)), ..self }
    }

    const fn deprecated(self, newer: &'static str) -> Self {
        Self { old: Some((newer, true)), ..self }
    }

    const fn old_name(self, newer: &'static str) -> Self {
        Self { old: Some((newer, false)), ..self }
    }

    /// A second one is passed over with a message.
    const fn once(self) -> Self {
        Self { again: Again::First, ..self }
    }

    /// A second one replaces the first with a message.
    const fn replaces(self) -> Self {
        Self { again: Again::Replaces, ..self }
    }

    /// It may be said as often as one likes.
    const fn adds(self) -> Self {
        Self { again: Again::Adds, ..self }
    }

    /// A block that is there once.
    const fn single(self) -> Self {
        Self { again: Again::Last, ..self }
    }

    const fn lenient(self) -> Self {
        Self { missing: Missing::Reported, ..self }
    }

    const fn silent(self) -> Self {
        Self { missing: Missing::Silent, ..self }
    }

    const fn logged(self) -> Self {
        Self { missing: Missing::Logged, ..self }
    }

    const fn or(self, value: i64) -> Self {
        Self { otherwise: Otherwise::Becomes(value), ..self }
    }

    const fn clamped(self) -> Self {
        Self { otherwise: Otherwise::Clamped, ..self }
    }

    const fn stored(self) -> Self {
        Self { otherwise: Otherwise::Stored, ..self }
    }

    const fn raised(self) -> Self {
        Self { raised: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    const fn shape(self, shape: &'static str) -> Self {
        Self { shape, ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Whether a version has it.
    pub fn known_to(&self, version: Version) -> bool {
        self.since.is_none_or(|(major, minor, patch)| version.at_least(major, minor, patch))
    }
}

/// Rows and the places that have them.
type Rows = (&'static [Place], &'static [Keyword]);

/// Every keyword, the words of entries last.
pub static KEYWORDS: LazyLock<Vec<Keyword>> = LazyLock::new(|| {
    let parts = [global::ROWS, vrrp::ROWS, check::ROWS, entry::ROWS];
    let rows = parts.into_iter().flatten().flat_map(|(places, rows)| {
        places.iter().flat_map(move |place| rows.iter().map(move |row| Keyword { place: *place, ..*row }))
    });
    rows.collect()
});

/// Keywords by place and name.
type Index<'a> = HashMap<(Place, &'a [u8]), &'static Keyword, RandomState>;

static INDEX: LazyLock<Index<'static>> =
    LazyLock::new(|| KEYWORDS.iter().map(|k| ((k.place, k.name.as_bytes()), k)).collect());

/// The keyword of this name in this place.
pub fn find(place: Place, name: &[u8]) -> Option<&'static Keyword> {
    // The index's keys live for ever; a shorter-lived one may look.
    let index: &Index<'_> = &INDEX;
    index.get(&(place, name)).copied()
}

/// What somebody may have meant: the nearest keyword of the place, else where such a keyword belongs.
pub fn nearest(place: Place, name: &str, version: Version) -> Option<Hint> {
    let known = |k: &&Keyword| k.known_to(version);
    let most = match name.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let near = KEYWORDS.iter().filter(|k| k.place == place || k.place == Anywhere).filter(known).filter_map(|k| {
        // `auth_pass1111`: the blank is missing
        if name.starts_with(k.name) && k.name.len() > 3 {
            return Some((1, k));
        }
        let possible = name.len().abs_diff(k.name.len()) <= most;
        possible.then(|| (strsim::osa_distance(name, k.name), k))
    });
    let elsewhere = KEYWORDS.iter().filter(known).find(|k| k.name == name && k.place != place && k.place != Anywhere);
    let near = near.filter(|(d, _)| (1..=most).contains(d)).min_by_key(|(d, _)| *d);
    match (elsewhere, near) {
        (Some(k), _) => Some(Hint::Belongs(k.place)),
        (None, Some((_, k))) => Some(Hint::Similar(k.name)),
        (None, None) => None,
    }
}

/// What [`nearest`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A keyword of the place that is spelt much alike.
    Similar(&'static str),
    /// The keyword belongs in another place.
    Belongs(Place),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_found() {
        for k in KEYWORDS.iter() {
            assert_eq!(find(k.place, k.name.as_bytes()), Some(k), "{} twice in {}", k.name, k.place.as_str());
        }
        assert!(KEYWORDS.len() > 600);
    }

    #[test]
    fn hints_are_for_slips() {
        let hint = |place, name| nearest(place, name, Version::V2_4);
        assert_eq!(hint(Instance, "priorty"), Some(Hint::Similar("priority")));
        assert_eq!(hint(Instance, "virtual_ipaddres"), Some(Hint::Similar("virtual_ipaddress")));
        assert_eq!(hint(Authentication, "auth_pass1111"), Some(Hint::Similar("auth_pass")));
        assert_eq!(hint(Top, "priority"), Some(Hint::Belongs(Instance)));
        assert_eq!(hint(Top, "--"), None);
        assert_eq!(nearest(Instance, "auth_hmac", Version::V2_2), None);
    }
}
