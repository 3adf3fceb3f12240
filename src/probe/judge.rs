//! What an outcome means for who asked: the exit status.

use std::time::Duration;

use super::outcome::Outcome;
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
        let time = self.time();
        let over = |limit: Option<Duration>| limit.zip(time).is_some_and(|(limit, time)| time > limit);
        if over(wanted.crit) {
            Level::Critical
        } else if over(wanted.warn) || self.series.as_ref().is_some_and(|s| s.lost() > 0) {
            Level::Warning
        } else {
            Level::Ok
        }
    }

    /// The time that is judged: of several rounds the median.
    pub fn time(&self) -> Option<Duration> {
        match &self.series {
            Some(s) => s.times().map(|t| t.median),
            None => self.outcome.phases.total,
        }
    }
}

/// Whether a reason is this host's: nothing was asked, or not for long enough.
pub fn is_local(id: &str) -> bool {
    matches!(id, "local" | "dangerous" | "permission" | "name" | "not-run" | "unchecked" | "interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::outcome::Phases;
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
        let wanted =
            Wanted { warn: Some(Duration::from_millis(10)), crit: Some(Duration::from_millis(20)), failure: false };
        let up = |ms| checked(Ok(()), ms).level(&wanted);
        assert_eq!([up(10), up(11), up(20), up(21)], [Level::Ok, Level::Warning, Level::Warning, Level::Critical]);
        assert_eq!(checked(Err(Reason::new("refused", "no")), 1).level(&wanted), Level::Critical);
        assert_eq!(checked(Err(Reason::new("local", "no")), 1).level(&wanted), Level::Unknown);
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
