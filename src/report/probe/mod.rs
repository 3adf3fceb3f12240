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

/// Facts that are not for every line.
fn is_detail(fact: &Fact) -> bool {
    matches!(fact.name, "size" | "other_addresses") || is_of_vip(fact.name) || is_of_keepalive(fact.name)
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

/// A fact for people: `status 200`.
fn words(fact: &Fact) -> String {
    let name = fact.name.trim_end_matches("_ms").replace('_', " ");
    match &fact.value {
        Value::Text(t) if fact.name == "warning" => format!("warning: {}", super::printable(t)),
        Value::Text(t) => {
            let t = super::printable(t);
            let short: String = t.chars().take(60).collect();
            let more = if short.len() < t.len() { "…" } else { "" };
            format!("{name} \"{short}{more}\"")
        }
        Value::Number(n) => format!("{name} {n}"),
        Value::Bool(true) => name,
        Value::Bool(false) => format!("not {name}"),
        Value::List(list) => {
            let shown: Vec<String> = list.iter().take(4).map(|t| super::printable(t)).collect();
            let more = if list.len() > 4 { format!(" and {} more", list.len() - 4) } else { String::new() };
            format!("{name} {}{more}", shown.join(", "))
        }
        Value::Time(d) => format!("{name} {}", time(*d)),
    }
}
