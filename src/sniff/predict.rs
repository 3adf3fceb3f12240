//! What happens next: who takes over when the present master dies, and after how long.

use std::net::IpAddr;
use std::time::Duration;

use super::group::Group;
use super::member::{Member, Standing};
use crate::time::Instant;
use crate::vrrp::profile::Grain;
use crate::vrrp::timing::{DOWN_TIMER_ADVERTS, Wait};
use crate::vrrp::{Event, Heard, Params, VirtualRouter};
use crate::wire::vrrp::{PRIORITY_OWNER, PRIORITY_RELEASE};

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
    // The one who would take over, as a backup that hears the master once more.
    let source = next.map_or(master.addr, |m| m.addr);
    let params = Params { version, priority, advert_int: interval, ..Params::new(group.id.vrid, source, Vec::new()) };
    let mut backup = VirtualRouter::new(params);
    let _ = backup.handle(Instant::ZERO, Event::Start);
    let heard = Heard { src: master.addr, priority: master.priority.value, advert_int: interval };
    Some(Prediction {
        master: master.addr,
        next: next.map(|m| m.addr),
        priority,
        after: wait(&backup, Heard { priority: PRIORITY_OWNER, ..heard }),
        after_release: wait(&backup, Heard { priority: PRIORITY_RELEASE, ..heard }),
        interval,
        version,
        doubt: next.filter(|m| !alive(m)).map(|m| m.standing),
    })
}

/// How long a backup waits after an advert.
fn wait(backup: &VirtualRouter, heard: Heard) -> Duration {
    let mut backup = backup.clone();
    let _ = backup.handle(Instant::ZERO, Event::Advert(heard));
    backup.armed().map_or(Duration::ZERO, |a| a.until.since(Instant::ZERO))
}
