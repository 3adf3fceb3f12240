//! All state of the screen. No clock, no terminal: time comes with ticks.

use std::time::Duration;

use super::super::msg::Speed;
use super::view;
use crate::finding::{Finding, Severity};
use crate::report::printable;
use crate::report::simulate::chart::Lanes;
use crate::report::simulate::text::{Style, sentence};
use crate::simulate::{Check, Group, Record, Scenario, Tape, World};
use crate::time::Instant;

/// How much time a column of the lanes can be.
pub(super) const COLUMN: [Duration; 11] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
];
/// What it is in the beginning: half a second.
const MIDDLE: usize = 4;
/// The next event is looked for so far ahead.
const AHEAD: Duration = Duration::from_hours(1);
/// A finding that needs time only is looked for in so many steps of so long: a check has failed for too long, say.
const SETTLED: usize = 60;
const SETTLES: Duration = Duration::from_millis(500);
/// What happened is told back to so many events.
const TOLD: usize = 400;

/// Which screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The overview.
    Main,
    /// Everything about the selected node.
    Node,
    /// Which check of the selected node is meant; the number is the chosen one's.
    Checks(usize),
    /// All findings.
    Findings,
    /// One finding of this id; the second is whether the list is where `Back` leads.
    Explain(&'static str, bool),
    /// The keys.
    Help,
}

/// An instance of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The node.
    pub node: usize,
    /// Its instance.
    pub place: usize,
    /// The virtual router.
    pub group: Group,
    /// The interface, if there is one.
    pub interface: Option<String>,
}

/// A thing that happened, as a line.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub number: u64,
    pub record: &'a Record,
    pub of: String,
    pub text: String,
}

/// The state.
#[derive(Debug)]
pub struct App {
    pub(super) title: String,
    pub(super) color: bool,
    pub(super) tape: Tape,
    pub(super) playing: bool,
    pub(super) speed: Speed,
    /// Where time stops once by itself: the end of the scenario.
    pub(super) stop_at: Option<Instant>,
    /// Number of the selected lane.
    pub(super) selected: usize,
    pub(super) screen: Screen,
    /// Which of [`COLUMN`].
    pub(super) column: usize,
    /// The last visible event; `None` to follow the newest.
    pub(super) told_end: Option<u64>,
    pub(super) verbose: bool,
    /// First visible line of a screen of text.
    pub(super) scroll: usize,
    /// Number of the selected finding.
    pub(super) finding: usize,
    pub(super) findings: Vec<Finding>,
    /// What each instance is when, as far as it is known.
    pub(super) lanes: Lanes,
    /// Records that are in it, and of which future.
    noted: (u64, u64),
    /// The latest moment that was played.
    pub(super) latest: Instant,
    /// What the last key led to; goes with the next key, or after a while.
    pub(super) status: Option<String>,
    /// For how long that has been seen.
    pub(super) said: Duration,
    /// When time passed last.
    pub(super) ticked: Option<std::time::Instant>,
    pub(super) size: (u16, u16),
    /// Something that shows has changed since it was drawn.
    pub(super) dirty: bool,
}

impl App {
    /// A simulation at its beginning, that plays. Where the scenario has an end, time stops there once.
    pub fn new(title: &str, color: bool, scenario: Scenario, ends: bool) -> Self {
        let stop_at = ends.then(|| Instant::ZERO.after(scenario.duration));
        let mut app = Self {
            title: printable(title),
            color,
            tape: Tape::new(scenario),
            playing: true,
            speed: Speed::REAL,
            stop_at,
            selected: 0,
            screen: Screen::Main,
            column: MIDDLE,
            told_end: None,
            verbose: false,
            scroll: 0,
            finding: 0,
            findings: Vec::new(),
            lanes: Lanes::default(),
            noted: (0, 0),
            latest: Instant::ZERO,
            status: None,
            said: Duration::ZERO,
            ticked: None,
            size: (80, 24),
            dirty: true,
        };
        app.refresh();
        app
    }

    /// The nodes at the present.
    pub(super) const fn world(&self) -> &World {
        &self.tape.present().world
    }

    /// The present.
    pub(super) fn now(&self) -> Instant {
        self.tape.now()
    }

    /// Time in a column of the lanes.
    pub(super) fn step(&self) -> Duration {
        COLUMN.get(self.column).copied().unwrap_or(Duration::from_millis(500))
    }

    /// After the present, the future or what is seen of them has changed.
    pub(super) fn refresh(&mut self) {
        let (_, to) = view::span(self);
        self.tape.extend(to);
        let (first, futures) = (self.tape.forgotten(), self.tape.futures());
        if self.noted.1 != futures {
            (self.lanes, self.noted) = (Lanes::default(), (first, futures));
        }
        let new = usize::try_from(self.noted.0.saturating_sub(first)).unwrap_or(0);
        self.tape.records().iter().skip(new).for_each(|r| self.lanes.note(r));
        self.noted.0 = first + self.tape.records().len() as u64;
        self.findings = self.tape.present().judge(self.tape.scenario());
        self.latest = self.latest.max(self.now());
        self.dirty = true;
    }

    /// All lanes: those of a virtual router together, in the order of the nodes.
    pub(super) fn lanes_of_all(&self) -> Vec<Lane> {
        let world = self.world();
        let mut all: Vec<Lane> = (0..world.nodes())
            .flat_map(|node| {
                world.instances(node).filter_map(move |(place, run)| {
                    let segment = world.segment(node, place)?;
                    let group = Group { segment, vrid: run.vrid, ipv6: run.ipv6 };
                    Some(Lane { node, place, group, interface: run.interface.clone() })
                })
            })
            .collect();
        all.sort_by_key(|l| (l.group, l.node, l.place));
        all
    }

    /// The selected lane.
    pub(super) fn chosen(&self) -> Option<Lane> {
        let mut all = self.lanes_of_all();
        let at = self.selected.min(all.len().checked_sub(1)?);
        Some(all.swap_remove(at))
    }

    /// Checks of the selected node.
    pub(super) fn checks(&self) -> Vec<Check> {
        self.chosen().map_or(Vec::new(), |l| self.world().checks(l.node))
    }

    /// How lines are written.
    pub(super) fn style(&self) -> Style {
        Style::of(self.world(), self.verbose)
    }

    /// The latest of what has happened up to the present.
    pub(super) fn told(&self) -> Vec<Entry<'_>> {
        let style = self.style();
        let (records, adverts) = (self.tape.past(), if self.verbose { self.tape.adverts().len() } else { 0 });
        let skip = |n: usize| n.saturating_sub(TOLD);
        let mut all: Vec<&Record> = self.tape.records().iter().take(records).skip(skip(records)).collect();
        all.extend(self.tape.adverts().iter().take(adverts).skip(skip(adverts)));
        // Stable: of one moment first what changed, then what was sent.
        all.sort_by_key(|r| r.at());
        let first = self.tape.forgotten() + (skip(records) + skip(adverts)) as u64;
        let numbered = (first..).zip(all);
        let mut told: Vec<Entry<'_>> = numbered
            .filter_map(|(number, record)| {
                let (of, text) = self.words(&style, record)?;
                Some(Entry { number, record, of, text })
            })
            .collect();
        told.drain(..skip(told.len()));
        told
    }

    /// Whom a record is about, and what it says; nothing for what is not told.
    pub(super) fn words(&self, style: &Style, record: &Record) -> Option<(String, String)> {
        use crate::report::simulate::text::Whom;
        let (whom, text) = sentence(style, record)?;
        let of = match whom {
            Whom::Instance(who) if style.several => format!("{} {}", self.world().name(who.node), who.name),
            Whom::Instance(who) => self.world().name(who.node).to_owned(),
            Whom::Node(n) => self.world().name(n).to_owned(),
            Whom::Nobody => "*".to_owned(),
        };
        Some((printable(&of), text))
    }

    /// When something that is told happens next, or the first new finding is due if that is before; with it, which
    /// finding. Else up to when nothing does.
    pub(super) fn next(&self) -> Result<(Instant, Option<&'static str>), Instant> {
        let style = self.style();
        let is_told =
            |r: &Record| (self.verbose || !matches!(r, Record::Advert { .. })) && sentence(&style, r).is_some();
        let event = self.tape.next_of(self.now().after(AHEAD), is_told);
        let key = |f: &Finding| (f.id, f.group, f.node.clone());
        let known: Vec<_> = self.findings.iter().map(key).collect();
        for play in self.tape.steps(SETTLES, SETTLED) {
            if event.is_ok_and(|at| at <= play.world.now()) {
                break;
            }
            let findings = play.judge(self.tape.scenario());
            if let Some(new) = findings.iter().find(|f| f.severity > Severity::Info && !known.contains(&key(f))) {
                return Ok((play.world.now(), Some(new.id)));
            }
        }
        event.map(|at| (at, None))
    }

    /// The next thing that is told but adverts, as far as it is known.
    pub(super) fn coming(&self, style: &Style) -> Option<&Record> {
        let is_told = |r: &&Record| sentence(style, r).is_some();
        self.tape.records().iter().skip(self.tape.past()).find(is_told)
    }

    /// When something that is told happened before the present.
    pub(super) fn previous(&self) -> Option<Instant> {
        let (style, now) = (self.style(), self.now());
        let past = |r: &&Record| r.at() < now && sentence(&style, r).is_some();
        let record = self.tape.records().iter().rev().find(past);
        let advert = self.tape.adverts().iter().rev().find(past).filter(|_| self.verbose);
        record.into_iter().chain(advert).map(Record::at).max()
    }

    /// Gives up everything but what was played.
    pub(super) fn into_tape(self) -> Tape {
        self.tape
    }
}
