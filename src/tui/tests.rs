//! The state under lists of messages, with frames of real bytes.

use std::net::IpAddr;
use std::time::Duration;

use super::app::{App, Filter, Kind, Screen};
use super::msg::{Action, Ask, Cmd, Command, Msg, Speed};
use super::scroll::Move;
use super::update::{saved, update};
use crate::frame::{LinkType, OwnedFrame};
use crate::report::Clock;
use crate::sniff::feed::{Batch, SourceState};
use crate::sniff::{Limits, Observer};
use crate::time::Timestamp;
use crate::wire::build::{AdvertSpec, Signing, gratuitous_arp};
use crate::wire::{Decoder, Mac};

/// 2023-11-14 22:13:20 UTC, by `date -u -d @1700000000`.
const START: i64 = 1_700_000_000_000;

pub(super) const LIVE: Kind = Kind::Live;
pub(super) const REPLAY: Kind = Kind::Replay { speed: Speed::REAL, length: Some(Duration::from_secs(90)) };

pub(super) const DEMO: Kind = Kind::Demo(Speed::REAL);

pub(super) fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_micros((START + ms) * 1000)
}

/// A session that is fed by hand.
pub(super) struct Bench {
    pub app: App,
    number: u64,
    frames: Vec<OwnedFrame>,
}

pub(super) fn mac(n: u8) -> Mac {
    Mac([2, 0, 10, 77, 0, n])
}

impl Bench {
    pub fn new(kind: Kind) -> Self {
        let observer = Observer::new(None, Limits::default());
        let app = App::new("eth0", kind, false, Clock::utc(), observer, Decoder::default());
        Self { app, number: 0, frames: Vec::new() }
    }

    fn frame(&mut self, ms: i64, data: Vec<u8>) {
        self.number += 1;
        let wire_len = data.len() as u32;
        self.frames.push(OwnedFrame {
            number: self.number,
            time: at(ms),
            link: LinkType::Ethernet,
            stripped_tag: None,
            data: data.into(),
            wire_len,
        });
    }

    /// An advert of 10.77.0.`host`, as keepalived of the tutorials sends it.
    pub fn advert(&mut self, ms: i64, vrid: u8, host: u8, priority: u8) {
        self.advert_on(ms, &[], vrid, host, priority);
    }

    pub fn advert_on(&mut self, ms: i64, vlans: &[u16], vrid: u8, host: u8, priority: u8) {
        let src = ip(&format!("10.77.0.{host}"));
        let vip = ip(&format!("10.77.{}.{}", vrid / 100, vrid % 100 + 59));
        let mut spec = AdvertSpec::new(mac(host), src, vrid, vec![vip]);
        spec.priority = priority;
        spec.vlans = vlans.to_vec();
        spec.signing = Signing::Pass(*b"1234\0\0\0\0");
        self.frame(ms, spec.frame());
    }

    pub fn advert_v6(&mut self, ms: i64, vrid: u8, src: &str, priority: u8) {
        let mut spec = AdvertSpec::new(mac(9), ip(src), vrid, vec![ip("fe80::77:1"), ip("fd00:77::110")]);
        spec.version = 3;
        spec.priority = priority;
        self.frame(ms, spec.frame());
    }

    pub fn arp(&mut self, ms: i64, host: u8, vip: &str) {
        let IpAddr::V4(vip) = ip(vip) else { panic!("an IPv4 address") };
        self.frame(ms, gratuitous_arp(mac(host), vip, &[]));
    }

    /// Hands over what was heard, and lets the time be `ms`.
    pub fn until(&mut self, ms: i64) {
        let frames = std::mem::take(&mut self.frames);
        let carrier = (self.app.kind == LIVE).then_some(true);
        let batch = Batch { frames, now: at(ms), carrier, ..Batch::default() };
        self.tell(Msg::News(batch));
        self.tell(Msg::Tick(Duration::ZERO));
    }

    pub fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(&mut self.app, msg)
    }

    pub fn press(&mut self, actions: &[Action]) -> Option<Cmd> {
        actions.iter().map(|a| self.tell(Msg::Act(*a))).last().flatten()
    }

    pub fn type_in(&mut self, text: &str) {
        self.press(&[Action::Filter]);
        for c in text.chars() {
            self.tell(Msg::Act(Action::Typed(c)));
        }
    }
}

/// Three virtual routers; the first one's master dies, and its backup takes over.
pub(super) fn failover(kind: Kind) -> Bench {
    let mut b = Bench::new(kind);
    b.until(0);
    for s in 0..=3 {
        b.advert(s * 1000, 51, 1, 102);
        if s == 0 {
            b.arp(1, 1, "10.77.0.110");
        }
        b.advert(s * 1000 + 10, 52, 1, 150);
        b.advert_v6(s * 1000 + 20, 51, "fe80::1", 150);
    }
    for s in 4..=8 {
        b.advert(s * 1000 + 10, 52, 1, 150);
        b.advert_v6(s * 1000 + 20, 51, "fe80::1", 150);
        if s == 6 {
            b.advert(6611, 51, 2, 100);
            b.arp(6612, 2, "10.77.0.110");
        }
        if s > 6 {
            b.advert(6611 + (s - 6) * 1000, 51, 2, 100);
        }
    }
    b.until(8900);
    b
}

fn selected(b: &Bench) -> String {
    b.app.selected().map_or(String::new(), |g| g.id.to_string())
}

#[test]
fn selection_moves_and_stops_at_the_ends() {
    let mut b = failover(LIVE);
    assert_eq!(selected(&b), "VRID 51/IPv4");
    b.press(&[Action::Move(Move::Up)]);
    assert_eq!(selected(&b), "VRID 51/IPv4");
    b.press(&[Action::Move(Move::Down)]);
    assert_eq!(selected(&b), "VRID 51/IPv6");
    b.press(&[Action::Move(Move::Down), Action::Move(Move::Down), Action::Move(Move::Down)]);
    assert_eq!(selected(&b), "VRID 52/IPv4");
    b.press(&[Action::Move(Move::Up), Action::Open]);
    let id = b.app.selected().unwrap().id;
    assert_eq!(b.app.screen, Screen::Group(id));
    assert_eq!(b.press(&[Action::Back]), None);
    assert_eq!(b.app.screen, Screen::Main);
    assert_eq!(b.press(&[Action::Back]), Some(Cmd::Leave));
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let mut b = failover(LIVE);
    b.type_in("52");
    assert_eq!(b.app.visible().len(), 1);
    assert_eq!(selected(&b), "VRID 52/IPv4");
    b.tell(Msg::Act(Action::Erase));
    assert_eq!(b.app.visible().len(), 3);
    b.type_in(" v6");
    assert_eq!(selected(&b), "VRID 51/IPv6");
    // Enter keeps it, and letters are keys again; Back shows all, and only then leaves.
    b.press(&[Action::Open]);
    assert!(!b.app.typing && b.app.screen == Screen::Main && b.app.visible().len() == 1);
    assert_eq!(b.press(&[Action::Back]), None);
    assert_eq!(b.app.visible().len(), 3);
    b.type_in("fd00:77");
    assert_eq!(b.app.visible().len(), 1);
    b.press(&[Action::Back]);
    assert!(b.app.filter.is_empty() && !b.app.typing);
    assert_eq!(b.press(&[Action::Quit]), Some(Cmd::Leave));
}

#[test]
fn a_filter_knows_vlans_addresses_and_families() {
    let mut b = Bench::new(LIVE);
    b.advert_on(0, &[10], 51, 1, 100);
    b.advert_on(1, &[20], 51, 3, 100);
    b.until(10);
    let count = |text: &str| b.app.observer.groups().filter(|g| Filter::parse(text).matches(g)).count();
    assert_eq!(count("vlan 10"), 1);
    assert_eq!(count("vlan 2"), 1);
    assert_eq!(count("vlan"), 2);
    assert_eq!(count("51"), 2);
    assert_eq!(count("vrid 52"), 0);
    assert_eq!(count(".0.3"), 1);
    assert_eq!(count("ipv6"), 0);
    assert_eq!(count("51 vlan 20 10.77.0.3"), 1);
}

#[test]
fn a_frozen_screen_stays_while_frames_go_on_being_taken_in() {
    let mut b = failover(LIVE);
    assert_eq!(b.press(&[Action::Pause]), None);
    let before = b.app.picture().observer.totals().frames;
    b.advert(9611, 51, 2, 100);
    b.advert(9612, 53, 2, 100);
    b.until(9700);
    assert_eq!(b.app.waiting(), Some(2));
    assert_eq!(b.app.picture().observer.totals().frames, before);
    assert_eq!(b.app.visible().len(), 3);
    assert_eq!(b.app.picture().now, at(8900));
    b.press(&[Action::Pause]);
    assert_eq!(b.app.visible().len(), 4);
    assert_eq!(b.app.waiting(), None);
}

#[test]
fn a_replay_is_told_to_pause_and_how_fast_to_go() {
    let mut b = failover(REPLAY);
    assert_eq!(b.press(&[Action::Pause]), Some(Cmd::Do(Ask::Control(Command::Pause(true)))));
    assert_eq!(b.press(&[Action::Pause]), Some(Cmd::Do(Ask::Control(Command::Pause(false)))));
    assert_eq!(b.press(&[Action::Faster]), Some(Cmd::Do(Ask::Control(Command::Speed(Speed::new(2.0))))));
    assert_eq!(
        b.press(&[Action::Slower, Action::Slower]),
        Some(Cmd::Do(Ask::Control(Command::Speed(Speed::new(0.5)))))
    );
    // A live interface has no speed.
    let mut b = failover(LIVE);
    assert_eq!(b.press(&[Action::Faster]), None);
    assert_eq!(b.app.status.as_deref(), Some("only a replay has a speed"));
}

#[test]
fn the_demonstration_is_told_whom_to_kill_and_has_no_full_speed() {
    let mut b = failover(DEMO);
    assert_eq!(b.press(&[Action::First]), Some(Cmd::Do(Ask::Control(Command::Toggle(0)))));
    assert_eq!(b.press(&[Action::Second]), Some(Cmd::Do(Ask::Control(Command::Toggle(1)))));
    for _ in 0..20 {
        b.press(&[Action::Faster]);
    }
    assert_eq!(b.press(&[Action::Slower]), Some(Cmd::Do(Ask::Control(Command::Speed(Speed::new(100.0))))));
    let mut b = failover(LIVE);
    assert_eq!(b.press(&[Action::First]), None);
    assert_eq!(b.app.status.as_deref(), Some("only the demonstration has nodes to kill"));
}

#[test]
fn speeds_go_by_steps_and_end_at_full_speed() {
    let mut s = Speed::REAL;
    for _ in 0..20 {
        s = s.faster();
    }
    assert_eq!(s, Speed::MAX);
    assert_eq!(s.to_string(), "full speed");
    assert_eq!(s.slower().to_string(), "1000×");
    assert_eq!(Speed::new(3.0).slower().to_string(), "2×");
    assert_eq!(Speed::new(f64::NAN), Speed::REAL);
    for _ in 0..20 {
        s = s.slower();
    }
    assert_eq!(s.to_string(), "0.1×");
}

#[test]
fn frames_are_written_when_there_are_any() {
    let mut b = Bench::new(LIVE);
    b.until(0);
    assert_eq!(b.press(&[Action::Save]), None);
    assert_eq!(b.app.status.as_deref(), Some("nothing to write yet: no frame has been heard"));
    let mut b = failover(LIVE);
    assert_eq!(b.press(&[Action::Save]), Some(Cmd::Do(Ask::Save("20231114-221328".to_owned()))));
    saved(&mut b.app, Err("No space left on device".to_owned()));
    assert_eq!(b.app.status.as_deref(), Some("not written: No space left on device"));
    b.press(&[Action::Move(Move::Down)]);
    assert_eq!(b.app.status, None);
}

#[test]
fn the_log_stays_where_it_was_scrolled_to() {
    let mut b = Bench::new(LIVE);
    for i in 0..60 {
        b.advert(i * 1000, 51, 1, 100 + (i % 2) as u8);
    }
    b.until(59_100);
    assert_eq!(b.app.log_end, None);
    b.press(&[Action::Move(Move::PageUp)]);
    let end = b.app.log_end.unwrap();
    b.advert(60_000, 51, 1, 100);
    b.until(60_100);
    assert_eq!(b.app.log_end, Some(end));
    b.press(&[Action::Move(Move::Home)]);
    let home = b.app.log_end.unwrap();
    assert!(home < end);
    b.press(&[Action::Move(Move::PageUp)]);
    assert_eq!(b.app.log_end, Some(home));
    // Page by page down again nothing is left out, and the last page follows the newest.
    for _ in 0..60 {
        b.press(&[Action::Move(Move::PageDown)]);
    }
    assert_eq!(b.app.log_end, None);
    b.press(&[Action::Move(Move::Home), Action::Move(Move::End)]);
    assert_eq!(b.app.log_end, None);
}

#[test]
fn text_scrolls_no_further_than_its_end() {
    let mut b = failover(LIVE);
    b.tell(Msg::Resize(80, 16));
    b.press(&[Action::Help, Action::Move(Move::End)]);
    let end = b.app.scroll;
    assert!(end > 0);
    b.press(&[Action::Move(Move::PageDown), Action::Move(Move::Down)]);
    assert_eq!(b.app.scroll, end);
    b.press(&[Action::Move(Move::Up)]);
    assert_eq!(b.app.scroll, end - 1);
    b.press(&[Action::Move(Move::Home)]);
    assert_eq!(b.app.scroll, 0);
    b.press(&[Action::Back]);
    assert_eq!(b.app.screen, Screen::Main);
}

#[test]
fn a_finding_is_explained_and_left_by_the_way_it_was_entered() {
    let mut b = Bench::new(LIVE);
    // Two masters for six seconds.
    for s in 0..7 {
        b.advert(s * 1000, 51, 1, 102);
        b.advert(s * 1000 + 500, 51, 2, 100);
    }
    b.until(6600);
    assert!(!b.app.findings.is_empty());
    b.press(&[Action::Findings]);
    assert_eq!(b.app.screen, Screen::Findings);
    b.press(&[Action::Open]);
    assert!(matches!(b.app.screen, Screen::Explain(..)));
    b.press(&[Action::Back]);
    assert_eq!(b.app.screen, Screen::Findings);
    b.press(&[Action::Back, Action::Explain]);
    assert!(matches!(b.app.screen, Screen::Explain(..)));
    b.press(&[Action::Back]);
    assert_eq!(b.app.screen, Screen::Main);
    b.press(&[Action::NextTrouble]);
    assert_eq!(selected(&b), "VRID 51/IPv4");
}

#[test]
fn a_feed_that_vanishes_is_a_failure_and_one_that_ends_is_not() {
    let mut b = failover(LIVE);
    b.tell(Msg::Gone);
    assert!(matches!(b.app.state, SourceState::Failed(_)));
    let mut b = failover(REPLAY);
    b.tell(Msg::News(Batch { now: at(8900), state: SourceState::Ended, ..Batch::default() }));
    b.tell(Msg::Gone);
    assert_eq!(b.app.state, SourceState::Ended);
    assert!(b.app.context().ended);
}

#[test]
fn nothing_is_drawn_again_while_nothing_changes() {
    let mut b = Bench::new(LIVE);
    b.until(0);
    b.app.dirty = false;
    b.until(50);
    assert!(!b.app.dirty, "no countdown, no frame, the same second");
    b.until(1050);
    assert!(b.app.dirty, "the clock shows another second");
    b.app.dirty = false;
    b.advert(1100, 51, 1, 100);
    b.until(1100);
    b.app.dirty = false;
    b.until(1150);
    assert!(b.app.dirty, "a countdown runs");
    b.press(&[Action::Pause]);
    b.app.dirty = false;
    b.until(1200);
    assert!(!b.app.dirty, "frozen");
}
