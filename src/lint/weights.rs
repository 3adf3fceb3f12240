//! What weights make of priorities, and whether that moves the master.
//!
//! A backup takes over from a live master only when the master's priority falls *below* its own: equal changes nothing
//! (keepalived, `vrrp_state_backup`). So a weight works when the master is above its rival while all is well, and below
//! it when the check fails. An owner's 255 never changes.

use std::cmp::Reverse;
use std::fmt;

use super::cluster::{Cluster, Member, Router, nodes, plain};
use super::{Diagnostic, Found};
use crate::conf::run::RunTrack;
use crate::conf::{Span, model as conf};
use crate::finding::Severity;
use crate::vrrp::track::{Kind, Reading, Track, effective_priority};
use crate::wire::vrrp::PRIORITY_OWNER;

/// A tracker that changes the priority of an instance. Files are not among them: their number may be any.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<'a> {
    /// How an instance or its sync group tracks it.
    pub track: &'a RunTrack,
    /// Whether it is the sync group's.
    pub grouped: bool,
}

impl Weighted<'_> {
    /// Points while all is well.
    pub fn best(&self) -> i32 {
        best(self.track.weight, self.track.reverse)
    }

    /// Points when it is not.
    pub fn worst(&self) -> i32 {
        worst(self.track.weight, self.track.reverse)
    }

    /// What it takes for the points to go: `chk fails`.
    pub fn fails(&self) -> String {
        let name = plain(&self.track.name);
        match (self.track.kind, self.track.reverse) {
            (Kind::Interface, false) => format!("{name} is down"),
            (Kind::Interface, true) => format!("{name} is up"),
            (Kind::Bfd, false) => format!("BFD session {name} is down"),
            (Kind::Bfd, true) => format!("BFD session {name} is up"),
            (_, false) => format!("{name} fails"),
            (_, true) => format!("{name} succeeds"),
        }
    }

    /// Whether both are the same check, with the same weight.
    pub fn same(&self, other: &Weighted<'_>) -> bool {
        let key = |t: &RunTrack| (t.kind, t.weight, t.reverse);
        self.track.name == other.track.name && key(self.track) == key(other.track)
    }

    fn is(&self, other: &Weighted<'_>) -> bool {
        self.track.name == other.track.name && self.track.kind == other.track.kind
    }
}

fn points(weight: i16, reverse: bool) -> (i32, i32) {
    let track = Track { tracker: 0, weight, reverse };
    (track.effect(Reading::Good).points, track.effect(Reading::Bad).points)
}

fn best(weight: i16, reverse: bool) -> i32 {
    let (good, bad) = points(weight, reverse);
    good.max(bad)
}

fn worst(weight: i16, reverse: bool) -> i32 {
    let (good, bad) = points(weight, reverse);
    good.min(bad)
}

/// What changes the priority of an instance.
pub fn weighted<'a>(member: &Member<'a>) -> Vec<Weighted<'a>> {
    let own = member.run.track.iter().map(|track| Weighted { track, grouped: false });
    let shared = member.group().into_iter().flat_map(|g| &g.track).map(|track| Weighted { track, grouped: true });
    own.chain(shared).filter(|w| w.track.weight != 0 && w.track.kind != Kind::File).collect()
}

/// The line that tracks something, in an instance or its sync group.
fn entry<'a>(member: &Member<'a>, track: &RunTrack, grouped: bool) -> Option<&'a conf::Track> {
    let trackers = if grouped {
        let span = member.group()?.span;
        member.on.conf.groups.iter().find(|g| g.span == span).map(|g| &g.track)?
    } else {
        &member.conf.track
    };
    let list = match track.kind {
        Kind::Script => &trackers.scripts,
        Kind::Interface => &trackers.interfaces,
        Kind::Process => &trackers.processes,
        Kind::File => &trackers.files,
        Kind::Bfd => &trackers.bfds,
    };
    list.iter().find(|t| t.name.value == track.name)
}

/// Where something is tracked.
pub fn track_span(member: &Member<'_>, track: &RunTrack, grouped: bool) -> Span {
    entry(member, track, grouped).map_or(member.conf.name.span, |e| e.name.span)
}

/// The weight of something tracked as it is written, if it is.
fn written_weight(member: &Member<'_>, track: &RunTrack, grouped: bool) -> conf::Set<i32> {
    let conf = &member.on.conf;
    let definition = || match track.kind {
        Kind::Script => conf.script(&track.name)?.weight,
        Kind::Process => conf.processes.iter().find(|p| p.name == track.name)?.weight,
        Kind::File => conf.files.iter().find(|f| f.name == track.name)?.weight,
        Kind::Bfd => conf.bfds.iter().find(|b| b.name == track.name)?.weight,
        Kind::Interface => None,
    };
    entry(member, track, grouped).and_then(|e| e.weight).or_else(definition)
}

/// Where the weight of something tracked is written, else where it is tracked.
pub fn weight_span(member: &Member<'_>, track: &RunTrack, grouped: bool) -> Span {
    let written = written_weight(member, track, grouped).map(|w| w.span);
    written.unwrap_or_else(|| track_span(member, track, grouped))
}

/// A priority as it adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The configured priority.
    pub base: u8,
    /// What is added to it.
    pub points: Vec<i32>,
}

impl Sum {
    /// The priority that comes of it.
    pub fn effective(&self) -> u8 {
        effective_priority(self.base, self.points.iter().copied())
    }

    /// The sum before it is cut to what a priority can be.
    pub fn total(&self) -> i32 {
        self.points.iter().fold(i32::from(self.base), |sum, p| sum.saturating_add(*p))
    }

    /// Of an instance while all is well.
    pub fn healthy(member: &Member<'_>) -> Self {
        Self::without(member, |_| false)
    }

    /// Of an instance when some of its checks fail.
    pub fn without(member: &Member<'_>, fails: impl Fn(&Weighted<'_>) -> bool) -> Self {
        let points = weighted(member).iter().map(|w| if fails(w) { w.worst() } else { w.best() }).collect();
        Self { base: member.run.priority, points }
    }
}

impl fmt::Display for Sum {
    /// `102+2=104`, `102`, `250+20=270, at most 254`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base)?;
        let mut points = self.points.iter().filter(|p| **p != 0).peekable();
        if points.peek().is_none() || self.base == PRIORITY_OWNER {
            return Ok(());
        }
        points.try_for_each(|p| write!(f, "{p:+}"))?;
        let total = self.total();
        write!(f, "={total}")?;
        match total {
            255.. => f.write_str(", at most 254"),
            ..1 => f.write_str(", at least 1"),
            _ => Ok(()),
        }
    }
}

/// What comes of it when a weighted check of a master fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The master's priority falls to its rival's, and equal changes nothing.
    Tie,
    /// It stays above.
    Above,
    /// It falls below, and the rival has `nopreempt`.
    NoPreempt,
}

/// A weighted check that does not move the master.
#[derive(Clone, Debug)]
pub struct Stuck<'a> {
    /// What comes of it.
    pub outcome: Outcome,
    /// The instance whose priority decides: the check's, or one of its sync group.
    pub master: Member<'a>,
    /// The one that would take over.
    pub rival: Member<'a>,
    /// The check.
    pub check: Weighted<'a>,
    /// The master's priority while all is well.
    pub high: Sum,
    /// The master's priority when the check fails.
    pub low: Sum,
    /// The rival's priority while all is well with it.
    pub other: Sum,
    /// Whether the master moves when all weighted checks fail at once.
    pub together: bool,
    /// Whether another node comes before this one.
    pub later: bool,
    /// Whether a sync group moves as a whole.
    pub grouped: bool,
}

/// All weighted checks that do not move the master.
pub fn stuck<'a>(cluster: &Cluster<'a>) -> Vec<Stuck<'a>> {
    let mut all = Vec::new();
    for router in cluster.shared() {
        let mut ranked: Vec<(u8, Member<'a>)> =
            router.members.iter().filter(|m| m.run.fault.is_none()).map(|m| (healthy(m), *m)).collect();
        ranked.sort_by_key(|(priority, _)| Reverse(*priority));
        for (priority, master) in &ranked {
            if weighted(master).is_empty() && master.group().is_none() {
                continue;
            }
            let rivals = ranked.iter().filter(|(p, m)| p <= priority && m.node != master.node).map(|(_, m)| *m);
            let later = ranked.iter().any(|(p, _)| p > priority);
            stuck_on(cluster, *master, &rivals.collect::<Vec<_>>(), later, &mut all);
        }
    }
    all
}

fn healthy(member: &Member<'_>) -> u8 {
    Sum::healthy(member).effective()
}

/// An instance that has to fall, and the one that has to rise.
type Duel<'a> = (Member<'a>, Member<'a>);

fn stuck_on<'a>(
    cluster: &Cluster<'a>,
    master: Member<'a>,
    rivals: &[Member<'a>],
    later: bool,
    all: &mut Vec<Stuck<'a>>,
) {
    let group = master.group().filter(|g| g.members.len() > 1);
    // A sync group is looked at once, with its first member.
    if group.is_some_and(|g| g.members.first() != Some(&master.index)) {
        return;
    }
    let unit: Vec<Member<'a>> = match group {
        Some(g) => g.members.iter().filter_map(|i| cluster.member(master.node, *i)).collect(),
        None => vec![master],
    };
    let duels = |rival: &Member<'a>| -> Option<Vec<Duel<'a>>> {
        let with = |m: &Member<'a>| Some((*m, cluster.router(m.node, m.index)?.on(rival.node)?));
        let duels: Vec<Duel<'a>> = unit.iter().map(with).collect::<Option<_>>()?;
        // Where a group's members are ranked differently, that is what is wrong first.
        duels.iter().all(|(m, r)| healthy(m) >= healthy(r)).then_some(duels)
    };
    let rivals: Vec<Vec<Duel<'a>>> = rivals.iter().filter_map(duels).collect();
    let mut checks: Vec<Weighted<'a>> = Vec::new();
    for check in unit.iter().flat_map(weighted) {
        if !checks.iter().any(|c| c.is(&check)) {
            checks.push(check);
        }
    }
    // How far the master stays above a rival: of a group, the instance that stays highest.
    let margin = |duels: &[Duel<'a>], fails: &dyn Fn(&Weighted<'_>) -> bool| -> Option<(i32, Duel<'a>)> {
        let above = |d: &Duel<'a>| {
            let low = Sum::without(&d.0, fails).effective();
            (i32::from(low) - i32::from(healthy(&d.1)), *d)
        };
        duels.iter().map(above).max_by_key(|(n, d)| (*n, Reverse(d.0.index)))
    };
    let preempts = |duels: &[Duel<'a>]| duels.iter().all(|(_, r)| r.run.preempt);
    for check in &checks {
        let fails = |w: &Weighted<'_>| w.is(check);
        let margins: Vec<(i32, Duel<'a>, bool)> =
            rivals.iter().filter_map(|d| margin(d, &fails).map(|(n, duel)| (n, duel, preempts(d)))).collect();
        let Some(least) = margins.iter().map(|m| m.0).min() else { continue };
        if margins.iter().any(|(n, _, preempts)| *n < 0 && *preempts) {
            continue;
        }
        let together = rivals.iter().any(|d| preempts(d) && margin(d, &|_| true).is_some_and(|(n, _)| n < 0));
        let mut say = |outcome: Outcome, (master, rival): Duel<'a>| {
            all.push(Stuck {
                outcome,
                master,
                rival,
                check: *check,
                high: Sum::healthy(&master),
                low: Sum::without(&master, fails),
                other: Sum::healthy(&rival),
                together,
                later,
                grouped: unit.len() > 1,
            });
        };
        let Some((_, duel, willing)) = margins.iter().find(|m| m.0 == least) else { continue };
        match least {
            ..0 => say(Outcome::NoPreempt, *duel),
            0 => say(Outcome::Tie, *duel),
            _ => say(Outcome::Above, *duel),
        }
        if least >= 0 && !willing && margins.iter().all(|m| !m.2) {
            say(Outcome::NoPreempt, *duel);
        }
    }
}

impl Stuck<'_> {
    /// `VI_1 (VRID 51): a has 102+2=104 → 102 when chk fails; b has 100+2=102`.
    pub fn sentence(&self, router: &Router<'_>) -> String {
        format!(
            "{}: {} has {} → {} when {}; {} has {}",
            router.title(),
            self.master.on.name,
            self.high,
            self.low,
            self.check.fails(),
            self.rival.on.name,
            self.other
        )
    }

    /// The weights and priorities with which it would move.
    pub fn advice(&self) -> String {
        const FAULT: &str = "leave the weight out: a failure is then a FAULT, which gives the addresses up whatever \
                             the priorities are";
        if self.grouped {
            let check = plain(&self.check.track.name);
            return format!(
                "Track {check} in the sync group, with a weight that takes every member below {}'s, or {FAULT}.",
                self.rival.on.name
            );
        }
        let mut ways = Vec::new();
        let (weights, both) = self.weights();
        let on = if both { nodes(&[self.master, self.rival]) } else { self.master.on.name.clone() };
        if let Some((first, last)) = range(&weights) {
            let sign = self.check.track.weight.signum();
            let (first_shown, last_shown) = (i32::from(first * sign), i32::from(last * sign));
            let limit = *self.check.track.kind.weights().end();
            ways.push(match (sign, first == last, last == limit) {
                (_, true, _) => format!("use weight {first_shown} on {on}"),
                (1, _, true) => format!("use weight {first_shown} or more on {on}"),
                (1, ..) => format!("use weight {first_shown} or more (up to {last_shown}) on {on}"),
                (_, _, true) => format!("use weight {first_shown} or less on {on}"),
                _ => format!("use weight {first_shown} or less (down to {last_shown}) on {on}"),
            });
        }
        let rival = &self.rival.on.name;
        let fits = |p: &i16| u8::try_from(*p).is_ok_and(|p| self.works(self.check.track.weight, self.high.base, p));
        let mut priorities: Vec<i16> = (1..=254).filter(fits).collect();
        let mut on = rival;
        if priorities.is_empty() {
            on = &self.master.on.name;
            let fits =
                |p: &i16| u8::try_from(*p).is_ok_and(|p| self.works(self.check.track.weight, p, self.other.base));
            priorities = (1..=254).filter(fits).collect();
        }
        ways.extend(range(&priorities).map(|(first, last)| {
            if first == last {
                format!("priority {first} on {on}")
            } else {
                format!("a priority of {first} to {last} on {on}")
            }
        }));
        ways.push(FAULT.to_owned());
        let mut advice = ways.join(", or ");
        if let Some(first) = advice.get(..1).map(str::to_uppercase) {
            advice.replace_range(..1, &first);
        }
        advice.push('.');
        advice
    }

    /// The sizes of weights that work, and whether the rival has to have the same weight.
    fn weights(&self) -> (Vec<i16>, bool) {
        let both = weighted(&self.rival).iter().any(|w| w.same(&self.check));
        let sign = self.check.track.weight.signum();
        let most = *self.check.track.kind.weights().end();
        let fits = |size: &i16| self.works(size * sign, self.high.base, self.other.base);
        ((1..=most).filter(fits).collect(), both)
    }

    /// Whether the master is above its rival while all is well and below it when the check fails.
    fn works(&self, weight: i16, master: u8, rival: u8) -> bool {
        let changed = |w: &Weighted<'_>| if w.same(&self.check) { weight } else { w.track.weight };
        let sum = |member: &Member<'_>, base: u8, fails: bool| {
            let points = weighted(member).into_iter().map(|w| {
                let of = if fails && w.is(&self.check) { worst } else { best };
                of(changed(&w), w.track.reverse)
            });
            effective_priority(base, points)
        };
        let other = sum(&self.rival, rival, false);
        sum(&self.master, master, false) > other && other > sum(&self.master, master, true)
    }
}

/// Gives what comes of weighted checks in one way to its rule.
pub fn report(cluster: &Cluster<'_>, outcome: Outcome, found: &mut Found) {
    let mut said: Vec<((usize, usize), Diagnostic)> = Vec::new();
    for s in stuck(cluster).iter().filter(|s| s.outcome == outcome) {
        let Some(router) = cluster.router(s.master.node, s.master.index) else { continue };
        // It does not depend on the check that no check moves anything.
        let key = (s.master.node, s.master.index);
        if let Some((_, last)) = said.last_mut().filter(|l| l.0 == key && outcome == Outcome::NoPreempt) {
            last.facts.push(format!("so it is when {}: {} → {}", s.check.fails(), s.high, s.low));
            continue;
        }
        let (master, rival) = (&s.master.on.name, &s.rival.on.name);
        let what = match outcome {
            Outcome::Tie => ": equal does not take over".to_owned(),
            Outcome::Above => ": lower does not take over".to_owned(),
            Outcome::NoPreempt => " and nopreempt, with which it does not take over from a live master".to_owned(),
        };
        let mut say = found.say(format!("{}{what}", s.sentence(router)));
        let span = weight_span(&s.master, s.check.track, s.check.grouped);
        let gain = s.check.best() - s.check.worst();
        say = say.label(s.master.node, span, format!("{gain} points less when {}", s.check.fails()));
        for m in [&s.master, &s.rival] {
            let note = format!("priority {} on {}", m.run.priority, m.on.name);
            say = say.label(m.node, m.priority_span(), note);
        }
        if let Some(same) = weighted(&s.rival).iter().find(|w| w.is(&s.check) && w.best() != 0) {
            let span = weight_span(&s.rival, same.track, same.grouped);
            say = say.label(s.rival.node, span, format!("{:+} on {rival}", same.best()));
        }
        if outcome == Outcome::NoPreempt {
            if let Some(p) = s.rival.conf.preempt {
                say = say.label(s.rival.node, p.span, format!("on {rival}"));
            }
            say = say.fix(format!(
                "Leave the weight out: a failure is then a FAULT, which nopreempt does not stand in the way of; or \
                 take nopreempt from {rival}."
            ));
        } else {
            say = say.fix(s.advice());
        }
        if s.grouped {
            say = say.fact("the instances of a sync group become master together or not at all");
        }
        if s.later {
            say = say.severity(Severity::Warning).fact(format!("this is for when {master} is the best that is left"));
        }
        if s.together && outcome != Outcome::NoPreempt {
            // Several small weights may be meant to add up; a tie hardly is.
            let severity = if outcome == Outcome::Tie { Severity::Warning } else { Severity::Info };
            say = say.severity(severity).fact(format!("when all checks of {master} fail at once it does move"));
        }
        said.push((key, router.name(say)));
    }
    for (_, diagnostic) in said {
        found.push(diagnostic);
    }
}

/// The first and last of some numbers, if none between them is missing.
pub fn range(numbers: &[i16]) -> Option<(i16, i16)> {
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    (i16::try_from(numbers.len()) == Ok(last - first + 1)).then_some((first, last))
}
