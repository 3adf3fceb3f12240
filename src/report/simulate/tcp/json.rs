//! One object a line; fields as in the outside contract, section 5.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::words::meaning;
use crate::report::json::{Start, line, ms};
use crate::simulate::tcp::{Check, Fate, Record, Scenario, Settings, Summary, Verdict};
use crate::time::Instant;

/// `start`
pub fn start(out: &mut dyn Write, source: &str) -> io::Result<()> {
    line(out, &Start::new("simulate tcp-keepalive", source))
}

fn t(at: Instant) -> f64 {
    at.as_micros() as f64 / 1e6
}

#[derive(Serialize)]
struct SegmentObject {
    r#type: &'static str,
    t: f64,
    from: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
}

#[derive(Serialize)]
struct OutcomeObject {
    r#type: &'static str,
    t: f64,
    error: &'static str,
    meaning: String,
}

/// `segment` and `outcome`; nothing for what else happens.
pub fn record(out: &mut dyn Write, scenario: &Scenario, at: Instant, record: &Record) -> io::Result<()> {
    match *record {
        Record::Segment { from, kind, bytes, fate, .. } => line(
            out,
            &SegmentObject {
                r#type: "segment",
                t: t(at),
                from: from.as_str(),
                kind: kind.as_str(),
                bytes: (bytes > 0).then_some(bytes),
                lost: fate != Fate::Arrives,
            },
        ),
        Record::Outcome { learned, by } => {
            let object = OutcomeObject {
                r#type: "outcome",
                t: t(at),
                error: learned.error.as_str(),
                meaning: meaning(&learned, by, scenario),
            };
            line(out, &object)
        }
        Record::Event { .. } | Record::Deferred(_) | Record::Held(..) | Record::Forgotten => Ok(()),
    }
}

#[derive(Serialize)]
struct SettingsObject {
    keepalive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_timeout_ms: Option<f64>,
    retries2: u32,
}

impl SettingsObject {
    fn of(s: &Settings) -> Self {
        Self {
            keepalive: s.keepalive.is_some(),
            idle_ms: s.keepalive.map(|k| ms(k.idle)),
            interval_ms: s.keepalive.map(|k| ms(k.interval)),
            probes: s.keepalive.map(|k| k.probes),
            user_timeout_ms: s.user_timeout.map(ms),
            retries2: s.kernel.retries2,
        }
    }
}

#[derive(Serialize)]
struct CheckObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_ms: Option<f64>,
    met: bool,
}

impl CheckObject {
    fn of(c: &Check) -> Self {
        Self { took_ms: c.took.map(ms), latest_ms: c.latest.map(ms), met: c.met }
    }
}

#[derive(Serialize)]
struct VerdictObject {
    met: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle: Option<CheckObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<CheckObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    survive: Option<CheckObject>,
    settings: SettingsObject,
}

impl VerdictObject {
    fn of(v: &Verdict) -> Self {
        let check = |c: &Option<Check>| c.as_ref().map(CheckObject::of);
        Self {
            met: v.is_met(),
            idle: check(&v.idle),
            data: check(&v.data),
            survive: check(&v.survive),
            settings: SettingsObject::of(&v.settings),
        }
    }
}

#[derive(Serialize)]
struct SummaryObject {
    r#type: &'static str,
    duration_ms: f64,
    settings: SettingsObject,
    probes_sent: u64,
    retransmissions: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<VerdictObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<VerdictObject>,
    exit: u8,
}

/// `summary`: how it ended, `latest` with timers as late as the kernel may make them, and what was asked of the
/// settings.
pub fn summary(
    out: &mut dyn Write,
    scenario: &Scenario,
    summary: &Summary,
    latest: Option<Duration>,
    target: (Option<&Verdict>, Option<&Verdict>),
    exit: u8,
) -> io::Result<()> {
    let object = SummaryObject {
        r#type: "summary",
        duration_ms: ms(scenario.length),
        settings: SettingsObject::of(&scenario.local),
        probes_sent: summary.probes,
        retransmissions: summary.retransmissions,
        error: summary.error.map(|(_, l)| l.error.as_str()),
        error_ms: summary.error.map(|(at, _)| ms(at.since(Instant::ZERO))),
        latest_ms: latest.map(ms),
        target: target.0.map(VerdictObject::of),
        suggestion: target.1.map(VerdictObject::of),
        exit,
    };
    line(out, &object)
}
