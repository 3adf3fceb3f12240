//! What a group remembers of its past, for detectors, reports and screens.

use std::net::IpAddr;
use std::time::Duration;

use super::event::Seen;
use super::group::MAX_MEMBERS;
use crate::time::Instant;
use crate::wire::Mac;

/// Time between two adverts of the same master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How long.
    pub length: Duration,
    /// The master.
    pub member: IpAddr,
    /// The advert that ended it.
    pub seen: Seen,
}

/// Several masters at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contention {
    /// The advert that began it.
    pub since: Seen,
    /// Who was master before.
    pub incumbent: IpAddr,
    /// Who spoke up.
    pub newcomer: IpAddr,
    /// Who has spoken since, how often, and when last.
    pub speakers: Vec<(IpAddr, u64, Seen)>,
    /// How often a master's advert came exactly one interval after another's instead of after its own: the sign of a
    /// timer that is restarted by adverts its owner rejects.
    pub restarts: u32,
    /// Those to whom that happened, and those whose adverts did it: their silence means little.
    pub silencing: Vec<IpAddr>,
    /// When it ended, and who remained.
    pub ended: Option<(Seen, IpAddr)>,
}

impl Contention {
    /// How long at least two are known to have been master together: up to the last advert of the last but one to speak.
    pub fn overlap(&self) -> Duration {
        let mut lasts: Vec<Instant> = self.speakers.iter().filter(|s| s.1 > 0).map(|s| s.2.at()).collect();
        lasts.sort_unstable();
        match lasts.len() {
            0 | 1 => Duration::ZERO,
            n => lasts[n - 2].since(self.since.at()),
        }
    }

    /// `member`'s timer was restarted by an advert of `by`. What makes it reject that mostly works both ways.
    pub(super) fn restarted(&mut self, member: IpAddr, by: IpAddr) {
        self.restarts += 1;
        for addr in [member, by] {
            if !self.silencing.contains(&addr) {
                self.silencing.push(addr);
            }
        }
    }

    pub(super) fn spoke(&mut self, member: IpAddr, seen: Seen) {
        let full = self.speakers.len() == MAX_MEMBERS;
        match self.speakers.iter_mut().find(|s| s.0 == member) {
            Some(s) => {
                s.1 += 1;
                s.2 = seen;
            }
            // In a flood members come, are forgotten and come again; who spoke first has been told.
            None if full => {}
            None => self.speakers.push((member, 1, seen)),
        }
    }

    /// Adverts of a member since the beginning.
    pub fn adverts_of(&self, member: IpAddr) -> u64 {
        self.speakers.iter().find(|s| s.0 == member).map_or(0, |s| s.1)
    }
}

/// A master that fell silent the moment another one spoke to which it cannot have given way, without having been late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silenced {
    /// Who fell silent.
    pub member: IpAddr,
    /// Its last advert.
    pub last: Seen,
    /// Who spoke.
    pub by: IpAddr,
    /// Its first advert.
    pub since: Seen,
}

/// Where a virtual address was last announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// At which hardware address.
    pub mac: Mac,
    /// The member that uses it, if known.
    pub member: Option<IpAddr>,
    /// First announcement by this hardware address since another's.
    pub first: Seen,
    /// Last one.
    pub last: Seen,
    /// How many.
    pub count: u64,
}
