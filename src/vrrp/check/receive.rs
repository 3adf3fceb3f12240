//! The entry points: [`Listener::receive`] does what the daemon does, [`would_accept`] lists all that is against an advert.

use super::super::event::{Heard, State, Transition};
use super::super::params::Params;
use super::super::profile::{AddressList, Profile};
use super::super::sequence::{self, Authentication, Signer};
use super::ask::listens_to;
use super::{Check, Failure, Hearing, OldChecksum, Outcome, Receiver, Standing};
use crate::time::Timestamp;
use crate::wire::build::Signing;
use crate::wire::checksum::{Form, Verdict as Checksum};
use crate::wire::vrrp::PRIORITY_RELEASE;
use crate::wire::{Advert, Malformed};

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// One of keepalived's statistics.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Counter { $($(#[$doc])* $variant,)* }

        impl Counter {
            /// Every one, in keepalived's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// keepalived's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

counters! {
    /// Adverts that passed the checks up to those of addresses.
    AdvertRcvd = "advert_rcvd",
    /// Adverts sent, unicast copies counted once. For the driver to count, as the next two are.
    AdvertSent = "advert_sent",
    /// Times it became master.
    BecomeMaster = "become_master",
    /// Times it ceased to be master.
    ReleaseMaster = "release_master",
    /// Wrong lengths.
    PacketLenErr = "packet_len_err",
    /// Other intervals. keepalived has the statistic and never increments it.
    AdvertIntervalErr = "advert_interval_err",
    /// TTLs or hop limits that are not allowed.
    IpTtlErr = "ip_ttl_err",
    /// Message types other than 1.
    InvalidTypeRcvd = "invalid_type_rcvd",
    /// Other addresses.
    AddrListErr = "addr_list_err",
    /// Unknown authentication types.
    InvalidAuthtype = "invalid_authtype",
    /// Other authentication types.
    AuthtypeMismatch = "authtype_mismatch",
    /// Wrong passwords, digests and numbers of AH.
    AuthFailure = "auth_failure",
    /// Adverts of priority 0 received.
    PriZeroRcvd = "pri_zero_rcvd",
    /// Adverts of priority 0 sent. For the driver to count.
    PriZeroSent = "pri_zero_sent",
    /// Wrong checksums.
    ChkErr = "chk_err",
    /// Other versions.
    VersErr = "vers_err",
    /// Other VRIDs. keepalived has the statistic and never increments it.
    VridErr = "vrid_err",
    /// Trailers missing.
    AuthExtMissing = "auth_ext_missing",
    /// Trailers that are none.
    AuthExtMalformed = "auth_ext_malformed",
    /// Trailers of unknown keys.
    AuthExtUnknownKey = "auth_ext_unknown_key",
    /// Trailers with a wrong digest.
    AuthExtInvalidHmac = "auth_ext_invalid_hmac",
    /// Trailers of another time.
    AuthExtStale = "auth_ext_stale",
    /// Trailers again.
    AuthExtReplay = "auth_ext_replay",
}

/// keepalived's statistics of one virtual router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters([u64; Counter::ALL.len()]);

impl Counters {
    /// How many.
    pub const fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// One more.
    pub const fn count(&mut self, counter: Counter) {
        let n = &mut self.0[counter as usize];
        *n = n.saturating_add(1);
    }

    /// Those that are not 0.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> {
        Counter::ALL.iter().map(|c| (*c, self.get(*c))).filter(|c| c.1 > 0)
    }
}

/// What earlier adverts left behind.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Sequence numbers in both directions.
    pub signer: Signer,
    /// What was counted.
    pub counters: Counters,
    old_checksum: bool,
    /// Of which checks it has been logged that they failed.
    told: u64,
}

impl Memory {
    /// Whether a peer has made it change to the checksum of keepalived up to 1.3.6.
    pub const fn uses_old_checksum(&self) -> bool {
        self.old_checksum
    }

    fn tell(&mut self, profile: &Profile, check: Check) -> bool {
        let bit = 1 << check as u32;
        let first = self.told & bit == 0;
        self.told |= bit;
        first || !profile.logs_once
    }
}

/// What is against an advert, or noteworthy about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The check that failed.
    pub check: Check,
    /// What follows.
    pub failure: Failure,
    /// A clause with both sides' numbers, never a secret.
    pub reason: String,
    /// Whether the daemon logs it now. Never for what it does not see.
    pub logged: bool,
}

/// What becomes of an advert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For [`Event::Advert`](crate::vrrp::Event::Advert).
    Accepted {
        /// What the state machine needs of it.
        heard: Heard,
        /// What is noteworthy all the same.
        remarks: Vec<Objection>,
    },
    /// For [`Event::Rejected`](crate::vrrp::Event::Rejected).
    Rejected(Objection),
    /// For nobody.
    Unseen(Objection),
}

/// What follows from failing a check, by this profile.
fn failure(profile: &Profile, check: Check) -> Failure {
    match (check, profile.address_list) {
        (Check::AddressCount | Check::AddressList, AddressList::Remark) => Failure::Remark,
        _ => check.row().failure,
    }
}

/// All that is against an advert, in the order of the checks, and all remarks about it. None that is against it means
/// that it is accepted. Changes nothing, and `logged` says what would be logged at first sight.
pub fn would_accept(receiver: &Receiver<'_>, advert: &Advert) -> Vec<Objection> {
    let rows = receiver.profile.checks.iter().map(|check| check.row());
    rows.filter(|row| !row.behind.is_some_and(|first| receiver.profile.asks(first)))
        .filter_map(|row| match (row.ask)(receiver, advert) {
            Outcome::Fail(reason) => {
                let failure = failure(receiver.profile, row.check);
                Some(Objection { check: row.check, failure, reason, logged: failure != Failure::Unseen })
            }
            Outcome::Pass | Outcome::NotApplicable => None,
        })
        .collect()
}

/// The ear of one virtual router, and its signature: how it is configured to listen, and what it remembers.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    /// How it is configured. May change at any time.
    pub hearing: Hearing,
    /// What it remembers.
    pub memory: Memory,
}

impl Listener {
    /// One that has heard nothing yet.
    pub fn new(hearing: Hearing) -> Self {
        Self { hearing, memory: Memory::default() }
    }

    /// For [`would_accept`], with another profile than the configured one if wished.
    pub fn receiver<'a>(&'a self, params: &'a Params, standing: Standing, wall: Timestamp) -> Receiver<'a> {
        Receiver { profile: params.profile, params, hearing: &self.hearing, memory: &self.memory, standing, wall }
    }

    /// What the daemon does: asks in its order, and the first check that fails decides. Counts, and remembers sequence
    /// numbers as soon as the authentication is right, as keepalived does: a later check may still fail.
    pub fn receive(&mut self, params: &Params, standing: Standing, wall: Timestamp, advert: &Advert) -> Verdict {
        let profile = params.profile;
        let mut remarks = Vec::new();
        let mut counted = false;
        for &check in profile.checks {
            if matches!(check, Check::AddressList | Check::UnicastPeer | Check::UnicastTtl) && !counted {
                counted = true;
                self.memory.counters.count(Counter::AdvertRcvd);
            }
            let row = check.row();
            let outcome = (row.ask)(&self.receiver(params, standing, wall), advert);
            self.remember(check, &outcome, advert);
            let Outcome::Fail(reason) = outcome else { continue };
            let failure = failure(profile, check);
            if let Some(counter) = row.counter {
                self.memory.counters.count(counter);
            }
            let logged = failure != Failure::Unseen && self.memory.tell(profile, check);
            let objection = Objection { check, failure, reason, logged };
            match failure {
                Failure::Unseen => return Verdict::Unseen(objection),
                Failure::Ko | Failure::Drop => return Verdict::Rejected(objection),
                Failure::Remark => remarks.push(objection),
            }
        }
        if !counted {
            self.memory.counters.count(Counter::AdvertRcvd);
        }
        self.accepted(params, standing, advert);
        let heard = Heard { src: advert.src, priority: advert.priority, advert_int: advert.advert_int };
        Verdict::Accepted { heard, remarks }
    }

    /// What becomes of a packet that is no whole advert: rejected, if it is addressed to this virtual router and its header
    /// is there, else nothing. Here too a daemon's timer may restart.
    pub fn malformed(&mut self, params: &Params, standing: Standing, malformed: &Malformed) -> Option<Verdict> {
        let ours = listens_to(&self.hearing, params);
        let auth = sequence::applying(&self.hearing.authentication, params, params.profile);
        let heard = malformed.addresses.is_some_and(|(_, dst)| dst == ours)
            && malformed.vrid == Some(params.vrid)
            && malformed.ah == matches!(auth, Authentication::Ah(_))
            && !matches!(standing.state, State::Init | State::Fault);
        if !heard {
            return None;
        }
        // keepalived compares the length before the version. That of an unknown version is as if it were version 3.
        let check = if malformed.field == "version" { Check::Version } else { Check::Length };
        if let Some(counter) = check.row().counter {
            self.memory.counters.count(counter);
        }
        let logged = self.memory.tell(params.profile, check);
        let reason = format!("its {}: {}", malformed.field, malformed.reason);
        Some(Verdict::Rejected(Objection { check, failure: Failure::Ko, reason, logged }))
    }

    fn remember(&mut self, check: Check, outcome: &Outcome, advert: &Advert) {
        match (check, outcome) {
            (_, Outcome::NotApplicable) => {}
            (Check::HmacReplay, outcome) => {
                let Some(trailer) = &advert.hmac else { return };
                self.memory.signer.verified(advert.src, self.hearing.is_unicast());
                if *outcome == Outcome::Pass {
                    self.memory.signer.accepted(advert.src, trailer);
                }
            }
            (Check::AhSequence, Outcome::Pass) => {
                if let Some(header) = advert.ah {
                    self.memory.signer.ah.heard(header.sequence);
                }
            }
            (Check::Checksum, Outcome::Pass) => {
                self.memory.old_checksum |= advert.checksum_verdict == Checksum::Ok(Form::PseudoHeaderGroup);
            }
            _ => {}
        }
    }

    fn accepted(&mut self, params: &Params, standing: Standing, advert: &Advert) {
        if advert.priority == PRIORITY_RELEASE {
            self.memory.counters.count(Counter::PriZeroRcvd);
        }
        match standing.state {
            State::Backup if standing.master != Some(advert.src) => self.memory.told = 0,
            State::Master => {
                let lower = advert.priority != PRIORITY_RELEASE
                    && (advert.priority, advert.src) < (standing.priority, params.source);
                if let Some(header) = advert.ah.filter(|_| lower) {
                    self.memory.signer.ah.lower(header.sequence);
                }
            }
            _ => {}
        }
    }

    /// Tells it of a change of state: what was logged once is logged again, and AH's counter may begin anew.
    pub fn transition(&mut self, transition: &Transition) {
        if transition.from == State::Master || transition.to == State::Master {
            self.memory.told = 0;
        }
        self.memory.signer.transition(transition);
    }

    /// How to sign the next advert, at this time. One advert is signed once, whatever the number of its copies.
    pub fn sign(&mut self, params: &Params, wall: Timestamp) -> Signing {
        self.memory.signer.next(&self.hearing.authentication, params, wall)
    }

    /// Which checksum to send in version 3 over IPv4.
    pub fn checksum(&self, params: &Params) -> Form {
        let old = match self.hearing.old_unicast_checksum {
            OldChecksum::Always => self.hearing.is_unicast(),
            OldChecksum::WhenHeard => self.memory.old_checksum,
            OldChecksum::Never => false,
        };
        match self.hearing.checksum.unwrap_or(params.profile.checksum) {
            _ if self.hearing.v3_checksum_as_v2 && params.profile.v3_checksum_as_v2 => Form::Plain,
            Form::PseudoHeader if old => Form::PseudoHeaderGroup,
            form => form,
        }
    }
}
