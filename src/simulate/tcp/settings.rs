//! What a socket and its kernel are set to.

use std::time::Duration;

use crate::simulate::words;

/// Keepalive of one socket: `SO_KEEPALIVE` with its three figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// `TCP_KEEPIDLE`, `tcp_keepalive_time`: how long nothing is heard before the first probe.
    pub idle: Duration,
    /// `TCP_KEEPINTVL`, `tcp_keepalive_intvl`: time between probes.
    pub interval: Duration,
    /// `TCP_KEEPCNT`, `tcp_keepalive_probes`: probes without an answer before the connection is given up.
    pub probes: u32,
}

impl Keepalive {
    /// How far apart probes are that are answered: the timer that an interval sets finds how much of the idle time is
    /// left.
    pub fn pace(&self) -> Duration {
        self.idle.max(self.interval)
    }
}

/// The figures of a kernel that no socket has to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// What a socket with `SO_KEEPALIVE` and nothing else has.
    pub keepalive: Keepalive,
    /// `tcp_retries2`.
    pub retries2: u32,
    /// `tcp_orphan_retries`.
    pub orphan_retries: u32,
    /// `tcp_rto_min_us`: the least retransmission timeout beside the round trip.
    pub rto_min: Duration,
    /// `tcp_rto_max_ms`: the most.
    pub rto_max: Duration,
    /// `tcp_fin_timeout`.
    pub fin_timeout: Duration,
    /// `CONFIG_HZ`: ticks a second, which timers are counted in.
    pub hz: u32,
}

impl Default for Kernel {
    /// The figures of the kernel's own source.
    fn default() -> Self {
        Self {
            keepalive: Keepalive { idle: Duration::from_hours(2), interval: Duration::from_secs(75), probes: 9 },
            retries2: 15,
            orphan_retries: 0,
            rto_min: Duration::from_millis(200),
            rto_max: Duration::from_mins(2),
            fin_timeout: Duration::from_mins(1),
            hz: 250,
        }
    }
}

/// How late timers are. The kernel's timer wheel sorts them into buckets that are the coarser the longer they run, and
/// rounds up, so a timer is late and never early (`kernel/time/timer.c`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slack {
    /// On time.
    Least,
    /// Told as they are set. Whether retries are used up is judged by the time that the wheel usually makes of it,
    /// half a bucket for each timer: a few milliseconds decide whether there is one more, twice as long.
    #[default]
    Usual,
    /// As late as the wheel may make them.
    Most,
}

/// What one endpoint works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Keepalive, if the socket has it.
    pub keepalive: Option<Keepalive>,
    /// `TCP_USER_TIMEOUT`, if it is set.
    pub user_timeout: Option<Duration>,
    /// Whether small writes go out while others are unacknowledged (`TCP_NODELAY`).
    pub nodelay: bool,
    /// The kernel's figures.
    pub kernel: Kernel,
}

impl Default for Settings {
    /// A socket nothing was set on, which therefore has no keepalive.
    fn default() -> Self {
        Self { keepalive: None, user_timeout: None, nodelay: false, kernel: Kernel::default() }
    }
}

impl Kernel {
    /// A duration in whole ticks, rounded up as `usecs_to_jiffies` does.
    pub fn ticks(&self, d: Duration) -> u64 {
        let hz = u128::from(self.hz);
        u64::try_from((d.as_micros() * hz).div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// So many ticks.
    pub fn time_of(&self, ticks: u64) -> Duration {
        let micros = u128::from(ticks) * 1_000_000 / u128::from(self.hz);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// A duration as a timer counts it.
    pub fn in_ticks(&self, d: Duration) -> Duration {
        self.time_of(self.ticks(d))
    }

    /// The most that a timer of this length may be late: its bucket's width and a tick. A level of the wheel has 64
    /// buckets, eight times as wide as those of the level below, and is used from 63 of these on (`LVL_START`).
    pub fn lateness(&self, d: Duration) -> Duration {
        let ticks = self.ticks(d);
        let (mut start, mut width) = (63_u64, 1_u64);
        for _ in 0..8 {
            if ticks < start {
                break;
            }
            start = start.saturating_mul(8);
            width *= 8;
        }
        self.time_of(width + 1)
    }
}

/// A duration with its unit, zero or not.
pub fn duration(s: &str) -> Result<Duration, String> {
    words::duration(s)
}

/// What a socket option in whole seconds takes: 1 s to 32767 s.
pub fn whole_seconds(s: &str) -> Result<Duration, String> {
    let d = duration(s)?;
    if !d.subsec_nanos().is_multiple_of(1_000_000_000) {
        return Err("the kernel takes whole seconds".into());
    }
    if d.is_zero() || d.as_secs() > 32_767 {
        return Err("the kernel takes 1s to 32767s".into());
    }
    Ok(d)
}
