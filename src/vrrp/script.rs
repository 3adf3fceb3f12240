//! A tracked script: what its results add up to, and when it runs.
//!
//! [`ScriptState`] counts results as keepalived's `rise` and `fall` do. [`Schedule`] says when to start a run, to end one
//! that takes too long, and to kill one that does not end; whoever drives it starts the processes and tells how they
//! ended. Neither knows the other: a run's result goes to the counter by way of the driver.

use std::collections::VecDeque;
use std::time::Duration;

use super::track::Reading;
use crate::time::Instant;

/// What a result has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The script counts as good from now on.
    Good,
    /// The script counts as bad from now on.
    Bad,
}

/// The result counter of a script (keepalived, `vrrp_scheduler.c`): 0 to `rise + fall - 1`, good from `rise` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptState {
    rise: u64,
    fall: u64,
    count: u64,
    first: bool,
}

impl ScriptState {
    /// One that has no result: one success will make it good, and one failure bad, whatever `rise` and `fall` say.
    /// Both are 1 at least.
    pub fn new(rise: u32, fall: u32) -> Self {
        let (rise, fall) = (u64::from(rise.max(1)), u64::from(fall.max(1)));
        Self { rise, fall, count: rise - 1, first: true }
    }

    /// Counts a result: whether the run exited with status 0.
    pub fn result(&mut self, ok: bool) -> Option<Change> {
        let first = std::mem::replace(&mut self.first, false);
        if ok {
            if self.count < self.rise - 1 {
                self.count += 1;
                return None;
            }
            let change = (self.count < self.rise).then_some(Change::Good);
            self.count = self.most();
            change
        } else if self.count > self.rise {
            self.count -= 1;
            None
        } else {
            let change = (first || self.count == self.rise).then_some(Change::Bad);
            self.count = 0;
            change
        }
    }

    /// What it says now.
    pub fn reading(&self) -> Reading {
        if self.first { Reading::Unknown } else { Reading::from(self.count >= self.rise) }
    }

    /// Runs in a row that speak against what it says now, and how many of them change that. The first result always does.
    pub fn against(&self) -> (u64, u64) {
        match (self.first, self.count >= self.rise) {
            (true, _) => (0, 1),
            (false, true) => (self.most() - self.count, self.fall),
            (false, false) => (self.count, self.rise),
        }
    }

    /// The same result under another `rise` and `fall`, as a reload keeps it: as far from the threshold as before, or at
    /// the end of the scale if it was there.
    #[must_use]
    pub fn rescaled(&self, rise: u32, fall: u32) -> Self {
        let mut new = Self::new(rise, fall);
        new.first = self.first;
        new.count = if self.count == 0 && !self.first {
            0
        } else if self.count < self.rise {
            new.rise.saturating_sub(self.rise - self.count)
        } else if self.count == self.most() {
            new.most()
        } else {
            (new.rise + (self.count - self.rise)).min(new.most())
        };
        new
    }

    fn most(&self) -> u64 {
        self.rise + self.fall - 1
    }
}

/// After the request to end (SIGTERM) a run has so long until it is killed, and as long again until that is repeated.
const GRACE: Duration = Duration::from_secs(2);
/// Between further attempts to kill it.
const KILL_AGAIN: Duration = Duration::from_secs(10);
/// Runs of one script at once. Only a profile with overlapping runs comes near; a hanging script must not add without
/// end.
const MOST_RUNS: usize = 64;

/// One run of a script, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run(u64);

/// What is to be done about a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Start a run.
    Start(Run),
    /// A run is due, but the last one still runs: nothing is to be done but to say so.
    Skip,
    /// Its time is up: ask it to end (SIGTERM to its process group).
    Terminate(Run),
    /// It has not ended: SIGKILL.
    Kill(Run),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Runs,
    Terminated,
    Killed,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    run: Run,
    stage: Stage,
    until: Instant,
}

/// When a script runs: an interval after its last start, however long it takes.
#[derive(Clone, Debug)]
pub struct Schedule {
    interval: Duration,
    timeout: Duration,
    overlap: bool,
    next: Option<Instant>,
    runs: VecDeque<Running>,
    number: u64,
}

impl Schedule {
    /// One that has not begun. Without a timeout a run has the interval; an interval of zero is a second, as in
    /// keepalived. `overlap`: `Profile::scripts_overlap`.
    pub fn new(interval: Duration, timeout: Option<Duration>, overlap: bool) -> Self {
        let interval = if interval.is_zero() { Duration::from_secs(1) } else { interval };
        let timeout = timeout.filter(|t| !t.is_zero()).unwrap_or(interval);
        Self { interval, timeout, overlap, next: None, runs: VecDeque::new(), number: 0 }
    }

    /// Begins: the first run is due now.
    pub fn start(&mut self, now: Instant) {
        self.next = Some(now);
    }

    /// Ends: no further runs. Those that still run are given up, and are the driver's to terminate.
    pub fn stop(&mut self) -> impl Iterator<Item = Run> + '_ {
        self.next = None;
        self.runs.drain(..).map(|r| r.run)
    }

    /// When to call [`Self::tick`] next.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.runs.iter().map(|r| r.until).chain(self.next).min()
    }

    /// When the next run is due.
    pub fn next_start(&self) -> Option<Instant> {
        self.next
    }

    /// What is due now, one thing at a time: to be called until there is nothing.
    ///
    /// A run's end of time comes before a start that is due at the same moment. Whether the run has ended by the time of
    /// the start decides whether that is skipped, and it is a race in the daemon too: a driver that learns of the end
    /// between the two calls lets the end win.
    pub fn tick(&mut self, now: Instant) -> Option<Job> {
        if let Some(r) = self.runs.iter_mut().filter(|r| r.until <= now).min_by_key(|r| r.until) {
            let (stage, again) = match r.stage {
                Stage::Runs => (Stage::Terminated, GRACE),
                Stage::Terminated => (Stage::Killed, GRACE),
                Stage::Killed => (Stage::Killed, KILL_AGAIN),
            };
            (r.stage, r.until) = (stage, now.after(again));
            return Some(if stage == Stage::Terminated { Job::Terminate(r.run) } else { Job::Kill(r.run) });
        }
        self.next.filter(|at| *at <= now)?;
        self.next = Some(now.after(self.interval));
        if !self.runs.is_empty() && (!self.overlap || self.runs.len() >= MOST_RUNS) {
            return Some(Job::Skip);
        }
        let run = Run(self.number);
        self.number = self.number.wrapping_add(1);
        self.runs.push_back(Running { run, stage: Stage::Runs, until: now.after(self.timeout) });
        Some(Job::Start(run))
    }

    /// A run has ended, or could not be started. Gives whether it had been asked to end; nothing if it is none of those
    /// that run. Its result counts by its exit status alone: one that ends itself well when asked to has succeeded.
    pub fn ended(&mut self, run: Run) -> Option<bool> {
        let at = self.runs.iter().position(|r| r.run == run)?;
        self.runs.remove(at).map(|r| r.stage != Stage::Runs)
    }

    /// How many runs there are now.
    pub fn running(&self) -> usize {
        self.runs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results as letters, + and -, and what each changes: G, B or a dot.
    fn changes(state: &mut ScriptState, results: &str) -> String {
        let letter = |c| match state.result(c == '+') {
            Some(Change::Good) => 'G',
            Some(Change::Bad) => 'B',
            None => '.',
        };
        results.chars().map(letter).collect()
    }

    #[test]
    fn rise_and_fall() {
        let table = [
            // rise, fall, results, changes
            (1, 1, "+-+-", "GBGB"),
            // The first result decides at once, whatever rise and fall say.
            (3, 3, "+", "G"),
            (3, 3, "-", "B"),
            // From good, three failures in a row; a success between them starts the count again.
            (3, 3, "+--+---", "G.....B"),
            // From bad, three successes in a row; a failure between them starts the count again.
            (3, 3, "-++-+++", "B.....G"),
            (1, 2, "+--+-+--", "G.BG...B"),
            (2, 1, "-++-+-++", "B.GB...G"),
        ];
        for (rise, fall, results, expected) in table {
            assert_eq!(changes(&mut ScriptState::new(rise, fall), results), expected, "{rise} {fall} {results}");
        }
    }

    #[test]
    fn runs_against_the_reading_are_counted() {
        let mut state = ScriptState::new(2, 3);
        assert_eq!(state.against(), (0, 1));
        let after = |state: &mut ScriptState, ok| {
            state.result(ok);
            state.against()
        };
        assert_eq!(after(&mut state, true), (0, 3));
        assert_eq!(after(&mut state, false), (1, 3));
        assert_eq!(after(&mut state, false), (2, 3));
        assert_eq!(after(&mut state, false), (0, 2)); // bad now
        assert_eq!(after(&mut state, true), (1, 2));
        assert_eq!(after(&mut state, true), (0, 3)); // good again
    }

    #[test]
    fn the_reading_is_unknown_until_the_first_result() {
        let mut state = ScriptState::new(2, 2);
        assert_eq!(state.reading(), Reading::Unknown);
        state.result(false);
        assert_eq!(state.reading(), Reading::Bad);
        state.result(true);
        assert_eq!(state.reading(), Reading::Bad);
        state.result(true);
        assert_eq!(state.reading(), Reading::Good);
    }

    #[test]
    fn a_reload_keeps_the_result() {
        let table = [
            // Results under rise 3 and fall 3, the new rise and fall, further results, their changes.
            ("", 2, 2, "-", "B"),
            ("", 2, 2, "+", "G"),
            ("-", 2, 2, "++", ".G"),
            ("-+", 5, 2, "++", ".G"), // two are still missing
            ("-++", 1, 1, "+", "G"),  // one is
            ("+", 1, 5, "-----", "....B"),
            ("+-", 1, 5, "--", ".B"), // two are still missing
            ("+-", 1, 1, "-", "B"),
            ("+", 0, 0, "-+", "BG"),
        ];
        for (before, rise, fall, after, expected) in table {
            let mut old = ScriptState::new(3, 3);
            changes(&mut old, before);
            let mut new = old.rescaled(rise, fall);
            assert_eq!(new.reading(), old.reading(), "{before} {rise} {fall}");
            assert_eq!(changes(&mut new, after), expected, "{before} {rise} {fall} {after}");
        }
    }

    #[test]
    fn the_largest_rise_and_fall_do_not_overflow() {
        let mut state = ScriptState::new(u32::MAX, u32::MAX);
        assert_eq!(changes(&mut state, "+-+-"), "G...");
        assert_eq!(changes(&mut state.rescaled(1, 1), "-"), "B");
    }

    fn at(ms: i64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    /// What a schedule has done until so many milliseconds. A run that is asked to end ends at once if `obeys`.
    fn drive(schedule: &mut Schedule, until: i64, obeys: bool) -> Vec<String> {
        let mut log = Vec::new();
        while let Some(due) = schedule.next_deadline().filter(|d| *d <= at(until)) {
            let ms = due.as_micros() / 1000;
            match schedule.tick(due) {
                Some(Job::Start(Run(n))) => log.push(format!("{ms} start {n}")),
                Some(Job::Skip) => log.push(format!("{ms} skip")),
                Some(Job::Terminate(run)) => {
                    log.push(format!("{ms} term {}", run.0));
                    if obeys {
                        assert_eq!(schedule.ended(run), Some(true));
                    }
                }
                Some(Job::Kill(Run(n))) => log.push(format!("{ms} kill {n}")),
                None => panic!("{ms}: nothing was due"),
            }
        }
        log
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_hanging_script_overlaps_in_2_2_and_is_skipped_in_2_4() {
        // Interval 1 s, timeout 2 s, first bad run at 7.05: its second failure, with fall 2, is at 10.05 in 2.2.7 and at
        // 11.05 in 2.4 (measured: 10.03 and 11.07).
        let new = |overlap| {
            let mut s = Schedule::new(SECOND, Some(2 * SECOND), overlap);
            s.start(at(7050));
            s
        };
        assert_eq!(
            drive(&mut new(true), 10_100, true),
            ["7050 start 0", "8050 start 1", "9050 term 0", "9050 start 2", "10050 term 1", "10050 start 3"]
        );
        assert_eq!(
            drive(&mut new(false), 11_100, true),
            ["7050 start 0", "8050 skip", "9050 term 0", "9050 start 1", "10050 skip", "11050 term 1", "11050 start 2"]
        );
    }

    #[test]
    fn one_that_does_not_end_is_killed_again_and_again() {
        let mut s = Schedule::new(60 * SECOND, Some(SECOND), false);
        s.start(at(0));
        assert_eq!(
            drive(&mut s, 30_000, false),
            ["0 start 0", "1000 term 0", "3000 kill 0", "5000 kill 0", "15000 kill 0", "25000 kill 0"]
        );
    }

    #[test]
    fn runs_keep_their_cadence_however_long_they_take() {
        let mut s = Schedule::new(SECOND, None, false);
        s.start(at(500));
        let Some(Job::Start(first)) = s.tick(at(500)) else { panic!() };
        assert_eq!(s.ended(first), Some(false));
        assert_eq!(s.ended(first), None);
        assert_eq!(s.next_deadline(), Some(at(1500)));
        // Late by 0.3 s, as after a pause: keepalived counts the interval from when it got to it.
        assert!(matches!(s.tick(at(1800)), Some(Job::Start(_))));
        assert_eq!(s.tick(at(1800)), None);
        assert_eq!(s.next_deadline(), Some(at(2800)));
        assert!(matches!(s.tick(at(2800)), Some(Job::Terminate(_))));
        assert_eq!(s.tick(at(2800)), Some(Job::Skip));
        assert!(matches!(s.tick(at(9000)), Some(Job::Kill(_))));
        assert_eq!(s.tick(at(9000)), Some(Job::Skip));
        assert_eq!(s.next_deadline(), Some(at(10_000)));
    }

    #[test]
    fn stopping_gives_up_what_runs() {
        let mut s = Schedule::new(Duration::ZERO, Some(Duration::ZERO), true);
        s.start(at(0));
        assert_eq!(s.tick(at(0)), Some(Job::Start(Run(0))));
        assert_eq!(s.next_deadline(), Some(at(1000))); // an interval of zero is a second
        assert_eq!(s.stop().collect::<Vec<_>>(), [Run(0)]);
        assert_eq!((s.next_deadline(), s.running()), (None, 0));
    }

    #[test]
    fn hanging_runs_do_not_pile_up_without_end() {
        let mut s = Schedule::new(SECOND, Some(1000 * SECOND), true);
        s.start(at(0));
        drive(&mut s, 99_000, false);
        assert_eq!(s.running(), 64);
    }
}
