//! What happens while a configuration's checks are watched: sentences, lines, JSON, the verdict.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::config::{PARTIAL, ServiceObject, means};
use super::time;
use crate::finding::Severity;
use crate::probe::plan::{Plan, Planned, Script, Service, Standing};
use crate::probe::watch::{Answer, Event, Priority, Served, Turn, Watch, What};
use crate::probe::{Level, Reason};
use crate::report::describe::{count, times};
use crate::report::json::line as object;
use crate::report::{Clock, printable};
use crate::time::{Instant, Timestamp};
use crate::vrrp::track::Reading;

/// Turns the time of a watch into that of the wall.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// When the watch began.
    pub began: Instant,
    /// The same on the wall.
    pub wall: Timestamp,
}

impl Epoch {
    /// A moment on the wall.
    pub fn time(self, at: Instant) -> Timestamp {
        let nanos = (at.as_micros() - self.began.as_micros()).saturating_mul(1000);
        Timestamp { nanos: self.wall.nanos.saturating_add(nanos), ..self.wall }
    }
}

/// Whom an event is about, in short.
pub fn subject(plan: &Plan, what: &What) -> String {
    let text = match *what {
        What::Checker { service, server, .. }
        | What::Failed { service, server, .. }
        | What::Unasked { service, server, .. }
        | What::Server { service, server, .. }
        | What::Weight { service, server, .. } => plan.services[service].servers[server].name.as_str(),
        What::Quorum { service, .. } => plan.services[service].name.as_str(),
        What::Script { script, .. }
        | What::ScriptRun { script, .. }
        | What::Skipped { script }
        | What::ScriptUnasked { script, .. } => plan.scripts[script].name.as_str(),
        What::Priority { instance, .. } => plan.instances[instance].name.as_str(),
    };
    printable(text)
}

fn because(reason: Option<&Reason>) -> String {
    reason.map_or(String::new(), |r| format!(": {}: {}", r.id, r.sentence))
}

/// What happened, without whom it is about.
pub fn sentence(plan: &Plan, what: &What) -> String {
    let keyword = |service: usize, server: usize, check: usize| {
        let server = &plan.services[service].servers[server];
        let check: Option<&Planned> = server.checks.get(check);
        check.map_or("check", |c| c.keyword)
    };
    let text = match what {
        What::Checker { service, server, check, up: true, first, .. } => {
            let again = if *first { "" } else { " again" };
            format!("{} is good{again}", keyword(*service, *server, *check))
        }
        What::Checker { service, server, check, up: false, first, reason } => {
            let how = if *first { "failed at the first look" } else { "failed for good" };
            format!("{} {how}{}", keyword(*service, *server, *check), because(reason.as_ref()))
        }
        What::Failed { service, server, check, failures, of, reason } => {
            let keyword = keyword(*service, *server, *check);
            format!("{keyword} failed, {failures} of {of}{}", because(reason.as_ref()))
        }
        What::Unasked { service, server, check, reason } => {
            let keyword = keyword(*service, *server, *check);
            format!("{keyword} could not ask, which counts neither way{}", because(reason.as_ref()))
        }
        What::Server { service, server, up } => {
            let (service, inhibit) = (&plan.services[*service], plan.services[*service].servers[*server].inhibit);
            match (up, inhibit) {
                (true, true) => format!("UP: gets its weight back in {}", service.name),
                (true, false) => format!("UP: added to {}", service.name),
                (false, true) => format!("DOWN: weight 0 in {}; what is connected stays", service.name),
                (false, false) => format!("DOWN: removed from {}", service.name),
            }
        }
        What::Weight { from, to, .. } => format!("weight {from} → {to}, as its checker says"),
        What::Quorum { service, up, live, needed } => {
            let service = &plan.services[*service];
            match (up, &service.sorry) {
                (true, Some(sorry)) => {
                    format!("quorum gained: weight {live}, {needed} needed; the sorry server {sorry} is relieved")
                }
                (true, None) => format!("quorum gained: weight {live}, {needed} needed"),
                (false, _) => format!("QUORUM LOST: weight {live}, {needed} needed; {}", instead(service, *live)),
            }
        }
        What::Script { script, good, first, reason } => {
            let (script, first) = (&plan.scripts[*script], if *first { " at the first run" } else { "" });
            // Where it is tracked in reverse, a failure is as wanted.
            let word = match (good, script.level(Reading::from(*good))) {
                (true, Level::Ok) => "good",
                (true, _) => "GOOD",
                (false, Level::Ok) => "bad",
                (false, _) => "BAD",
            };
            format!("{word}{first} ({}){}", means(script), because(reason.as_ref()))
        }
        What::ScriptRun { good: true, count, of, .. } => format!("succeeded, {count} of {of} to be good again"),
        What::ScriptRun { good: false, count, of, reason, .. } => {
            format!("failed, {count} of {of}{}", because(reason.as_ref()))
        }
        What::Skipped { .. } => "still runs when it is due again: that run is left out".to_owned(),
        What::ScriptUnasked { reason, .. } => format!("could not be run{}", because(reason.as_ref())),
        What::Priority { from, to, .. } => {
            let change = match (from.fault, to.fault) {
                (_, true) => "FAULT: it cannot be master".to_owned(),
                (true, false) => format!("no longer FAULT, priority {}", to.priority),
                _ if from.priority == to.priority && from.pending => format!("may take part, priority {}", to.priority),
                _ => format!("priority {} → {}", from.priority, to.priority),
            };
            format!("{change}, as its scripts say")
        }
    };
    printable(&text)
}

/// What becomes of the clients of a virtual server that has no quorum.
pub fn instead(service: &Service, live: u64) -> String {
    match &service.sorry {
        Some(sorry) => format!("clients go to the sorry server {sorry}, unchecked"),
        None if live > 0 => "what is up still serves".to_owned(),
        None => "nobody serves it".to_owned(),
    }
}

/// How an event is to be marked; nothing for a step on the way.
pub fn severity(plan: &Plan, what: &What) -> Option<Severity> {
    match what {
        What::Quorum { up: false, .. } => Some(Severity::Critical),
        What::Priority { to, .. } if to.fault => Some(Severity::Critical),
        What::Script { script, good, .. } => match plan.scripts[*script].level(Reading::from(*good)) {
            Level::Critical => Some(Severity::Critical),
            Level::Warning => Some(Severity::Warning),
            Level::Ok | Level::Unknown => None,
        },
        What::Server { up: false, .. }
        | What::Checker { up: false, .. }
        | What::Failed { .. }
        | What::ScriptRun { good: false, .. }
        | What::Skipped { .. }
        | What::Unasked { .. }
        | What::ScriptUnasked { .. } => Some(Severity::Warning),
        _ => None,
    }
}

/// One line: time, subject, sentence.
pub fn line(plan: &Plan, event: &Event, epoch: Epoch, clock: &Clock) -> String {
    let time = clock.hms_millis(epoch.time(event.at));
    format!("{time}  {}  {}", subject(plan, &event.what), sentence(plan, &event.what))
}

/// How all of it stands, in a word and a sentence.
pub fn verdict(watch: &Watch) -> (Option<Severity>, &'static str, String) {
    let level = watch.level();
    let severity = match level {
        Level::Ok => None,
        Level::Unknown => Some(Severity::Info),
        Level::Warning => Some(Severity::Warning),
        Level::Critical => Some(Severity::Critical),
    };
    // What this host could not ask is not worth waiting for.
    let word = if level == Level::Unknown && !hindered(watch).0 { "WAITING" } else { level.word() };
    (severity, word, printable(&said(watch)))
}

/// The worst first, then what is about to go, then how many there are.
fn said(watch: &Watch) -> String {
    let plan = watch.plan();
    let mut parts: Vec<String> = Vec::new();
    for n in watch.without_quorum() {
        let (service, quorum) = (&plan.services[n], watch.quorum(n));
        parts.push(format!(
            "{} has no quorum: weight {} up, {} needed; {}",
            service.name,
            quorum.live,
            quorum.needed,
            instead(service, quorum.live)
        ));
    }
    let faults = plan.instances.iter().zip(watch.instances()).filter(|(_, p)| p.fault).map(|(i, _)| i.name.as_str());
    let faults: Vec<&str> = faults.collect();
    if !faults.is_empty() {
        parts.push(format!("FAULT: {}", faults.join(", ")));
    }
    for (reading, word) in [(Reading::Bad, "bad"), (Reading::Good, "good, which is tracked in reverse")] {
        let troubled = |s: &Script| matches!(s.level(reading), Level::Warning | Level::Critical);
        let all = plan.scripts.iter().zip(watch.scripts());
        let names =
            all.filter(|(s, state)| state.state.reading() == reading && troubled(s)).map(|(s, _)| s.name.as_str());
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            parts.push(format!("{word}: {}", names.join(", ")));
        }
    }
    let mut down = Vec::new();
    let mut going = Vec::new();
    let (mut all, mut up, mut unseen) = (0u64, 0u64, 0u64);
    for (n, service) in plan.services.iter().enumerate() {
        for (m, server) in service.servers.iter().enumerate() {
            all += 1;
            match watch.standing(n, m) {
                Standing::Up => up += 1,
                Standing::Down => down.push(server.name.as_str()),
                Standing::Unknown => unseen += 1,
            }
            let turns = &watch.services()[n].servers[m].checkers;
            if let Some((failures, of)) = turns.iter().find_map(Turn::failing) {
                going.push(format!("{} ({failures} of {of})", server.name));
            }
        }
    }
    match &down[..] {
        [] => {}
        few if few.len() <= 3 => parts.push(format!("{} down", few.join(", "))),
        many => parts.push(format!("{} of {all} real servers down", many.len())),
    }
    if !going.is_empty() {
        going.truncate(3);
        parts.push(format!("failing: {}", going.join(", ")));
    }
    let mut counts = Vec::new();
    if all > 0 {
        counts.push(format!("{up} of {all} real servers up"));
    }
    if unseen > 0 {
        counts.push(format!("{unseen} not looked at yet"));
    }
    let tracked = || plan.scripts.iter().zip(watch.scripts()).filter(|(s, _)| !s.tracked.is_empty());
    if tracked().count() > 0 {
        let good = tracked().filter(|(_, s)| s.state.reading() == Reading::Good).count();
        counts.push(format!("{good} of {} good", count(tracked().count() as u64, "script")));
    }
    parts.extend(hindered(watch).1);
    parts.push(counts.join(", "));
    parts.extend(undecided(plan));
    parts.retain(|p| !p.is_empty());
    parts.join("; ")
}

/// Whether something could not be asked and nothing else is still waited for; and what that is, with why.
fn hindered(watch: &Watch) -> (bool, Option<String>) {
    let plan = watch.plan();
    let mut who: Vec<(&str, &Answer)> = Vec::new();
    let mut waits = false;
    let scripts = plan.scripts.iter().zip(watch.scripts()).filter(|(_, s)| s.state.reading() == Reading::Unknown);
    for (planned, script) in scripts {
        match &script.last {
            Some((_, answer)) => who.push((&planned.name, answer)),
            None => waits |= script.schedule.is_some(),
        }
    }
    for (service, state) in plan.services.iter().zip(watch.services()) {
        for (planned, server) in service.servers.iter().zip(&state.servers) {
            for turn in server.checkers.iter().filter(|t| t.runs() && !t.has_run) {
                match turn.latest() {
                    Some((_, answer)) if answer.good.is_none() => who.push((&planned.name, answer)),
                    _ => waits = true,
                }
            }
        }
    }
    let said = who.first().map(|(name, first)| {
        let more = if who.len() > 1 { format!(" and {} more", who.len() - 1) } else { String::new() };
        format!("could not ask {name}{more}{}", because(first.reason.as_ref()))
    });
    (said.is_some() && !waits, said)
}

/// Which quorums others decide as well, that nobody looks at.
fn undecided(plan: &Plan) -> Option<String> {
    let partial: Vec<&str> = plan.services.iter().filter(|s| s.partial).map(|s| s.name.as_str()).collect();
    match partial[..] {
        [] => None,
        _ if partial.len() == plan.services.len() => Some(format!("quorum {PARTIAL}")),
        ref few if few.len() <= 3 => Some(format!("quorum of {} {PARTIAL}", few.join(", "))),
        ref many => Some(format!("{} of {} quorums {PARTIAL}", many.len(), plan.services.len())),
    }
}

/// What an answer was: `refused: connection refused`, `good (0.31 ms)`.
pub fn answer(answer: &Answer) -> String {
    let took = answer.took.map_or(String::new(), |t| format!(" ({})", time(t)));
    let said = match &answer.reason {
        Some(r) => format!("{}: {}", r.id, r.sentence),
        None => "good".to_owned(),
    };
    printable(&format!("{said}{took}"))
}

/// `102`, `82 of 102`, `FAULT`, `waits for a first result`.
pub fn priority(configured: u8, p: Priority) -> String {
    match p {
        Priority { fault: true, .. } => "FAULT".to_owned(),
        Priority { pending: true, .. } => "waits for a first result".to_owned(),
        Priority { priority, .. } if priority == configured => format!("priority {priority}"),
        Priority { priority, .. } => format!("priority {configured} → {priority}"),
    }
}

/// What the scripts say of themselves at the end.
pub fn skipped(watch: &Watch) -> Vec<String> {
    let scripts = watch.plan().scripts.iter().zip(watch.scripts()).filter(|(_, s)| s.skipped > 0);
    let line = |(s, state): (&Script, &crate::probe::watch::ScriptWatch)| {
        format!("{} still ran when it was due again, {}", printable(&s.name), times(state.skipped))
    };
    scripts.map(line).collect()
}

#[derive(Default, Serialize)]
struct EventObject<'a> {
    r#type: &'static str,
    time: String,
    t: f64,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    real_server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checker: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    live_weight: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    message: String,
}

/// `transition`, or `attempt` for a step on the way to one; `t` are seconds since the beginning.
///
/// # Errors
/// Those of the output.
pub fn json(out: &mut dyn Write, plan: &Plan, event: &Event, epoch: Epoch) -> io::Result<()> {
    let what = &event.what;
    let mut o = EventObject {
        r#type: if what.is_transition() { "transition" } else { "attempt" },
        time: epoch.time(event.at).rfc3339().to_string(),
        t: event.at.since(epoch.began).as_secs_f64(),
        message: sentence(plan, what),
        ..EventObject::default()
    };
    let up = |up: bool| Some(if up { "up" } else { "down" });
    let good = |good: bool| Some(if good { "good" } else { "bad" });
    match what {
        What::Checker { service, server, check, up: is, first, reason } => {
            (o.what, o.state, o.first) = ("checker", up(*is), Some(*first));
            place(&mut o, plan, (*service, *server, Some(*check)), reason.as_ref());
        }
        What::Failed { service, server, check, failures, of, reason } => {
            (o.what, o.failures, o.needed) = ("checker", Some(u64::from(*failures)), Some(u64::from(*of)));
            place(&mut o, plan, (*service, *server, Some(*check)), reason.as_ref());
        }
        What::Unasked { service, server, check, reason } => {
            o.what = "checker";
            place(&mut o, plan, (*service, *server, Some(*check)), reason.as_ref());
        }
        What::Server { service, server, up: is } => {
            (o.what, o.state) = ("real_server", up(*is));
            place(&mut o, plan, (*service, *server, None), None);
        }
        What::Weight { service, server, from, to } => {
            (o.what, o.from, o.to) = ("weight", Some(u64::from(*from)), Some(u64::from(*to)));
            place(&mut o, plan, (*service, *server, None), None);
        }
        What::Quorum { service, up: is, live, needed } => {
            (o.what, o.state, o.live_weight, o.needed) = ("quorum", up(*is), Some(*live), Some(*needed));
            o.virtual_server = Some(&plan.services[*service].name);
        }
        What::Script { script, good: is, first, reason } => {
            (o.what, o.state, o.first) = ("script", good(*is), Some(*first));
            (o.script, o.reason) = (Some(plan.scripts[*script].name.as_str()), reason.as_ref().map(|r| r.id));
        }
        What::ScriptRun { script, good, count, of, reason } => {
            (o.what, o.needed) = ("script", Some(*of));
            *if *good { &mut o.successes } else { &mut o.failures } = Some(*count);
            (o.script, o.reason) = (Some(plan.scripts[*script].name.as_str()), reason.as_ref().map(|r| r.id));
        }
        What::Skipped { script } => {
            (o.what, o.script) = ("script", Some(plan.scripts[*script].name.as_str()));
            o.reason = Some("still-running");
        }
        What::ScriptUnasked { script, reason } => {
            (o.what, o.script) = ("script", Some(plan.scripts[*script].name.as_str()));
            o.reason = reason.as_ref().map(|r| r.id);
        }
        What::Priority { instance, from, to } => {
            o.what = "priority";
            (o.from, o.to) = (Some(u64::from(from.priority)), Some(u64::from(to.priority)));
            (o.instance, o.state) = (Some(plan.instances[*instance].name.as_str()), to.fault.then_some("fault"));
        }
    }
    object(out, &o)
}

fn place<'a>(
    o: &mut EventObject<'a>,
    plan: &'a Plan,
    (service, server, check): (usize, usize, Option<usize>),
    reason: Option<&Reason>,
) {
    let planned = &plan.services[service];
    o.virtual_server = Some(&planned.name);
    o.real_server = Some(&planned.servers[server].name);
    o.checker = check.and_then(|c| planned.servers[server].checks.get(c)).map(|c| c.keyword);
    o.reason = reason.map(|r| r.id);
}

#[derive(Serialize)]
struct ScriptObject<'a> {
    r#type: &'static str,
    name: &'a str,
    state: &'static str,
    against: u64,
    needed: u64,
    skipped: u64,
}

#[derive(Serialize)]
struct InstanceObject<'a> {
    r#type: &'static str,
    name: &'a str,
    configured: u8,
    priority: u8,
    fault: bool,
    pending: bool,
}

#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    virtual_servers: usize,
    without_quorum: usize,
    transitions: u64,
    watched_ms: f64,
    interrupted: bool,
    exit: u8,
}

/// How everything stands at the end, and the summary.
///
/// # Errors
/// Those of the output.
pub fn end(
    out: &mut dyn Write,
    watch: &Watch,
    (transitions, watched): (u64, Duration),
    interrupted: bool,
    exit: u8,
) -> io::Result<()> {
    let plan = watch.plan();
    for (n, (service, state)) in plan.services.iter().zip(watch.services()).enumerate() {
        let servers: Vec<(u32, Standing)> =
            state.servers.iter().enumerate().map(|(m, s)| (s.weight, watch.standing(n, m))).collect();
        let open = watch.served(n) == Served::Open;
        object(out, &ServiceObject::of(service, watch.quorum(n), &servers, open))?;
    }
    for (script, state) in plan.scripts.iter().zip(watch.scripts()) {
        let (against, needed) = state.state.against();
        let state_word = reading(state.state.reading());
        object(
            out,
            &ScriptObject {
                r#type: "script",
                name: &script.name,
                state: state_word,
                against,
                needed,
                skipped: state.skipped,
            },
        )?;
    }
    for (instance, p) in plan.instances.iter().zip(watch.instances()) {
        object(
            out,
            &InstanceObject {
                r#type: "instance",
                name: &instance.name,
                configured: instance.priority,
                priority: p.priority,
                fault: p.fault,
                pending: p.pending,
            },
        )?;
    }
    object(
        out,
        &Summary {
            r#type: "summary",
            virtual_servers: plan.services.len(),
            without_quorum: watch.without_quorum().count(),
            transitions,
            watched_ms: crate::report::json::ms(watched),
            interrupted,
            exit,
        },
    )
}

/// `good`, `bad`, `unknown`.
pub const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Good | Reading::Value(_) => "good",
        Reading::Bad => "bad",
        Reading::Unknown => "unknown",
    }
}
