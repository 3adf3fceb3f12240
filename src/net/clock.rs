//! The two clocks. Everything else is told what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use super::sys;
use crate::time::{Instant, Timestamp};

/// Now, by the clock that never jumps (CLOCK_MONOTONIC): microseconds since some moment before this machine started. A
/// speaker's timers run by it, and [`super::wait_any`] sleeps by it.
pub fn monotonic() -> Instant {
    Instant::from_micros(sys::monotonic_micros())
}

/// Now, by the same clock that the kernel stamps captured frames with (CLOCK_REALTIME). The only place that reads it.
pub fn wall() -> Timestamp {
    let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        // A clock before 1970: a machine without a battery that has not met its time server yet.
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    };
    Timestamp::from_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_goes_forward_and_has_nanoseconds() {
        let (a, b) = (wall(), wall());
        assert!(a <= b);
        assert_eq!(a.digits, 9);
    }

    #[test]
    fn the_monotonic_clock_is_past_its_epoch_and_goes_forward() {
        let (a, b) = (monotonic(), monotonic());
        assert!(Instant::ZERO < a && a <= b);
    }
}
