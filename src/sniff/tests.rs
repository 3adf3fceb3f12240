//! The observer's rules, one small story each. Times are milliseconds; adverts are version 2, every second, unless said.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::*;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;
use crate::wire::build::{AdvertSpec, gratuitous_arp};
use crate::wire::{Decoder, Mac};

/// Frames told one after the other to an observer.
struct Story {
    observer: Observer,
    frames: u64,
    events: Vec<Event>,
}

fn node(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 77, 0, n))
}

fn mac(n: u8) -> Mac {
    Mac([2, 0, 10, 77, 0, n])
}

const VIP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 110);

impl Story {
    fn new() -> Self {
        Self { observer: Observer::new(None, Limits::default()), frames: 0, events: Vec::new() }
    }

    fn frame(&mut self, ms: f64, data: &[u8]) {
        self.frames += 1;
        let time = Timestamp::from_micros((ms * 1000.0).round() as i64);
        let wire_len = data.len() as u32;
        let frame = Frame { number: self.frames, time, link: LinkType::Ethernet, stripped_tag: None, data, wire_len };
        self.observer.frame(self.frames, time, &Decoder::default().decode(&frame));
        self.events.extend(self.observer.drain());
    }

    /// Without an identification, so that no advert is taken for a copy of another.
    fn spec(n: u8, priority: u8) -> AdvertSpec {
        AdvertSpec { priority, ip_id: 0, ..AdvertSpec::new(mac(n), node(n), 51, vec![IpAddr::V4(VIP)]) }
    }

    fn advert(&mut self, ms: f64, n: u8, priority: u8) {
        self.frame(ms, &Self::spec(n, priority).frame());
    }

    /// Adverts of node `n` at `from`, `from + 1000`, … up to and including `to`.
    fn adverts(&mut self, from: f64, to: f64, n: u8, priority: u8) {
        let mut at = from;
        while at <= to {
            self.advert(at, n, priority);
            at += 1000.0;
        }
    }

    fn announce(&mut self, ms: f64, n: u8) {
        self.frame(ms, &gratuitous_arp(mac(n), VIP, &[]));
    }

    fn pass(&mut self, ms: f64) {
        self.observer.advance(Timestamp::from_micros((ms * 1000.0) as i64));
        self.events.extend(self.observer.drain());
    }

    fn group(&self) -> &Group {
        self.observer.groups().next().expect("a group")
    }

    fn masters(&self) -> Vec<IpAddr> {
        self.group().masters().iter().map(|m| m.addr).collect()
    }

    /// `(from, to, reason)` of each transition, nodes by their last number.
    fn transitions(&self) -> Vec<(u8, u8, Reason)> {
        let last = |a: IpAddr| match a {
            IpAddr::V4(a) => a.octets()[3],
            IpAddr::V6(_) => 0,
        };
        let of = |e: &Event| match &e.kind {
            EventKind::Transition(t) => Some((t.from.map_or(0, last), last(t.to), t.reason)),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    fn last_transition(&self) -> Transition {
        self.group().transitions.back().expect("a transition").clone()
    }

    fn findings(&self) -> Vec<&'static str> {
        judge(&self.observer, &Context { ended: true, ..Context::default() }).iter().map(|f| f.id).collect()
    }
}

const ALIVE: (u8, u8, Reason) = (0, 1, Reason::FirstSeen);

#[test]
fn a_silent_master_is_replaced_after_the_backups_master_down_interval() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.advert(6610.2, 2, 100);
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Timeout)]);
    let t = s.last_transition();
    assert_eq!(t.silent, Some(Duration::from_micros(3_610_200)));
    assert_eq!(t.expected, Some(Duration::from_micros(3_609_375)));
    assert_eq!(s.masters(), [node(2)]);
}

#[test]
fn fewer_down_timer_adverts_are_recognised_by_the_time() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.advert(5610.0, 2, 100); // 2 × 1 s + 156/256 s
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Timeout)]);
    assert_eq!(
        (s.last_transition().adverts, s.last_transition().expected),
        (2, Some(Duration::from_micros(2_609_375)))
    );
}

#[test]
fn a_version_3_backup_reckons_with_its_masters_interval() {
    let mut s = Story::new();
    let v3 = |n, p, ms| AdvertSpec { version: 3, advert_int: Duration::from_millis(ms), ..Story::spec(n, p) };
    for i in 0..4 {
        s.frame(f64::from(i) * 500.0, &v3(1, 102, 500).frame());
    }
    s.frame(3305.0, &v3(2, 100, 2000).frame()); // 1500 + 1804.7
    assert_eq!(s.last_transition().reason, Reason::Timeout);
    assert_eq!(s.last_transition().expected, Some(Duration::from_micros(1_804_687)));
}

#[test]
fn a_release_is_followed_after_the_skew_time() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.advert(3500.0, 1, 0);
    s.advert(3500.1, 1, 0); // keepalived resigns twice when it goes to FAULT
    assert!(s.masters().is_empty());
    s.advert(4109.9, 2, 100);
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Release)]);
    assert_eq!(s.last_transition().silent, Some(Duration::from_micros(609_900)));
    assert_eq!(s.last_transition().expected, Some(Duration::from_micros(609_375)));
}

#[test]
fn a_capture_may_begin_with_a_release() {
    let mut s = Story::new();
    s.advert(0.0, 1, 0);
    s.advert(610.0, 2, 100);
    assert_eq!(s.transitions(), [(1, 2, Reason::Release)]);
}

#[test]
fn the_router_that_resigned_may_be_first_to_return() {
    let mut s = Story::new();
    s.adverts(0.0, 2000.0, 1, 150);
    s.advert(2500.0, 1, 0); // its address was removed: keepalived resigns and waits its own skew time
    s.advert(2915.0, 1, 150);
    assert_eq!(s.transitions(), [ALIVE, (1, 1, Reason::Release)]);
}

#[test]
fn a_better_router_preempts_and_the_lesser_one_falls_silent() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 2, 100);
    s.adverts(3400.0, 9400.0, 1, 102);
    assert_eq!(s.transitions(), [(0, 2, Reason::FirstSeen), (2, 1, Reason::Preempt)]);
    assert_eq!(s.masters(), [node(1)]);
    assert!(matches!(s.group().members[&node(2)].standing, Standing::Yielded(_)));
    assert_eq!(s.findings(), ["no-gratuitous-arp"]);
}

#[test]
fn one_straggler_after_a_preemption_is_no_second_mastership() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 2, 100);
    s.advert(3400.0, 1, 102);
    s.advert(3400.5, 2, 100); // was on its way
    s.adverts(4400.0, 9400.0, 1, 102);
    assert_eq!(s.transitions(), [(0, 2, Reason::FirstSeen), (2, 1, Reason::Preempt)]);
    assert!(!s.findings().contains(&"split-brain") && !s.findings().contains(&"mutual-silencing"));
}

#[test]
fn a_deaf_backup_makes_a_split_brain_until_it_hears_again() {
    let mut s = Story::new();
    s.adverts(0.0, 5000.0, 1, 102);
    // node 2 hears nothing: it speaks at its own times, and node 1 answers each of its adverts at once
    for i in 0..6 {
        let t = 5300.0 + 1000.0 * f64::from(i);
        s.advert(t, 2, 100);
        s.advert(t + 1.0, 1, 102);
    }
    assert_eq!(s.masters(), [node(1), node(2)]);
    assert_eq!(s.findings(), ["split-brain"]);
    s.adverts(11_301.0, 15_301.0, 1, 102);
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Unknown), (2, 1, Reason::Yield)]);
    // the frame that made it yield: the first one after its last
    assert_eq!(s.last_transition().seen.at().as_micros(), 10_301_000);
    assert_eq!(s.masters(), [node(1)]);
    assert!(s.findings().contains(&"split-brain"), "it happened, although it is over");
}

#[test]
fn a_short_overlap_is_no_split_brain() {
    let mut s = Story::new();
    s.adverts(0.0, 5000.0, 1, 102);
    s.advert(5300.0, 2, 100);
    s.adverts(5300.5, 12_300.5, 1, 102);
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Unknown), (2, 1, Reason::Yield)]);
    assert!(!s.findings().contains(&"split-brain"));
}

#[test]
fn a_better_master_silenced_by_a_lesser_one_is_probably_still_master() {
    let mut s = Story::new();
    let slow = |p| AdvertSpec { advert_int: Duration::from_secs(3), ..Story::spec(1, p) };
    s.frame(0.0, &slow(150).frame());
    s.frame(3000.0, &slow(150).frame());
    // node 2 rejects node 1's interval; node 1 rejects node 2's, and restarts its timer each time
    s.adverts(4600.0, 14_600.0, 2, 100);
    assert_eq!(s.findings(), ["interval-mismatch", "mutual-silencing"]);
    assert_eq!(s.group().silenced.map(|x| (x.member, x.by)), Some((node(1), node(2))));
}

#[test]
fn nobody_gives_way_to_adverts_it_rejects() {
    let mut s = Story::new();
    let slow = AdvertSpec { advert_int: Duration::from_secs(3), ..Story::spec(1, 100) };
    s.frame(0.0, &slow.frame());
    s.frame(3000.0, &slow.frame());
    // better, but with another interval: node 1 stays master, and these adverts silence it
    s.adverts(4600.0, 14_600.0, 2, 150);
    assert_eq!(s.transitions(), [ALIVE, (1, 2, Reason::Unknown)]);
    assert_eq!(s.findings(), ["interval-mismatch", "mutual-silencing"]);
}

#[test]
fn a_master_of_another_version_that_falls_silent_has_not_yielded() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 2, 150);
    let v3 = AdvertSpec { version: 3, ..Story::spec(1, 100) };
    for t in [3400.0, 4400.0, 5400.0] {
        s.frame(t, &v3.frame());
        s.advert(t + 600.0, 2, 150);
    }
    s.adverts(7000.0, 12_000.0, 2, 150);
    assert_eq!(s.transitions(), [(0, 2, Reason::FirstSeen), (2, 1, Reason::Unknown), (1, 2, Reason::Unknown)]);
    assert!(matches!(s.group().members[&node(1)].standing, Standing::Silent));
}

#[test]
fn one_that_spoke_once_beside_adverts_it_rejects_is_silenced_not_gone() {
    let mut s = Story::new();
    s.announce(0.0, 2);
    s.adverts(0.0, 3000.0, 2, 150);
    let v3 = AdvertSpec { version: 3, ..Story::spec(1, 100) };
    s.frame(3500.0, &v3.frame());
    s.announce(3500.5, 1); // and the address is now there
    s.adverts(4000.0, 12_000.0, 2, 150);
    assert_eq!(s.findings(), ["version-mismatch", "mutual-silencing"]);
}

#[test]
fn two_masters_that_reject_each_other_share_one_rhythm() {
    let mut s = Story::new();
    s.adverts(0.0, 2000.0, 1, 102);
    s.advert(2400.0, 2, 100);
    s.advert(3400.5, 1, 102); // one second after node 2's advert, not after its own
    s.advert(4401.0, 2, 100);
    s.adverts(5401.5, 9401.5, 1, 102);
    assert!(s.findings().contains(&"mutual-silencing"), "{:?}", s.findings());
    assert_eq!(s.masters(), [node(1), node(2)], "silence proves nothing here");
}

#[test]
fn when_all_masters_fall_silent_none_of_them_silences_the_others() {
    let mut s = Story::new();
    s.adverts(0.0, 2000.0, 1, 102);
    s.advert(2400.0, 2, 100);
    s.advert(3400.5, 1, 102);
    s.advert(4401.0, 2, 100);
    s.pass(9500.0);
    assert!(s.masters().is_empty());
    s.adverts(10_000.0, 14_000.0, 1, 102);
    assert_eq!(s.last_transition().seen.at().as_micros(), 10_000_000);
    assert_eq!(s.masters(), [node(1)]);
}

#[test]
fn a_master_that_goes_on_after_a_better_one_by_a_restarted_timer_rejects_it() {
    let mut s = Story::new();
    s.announce(0.0, 1);
    s.adverts(0.0, 3000.0, 1, 100);
    s.advert(3220.0, 2, 150); // looks like a preemption, but node 1 goes on, one interval after this advert
    s.announce(3220.5, 2);
    s.advert(4220.6, 1, 100);
    s.advert(4220.8, 2, 150); // restarted at the same moment, both timers expire together
    s.adverts(5221.5, 12_221.5, 1, 100);
    assert_eq!(s.findings(), ["split-brain", "mutual-silencing"]);
    assert_eq!(s.masters(), [node(2), node(1)]);
}

#[test]
fn a_late_advert_beside_a_master_that_answers_at_once_shows_no_restarted_timer() {
    let mut s = Story::new();
    let fast = |n, p| AdvertSpec { version: 3, advert_int: Duration::from_millis(100), ..Story::spec(n, p) };
    let mut t = 0.0;
    for late in [0.0, 1.0, 0.0, 11.0, 2.0, 0.0, 11.0, 0.0] {
        t += 100.0 + late;
        s.frame(t, &fast(2, 171).frame()); // deaf
        s.frame(t + 4.5, &fast(1, 182).frame());
    }
    assert_eq!(s.group().contention.as_ref().map(|c| c.restarts), Some(0));
    assert_eq!(s.findings(), ["split-brain"]);
}

#[test]
fn backups_that_take_over_at_the_same_moment_have_the_same_reason() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.advert(3500.0, 1, 0);
    s.advert(4109.9, 3, 100);
    s.advert(4110.3, 2, 100); // its advert crossed node 3's
    s.adverts(5110.0, 9110.0, 3, 100);
    let t = s.transitions();
    assert_eq!(t, [ALIVE, (1, 3, Reason::Release), (3, 2, Reason::Release), (2, 3, Reason::Yield)]);
}

#[test]
fn one_that_remains_after_a_split_has_not_taken_over_but_must_be_found() {
    let mut s = Story::new();
    s.announce(0.0, 1);
    s.adverts(0.0, 5000.0, 1, 100); // deaf from here
    s.advert(5300.0, 2, 150);
    s.announce(5300.5, 2);
    for i in 0..4 {
        let t = 6000.0 + 1000.0 * f64::from(i);
        s.advert(t, 1, 100);
        s.advert(t + 0.5, 2, 150);
    }
    s.adverts(10_000.0, 15_000.0, 1, 100); // node 2 died
    assert_eq!(s.masters(), [node(1)]);
    assert_eq!(s.findings(), ["split-brain", "vip-owner-mismatch"]);
}

#[test]
fn an_address_that_is_already_at_the_new_master_need_not_be_announced() {
    let mut s = Story::new();
    s.announce(0.0, 1);
    s.adverts(0.0, 3000.0, 1, 102);
    s.advert(6610.0, 2, 100);
    s.announce(6610.5, 2);
    s.announce(7000.0, 1); // its adverts were lost, this was not
    s.adverts(7610.0, 9610.0, 2, 100);
    s.adverts(11_500.0, 15_500.0, 1, 102);
    assert!(s.findings().is_empty(), "{:?}", s.findings());
}

#[test]
fn what_silences_two_masters_does_not_keep_a_third_one_master() {
    let mut s = Story::new();
    s.adverts(0.0, 2000.0, 1, 102);
    let v3 = AdvertSpec { version: 3, ..Story::spec(3, 90) };
    s.frame(2400.0, &v3.frame());
    s.advert(3400.5, 1, 102);
    s.advert(3700.0, 2, 100);
    s.advert(3700.5, 1, 102); // answers node 2, which gives way
    for i in 0..4 {
        let t = 4701.0 + 2001.0 * f64::from(i);
        s.frame(t, &v3.frame());
        s.advert(t + 1000.5, 1, 102);
    }
    assert_eq!(s.masters(), [node(1), node(3)]);
}

#[test]
fn a_silenced_master_that_stays_silent_when_it_could_speak_is_none() {
    let mut s = Story::new();
    let slow = |p| AdvertSpec { advert_int: Duration::from_secs(3), ..Story::spec(1, p) };
    s.frame(0.0, &slow(150).frame());
    s.frame(3000.0, &slow(150).frame());
    s.announce(4599.5, 2);
    s.adverts(4600.0, 9600.0, 2, 100);
    assert!(s.group().silenced.is_some());
    s.pass(18_000.0);
    assert!(s.group().silenced.is_none());
    assert_eq!(s.findings(), ["interval-mismatch", "no-master"]);
}

#[test]
fn a_gap_filled_by_another_master_is_no_near_miss() {
    let mut s = Story::new();
    s.adverts(0.0, 2000.0, 1, 102);
    let v3 = |p| AdvertSpec { version: 3, ..Story::spec(2, p) };
    s.frame(2400.0, &v3(100).frame());
    s.advert(3400.5, 1, 102);
    for (t, priority) in [(4401.0, 100), (5401.5, 100), (6402.0, 100), (6500.0, 0)] {
        s.frame(t, &v3(priority).frame());
    }
    s.adverts(7402.5, 11_402.5, 1, 102); // its timer was restarted each time
    assert!(!s.findings().contains(&"near-miss"), "{:?}", s.findings());
    assert_eq!(s.masters(), [node(1)]);
}

#[test]
fn a_stray_gap_that_nobody_used_is_a_near_miss() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.adverts(6200.0, 9200.0, 1, 102);
    assert_eq!(s.findings(), ["near-miss"]);
    assert_eq!(s.group().worst_gap.map(|g| g.length), Some(Duration::from_millis(3200)));
    assert_eq!(s.transitions(), [ALIVE]);
}

#[test]
fn the_gap_that_led_to_a_takeover_is_no_near_miss() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.announce(6610.0, 2);
    s.adverts(6610.0, 12_610.0, 2, 100);
    assert!(s.findings().is_empty(), "{:?}", s.findings());
    assert_eq!(s.group().worst_gap.map(|g| g.length), Some(Duration::from_secs(1)));
}

#[test]
fn a_master_that_nobody_replaces_leaves_no_master_and_may_resume() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 1, 102);
    s.pass(7600.0);
    assert!(s.masters().is_empty());
    s.pass(11_100.0); // twice 3.996 s after its last advert
    assert_eq!(s.findings(), ["no-master"]);
    s.advert(12_000.0, 1, 102);
    assert_eq!(s.masters(), [node(1)]);
    assert!(s.events.iter().any(|e| matches!(e.kind, EventKind::Resumed { gap, .. } if gap == Duration::from_secs(9))));
    assert_eq!(s.transitions(), [ALIVE]);
}

#[test]
fn a_new_master_that_announces_nothing_is_told() {
    let mut s = Story::new();
    s.advert(0.0, 1, 102);
    s.announce(100.0, 1);
    s.adverts(1000.0, 3000.0, 1, 102);
    s.adverts(6610.0, 8610.0, 2, 100);
    assert_eq!(s.findings(), ["no-gratuitous-arp"]);
}

#[test]
fn the_address_poisoned_by_a_backup_is_told_until_the_master_announces_it() {
    let mut s = Story::new();
    s.advert(0.0, 1, 102);
    s.announce(0.2, 1);
    s.adverts(1000.0, 3000.0, 1, 102);
    s.announce(3300.0, 2);
    s.adverts(4000.0, 6000.0, 1, 102);
    assert_eq!(s.findings(), ["vip-owner-mismatch"]);
    s.announce(6100.0, 1);
    assert!(s.findings().is_empty());
}

#[test]
fn unrelated_routers_with_one_vrid_are_a_collision_not_a_split_brain() {
    let mut s = Story::new();
    for i in 0..8 {
        let t = 1000.0 * f64::from(i);
        s.advert(t, 1, 102);
        let other = AdvertSpec { addresses: vec![node(77)], ..Story::spec(61, 100) };
        s.frame(t + 400.0, &other.frame());
    }
    assert_eq!(s.findings(), ["vrid-collision"]);
}

#[test]
fn a_change_of_configuration_on_one_side_is_not_held_against_what_the_other_said_before() {
    let mut s = Story::new();
    s.announce(0.0, 2);
    s.adverts(0.0, 3000.0, 2, 100);
    s.advert(3400.0, 1, 102);
    s.announce(3400.1, 1);
    s.adverts(4400.0, 6400.0, 1, 102);
    assert!(s.findings().is_empty(), "{:?}", s.findings());
    let more = |n, p| AdvertSpec { addresses: vec![IpAddr::V4(VIP), node(111)], ..Story::spec(n, p) };
    s.frame(7400.0, &more(1, 102).frame());
    s.announce(7400.1, 1);
    assert!(!s.findings().contains(&"address-list-mismatch"), "node 2 has not spoken since the change");
    s.advert(7800.0, 2, 100);
    assert!(s.findings().contains(&"address-list-mismatch"));
}

#[test]
fn an_advert_that_crossed_a_router_elects_nobody_beside_a_local_master() {
    let mut s = Story::new();
    for i in 0..8 {
        let t = 1000.0 * f64::from(i);
        s.advert(t, 1, 102);
        s.frame(t + 300.0, &AdvertSpec { ttl: 254, ..Story::spec(9, 200) }.frame());
    }
    assert_eq!(s.masters(), [node(1)]);
    assert_eq!(s.findings(), ["hop-limit"]);
}

#[test]
fn an_announcement_may_come_before_the_first_advert() {
    let mut s = Story::new();
    s.announce(0.0, 1);
    s.advert(0.1, 1, 102);
    let a = s.group().announcements[&IpAddr::V4(VIP)];
    assert_eq!((a.mac, a.member), (mac(1), Some(node(1))));
}

#[test]
fn copies_of_one_advert_count_once() {
    let mut s = Story::new();
    for i in 0..4u16 {
        let t = 1000.0 * f64::from(i);
        let advert = AdvertSpec { ip_id: 7 + i, ..Story::spec(1, 102) };
        s.frame(t, &advert.frame());
        s.frame(t + 0.1, &AdvertSpec { dst: Some(node(3)), ..advert }.frame());
    }
    let member = &s.group().members[&node(1)];
    assert_eq!((s.group().adverts, member.adverts, member.copies), (4, 4, 4));
    assert!(s.group().gaps.iter().all(|g| *g == Duration::from_secs(1)), "{:?}", s.group().gaps);
}

#[test]
fn the_prediction_names_the_next_master_and_its_formula() {
    let mut s = Story::new();
    s.adverts(0.0, 3000.0, 2, 100);
    s.adverts(3400.0, 5400.0, 1, 102);
    let p = predict::predict(s.group()).expect("a prediction");
    assert_eq!((p.next, p.after), (Some(node(2)), Duration::from_micros(3_609_375)));
    assert_eq!(crate::report::describe::formula(&p.wait()), "3 × 1 s + 156/256 s");
    assert_eq!(p.after_release, Duration::from_micros(609_375));
}

#[test]
fn a_flood_of_forged_routers_keeps_the_real_one_and_stays_within_bounds() {
    let limits = Limits { groups: 64, events: 100, malformed: 8, addresses: 64, ..Limits::default() };
    let mut s = Story::new();
    s.observer = Observer::new(None, limits);
    s.adverts(-8000.0, -1000.0, 1, 102);
    for i in 0..20_000u32 {
        let t = f64::from(i);
        if i % 1000 == 0 {
            s.advert(t, 1, 102);
        }
        let [_, a, b, c] = i.to_be_bytes();
        let forged = AdvertSpec {
            vlans: vec![1 + (i % 4000) as u16],
            src: IpAddr::V4(Ipv4Addr::new(10, a, b, c)),
            vrid: 1 + (i % 255) as u8,
            ..Story::spec(9, 100)
        };
        s.frame(t + 0.5, &forged.frame());
    }
    assert!(s.observer.groups().len() <= 64);
    assert!(s.observer.events().len() <= 100);
    let real = s.observer.groups().find(|g| g.id.vrid == 51 && g.id.vlans.ids().is_empty()).expect("the real one");
    assert_eq!((real.adverts, real.transition_count), (28, 1));
    assert!(s.observer.totals().groups_forgotten > 19_000);
}
