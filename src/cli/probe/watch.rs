//! `hactl probe config --watch`: the checks of a configuration as keepalived goes on to run them.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::config::ConfigArgs;
use super::status;
use crate::cli::Error;
use crate::cli::output::{Output, has_screen, note, use_color};
use crate::net::{Stop, monotonic, wall};
use crate::probe::Level;
use crate::probe::plan::Plan;
use crate::probe::watch::run::{self, Limits};
use crate::probe::watch::{Beginning, Event, Watch};
use crate::report::Clock;
use crate::report::probe::watch::{self as report, Epoch};
use crate::report::probe::{config, json};
use crate::time::Instant;
use crate::tui;
use crate::tui::probe::Update;

/// Off a terminal it ends by itself, at the latest after this.
const LONGEST: Duration = Duration::from_mins(15);
/// The screen is given a new state at most this often.
const FRAME: Duration = Duration::from_millis(50);

pub fn run(args: &ConfigArgs, name: &str, plan: Plan) -> Result<u8, Error> {
    let wall = wall();
    let beginning = Beginning { seed: wall.nanos.cast_unsigned(), at_once: args.at_once };
    let watch = Watch::new(Arc::new(plan), monotonic(), beginning);
    let epoch = Epoch { began: watch.began(), wall };
    let stop = Stop::install()?;
    let screen = !args.plain && !args.common.json && has_screen();
    let level =
        if screen { on_screen(args, name, watch, epoch, &stop)? } else { plain(args, name, watch, epoch, &stop)? };
    Ok(status(level, args.exit_zero))
}

fn limits(args: &ConfigArgs, length: Option<Duration>, stop: UnixStream) -> Limits {
    Limits { parallel: args.parallel as usize, length, stop: Some(stop) }
}

fn plain(args: &ConfigArgs, name: &str, mut watch: Watch, epoch: Epoch, stop: &Stop) -> Result<Level, Error> {
    let mut out = Output::new(true, args.common.color);
    let length = args.for_.unwrap_or_else(|| watch.enough().clamp(Duration::from_secs(5), LONGEST));
    if args.common.json {
        json::start(&mut out, "config", name)?;
        out.flush()?;
    } else if args.for_.is_none() && !args.common.quiet {
        let enough = if watch.enough() > length { "" } else { ", in which a death is noticed" };
        note(&format!(
            "note: watches for {}{enough}; --for sets another time",
            config::words(Duration::from_secs(length.as_secs()))
        ));
    }
    let (wake, woken) = UnixStream::pair()?;
    stop.wake(&wake)?;
    let clock = Clock::local();
    let (mut transitions, mut last) = (0, watch.began());
    let mut told = |watch: &Watch, now: Instant, events: Vec<Event>| -> io::Result<Option<Instant>> {
        last = now;
        for event in &events {
            let transition = event.what.is_transition();
            transitions += u64::from(transition);
            if args.common.json {
                report::json(&mut out, watch.plan(), event, epoch)?;
            } else if event.what.is_news() || args.common.verbose {
                let severity = report::severity(watch.plan(), &event.what);
                let line = report::line(watch.plan(), event, epoch, &clock);
                let line = if severity.is_some() { out.paint(severity, &line) } else { line };
                writeln!(out, "{line}")?;
            }
        }
        if !events.is_empty() {
            out.record_done()?;
        }
        Ok(None)
    };
    let interrupted = run::watch(&mut watch, limits(args, Some(length), woken), &mut told)?;
    let level = watch.level();
    if args.common.json {
        let exit = status(level, args.exit_zero);
        report::end(&mut out, &watch, (transitions, last.since(watch.began())), interrupted, exit)?;
    } else {
        farewell(&mut out, &watch)?;
    }
    out.flush()?;
    Ok(level)
}

/// How it stood at the end.
fn farewell(out: &mut Output, watch: &Watch) -> io::Result<()> {
    let (severity, word, sentence) = report::verdict(watch);
    writeln!(out, "{} {sentence}", out.paint(severity, word))?;
    for line in report::skipped(watch) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn on_screen(args: &ConfigArgs, name: &str, watch: Watch, epoch: Epoch, stop: &Stop) -> Result<Level, Error> {
    let (send, updates) = sync_channel(256);
    let (halt, woken) = UnixStream::pair()?;
    stop.wake(&halt)?;
    let limits = limits(args, args.for_, woken);
    let thread = thread::Builder::new().name("probe".into()).spawn(move || feed(watch, limits, &send))?;
    let options = tui::probe::Options {
        title: name.to_owned(),
        color: use_color(args.common.color),
        clock: Clock::local(),
        epoch,
    };
    let shown = tui::probe::run(options, updates, stop.flag());
    // Whoever waits for the checks is told that nobody looks any more.
    // When they have ended by themselves, nobody reads it.
    let _ = (&halt).write_all(b"q");
    let watch = thread.join().map_err(|_| Error::Other("the checks ended unexpectedly".into()))??;
    let mut out = Output::new(false, args.common.color);
    farewell(&mut out, &watch)?;
    out.flush()?;
    shown.map_err(|e| Error::Other(format!("the screen: {e}; `--plain` writes lines instead")))?;
    Ok(watch.level())
}

/// Runs the checks, and tells the screen what it is to show.
fn feed(mut watch: Watch, limits: Limits, send: &SyncSender<Update>) -> io::Result<Watch> {
    let mut sent = None::<Instant>;
    let mut unsent = Vec::new();
    run::watch(&mut watch, limits, &mut |watch, at, events| {
        unsent.extend(events);
        // Many checks that end at once are one picture.
        if let Some(due) = sent.map(|s| s.after(FRAME)).filter(|due| at < *due) {
            return Ok(Some(due));
        }
        sent = Some(at);
        // A screen that is gone has said so by other means.
        let _ = send.send(Update { watch: Arc::new(watch.clone()), at, events: std::mem::take(&mut unsent) });
        Ok(None)
    })?;
    Ok(watch)
}
