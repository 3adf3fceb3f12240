//! One configuration is enough: what each fault of its node does, for every priority that the peer may have.

use std::time::Duration;

use super::candidates::{Trial, trials};
use super::draft::Draft;
use super::play::Play;
use super::record::{Record, Sink};
use super::scenario::Scenario;
use crate::time::Instant;

/// What becomes of a fault with a peer of one priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The peer takes over so long after the fault, depending on the moment: shortest and longest.
    TakesOver(Duration, Duration),
    /// The same, but the priorities are equal before it, so that the higher address decides who is master then.
    TakesOverIfLower(Duration, Duration),
    /// The peer never takes over. `tie`: the priorities are equal then.
    Never {
        /// Whether equal priorities are why.
        tie: bool,
    },
    /// The peer is master before anything happens.
    Before,
}

impl Answer {
    fn same(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::TakesOver(..), Self::TakesOver(..))
                | (Self::TakesOverIfLower(..), Self::TakesOverIfLower(..))
                | (Self::Before, Self::Before)
        ) || self == other
    }
}

/// Answers for a range of priorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest.
    pub from: u8,
    /// The highest.
    pub to: u8,
    /// The answer; times are the extremes of the range.
    pub answer: Answer,
}

/// What one fault does.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault, in the words of a scenario.
    pub fault: String,
    /// Answers by the peer's priority, in order.
    pub ranges: Vec<Range>,
}

struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: Record) {}
}

/// Answers for the first virtual router of a single configuration: `draft` has that one node. Its peer is a mirror in
/// BACKUP.
pub fn what_if(draft: &Draft) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for priority in 1..=254_u8 {
        let mut with = draft.clone();
        with.mirror("peer", priority);
        with.addresses();
        let scenario = Scenario { events: Vec::new(), ..with.scenario };
        let all: Vec<Trial> = trials(&scenario.nodes)
            .into_iter()
            .filter(|t| {
                t.node == Some(0)
                    && !matches!(t.fault.kind.name, "reload" | "deaf" | "mute" | "address-removed" | "pause")
            })
            .collect();
        let mut base = Play::new(&scenario);
        base.run_until(Instant::ZERO.after(settling(&scenario)), &mut Nobody);
        for (k, trial) in all.iter().enumerate() {
            let answer = answer(&scenario, &base, trial);
            if rows.len() <= k {
                rows.push(Row { fault: trial.fault.line(&scenario), ranges: Vec::new() });
            }
            add(&mut rows[k].ranges, priority, answer);
        }
    }
    rows
}

fn add(ranges: &mut Vec<Range>, priority: u8, answer: Answer) {
    match ranges.last_mut().filter(|r| r.answer.same(&answer)) {
        Some(range) => {
            range.to = priority;
            if let (Answer::TakesOver(a, b), Answer::TakesOver(c, d)) = (range.answer, answer) {
                range.answer = Answer::TakesOver(a.min(c), b.max(d));
            }
        }
        None => ranges.push(Range { from: priority, to: priority, answer }),
    }
}

fn interval(scenario: &Scenario) -> Duration {
    let instances = scenario.nodes.iter().flat_map(|n| &n.setting.run.instances);
    instances.map(|i| i.advert_int).max().unwrap_or(Duration::from_secs(1))
}

/// Long enough for the first election: the startup delay, a first wait, a preemption with its delay, the checks.
fn settling(scenario: &Scenario) -> Duration {
    let instances = || scenario.nodes.iter().flat_map(|n| &n.setting.run.instances);
    let delay = instances().map(|i| i.startup_delay + i.preempt_delay).max().unwrap_or_default();
    let checks = scenario.nodes.iter().flat_map(|n| &n.setting.conf.scripts);
    let checks = checks.map(|s| s.interval.map_or(Duration::from_secs(1), |i| i.value) * 2).max().unwrap_or_default();
    let downs = instances().map(|i| u32::from(i.down_timer_adverts) + 1).max().unwrap_or(4);
    delay + checks + interval(scenario) * (2 * downs + 2)
}

fn answer(scenario: &Scenario, base: &Play, trial: &Trial) -> Answer {
    let peer = 1;
    let is_master =
        |play: &Play| play.stories().values().next().is_some_and(|s| s.masters.iter().any(|(n, _)| *n == peer));
    if is_master(base) {
        return Answer::Before;
    }
    let interval = interval(scenario);
    let scripts = &scenario.nodes[0].setting.conf.scripts;
    let slowest = scripts.iter().map(|s| {
        let every = s.interval.map_or(Duration::from_secs(1), |i| i.value);
        every.max(s.timeout.map_or(every, |t| t.value)) * (s.fall.map_or(1, |f| f.value).min(1000) + 1)
    });
    let downs = scenario.nodes[1].setting.run.instances.iter().map(|i| u32::from(i.down_timer_adverts) + 2).max();
    let most = slowest.max().unwrap_or_default() + interval * downs.unwrap_or(5);
    let mut times = Vec::new();
    // Just after an advert, and just before the next: the longest and the shortest silence that is left.
    let mut play = base.clone();
    let next = play.world.next_at().unwrap_or(play.world.now());
    for moment in [next.after(Duration::from_micros(1)), next.after(interval).before(Duration::from_micros(1))] {
        play.run_until(moment, &mut Nobody);
        let mut trying = play.clone();
        trying.inject(&trial.fault, &mut Nobody);
        let end = moment.after(most);
        let mut found = None;
        while let Some(at) = trying.world.next_at().filter(|at| *at <= end) {
            trying.run_until(at, &mut Nobody);
            if is_master(&trying) {
                found = Some(at.since(moment));
                break;
            }
        }
        if let Some(time) = found {
            times.push(time);
        } else {
            let priority = |n: usize| {
                let first = trying.world.instances(n).next().map(|(i, _)| i)?;
                trying.world.router(n, first).map(crate::vrrp::VirtualRouter::priority)
            };
            return Answer::Never { tie: priority(0).is_some() && priority(0) == priority(1) };
        }
    }
    let shortest = times.iter().min().copied().unwrap_or_default();
    let longest = times.iter().max().copied().unwrap_or_default();
    let priority = |n: usize| {
        let first = base.world.instances(n).next().map(|(i, _)| i)?;
        base.world.router(n, first).map(crate::vrrp::VirtualRouter::priority)
    };
    if priority(0) == priority(1) {
        Answer::TakesOverIfLower(shortest, longest)
    } else {
        Answer::TakesOver(shortest, longest)
    }
}
