//! `hactl simulate --explore`: the faults tried for somebody.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::SimulateArgs;
use crate::cli::Error;
use crate::cli::output::{Output, note, width};
use crate::finding::Tally;
use crate::report::describe::thousands;
use crate::report::simulate::{explored, json as sim_json};
use crate::report::{Clock, json, verdict};
use crate::simulate::{Assertion, Explored, Plan, Scenario, explore, write};

/// Tries and tells.
pub fn run(args: &SimulateArgs, scenario: &Scenario, single: bool) -> Result<u8, Error> {
    let assertions: Vec<Assertion> = args
        .assert
        .iter()
        .map(|a| Assertion::parse(a, scenario).map_err(|e| Error::Other(format!("--assert: {e}"))))
        .collect::<Result<_, _>>()?;
    let plan = Plan { faults: usize::from(args.faults.unwrap_or(1)), assertions, threads: 0 };
    let bar = std::io::stderr().is_terminal() && !args.common.quiet && !args.common.json;
    let shown = AtomicUsize::new(0);
    let progress = |done: usize, all: usize| {
        let percent = done * 100 / all.max(1);
        if bar && shown.swap(percent, Ordering::Relaxed) < percent {
            let filled = percent * 30 / 100;
            let _ = write!(std::io::stderr(), "\r[{}{}] {percent:3} %", "#".repeat(filled), ".".repeat(30 - filled));
        }
    };
    let found = explore(scenario, &plan, &progress);
    if bar {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let findings = explored::findings(&found, scenario, &args.assert);
    let tally = Tally::of(&findings);
    let exit = if args.exit_zero { 0 } else { tally.exit_status() };
    let mut out = Output::new(false, args.common.color);
    if args.common.json {
        let names: Vec<String> = args.files.iter().map(|f| f.display().to_string()).collect();
        sim_json::start(&mut out, &names.join(" "))?;
        explored::json(&mut out, &found, scenario, &args.assert)?;
        findings.iter().try_for_each(|f| json::finding(&mut out, f))?;
        sim_json::explored(&mut out, &found, scenario.seed, tally, exit)?;
    } else {
        let before = explored::masters(scenario, &found.before);
        writeln!(
            out,
            "Before anything befalls: {before} is master. {} combinations of {}, {} simulations{}.",
            thousands(found.outcomes.len() as u64),
            if plan.faults == 1 { "one fault".to_owned() } else { format!("up to {} faults", plan.faults) },
            thousands(found.played as u64),
            if found.known > 0 { format!(", {} known already", thousands(found.known as u64)) } else { String::new() }
        )?;
        writeln!(out)?;
        for l in explored::table(&found, scenario, &args.assert, width()) {
            writeln!(out, "{l}")?;
        }
        writeln!(out)?;
        for f in findings.iter().take(20) {
            verdict::finding(&mut out, f, &Clock::utc())?;
            writeln!(out)?;
        }
        if findings.len() > 20 {
            writeln!(out, "and {} findings more; --json tells all\n", findings.len() - 20)?;
        }
        let severity = findings.first().map(|f| f.severity);
        let word = match (tally.critical, tally.warning) {
            (0, 0) => "OK",
            (0, _) => "WARNING",
            _ => "CRITICAL",
        };
        let word = out.paint(severity, word);
        let sentence = match findings.first() {
            None => "no fault leaves the cluster worse than it must".to_owned(),
            Some(f) => format!("{} kinds of bad outcomes; the worst: {}", findings.len(), f.message),
        };
        writeln!(out, "{word} {sentence}")?;
    }
    out.flush()?;
    if let Some(dir) = &args.save {
        save(dir, &found, scenario, &args.assert, single, args.common.quiet)?;
    }
    Ok(exit)
}

/// Each kind of bad outcome as a scenario file that plays it.
fn save(
    dir: &Path,
    found: &Explored,
    scenario: &Scenario,
    assertions: &[String],
    single: bool,
    quiet: bool,
) -> Result<(), Error> {
    let fail = |path: &Path, e: &dyn std::fmt::Display| Error::Other(format!("cannot write {}: {e}", path.display()));
    fs::create_dir_all(dir).map_err(|e| fail(dir, &e))?;
    let _ = single;
    let bad = explored::alike(found);
    let bad = bad.iter().filter(|g| g.first.severity.is_some_and(|s| s > crate::finding::Severity::Info));
    let findings = explored::findings(found, scenario, assertions);
    for (i, (g, f)) in bad.zip(&findings).enumerate() {
        let words: String = explored::faults(found, scenario, g.first)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(60)
            .collect();
        let path = dir.join(format!("{:03}-{}-{}.toml", i + 1, f.id, words.trim_matches('-')));
        let played = Scenario { duration: g.first.length, events: g.first.events.clone(), ..scenario.clone() };
        let config = |n: usize| {
            let sources = &scenario.nodes[n].setting.conf.sources;
            let name = sources.names().next().unwrap_or_default().to_owned();
            fs::canonicalize(&name).map_or(name, |p| p.to_string_lossy().into_owned())
        };
        fs::write(&path, write(&played, std::slice::from_ref(&f.message), config)).map_err(|e| fail(&path, &e))?;
        if !quiet {
            note(&format!("note: {} plays it: {}", path.display(), f.message));
        }
    }
    Ok(())
}
