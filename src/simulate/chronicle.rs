//! Who was master when: windows with two masters or none, and takeovers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::record::{Record, Sink, Who};
use crate::time::Instant;
use crate::vrrp::State;

/// Windows and takeovers of one virtual router that are kept; a flapping one has no end of them.
const MOST: usize = 10_000;

/// A virtual router of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The network.
    pub segment: usize,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Its family.
    pub ipv6: bool,
}

/// A time in which a virtual router had two masters, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: Instant,
    /// Until when; the end of the simulation if it lasts.
    pub to: Instant,
    /// Whether it lasts until the end.
    pub open: bool,
    /// The masters meanwhile; none in a time without.
    pub masters: BTreeSet<usize>,
}

impl Window {
    /// How long.
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// A change of the only master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// When the new one was the only master.
    pub at: Instant,
    /// The one before.
    pub from: usize,
    /// The new one.
    pub to: usize,
    /// How long there was none in between.
    pub outage: Duration,
}

/// What became of one virtual router.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The instances that are master now.
    pub masters: BTreeSet<(usize, usize)>,
    /// The last that was the only master, by node.
    pub sole: Option<usize>,
    /// Times with more than one master.
    pub dual: Vec<Window>,
    /// Times without a master after the first; all of it if there never was one.
    pub none: Vec<Window>,
    /// Changes of the only master.
    pub takeovers: Vec<Takeover>,
    /// Transitions into or out of mastership.
    pub changes: Vec<Instant>,
    dual_since: Option<Instant>,
    none_since: Option<Instant>,
    outage: Duration,
    had_one: bool,
}

impl Story {
    fn changed(&mut self, at: Instant) {
        let nodes: BTreeSet<usize> = self.masters.iter().map(|(n, _)| *n).collect();
        if nodes.len() < 2
            && let Some(from) = self.dual_since.take().filter(|from| *from < at)
            && self.dual.len() < MOST
            && let Some(w) = self.dual.last_mut().filter(|w| w.open && w.from == from)
        {
            (w.to, w.open) = (at, false);
        }
        if nodes.len() > 1 {
            if self.dual_since.is_none() {
                self.dual_since = Some(at);
                // An overlap of no length is taken out again when it ends.
                self.dual.retain(|w| !(w.open && w.from == w.to));
                if self.dual.len() < MOST {
                    self.dual.push(Window { from: at, to: at, open: true, masters: BTreeSet::new() });
                }
            }
            if let Some(w) = self.dual.last_mut().filter(|w| w.open) {
                w.masters.extend(&nodes);
            }
        } else {
            self.dual.retain(|w| !w.open);
        }
        if nodes.is_empty() {
            if self.had_one && self.none_since.is_none() {
                self.none_since = Some(at);
            }
        } else {
            self.had_one = true;
            if let Some(from) = self.none_since.take().filter(|from| *from < at) {
                self.outage = self.outage.saturating_add(at.since(from));
                if self.none.len() < MOST {
                    self.none.push(Window { from, to: at, open: false, masters: BTreeSet::new() });
                }
            }
        }
        if let (1, Some(&to)) = (nodes.len(), nodes.first()) {
            if let Some(from) = self.sole.filter(|from| *from != to)
                && self.takeovers.len() < MOST
            {
                self.takeovers.push(Takeover { at, from, to, outage: self.outage });
            }
            (self.sole, self.outage) = (Some(to), Duration::ZERO);
        }
        if self.changes.len() < MOST {
            self.changes.push(at);
        }
    }
}

/// The stories of all virtual routers.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    stories: BTreeMap<Group, Story>,
}

impl Chronicle {
    /// One that knows of a virtual router from the beginning, so that it is told of even if nobody is ever master.
    pub fn expect(&mut self, group: Group) {
        self.stories.entry(group).or_default();
    }

    /// Takes note of a record.
    pub fn note(&mut self, record: &Record) {
        match record {
            Record::State { who, transition: t, .. } => {
                let story = self.stories.entry(who.group()).or_default();
                let key = (who.node, who.instance);
                let changed =
                    if t.to == State::Master { story.masters.insert(key) } else { story.masters.remove(&key) };
                if changed {
                    story.changed(t.at);
                }
            }
            Record::Gone { at, node, .. } => {
                for story in self.stories.values_mut() {
                    let before = story.masters.len();
                    story.masters.retain(|(n, _)| n != node);
                    if story.masters.len() != before {
                        story.changed(*at);
                    }
                }
            }
            _ => {}
        }
    }

    /// The stories up to a moment: what lasts is closed there and marked as open.
    pub fn until(&self, end: Instant) -> BTreeMap<Group, Story> {
        let mut stories = self.stories.clone();
        for story in stories.values_mut() {
            for w in story.dual.iter_mut().filter(|w| w.open) {
                w.to = end;
            }
            story.dual.retain(|w| w.from < w.to);
            let since = if story.had_one { story.none_since } else { Some(Instant::ZERO) };
            if let Some(from) = since.filter(|from| *from < end) {
                story.none.push(Window { from, to: end, open: true, masters: BTreeSet::new() });
            }
        }
        stories
    }

    /// Who is master of a virtual router now.
    pub fn masters(&self, group: Group) -> impl Iterator<Item = usize> {
        self.stories.get(&group).into_iter().flat_map(|s| s.masters.iter().map(|(n, _)| *n))
    }
}

impl Sink for Chronicle {
    fn record(&mut self, record: Record) {
        self.note(&record);
    }
}

impl Who {
    /// The virtual router that it is an instance of.
    pub const fn group(&self) -> Group {
        Group { segment: self.segment, vrid: self.vrid, ipv6: self.ipv6 }
    }
}
