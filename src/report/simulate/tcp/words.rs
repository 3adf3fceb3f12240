//! Sentences about a connection.

use std::time::Duration;

use crate::simulate::tcp::{
    Answer, Cause, Errno, Fate, From, Held, Keepalive, Kind, Learned, Middlebox, Record, Scenario, Settings, What,
};
use crate::time::seconds;

/// `75 s`; what is longer than two minutes also as a clock would say it.
pub fn time(d: Duration) -> String {
    let plain = format!("{} s", seconds(round(d)));
    let s = d.as_secs();
    if s <= 120 { plain } else { format!("{plain} ({})", clock(s)) }
}

/// To the millisecond, where there is more than one.
pub fn round(d: Duration) -> Duration {
    if d < Duration::from_millis(10) { d } else { Duration::from_millis(d.as_millis() as u64) }
}

/// `2 h 11 min 15 s`
fn clock(s: u64) -> String {
    let parts = [(s / 86_400, "d"), (s / 3_600 % 24, "h"), (s / 60 % 60, "min"), (s % 60, "s")];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    said.join(" ")
}

/// `3 probes`, `1 probe`
fn count(n: u32, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Keepalive in a few words.
pub fn keepalive(k: &Keepalive) -> String {
    format!("first probe after {} idle, {} {} s apart", time(k.idle), count(k.probes, "probe"), seconds(k.interval))
}

/// A socket's settings, one line each.
pub fn settings(s: &Settings) -> Vec<String> {
    let mut lines = vec![format!(
        "keepalive     {}",
        s.keepalive.map_or_else(|| "off (no SO_KEEPALIVE)".to_owned(), |k| keepalive(&k))
    )];
    lines.push(match s.user_timeout {
        Some(t) => format!("user timeout  {}", time(t)),
        None => format!("user timeout  none; unacknowledged data: tcp_retries2 {}", s.kernel.retries2),
    });
    lines
}

/// A middlebox in a few words.
pub fn middlebox(m: &Middlebox) -> String {
    let then = match m.answer {
        Answer::Silent => "then drops its packets silently",
        Answer::Rst => "then answers its packets with RST",
        Answer::RstBoth => "and then sends RST to both ends",
    };
    format!("forgets a flow idle for {}, {then}", time(m.limit))
}

/// What an error means for the application.
pub fn meaning(learned: &Learned, by: From, scenario: &Scenario) -> String {
    let s = &scenario.local;
    let who = if by == From::Middlebox { "the middlebox" } else { "the peer's host" };
    let sentence = match learned.cause {
        Cause::Fin => "the peer closed its side: read() gives 0; writing still succeeds until an RST comes".to_owned(),
        Cause::Probes(n) => {
            let k = s.keepalive.map_or_else(String::new, |k| {
                format!(": {} + {n} x {} s after the last thing heard", seconds(k.idle) + " s", seconds(k.interval))
            });
            format!("keepalive: {} without an answer{k}", count(n, "probe"))
        }
        Cause::IdleUserTimeout(n) => {
            let t = s.user_timeout.map_or_else(String::new, seconds);
            format!(
                "keepalive: nothing heard for the user timeout of {t} s when the next probe was due, after {}; with a \
                 user timeout the number of probes does not count",
                count(n, "probe")
            )
        }
        Cause::Retries(n) => format!(
            "data stayed unacknowledged: {} and tcp_retries2 {} used up; keepalive sends nothing meanwhile",
            count(n, "timeout"),
            s.kernel.retries2
        ),
        Cause::DataUserTimeout(n) => {
            let t = s.user_timeout.map_or_else(String::new, seconds);
            format!(
                "data stayed unacknowledged for the user timeout of {t} s after its first timeout, in {}",
                count(n, "timeout")
            )
        }
        Cause::Reset => format!("{who} answered with RST: it has no such connection (any more), or ended it"),
        Cause::ResetAfterFin => {
            format!("the peer had closed its side, and {who} answered with RST: what was written since is lost")
        }
        Cause::WriteAfterEnd => "written although the connection was gone (with SIGPIPE, unless ignored)".to_owned(),
    };
    match learned.error {
        Errno::HostUnreach => {
            format!("{sentence}; a router had answered that the host is unreachable, so that is the error")
        }
        _ => sentence,
    }
}

/// What is said to happen.
pub fn event(what: What, in_vain: bool) -> String {
    let text = match what {
        What::Drop => "all packets are lost from now on".to_owned(),
        What::Heal => "packets arrive again".to_owned(),
        What::Close => "the peer's process ends, or closes its socket".to_owned(),
        What::Reset => "the peer's process resets the connection".to_owned(),
        What::Reboot => "the peer's host has forgotten the connection".to_owned(),
        What::Unreachable => "a router has lost its way to the peer and answers with ICMP".to_owned(),
        What::Write(n) => format!("the application writes {}", count(n, "byte")),
        What::PeerWrite(n) => format!("the peer writes {}", count(n, "byte")),
    };
    if in_vain { text + ": nothing happens, its connection is gone" } else { text }
}

/// Whose line a record is, and what it says.
pub fn record(record: &Record, scenario: &Scenario) -> (&'static str, String) {
    match *record {
        Record::Event { what, in_vain } => ("*", event(what, in_vain)),
        Record::Segment { from, kind, bytes, fate, probe, .. } => {
            (from.as_str(), segment(scenario, kind, bytes, fate, probe))
        }
        Record::Outcome { learned, by } => {
            ("app", format!("{}: {}", learned.error.as_str(), meaning(&learned, by, scenario)))
        }
        Record::Deferred(again) => (
            "local",
            format!("keepalive timer: data is unacknowledged, so no probe; it runs again for {}", time(again)),
        ),
        Record::Held(bytes, why) => ("local", {
            let why = match why {
                Held::Nagle => "until the write before is acknowledged (TCP_NODELAY would send them)",
                Held::Window => "as nothing new is sent before the retransmission is acknowledged",
            };
            format!("{} wait {why}", count(bytes, "byte"))
        }),
        Record::Forgotten => ("middlebox", "forgets the flow and tells both ends".to_owned()),
    }
}

fn segment(scenario: &Scenario, kind: Kind, bytes: u32, fate: Fate, probe: u32) -> String {
    let data = |word: &str| if bytes > 0 { format!("{word}, {}", count(bytes, "byte")) } else { word.to_owned() };
    let what = match kind {
        Kind::Keepalive => match (scenario.local.keepalive, scenario.local.user_timeout) {
            (Some(k), None) if fate != Fate::Arrives => format!("keepalive probe {probe} of {}", k.probes),
            _ if fate != Fate::Arrives => format!("keepalive probe {probe}"),
            _ => "keepalive probe".to_owned(),
        },
        Kind::Data => data("data"),
        Kind::Ack => "ACK".to_owned(),
        Kind::Fin => "FIN".to_owned(),
        Kind::Rst => "RST".to_owned(),
        Kind::Icmp => "ICMP: host unreachable".to_owned(),
        Kind::Retransmission => data("retransmission"),
    };
    match fate {
        Fate::Arrives => what,
        Fate::Lost => what + ": lost",
        Fate::Refused => what + ": refused by a router",
        Fate::Forgotten(_) => what + ": the middlebox has forgotten the flow",
    }
}

/// `EOF at once, then EPIPE after 7260 s`, for a table.
pub fn ending(all: &[(Duration, Errno)], soon: Duration) -> String {
    let mut said: Vec<String> = Vec::new();
    for (at, error) in all {
        let name = error.as_str();
        said.push(if *at <= soon {
            format!("{name} at once")
        } else {
            format!("{name} after {} s", seconds(round(*at)))
        });
    }
    if said.is_empty() { "learns nothing".to_owned() } else { said.join(", then ") }
}
