//! The configuration of one virtual router.

use std::net::IpAddr;
use std::time::Duration;

use super::profile::{KEEPALIVED_2_4, Profile};
use super::timing::DOWN_TIMER_ADVERTS;
use crate::wire::vrrp::{PRIORITY_OWNER, PRIORITY_RELEASE};

/// When and how often the addresses are announced (gratuitous ARP, unsolicited NA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcing {
    /// Rounds over all addresses on becoming master (`garp_master_repeat`).
    pub repeat: u8,
    /// As many again so much later; zero for none (`garp_master_delay`).
    pub delay: Duration,
    /// Rounds after a lower advert was heard as master (`garp_lower_prio_repeat`).
    pub lower_repeat: u8,
    /// As many again so much later; zero for none (`garp_lower_prio_delay`).
    pub lower_delay: Duration,
    /// Every so often while master; zero for never (`garp_master_refresh`).
    pub refresh: Duration,
    /// Rounds of a refresh (`garp_master_refresh_repeat`).
    pub refresh_repeat: u8,
}

impl Default for Announcing {
    /// keepalived's: five, and five more after five seconds.
    fn default() -> Self {
        let delay = Duration::from_secs(5);
        Self { repeat: 5, delay, lower_repeat: 5, lower_delay: delay, refresh: Duration::ZERO, refresh_repeat: 1 }
    }
}

/// The configuration of one virtual router, as its daemon would use it: defaults applied, contradictions resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// How it behaves.
    pub profile: &'static Profile,
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// Virtual router identifier, 1 to 255.
    pub vrid: u8,
    /// The address it sends from, which decides between equal priorities.
    pub source: IpAddr,
    /// Configured priority, 1 to 255; 255 owns the addresses.
    pub priority: u8,
    /// `state MASTER`, said or derived. Only an owner's start depends on it.
    pub wants_master: bool,
    /// Own advert interval: whole seconds in version 2, centiseconds up to 40.95 s in version 3.
    pub advert_int: Duration,
    /// The addresses that its adverts carry, in order.
    pub addresses: Vec<IpAddr>,
    /// Whether it takes over from a master of lower priority.
    pub preempt: bool,
    /// How long it lets a lower master be, from the first advert heard of it; zero for not at all.
    pub preempt_delay: Duration,
    /// Silence that it bears, in adverts, 1 to 100.
    pub down_timer_adverts: u8,
    /// How long it waits before it takes part at all.
    pub startup_delay: Duration,
    /// keepalived's `lower_prio_no_advert`: no answer to a lower advert, and an advert timer that nothing restarts.
    pub lower_prio_no_advert: bool,
    /// Whether a late advert leaves the next one where it was due. Daemons begin each interval when they have sent, so
    /// that their lateness adds up (RFC 9568 §6.4.3, «reset the Adver_Timer»).
    pub steady: bool,
    /// keepalived's `higher_prio_send_advert`: a last advert before it yields.
    pub higher_prio_send_advert: bool,
    /// Announcements.
    pub announcing: Announcing,
    /// Whether it is in a sync group, which then decides when it becomes master.
    pub grouped: bool,
}

/// Why a configuration cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Only 2 and 3 exist.
    #[error("VRRP version {0}: 2 and 3 are known")]
    Version(u8),
    /// 0 is no identifier (RFC 5798 §5.2.3).
    #[error("virtual router id 0: 1 to 255 are valid")]
    Vrid,
    /// 0 is not configurable: it releases (RFC 5798 §5.2.4).
    #[error("priority 0 releases; 1 to 255 are valid")]
    Priority,
    /// Not to be expressed in the version's field.
    #[error("{}", match version { 2 => "version 2 adverts come every 1 s to 255 s, in whole seconds", _ => "version 3 adverts come every 10ms to 40s 950ms, in steps of 10ms" })]
    Interval {
        /// The version.
        version: u8,
    },
    /// One virtual router has one family.
    #[error("{0} is not of the same family as the source {1}")]
    MixedFamilies(IpAddr, IpAddr),
    /// The count has eight bits.
    #[error("{0} addresses: an advert holds 255 at most")]
    TooMany(usize),
    /// Outside 1 to 100.
    #[error("down_timer_adverts {0}: 1 to 100 are valid")]
    DownTimerAdverts(u8),
}

impl Params {
    /// A backup of priority 100 with adverts every second and keepalived 2.4's behaviour. Version 2 for IPv4, 3 for IPv6,
    /// as in keepalived.
    pub fn new(vrid: u8, source: IpAddr, addresses: Vec<IpAddr>) -> Self {
        Self {
            profile: &KEEPALIVED_2_4,
            version: if source.is_ipv4() { 2 } else { 3 },
            vrid,
            source,
            priority: 100,
            wants_master: false,
            advert_int: Duration::from_secs(1),
            addresses,
            preempt: true,
            preempt_delay: Duration::ZERO,
            down_timer_adverts: DOWN_TIMER_ADVERTS,
            startup_delay: Duration::ZERO,
            lower_prio_no_advert: false,
            steady: false,
            higher_prio_send_advert: false,
            announcing: Announcing::default(),
            grouped: false,
        }
    }

    /// Whether it owns its addresses.
    pub const fn is_owner(&self) -> bool {
        self.priority == PRIORITY_OWNER
    }

    /// Checks what the wire format can say at all. Version 2 over IPv6 is let pass, as keepalived does.
    pub fn check(&self) -> Result<(), ParamsError> {
        if !matches!(self.version, 2 | 3) {
            return Err(ParamsError::Version(self.version));
        }
        if self.vrid == 0 {
            return Err(ParamsError::Vrid);
        }
        if self.priority == PRIORITY_RELEASE {
            return Err(ParamsError::Priority);
        }
        let micros = self.advert_int.as_micros();
        let (unit, most) = if self.version == 2 { (1_000_000, 255) } else { (10_000, 4095) };
        if micros == 0
            || !micros.is_multiple_of(unit)
            || micros / unit > most
            || !self.advert_int.subsec_nanos().is_multiple_of(1000)
        {
            return Err(ParamsError::Interval { version: self.version });
        }
        if let Some(other) = self.addresses.iter().find(|a| a.is_ipv4() != self.source.is_ipv4()) {
            return Err(ParamsError::MixedFamilies(*other, self.source));
        }
        if self.addresses.len() > 255 {
            return Err(ParamsError::TooMany(self.addresses.len()));
        }
        if !(1..=100).contains(&self.down_timer_adverts) {
            return Err(ParamsError::DownTimerAdverts(self.down_timer_adverts));
        }
        Ok(())
    }
}
