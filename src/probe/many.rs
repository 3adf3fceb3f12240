//! Many jobs at once, so many at a time.

use std::collections::HashMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::judge::Checked;
use super::outcome::{Outcome, Phases};
use super::reason::Reason;
use super::run::{Job, Options, Pace, run};
use super::runtime::{block_on, stopped};
use crate::net::monotonic;

/// What many jobs came to.
#[derive(Debug, Default)]
pub struct Ran {
    /// All addresses of all jobs, in the order of the jobs.
    pub checked: Vec<Checked>,
    /// Which job each of `checked` is of.
    pub places: Vec<Place>,
    /// Jobs that were not begun when it was ended early.
    pub missing: usize,
    /// Whether it was ended early.
    pub interrupted: bool,
}

/// A job, and how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub job: usize,
    /// Whether it was ended early: what is known of it may not be its last word.
    pub unfinished: bool,
}

/// What is known of each address of one job, in their order. There is mostly one, and there may be many jobs.
type Known = Arc<Mutex<Vec<Checked>>>;

/// Runs jobs, at most `parallel` at a time, and calls `done` for each when everything is known of it, with how many are.
/// Ends early, with what is known, once there is something to read from `stop`.
///
/// # Errors
/// When the system has no more of what it takes: descriptors, threads.
pub fn many(
    jobs: Vec<Job>,
    options: &Options,
    parallel: usize,
    stop: Option<UnixStream>,
    done: &mut dyn FnMut(&[Checked], usize) -> io::Result<()>,
) -> io::Result<Ran> {
    block_on(drive(jobs, options, parallel.max(1), stop, done))
}

async fn drive(
    jobs: Vec<Job>,
    options: &Options,
    parallel: usize,
    stop: Option<UnixStream>,
    done: &mut dyn FnMut(&[Checked], usize) -> io::Result<()>,
) -> io::Result<Ran> {
    let stopped = stopped(stop)?;
    tokio::pin!(stopped);
    let options = Arc::new(options.clone());
    let pace = Arc::new(Pace::new(options.rate));
    let total = jobs.len();
    let mut known: Vec<Known> = Vec::with_capacity(total);
    let mut waiting = jobs.into_iter();
    let mut running = JoinSet::new();
    let mut finished = 0;
    let mut complete = Vec::new();
    let mut interrupted = false;
    let mut under_way = HashMap::new();
    loop {
        while running.len() < parallel {
            let Some(job) = waiting.next() else { break };
            let (place, mine, job) = (known.len(), Known::default(), Arc::new(job));
            let begun = Arc::new(AtomicBool::default());
            under_way.insert(place, (Arc::clone(&job), Arc::clone(&begun), monotonic()));
            let (options, pace) = (Arc::clone(&options), Arc::clone(&pace));
            known.push(Arc::clone(&mine));
            complete.push(false);
            running.spawn(async move {
                let told = |n: usize, checked| {
                    let mut known = lock(&mine);
                    match known.get_mut(n) {
                        Some(before) => before.add(checked),
                        None => known.push(checked),
                    }
                };
                run(&job, job.options.as_ref().unwrap_or(&options), (&pace, &begun), &told).await;
                place
            });
        }
        let ended = tokio::select! {
            ended = running.join_next() => ended,
            () = &mut stopped => {
                interrupted = true;
                None
            }
        };
        let Some(ended) = ended else { break };
        let place = ended.map_err(io::Error::other)?;
        finished += 1;
        complete[place] = true;
        under_way.remove(&place);
        done(&lock(&known[place]), finished)?;
    }
    running.shutdown().await;
    for (place, (job, begun, since)) in under_way {
        let mut known = lock(&known[place]);
        // What still waited for its turn was not asked.
        if known.is_empty() && begun.load(Ordering::Relaxed) {
            known.push(Checked { outcome: no_answer_yet(&job, monotonic().since(since)), series: None });
        }
    }
    let checked: Vec<Vec<Checked>> = known.iter().map(|k| std::mem::take(&mut *lock(k))).collect();
    let missing = total - checked.iter().filter(|c| !c.is_empty()).count();
    let all = checked.iter().zip(complete).enumerate();
    let places =
        all.flat_map(|(job, (c, complete))| std::iter::repeat_n(Place { job, unfinished: !complete }, c.len()));
    Ok(Ran { places: places.collect(), checked: checked.into_iter().flatten().collect(), missing, interrupted })
}

/// Of a job that was ended before it knew anything.
fn no_answer_yet(job: &Job, spent: Duration) -> Outcome {
    let sentence = format!("no answer within {:.2} s", spent.as_secs_f64());
    Outcome {
        kind: job.check.kind(),
        target: job.target.text.clone(),
        address: None,
        port: job.target.port,
        result: Err(Reason::new("interrupted", sentence)),
        phases: Phases { total: Some(spent), ..Phases::default() },
        facts: Vec::new(),
        attempts: 1,
    }
}

fn lock(known: &Known) -> MutexGuard<'_, Vec<Checked>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::probe::check::{At, Attempt, Check, Found};
    use crate::probe::outcome::Fact;
    use crate::probe::target::{Host, Target};

    /// Wakes who waits for the end, and then does so.
    struct Wakes {
        wake: UnixStream,
        then: Then,
        rounds: AtomicU32,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Then {
        Fails,
        /// And goes on for ever.
        Tells,
        SaysNothing,
        /// In its third round, after one that was good and one that was not.
        Hangs,
    }

    impl Check for Wakes {
        fn kind(&self) -> &'static str {
            "tcp"
        }

        fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
            Box::pin(async move {
                let round = self.rounds.fetch_add(1, Ordering::SeqCst);
                match (self.then, round) {
                    (Then::Hangs, 0) => {
                        return Found { result: Ok(()), phases: Phases::default(), facts: Vec::new() };
                    }
                    (Then::Hangs, 1) => return Found::failed(Reason::new("refused", "no")),
                    _ => (&self.wake).write_all(b"!").unwrap(),
                }
                match self.then {
                    Then::Fails => return Found::failed(Reason::new("refused", "no")),
                    Then::SaysNothing | Then::Hangs => return std::future::pending().await,
                    Then::Tells => {}
                }
                let told =
                    |n| Found { result: Ok(()), phases: Phases::default(), facts: vec![Fact::number("answers", n)] };
                (at.so_far)(told(1));
                (at.so_far)(told(2));
                std::future::pending().await
            })
        }
    }

    fn interrupted(then: Then) -> Ran {
        let (wake, woken) = UnixStream::pair().unwrap();
        let host = Host::Address("192.0.2.1".parse().unwrap(), None);
        let target = Target { text: "192.0.2.1:80".into(), host, port: Some(80), scheme: None, path: None };
        let job = Job { target, check: Arc::new(Wakes { wake, then, rounds: AtomicU32::new(0) }), options: None };
        let mut options = Options { retries: 5, retry_delay: Duration::from_hours(1), ..Options::default() };
        if then == Then::Hangs {
            options = Options { count: 9, interval: Duration::ZERO, ..Options::default() };
        }
        many(vec![job], &options, 1, Some(woken), &mut |_, _| panic!("it is not complete")).unwrap()
    }

    #[test]
    fn what_goes_on_is_asked_what_it_knows() {
        let ran = interrupted(Then::Tells);
        assert_eq!((ran.interrupted, ran.missing, ran.places), (true, 0, vec![Place { job: 0, unfinished: true }]));
        assert_eq!(ran.checked[0].outcome.facts, [Fact::number("answers", 2)]);
    }

    #[test]
    fn attempts_that_failed_are_known_before_the_last() {
        let ran = interrupted(Then::Fails);
        assert_eq!((ran.interrupted, ran.missing, ran.places), (true, 0, vec![Place { job: 0, unfinished: true }]));
        let outcome = &ran.checked[0].outcome;
        assert_eq!((outcome.result.as_ref().map_err(|r| r.id), outcome.attempts), (Err("refused"), 1));
    }

    #[test]
    fn rounds_that_are_over_are_known() {
        let ran = interrupted(Then::Hangs);
        assert_eq!((ran.interrupted, ran.missing, ran.places), (true, 0, vec![Place { job: 0, unfinished: true }]));
        let series = ran.checked[0].series.as_ref().unwrap();
        assert_eq!((series.sent, series.lost(), series.failures()), (2, 1, &[("refused", 1)][..]));
        assert_eq!(ran.checked[0].outcome.result.as_ref().map_err(|r| r.id), Err("refused"));
    }

    #[test]
    fn what_has_no_answer_yet_is_told_as_that() {
        let ran = interrupted(Then::SaysNothing);
        assert_eq!((ran.missing, ran.places), (0, vec![Place { job: 0, unfinished: true }]));
        let outcome = &ran.checked[0].outcome;
        assert_eq!((outcome.kind, outcome.target.as_str()), ("tcp", "192.0.2.1:80"));
        assert_eq!(outcome.result.as_ref().map_err(|r| r.id), Err("interrupted"));
    }

    #[test]
    fn what_waited_for_its_turn_was_not_begun() {
        let (wake, woken) = UnixStream::pair().unwrap();
        let job = || {
            let host = Host::Address("192.0.2.1".parse().unwrap(), None);
            let target = Target { text: "192.0.2.1:80".into(), host, port: Some(80), scheme: None, path: None };
            let then = Then::SaysNothing;
            Job {
                target,
                check: Arc::new(Wakes { wake: wake.try_clone().unwrap(), then, rounds: AtomicU32::new(0) }),
                options: None,
            }
        };
        // One in a second: the first is asked, and ends it all; the others wait.
        let options = Options { rate: 1, ..Options::default() };
        let ran = many(vec![job(), job(), job()], &options, 3, Some(woken), &mut |_, _| Ok(())).unwrap();
        assert_eq!((ran.missing, ran.places), (2, vec![Place { job: 0, unfinished: true }]));
    }
}
