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
    /// Late if their programs have set nothing of their own.
    assumed: usize,
    told: usize,
    longest: Option<Duration>,
    longest_assumed: bool,
    within: Option<Duration>,
}

/// Whether it takes longer than wanted, as far as is known.
fn is_late(c: &Connection, within: Option<Duration>) -> bool {
    within.zip(c.notices.within()).is_some_and(|(limit, d)| d > limit)
}

/// How well one connection is. What rests on an assumption is not known.
fn level(c: &Connection, within: Option<Duration>) -> Level {
    match c.notices {
        _ if c.is_stuck() => Level::Critical,
        Notices::Never => Level::Warning,
        _ if is_late(c, within) && c.is_assumed() => Level::Unknown,
        _ if is_late(c, within) => Level::Warning,
        _ => Level::Ok,
    }
}

impl Sum {
    /// Of these; longer than `within` is a warning.
    pub fn of(all: &[Connection], within: Option<Duration>) -> Self {
        let late = |assumed: bool| all.iter().filter(|c| is_late(c, within) && c.is_assumed() == assumed).count();
        Self {
            all: all.len(),
            never: all.iter().filter(|c| c.notices == Notices::Never).count(),
            stuck: all.iter().filter(|c| c.is_stuck()).count(),
            late: late(false),
            assumed: late(true),
            told: all.iter().filter(|c| c.notices == Notices::Told).count(),
            longest: all.iter().filter_map(|c| c.notices.within()).max(),
            longest_assumed: all.iter().any(Connection::is_assumed),
            within,
        }
    }

    /// How well it is.
    pub const fn level(&self) -> Level {
        if self.stuck > 0 {
            Level::Critical
        } else if self.never + self.late > 0 {
            Level::Warning
        } else if self.assumed > 0 {
            Level::Unknown
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
        if let Some((limit, n)) = self.within.map(|w| (w, self.assumed)).filter(|(_, n)| *n > 0) {
            let limit = span(limit);
            parts.push(format!("{n} perhaps only after more than {limit}, unless set otherwise (root can ask them)"));
        }
        if let Some(longest) = self.longest {
            let what = if parts.is_empty() { "a dead peer is noticed" } else { "where it is noticed, that is" };
            let most = if self.longest_assumed { ", as far as is known" } else { " at most" };
            parts.push(format!("{what} within {}{most}", span(longest)));
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

/// `within`, or that it is not certain.
fn within(c: &Connection, d: Duration) -> String {
    format!("{} {}", if c.is_assumed() { "assumed" } else { "within" }, span(d))
}

fn notices(c: &Connection) -> String {
    match c.notices {
        Notices::Never => "never: no keepalive, nothing unacknowledged".to_owned(),
        Notices::Data(d) if c.is_assumed() => format!("{}, unless a user timeout is shorter", within(c, d)),
        Notices::Data(d) => format!("{}, as data is unacknowledged", within(c, d)),
        Notices::Window(d) => format!("{}: the peer's window is closed", within(c, d)),
        Notices::Keepalive(d) => format!("{}, by keepalive", within(c, d)),
        Notices::Told => "the peer has ended it; the program has not".to_owned(),
    }
}

/// The same in a few words.
fn notices_short(c: &Connection) -> String {
    match (c.notices, c.notices.within()) {
        (_, Some(d)) if c.is_stuck() => format!("no answer now; {}", within(c, d)),
        (_, Some(d)) => within(c, d),
        (Notices::Told, _) => "peer has ended it".to_owned(),
        _ => "never".to_owned(),
    }
}

/// What a column shows.
#[derive(Clone, Copy)]
enum Column {
    Level,
    Local,
    Peer,
    /// Both, one below the other.
    Ends,
    State,
    Timer,
    Idle,
    Unacked,
    Process,
    ProcessName,
    Notices,
    NoticesShort,
}

/// From all that there is to what matters most; the first that fits is taken.
const LAYOUTS: [&[Column]; 7] = {
    use Column::{Ends, Idle, Level, Local, Notices, NoticesShort, Peer, Process, ProcessName, State, Timer, Unacked};
    [
        &[Level, Local, Peer, State, Timer, Idle, Unacked, Process, Notices],
        &[Level, Local, Peer, State, Timer, Idle, Unacked, Process, NoticesShort],
        &[Level, Local, Peer, State, Idle, Process, NoticesShort],
        &[Level, Local, Peer, ProcessName, NoticesShort],
        &[Level, Local, Peer, NoticesShort],
        &[Level, Ends, ProcessName, NoticesShort],
        &[Level, Ends, NoticesShort],
    ]
};

impl Column {
    const fn head(self) -> &'static str {
        match self {
            Self::Level => "",
            Self::Local => "local",
            Self::Peer => "peer",
            Self::Ends => "local, peer",
            Self::State => "state",
            Self::Timer => "timer",
            Self::Idle => "idle",
            Self::Unacked => "unacked",
            Self::Process | Self::ProcessName => "process",
            Self::Notices => "notices a dead peer",
            Self::NoticesShort => "dead peer noticed",
        }
    }

    fn cell(self, c: &Connection, limit: Option<Duration>) -> String {
        let s = &c.socket;
        match self {
            Self::Level => level(c, limit).word().to_owned(),
            Self::Local => s.local.to_string(),
            Self::Peer => s.remote.to_string(),
            Self::Ends => format!("{}\n{}", s.local, s.remote),
            Self::State => s.state.as_str().to_owned(),
            Self::Timer => match s.timer.as_str() {
                "off" => "-".to_owned(),
                name if s.tries > 0 => format!("{name} {}, {} tries", span(s.expires), s.tries),
                name => format!("{name} {}", span(s.expires)),
            },
            Self::Idle => c.idle().map_or_else(|| "-".to_owned(), span),
            Self::Unacked => s.unacknowledged.to_string(),
            Self::Process => {
                c.owner.as_ref().map_or_else(|| "-".to_owned(), |o| format!("{} ({})", printable(&o.name), o.pid))
            }
            Self::ProcessName => c.owner.as_ref().map_or_else(|| "-".to_owned(), |o| printable(&o.name)),
            Self::Notices => notices(c),
            Self::NoticesShort => notices_short(c),
        }
    }
}

/// The connections as a table that fits a terminal of so many columns; as wide as it is where there is none. Nothing in it
/// is ever split.
pub fn table(all: &[Connection], within: Option<Duration>, width: Option<usize>, verbose: bool) -> Vec<String> {
    let most = if verbose { usize::MAX } else { MOST };
    let drawn = |columns: &[Column]| -> Vec<String> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|c| c.head()).collect::<Vec<_>>());
        for c in all.iter().take(most) {
            table.add_row(columns.iter().map(|column| column.cell(c, within)).collect::<Vec<_>>());
        }
        table.lines().map(|l| l.trim_end().to_owned()).collect()
    };
    let fits = |lines: &Vec<String>| width.is_none_or(|w| lines.iter().all(|l| l.chars().count() <= w));
    let mut lines = Vec::new();
    for columns in LAYOUTS.iter().take(if all.is_empty() { 0 } else { LAYOUTS.len() }) {
        lines = drawn(columns);
        if fits(&lines) {
            break;
        }
    }
    if all.len() > most {
        lines.push(format!("and {} more (-v shows all)", all.len() - most));
    }
    lines
}

/// What figures rest on that are assumed.
pub fn remarks(all: &[Connection], kernel: &Kernel) -> Vec<String> {
    let assumed = |keepalive: bool| {
        let is = |c: &&Connection| matches!(c.notices, Notices::Keepalive(_)) == keepalive;
        all.iter().filter(|c| c.is_assumed()).any(|c| is(&c))
    };
    let mut lines = Vec::new();
    if assumed(true) {
        lines.push(format!(
            "Assumed for keepalive: this host's {} s between {} probes. Only the sockets themselves tell what their programs \
             have set, and only root may ask all of them.",
            kernel.interval.as_secs(),
            kernel.probes
        ));
    }
    if assumed(false) {
        lines.push(format!(
            "Assumed for unacknowledged data: tcp_retries2 {}, and no TCP_USER_TIMEOUT, which makes it shorter. While it \
             waits, keepalive does not ask.",
            kernel.retries2
        ));
    }
    lines
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
    /// The time rests on what this host is set to.
    assumed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    keepalive_interval_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keepalive_probes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_timeout_ms: Option<f64>,
    verdict: String,
}

#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    connections: usize,
    never: usize,
    stuck: usize,
    late: usize,
    late_assumed: usize,
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
            assumed: c.is_assumed(),
            keepalive_interval_ms: c.patience.map(|p| ms(p.interval)),
            keepalive_probes: c.patience.map(|p| p.probes),
            user_timeout_ms: c.patience.and_then(|p| p.user_timeout).map(ms),
            verdict: level(c, sum.within).word().to_ascii_lowercase(),
        };
        line(out, &object)?;
    }
    let Sum { all, never, stuck, late, assumed, longest, .. } = *sum;
    let summary = Summary {
        r#type: "summary",
        connections: all,
        never,
        stuck,
        late,
        late_assumed: assumed,
        longest_ms: longest.map(ms),
        exit,
    };
    line(out, &summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sock_diag::{TcpSocket, TcpState, Timer};
    use crate::net::socket_owner::{Owner, Patience};

    fn connection(local: &str, remote: &str, notices: Notices, patience: Option<Patience>) -> Connection {
        let socket = TcpSocket {
            state: TcpState::Established,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            interface: 0,
            timer: if notices == Notices::Never { Timer::Off } else { Timer::Keepalive },
            expires: Duration::from_secs(30),
            tries: 0,
            unread: 0,
            unacknowledged: 0,
            uid: 0,
            inode: 7,
            info: None,
        };
        let owner = Some(Owner { pid: 4711, name: "postgres".into(), descriptor: 3 });
        Connection { socket, owner, notices, patience }
    }

    const OWN: Patience = Patience { interval: Duration::from_secs(75), probes: 9, user_timeout: None };

    fn kept(seconds: u64) -> Notices {
        Notices::Keepalive(Duration::from_secs(seconds))
    }

    #[test]
    fn a_table_fits_its_terminal_and_splits_no_address() {
        let v4 = [
            connection("192.168.100.200:43210", "192.168.100.201:5432", Notices::Never, None),
            connection("10.0.0.9:43211", "10.0.0.1:5432", kept(705), Some(OWN)),
        ];
        assert_eq!(
            table(&v4, None, None, false),
            [
                "          local                  peer                  state  timer             idle  unacked  process          notices a dead peer",
                " WARNING  192.168.100.200:43210  192.168.100.201:5432  ESTAB  -                 -     0        postgres (4711)  never: no keepalive, nothing unacknowledged",
                " OK       10.0.0.9:43211         10.0.0.1:5432         ESTAB  keepalive 30.0 s  -     0        postgres (4711)  within 11 min 45 s, by keepalive",
            ]
        );
        assert_eq!(table(&v4, None, Some(160), false), table(&v4, None, None, false));
        assert_eq!(
            table(&v4, None, Some(80), false),
            [
                "          local                  peer                  dead peer noticed",
                " WARNING  192.168.100.200:43210  192.168.100.201:5432  never",
                " OK       10.0.0.9:43211         10.0.0.1:5432         within 11 min 45 s",
            ]
        );
        let v6 = [connection(
            "[2001:db8:1234:5678:9abc:def0:1234:5678]:43210",
            "[2001:db8:1234:5678:9abc:def0:1234:9999]:5432",
            kept(705),
            None,
        )];
        assert_eq!(
            table(&v6, Some(Duration::from_mins(1)), Some(80), false),
            [
                "          local, peer                                     dead peer noticed",
                " UNKNOWN  [2001:db8:1234:5678:9abc:def0:1234:5678]:43210  assumed 11 min 45 s",
                "          [2001:db8:1234:5678:9abc:def0:1234:9999]:5432",
            ]
        );
        let both = [v4.as_slice(), &v6].concat();
        for width in 80..200 {
            let lines = table(&both, None, Some(width), false);
            assert!(lines.iter().all(|l| l.chars().count() <= width), "{width}: {lines:#?}");
            for c in &both {
                for end in [c.socket.local, c.socket.remote] {
                    assert!(lines.iter().any(|l| l.contains(&end.to_string())), "{width}: {end}");
                }
            }
        }
        assert!(table(&[], None, Some(80), false).is_empty());
    }

    #[test]
    fn what_is_assumed_is_not_told_as_certain() {
        let limit = Some(Duration::from_mins(1));
        let of = |patience| connection("10.0.0.9:43211", "10.0.0.1:5432", kept(705), patience);
        let sum = Sum::of(&[of(None)], limit);
        assert_eq!(sum.level(), Level::Unknown);
        assert_eq!(
            sum.words(),
            "1 connection: 1 perhaps only after more than 1 min 0 s, unless set otherwise (root can ask them), where it is \
             noticed, that is within 11 min 45 s, as far as is known"
        );
        let sum = Sum::of(&[of(Some(OWN)), of(None)], limit);
        assert_eq!((sum.level(), sum.late, sum.assumed), (Level::Warning, 1, 1));
        assert_eq!(Sum::of(&[of(None)], None).level(), Level::Ok);
        let kernel =
            Kernel { interval: Duration::from_secs(75), probes: 9, retries2: 15, rto_max: Duration::from_mins(2) };
        assert_eq!((remarks(&[of(None)], &kernel).len(), remarks(&[of(Some(OWN))], &kernel).len()), (1, 0));
        let mut out = Vec::new();
        json(&mut out, "this host", &[of(None), of(Some(OWN))], &sum, 1).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains(r#""notices_within_ms":705000.0,"assumed":true,"verdict":"unknown""#), "{text}");
        assert!(
            lines[2].contains(
                r#""assumed":false,"keepalive_interval_ms":75000.0,"keepalive_probes":9,"verdict":"warning""#
            ),
            "{text}"
        );
        assert!(lines[3].contains(r#""late":1,"late_assumed":1,"#), "{text}");
    }
}
