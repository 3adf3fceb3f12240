//! What was tried and what became of it: equal outcomes together, the worst first.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::finding::{Finding, GroupId, Severity};
use crate::report::describe::seconds3;
use crate::report::json::{line, ms};
use crate::report::printable;
use crate::simulate::{Answer, Explored, Masters, Outcome, Row, Scenario};
use crate::wire::Vlans;

/// Outcomes that are alike.
#[derive(Clone, Debug)]
pub struct Alike<'a> {
    /// The first of them.
    pub first: &'a Outcome,
    /// All of them, in the order in which they were tried.
    pub all: Vec<&'a Outcome>,
}

/// What makes outcomes alike, times to the millisecond.
type Likeness = (Option<Severity>, String, String, [u128; 4], [bool; 6], Vec<usize>);

fn likeness(o: &Outcome) -> Likeness {
    let masters = |m: &Masters| format!("{m:?}");
    let times = [o.outage.0, o.outage.1, o.dual.0, o.dual.1].map(|d| d.as_millis());
    let flags = [o.none, o.two, o.stuck.is_some(), o.apart, o.left, o.moved];
    (o.severity, masters(&o.after), masters(&o.back), times, flags, o.broken.clone())
}

/// Equal outcomes together: the worst first, else in the order in which they were tried.
pub fn alike(explored: &Explored) -> Vec<Alike<'_>> {
    let mut places: BTreeMap<Likeness, usize> = BTreeMap::new();
    let mut groups: Vec<Alike<'_>> = Vec::new();
    for o in &explored.outcomes {
        let place = *places.entry(likeness(o)).or_insert_with(|| {
            groups.push(Alike { first: o, all: Vec::new() });
            groups.len() - 1
        });
        groups[place].all.push(o);
    }
    groups.sort_by_key(|g| (std::cmp::Reverse(g.first.severity), g.first.trials.len()));
    groups
}

/// A combination in words: `crash a, then script b chk 1`.
pub fn faults(explored: &Explored, scenario: &Scenario, o: &Outcome) -> String {
    let words: Vec<String> =
        o.trials.iter().filter_map(|i| explored.trials.get(*i)).map(|t| t.fault.line(scenario)).collect();
    printable(&words.join(", then "))
}

/// Who is master, in a few words: names where it is one virtual router, else each with its VRID.
pub fn masters(scenario: &Scenario, masters: &Masters) -> String {
    let name = |n: &usize| scenario.nodes.get(*n).map_or("", |n| n.name.as_str());
    let one = |m: &std::collections::BTreeSet<usize>| {
        if m.is_empty() { "nobody".to_owned() } else { m.iter().map(name).collect::<Vec<_>>().join(" and ") }
    };
    let mut all: Vec<String> = masters.values().map(one).collect();
    if masters.len() > 1 && all.iter().any(|a| *a != all[0]) {
        all = masters.iter().map(|(g, m)| format!("{}: {}", g.vrid, one(m))).collect();
    } else {
        all.truncate(1);
    }
    printable(&all.join(", "))
}

fn range((from, to): (Duration, Duration)) -> String {
    match () {
        () if to.is_zero() => "-".to_owned(),
        () if to.saturating_sub(from) < Duration::from_millis(2) => seconds3(to),
        () => format!("{:.3} to {}", from.as_secs_f64(), seconds3(to)),
    }
}

/// What is to be said of an outcome, in clauses.
fn remarks(explored: &Explored, scenario: &Scenario, o: &Outcome, assertions: &[String]) -> String {
    let mut all: Vec<String> =
        o.broken.iter().filter_map(|a| assertions.get(*a)).map(|a| format!("NOT «{a}»")).collect();
    if o.stuck.is_some() {
        all.push("the master stays".into());
    }
    if o.none {
        all.push("nobody is master, though somebody could be".into());
    }
    if o.two {
        all.push("two masters as long as it lasts".into());
    }
    if o.apart {
        all.push("masters are apart, as no sync group holds them together".into());
    }
    if o.left {
        all.push("its address stays on its host".into());
    }
    if o.moved {
        all.push(format!("ends with {}", masters(scenario, &o.back)));
    }
    let _ = explored;
    all.join("; ")
}

/// Rows of a table that are shown.
const MOST: usize = 60;
/// Faults of one row that are named.
const NAMED: usize = 6;

/// The table for people.
pub fn table(explored: &Explored, scenario: &Scenario, assertions: &[String], width: u16) -> Vec<String> {
    let groups = alike(explored);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(vec!["", "what befalls", "master then", "no master for", "two masters for", ""]);
    for g in groups.iter().take(MOST) {
        let sign = match g.first.severity {
            Some(Severity::Critical) => "!!",
            Some(Severity::Warning) => "!",
            Some(Severity::Info) => "i",
            None => "ok",
        };
        let mut what: Vec<String> = g.all.iter().take(NAMED).map(|o| faults(explored, scenario, o)).collect();
        if g.all.len() > NAMED {
            what.push(format!("and {} more", g.all.len() - NAMED));
        }
        let dual = g.first.dual.0.max(g.first.dual.1);
        table.add_row(vec![
            sign.to_owned(),
            what.join("; "),
            masters(scenario, &g.first.after),
            range(g.first.outage),
            if dual.is_zero() { "-".to_owned() } else { seconds3(dual) },
            remarks(explored, scenario, g.first, assertions),
        ]);
    }
    let mut lines: Vec<String> = table.lines().map(|l| l.trim_end().to_owned()).collect();
    if groups.len() > MOST {
        lines.push(format!(
            "and {} kinds of outcomes more, none worse than these; --json tells all",
            groups.len() - MOST
        ));
    }
    lines
}

/// What is wrong with the configurations: a finding for each kind of bad outcome.
pub fn findings(explored: &Explored, scenario: &Scenario, assertions: &[String]) -> Vec<Finding> {
    let bad = |g: &&Alike<'_>| g.first.severity.is_some_and(|s| s > Severity::Info);
    alike(explored).iter().filter(bad).map(|g| finding(explored, scenario, assertions, g)).collect()
}

fn finding(explored: &Explored, scenario: &Scenario, assertions: &[String], g: &Alike<'_>) -> Finding {
    let o = g.first;
    let severity = o.severity.unwrap_or(Severity::Info);
    let what = faults(explored, scenario, o);
    let more = if g.all.len() > 1 { format!(" (and {} faults like it)", g.all.len() - 1) } else { String::new() };
    let (id, sentence, fix) = if o.stuck.is_some() {
        (
            "no-failover",
            format!("{what}{more}: {} stays master although another node is able", masters(scenario, &o.after)),
            "Leave the weight out, so that a failure is a FAULT, or make it larger than the distance of the priorities.",
        )
    } else if o.none {
        (
            "no-master",
            format!("{what}{more}: nobody is master, although a node is able"),
            "Look at the sync group and at what keeps the other node out: `hactl simulate` with this fault tells each step.",
        )
    } else if o.two || o.dual.0.max(o.dual.1) > Duration::from_secs(1) {
        (
            "split-brain",
            format!("{what}{more}: two masters for {}", seconds3(o.dual.0.max(o.dual.1))),
            "Configure both nodes alike, so that each accepts the other's adverts.",
        )
    } else {
        let broken: Vec<&str> = o.broken.iter().filter_map(|a| assertions.get(*a)).map(String::as_str).collect();
        (
            "assertion-fails",
            format!(
                "{what}{more}: «{}» does not hold: no master for {}, {} at the end",
                broken.join("», «"),
                range(o.outage),
                masters(scenario, &o.back)
            ),
            "Change the timers, priorities or preemption until it holds, or ask for less.",
        )
    };
    let mut f = Finding::new(id, severity, sentence, fix);
    if let Some(group) = o.stuck.as_ref().or(o.after.keys().next()) {
        f = f.group(GroupId { vlans: Vlans::default(), vrid: group.vrid, ipv6: group.ipv6 });
    }
    let events: Vec<String> = o
        .events
        .iter()
        .map(|e| {
            let at = e.at.as_micros();
            format!("--at '{at}us {}'", e.fault.line(scenario))
        })
        .collect();
    f.fact(format!("played again with: {} --for {}us", events.join(" "), o.length.as_micros()))
}

#[derive(Serialize)]
struct OutcomeObject<'a> {
    r#type: &'static str,
    faults: Vec<String>,
    severity: &'a str,
    after: Vec<MastersObject<'a>>,
    back: Vec<MastersObject<'a>>,
    outage_ms: [f64; 2],
    dual_ms: f64,
    dual_after_end_ms: f64,
    no_master: bool,
    no_failover: bool,
    masters_apart: bool,
    address_left_behind: bool,
    back_to_normal: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broken: Vec<&'a str>,
    events: Vec<String>,
}

#[derive(Serialize)]
struct MastersObject<'a> {
    vrid: u8,
    family: &'static str,
    nodes: Vec<&'a str>,
}

/// Each outcome as an object.
pub fn json(out: &mut dyn Write, explored: &Explored, scenario: &Scenario, assertions: &[String]) -> io::Result<()> {
    fn list<'a>(scenario: &'a Scenario, masters: &Masters) -> Vec<MastersObject<'a>> {
        let name = |n: &usize| scenario.nodes.get(*n).map_or("", |n| n.name.as_str());
        let one = |(g, m): (&crate::simulate::Group, &std::collections::BTreeSet<usize>)| MastersObject {
            vrid: g.vrid,
            family: if g.ipv6 { "ipv6" } else { "ipv4" },
            nodes: m.iter().map(name).collect(),
        };
        masters.iter().map(one).collect()
    }
    for o in &explored.outcomes {
        let words = o.trials.iter().filter_map(|i| explored.trials.get(*i)).map(|t| t.fault.line(scenario));
        line(
            out,
            &OutcomeObject {
                r#type: "outcome",
                faults: words.collect(),
                severity: o.severity.map_or("none", Severity::as_str),
                after: list(scenario, &o.after),
                back: list(scenario, &o.back),
                outage_ms: [ms(o.outage.0), ms(o.outage.1)],
                dual_ms: ms(o.dual.0),
                dual_after_end_ms: ms(o.dual.1),
                no_master: o.none,
                no_failover: o.stuck.is_some(),
                masters_apart: o.apart,
                address_left_behind: o.left,
                back_to_normal: !o.moved,
                broken: o.broken.iter().filter_map(|a| assertions.get(*a)).map(String::as_str).collect(),
                events: o.events.iter().map(|e| format!("{}us {}", e.at.as_micros(), e.fault.line(scenario))).collect(),
            },
        )?;
    }
    Ok(())
}

/// What each fault does for every priority that the peer may have: sentences.
pub fn what_if(rows: &[Row]) -> Vec<String> {
    let width = rows.iter().map(|r| r.fault.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in rows {
        let mut first = true;
        for r in &row.ranges {
            let priorities =
                if r.from == r.to { format!("at {}", r.from) } else { format!("at {} to {}", r.from, r.to) };
            let answer = match r.answer {
                Answer::TakesOver(a, b) => format!("takes over after {}", range((a, b))),
                Answer::TakesOverIfLower(a, b) => format!(
                    "takes over after {}, if it is not master already: equal priorities, the higher address decides",
                    range((a, b))
                ),
                Answer::Never { tie: true } => "never (tie: equal does not take over)".to_owned(),
                Answer::Never { tie: false } => "never".to_owned(),
                Answer::Before => "is master before it".to_owned(),
            };
            let head = if first { row.fault.as_str() } else { "" };
            let pad = width.saturating_sub(head.chars().count());
            lines.push(printable(&format!("  {head}{:pad$}  {priorities:14}  {answer}", "")));
            first = false;
        }
    }
    lines
}

/// Checks whose failure does not move the master to a peer of this priority, which was assumed: with whom it would.
pub fn what_if_findings(rows: &[Row], peer: u8) -> Vec<Finding> {
    let stuck = |row: &&Row| {
        row.fault.starts_with("script ")
            && row.fault.ends_with(" 1")
            && row.ranges.iter().any(|r| r.from <= peer && peer <= r.to && matches!(r.answer, Answer::Never { .. }))
    };
    let finding = |row: &Row| {
        let moves = |r: &&crate::simulate::Range| matches!(r.answer, Answer::TakesOver(..));
        let range = |r: &crate::simulate::Range| {
            if r.from == r.to { format!("at {} only", r.from) } else { format!("at {} to {} only", r.from, r.to) }
        };
        let when = row.ranges.iter().find(moves).map_or("at no priority below its own".to_owned(), range);
        let fault = printable(&row.fault);
        let message = format!("{fault}: with a peer of priority {peer} the master stays; the peer takes over {when}");
        let fix = "Leave the weight out, so that a failure is a FAULT, or make it larger than the distance of the \
                   priorities. Give the peer's configuration as well for its true answer.";
        let mut f = Finding::new("no-failover", Severity::Warning, message, fix);
        f.unseen = Some("the peer's configuration, which was made up".to_owned());
        f
    };
    rows.iter().filter(stuck).map(finding).collect()
}

#[derive(Serialize)]
struct WhatIfObject<'a> {
    r#type: &'static str,
    fault: &'a str,
    peer_priority: [u8; 2],
    takes_over: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The same as objects.
pub fn what_if_json(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    for row in rows {
        for r in &row.ranges {
            let (takes_over, after_ms, reason) = match r.answer {
                Answer::TakesOver(a, b) => (true, Some([ms(a), ms(b)]), None),
                Answer::TakesOverIfLower(a, b) => (true, Some([ms(a), ms(b)]), Some("equal-before")),
                Answer::Never { tie } => (false, None, Some(if tie { "tie" } else { "lower" })),
                Answer::Before => (false, None, Some("master-before")),
            };
            let object = WhatIfObject {
                r#type: "what-if",
                fault: &row.fault,
                peer_priority: [r.from, r.to],
                takes_over,
                after_ms,
                reason,
            };
            line(out, &object)?;
        }
    }
    Ok(())
}
