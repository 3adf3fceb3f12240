//! The wall clock. Everything else is told what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::time::Timestamp;

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
}
