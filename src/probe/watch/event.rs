//! What a check said, and what that changed.

use std::time::Duration;

use super::Priority;
use crate::probe::judge::{Checked, is_local};
use crate::probe::plan::Weight;
use crate::probe::reason::Reason;
use crate::time::Instant;

/// What a check said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Good or bad; nothing if nothing was asked.
    pub good: Option<bool>,
    /// Why not, if not.
    pub reason: Option<Reason>,
    /// What it says of the weight: a script of `misc_dynamic`, a file.
    pub weight: Option<Weight>,
    /// How long it took.
    pub took: Option<Duration>,
}

impl Answer {
    /// A good one.
    pub const GOOD: Self = Self { good: Some(true), reason: None, weight: None, took: None };

    /// What was found.
    pub fn of(checked: &Checked) -> Self {
        let outcome = &checked.outcome;
        let weight = Weight::of(&outcome.facts);
        let reason = outcome.result.as_ref().err().cloned();
        let good = match &reason {
            None => Some(true),
            Some(r) if is_local(r.id) => None,
            Some(_) => Some(false),
        };
        Self { good, reason, weight, took: outcome.phases.total }
    }

    /// Whether nothing was asked again, for the same reason as `before`.
    pub(super) fn is_unasked_as(&self, before: Option<&(Instant, Self)>) -> bool {
        let id = |a: &Self| a.reason.as_ref().map(|r| r.id);
        self.good.is_none() && before.is_some_and(|(_, b)| b.good.is_none() && id(b) == id(self))
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// What happened. All numbers are places in the plan; `check` is one among its server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A checker counts as up or down from now on, or its first result says so.
    Checker {
        /// The virtual server.
        service: usize,
        /// Its real server.
        server: usize,
        /// The check that decided.
        check: usize,
        /// Whether it is up.
        up: bool,
        /// Whether this is the first that is known of it.
        first: bool,
        /// Why it is down.
        reason: Option<Reason>,
    },
    /// A check failed, and the checker is still up.
    Failed {
        /// The virtual server.
        service: usize,
        /// Its real server.
        server: usize,
        /// The check.
        check: usize,
        /// Failures in a row.
        failures: u32,
        /// So many make it down.
        of: u32,
        /// Why.
        reason: Option<Reason>,
    },
    /// This host could not ask: that counts neither way. Told again only after an answer, or for another reason.
    Unasked {
        /// The virtual server.
        service: usize,
        /// Its real server.
        server: usize,
        /// The check.
        check: usize,
        /// Why.
        reason: Option<Reason>,
    },
    /// A real server comes in or goes out.
    Server {
        /// The virtual server.
        service: usize,
        /// Its real server.
        server: usize,
        /// Whether it is in.
        up: bool,
    },
    /// A script gives a real server another weight.
    Weight {
        /// The virtual server.
        service: usize,
        /// Its real server.
        server: usize,
        /// The weight until now.
        from: u32,
        /// The weight from now on.
        to: u32,
    },
    /// A virtual server gains or loses its quorum.
    Quorum {
        /// The virtual server.
        service: usize,
        /// Whether it has it.
        up: bool,
        /// Weight that is up.
        live: u64,
        /// Weight that was asked for.
        needed: u64,
    },
    /// A script counts as good or bad from now on.
    Script {
        /// The script.
        script: usize,
        /// Which.
        good: bool,
        /// Whether this is its first result.
        first: bool,
        /// Why it is bad.
        reason: Option<Reason>,
    },
    /// A run of a script speaks against what it counts as.
    ScriptRun {
        /// The script.
        script: usize,
        /// Whether the run was good.
        good: bool,
        /// Such runs in a row.
        count: u64,
        /// So many change it.
        of: u64,
        /// Why the run was bad.
        reason: Option<Reason>,
    },
    /// A script was due while it still ran, for the first time: there is no run.
    Skipped {
        /// The script.
        script: usize,
    },
    /// A script could not be run. Told again only after a run, or for another reason.
    ScriptUnasked {
        /// The script.
        script: usize,
        /// Why.
        reason: Option<Reason>,
    },
    /// Scripts change what an instance is.
    Priority {
        /// The instance.
        instance: usize,
        /// What it was.
        from: Priority,
        /// What it is.
        to: Priority,
    },
}

impl What {
    /// Whether somebody wants to know who does not look at each attempt: what is different from now on, and what cannot be
    /// asked.
    pub const fn is_news(&self) -> bool {
        self.is_transition() || matches!(self, Self::Unasked { .. } | Self::ScriptUnasked { .. })
    }

    /// Whether something is different from now on, as opposed to a step towards that.
    pub const fn is_transition(&self) -> bool {
        match self {
            Self::Checker { .. }
            | Self::Server { .. }
            | Self::Weight { .. }
            | Self::Quorum { .. }
            | Self::Script { .. }
            | Self::Priority { .. } => true,
            Self::Failed { .. }
            | Self::Unasked { .. }
            | Self::ScriptRun { .. }
            | Self::Skipped { .. }
            | Self::ScriptUnasked { .. } => false,
        }
    }
}
