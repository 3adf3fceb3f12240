//! `hactl simulate --tui`: the simulation in the operator's hands.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SimulateArgs;
use crate::cli::Error;
use crate::cli::output::{Output, use_color};
use crate::finding::{Severity, Tally};
use crate::net::Stop;
use crate::report::simulate::live;
use crate::report::{Clock, verdict};
use crate::simulate::{Scenario, Tape, write};
use crate::time::{Instant, seconds};
use crate::tui;

/// A scenario goes on for so long after the last thing done in it.
const REST: Duration = Duration::from_secs(15);

/// Shows the screen, and says how it stood when it was left and how to play it again.
pub fn run(args: &SimulateArgs, scenario: Scenario) -> Result<u8, Error> {
    let stop = Stop::install()?;
    let names: Vec<String> = args.files.iter().map(|f| f.display().to_string()).collect();
    let ends = args.for_.is_some() || !scenario.events.is_empty();
    let options = tui::simulate::Options { title: names.join(" "), color: use_color(args.common.color), ends };
    let save = |tape: &Tape| save(tape).map(|path| format!("wrote {}: hactl simulate plays it", path.display()));
    let tape = tui::simulate::run(&options, scenario, &save, stop.flag())
        .map_err(|e| Error::Other(format!("the screen: {e}; without --tui lines are written instead")))?;
    let findings = tape.present().judge(tape.scenario());
    let tally = Tally::of(&findings);
    let mut out = Output::new(false, args.common.color);
    let (severity, word, sentence) = live::verdict(tape.present(), &findings);
    let at = seconds(tape.now().since(Instant::ZERO));
    writeln!(out, "{}  {sentence} (left at {at} s)", out.paint(severity, word))?;
    for f in findings.iter().filter(|f| f.severity > Severity::Info) {
        writeln!(out)?;
        verdict::finding(&mut out, f, &Clock::utc())?;
    }
    if !tape.done().is_empty() {
        let given: Vec<String> = std::env::args().skip(1).collect();
        writeln!(out, "\nWhat you did, to be played again:\n  {}", again(&given, &tape))?;
    }
    out.flush()?;
    Ok(if args.exit_zero { 0 } else { tally.exit_status() })
}

/// The command that plays it again without a screen.
fn again(given: &[String], tape: &Tape) -> String {
    let mut words = vec!["hactl".to_owned()];
    let mut given = given.iter();
    while let Some(word) = given.next() {
        match word.as_str() {
            "--tui" => {}
            // It may have gone on for longer.
            "--for" => drop(given.next()),
            word if word.starts_with("--for=") => {}
            word => words.push(quoted(word)),
        }
    }
    for event in tape.done() {
        let at = seconds(event.at.since(Instant::ZERO));
        words.push(format!("--at {}", quoted(&format!("{at}s {}", event.fault.line(tape.scenario())))));
    }
    words.push(format!("--for {}s", length(tape).as_secs()));
    words.join(" ")
}

/// How long the scenario is with what was done in it, in whole seconds.
fn length(tape: &Tape) -> Duration {
    let last = tape.done().last().map_or(Duration::ZERO, |e| e.at.since(Instant::ZERO) + REST);
    let all = tape.scenario().duration.max(tape.now().since(Instant::ZERO)).max(last);
    Duration::from_secs(all.as_secs() + u64::from(all.subsec_nanos() > 0))
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Writes a new scenario file where the user stands, or anywhere if that must not be, and tells its path.
fn save(tape: &Tape) -> Result<PathBuf, String> {
    let played = Scenario { duration: length(tape), ..tape.scenario().clone() };
    let here = std::env::current_dir().unwrap_or_else(|_| std::env::temp_dir());
    // The configurations are named relative to the file.
    let text = |dir: &Path| {
        let config = |n: usize| {
            let sources = played.nodes.get(n).map(|n| &n.setting.conf.sources);
            let name = sources.and_then(|s| s.names().next()).unwrap_or_default().to_owned();
            let inside = |p: PathBuf| p.strip_prefix(dir).unwrap_or(&p).to_string_lossy().into_owned();
            std::fs::canonicalize(&name).map_or(name, inside)
        };
        write(&played, &["played by hand in hactl simulate --tui".to_owned()], config)
    };
    match new_file(&here, &text(&here)) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let dir = std::env::temp_dir();
            new_file(&dir, &text(&dir))
        }
        other => other,
    }
    .map_err(|e| e.to_string())
}

/// Never over an old one.
fn new_file(dir: &Path, text: &str) -> io::Result<PathBuf> {
    for n in 1..1000 {
        let name = if n == 1 { "hactl-scenario.toml".to_owned() } else { format!("hactl-scenario-{n}.toml") };
        let path = dir.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                return Ok(path);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand scenarios are here already"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Fault, demo};

    #[test]
    fn what_was_done_is_a_command_line() {
        let mut tape = Tape::new(demo::pair());
        tape.seek(Instant::from_micros(8_000_000));
        tape.inject(Fault::of("crash", 0).unwrap());
        let given: Vec<String> =
            ["simulate", "--tui", "it's a.conf", "b.conf", "--for", "9s"].iter().map(ToString::to_string).collect();
        assert_eq!(again(&given, &tape), r"hactl simulate 'it'\''s a.conf' b.conf --at '8.001s crash a' --for 30s");
    }

    #[test]
    fn a_scenario_is_written_beside_older_ones_never_over_them() {
        let dir = tempfile::tempdir().unwrap();
        let names: Vec<_> =
            (0..2).map(|_| new_file(dir.path(), "x").unwrap().file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["hactl-scenario.toml", "hactl-scenario-2.toml"]);
    }
}
