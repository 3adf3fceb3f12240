//! One object a line; fields as in the outside contract, section 5.

use std::io::{self, Write};
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Tally, line as text};
use crate::probe::plan::Parameter;
use crate::probe::{Checked, Phases, Series, Value, Wanted};
use crate::report::json::{Start, line, ms};

/// `start`
pub fn start(out: &mut dyn Write, kind: &str, source: &str) -> io::Result<()> {
    line(out, &Start::new(&format!("probe {kind}"), source))
}

/// `phases_ms`: those that there were.
pub(super) struct Times(pub Phases);

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let p = &self.0;
        let all = [
            ("resolve", p.resolve),
            ("connect", p.connect),
            ("tls", p.tls),
            ("first_byte", p.first_byte),
            ("total", p.total),
        ];
        s.collect_map(all.into_iter().filter_map(|(name, d): (&str, Option<Duration>)| Some((name, ms(d?)))))
    }
}

#[derive(serde::Serialize)]
struct SeriesObject {
    sent: u32,
    lost: u32,
    loss_percent: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ms: Option<f64>,
}

impl SeriesObject {
    fn of(series: &Series) -> Self {
        let times = series.times();
        Self {
            sent: series.sent,
            lost: series.lost(),
            loss_percent: series.loss_percent(),
            min_ms: times.map(|t| ms(t.min)),
            median_ms: times.map(|t| ms(t.median)),
            p95_ms: times.map(|t| ms(t.p95)),
            max_ms: times.map(|t| ms(t.max)),
        }
    }
}

struct Probe<'a> {
    checked: &'a Checked,
    wanted: &'a Wanted,
    /// What holds for a check of a configuration.
    parameters: &'a [Parameter],
}

/// `parameters`: each by its keyword, with whether nothing sets it.
struct Parameters<'a>(&'a [Parameter]);

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Value<'a> {
            value: &'a str,
            default: bool,
        }
        s.collect_map(self.0.iter().map(|p| (p.name, Value { value: &p.value, default: p.default })))
    }
}

impl Serialize for Probe<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let o = &self.checked.outcome;
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("type", "probe")?;
        map.serialize_entry("kind", o.kind)?;
        map.serialize_entry("target", &o.target)?;
        if let Some(address) = o.address {
            map.serialize_entry("address", &address)?;
        }
        if let Some(port) = o.port {
            map.serialize_entry("port", &port)?;
        }
        map.serialize_entry("ok", &o.result.is_ok())?;
        let verdict = self.checked.level(self.wanted).word().to_ascii_lowercase();
        map.serialize_entry("verdict", &verdict)?;
        if let Err(reason) = &o.result {
            map.serialize_entry("reason", reason.id)?;
            map.serialize_entry("message", &reason.sentence)?;
            map.serialize_entry("usually", reason.usually)?;
        } else {
            // It is up, and all the same not as wanted.
            let against = text::against(self.checked, self.wanted);
            if !against.is_empty() {
                map.serialize_entry("message", &against.join("; "))?;
            }
        }
        map.serialize_entry("attempts", &o.attempts)?;
        map.serialize_entry("phases_ms", &Times(o.phases))?;
        if let Some(series) = &self.checked.series {
            map.serialize_entry("series", &SeriesObject::of(series))?;
        }
        for fact in &o.facts {
            match &fact.value {
                Value::Text(t) => map.serialize_entry(fact.name, t)?,
                Value::Number(n) => map.serialize_entry(fact.name, n)?,
                Value::Bool(b) => map.serialize_entry(fact.name, b)?,
                Value::List(l) => map.serialize_entry(fact.name, l)?,
                Value::Time(d) => map.serialize_entry(fact.name, &ms(*d))?,
            }
        }
        if !self.parameters.is_empty() {
            map.serialize_entry("parameters", &Parameters(self.parameters))?;
        }
        map.end()
    }
}

/// `probe`
pub fn probe(out: &mut dyn Write, checked: &Checked, wanted: &Wanted) -> io::Result<()> {
    line(out, &Probe { checked, wanted, parameters: &[] })
}

/// `probe`, of a check of a configuration.
pub(super) fn planned(out: &mut dyn Write, checked: &Checked, parameters: &[Parameter]) -> io::Result<()> {
    line(out, &Probe { checked, wanted: &Wanted::default(), parameters })
}

#[derive(serde::Serialize)]
struct Summary {
    r#type: &'static str,
    targets: usize,
    ok: usize,
    warning: usize,
    critical: usize,
    unknown: usize,
    missing: usize,
    interrupted: bool,
    exit: u8,
}

/// `summary`; `missing` targets were not looked at.
pub fn summary(out: &mut dyn Write, tally: &Tally, missing: usize, interrupted: bool, exit: u8) -> io::Result<()> {
    let Tally { ok, warning, critical, unknown } = *tally;
    let targets = ok + warning + critical + unknown + missing;
    line(out, &Summary { r#type: "summary", targets, ok, warning, critical, unknown, missing, interrupted, exit })
}
