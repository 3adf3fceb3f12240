//! What happens next: who takes over when the present master dies, and after how long.

use std::net::IpAddr;
use std::time::Duration;

use super::group::Group;
use super::member::{Member, Standing};
use crate::vrrp::profile::Grain;
use crate::vrrp::timing::{DOWN_TIMER_ADVERTS, Wait, master_down_interval, skew_time};

/// A prediction with the arithmetic behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The master it is about.
    pub master: IpAddr,
    /// Who takes over; `None` when nobody else has ever been heard (a backup never speaks, so there may be one).
    pub next: Option<IpAddr>,
    /// Priority that was reckoned with: the next master's, or keepalived's default.
    pub priority: u8,
    /// Silence until it takes over if the master dies.
    pub after: Duration,
    /// The same if the master stops cleanly (priority 0).
    pub after_release: Duration,
    /// Advert interval in the formula.
    pub interval: Duration,
    /// VRRP version in the formula.
    pub version: u8,
    /// Why the next one may not be there: it resigned, or fell silent without a word.
    pub doubt: Option<Standing>,
}

impl Prediction {
    /// What [`Self::after`] is the sum of.
    pub const fn wait(&self) -> Wait {
        let Self { version, interval, priority, .. } = *self;
        Wait { version, adverts: DOWN_TIMER_ADVERTS, interval, priority, grain: Grain::Microsecond }
    }
}

/// Predicts for the group's present master.
pub fn predict(group: &Group) -> Option<Prediction> {
    let master = group.master()?;
    // Those that yielded or were never heard to leave come first; one that resigned or fell silent may be gone.
    let alive = |m: &Member| matches!(m.standing, Standing::Yielded(_) | Standing::Master);
    let next = group
        .members
        .values()
        .filter(|m| m.addr != master.addr && m.priority.value != 0 && group.related(master.addr, m.addr))
        .max_by_key(|m| (alive(m), m.priority.value, m.addr));
    let priority = next.map_or(super::group::ASSUMED_PRIORITY, |m| m.priority.value);
    let version = master.version.value;
    let interval = match next {
        Some(m) if version == 2 => m.pace(),
        _ => master.pace(),
    };
    Some(Prediction {
        master: master.addr,
        next: next.map(|m| m.addr),
        priority,
        after: master_down_interval(version, priority, interval, DOWN_TIMER_ADVERTS),
        after_release: skew_time(version, priority, interval),
        interval,
        version,
        doubt: next.filter(|m| !alive(m)).map(|m| m.standing),
    })
}
