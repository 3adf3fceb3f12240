//! What a virtual router depends on beside the wire: interfaces, scripts, files, processes, BFD sessions.
//!
//! A tracker has a [`Reading`]; a [`Track`] makes an [`Effect`] on one virtual router of it: points for its priority, or
//! a fault. Nothing here depends on the order of events: priority is the sum over all tracks, clamped at the end.

use std::ops::RangeInclusive;

use crate::wire::vrrp::PRIORITY_OWNER;

/// Kinds of trackers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `vrrp_script`.
    Script,
    /// An interface: up and running, or not.
    Interface,
    /// `vrrp_track_process`: as many run as the quorum asks for, or not.
    Process,
    /// `vrrp_track_file`: a number.
    File,
    /// `bfd_instance`: its session is up, or not.
    Bfd,
}

impl Kind {
    /// The weights that keepalived takes. For scripts and interfaces it reduces 254 to 253, and -254 to -253.
    pub const fn weights(self) -> RangeInclusive<i16> {
        match self {
            Self::Script | Self::Interface | Self::Bfd => -253..=253,
            Self::Process | Self::File => -254..=254,
        }
    }

    /// The weight when none is configured.
    pub const fn default_weight(self) -> i16 {
        match self {
            Self::File => 1,
            Self::Script | Self::Interface | Self::Process | Self::Bfd => 0,
        }
    }

    /// What a tracker of weight 0 that has failed counts as.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Interface => Fault::Interface,
            Self::Script | Self::Process | Self::File | Self::Bfd => Fault::Tracked,
        }
    }

    /// The weight that is left of a member's own in a sync group without `sync_group_tracking_weight`; none if the
    /// track is dropped. Weights of processes stay (keepalived).
    pub const fn weight_in_group(self, weight: i16) -> Option<i16> {
        match (self, weight) {
            (Self::Process, w) => Some(w),
            (_, 0) | (Self::Interface, _) | (Self::File, 1) => Some(0),
            (Self::Script | Self::Bfd | Self::File, _) => None,
        }
    }
}

/// What a tracker says at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A script without a result.
    Unknown,
    /// Works: up, succeeded, quorum met.
    Good,
    /// Does not.
    Bad,
    /// The number in a file; 0 if there is none.
    Value(i32),
}

impl From<bool> for Reading {
    fn from(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

/// That a virtual router or a sync group tracks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// Which tracker: its place in the list of trackers.
    pub tracker: usize,
    /// Points for the priority, see [`Kind::weights`]; 0 makes a failure a fault.
    pub weight: i16,
    /// Inverts it: points are taken instead of given, and the other way round; with weight 0, success is the fault.
    pub reverse: bool,
}

/// What a track does to its virtual router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Points for the priority, may be negative.
    pub points: i32,
    /// Keeps it out.
    pub fault: bool,
    /// May keep it out: there has been no result yet.
    pub pending: bool,
}

/// A file takes this many points at most; from there it is a fault instead.
const FILE_FAULT: i32 = -254;
/// A file gives this many points at most.
const FILE_MOST: i32 = 253;

impl Track {
    /// keepalived's table of contributions (`vrrp_track.c`).
    pub fn effect(&self, reading: Reading) -> Effect {
        let weight = i32::from(self.weight);
        let points = if self.reverse { -weight } else { weight };
        let given = |points| Effect { points, ..Effect::default() };
        let fault_if = |fault| Effect { fault, ..Effect::default() };
        match (reading, weight) {
            (Reading::Unknown, 0) => Effect { pending: true, ..Effect::default() },
            (Reading::Good, 0) => fault_if(self.reverse),
            (Reading::Bad, 0) => fault_if(!self.reverse),
            (Reading::Value(v), 0) => fault_if((v != 0) != self.reverse),
            (Reading::Value(v), _) => match v.saturating_mul(points) {
                ..=FILE_FAULT => fault_if(true),
                n => given(n.min(FILE_MOST)),
            },
            (Reading::Good, 1..) | (Reading::Bad, ..0) => given(points),
            (Reading::Good | Reading::Bad | Reading::Unknown, _) => given(0),
        }
    }
}

/// The effective priority of a virtual router: its own plus all points, clamped to 1 to 254 at the end only, so that
/// what is above is not lost to what comes later. An owner keeps its 255.
pub fn effective_priority(configured: u8, points: impl Iterator<Item = i32>) -> u8 {
    if configured == PRIORITY_OWNER {
        return configured;
    }
    let total = points.fold(i32::from(configured), i32::saturating_add);
    u8::try_from(total.clamp(1, i32::from(PRIORITY_OWNER) - 1)).unwrap_or(1)
}
/// Something that failed here and keeps a virtual router out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// An interface it depends on is down: its own, a tracked one, or one of its addresses' or routes'.
    Interface,
    /// The interface below its virtual-MAC interface is down.
    BaseInterface,
    /// There is no address to send adverts from.
    NoSource,
    /// A tracked script, file, process or BFD session of weight 0.
    Tracked,
    /// Another instance of this host has the same VRID on the same interface.
    DuplicateVrid,
    /// The configuration forbids it.
    Config,
    /// The operator, or a drill.
    Forced,
}

impl Fault {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Interface,
        Self::BaseInterface,
        Self::NoSource,
        Self::Tracked,
        Self::DuplicateVrid,
        Self::Config,
        Self::Forced,
    ];

    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::BaseInterface => "base-interface",
            Self::NoSource => "no-source",
            Self::Tracked => "tracked",
            Self::DuplicateVrid => "duplicate-vrid",
            Self::Config => "config",
            Self::Forced => "forced",
        }
    }
}

/// Which faults there are, and how many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    counts: [u16; Fault::ALL.len()],
}

impl Faults {
    /// Adds one.
    pub fn set(&mut self, fault: Fault) {
        let n = &mut self.counts[fault as usize];
        *n = n.saturating_add(1);
    }

    /// Takes one away; with `shared`, all interfaces at once (see `Profile::interfaces_share_a_fault`).
    pub fn clear(&mut self, fault: Fault, shared: bool) {
        let n = &mut self.counts[fault as usize];
        *n = if shared && fault == Fault::Interface { 0 } else { n.saturating_sub(1) };
    }

    /// How many of this one there are.
    pub fn count(&self, fault: Fault) -> u16 {
        self.counts[fault as usize]
    }

    /// Whether there is this one.
    pub fn has(&self, fault: Fault) -> bool {
        self.counts[fault as usize] > 0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|n| *n == 0)
    }

    /// The first cause there is, in the order of [`Fault::ALL`].
    pub fn first(&self) -> Option<Fault> {
        Fault::ALL.into_iter().find(|f| self.counts[*f as usize] > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_contributions() {
        use Reading::{Bad, Good, Unknown, Value};
        let points = |points| Effect { points, fault: false, pending: false };
        let fault = Effect { points: 0, fault: true, pending: false };
        let pending = Effect { points: 0, fault: false, pending: true };
        let table = [
            // weight, reverse, reading, effect
            (0, false, Good, points(0)),
            (0, false, Bad, fault),
            (0, true, Good, fault),
            (0, true, Bad, points(0)),
            (0, false, Unknown, pending),
            (0, true, Unknown, pending),
            (30, false, Good, points(30)),
            (30, false, Bad, points(0)),
            (30, true, Good, points(-30)),
            (30, true, Bad, points(0)),
            (-30, false, Good, points(0)),
            (-30, false, Bad, points(-30)),
            (-30, true, Good, points(0)),
            (-30, true, Bad, points(30)),
            (30, false, Unknown, points(0)),
            (-30, false, Unknown, points(0)),
            (0, false, Value(0), points(0)),
            (0, false, Value(7), fault),
            (0, true, Value(0), fault),
            (0, true, Value(-7), points(0)),
            (1, false, Value(10), points(10)),
            (2, false, Value(10), points(20)),
            (2, true, Value(10), points(-20)),
            (-2, false, Value(-10), points(20)),
            (1, false, Value(253), points(253)),
            (1, false, Value(254), points(253)),
            (1, false, Value(-253), points(-253)),
            (1, false, Value(-254), fault),
            (254, false, Value(i32::MAX), points(253)),
            (254, false, Value(i32::MIN), fault),
            (-254, true, Value(i32::MIN), fault),
            (-254, false, Value(i32::MIN), points(253)),
        ];
        for (weight, reverse, reading, effect) in table {
            let track = Track { tracker: 0, weight, reverse };
            assert_eq!(track.effect(reading), effect, "{weight} {reverse} {reading:?}");
        }
    }

    #[test]
    fn a_priority_is_clamped_at_the_end_only() {
        let priority = |configured, points: &[i32]| effective_priority(configured, points.iter().copied());
        assert_eq!(priority(100, &[]), 100);
        assert_eq!(priority(250, &[60]), 254);
        assert_eq!(priority(250, &[60, -60]), 250);
        assert_eq!(priority(20, &[-30]), 1);
        assert_eq!(priority(20, &[-30, 20]), 10);
        assert_eq!(priority(254, &[i32::MAX, i32::MAX]), 254);
        assert_eq!(priority(255, &[-60]), 255);
    }

    #[test]
    fn what_a_sync_group_leaves_of_weights() {
        let table = [
            (Kind::Script, 10, None),
            (Kind::Script, 0, Some(0)),
            (Kind::Bfd, -10, None),
            (Kind::File, 1, Some(0)),
            (Kind::File, 0, Some(0)),
            (Kind::File, 2, None),
            (Kind::Interface, -10, Some(0)),
            (Kind::Process, 10, Some(10)),
        ];
        for (kind, weight, left) in table {
            assert_eq!(kind.weight_in_group(weight), left, "{kind:?} {weight}");
        }
    }
}
