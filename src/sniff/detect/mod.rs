//! Detectors: facts in, findings out. One file a detector, one line here.
//!
//! A detector is a pure function of the observer's facts, so it can be asked at any time: each tick of a live watch, or
//! once at the end of a file. Its file holds the function and the page `hactl explain` shows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Observer;
use super::event::Seen;
use super::group::Group;
use super::member::{Count, Member};
use crate::finding::{Evidence, Finding, GroupId, Page, Severity};
use crate::wire::Problem;

mod address_list_mismatch;
mod advert_flood;
mod auth_digest_bad;
mod auth_mismatch;
mod checksum_bad;
mod checksum_dialect;
mod clock_offset;
mod clock_step;
mod equal_priority;
mod flapping;
mod hop_limit;
mod interval_mismatch;
mod interval_zero;
mod malformed_advert;
mod mutual_silencing;
mod near_miss;
mod no_gratuitous_arp;
mod no_master;
mod nothing_heard;
mod split_brain;
mod two_owners;
mod unicast_multicast_mix;
mod version_mismatch;
mod vip_owner_mismatch;
mod vrid_collision;

/// What detectors know besides the facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    /// The capture is over, or a live watch asks for its verdict.
    pub ended: bool,
    /// Frames come from a live interface through our own filter, so announcements were not filtered away.
    pub live: bool,
    /// The interface has a carrier (`None`: not an interface, or unknown).
    pub carrier: Option<bool>,
    /// Frames that entered and left the interface meanwhile, decoded or not.
    pub interface_frames: Option<u64>,
}

/// One kind of trouble.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// Its page; the page's id is the finding's.
    pub page: Page,
    /// Looks for it.
    pub check: fn(&Observer, &Context, &mut Vec<Finding>),
}

/// How many findings of one kind are told for one virtual router.
const ALIKE: usize = 3;

/// Every detector, causes before consequences: findings of one severity are shown in this order.
pub const DETECTORS: &[Detector] = &[
    vrid_collision::DETECTOR,
    two_owners::DETECTOR,
    version_mismatch::DETECTOR,
    auth_mismatch::DETECTOR,
    interval_zero::DETECTOR,
    interval_mismatch::DETECTOR,
    unicast_multicast_mix::DETECTOR,
    checksum_dialect::DETECTOR,
    split_brain::DETECTOR,
    mutual_silencing::DETECTOR,
    no_master::DETECTOR,
    vip_owner_mismatch::DETECTOR,
    auth_digest_bad::DETECTOR,
    checksum_bad::DETECTOR,
    hop_limit::DETECTOR,
    malformed_advert::DETECTOR,
    advert_flood::DETECTOR,
    address_list_mismatch::DETECTOR,
    no_gratuitous_arp::DETECTOR,
    flapping::DETECTOR,
    near_miss::DETECTOR,
    clock_offset::DETECTOR,
    equal_priority::DETECTOR,
    clock_step::DETECTOR,
    nothing_heard::DETECTOR,
];

/// All findings of this moment, worst first.
pub fn judge(observer: &Observer, context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for d in DETECTORS {
        // One detector after the other, because a flood may raise very many of one kind.
        let mut found = Vec::new();
        (d.check)(observer, context, &mut found);
        findings.extend(summarised(found));
    }
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    findings
}

/// At most [`ALIKE`] findings of one id in one virtual router; the last of them says how many more there were. A flood of
/// forged members must not bury the rest.
fn summarised(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut alike: BTreeMap<(&'static str, Option<GroupId>), (usize, usize)> = BTreeMap::new();
    for f in findings {
        let (count, last) = alike.entry((f.id, f.group)).or_insert((0, 0));
        *count += 1;
        if *count <= ALIKE {
            *last = kept.len();
            kept.push(f);
        }
    }
    for (count, last) in alike.into_values() {
        if count > ALIKE {
            let more = count - ALIKE;
            kept[last].evidence.push(Evidence::Fact(format!("{more} more like this one in the same virtual router")));
        }
    }
    kept
}

/// How many members of one virtual router are compared with each other.
const COMPARED: usize = 6;

/// The members that are compared: all, or in a flood those that have sent most, in the order of their addresses.
fn compared(group: &Group) -> Vec<&Member> {
    let mut members: Vec<&Member> = group.members.values().collect();
    if members.len() > COMPARED {
        members.sort_by_key(|m| (std::cmp::Reverse(m.adverts), m.first.at()));
        members.truncate(COMPARED);
        members.sort_by_key(|m| m.addr);
    }
    members
}

/// Pairs of members of one virtual router that share an address, each pair once.
fn pairs(group: &Group) -> impl Iterator<Item = (&Member, &Member)> {
    let members = compared(group);
    let n = members.len();
    (0..n)
        .flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
        .map(move |(i, j)| (members[i], members[j]))
        .filter(|(a, b)| group.related(a.addr, b.addr))
}

/// A duration in seconds for a sentence: `3.61 s`, `14 s`.
pub(crate) fn secs(d: Duration) -> String {
    let s = d.as_secs_f64();
    if s >= 100.0 {
        format!("{s:.0} s")
    } else if s >= 1.0 {
        let text = format!("{s:.2}");
        format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
    } else {
        format!("{} ms", (s * 1000.0).round())
    }
}

/// `10.77.0.1 (priority 102)`.
fn who(m: &Member) -> String {
    format!("{} (priority {})", m.addr, m.priority.value)
}

/// `1 advert`, `12 adverts`.
fn adverts(n: u64) -> String {
    format!("{n} advert{}", if n == 1 { "" } else { "s" })
}

/// A finding for each member whose adverts have a problem.
fn by_problem(
    observer: &Observer,
    id: &'static str,
    severity: Severity,
    problem: Problem,
    out: &mut Vec<Finding>,
    say: impl Fn(&Group, &Member, &Count) -> (String, String),
) {
    for group in observer.groups() {
        for m in group.members.values() {
            if let Some(count) = m.problem(problem) {
                let (message, fix) = say(group, m, count);
                out.push(Finding::new(id, severity, message, fix).group(group.id).frame(
                    count.first.number,
                    count.first.time,
                    format!("the first of {}", adverts(count.times)),
                ));
            }
        }
    }
}

/// Adds each member's last advert as evidence.
fn with_last_adverts(finding: Finding, members: &[(&Member, String)]) -> Finding {
    members.iter().fold(finding, |f, (m, note)| f.frame(m.last.number, m.last.time, note.clone()))
}

fn at(f: Finding, seen: Seen, note: impl Into<String>) -> Finding {
    f.frame(seen.number, seen.time, note)
}
