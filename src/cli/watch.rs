//! `hactl watch`: the verdict, as a screen, as lines, or as JSON.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::Args;

use super::Error;
use super::args::{CommonArgs, KeyArgs, SourceArgs};
use super::feeder;
use super::output::{Output, Recorder, complain, has_screen, note, use_color, width};
use super::reading::{Ending, Reader, read_all};
use crate::finding::{Finding, GroupId, Severity, Tally};
use crate::net::{Stop, drop_privileges, wall};
use crate::report::{Clock, describe, json, table, verdict};
use crate::sniff::feed::SourceState;
use crate::sniff::source::{self, Counters, Item, Source, Spec};
use crate::sniff::{Context, DETECTORS, EventKind, Group, Limits, Member, Observer, judge};
use crate::tui::{self, Kind, Speed};
use crate::wire::{Decoded, Decoder};

pub const EXAMPLES: &str = "\
Examples:
  hactl watch --demo                    a failover, without root or network (1 and 2 kill its nodes)
  hactl watch eth0                      live, as a screen (keys: ? shows them)
  hactl watch incident.pcap             what happened, and what is wrong
  hactl watch incident.pcap --replay-speed 10
  hactl watch eth0 --json --for 1m      for a script; exit status 0, 1 or 2 is the verdict
  ssh fw1 tcpdump -U -i eth0 -w - not port 22 | hactl watch -
";

#[derive(Debug, Args)]
pub struct WatchArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Stop after this many adverts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Plain lines, even on a terminal
    #[arg(long)]
    plain: bool,
    /// Play a capture on its own clock: 1, 10 or any factor, or max
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    replay_speed: Option<Speed>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: CommonArgs,
}

fn speed(s: &str) -> Result<Speed, String> {
    if s == "max" {
        return Ok(Speed::MAX);
    }
    let number = s.strip_suffix(['x', '×']).unwrap_or(s);
    match number.parse::<f64>() {
        Ok(n) if (0.01..=100_000.0).contains(&n) => Ok(Speed::new(n)),
        _ => Err("a factor such as 1 or 10 (0.01 to 100000), or max".into()),
    }
}

pub fn run(args: &WatchArgs) -> Result<u8, Error> {
    let mut specs = args.source.specs()?;
    let live = specs.iter().any(Spec::is_live);
    // Parts of a rotated capture belong in the order of their times, whatever order the shell gave them in.
    if specs.len() > 1 {
        specs.sort_by_cached_key(|s| if let Spec::File(path) = s { source::first_time(path) } else { None });
    }
    if live && args.replay_speed.is_some() {
        return Err(Error::Other("--replay-speed is for captures; a live interface has its own pace".into()));
    }
    let stop = Stop::install()?;
    let screen = !args.plain && !args.common.json && has_screen();
    let status = if screen { on_screen(args, &specs, &stop)? } else { plain(args, &specs, live, &stop)? };
    Ok(if args.exit_zero && status < super::COULD_NOT_LOOK { 0 } else { status })
}

fn on_screen(args: &WatchArgs, specs: &[Spec], stop: &Stop) -> Result<u8, Error> {
    let deadline = args.source.for_.map(|d| Instant::now() + d);
    let decoder = Decoder::new(args.keys.read()?);
    let mut recorder = Recorder::new(args.source.write.as_deref(), specs)?;
    let mut sources = Vec::new();
    let mut missing = false;
    for spec in specs {
        match Source::open(spec, args.source.promiscuous, stop, deadline) {
            Ok(source) => sources.push(source),
            // Of several files the others are still worth a look.
            Err(e) if specs.len() > 1 => {
                complain(&e);
                missing = true;
            }
            Err(e) => return Err(e.into()),
        }
    }
    let Some(spec) = specs.first().filter(|_| !sources.is_empty()) else { return Ok(super::COULD_NOT_LOOK) };
    recorder.start()?;
    // Everything is open: parse bytes from strangers without privileges, before the first thread is started.
    let _ = drop_privileges();
    let name = match spec {
        Spec::Demo => "--demo".to_owned(),
        _ => specs.iter().map(Spec::name).collect::<Vec<_>>().join(", "),
    };
    let speed = match (*spec == Spec::Demo, args.replay_speed) {
        (true, speed) => speed.filter(|s| *s != Speed::MAX).unwrap_or(Speed::REAL),
        (false, speed) => speed.unwrap_or(Speed::MAX),
    };
    let kind = match spec {
        Spec::Interface(_) => Kind::Live,
        Spec::Stdin => Kind::Stream,
        Spec::Demo => Kind::Demo(speed),
        // Reading it through beforehand is cheap, and only a clock that runs needs its end.
        Spec::File(path) => {
            let length = if speed == Speed::MAX || specs.len() > 1 { None } else { source::length(path) };
            Kind::Replay { speed, length }
        }
    };
    let limits = feeder::Limits { stop: stop.clone(), deadline, count: args.count, vrid: args.source.vrid };
    let (control, commands) = feeder::commands();
    let feed = feeder::start(sources, spec, speed, limits, decoder.clone(), recorder, commands)?;
    let clock = Clock::local();
    let options = tui::Options {
        name,
        kind,
        color: use_color(args.common.color),
        clock: clock.clone(),
        directory: std::env::current_dir().unwrap_or_else(|_| std::env::temp_dir()),
    };
    let observer = Observer::new(args.source.vrid, Limits::default());
    let outcome = tui::run(options, observer, decoder, feed, Some(control), stop.flag())
        .map_err(|e| Error::Other(format!("the screen: {e}; `--plain` writes lines instead")))?;
    // What scrolled away with the screen is said again on the terminal, so that it can be copied.
    let mut out = Output::new(false, args.common.color);
    let context = Context { ended: true, ..outcome.context };
    let findings = judge(&outcome.observer, &context);
    let failed = match &outcome.state {
        SourceState::Failed(why) => Some(why.as_str()),
        _ if missing => Some("not every file could be read"),
        _ => None,
    };
    let (severity, word, sentence) = headline(&outcome.observer, &findings, &context, failed);
    writeln!(out, "{}  {sentence}", out.paint(severity, word))?;
    for f in findings.iter().filter(|f| f.severity > Severity::Info).take(MAX_FINDINGS) {
        writeln!(out)?;
        verdict::finding(&mut out, f, &clock)?;
    }
    if let SourceState::Cut(why) = &outcome.state {
        writeln!(out, "\nThe capture ends early: {why}")?;
    }
    if let Some(path) = &outcome.saved {
        writeln!(out, "saved: {}", path.display())?;
    }
    out.flush()?;
    Ok(if failed.is_some() { super::COULD_NOT_LOOK } else { Tally::of(&findings).exit_status() })
}

/// The first line: the verdict, or that there is none because the source failed.
fn headline(
    observer: &Observer,
    findings: &[Finding],
    context: &Context,
    failed: Option<&str>,
) -> (Option<Severity>, &'static str, String) {
    let (severity, word, sentence) = verdict::verdict(observer, findings, context);
    match failed {
        Some(why) => (Some(Severity::Warning), "UNKNOWN", format!("{why}; until then: {sentence}")),
        None => (severity, word, sentence),
    }
}

fn plain(args: &WatchArgs, specs: &[Spec], live: bool, stop: &Stop) -> Result<u8, Error> {
    let started = Instant::now();
    let deadline = args.source.for_.map(|d| started + d);
    let piped = specs.contains(&Spec::Stdin);
    let endless = deadline.is_some() || args.count.is_some() || std::io::stdout().is_terminal();
    let mut session = Session {
        args,
        live,
        streaming: live || piped,
        stop: stop.clone(),
        started,
        deadline,
        ends_by_itself: live && !endless,
        decoder: Decoder::new(args.keys.read()?),
        observer: Observer::new(args.source.vrid, Limits::default()),
        out: Output::new(live || piped, args.common.color),
        recorder: Recorder::new(args.source.write.as_deref(), specs)?,
        clock: Clock::local(),
        context: Context { live, ..Context::default() },
        raised: BTreeMap::new(),
        counters: Counters::default(),
        cut: None,
        failed: None,
    };
    if piped {
        return session.piped();
    }
    let outcome = read_all(&mut session, specs, &args.source, stop, deadline)?;
    if !outcome.opened {
        return Ok(super::COULD_NOT_LOOK);
    }
    (session.counters, session.cut) = (outcome.counters, outcome.cut);
    if outcome.failed {
        let why = session.cut.take();
        session.failed = Some(why.unwrap_or_else(|| "not every file could be read".to_owned()));
    }
    session.end()
}

/// How long a live watch off a terminal lasts when nobody said how long: max(4 × the slowest interval, 10 s).
fn verdict_time(observer: &Observer) -> Duration {
    let slowest = observer.groups().flat_map(|g| g.members.values()).map(Member::pace).max().unwrap_or_default();
    (slowest * 4).max(super::IDLE_LIMIT)
}

struct Session<'a> {
    args: &'a WatchArgs,
    live: bool,
    /// Frames arrive as they happen, so what they show is told at once: an interface, or standard input.
    streaming: bool,
    stop: Stop,
    started: Instant,
    deadline: Option<Instant>,
    /// Nobody said how long, and nobody looks: it ends when every master heard has had its chance to speak.
    ends_by_itself: bool,
    decoder: Decoder,
    observer: Observer,
    out: Output,
    recorder: Recorder,
    clock: Clock,
    context: Context,
    /// What was told of each finding, by id, group and their number among those.
    raised: BTreeMap<(&'static str, Option<GroupId>, usize), (Severity, String)>,
    counters: Counters,
    /// Why the capture ends in the middle of something.
    cut: Option<String>,
    /// Why there is no verdict on all of it.
    failed: Option<String>,
}

/// More findings than this are counted instead of told, outside JSON.
const MAX_FINDINGS: usize = 30;
/// More findings than this are not told while a live watch goes on.
const MAX_RAISED: usize = 1000;
/// How often a live watch looks for new findings.
const JUDGE_EVERY: Duration = Duration::from_millis(250);

impl Reader for Session<'_> {
    fn frames(&self) -> u64 {
        self.observer.totals().frames
    }

    fn begin(&mut self, name: &str) -> Result<(), Error> {
        self.recorder.start()?;
        if self.live {
            self.observer.begin(wall());
        }
        if self.args.common.json {
            json::line(&mut self.out, &json::Start::new("watch", name))?;
            self.out.record_done()?;
        } else if self.live && !self.args.common.quiet {
            note(&format_args!("watching {name}; Ctrl-C ends with the verdict"));
        }
        Ok(())
    }

    fn read(&mut self, source: &mut Source) -> Result<Ending, Error> {
        let mut countdown = 0u32;
        let mut judged = Instant::now();
        loop {
            if countdown == 0 {
                countdown = 1000;
                let now = Instant::now();
                if self.stop.requested().is_some() || self.is_over(now) {
                    return Ok(Ending::Done);
                }
                if self.streaming && now.duration_since(judged) >= JUDGE_EVERY {
                    judged = now;
                    if self.live {
                        self.observer.advance(wall());
                    }
                    self.tell_events()?;
                    self.tell_findings()?;
                    self.recorder.flush()?;
                }
            }
            countdown -= 1;
            let frame = match source.next(Duration::from_millis(100)) {
                Item::Frame(frame) => frame,
                Item::Idle => {
                    countdown = 0;
                    continue;
                }
                Item::End => return Ok(Ending::Done),
                Item::Failed { why, cut } => return Ok(Ending::Failed { why, damaged: !cut }),
            };
            if self.streaming {
                countdown = 0;
            }
            let decoded = self.decoder.decode(&frame);
            if matches!(decoded, Decoded::Other) {
                self.observer.other(frame.time);
                continue;
            }
            let asked = !matches!(&decoded, Decoded::Advert(a) if self.args.source.vrid.is_some_and(|v| v != a.vrid));
            if asked {
                self.recorder.write(&frame)?;
            }
            self.observer.frame(frame.number, frame.time, &decoded);
            self.tell_events()?;
            if self.args.count == Some(self.observer.totals().adverts) {
                return Ok(Ending::Full);
            }
        }
    }
}

impl Session<'_> {
    /// Reads standard input beside a clock: a pipe that falls silent while a master dies must not stop the watch.
    fn piped(&mut self) -> Result<u8, Error> {
        let source = Source::open(&Spec::Stdin, false, &self.stop, self.deadline)?;
        self.begin(&Spec::Stdin.argument())?;
        let _ = drop_privileges(); // see `reading::read_all`
        let (args, spec) = (self.args, Spec::Stdin);
        let limits = feeder::Limits {
            stop: self.stop.clone(),
            deadline: self.deadline,
            count: args.count,
            vrid: args.source.vrid,
        };
        let recorder = std::mem::take(&mut self.recorder);
        let (_control, commands) = feeder::commands();
        let decoder = self.decoder.clone();
        let feed = feeder::start(vec![source], &spec, Speed::MAX, limits, decoder, recorder, commands)?;
        let mut judged = Instant::now();
        for batch in feed {
            for frame in &batch.frames {
                self.observer.frame(frame.number, frame.time, &self.decoder.decode(&frame.as_frame()));
                self.tell_events()?;
            }
            self.observer.others(batch.others);
            // Its end, too, comes at a time of its own: what was silent until then has been silent.
            self.observer.advance(batch.now);
            self.tell_events()?;
            if judged.elapsed() >= JUDGE_EVERY {
                judged = Instant::now();
                self.tell_findings()?;
            }
            match batch.state {
                SourceState::Running | SourceState::Ended | SourceState::Enough => {}
                SourceState::Cut(why) => {
                    complain(&why);
                    self.cut = Some(why);
                }
                SourceState::Failed(why) => {
                    complain(&why);
                    self.failed = Some(why);
                }
            }
        }
        self.end()
    }

    fn is_over(&self, now: Instant) -> bool {
        let own_end = || self.started + verdict_time(&self.observer);
        self.deadline.or_else(|| self.ends_by_itself.then(own_end)).is_some_and(|d| now >= d)
    }

    /// Tells what has happened: transitions in JSON; everything as lines of a live watch. A file's log comes at the end.
    fn tell_events(&mut self) -> Result<(), Error> {
        let events = self.observer.drain();
        if events.is_empty() {
            return Ok(());
        }
        for e in &events {
            if self.args.common.json {
                if let EventKind::Transition(t) = &e.kind {
                    json::transition(&mut self.out, e.group, t)?;
                }
            } else if self.streaming {
                let time = self.clock.hms_millis(e.seen.time);
                writeln!(self.out, "{time}  {:<8} {}", describe::group_tag(e.group), describe::event(e))?;
            }
        }
        self.out.record_done()?;
        Ok(())
    }

    /// Tells findings that are new since the last time.
    fn tell_findings(&mut self) -> Result<(), Error> {
        let findings = judge(&self.observer, &self.context);
        for f in self.fresh(&findings, false) {
            if self.args.common.json {
                json::finding(&mut self.out, f)?;
            } else {
                let word = self.out.paint(Some(f.severity), &f.severity.as_str().to_uppercase());
                let time = self.clock.hms_millis(self.observer.now());
                writeln!(self.out, "{time}  {word} {}: {}", f.id, f.message)?;
            }
        }
        self.out.record_done()?;
        Ok(())
    }

    /// Findings that have not been told yet or are worse now; with `changed`, also those that read otherwise now.
    fn fresh<'f>(&mut self, findings: &'f [Finding], changed: bool) -> Vec<&'f Finding> {
        let mut alike: BTreeMap<(&'static str, Option<GroupId>), usize> = BTreeMap::new();
        let mut fresh = Vec::new();
        for f in findings {
            let nth = alike.entry((f.id, f.group)).or_insert(0);
            let key = (f.id, f.group, *nth);
            *nth += 1;
            let told = self.raised.get(&key);
            if told.is_none_or(|(severity, message)| f.severity > *severity || changed && *message != f.message) {
                // Past this many, a flood is telling; what is new then is told at the end.
                if self.raised.len() >= MAX_RAISED && !changed {
                    continue;
                }
                self.raised.insert(key, (f.severity, f.message.clone()));
                fresh.push(f);
            }
        }
        fresh
    }

    fn end(&mut self) -> Result<u8, Error> {
        if self.live {
            self.observer.advance(wall());
        }
        self.tell_events()?;
        self.context = Context {
            ended: true,
            live: self.live,
            carrier: self.counters.carrier,
            interface_frames: self.counters.interface_frames,
        };
        let findings = judge(&self.observer, &self.context);
        let tally = Tally::of(&findings);
        let status = if self.failed.is_some() { super::COULD_NOT_LOOK } else { tally.exit_status() };
        if self.args.common.json {
            let groups: Vec<&Group> = self.observer.groups().collect();
            for g in &groups {
                json::group(&mut self.out, g)?;
            }
            drop(groups);
            for f in self.fresh(&findings, true) {
                json::finding(&mut self.out, f)?;
            }
            let groups: Vec<&Group> = self.observer.groups().collect();
            let (totals, dropped) = (self.observer.totals(), self.counters.dropped);
            let cut = self.failed.as_deref().or(self.cut.as_deref());
            let exit = if self.args.exit_zero && status < super::COULD_NOT_LOOK { 0 } else { status };
            json::watch_summary(&mut self.out, &groups, totals, tally, exit, dropped, cut)?;
        } else {
            self.post_mortem(&findings)?;
        }
        self.out.flush()?;
        self.recorder.flush()?;
        Ok(status)
    }

    fn post_mortem(&mut self, findings: &[Finding]) -> Result<(), Error> {
        let (severity, word, sentence) = headline(&self.observer, findings, &self.context, self.failed.as_deref());
        let word = self.out.paint(severity, word);
        if self.streaming && !self.observer.events().is_empty() {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{word}  {sentence}")?;
        let totals = *self.observer.totals();
        let dropped =
            if self.live { format!(", {} dropped by the kernel", self.counters.dropped) } else { String::new() };
        writeln!(
            self.out,
            "{} in {} from {}: {}{dropped}",
            describe::count(totals.frames, "frame"),
            verdict::span(&self.observer),
            self.observer.start().map_or("the start".to_owned(), |t| self.clock.full(t)),
            describe::count(totals.adverts, "advert")
        )?;
        if totals.groups_forgotten > 0 {
            writeln!(
                self.out,
                "{} forgotten to keep memory bounded: a flood of forged adverts?",
                describe::count(totals.groups_forgotten, "virtual router")
            )?;
        }
        let groups: Vec<&Group> = self.observer.groups().collect();
        if !groups.is_empty() {
            writeln!(self.out, "\n{}", table::groups(&groups, width()))?;
        }
        if !self.streaming && !self.observer.events().is_empty() {
            writeln!(self.out)?;
            let skipped = totals.events_forgotten;
            if skipped > 0 {
                writeln!(self.out, "({} earlier left out)", describe::count(skipped, "event"))?;
            }
            for e in self.observer.events() {
                let time = self.clock.hms_millis(e.seen.time);
                let line = format!("{time}  {:<8} {}", describe::group_tag(e.group), describe::event(e));
                writeln!(self.out, "{line}")?;
            }
        }
        for f in findings.iter().take(MAX_FINDINGS) {
            writeln!(self.out)?;
            verdict::finding(&mut self.out, f, &self.clock)?;
            if self.args.common.verbose {
                let page = DETECTORS.iter().find(|d| d.page.id == f.id);
                writeln!(self.out, "\n{}", page.map_or("", |d| d.page.text))?;
            }
        }
        if findings.len() > MAX_FINDINGS {
            let more = findings.len() - MAX_FINDINGS;
            writeln!(self.out, "\nand {more} more findings; --json has them all, --vrid picks one virtual router")?;
        }
        if let Some(why) = &self.cut {
            writeln!(self.out, "\nThe capture ends early: {why}")?;
        }
        if findings.len() > 1 || self.observer.events().len() > 20 {
            writeln!(self.out, "\n{word}  {sentence}")?;
        }
        Ok(())
    }
}
