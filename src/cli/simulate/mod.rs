//! `hactl simulate`: elections among nodes with given configurations.

mod explore;
mod screen;
pub mod tcp;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Error;
use super::args::{CommonArgs, duration};
use super::files::{self, Files};
use super::output::{Output, has_screen, note, width};
use crate::conf::Version;
use crate::finding::Tally;
use crate::frame::{Frame, LinkType};
use crate::pcap::CaptureWriter;
use crate::report::simulate::chart::{self, Lanes};
use crate::report::simulate::{Names, explored, json as sim_json, svg, text};
use crate::report::{Clock, json, verdict};
use crate::simulate::{Configs, Daemon, Draft, NodeSpec, Play, Record, Scenario, Sink, line, node_name, read, what_if};
use crate::time::{Instant, Timestamp};

pub const EXAMPLES: &str = "\
Examples:
  hactl simulate a.conf b.conf                              the election, and who is master
  hactl simulate a.conf b.conf --at '9.5s script a chk 1'   what a failing check does
  hactl simulate a.conf b.conf --at '8s crash a' --at '20s start a' --for 40s
  hactl simulate outage.toml --svg outage.svg               a scenario file, with a picture
  hactl simulate keepalived.conf                            which peers would take over, and when
  hactl simulate a.conf b.conf --tui                        on a screen: kill, stop, part them
";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SimulateArgs {
    #[command(subcommand)]
    other: Option<Other>,
    /// Configurations, one for each node (nodes are called after them), or one scenario file (.toml)
    #[arg(value_name = "CONF|SCENARIO.toml", required = true)]
    files: Vec<PathBuf>,
    /// Something that happens: `TIME WHAT NODE …`, e.g. '9.5s script a chk 1', '8s crash a', '5s partition a b'
    #[arg(long, value_name = "EVENT")]
    at: Vec<String>,
    /// How long to simulate; without it 30s, or 15s after the last event
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    for_: Option<Duration>,
    /// Whose behaviour the nodes have: keepalived-2.4, keepalived-2.2, frr, rfc9568, rfc5798, rfc3768
    #[arg(long, value_name = "DAEMON")]
    daemon: Option<Daemon>,
    /// Priority of the peer that is made up when there is one configuration only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=255))]
    peer_priority: Option<u8>,
    /// What loss and jitter are drawn with
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How late a node serves its timers and packets
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    latency: Option<Duration>,
    /// Write the adverts and announcements as a capture (pcapng)
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Write the chart as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Tell of each advert, too
    #[arg(long)]
    adverts: bool,
    /// Play it on a screen: on and back in time, with faults at the press of a key
    #[arg(long, conflicts_with_all = ["explore", "write", "svg", "adverts"])]
    tui: bool,
    /// Try the faults for me: each one on each node, link and check, at each moment that can matter, and its end
    #[arg(long, conflicts_with_all = ["at", "write", "svg", "adverts"])]
    explore: bool,
    /// With --explore: so many faults one after the other, 1 to 3
    #[arg(long, value_name = "N", requires = "explore", value_parser = clap::value_parser!(u8).range(1..=3))]
    faults: Option<u8>,
    /// With --explore: what must hold: 'one master within 5s', 'no split brain', 'returns to NODE', 'returns',
    /// 'masters together'
    #[arg(long, value_name = "WHAT", requires = "explore")]
    assert: Vec<String>,
    /// With --explore: write each kind of bad outcome as a scenario file into this directory
    #[arg(long, value_name = "DIR", requires = "explore")]
    save: Option<PathBuf>,
    /// Exit with 0 even when there are findings
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    common: CommonArgs,
}

// Simulations of other things than elections. No doc comment: its help would begin with it.
#[derive(Debug, Subcommand)]
enum Other {
    /// What TCP keepalive does and when, for given settings and faults
    #[command(disable_version_flag = true, before_help = tcp::EXAMPLES, help_template = super::TEMPLATE, max_term_width = 100)]
    TcpKeepalive(Box<tcp::TcpArgs>),
}

pub fn run(args: &SimulateArgs) -> Result<u8, Error> {
    if let Some(Other::TcpKeepalive(tcp)) = &args.other {
        return tcp::run(tcp);
    }
    let (draft, alone) = scenario(args)?;
    let Draft { scenario, remarks } = draft;
    if !args.common.quiet {
        for remark in &remarks {
            note(&format!("note: {remark}"));
        }
    }
    if args.explore {
        return explore::run(args, &scenario, alone.is_some());
    }
    if args.tui {
        if !args.common.json && has_screen() {
            return screen::run(args, scenario);
        }
        if !args.common.quiet {
            note(&"note: --tui needs a terminal and no --json; this is how it plays by itself");
        }
    }
    play(args, &scenario, alone.as_ref())
}

/// What is to be played; and if it is one configuration only, that without the peer that is made up.
fn scenario(args: &SimulateArgs) -> Result<(Draft, Option<Draft>), Error> {
    let bad = Error::Other;
    let is_toml = |p: &PathBuf| p.extension().is_some_and(|e| e == "toml");
    let mut files = Files;
    let mut configs = Configs { loader: &mut files, options: files::options(Version::default()) };
    let mut alone = None;
    let mut draft = match args.files.as_slice() {
        [one] if is_toml(one) => {
            let name = name_of(one)?;
            let text = fs::read_to_string(one).map_err(|e| bad(format!("cannot read {name}: {}", why(&e))))?;
            read(name, &text, &mut configs).map_err(bad)?
        }
        all if all.iter().any(is_toml) => {
            return Err(bad("a scenario file names its configurations itself; give it alone".into()));
        }
        all => {
            let daemon = args.daemon.unwrap_or_default();
            let mut draft = Draft::default();
            for path in all {
                let name = name_of(path)?;
                let node = node_name(name);
                let setting = configs.read(name, &node, daemon).map_err(bad)?;
                draft.node(&node, daemon, setting);
            }
            if all.len() == 1 {
                alone = Some(draft.clone());
                let priority = args.peer_priority.unwrap_or(100);
                draft.mirror("peer", priority);
                draft.remarks.push(format!(
                    "one configuration only: its peer is made up as a mirror in BACKUP with priority {priority} (--peer-priority)"
                ));
            }
            draft.addresses();
            draft
        }
    };
    let mut last = Duration::ZERO;
    for event in &args.at {
        let mut reload = |file: &str, spec: &NodeSpec| configs.read(file, &spec.name, spec.daemon);
        let timed = line(event, &draft.scenario.nodes, &mut reload).map_err(|e| bad(format!("--at '{event}': {e}")))?;
        last = last.max(timed.at.since(Instant::ZERO));
        draft.scenario.events.push(timed);
    }
    let scenario = &mut draft.scenario;
    if !last.is_zero() {
        scenario.duration = scenario.duration.max(last + Duration::from_secs(15));
    }
    scenario.duration = args.for_.unwrap_or(scenario.duration);
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    scenario.latency = args.latency.unwrap_or(scenario.latency);
    if let Some(event) = scenario.events.iter().find(|e| e.at.since(Instant::ZERO) > scenario.duration) {
        let at = crate::time::seconds(event.at.since(Instant::ZERO));
        let end = crate::time::seconds(scenario.duration);
        return Err(bad(format!("the event at {at} s is after the end at {end} s; --for makes it longer")));
    }
    Ok((draft, alone))
}

fn name_of(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::Other(format!("{}: the name is not UTF-8", path.display())))
}

fn why(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => e.to_string(),
    }
}

/// What is kept of a simulation for its report, and where its frames go.
struct Kept {
    records: Vec<Record>,
    /// More than that are counted only.
    most: usize,
    more: usize,
    lanes: Lanes,
    writer: Option<CaptureWriter<BufWriter<fs::File>>>,
    frames: u64,
    failed: Option<io::Error>,
}

impl Sink for Kept {
    fn record(&mut self, record: Record) {
        self.lanes.note(&record);
        if self.records.len() < self.most {
            self.records.push(record);
        } else {
            self.more += 1;
        }
    }

    fn wants_frames(&self) -> bool {
        self.writer.is_some()
    }

    fn frame(&mut self, at: Instant, bytes: &[u8]) {
        let Some(writer) = &mut self.writer else { return };
        self.frames += 1;
        let time = Timestamp::from_micros(at.as_micros().saturating_add(crate::simulate::EPOCH_MICROS));
        let frame = Frame {
            number: self.frames,
            time,
            link: LinkType::Ethernet,
            stripped_tag: None,
            data: bytes,
            wire_len: bytes.len() as u32,
        };
        if let Err(e) = writer.write(&frame) {
            self.failed.get_or_insert(e);
        }
    }
}

/// What is played before it is told.
const PIECE: Duration = Duration::from_secs(10);

/// Lines of a timeline that are shown.
const LINES: usize = 2_000;

fn play(args: &SimulateArgs, scenario: &Scenario, alone: Option<&Draft>) -> Result<u8, Error> {
    let mut out = Output::new(false, args.common.color);
    let mut play = Play::new(scenario);
    play.world.record_adverts(args.adverts);
    let end = Instant::ZERO.after(scenario.duration);
    let writer = match &args.write {
        Some(path) => Some(create(path)?),
        None => None,
    };
    let mut kept =
        Kept { records: Vec::new(), most: LINES, more: 0, lanes: Lanes::default(), writer, frames: 0, failed: None };
    if args.common.json {
        let names: Vec<String> = args.files.iter().map(|f| f.display().to_string()).collect();
        sim_json::start(&mut out, &names.join(" "))?;
        let names = Names::of(&play.world);
        kept.most = usize::MAX;
        // In pieces, so that memory does not grow with time.
        let mut until = Instant::ZERO;
        while until < end {
            until = until.after(PIECE).min(end);
            play.run_until(until, &mut kept);
            for record in kept.records.drain(..) {
                sim_json::record(&mut out, scenario, &play.world, &names, &record, args.common.verbose)?;
            }
        }
    } else {
        play.run_until(end, &mut kept);
    }
    finish(&mut kept, args)?;
    let rows = alone.map(what_if);
    let mut findings = play.judge(scenario);
    if let (Some(rows), Some(peer), true) = (&rows, mirror(scenario), scenario.events.is_empty()) {
        findings.extend(explored::what_if_findings(rows, peer));
    }
    let tally = Tally::of(&findings);
    let exit = if args.exit_zero { 0 } else { tally.exit_status() };
    let stories = play.stories();
    let list: Vec<_> = stories.clone().into_iter().collect();
    let (severity, word, sentence) = text::verdict(&play.world, &list, &findings);
    if let Some(path) = &args.svg {
        let picture = svg::draw(&play.world, &kept.lanes, &stories, end, &format!("{word}: {sentence}"));
        fs::write(path, picture).map_err(|e| Error::Other(format!("cannot write {}: {e}", path.display())))?;
    }
    if args.common.json {
        if let Some(rows) = &rows {
            explored::what_if_json(&mut out, rows)?;
        }
        findings.iter().try_for_each(|f| json::finding(&mut out, f))?;
        sim_json::summary(&mut out, &play.world, scenario.duration, scenario.seed, &stories, tally, exit)?;
        out.flush()?;
        return Ok(exit);
    }
    let style = text::Style::of(&play.world, args.common.verbose);
    for l in text::cast(scenario, &play.world) {
        writeln!(out, "{l}")?;
    }
    writeln!(out)?;
    for record in &kept.records {
        if let Some(l) = text::line(&play.world, &style, record) {
            writeln!(out, "{l}")?;
        }
    }
    if kept.more > 0 {
        writeln!(out, "… and {} lines more; --json tells all", kept.more)?;
    }
    writeln!(out)?;
    for l in chart::draw(&play.world, &kept.lanes, &stories, Instant::ZERO, end, usize::from(width()).min(160)) {
        writeln!(out, "{l}")?;
    }
    writeln!(out)?;
    let mut told = false;
    for (group, story) in &stories {
        for l in text::story(&play.world, *group, story) {
            writeln!(out, "{l}")?;
            told = true;
        }
    }
    if told {
        writeln!(out)?;
    }
    if let Some(rows) = &rows {
        writeln!(out, "For every priority that the peer may have (a mirror in BACKUP, its checks passing), the peer")?;
        for l in explored::what_if(rows) {
            writeln!(out, "{l}")?;
        }
        writeln!(out)?;
    }
    for f in &findings {
        verdict::finding(&mut out, f, &Clock::utc())?;
        writeln!(out)?;
    }
    let word = out.paint(severity, word);
    writeln!(out, "{word} {sentence}")?;
    if uses_chance(scenario) {
        writeln!(out, "seed {}", scenario.seed)?;
    }
    out.flush()?;
    Ok(exit)
}

/// The priority of the peer that was made up, if one was.
fn mirror(scenario: &Scenario) -> Option<u8> {
    scenario.nodes.iter().find_map(|n| n.mirror.as_ref()).map(|m| m.1)
}

/// Whether anything of it was drawn.
fn uses_chance(scenario: &Scenario) -> bool {
    scenario.events.iter().any(|e| matches!(e.fault.kind.name, "loss" | "jitter"))
}

fn create(path: &Path) -> Result<CaptureWriter<BufWriter<fs::File>>, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::Other(format!("cannot write {}: {e}", path.display()));
    let file = fs::File::create(path).map_err(|e| fail(&e))?;
    CaptureWriter::new(BufWriter::with_capacity(256 * 1024, file)).map_err(|e| fail(&e))
}

fn finish(kept: &mut Kept, args: &SimulateArgs) -> Result<(), Error> {
    let flushed = kept.writer.as_mut().map_or(Ok(()), CaptureWriter::flush);
    let failed = kept.failed.take().map_or(flushed, Err);
    let path = args.write.as_deref().unwrap_or(Path::new(""));
    failed.map_err(|e| Error::Other(format!("cannot write {}: {e}", path.display())))
}
