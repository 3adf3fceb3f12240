//! What clients saw of a move: a sentence with its lines, one JSON object, the line of a plugin.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::Times;
use super::time;
use crate::probe::story::Move;
use crate::probe::{Level, Phases, Reason, Through};
use crate::report::json::{line as object, ms};
use crate::report::printable;

/// How it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A longer silence is a warning.
    pub warn: Duration,
    /// A longer one is critical.
    pub crit: Option<Duration>,
}

/// The address that was looked at, and what came of it.
pub struct Told<'a> {
    /// The target as it was given.
    pub target: &'a str,
    /// The address and port, once they were known.
    pub address: Option<SocketAddr>,
    /// What was seen, or why nothing could be.
    pub result: Result<&'a Through, &'a Reason>,
    /// How it is judged.
    pub limits: Limits,
}

impl Told<'_> {
    /// How well it went. What cannot be reached at the beginning is critical, unless it could not even be asked.
    pub fn level(&self) -> Level {
        match self.result {
            Ok(t) => t.level(self.limits.warn, self.limits.crit),
            Err(reason) if crate::probe::judge::is_local(reason.id) => Level::Unknown,
            Err(_) => Level::Critical,
        }
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let t = match self.result {
            Ok(t) => t,
            Err(reason) => {
                let text = printable(&reason.sentence);
                return format!("cannot begin: {}: {text} (usually: {})", reason.id, reason.usually);
            }
        };
        let mut text = match (t.moves.first(), t.masters.first(), &t.blind) {
            (Some(m), _, _) => format!("moved from {} to {} at {}", m.from, m.to, time(m.at)),
            (None, Some(m), _) => format!("moved from master {} to {} at {}", m.from, m.to, time(m.at)),
            (None, None, Some(_)) if t.moved => "interrupted, and reached again".to_owned(),
            (None, None, Some(_)) if t.good == 0 => "no request was good".to_owned(),
            (None, None, Some(_)) if t.silent => "interrupted, and not reached again".to_owned(),
            (None, None, Some(_)) => "no interruption seen, and a move cannot be seen from here".to_owned(),
            (None, None, None) => format!("no move was seen within {}", time(t.lasted)),
        };
        let moves = t.moves.len().max(t.masters.len());
        if let (true, Some(m)) = (t.contested(), t.moves.first()) {
            text = format!("two hosts answer for the address in turns, {} and {}", m.from, m.to);
        }
        if moves > 1 {
            let _ = write!(text, ", {moves} moves in all");
        }
        if let (true, Some(m)) = (!t.moves.is_empty(), t.masters.first()) {
            let _ = write!(text, " (master {}, then {})", m.from, m.to);
        }
        if t.silent {
            let _ = write!(text, "; no client was served for the last {}", time(t.silence));
        } else {
            let _ = write!(text, "; longest silence {}", time(t.silence));
            if t.silence <= t.interval * 2 {
                let _ = write!(text, ", with a request every {}", time(t.interval));
            }
        }
        if t.failed() > 0 {
            let _ = write!(text, "; {} of {} requests failed", t.failed(), t.requests());
        }
        if t.held > 0 {
            let all = [(t.survived, "survived"), (t.reset, "reset"), (t.closed, "closed"), (t.hung, "hung")];
            let some: Vec<String> = all.iter().filter(|a| a.0 > 0).map(|(n, word)| format!("{n} {word}")).collect();
            let _ = write!(text, "; of {} held connections {}", t.held, some.join(", "));
        }
        if t.interrupted {
            text.push_str("; ended by Ctrl-C");
        }
        text
    }

    /// What belongs to it: the requests, and what the losses mean.
    pub fn lines(&self) -> Vec<String> {
        let Ok(t) = self.result else { return Vec::new() };
        let failed: Vec<String> = t.failures.iter().map(|(id, n)| format!("{n} {id}")).collect();
        let failed = if failed.is_empty() { String::new() } else { format!(", {}", failed.join(", ")) };
        let mut lines =
            vec![format!("{} of {} requests good{failed}; {} in all", t.good, t.requests(), time(t.lasted))];
        let mut say = |n: u32, text: &str| {
            if n > 0 {
                lines.push(text.to_owned());
            }
        };
        say(
            t.reset,
            "reset: who has the address now does not know the connections; clients that are idle learn it when they next \
             send, or by keepalive (this probe's: every second)",
        );
        let closed = if t.moved {
            "closed: the service or a proxy ended the connections in peace; clients connect again"
        } else {
            "closed: the service itself does not keep such connections; --send may say what it likes to hear"
        };
        say(t.closed, closed);
        say(
            t.hung,
            "hung: nothing answers and nothing resets, a firewall or the lack of its state drops the packets; clients wait \
             up to 15 minutes unless TCP_USER_TIMEOUT or keepalive ends it",
        );
        if let Some(why) = &t.blind {
            lines.push(format!("whether and when the address moved could not be seen: {}", printable(why)));
        } else if !t.moved && t.held + t.good > 0 {
            lines.push("while this runs, stop keepalived on the master, or pull its cable".to_owned());
        }
        lines
    }

    /// The line of a monitoring plugin, without its end.
    pub fn plugin(&self) -> String {
        let mut data = String::new();
        if let Ok(t) = self.result {
            let limit = |d: Option<Duration>| d.map(|d| format!("{:.3}", d.as_secs_f64())).unwrap_or_default();
            let Limits { warn, crit } = self.limits;
            let _ = write!(data, " | silence={:.3}s;{};{};0", t.silence.as_secs_f64(), limit(Some(warn)), limit(crit));
            for (name, n) in [("survived", t.survived), ("reset", t.reset), ("closed", t.closed), ("hung", t.hung)] {
                let _ = write!(data, " {name}={n};;;0;{}", t.held);
            }
        }
        let text = self.sentence().replace('|', "/");
        format!("VIP {} - {}: {text}{data}", self.level().word(), printable(self.target))
    }

    /// `probe`
    ///
    /// # Errors
    /// Those of the output.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let t = self.result.ok();
        let moves = |list: &[Move]| -> Vec<MoveObject> {
            list.iter().map(|m| MoveObject { t_ms: ms(m.at), from: m.from.clone(), to: m.to.clone() }).collect()
        };
        object(
            out,
            &Object {
                r#type: "probe",
                kind: "vip",
                target: self.target,
                address: self.address.map(|a| a.ip().to_string()),
                port: self.address.map(|a| a.port()),
                ok: self.level() == Level::Ok,
                verdict: self.level().word().to_ascii_lowercase(),
                reason: match self.result {
                    Ok(t) => t.judged(self.limits.warn, self.limits.crit).map(|j| j.1),
                    Err(reason) => Some(reason.id),
                },
                message: self.sentence(),
                phases_ms: Times(Phases { total: t.map(|t| t.lasted), ..Phases::default() }),
                moved: t.map(|t| t.moved),
                silence_ms: t.map(|t| ms(t.silence)),
                silence_from_ms: t.map(|t| ms(t.silent_from)),
                silent: t.map(|t| t.silent),
                held: t.map(|t| t.held),
                survived: t.map(|t| t.survived),
                reset: t.map(|t| t.reset),
                closed: t.map(|t| t.closed),
                hung: t.map(|t| t.hung),
                requests: t.map(Through::requests),
                good: t.map(|t| t.good),
                failures: t.map(|t| t.failures.iter().map(|f| (f.0, f.1)).collect()),
                mac: t.and_then(|t| t.holder.clone()),
                master: t.and_then(|t| t.master.clone()),
                moves: t.map(|t| moves(&t.moves)),
                masters: t.map(|t| moves(&t.masters)),
                unseen: t.and_then(|t| t.blind.clone()),
                lasted_ms: t.map(|t| ms(t.lasted)),
                interrupted: t.map(|t| t.interrupted),
            },
        )
    }
}

#[derive(Serialize)]
struct MoveObject {
    t_ms: f64,
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Object<'a> {
    r#type: &'static str,
    kind: &'static str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    ok: bool,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    message: String,
    phases_ms: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silence_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silence_from_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    survived: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hung: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<BTreeMap<&'static str, u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moves: Option<Vec<MoveObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masters: Option<Vec<MoveObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasted_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Through {
        let at = Duration::from_millis(5210);
        let moved = |from: &str, to: &str| Move { at, from: from.into(), to: to.into() };
        Through {
            lasted: Duration::from_secs(14),
            interval: Duration::from_millis(100),
            interrupted: false,
            good: 98,
            failures: vec![("timeout-syn", 2)],
            moved: true,
            silence: Duration::from_millis(3650),
            silent_from: Duration::from_millis(1500),
            silent: false,
            held: 10,
            survived: 3,
            reset: 7,
            closed: 0,
            hung: 0,
            moves: vec![moved("02:00:00:00:00:01", "02:00:00:00:00:02")],
            masters: vec![moved("10.0.0.1", "10.0.0.2")],
            holder: Some("02:00:00:00:00:02".into()),
            master: Some("10.0.0.2".into()),
            blind: None,
        }
    }

    fn told(result: Result<&Through, &Reason>, tell: impl Fn(&Told<'_>)) {
        let limits = Limits { warn: Duration::from_secs(1), crit: None };
        tell(&Told { target: "10.0.0.100:80", address: "10.0.0.100:80".parse().ok(), result, limits });
    }

    #[test]
    fn a_move_in_words() {
        told(Ok(&seen()), |t| {
            assert_eq!(
                t.sentence(),
                "moved from 02:00:00:00:00:01 to 02:00:00:00:00:02 at 5.21 s (master 10.0.0.1, then 10.0.0.2); \
                 longest silence 3.65 s; 2 of 100 requests failed; of 10 held connections 3 survived, 7 reset"
            );
            let lines = t.lines();
            assert_eq!(lines[0], "98 of 100 requests good, 2 timeout-syn; 14.00 s in all");
            assert!(lines.len() == 2 && lines[1].starts_with("reset: "), "{lines:?}");
            assert!(t.plugin().starts_with("VIP WARNING - 10.0.0.100:80: moved from "));
            assert!(t.plugin().ends_with(
                " | silence=3.650s;1.000;;0 survived=3;;;0;10 reset=7;;;0;10 closed=0;;;0;10 hung=0;;;0;10"
            ));
        });
    }

    #[test]
    fn what_was_not_seen_is_said() {
        let still = Through { moved: false, moves: Vec::new(), masters: Vec::new(), reset: 0, survived: 10, ..seen() };
        let quiet = Through { silence: Duration::from_millis(110), failures: Vec::new(), ..still };
        told(Ok(&quiet), |t| {
            assert_eq!(t.level(), Level::Unknown);
            assert_eq!(
                t.sentence(),
                "no move was seen within 14.00 s; longest silence 110.0 ms, with a request every 100.0 ms; of 10 held connections 10 survived"
            );
        });
        let blind = Through { blind: Some("why".into()), ..quiet };
        told(Ok(&blind), |t| {
            assert_eq!(t.level(), Level::Unknown);
            assert_eq!(
                t.sentence(),
                "no interruption seen, and a move cannot be seen from here; longest silence 110.0 ms, with a \
                 request every 100.0 ms; \
                 of 10 held connections 10 survived"
            );
        });
        let mute = Through { good: 0, failures: vec![("unanswered", 9)], silent: true, ..blind.clone() };
        told(Ok(&mute), |t| {
            assert_eq!(t.level(), Level::Critical);
            assert_eq!(
                t.sentence(),
                "no request was good; no client was served for the last 110.0 ms; 9 of 9 requests failed; \
                 of 10 held connections 10 survived"
            );
            assert_eq!(t.lines()[0], "0 of 9 requests good, 9 unanswered; 14.00 s in all");
        });
        let away = Through { silent: true, ..blind };
        told(Ok(&away), |t| {
            assert_eq!(t.level(), Level::Critical);
            assert!(
                t.sentence()
                    .starts_with("interrupted, and not reached again; no client was served for the last 110.0 ms; ")
            );
            assert!(t.lines()[1].ends_with("could not be seen: why"), "{:?}", t.lines());
        });
        let refused = Reason::new("refused", "connection 1 of 10: connection refused");
        told(Err(&refused), |t| {
            assert_eq!(t.level(), Level::Critical);
            assert!(
                t.sentence().starts_with("cannot begin: refused: connection 1 of 10: connection refused (usually: ")
            );
            let mut out = Vec::new();
            t.json(&mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with(
                "{\"type\":\"probe\",\"kind\":\"vip\",\"target\":\"10.0.0.100:80\",\"address\":\"10.0.0.100\",\"port\":80,\
                 \"ok\":false,\"verdict\":\"critical\",\"reason\":\"refused\",\"message\":\"cannot begin: "
            ));
        });
        told(Err(&Reason::new("local", "no")), |t| assert_eq!(t.level(), Level::Unknown));
    }
}
