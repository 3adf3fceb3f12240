//! Faults tried for somebody: each one, or each combination, at each moment that can matter, and its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::candidates::{Trial, is_check, trials};
use super::chronicle::Group;
use super::fault::Fault;
use super::play::Play;
use super::record::{Record, Sink};
use super::scenario::{Scenario, Timed};
use crate::finding::Severity;
use crate::time::Instant;

/// What is asked of every outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assertion {
    /// One master, never none and never two for longer than this.
    OneMasterWithin(Duration),
    /// Never two masters for longer than an advert interval.
    NoSplitBrain,
    /// After the end of everything that befell, this node is master of all that it has.
    ReturnsTo(usize),
    /// After the end of everything that befell, everything is as before.
    Returns,
    /// Virtual routers that one node is master of are never left with different masters.
    Together,
}

/// How to write an assertion.
pub const ASSERTIONS: &[&str] =
    &["one master within 5s", "no split brain", "returns to NODE", "returns", "masters together"];

impl Assertion {
    /// Reads one.
    ///
    /// # Errors
    /// What can be asserted.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["one", "master", "within", time @ ..] if !time.is_empty() => {
                Ok(Self::OneMasterWithin(super::words::duration(&time.join(" "))?))
            }
            ["no", "split", "brain"] | ["no", "split-brain"] => Ok(Self::NoSplitBrain),
            ["returns"] => Ok(Self::Returns),
            ["masters", "together"] => Ok(Self::Together),
            ["returns", "to", node] => Ok(Self::ReturnsTo(super::words::node(node, &scenario.nodes)?)),
            _ => Err(format!("{text:?} is nothing to assert; there are: {}", ASSERTIONS.join(", "))),
        }
    }
}

/// What to try.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many faults at once, one after the other: 1, 2, 3.
    pub faults: usize,
    /// What is asked of every outcome.
    pub assertions: Vec<Assertion>,
    /// How many threads; 0 for as many as there are processors.
    pub threads: usize,
}

/// Who is master of each virtual router.
pub type Masters = BTreeMap<Group, BTreeSet<usize>>;

/// What became of a combination of faults, at the worst moment for it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which trials, in order.
    pub trials: Vec<usize>,
    /// When each befell and ended, in the worst case: a scenario that plays it.
    pub events: Vec<Timed>,
    /// How long that scenario lasts.
    pub length: Duration,
    /// Masters when all had befallen and everything was quiet.
    pub after: Masters,
    /// Masters when all had ended.
    pub back: Masters,
    /// The shortest and the longest time without a master, while somebody could have been one.
    pub outage: (Duration, Duration),
    /// The longest time with two masters while a fault lasted, and after the end of all.
    pub dual: (Duration, Duration),
    /// Nobody is master although somebody could be.
    pub none: bool,
    /// Two are, still.
    pub two: bool,
    /// A failing check that should have moved a master and did not: trial and virtual router.
    pub stuck: Option<Group>,
    /// Virtual routers that had one master have different ones: no sync group holds them together.
    pub apart: bool,
    /// Addresses that a killed process left while another node is master.
    pub left: bool,
    /// It ends with other masters than it began with.
    pub moved: bool,
    /// Which assertions do not hold.
    pub broken: Vec<usize>,
    /// How bad.
    pub severity: Option<Severity>,
}

/// Everything that was tried.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The single faults there are.
    pub trials: Vec<Trial>,
    /// Who is master before anything befalls.
    pub before: Masters,
    /// What became of each combination, in the order of trials.
    pub outcomes: Vec<Outcome>,
    /// How many simulations were played.
    pub played: usize,
    /// How many were not, because the same state had been played from.
    pub known: usize,
}

/// Takes no notice.
struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: Record) {}
}

/// Longest that is waited for the cluster to settle at the beginning.
const SETTLING: Duration = Duration::from_mins(10);

/// The longest that any instance waits for a master, and what a check adds to it.
fn patience(scenario: &Scenario) -> Duration {
    let mut down = Duration::from_secs(1);
    let mut checks = Duration::ZERO;
    for node in &scenario.nodes {
        for i in &node.setting.run.instances {
            let wait = i.advert_int.saturating_mul(u32::from(i.down_timer_adverts) + 1);
            down = down.max(wait.saturating_add(i.preempt_delay)).max(i.startup_delay.saturating_add(wait));
        }
        for s in &node.setting.conf.scripts {
            let interval = s.interval.map_or(Duration::from_secs(1), |i| i.value);
            let timeout = s.timeout.map_or(interval, |t| t.value);
            let times = s.fall.map_or(1, |f| f.value).max(s.rise.map_or(1, |r| r.value));
            checks = checks.max(interval.max(timeout).saturating_mul(times.saturating_add(1)));
        }
    }
    down.saturating_add(checks).saturating_add(Duration::from_millis(10))
}

fn masters(play: &Play) -> Masters {
    play.stories().into_iter().map(|(g, s)| (g, s.masters.iter().map(|(n, _)| *n).collect())).collect()
}

/// Plays until nothing has changed for a while.
fn settle(play: &mut Play, quiet: Duration, most: Duration) {
    let end = play.world.now().after(most);
    let mut last = masters(play);
    let mut since = play.world.now();
    while play.world.now() < end && play.world.now().since(since) < quiet {
        let until = play.world.now().after(quiet / 4).min(end);
        play.run_until(until, &mut Nobody);
        let now = masters(play);
        if now != last {
            (last, since) = (now, play.world.now());
        }
    }
}

/// The moments within the next interval that can matter: between any two things that happen.
fn moments(play: &Play, interval: Duration) -> Vec<Instant> {
    const MOST: usize = 12;
    let mut probe = play.clone();
    let start = probe.world.now();
    let end = start.after(interval);
    let mut times = vec![start];
    while let Some(at) = probe.world.next_at().filter(|at| *at <= end) {
        probe.run_until(at, &mut Nobody);
        if times.last() != Some(&at) {
            times.push(at);
        }
    }
    let mut moments: Vec<Instant> = times.iter().map(|t| t.after(Duration::from_micros(1))).collect();
    // The last moment before each, too: the longest and the shortest silence.
    moments.extend(times.iter().skip(1).map(|t| t.before(Duration::from_micros(1))));
    moments.sort_unstable();
    moments.dedup();
    let step = moments.len().div_ceil(MOST).max(1);
    moments.into_iter().step_by(step).collect()
}

/// One way through a combination.
struct Run {
    events: Vec<Timed>,
    after: Masters,
    back: Masters,
    outage: Duration,
    dual: (Duration, Duration),
    none: bool,
    two: bool,
    stuck: Option<Group>,
    left: bool,
    length: Duration,
}

struct Explorer<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    trials: Vec<Trial>,
    patience: Duration,
    before: Masters,
    interval: Duration,
}

/// Tries everything. `progress` is told how much of how much is done, from any thread.
pub fn explore(scenario: &Scenario, plan: &Plan, progress: &(dyn Fn(usize, usize) + Sync)) -> Explored {
    let scenario = &Scenario { events: Vec::new(), ..scenario.clone() };
    let patience = patience(scenario);
    let mut base = Play::new(scenario);
    settle(&mut base, patience.saturating_mul(2), SETTLING);
    let interval = scenario
        .nodes
        .iter()
        .flat_map(|n| n.setting.run.instances.iter().map(|i| i.advert_int))
        .max()
        .unwrap_or(Duration::from_secs(1));
    let explorer =
        Explorer { scenario, plan, trials: trials(&scenario.nodes), patience, before: masters(&base), interval };
    let moments = moments(&base, interval);
    let combinations = explorer.combinations();
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let played = AtomicUsize::new(0);
    let known = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Vec<Outcome>)>> = Mutex::new(Vec::new());
    // By the first fault, so that what follows from one state is played from it once.
    let firsts = explorer.trials.len();
    let threads = if plan.threads > 0 { plan.threads } else { thread::available_parallelism().map_or(1, usize::from) };
    thread::scope(|scope| {
        for _ in 0..threads.min(firsts.max(1)) {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(1, Ordering::Relaxed);
                    if first >= firsts {
                        return;
                    }
                    let mine: Vec<&Vec<usize>> = combinations.iter().filter(|c| c.first() == Some(&first)).collect();
                    let mut cache = Cache::default();
                    let outcomes = mine
                        .iter()
                        .map(|c| {
                            let outcome = explorer.outcome(&base, &moments, c, &mut cache);
                            progress(done.fetch_add(1, Ordering::Relaxed) + 1, combinations.len());
                            outcome
                        })
                        .collect();
                    played.fetch_add(cache.played, Ordering::Relaxed);
                    known.fetch_add(cache.known, Ordering::Relaxed);
                    if let Ok(mut results) = results.lock() {
                        results.push((first, outcomes));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(first, _)| *first);
    let outcomes = results.into_iter().flat_map(|(_, o)| o).collect();
    Explored {
        before: explorer.before.clone(),
        trials: explorer.trials,
        outcomes,
        played: played.into_inner(),
        known: known.into_inner(),
    }
}

/// What was played from the states after a first fault.
#[derive(Default)]
struct Cache {
    /// The world after the faults so far at each moment.
    settled: HashMap<(Vec<usize>, usize), Play>,
    /// By state and what befalls next.
    seen: HashMap<(u64, Vec<usize>), Ends>,
    played: usize,
    known: usize,
}

/// What may follow from a state, and after how long.
type Ends = Vec<(Duration, RunEnd)>;

/// What follows from a state is the same whenever it is reached.
#[derive(Clone)]
struct RunEnd {
    after: Masters,
    back: Masters,
    outage: Duration,
    dual: (Duration, Duration),
    none: bool,
    two: bool,
    stuck: Option<Group>,
    left: bool,
    /// Offsets from the state at which faults befall and end.
    offsets: Vec<(Duration, usize, bool)>,
    length: Duration,
}

impl Explorer<'_> {
    /// Every combination of the size asked for; a node that is gone can do nothing more.
    fn combinations(&self) -> Vec<Vec<usize>> {
        let n = self.trials.len();
        let mut all: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        let mut last = all.clone();
        for _ in 1..self.plan.faults {
            let mut longer = Vec::new();
            for c in &last {
                for i in 0..n {
                    if !c.contains(&i) && self.possible(c, i) {
                        longer.push([c.as_slice(), &[i]].concat());
                    }
                }
            }
            all.extend(longer.iter().cloned());
            last = longer;
        }
        all
    }

    fn possible(&self, so_far: &[usize], next: usize) -> bool {
        let trial = &self.trials[next];
        so_far.iter().all(|i| {
            let before = &self.trials[*i];
            let gone = matches!(before.fault.kind.name, "crash" | "power-off" | "stop" | "pause");
            let same_node = before.node.is_some() && before.node == trial.node;
            // One partition at a time, and nothing befalls a process that is gone.
            let links = before.node.is_none() && trial.node.is_none();
            let same_kind = before.fault.kind.name == trial.fault.kind.name;
            !(gone && same_node || links && same_kind)
        })
    }

    fn outcome(&self, base: &Play, moments: &[Instant], combination: &[usize], cache: &mut Cache) -> Outcome {
        let mut runs = Vec::new();
        let Some((last, earlier)) = combination.split_last() else { return self.merge(combination, runs) };
        for (m, moment) in moments.iter().enumerate() {
            let mut play = match earlier {
                [] => {
                    let mut play = base.clone();
                    play.run_until(*moment, &mut Nobody);
                    play
                }
                earlier => self.settled(base, moments, earlier, m, cache),
            };
            if earlier.is_empty() {
                runs.push(self.finish(&mut play, combination, *last, cache));
                continue;
            }
            // From a state that was played from before, the same follows.
            let key = (play.world.fingerprint(), combination.to_vec());
            let from = play.world.now();
            let ends = if let Some(ends) = cache.seen.get(&key) {
                cache.known += ends.len();
                ends.clone()
            } else {
                let mut ends = Vec::new();
                for at in self::moments(&play, self.interval) {
                    let mut play = play.clone();
                    play.run_until(at, &mut Nobody);
                    let run = self.finish(&mut play, combination, *last, cache);
                    ends.push((at.since(from), self.end_of(&run, from, combination)));
                }
                cache.seen.insert(key, ends.clone());
                ends
            };
            let first = moment;
            runs.extend(ends.into_iter().map(|(_, end)| self.run_of(end, from, *first, earlier)));
        }
        self.merge(combination, runs)
    }

    /// The world some while after all but the last fault.
    fn settled(&self, base: &Play, moments: &[Instant], earlier: &[usize], m: usize, cache: &mut Cache) -> Play {
        if let Some(play) = cache.settled.get(&(earlier.to_vec(), m)) {
            return play.clone();
        }
        let mut play = match earlier.split_last() {
            Some((_, before)) if !before.is_empty() => self.settled(base, moments, before, m, cache),
            _ => {
                let mut play = base.clone();
                if let Some(at) = moments.get(m) {
                    play.run_until(*at, &mut Nobody);
                }
                play
            }
        };
        if let Some(last) = earlier.last() {
            play.inject(&self.trials[*last].fault, &mut Nobody);
            let until = play.world.now().after(self.patience);
            play.run_until(until, &mut Nobody);
            self.align(&mut play);
        }
        cache.settled.insert((earlier.to_vec(), m), play.clone());
        play
    }

    /// Plays on to just after something happens, so that equal states look equal.
    fn align(&self, play: &mut Play) {
        let end = play.world.now().after(self.interval);
        if let Some(at) = play.world.next_at().filter(|at| *at <= end) {
            play.run_until(at, &mut Nobody);
        }
    }

    /// Lets the last fault befall, then ends all.
    fn finish(&self, play: &mut Play, combination: &[usize], last: usize, cache: &mut Cache) -> Run {
        cache.played += 1;
        let start = play.world.now();
        let mut events = Vec::new();
        let mut befall = |play: &mut Play, fault: &Fault| {
            events.push(Timed { at: play.world.now(), fault: fault.clone() });
            play.inject(fault, &mut Nobody);
        };
        befall(play, &self.trials[last].fault);
        let until = start.after(self.patience.saturating_mul(2));
        play.run_until(until, &mut Nobody);
        let after = masters(play);
        let (none, two) = (Self::nobody(play, &after), after.values().any(|m| m.len() > 1));
        let stuck = if is_check(&self.trials[last].fault) { self.stuck(play, last, &after) } else { None };
        let left = Self::left(play, &after);
        let outage = if Self::able(play) { longest(play, start, false) } else { Duration::ZERO };
        let dual = longest(play, start, true);
        let recovery = play.world.now();
        for i in combination {
            if let Some(end) = &self.trials[*i].end {
                befall(play, end);
            }
        }
        let until = recovery.after(self.patience.saturating_mul(3));
        play.run_until(until, &mut Nobody);
        let back = masters(play);
        let after_dual = longest(play, recovery, true);
        Run {
            events,
            after,
            back,
            outage,
            dual: (dual, after_dual),
            none,
            two,
            stuck,
            left,
            length: until.since(Instant::ZERO),
        }
    }

    fn end_of(&self, run: &Run, from: Instant, combination: &[usize]) -> RunEnd {
        let last = combination.last().copied().unwrap_or_default();
        let ends: Vec<usize> = combination.iter().copied().filter(|i| self.trials[*i].end.is_some()).collect();
        let mut offsets = Vec::new();
        for (k, e) in run.events.iter().enumerate() {
            let which = if k == 0 { (last, false) } else { (ends.get(k - 1).copied().unwrap_or(last), true) };
            offsets.push((e.at.since(from), which.0, which.1));
        }
        RunEnd {
            after: run.after.clone(),
            back: run.back.clone(),
            outage: run.outage,
            dual: run.dual,
            none: run.none,
            two: run.two,
            stuck: run.stuck,
            left: run.left,
            offsets,
            length: run.length.saturating_sub(from.since(Instant::ZERO)),
        }
    }

    fn run_of(&self, end: RunEnd, from: Instant, first: Instant, earlier: &[usize]) -> Run {
        let mut events = Vec::new();
        let mut at = first;
        for i in earlier {
            events.push(Timed { at, fault: self.trials[*i].fault.clone() });
            at = at.after(self.patience);
        }
        for (offset, i, ended) in &end.offsets {
            let trial = &self.trials[*i];
            let fault = if *ended { trial.end.as_ref() } else { Some(&trial.fault) };
            events.extend(fault.map(|f| Timed { at: from.after(*offset), fault: f.clone() }));
        }
        Run {
            events,
            after: end.after,
            back: end.back,
            outage: end.outage,
            dual: end.dual,
            none: end.none,
            two: end.two,
            stuck: end.stuck,
            left: end.left,
            length: from.since(Instant::ZERO).saturating_add(end.length),
        }
    }

    /// Whether any process could be master at all: it runs and has no fault of its own.
    fn able(play: &Play) -> bool {
        (0..play.world.nodes()).any(|n| Self::is_able(play, n, None))
    }

    fn is_able(play: &Play, n: usize, group: Option<Group>) -> bool {
        play.world.is_running(n)
            && !play.world.is_paused(n)
            && play.world.instances(n).any(|(i, run)| {
                group.is_none_or(|g| g.vrid == run.vrid && g.ipv6 == run.ipv6)
                    && play.world.router(n, i).is_some_and(|vr| vr.faults().is_empty() && !vr.is_pending())
            })
    }

    fn nobody(play: &Play, after: &Masters) -> bool {
        let lacking = after.iter().filter(|(_, m)| m.is_empty());
        lacking.into_iter().any(|(g, _)| (0..play.world.nodes()).any(|n| Self::is_able(play, n, Some(*g))))
    }

    /// A check fails on a master, somebody else is able, and the master stays.
    fn stuck(&self, play: &Play, last: usize, after: &Masters) -> Option<Group> {
        let node = self.trials[last].node?;
        let name = self.trials[last].fault.args.name.as_deref()?;
        let tracks = |n: usize, g: Group| {
            play.world.instances(n).any(|(i, run)| {
                run.vrid == g.vrid && run.ipv6 == g.ipv6 && play.world.tracks(n, i).iter().any(|t| t == name)
            })
        };
        let others = |g: Group| (0..play.world.nodes()).any(|n| n != node && Self::is_able(play, n, Some(g)));
        after
            .iter()
            .find(|(g, m)| m.contains(&node) && m.len() == 1 && tracks(node, **g) && others(**g))
            .map(|(g, _)| *g)
    }

    /// A killed process's addresses are on its host while another node is master of them.
    fn left(play: &Play, after: &Masters) -> bool {
        (0..play.world.nodes()).filter(|n| !play.world.is_running(*n)).any(|n| {
            play.world.installed(n).any(|a| {
                after.iter().any(|(g, m)| {
                    m.iter().any(|other| {
                        *other != n
                            && play.world.instances(*other).any(|(_, run)| {
                                run.vrid == g.vrid && run.ipv6 == g.ipv6 && run.addresses.iter().any(|r| r.address == a)
                            })
                    })
                })
            })
        })
    }

    /// The worst of the ways through a combination, with the range of what it costs.
    fn merge(&self, combination: &[usize], runs: Vec<Run>) -> Outcome {
        let shortest = runs.iter().map(|r| r.outage).min().unwrap_or_default();
        let longest = runs.iter().map(|r| r.outage).max().unwrap_or_default();
        let parts = combination.iter().any(|i| self.trials[*i].parts);
        let tolerated = self.interval.saturating_add(Duration::from_millis(100));
        let judged = runs.into_iter().map(|run| {
            let moved = run.back != self.before;
            let broken: Vec<usize> = (0..self.plan.assertions.len())
                .filter(|a| !self.holds(&self.plan.assertions[*a], &run, tolerated))
                .collect();
            let severity = if !broken.is_empty() || run.none || run.stuck.is_some() || run.dual.1 > tolerated {
                Some(Severity::Critical)
            } else if run.dual.0 > tolerated {
                // Nodes that do not hear each other are each alone: no configuration helps.
                Some(if parts { Severity::Info } else { Severity::Critical })
            } else if run.left || self.are_apart(&run.after) {
                Some(Severity::Info)
            } else {
                None
            };
            (severity, broken, moved, run)
        });
        // Of equally bad ones the longest, then the first.
        let worst = judged.reduce(|a, b| {
            let key = |j: &(Option<Severity>, Vec<usize>, bool, Run)| {
                (j.0, j.1.len(), j.3.outage.max(j.3.dual.0).max(j.3.dual.1))
            };
            if key(&b) > key(&a) { b } else { a }
        });
        let Some((severity, broken, moved, run)) = worst else {
            return Outcome {
                trials: combination.to_vec(),
                events: Vec::new(),
                length: Duration::ZERO,
                after: Masters::new(),
                back: Masters::new(),
                outage: (Duration::ZERO, Duration::ZERO),
                dual: (Duration::ZERO, Duration::ZERO),
                none: false,
                two: false,
                stuck: None,
                apart: false,
                left: false,
                moved: false,
                broken: Vec::new(),
                severity: None,
            };
        };
        let apart = self.are_apart(&run.after);
        Outcome {
            trials: combination.to_vec(),
            events: run.events,
            length: run.length,
            after: run.after,
            back: run.back,
            outage: (shortest, longest),
            dual: run.dual,
            none: run.none,
            two: run.two,
            stuck: run.stuck,
            apart,
            left: run.left,
            moved,
            broken,
            severity,
        }
    }

    /// Whether virtual routers that had the same master have different ones.
    fn are_apart(&self, now: &Masters) -> bool {
        let one = |m: &BTreeSet<usize>| m.first().copied().filter(|_| m.len() == 1);
        let moved: Vec<(usize, usize)> =
            self.before.iter().filter_map(|(g, before)| Some((one(before)?, one(now.get(g)?)?))).collect();
        moved.iter().any(|a| moved.iter().any(|b| a.0 == b.0 && a.1 != b.1))
    }

    fn holds(&self, assertion: &Assertion, run: &Run, tolerated: Duration) -> bool {
        match assertion {
            Assertion::OneMasterWithin(time) => {
                run.outage <= *time && run.dual.0 <= *time && run.dual.1 <= *time && !run.none && !run.two
            }
            Assertion::NoSplitBrain => run.dual.0 <= tolerated && run.dual.1 <= tolerated,
            Assertion::Returns => run.back == self.before,
            Assertion::Together => !self.are_apart(&run.after) && !self.are_apart(&run.back),
            Assertion::ReturnsTo(node) => {
                let has = |g: &Group| {
                    let instances = &self.scenario.nodes[*node].setting.run.instances;
                    instances.iter().any(|i| i.vrid == g.vrid && i.ipv6 == g.ipv6)
                };
                run.back.iter().filter(|(g, _)| has(g)).all(|(_, m)| m.len() == 1 && m.contains(node))
            }
        }
    }
}

/// The longest time since a moment with two masters, or with none, of any virtual router; as far as it lies after it.
fn longest(play: &Play, since: Instant, dual: bool) -> Duration {
    let stories = play.stories();
    let windows = stories.values().flat_map(|s| if dual { &s.dual } else { &s.none });
    windows.filter(|w| w.to > since).map(|w| w.to.since(w.from.max(since))).max().unwrap_or_default()
}
