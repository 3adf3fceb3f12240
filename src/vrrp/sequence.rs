//! Authentication of one virtual router in both directions: what it signs with, what it asks of others, and the sequence
//! numbers by which a recorded advert is told from a new one.
//!
//! AH has one counter for both directions, so that a new master goes on where the last one stopped. keepalived 2.4's
//! trailer has a number made of the clock, and each receiver remembers the last one of each sender.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::check::Check;
use super::event::{State, Transition};
use super::params::Params;
use super::profile::Profile;
use crate::time::Timestamp;
use crate::wire::Keys;
use crate::wire::auth::{HmacTrailer, Secret};
use crate::wire::build::Signing;

/// The number from which on an AH counter is at its end.
const AH_LAST: u32 = 0xffff_fffd;
/// How many senders a multicast instance remembers; the one heard of longest ago is forgotten first.
const MULTICAST_SENDERS: usize = 4;
/// Range of `time_window`, in seconds.
const WINDOW: std::ops::RangeInclusive<u64> = 1..=300;

/// Whether adverts are signed, and whether those of others must be (`auth_hmac`, `mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HmacMode {
    /// Signs, and takes only what is signed.
    #[default]
    Enforce,
    /// Signs, and takes what is not signed too.
    Permissive,
    /// Does not sign, and takes what is not signed too.
    ReceiveOnly,
}

/// What makes a number too old (`anti_replay`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AntiReplay {
    /// Its time must be near the receiver's clock, and it must be higher than the sender's last.
    #[default]
    Time,
    /// It must be higher than the sender's last.
    Monotonic,
}

/// Why an `auth_hmac` block cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HmacError {
    /// The key that it signs with is not among the keys.
    #[error("active_key {0} is none of the keys: add a key of this id, or name another one")]
    ActiveKey(u8),
    /// Outside 1 s to 300 s, or not in whole seconds.
    #[error("time_window of {} s: whole seconds from 1 to 300 are valid", .0.as_secs_f64())]
    Window(Duration),
}

/// keepalived's `auth_hmac`.
#[derive(Clone, Debug)]
pub struct HmacAuth {
    /// Keys by id, 1 to 255, of 32 to 64 bytes.
    pub keys: Keys,
    /// The key that it signs with.
    pub active: u8,
    /// What is signed and what must be.
    pub mode: HmacMode,
    /// What is too old.
    pub anti_replay: AntiReplay,
    /// How far a sender's clock may be from ours either way: whole seconds, 1 to 300.
    pub window: Duration,
}

impl HmacAuth {
    /// In mode enforce, against the clock, with the window that keepalived takes for this interval.
    pub fn new(keys: Keys, active: u8, advert_int: Duration) -> Self {
        let window = Self::default_window(advert_int);
        Self { keys, active, mode: HmacMode::default(), anti_replay: AntiReplay::default(), window }
    }

    /// Three advert intervals cut to whole seconds each, 5 s to 300 s. An interval below a second counts as none.
    pub fn default_window(advert_int: Duration) -> Duration {
        Duration::from_secs(advert_int.as_secs().saturating_mul(3).clamp(5, *WINDOW.end()))
    }

    /// Checks what keepalived's parser checks.
    pub fn check(&self) -> Result<(), HmacError> {
        if self.window.subsec_nanos() != 0 || !WINDOW.contains(&self.window.as_secs()) {
            return Err(HmacError::Window(self.window));
        }
        self.keys.hmac(self.active).map(|_| ()).ok_or(HmacError::ActiveKey(self.active))
    }

    fn window_secs(&self) -> u64 {
        self.window.as_secs()
    }
}

/// How a virtual router authenticates its adverts and those of others.
#[derive(Clone, Debug, Default)]
pub enum Authentication {
    /// Not at all.
    #[default]
    None,
    /// `auth_type PASS`, version 2 (RFC 2338 §5.3.6.2).
    Pass(Secret),
    /// `auth_type AH`, version 2 over IPv4 (RFC 2338 §5.3.6.3).
    Ah(Secret),
    /// `auth_hmac`, since keepalived 2.4.0.
    Hmac(HmacAuth),
}

impl Authentication {
    /// The v2 authentication type in its adverts.
    pub const fn auth_type(&self) -> u8 {
        match self {
            Self::None | Self::Hmac(_) => 0,
            Self::Pass(_) => 1,
            Self::Ah(_) => 2,
        }
    }

    /// Keys that a decoder needs to verify digests; none where there are no digests.
    pub fn keys(&self) -> Option<Keys> {
        match self {
            Self::None | Self::Pass(_) => None,
            Self::Ah(secret) => {
                let mut keys = Keys::default();
                keys.set_ah(&secret.0);
                Some(keys)
            }
            Self::Hmac(auth) => Some(auth.keys.clone()),
        }
    }

    /// keepalived's word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::None => "no authentication",
            Self::Pass(_) => "PASS",
            Self::Ah(_) => "AH",
            Self::Hmac(_) => "auth_hmac",
        }
    }
}

/// The number of a trailer: seconds, fraction and counter as one, compared as serial numbers (RFC 1982): half of all
/// numbers are later than a given one, so that it may wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serial(pub u64);

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, subsec, counter) = (self.0 >> 32, (self.0 >> 16) as u16, self.0 as u16);
        write!(f, "{seconds}+{subsec}/65536#{counter}")
    }
}

impl Serial {
    /// That of a trailer.
    pub fn of(trailer: &HmacTrailer) -> Self {
        Self(u64::from(trailer.seconds) << 32 | u64::from(trailer.subsec) << 16 | u64::from(trailer.counter))
    }

    /// That of a clock, with counter 0.
    pub fn at(wall: Timestamp) -> Self {
        let (seconds, nanos) = (wall.nanos.div_euclid(1_000_000_000), wall.nanos.rem_euclid(1_000_000_000) as u64);
        Self((seconds as u64) << 32 | ((nanos << 16) / 1_000_000_000) << 16)
    }

    /// Whether it is later than another.
    pub const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0) as i64 > 0
    }

    const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Its seconds less those of a clock: how far it is ahead.
    pub fn ahead_of(self, wall: Timestamp) -> i64 {
        i64::from(((self.0 >> 32) as u32).wrapping_sub(wall.nanos.div_euclid(1_000_000_000) as u32) as i32)
    }
}

/// AH's counter of one virtual router, for what it sends and what it accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AhCounter {
    value: u32,
    cycle: bool,
}

impl AhCounter {
    /// The last number sent or accepted; 0 before any.
    pub const fn value(self) -> u32 {
        self.value
    }

    /// Whether an advert of this number is new. The same number again is a replay.
    pub const fn is_new(self, sequence: u32) -> bool {
        sequence > self.value
    }

    /// An advert of this number was verified.
    pub const fn heard(&mut self, sequence: u32) {
        self.value = sequence;
    }

    /// As master, an advert of this number lost against ours: its sender is to take the next one of ours for new.
    pub const fn lower(&mut self, sequence: u32) {
        self.value = sequence.wrapping_add(1);
        self.cycle = false;
    }

    /// The number of the next advert sent. At its end the counter stands still: nobody accepts the adverts any more, and
    /// the next master begins anew.
    pub const fn next(&mut self) -> u32 {
        if self.value > AH_LAST {
            self.cycle = true;
        } else {
            self.value += 1;
        }
        self.value
    }

    /// It becomes master.
    pub const fn become_master(&mut self) {
        if self.cycle {
            *self = Self { value: 0, cycle: false };
        }
    }
}

/// The last number accepted of each sender, in the order in which they were last verified.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    list: Vec<(IpAddr, Option<Serial>)>,
}

impl Marks {
    /// The last number accepted of a sender, unless it has left the window meanwhile.
    pub fn of(&self, src: IpAddr, auth: &HmacAuth, wall: Timestamp) -> Option<Serial> {
        let mark = self.list.iter().find(|m| m.0 == src)?.1?;
        let near =
            auth.anti_replay == AntiReplay::Monotonic || mark.ahead_of(wall).unsigned_abs() <= auth.window_secs();
        near.then_some(mark)
    }

    /// A digest of this sender was verified. As multicast, only so many senders are remembered.
    fn touch(&mut self, src: IpAddr, unicast: bool) {
        let mark = self.list.iter().position(|m| m.0 == src).and_then(|at| self.list.remove(at).1);
        if !unicast && self.list.len() >= MULTICAST_SENDERS {
            self.list.remove(0);
        }
        self.list.push((src, mark));
    }

    fn raise(&mut self, src: IpAddr, serial: Serial) {
        if let Some(mark) = self.list.iter_mut().find(|m| m.0 == src) {
            mark.1 = Some(serial);
        }
    }
}

/// Whether the time in a trailer is too far from the clock: how many seconds the clock is ahead of it, if so.
pub(super) fn stale(auth: &HmacAuth, trailer: &HmacTrailer, wall: Timestamp) -> Option<i64> {
    let skew = -Serial::of(trailer).ahead_of(wall);
    (auth.anti_replay == AntiReplay::Time && skew.unsigned_abs() > auth.window_secs()).then_some(skew)
}

/// Whether the clocks differ so much that a little more makes adverts stale: more than half the window.
pub(super) fn skewed(auth: &HmacAuth, trailer: &HmacTrailer, wall: Timestamp) -> Option<i64> {
    let skew = -Serial::of(trailer).ahead_of(wall);
    (auth.anti_replay == AntiReplay::Time && skew.unsigned_abs() > auth.window_secs() / 2).then_some(skew)
}

/// The numbers of one virtual router in both directions. Nothing of them outlives the process.
#[derive(Clone, Debug, Default)]
pub struct Signer {
    /// AH's counter.
    pub ah: AhCounter,
    /// The last number signed.
    sent: Option<Serial>,
    /// The last numbers accepted.
    pub marks: Marks,
}

impl Signer {
    /// How to sign the next advert, at this time. All unicast copies of one advert are signed alike; AH's number is used
    /// up even if it is not sent.
    pub fn next(&mut self, auth: &Authentication, params: &Params, wall: Timestamp) -> Signing {
        match applying(auth, params, params.profile) {
            Authentication::None => Signing::None,
            Authentication::Pass(secret) => Signing::Pass(secret.bytes()),
            Authentication::Ah(secret) => Signing::Ah(secret.bytes(), self.ah.next()),
            Authentication::Hmac(hmac) => self.trailer(hmac, wall).unwrap_or_default(),
        }
    }

    fn trailer(&mut self, auth: &HmacAuth, wall: Timestamp) -> Option<Signing> {
        if auth.mode == HmacMode::ReceiveOnly {
            return None;
        }
        let key = auth.keys.hmac(auth.active)?.to_vec();
        let clock = Serial::at(wall);
        let serial = match self.sent {
            Some(last) => {
                let far = auth.anti_replay == AntiReplay::Time
                    && last.is_after(clock)
                    && last.ahead_of(wall).unsigned_abs() > auth.window_secs();
                if far || clock.is_after(last.next()) { clock } else { last.next() }
            }
            None => clock,
        };
        self.sent = Some(serial);
        let (seconds, subsec, counter) = ((serial.0 >> 32) as u32, (serial.0 >> 16) as u16, serial.0 as u16);
        Some(Signing::Hmac { key_id: auth.active, key, seconds, subsec, counter })
    }

    /// It has changed its state.
    pub fn transition(&mut self, transition: &Transition) {
        if transition.to == State::Master {
            self.ah.become_master();
        }
    }

    /// A trailer's digest was right.
    pub(super) fn verified(&mut self, src: IpAddr, unicast: bool) {
        self.marks.touch(src, unicast);
    }

    /// A trailer passed all checks of its own.
    pub(super) fn accepted(&mut self, src: IpAddr, trailer: &HmacTrailer) {
        self.marks.raise(src, Serial::of(trailer));
    }
}

/// What of a configured authentication is in force: passwords only in version 2 over IPv4, the trailer only where the
/// daemon knows it. keepalived drops the rest with a complaint about the configuration.
pub(super) fn applying<'a>(auth: &'a Authentication, params: &Params, profile: &Profile) -> &'a Authentication {
    let legacy = params.version == 2 && params.source.is_ipv4() && profile.asks(Check::Password);
    match auth {
        Authentication::Pass(_) | Authentication::Ah(_) if !legacy => &Authentication::None,
        Authentication::Hmac(_) if !profile.asks(Check::HmacDigest) => &Authentication::None,
        auth => auth,
    }
}
