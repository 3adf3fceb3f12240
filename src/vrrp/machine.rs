//! The state machine of one virtual router (RFC 3768 §6.4, RFC 5798 §6.4, RFC 9568 §6.4, and the daemons).
//!
//! Total and deterministic: every event is defined in every state, nothing panics, and the same events give the same
//! actions. Adverts are sent on an absolute schedule: the next one is due an interval after the last one *was due*, so
//! that lateness of the driver does not add up.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::event::{Action, Actions, Event, Heard, Reason, State, Timer, Transition};
use super::params::Params;
use super::profile::{LowerAdvert, OwnerStart, PriorityChange, Profile, SkewPriority, StartupDelay, TwoOwners};
use super::timing::Wait;
use super::track::{Fault, Faults};
use crate::time::Instant;
use crate::wire::vrrp::{PRIORITY_OWNER, PRIORITY_RELEASE};

/// An owner that defers to another, and the most that tracking may raise a priority to.
const BELOW_OWNER: u8 = PRIORITY_OWNER - 1;

/// Announcements that may be waiting at once. Each lower advert and each mastership adds one; a flood must not add
/// without end.
const MOST_ANNOUNCEMENTS: usize = 16;

/// Timers of refreshed announcements that may run at once: keepalived adds one with each mastership and ends none. They
/// must leave room for the other announcements.
const MOST_REFRESHES: usize = 4;

/// The least interval that version 3 can express beside 0. An interval of 0, which RFC 9568's erratum 8301 has refused,
/// counts as this: it must not make a backup's wait nothing.
const LEAST_INTERVAL: Duration = Duration::from_millis(10);

/// A timer that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Armed {
    /// Which.
    pub timer: Timer,
    /// Since when.
    pub since: Instant,
    /// Until when.
    pub until: Instant,
    /// What a backup's wait is made of.
    pub wait: Option<Wait>,
}

/// Announcements to be sent later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Later {
    at: Instant,
    rounds: u8,
    every: Option<Duration>,
}

/// Two owners, seen from the one with the higher address (keepalived since 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Conflict {
    /// Own adverts since the other was first heard.
    adverts: u8,
    /// The other's interval.
    interval: Duration,
    /// Until when an advert of the other makes this one give way; set with the second own advert.
    until: Option<Instant>,
}

/// One virtual router on one interface, of one family.
#[derive(Clone, Debug)]
pub struct VirtualRouter {
    params: Params,
    state: State,
    started: bool,
    /// Effective priority.
    priority: u8,
    /// Lowered for good by another owner (keepalived 2.2).
    disowned: bool,
    /// The interval that the master-down interval is made of: the master's in version 3 (RFC 5798 §6.1).
    master_adver_int: Duration,
    /// keepalived's `ms_down_timer`: what a change of priority takes for the time the running timer was armed with.
    down: Duration,
    wait: Wait,
    since: Instant,
    deadline: Option<Instant>,
    /// When a preempt delay ends, once a lower advert has begun it.
    preempt_at: Option<Instant>,
    delayed_until: Option<Instant>,
    /// Why it would become master if its timer expired now.
    because: Reason,
    /// The last advert heard as a backup, and when.
    heard: Option<(Heard, Instant)>,
    faults: Faults,
    group_fault: bool,
    pending: u16,
    ready: bool,
    conflict: Option<Conflict>,
    later: Vec<Later>,
    /// When the first advert is due that refreshes the announcements, for a daemon that has no timer for it.
    refresh_at: Option<Instant>,
}

impl VirtualRouter {
    /// One that has not been started.
    pub fn new(params: Params) -> Self {
        let mut new = Self {
            state: State::Init,
            started: false,
            priority: params.priority,
            disowned: false,
            master_adver_int: params.advert_int,
            down: Duration::ZERO,
            wait: Wait { version: 2, adverts: 0, interval: Duration::ZERO, priority: 0, grain: params.profile.grain },
            since: Instant::ZERO,
            deadline: None,
            preempt_at: None,
            delayed_until: None,
            because: Reason::NobodyHeard,
            heard: None,
            faults: Faults::default(),
            group_fault: false,
            pending: 0,
            ready: false,
            conflict: None,
            later: Vec::new(),
            refresh_at: None,
            params,
        };
        new.wait = new.master_down();
        new.down = new.wait.duration();
        new
    }

    /// Its state.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Its configuration.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// Its effective priority: what its adverts carry as master.
    pub const fn priority(&self) -> u8 {
        self.priority
    }

    /// The last advert it heard as a backup, accepted or not, and when.
    pub const fn heard(&self) -> Option<(Heard, Instant)> {
        self.heard
    }

    /// What keeps it out.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether tracked scripts have yet to have their first result.
    pub const fn is_pending(&self) -> bool {
        self.pending > 0
    }

    /// Whether it is ready to be master as far as it alone is concerned: see [`Action::Ready`].
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Until when a lower master is let be, if a preempt delay runs.
    pub const fn preempt_at(&self) -> Option<Instant> {
        self.preempt_at
    }

    /// The wait that a backup's timer is armed with when it accepts an advert now.
    pub const fn master_down(&self) -> Wait {
        let owner = self.params.is_owner() && !self.disowned;
        let priority = match self.params.profile.skew {
            SkewPriority::EffectiveUnlessOwner if owner => PRIORITY_OWNER,
            SkewPriority::Effective | SkewPriority::EffectiveUnlessOwner => self.priority,
            SkewPriority::Configured => self.params.priority,
        };
        Wait {
            version: self.params.version,
            adverts: self.params.down_timer_adverts,
            interval: self.master_adver_int,
            priority,
            grain: self.params.profile.grain,
        }
    }

    /// The protocol's own timer, if it runs: a backup's or a master's.
    pub fn armed(&self) -> Option<Armed> {
        let until = self.deadline?;
        let (timer, wait) = match self.state {
            State::Master => (Timer::Advert, None),
            _ => (Timer::MasterDown, Some(self.wait)),
        };
        Some(Armed { timer, since: self.since, until, wait })
    }

    /// When to call [`Self::handle`] with [`Event::Timer`] next, and for which timer.
    pub fn next_deadline(&self) -> Option<(Instant, Timer)> {
        let timer = if self.state == State::Master { Timer::Advert } else { Timer::MasterDown };
        let own = self.deadline.map(|at| (at, timer));
        let announce = self.later.iter().map(|l| (l.at, Timer::Announce)).min();
        match (own, announce) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Tells it what happened, and gives what is to be done about it, in order. `now` never goes back.
    #[must_use]
    pub fn handle(&mut self, now: Instant, event: Event) -> Actions {
        let mut out = Actions::new();
        if self.delayed_until.is_some_and(|at| at <= now) {
            self.delayed_until = None;
        }
        match event {
            Event::Start => self.start(now, &mut out),
            Event::Stop => self.stop(now, &mut out),
            Event::Timer => self.timer(now, &mut out),
            Event::Advert(heard) => self.advert(now, heard, &mut out),
            Event::Rejected => self.rejected(now),
            Event::Priority(priority) => self.set_priority(priority),
            Event::Fault(fault) => {
                self.faults.set(fault);
                self.go_fault(now, Reason::Fault(fault), self.profile().releases_at_fault, &mut out);
            }
            Event::Cleared(fault) => {
                self.faults.clear(fault, self.profile().interfaces_share_a_fault);
                if !self.params.grouped && self.state == State::Fault {
                    self.recover(now, &mut out);
                }
            }
            Event::Pending => self.pending = self.pending.saturating_add(1),
            Event::Settled => self.settled(now, &mut out),
            Event::Reload(params) => self.reload(now, *params, &mut out),
            Event::Source(source) => self.params.source = source,
            Event::AddressLost => self.address_lost(now, &mut out),
            Event::Resign => {
                if self.state == State::Master {
                    self.release(&mut out);
                    self.master_adver_int = self.params.advert_int;
                    self.go_backup(now, Reason::Resigned, &mut out);
                }
            }
            Event::Advertise => {
                if self.state == State::Master {
                    self.send(now, &mut out);
                    self.restart_advert_timer(now);
                }
            }
            Event::Preempt(preempt) => self.params.preempt = preempt,
            Event::GroupMaster => {
                if self.state == State::Backup {
                    let reason = if self.ready { self.because } else { Reason::Group };
                    self.become_master(now, reason, &mut out);
                }
            }
            Event::GroupBackup => {
                if self.state == State::Master {
                    self.leave_master(&mut out);
                    self.go_backup(now, Reason::Group, &mut out);
                }
            }
            Event::GroupAnnounce => {
                if self.state == State::Master {
                    let a = self.params.announcing;
                    self.announce(now, a.lower_repeat, a.lower_delay, &mut out);
                }
            }
            Event::GroupFault => {
                self.group_fault = true;
                self.go_fault(now, Reason::Group, 1, &mut out);
            }
            Event::GroupRecovered => {
                self.group_fault = false;
                self.recover(now, &mut out);
            }
        }
        out
    }

    const fn profile(&self) -> &'static Profile {
        self.params.profile
    }

    const fn owns(&self) -> bool {
        self.params.is_owner() && !self.disowned
    }

    // Start and end.

    /// RFC 5798 §6.4.1.
    fn start(&mut self, now: Instant, out: &mut Actions) {
        if self.started {
            return;
        }
        self.started = true;
        self.since = now;
        // What it learnt in a life before does not count (RFC 5798 §6.4.1).
        self.master_adver_int = self.params.advert_int;
        if self.params.is_owner() {
            (self.priority, self.disowned) = (PRIORITY_OWNER, false);
        }
        if !self.params.startup_delay.is_zero() {
            self.delayed_until = Some(now.after(self.params.startup_delay));
        }
        if let Some(fault) = self.faults.first() {
            self.go_fault_from_init(now, Reason::Fault(fault), out);
        } else if self.group_fault {
            self.go_fault_from_init(now, Reason::Group, out);
        } else if self.pending == 0 {
            self.begin(now, out);
        }
    }

    fn begin(&mut self, now: Instant, out: &mut Actions) {
        let delayed = self.delayed_until.is_some();
        match self.profile().owner_start {
            OwnerStart::AtOnce if self.owns() && !delayed && !self.params.grouped => {
                self.become_master(now, Reason::Owner, out);
            }
            OwnerStart::AtOnce if self.owns() => self.begin_as_owner(now, Duration::ZERO, out),
            OwnerStart::AfterAMicrosecond if self.owns() && self.params.wants_master => {
                // keepalived 2.4 wakes while its delay still counts as running, and waits for its next advert.
                let late = delayed && self.profile().startup_delay == StartupDelay::Deaf;
                let wait = if late { self.params.advert_int } else { Duration::from_micros(1) };
                self.begin_as_owner(now, wait, out);
            }
            OwnerStart::AtOnce | OwnerStart::AfterAMicrosecond => self.go_backup(now, Reason::Started, out),
        }
    }

    fn begin_as_owner(&mut self, now: Instant, wait: Duration, out: &mut Actions) {
        self.go_backup(now, Reason::Started, out);
        self.because = Reason::Owner;
        self.wait = self.master_down().skew();
        self.arm(now, wait);
    }

    fn stop(&mut self, now: Instant, out: &mut Actions) {
        if !self.started {
            return;
        }
        if self.state == State::Master {
            self.release(out);
        }
        if self.state != State::Init {
            self.report(now, State::Init, Reason::Stopped, out);
        }
        self.started = false;
        self.deadline = None;
        self.delayed_until = None;
        self.preempt_at = None;
        self.heard = None;
        self.ready = false;
        self.conflict = None;
        self.later.clear();
    }

    /// A script's first result is there. Its success or failure has been told before, as a fault or a priority.
    fn settled(&mut self, now: Instant, out: &mut Actions) {
        self.pending = self.pending.saturating_sub(1);
        if self.state == State::Fault && !self.params.grouped {
            self.recover(now, out);
        }
        if self.pending > 0 || !self.started || self.state != State::Init {
            return;
        }
        if let Some(fault) = self.faults.first() {
            self.go_fault_from_init(now, Reason::Fault(fault), out);
        } else if self.group_fault {
            self.go_fault_from_init(now, Reason::Group, out);
        } else if self.params.grouped {
            // The group says when: Event::GroupRecovered.
        } else if self.owns() && self.params.wants_master && self.delayed_until.is_none() {
            self.become_master(now, Reason::Owner, out);
        } else {
            self.begin(now, out);
        }
    }

    // Timers.

    fn timer(&mut self, now: Instant, out: &mut Actions) {
        let Some((at, timer)) = self.next_deadline().filter(|(at, _)| *at <= now) else { return };
        match timer {
            Timer::MasterDown if self.params.grouped => {
                // Every member has to be ready. Until then it waits on (keepalived, vrrp_sync.c).
                self.ready = true;
                self.wait = self.master_down();
                self.arm(now, self.wait.duration());
                out.push(Action::Ready);
            }
            Timer::MasterDown => self.become_master(now, self.because, out),
            Timer::Advert => {
                self.send(now, out);
                if self.refresh_at.is_some_and(|at| at <= now) {
                    out.push(Action::Announce { rounds: self.params.announcing.refresh_repeat });
                    self.refresh_at = Some(now.after(self.params.announcing.refresh));
                }
                let next = at.after(self.params.advert_int);
                self.restart_advert_timer(if self.params.steady && next > now { at } else { now });
            }
            Timer::Announce => {
                let Some(i) = self.later.iter().position(|l| l.at == at) else { return };
                let Later { rounds, every, .. } = self.later[i];
                match every {
                    Some(every) => self.later[i].at = at.after(every).max(now),
                    None => drop(self.later.swap_remove(i)),
                }
                if self.state == State::Master && rounds > 0 {
                    out.push(Action::Announce { rounds });
                }
            }
        }
    }

    /// Arms a backup's timer. While a startup delay runs it counts from its end.
    fn arm(&mut self, now: Instant, wait: Duration) {
        self.down = wait;
        self.since = now;
        self.deadline = Some(self.delayed_until.unwrap_or(now).after(wait));
    }

    fn restart_advert_timer(&mut self, now: Instant) {
        self.since = now;
        self.deadline = Some(now.after(self.params.advert_int));
    }

    // Packets.

    fn advert(&mut self, now: Instant, heard: Heard, out: &mut Actions) {
        if self.is_deaf() {
            return;
        }
        match self.state {
            State::Init | State::Fault => {}
            State::Backup => self.advert_as_backup(now, heard),
            State::Master => self.advert_as_master(now, heard, out),
        }
    }

    fn is_deaf(&self) -> bool {
        self.delayed_until.is_some() && self.profile().startup_delay == StartupDelay::Deaf
            || self.owns() && self.profile().two_owners == TwoOwners::Deaf
    }

    /// RFC 5798 §6.4.2.
    fn advert_as_backup(&mut self, now: Instant, heard: Heard) {
        if self.owns()
            && self.priority != PRIORITY_OWNER
            && (heard.priority != PRIORITY_OWNER || self.heard.is_none_or(|(last, _)| last.src != heard.src))
        {
            // Not the other owner: the conflict that this one deferred to is over.
            self.priority = PRIORITY_OWNER;
        }
        if heard.priority == PRIORITY_RELEASE {
            self.wait = self.master_down().skew();
            self.because = Reason::Released { master: heard.src, at: now };
            self.arm(now, self.wait.duration());
            return;
        }
        self.heard = Some((heard, now));
        let delaying = !self.params.preempt_delay.is_zero() && self.preempt_at.is_none_or(|at| at > now);
        if !self.params.preempt || heard.priority >= self.priority || delaying {
            if self.params.version == 3 {
                self.master_adver_int = heard.advert_int.max(LEAST_INTERVAL);
            }
            self.ready = false;
            self.wait = self.master_down();
            self.because = Reason::MasterDown { master: heard.src, last: now };
            self.arm(now, self.wait.duration());
            if heard.priority >= self.priority {
                self.preempt_at = None;
            } else if delaying && self.preempt_at.is_none() {
                self.preempt_at = Some(now.after(self.params.preempt_delay));
            }
        } else {
            self.because = Reason::Preempted { master: heard.src, priority: heard.priority };
            self.keep_waiting(now);
        }
    }

    /// RFC 5798 §6.4.3.
    fn advert_as_master(&mut self, now: Instant, heard: Heard, out: &mut Actions) {
        if heard.priority == PRIORITY_RELEASE {
            self.send(now, out);
            self.packet_as_master(now, true);
            return;
        }
        if self.owns() && heard.priority == PRIORITY_OWNER && self.priority == PRIORITY_OWNER {
            self.two_owners(now, heard);
        }
        let above = heard.priority > self.priority;
        if above || heard.priority == self.priority && heard.src > self.params.source {
            if self.params.higher_prio_send_advert {
                self.send(now, out);
            }
            if self.params.version == 3 {
                self.master_adver_int = heard.advert_int.max(LEAST_INTERVAL);
            }
            self.heard = Some((heard, now));
            self.leave_master(out);
            let (src, priority) = (heard.src, heard.priority);
            let reason =
                if above { Reason::HigherPriority { src, priority } } else { Reason::HigherAddress { src, priority } };
            self.go_backup(now, reason, out);
            self.because = Reason::MasterDown { master: src, last: now };
            return;
        }
        let own_address = heard.priority == self.priority && heard.src == self.params.source;
        match self.profile().lower {
            LowerAdvert::Discard => {}
            LowerAdvert::Answer => self.send(now, out),
            LowerAdvert::AnswerAndAnnounce if own_address => self.packet_as_master(now, false),
            LowerAdvert::AnswerAndAnnounce => {
                if !self.params.lower_prio_no_advert {
                    self.send(now, out);
                }
                let a = self.params.announcing;
                self.announce(now, a.lower_repeat, a.lower_delay, out);
                self.packet_as_master(now, false);
            }
        }
    }

    /// A packet was handled as master: a daemon that reckons its timer anew after each one does so now. `release`: it
    /// was one of priority 0, after which every router begins a new interval.
    fn packet_as_master(&mut self, now: Instant, release: bool) {
        if (self.profile().packets_restart_advert_timer || release) && !self.params.lower_prio_no_advert {
            self.restart_advert_timer(now);
        }
    }

    fn rejected(&mut self, now: Instant) {
        if self.is_deaf() {
            return;
        }
        match self.state {
            State::Init | State::Fault => {}
            State::Backup => self.keep_waiting(now),
            State::Master => self.packet_as_master(now, false),
        }
    }

    /// A packet that changes nothing for a backup: its timer runs on. keepalived then remembers only the rest of it, which
    /// a change of priority later takes for the whole.
    fn keep_waiting(&mut self, now: Instant) {
        let Some(at) = self.deadline else { return };
        match self.delayed_until {
            Some(end) if self.profile().startup_delay == StartupDelay::Postpones => {
                self.down = at.since(now);
                self.since = now;
                self.deadline = Some(end.after(self.down));
            }
            delayed => self.down = at.since(delayed.unwrap_or(now)),
        }
    }

    fn two_owners(&mut self, now: Instant, heard: Heard) {
        match self.profile().two_owners {
            TwoOwners::Deaf => {}
            TwoOwners::LowerForGood => {
                self.disowned = true;
                self.priority = BELOW_OWNER;
            }
            TwoOwners::Patient if heard.src >= self.params.source => {}
            TwoOwners::Patient => match self.conflict {
                Some(Conflict { until: Some(until), .. }) if now <= until => {
                    self.conflict = None;
                    self.priority = BELOW_OWNER;
                }
                Some(Conflict { until: None, .. }) => {}
                Some(Conflict { until: Some(_), .. }) | None => {
                    self.conflict = Some(Conflict { adverts: 0, interval: heard.advert_int, until: None });
                }
            },
        }
    }

    // Priority and configuration.

    fn set_priority(&mut self, priority: u8) {
        if self.params.is_owner() {
            return;
        }
        let priority = priority.clamp(1, BELOW_OWNER);
        if priority == self.priority {
            return;
        }
        self.priority = priority;
        let before = self.down;
        let wait = self.master_down();
        if self.profile().priority_change == PriorityChange::Later {
            return;
        }
        self.down = wait.duration();
        if let (State::Backup, Some(at)) = (self.state, self.deadline) {
            let at =
                Instant::from_micros(at.as_micros().saturating_sub(micros(before)).saturating_add(micros(self.down)));
            self.wait = wait;
            self.deadline = Some(at);
            self.since = at.before(self.down);
        }
    }

    /// keepalived: a master goes on, a backup waits anew (`vrrp_daemon.c`).
    fn reload(&mut self, now: Instant, params: Params, out: &mut Actions) {
        let adverts = self.profile().reload_adverts;
        if self.state == State::Master && adverts {
            self.send(now, out);
        }
        let old = std::mem::replace(&mut self.params, params);
        self.priority = self.params.priority;
        self.disowned = false;
        self.conflict = None;
        self.preempt_at = None;
        self.master_adver_int = self.params.advert_int;
        if self.params.announcing.refresh.is_zero() {
            self.refresh_at = None;
            self.later.retain(|l| l.every.is_none());
        }
        match self.state {
            State::Init | State::Fault => {}
            State::Backup => {
                self.ready = false;
                self.wait = self.master_down();
                self.arm(now, self.wait.duration());
            }
            State::Master => {
                if adverts {
                    self.send(now, out);
                }
                self.restart_advert_timer(now);
                if old.addresses != self.params.addresses {
                    out.push(Action::ChangeAddresses);
                    if self.params.addresses.iter().any(|a| !old.addresses.contains(a)) {
                        let a = self.params.announcing;
                        self.announce(now, a.repeat, a.delay, out);
                    }
                }
            }
        }
    }

    // Transitions.

    fn send(&mut self, now: Instant, out: &mut Actions) {
        out.push(Action::SendAdvert { priority: self.priority });
        if let Some(c) = &mut self.conflict {
            c.adverts = c.adverts.saturating_add(1);
            if c.adverts == 2 {
                c.until = Some(now.after(c.interval.max(self.params.advert_int) * 6 / 5));
            }
        }
    }

    fn announce(&mut self, now: Instant, rounds: u8, delay: Duration, out: &mut Actions) {
        if rounds > 0 {
            out.push(Action::Announce { rounds });
            if !delay.is_zero() {
                self.announce_later(Later { at: now.after(delay), rounds, every: None });
            }
        }
    }

    fn announce_later(&mut self, later: Later) {
        if self.later.len() < MOST_ANNOUNCEMENTS {
            self.later.push(later);
        }
    }

    fn report(&mut self, at: Instant, to: State, reason: Reason, out: &mut Actions) {
        let (from, priority) = (self.state, self.priority);
        let wait = (from == State::Backup && to == State::Master).then_some(self.wait);
        out.push(Action::Report(Transition { at, from, to, priority, reason, wait }));
        self.state = to;
    }

    /// RFC 5798 §6.4.2 (375): an advert, the addresses, their announcement; then it is master.
    fn become_master(&mut self, now: Instant, reason: Reason, out: &mut Actions) {
        if self.owns() {
            self.priority = PRIORITY_OWNER;
        }
        self.conflict = None;
        self.ready = true;
        self.preempt_at = None;
        self.delayed_until = None;
        self.master_adver_int = self.params.advert_int;
        self.send(now, out);
        self.report(now, State::Master, reason, out);
        out.push(Action::AddAddresses);
        let a = self.params.announcing;
        self.announce(now, a.repeat, a.delay, out);
        if a.refresh.is_zero() || a.refresh_repeat == 0 {
            self.refresh_at = None;
        } else if self.profile().refreshes_with_adverts {
            self.refresh_at = Some(now.after(a.refresh));
        } else if self.later.iter().filter(|l| l.every.is_some()).count() < MOST_REFRESHES {
            let at = now.after(a.delay).after(a.refresh);
            self.announce_later(Later { at, rounds: a.refresh_repeat, every: Some(a.refresh) });
        }
        self.restart_advert_timer(now);
    }

    /// What a master gives up with its state.
    fn leave_master(&mut self, out: &mut Actions) {
        out.push(Action::RemoveAddresses);
        self.conflict = None;
        if !self.profile().announcements_survive {
            self.later.clear();
        }
    }

    /// A master tells that it leaves.
    fn release(&mut self, out: &mut Actions) {
        out.push(Action::SendAdvert { priority: PRIORITY_RELEASE });
        self.leave_master(out);
    }

    fn go_backup(&mut self, now: Instant, reason: Reason, out: &mut Actions) {
        self.report(now, State::Backup, reason, out);
        self.ready = false;
        self.preempt_at = None;
        self.because = Reason::NobodyHeard;
        self.wait = self.master_down();
        self.arm(now, self.wait.duration());
    }

    fn go_fault(&mut self, now: Instant, reason: Reason, releases: u8, out: &mut Actions) {
        if !matches!(self.state, State::Backup | State::Master) {
            return;
        }
        if self.state == State::Master {
            for _ in 0..releases {
                out.push(Action::SendAdvert { priority: PRIORITY_RELEASE });
            }
            self.leave_master(out);
        }
        self.go_fault_from_init(now, reason, out);
    }

    fn go_fault_from_init(&mut self, now: Instant, reason: Reason, out: &mut Actions) {
        self.report(now, State::Fault, reason, out);
        self.ready = false;
        self.deadline = None;
        self.preempt_at = None;
        self.heard = None;
    }

    fn recover(&mut self, now: Instant, out: &mut Actions) {
        if !self.started || !self.faults.is_empty() || self.group_fault || self.pending > 0 {
            return;
        }
        match self.state {
            State::Backup | State::Master => {}
            State::Init => self.begin(now, out),
            State::Fault => {
                self.master_adver_int = self.params.advert_int;
                let at_once = self.profile().owner_recovers_as_master && !self.params.grouped;
                if at_once && self.owns() && self.delayed_until.is_none() {
                    self.become_master(now, Reason::Recovered, out);
                } else {
                    self.go_backup(now, Reason::Recovered, out);
                }
            }
        }
    }

    fn address_lost(&mut self, now: Instant, out: &mut Actions) {
        if self.state != State::Master {
            return;
        }
        if !self.profile().lost_address_releases {
            out.push(Action::AddAddresses);
            return;
        }
        self.release(out);
        self.go_backup(now, Reason::AddressLost, out);
        // Its own skew time only, so that it wins against the backups, which wait theirs (keepalived_netlink.c).
        self.wait = self.master_down().skew();
        self.arm(now, self.wait.duration());
    }

    /// What decides how it goes on, with times counted from now: two that give the same go on alike. Announcements that
    /// are yet to come decide nothing.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let since = |at: Instant| at.as_micros() - now.as_micros();
        let times = [Some(self.since), self.deadline, self.preempt_at, self.delayed_until].map(|t| t.map(since));
        times.hash(h);
        self.conflict.map(|c| (c.adverts, c.interval, c.until.map(since))).hash(h);
        self.heard.map(|(heard, at)| (heard.src, heard.priority, heard.advert_int, since(at))).hash(h);
        (self.state as u8, self.started, self.priority, self.disowned, self.ready, self.group_fault, self.pending)
            .hash(h);
        (self.master_adver_int, self.down, &self.faults).hash(h);
        (self.params.source, self.params.priority, self.params.preempt).hash(h);
    }

    /// Whether this router would be kept out by `fault` now.
    pub fn has_fault(&self, fault: Fault) -> bool {
        self.faults.has(fault)
    }
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}
