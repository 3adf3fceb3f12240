//! Many jobs at once, so many at a time.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

use super::judge::Checked;
use super::run::{Job, Options, Pace, run};
use super::runtime::{block_on, stopped};

/// What many jobs came to.
#[derive(Debug, Default)]
pub struct Ran {
    /// All addresses of all jobs, in the order of the jobs.
    pub checked: Vec<Checked>,
    /// Which job each of `checked` is of.
    pub places: Vec<usize>,
    /// Those of `checked` whose jobs were ended early.
    pub unfinished: Vec<Checked>,
    /// Jobs that were not begun, or of which nothing was known yet when it was ended early.
    pub missing: usize,
    /// Whether it was ended early.
    pub interrupted: bool,
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
    loop {
        while running.len() < parallel {
            let Some(job) = waiting.next() else { break };
            let (place, mine) = (known.len(), Known::default());
            let (options, pace) = (Arc::clone(&options), Arc::clone(&pace));
            known.push(Arc::clone(&mine));
            complete.push(false);
            running.spawn(async move {
                let mut told = |n, checked| {
                    let mut known = lock(&mine);
                    match known.get_mut(n) {
                        Some(before) => *before = checked,
                        None => known.push(checked),
                    }
                };
                run(&job, job.options.as_ref().unwrap_or(&options), &pace, &mut told).await;
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
        done(&lock(&known[place]), finished)?;
    }
    running.shutdown().await;
    let checked: Vec<Vec<Checked>> = known.iter().map(|k| std::mem::take(&mut *lock(k))).collect();
    let missing = total - checked.iter().filter(|c| !c.is_empty()).count();
    let unfinished =
        checked.iter().zip(complete).filter(|(_, complete)| !complete).flat_map(|(c, _)| c.clone()).collect();
    let places = checked.iter().enumerate().flat_map(|(i, c)| std::iter::repeat_n(i, c.len())).collect();
    Ok(Ran { checked: checked.into_iter().flatten().collect(), places, unfinished, missing, interrupted })
}

fn lock(known: &Known) -> MutexGuard<'_, Vec<Checked>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
