//! All state of the screen. No clock, no terminal: time comes with news and ticks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::msg::Update;
use crate::finding::Severity;
use crate::probe::Level;
use crate::probe::plan::{Plan, Standing};
use crate::probe::watch::{Event, Served, Turn, Watch, What};
use crate::report::probe::watch::{Epoch, sentence, severity, subject};
use crate::report::{Clock, printable};
use crate::time::{Instant, Timestamp};
use crate::tui::drive::Age;

/// Entries of the log that are kept.
const KEPT: usize = 2000;

/// Which screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The overview.
    Main,
    /// Everything about the selected row.
    One,
    /// The keys.
    Help,
}

/// A row, by its place in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A virtual server.
    Service(usize),
    /// A real server of a virtual server.
    Server(usize, usize),
    /// A script.
    Script(usize),
}

impl Item {
    /// Whether something is about it.
    pub fn concerns(self, what: &What) -> bool {
        match *what {
            What::Checker { service, server, .. }
            | What::Failed { service, server, .. }
            | What::Unasked { service, server, .. }
            | What::Server { service, server, .. }
            | What::Weight { service, server, .. } => self == Self::Server(service, server),
            What::Quorum { service, .. } => self == Self::Service(service),
            What::Script { script, .. }
            | What::ScriptRun { script, .. }
            | What::Skipped { script }
            | What::ScriptUnasked { script, .. } => self == Self::Script(script),
            What::Priority { .. } => false,
        }
    }
}

/// An entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// Whom it is about, in a word.
    pub subject: String,
    /// What, as a sentence.
    pub text: String,
    /// How bad.
    pub severity: Option<Severity>,
    /// What happened.
    pub what: What,
}

/// The state.
pub struct App {
    pub(super) title: String,
    pub(super) color: bool,
    pub(super) clock: Clock,
    pub(super) epoch: Epoch,
    /// The latest state of the checks that shows.
    pub(super) watch: Option<Arc<Watch>>,
    /// When it was so.
    pub(super) at: Instant,
    /// Time since it came.
    pub(super) since: Duration,
    pub(super) age: Age,
    /// What came while the picture is held still.
    pub(super) held: Option<Vec<Update>>,
    /// The log, oldest first.
    pub(super) log: VecDeque<Entry>,
    /// Entries that are no longer kept.
    pub(super) forgotten: u64,
    pub(super) screen: Screen,
    /// Number of the selected row.
    pub(super) selected: usize,
    /// The log's last visible entry, counted from the first there ever was; `None` to follow the newest.
    pub(super) log_end: Option<u64>,
    /// First visible line of a screen of text.
    pub(super) scroll: usize,
    /// The checks have ended.
    pub(super) gone: bool,
    /// What the last key led to; goes with the next key.
    pub(super) status: Option<String>,
    pub(super) size: (u16, u16),
    /// Something that shows has changed since it was drawn.
    pub(super) dirty: bool,
}

impl App {
    /// A screen before the first news.
    pub fn new(title: &str, color: bool, clock: Clock, epoch: Epoch) -> Self {
        Self {
            title: printable(title),
            color,
            clock,
            epoch,
            watch: None,
            at: epoch.began,
            since: Duration::ZERO,
            age: Age::default(),
            held: None,
            log: VecDeque::new(),
            forgotten: 0,
            screen: Screen::Main,
            selected: 0,
            log_end: None,
            scroll: 0,
            gone: false,
            status: None,
            size: (80, 24),
            dirty: true,
        }
    }

    /// The present.
    pub(super) fn now(&self) -> Instant {
        self.at.after(self.since)
    }

    /// All rows, in order.
    pub(super) fn items(&self) -> Vec<Item> {
        let Some(watch) = &self.watch else { return Vec::new() };
        let plan = watch.plan();
        let services = plan.services.iter().enumerate().flat_map(|(n, s)| {
            std::iter::once(Item::Service(n)).chain((0..s.servers.len()).map(move |m| Item::Server(n, m)))
        });
        services.chain((0..plan.scripts.len()).map(Item::Script)).collect()
    }

    /// The selected row.
    pub(super) fn chosen(&self) -> Option<Item> {
        let items = self.items();
        items.get(self.selected.min(items.len().checked_sub(1)?)).copied()
    }

    /// How bad it is about a row, if it is down or about to be.
    pub(super) fn trouble(&self, item: Item) -> Option<Severity> {
        let watch = self.watch.as_ref()?;
        match item {
            Item::Service(n) => (watch.served(n) == Served::No).then_some(Severity::Critical),
            Item::Server(n, m) => {
                let failing = watch.services()[n].servers[m].checkers.iter().any(|t| t.failing().is_some());
                match watch.standing(n, m) {
                    Standing::Down => Some(Severity::Critical),
                    Standing::Up | Standing::Unknown => failing.then_some(Severity::Warning),
                }
            }
            Item::Script(k) => {
                let state = &watch.scripts()[k].state;
                match (watch.plan().scripts[k].level(state.reading()), state.against().0) {
                    (Level::Warning | Level::Critical, _) => Some(Severity::Critical),
                    (Level::Ok, 1..) => Some(Severity::Warning),
                    _ => None,
                }
            }
        }
    }

    /// The checker of a real server that says most: one that is down, else one that fails, else the next to run.
    pub(super) fn telling(watch: &Watch, n: usize, m: usize) -> Option<(usize, &Turn)> {
        let turns = watch.services()[n].servers[m].checkers.iter().enumerate();
        turns.min_by_key(|(_, t)| (t.up, t.failing().is_none(), !t.runs(), t.next().is_none(), t.next()))
    }

    /// Takes in news.
    pub(super) fn take(&mut self, update: Update) {
        for event in &update.events {
            self.note(update.watch.plan(), event);
        }
        (self.watch, self.at, self.since) = (Some(update.watch), update.at, Duration::ZERO);
    }

    fn note(&mut self, plan: &Plan, event: &Event) {
        if self.log.len() == KEPT {
            self.log.pop_front();
            self.forgotten += 1;
        }
        self.log.push_back(Entry {
            time: self.epoch.time(event.at),
            subject: subject(plan, &event.what),
            text: sentence(plan, &event.what),
            severity: severity(plan, &event.what),
            what: event.what.clone(),
        });
    }
}
