//! What a simulation shows that its operator should know: findings.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::chronicle::{Group, Story};
use super::record::{Record, Who};
use super::scenario::Scenario;
use super::world::World;
use crate::finding::{Finding, GroupId, Page, Severity};
use crate::time::{Instant, seconds};
use crate::vrrp::{State, VirtualRouter};
use crate::wire::Vlans;

/// Two masters that come from one hearing of the other late are no split brain: a hand-over overlaps by up to an
/// advert.
const OVERLAP: Duration = Duration::from_millis(100);
/// So many takeovers within a minute are flapping.
const FLAPS: usize = 5;
/// Rejections that are kept as evidence.
const MOST: usize = 64;

/// Keeps of the records what the judgement needs, in memory that does not grow with time.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Adverts that were heard and not accepted: receiver, sender, why, since when.
    rejected: Vec<(Who, IpAddr, String, Instant)>,
    /// Trackers that failed where their instance was master, and have not recovered.
    failing: Vec<Failing>,
    /// Processes that went without a word, and what they left.
    left: Vec<(usize, Instant, Vec<IpAddr>)>,
    /// The last fault told before a moment: for «because».
    faults: Vec<(Instant, String)>,
}

/// A tracker that fails on the master.
#[derive(Clone, Debug)]
struct Failing {
    who: Who,
    tracker: String,
    at: Instant,
    from: u8,
    to: u8,
    /// It recovered, or mastership was left, at this time.
    until: Option<Instant>,
    moved: bool,
}

impl Notes {
    /// Takes note of a record; `masters` are who was master of its virtual router before it.
    pub fn note(&mut self, record: &Record, is_master: impl Fn(&Who) -> bool) {
        match record {
            Record::Rejected { at, who, src, reason } if self.rejected.len() < MOST => {
                self.rejected.push((who.clone(), *src, reason.clone(), *at));
            }
            Record::Tracked { at, who, tracker, good: false, from, to }
                if is_master(who) && self.failing.len() < MOST =>
            {
                self.failing.push(Failing {
                    who: who.clone(),
                    tracker: tracker.clone(),
                    at: *at,
                    from: *from,
                    to: *to,
                    until: None,
                    moved: false,
                });
            }
            Record::Tracked { at, who, tracker, good: true, .. } => {
                let same = |f: &&mut Failing| f.who == *who && f.tracker == *tracker && f.until.is_none();
                self.failing.iter_mut().filter(same).for_each(|f| f.until = Some(*at));
            }
            Record::State { who, transition: t, .. } if t.from == State::Master => {
                let same = |f: &&mut Failing| f.who == *who && f.until.is_none();
                self.failing.iter_mut().filter(same).for_each(|f| (f.until, f.moved) = (Some(t.at), true));
            }
            Record::Gone { at, node, left } => {
                let same = |f: &&mut Failing| f.who.node == *node && f.until.is_none();
                self.failing.iter_mut().filter(same).for_each(|f| (f.until, f.moved) = (Some(*at), true));
                if !left.is_empty() && self.left.len() < MOST {
                    self.left.push((*node, *at, left.clone()));
                }
            }
            Record::Fault { at, what, .. } if self.faults.len() < MOST => self.faults.push((*at, what.clone())),
            _ => {}
        }
    }

    /// The last thing that befell before a moment, or at it.
    fn because(&self, at: Instant) -> Option<String> {
        let (when, what) = self.faults.iter().rev().find(|(t, _)| *t <= at)?;
        Some(format!("before it: {what} at {}", time(*when)))
    }
}

/// `9.5 s`.
fn time(at: Instant) -> String {
    format!("{} s", seconds(at.since(Instant::ZERO)))
}

fn length(d: Duration) -> String {
    format!("{} s", seconds(d))
}

struct Judge<'a> {
    scenario: &'a Scenario,
    world: &'a World,
    stories: &'a BTreeMap<Group, Story>,
    notes: &'a Notes,
    out: Vec<Finding>,
}

/// Everything there is to say of a simulation that has ended, worst first.
pub fn judge(scenario: &Scenario, world: &World, stories: &BTreeMap<Group, Story>, notes: &Notes) -> Vec<Finding> {
    let mut j = Judge { scenario, world, stories, notes, out: Vec::new() };
    for (group, story) in stories {
        j.split_brain(*group, story);
        j.no_master(*group, story);
        j.flapping(*group, story);
    }
    j.no_failover();
    j.left_behind();
    j.out.sort_by_key(|f| std::cmp::Reverse(f.severity));
    j.out
}

impl Judge<'_> {
    fn id(group: Group) -> GroupId {
        GroupId { vlans: Vlans::default(), vrid: group.vrid, ipv6: group.ipv6 }
    }

    fn names(&self, nodes: impl IntoIterator<Item = usize>) -> String {
        let names: Vec<&str> = nodes.into_iter().map(|n| self.world.name(n)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        }
    }

    /// The longest interval that members of a virtual router advertise with.
    fn interval(&self, group: Group) -> Duration {
        let all = (0..self.world.nodes()).flat_map(|n| self.world.instances(n).map(|(_, run)| run));
        let own = all.filter(|r| r.vrid == group.vrid && r.ipv6 == group.ipv6).map(|r| r.advert_int);
        own.max().unwrap_or(Duration::from_secs(1))
    }

    fn split_brain(&mut self, group: Group, story: &Story) {
        let tolerated = self.interval(group).saturating_add(OVERLAP);
        let long: Vec<_> = story.dual.iter().filter(|w| w.length() > tolerated).collect();
        let Some(worst) = long.iter().max_by_key(|w| w.length()) else { return };
        let id = Self::id(group);
        let lasts = if worst.open { ", and still are at the end" } else { "" };
        let message = format!(
            "{id}: {} are both master for {}, from {} to {}{lasts}",
            self.names(worst.masters.iter().copied()),
            length(worst.length()),
            time(worst.from),
            time(worst.to)
        );
        let rejections: Vec<_> = self
            .notes
            .rejected
            .iter()
            .filter(|(who, ..)| who.group() == group && worst.masters.contains(&who.node))
            .collect();
        let fix = if rejections.is_empty() {
            "Let each hear the other: accept protocol 112 to 224.0.0.18 or ff02::12, or from the peers, on both."
        } else {
            "Configure both alike, so that each accepts the other's adverts."
        };
        let mut f = Finding::new("split-brain", Severity::Critical, message, fix).group(id);
        for (who, src, reason, at) in rejections.iter().take(4) {
            f = f.fact(format!("{} rejects adverts of {src} since {}: {reason}", self.world.name(who.node), time(*at)));
        }
        f.evidence.extend(self.notes.because(worst.from).map(crate::finding::Evidence::Fact));
        if long.len() > 1 {
            f = f.fact(format!("{} such times in all", long.len()));
        }
        self.out.push(f);
    }

    fn no_master(&mut self, group: Group, story: &Story) {
        let Some(w) = story.none.last().filter(|w| w.open) else { return };
        // As long as the slowest may wait it is an election, not a lack.
        let id = Self::id(group);
        let members: Vec<(usize, usize)> = (0..self.world.nodes())
            .flat_map(|n| self.world.instances(n).map(move |(i, run)| (n, i, run.vrid, run.ipv6)))
            .filter(|(_, _, vrid, ipv6)| *vrid == group.vrid && *ipv6 == group.ipv6)
            .map(|(n, i, ..)| (n, i))
            .collect();
        let waits = |vr: &VirtualRouter| vr.armed().is_some_and(|a| a.until > self.world.now());
        let electing = members.iter().any(|(n, i)| self.world.router(*n, *i).is_some_and(waits));
        let patience = self.interval(group).saturating_mul(4);
        if electing && w.length() <= patience {
            return;
        }
        let message = format!("{id}: nobody is master from {} to the end at {}", time(w.from), time(w.to));
        let mut f = Finding::new(
            "no-master",
            Severity::Critical,
            message,
            "Bring one of the nodes back; see what keeps each of them out.",
        )
        .group(id);
        for (n, i) in members {
            let name = self.world.name(n);
            f = f.fact(match self.world.router(n, i) {
                _ if !self.world.is_running(n) => format!("{name}: its VRRP process does not run"),
                _ if self.world.is_paused(n) => format!("{name}: its VRRP process stands still"),
                Some(vr) => format!("{name}: {}, priority {}", vr.state(), vr.priority()),
                None => format!("{name}: has no such instance"),
            });
        }
        f.evidence.extend(self.notes.because(w.from).map(crate::finding::Evidence::Fact));
        self.out.push(f);
    }

    fn flapping(&mut self, group: Group, story: &Story) {
        let minute = Duration::from_mins(1);
        let within = story.takeovers.windows(FLAPS).find(|w| match (w.first(), w.last()) {
            (Some(a), Some(b)) => b.at.since(a.at) <= minute,
            _ => false,
        });
        // What the scenario itself does again and again is no wonder.
        let (Some(within), true) = (within, story.takeovers.len() > 2 * self.scenario.events.len()) else { return };
        let id = Self::id(group);
        let from = within.first().map_or(Instant::ZERO, |t| t.at);
        let message = format!(
            "{id}: mastership moves {} times, {FLAPS} of them within a minute from {}",
            story.takeovers.len(),
            time(from)
        );
        let fix =
            "Find what toggles: a check without `fall` and `rise`, loss on the link, or timers that are too short.";
        self.out.push(Finding::new("flapping", Severity::Warning, message, fix).group(id));
    }

    /// A check fails on the master, and nothing moves although somebody else could be.
    fn no_failover(&mut self) {
        for failing in self.notes.failing.iter().filter(|f| !f.moved) {
            let group = failing.who.group();
            let until = failing.until.unwrap_or(self.world.now());
            // It had the time: the longest wait of a backup, and an advert.
            if until.since(failing.at) < self.interval(group).saturating_mul(5) {
                continue;
            }
            if self.stories.get(&group).is_none_or(|s| s.masters.len() > 1) {
                continue; // a split brain is another story
            }
            let others: Vec<(usize, u8, bool)> = (0..self.world.nodes())
                .filter(|n| *n != failing.who.node)
                .flat_map(|n| self.world.instances(n).map(move |(i, run)| (n, i, run.vrid, run.ipv6)))
                .filter(|(_, _, vrid, ipv6)| *vrid == group.vrid && *ipv6 == group.ipv6)
                .filter_map(|(n, i, ..)| {
                    let vr = self.world.router(n, i).filter(|vr| vr.state() == State::Backup)?;
                    Some((n, vr.priority(), vr.params().preempt))
                })
                .collect();
            let Some((best, priority, preempt)) = others.iter().copied().max_by_key(|(_, p, _)| *p) else { continue };
            let id = Self::id(group);
            let (a, b) = (self.world.name(failing.who.node), self.world.name(best));
            let own = if failing.from == failing.to {
                format!("{a} keeps priority {}", failing.to)
            } else {
                format!("{a} goes from {} to {}", failing.from, failing.to)
            };
            let why = match priority.cmp(&failing.to) {
                _ if !preempt => format!("{b} has {priority} and `nopreempt`: it lets a lower master be"),
                std::cmp::Ordering::Less => format!("{b} has {priority}: lower does not take over"),
                std::cmp::Ordering::Equal => format!("{b} has {priority}: equal does not take over"),
                std::cmp::Ordering::Greater => continue,
            };
            let message = format!(
                "{id}: {} fails on {a} at {} and the master stays: {own}, {why}",
                failing.tracker,
                time(failing.at)
            );
            let fix = format!(
                "Leave the weight out, so that a failure is a FAULT, or make it large enough that {a} falls below {priority}."
            );
            let mut f = Finding::new("no-failover", Severity::Critical, message, fix).group(id);
            f.node = Some(a.to_owned());
            self.out.push(f);
        }
    }

    /// A killed process's addresses stay while another node announces them.
    fn left_behind(&mut self) {
        for (node, at, left) in &self.notes.left {
            let still: Vec<IpAddr> = self.world.installed(*node).filter(|a| left.contains(a)).collect();
            if still.is_empty() || self.world.is_running(*node) {
                continue;
            }
            for (group, story) in self.stories {
                let Some((master, instance)) = story.masters.iter().find(|(n, _)| n != node).copied() else { continue };
                let run = self.world.instances(master).find(|(i, _)| *i == instance).map(|(_, run)| run);
                let shared: Vec<String> = run
                    .into_iter()
                    .flat_map(|r| r.addresses.iter().chain(&r.excluded))
                    .filter(|a| still.contains(&a.address))
                    .map(|a| a.address.to_string())
                    .collect();
                if shared.is_empty() {
                    continue;
                }
                let (a, b) = (self.world.name(*node), self.world.name(master));
                let message = format!(
                    "{}: {a} was killed at {} and keeps {} on its interface while {b} is master: both answer for it",
                    Self::id(*group),
                    time(*at),
                    shared.join(", ")
                );
                let fix = format!(
                    "On {a}: `ip addr del {}/32 dev INTERFACE`; end keepalived with SIGTERM and time enough to release.",
                    shared.first().map_or("ADDRESS", String::as_str)
                );
                let mut f =
                    Finding::new("address-left-behind", Severity::Warning, message, fix).group(Self::id(*group));
                f.node = Some(a.to_owned());
                self.out.push(f);
            }
        }
    }
}

/// Pages of findings that only a simulation has. The others are those of the wire.
pub const PAGES: &[Page] = &[
    Page {
        id: "no-failover",
        title: "a check fails on the master and nothing moves",
        text: "\
What it means
  A tracked script, process or file fails where the virtual router is master, a backup is ready, and the master stays.
  The service is down and its address stays with it: the most repeated mistake in configurations with weights.

How it is decided
  In a simulation the check fails for longer than any backup waits, and the backup's effective priority is not higher
  than the master's: a backup takes over from a living master only if its own priority is strictly higher. Equal is not
  enough (RFC 5798 §6.4.2: a backup accepts adverts of equal priority).

What it can be confused with
  A backup with `nopreempt`, which lets any living master be; a check that fails on all nodes, where moving helps
  nobody.

How to confirm
  hactl simulate a.conf b.conf --at '10s script a CHECK 1', then look at the priorities; `hactl lint a.conf b.conf` says
  it without playing.

How to fix
  Leave the weight out: then a failing check is a FAULT, and the master releases. Or choose a negative weight larger
  than the distance between the priorities: with 102 and 100, -4 or less.
",
    },
    Page {
        id: "address-left-behind",
        title: "a killed daemon's virtual address stays on its host",
        text: "\
What it means
  A VRRP process that is killed (SIGKILL, out of memory, a container removed) takes nothing off its interfaces. When
  another node takes over, both hosts have the address and both answer ARP for it: clients reach either.

How it is decided
  In a simulation a node's process is gone without having released, its host runs on, another node is master, and the
  address is still on the first one's interface.

What it can be confused with
  A split brain: there both daemons run. Here the dead one sends no adverts, so nothing on the wire but ARP shows it.

How to confirm
  On the host: `ip addr` shows the address and no keepalived runs. From the network: `arping ADDRESS` is answered by two
  hardware addresses.

How to fix
  Take it off: `ip addr del ADDRESS/32 dev INTERFACE`; a daemon that starts again does so by itself. Give the daemon time
  to end: SIGTERM before SIGKILL, `stop_grace_period` in containers.
",
    },
];
