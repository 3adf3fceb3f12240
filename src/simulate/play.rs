//! A scenario from its beginning to its end.

use std::collections::BTreeMap;

use super::chronicle::{Chronicle, Group, Story};
use super::judge::{Notes, judge};
use super::record::{Record, Sink};
use super::scenario::Scenario;
use super::world::World;
use crate::finding::Finding;
use crate::time::Instant;

/// A simulation under way, with what was noted of it.
#[derive(Clone, Debug)]
pub struct Play {
    /// The world.
    pub world: World,
    /// Who was master when.
    pub chronicle: Chronicle,
    notes: Notes,
}

/// Takes notes of everything and passes it on.
struct Noting<'a> {
    chronicle: &'a mut Chronicle,
    notes: &'a mut Notes,
    sink: &'a mut dyn Sink,
}

impl Sink for Noting<'_> {
    fn record(&mut self, record: Record) {
        let chronicle = &*self.chronicle;
        self.notes.note(&record, |who| chronicle.masters(who.group()).any(|n| n == who.node));
        self.chronicle.note(&record);
        self.sink.record(record);
    }

    fn wants_frames(&self) -> bool {
        self.sink.wants_frames()
    }

    fn frame(&mut self, at: Instant, bytes: &[u8]) {
        self.sink.frame(at, bytes);
    }
}

impl Play {
    /// Before anything has happened.
    pub fn new(scenario: &Scenario) -> Self {
        let world = World::new(scenario);
        let mut chronicle = Chronicle::default();
        for n in 0..world.nodes() {
            for (i, run) in world.instances(n) {
                if let Some(segment) = world.segment(n, i) {
                    chronicle.expect(Group { segment, vrid: run.vrid, ipv6: run.ipv6 });
                }
            }
        }
        Self { world, chronicle, notes: Notes::default() }
    }

    /// Plays until a moment, that included.
    pub fn run_until(&mut self, until: Instant, sink: &mut dyn Sink) {
        let Self { world, chronicle, notes } = self;
        world.run_until(until, &mut Noting { chronicle, notes, sink });
    }

    /// Lets an operator do something now.
    pub fn inject(&mut self, fault: &super::fault::Fault, sink: &mut dyn Sink) {
        let Self { world, chronicle, notes } = self;
        world.inject(fault, &mut Noting { chronicle, notes, sink });
    }

    /// The stories of all virtual routers so far.
    pub fn stories(&self) -> BTreeMap<Group, Story> {
        self.chronicle.until(self.world.now())
    }

    /// What there is to say of it now.
    pub fn judge(&self, scenario: &Scenario) -> Vec<Finding> {
        judge(scenario, &self.world, &self.stories(), &self.notes)
    }
}
