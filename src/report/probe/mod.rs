//! What checks found: a line each, a table of many, JSON Lines, the line of a monitoring plugin.

pub mod config;
pub mod idle_limit;
pub mod json;
pub mod keepalive;
pub mod line;
pub mod nginx;
pub mod plugin;
pub mod sockets;
pub mod table;
#[cfg(test)]
mod tests;
pub mod through;
pub mod watch;

use std::fmt::Write;
use std::time::Duration;

use crate::probe::{Checked, Fact, Level, Value, Wanted};

/// How many of each level there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// As wanted.
    pub ok: usize,
    /// Slow, or some of several rounds failed.
    pub warning: usize,
    /// Not as wanted.
    pub critical: usize,
    /// Could not be looked at.
    pub unknown: usize,
}

impl Tally {
    /// Of these.
    pub fn of(checked: &[Checked], wanted: &Wanted) -> Self {
        let mut tally = Self::default();
        for c in checked {
            tally.add(c.level(wanted));
        }
        tally
    }

    /// One of this level.
    pub fn one(level: Level) -> Self {
        let mut tally = Self::default();
        tally.add(level);
        tally
    }

    fn add(&mut self, level: Level) {
        *match level {
            Level::Ok => &mut self.ok,
            Level::Warning => &mut self.warning,
            Level::Critical => &mut self.critical,
            Level::Unknown => &mut self.unknown,
        } += 1;
    }

    /// The worst that there is. Nothing at all could not be looked at.
    pub const fn worst(&self) -> Level {
        if self.critical > 0 {
            Level::Critical
        } else if self.unknown > 0 || self.ok + self.warning == 0 {
            Level::Unknown
        } else if self.warning > 0 {
            Level::Warning
        } else {
            Level::Ok
        }
    }

    /// `3 critical, 1 warning, 96 ok`
    pub fn words(&self) -> String {
        let all = [(self.critical, "critical"), (self.unknown, "unknown"), (self.warning, "warning"), (self.ok, "ok")];
        let some: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if some.is_empty() { "nothing was looked at".into() } else { some.join(", ") }
    }
}

/// A time for people: `0.045 ms`, `0.12 ms`, `12.3 ms`, `1.50 s`. What is not nothing never looks like it.
pub fn time(d: Duration) -> String {
    let ms = d.as_micros() as f64 / 1e3;
    if (1..1000).contains(&d.as_nanos()) {
        format!("{} ns", d.as_nanos())
    } else if ms > 0.0 && ms < 0.1 {
        format!("{ms:.3} ms")
    } else if ms < 10.0 {
        format!("{ms:.2} ms")
    } else if ms < 1000.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{:.2} s", ms / 1e3)
    }
}

/// Facts that are not for every line: a line is read on a terminal of 80 to 120 columns.
fn is_detail(fact: &Fact) -> bool {
    const NAMES: [&str; 16] = [
        "size",
        "other_addresses",
        "cipher",
        "alpn",
        "sni",
        "certificate_subject",
        "certificate_issuer",
        "certificate_names",
        "certificate_names_in_all",
        "certificate_until",
        "certificate_expired",
        "certificate_problems",
        "chain",
        "server",
        "content_type",
        "content_length",
    ];
    NAMES.contains(&fact.name) || fact.name == "digest" || is_of_vip(fact.name) || is_of_keepalive(fact.name)
}

/// What the sentence about an address says in words.
fn is_of_vip(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "message",
        "on_link",
        "interface",
        "held_here",
        "requests",
        "macs",
        "answer_ms",
        "master",
        "masters",
        "vrid",
        "priority",
        "master_mac",
        "is_master",
        "icmp_ms",
        "icmp",
    ];
    NAMES.contains(&name) || name == "tcp"
}

/// What the sentence about a held connection says in words.
fn is_of_keepalive(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "ended_by",
        "kernel_timer_ms",
        "rtt_ms",
        "local",
        "idle_ms",
        "interval_ms",
        "probes",
        "user_timeout_ms",
        "icmp",
    ];
    NAMES.contains(&name)
}

/// A fact as short as it goes, for the line; nothing when the line says it already.
fn short(fact: &Fact, facts: &[Fact]) -> Option<String> {
    let is = |name: &str| facts.iter().any(|f| f.name == name && f.value == Value::Bool(true));
    match (fact.name, &fact.value) {
        ("tls_version", Value::Text(t)) => Some(super::printable(&t.replace('_', "."))),
        ("certificate_days", Value::Number(_)) if is("certificate_expired") => None,
        ("certificate_days", Value::Number(0)) => Some("certificate ends within a day".to_owned()),
        ("certificate_days", Value::Number(1)) => Some("certificate ends in 1 day".to_owned()),
        ("certificate_days", Value::Number(n)) => Some(format!("certificate ends in {n} days")),
        ("verified", Value::Bool(false)) => {
            let problems = facts.iter().find_map(|f| match &f.value {
                Value::List(list) if f.name == "certificate_problems" => Some(list.len()),
                _ => None,
            });
            Some(match problems {
                None | Some(0) => "not verified".to_owned(),
                Some(1) => "not verified (1 problem)".to_owned(),
                Some(n) => format!("not verified ({n} problems)"),
            })
        }
        ("skipped", Value::Number(1)) => Some("1 datagram that was no answer was passed over".to_owned()),
        ("skipped", Value::Number(n)) => Some(format!("{n} datagrams that were no answer were passed over")),
        ("body_bytes", Value::Number(n)) => Some(format!("body {n} bytes")),
        (_, Value::List(list)) if list.is_empty() => None,
        _ => Some(words(fact)),
    }
}

/// Text of a peer or a script on one line: line ends, and what a terminal obeys, as in a program's source.
fn on_one_line(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c.is_control() => drop(write!(escaped, "\\x{:02x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    super::printable(&escaped)
}

/// How many there are of what a list begins with; of most lists all are in it.
fn in_all(fact: &Fact, facts: &[Fact]) -> Option<usize> {
    let all = facts.iter().find(|f| fact.name == "certificate_names" && f.name == "certificate_names_in_all")?;
    if let Value::Number(n) = all.value { usize::try_from(n).ok() } else { None }
}

/// A fact for people: `status 200`.
fn words(fact: &Fact) -> String {
    words_of(fact, &[])
}

/// The same beside other facts.
fn words_of(fact: &Fact, facts: &[Fact]) -> String {
    const MOST: usize = 60;
    let name = fact.name.trim_end_matches("_ms").replace('_', " ");
    match &fact.value {
        Value::Text(t) if fact.name == "warning" => format!("warning: {}", super::printable(t)),
        Value::Text(t) => {
            // The end of the last line says nothing.
            let t = on_one_line(if fact.name == "output" { t.trim_end() } else { t });
            let short: String = t.chars().take(MOST).collect();
            let more = if short.len() < t.len() { "…" } else { "" };
            format!("{name} \"{short}{more}\"")
        }
        Value::Number(n) => format!("{name} {n}"),
        Value::Bool(true) => name,
        Value::Bool(false) => format!("not {name}"),
        Value::List(list) => {
            let shown: Vec<String> = list.iter().take(4).map(|t| super::printable(t)).collect();
            let all = in_all(fact, facts).unwrap_or(list.len());
            let more = if all > shown.len() { format!(" and {} more", all - shown.len()) } else { String::new() };
            format!("{name} {}{more}", shown.join(", "))
        }
        Value::Time(d) => format!("{name} {}", time(*d)),
    }
}

/// What does not fit into [`words`]: the lines of an output that has several, or a long one.
fn output_lines(fact: &Fact) -> Vec<String> {
    match &fact.value {
        Value::Text(t) if fact.name == "output" && (t.trim_end().contains('\n') || t.chars().count() > 60) => {
            t.trim_end().lines().map(|l| format!("| {}", on_one_line(l))).collect()
        }
        _ => Vec::new(),
    }
}
