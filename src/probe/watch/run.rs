//! Drives a [`Watch`]: starts what is due, and tells it what came of it.

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{Answer, Event, Watch};
use crate::net::monotonic;
use crate::probe::run::{Job, Options, Pace, run};
use crate::probe::runtime::{block_on, stopped};
use crate::time::Instant;

/// How long, and how much at once.
pub struct Limits {
    /// So many checks at the same time; more wait.
    pub parallel: usize,
    /// It ends then, if not before.
    pub length: Option<Duration>,
    /// It ends once there is something to read from this.
    pub stop: Option<UnixStream>,
}

/// What is told: the state, the time, and what happened. Whoever is told may want to be told again at some time.
pub type Told<'a> = &'a mut dyn FnMut(&Watch, Instant, Vec<Event>) -> io::Result<Option<Instant>>;

/// Runs checks as they are due until it is to end. `told` hears of everything that starts, ends and changes. Gives
/// whether it was ended from outside.
///
/// # Errors
/// Those of `told`, and when the system has no more of what it takes.
pub fn watch(watch: &mut Watch, limits: Limits, told: Told<'_>) -> io::Result<bool> {
    block_on(drive(watch, limits, told))
}

async fn drive(watch: &mut Watch, limits: Limits, told: Told<'_>) -> io::Result<bool> {
    let stopped = stopped(limits.stop)?;
    tokio::pin!(stopped);
    let jobs: Vec<Job> = watch.plan().jobs().cloned().collect();
    let end = limits.length.map(|l| watch.began().after(l));
    let mut waiting = VecDeque::new();
    let mut running = JoinSet::new();
    let interrupted = loop {
        let now = monotonic();
        waiting.extend(watch.tick(now));
        while running.len() < limits.parallel.max(1) {
            let Some(place) = waiting.pop_front() else { break };
            let Some(job) = jobs.get(place).cloned() else { continue };
            running.spawn(async move {
                let last = Mutex::new(None);
                let keep = |_, checked| *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(checked);
                let default = Options::default();
                let options = job.options.as_ref().unwrap_or(&default);
                // When each begins is the schedule's.
                run(&job, options, (&Pace::default(), &AtomicBool::default()), &keep).await;
                (place, last.into_inner().unwrap_or_else(PoisonError::into_inner))
            });
        }
        let events = watch.take_events();
        let again = told(watch, now, events)?;
        if end.is_some_and(|end| end <= now) {
            break false;
        }
        let next = watch.next_deadline().into_iter().chain(end).chain(again).min();
        let wait = async {
            match next {
                Some(at) => sleep(at.since(monotonic())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = running.join_next(), if !running.is_empty() => {
                let (place, checked) = ended.map_err(io::Error::other)?;
                if let Some(checked) = checked {
                    watch.ended(monotonic(), place, Answer::of(&checked));
                }
            }
            () = wait => {}
            () = &mut stopped => break true,
        }
    };
    running.shutdown().await;
    Ok(interrupted)
}
