//! Rows as people read them.

use std::fmt::Write;

use super::{Argument, Entries, Keyword, Missing, Naming, Takes};

/// Microseconds as a number of seconds or milliseconds: `0.01`, `255`.
pub(in crate::conf) fn plain(micros: u64, unit: u64) -> String {
    let (whole, rest) = (micros / unit, micros % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = if unit == 1_000_000 { format!("{rest:06}") } else { format!("{rest:03}") };
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

fn words(list: &[&str]) -> String {
    list.join("|")
}

impl Entries {
    /// What a line is.
    const fn argument(self) -> &'static str {
        match self {
            Self::Addresses => "ADDRESS[/LENGTH] [OPTION ...]",
            Self::Tracked(_) => "NAME [weight NUMBER [reverse]]",
            Self::Peers => "ADDRESS [min_ttl 0..255] [max_ttl 0..255]",
            Self::Names => "NAME ...",
            Self::Routes => "[TYPE] DESTINATION [OPTION ...]",
            Self::Rules => "[OPTION ...]",
            Self::Services => "ADDRESS[-END|/LENGTH] [PORT] | fwmark NUMBER [inet|inet6]",
            Self::Delays => "INTERFACE DOWN [UP], each 0..255 seconds",
            Self::Links => "INTERFACE [MII|ETHTOOL|IOCTL]",
        }
    }
}

impl Argument {
    fn text(self) -> String {
        match self {
            Self::None | Self::Family => String::new(),
            Self::Interface => "INTERFACE".into(),
            Self::Name => "NAME".into(),
            Self::Short(most) => format!("TEXT of at most {most} bytes"),
            Self::Ip => "ADDRESS".into(),
            Self::Prefix => "NETWORK|default|any|all".into(),
            Self::Prefix6 => "IPv6 NETWORK".into(),
            Self::Gateway => "[inet|inet6] ADDRESS".into(),
            Self::Broadcast => "+|-|ADDRESS".into(),
            Self::Lifetime => "forever|0..4294967295".into(),
            Self::Int(min, max) | Self::CInt(min, max) => format!("{min}..{max}"),
            Self::Named(_, min, max) => format!("NAME|{min}..{max}"),
            Self::Locked => "[lock] 0..4294967295".into(),
            Self::LockedTime => "[lock] TIME[s|ms]".into(),
            Self::LockedWord => "[lock] NAME".into(),
            Self::OneOf(list) => words(list),
            Self::OneOfOr(list, max) => format!("{}|0..{max}", words(list)),
            Self::Range(max) => format!("LOW-HIGH, 0..{max}"),
            Self::Mark => "NUMBER[/MASK]".into(),
            Self::Realms => "[FROM/]TO".into(),
            Self::Encap => "TYPE PARAMETERS".into(),
            Self::AsTo => "[to] ADDRESS".into(),
            Self::Nexthop => "OPTIONS".into(),
            Self::Action => "blackhole|prohibit|unreachable|goto NUMBER|nop".into(),
            Self::Weight(most, true) => format!("-{most}..{most} [reverse|noreverse]"),
            Self::Weight(most, false) => format!("-{most}..{most} [reverse]"),
            Self::ServiceMark => "0..4294967295 [inet|inet6]".into(),
        }
    }
}

impl Takes {
    fn text(self) -> String {
        match self {
            Self::Bool => "[on|off]".into(),
            Self::Int(min, max) => format!("{min}..{max}"),
            Self::OptInt(min, max, _) => format!("[{min}..{max}]"),
            Self::AllInt(min, max) => format!("[all] {min}..{max}"),
            Self::Seconds(min, max) => format!("{}..{}", plain(min, 1_000_000), plain(max, 1_000_000)),
            Self::ScriptSeconds(max) => format!("0..{}", plain(max, 1_000_000)),
            Self::Millis(min, max) => format!("{}..{}", plain(min, 1000), plain(max, 1000)),
            Self::Weight(most) => format!("-{most}..{most} [reverse]"),
            Self::Word => "WORD".into(),
            Self::OptWord => "[WORD]".into(),
            Self::Short(most) => format!("WORD of at most {most} bytes"),
            Self::Password => "SECRET".into(),
            Self::Key => "ID SECRET".into(),
            Self::OneOf(list) | Self::AnyCase(list) => words(list),
            Self::OptOneOf(list) => format!("[{}]", words(list)),
            Self::Words => "WORD ...".into(),
            Self::AnyWords => "[WORD ...]".into(),
            Self::Options(_) => "OPTION ...".into(),
            Self::Ip | Self::Source => "ADDRESS".into(),
            Self::Multicast => "MULTICAST-ADDRESS".into(),
            Self::Command => "SCRIPT [USER [GROUP]]".into(),
            Self::CommandWord => "\"COMMAND [ARGUMENTS]\"".into(),
            Self::Mailer => "ADDRESS|HOST [PORT]".into(),
            Self::Method => "NAT|DR|TUN".into(),
            Self::Mask => "NETMASK|1..128".into(),
            Self::Hex => "HEXADECIMAL DIGITS".into(),
            Self::HexPattern => "[HEXADECIMAL DIGITS, X for any]".into(),
            Self::Digits(n) => format!("{n} HEXADECIMAL DIGITS"),
            Self::Codes(min, max) => format!("CODE|LOW-HIGH ..., {min}..{max}"),
            Self::Domain => "DOMAIN".into(),
            Self::Cpus => "NUMBER ...".into(),
            Self::Umask => "NUMBER|NAME[|NAME]...".into(),
            Self::Timeouts(max) => format!("tcp|tcpfin|udp 0..{max} ..."),
            Self::SyncDaemon => "INTERFACE [INSTANCE] [id 0..255] [maxlen 1..65507] [port 1..65535] [ttl 1..255] \
                 [group MULTICAST-ADDRESS] [inst INSTANCE]"
                .into(),
            Self::BufferPolicy => "MTU|ADVERT|NUMBER".into(),
            Self::IncludeCheck => "[[+|-]read|match|wildcard_match|brace_match ...]".into(),
            Self::InitFile => "[NUMBER] [overwrite]".into(),
            Self::Regex => "\"PATTERN\"".into(),
            Self::Logged => "0..".into(),
            Self::LoggedPair => "NUMBER NUMBER".into(),
            Self::Glob => "PATTERN".into(),
            Self::List(entries) => entries.argument().into(),
            Self::Flag | Self::Block(_, Naming::None) => String::new(),
            Self::Block(_, Naming::Unique | Naming::UniqueFirst | Naming::First) => "NAME".into(),
            Self::Server | Self::Block(_, Naming::Service | Naming::Server) => "ADDRESS [PORT]".into(),
            Self::Option(argument) => argument.text(),
        }
    }

    /// The least and the most that a number may be, as it is written.
    pub fn range(self) -> Option<(String, String)> {
        let whole = |min: i64, max: i64| Some((min.to_string(), max.to_string()));
        match self {
            Self::Int(min, max) | Self::OptInt(min, max, _) | Self::AllInt(min, max) => whole(min, max),
            Self::Seconds(min, max) => Some((plain(min, 1_000_000), plain(max, 1_000_000))),
            Self::ScriptSeconds(max) => Some(("0".into(), plain(max, 1_000_000))),
            Self::Millis(min, max) => Some((plain(min, 1000), plain(max, 1000))),
            Self::Codes(min, max) => whole(min.into(), max.into()),
            Self::Weight(most) | Self::Option(Argument::Weight(most, _)) => whole(-most, most),
            Self::Option(Argument::Int(min, max) | Argument::CInt(min, max) | Argument::Named(_, min, max)) => {
                whole(min, max)
            }
            Self::Timeouts(max) | Self::Option(Argument::OneOfOr(_, max) | Argument::Range(max)) => whole(0, max),
            _ => None,
        }
    }

    /// Whether a block in braces follows, of keywords or of entries.
    pub const fn is_block(self) -> bool {
        matches!(self, Self::List(_) | Self::Block(..))
    }
}

impl Keyword {
    /// What follows it, as a line of a manual says it; empty for nothing.
    pub fn argument(&self) -> String {
        let mut text = if self.shape.is_empty() { self.takes.text() } else { self.shape.to_owned() };
        let optional = self.missing == Missing::Silent && !self.takes.is_block();
        if optional && !text.is_empty() && !text.starts_with('[') {
            text = format!("[{text}]");
        }
        if !self.unit.is_empty() && !text.contains(self.unit) {
            let _ = write!(text, " {}", self.unit);
        }
        match self.takes {
            Takes::List(_) => format!("{{ {text} }}"),
            Takes::Block(..) if text.is_empty() => "{ ... }".into(),
            Takes::Block(..) => format!("{text} {{ ... }}"),
            _ => text,
        }
    }
}
