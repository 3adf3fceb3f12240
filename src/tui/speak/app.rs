//! All state of the screen. No clock, no terminal: time comes with pictures and ticks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::finding::Severity;
use crate::report::speak::{judge, sentence};
use crate::report::{Clock, printable};
use crate::speak::{InstanceView, Phase, Told, View, What};
use crate::time::{Instant, Timestamp};
use crate::tui::drive::Age;
use crate::vrrp::State;

/// Entries of the log that are kept.
const KEPT: usize = 2000;

/// Which screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The overview.
    Main,
    /// Everything about the selected virtual router.
    One,
    /// The keys.
    Help,
}

/// Whether the user is leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// No.
    No,
    /// Asked once: a second press of the key releases and ends.
    Asked,
    /// The speaker was told to release and end; the screen waits for it.
    Told,
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// Which virtual router.
    pub instance: usize,
    /// What, as a sentence.
    pub text: String,
    /// What kind, for its colour.
    pub kind: Kind,
}

/// What an entry is about, as far as its colour differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A change of state.
    Change,
    /// Something wrong.
    Wrong,
    /// What the operator did.
    Operator,
    /// Anything else.
    Other,
}

/// The state.
#[derive(Debug)]
pub struct App {
    pub(super) title: String,
    pub(super) color: bool,
    pub(super) clock: Clock,
    /// The latest picture.
    pub(super) view: Option<Arc<View>>,
    /// Time since it came.
    pub(super) since: Duration,
    pub(super) age: Age,
    /// The log, oldest first.
    pub(super) log: VecDeque<Entry>,
    /// Entries that are no longer kept.
    pub(super) forgotten: u64,
    pub(super) screen: Screen,
    /// Number of the selected virtual router.
    pub(super) selected: usize,
    /// The log's last visible entry, counted from the first there ever was; `None` to follow the newest.
    pub(super) log_end: Option<u64>,
    /// First visible line of a screen of text.
    pub(super) scroll: usize,
    pub(super) leaving: Leaving,
    /// The speaker has ended.
    pub(super) gone: bool,
    /// What the last key led to; goes with the next key.
    pub(super) status: Option<String>,
    pub(super) size: (u16, u16),
    /// Something that shows has changed since it was drawn.
    pub(super) dirty: bool,
}

impl App {
    /// A screen before the first picture.
    pub fn new(title: &str, color: bool, clock: Clock) -> Self {
        Self {
            title: printable(title),
            color,
            clock,
            view: None,
            since: Duration::ZERO,
            age: Age::default(),
            log: VecDeque::new(),
            forgotten: 0,
            screen: Screen::Main,
            selected: 0,
            log_end: None,
            scroll: 0,
            leaving: Leaving::No,
            gone: false,
            status: None,
            size: (80, 24),
            dirty: true,
        }
    }

    /// The virtual routers.
    pub(super) fn instances(&self) -> &[InstanceView] {
        self.view.as_ref().map_or(&[], |v| &v.instances)
    }

    /// Whether nothing is ever transmitted.
    pub(super) fn observing(&self) -> bool {
        self.view.as_ref().is_some_and(|v| v.observing)
    }

    /// In a demonstration, the router beside: its name, and whether it runs.
    pub(super) fn beside(&self) -> Option<(&str, bool)> {
        self.view.as_ref()?.beside.as_ref().map(|(name, runs)| (name.as_str(), *runs))
    }

    /// The selected one, with its number.
    pub(super) fn chosen(&self) -> Option<(usize, &InstanceView)> {
        let at = self.selected.min(self.instances().len().checked_sub(1)?);
        self.instances().get(at).map(|i| (at, i))
    }

    /// The present, by the clock that timers run on.
    pub(super) fn now(&self) -> Instant {
        self.view.as_ref().map_or(Instant::ZERO, |v| v.at.after(self.since))
    }

    /// The present by the wall clock; none before the first picture.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let nanos = i64::try_from(self.since.as_nanos()).unwrap_or(0);
        self.view.as_ref().map(|v| Timestamp { nanos: v.time.nanos.saturating_add(nanos), ..v.time })
    }

    /// How bad it is about a virtual router, if it is a warning or worse.
    pub(super) fn trouble(&self, i: &InstanceView) -> Option<Severity> {
        judge(i, self.observing(), self.now()).0.filter(|s| *s >= Severity::Warning)
    }

    /// Whether a virtual router holds its addresses and says so, so that leaving hands them over.
    pub(super) fn rules(&self) -> bool {
        let speaks = |i: &InstanceView| i.phase == Phase::Running && i.state == State::Master && !i.muted;
        !self.gone && !self.observing() && self.instances().iter().any(speaks)
    }

    /// Whether the speaker has ended.
    pub(super) fn ended(&self) -> bool {
        let all = self.instances();
        self.gone || !all.is_empty() && all.iter().all(|i| i.phase == Phase::Ended)
    }

    /// Takes in what was told.
    pub(super) fn note(&mut self, told: &Told) {
        let kind = match told.what {
            What::Transition(_) => Kind::Change,
            What::Rejected { ref reasons, .. } if reasons.is_empty() => Kind::Other,
            What::Trouble(_)
            | What::Rejected { .. }
            | What::Tracked { good: false, .. }
            | What::Listened { join: false, .. } => Kind::Wrong,
            What::Operator(_) => Kind::Operator,
            _ => Kind::Other,
        };
        if self.log.len() == KEPT {
            self.log.pop_front();
            self.forgotten += 1;
        }
        let text = sentence(&told.what);
        self.log.push_back(Entry { time: told.time, instance: told.instance, text, kind });
    }

    /// Whether something runs that a reader watches: bars are to move.
    pub(super) fn moves(&self) -> bool {
        self.instances().iter().any(|i| i.armed.is_some() || matches!(i.phase, Phase::Listening { .. }))
    }
}
