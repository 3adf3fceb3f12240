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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vrrp::profile::{KEEPALIVED_2_2, RFC3768};
    use crate::wire::Mac;
    use crate::wire::build::AdvertSpec;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 77, 0, 1));

    fn params() -> Params {
        let host = |n| IpAddr::from([10, 77, 0, n]);
        Params::new(51, host(2), vec![host(110)])
    }

    fn wall(micros_after: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + micros_after)
    }

    fn auth() -> HmacAuth {
        let mut keys = Keys::default();
        keys.add_hmac(1, &(0..32).collect::<Vec<u8>>());
        HmacAuth::new(keys, 1, Duration::from_secs(1))
    }

    fn trailer(seconds: u32, subsec: u16, counter: u16) -> HmacTrailer {
        HmacTrailer { key_id: 1, reserved: 0, seconds, subsec, counter }
    }

    /// The number of the next advert after 1700000000 s.
    fn next(signer: &mut Signer, auth: &HmacAuth, micros_after: i64) -> (i64, u16, u16) {
        match signer.next(&Authentication::Hmac(auth.clone()), &params(), wall(micros_after)) {
            Signing::Hmac { seconds, subsec, counter, .. } => (i64::from(seconds) - 1_700_000_000, subsec, counter),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ah_counts_on_from_what_it_heard() {
        let mut ah = AhCounter::default();
        assert_eq!([ah.next(), ah.next()], [1, 2]);
        assert!(!ah.is_new(2) && ah.is_new(3));
        ah.heard(5);
        assert_eq!(ah.next(), 6);
        // As master, 9 of a lower one: 10, and the answer is 11.
        ah.lower(9);
        assert_eq!((ah.value(), ah.next()), (10, 11));
    }

    #[test]
    fn ah_begins_anew_with_the_next_mastership_after_its_end() {
        let mut ah = AhCounter::default();
        ah.heard(0xffff_fffc);
        assert_eq!(ah.next(), 0xffff_fffd);
        assert_eq!(ah.next(), 0xffff_fffe);
        ah.become_master();
        assert_eq!(ah.next(), 0xffff_fffe);
        ah.become_master();
        assert_eq!(ah.next(), 1);
    }

    #[test]
    fn a_number_is_the_clock_or_one_more() {
        let (auth, mut s) = (auth(), Signer::default());
        // 0.5 s is 0x8000 of 65536; 0.999999 s is 65535.93
        assert_eq!(next(&mut s, &auth, 500_000), (0, 0x8000, 0));
        assert_eq!(next(&mut s, &auth, 500_000), (0, 0x8000, 1));
        assert_eq!(next(&mut s, &auth, 999_999), (0, 0xffff, 0));
        // The clock steps back by five seconds and less: one more. By six: anew.
        assert_eq!(next(&mut s, &auth, -4_500_000), (0, 0xffff, 1));
        assert_eq!(next(&mut s, &auth, -5_000_000), (0, 0xffff, 2));
        assert_eq!(next(&mut s, &auth, -6_000_000), (-6, 0, 0));
        let monotonic = HmacAuth { anti_replay: AntiReplay::Monotonic, ..auth };
        assert_eq!(next(&mut s, &monotonic, -3_600_000_000), (-6, 0, 1));
    }

    #[test]
    fn numbers_wrap() {
        let (first, last) = (Serial::of(&trailer(0, 0, 0)), Serial::of(&trailer(u32::MAX, u16::MAX, u16::MAX)));
        assert!(first.is_after(last) && !last.is_after(first) && !first.is_after(first));
        assert_eq!(last.next(), first);
        // 4294967295 s is 2106-02-07 06:28:15; a second later the field is 0.
        let wall = Timestamp::from_micros(4_294_967_296_000_000);
        assert_eq!((last.ahead_of(wall), first.ahead_of(wall)), (-1, 0));
        assert_eq!(Serial::at(wall), first);
    }

    #[test]
    fn the_window_is_three_intervals_within_limits() {
        let window = |ms| HmacAuth::default_window(Duration::from_millis(ms)).as_secs();
        assert_eq!([500, 1000, 1990, 2000, 99_990, 100_000, 255_000].map(window), [5, 5, 5, 6, 297, 300, 300]);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let secs = |secs| HmacAuth { window: Duration::from_secs(secs), ..auth() }.check().map_err(|e| e.to_string());
        assert_eq!([secs(1), secs(300)], [Ok(()), Ok(())]);
        assert_eq!(secs(0).unwrap_err(), "time_window of 0 s: whole seconds from 1 to 300 are valid");
        assert!(secs(301).is_err());
        let other = HmacAuth { active: 2, ..auth() };
        assert_eq!(other.check(), Err(HmacError::ActiveKey(2)));
        let mut signer = Signer::default();
        assert!(matches!(signer.next(&Authentication::Hmac(other), &params(), wall(0)), Signing::None));
    }

    #[test]
    fn four_multicast_senders_are_remembered() {
        let (auth, mut s) = (auth(), Signer::default());
        let host = |n| IpAddr::from([10, 77, 0, n]);
        let hear = |s: &mut Signer, n, counter| {
            s.verified(host(n), false);
            s.accepted(host(n), &trailer(1_700_000_000, 0, counter));
        };
        for n in 1..=4 {
            hear(&mut s, n, 7);
        }
        hear(&mut s, 1, 8);
        hear(&mut s, 5, 7); // instead of 10.77.0.2, heard of longest ago
        let counter = |n| s.marks.of(host(n), &auth, wall(0)).map(|mark| mark.0 as u16);
        assert_eq!([1, 2, 3, 4, 5].map(counter), [Some(8), None, Some(7), Some(7), Some(7)]);
        let mut unicast = Signer::default();
        for n in 1..=6 {
            unicast.verified(host(n), true);
            unicast.accepted(host(n), &trailer(1_700_000_000, 0, 7));
        }
        assert!((1..=6).all(|n| unicast.marks.of(host(n), &auth, wall(0)).is_some()));
    }

    #[test]
    fn a_mark_outside_the_window_counts_no_more() {
        let (auth, mut s) = (auth(), Signer::default());
        s.verified(A, false);
        s.accepted(A, &trailer(1_700_000_000, 0, 0));
        let there = |s: &Signer, auth, micros| s.marks.of(A, auth, wall(micros)).is_some();
        let at = [-5_000_000, -5_000_001, 5_999_999, 6_000_000].map(|micros| there(&s, &auth, micros));
        assert_eq!(at, [true, false, true, false]);
        let monotonic = HmacAuth { anti_replay: AntiReplay::Monotonic, ..auth.clone() };
        assert!(there(&s, &monotonic, 3_600_000_000));
    }

    /// The last `n` bytes of an advert signed at half past second 1700000000, in hexadecimal.
    fn signed(version: u8, auth: &Authentication, heard: u32, from: usize, to: usize) -> String {
        let mut s = Signer::default();
        s.ah.heard(heard);
        let params = Params { version, ..params() };
        let spec = AdvertSpec {
            version,
            signing: s.next(auth, &params, wall(500_000)),
            ..AdvertSpec::new(Mac([2, 0, 10, 77, 0, 2]), params.source, params.vrid, params.addresses)
        };
        spec.packet()[from..to].iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_trailer_is_what_openssl_computes() {
        // printf of 04033300 0a4d0002 and 12 zero bytes, 3133640100640000 0a4d006e, 01010000 6553f100 8000 0000, and 16 zero
        // bytes, into: openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f; the first 16 bytes
        let trailer = "010100006553f10080000000ff949a5b52397797dc91b910cf4441dd";
        assert_eq!(signed(3, &Authentication::Hmac(auth()), 0, 32, 60), trailer);
    }

    #[test]
    fn the_header_is_what_openssl_computes() {
        // printf of 4500004000010000ff3300000a4d0002e0000012 (TOS and checksum 0), 70040000 0a4d0002 00000004 and 12 zero bytes,
        // 2133640102016e0f 0a4d006e and 8 zero bytes, into: openssl dgst -md5 -mac HMAC -macopt hexkey:7333637233740000;
        // the first 12 bytes
        let header = "700400000a4d0002000000048f1b73b2e9dc300cf6aa0535";
        assert_eq!(signed(2, &Authentication::Ah(Secret::new(b"s3cr3t")), 3, 20, 44), header);
    }

    #[test]
    fn nothing_is_signed_with_what_is_not_in_force() {
        let signing = |params: &Params, auth: &Authentication| Signer::default().next(auth, params, wall(0));
        let (v2, v3) = (params(), Params { version: 3, ..params() });
        let (pass, hmac) = (Authentication::Pass(Secret::new(b"1111")), Authentication::Hmac(auth()));
        assert!(matches!(signing(&v2, &pass), Signing::Pass(p) if p == *b"1111\0\0\0\0"));
        assert!(matches!(signing(&v3, &pass), Signing::None));
        assert!(matches!(signing(&Params { profile: &RFC3768, ..params() }, &pass), Signing::None));
        assert!(matches!(signing(&v3, &hmac), Signing::Hmac { .. }));
        assert!(matches!(signing(&Params { profile: &KEEPALIVED_2_2, ..params() }, &hmac), Signing::None));
        let silent = HmacAuth { mode: HmacMode::ReceiveOnly, ..auth() };
        assert!(matches!(signing(&v2, &Authentication::Hmac(silent)), Signing::None));
    }
}
