//! What `hactl probe nginx` found: upstream by upstream, what is passed on directly, listens, findings.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::time;
use crate::finding::{Finding, Severity, Tally};
use crate::probe::nginx::Nginx;
use crate::probe::nginx::judge::{Around, Left, Stands, conduct, covers, request, stands};
use crate::probe::nginx::model::{Area, At, Listen, Pass, Peer, Said, To, Upstream, UpstreamServer};
use crate::probe::nginx::plan::{Found, Of, direct, first};
use crate::probe::{Checked, Fact, Level, Value, Wanted};
use crate::report::json::{self, line as object};
use crate::report::printable;

/// Everything that is to be told.
pub struct Report<'a> {
    /// The configuration.
    pub nginx: &'a Nginx,
    /// What was found.
    pub found: &'a Found,
    /// What is known beside it.
    pub around: &'a Around,
    /// What it comes to.
    pub findings: &'a [Finding],
}

const fn area(area: Area) -> &'static str {
    match area {
        Area::Http => "http",
        Area::Stream => "stream",
        Area::Mail => "mail",
    }
}

/// As nginx writes times: `1m 30s`.
fn words(d: Duration) -> String {
    humantime::format_duration(d).to_string()
}

/// The failure of the first address that failed, else how long the slowest took.
fn told(peer: &Peer, checked: Option<&Vec<Checked>>) -> String {
    if let (Peer::Unix(_), None) = (peer, checked) {
        return "a socket of its own host: look there, or --here".to_owned();
    }
    said(checked)
}

/// Whether a connection was reset as soon as it stood.
fn resets(checked: &Checked) -> bool {
    checked.outcome.facts.iter().any(|f| f.name == "reset_after" && f.value == Value::Bool(true))
}

fn said(checked: Option<&Vec<Checked>>) -> String {
    let Some(all) = checked.filter(|c| !c.is_empty()) else { return "not looked at".to_owned() };
    let good = all.iter().filter(|c| c.outcome.result.is_ok()).count();
    let bad = all.iter().find_map(|c| c.outcome.result.as_ref().err());
    let several = if all.len() > 1 { format!("{good} of {} addresses; ", all.len()) } else { String::new() };
    if let Some(reason) = bad {
        return printable(&format!("{several}{}: {}", reason.id, reason.sentence));
    }
    if all.iter().any(resets) {
        return format!("{several}accepts and resets at once: clients are not served");
    }
    let slowest = all.iter().filter_map(|c| c.outcome.phases.total).max().unwrap_or_default();
    format!("{several}{} answers in {}", all[0].outcome.kind, time(slowest))
}

/// Where a listen was connected to, and what that said.
type Asked<'a> = Vec<(Option<IpAddr>, &'a Vec<Checked>)>;

const fn word(stands: Stands) -> &'static str {
    match stands {
        Stands::Up => "up",
        Stands::Down => "DOWN",
        Stands::Unknown => "unknown",
    }
}

fn table(width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table
}

impl Report<'_> {
    fn lefts(&self) -> impl Iterator<Item = (&Upstream, Left)> {
        self.nginx.upstreams.iter().enumerate().map(|(n, u)| (u, Left::of(n, u, self.found)))
    }

    fn directs(&self) -> impl Iterator<Item = (&Pass, &Peer, Stands, Option<&Vec<Checked>>)> {
        self.nginx.passes.iter().enumerate().filter(|(n, _)| direct(self.nginx, *n)).filter_map(|(n, pass)| {
            let To::Peer(peer) = &pass.to else { return None };
            let checked = self.found.get(&Of::Pass(n));
            Some((pass, peer, stands(checked), checked))
        })
    }

    /// Each listen once, with where it was connected to and what that said.
    fn listens(&self) -> Vec<(&Listen, Asked<'_>)> {
        let own = |n: usize| {
            let of = self.found.iter().filter_map(move |(of, checked)| match of {
                Of::Listen(m, address) if *m == n => Some((*address, checked)),
                _ => None,
            });
            of.collect()
        };
        let all = self.nginx.listens.iter().enumerate();
        all.filter(|(n, _)| first(self.nginx, *n)).map(|(n, l)| (l, own(n))).collect()
    }

    /// How well it is: an upstream or a listen of this host that nobody answers for is critical, one that lost servers a
    /// warning, and so are findings as they say.
    pub fn level(&self) -> Level {
        let mut levels = Vec::new();
        for (upstream, left) in self.lefts().filter(|(_, l)| l.all > 0) {
            levels.push(match () {
                () if left.nobody() => Level::Critical,
                () if left.up + left.unknown < left.all || left.only_backups() => Level::Warning,
                () if left.unknown > 0 && self.looked(upstream) => Level::Unknown,
                () => Level::Ok,
            });
        }
        for (pass, peer, stands, _) in self.directs() {
            levels.push(match stands {
                Stands::Up => Level::Ok,
                Stands::Down => Level::Critical,
                Stands::Unknown if pass.udp || matches!(peer, Peer::Variable(_)) => Level::Ok,
                Stands::Unknown => Level::Unknown,
            });
        }
        for (_, checks) in self.listens() {
            levels.extend(checks.iter().map(|(_, c)| match stands(Some(c)) {
                Stands::Up => Level::Ok,
                Stands::Down => Level::Critical,
                Stands::Unknown => Level::Unknown,
            }));
        }
        levels.extend(self.findings.iter().map(|f| match f.severity {
            Severity::Info => Level::Ok,
            Severity::Warning => Level::Warning,
            Severity::Critical => Level::Critical,
        }));
        if self.found.is_empty() && !(self.nginx.upstreams.is_empty() && self.nginx.passes.is_empty()) {
            levels.push(Level::Unknown);
        }
        let order =
            |l: &Level| [Level::Ok, Level::Unknown, Level::Warning, Level::Critical].iter().position(|x| x == l);
        levels.into_iter().max_by_key(order).unwrap_or(Level::Ok)
    }

    /// Whether an upstream is one that can be looked at.
    fn looked(&self, upstream: &Upstream) -> bool {
        let n = self.nginx.upstreams.iter().position(|u| std::ptr::eq(u, upstream));
        n.is_some_and(|n| self.found.keys().any(|of| matches!(of, Of::Server(m, _) if *m == n)))
    }

    /// Everything in one sentence.
    pub fn verdict(&self) -> String {
        let mut parts = Vec::new();
        let names = |f: fn(Left) -> bool| {
            let all: Vec<&str> =
                self.lefts().filter(|(_, l)| l.all > 0 && f(*l)).map(|(u, _)| u.name.as_str()).collect();
            all.join(", ")
        };
        let (dead, backups) = (names(Left::nobody), names(Left::only_backups));
        if !dead.is_empty() {
            parts.push(format!("no server left in upstream {dead}"));
        }
        if !backups.is_empty() {
            parts.push(format!("only backups left in upstream {backups}"));
        }
        let sum = |f: fn(Left) -> usize| self.lefts().map(|(_, l)| f(l)).sum::<usize>();
        let (all, up, unknown) = (sum(|l| l.all), sum(|l| l.up), sum(|l| l.unknown));
        let n = self.nginx.upstreams.len();
        if n > 0 {
            let upstreams = if n == 1 { "upstream" } else { "upstreams" };
            let more = if unknown > 0 { format!(", {unknown} not known") } else { String::new() };
            parts.push(format!("{up} of {all} servers up in {n} {upstreams}{more}"));
        }
        let directs: Vec<Stands> = self.directs().map(|(_, _, s, _)| s).collect();
        if !directs.is_empty() {
            let up = directs.iter().filter(|s| **s == Stands::Up).count();
            let unknown = directs.iter().filter(|s| **s == Stands::Unknown).count();
            let more = if unknown > 0 { format!(", {unknown} not known") } else { String::new() };
            parts.push(format!("{up} of {} direct targets up{more}", directs.len()));
        }
        let checks: Vec<Stands> =
            self.listens().into_iter().flat_map(|(_, c)| c).map(|(_, c)| stands(Some(c))).collect();
        if !checks.is_empty() {
            let open = checks.iter().filter(|s| **s == Stands::Up).count();
            parts.push(format!("{open} of {} listens open", checks.len()));
        }
        let tally = Tally::of(self.findings);
        for (n, what) in [(tally.critical, "critical finding"), (tally.warning, "warning")] {
            if n > 0 {
                parts.push(format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
            }
        }
        if parts.is_empty() {
            return "it passes nothing on and listens nowhere".to_owned();
        }
        printable(&parts.join("; "))
    }

    /// The tables.
    pub fn lines(&self, width: u16, verbose: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for (n, (upstream, left)) in self.lefts().enumerate() {
            lines.push(String::new());
            lines.push(printable(&self.heading(upstream, left)));
            let mut t = table(width);
            for (m, server) in upstream.servers.iter().enumerate() {
                let checked = self.found.get(&Of::Server(n, m));
                let state = if server.down { "off" } else { word(stands(checked)) };
                t.add_row(vec![
                    server.peer.to_string(),
                    state.to_owned(),
                    role(server),
                    told(&server.peer, checked),
                    if server.down { "marked down: never used".to_owned() } else { conduct(upstream, server) },
                ]);
            }
            lines.extend(t.lines().map(|l| format!(" {}", l.trim_end())));
            lines.extend(self.about(n, upstream, verbose));
        }
        let mut t = table(width);
        let mut some = false;
        for (pass, peer, stands, checked) in self.directs() {
            some = true;
            let state = if pass.udp { "udp" } else { word(stands) };
            let what = match peer {
                Peer::Variable(_) => "known only when a request comes".to_owned(),
                _ if pass.udp => "not looked at".to_owned(),
                _ => told(peer, checked),
            };
            let s = &pass.settings;
            let (connect, answer) = (words(s.connect_timeout), words(s.read_timeout));
            let mut then = format!("up to {connect} to connect, {answer} to answer");
            if pass.protocol() != "proxy" {
                then = format!("{}, {then}", pass.directive);
            }
            t.add_row(vec![peer.to_string(), state.to_owned(), what, then]);
        }
        if some {
            lines.push(String::new());
            lines.push("passed on without an upstream".to_owned());
            lines.extend(t.lines().map(|l| format!(" {}", printable(l.trim_end()))));
        }
        lines.extend(self.listening(width));
        lines.into_iter().map(|l| printable(&l)).collect()
    }

    fn heading(&self, upstream: &Upstream, left: Left) -> String {
        let state = match () {
            () if left.all == 0 => "all servers are marked down".to_owned(),
            () if left.nobody() => "NO SERVER LEFT: every request fails".to_owned(),
            () if left.only_backups() => format!("ONLY BACKUPS LEFT, {} of {} up", left.up, left.all),
            () if !self.looked(upstream) => "not looked at".to_owned(),
            () => format!("{} of {} up", left.up, left.all),
        };
        format!("upstream {} ({}, {}): {state}", upstream.name, area(upstream.area), upstream.method)
    }

    /// Who uses an upstream, and how.
    fn about(&self, n: usize, upstream: &Upstream, verbose: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let users: Vec<&Pass> = self.nginx.passes.iter().filter(|p| p.to == To::Upstream(n)).collect();
        let mut said: Vec<String> = Vec::new();
        for pass in &users {
            let text = request(pass, upstream.servers.len() > 1);
            if !said.contains(&text) {
                said.push(text);
            }
        }
        lines.extend(said.iter().map(|s| format!("  {s}")));
        if users.is_empty() {
            let variable = self.nginx.passes.iter().find_map(|p| match &p.to {
                To::Peer(Peer::Variable(text)) => Some(printable(text)),
                _ => None,
            });
            lines.push(match variable {
                Some(text) => format!("  nothing names it; `{text}` may, which is known only when a request comes"),
                None => "  nothing passes to it".to_owned(),
            });
        }
        if upstream.keepalive.is_some() || verbose {
            let kept = upstream.keepalive.map_or("no idle connections kept".to_owned(), |(k, _)| {
                format!("keeps {k} idle connections in each worker")
            });
            let requests = upstream.keepalive_requests;
            lines.push(format!(
                "  {kept}: keepalive_timeout {}{}, keepalive_requests {}{}",
                words(upstream.keepalive_timeout.value),
                star(upstream.keepalive_timeout),
                requests.value,
                star(requests)
            ));
        }
        if verbose {
            for pass in users {
                let place = self.nginx.files.get(pass.spot.file).map_or("", String::as_str);
                let http = spoken(pass);
                lines.push(format!(
                    "  {}:{} {}{}{http}",
                    place,
                    pass.spot.line,
                    pass.directive,
                    if pass.tls { " through TLS" } else { "" }
                ));
            }
            for s in &upstream.servers {
                lines.push(format!(
                    "  {}: weight {}{}, max_fails {}{}, fail_timeout {}{}{}{}",
                    s.peer,
                    s.weight.value,
                    star(s.weight),
                    s.max_fails.value,
                    star(s.max_fails),
                    words(s.fail_timeout.value),
                    star(s.fail_timeout),
                    if s.max_conns > 0 { format!(", max_conns {}", s.max_conns) } else { String::new() },
                    if s.resolve { ", resolve" } else { "" }
                ));
            }
        }
        lines.into_iter().map(|l| printable(&l)).collect()
    }

    fn listening(&self, width: u16) -> Vec<String> {
        let mut t = table(width);
        let vips = self.around.vips.as_deref();
        let listens = self.listens();
        for (listen, checks) in &listens {
            let whose = match (&listen.at, vips, &self.around.host) {
                (At::Address(a, _), Some(vips), host) => {
                    let own: Vec<String> =
                        vips.iter().filter(|(v, _)| covers(listen, *v)).map(|(v, i)| format!("{v} of {i}")).collect();
                    match host {
                        _ if !own.is_empty() => format!("VIP {}", own.join(", ")),
                        Some(h) if h.addresses.contains(a) => "an address of this host".to_owned(),
                        _ if a.is_unspecified() || a.is_loopback() => String::new(),
                        _ => "no VIP".to_owned(),
                    }
                }
                _ => String::new(),
            };
            let kind = match (listen.udp, listen.tls) {
                (true, _) => "udp",
                (false, true) => "tls",
                (false, false) => area(listen.area),
            };
            if checks.is_empty() {
                t.add_row(vec![
                    listen.at.to_string(),
                    kind.to_owned(),
                    "-".to_owned(),
                    "not looked at".to_owned(),
                    whose,
                ]);
                continue;
            }
            for (i, (to, checked)) in checks.iter().enumerate() {
                let state = match stands(Some(checked)) {
                    Stands::Up => "open",
                    Stands::Down => "CLOSED",
                    Stands::Unknown => "unknown",
                };
                let at = if i == 0 { listen.at.to_string() } else { String::new() };
                // Only where it is another place than the listen says.
                let wildcard = matches!(listen.at, At::Address(a, _) if a.is_unspecified());
                let through = to.filter(|_| wildcard).map_or(String::new(), |a| format!("{a}: "));
                let whose = if i == 0 { whose.clone() } else { String::new() };
                t.add_row(vec![
                    at,
                    kind.to_owned(),
                    state.to_owned(),
                    format!("{through}{}", said(Some(checked))),
                    whose,
                ]);
            }
        }
        if listens.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), "listens".to_owned()];
        lines.extend(t.lines().map(|l| format!(" {}", printable(l.trim_end()))));
        lines
    }

    /// Upstreams, direct targets, listens, findings and the summary.
    ///
    /// # Errors
    /// Those of the output.
    pub fn json(&self, out: &mut dyn Write, interrupted: bool, exit: u8) -> io::Result<()> {
        for (n, (upstream, left)) in self.lefts().enumerate() {
            for (m, server) in upstream.servers.iter().enumerate() {
                let facts = || {
                    vec![
                        Fact::text("upstream", upstream.name.as_str()),
                        Fact::number("weight", server.weight.value),
                        Fact::number("max_fails", server.max_fails.value),
                        Fact { name: "fail_timeout_ms", value: crate::probe::Value::Time(server.fail_timeout.value) },
                        Fact::number("max_conns", server.max_conns),
                        Fact::bool("backup", server.backup),
                        Fact::bool("down", server.down),
                        Fact::bool("resolve", server.resolve),
                    ]
                };
                probes(out, self.found.get(&Of::Server(n, m)), facts)?;
            }
            object(
                out,
                &UpstreamObject {
                    r#type: "upstream",
                    name: &upstream.name,
                    area: area(upstream.area),
                    method: &upstream.method,
                    servers: left.all,
                    up: left.up,
                    unknown: left.unknown,
                    only_backups: left.only_backups(),
                    keepalive: upstream.keepalive.map(|k| k.0),
                    keepalive_timeout_ms: json::ms(upstream.keepalive_timeout.value),
                    keepalive_requests: upstream.keepalive_requests.value,
                },
            )?;
        }
        for (pass, _, _, checked) in self.directs() {
            probes(out, checked, || vec![Fact::text("directive", pass.directive.as_str())])?;
        }
        for (listen, checks) in self.listens() {
            for (_, checked) in checks {
                probes(out, Some(checked), || vec![Fact::text("listen", listen.at.to_string())])?;
            }
        }
        self.findings.iter().try_for_each(|f| json::finding(out, f))?;
        let lefts: Vec<Left> = self.lefts().map(|(_, l)| l).collect();
        let tally = Tally::of(self.findings);
        object(
            out,
            &Summary {
                r#type: "summary",
                files: &self.nginx.files,
                upstreams: lefts.len(),
                upstreams_dead: lefts.iter().filter(|l| l.all > 0 && l.nobody()).count(),
                upstreams_on_backups: lefts.iter().filter(|l| l.only_backups()).count(),
                servers: lefts.iter().map(|l| l.all).sum(),
                up: lefts.iter().map(|l| l.up).sum(),
                findings: Findings { critical: tally.critical, warning: tally.warning, info: tally.info },
                interrupted,
                exit,
            },
        )
    }

    /// One line with perfdata, then one for each finding.
    pub fn plugin(&self) -> String {
        let lefts: Vec<Left> = self.lefts().map(|(_, l)| l).collect();
        let (all, up) = (lefts.iter().map(|l| l.all).sum::<usize>(), lefts.iter().map(|l| l.up).sum::<usize>());
        let dead = lefts.iter().filter(|l| l.all > 0 && l.nobody()).count();
        let text = self.verdict().replace('|', "/");
        let (level, n) = (self.level().word(), lefts.len());
        let first = format!(
            "NGINX {level} - {text} | up={up};;;0;{all} dead_upstreams={dead};;;0;{n} findings={}",
            self.findings.len()
        );
        let told = self.findings.iter().filter(|f| f.severity > Severity::Info);
        let lines = told.map(|f| format!("{}: {}", f.id, printable(&f.message)).replace('|', "/"));
        std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n")
    }
}

fn star<T: Copy>(said: Said<T>) -> &'static str {
    if said.written { "" } else { "*" }
}

/// What decides whether a connection can be used again.
fn spoken(pass: &Pass) -> String {
    let s = &pass.settings;
    match pass.protocol() {
        "proxy" if pass.area == Area::Http => {
            let version = s.version.as_deref().unwrap_or("1.0*");
            let connection = s.connection.as_deref().map_or("close*".to_owned(), |c| format!("\"{c}\""));
            format!(": HTTP {version}, Connection {connection}")
        }
        "fastcgi" => format!(": fastcgi_keep_conn {}", if s.keep_conn { "on" } else { "off" }),
        _ => String::new(),
    }
}

fn role(server: &UpstreamServer) -> String {
    let weight = if server.weight.value == 1 { String::new() } else { format!("weight {}", server.weight.value) };
    let parts = [if server.backup { "backup" } else { "" }.to_owned(), weight];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

fn probes(out: &mut dyn Write, checked: Option<&Vec<Checked>>, facts: impl Fn() -> Vec<Fact>) -> io::Result<()> {
    for found in checked.into_iter().flatten() {
        let mut found = found.clone();
        found.outcome.facts.extend(facts());
        super::json::probe(out, &found, &Wanted::default())?;
    }
    Ok(())
}

#[derive(Serialize)]
struct UpstreamObject<'a> {
    r#type: &'static str,
    name: &'a str,
    area: &'static str,
    method: &'a str,
    servers: usize,
    up: usize,
    unknown: usize,
    only_backups: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    keepalive: Option<u32>,
    keepalive_timeout_ms: f64,
    keepalive_requests: u64,
}

#[derive(Serialize)]
struct Findings {
    critical: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    files: &'a [String],
    upstreams: usize,
    upstreams_dead: usize,
    upstreams_on_backups: usize,
    servers: usize,
    up: usize,
    findings: Findings,
    interrupted: bool,
    exit: u8,
}
