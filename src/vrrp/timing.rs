//! Skew time and master-down interval: the only place that computes them.
//!
//! Whole microseconds, truncated where keepalived truncates (`include/vrrp.h`, `VRRP_TIMER_SKEW` and
//! `VRRP_MS_DOWN_TIMER`), so that a predicted time is the daemon's own.

use std::time::Duration;

use super::profile::Grain;

/// How many advert intervals of silence a backup waits for, unless `down_timer_adverts` says otherwise.
pub const DOWN_TIMER_ADVERTS: u8 = 3;

/// Skew time: how much longer a backup of this priority waits than one of priority 256 would.
///
/// Version 2 (RFC 3768 §6.1): `(256 − priority) / 256` seconds, whatever the interval. Version 3 (RFC 5798 §6.1):
/// `(256 − priority) × master_adver_int / 256`, with the interval cut to whole centiseconds.
pub fn skew_time(version: u8, priority: u8, master_adver_int: Duration) -> Duration {
    let p = 256 - u128::from(priority);
    let micros = if version == 2 {
        p * 1_000_000 / 256
    } else {
        // p/256 × (centiseconds × 10,000 µs) = p × centiseconds × 625 / 16
        p * (master_adver_int.as_micros() / 10_000) * 625 / 16
    };
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Master-down interval: how long a backup of this priority waits after the last advert it accepted.
///
/// `adverts × master_adver_int + skew_time`; `adverts` is 3 in the RFCs ([`DOWN_TIMER_ADVERTS`]).
pub fn master_down_interval(version: u8, priority: u8, master_adver_int: Duration, adverts: u8) -> Duration {
    master_adver_int.saturating_mul(u32::from(adverts)).saturating_add(skew_time(version, priority, master_adver_int))
}

/// What a backup's timer was armed with: everything a screen needs to unfold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// VRRP version: it decides what the skew is a part of.
    pub version: u8,
    /// Adverts of silence; 0 for the skew time alone, after a release.
    pub adverts: u8,
    /// The master's interval.
    pub interval: Duration,
    /// Priority that makes the skew time.
    pub priority: u8,
    /// To what it is cut.
    pub grain: Grain,
}

impl Wait {
    /// How long.
    pub fn duration(&self) -> Duration {
        match self.grain {
            Grain::Microsecond => master_down_interval(self.version, self.priority, self.interval, self.adverts),
            // FRR (vrrpd/vrrp.c): skew = (256 − priority) × centiseconds / 256 in integers; 100 centiseconds in version 2.
            Grain::Centisecond => {
                let cs = self.interval.as_millis() / 10;
                let skew = (256 - u128::from(self.priority)) * if self.version == 2 { 100 } else { cs } / 256;
                let all = u128::from(self.adverts) * cs + skew;
                Duration::from_millis(u64::try_from(all * 10).unwrap_or(u64::MAX))
            }
        }
    }

    /// The skew time's share, in parts of 256: `256 − priority`.
    pub const fn skew_parts(&self) -> u16 {
        256 - self.priority as u16
    }

    /// The skew time alone.
    #[must_use]
    pub const fn skew(self) -> Self {
        Self { adverts: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frr_cuts_to_centiseconds() {
        let wait = |version, priority, ms, adverts| {
            let interval = Duration::from_millis(ms);
            Wait { version, adverts, interval, priority, grain: Grain::Centisecond }.duration().as_micros()
        };
        // 156 × 100 / 256 = 60.9 → 60 cs; 106 × 100 / 256 = 41.4 → 41 cs; 156 × 20 / 256 = 12.2 → 12 cs
        assert_eq!(wait(3, 100, 1000, 3), 3_600_000);
        assert_eq!(wait(2, 150, 1000, 3), 3_410_000);
        assert_eq!(wait(3, 100, 200, 3), 720_000);
        assert_eq!(wait(3, 100, 1000, 0), 600_000);
        // version 2's skew does not grow with the interval
        assert_eq!(wait(2, 100, 10_000, 3), 30_600_000);
    }

    fn down(version: u8, priority: u8, ms: u64) -> u128 {
        master_down_interval(version, priority, Duration::from_millis(ms), 3).as_micros()
    }

    // holds: rfc3768-6.1-1 rfc5798-6.1-1 rfc9568-6.1-1
    #[test]
    fn the_examples_worked_out_by_hand() {
        // 156/256 s = 0.609375 s; 106/256 s = 0.4140625 s, cut to the microsecond
        assert_eq!(down(2, 100, 1000), 3_609_375);
        assert_eq!(down(3, 100, 1000), 3_609_375);
        assert_eq!(down(2, 150, 1000), 3_414_062);
        assert_eq!(down(2, 254, 1000), 3_007_812);
        assert_eq!(down(2, 255, 1000), 3_003_906);
        assert_eq!(down(2, 1, 1000), 3_996_093);
        // v2's skew does not grow with the interval: 30 s + 0.609375 s
        assert_eq!(down(2, 100, 10_000), 30_609_375);
        // v3's does: 3 × 0.5 + 156/256 × 0.5
        assert_eq!(down(3, 100, 500), 1_804_687);
        // a centisecond: 3 × 10 ms + 156 × 1 × 625 / 16 µs
        assert_eq!(down(3, 100, 10), 36_093);
    }

    #[test]
    fn the_largest_interval_does_not_overflow() {
        assert_eq!(down(3, 1, 40_950), 3 * 40_950_000 + 255 * 4095 * 625 / 16);
        assert_eq!(
            master_down_interval(3, 0, Duration::MAX / 1000, 3),
            master_down_interval(3, 0, Duration::MAX / 1000, 3)
        );
    }
}
