//! What somebody wants of a connection, whether settings give it, and settings that do: computed, then played.

use std::time::Duration;

use super::endpoint::Errno;
use super::event::What;
use super::model::{gives_up_idle, model_timeout};
use super::path::{Answer, Middlebox};
use super::play::{Scenario, play};
use super::settings::{Keepalive, Kernel, Settings, Slack};
use crate::time::Instant;

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// A peer that falls silent is noticed within this time.
    pub detect_within: Option<Duration>,
    /// A middlebox that forgets flows idle for this long never does.
    pub survive_idle: Option<Duration>,
}

/// One thing that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was allowed; nothing if it is only told.
    pub limit: Option<Duration>,
    /// How long it took; nothing if it never came.
    pub took: Option<Duration>,
    /// The same with timers as late as the kernel may make them.
    pub latest: Option<Duration>,
    /// Whether that is what is wanted.
    pub met: bool,
}

/// How settings do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The settings.
    pub settings: Settings,
    /// The peer falls silent while nothing is under way.
    pub idle: Option<Check>,
    /// The application writes just after the peer fell silent.
    pub data: Option<Check>,
    /// It writes just before the probes are used up, which begins anew: counted from when the peer fell silent.
    pub late: Option<Duration>,
    /// The middlebox: how long it sees nothing between probes.
    pub survive: Option<Check>,
}

impl Verdict {
    /// Whether everything wanted is met.
    pub fn is_met(&self) -> bool {
        [self.idle, self.data, self.survive].iter().flatten().all(|c| c.met)
    }
}

/// A length in which settings have come to whatever end they come to, and room for several timers.
pub fn horizon(s: &Settings) -> Duration {
    let idle = s.keepalive.map_or(Duration::ZERO, |k| gives_up_idle(&k, s.user_timeout) + k.idle);
    let data = s.user_timeout.unwrap_or_else(|| model_timeout(s.kernel.retries2, s.kernel.rto_max));
    (idle + data + s.kernel.rto_max * 3) * 11 / 10 + Duration::from_mins(1)
}

/// When the error comes, if one does, in a scenario of these settings.
fn error_at(settings: &Settings, rtt: Duration, events: Vec<(Instant, What)>, slack: Slack) -> Option<Duration> {
    let last = events.iter().map(|e| e.0.since(Instant::ZERO)).max().unwrap_or_default();
    let peer = Settings { kernel: settings.kernel, ..Settings::default() };
    let length = horizon(settings) + last;
    let scenario = Scenario { local: *settings, peer, rtt, events, middlebox: None, length };
    let summary = play(&scenario, slack, &mut |_, _| {});
    summary.error.filter(|(_, l)| l.error != Errno::Eof).map(|(at, _)| at.since(Instant::ZERO))
}

/// The latest of all the times that timers on time or late lead to, if each leads to one.
fn latest(at: impl Fn(Slack) -> Option<Duration>) -> Option<Duration> {
    let all = [Slack::Least, Slack::Usual, Slack::Most].map(at);
    all.iter().all(Option::is_some).then(|| all.into_iter().flatten().max())?
}

/// How long until an idle connection to a silent peer fails.
pub fn idle_error(settings: &Settings, rtt: Duration, slack: Slack) -> Option<Duration> {
    error_at(settings, rtt, vec![(Instant::ZERO, What::Drop)], slack)
}

/// How long until a connection fails that is written to just after the peer fell silent.
pub fn data_error(settings: &Settings, rtt: Duration, slack: Slack) -> Option<Duration> {
    error_at(settings, rtt, vec![(Instant::ZERO, What::Drop), (Instant::ZERO, What::Write(1))], slack)
}

/// Tries settings.
pub fn judge(settings: &Settings, rtt: Duration, target: &Target) -> Verdict {
    let mut verdict = Verdict { settings: *settings, idle: None, data: None, late: None, survive: None };
    if let Some(limit) = target.detect_within {
        let check = |took, latest: Option<Duration>| {
            Some(Check { limit: Some(limit), took, latest, met: latest.is_some_and(|t| t <= limit) })
        };
        let idle = idle_error(settings, rtt, Slack::Usual);
        verdict.idle = check(idle, latest(|slack| idle_error(settings, rtt, slack)));
        let data = data_error(settings, rtt, Slack::Usual);
        verdict.data = check(data, latest(|slack| data_error(settings, rtt, slack)));
        if let Some(at) = idle.and_then(|t| t.checked_sub(settings.kernel.time_of(1))) {
            let events = vec![(Instant::ZERO, What::Drop), (Instant::ZERO.after(at), What::Write(1))];
            verdict.late = error_at(settings, rtt, events, Slack::Usual);
        }
    }
    verdict.survive = target.survive_idle.map(|limit| survive(settings, rtt, limit));
    verdict
}

/// Whether a middlebox of this limit ever forgets a connection on which nothing but keepalive happens.
fn survive(settings: &Settings, rtt: Duration, limit: Duration) -> Check {
    let peer = Settings { kernel: settings.kernel, ..Settings::default() };
    let middlebox = Some(Middlebox { limit, answer: Answer::RstBoth });
    let length = limit * 3 + Duration::from_secs(1);
    let scenario = Scenario { local: *settings, peer, rtt, events: Vec::new(), middlebox, length };
    let idle = settings.keepalive.map(|k| k.pace());
    let latest = idle.map(|t| t + settings.kernel.lateness(t));
    Check { limit: Some(limit), took: idle, latest, met: play(&scenario, Slack::Most, &mut |_, _| {}).error.is_none() }
}

/// Settings that meet a target, tried: those that wait longest before they bother anybody. Nothing if there are none.
pub fn solve(kernel: &Kernel, rtt: Duration, target: &Target) -> Option<Verdict> {
    let most = target.survive_idle.map_or(u64::MAX, |t| t.as_secs());
    let Some(within) = target.detect_within else {
        // Two probes in the time, so that one may be lost.
        let (idle, interval) = (most / 2, (most / 4).clamp(1, 75));
        return attempt(kernel, rtt, target, idle, interval, 3, false);
    };
    [3_u64, 2, 1].into_iter().find_map(|probes| {
        let mut total = within.as_secs().min(32_767);
        while total > probes {
            let interval = (total / (2 * probes)).max(1);
            let bearable = most.saturating_sub(interval).saturating_sub(1).max(1);
            let idle = (total - probes * interval).min(bearable);
            if idle == 0 {
                return None;
            }
            if let Some(verdict) = attempt(kernel, rtt, target, idle, interval, probes, true) {
                return Some(verdict);
            }
            total -= 1;
        }
        None
    })
}

fn attempt(
    kernel: &Kernel,
    rtt: Duration,
    target: &Target,
    idle: u64,
    interval: u64,
    probes: u64,
    timeout: bool,
) -> Option<Verdict> {
    let seconds = Duration::from_secs;
    let keepalive = Keepalive { idle: seconds(idle), interval: seconds(interval), probes: probes as u32 };
    // With a user timeout, it decides and not the number of probes: the same moment for both.
    let user_timeout = timeout.then(|| seconds(idle + interval * probes));
    let settings = Settings { keepalive: Some(keepalive), user_timeout, nodelay: false, kernel: *kernel };
    if idle == 0 || idle > 32_767 || interval > 32_767 {
        return None;
    }
    Some(judge(&settings, rtt, target)).filter(Verdict::is_met)
}

/// The largest `tcp_retries2` with which unacknowledged data fails in time without a user timeout, for programs that
/// cannot set one.
pub fn retries2(kernel: &Kernel, rtt: Duration, within: Duration) -> Option<u32> {
    (0..=15).rev().find(|n| {
        let settings = Settings { kernel: Kernel { retries2: *n, ..*kernel }, ..Settings::default() };
        latest(|slack| data_error(&settings, rtt, slack)).is_some_and(|t| t <= within)
    })
}
