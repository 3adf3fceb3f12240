//! One line as a monitoring system reads it, with perfdata.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

use super::{Tally, line};
use crate::probe::{Checked, Level, Wanted};

/// Failures that are named in a line about many, in so many characters.
const MOST: usize = 5;
const LONGEST: usize = 160;
/// Lines below it, and times: monitoring systems cut what is too long, Nagios at 8 KiB.
const MOST_LINES: usize = 20;
const MOST_DATA: usize = 40;

/// The line, without its end; of several targets with a line below it for each that is not well.
/// `missing` targets have no result, as it was ended early.
pub fn line(kind: &str, checked: &[Checked], missing: usize, wanted: &Wanted, timeout: Duration) -> String {
    let tally = Tally::of(checked, wanted);
    let word = if missing > 0 { tally.worst().max(Level::Unknown) } else { tally.worst() }.word();
    let kind = kind.to_ascii_uppercase();
    let (text, data, more) = match checked {
        [one] => (
            format!("{}: {}", line::place(&one.outcome), line::sentence(one, wanted, true)),
            one_data(one, wanted, timeout),
            Vec::new(),
        ),
        many => {
            let data = format!("{}{}", many_data(&tally, many.len()), each_data(many, wanted, timeout));
            (many_text(many, wanted, &tally), data, many_lines(many, wanted))
        }
    };
    let text = match missing {
        0 => text,
        n => format!("interrupted, {n} of {} without a result; {text}", checked.len() + n),
    };
    // A bar begins the perfdata, in the lines below as in the first.
    let plain = |text: &str| text.replace('|', "/");
    let mut all = format!("{kind} {word} - {} | {data}", plain(&text));
    for line in more {
        all.push('\n');
        all.push_str(&plain(&line));
    }
    all
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
    if let Some(days) = one.certificate_days() {
        let _ = write!(data, " certificate_days={days}");
        // A range that begins with the limit: what is below it is outside.
        let limit = |days: Option<i64>| days.map(|d| format!("{d}:")).unwrap_or_default();
        if wanted.warn_days.is_some() || wanted.crit_days.is_some() {
            let _ = write!(data, ";{};{}", limit(wanted.warn_days), limit(wanted.crit_days));
        }
    }
    data.trim_start().to_owned()
}

/// Failures first, then how many there are of each: a pager shows the beginning.
fn many_text(many: &[Checked], wanted: &Wanted, tally: &Tally) -> String {
    let mut bad: Vec<String> = Vec::new();
    let mut length = 0;
    for (_, c) in not_well(many, wanted).take(MOST) {
        let text = match &c.outcome.result {
            Err(reason) => format!("{} {}", line::place(&c.outcome), reason.id),
            Ok(()) => line::place(&c.outcome),
        };
        length += text.chars().count();
        if length > LONGEST && !bad.is_empty() {
            break;
        }
        bad.push(text);
    }
    let left = many.len() - tally.ok - bad.len();
    let more = if left > 0 { format!(", {left} more") } else { String::new() };
    if bad.is_empty() { tally.words() } else { format!("{}{more}: {}", bad.join(", "), tally.words()) }
}

fn not_well<'a>(many: &'a [Checked], wanted: &Wanted) -> impl Iterator<Item = (Level, &'a Checked)> {
    super::table::worst_first(many, wanted).into_iter().filter(|(level, _)| *level != Level::Ok)
}

fn many_lines(many: &[Checked], wanted: &Wanted) -> Vec<String> {
    let all: Vec<(Level, &Checked)> = not_well(many, wanted).collect();
    let said = |(level, c): &(Level, &Checked)| line::line(c, wanted, level.word());
    let mut lines: Vec<String> = all.iter().take(MOST_LINES).map(said).collect();
    if all.len() > MOST_LINES {
        lines.push(format!("and {} more", all.len() - MOST_LINES));
    }
    lines
}

/// The time of each target, under a label of its own. What got no answer has none: `U` is undetermined.
fn each_data(many: &[Checked], wanted: &Wanted, timeout: Duration) -> String {
    let limit = |d: Option<Duration>| d.map(seconds).unwrap_or_default();
    let rest = format!("{};{};0;{}", limit(wanted.warn), limit(wanted.crit), seconds(timeout));
    let mut used = HashSet::new();
    let mut data = String::new();
    for c in many.iter().take(MOST_DATA) {
        // Neither an equals sign nor a quote may be in a label, which is quoted if there is a space.
        let name = line::place(&c.outcome).replace(['=', '\'', '|'], "_");
        let name = format!("time_{}", name.replace(" (", "_").trim_end_matches(')'));
        let mut label = name.clone();
        for n in 2.. {
            if used.insert(label.clone()) {
                break;
            }
            label = format!("{name}_{n}");
        }
        let quote = if label.contains(char::is_whitespace) { "'" } else { "" };
        let time = if c.outcome.result.is_ok() || c.series.is_some() { c.time() } else { None };
        let _ = match time {
            Some(time) => write!(data, " {quote}{label}{quote}={}s;{rest}", seconds(time)),
            None => write!(data, " {quote}{label}{quote}=U;{rest}"),
        };
    }
    data
}

fn many_data(tally: &Tally, all: usize) -> String {
    let each = [("ok", tally.ok), ("warning", tally.warning), ("critical", tally.critical), ("unknown", tally.unknown)];
    each.map(|(name, n)| format!("{name}={n};;;0;{all}")).join(" ")
}
