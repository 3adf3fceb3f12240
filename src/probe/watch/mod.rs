//! The checks of a plan over time, as keepalived runs them: when each is due, what its results add up to, and what that
//! does to real servers, quorums and priorities.
//!
//! [`Watch`] is told the time and what a check said, and says which checks to start and what has changed. It knows neither
//! clocks nor sockets; [`run::watch`] does.

mod checker;
mod event;
pub mod run;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use checker::Turn;
pub use event::{Answer, Event, What};

use super::judge::Level;
use super::plan::{Does, Plan, Quorum, Standing, Weight};
use crate::time::Instant;
use crate::vrrp::script::{self, Change, Schedule, ScriptState};
use crate::vrrp::track::{Reading, effective_priority};

/// The state of everything.
#[derive(Clone)]
pub struct Watch {
    plan: Arc<Plan>,
    services: Vec<ServiceState>,
    scripts: Vec<ScriptWatch>,
    instances: Vec<Priority>,
    owners: Vec<Owner>,
    events: Vec<Event>,
    began: Instant,
}

/// A virtual server.
#[derive(Clone, Debug)]
pub struct ServiceState {
    /// Whether the real servers that are looked at make a quorum; what is to be said of it is [`Watch::served`].
    up: bool,
    /// Its real servers.
    pub servers: Vec<ServerState>,
}

/// What can be said of a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// It is there.
    Yes,
    /// It is lost.
    No,
    /// Real servers that no check has looked at yet could still lose it.
    Open,
    /// Other real servers decide as well, and nobody looks at them.
    Partial,
}

/// A real server.
#[derive(Clone, Debug)]
pub struct ServerState {
    /// Whether it takes part.
    pub alive: bool,
    /// Its weight now.
    pub weight: u32,
    /// What each checker said of it last.
    said: Vec<Option<Weight>>,
    /// Its checkers.
    pub checkers: Vec<Turn>,
    /// When it came to be as it is; nothing since the beginning.
    pub since: Option<Instant>,
}

/// A tracked script.
#[derive(Clone, Debug)]
pub struct ScriptWatch {
    /// Its results.
    pub state: ScriptState,
    /// When it runs; nothing if it is not run.
    pub schedule: Option<Schedule>,
    /// What it said last.
    pub last: Option<(Instant, Answer)>,
    /// How often it was due while it still ran.
    pub skipped: u64,
    running: Option<script::Run>,
}

/// What the scripts do to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority {
    /// Its priority now.
    pub priority: u8,
    /// A script puts it into FAULT.
    pub fault: bool,
    /// It waits for the first result of a script.
    pub pending: bool,
}

/// Whose a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Checker { service: usize, server: usize, checker: usize, page: usize },
    Script(usize),
}

/// How it begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beginning {
    /// What chance is made of.
    pub seed: u64,
    /// All first checks at once, instead of after a second and the warmup.
    pub at_once: bool,
}

/// Before the first check of a checker, beside its warmup.
const BOOT: Duration = Duration::from_secs(1);

impl Watch {
    /// Begins now.
    pub fn new(plan: Arc<Plan>, now: Instant, beginning: Beginning) -> Self {
        let mut chance = Chance(beginning.seed);
        let (mut owners, mut services) = (Vec::new(), Vec::new());
        for (n, service) in plan.services.iter().enumerate() {
            let mut servers = Vec::new();
            for (m, server) in service.servers.iter().enumerate() {
                let mut turns = Vec::new();
                for (k, checker) in server.checkers.iter().enumerate() {
                    let mut pages = Vec::new();
                    for check in checker.checks.clone() {
                        if matches!(server.checks[check].does, Does::Runs(_)) {
                            owners.push(Owner::Checker { service: n, server: m, checker: k, page: pages.len() });
                            pages.push(check);
                        }
                    }
                    let wait = match checker.rhythm {
                        Some(r) if !beginning.at_once => BOOT + chance.within(r.warmup),
                        _ => Duration::ZERO,
                    };
                    turns.push(Turn::new(checker, pages, now.after(wait)));
                }
                let alive = turns.iter().all(|t| t.up);
                let said = vec![None; turns.len()];
                servers.push(ServerState { alive, weight: server.weight, said, checkers: turns, since: None });
            }
            services.push(ServiceState { up: true, servers });
        }
        let scripts = plan.scripts.iter().enumerate().map(|(n, s)| {
            let runs = matches!(s.check.does, Does::Runs(_));
            if runs {
                owners.push(Owner::Script(n));
            }
            let mut schedule = runs.then(|| Schedule::new(s.interval, Some(s.timeout), false));
            if let Some(schedule) = &mut schedule {
                schedule.start(now);
            }
            ScriptWatch { state: ScriptState::new(s.rise, s.fall), schedule, last: None, skipped: 0, running: None }
        });
        let scripts = scripts.collect();
        let mut watch = Self { plan, services, scripts, instances: Vec::new(), owners, events: Vec::new(), began: now };
        watch.instances = (0..watch.plan.instances.len()).map(|i| watch.judge(i)).collect();
        for service in 0..watch.services.len() {
            watch.judge_quorum(now, service);
        }
        watch
    }

    /// What is checked.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When it began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The virtual servers, as in the plan.
    pub fn services(&self) -> &[ServiceState] {
        &self.services
    }

    /// The scripts, as in the plan.
    pub fn scripts(&self) -> &[ScriptWatch] {
        &self.scripts
    }

    /// The instances, as in the plan.
    pub fn instances(&self) -> &[Priority] {
        &self.instances
    }

    /// When to call [`Self::tick`] next.
    pub fn next_deadline(&self) -> Option<Instant> {
        let turns = self.services.iter().flat_map(|s| &s.servers).flat_map(|s| &s.checkers);
        let scripts = self.scripts.iter().filter_map(|s| s.schedule.as_ref().and_then(Schedule::next_deadline));
        turns.filter_map(Turn::next).chain(scripts).min()
    }

    /// The jobs of [`Plan::jobs`] that are to be started now.
    pub fn tick(&mut self, now: Instant) -> Vec<usize> {
        let mut due = Vec::new();
        for (job, owner) in self.owners.iter().enumerate() {
            match *owner {
                Owner::Checker { service, server, checker, page } => {
                    let turn = &mut self.services[service].servers[server].checkers[checker];
                    if turn.is_due(now, page) {
                        turn.start(now);
                        due.push(job);
                    }
                }
                Owner::Script(n) => {
                    let script = &mut self.scripts[n];
                    let Some(schedule) = &mut script.schedule else { continue };
                    while let Some(what) = schedule.tick(now) {
                        match what {
                            script::Job::Start(run) => {
                                script.running = Some(run);
                                due.push(job);
                            }
                            script::Job::Skip => {
                                script.skipped += 1;
                                // A script that is always too slow would say nothing else.
                                if script.skipped == 1 {
                                    self.events.push(Event { at: now, what: What::Skipped { script: n } });
                                }
                            }
                            // What runs it has its time limit too, and sends the signals.
                            script::Job::Terminate(_) | script::Job::Kill(_) => {}
                        }
                    }
                }
            }
        }
        due
    }

    /// A job that was started has ended.
    pub fn ended(&mut self, now: Instant, job: usize, answer: Answer) {
        match self.owners.get(job) {
            Some(&Owner::Checker { service, server, checker, .. }) => {
                self.checked(now, (service, server, checker), &answer);
            }
            Some(&Owner::Script(n)) => self.script_ended(now, n, answer),
            None => {}
        }
    }

    /// What has happened since this was asked last, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn tell(&mut self, at: Instant, what: What) {
        self.events.push(Event { at, what });
    }

    fn checked(&mut self, now: Instant, (service, server, checker): (usize, usize, usize), answer: &Answer) {
        let state = &mut self.services[service].servers[server];
        let turn = &mut state.checkers[checker];
        let check = turn.check();
        let came = turn.ended(now, answer);
        let reason = answer.reason.clone();
        match came {
            checker::Came::Nothing => {}
            checker::Came::Unasked => self.tell(now, What::Unasked { service, server, check, reason }),
            checker::Came::Failed { failures, of } => {
                self.tell(now, What::Failed { service, server, check, failures, of, reason });
            }
            checker::Came::Is { up, first, changed } => {
                self.tell(now, What::Checker { service, server, check, up, first, reason });
                if changed {
                    self.judge_server(now, service, server);
                }
            }
        }
        let state = &mut self.services[service].servers[server];
        let Some(said) = answer.weight else { return };
        state.said[checker] = Some(said);
        let to = Weight::sum(self.plan.services[service].servers[server].weight, state.said.iter().flatten().copied());
        let from = std::mem::replace(&mut state.weight, to);
        if from != to {
            self.tell(now, What::Weight { service, server, from, to });
            self.judge_quorum(now, service);
        }
    }

    fn judge_server(&mut self, now: Instant, service: usize, server: usize) {
        let state = &mut self.services[service].servers[server];
        let alive = state.checkers.iter().all(|t| t.up);
        if alive != state.alive {
            (state.alive, state.since) = (alive, Some(now));
            self.tell(now, What::Server { service, server, up: alive });
            self.judge_quorum(now, service);
        }
    }

    fn judge_quorum(&mut self, now: Instant, service: usize) {
        if self.plan.services[service].partial {
            return;
        }
        let quorum = self.quorum(service);
        let up = quorum.holds();
        if up != self.services[service].up {
            self.services[service].up = up;
            self.tell(now, What::Quorum { service, up, live: quorum.live, needed: quorum.needed });
        }
    }

    /// What the real servers of a virtual server come to. More is needed to get a quorum back than to keep it: the
    /// hysteresis goes both ways.
    pub fn quorum(&self, service: usize) -> Quorum {
        let state = &self.services[service];
        Quorum::of(&self.plan.services[service], state.servers.iter().map(|s| (s.weight, s.alive)), state.up)
    }

    /// Whether a virtual server has its quorum, as far as that can be said.
    pub fn served(&self, service: usize) -> Served {
        if self.plan.services[service].partial {
            return Served::Partial;
        }
        let quorum = self.quorum(service);
        match self.services[service].up {
            true if quorum.live.saturating_sub(self.unseen(service, true)) < quorum.needed => Served::Open,
            true => Served::Yes,
            false if quorum.live + self.unseen(service, false) >= quorum.needed => Served::Open,
            false => Served::No,
        }
    }

    /// Weight of the real servers that count as up, or as down (`alpha`), only because nobody has looked at them: the first
    /// look is still to come, or it is one that only the daemon has.
    pub fn unseen(&self, service: usize, alive: bool) -> u64 {
        let state = &self.services[service].servers;
        let unseen = |m: &usize| state[*m].alive == alive && self.standing(service, *m) == Standing::Unknown;
        (0..state.len()).filter(unseen).map(|m| u64::from(state[m].weight)).sum()
    }

    /// Virtual servers that are known to have no quorum.
    pub fn without_quorum(&self) -> impl Iterator<Item = usize> {
        (0..self.services.len()).filter(|n| self.served(*n) == Served::No)
    }

    /// How a real server stands. Until all its checkers have looked once it is unknown, and counts as the daemon takes it.
    pub fn standing(&self, service: usize, server: usize) -> Standing {
        let state = &self.services[service].servers[server];
        match (state.alive, state.checkers.iter().all(|t| t.has_run)) {
            (true, true) => Standing::Up,
            (false, _) if state.checkers.iter().any(|t| !t.up && t.has_run) => Standing::Down,
            _ => Standing::Unknown,
        }
    }

    fn script_ended(&mut self, now: Instant, n: usize, answer: Answer) {
        let script = &mut self.scripts[n];
        if let (Some(run), Some(schedule)) = (script.running.take(), &mut script.schedule) {
            schedule.ended(run);
        }
        let reason = answer.reason.clone();
        let good = answer.good;
        let told = answer.is_unasked_as(script.last.as_ref());
        script.last = Some((now, answer));
        let Some(good) = good else {
            if !told {
                self.tell(now, What::ScriptUnasked { script: n, reason });
            }
            return;
        };
        let before = script.state.reading();
        let change = script.state.result(good);
        let (count, of) = script.state.against();
        match change {
            Some(change) => {
                let first = before == Reading::Unknown;
                self.tell(now, What::Script { script: n, good: change == Change::Good, first, reason });
                for i in 0..self.instances.len() {
                    let to = self.judge(i);
                    let from = std::mem::replace(&mut self.instances[i], to);
                    if from != to {
                        self.tell(now, What::Priority { instance: i, from, to });
                    }
                }
            }
            None if count > 0 => self.tell(now, What::ScriptRun { script: n, good, count, of, reason }),
            None => {}
        }
    }

    fn judge(&self, instance: usize) -> Priority {
        let instance = &self.plan.instances[instance];
        let effects: Vec<_> =
            instance.tracks.iter().map(|t| t.effect(self.scripts[t.tracker].state.reading())).collect();
        Priority {
            priority: effective_priority(instance.priority, effects.iter().map(|e| e.points)),
            fault: effects.iter().any(|e| e.fault),
            pending: effects.iter().any(|e| e.pending),
        }
    }

    /// How well it is now, by the same rules as a single look: a lost quorum and a script that makes a FAULT are critical, a
    /// server that is down or a script that costs points is a warning.
    pub fn level(&self) -> Level {
        let servers = |n: usize| (0..self.services[n].servers.len()).map(move |m| self.standing(n, m));
        let services = self.services.iter().enumerate().map(|(n, s)| match () {
            () if self.served(n) == Served::No => Level::Critical,
            () if servers(n).any(|s| s == Standing::Down) => Level::Warning,
            () if self.served(n) == Served::Open => Level::Unknown,
            () if s.servers.iter().any(|s| s.checkers.iter().any(|t| !t.has_run && t.runs())) => Level::Unknown,
            () => Level::Ok,
        });
        let scripts = self.scripts.iter().zip(&self.plan.scripts).map(|(s, plan)| plan.level(s.state.reading()));
        let order =
            |l: &Level| [Level::Ok, Level::Unknown, Level::Warning, Level::Critical].iter().position(|x| x == l);
        services.chain(scripts).max_by_key(order).unwrap_or(Level::Unknown)
    }

    /// After so long every death at the beginning has been noticed: the slowest first look, and the worst time of
    /// noticing after it.
    pub fn enough(&self) -> Duration {
        let checkers = self.plan.services.iter().flat_map(|s| &s.servers).flat_map(|server| {
            server.checkers.iter().filter_map(|c| {
                let first = c.rhythm.map_or(Duration::ZERO, |r| BOOT + r.warmup);
                server.checks.get(c.checks.start)?.detect.map(|d| first.saturating_add(d))
            })
        });
        checkers.chain(self.plan.scripts.iter().filter_map(|s| s.check.detect)).max().unwrap_or_default()
    }
}

/// What looks like chance (SplitMix64).
struct Chance(u64);

impl Chance {
    fn within(&mut self, most: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let micros = (most.as_micros() * u128::from(z)) >> 64;
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}
