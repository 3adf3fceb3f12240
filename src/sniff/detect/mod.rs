//! Detectors: facts in, findings out. One file a detector, one line here.
//!
//! A detector is a pure function of the observer's facts, so it can be asked at any time: each tick of a live watch, or
//! once at the end of a file. Its file holds the function, the page `hactl explain` shows, and what it must not confuse.

use std::time::Duration;

use super::Observer;
use super::group::Group;
use super::member::Member;
use crate::finding::{Finding, Page};

mod two_masters;

/// What detectors know besides the facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    /// The capture is over, or a live watch asks for its verdict.
    pub ended: bool,
    /// Frames come from a live interface, with our own kernel filter: announcements are not filtered away.
    pub live: bool,
    /// The interface has a carrier (`None`: not an interface, or unknown).
    pub carrier: Option<bool>,
    /// Frames that entered the interface meanwhile, decoded or not.
    pub interface_frames: Option<u64>,
}

/// One kind of trouble.
pub struct Detector {
    /// Its page; the page's id is the finding's.
    pub page: Page,
    /// Looks for it.
    pub check: fn(&Observer, &Context, &mut Vec<Finding>),
}

/// Every detector, worst first.
pub const DETECTORS: &[Detector] = &[two_masters::SPLIT_BRAIN];

/// All findings of this moment, worst first.
pub fn judge(observer: &Observer, context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for d in DETECTORS {
        (d.check)(observer, context, &mut findings);
    }
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    findings
}

/// Pairs of members of one virtual router that share addresses, each pair once.
fn pairs(group: &Group) -> impl Iterator<Item = (&Member, &Member)> {
    let members: Vec<&Member> = group.members.values().collect();
    let n = members.len();
    (0..n)
        .flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
        .map(move |(i, j)| (members[i], members[j]))
        .filter(|(a, b)| group.related(a.addr, b.addr))
}

/// A duration in seconds for a sentence: `3.61 s`, `14 s`.
pub(crate) fn secs(d: Duration) -> String {
    let s = d.as_secs_f64();
    if s >= 100.0 || (s - s.round()).abs() < 0.005 { format!("{s:.0} s") } else { format!("{s:.2} s") }
}
