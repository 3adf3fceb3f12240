//! What an outcome means for who asked: the exit status.

use std::time::Duration;

use super::outcome::{Outcome, Value};
use super::series::Series;

/// How well it is. The order is that of the exit status of many: a failure that is certain outweighs one that could not
/// be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As wanted.
    Ok,
    /// Slow, or some of several rounds failed.
    Warning,
    /// Could not look.
    Unknown,
    /// Not as wanted.
    Critical,
}

impl Level {
    /// The exit status.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// The word of monitoring plugins.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Longer is a warning.
    pub warn: Option<Duration>,
    /// Longer is critical.
    pub crit: Option<Duration>,
    /// A certificate that ends in fewer days is a warning.
    pub warn_days: Option<i64>,
    /// A certificate that ends in fewer days is critical.
    pub crit_days: Option<i64>,
    /// It has to fail.
    pub failure: bool,
}

/// One address with all that was found there.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The last round; when one failed, the last that did.
    pub outcome: Outcome,
    /// All rounds, when there was more than one.
    pub series: Option<Series>,
}

impl Checked {
    /// What became of it since, with the rounds since.
    pub(super) fn add(&mut self, since: Self) {
        self.outcome = since.outcome;
        if let Some(rounds) = since.series {
            self.series.get_or_insert_default().append(rounds);
        }
    }

    /// How well it is.
    pub fn level(&self, wanted: &Wanted) -> Level {
        // What was never asked says nothing about the service, whatever was wanted.
        let unasked = self.outcome.result.as_ref().err().is_some_and(|r| is_local(r.id));
        let lost_all = self.series.as_ref().map_or(self.outcome.result.is_err(), |s| s.times().is_none());
        if unasked && lost_all {
            return Level::Unknown;
        }
        if wanted.failure {
            let held = self.series.as_ref().map_or(self.outcome.result.is_err(), |s| s.times().is_none());
            return if held { Level::Ok } else { Level::Critical };
        }
        if lost_all {
            return Level::Critical;
        }
        let (time, days) = (self.time(), self.certificate_days());
        let over = |limit: Option<Duration>| limit.zip(time).is_some_and(|(limit, time)| time > limit);
        let ends = |limit: Option<i64>| limit.zip(days).is_some_and(|(limit, days)| days < limit);
        if over(wanted.crit) || ends(wanted.crit_days) {
            Level::Critical
        } else if over(wanted.warn) || ends(wanted.warn_days) || self.series.as_ref().is_some_and(|s| s.lost() > 0) {
            Level::Warning
        } else {
            Level::Ok
        }
    }

    /// Whole days until the certificate ends, if one was seen.
    pub fn certificate_days(&self) -> Option<i64> {
        self.outcome.facts.iter().find(|f| f.name == "certificate_days").and_then(|f| match f.value {
            Value::Number(days) => Some(days),
            _ => None,
        })
    }

    /// The time that is judged: of several rounds the median.
    pub fn time(&self) -> Option<Duration> {
        match &self.series {
            Some(s) => s.times().map(|t| t.median),
            None => self.outcome.phases.total,
        }
    }
}

/// Whether a reason is this host's: nothing was asked, or not for long enough to know.
pub fn is_local(id: &str) -> bool {
    matches!(id, "local" | "dangerous" | "permission" | "name" | "not-run" | "unchecked" | "interrupted" | "endless")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::outcome::{Fact, Phases};
    use crate::probe::reason::Reason;

    fn checked(result: Result<(), Reason>, ms: u64) -> Checked {
        let phases = Phases { total: Some(Duration::from_millis(ms)), ..Phases::default() };
        let outcome = Outcome {
            kind: "tcp",
            target: "a:1".into(),
            address: None,
            port: None,
            result,
            phases,
            facts: Vec::new(),
            attempts: 1,
        };
        Checked { outcome, series: None }
    }

    #[test]
    fn limits_are_of_what_is_up() {
        let wanted = Wanted {
            warn: Some(Duration::from_millis(10)),
            crit: Some(Duration::from_millis(20)),
            ..Wanted::default()
        };
        let up = |ms| checked(Ok(()), ms).level(&wanted);
        assert_eq!([up(10), up(11), up(20), up(21)], [Level::Ok, Level::Warning, Level::Warning, Level::Critical]);
        assert_eq!(checked(Err(Reason::new("refused", "no")), 1).level(&wanted), Level::Critical);
        assert_eq!(checked(Err(Reason::new("local", "no")), 1).level(&wanted), Level::Unknown);
    }

    #[test]
    fn a_certificate_that_ends_soon_is_judged_by_its_days() {
        let wanted = Wanted { warn_days: Some(30), crit_days: Some(7), ..Wanted::default() };
        let level = |days, result: Result<(), Reason>| {
            let mut c = checked(result, 1);
            c.outcome.facts.push(Fact::number("certificate_days", days));
            c.level(&wanted)
        };
        let levels = [30, 29, 7, 6, 0, -3].map(|days| level(days, Ok(())));
        assert_eq!(
            levels,
            [Level::Ok, Level::Warning, Level::Warning, Level::Critical, Level::Critical, Level::Critical]
        );
        assert_eq!(level(90, Err(Reason::new("refused", "no"))), Level::Critical);
        assert_eq!(checked(Ok(()), 1).level(&wanted), Level::Ok);
    }

    #[test]
    fn a_wanted_failure_is_ok() {
        let wanted = Wanted { failure: true, ..Wanted::default() };
        assert_eq!(checked(Ok(()), 1).level(&wanted), Level::Critical);
        assert_eq!(checked(Err(Reason::new("refused", "no")), 1).level(&wanted), Level::Ok);
        assert_eq!(checked(Err(Reason::new("name", "no")), 1).level(&wanted), Level::Unknown);
    }

    #[test]
    fn some_lost_is_a_warning_and_all_is_critical() {
        let mut c = checked(Err(Reason::new("refused", "no")), 1);
        let mut s = Series::default();
        s.add(Err("refused"));
        c.series = Some(s.clone());
        assert_eq!(c.level(&Wanted::default()), Level::Critical);
        s.add(Ok(Duration::from_millis(1)));
        c.series = Some(s);
        assert_eq!(c.level(&Wanted::default()), Level::Warning);
        assert_eq!(c.level(&Wanted { failure: true, ..Wanted::default() }), Level::Critical);
    }
}
