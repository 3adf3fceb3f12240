//! The verdict: the worst finding as one sentence, or what is well; and findings in full.

use std::io::{self, Write};

use super::Clock;
use super::describe::{count, seconds3};
use crate::finding::{Confidence, Evidence, Finding, Severity};
use crate::sniff::{Context, Observer};

/// The word and the sentence for the first line: `CRITICAL`, `WARNING`, `INFO`, `OK`, or nothing yet.
pub fn verdict(observer: &Observer, findings: &[Finding], cx: &Context) -> (Option<Severity>, &'static str, String) {
    if let Some(f) = findings.first().filter(|f| f.severity > Severity::Info) {
        let word = if f.severity == Severity::Critical { "CRITICAL" } else { "WARNING" };
        let others = findings.iter().filter(|f| f.severity > Severity::Info).count() - 1;
        let more = match others {
            0 => String::new(),
            1 => " (and 1 more finding)".to_owned(),
            n => format!(" (and {n} more findings)"),
        };
        return (Some(f.severity), word, format!("{}{more}", f.message));
    }
    let groups = observer.groups().len();
    if groups == 0 {
        let waiting = if cx.ended { "nothing heard" } else { "nothing heard yet: waiting for an advert" };
        return (None, "…", waiting.to_owned());
    }
    if let Some(g) = observer.groups().find(|g| g.masters().len() > 1) {
        let masters: Vec<String> = g.masters().iter().map(|m| m.addr.to_string()).collect();
        let text = format!("{} has {} masters at this moment: {}", g.id, masters.len(), masters.join(" and "));
        return (Some(Severity::Info), "INFO", text);
    }
    let with_master = observer.groups().filter(|g| g.master().is_some()).count();
    let each = match (groups, with_master) {
        (1, 1) => {
            let master = observer.groups().next().and_then(|g| g.master()).map(|m| m.addr.to_string());
            format!("one virtual router, {} is its master", master.unwrap_or_default())
        }
        (n, m) if n == m => format!("{n} virtual routers, each with one master"),
        (n, m) => format!("{}, {m} of them with a master", count(n as u64, "virtual router")),
    };
    // The group that came closest to a failover speaks for all.
    let worst = observer
        .groups()
        .filter_map(|g| {
            let gap = g.worst_gap?;
            let (allowed, ..) = g.allowed_gap(g.members.get(&gap.member)?);
            Some((gap.length.as_secs_f64() / allowed.as_secs_f64().max(1e-6), gap.length, allowed))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let gap = worst.map_or(String::new(), |(_, gap, allowed)| {
        format!("; worst gap {:.2} of {:.2} s allowed", gap.as_secs_f64(), allowed.as_secs_f64())
    });
    let changes: u64 = observer.groups().map(|g| g.transition_count.saturating_sub(1)).sum();
    let changes = if changes > 0 { format!("; {} of master", count(changes, "change")) } else { String::new() };
    match findings.first() {
        Some(f) => (Some(Severity::Info), "INFO", format!("{each}{gap}{changes}; {}", f.message)),
        None => (None, "OK", format!("{each}{gap}{changes}")),
    }
}

/// One finding in full.
pub fn finding(out: &mut dyn Write, f: &Finding, clock: &Clock) -> io::Result<()> {
    writeln!(out, "{} {}", f.severity.as_str().to_uppercase(), f.id)?;
    writeln!(out, "  {}", f.message)?;
    for e in &f.evidence {
        match e {
            Evidence::Frame { number, time, note } => {
                writeln!(out, "  - frame {number} at {}: {note}", clock.hms_millis(*time))?;
            }
            Evidence::Place(p) => writeln!(out, "  - {}:{}:{}: {}", p.file, p.line, p.column, p.note)?,
            Evidence::Fact(note) => writeln!(out, "  - {note}")?,
        }
    }
    if f.confidence == Confidence::Likely {
        writeln!(out, "  likely, not certain")?;
    }
    if let Some(unseen) = &f.unseen {
        writeln!(out, "  not seen from here: {unseen}")?;
    }
    writeln!(out, "  fix: {}", f.fix)?;
    writeln!(out, "  more: hactl explain {}", f.id)
}

/// The length of a capture, for its summary.
pub fn span(observer: &Observer) -> String {
    let start = observer.start().unwrap_or_default();
    seconds3(observer.now().instant().since(start.instant()))
}
