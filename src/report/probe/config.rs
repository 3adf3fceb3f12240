//! What the checks of a keepalived.conf came to: virtual servers with their quorum, real servers, scripts.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::watch::instead;
use super::{json, line, time};
use crate::probe::plan::{Does, Plan, Planned, Quorum, Script, Server, Service, Standing, TrackedBy, Weight};
use crate::probe::{Checked, Fact, Level, Outcome, Phases, Reason, Value, Wanted};
use crate::report::json::line as object;
use crate::report::printable;
use crate::vrrp::track::Reading;

/// A plan and what was found, in the order of [`Plan::jobs`].
pub struct Found<'a> {
    plan: &'a Plan,
    results: &'a [Option<Checked>],
    /// By service: what it comes to, and each server with its weight.
    services: Vec<(Quorum, Vec<(u32, Standing)>)>,
    scripts: Vec<Standing>,
}

/// Takes the results one by one, as the plan's checks come.
struct Next<'a>(std::slice::Iter<'a, Option<Checked>>);

impl<'a> Next<'a> {
    fn of(&mut self, check: &Planned) -> Option<&'a Checked> {
        match check.does {
            Does::Runs(_) => self.0.next().and_then(Option::as_ref),
            Does::Follows(_) | Does::Unable(_) => None,
        }
    }
}

fn standing(checked: Option<&Checked>) -> Standing {
    match checked.map(|c| c.level(&Wanted::default())) {
        None | Some(Level::Unknown) => Standing::Unknown,
        Some(Level::Ok | Level::Warning) => Standing::Up,
        Some(Level::Critical) => Standing::Down,
    }
}

/// Whether a quorum is not decided: what was not looked at could lose it.
fn open(servers: &[(u32, Standing)], quorum: Quorum) -> bool {
    let unknown: u64 = servers.iter().filter(|s| s.1 == Standing::Unknown).map(|s| u64::from(s.0)).sum();
    quorum.holds() && quorum.live - unknown < quorum.needed
}

/// How well it is with a script that stands so.
fn script_level(script: &Script, standing: Standing) -> Level {
    script.level(match standing {
        Standing::Up => Reading::Good,
        Standing::Down => Reading::Bad,
        Standing::Unknown => Reading::Unknown,
    })
}

impl<'a> Found<'a> {
    /// Judges the results of a plan, all of them or as many as there are.
    pub fn new(plan: &'a Plan, results: &'a [Option<Checked>]) -> Self {
        let mut next = Next(results.iter());
        let mut services = Vec::new();
        for service in &plan.services {
            let servers: Vec<(u32, Standing)> = service
                .servers
                .iter()
                .map(|server| {
                    let found: Vec<Option<&Checked>> = server.checks.iter().map(|c| next.of(c)).collect();
                    let said = found.iter().filter_map(|c| Weight::of(&c.as_ref()?.outcome.facts));
                    let weight = Weight::sum(server.weight, said);
                    (weight, Standing::of(found.into_iter().map(standing)))
                })
                .collect();
            // What nobody looked at counts as the daemon begins with it.
            let counting = servers.iter().map(|(weight, standing)| (*weight, *standing != Standing::Down));
            services.push((Quorum::of(service, counting, service.begins()), servers));
        }
        let scripts = plan.scripts.iter().map(|s| standing(next.of(&s.check))).collect();
        Self { plan, results, services, scripts }
    }

    /// How well it is: a lost quorum and a script that makes a FAULT are critical, a server that is down or a script that
    /// costs points is a warning.
    pub fn level(&self) -> Level {
        let services = self.services.iter().zip(&self.plan.services).map(|((quorum, servers), service)| match () {
            () if !quorum.holds() && !service.partial => Level::Critical,
            () if servers.iter().any(|s| s.1 == Standing::Down) => Level::Warning,
            () if !servers.is_empty() && servers.iter().all(|s| s.1 == Standing::Unknown) => Level::Unknown,
            () if open(servers, *quorum) => Level::Unknown,
            () => Level::Ok,
        });
        let scripts =
            self.scripts.iter().zip(&self.plan.scripts).map(|(standing, script)| script_level(script, *standing));
        let order = |l: &Level| match l {
            Level::Ok => 0,
            Level::Unknown => 1,
            Level::Warning => 2,
            Level::Critical => 3,
        };
        services.chain(scripts).max_by_key(order).unwrap_or(Level::Unknown)
    }

    /// How many real servers stand so.
    fn servers(&self, standing: Standing) -> usize {
        self.services.iter().flat_map(|s| &s.1).filter(|s| s.1 == standing).count()
    }

    /// How many tracked scripts are not as they should be, or not known.
    fn bad_scripts(&self) -> usize {
        self.scripts.iter().zip(&self.plan.scripts).filter(|(s, script)| script_level(script, **s) != Level::Ok).count()
    }

    /// Everything in one sentence.
    pub fn verdict(&self) -> String {
        let mut parts = Vec::new();
        let all = self.services.len();
        if all > 0 {
            let judged = || self.services.iter().zip(&self.plan.services).filter(|(_, s)| !s.partial);
            let good = judged().filter(|((q, servers), _)| q.holds() && !open(servers, *q)).count();
            let all = judged().count();
            let servers: Vec<Standing> = self.services.iter().flat_map(|s| s.1.iter().map(|x| x.1)).collect();
            let up = servers.iter().filter(|s| **s == Standing::Up).count();
            let served =
                if all > 0 { format!("{good} of {all} virtual servers with their quorum, ") } else { String::new() };
            parts.push(format!("{served}{up} of {} real servers up", servers.len()));
        }
        let tracked = || self.scripts.iter().zip(&self.plan.scripts).filter(|(_, script)| !script.tracked.is_empty());
        if tracked().count() > 0 {
            let good = tracked().filter(|(s, _)| **s == Standing::Up).count();
            parts.push(format!("{good} of {} tracked scripts succeed", tracked().count()));
        }
        if parts.is_empty() {
            parts.push("keepalived checks nothing: its scripts are tracked by nobody".to_owned());
        }
        parts.join("; ")
    }

    /// For a monitoring system: the verdict with the first that are bad and perfdata, then a line each.
    pub fn plugin(&self) -> String {
        const NAMED: usize = 3;
        let mut next = Next(self.results.iter());
        let mut bad: Vec<(&str, String)> = Vec::new();
        for (service, (quorum, _)) in self.plan.services.iter().zip(&self.services) {
            if !quorum.holds() && !service.partial {
                bad.push((&service.name, "no quorum".to_owned()));
            }
            for server in &service.servers {
                for check in &server.checks {
                    let found = next.of(check);
                    if standing(found) != Standing::Up {
                        bad.push((&server.name, told(check, found, false)));
                    }
                }
            }
        }
        for (script, good) in self.plan.scripts.iter().zip(&self.scripts) {
            let found = next.of(&script.check);
            if script_level(script, *good) != Level::Ok {
                bad.push((&script.name, told(&script.check, found, false)));
            }
        }
        let clean = |text: &str| printable(text).replace('|', "/");
        let mut names: Vec<&str> = bad.iter().map(|b| b.0).collect();
        names.dedup();
        let mut text = self.verdict();
        if !names.is_empty() {
            let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
            text = format!("{text}: {}{more}", names[..names.len().min(NAMED)].join(", "));
        }
        let servers = self.services.iter().map(|s| s.1.len()).sum::<usize>();
        let judged = self.services.iter().zip(&self.plan.services).filter(|(_, s)| !s.partial);
        let lost = judged.clone().filter(|(s, _)| !s.0.holds()).count();
        let mut all = format!(
            "CONFIG {} - {} | without_quorum={lost};;;0;{} up={};;;0;{servers} down={};;;0;{servers} unknown={};;;0;{servers} \
             bad_scripts={};;;0;{}",
            self.level().word(),
            clean(&text),
            judged.count(),
            self.servers(Standing::Up),
            self.servers(Standing::Down),
            self.servers(Standing::Unknown),
            self.bad_scripts(),
            self.plan.scripts.iter().filter(|s| !s.tracked.is_empty()).count()
        );
        for (name, what) in bad {
            all = format!("{all}\n{}: {}", clean(name), clean(&what));
        }
        all
    }

    /// The tables.
    pub fn lines(&self, width: u16, verbose: bool) -> Vec<String> {
        let mut next = Next(self.results.iter());
        let mut lines = Vec::new();
        let mut reasons: Vec<(&str, &str)> = Vec::new();
        for (service, (quorum, servers)) in self.plan.services.iter().zip(&self.services) {
            lines.push(String::new());
            lines.push(printable(&heading(service, *quorum, open(servers, *quorum))));
            lines.extend(
                service
                    .suspended
                    .map(|a| format!("  ha_suspend: {a} is not on this host, so the daemon checks none of these here")),
            );
            let mut table = Table::new();
            table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            for (server, (weight, standing)) in service.servers.iter().zip(servers) {
                rows(&mut table, server, *weight, *standing, verbose, &mut next, &mut reasons);
            }
            lines.extend(table.lines().map(|l| format!(" {}", l.trim_end())));
        }
        if !self.plan.scripts.is_empty() {
            lines.push(String::new());
            lines.push("scripts".to_owned());
            let mut table = Table::new();
            table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            for (script, standing) in self.plan.scripts.iter().zip(&self.scripts) {
                let found = next.of(&script.check);
                note_reason(found, &mut reasons);
                table.add_row(vec![
                    script.name.clone(),
                    match (standing, script_level(script, *standing)) {
                        (Standing::Up, Level::Ok) => "good".to_owned(),
                        (Standing::Up, _) => "GOOD".to_owned(),
                        // Where it is tracked in reverse, a failure is as wanted.
                        (Standing::Down, Level::Ok) => "bad".to_owned(),
                        (Standing::Down, _) => "BAD".to_owned(),
                        (Standing::Unknown, _) => "unknown".to_owned(),
                    },
                    match &script.tracked[..] {
                        [] => told(&script.check, found, verbose),
                        _ => format!("{}; {}", told(&script.check, found, verbose), means(script)),
                    },
                    extra(&script.check, verbose),
                ]);
            }
            lines.extend(table.lines().map(|l| format!(" {}", l.trim_end())));
        }
        if !reasons.is_empty() {
            lines.push(String::new());
        }
        lines.extend(reasons.iter().map(|(id, usually)| format!("{id}: usually {usually}")));
        lines
    }

    /// Each check, then each virtual server, then the summary.
    ///
    /// # Errors
    /// Those of the output.
    pub fn json(&self, out: &mut dyn Write, interrupted: bool, exit: u8) -> io::Result<()> {
        let mut next = Next(self.results.iter());
        for (service, (quorum, servers)) in self.plan.services.iter().zip(&self.services) {
            for server in &service.servers {
                for check in &server.checks {
                    let place = [("virtual_server", service.name.as_str()), ("real_server", server.name.as_str())];
                    one(out, check, next.of(check), &place)?;
                }
            }
            object(out, &ServiceObject::of(service, *quorum, servers, open(servers, *quorum)))?;
        }
        for script in &self.plan.scripts {
            one(out, &script.check, next.of(&script.check), &[("script", script.name.as_str())])?;
        }
        object(
            out,
            &SummaryObject {
                r#type: "summary",
                virtual_servers: self.services.len(),
                without_quorum: self
                    .services
                    .iter()
                    .zip(&self.plan.services)
                    .filter(|(s, p)| !s.0.holds() && !p.partial)
                    .count(),
                up: self.servers(Standing::Up),
                down: self.servers(Standing::Down),
                unknown: self.servers(Standing::Unknown),
                bad_scripts: self.bad_scripts(),
                interrupted,
                exit,
            },
        )
    }
}

/// What is said of a quorum where only some real servers were chosen.
pub const PARTIAL: &str = "not decided: other real servers are not looked at";

/// `TCP 10.0.0.10:80 rr: served, weight 2 of 3 up, 1 needed`
fn heading(service: &Service, quorum: Quorum, open: bool) -> String {
    let Quorum { live, total, needed } = quorum;
    if service.partial {
        return format!("{} {}: quorum {PARTIAL}", service.name, service.scheduler);
    }
    if open {
        let (name, scheduler) = (&service.name, &service.scheduler);
        return format!("{name} {scheduler}: not decided: what was not looked at could lose the quorum of {needed}");
    }
    let state = match (&service.sorry, quorum.holds()) {
        (_, true) => "served".to_owned(),
        (Some(sorry), false) => format!("NO QUORUM: clients go to the sorry server {sorry}, which nothing checks"),
        (None, false) => format!("NO QUORUM: {}", instead(service, live)),
    };
    format!("{} {}: {state}; weight {live} of {total} up, {needed} needed", service.name, service.scheduler)
}

fn rows<'a>(
    table: &mut Table,
    server: &Server,
    weight: u32,
    standing: Standing,
    verbose: bool,
    next: &mut Next<'a>,
    reasons: &mut Vec<(&'a str, &'a str)>,
) {
    let state = match standing {
        Standing::Up => "up".to_owned(),
        Standing::Down if server.inhibit => "DOWN (weight 0)".to_owned(),
        Standing::Down => "DOWN".to_owned(),
        Standing::Unknown => "unknown".to_owned(),
    };
    let head = [server.name.clone(), state, format!("weight {weight}")];
    if server.checks.is_empty() {
        table.add_row(head.into_iter().chain(["no checker: always up".to_owned(), String::new()]));
        return;
    }
    for (i, check) in server.checks.iter().enumerate() {
        let found = next.of(check);
        note_reason(found, reasons);
        let head = if i == 0 { head.clone() } else { Default::default() };
        table.add_row(head.into_iter().chain([told(check, found, verbose), extra(check, verbose)]));
    }
}

fn note_reason<'a>(found: Option<&'a Checked>, reasons: &mut Vec<(&'a str, &'a str)>) {
    let reason = found.and_then(|c| c.outcome.result.as_ref().err());
    if let Some(reason) = reason.filter(|r| !reasons.iter().any(|(id, _)| *id == r.id)) {
        reasons.push((reason.id, reason.usually));
    }
}

/// What a check does and found.
fn told(check: &Planned, found: Option<&Checked>, verbose: bool) -> String {
    let text = match (&check.does, found) {
        (Does::Runs(job), Some(c)) => {
            let took = c.time().map_or(String::new(), |t| format!(" ({})", time(t)));
            let found = match &c.outcome.result {
                _ if verbose => line::sentence(c, &Wanted::default(), false),
                Ok(()) => good(&c.outcome),
                Err(reason) => format!("{}: {}", reason.id, reason.sentence),
            };
            format!("{} {}: {found}{took}", check.keyword, job.target.text)
        }
        (Does::Runs(job), None) => format!("{} {}: not looked at", check.keyword, job.target.text),
        (Does::Follows(what), _) => format!("{}: follows {what}, which only the daemon sees", check.keyword),
        (Does::Unable(why), _) => format!("{}: {why}", check.keyword),
    };
    printable(&text)
}

/// A good result, with what it is warned of.
fn good(outcome: &Outcome) -> String {
    let warnings = outcome.facts.iter().filter(|f| f.name == "warning").filter_map(|f| match &f.value {
        Value::Text(text) => Some(format!(", warning: {text}")),
        _ => None,
    });
    std::iter::once("good".to_owned()).chain(warnings).collect()
}

/// How long a death goes unnoticed, and with `-v` the parameters; `*` marks what nothing sets.
fn extra(check: &Planned, verbose: bool) -> String {
    let detect = check.detect.map(|d| format!("noticed within {}", words(d)));
    let parameters = check.parameters.iter().map(|p| {
        let star = if p.default { "*" } else { "" };
        format!("{} {}{star}", p.name, p.value)
    });
    let all: Vec<String> = detect.into_iter().chain(parameters.filter(|_| verbose)).collect();
    printable(&all.join(", "))
}

/// `6 s`, `1.500 s`.
pub fn words(d: std::time::Duration) -> String {
    let seconds = d.as_secs_f64();
    if d.subsec_millis() == 0 { format!("{seconds:.0} s") } else { format!("{seconds:.3} s") }
}

/// What a script's failure does, and to whom.
pub fn means(script: &Script) -> String {
    let what = |t: &TrackedBy| match (t.weight, t.reverse) {
        (0, false) => "FAULT when bad".to_owned(),
        (0, true) => "FAULT when good".to_owned(),
        (w, false) if w > 0 => format!("{w} points when good"),
        (w, false) => format!("{w} points when bad"),
        (w, true) if w > 0 => format!("{} points when good", -w),
        (w, true) => format!("{} points when bad", -w),
    };
    // Those of whom the same holds together.
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for tracked in &script.tracked {
        let does = what(tracked);
        match all.iter_mut().find(|(known, _)| *known == does) {
            Some((_, who)) => who.push(&tracked.name),
            None => all.push((does, vec![&tracked.name])),
        }
    }
    match &all[..] {
        [] => "nobody tracks it".to_owned(),
        all => all.iter().map(|(what, who)| format!("{what}: {}", who.join(", "))).collect::<Vec<_>>().join("; "),
    }
}

/// One check as a `probe` object. What nobody looked at is `unchecked`; its target is what it belongs to.
fn one(
    out: &mut dyn Write,
    check: &Planned,
    found: Option<&Checked>,
    place: &[(&'static str, &str)],
) -> io::Result<()> {
    let mut found = found.cloned().unwrap_or_else(|| {
        let target = match &check.does {
            Does::Runs(job) => job.target.text.clone(),
            Does::Follows(_) | Does::Unable(_) => place.last().map_or_else(String::new, |(_, name)| (*name).to_owned()),
        };
        let outcome = Outcome {
            kind: check.kind(),
            target,
            address: None,
            port: None,
            result: Err(Reason::new("unchecked", told(check, None, false))),
            phases: Phases::default(),
            facts: Vec::new(),
            attempts: 0,
        };
        Checked { outcome, series: None }
    });
    let facts = &mut found.outcome.facts;
    facts.push(Fact::text("checker", check.keyword));
    facts.extend(place.iter().map(|(name, value)| Fact::text(name, *value)));
    facts.extend(check.detect.map(|d| Fact { name: "detect_ms", value: Value::Time(d) }));
    json::planned(out, &found, &check.parameters)
}

#[derive(Serialize)]
pub(super) struct ServiceObject<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    served: Option<bool>,
    live_weight: u64,
    total_weight: u64,
    needed_weight: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sorry_server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended: Option<bool>,
    real_servers: Vec<ServerObject<'a>>,
}

#[derive(Serialize)]
struct ServerObject<'a> {
    name: &'a str,
    state: &'static str,
    weight: u32,
}

impl<'a> ServiceObject<'a> {
    pub(super) fn of(service: &'a Service, quorum: Quorum, servers: &[(u32, Standing)], open: bool) -> Self {
        let server = |(s, (weight, standing)): (&'a Server, &(u32, Standing))| ServerObject {
            name: &s.name,
            state: standing.as_str(),
            weight: *weight,
        };
        Self {
            r#type: "virtual_server",
            name: &service.name,
            served: (!service.partial && !open).then(|| quorum.holds()),
            live_weight: quorum.live,
            total_weight: quorum.total,
            needed_weight: quorum.needed,
            sorry_server: service.sorry.as_deref(),
            suspended: service.suspended.map(|_| true),
            real_servers: service.servers.iter().zip(servers).map(server).collect(),
        }
    }
}

#[derive(Serialize)]
struct SummaryObject {
    r#type: &'static str,
    virtual_servers: usize,
    without_quorum: usize,
    up: usize,
    down: usize,
    unknown: usize,
    bad_scripts: usize,
    interrupted: bool,
    exit: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_result_is_told_with_its_warnings() {
        let mut outcome = Outcome {
            kind: "https",
            target: "10.0.0.1:443".to_owned(),
            address: None,
            port: None,
            result: Ok(()),
            phases: Phases::default(),
            facts: vec![Fact::number("status", 200)],
            attempts: 1,
        };
        assert_eq!(good(&outcome), "good");
        outcome.facts.push(Fact::text("warning", "the certificate expired 6 days ago"));
        assert_eq!(good(&outcome), "good, warning: the certificate expired 6 days ago");
    }
}
