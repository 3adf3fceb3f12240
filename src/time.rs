//! Time as data. Nothing here reads a clock: a capture, a simulation or the live socket says what time it is.
//!
//! Two kinds of time are used. [`Timestamp`] is when a capture says a frame was seen, in nanoseconds since the Unix
//! epoch together with the precision its source recorded. [`Instant`] is what protocol logic works with: whole
//! microseconds, as in keepalived's own timers (`lib/timer.h`), so no state depends on a float.

use std::fmt;
use std::time::Duration;

/// A moment in whole microseconds since an epoch that the driver chooses (the Unix epoch for captures).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The epoch itself.
    pub const ZERO: Self = Self(0);

    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment plus a duration (saturating at the end of time).
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This moment less a duration (saturating at the beginning of time).
    #[must_use]
    pub fn before(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// Seconds without superfluous zeroes, to the microsecond: `1`, `0.5`, `3.609375`.
pub fn seconds(d: Duration) -> String {
    let micros = d.as_micros();
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// When a frame was seen, as its source recorded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Nanoseconds since the Unix epoch.
    pub nanos: i64,
    /// Decimal digits of a second that the source recorded: 6 for a classic capture, 9 for the kernel's own.
    pub digits: u8,
}

impl Timestamp {
    /// A timestamp of microsecond precision.
    pub const fn from_micros(micros: i64) -> Self {
        Self { nanos: micros.saturating_mul(1000), digits: 6 }
    }

    /// A timestamp of nanosecond precision.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos, digits: 9 }
    }

    /// The same moment for protocol logic, cut to microseconds.
    pub const fn instant(self) -> Instant {
        Instant(self.nanos.div_euclid(1000))
    }

    /// Seconds since the epoch as decimal text of the source's precision, e.g. `1700000000.123456`.
    pub fn seconds(self) -> Seconds {
        Seconds(self)
    }

    /// RFC 3339 in UTC with the source's precision, e.g. `2026-11-22T10:42:07.123456Z`.
    pub fn rfc3339(self) -> Rfc3339 {
        Rfc3339(self)
    }

    fn split(self) -> (i64, u32) {
        (self.nanos.div_euclid(1_000_000_000), self.nanos.rem_euclid(1_000_000_000) as u32)
    }
}

/// Displays a [`Timestamp`] as decimal seconds. See [`Timestamp::seconds`].
#[derive(Clone, Copy, Debug)]
pub struct Seconds(Timestamp);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = self.0.nanos < 0;
        let abs = self.0.nanos.unsigned_abs();
        let (secs, nanos) = (abs / 1_000_000_000, (abs % 1_000_000_000) as u32);
        write!(f, "{}{secs}", if negative { "-" } else { "" })?;
        fraction(f, nanos, self.0.digits)
    }
}

/// Displays a [`Timestamp`] as RFC 3339 in UTC. See [`Timestamp::rfc3339`].
#[derive(Clone, Copy, Debug)]
pub struct Rfc3339(Timestamp);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = self.0.split();
        let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        let (y, m, d) = civil_from_days(days);
        // By hand because each line of JSON has one. 64 bits of nanoseconds lie between the years 1677 and 2262.
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let mut put = |range: std::ops::Range<usize>, mut n: u32| {
            for digit in text[range].iter_mut().rev() {
                *digit = b'0' + (n % 10) as u8;
                n /= 10;
            }
        };
        put(0..4, y as u32);
        put(5..7, m);
        put(8..10, d);
        put(11..13, (rest / 3600) as u32);
        put(14..16, (rest / 60 % 60) as u32);
        put(17..19, (rest % 60) as u32);
        put(20..29, nanos);
        let end = match usize::from(self.0.digits.min(9)) {
            0 => 19,
            digits => 20 + digits,
        };
        text[end] = b'Z';
        f.write_str(std::str::from_utf8(&text[..=end]).unwrap_or_default())
    }
}

fn fraction(f: &mut fmt::Formatter<'_>, nanos: u32, digits: u8) -> fmt::Result {
    let digits = usize::from(digits.min(9));
    if digits == 0 {
        return Ok(());
    }
    let cut = nanos / 10u32.pow(9 - digits as u32);
    write!(f, ".{cut:0digits$}")
}

/// Days since 1970-01-01 to (year, month, day) in the proleptic Gregorian calendar.
///
/// The era arithmetic of Howard Hinnant's `civil_from_days`: eras of 400 years (146,097 days) starting on 1 March, so
/// that the leap day is a year's last. Here rather than in a date library because it runs once for each line of JSON.
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_keeps_the_precision_of_the_source() {
        // 1_700_000_000 is 2023-11-14 22:13:20 UTC (date -u -d @1700000000)
        assert_eq!(Timestamp::from_micros(1_700_000_000_123_456).rfc3339().to_string(), "2023-11-14T22:13:20.123456Z");
        assert_eq!(
            Timestamp::from_nanos(1_700_000_000_123_456_789).rfc3339().to_string(),
            "2023-11-14T22:13:20.123456789Z"
        );
        assert_eq!(Timestamp { nanos: 0, digits: 0 }.rfc3339().to_string(), "1970-01-01T00:00:00Z");
        // 951_782_400 is the leap day 2000-02-29; -1 s is the last second of 1969
        assert_eq!(
            Timestamp { nanos: 951_782_400_000_000_000, digits: 0 }.rfc3339().to_string(),
            "2000-02-29T00:00:00Z"
        );
        assert_eq!(Timestamp { nanos: -1_000_000_000, digits: 0 }.rfc3339().to_string(), "1969-12-31T23:59:59Z");
        // The ends of 64 bits of nanoseconds (Python: datetime(1970, 1, 1) + timedelta(microseconds=…))
        assert_eq!(Timestamp::from_nanos(i64::MAX).rfc3339().to_string(), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(Timestamp::from_nanos(i64::MIN).rfc3339().to_string(), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(Timestamp { nanos: 1, digits: 3 }.rfc3339().to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn seconds_are_exact_decimals() {
        assert_eq!(Timestamp::from_micros(1_700_000_000_000_001).seconds().to_string(), "1700000000.000001");
        assert_eq!(Timestamp::from_micros(-1_500_000).seconds().to_string(), "-1.500000");
    }

    #[test]
    fn an_instant_never_wraps() {
        assert_eq!(Instant::from_micros(5).since(Instant::from_micros(9)), Duration::ZERO);
        assert_eq!(Instant::from_micros(i64::MAX).after(Duration::from_secs(1)).as_micros(), i64::MAX);
    }
}
