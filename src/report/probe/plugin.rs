//! One line as a monitoring system reads it, with perfdata.

use std::fmt::Write;
use std::time::Duration;

use super::{Tally, line};
use crate::probe::{Checked, Level, Wanted};

/// Failures that are named in a line about many.
const MOST: usize = 5;

/// The line, without its end.
pub fn line(kind: &str, checked: &[Checked], wanted: &Wanted, timeout: Duration) -> String {
    let tally = Tally::of(checked, wanted);
    let word = tally.worst().word();
    let kind = kind.to_ascii_uppercase();
    let (text, data) = match checked {
        [one] => (
            format!("{}: {}", line::place(&one.outcome), line::sentence(one, wanted, true)),
            one_data(one, wanted, timeout),
        ),
        many => (many_text(many, wanted, &tally), many_data(&tally, many.len())),
    };
    // A bar begins the perfdata.
    format!("{kind} {word} - {} | {data}", text.replace('|', "/"))
}

fn seconds(d: Duration) -> String {
    format!("{:.6}", d.as_secs_f64())
}

fn one_data(one: &Checked, wanted: &Wanted, timeout: Duration) -> String {
    let limit = |d: Option<Duration>| d.map(seconds).unwrap_or_default();
    let limits = format!("{};{}", limit(wanted.warn), limit(wanted.crit));
    let mut data = String::new();
    if let Some(time) = one.time() {
        let _ = write!(data, "time={}s;{limits};0;{}", seconds(time), seconds(timeout));
    }
    let phases = &one.outcome.phases;
    if let Some(series) = &one.series {
        let _ = write!(data, " loss={:.0}%;;;0;100", series.loss_percent());
        if let Some(t) = series.times() {
            for (name, d) in [("min", t.min), ("p95", t.p95), ("max", t.max)] {
                let _ = write!(data, " {name}={}s;;;0", seconds(d));
            }
        }
    } else {
        let all = [
            ("resolve", phases.resolve),
            ("connect", phases.connect),
            ("tls", phases.tls),
            ("first_byte", phases.first_byte),
        ];
        for (name, d) in all.into_iter().filter_map(|(n, d)| Some((n, d?))) {
            let _ = write!(data, " {name}={}s;;;0", seconds(d));
        }
    }
    data.trim_start().to_owned()
}

fn many_text(many: &[Checked], wanted: &Wanted, tally: &Tally) -> String {
    let bad: Vec<String> = super::table::worst_first(many, wanted)
        .into_iter()
        .filter(|(level, _)| *level != Level::Ok)
        .take(MOST)
        .map(|(_, c)| match &c.outcome.result {
            Err(reason) => format!("{} {}", line::place(&c.outcome), reason.id),
            Ok(()) => line::place(&c.outcome),
        })
        .collect();
    let left = many.len() - tally.ok - bad.len();
    let more = if left > 0 { format!(", {left} more") } else { String::new() };
    let list = if bad.is_empty() { String::new() } else { format!(": {}{more}", bad.join(", ")) };
    format!("{}{list}", tally.words())
}

fn many_data(tally: &Tally, all: usize) -> String {
    let each = [("ok", tally.ok), ("warning", tally.warning), ("critical", tally.critical), ("unknown", tally.unknown)];
    each.map(|(name, n)| format!("{name}={n};;;0;{all}")).join(" ")
}
