//! Several rounds of one check (`--count`) in numbers.

use std::time::Duration;

/// Rounds of one check at one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// How often it was tried.
    pub sent: u32,
    /// How long the good ones took, in the order that they came.
    times: Vec<Duration>,
    /// Failures by the id of their reason, in the order that they first came.
    failures: Vec<(&'static str, u32)>,
}

impl Series {
    /// A round: how long it took, or the id of the reason that it failed for.
    pub fn add(&mut self, round: Result<Duration, &'static str>) {
        self.sent += 1;
        match round {
            Ok(time) => self.times.push(time),
            Err(id) => match self.failures.iter_mut().find(|f| f.0 == id) {
                Some(f) => f.1 += 1,
                None => self.failures.push((id, 1)),
            },
        }
    }

    /// The rounds of another, after those of this one.
    pub fn append(&mut self, mut other: Self) {
        self.sent += other.sent;
        self.times.append(&mut other.times);
        for (id, n) in other.failures {
            match self.failures.iter_mut().find(|f| f.0 == id) {
                Some(f) => f.1 += n,
                None => self.failures.push((id, n)),
            }
        }
    }

    /// How many failed.
    pub fn lost(&self) -> u32 {
        self.sent - self.times.len() as u32
    }

    /// Of a hundred; zero of none.
    pub fn loss_percent(&self) -> f64 {
        if self.sent == 0 { 0.0 } else { f64::from(self.lost()) * 100.0 / f64::from(self.sent) }
    }

    /// Failures by the id of their reason.
    pub fn failures(&self) -> &[(&'static str, u32)] {
        &self.failures
    }

    /// The times of the good ones, if there is one.
    pub fn times(&self) -> Option<Times> {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        // Nearest rank: the least that so many of a hundred do not exceed.
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Times { min: *sorted.first()?, median: rank(50)?, p95: rank(95)?, max: *sorted.last()? })
    }
}

/// The spread of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The shortest.
    pub min: Duration,
    /// Half take no longer.
    pub median: Duration,
    /// 95 of 100 take no longer.
    pub p95: Duration,
    /// The longest.
    pub max: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_in_numbers() {
        let mut s = Series::default();
        assert_eq!((s.times(), s.loss_percent()), (None, 0.0));
        for ms in (1..=20).rev() {
            s.add(Ok(Duration::from_millis(ms)));
        }
        for id in ["refused", "timeout-syn", "refused", "refused", "refused"] {
            s.add(Err(id));
        }
        let ms = Duration::from_millis;
        assert_eq!(s.times(), Some(Times { min: ms(1), median: ms(10), p95: ms(19), max: ms(20) }));
        assert_eq!((s.sent, s.lost(), s.loss_percent()), (25, 5, 20.0));
        assert_eq!(s.failures(), [("refused", 4), ("timeout-syn", 1)]);
    }

    #[test]
    fn rounds_are_appended() {
        let (mut s, mut more) = (Series::default(), Series::default());
        s.add(Ok(Duration::from_millis(2)));
        s.add(Err("refused"));
        for round in [Err("timeout-syn"), Err("refused"), Ok(Duration::from_millis(1))] {
            more.add(round);
        }
        s.append(more);
        assert_eq!(s.times, [Duration::from_millis(2), Duration::from_millis(1)]);
        assert_eq!((s.sent, s.lost(), s.failures()), (5, 3, &[("refused", 2), ("timeout-syn", 1)][..]));
    }

    #[test]
    fn one_is_all() {
        let mut s = Series::default();
        s.add(Ok(Duration::from_millis(7)));
        let seven = Duration::from_millis(7);
        assert_eq!(s.times(), Some(Times { min: seven, median: seven, p95: seven, max: seven }));
    }
}
