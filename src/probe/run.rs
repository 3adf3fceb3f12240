//! One job: its addresses, its rounds, and each round with its retries.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::check::{At, Check, Found};
use super::judge::{Checked, is_local};
use super::outcome::{Fact, Outcome, Phases, Value};
use super::reason::Reason;
use super::resolve::{self, Family};
use super::series::Series;
use super::target::{Host, Target};
use crate::net::monotonic;
use crate::net::probe_socket::Origin;
use crate::time::Instant;

/// A target and what to check there.
#[derive(Clone)]
pub struct Job {
    /// Where.
    pub target: Target,
    /// What.
    pub check: Arc<dyn Check>,
    /// How, where it is not as all others.
    pub options: Option<Options>,
}

/// How jobs are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// For one attempt with all its steps; resolving a name has as much again.
    pub timeout: Duration,
    /// The timeout is for each step instead, as keepalived's `connect_timeout`: to connect, and for whatever comes next.
    pub each_step: bool,
    /// More attempts after the first has failed, as keepalived's `retry`: one success ends them.
    pub retries: u32,
    /// Before each of them, as keepalived's `delay_before_retry`.
    pub retry_delay: Duration,
    /// Every address of a name, not only the first.
    pub all_addresses: bool,
    /// Which addresses.
    pub family: Family,
    /// Where it comes from.
    pub origin: Origin,
    /// Rounds.
    pub count: u32,
    /// From the beginning of one round to that of the next.
    pub interval: Duration,
    /// Attempts that may begin in a second, of all jobs together; without a limit when 0.
    pub rate: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // keepalived's connect_timeout and delay_before_retry.
            timeout: Duration::from_secs(5),
            each_step: false,
            retries: 0,
            retry_delay: Duration::from_secs(1),
            all_addresses: false,
            family: Family::Any,
            origin: Origin::default(),
            count: 1,
            interval: Duration::from_secs(1),
            rate: 0,
        }
    }
}

/// When attempts may begin, so that there are not too many in a second.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// From one attempt to the next.
    gap: Duration,
    /// When the next may begin.
    next: Mutex<Instant>,
}

impl Pace {
    /// So many attempts in a second; 0 is no limit.
    pub fn new(rate: u32) -> Self {
        let gap = if rate == 0 { Duration::ZERO } else { Duration::from_secs(1) / rate };
        Self { gap, next: Mutex::default() }
    }

    /// How long the attempt has to wait that would like to begin `now`. Its place is taken.
    fn wait(&self, now: Instant) -> Duration {
        if self.gap.is_zero() {
            return Duration::ZERO;
        }
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = now.max(*next);
        *next = turn.after(self.gap);
        turn.since(now)
    }

    /// Waits for a turn. `begun` is told once there was one: until then nothing was asked.
    async fn turn(&self, begun: &AtomicBool) {
        let wait = self.wait(monotonic());
        if !wait.is_zero() {
            sleep(wait).await;
        }
        begun.store(true, Ordering::Relaxed);
    }
}

/// Runs a job; `told` is given what is known of each address, again when more is known, so that it is known when the job
/// is ended early, and `begun` once anything was asked. Its series has the rounds that were not told before: there may be very many, so who listens adds them
/// up.
pub(super) async fn run(
    job: &Job,
    options: &Options,
    (pace, begun): (&Pace, &AtomicBool),
    told: &(impl Fn(usize, Checked) + Sync),
) {
    let named = matches!(job.target.host, super::target::Host::Name(_)) && job.check.has_address();
    // Who looks up a name asks, though not the service.
    begun.store(named, Ordering::Relaxed);
    let looked_up = monotonic();
    let (mut addresses, resolved) = match addresses(job, options).await {
        Ok(found) => (found, monotonic().since(looked_up)),
        Err(reason) => {
            let spent = monotonic().since(looked_up);
            let phases = Phases { resolve: Some(spent), total: Some(spent), ..Phases::default() };
            let outcome = outcome(job, None, Err(reason), phases, Vec::new(), 1);
            return told(0, Checked { outcome, series: None });
        }
    };
    let others = if options.all_addresses { Vec::new() } else { addresses.split_off(1) };
    // What the name brings to each outcome.
    let whole = |mut outcome: Outcome| {
        if named {
            outcome.phases.resolve = Some(resolved);
            outcome.phases.total = outcome.phases.total.map(|took| took + resolved);
        }
        if !others.is_empty() {
            let list = others.iter().map(|a| a.ip().to_string()).collect();
            outcome.facts.push(Fact { name: "other_addresses", value: Value::List(list) });
        }
        outcome
    };
    for (place, address) in addresses.into_iter().enumerate() {
        let mut failure = None;
        for round in 0..options.count {
            let started = monotonic();
            // Rounds before this one say more than the beginning of this one.
            let so_far = |outcome| {
                if round == 0 {
                    told(place, Checked { outcome: whole(outcome), series: None });
                }
            };
            let last = attempts(job, address, options, (pace, begun), &so_far).await;
            let series = (options.count > 1).then(|| {
                let mut series = Series::default();
                series.add(match &last.result {
                    Ok(()) => Ok(last.phases.total.unwrap_or_default()),
                    Err(reason) => Err(reason.id),
                });
                series
            });
            let last = whole(last);
            if last.result.is_err() {
                failure = Some(last.clone());
            }
            let outcome = failure.clone().unwrap_or(last);
            told(place, Checked { outcome, series });
            if round + 1 < options.count {
                sleep(options.interval.saturating_sub(monotonic().since(started))).await;
            }
        }
    }
}

async fn addresses(job: &Job, options: &Options) -> Result<Vec<SocketAddr>, Reason> {
    if !job.check.has_address() {
        return Ok(vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)]);
    }
    // `vip` finds the interface by itself.
    if let Host::Address(IpAddr::V6(address), None) = &job.target.host
        && address.is_unicast_link_local()
        && options.origin.interface.is_none()
        && job.check.kind() != "vip"
    {
        let sentence = format!("{address} can be on any link: say on which, as in {address}%eth0, or --interface");
        return Err(Reason::new("local", sentence));
    }
    // A source address can only ask addresses of its own family.
    let family = match options.origin.source {
        Some(IpAddr::V4(_)) => Family::V4,
        Some(IpAddr::V6(_)) => Family::V6,
        None => options.family,
    };
    let found = resolve::addresses(&job.target.host, job.target.port.unwrap_or(0), family);
    timeout(options.timeout, found).await.unwrap_or_else(|_| {
        let time = humantime::format_duration(options.timeout);
        Err(Reason::new("name", format!("{}: the name server does not answer within {time}", job.target.host)))
    })
}

/// Attempts until one is good or there have been enough. `so_far` is told of what is not the end yet.
async fn attempts(
    job: &Job,
    address: SocketAddr,
    options: &Options,
    (pace, begun): (&Pace, &AtomicBool),
    so_far: &(impl Fn(Outcome) + Sync),
) -> Outcome {
    let tried = job.check.has_address().then_some(address);
    let mut attempt = 1;
    loop {
        pace.turn(begun).await;
        let begun = monotonic();
        let done = |found: Found| {
            let total = found.phases.total.unwrap_or_else(|| monotonic().since(begun));
            let phases = Phases { total: Some(total), ..found.phases };
            outcome(job, tried, found.result, phases, found.facts, attempt)
        };
        let meanwhile = |found| so_far(done(found));
        let Options { ref origin, timeout, each_step, .. } = *options;
        let at = At { target: &job.target, address, origin, timeout, each_step, so_far: &meanwhile };
        let found = done(job.check.attempt(at).await);
        // What was not asked counts neither way and is not asked again.
        let again = found.result.as_ref().is_err_and(|r| !is_local(r.id)) && attempt <= options.retries;
        if !again {
            return found;
        }
        so_far(found);
        attempt += 1;
        sleep(options.retry_delay).await;
    }
}

fn outcome(
    job: &Job,
    address: Option<SocketAddr>,
    result: Result<(), Reason>,
    phases: Phases,
    facts: Vec<Fact>,
    attempts: u32,
) -> Outcome {
    Outcome {
        kind: job.check.kind(),
        target: job.target.text.clone(),
        address: address.map(|a| a.ip()),
        port: job.target.port,
        result,
        phases,
        facts,
        attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::check::Attempt;
    use crate::probe::runtime::block_on;

    /// Good for ever.
    struct Good;

    impl Check for Good {
        fn kind(&self) -> &'static str {
            "tcp"
        }

        fn attempt<'a>(&'a self, _: At<'a>) -> Attempt<'a> {
            Box::pin(async { Found { result: Ok(()), phases: Phases::default(), facts: Vec::new() } })
        }
    }

    #[test]
    fn each_round_is_told_once() {
        let host = Host::Address("192.0.2.1".parse().unwrap(), None);
        let target = Target { text: "192.0.2.1:80".into(), host, port: Some(80), scheme: None, path: None };
        let job = Job { target, check: Arc::new(Good), options: None };
        let options = Options { count: 3, interval: Duration::ZERO, ..Options::default() };
        let told = Mutex::new(Vec::new());
        let keep = |_, checked: Checked| told.lock().unwrap().push(checked.series.map(|s| s.sent));
        let pace = Pace::default();
        block_on(async {
            run(&job, &options, (&pace, &AtomicBool::default()), &keep).await;
            Ok(())
        })
        .unwrap();
        assert_eq!(told.into_inner().unwrap(), [Some(1); 3]);
    }

    #[test]
    fn attempts_take_turns() {
        let ms = Duration::from_millis;
        let at = |n| Instant::ZERO.after(ms(n));
        let pace = Pace::new(100);
        let waits = [5000, 5000, 5004, 5015, 5100, 5100].map(|n| pace.wait(at(n)));
        // At 5000, 5010, 5020, 5030; then there was time enough.
        assert_eq!(waits, [ms(0), ms(10), ms(16), ms(15), ms(0), ms(10)]);
        let pace = Pace::new(0);
        assert_eq!([0, 0, 0].map(|n| pace.wait(at(n))), [ms(0); 3]);
    }
}
