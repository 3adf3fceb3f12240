//! This host's connections: a table, the line of a monitoring plugin, JSON Lines.

use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::json;
use crate::probe::Level;
use crate::probe::sockets::{Connection, Kernel, Notices};
use crate::report::json::{line, ms};
use crate::report::printable;

/// More rows than this help nobody; the rest is counted.
const MOST: usize = 40;

/// What the connections come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    all: usize,
    never: usize,
    stuck: usize,
    late: usize,
    told: usize,
    longest: Option<Duration>,
    within: Option<Duration>,
}

/// How well one connection is.
fn level(c: &Connection, within: Option<Duration>) -> Level {
    let late = within.zip(c.notices.within()).is_some_and(|(limit, d)| d > limit);
    match c.notices {
        _ if c.is_stuck() => Level::Critical,
        Notices::Never => Level::Warning,
        _ if late => Level::Warning,
        _ => Level::Ok,
    }
}

impl Sum {
    /// Of these; longer than `within` is a warning.
    pub fn of(all: &[Connection], within: Option<Duration>) -> Self {
        let late = |c: &&Connection| within.zip(c.notices.within()).is_some_and(|(limit, d)| d > limit);
        Self {
            all: all.len(),
            never: all.iter().filter(|c| c.notices == Notices::Never).count(),
            stuck: all.iter().filter(|c| c.is_stuck()).count(),
            late: all.iter().filter(late).count(),
            told: all.iter().filter(|c| c.notices == Notices::Told).count(),
            longest: all.iter().filter_map(|c| c.notices.within()).max(),
            within,
        }
    }

    /// How well it is.
    pub const fn level(&self) -> Level {
        if self.stuck > 0 {
            Level::Critical
        } else if self.never + self.late > 0 {
            Level::Warning
        } else {
            Level::Ok
        }
    }

    /// Everything in one sentence.
    pub fn words(&self) -> String {
        if self.all == 0 {
            return "no such connection".to_owned();
        }
        let mut parts = Vec::new();
        if self.stuck > 0 {
            parts.push(format!("{} get no answer now", self.stuck));
        }
        if self.never > 0 {
            parts.push(format!("{} would never notice a dead peer", self.never));
        }
        if let Some((limit, n)) = self.within.map(|w| (w, self.late)).filter(|(_, n)| *n > 0) {
            parts.push(format!("{n} only after more than {}", span(limit)));
        }
        if let Some(longest) = self.longest {
            let what = if parts.is_empty() { "a dead peer is noticed" } else { "where it is noticed, that is" };
            parts.push(format!("{what} within {} at most", span(longest)));
        }
        if self.told > 0 && self.told < self.all {
            parts.push(format!("{} ended by their peers and not yet by the program (CLOSE-WAIT)", self.told));
        }
        let connections = if self.all == 1 { "1 connection" } else { &format!("{} connections", self.all) };
        format!(
            "{connections}: {}",
            if parts.is_empty() {
                "all ended by their peers, and not yet by the program (CLOSE-WAIT)".into()
            } else {
                parts.join(", ")
            }
        )
    }

    /// The line of a monitoring plugin.
    pub fn plugin(&self) -> String {
        let longest = self.longest.map_or_else(String::new, |d| format!(" longest={:.3}s;;;0", d.as_secs_f64()));
        format!(
            "SOCKETS {} - {} | connections={};;;0 never={};;;0 stuck={};;;0{longest}",
            self.level().word(),
            self.words(),
            self.all,
            self.never,
            self.stuck
        )
    }
}

/// A time for people, short or long: `0.2 s`, `15 min 25 s`, `2 h 11 min`.
fn span(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..60 => format!("{:.1} s", d.as_secs_f64()),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

fn notices(c: &Connection) -> String {
    match c.notices {
        Notices::Never => "never: no keepalive, nothing unacknowledged".to_owned(),
        Notices::Data(d) => format!("within {}, unless a user timeout is shorter", span(d)),
        Notices::Window(d) => format!("within {}: the peer's window is closed", span(d)),
        Notices::Keepalive(d) => format!("within {}, by keepalive", span(d)),
        Notices::Told => "the peer has ended it; the program has not".to_owned(),
    }
}

/// The connections as a table `width` columns wide.
pub fn table(all: &[Connection], within: Option<Duration>, width: u16, verbose: bool) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(vec!["", "local", "peer", "state", "timer", "idle", "unacked", "process", "notices a dead peer"]);
    let most = if verbose { usize::MAX } else { MOST };
    for c in all.iter().take(most) {
        let s = &c.socket;
        let timer = match s.timer.as_str() {
            "off" => "-".to_owned(),
            name if s.tries > 0 => format!("{name} {}, {} tries", span(s.expires), s.tries),
            name => format!("{name} {}", span(s.expires)),
        };
        table.add_row(vec![
            level(c, within).word().to_owned(),
            s.local.to_string(),
            s.remote.to_string(),
            s.state.as_str().to_owned(),
            timer,
            c.idle().map_or_else(|| "-".to_owned(), span),
            s.unacknowledged.to_string(),
            c.owner.as_ref().map_or_else(|| "-".to_owned(), |o| format!("{} ({})", printable(&o.name), o.pid)),
            notices(c),
        ]);
    }
    let mut lines: Vec<String> =
        if all.is_empty() { Vec::new() } else { table.lines().map(|l| l.trim_end().to_owned()).collect() };
    if all.len() > most {
        lines.push(format!("and {} more (-v shows all)", all.len() - most));
    }
    lines
}

/// What the figures rest on.
pub fn remarks(kernel: &Kernel) -> Vec<String> {
    vec![
        format!(
            "Keepalive is reckoned with this host's {} s between {} probes: the kernel does not tell what a socket has of \
             its own. The timer tells when the first is due, later if something is heard.",
            kernel.interval.as_secs(),
            kernel.probes
        ),
        format!(
            "Unacknowledged data is reckoned with tcp_retries2 {}; a TCP_USER_TIMEOUT, which the kernel does not tell \
             either, makes it shorter. While it waits, keepalive does not ask.",
            kernel.retries2
        ),
    ]
}

#[derive(Serialize)]
struct SocketObject<'a> {
    r#type: &'static str,
    local: String,
    remote: String,
    state: &'static str,
    timer: &'static str,
    timer_ms: f64,
    tries: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_ms: Option<f64>,
    unacknowledged_bytes: u32,
    unread_bytes: u32,
    uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    notices: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    notices_within_ms: Option<f64>,
    verdict: String,
}

#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    connections: usize,
    never: usize,
    stuck: usize,
    late: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_ms: Option<f64>,
    exit: u8,
}

/// A `socket` object for each, between `start` and `summary`.
///
/// # Errors
/// Those of the output.
pub fn json(out: &mut dyn Write, source: &str, all: &[Connection], sum: &Sum, exit: u8) -> io::Result<()> {
    json::start(out, "sockets", source)?;
    for c in all {
        let s = &c.socket;
        let object = SocketObject {
            r#type: "socket",
            local: s.local.to_string(),
            remote: s.remote.to_string(),
            state: s.state.as_str(),
            timer: s.timer.as_str(),
            timer_ms: ms(s.expires),
            tries: s.tries,
            idle_ms: c.idle().map(ms),
            silent_ms: s.info.map(|i| ms(i.silent())),
            unacknowledged_bytes: s.unacknowledged,
            unread_bytes: s.unread,
            uid: s.uid,
            process: c.owner.as_ref().map(|o| o.name.as_str()),
            pid: c.owner.as_ref().map(|o| o.pid),
            notices: c.notices.as_str(),
            notices_within_ms: c.notices.within().map(ms),
            verdict: level(c, sum.within).word().to_ascii_lowercase(),
        };
        line(out, &object)?;
    }
    let Sum { all, never, stuck, late, longest, .. } = *sum;
    line(out, &Summary { r#type: "summary", connections: all, never, stuck, late, longest_ms: longest.map(ms), exit })
}
