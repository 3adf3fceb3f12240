//! A simulation in an operator's hands: played on and back, with faults of his own, and with what comes if he does
//! nothing more.

use std::collections::VecDeque;
use std::time::Duration;

use super::fault::Fault;
use super::play::Play;
use super::record::{Record, Sink};
use super::scenario::{Scenario, Timed};
use crate::time::Instant;

/// Records that are kept, and as many adverts.
const MOST: usize = 50_000;
/// Moments that are kept to go back to. With more, every second one goes.
const MARKS: usize = 256;
/// Faults of an operator come at whole milliseconds, so that a scenario file reads well.
const GRAIN: i64 = 1000;
/// Adverts of so much time are known at least when another moment becomes the present.
const WAKE: Duration = Duration::from_secs(5);
/// What is to come is looked through in pieces.
const PIECE: Duration = Duration::from_secs(5);
const MICROSECOND: Duration = Duration::from_micros(1);

/// A simulation with its past and its future.
///
/// What is to come is played ahead of the present, for nothing in it is left to chance; an operator's fault makes
/// another future. Going back, and on again, changes nothing: everything happens again as it did.
#[derive(Clone, Debug)]
pub struct Tape {
    /// Its own events, then the operator's in order.
    scenario: Scenario,
    own: usize,
    present: Play,
    /// The farthest moment that is known.
    head: Play,
    /// Moments to go back to, in order; the first is the beginning.
    marks: Vec<Play>,
    every: Duration,
    known: Known,
    /// The adverts of so much time before a moment are wanted with it.
    wake: Duration,
    /// How often the known future was thrown away.
    futures: u64,
}

/// What is known to happen, in order; of adverts, which are many, only what has happened.
#[derive(Clone, Debug, Default)]
struct Known {
    records: VecDeque<Record>,
    forgotten: u64,
    adverts: VecDeque<Record>,
}

/// What the head tells: everything but adverts.
struct ToCome<'a>(&'a mut Known);

impl Sink for ToCome<'_> {
    fn record(&mut self, record: Record) {
        if !matches!(record, Record::Advert { .. }) {
            self.0.record(record);
        }
    }
}

/// What the present tells: adverts, for the head told the rest.
struct Past<'a>(&'a mut Known);

impl Sink for Past<'_> {
    fn record(&mut self, record: Record) {
        if matches!(record, Record::Advert { .. }) {
            self.0.record(record);
        }
    }
}

impl Sink for Known {
    fn record(&mut self, record: Record) {
        if matches!(record, Record::Advert { .. }) {
            if self.adverts.len() == MOST {
                self.adverts.pop_front();
            }
            self.adverts.push_back(record);
        } else {
            if self.records.len() == MOST {
                self.records.pop_front();
                self.forgotten += 1;
            }
            self.records.push_back(record);
        }
    }
}

impl Tape {
    /// Before anything has happened.
    pub fn new(scenario: Scenario) -> Self {
        let mut play = Play::new(&scenario);
        play.world.record_adverts(true);
        let own = scenario.events.len();
        let runs = scenario.nodes.iter().flat_map(|n| &n.setting.run.instances);
        let longest = runs.map(|i| i.advert_int).max().unwrap_or_default();
        let mut tape = Self {
            scenario,
            wake: longest.saturating_mul(2).max(WAKE),
            own,
            present: play.clone(),
            head: play.clone(),
            marks: vec![play],
            every: Duration::from_secs(1),
            known: Known::default(),
            futures: 0,
        };
        tape.seek(Instant::ZERO);
        tape
    }

    /// The scenario, with what the operator has done so far.
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What the operator has done, in order.
    pub fn done(&self) -> &[Timed] {
        self.scenario.events.get(self.own..).unwrap_or_default()
    }

    /// The present.
    pub const fn present(&self) -> &Play {
        &self.present
    }

    /// When that is.
    pub fn now(&self) -> Instant {
        self.present.world.now()
    }

    /// What is known to happen up to the horizon, the past included, without adverts. Numbers begin with
    /// [`Self::forgotten`].
    pub const fn records(&self) -> &VecDeque<Record> {
        &self.known.records
    }

    /// The oldest records, that are no longer kept.
    pub const fn forgotten(&self) -> u64 {
        self.known.forgotten
    }

    /// How many of the records belong to the past, the present included.
    pub fn past(&self) -> usize {
        let now = self.now();
        self.known.records.partition_point(|r| r.at() <= now)
    }

    /// The latest adverts, those of the present included.
    pub const fn adverts(&self) -> &VecDeque<Record> {
        &self.known.adverts
    }

    /// When something of a kind happens next, adverts included, if that is before another moment.
    ///
    /// # Errors
    /// The moment up to which there is none: the other one, or an earlier one if there was too much to look through.
    pub fn next_of(&self, before: Instant, is_it: impl Fn(&Record) -> bool) -> Result<Instant, Instant> {
        let events = self.scenario.events.get(self.own..).unwrap_or_default();
        let mut play = self.present.clone();
        let mut looked = 0;
        while play.world.now() < before && looked < MOST {
            let mut records = Vec::new();
            let to = play.world.now().after(PIECE).min(before);
            advance(&mut play, events, to, &mut records);
            if let Some(record) = records.iter().find(|r| is_it(r)) {
                return Ok(record.at());
            }
            looked += records.len();
        }
        Err(play.world.now())
    }

    /// The simulation as it will be, if nothing is done, after each of so many steps.
    pub fn steps(&self, step: Duration, most: usize) -> impl Iterator<Item = Play> {
        let events = self.scenario.events.get(self.own..).unwrap_or_default();
        let mut play = self.present.clone();
        (0..most).map(move |_| {
            let to = play.world.now().after(step);
            advance(&mut play, events, to, &mut Vec::new());
            play.clone()
        })
    }

    /// Counts futures: records known before it changed may no longer be true.
    pub const fn futures(&self) -> u64 {
        self.futures
    }

    /// The farthest moment that is known: what becomes of it if nothing more is done.
    pub const fn head(&self) -> &Play {
        &self.head
    }

    /// Up to when the future is known.
    pub fn horizon(&self) -> Instant {
        self.head.world.now()
    }

    /// Plays ahead, so that what happens until then is known.
    pub fn extend(&mut self, to: Instant) {
        let Self { scenario, own, head, known, .. } = self;
        let events = scenario.events.get(*own..).unwrap_or_default();
        while head.world.now() < to {
            let last = self.marks.last().map_or(Instant::ZERO, |m| m.world.now());
            let mark = last.after(self.every);
            advance(head, events, mark.min(to).max(head.world.now()), &mut ToCome(known));
            if head.world.now() >= mark {
                self.marks.push(head.clone());
            }
            if self.marks.len() > MARKS {
                let mut n = 0;
                self.marks.retain(|_| {
                    n += 1;
                    n % 2 == 1
                });
                self.every = self.every.saturating_mul(2);
            }
        }
        if head.world.now() == to {
            // What happens at its very moment: at the beginning that has not been played.
            advance(head, events, to, &mut ToCome(known));
        }
    }

    /// Makes another moment the present.
    pub fn seek(&mut self, to: Instant) {
        self.extend(to);
        let back = to < self.now();
        let wake = to.before(self.wake);
        let mark = self.marks.iter().rev().find(|m| m.world.now() <= wake).or(self.marks.first());
        if let Some(mark) = mark.filter(|m| back || m.world.now() > self.now()) {
            self.present.clone_from(mark);
            let adverts = &mut self.known.adverts;
            if back {
                adverts.truncate(adverts.partition_point(|r| r.at() <= mark.world.now()));
            } else {
                // Those in between are not known.
                adverts.clear();
            }
        }
        let events = self.scenario.events.get(self.own..).unwrap_or_default();
        advance(&mut self.present, events, to, &mut Past(&mut self.known));
    }

    /// Lets the operator do something in the next millisecond at which nothing else happens, so that a scenario file with
    /// it plays the same. What he did later is forgotten: another future begins. Tells when that is.
    pub fn inject(&mut self, fault: Fault) -> Instant {
        let mut at = self.now().as_micros();
        let at = loop {
            at = (at.div_euclid(GRAIN) + 1) * GRAIN;
            let moment = Instant::from_micros(at);
            self.seek(moment.before(MICROSECOND));
            if self.present.world.next_at() != Some(moment) && self.scenario.events.iter().all(|e| e.at != moment) {
                break moment;
            }
        };
        self.forget(at);
        self.present.run_until(at, &mut self.known);
        self.present.inject(&fault, &mut self.known);
        self.present.run_until(at, &mut self.known);
        self.head.clone_from(&self.present);
        self.scenario.events.push(Timed { at, fault });
        at
    }

    /// Takes back what the operator did last, as if it had never been; the present is the moment before it.
    pub fn undo(&mut self) -> Option<Timed> {
        if self.scenario.events.len() <= self.own {
            return None;
        }
        let last = self.scenario.events.last()?.clone();
        self.seek(last.at.before(MICROSECOND));
        self.forget(last.at);
        self.head.clone_from(&self.present);
        Some(last)
    }

    /// Forgets everything from a moment on that is after the present.
    fn forget(&mut self, from: Instant) {
        let own = self.own;
        let mut n = 0;
        self.scenario.events.retain(|e| {
            n += 1;
            n <= own || e.at < from
        });
        self.marks.retain(|m| m.world.now() < from);
        for list in [&mut self.known.records, &mut self.known.adverts] {
            list.truncate(list.partition_point(|r| r.at() < from));
        }
        self.futures += 1;
    }
}

/// Plays on; the operator's faults come when they came.
fn advance(play: &mut Play, events: &[Timed], to: Instant, sink: &mut dyn Sink) {
    let from = play.world.now();
    for event in events.iter().filter(|e| e.at > from && e.at <= to) {
        play.run_until(event.at, sink);
        play.inject(&event.fault, sink);
    }
    play.run_until(to, sink);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::demo;
    use crate::simulate::{Group, Story};
    use std::collections::BTreeMap;

    fn at(ms: i64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    fn tape() -> Tape {
        Tape::new(Scenario { events: Vec::new(), ..demo::pair() })
    }

    fn crash(node: usize) -> Fault {
        Fault::of("crash", node).unwrap()
    }

    fn stories(play: &Play) -> BTreeMap<Group, Vec<Instant>> {
        let list = |(g, s): (Group, Story)| (g, s.changes);
        play.stories().into_iter().map(list).collect()
    }

    #[test]
    fn going_back_and_on_again_changes_nothing() {
        let mut t = tape();
        t.seek(at(8000));
        assert_eq!(t.inject(crash(0)), at(8001));
        t.seek(at(20_000));
        let (records, adverts, end) = (t.records().clone(), t.adverts().clone(), stories(t.present()));
        let print = t.present().world.fingerprint();
        for moment in [3000, 7999, 8000, 8001, 8002, 0, 12_345] {
            t.seek(at(moment));
            assert_eq!(t.now(), at(moment));
            assert_eq!(t.present().world.is_running(0), moment < 8001, "{moment}");
        }
        t.seek(at(20_000));
        assert_eq!((t.records(), stories(t.present())), (&records, end));
        assert_eq!(t.present().world.fingerprint(), print);
        // The adverts of the last seconds are those that were sent.
        assert!(t.adverts().len() > 5 && t.adverts().iter().rev().zip(adverts.iter().rev()).all(|(a, b)| a == b));
        assert!(t.adverts().iter().all(|a| a.at() <= at(20_000)));
    }

    #[test]
    fn an_operator_does_what_a_scenario_with_the_same_events_does() {
        let mut t = tape();
        for (ms, fault) in [(9000, crash(0)), (15_000, Fault::of("start", 0).unwrap()), (24_000, crash(1))] {
            t.seek(at(ms));
            t.inject(fault);
        }
        t.seek(at(40_000));
        let mut again = Play::new(t.scenario());
        let mut records = Vec::new();
        again.run_until(at(40_000), &mut records);
        let known: Vec<Record> = t.records().iter().filter(|r| r.at() <= at(40_000)).cloned().collect();
        let plain = |all: Vec<Record>| -> Vec<Record> {
            let event =
                |r| if let Record::Fault { at, what, .. } = r { Record::Fault { at, what, event: None } } else { r };
            all.into_iter().map(event).collect()
        };
        assert_eq!(plain(records), plain(known));
        assert_eq!(again.world.fingerprint(), t.present().world.fingerprint());
    }

    #[test]
    fn what_comes_is_known_until_something_else_is_done() {
        let mut t = tape();
        t.seek(at(10_000));
        t.inject(crash(0));
        t.extend(at(20_000));
        // The last advert of a went out at 10 s less its phase; b waits 3 × 1 s + 156/256 s.
        let takes_over = t.records().iter().any(|r| r.is_mastership() && r.at() > at(12_000));
        assert!(takes_over && t.now() == at(10_001) && t.horizon() == at(20_000));
        let futures = t.futures();
        t.inject(Fault::of("start", 0).unwrap());
        assert_eq!((t.futures(), t.horizon()), (futures + 1, t.now()));
        assert!(t.records().iter().all(|r| r.at() <= t.now()));
    }

    #[test]
    fn looking_ahead_changes_nothing() {
        let mut t = tape();
        t.seek(at(10_000));
        t.inject(crash(0));
        let (print, horizon, adverts) = (t.present().world.fingerprint(), t.horizon(), t.adverts().len());
        // The last advert of a was at 9.414062; b waits 3 × 1 s + 156/256 s.
        assert_eq!(t.next_of(at(60_000), Record::is_mastership), Ok(Instant::from_micros(13_023_437)));
        assert_eq!(t.next_of(at(13_000), Record::is_mastership), Err(at(13_000)));
        assert_eq!(
            t.steps(Duration::from_secs(1), 3).map(|p| p.world.now()).collect::<Vec<_>>(),
            [at(11_001), at(12_001), at(13_001)]
        );
        assert_eq!((t.present().world.fingerprint(), t.horizon(), t.adverts().len()), (print, horizon, adverts));
    }

    #[test]
    fn another_past_forgets_what_was_done_later() {
        let mut t = tape();
        t.seek(at(10_000));
        t.inject(crash(0));
        t.seek(at(5000));
        t.inject(crash(1));
        assert_eq!(t.done().len(), 1);
        t.seek(at(12_000));
        assert!(t.present().world.is_running(0) && !t.present().world.is_running(1));
        assert_eq!(t.undo().map(|e| e.at), Some(at(5001)));
        t.seek(at(12_000));
        assert!(t.present().world.is_running(1) && t.undo().is_none());
    }

    #[test]
    fn memory_does_not_grow_with_time() {
        let mut t = tape();
        t.seek(at(3_600_000));
        assert!(t.marks.len() <= MARKS && t.adverts().len() <= MOST, "{} marks", t.marks.len());
        t.seek(at(1_000_000));
        assert_eq!(t.now(), at(1_000_000));
        let every = t.every;
        assert_eq!(every, Duration::from_secs(16));
    }
}
