//! One line for one address, and the bar of its phases below it.

use std::fmt::Write as _;
use std::time::Duration;

use super::{is_detail, output_lines, short, time, words_of};
use crate::probe::{Checked, Fact, Level, Outcome, Phases, Value, Wanted};
use crate::report::printable;

/// Cells of the bar.
const BAR: usize = 30;

/// The target, with the address where a name was given: `web1:80 (10.0.0.1)`.
pub fn place(outcome: &Outcome) -> String {
    let target = printable(&outcome.target);
    match outcome.address {
        Some(a) if !target.contains(&a.to_string()) => format!("{target} ({a})"),
        _ => target,
    }
}

/// What was found, without level, kind and target. `usually` says whether to add what a failure usually means.
pub fn sentence(checked: &Checked, wanted: &Wanted, usually: bool) -> String {
    let outcome = &checked.outcome;
    let mut text = match (&checked.series, &outcome.result) {
        (Some(series), result) => {
            let answered = series.sent - series.lost();
            let mut text = format!("{answered} of {} answered, loss {:.0} %", series.sent, series.loss_percent());
            if let Some(t) = series.times() {
                let all = [t.min, t.median, t.p95, t.max].map(|d| format!("{:.2}", d.as_micros() as f64 / 1e3));
                let _ = write!(text, ", min/median/p95/max {} ms", all.join("/"));
            }
            if let Err(reason) = result {
                let each: Vec<String> = series.failures().iter().map(|(id, n)| format!("{n} {id}")).collect();
                let _ = write!(text, "; {}; last: {}", each.join(", "), printable(&reason.sentence));
                if usually {
                    let _ = write!(text, " (usually: {})", reason.usually);
                }
            }
            text
        }
        (None, Ok(())) => done(outcome),
        (None, Err(reason)) => {
            let mut text = format!("{}: {}", reason.id, printable(&reason.sentence));
            if usually && !wanted.failure {
                let _ = write!(text, " (usually: {})", reason.usually);
            }
            text
        }
    };
    // Warnings are sentences: they come last.
    let (warnings, rest): (Vec<&Fact>, Vec<&Fact>) =
        outcome.facts.iter().filter(|f| !is_detail(f)).partition(|f| f.name == "warning");
    for said in rest.into_iter().chain(warnings).filter_map(|f| short(f, &outcome.facts)) {
        let _ = write!(text, ", {said}");
    }
    if outcome.attempts > 1 {
        let _ = write!(text, ", at attempt {}", outcome.attempts);
    }
    if (checked.level(wanted), wanted.failure) == (Level::Ok, true) {
        text.push_str("; as expected");
    }
    for against in against(checked, wanted) {
        let _ = write!(text, "; {against}");
    }
    text
}

/// What was wanted otherwise of something that is up.
pub fn against(checked: &Checked, wanted: &Wanted) -> Vec<String> {
    let level = checked.level(wanted);
    if wanted.failure {
        return if level == Level::Critical { vec!["expected to fail".to_owned()] } else { Vec::new() };
    }
    let (limit, days) = match level {
        Level::Critical => (wanted.crit, wanted.crit_days),
        Level::Warning => (wanted.warn, wanted.warn_days),
        Level::Ok | Level::Unknown => return Vec::new(),
    };
    let slower = limit.zip(checked.time()).filter(|(limit, time)| time > limit);
    let fewer = days.zip(checked.certificate_days()).filter(|(limit, days)| days < limit);
    let slower = slower.map(|(limit, _)| format!("slower than {}", time(limit)));
    slower.into_iter().chain(fewer.map(|(limit, _)| format!("fewer than {limit} days"))).collect()
}

fn done(outcome: &Outcome) -> String {
    let message = outcome.facts.iter().find(|f| f.name == "message");
    if let Some(Value::Text(text)) = message.map(|f| &f.value) {
        return printable(text);
    }
    let Phases { connect, first_byte, total, tls, .. } = outcome.phases;
    if let (Some(tls), "tls") = (tls, outcome.kind) {
        return format!("handshake in {}", time(tls));
    }
    if outcome.kind == "keepalive" {
        let answered = outcome.facts.iter().any(|f| f.name == "probes_answered" && f.value != Value::Number(0));
        let text = if answered { "keepalive was answered" } else { "the peer keeps talking: no probe was needed" };
        return text.to_owned();
    }
    match (first_byte, connect, total) {
        (Some(_), Some(_), Some(total)) => format!("answered in {}", time(total)),
        (Some(answer), None, _) => format!("answered in {}", time(answer)),
        (None, Some(connect), _) => format!("connected in {}", time(connect)),
        (None, None, Some(total)) if outcome.kind == "udp" => {
            format!("no answer and no error within {}", time(total))
        }
        (_, _, Some(total)) => format!("done in {}", time(total)),
        _ => "done".to_owned(),
    }
}

/// Level, kind, target and what was found.
pub fn line(checked: &Checked, wanted: &Wanted, level: &str) -> String {
    let outcome = &checked.outcome;
    format!("{level} {} {}: {}", outcome.kind, place(outcome), sentence(checked, wanted, true))
}

/// What is wrong with a certificate that nobody asked to verify: of no weight for the verdict, but never left to be asked
/// for. What the line says already is not repeated.
pub fn problems(checked: &Checked) -> Vec<String> {
    let outcome = &checked.outcome;
    let list = outcome.facts.iter().filter(|f| f.name == "certificate_problems");
    let all = list.filter_map(|f| if let Value::List(list) = &f.value { Some(list) } else { None }).flatten();
    let warned = |problem: &str| {
        let is = |f: &Fact| matches!(&f.value, Value::Text(t) if f.name == "warning" && t.starts_with(problem));
        outcome.facts.iter().any(is) || outcome.result.as_ref().is_err_and(|r| r.sentence == problem)
    };
    all.filter(|p| !warned(p)).map(|p| printable(p)).collect()
}

/// What is not for every line, of a result that is looked at closely.
pub fn details(outcome: &Outcome) -> Vec<String> {
    let empty = |f: &Fact| matches!(&f.value, Value::List(list) if list.is_empty());
    // Problems have lines of their own.
    let shown = |f: &&Fact| {
        is_detail(f)
            && !matches!(
                f.name,
                "message" | "certificate_problems" | "certificate_expired" | "certificate_names_in_all"
            )
            && !empty(f)
    };
    let output = outcome.facts.iter().flat_map(output_lines);
    outcome.facts.iter().filter(shown).map(|f| words_of(f, &outcome.facts)).chain(output).collect()
}

/// The phases as a bar with its legend; nothing when there are not several.
pub fn bar(phases: &Phases) -> Option<String> {
    let all = [
        ("resolve", '░', phases.resolve),
        ("connect", '▒', phases.connect),
        ("TLS", '▓', phases.tls),
        ("first byte", '█', phases.first_byte),
    ];
    let mut parts: Vec<(&str, char, Duration)> = all.into_iter().filter_map(|(n, c, d)| Some((n, c, d?))).collect();
    if parts.len() < 2 {
        return None;
    }
    let known: Duration = parts.iter().map(|p| p.2).sum();
    let rest = phases.total.unwrap_or(known).saturating_sub(known);
    let whole = (known + rest).as_secs_f64().max(1e-9);
    if rest.as_secs_f64() / whole > 0.02 {
        parts.push(("rest", '·', rest));
    }
    // Each end is rounded, not each length, so that the bar is as long as it should be.
    let mut cells = String::new();
    let (mut until, mut drawn) = (0.0, 0);
    for (_, c, d) in &parts {
        until += d.as_secs_f64();
        let end = ((until / whole * BAR as f64).round() as usize).min(BAR);
        cells.extend(std::iter::repeat_n(*c, end.saturating_sub(drawn)));
        drawn = drawn.max(end);
    }
    let legend: Vec<String> = parts.iter().map(|(n, c, d)| format!("{c} {n} {}", time(*d))).collect();
    Some(format!("  {cells}  {}", legend.join("  ")))
}
