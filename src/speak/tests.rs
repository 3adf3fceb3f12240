//! The speaker with a host that only takes notes.

use std::net::IpAddr;
use std::time::Duration;

use super::speaker::{Host, Now, Speaker};
use super::{Address, Command, Consent, Phase, Spec, What};
use crate::frame::{Frame, LinkType};
use crate::time::{Instant, Timestamp};
use crate::vrrp::check::Hearing;
use crate::vrrp::router::{Config, Group, VrrpRouter};
use crate::vrrp::{Params, State};
use crate::wire::build::AdvertSpec;
use crate::wire::{Advert, Decoded, Decoder, Mac};

#[derive(Default)]
struct Notes {
    /// Priorities of the adverts that left.
    sent: Vec<u8>,
    installed: Vec<IpAddr>,
    announced: usize,
    /// Addresses that somebody else has put on the interface.
    foreign: Vec<IpAddr>,
}

impl Host for Notes {
    fn transmit(&mut self, _: usize, packet: &[u8]) -> Result<bool, String> {
        // VRRP's third byte, behind 20 of IPv4.
        self.sent.push(packet[22]);
        Ok(true)
    }

    fn install(&mut self, _: usize, address: &Address) -> Result<bool, String> {
        if self.foreign.contains(&address.ip) {
            return Ok(false);
        }
        self.installed.push(address.ip);
        Ok(true)
    }

    fn remove(&mut self, _: usize, address: &Address) -> Result<(), String> {
        self.installed.retain(|ip| *ip != address.ip);
        Ok(())
    }

    fn announce(&mut self, _: usize, _: &Address) -> Result<(), String> {
        self.announced += 1;
        Ok(())
    }
}

fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

fn now(ms: i64) -> Now {
    Now { at: Instant::from_micros(ms * 1000), time: Timestamp::from_micros(1_700_000_000_000_000 + ms * 1000) }
}

/// VRID 51 of 10.0.0.2.
fn spec(priority: u8) -> Spec {
    let params = Params { priority, ..Params::new(51, ip("10.0.0.2"), vec![ip("10.0.0.10")]) };
    Spec {
        name: "VRID 51".into(),
        interface: "eth0".into(),
        params,
        addresses: vec![Address { ip: ip("10.0.0.10"), prefix: 24, interface: None, advertised: true }],
        hearing: Hearing::default(),
        ttl: 255,
        checksum: None,
        vmac: false,
        present: Vec::new(),
        tracks: Vec::new(),
        track_primary: true,
    }
}

/// It alone, listening since 0.
fn speaker(priority: u8, consent: Consent) -> Speaker {
    let spec = spec(priority);
    let router = VrrpRouter::new(Config { members: vec![spec.member()], ..Config::default() });
    let mut speaker = Speaker::new(router, vec![(spec, 0)], consent, false);
    speaker.start(now(0));
    speaker
}

fn advert(priority: u8, change: impl FnOnce(&mut AdvertSpec)) -> Advert {
    let mut spec = AdvertSpec::new(Mac([2, 0, 0, 0, 0, 1]), ip("10.0.0.1"), 51, vec![ip("10.0.0.10")]);
    spec.priority = priority;
    change(&mut spec);
    let data = spec.packet();
    let frame = Frame {
        number: 1,
        time: now(0).time,
        link: LinkType::Raw,
        stripped_tag: None,
        data: &data,
        wire_len: data.len() as u32,
    };
    match Decoder::default().decode(&frame) {
        Decoded::Advert(advert) => *advert,
        other => panic!("{other:?}"),
    }
}

/// Lets time pass to `ms`, with a deadline met wherever there is one.
fn run(speaker: &mut Speaker, host: &mut Notes, ms: i64) {
    while let Some(at) = speaker.next_deadline().filter(|at| at.as_micros() <= ms * 1000) {
        let time = Timestamp::from_micros(1_700_000_000_000_000 + at.as_micros());
        speaker.tick(Now { at, time }, host);
    }
}

fn state(speaker: &Speaker, ms: i64) -> (Phase, State) {
    let view = speaker.view(now(ms));
    (view.instances[0].phase, view.instances[0].state)
}

#[test]
fn the_length_of_an_advert_is_known_beforehand() {
    // IPv4 20, VRRP 8, one address 4, authentication data 8.
    assert_eq!(spec(100).packet_length(), 40);
    let mut six = spec(100);
    six.params = Params { addresses: vec![ip("fe80::10"); 101], ..Params::new(51, ip("fe80::2"), Vec::new()) };
    // IPv6 40, VRRP 8, 101 addresses of 16.
    assert_eq!(six.packet_length(), 1664);
}

#[test]
fn it_listens_joins_takes_over_and_releases() {
    let (mut s, mut host) = (speaker(100, Consent::default()), Notes::default());
    // Listens for 3.609375 s, then waits as long as a backup.
    run(&mut s, &mut host, 3_609);
    assert_eq!(state(&s, 3_609).1, State::Init);
    run(&mut s, &mut host, 3_610);
    assert_eq!(state(&s, 3_610), (Phase::Running, State::Backup));
    run(&mut s, &mut host, 7_218);
    assert_eq!((host.sent.as_slice(), host.installed.len()), (&[][..], 0));
    // 2 × 3.609375 s = 7.21875 s; then an advert every second, and five announcements more after five seconds.
    run(&mut s, &mut host, 7_219);
    assert_eq!((host.sent.as_slice(), &host.installed[..], host.announced), (&[100][..], &[ip("10.0.0.10")][..], 5));
    run(&mut s, &mut host, 12_219);
    assert_eq!((host.sent.len(), host.announced), (6, 10));
    s.end(now(12_300), &mut host);
    s.end(now(12_400), &mut host);
    assert_eq!((host.sent[6..].to_vec(), host.installed.len()), (vec![0], 0));
    assert!(s.has_ended() && s.next_deadline().is_none());
}

#[test]
fn a_living_lower_master_needs_consent() {
    let (mut s, mut host) = (speaker(150, Consent::default()), Notes::default());
    s.packet(now(2_000), 0, &advert(100, |_| {}), &mut host);
    run(&mut s, &mut host, 60_000);
    assert_eq!(state(&s, 60_000), (Phase::Waiting, State::Init));
    let told = s.take_told();
    let said = told
        .iter()
        .find_map(|t| if let What::Listened { says, join, .. } = &t.what { Some((says, *join)) } else { None });
    let says = "10.0.0.1 is master with 100; at priority 150 you would take the address over (--take-over does it)";
    assert_eq!(said, Some((&says.to_owned(), false)));
    s.command(now(60_000), 0, Command::TakeOver, &mut host);
    assert_eq!(state(&s, 60_000), (Phase::Running, State::Backup));
    // 3 × 1 s + 106/256 s
    run(&mut s, &mut host, 63_415);
    assert_eq!((host.sent.as_slice(), state(&s, 63_415).1), (&[150][..], State::Master));
}

#[test]
fn a_master_that_speaks_up_late_is_not_displaced_without_consent() {
    let (mut s, mut host) = (speaker(150, Consent::default()), Notes::default());
    run(&mut s, &mut host, 3_500);
    assert_eq!(state(&s, 3_500), (Phase::Running, State::Backup));
    s.packet(now(3_600), 0, &advert(100, |_| {}), &mut host);
    assert_eq!(state(&s, 3_600), (Phase::Waiting, State::Init));
    run(&mut s, &mut host, 60_000);
    assert_eq!(host.sent.len(), 0);
    // One that is better needs none, and later ones are as ever.
    let mut s = speaker(150, Consent::default());
    run(&mut s, &mut host, 3_500);
    s.packet(now(3_600), 0, &advert(200, |_| {}), &mut host);
    s.packet(now(3_700), 0, &advert(100, |a| a.src = ip("10.0.0.3")), &mut host);
    assert_eq!(state(&s, 3_700), (Phase::Running, State::Backup));
}

#[test]
fn all_members_of_a_sync_group_release_at_the_end() {
    let member = |vrid| {
        let mut spec = spec(100);
        spec.params.vrid = vrid;
        spec
    };
    let specs = vec![member(51), member(52)];
    let members = specs.iter().map(Spec::member).collect();
    let groups = vec![Group { members: vec![0, 1], ..Group::default() }];
    let router = VrrpRouter::new(Config { members, groups, ..Config::default() });
    let specs = specs.into_iter().map(|s| (s, 0)).collect();
    let (mut s, mut host) = (Speaker::new(router, specs, Consent::default(), false), Notes::default());
    s.start(now(0));
    run(&mut s, &mut host, 7_300);
    assert_eq!(host.sent, [100, 100]);
    s.end(now(7_400), &mut host);
    assert_eq!((&host.sent[2..], host.installed.len()), (&[0, 0][..], 0));
}

#[test]
fn an_interval_of_zero_does_not_stop_time() {
    let mut spec = spec(100);
    (spec.params.version, spec.params.grouped) = (3, true);
    let other = Spec { params: Params { vrid: 52, ..spec.params.clone() }, ..spec.clone() };
    let specs = vec![spec, other];
    let members = specs.iter().map(Spec::member).collect();
    let groups = vec![Group { members: vec![0, 1], ..Group::default() }];
    let router = VrrpRouter::new(Config { members, groups, ..Config::default() });
    let specs = specs.into_iter().map(|s| (s, 0)).collect();
    let consent = Consent { take_over: true, force: true, ..Consent::default() };
    let (mut s, mut host) = (Speaker::new(router, specs, consent, false), Notes::default());
    s.start(now(0));
    run(&mut s, &mut host, 3_700);
    let forged = advert(200, |a| (a.version, a.advert_int) = (3, Duration::ZERO));
    s.packet(now(3_800), 0, &forged, &mut host);
    // VRID 51 waits 3 × 10 ms + 156/256 × 10 ms = 36.09 ms again and again, until 52 is ready at 7.21875 s.
    run(&mut s, &mut host, 7_300);
    assert_eq!(host.sent, [100, 100]);
}

#[test]
fn observing_and_muted_it_sends_nothing() {
    let consent = Consent { observe: true, ..Consent::default() };
    let (mut s, mut host) = (speaker(150, consent), Notes::default());
    s.packet(now(2_000), 0, &advert(100, |_| {}), &mut host);
    run(&mut s, &mut host, 20_000);
    assert_eq!(state(&s, 20_000).1, State::Master);
    s.end(now(20_000), &mut host);
    assert_eq!((host.sent.len(), host.installed.len(), host.announced), (0, 0, 0));

    let (mut s, mut host) = (speaker(100, Consent::default()), Notes::default());
    run(&mut s, &mut host, 3_610);
    s.command(now(3_700), 0, Command::Mute(true), &mut host);
    run(&mut s, &mut host, 10_000);
    assert_eq!((state(&s, 10_000).1, host.sent.len(), host.installed.len()), (State::Master, 0, 1));
    s.command(now(10_000), 0, Command::Mute(false), &mut host);
    // Master since 7.21875 s: the adverts of 10.21875 s and 11.21875 s.
    run(&mut s, &mut host, 11_500);
    assert_eq!(host.sent, [100, 100]);
}

#[test]
fn the_operator_changes_priority_and_resigns() {
    let (mut s, mut host) = (speaker(100, Consent::default()), Notes::default());
    run(&mut s, &mut host, 7_300);
    s.command(now(7_300), 0, Command::Priority(60), &mut host);
    s.command(now(7_300), 0, Command::Advertise, &mut host);
    s.command(now(7_400), 0, Command::Priority(200), &mut host);
    s.command(now(7_400), 0, Command::Advertise, &mut host);
    assert_eq!(host.sent, [100, 160, 254]);
    s.command(now(7_500), 0, Command::Resign, &mut host);
    assert_eq!((host.sent[3], state(&s, 7_500).1, host.installed.len()), (0, State::Backup, 0));
    // 3 s + 2/256 s later it is master again, for nobody took over.
    run(&mut s, &mut host, 7_500 + 3_008);
    assert_eq!(state(&s, 10_508).1, State::Master);
}

#[test]
fn adverts_that_do_not_count_are_named_once() {
    let consent = Consent { force: true, ..Consent::default() };
    let (mut s, mut host) = (speaker(100, consent), Notes::default());
    run(&mut s, &mut host, 3_610);
    s.take_told();
    for ms in [4_000, 5_000, 6_000] {
        let slow = advert(200, |a| a.advert_int = Duration::from_secs(3));
        s.packet(now(ms), 0, &slow, &mut host);
    }
    let reasons: Vec<Vec<String>> = s
        .take_told()
        .into_iter()
        .filter_map(|t| if let What::Rejected { reasons, .. } = t.what { Some(reasons) } else { None })
        .collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0][0].contains("interval"), "{reasons:?}");
    // They do not hold it back: 2 × 3.609375 s.
    run(&mut s, &mut host, 7_219);
    assert_eq!(state(&s, 7_219).1, State::Master);
    assert_eq!(s.view(now(7_219)).instances[0].received, (3, 3));
}

#[test]
fn an_address_of_somebody_else_is_left_alone() {
    let mut host = Notes { foreign: vec![ip("10.0.0.10")], ..Notes::default() };
    let mut s = speaker(100, Consent::default());
    run(&mut s, &mut host, 7_300);
    assert_eq!(state(&s, 7_300).1, State::Master);
    assert_eq!(s.installed().count(), 0);
    assert!(s.view(now(7_300)).instances[0].trouble.as_ref().is_some_and(|t| t.contains("10.0.0.10")));
    s.end(now(8_000), &mut host);
    assert_eq!(host.sent, [100, 0]);
}

#[test]
fn an_address_that_is_taken_away_is_a_release() {
    let (mut s, mut host) = (speaker(100, Consent::default()), Notes::default());
    run(&mut s, &mut host, 7_300);
    s.address_lost(now(7_400), 0, ip("10.0.0.10"), &mut host);
    assert_eq!((host.sent.as_slice(), state(&s, 7_400).1), (&[100, 0][..], State::Backup));
    // Its own skew time: 156/256 s
    run(&mut s, &mut host, 8_010);
    assert_eq!(state(&s, 8_010).1, State::Master);
    // Not ours any more, and therefore not lost again.
    s.address_lost(now(8_020), 0, ip("10.0.0.99"), &mut host);
    assert_eq!(state(&s, 8_020).1, State::Master);
}
