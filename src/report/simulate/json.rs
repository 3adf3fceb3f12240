//! One object a line; fields as in the outside contract, section 5.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::finding::Tally;
use crate::report::json::{Start, line, ms};
use crate::report::printable;
use crate::report::speak::words::reason;
use crate::simulate::{Explored, Group, Key, Record, Scenario, Story, Window, World};
use crate::time::Instant;

use super::Names;

/// `start`
pub fn start(out: &mut dyn Write, source: &str) -> io::Result<()> {
    line(out, &Start::new("simulate", source))
}

fn t(at: Instant) -> f64 {
    at.as_micros() as f64 / 1e6
}

const fn family(ipv6: bool) -> &'static str {
    if ipv6 { "ipv6" } else { "ipv4" }
}

#[derive(Serialize)]
struct FaultObject<'a> {
    r#type: &'static str,
    t: f64,
    r#do: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_ms: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<Vec<&'a str>>,
    what: &'a str,
}

#[derive(Default, Serialize)]
struct Object<'a> {
    r#type: &'static str,
    t: f64,
    node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vrid: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority_before: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<Vec<std::net::IpAddr>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<u8>,
}

/// `fault`, `state`, `gone`, `tracked`, `advert`, `rejected`; `addresses` and `announced` with `all`.
pub fn record(
    out: &mut dyn Write,
    scenario: &Scenario,
    world: &World,
    names: &Names,
    record: &Record,
    all: bool,
) -> io::Result<()> {
    let of = |who: &'_ crate::simulate::Who, r#type: &'static str| Object {
        r#type,
        t: t(record.at()),
        node: world.name(who.node),
        instance: Some(printable(&who.name)),
        vrid: Some(who.vrid),
        family: Some(family(who.ipv6)),
        ..Object::default()
    };
    let object = match record {
        Record::Fault { at, what, event } => return fault(out, scenario, *at, what, *event),
        Record::State { who, transition: tr, .. } => Object {
            from: Some(tr.from.as_str()),
            to: Some(tr.to.as_str()),
            priority: Some(tr.priority),
            cause: Some(tr.reason.as_str()),
            reason: Some(names.put(&reason(tr))),
            ..of(who, "state")
        },
        Record::Gone { at, node, left } => {
            Object { r#type: "gone", t: t(*at), node: world.name(*node), left: Some(left.clone()), ..Object::default() }
        }
        Record::Tracked { who, tracker, good, from, to, .. } => Object {
            tracker: Some(tracker),
            good: Some(*good),
            priority: Some(*to),
            priority_before: Some(*from),
            ..of(who, "tracked")
        },
        Record::Advert { who, priority, left, .. } => {
            Object { priority: Some(*priority), sent: (!left).then_some(false), ..of(who, "advert") }
        }
        Record::Rejected { who, src, reason, .. } => {
            Object { src: Some(*src), reason: Some(names.put(reason)), ..of(who, "rejected") }
        }
        Record::Addresses { who, added, .. } if all => Object { added: Some(*added), ..of(who, "addresses") },
        Record::Announced { who, rounds, .. } if all => Object { rounds: Some(*rounds), ..of(who, "announced") },
        Record::Addresses { .. } | Record::Announced { .. } => return Ok(()),
    };
    line(out, &object)
}

fn fault(out: &mut dyn Write, scenario: &Scenario, at: Instant, what: &str, event: Option<usize>) -> io::Result<()> {
    let fault = event.and_then(|i| scenario.events.get(i)).map(|e| &e.fault);
    let name = |n: &usize| scenario.nodes.get(*n).map(|n| n.name.as_str());
    let args = fault.map(|f| &f.args);
    let takes = |key: Key| fault.is_some_and(|f| f.kind.needs.contains(&key));
    let tracked = |key: Key| args.and_then(|a| a.name.as_deref()).filter(|_| takes(key));
    let object = FaultObject {
        r#type: "fault",
        t: t(at),
        r#do: fault.map_or_else(|| what.split(' ').next().unwrap_or_default(), |f| f.kind.name),
        node: args.and_then(|a| a.node.as_ref()).and_then(name),
        script: tracked(Key::Script),
        process: tracked(Key::Process),
        file: tracked(Key::File),
        exit: args.and_then(|a| a.exit),
        value: args.and_then(|a| a.value),
        running: args.and_then(|a| a.running),
        interface: args.and_then(|a| a.interface.as_deref()),
        address: args.and_then(|a| a.address),
        percent: args.and_then(|a| a.millionths).map(|m| f64::from(m) / 10_000.0),
        time_ms: args.and_then(|a| a.time).map(ms),
        sides: args.map(|a| a.sides.iter().map(|s| s.iter().filter_map(name).collect()).collect()).unwrap_or_default(),
        what,
    };
    line(out, &object)
}

#[derive(Serialize)]
struct WindowObject<'a> {
    vrid: u8,
    family: &'static str,
    from: f64,
    to: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<&'a str>,
}

#[derive(Serialize)]
struct TakeoverObject<'a> {
    vrid: u8,
    family: &'static str,
    t: f64,
    from: &'a str,
    to: &'a str,
    outage_ms: f64,
}

#[derive(Serialize)]
struct FindingsObject {
    critical: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct SummaryObject<'a> {
    r#type: &'static str,
    duration_ms: f64,
    dual_master: Vec<WindowObject<'a>>,
    no_master: Vec<WindowObject<'a>>,
    takeovers: Vec<TakeoverObject<'a>>,
    findings: FindingsObject,
    seed: u64,
    exit: u8,
}

/// `summary`
pub fn summary(
    out: &mut dyn Write,
    world: &World,
    duration: Duration,
    seed: u64,
    stories: &BTreeMap<Group, Story>,
    tally: Tally,
    exit: u8,
) -> io::Result<()> {
    fn windows<'a>(
        world: &'a World,
        stories: &BTreeMap<Group, Story>,
        of: fn(&Story) -> &[Window],
    ) -> Vec<WindowObject<'a>> {
        let all = stories.iter().flat_map(|(g, s)| of(s).iter().map(move |w| (g, w)));
        all.map(|(g, w)| WindowObject {
            vrid: g.vrid,
            family: family(g.ipv6),
            from: t(w.from),
            to: t(w.to),
            nodes: w.masters.iter().map(|n| world.name(*n)).collect(),
        })
        .collect()
    }
    let takeovers = stories.iter().flat_map(|(g, s)| s.takeovers.iter().map(move |k| (g, k)));
    line(
        out,
        &SummaryObject {
            r#type: "summary",
            duration_ms: ms(duration),
            dual_master: windows(world, stories, |s| &s.dual),
            no_master: windows(world, stories, |s| &s.none),
            takeovers: takeovers
                .map(|(g, k)| TakeoverObject {
                    vrid: g.vrid,
                    family: family(g.ipv6),
                    t: t(k.at),
                    from: world.name(k.from),
                    to: world.name(k.to),
                    outage_ms: ms(k.outage),
                })
                .collect(),
            findings: FindingsObject { critical: tally.critical, warning: tally.warning, info: tally.info },
            seed,
            exit,
        },
    )
}

#[derive(Serialize)]
struct ExploredObject {
    r#type: &'static str,
    combinations: usize,
    simulations: usize,
    known: usize,
    findings: FindingsObject,
    seed: u64,
    exit: u8,
}

/// `summary` of `--explore`.
pub fn explored(out: &mut dyn Write, found: &Explored, seed: u64, tally: Tally, exit: u8) -> io::Result<()> {
    let findings = FindingsObject { critical: tally.critical, warning: tally.warning, info: tally.info };
    let (combinations, simulations, known) = (found.outcomes.len(), found.played, found.known);
    line(out, &ExploredObject { r#type: "summary", combinations, simulations, known, findings, seed, exit })
}
