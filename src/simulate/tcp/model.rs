//! How long things take before the kernel gives up, by its own formulas.

use std::time::Duration;

use super::settings::Keepalive;

/// `TCP_RTO_MIN`, which the formula starts from whatever the timeouts of a connection are.
const RTO_MIN: Duration = Duration::from_millis(200);

/// How long data stays unacknowledged after its first retransmission before `boundary` retries count as used up: the
/// sum of `boundary` + 1 timeouts that begin with 200 ms and double up to `rto_max` (`tcp_model_timeout`). 924.6 s
/// for 15.
pub fn model_timeout(boundary: u32, rto_max: Duration) -> Duration {
    let doubling = (rto_max.as_micros() / RTO_MIN.as_micros()).max(1).ilog2();
    let sum = |n: u32| RTO_MIN * ((2_u32 << n) - 1);
    if boundary <= doubling { sum(boundary) } else { sum(doubling) + rto_max * (boundary - doubling) }
}

/// How long after the last thing heard an idle connection is given up, when nothing is heard any more: the kernel looks
/// when a probe is due. With a user timeout that decides, once a probe was sent, and not the number of probes.
pub fn gives_up_idle(keepalive: &Keepalive, user_timeout: Option<Duration>) -> Duration {
    let probes = match user_timeout {
        None => u128::from(keepalive.probes),
        Some(t) => t.saturating_sub(keepalive.idle).as_micros().div_ceil(keepalive.interval.as_micros().max(1)).max(1),
    };
    keepalive.idle + keepalive.interval * u32::try_from(probes).unwrap_or(u32::MAX)
}
