//! One virtual router on the wire: who is master, since when, and how it came about.
//!
//! A passive observer sees only masters: a backup never speaks, and a master that falls silent may be dead, a backup, or
//! still master (keepalived restarts its advert timer on every packet it rejects, so two masters that reject each other
//! can silence one another). The rules below therefore keep a set of *active* members, and a [`Contention`] whenever
//! more than one is active. They record facts; judging them is the detectors' work.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::event::{Event, EventKind, Reason, Seen, Transition};
pub use super::facts::{Announcement, Contention, Gap, Silenced};
use super::member::{Member, Standing};
use crate::finding::GroupId;
use crate::time::Instant;
use crate::vrrp::timing::{DOWN_TIMER_ADVERTS, master_down_interval, skew_time};
use crate::wire::vrrp::PRIORITY_RELEASE;
use crate::wire::{Advert, Mac, Problem};

/// keepalived's default priority: assumed of a backup that has never spoken.
pub const ASSUMED_PRIORITY: u8 = 100;
/// Share of the allowed silence beyond which a gap is a near miss.
pub const NEAR_MISS: f64 = 0.8;

/// Adverts this close to each other were sent without knowledge of each other.
const RACE: Duration = Duration::from_millis(10);

pub(super) const MAX_MEMBERS: usize = 16;
const MAX_TRANSITIONS: usize = 256;
const MAX_CONTENTIONS: usize = 64;
const MAX_ADDRESSES: usize = 512;
const RECENT_GAPS: usize = 64;

/// A virtual router: all adverts of one VLAN, family and VRID.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its key.
    pub id: GroupId,
    /// Everyone who has sent adverts in it.
    pub members: BTreeMap<IpAddr, Member>,
    /// Adverts seen.
    pub adverts: u64,
    /// First advert.
    pub first: Seen,
    /// Last advert.
    pub last: Seen,
    /// The last transition's new master.
    pub current: Option<IpAddr>,
    /// The latest transitions, oldest first.
    pub transitions: VecDeque<Transition>,
    /// How many transitions there were in all.
    pub transition_count: u64,
    /// Several masters right now.
    pub contention: Option<Contention>,
    /// Earlier contentions.
    pub contentions: VecDeque<Contention>,
    /// The gap that came closest to a failover.
    pub worst_gap: Option<Gap>,
    /// Recent gaps between adverts of the single master, oldest first.
    pub gaps: VecDeque<Duration>,
    /// A master that was silenced, as far as can be seen.
    pub silenced: Option<Silenced>,
    /// Who announced each virtual address last.
    pub announcements: BTreeMap<IpAddr, Announcement>,
    /// Senders that were not remembered because there were too many.
    pub members_refused: u64,
    active: Vec<IpAddr>,
    /// Before this moment silence changes nothing; a lower bound that spares looking, known after an advert of the only
    /// master.
    quiet_until: Option<Instant>,
}

impl Group {
    pub(super) fn new(id: GroupId, seen: Seen) -> Self {
        Self {
            id,
            members: BTreeMap::new(),
            adverts: 0,
            first: seen,
            last: seen,
            current: None,
            transitions: VecDeque::new(),
            transition_count: 0,
            contention: None,
            contentions: VecDeque::new(),
            worst_gap: None,
            gaps: VecDeque::new(),
            silenced: None,
            announcements: BTreeMap::new(),
            members_refused: 0,
            active: Vec::new(),
            quiet_until: None,
        }
    }

    /// Bytes that it takes in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        let transitions: usize =
            self.transitions.iter().map(|t| size_of::<Transition>() + vec_weight(&t.announced)).sum();
        let contentions: usize = self
            .all_contentions()
            .map(|c| size_of::<Contention>() + vec_weight(&c.speakers) + vec_weight(&c.silencing))
            .sum();
        let announcements = self.announcements.len() * (size_of::<IpAddr>() + size_of::<Announcement>());
        let members: usize = self.members.values().map(Member::weight).sum();
        size_of::<Self>()
            + members
            + transitions
            + contentions
            + announcements
            + self.gaps.len() * size_of::<Duration>()
    }

    /// The masters of this moment, best first.
    pub fn masters(&self) -> Vec<&Member> {
        let mut v: Vec<&Member> = self.active.iter().filter_map(|a| self.members.get(a)).collect();
        v.sort_by_key(|m| std::cmp::Reverse((m.priority.value, m.addr)));
        v
    }

    /// The best master of this moment.
    pub fn master(&self) -> Option<&Member> {
        self.masters().first().copied()
    }

    /// The member whose values describe the group: the master, or who was master last.
    pub fn voice(&self) -> Option<&Member> {
        self.master().or_else(|| self.current.and_then(|c| self.members.get(&c)))
    }

    /// The virtual addresses that the master advertises.
    pub fn addresses(&self) -> &[IpAddr] {
        self.voice().map_or(&[], |m| &m.addresses.value)
    }

    /// All contentions, the present one last.
    pub fn all_contentions(&self) -> impl Iterator<Item = &Contention> {
        self.contentions.iter().chain(self.contention.as_ref())
    }

    /// The member that would take over from `master` first, among those that have been heard: the highest in rank.
    pub fn best_backup(&self, master: IpAddr) -> Option<&Member> {
        self.members
            .values()
            .filter(|m| m.addr != master && m.priority.value != PRIORITY_RELEASE && self.related(master, m.addr))
            .max_by_key(|m| (m.priority.value, m.addr))
    }

    /// Whether two members share a virtual address (or one of them has none), so that they belong together.
    pub fn related(&self, a: IpAddr, b: IpAddr) -> bool {
        let (Some(a), Some(b)) = (self.members.get(&a), self.members.get(&b)) else { return false };
        let (a, b) = (&a.addresses.value, &b.addresses.value);
        a.is_empty() || b.is_empty() || a.iter().any(|x| b.binary_search(x).is_ok())
    }

    /// The silence after which a backup takes over from `master`, and the priority that was reckoned with: that of the
    /// best-known backup, or [`ASSUMED_PRIORITY`] (`false`) when none has ever spoken.
    pub fn allowed_gap(&self, master: &Member) -> (Duration, u8, bool) {
        let backup = self.best_backup(master.addr);
        let priority = backup.map_or(ASSUMED_PRIORITY, |b| b.priority.value);
        (down_interval(master, priority), priority, backup.is_some())
    }

    /// [`Self::allowed_gap`] for the master that [`Self::worst_gap`] belongs to, or for the present one: the two figures
    /// that are shown together.
    pub fn worst_gap_allowed(&self) -> Option<(Duration, u8, bool)> {
        let member = self.worst_gap.and_then(|g| self.members.get(&g.member)).or_else(|| self.voice())?;
        Some(self.allowed_gap(member))
    }

    /// Takes in one advert. `seen` must not be earlier than what was taken in before.
    pub(super) fn advert(&mut self, seen: Seen, a: &Advert, out: &mut Vec<Event>) {
        self.adverts += 1;
        self.last = seen;
        self.advance(seen.at(), out);
        self.quiet_until = None;
        if !self.members.contains_key(&a.src) {
            if self.members.len() >= MAX_MEMBERS && !self.forget_one() {
                self.members_refused += 1;
                return;
            }
            self.members.insert(a.src, Member::new(seen, a));
        }
        let Some(member) = self.members.get_mut(&a.src) else { return };
        if member.repeats(seen, a) {
            self.adverts -= 1;
            return;
        }
        if let Some(from) = member.observe(seen, a) {
            let kind = EventKind::Priority { member: a.src, from, to: a.priority };
            out.push(Event { seen, group: self.id, kind });
        }
        // An advert that crossed a router is dropped by every receiver. When it is the group's only voice its sender
        // still believes itself master; beside a local one it has no part in the election.
        let foreign = a.problems.contains(Problem::TtlNot255);
        if foreign && self.active.iter().any(|m| *m != a.src) {
            return;
        }
        if a.priority == PRIORITY_RELEASE {
            self.released(seen, a.src, out);
            return;
        }
        for addr in &self.active {
            if *addr != a.src
                && let Some(m) = self.members.get_mut(addr)
            {
                m.other_since.get_or_insert(seen);
            }
        }
        if self.active.contains(&a.src) {
            self.goes_on(seen, a.src, out);
        } else {
            self.speaks_up(seen, a.src, out);
        }
        if let Some(m) = self.members.get_mut(&a.src) {
            m.last_spoke = seen;
            m.other_since = None;
            // No backup waits for less than three intervals.
            self.quiet_until = (self.active == [a.src]).then(|| seen.at().after(m.pace() * 3));
        }
    }

    /// Makes room for a member by forgetting the least interesting one that is not master.
    fn forget_one(&mut self) -> bool {
        let victim = self
            .members
            .values()
            .filter(|m| !self.active.contains(&m.addr) && Some(m.addr) != self.current)
            .min_by_key(|m| (m.adverts.min(8), m.last.at()))
            .map(|m| m.addr);
        victim.is_some_and(|v| self.members.remove(&v).is_some())
    }

    fn push(&self, seen: Seen, kind: EventKind, out: &mut Vec<Event>) {
        out.push(Event { seen, group: self.id, kind });
    }

    fn goes_on(&mut self, seen: Seen, src: IpAddr, out: &mut Vec<Event>) {
        let Some(member) = self.members.get(&src) else { return };
        let (gap, pace) = (member.quiet(seen.at()), member.pace());
        if self.active.len() == 1 {
            // Another one's adverts in between may have restarted its timer: then the gap says nothing.
            if member.other_since.is_none() {
                self.record_gap(Gap { length: gap, member: src, seen }, out);
            }
            return;
        }
        let other = self
            .active
            .iter()
            .filter(|a| **a != src)
            .filter_map(|a| self.members.get(a))
            .max_by_key(|m| m.last_spoke.at())
            .map(|m| (m.addr, m.quiet(seen.at())));
        let mut announce = None;
        if let (Some(c), Some((other, since_other))) = (&mut self.contention, other) {
            if restarted(pace, gap, since_other) {
                c.restarted(src, other);
            }
            if c.adverts_of(src) == 0 {
                announce = Some(EventKind::GoesOn { member: src, other });
            }
            c.spoke(src, seen);
        }
        if let Some(kind) = announce {
            self.push(seen, kind, out);
        }
    }

    fn record_gap(&mut self, gap: Gap, out: &mut Vec<Event>) {
        if self.gaps.len() == RECENT_GAPS {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap.length);
        if self.worst_gap.is_none_or(|w| gap.length > w.length) {
            self.worst_gap = Some(gap);
        }
        if let Some(m) = self.members.get(&gap.member) {
            // Cheap first: a gap of about one interval is no near miss of three.
            if gap.length > m.pace() * 2 {
                let (allowed, ..) = self.allowed_gap(m);
                if gap.length > allowed.mul_f64(NEAR_MISS) {
                    let kind = EventKind::NearMiss { member: gap.member, gap: gap.length, allowed };
                    self.push(gap.seen, kind, out);
                }
            }
        }
    }

    fn speaks_up(&mut self, seen: Seen, src: IpAddr, out: &mut Vec<Event>) {
        let now = seen.at();
        let Some(member) = self.members.get(&src) else { return };
        let incumbent = self.master().map(|m| m.addr);
        let Some(incumbent) = incumbent.and_then(|i| self.members.get(&i)) else {
            self.speaks_up_alone(seen, src, out);
            return;
        };
        let incumbent_addr = incumbent.addr;
        let silent = incumbent.quiet(now);
        // One that was silenced speaks exactly when its restarted timer lets it: it has been master all along.
        let was_silenced = self.silenced.is_some_and(|s| s.member == src && s.by == incumbent_addr);
        if was_silenced && restarted(member.pace(), member.quiet(now), silent) {
            let since = self.silenced.map_or(seen, |s| s.since);
            self.contention = self.contentions.pop_back();
            self.enter(src, seen);
            self.contend(since, src, incumbent_addr, &[(src, seen)]);
            if let Some(c) = &mut self.contention {
                c.ended = None;
                c.restarted(src, incumbent_addr);
            }
            self.push(seen, EventKind::GoesOn { member: src, other: incumbent_addr }, out);
            return;
        }
        let (expected, adverts) = expected_timeout(incumbent, member, silent);
        let overdue = adverts.is_some();
        let displaces = member.outranks(incumbent) && !incumbent.rejects(member);
        // It was outranked by `src` before and never gave way: it goes on, nothing moved.
        let never_yielded =
            matches!(member.standing, Standing::Yielded(by) if self.displaced_by(src, incumbent_addr, by));
        if overdue {
            self.leave(incumbent_addr, Standing::Silent);
            self.enter(src, seen);
            self.transition(
                seen,
                Some(incumbent_addr),
                src,
                Reason::Timeout,
                Some(silent),
                Some(expected),
                adverts,
                out,
            );
        } else if displaces && self.active.len() == 1 && !never_yielded {
            self.leave(incumbent_addr, Standing::Yielded(seen));
            self.enter(src, seen);
            self.transition(seen, Some(incumbent_addr), src, Reason::Preempt, Some(silent), None, None, out);
        } else if never_yielded {
            let since = self.members.get(&incumbent_addr).and_then(|m| m.speaking_since).unwrap_or(seen);
            let (pace, gap, spoke) = (member.pace(), member.quiet(now), member.last_spoke);
            self.enter(src, seen);
            if let Some(m) = self.members.get_mut(&src) {
                m.speaking_since = Some(spoke); // it has been master all the time
            }
            self.contend(since, src, incumbent_addr, &[(src, seen)]);
            if let Some(c) = &mut self.contention
                && restarted(pace, gap, silent)
            {
                c.restarted(src, incumbent_addr);
            }
            self.push(seen, EventKind::GoesOn { member: src, other: incumbent_addr }, out);
        } else {
            let raced = self.raced(member, incumbent, seen);
            self.enter(src, seen);
            self.contend(seen, incumbent_addr, src, &[(src, seen)]);
            let (reason, silent, expected) = raced.unwrap_or((Reason::Unknown, silent, expected));
            self.transition(seen, Some(incumbent_addr), src, reason, Some(silent), Some(expected), None, out);
        }
    }

    /// Two backups took over at the same moment, before either could hear the other: what made `incumbent` do so made
    /// `member` too. Why, the silence of the one before them, and what it should have been.
    fn raced(&self, member: &Member, incumbent: &Member, seen: Seen) -> Option<(Reason, Duration, Duration)> {
        let t = self.transitions.back().filter(|t| t.to == incumbent.addr)?;
        let (lead, before) = (seen.at().since(t.seen.at()), self.members.get(&t.from?)?);
        if lead > RACE {
            return None;
        }
        let (version, priority) = (member.version.value, member.priority.value);
        let expected = match t.reason {
            Reason::Release => skew_time(version, priority, before.pace()),
            Reason::Timeout => down_interval(before, priority),
            _ => return None,
        };
        Some((t.reason, t.silent? + lead, expected))
    }

    /// Whether `member` counts as having yielded only because `by` spoke up against it moments ago.
    fn displaced_by(&self, member: IpAddr, by: IpAddr, yielded: Seen) -> bool {
        self.transitions
            .back()
            .is_some_and(|t| t.reason == Reason::Preempt && t.from == Some(member) && t.to == by && t.seen == yielded)
            && self.members.get(&member).is_some_and(|m| self.last.at().since(yielded.at()) <= m.pace() * 2)
    }

    fn speaks_up_alone(&mut self, seen: Seen, src: IpAddr, out: &mut Vec<Event>) {
        let Some(member) = self.members.get(&src) else { return };
        let before = self.current.and_then(|c| self.members.get(&c));
        let Some(before) = before else {
            self.enter(src, seen);
            let first = if self.transition_count == 0 { Reason::FirstSeen } else { Reason::Unknown };
            self.transition(seen, self.current, src, first, None, None, None, out);
            return;
        };
        let (from, quiet) = (before.addr, before.quiet(seen.at()));
        match before.standing {
            Standing::Released(at) => {
                let (silent, version) = (seen.at().since(at.at()), member.version.value);
                let expected = skew_time(version, member.priority.value, before.pace());
                self.enter(src, seen);
                self.transition(seen, Some(from), src, Reason::Release, Some(silent), Some(expected), None, out);
            }
            _ if from == src => {
                let alone = before.other_since.is_none();
                self.enter(src, seen);
                if alone {
                    self.record_gap(Gap { length: quiet, member: src, seen }, out);
                }
                self.push(seen, EventKind::Resumed { member: src, gap: quiet }, out);
            }
            _ => {
                let (expected, adverts) = expected_timeout(before, member, quiet);
                self.enter(src, seen);
                self.transition(seen, Some(from), src, Reason::Timeout, Some(quiet), Some(expected), adverts, out);
            }
        }
    }

    fn released(&mut self, seen: Seen, src: IpAddr, out: &mut Vec<Event>) {
        let known = self.current.is_some();
        let was_active = self.active.contains(&src);
        if was_active {
            self.leave(src, Standing::Released(seen));
            self.push(seen, EventKind::Released { member: src }, out);
            if let (true, Some(winner)) = (self.current == Some(src), self.master().map(|m| m.addr)) {
                self.transition(seen, Some(src), winner, Reason::Release, None, None, None, out);
            }
            self.end_contention(seen, src, out);
        } else if !known {
            // The capture begins with the master's resignation.
            self.current = Some(src);
            if let Some(m) = self.members.get_mut(&src) {
                m.standing = Standing::Released(seen);
            }
            self.push(seen, EventKind::Released { member: src }, out);
        }
    }

    fn enter(&mut self, addr: IpAddr, seen: Seen) {
        if !self.active.contains(&addr) {
            self.active.push(addr);
        }
        if let Some(m) = self.members.get_mut(&addr) {
            m.standing = Standing::Master;
            m.speaking_since = Some(seen);
            m.last_spoke = seen;
            m.other_since = None;
        }
        if self.silenced.is_some_and(|s| s.member == addr) {
            self.silenced = None; // it speaks: whatever it was, it is no longer silenced
        }
    }

    fn leave(&mut self, addr: IpAddr, standing: Standing) {
        self.active.retain(|a| *a != addr);
        if let Some(m) = self.members.get_mut(&addr) {
            m.standing = standing;
            m.speaking_since = None;
        }
    }

    fn contend(&mut self, since: Seen, incumbent: IpAddr, newcomer: IpAddr, spoke: &[(IpAddr, Seen)]) {
        let c = self.contention.get_or_insert_with(|| Contention {
            since,
            incumbent,
            newcomer,
            speakers: Vec::new(),
            restarts: 0,
            silencing: Vec::new(),
            ended: None,
        });
        for (member, seen) in spoke {
            c.spoke(*member, *seen);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record, named at each call by their types")]
    fn transition(
        &mut self,
        seen: Seen,
        from: Option<IpAddr>,
        to: IpAddr,
        reason: Reason,
        silent: Option<Duration>,
        expected: Option<Duration>,
        adverts: Option<u8>,
        out: &mut Vec<Event>,
    ) {
        if let Some(last) = self.transitions.back_mut() {
            last.ended = Some(seen);
        }
        if self.transitions.len() == MAX_TRANSITIONS {
            self.transitions.pop_front();
        }
        let t = Transition {
            seen,
            from,
            to,
            priority: self.members.get(&to).map_or(0, |m| m.priority.value),
            reason,
            silent,
            expected,
            adverts: adverts.unwrap_or(DOWN_TIMER_ADVERTS),
            announced_at: None,
            announced: Vec::new(),
            ended: None,
        };
        self.transitions.push_back(t.clone());
        self.transition_count += 1;
        self.current = Some(to);
        self.gaps.clear();
        self.push(seen, EventKind::Transition(t), out);
    }

    /// Lets time pass: members that have been quiet for too long leave the active set.
    pub(super) fn advance(&mut self, now: Instant, out: &mut Vec<Event>) {
        if self.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        self.all_fell_silent(now, out);
        while self.active.len() > 1 {
            let silencing = self.contention.as_ref().map_or(&[][..], |c| &c.silencing);
            let gone = self
                .active
                .iter()
                .filter_map(|a| self.members.get(a))
                .filter(|m| m.other_since.is_some() && m.quiet(now) > patience(m, silencing.contains(&m.addr)))
                .min_by_key(|m| m.last_spoke.at())
                .map(|m| (m.addr, m.last_spoke, m.other_since));
            let Some((addr, last, other_since)) = gone else { break };
            self.fell_silent(addr, last, other_since.unwrap_or(last), out);
        }
        if let [only] = self.active[..] {
            let Some(m) = self.members.get(&only) else { return };
            if m.quiet(now) > longest_silence(m) {
                let last = m.last_spoke;
                // Nothing silences it any longer, and still it does not speak.
                let free = |s: &Silenced| self.members.get(&s.member).is_none_or(|x| m.quiet(now) > x.pace() * 2);
                self.silenced = self.silenced.filter(|s| !free(s));
                self.leave(only, Standing::Silent);
                let seen = Seen { number: last.number, time: crate::time::Timestamp::from_micros(now.as_micros()) };
                self.push(seen, EventKind::Silent { member: only, last }, out);
            }
        }
    }

    /// Masters that silence each other still speak once an interval between them. When none does, none is master.
    fn all_fell_silent(&mut self, now: Instant, out: &mut Vec<Event>) {
        let quiet = |a: &IpAddr| self.members.get(a).is_none_or(|m| m.quiet(now) > longest_silence(m));
        if self.active.len() < 2 || !self.active.iter().all(quiet) {
            return;
        }
        let mut gone: Vec<&Member> = self.active.iter().filter_map(|a| self.members.get(a)).collect();
        gone.sort_by_key(|m| m.last_spoke.at());
        gone.pop(); // the last one to speak
        let gone: Vec<_> = gone.iter().map(|m| (m.addr, m.last_spoke, m.other_since.unwrap_or(m.last_spoke))).collect();
        for (addr, last, other_since) in gone {
            self.fell_silent(addr, last, other_since, out);
        }
        self.silenced = None;
    }

    /// One of several masters stopped speaking while another went on.
    fn fell_silent(&mut self, addr: IpAddr, last: Seen, other_since: Seen, out: &mut Vec<Event>) {
        let Some(member) = self.members.get(&addr).cloned() else { return };
        self.leave(addr, Standing::Silent);
        let Some(winner) = self.master() else { return };
        let (winner_addr, gave_way) = (winner.addr, winner.outranks(&member) && !member.rejects(winner));
        let spoke = self.contention.as_ref().map_or(0, |c| c.adverts_of(addr));
        let newcomer = self.contention.as_ref().is_some_and(|c| c.newcomer == addr);
        if gave_way {
            if let Some(m) = self.members.get_mut(&addr) {
                m.standing = Standing::Yielded(other_since);
            }
            // A single straggler after a preemption already counted is no second mastership.
            let lasted = self.contention.as_ref().map_or(Duration::ZERO, Contention::overlap);
            if spoke > 0 && (self.current != Some(winner_addr) || lasted >= member.pace()) {
                self.transition(other_since, Some(addr), winner_addr, Reason::Yield, None, None, None, out);
            }
        } else if spoke == 0 || spoke == 1 && newcomer && member.rejects(winner) {
            // It has not spoken once across the other's adverts, so nothing shows that it keeps its own time.
            self.silenced = Some(Silenced { member: addr, last, by: winner_addr, since: other_since });
        }
        if !gave_way && self.current == Some(addr) {
            self.transition(other_since, Some(addr), winner_addr, Reason::Unknown, None, None, None, out);
        }
        self.end_contention(other_since, addr, out);
    }

    fn end_contention(&mut self, seen: Seen, member: IpAddr, out: &mut Vec<Event>) {
        let [winner] = self.active[..] else { return };
        let Some(mut c) = self.contention.take() else { return };
        let lasted = c.overlap();
        c.ended = Some((seen, winner));
        if self.contentions.len() == MAX_CONTENTIONS {
            self.contentions.pop_front();
        }
        self.contentions.push_back(c);
        // Where a master was silenced, nothing ended: it is only no longer heard.
        if self.silenced.is_none_or(|s| s.member != member) {
            self.push(seen, EventKind::ContentionEnded { member, winner, lasted }, out);
        }
    }

    /// Takes in an announcement of one of this group's addresses.
    pub(super) fn announced(&mut self, seen: Seen, address: IpAddr, mac: Mac, out: &mut Vec<Event>) {
        let masters: Vec<IpAddr> = self.active.clone();
        // With virtual MACs all members share one; the one that is master uses it.
        let member = masters
            .iter()
            .chain(self.members.keys())
            .find(|a| self.members.get(a).is_some_and(|m| m.has_mac(mac)))
            .copied()
            .or_else(|| {
                (mac == Mac::virtual_router(self.id.vrid, self.id.ipv6)).then(|| masters.first().copied()).flatten()
            });
        let mut fresh = false;
        let room = self.announcements.len() < MAX_ADDRESSES;
        match self.announcements.get_mut(&address) {
            Some(a) if a.mac == mac => {
                a.last = seen;
                a.count += 1;
                a.member = member;
            }
            Some(a) => {
                *a = Announcement { mac, member, first: seen, last: seen, count: 1 };
                fresh = true;
            }
            None if room => {
                self.announcements.insert(address, Announcement { mac, member, first: seen, last: seen, count: 1 });
                fresh = true;
            }
            None => {}
        }
        let mut after = None;
        if let Some(t) = self.transitions.back_mut()
            && member == Some(t.to)
        {
            if t.announced_at.is_none() && t.reason != Reason::Yield {
                t.announced_at = Some(seen);
                after = Some(seen.at().since(t.seen.at()));
                fresh = true;
            }
            if !t.announced.contains(&address) && t.announced.len() < MAX_ADDRESSES {
                t.announced.push(address);
            }
        }
        if fresh {
            self.push(seen, EventKind::Announced { address, mac, member, after }, out);
        }
    }
}

fn vec_weight<T>(v: &Vec<T>) -> usize {
    v.capacity() * size_of::<T>()
}

/// Longer than the least of backups would wait, and half an interval for a late one.
fn longest_silence(m: &Member) -> Duration {
    down_interval(m, 1) + m.pace() / 2
}

/// How long a member of a contention may be quiet before it counts as having left it.
fn patience(m: &Member, silencing: bool) -> Duration {
    // Where timers are restarted by rejected adverts, chance decides each round who speaks, and silence means little.
    m.pace() * if silencing { 60 } else { 2 } + Duration::from_millis(50)
}

/// Whether an advert came one interval after another master's advert and clearly more than one after its sender's own:
/// the other's advert restarted its timer, which keepalived does without an answer only on packets it rejects. Two that
/// speak at almost the same times, as when the better one answers, prove nothing.
fn restarted(pace: Duration, since_own: Duration, since_other: Duration) -> bool {
    let jitter = Duration::from_millis(5);
    let one = since_other >= pace.mul_f64(0.98) && since_other <= pace.mul_f64(1.06) + jitter;
    one && since_own >= since_other + pace / 5 + jitter
}

/// How long a backup of `priority` waits for this master.
pub fn down_interval(master: &Member, priority: u8) -> Duration {
    master_down_interval(master.version.value, priority, master.pace(), DOWN_TIMER_ADVERTS)
}

/// When `member` should have taken over from a silent `master`, and, if the actual silence fits a timeout, after how
/// many intervals (`down_timer_adverts`).
fn expected_timeout(master: &Member, member: &Member, silent: Duration) -> (Duration, Option<u8>) {
    let version = member.version.value;
    // v3 backups adopt the master's interval; v2 ones use their own, which should be the same.
    let interval = if version == 2 { member.pace() } else { master.pace() };
    let slack = interval / 8 + Duration::from_millis(5);
    let expected = master_down_interval(version, member.priority.value, interval, DOWN_TIMER_ADVERTS);
    // Not late by its own interval: whoever took over does not accept its adverts, so its silence was no timeout.
    let late = silent > master.pace().mul_f64(1.2);
    if late && silent + slack >= expected {
        return (expected, Some(DOWN_TIMER_ADVERTS));
    }
    // Earlier than three intervals: fewer may be configured, or the backup missed the last advert that was seen here.
    let earlier = (1..DOWN_TIMER_ADVERTS)
        .map(|n| (n, master_down_interval(version, member.priority.value, interval, n)))
        .find(|(_, d)| late && silent.abs_diff(*d) <= slack / 2);
    match earlier {
        Some((n, d)) => (d, Some(n)),
        None => (expected, None),
    }
}
