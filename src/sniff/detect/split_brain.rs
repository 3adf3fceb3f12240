//! `split-brain`: several masters of the same addresses at once.

use std::time::Duration;

use super::{Context, Detector, at, secs, who};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::{Contention, Group, down_interval};
use crate::sniff::member::Member;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "split-brain",
        title: "two routers are master of the same virtual router at the same time",
        text: "\
What it means
  Both hold the virtual addresses. Clients reach one or the other by chance of their ARP caches, connections break, and
  writes may go to two places.

How it is decided
  Two senders of the same VLAN, family and VRID with a common address have both claimed mastership (priority above 0)
  for longer than a master-down interval, without one of them resigning or falling silent. A hand-over or a preemption
  shows two senders for less than one advert interval and is not counted.

What it can be confused with
  vrid-collision: two unrelated pairs that share a VRID by accident; their address lists have nothing in common.
  A hand-over: ends within an advert interval.

How to confirm
  The lesser of the two (lower priority; lower address when equal) should have given way to adverts that are visible
  here. Run `hactl watch` on that node. If the other's adverts are seen there, its firewall, socket or a failed check
  (password, version, interval, checksum, address list) discards them: see the other findings. If they are not, the path
  between the nodes loses them: switch, IGMP snooping, hypervisor, security group. A capture shows a frame before the
  firewall's INPUT chain, so `it is in tcpdump` does not prove that keepalived gets it.

How to fix
  On the lesser node accept IP protocol 112 (and 51 for AH) to 224.0.0.18 or ff02::12, or from the unicast peers.
  Make what the findings name equal on both nodes. Where multicast is not delivered use `unicast_peer`.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        // The longest one speaks for all: a flapping filter need not fill the screen.
        let worst = group.all_contentions().filter(|c| is_split(group, c)).max_by_key(|c| lasted(group, c));
        let Some(c) = worst else { continue };
        let times = group.all_contentions().filter(|c| is_split(group, c)).count();
        if let Some(f) = finding(group, c, times) {
            out.push(f);
        }
    }
}

/// Whether a contention lasted longer than the least of its speakers would wait as a backup, among routers that belong
/// together.
pub(super) fn is_split(group: &Group, c: &Contention) -> bool {
    let Some((better, lesser)) = rivals(group, c) else { return false };
    let spoke = |m: &Member| c.adverts_of(m.addr) >= 2 || c.restarts > 0;
    group.related(better.addr, lesser.addr)
        && spoke(lesser)
        && spoke(better)
        && lasted(group, c) >= down_interval(better, lesser.priority.value)
}

/// How long both were master: until the last advert of the one that fell silent first. Where they silence each other,
/// silence means nothing, and both count as master until one resigns.
fn lasted(group: &Group, c: &Contention) -> Duration {
    match (c.restarts, c.ended) {
        (0, _) => c.overlap(),
        (_, Some((seen, _))) => seen.at().since(c.since.at()),
        (_, None) => group.last.at().since(c.since.at()),
    }
}

/// The two that spoke most in a contention, best first.
pub(super) fn rivals<'a>(group: &'a Group, c: &Contention) -> Option<(&'a Member, &'a Member)> {
    let mut speakers: Vec<_> = c.speakers.iter().filter_map(|s| Some((s.1, group.members.get(&s.0)?))).collect();
    speakers.sort_by_key(|s| std::cmp::Reverse(s.0));
    let [(_, a), (_, b), ..] = speakers[..] else { return None };
    Some(if a.outranks(b) { (a, b) } else { (b, a) })
}

/// What the adverts of two members differ in that makes a receiver reject them.
fn differences(a: &Member, b: &Member) -> Option<String> {
    let mut what = Vec::new();
    let mut differ = |on: bool, name| {
        if on {
            what.push(name);
        }
    };
    differ(a.version.value != b.version.value, "version");
    differ(a.version.value == b.version.value && a.auth.value != b.auth.value, "authentication");
    differ(a.version.value == 2 && b.version.value == 2 && a.interval.value != b.interval.value, "interval");
    differ(a.addresses.value != b.addresses.value, "addresses (keepalived up to 2.3.2 rejects that)");
    differ(a.multicast.value != b.multicast.value, "unicast and multicast");
    differ(a.form.value.is_some() && b.form.value.is_some() && a.form.value != b.form.value, "checksum form");
    (!what.is_empty()).then(|| what.join(", "))
}

fn finding(group: &Group, c: &Contention, times: usize) -> Option<Finding> {
    let (better, lesser) = rivals(group, c)?;
    let lasted = secs(lasted(group, c));
    let tense = match c.ended {
        None => format!("have both been master for {lasted}"),
        Some(_) => format!("were both master for {lasted}"),
    };
    let more = if times > 1 { format!(" ({times} such times in all)") } else { String::new() };
    let message = format!(
        "{}: {} and {} {tense}{more}; {} should have given way to adverts that are visible here",
        group.id,
        who(better),
        who(lesser),
        lesser.addr
    );
    let message = match differences(better, lesser) {
        None => message,
        Some(what) => format!("{message}, but they differ in {what}"),
    };
    let fix = format!(
        "On {} accept VRRP (IP protocol 112) from {} and make version, interval, authentication and addresses equal on \
         both; run `hactl watch` there to see which of the two it is.",
        lesser.addr, better.addr
    );
    let mut f = Finding::new("split-brain", Severity::Critical, message, fix).group(group.id);
    f = at(f, c.since, format!("{} speaks while {} is master", c.newcomer, c.incumbent));
    for (addr, count, last) in &c.speakers {
        f = at(f, *last, format!("{addr} sent {count} adverts until here"));
    }
    if let Some((seen, winner)) = c.ended {
        f = at(f, seen, format!("it ended: {winner} remains"));
    }
    if c.restarts > 0 {
        return Some(f.likely("whether the silent one is still master: see mutual-silencing"));
    }
    Some(f.unseen(format!("whether {} receives and rejects these adverts or never gets them: look there", lesser.addr)))
}
