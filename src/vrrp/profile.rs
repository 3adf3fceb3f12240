//! In what the specifications and the daemons differ, as data: one [`Profile`] each.
//!
//! The state machine and the receive checks ask a profile; nothing else in the program asks which daemon it plays.

use super::check::{self, Check};
use crate::wire::checksum::Form;

/// What a master does when it hears an advert that loses against its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LowerAdvert {
    /// Discards it (RFC 3768 §6.4.3, RFC 5798 §6.4.3, FRR).
    Discard,
    /// Sends an advert of its own at once (RFC 9568 §6.4.3).
    Answer,
    /// Sends an advert at once, restarts its advert timer and announces its addresses again (keepalived).
    AnswerAndAnnounce,
}

/// Which priority the skew time is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkewPriority {
    /// The effective one, after tracking.
    Effective,
    /// The effective one, but 255 for an owner that has lowered itself (keepalived since 2.3.3).
    EffectiveUnlessOwner,
    /// The configured one (FRR).
    Configured,
}

/// To what timers are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Whole microseconds (keepalived).
    Microsecond,
    /// Whole centiseconds, cut off (FRR).
    Centisecond,
}

/// How a router that owns its addresses (priority 255) becomes master at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerStart {
    /// At once, from Initialize (RFC 5798 §6.4.1).
    AtOnce,
    /// As a backup whose timer is one microsecond long, if its configuration also says `state MASTER` (keepalived).
    AfterAMicrosecond,
}

/// What two owners that hear each other do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoOwners {
    /// Nothing: an owner hears no adverts at all (RFC 5798 §7.1, FRR).
    Deaf,
    /// Each lowers itself to 254 for good at the first advert of the other (keepalived until 2.3.2).
    LowerForGood,
    /// The one with the lower address yields at once; the other lowers itself to 254 if the rogue does not give way
    /// within two adverts and 1.2 intervals (keepalived since 2.3.3).
    Patient,
}

/// What a startup delay (`vrrp_startup_delay`) does to adverts that are heard meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartupDelay {
    /// They count, and re-arm the timer from the end of the delay.
    Hears,
    /// They count, and one that changes nothing has the time until the timer's end begin once more at the end of the
    /// delay: each lower advert postpones the start further (keepalived until 2.2.7).
    Postpones,
    /// They are dropped, and an owner is one advert interval late (keepalived since 2.2.8; the interval since 2.4.0).
    Deaf,
}

/// What a change of the effective priority does to a backup's running timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorityChange {
    /// It ends a whole master-down interval of the new priority after the last packet that was handled (keepalived).
    FromLastPacket,
    /// Nothing: the next advert arms it anew (the RFCs, FRR).
    Later,
}

/// What becomes of an advert whose addresses are not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressList {
    /// Accepted, with a log line (RFC 5798 §7.1, RFC 9568 §7.1, keepalived since 2.3.3; FRR, which only counts them).
    Remark,
    /// Rejected (keepalived until 2.3.2).
    Reject,
    /// Rejected, unless its sender owns the addresses (RFC 3768 §7.1).
    RejectUnlessOwner,
}

/// What becomes of an advert with bytes after its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailing {
    /// Accepted: the RFCs ask for a complete message, not for a message alone.
    Accept,
    /// Rejected.
    Reject,
    /// Rejected, unless it looks as if the padding of a short Ethernet frame had been counted (keepalived since 2.3.2).
    RejectUnlessPadding,
}

/// How a specification or a daemon behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name used on the command line and in scenario files.
    pub name: &'static str,
    /// What it stands for, in a sentence.
    pub about: &'static str,
    /// A master's answer to a lower advert.
    pub lower: LowerAdvert,
    /// Whether a master restarts its advert timer at every packet of its VRID, also one that it rejects. Two masters
    /// that reject each other silence each other so (keepalived, behaviour text §0).
    pub packets_restart_advert_timer: bool,
    /// Which priority makes the skew time.
    pub skew: SkewPriority,
    /// To what timers are cut.
    pub grain: Grain,
    /// How an owner starts.
    pub owner_start: OwnerStart,
    /// What two owners do.
    pub two_owners: TwoOwners,
    /// What a startup delay does to adverts.
    pub startup_delay: StartupDelay,
    /// What a change of priority does to a backup.
    pub priority_change: PriorityChange,
    /// How many adverts of priority 0 a master sends as it enters FAULT.
    pub releases_at_fault: u8,
    /// Whether an owner that leaves FAULT is master at once, as at its start, or a backup first.
    pub owner_recovers_as_master: bool,
    /// Whether a master sends an advert before and after a reload of its configuration.
    pub reload_adverts: bool,
    /// Whether a master whose address was deleted by someone else resigns for its skew time; otherwise it adds it again.
    pub lost_address_releases: bool,
    /// Whether announcements that were scheduled for later survive the loss of mastership, to be sent if it is regained
    /// by then.
    pub announcements_survive: bool,
    /// Whether announcements are refreshed with the first advert that is due after the time, or by a timer of their own
    /// (keepalived since 2.3.2).
    pub refreshes_with_adverts: bool,
    /// Whether all interfaces that are down count as one cause, so that the first to recover clears it (keepalived
    /// since 2.3.3).
    pub interfaces_share_a_fault: bool,
    /// Whether a tracked script is started again while it still runs (keepalived until 2.3.2).
    pub scripts_overlap: bool,
    /// Which checksum v3 adverts over IPv4 carry.
    pub checksum: Form,
    /// What a foreign list of addresses does to an advert.
    pub address_list: AddressList,
    /// What it asks of an advert, in this order.
    pub checks: &'static [Check],
    /// What bytes after the message do to an advert.
    pub trailing: Trailing,
    /// Whether it knows `v3_checksum_as_v2`, and with it takes any checksum in version 3 over IPv4 (keepalived since
    /// 2.2.8).
    pub v3_checksum_as_v2: bool,
    /// Whether `skip_check_adv_addr` passes over the count of addresses and the unicast source too, not only over their
    /// contents (keepalived until 2.3.2).
    pub skips_all_address_checks: bool,
    /// Whether it logs a failed check once, until the master changes, instead of each time (keepalived since 2.3.3; RFC
    /// 9568 §7.1 asks for a limit).
    pub logs_once: bool,
}

/// RFC 3768: version 2.
pub const RFC3768: Profile = Profile {
    name: "rfc3768",
    about: "VRRP version 2 by the book (RFC 3768)",
    lower: LowerAdvert::Discard,
    packets_restart_advert_timer: false,
    skew: SkewPriority::Effective,
    grain: Grain::Microsecond,
    owner_start: OwnerStart::AtOnce,
    two_owners: TwoOwners::Deaf,
    startup_delay: StartupDelay::Hears,
    priority_change: PriorityChange::Later,
    releases_at_fault: 1,
    owner_recovers_as_master: true,
    reload_adverts: false,
    lost_address_releases: false,
    announcements_survive: false,
    refreshes_with_adverts: false,
    interfaces_share_a_fault: false,
    scripts_overlap: false,
    checksum: Form::PseudoHeader,
    address_list: AddressList::RejectUnlessOwner,
    checks: check::RFC3768,
    trailing: Trailing::Accept,
    v3_checksum_as_v2: false,
    skips_all_address_checks: false,
    logs_once: false,
};

/// RFC 5798: version 3.
pub const RFC5798: Profile = Profile {
    name: "rfc5798",
    about: "VRRP version 3 by its first specification (RFC 5798)",
    address_list: AddressList::Remark,
    checks: check::RFC5798,
    ..RFC3768
};

/// RFC 9568: version 3, revised.
pub const RFC9568: Profile = Profile {
    name: "rfc9568",
    about: "VRRP version 3 by its present specification (RFC 9568)",
    lower: LowerAdvert::Answer,
    checksum: Form::Plain,
    checks: check::RFC9568,
    logs_once: true,
    ..RFC5798
};

/// keepalived 2.2, measured with 2.2.7.
pub const KEEPALIVED_2_2: Profile = Profile {
    name: "keepalived-2.2",
    about: "keepalived 2.2 (measured with 2.2.7; Debian 12, Ubuntu 22.04, RHEL 9)",
    lower: LowerAdvert::AnswerAndAnnounce,
    packets_restart_advert_timer: true,
    skew: SkewPriority::Effective,
    grain: Grain::Microsecond,
    owner_start: OwnerStart::AfterAMicrosecond,
    two_owners: TwoOwners::LowerForGood,
    startup_delay: StartupDelay::Postpones,
    priority_change: PriorityChange::FromLastPacket,
    releases_at_fault: 2,
    owner_recovers_as_master: false,
    reload_adverts: true,
    lost_address_releases: true,
    announcements_survive: true,
    refreshes_with_adverts: true,
    interfaces_share_a_fault: false,
    scripts_overlap: true,
    checksum: Form::PseudoHeader,
    address_list: AddressList::Reject,
    checks: check::KEEPALIVED_2_2,
    trailing: Trailing::Reject,
    v3_checksum_as_v2: false,
    skips_all_address_checks: true,
    logs_once: false,
};

/// keepalived 2.4, measured with 2.4.3.
pub const KEEPALIVED_2_4: Profile = Profile {
    name: "keepalived-2.4",
    about: "keepalived 2.4 (measured with 2.4.3)",
    skew: SkewPriority::EffectiveUnlessOwner,
    two_owners: TwoOwners::Patient,
    startup_delay: StartupDelay::Deaf,
    refreshes_with_adverts: false,
    interfaces_share_a_fault: true,
    scripts_overlap: false,
    address_list: AddressList::Remark,
    checks: check::KEEPALIVED_2_4,
    trailing: Trailing::RejectUnlessPadding,
    v3_checksum_as_v2: true,
    skips_all_address_checks: false,
    logs_once: true,
    ..KEEPALIVED_2_2
};

/// FRR's vrrpd, measured with 8.4.4.
pub const FRR: Profile = Profile {
    name: "frr",
    about: "FRR vrrpd (measured with 8.4.4)",
    skew: SkewPriority::Configured,
    grain: Grain::Centisecond,
    checksum: Form::PseudoHeader,
    address_list: AddressList::Remark,
    checks: check::FRR,
    trailing: Trailing::Reject,
    ..RFC5798
};

impl Profile {
    /// Every profile there is.
    pub const ALL: &'static [&'static Self] = &[&KEEPALIVED_2_4, &KEEPALIVED_2_2, &FRR, &RFC9568, &RFC5798, &RFC3768];

    /// The profile of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|p| p.name == name)
    }

    /// Whether it asks this of an advert.
    pub fn asks(&self, check: Check) -> bool {
        self.checks.contains(&check)
    }
}
