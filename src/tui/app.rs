//! All state of the screen. No clock, no terminal, no file: time comes with batches.

use std::time::Duration;

use crate::finding::{Finding, GroupId, Page, Severity};
use crate::report::Clock;
use crate::report::printable;
use crate::sniff::feed::{Batch, SourceState, Stage};
use crate::sniff::group::Group;
use crate::sniff::{Context, DETECTORS, Observer, judge};
use crate::time::Timestamp;
use crate::wire::Decoder;

use super::msg::Speed;
use super::save::Ring;

/// Where frames come from, as far as the screen differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A live interface.
    Live,
    /// A stream that is decoded as it arrives: standard input.
    Stream,
    /// The demonstration: simulated nodes, played at this speed.
    Demo(Speed),
    /// A file, replayed.
    Replay {
        /// At the start.
        speed: Speed,
        /// From the first frame to the last, where that is known.
        length: Option<Duration>,
    },
}

impl Kind {
    /// The speed at the start of what has one; everything else has its own pace.
    pub const fn speed(self) -> Option<Speed> {
        match self {
            Self::Replay { speed, .. } | Self::Demo(speed) => Some(speed),
            Self::Live | Self::Stream => None,
        }
    }
}

/// Which screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The overview.
    Main,
    /// One virtual router, with its history.
    Group(GroupId),
    /// All findings.
    Findings,
    /// One finding; the second is where `Back` leads.
    Explain(FindingKey, ExplainFrom),
    /// The keys.
    Help,
}

/// From where a finding was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFrom {
    /// The overview.
    Main,
    /// A virtual router's screen.
    Group(GroupId),
    /// The list of findings.
    Findings,
}

/// What makes a finding the same one a moment later: its id, its group, and which of several such it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingKey {
    /// The id.
    pub id: &'static str,
    /// The group.
    pub group: Option<GroupId>,
    /// How many with the same id and group precede it.
    pub nth: usize,
}

/// What is shown: the present, or the moment at which the screen was frozen.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The facts.
    pub observer: &'a Observer,
    /// The verdicts.
    pub findings: &'a [Finding],
    /// The source's time.
    pub now: Timestamp,
}

/// A frozen moment.
#[derive(Clone, Debug)]
pub(super) struct Frozen {
    observer: Observer,
    findings: Vec<Finding>,
    now: Timestamp,
    frames: u64,
}

/// The state.
#[derive(Debug)]
pub struct App {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) speed: Speed,
    pub(super) color: bool,
    pub(super) clock: Clock,
    pub(super) observer: Observer,
    decoder: Decoder,
    pub(super) findings: Vec<Finding>,
    pub(super) started: Option<Timestamp>,
    pub(super) now: Timestamp,
    pub(super) dropped: u64,
    pub(super) carrier: Option<bool>,
    pub(super) interface_frames: Option<u64>,
    first_interface_frames: Option<u64>,
    pub(super) state: SourceState,
    /// The nodes of the demonstration.
    pub(super) stage: Option<Stage>,
    pub(super) ring: Ring,
    pub(super) frozen: Option<Box<Frozen>>,
    pub(super) screen: Screen,
    pub(super) selected: Option<GroupId>,
    pub(super) finding: Option<FindingKey>,
    /// The log's last visible event, counted from the first there ever was; `None` to follow the newest.
    pub(super) log_end: Option<u64>,
    /// First visible line of a screen of text.
    pub(super) scroll: usize,
    pub(super) filter: String,
    pub(super) typing: bool,
    /// What the last key led to; goes with the next key.
    pub(super) status: Option<String>,
    pub(super) size: (u16, u16),
    /// Something that shows has changed since it was drawn.
    pub(super) dirty: bool,
    /// Facts have changed since they were judged.
    pub(super) unjudged: bool,
    /// When they were judged last.
    pub(super) judged: Option<std::time::Instant>,
}

impl App {
    /// A screen before the first frame.
    pub fn new(name: &str, kind: Kind, color: bool, clock: Clock, observer: Observer, decoder: Decoder) -> Self {
        let speed = kind.speed().unwrap_or(Speed::REAL);
        Self {
            name: printable(name),
            kind,
            speed,
            color,
            clock,
            observer,
            decoder,
            findings: Vec::new(),
            started: None,
            now: Timestamp::default(),
            dropped: 0,
            carrier: None,
            interface_frames: None,
            first_interface_frames: None,
            state: SourceState::Running,
            stage: None,
            ring: Ring::default(),
            frozen: None,
            screen: Screen::Main,
            selected: None,
            finding: None,
            log_end: None,
            scroll: 0,
            filter: String::new(),
            typing: false,
            status: None,
            size: (80, 24),
            dirty: true,
            unjudged: true,
            judged: None,
        }
    }

    /// What to show.
    pub fn picture(&self) -> Picture<'_> {
        match &self.frozen {
            Some(f) => Picture { observer: &f.observer, findings: &f.findings, now: f.now },
            None => Picture { observer: &self.observer, findings: &self.findings, now: self.now },
        }
    }

    /// Takes in what arrived.
    pub(super) fn take(&mut self, batch: Batch) {
        let second = self.now.nanos.div_euclid(1_000_000_000);
        let before = (self.dropped, self.carrier, self.state.clone());
        let arrived = !batch.frames.is_empty() || batch.others > 0;
        self.started.get_or_insert(batch.frames.first().map_or(batch.now, |f| f.time.min(batch.now)));
        for frame in batch.frames {
            let decoded = self.decoder.decode(&frame.as_frame());
            self.observer.frame(frame.number, frame.time, &decoded);
            self.observer.drain();
            self.ring.push(frame);
        }
        self.observer.others(batch.others);
        self.observer.advance(batch.now);
        self.observer.drain();
        self.now = self.now.max(batch.now).max(self.observer.now());
        self.dropped = batch.dropped;
        self.carrier = batch.carrier;
        self.interface_frames = batch.interface_frames;
        if self.first_interface_frames.is_none() {
            self.first_interface_frames = batch.interface_frames;
        }
        self.state = batch.state;
        self.dirty |= batch.stage.is_some() && batch.stage != self.stage;
        self.stage = batch.stage.or(self.stage.take());
        self.unjudged = true;
        let counting = self.frozen.is_none() && self.observer.groups().any(|g| g.master().is_some());
        let ticked = second != self.now.nanos.div_euclid(1_000_000_000);
        self.dirty |= arrived || ticked || counting || before != (self.dropped, self.carrier, self.state.clone());
    }

    /// What detectors are told besides the facts.
    pub(super) fn context(&self) -> Context {
        Context {
            ended: self.state != SourceState::Running,
            live: self.kind == Kind::Live,
            carrier: self.carrier,
            interface_frames: self
                .interface_frames
                .zip(self.first_interface_frames)
                .map(|(now, first)| now.saturating_sub(first)),
        }
    }

    /// Judges the facts anew.
    pub(super) fn judge(&mut self) {
        let findings = judge(&self.observer, &self.context());
        self.dirty |= findings != self.findings;
        self.findings = findings;
        self.unjudged = false;
    }

    /// Gives up everything but the facts.
    pub(super) fn into_facts(self) -> (Observer, Vec<Finding>, Context, SourceState, u64) {
        let context = self.context();
        (self.observer, self.findings, context, self.state, self.dropped)
    }

    /// The source has ended or failed.
    pub(super) fn ended(&self) -> bool {
        self.state != SourceState::Running
    }

    /// Freezes the screen, or goes on with the present.
    pub(super) fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen.then(|| {
            Box::new(Frozen {
                observer: self.observer.clone(),
                findings: self.findings.clone(),
                now: self.now,
                frames: self.observer.totals().frames,
            })
        });
    }

    /// Frames that arrived since the screen was frozen.
    pub(super) fn waiting(&self) -> Option<u64> {
        self.frozen.as_ref().map(|f| self.observer.totals().frames - f.frames)
    }

    /// The virtual routers that the filter lets through, in order.
    pub(super) fn visible(&self) -> Vec<&Group> {
        let filter = Filter::parse(&self.filter);
        self.picture().observer.groups().filter(|g| filter.matches(g)).collect()
    }

    /// The selected virtual router: the chosen one, or the first that shows.
    pub(super) fn selected(&self) -> Option<&Group> {
        let visible = self.visible();
        let chosen = self.selected.and_then(|id| visible.iter().find(|g| g.id == id));
        chosen.or(visible.first()).copied()
    }

    /// The worst finding of a virtual router, if it is a warning or worse.
    pub(super) fn trouble(&self, id: GroupId) -> Option<Severity> {
        let findings = self.picture().findings.iter();
        findings.filter(|f| f.group == Some(id) && f.severity >= Severity::Warning).map(|f| f.severity).max()
    }

    /// Whether a virtual router is marked: a warning or worse, or not exactly one master at this moment.
    pub(super) fn marked(&self, g: &Group) -> bool {
        g.masters().len() != 1 || self.trouble(g.id).is_some()
    }

    /// The finding with this key, if it still stands.
    pub(super) fn find(&self, key: FindingKey) -> Option<&Finding> {
        self.picture().findings.iter().filter(|f| f.id == key.id && f.group == key.group).nth(key.nth)
    }

    /// The key of the finding at this place of the list.
    pub(super) fn key_at(&self, index: usize) -> Option<FindingKey> {
        let findings = self.picture().findings;
        let f = findings.get(index)?;
        let nth = findings[..index].iter().filter(|g| g.id == f.id && g.group == f.group).count();
        Some(FindingKey { id: f.id, group: f.group, nth })
    }

    /// The place in the list of the selected finding; the first when it no longer stands.
    pub(super) fn finding_index(&self) -> usize {
        let n = self.picture().findings.len();
        (0..n).find(|i| self.finding.is_some() && self.key_at(*i) == self.finding).unwrap_or(0)
    }

    /// How long the capture has been watched.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.map_or(Duration::ZERO, |s| self.now.instant().since(s.instant()))
    }
}

/// The page of `hactl explain` for a finding's id.
pub(super) fn page(id: &str) -> Option<&'static Page> {
    DETECTORS.iter().map(|d| &d.page).find(|p| p.id == id)
}

/// A filter: words that must all match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// The beginning of a VRID or a VLAN, in digits.
    Number(String),
    /// The beginning of a VLAN.
    Vlan(String),
    /// A family.
    Family(bool),
    /// Part of an address.
    Text(String),
}

impl Filter {
    /// Reads what was typed: any text is a filter.
    pub fn parse(text: &str) -> Self {
        let lower = text.to_lowercase();
        let mut terms = Vec::new();
        let mut words = lower.split_whitespace().peekable();
        while let Some(word) = words.next() {
            match word {
                "v4" | "ipv4" => terms.push(Term::Family(false)),
                "v6" | "ipv6" => terms.push(Term::Family(true)),
                // followed by a number it is about that; alone it is still being typed
                "vlan" => terms.push(Term::Vlan(words.next().unwrap_or("").to_owned())),
                "vrid" => terms.extend(words.next().map(|n| Term::Number(n.to_owned()))),
                w if w.bytes().all(|b| b.is_ascii_digit()) => terms.push(Term::Number(w.to_owned())),
                w => terms.push(Term::Text(w.to_owned())),
            }
        }
        Self(terms)
    }

    /// Whether a virtual router is to be shown.
    pub fn matches(&self, g: &Group) -> bool {
        self.0.iter().all(|term| match term {
            Term::Family(ipv6) => g.id.ipv6 == *ipv6,
            Term::Vlan(n) => {
                let ids = g.id.vlans.ids();
                ids.iter().any(|v| v.to_string().starts_with(n))
            }
            Term::Number(n) => g.id.vrid.to_string().starts_with(n),
            Term::Text(t) => g
                .members
                .values()
                .flat_map(|m| std::iter::once(&m.addr).chain(&m.addresses.value))
                .any(|a| a.to_string().contains(t)),
        })
    }
}

/// `00:04:12`.
pub(super) fn hms(d: Duration) -> String {
    let s = d.as_secs();
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// `1.01 of 3.61 s`.
pub(super) fn gap_of(gap: Duration, allowed: Duration) -> String {
    let digits = if allowed < Duration::from_secs(1) { 3 } else { 2 };
    format!("{:.digits$} of {:.digits$} s", gap.as_secs_f64(), allowed.as_secs_f64())
}
