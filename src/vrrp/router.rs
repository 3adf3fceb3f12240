//! One VRRP process: several virtual routers, their sync groups and what they track.
//!
//! [`VrrpRouter::handle`] is the only way in. It passes events to the machines and sees to what keepalived does around
//! them: contributions of trackers, and sync groups (`vrrp_sync.c`). Instances are named by their place, which they keep
//! as long as they exist.
//!
//! A group holds together: after each input all its members are master or none is.

use std::net::IpAddr;

use super::deadlines::Deadlines;
use super::event::{Action, Event, State, Timer};
use super::machine::VirtualRouter;
use super::params::Params;
use super::profile::Profile;
use super::script::{Change, ScriptState};
use super::track::{Effect, Fault, Kind, Reading, Track, effective_priority};
use crate::time::Instant;

/// How a virtual router reaches the others. A part of its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// A multicast group.
    Multicast {
        /// Which, if not the usual one.
        group: Option<IpAddr>,
        /// Whether from a virtual MAC.
        vmac: bool,
    },
    /// One by one, from this address.
    Unicast {
        /// The source.
        source: IpAddr,
    },
}

/// A virtual router of the configuration.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its interface, as configured.
    pub interface: String,
    /// How it reaches the others.
    pub via: Via,
    /// The rest. `grouped` need not be set.
    pub params: Params,
    /// What it tracks itself. Its own interface too, with weight 0, unless `dont_track_primary`.
    pub tracks: Vec<Track>,
}

impl Member {
    /// Whether this is the same virtual router, configured anew. Its name does not matter (keepalived).
    fn is_same(&self, other: &Self) -> bool {
        let family = |m: &Self| m.params.source.is_ipv4();
        self.params.vrid == other.params.vrid
            && family(self) == family(other)
            && self.interface == other.interface
            && self.via == other.via
    }
}

/// A sync group of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Its members: places in the list of them, in the order of the group. One that is in a group already is left out.
    pub members: Vec<usize>,
    /// What each of its members tracks.
    pub tracks: Vec<Track>,
    /// `sync_group_tracking_weight`: members keep the weights of their own trackers.
    pub tracking_weight: bool,
}

/// What a tracker reads, and its first reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A script. It has no result yet, or keeps that of before a reload if name and command are the same.
    Script {
        /// What it runs.
        command: String,
        /// Successes in a row that make it good.
        rise: u32,
        /// Failures in a row that make it bad.
        fall: u32,
    },
    /// An interface.
    Interface {
        /// Whether it is up and running.
        up: bool,
    },
    /// Processes.
    Process {
        /// Whether as many run as are asked for.
        ok: bool,
    },
    /// A file.
    File {
        /// Its number; 0 if there is none in it.
        value: i32,
    },
    /// A BFD session. At the start it counts as down, whatever it is.
    Bfd {
        /// Whether it is up.
        up: bool,
    },
}

impl Source {
    /// Of which kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Script { .. } => Kind::Script,
            Self::Interface { .. } => Kind::Interface,
            Self::Process { .. } => Kind::Process,
            Self::File { .. } => Kind::File,
            Self::Bfd { .. } => Kind::Bfd,
        }
    }
}

/// Something that is tracked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    /// Its name. Interfaces and scripts may share one.
    pub name: String,
    /// What it reads.
    pub source: Source,
}

/// The configuration of a VRRP process.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Virtual routers.
    pub members: Vec<Member>,
    /// Sync groups.
    pub groups: Vec<Group>,
    /// Trackers. A track of one that does not exist is ignored.
    pub trackers: Vec<Tracker>,
}

/// Something that happened to the process. What names something that does not exist, or is of another kind, is ignored.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something happened to one instance. [`Event::Fault`] and [`Event::Cleared`] are for causes that no tracker tells.
    /// What only the process may tell an instance is ignored: groups, priorities, results of scripts and reloads.
    Instance(usize, Event),
    /// All instances begin, in order.
    Start,
    /// All end; masters release, in order.
    Stop,
    /// An interface tracker: whether it is up and running.
    Interface(usize, bool),
    /// A script tracker: whether a run exited with status 0.
    Script(usize, bool),
    /// A file tracker: its number.
    File(usize, i32),
    /// A process tracker: whether as many run as are asked for.
    Process(usize, bool),
    /// A BFD tracker: whether its session is up.
    Bfd(usize, bool),
    /// The operator adds so many points to the priority of an instance, in place of those added before.
    Points(usize, i16),
    /// The configuration was read again.
    Reload(Box<Config>),
}

/// One instance.
#[derive(Clone, Debug)]
struct Slot {
    vr: VirtualRouter,
    member: Member,
    /// Its own and its group's, with what each does now.
    tracks: Vec<(Track, Kind, Effect)>,
    group: Option<usize>,
    /// Points of the operator.
    points: i16,
    /// Points that a reload counted wrongly: with the results that scripts keep keepalived does not look at `reverse`. What
    /// scripts change later is added to that.
    astray: i32,
    /// Tracked scripts without a first result.
    pending: usize,
    /// Told to wait although it has no such script itself, for another member of its group has.
    held: bool,
    /// Told of a fault of another member of its group.
    kept_out: bool,
}

impl Slot {
    fn priority(&self) -> u8 {
        let tracked = self.tracks.iter().map(|(.., e)| e.points);
        effective_priority(self.vr.params().priority, tracked.chain([i32::from(self.points), self.astray]))
    }

    fn faults(&self, fault: Fault) -> usize {
        self.tracks.iter().filter(|(_, kind, e)| e.fault && kind.fault() == fault).count()
    }

    fn is_faulty(&self) -> bool {
        !self.vr.faults().is_empty()
    }
}

/// A sync group, running.
#[derive(Clone, Debug, Default)]
struct Sync {
    /// Instances.
    members: Vec<usize>,
    /// All are owners that begin as such: the first to fire takes the others along.
    owners: bool,
}

/// A tracker, running.
#[derive(Clone, Debug)]
struct Watched {
    tracker: Tracker,
    script: ScriptState,
    reading: Reading,
    /// Tracks that depend on it: instance, and place in its list.
    watchers: Vec<(usize, usize)>,
}

/// What one event of a member means for its group.
#[derive(Clone, Copy, Default)]
struct Seen {
    ready: bool,
    announced: bool,
}

/// One VRRP process.
#[derive(Clone, Debug)]
pub struct VrrpRouter {
    /// By place. Empty where an instance was before a reload.
    slots: Vec<Option<Slot>>,
    /// Places in the order of the configuration.
    order: Vec<usize>,
    groups: Vec<Sync>,
    trackers: Vec<Watched>,
    deadlines: Deadlines,
    started: bool,
    out: Vec<(usize, Action)>,
}

impl VrrpRouter {
    /// One that has not been started. Instances have the places of `config.members`.
    pub fn new(config: Config) -> Self {
        let mut new = Self {
            slots: Vec::new(),
            order: Vec::new(),
            groups: Vec::new(),
            trackers: Vec::new(),
            deadlines: Deadlines::new(0),
            started: false,
            out: Vec::new(),
        };
        new.configure(Instant::ZERO, config, true);
        new
    }

    /// Tells it what happened, and gives what is to be done about it and for which instance, in order. `now` never goes
    /// back.
    pub fn handle(&mut self, now: Instant, input: Input) -> &[(usize, Action)] {
        self.out.clear();
        match input {
            Input::Instance(i, event) => match event {
                Event::Priority(_)
                | Event::Pending
                | Event::Settled
                | Event::Reload(_)
                | Event::GroupMaster
                | Event::GroupBackup
                | Event::GroupAnnounce
                | Event::GroupFault
                | Event::GroupRecovered => {}
                event => self.tell(now, i, event),
            },
            Input::Start => {
                if !std::mem::replace(&mut self.started, true) {
                    for g in 0..self.groups.len() {
                        self.groups[g].owners = self.are_owners(g) && !self.any(g, Slot::is_faulty);
                    }
                }
                self.each(now, &Event::Start);
            }
            Input::Stop => {
                self.started = false;
                self.each(now, &Event::Stop);
            }
            Input::Interface(id, up) => self.read(now, id, Kind::Interface, Reading::from(up)),
            Input::Process(id, ok) => self.read(now, id, Kind::Process, Reading::from(ok)),
            Input::Bfd(id, up) => self.read(now, id, Kind::Bfd, Reading::from(up)),
            Input::File(id, value) => self.read(now, id, Kind::File, Reading::Value(value)),
            Input::Script(id, ok) => {
                let Some(w) = self.trackers.get_mut(id) else { return &self.out };
                if let Some(change) = w.script.result(ok) {
                    self.read(now, id, Kind::Script, Reading::from(change == Change::Good));
                }
            }
            Input::Points(i, points) => {
                if let Some(slot) = self.slot_mut(i) {
                    slot.points = points;
                    self.set_priority(now, i);
                }
            }
            Input::Reload(config) => self.configure(now, *config, false),
        }
        &self.out
    }

    /// When to call [`Self::handle`] with [`Event::Timer`] next, for which instance and for which of its timers. Of those
    /// due together the first place comes first.
    pub fn next_deadline(&self) -> Option<(Instant, usize, Timer)> {
        let i = self.deadlines.first()?;
        let (at, timer) = self.instance(i)?.next_deadline()?;
        Some((at, i, timer))
    }

    /// The instance at a place.
    pub fn instance(&self, i: usize) -> Option<&VirtualRouter> {
        self.slot(i).map(|s| &s.vr)
    }

    /// All instances and their places, in the order of the configuration.
    pub fn instances(&self) -> impl Iterator<Item = (usize, &VirtualRouter)> {
        self.order.iter().filter_map(|i| Some((*i, self.instance(*i)?)))
    }

    /// The members of the sync group that an instance is in, in its order; none if it is in none.
    pub fn group(&self, i: usize) -> &[usize] {
        let group = self.slot(i).and_then(|s| s.group);
        group.and_then(|g| self.groups.get(g)).map_or(&[], |g| &g.members)
    }

    /// What a tracker says now.
    pub fn reading(&self, id: usize) -> Option<Reading> {
        self.trackers.get(id).map(|w| w.reading)
    }

    /// What the results of a tracked script add up to.
    pub fn script(&self, id: usize) -> Option<ScriptState> {
        self.trackers.get(id).filter(|w| w.tracker.source.kind() == Kind::Script).map(|w| w.script)
    }

    /// Of which kind a tracker is.
    pub fn tracker_kind(&self, id: usize) -> Option<Kind> {
        self.trackers.get(id).map(|w| w.tracker.source.kind())
    }

    /// The name of a tracker.
    pub fn tracker(&self, id: usize) -> Option<&str> {
        self.trackers.get(id).map(|w| w.tracker.name.as_str())
    }

    /// What an instance tracks, itself or by its group, and what that does to it now.
    pub fn tracks(&self, i: usize) -> impl Iterator<Item = (Track, Effect)> {
        self.slot(i).into_iter().flat_map(|s| s.tracks.iter().map(|(track, _, effect)| (*track, *effect)))
    }

    /// Whether all members of a group own their addresses and begin as masters.
    fn are_owners(&self, g: usize) -> bool {
        let begins = |i: &usize| self.instance(*i).is_some_and(|vr| vr.params().is_owner() && vr.params().wants_master);
        self.groups.get(g).is_some_and(|g| g.members.iter().all(begins))
    }

    fn any(&self, g: usize, test: fn(&Slot) -> bool) -> bool {
        self.groups.get(g).is_some_and(|g| g.members.iter().any(|i| self.slot(*i).is_some_and(test)))
    }

    fn nth(&self, g: usize, k: usize) -> Option<usize> {
        self.groups.get(g)?.members.get(k).copied()
    }

    fn slot(&self, i: usize) -> Option<&Slot> {
        self.slots.get(i)?.as_ref()
    }

    fn slot_mut(&mut self, i: usize) -> Option<&mut Slot> {
        self.slots.get_mut(i)?.as_mut()
    }

    // Events.

    /// Passes an event to one machine, without a thought for its group.
    fn raise(&mut self, now: Instant, i: usize, event: Event) -> Seen {
        let mut seen = Seen::default();
        let Some(slot) = self.slots.get_mut(i).and_then(Option::as_mut) else { return seen };
        for action in slot.vr.handle(now, event) {
            match action {
                Action::Ready => seen.ready = true,
                Action::Announce { .. } => seen.announced = true,
                _ => {}
            }
            self.out.push((i, action));
        }
        self.deadlines.set(i, slot.vr.next_deadline().map(|(at, _)| at));
        seen
    }

    /// The same to all, in order.
    fn each(&mut self, now: Instant, event: &Event) {
        for k in 0..self.order.len() {
            if let Some(&i) = self.order.get(k) {
                self.raise(now, i, event.clone());
            }
        }
    }

    /// The same to the other members of a group, in its order.
    fn others(&mut self, now: Instant, g: usize, i: usize, event: &Event) {
        let mut k = 0;
        while let Some(j) = self.nth(g, k) {
            k += 1;
            if j != i {
                self.raise(now, j, event.clone());
            }
        }
    }

    /// Passes an event to one machine, and to its group what follows.
    fn tell(&mut self, now: Instant, i: usize, event: Event) {
        let Some(slot) = self.slot(i) else { return };
        let Some(g) = slot.group else {
            self.raise(now, i, event);
            return;
        };
        let (before, was_faulty) = (slot.vr.state(), slot.is_faulty());
        let settled = matches!(event, Event::Settled);
        let advert = matches!(event, Event::Advert(_));
        // What leaving mastership means for the others: that of a deleted address and that on request are theirs too,
        // with a release each; else they just leave.
        let leave = match event {
            Event::AddressLost | Event::Resign => event.clone(),
            _ => Event::GroupBackup,
        };
        let seen = self.raise(now, i, event);
        let after = self.instance(i).map_or(State::Init, VirtualRouter::state);
        if seen.ready {
            self.ready(now, g, i);
        }
        if before == State::Master && matches!(after, State::Backup | State::Init) {
            self.others(now, g, i, &leave);
            // One with another profile may not care for a deleted address.
            self.others(now, g, i, &Event::GroupBackup);
        }
        if advert && seen.announced && after == State::Master {
            self.others(now, g, i, &Event::GroupAnnounce);
        }
        if settled || self.slot(i).is_some_and(|s| s.is_faulty() != was_faulty) {
            self.settle(now, g, i);
        }
    }

    /// A member's timer has expired: if all others are ready too, they become master, this one first.
    fn ready(&mut self, now: Instant, g: usize, i: usize) {
        let Some(group) = self.groups.get(g) else { return };
        let ready = |vr: &VirtualRouter| vr.is_ready() || group.owners && vr.state() == State::Backup;
        if group.members.iter().all(|j| *j == i || self.instance(*j).is_some_and(ready)) {
            self.raise(now, i, Event::GroupMaster);
            self.others(now, g, i, &Event::GroupMaster);
            if let Some(group) = self.groups.get_mut(g) {
                group.owners = false;
            }
        }
    }

    /// Brings a group in line with its members' faults and pending scripts, after those of `i` have changed.
    fn settle(&mut self, now: Instant, g: usize, i: usize) {
        if self.any(g, Slot::is_faulty) {
            self.keep_out(now, g);
        }
        if self.any(g, |s| s.pending > 0) {
            self.hold(now, i);
            return;
        }
        let mut k = 0;
        while let Some(j) = self.nth(g, k) {
            k += 1;
            if self.slot_mut(j).is_some_and(|s| std::mem::take(&mut s.held)) {
                self.raise(now, j, Event::Settled);
            }
        }
        if !self.any(g, Slot::is_faulty) {
            self.let_in(now, i);
            let mut k = 0;
            while let Some(j) = self.nth(g, k) {
                k += 1;
                if j != i {
                    self.let_in(now, j);
                }
            }
        }
    }

    /// A member of a group has a fault: all that have none are kept out.
    fn keep_out(&mut self, now: Instant, g: usize) {
        if let Some(group) = self.groups.get_mut(g) {
            group.owners = false;
        }
        let mut k = 0;
        while let Some(j) = self.nth(g, k) {
            k += 1;
            if let Some(slot) = self.slot_mut(j).filter(|s| !s.is_faulty() && !s.kept_out) {
                slot.kept_out = true;
                self.raise(now, j, Event::GroupFault);
            }
        }
    }

    /// No member of its group has a fault or waits for a script any more.
    fn let_in(&mut self, now: Instant, i: usize) {
        if let Some(slot) = self.slot_mut(i) {
            slot.kept_out = false;
            self.raise(now, i, Event::GroupRecovered);
        }
    }

    /// Lets a member wait that need not for its own sake.
    fn hold(&mut self, now: Instant, i: usize) {
        if let Some(slot) = self.slot_mut(i).filter(|s| s.pending == 0 && !s.held) {
            slot.held = true;
            self.raise(now, i, Event::Pending);
        }
    }

    // Trackers.

    fn read(&mut self, now: Instant, id: usize, kind: Kind, reading: Reading) {
        let Some(w) = self.trackers.get_mut(id) else { return };
        if w.tracker.source.kind() != kind || w.reading == reading {
            return;
        }
        w.reading = reading;
        let mut k = 0;
        while let Some(&(i, n)) = self.trackers.get(id).and_then(|w| w.watchers.get(k)) {
            k += 1;
            self.affect(now, i, n, reading);
        }
    }

    /// A tracker of an instance says something else. A priority comes before the recovery that makes a timer of it.
    fn affect(&mut self, now: Instant, i: usize, n: usize, reading: Reading) {
        let Some(slot) = self.slot_mut(i) else { return };
        let Some((track, kind, effect)) = slot.tracks.get_mut(n) else { return };
        let fault = kind.fault();
        let new = track.effect(reading);
        let old = std::mem::replace(effect, new);
        if new.fault && !old.fault {
            self.tell(now, i, Event::Fault(fault));
        }
        self.set_priority(now, i);
        if old.pending {
            if let Some(slot) = self.slot_mut(i) {
                slot.pending = slot.pending.saturating_sub(1);
            }
            self.tell(now, i, Event::Settled);
        }
        if old.fault && !new.fault {
            self.tell(now, i, Event::Cleared(fault));
        }
    }

    fn set_priority(&mut self, now: Instant, i: usize) {
        let Some(slot) = self.slot(i) else { return };
        let priority = slot.priority();
        if priority != slot.vr.priority() {
            self.raise(now, i, Event::Priority(priority));
        }
    }

    // Configuration.

    /// Takes a configuration over, at first or anew. `fresh`: a script without a result holds what depends on it; after
    /// a reload it does not (keepalived).
    fn configure(&mut self, now: Instant, config: Config, fresh: bool) {
        let Config { members, groups, trackers } = config;
        let mut trackers = self.watch(trackers);
        let groups = sync_groups(groups, members.len());
        let mut order = Vec::with_capacity(members.len());
        let mut free: Vec<usize> = (0..self.slots.len()).filter(|i| self.slots[*i].is_none()).rev().collect();
        let mut kept: Vec<usize> = Vec::new();
        for member in &members {
            let same = self
                .order
                .iter()
                .find(|i| !kept.contains(i) && self.slot(**i).is_some_and(|s| s.member.is_same(member)));
            kept.extend(same);
            order.push(same.copied());
        }
        for k in 0..self.order.len() {
            let i = self.order[k];
            if !kept.contains(&i) {
                self.raise(now, i, Event::Stop);
                self.slots[i] = None;
            }
        }
        let order: Vec<usize> = order
            .into_iter()
            .map(|place| {
                place.or_else(|| free.pop()).unwrap_or_else(|| {
                    self.slots.push(None);
                    self.slots.len() - 1
                })
            })
            .collect();
        let mut deadlines = Deadlines::new(self.slots.len());
        for (i, slot) in self.slots.iter().enumerate() {
            deadlines.set(i, slot.as_ref().and_then(|s| s.vr.next_deadline()).map(|(at, _)| at));
        }
        self.deadlines = deadlines;

        let owns = |m: &usize| members.get(*m).is_some_and(|m| m.params.is_owner());
        let begins = |m: &usize| members.get(*m).is_some_and(|m| m.params.is_owner() && m.params.wants_master);
        // From here on: sync_groups left only members that exist, and each of them has a place in `order`.
        self.groups = groups
            .iter()
            .map(|g| Sync {
                members: g.members.iter().map(|m| order[*m]).collect(),
                owners: g.members.iter().all(begins),
            })
            .collect();
        let mixed: Vec<bool> = groups.iter().map(|g| g.members.iter().any(owns)).collect();
        self.order = order;

        let mut new = Vec::new();
        for (m, mut member) in members.into_iter().enumerate() {
            let i = self.order[m];
            let g = groups.iter().position(|g| g.members.contains(&m));
            member.params.grouped = g.is_some();
            if g.is_some_and(|g| !self.groups[g].owners) {
                // Only when all own their addresses can they begin as masters (keepalived, vrrp_complete_init).
                member.params.wants_master = false;
            }
            let list = resolve(&member, g.map(|g| (&groups[g], mixed[g])), &trackers);
            let mut tracks = Vec::with_capacity(list.len());
            let mut astray = 0;
            for (n, (track, kind)) in list.into_iter().enumerate() {
                let w = &mut trackers[track.tracker];
                w.watchers.push((i, n));
                let mut effect = track.effect(w.reading);
                effect.pending &= fresh;
                if !fresh && kind == Kind::Script {
                    astray += Track { reverse: false, ..track }.effect(w.reading).points - effect.points;
                }
                tracks.push((track, kind, effect));
            }
            if kept.contains(&i) {
                self.reconfigure(now, i, member, tracks, (g, astray));
            } else {
                new.push(i);
                self.place(now, i, member, tracks, (g, astray));
            }
        }
        self.trackers = trackers;
        self.join(now);
        if self.started {
            for i in new {
                self.raise(now, i, Event::Start);
            }
        }
    }

    /// The trackers of a new configuration, with the results that scripts keep.
    fn watch(&self, trackers: Vec<Tracker>) -> Vec<Watched> {
        let watched = |tracker: Tracker| {
            let (script, reading) = match tracker.source {
                Source::Script { rise, fall, ref command } => {
                    let same = |w: &&Watched| {
                        w.tracker.name == tracker.name
                            && matches!(&w.tracker.source, Source::Script { command: c, .. } if c == command)
                    };
                    let kept = self.trackers.iter().find(same).map(|w| w.script.rescaled(rise, fall));
                    let script = kept.unwrap_or_else(|| ScriptState::new(rise, fall));
                    (script, script.reading())
                }
                Source::Interface { up } | Source::Bfd { up } => (ScriptState::new(1, 1), Reading::from(up)),
                Source::Process { ok } => (ScriptState::new(1, 1), Reading::from(ok)),
                Source::File { value } => (ScriptState::new(1, 1), Reading::Value(value)),
            };
            Watched { tracker, script, reading, watchers: Vec::new() }
        };
        trackers.into_iter().map(watched).collect()
    }

    /// Puts a new instance in its place, with the faults and the priority that its trackers give it from the beginning.
    fn place(
        &mut self,
        now: Instant,
        i: usize,
        member: Member,
        tracks: Vec<(Track, Kind, Effect)>,
        (group, astray): (Option<usize>, i32),
    ) {
        let vr = VirtualRouter::new(member.params.clone());
        let pending = tracks.iter().filter(|(.., e)| e.pending).count();
        let faults: Vec<Fault> = tracks.iter().filter(|(.., e)| e.fault).map(|(_, kind, _)| kind.fault()).collect();
        self.slots[i] =
            Some(Slot { vr, member, tracks, group, points: 0, astray, pending, held: false, kept_out: false });
        self.set_priority(now, i);
        for fault in faults {
            self.raise(now, i, Event::Fault(fault));
        }
        for _ in 0..pending {
            self.raise(now, i, Event::Pending);
        }
    }

    /// An instance goes on with another configuration. What its trackers say counts anew.
    fn reconfigure(
        &mut self,
        now: Instant,
        i: usize,
        member: Member,
        tracks: Vec<(Track, Kind, Effect)>,
        (group, astray): (Option<usize>, i32),
    ) {
        const COUNTED: [Fault; 2] = [Fault::Interface, Fault::Tracked];
        let shared = |p: &Profile, fault| p.interfaces_share_a_fault && fault == Fault::Interface;
        let Some(slot) = self.slot_mut(i) else { return };
        let waited = slot.pending + usize::from(slot.held);
        let params = member.params.clone();
        let profile = params.profile;
        (slot.member, slot.tracks, slot.group) = (member, tracks, group);
        (slot.pending, slot.held, slot.astray) = (0, false, astray);
        let from = self.out.len();
        self.raise(now, i, Event::Reload(Box::new(params)));
        self.set_priority(now, i);
        // The advert after the reload carries what the trackers make of the new priority.
        let Some(slot) = self.slot(i) else { return };
        let priority = slot.vr.priority();
        if let Some((_, Action::SendAdvert { priority: p })) =
            self.out[from..].iter_mut().rfind(|(_, a)| matches!(a, Action::SendAdvert { .. }))
        {
            *p = priority;
        }
        let Some(slot) = self.slot(i) else { return };
        let change = COUNTED.map(|fault| {
            let (old, new) = (usize::from(slot.vr.faults().count(fault)), slot.faults(fault));
            if shared(profile, fault) { (fault, old.min(1), new.min(1)) } else { (fault, old, new) }
        });
        // New faults first, so that none is left for a moment.
        for (fault, old, new) in change {
            for _ in old..new {
                self.raise(now, i, Event::Fault(fault));
            }
        }
        for (fault, old, new) in change {
            for _ in new..old {
                self.raise(now, i, Event::Cleared(fault));
            }
        }
        for _ in 0..waited {
            self.raise(now, i, Event::Settled);
        }
        if group.is_none() {
            // What a group that it was in may have left.
            self.let_in(now, i);
        }
    }

    /// Lets the groups of a new configuration begin. Where only some are masters, none stays one: keepalived 2.2.7 does
    /// so when a reload adds a member, and sends no release.
    fn join(&mut self, now: Instant) {
        for g in 0..self.groups.len() {
            let members = self.groups[g].members.clone();
            let (faulty, pending) = (self.any(g, Slot::is_faulty), self.any(g, |s| s.pending > 0));
            let others = members.iter().any(|i| self.instance(*i).is_some_and(|vr| vr.state() != State::Master));
            if faulty {
                self.keep_out(now, g);
            }
            for i in members {
                if pending {
                    self.hold(now, i);
                }
                if !faulty {
                    self.let_in(now, i);
                }
                if others {
                    self.raise(now, i, Event::GroupBackup);
                }
            }
        }
    }
}

/// Groups without what does not exist, without a second group of a member, and without those that are left empty.
fn sync_groups(groups: Vec<Group>, members: usize) -> Vec<Group> {
    let mut taken = vec![false; members];
    let mut take = |m: &usize| taken.get_mut(*m).is_some_and(|t| !std::mem::replace(t, true));
    let mut groups: Vec<Group> =
        groups.into_iter().map(|g| Group { members: g.members.into_iter().filter(&mut take).collect(), ..g }).collect();
    groups.retain(|g| !g.members.is_empty());
    groups
}

/// What a member really tracks (keepalived): its own, less what a group or ownership takes away, and its group's.
/// `group`: and whether it has an owner in it.
fn resolve(member: &Member, group: Option<(&Group, bool)>, trackers: &[Watched]) -> Vec<(Track, Kind)> {
    let mut list: Vec<(Track, Kind)> = Vec::with_capacity(member.tracks.len());
    for track in &member.tracks {
        let Some(w) = trackers.get(track.tracker) else { continue };
        let kind = w.tracker.source.kind();
        let weight = match group {
            Some((g, _)) if !g.tracking_weight => kind.weight_in_group(track.weight),
            _ => Some(track.weight),
        };
        let weight = weight.filter(|w| *w == 0 || !member.params.is_owner());
        if let Some(weight) = weight
            && !list.iter().any(|(t, _)| t.tracker == track.tracker)
        {
            list.push((Track { weight, ..*track }, kind));
        }
    }
    let Some((group, owner)) = group else { return list };
    for track in &group.tracks {
        let Some(w) = trackers.get(track.tracker) else { continue };
        let track = Track { weight: if owner { 0 } else { track.weight }, ..*track };
        match list.iter_mut().find(|(t, _)| t.tracker == track.tracker) {
            // Both track it: the group's weight counts, unless the member's is 0.
            Some((own, _)) if own.weight != 0 => *own = track,
            Some(_) => {}
            None => list.push((track, w.tracker.source.kind())),
        }
    }
    list
}
