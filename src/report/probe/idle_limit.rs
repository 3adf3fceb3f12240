//! How long a connection may be idle, and what to set.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::Times;
use super::{Tally, json};
use crate::probe::idle_limit::{Fate, Search};
use crate::probe::judge::is_local;
use crate::probe::{Level, Phases, Reason};
use crate::report::json::{line, ms};
use crate::report::printable;

/// Who ends a connection sooner has no idle limit, but no use for it.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What a search came to.
pub struct Limit<'a> {
    target: &'a str,
    search: &'a Search,
    /// Whether it was ended early, or why there was nothing to search.
    ended: Result<bool, Reason>,
    /// tcp_keepalive_time of this host.
    host: Option<u64>,
    /// Whether a request was made first.
    used: bool,
    /// How long the search took.
    took: Duration,
}

impl<'a> Limit<'a> {
    /// Judges it beside this host's keepalive time; `used` connections had a request before.
    pub fn new(
        target: &'a str,
        search: &'a Search,
        ended: Result<bool, Reason>,
        host: Option<u64>,
        used: bool,
        took: Duration,
    ) -> Self {
        Self { target, search, ended, host, used, took }
    }

    /// How well it is.
    pub fn level(&self) -> Level {
        match (&self.ended, self.search.lost) {
            (Err(reason), _) if is_local(reason.id) => Level::Unknown,
            (Err(_), _) => Level::Critical,
            (Ok(true), None) => Level::Unknown,
            // A pool that keeps connections for nginx's 60 s meets their end.
            (Ok(_), Some((at, Fate::ClosedAt(_)))) if at > Duration::from_mins(1) => Level::Ok,
            (Ok(_), Some((at, Fate::Reset | Fate::Silent | Fate::ResetAt(_))))
                if self.host.is_some_and(|h| Duration::from_secs(h) < at) =>
            {
                Level::Ok
            }
            (Ok(_), Some(_)) => Level::Warning,
            (Ok(false), None) if self.search.unsteady => Level::Warning,
            (Ok(false), None) => Level::Ok,
        }
    }

    /// Everything in one sentence.
    pub fn words(&self) -> String {
        let lives = format!("{:.1} s", self.search.lives.as_secs_f64());
        let mut text = match (&self.ended, self.search.lost) {
            (Err(reason), _) => format!("{}: {}", reason.id, printable(&reason.sentence)),
            (Ok(true), None) if self.search.lives.is_zero() => "nothing is known yet".to_owned(),
            (Ok(_), None) => format!("no idle limit up to {lives}"),
            (Ok(_), Some((at, fate))) => {
                let at = format!("{:.1} s", at.as_secs_f64());
                match fate {
                    Fate::ClosedAt(d) | Fate::ResetAt(d) if d < AT_ONCE => {
                        "connections are ended at once, before they are idle".to_owned()
                    }
                    Fate::ClosedAt(_) => format!("the service ends (FIN) idle connections after {at}"),
                    Fate::ResetAt(_) => format!("idle connections are reset (RST) after {at}, unasked"),
                    Fate::Silent => format!("idle connections are forgotten silently between {lives} and {at}"),
                    Fate::Reset | Fate::Answered => {
                        format!("idle connections are forgotten between {lives} and {at}, and answered with RST")
                    }
                }
            }
        };
        if self.search.unsteady {
            text.push_str("; other connections of that age lived, so it is not always so");
        }
        if matches!(self.ended, Ok(true)) {
            text.push_str("; interrupted");
        }
        if let Some(host) = self.host.filter(|_| self.level() == Level::Warning && self.keeps()) {
            text = format!("{text}; keepalive of this host begins after {host} s (tcp_keepalive_time)");
        }
        text
    }

    /// Why it is not well.
    fn reason(&self) -> Option<&'static str> {
        match (&self.ended, self.search.lost) {
            _ if self.level() == Level::Ok => None,
            (Err(reason), _) => Some(reason.id),
            (Ok(_), Some((_, Fate::ClosedAt(_)))) => Some("idle-closed"),
            (Ok(_), Some((_, Fate::Silent))) => Some("keepalive-timeout"),
            (Ok(_), Some(_)) => Some("keepalive-reset"),
            (Ok(true), None) => Some("interrupted"),
            (Ok(false), None) => Some("unsteady"),
        }
    }

    /// Whether keepalive would hold a connection open.
    fn keeps(&self) -> bool {
        matches!(self.search.lost, Some((_, Fate::Reset | Fate::Silent | Fate::ResetAt(_))))
    }

    /// Idle time and interval to set, in seconds.
    pub fn settings(&self) -> Option<(u64, u64)> {
        self.search.settings().filter(|_| self.keeps())
    }

    /// What else to do.
    pub fn lines(&self) -> Vec<String> {
        match self.search.lost {
            Some((at, Fate::ClosedAt(_))) => {
                let below = (at.as_secs() * 3 / 4).max(1);
                let measured = if self.used {
                    "measured after a request: of nginx that is keepalive_timeout (keepalive_requests 1 or a \
                     `Connection: close` ends it at once)"
                } else {
                    "measured without a request: nginx ends such a connection by client_header_timeout, and one that has been \
                     used by keepalive_timeout; --send makes a request first"
                };
                vec![
                    "keepalive does not prolong it: who keeps connections has to end them first".to_owned(),
                    measured.to_owned(),
                    format!("nginx        upstream {{ keepalive_timeout {below}s; }}"),
                    format!("haproxy      pool-purge-delay {below}s;  timeout http-keep-alive {below}s"),
                ]
            }
            Some(_) if self.settings().is_none() && self.ended.is_ok() => {
                vec!["the limit is too short for keepalive: its probes are seconds apart".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    r#type: &'static str,
    kind: &'static str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    ok: bool,
    verdict: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    phases_ms: Times,
    lives_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<&'static str>,
    unsteady: bool,
    rounds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_idle_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_interval_ms: Option<u64>,
}

/// `probe` and `summary`.
///
/// # Errors
/// Those of the output.
pub fn objects(out: &mut dyn Write, limit: &Limit<'_>, exit: u8) -> io::Result<()> {
    let settings = limit.settings();
    let object = Object {
        r#type: "probe",
        kind: "keepalive",
        target: limit.target,
        address: limit.search.address,
        ok: limit.level() == Level::Ok,
        verdict: limit.level().word().to_ascii_lowercase(),
        message: limit.words(),
        reason: limit.reason(),
        phases_ms: Times(Phases { total: Some(limit.took), ..Phases::default() }),
        lives_ms: ms(limit.search.lives),
        limit_ms: limit.search.lost.map(|(at, _)| ms(at)),
        ended_by: limit.search.lost.map(|(_, fate)| fate.as_str()),
        unsteady: limit.search.unsteady,
        rounds: limit.search.rounds,
        set_idle_ms: settings.map(|s| s.0 * 1000),
        set_interval_ms: settings.map(|s| s.1 * 1000),
    };
    line(out, &object)?;
    let interrupted = matches!(limit.ended, Ok(true));
    json::summary(out, &Tally::one(limit.level()), 0, interrupted, exit)
}
