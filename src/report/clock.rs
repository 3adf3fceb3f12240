//! Time of day for people: local time, UTC where the zone is unknown. JSON never uses this.

use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// A time zone to show times in.
#[derive(Clone, Debug)]
pub struct Clock(TimeZone);

impl Clock {
    /// The zone of this machine; UTC when it cannot be found.
    pub fn local() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// UTC.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// `10:42:07`.
    pub fn hms(&self, t: Timestamp) -> String {
        self.format(t, "%H:%M:%S")
    }

    /// `10:42:07.123`.
    pub fn hms_millis(&self, t: Timestamp) -> String {
        self.format(t, "%H:%M:%S%.3f")
    }

    /// `10:42:07.123456`, as tcpdump shows it.
    pub fn hms_micros(&self, t: Timestamp) -> String {
        self.format(t, "%H:%M:%S%.6f")
    }

    /// `2026-11-22 10:42:07 UTC+01:00`.
    pub fn full(&self, t: Timestamp) -> String {
        self.format(t, "%Y-%m-%d %H:%M:%S UTC%:z")
    }

    /// `2026-11-22`.
    pub fn date(&self, t: Timestamp) -> String {
        self.format(t, "%Y-%m-%d")
    }

    /// `20261122-104207`, for a file name.
    pub fn file_stamp(&self, t: Timestamp) -> String {
        self.format(t, "%Y%m%d-%H%M%S")
    }

    fn format(&self, t: Timestamp, format: &str) -> String {
        // Every i64 of nanoseconds is within jiff's years, so the fallback is never shown.
        let utc = jiff::Timestamp::from_nanosecond(i128::from(t.nanos)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        utc.to_zoned(self.0.clone()).strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_not_rounded() {
        // date -u -d @1700000000 +%T is 22:13:20
        let t = Timestamp::from_nanos(1_700_000_000_999_999_999);
        let clock = Clock::utc();
        assert_eq!(clock.hms(t), "22:13:20");
        assert_eq!(clock.hms_millis(t), "22:13:20.999");
        assert_eq!(clock.file_stamp(t), "20231114-221320");
        assert_eq!(clock.date(t), "2023-11-14");
        assert_eq!(clock.full(t), "2023-11-14 22:13:20 UTC+00:00");
    }

    #[test]
    fn the_ends_of_time_are_shown_too() {
        let clock = Clock::utc();
        assert_eq!(clock.date(Timestamp::from_nanos(i64::MAX)), "2262-04-11");
        assert_eq!(clock.date(Timestamp::from_nanos(i64::MIN)), "1677-09-21");
    }
}
