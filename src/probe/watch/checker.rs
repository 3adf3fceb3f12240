//! One checker: when its checks are due, and what their results add up to (keepalived, the epilogs of `check/*.c`).

use std::time::Duration;

use super::event::Answer;
use crate::probe::plan::{Checker, Rhythm, Scheme};
use crate::time::Instant;

/// A checker over time.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whether it counts as up. One that nobody runs here stays as the daemon begins with it.
    pub up: bool,
    /// Whether it has said something that counts.
    pub has_run: bool,
    /// What each of its checks said last, as in [`Self::checks`].
    pub last: Vec<Option<(Instant, Answer)>>,
    rhythm: Option<Rhythm>,
    checks: Vec<usize>,
    failures: u32,
    page: usize,
    failed: Option<usize>,
    next: Option<Instant>,
    started: Option<Instant>,
}

/// What a result came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing new.
    Nothing,
    /// Nothing was asked.
    Unasked,
    /// It failed, and is still up.
    Failed { failures: u32, of: u32 },
    /// It is up or down; whether that is news, and whether it is other than before.
    Is { up: bool, first: bool, changed: bool },
}

impl Turn {
    /// One whose first check is due then; `checks` are those of its server that can be run.
    pub(super) fn new(checker: &Checker, checks: Vec<usize>, first: Instant) -> Self {
        let runs = checker.rhythm.is_some() && !checks.is_empty();
        let retry = checker.rhythm.map_or(0, |r| r.retry);
        Self {
            up: !checker.alpha,
            has_run: false,
            last: vec![None; checks.len()],
            rhythm: checker.rhythm,
            checks,
            // The first failure counts at once, except where retries are counted in every round.
            failures: if checker.rhythm.is_some_and(|r| r.scheme == Scheme::EveryRound) { 0 } else { retry },
            page: 0,
            failed: None,
            next: runs.then_some(first),
            started: None,
        }
    }

    /// Whether it is run here at all.
    pub fn runs(&self) -> bool {
        self.rhythm.is_some() && !self.checks.is_empty()
    }

    /// When the next check is due; nothing while one runs.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Since when a check runs.
    pub fn started(&self) -> Option<Instant> {
        self.started
    }

    /// Its checks that are run, by their places in the plan's server.
    pub fn checks(&self) -> &[usize] {
        &self.checks
    }

    /// The check whose turn it is.
    pub fn check(&self) -> usize {
        self.checks.get(self.page).copied().unwrap_or(0)
    }

    /// What the check said last that decides, or whose turn it is.
    pub fn latest(&self) -> Option<&(Instant, Answer)> {
        match self.failed {
            Some(page) => self.last.get(page)?.as_ref(),
            None => self.last.iter().flatten().max_by_key(|(at, _)| *at),
        }
    }

    /// While it is up: failures in a row, and how many make it down.
    pub fn failing(&self) -> Option<(u32, u32)> {
        let rhythm = self.rhythm?;
        let counts = self.has_run || rhythm.scheme == Scheme::EveryRound;
        (self.up && counts && self.failures > 0).then_some((self.failures, rhythm.retry.saturating_add(1)))
    }

    pub(super) fn is_due(&self, now: Instant, page: usize) -> bool {
        page == self.page && self.next.is_some_and(|at| at <= now)
    }

    pub(super) fn start(&mut self, now: Instant) {
        (self.next, self.started) = (None, Some(now));
    }

    pub(super) fn ended(&mut self, now: Instant, answer: &Answer) -> Came {
        let Some(rhythm) = self.rhythm else { return Came::Nothing };
        let before = self.last.get_mut(self.page).and_then(|last| last.replace((now, answer.clone())));
        let started = self.started.take().unwrap_or(now);
        let Some(good) = answer.good else {
            self.next = Some(now.after(rhythm.delay_loop));
            return if answer.is_unasked_as(before.as_ref()) { Came::Nothing } else { Came::Unasked };
        };
        let (came, delay) = match rhythm.scheme {
            Scheme::Pages { fast_recovery } => self.page(rhythm, fast_recovery, good),
            Scheme::Plain | Scheme::FromStart | Scheme::EveryRound => self.single(rhythm, good),
        };
        self.next = Some(match rhythm.scheme {
            Scheme::FromStart => started.after(delay).max(now),
            _ => now.after(delay),
        });
        came
    }

    fn is(&mut self, up: bool) -> Came {
        let came = Came::Is { up, first: !self.has_run, changed: up != self.up };
        (self.up, self.has_run) = (up, true);
        came
    }

    fn single(&mut self, rhythm: Rhythm, good: bool) -> (Came, Duration) {
        let news = !self.has_run || self.up != good;
        let retries = rhythm.scheme == Scheme::EveryRound || self.up || !self.has_run;
        if !good && retries && self.failures < rhythm.retry {
            self.failures += 1;
            let of = rhythm.retry.saturating_add(1);
            let came = if self.up { Came::Failed { failures: self.failures, of } } else { Came::Nothing };
            return (came, rhythm.delay_before_retry);
        }
        self.failures = 0;
        (if news { self.is(good) } else { Came::Nothing }, rhythm.delay_loop)
    }

    /// The pages take turns. One that has made the checker down is asked until it is good, then all are asked again.
    fn page(&mut self, rhythm: Rhythm, fast_recovery: bool, good: bool) -> (Came, Duration) {
        let mut came = Came::Nothing;
        let mut delay = rhythm.delay_loop;
        if good {
            self.failures = 0;
            self.page += 1;
            if self.failed.take().is_some() {
                self.page = 0;
            } else if self.page >= self.checks.len() {
                self.page = 0;
                if !self.up || !self.has_run {
                    came = self.is(true);
                }
            }
            if !self.has_run {
                self.failures = rhythm.retry;
            }
        } else if self.up || !self.has_run {
            self.failures = self.failures.saturating_add(1);
            let of = rhythm.retry.saturating_add(1);
            if self.failures >= of {
                self.failed = Some(self.page);
                came = self.is(false);
                self.failures = 0;
            } else {
                came = Came::Failed { failures: self.failures, of };
            }
            self.has_run = true;
        }
        if !good {
            delay = match self.failed {
                Some(_) => rhythm.delay_before_retry.max(rhythm.delay_loop),
                None => rhythm.delay_before_retry,
            };
        }
        // Coming up is not to take a loop for each page. (The daemon does not wait after a bad one either, and asks it
        // without end.)
        if good && fast_recovery && (!self.has_run || (!self.up && self.failed.is_none())) {
            delay = Duration::ZERO;
        }
        (came, delay)
    }
}
