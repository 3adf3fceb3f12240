//! One process with several virtual routers. Timers of version 2 at one second: priority 150 waits 3.414062 s and has a
//! skew of 0.414062 s, 100 waits 3.609375 s and has 0.609375 s, 40 waits 3.84375 s.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;

use crate::time::Instant;
use crate::vrrp::profile::{KEEPALIVED_2_2, KEEPALIVED_2_4};
use crate::vrrp::router::{Config, Group, Member, Source, Tracker, Via};
use crate::vrrp::track::Track;
use crate::vrrp::{Action, Event, Fault, Heard, Input, Params, Profile, State, VirtualRouter, VrrpRouter};

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

fn member(vrid: u8, priority: u8) -> Member {
    let mut params = Params::new(vrid, address(1), vec![address(100 + vrid % 100)]);
    params.priority = priority;
    params.wants_master = priority == 255;
    Member { interface: "eth0".into(), via: Via::Multicast { group: None, vmac: false }, params, tracks: Vec::new() }
}

fn track(tracker: usize, weight: i16) -> Track {
    Track { tracker, weight, reverse: false }
}

fn script(fall: u32) -> Tracker {
    Tracker { name: "chk".into(), source: Source::Script { command: "/bin/check".into(), rise: 1, fall } }
}

fn interface(name: &str, up: bool) -> Tracker {
    Tracker { name: name.into(), source: Source::Interface { up } }
}

/// Virtual routers 1 and 2, of priority 150 and 100, in one group.
fn pair() -> Config {
    Config {
        members: vec![member(1, 150), member(2, 100)],
        groups: vec![Group { members: vec![0, 1], ..Group::default() }],
        trackers: Vec::new(),
    }
}

fn with_profile(mut config: Config, profile: &'static Profile) -> Config {
    for m in &mut config.members {
        m.params.profile = profile;
    }
    config
}

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

/// Actions in words. Announcements are left out: one test is about them.
fn words(actions: &[(usize, Action)]) -> Vec<String> {
    let word = |(i, action): &(usize, Action)| match action {
        Action::SendAdvert { priority } => Some(format!("{i} advert {priority}")),
        Action::Report(t) => Some(format!("{i} {}", t.to)),
        Action::AddAddresses => Some(format!("{i} add")),
        Action::RemoveAddresses => Some(format!("{i} remove")),
        Action::ChangeAddresses => Some(format!("{i} change")),
        Action::Ready => Some(format!("{i} ready")),
        Action::Announce { .. } => None,
    };
    actions.iter().filter_map(word).collect()
}

fn tell(router: &mut VrrpRouter, micros: i64, input: Input) -> Vec<String> {
    words(router.handle(at(micros), input))
}

/// Lets timers expire until a moment, that included.
fn run(router: &mut VrrpRouter, until: i64) -> Vec<String> {
    let mut log = Vec::new();
    while let Some((due, i, _)) = router.next_deadline().filter(|(due, ..)| *due <= at(until)) {
        let actions = words(router.handle(due, Input::Instance(i, Event::Timer)));
        log.extend(actions.into_iter().map(|w| format!("{} {w}", due.as_micros())));
    }
    log
}

fn started(config: Config) -> VrrpRouter {
    let mut router = VrrpRouter::new(config);
    router.handle(at(0), Input::Start);
    router
}

/// The pair, both masters since 3.609375 s, at 4 s.
fn masters(config: Config) -> VrrpRouter {
    let mut router = started(config);
    run(&mut router, 4_000_000);
    assert_eq!(states(&router), [State::Master, State::Master]);
    router
}

fn states(router: &VrrpRouter) -> Vec<State> {
    router.instances().map(|(_, vr)| vr.state()).collect()
}

fn deadlines(router: &VrrpRouter) -> Vec<i64> {
    router.instances().filter_map(|(_, vr)| Some(vr.armed()?.until.as_micros())).collect()
}

fn heard(priority: u8) -> Event {
    Event::Advert(Heard { src: address(9), priority, advert_int: Duration::from_secs(1) })
}

// Trackers of one instance.

fn alone(priority: u8, tracks: Vec<Track>, trackers: Vec<Tracker>) -> Config {
    let mut member = member(1, priority);
    member.tracks = tracks;
    Config { members: vec![member], groups: Vec::new(), trackers }
}

fn priority(router: &VrrpRouter) -> u8 {
    router.instance(0).unwrap().priority()
}

#[test]
fn an_instance_alone_is_the_bare_machine() {
    let mut router = started(alone(100, Vec::new(), Vec::new()));
    assert_eq!(router.next_deadline().map(|(due, i, _)| (due, i)), Some((at(3_609_375), 0)));
    assert_eq!(
        run(&mut router, 4_700_000),
        ["3609375 0 advert 100", "3609375 0 MASTER", "3609375 0 add", "4609375 0 advert 100",]
    );
    assert_eq!(tell(&mut router, 5_000_000, Input::Stop), ["0 advert 0", "0 remove", "0 INIT"]);
    assert_eq!(router.next_deadline(), None);
}

#[test]
fn points_are_summed_and_clamped_at_the_end() {
    let mut router = started(alone(250, vec![track(0, 60)], vec![script(1)]));
    assert_eq!(priority(&router), 250);
    router.handle(at(10_000), Input::Script(0, true));
    assert_eq!(priority(&router), 254);
    router.handle(at(20_000), Input::Script(0, false));
    assert_eq!(priority(&router), 250);
    router.handle(at(30_000), Input::Points(0, -20));
    router.handle(at(40_000), Input::Script(0, true));
    assert_eq!(priority(&router), 254); // 250 - 20 + 60 = 290
    router.handle(at(50_000), Input::Script(0, false));
    assert_eq!(priority(&router), 230);
}

#[test]
fn a_weighted_script_gives_and_takes_nothing_before_its_first_result() {
    // 90, and 150 with the script: started on 90's timer, 3.648437 s, it ends on 150's.
    let mut router = started(alone(90, vec![track(0, 60)], vec![script(1)]));
    assert_eq!((priority(&router), deadlines(&router)), (90, vec![3_648_437]));
    router.handle(at(10_000), Input::Script(0, true));
    assert_eq!((priority(&router), deadlines(&router)), (150, vec![3_414_062]));

    let mut router = started(alone(100, vec![track(0, -60)], vec![script(3)]));
    assert_eq!(priority(&router), 100);
    router.handle(at(10_000), Input::Script(0, false)); // the first failure counts, whatever fall says
    assert_eq!((priority(&router), deadlines(&router)), (40, vec![3_843_750]));
    router.handle(at(20_000), Input::Script(0, true));
    assert_eq!((priority(&router), deadlines(&router)), (100, vec![3_609_375]));
}

#[test]
fn a_script_of_weight_0_holds_its_instance_until_the_first_result() {
    let config = || alone(100, vec![track(0, 0)], vec![script(3)]);
    let mut router = VrrpRouter::new(config());
    assert!(tell(&mut router, 0, Input::Start).is_empty());
    assert_eq!(router.next_deadline(), None);
    assert_eq!(tell(&mut router, 500_000, Input::Script(0, true)), ["0 BACKUP"]);
    assert_eq!(deadlines(&router), [4_109_375]); // 0.5 + 3.609375
    // Then it takes three failures.
    assert!(tell(&mut router, 1_000_000, Input::Script(0, false)).is_empty());
    assert!(tell(&mut router, 2_000_000, Input::Script(0, false)).is_empty());
    assert_eq!(tell(&mut router, 3_000_000, Input::Script(0, false)), ["0 FAULT"]);
    assert_eq!(tell(&mut router, 4_000_000, Input::Script(0, true)), ["0 BACKUP"]);
    assert_eq!(deadlines(&router), [7_609_375]);

    // A first failure is enough. Its result may come before the start.
    let mut router = started(config());
    assert_eq!(tell(&mut router, 500_000, Input::Script(0, false)), ["0 FAULT"]);
    let mut router = VrrpRouter::new(config());
    router.handle(at(0), Input::Script(0, false));
    assert_eq!(tell(&mut router, 1, Input::Start), ["0 FAULT"]);
}

#[test]
fn a_fault_that_goes_while_a_script_is_pending_does_not_stay() {
    let config = alone(100, vec![track(0, 0), track(1, 0)], vec![script(1), interface("eth1", false)]);
    let mut router = VrrpRouter::new(config);
    assert_eq!(tell(&mut router, 0, Input::Start), ["0 FAULT"]);
    assert!(tell(&mut router, 100_000, Input::Interface(1, true)).is_empty());
    assert_eq!(tell(&mut router, 500_000, Input::Script(0, true)), ["0 BACKUP"]);
    assert_eq!(deadlines(&router), [4_109_375]);
}

#[test]
fn an_owner_that_waited_for_a_script_is_master_at_once() {
    let mut router = started(alone(255, vec![track(0, 0)], vec![script(1)]));
    assert_eq!(tell(&mut router, 500_000, Input::Script(0, true)), ["0 advert 255", "0 MASTER", "0 add"]);
}

#[test]
fn an_owner_has_no_weights() {
    let mut router = started(alone(
        255,
        vec![track(0, -250)],
        vec![Tracker { name: "f".into(), source: Source::File { value: 0 } }],
    ));
    run(&mut router, 1);
    assert!(tell(&mut router, 10, Input::File(0, 9)).is_empty());
    assert_eq!((priority(&router), states(&router)), (255, vec![State::Master]));
}

#[test]
fn two_interfaces_down_are_one_fault_in_2_4_and_two_in_2_2() {
    let config = || alone(150, vec![track(0, 0), track(1, 0)], vec![interface("d1", true), interface("d2", true)]);
    for (profile, after, timer) in
        [(&KEEPALIVED_2_4, State::Backup, vec![6_414_062]), (&KEEPALIVED_2_2, State::Fault, vec![])]
    {
        let mut router = started(with_profile(config(), profile));
        assert_eq!(tell(&mut router, 1_000_000, Input::Interface(0, false)), ["0 FAULT"]);
        assert!(tell(&mut router, 2_000_000, Input::Interface(1, false)).is_empty());
        router.handle(at(3_000_000), Input::Interface(0, true));
        assert_eq!((states(&router), deadlines(&router)), (vec![after], timer), "{}", profile.name);
    }
}

#[test]
fn each_kind_of_tracker() {
    let source = |source| Tracker { name: "x".into(), source };
    let trackers = || {
        vec![
            source(Source::Interface { up: true }),
            source(Source::Process { ok: true }),
            source(Source::File { value: 5 }),
            source(Source::Bfd { up: false }),
        ]
    };
    // 100 + 10 (interface up) + 0 (process good, weight below 0) + 2 × 5 (file) - 7 (session down)
    let tracks = vec![track(0, 10), track(1, -20), track(2, 2), track(3, -7)];
    let mut router = VrrpRouter::new(alone(100, tracks, trackers()));
    assert_eq!(priority(&router), 113);
    for (input, expected) in [
        (Input::Start, 113),
        (Input::Bfd(3, true), 120),
        (Input::File(2, -5), 100),
        (Input::Process(1, false), 80),
        (Input::Interface(0, false), 70),
        // Of another kind, or of none.
        (Input::Interface(1, true), 70),
        (Input::Script(1, true), 70),
        (Input::File(9, 1), 70),
        (Input::Points(9, 1), 70),
    ] {
        router.handle(at(0), input.clone());
        assert_eq!(priority(&router), expected, "{input:?}");
    }
    // -127 × 2 = -254 is a fault.
    assert_eq!(tell(&mut router, 1, Input::File(2, -127)), ["0 FAULT"]);
    assert_eq!(tell(&mut router, 2, Input::File(2, 1)), ["0 BACKUP"]);
    assert_eq!(priority(&router), 82); // 100 + 2 - 20
    // Of weight 0, and the other way round.
    let mut tracks = vec![track(1, 0), track(3, 0)];
    tracks[1].reverse = true;
    let mut router = started(alone(100, tracks, trackers()));
    assert_eq!(states(&router), [State::Backup]);
    assert_eq!(tell(&mut router, 1, Input::Bfd(3, true)), ["0 FAULT"]);
    assert!(tell(&mut router, 2, Input::Process(1, false)).is_empty());
    assert!(tell(&mut router, 3, Input::Bfd(3, false)).is_empty());
    assert_eq!(tell(&mut router, 4, Input::Process(1, true)), ["0 BACKUP"]);
}

// Sync groups.

#[test]
fn nobody_becomes_master_until_all_are_ready() {
    let mut router = started(pair());
    assert_eq!(
        run(&mut router, 3_609_375),
        [
            "3414062 0 ready",
            // The last to be ready is first.
            "3609375 1 ready",
            "3609375 1 advert 100",
            "3609375 1 MASTER",
            "3609375 1 add",
            "3609375 0 advert 150",
            "3609375 0 MASTER",
            "3609375 0 add",
        ]
    );
    assert_eq!(router.group(0), [0, 1]);
}

#[test]
fn a_member_that_hears_a_better_master_holds_the_others_back() {
    let mut router = started(pair());
    for second in 1..10 {
        run(&mut router, second * 1_000_000);
        router.handle(at(second * 1_000_000), Input::Instance(1, heard(200)));
    }
    assert_eq!(states(&router), [State::Backup, State::Backup]);
    // The last at 9 s: 9 + 3.609375. The other was ready at 3.414062, 6.828124, 10.242186, and waits on for 13.656248.
    let log = run(&mut router, 12_609_375);
    assert_eq!(log[..3], ["10242186 0 ready", "12609375 1 ready", "12609375 1 advert 100"]);
    assert_eq!(states(&router), [State::Master, State::Master]);
}

#[test]
fn one_that_yields_takes_the_others_along_without_a_release() {
    let mut router = masters(pair());
    assert_eq!(
        tell(&mut router, 4_100_000, Input::Instance(0, heard(200))),
        ["0 remove", "0 BACKUP", "1 remove", "1 BACKUP"]
    );
    assert_eq!(deadlines(&router), [7_514_062, 7_709_375]); // 4.1 + 3.414062, 4.1 + 3.609375
}

#[test]
fn one_that_fails_releases_twice_and_the_others_once() {
    let mut config = pair();
    config.members[0].tracks = vec![track(0, 0)];
    config.trackers = vec![interface("eth1", true)];
    for profile in [&KEEPALIVED_2_4, &KEEPALIVED_2_2] {
        let mut router = masters(with_profile(config.clone(), profile));
        assert_eq!(
            tell(&mut router, 4_100_000, Input::Interface(0, false)),
            ["0 advert 0", "0 advert 0", "0 remove", "0 FAULT", "1 advert 0", "1 remove", "1 FAULT",]
        );
        assert_eq!(router.next_deadline().filter(|(.., t)| *t != crate::vrrp::Timer::Announce), None);
        assert_eq!(tell(&mut router, 5_000_000, Input::Interface(0, true)), ["0 BACKUP", "1 BACKUP"]);
        assert_eq!(deadlines(&router), [8_414_062, 8_609_375]);
    }
}

#[test]
fn a_group_recovers_when_its_last_member_does() {
    let mut config = pair();
    config.members[0].tracks = vec![track(0, 0)];
    config.members[1].tracks = vec![track(1, 0)];
    config.trackers = vec![interface("eth1", true), interface("eth2", true)];
    let mut router = started(config);
    assert_eq!(tell(&mut router, 1_000_000, Input::Interface(0, false)), ["0 FAULT", "1 FAULT"]);
    assert!(tell(&mut router, 2_000_000, Input::Interface(1, false)).is_empty());
    assert!(tell(&mut router, 3_000_000, Input::Interface(0, true)).is_empty());
    // The last to recover is first.
    assert_eq!(tell(&mut router, 4_000_000, Input::Interface(1, true)), ["1 BACKUP", "0 BACKUP"]);
    assert_eq!(deadlines(&router), [7_414_062, 7_609_375]);
    // Causes that no tracker tells are the same.
    let cause = Fault::NoSource;
    assert_eq!(tell(&mut router, 5_000_000, Input::Instance(0, Event::Fault(cause))), ["0 FAULT", "1 FAULT"]);
    assert_eq!(tell(&mut router, 6_000_000, Input::Instance(0, Event::Cleared(cause))), ["0 BACKUP", "1 BACKUP"]);
}

#[test]
fn what_a_group_tracks_each_member_tracks() {
    let mut config = pair();
    config.groups[0].tracks = vec![track(0, 0), track(1, -20)];
    config.trackers = vec![interface("eth1", true), interface("eth2", true)];
    let mut router = masters(config);
    router.handle(at(4_000_000), Input::Interface(1, false));
    assert_eq!(router.instances().map(|(_, vr)| vr.priority()).collect::<Vec<_>>(), [130, 80]);
    assert_eq!(
        tell(&mut router, 4_100_000, Input::Interface(0, false)),
        ["0 advert 0", "0 advert 0", "0 remove", "0 FAULT", "1 advert 0", "1 remove", "1 FAULT",]
    );
    assert_eq!(tell(&mut router, 5_000_000, Input::Interface(0, true)), ["1 BACKUP", "0 BACKUP"]);
}

#[test]
fn a_group_takes_its_members_weights_away() {
    let trackers = vec![
        script(1),
        interface("eth1", true),
        Tracker { name: "p".into(), source: Source::Process { ok: true } },
        Tracker { name: "f".into(), source: Source::File { value: 0 } },
        Tracker { name: "b".into(), source: Source::Bfd { up: false } },
    ];
    let left = |tracking_weight, own: Vec<Track>, groups: Vec<Track>, owner| {
        let mut config = pair();
        config.members[0].tracks = own;
        config.groups[0].tracks = groups;
        config.groups[0].tracking_weight = tracking_weight;
        config.trackers.clone_from(&trackers);
        if owner {
            config.members[1].params.priority = 255;
        }
        let router = VrrpRouter::new(config);
        router.tracks(0).map(|(t, _)| (t.tracker, t.weight)).collect::<Vec<_>>()
    };
    let own = || vec![track(0, 10), track(1, 20), track(2, 30), track(3, 1), track(4, 50)];
    assert_eq!(left(false, own(), vec![], false), [(1, 0), (2, 30), (3, 0)]);
    assert_eq!(left(true, own(), vec![], false), [(0, 10), (1, 20), (2, 30), (3, 1), (4, 50)]);
    // Both track it: the group's weight, unless the member's is 0.
    let both = vec![track(2, -5), track(1, -6), track(0, -7)];
    assert_eq!(left(false, own(), both.clone(), false), [(1, 0), (2, -5), (3, 0), (0, -7)]);
    // An owner among the members: the group has no weights.
    assert_eq!(left(false, own(), both, true), [(1, 0), (2, 0), (3, 0), (0, 0)]);
}

#[test]
fn a_pending_script_holds_the_whole_group() {
    let mut config = pair();
    config.members[1].tracks = vec![track(0, 0)];
    config.trackers = vec![script(1)];
    let mut router = VrrpRouter::new(config.clone());
    assert!(tell(&mut router, 0, Input::Start).is_empty());
    assert_eq!(tell(&mut router, 300_000, Input::Script(0, true)), ["1 BACKUP", "0 BACKUP"]);
    assert_eq!(deadlines(&router), [3_714_062, 3_909_375]);

    let mut router = started(config.clone());
    assert_eq!(tell(&mut router, 300_000, Input::Script(0, false)), ["1 FAULT", "0 FAULT"]);
    assert_eq!(tell(&mut router, 400_000, Input::Script(0, true)), ["1 BACKUP", "0 BACKUP"]);

    // Results may come before the start.
    let mut waits = config.clone();
    waits.members[0].tracks = vec![track(1, 0)];
    waits.trackers.push(script(1));
    let mut router = VrrpRouter::new(waits);
    router.handle(at(0), Input::Script(0, true));
    assert!(tell(&mut router, 1, Input::Start).is_empty());
    assert_eq!(tell(&mut router, 2, Input::Script(1, true)), ["0 BACKUP", "1 BACKUP"]);

    // Two members wait for it.
    config.members[0].tracks = vec![track(0, 0)];
    let mut router = started(config);
    assert_eq!(tell(&mut router, 300_000, Input::Script(0, true)), ["1 BACKUP", "0 BACKUP"]);
}

#[test]
fn a_member_that_is_down_at_the_start_keeps_the_group_in_fault() {
    let mut config = pair();
    config.members[1].tracks = vec![track(0, 0)];
    config.trackers = vec![interface("eth1", false)];
    let mut router = VrrpRouter::new(config);
    assert_eq!(tell(&mut router, 0, Input::Start), ["0 FAULT", "1 FAULT"]);
    assert_eq!(tell(&mut router, 1_000_000, Input::Interface(0, true)), ["1 BACKUP", "0 BACKUP"]);
    assert_eq!(deadlines(&router), [4_414_062, 4_609_375]);
}

#[test]
fn a_lost_address_makes_every_member_resign_for_its_skew() {
    let mut router = masters(pair());
    assert_eq!(
        tell(&mut router, 10_000_000, Input::Instance(0, Event::AddressLost)),
        ["0 advert 0", "0 remove", "0 BACKUP", "1 advert 0", "1 remove", "1 BACKUP",]
    );
    assert_eq!(deadlines(&router), [10_414_062, 10_609_375]);
    run(&mut router, 10_609_375);
    assert_eq!(states(&router), [State::Master, State::Master]);
    // A daemon that only puts it back does so alone.
    let mut router = masters(with_profile(pair(), &crate::vrrp::profile::RFC5798));
    assert_eq!(tell(&mut router, 10_000_000, Input::Instance(0, Event::AddressLost)), ["0 add"]);
}

#[test]
fn one_that_resigns_takes_the_others_along() {
    let mut router = masters(pair());
    assert_eq!(
        tell(&mut router, 10_000_000, Input::Instance(1, Event::Resign)),
        ["1 advert 0", "1 remove", "1 BACKUP", "0 advert 0", "0 remove", "0 BACKUP",]
    );
    assert_eq!(deadlines(&router), [13_414_062, 13_609_375]);
}

#[test]
fn a_lower_advert_makes_every_member_announce() {
    let mut router = masters(pair());
    let actions = router.handle(at(4_100_000), Input::Instance(0, heard(50))).to_vec();
    assert_eq!(
        actions,
        [
            (0, Action::SendAdvert { priority: 150 }),
            (0, Action::Announce { rounds: 5 }),
            (1, Action::Announce { rounds: 5 }),
        ]
    );
}

#[test]
fn owners_in_a_group_are_masters_at_once() {
    let mut config = pair();
    config.members = vec![member(1, 255), member(2, 255)];
    let mut router = started(config.clone());
    assert_eq!(
        run(&mut router, 1),
        ["1 0 ready", "1 0 advert 255", "1 0 MASTER", "1 0 add", "1 1 advert 255", "1 1 MASTER", "1 1 add",]
    );
    // Also at a second start.
    router.handle(at(1_000_000), Input::Stop);
    router.handle(at(2_000_000), Input::Start);
    run(&mut router, 2_000_001);
    assert_eq!(states(&router), [State::Master, State::Master]);
    // One that does not own its addresses makes all wait: 3 s and 1/256 s, 3.609375 s.
    config.members[1] = member(2, 100);
    let router = started(config);
    assert_eq!(deadlines(&router), [3_003_906, 3_609_375]);
}

#[test]
fn a_member_that_is_stopped_alone_takes_the_others_along() {
    let mut router = masters(pair());
    assert_eq!(
        tell(&mut router, 4_100_000, Input::Instance(0, Event::Stop)),
        ["0 advert 0", "0 remove", "0 INIT", "1 remove", "1 BACKUP",]
    );
    // And holds them back until it is there again.
    run(&mut router, 9_000_000);
    assert_eq!(states(&router), [State::Init, State::Backup]);
    router.handle(at(9_000_000), Input::Instance(0, Event::Start));
    run(&mut router, 20_000_000);
    assert_eq!(states(&router), [State::Master, State::Master]);
}

#[test]
fn masters_release_in_the_order_of_the_configuration() {
    let mut config = pair();
    config.groups[0].members = vec![1, 0];
    let mut router = masters(config);
    assert_eq!(
        tell(&mut router, 5_000_000, Input::Stop),
        ["0 advert 0", "0 remove", "0 INIT", "1 advert 0", "1 remove", "1 INIT",]
    );
}

#[test]
fn groups_that_make_no_sense_do_no_harm() {
    let group = |members| Group { members, ..Group::default() };
    let mut config = pair();
    config.groups = vec![group(vec![0, 0, 7]), group(vec![0, 1]), group(vec![0]), group(vec![])];
    config.members[0].tracks = vec![track(3, 0)];
    let mut router = started(config);
    assert_eq!((router.group(0), router.group(1)), (&[0][..], &[1][..]));
    run(&mut router, 3_609_375);
    assert_eq!(states(&router), [State::Master, State::Master]);
    assert!(router.handle(at(4_000_000), Input::Instance(9, Event::Timer)).is_empty());
}

#[test]
fn only_the_process_may_tell_of_groups() {
    let mut router = started(pair());
    for event in [Event::GroupMaster, Event::GroupFault, Event::Priority(7), Event::Pending] {
        assert!(router.handle(at(1_000_000), Input::Instance(0, event)).is_empty());
    }
    assert_eq!((priority(&router), states(&router)), (150, vec![State::Backup, State::Backup]));
}

// Reloads.

fn reload(router: &mut VrrpRouter, micros: i64, config: Config) -> Vec<String> {
    tell(router, micros, Input::Reload(Box::new(config)))
}

#[test]
fn a_reload_keeps_stops_and_starts() {
    let members = |list: Vec<Member>| Config { members: list, ..Config::default() };
    let mut router = started(members(vec![member(1, 150), member(2, 100)]));
    run(&mut router, 4_000_000);
    assert_eq!(states(&router), [State::Master, State::Master]);
    // 1 goes, 2 stays with another priority, 3 is new and takes a new place.
    assert_eq!(
        reload(&mut router, 4_000_000, members(vec![member(3, 150), member(2, 90)])),
        ["0 advert 0", "0 remove", "0 INIT", "1 advert 100", "1 advert 90", "2 BACKUP",]
    );
    assert_eq!(router.instances().map(|(i, _)| i).collect::<Vec<_>>(), [2, 1]);
    assert!(router.instance(0).is_none());
    assert_eq!(deadlines(&router), [7_414_062, 5_000_000]);
    // The place that was left is taken by the next.
    reload(&mut router, 4_500_000, members(vec![member(3, 150), member(2, 90), member(4, 100)]));
    assert_eq!(router.instances().map(|(i, _)| i).collect::<Vec<_>>(), [2, 1, 0]);
    // Another interface or way to send is another virtual router.
    let mut moved = member(2, 90);
    moved.interface = "eth1".into();
    assert_eq!(reload(&mut router, 4_600_000, members(vec![moved]))[..3], ["2 INIT", "1 advert 0", "1 remove"]);
}

#[test]
fn a_backup_waits_anew_after_a_reload() {
    // keepalived: last advert 5.4479, SIGHUP 6.000, master at 9.6159, which is 6.006 + 3.609
    let mut router = started(alone(100, Vec::new(), Vec::new()));
    router.handle(at(5_447_900), Input::Instance(0, heard(150)));
    assert!(reload(&mut router, 6_000_000, alone(100, Vec::new(), Vec::new())).is_empty());
    assert_eq!(deadlines(&router), [9_609_375]);
}

#[test]
fn a_script_keeps_its_result_over_a_reload() {
    let config = |command: &str, weight| {
        let mut config = alone(150, vec![track(0, weight)], vec![script(2)]);
        if let Source::Script { command: c, .. } = &mut config.trackers[0].source {
            *c = command.into();
        }
        config
    };
    let mut router = started(config("/bin/check", -60));
    router.handle(at(0), Input::Script(0, false));
    run(&mut router, 4_000_000);
    assert_eq!(priority(&router), 90);
    // The advert before and the advert after, both with what the script leaves.
    assert_eq!(reload(&mut router, 4_000_000, config("/bin/check", -70)), ["0 advert 90", "0 advert 80"]);
    // Another command: no result, so nothing is taken, and nothing holds it.
    assert_eq!(reload(&mut router, 4_100_000, config("/bin/other", 0)), ["0 advert 80", "0 advert 150"]);
    assert_eq!(states(&router), [State::Master]);
    // Its first failure counts at once.
    assert_eq!(
        tell(&mut router, 4_200_000, Input::Script(0, false)),
        ["0 advert 0", "0 advert 0", "0 remove", "0 FAULT"]
    );
    // Still faulty, now by the script and by an interface; then by none.
    let mut both = config("/bin/other", 0);
    both.trackers.push(interface("eth1", false));
    both.members[0].tracks.push(track(1, 0));
    assert!(reload(&mut router, 4_300_000, both).is_empty());
    assert_eq!(reload(&mut router, 4_400_000, config("/bin/third", 0)), ["0 BACKUP"]);
    assert_eq!(deadlines(&router), [7_814_062]);
}

#[test]
fn a_reload_forgets_that_a_script_is_reversed() {
    // Recorded (2.2.7): 101 and 60 points, after a reload with priority 104 it was 44.
    let config = |priority| {
        let mut config = Config { members: vec![member(1, priority)], ..Config::default() };
        config.members[0].tracks = vec![Track { reverse: true, ..track(0, -60) }];
        config.trackers = vec![script(1)];
        config
    };
    let mut router = started(config(101));
    router.handle(at(0), Input::Script(0, false));
    assert_eq!(priority(&router), 161);
    reload(&mut router, 1_000_000, config(104));
    assert_eq!(priority(&router), 44);
    // What it then gives and takes is as it should be, from there.
    router.handle(at(2_000_000), Input::Script(0, true));
    assert_eq!(priority(&router), 1);
    router.handle(at(3_000_000), Input::Script(0, false));
    assert_eq!(priority(&router), 44);
}

#[test]
fn a_reload_releases_what_waits_for_a_script() {
    let mut config = pair();
    config.members[1].tracks = vec![track(0, 0)];
    config.trackers = vec![script(1)];
    let mut router = started(config.clone());
    assert_eq!(reload(&mut router, 1_000_000, config.clone()), ["0 BACKUP", "1 BACKUP"]);
    config.groups.clear();
    let mut router = started(config.clone());
    assert_eq!(reload(&mut router, 1_000_000, config), ["1 BACKUP"]);
}

#[test]
fn a_reload_may_make_and_dissolve_groups() {
    let mut config = pair();
    config.members[0].tracks = vec![track(0, 0)];
    config.trackers = vec![interface("eth1", true)];
    let mut router = started(config.clone());
    router.handle(at(1_000_000), Input::Interface(0, false));
    assert_eq!(states(&router), [State::Fault, State::Fault]);
    config.trackers = vec![interface("eth1", false)];
    let mut apart = config.clone();
    apart.groups.clear();
    assert_eq!(reload(&mut router, 2_000_000, apart), ["1 BACKUP"]);
    assert_eq!(reload(&mut router, 3_000_000, config), ["1 FAULT"]);
    assert_eq!(tell(&mut router, 4_000_000, Input::Interface(0, true)), ["0 BACKUP", "1 BACKUP"]);
}

#[test]
fn a_member_that_a_reload_adds_makes_backups_of_its_group() {
    // keepalived 2.2.7, groups of two and then three: both masters are backups at the reload, with no release, and all
    // three become masters together when the last is ready.
    let mut router = masters(pair());
    let mut config = pair();
    config.members.push(member(3, 50));
    config.groups[0].members.push(2);
    assert_eq!(
        reload(&mut router, 4_000_000, config),
        [
            "0 advert 150",
            "0 advert 150",
            "1 advert 100",
            "1 advert 100",
            "0 remove",
            "0 BACKUP",
            "1 remove",
            "1 BACKUP",
            "2 BACKUP",
        ]
    );
    // 4 + 3 + 206/256
    assert_eq!(run(&mut router, 7_804_687)[2..4], ["7804687 2 ready", "7804687 2 advert 50"]);
    assert_eq!(states(&router), [State::Master; 3]);
    // The same three again: nothing happens to them.
    let mut config = pair();
    config.members.push(member(3, 50));
    config.groups[0].members.push(2);
    reload(&mut router, 8_000_000, config);
    assert_eq!(states(&router), [State::Master; 3]);
}

// Properties.

fn event() -> impl Strategy<Value = Event> {
    let fault = prop::sample::select(Fault::ALL.to_vec());
    let advert = (any::<u8>(), 0u8..4, 0u64..3).prop_map(|(priority, last, s)| {
        Event::Advert(Heard { src: address(last), priority, advert_int: Duration::from_secs(s) })
    });
    prop_oneof![
        4 => advert,
        1 => Just(Event::Start),
        1 => Just(Event::Stop),
        4 => Just(Event::Timer),
        1 => Just(Event::Rejected),
        2 => fault.clone().prop_map(Event::Fault),
        2 => fault.prop_map(Event::Cleared),
        1 => Just(Event::AddressLost),
        1 => Just(Event::Resign),
        1 => Just(Event::Advertise),
        1 => any::<bool>().prop_map(Event::Preempt),
        1 => (0u8..4).prop_map(|last| Event::Source(address(last))),
        1 => Just(Event::GroupMaster),
        1 => Just(Event::Settled),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let id = 0usize..7;
    prop_oneof![
        8 => (0usize..6, event()).prop_map(|(i, e)| Input::Instance(i, e)),
        1 => Just(Input::Start),
        1 => Just(Input::Stop),
        1 => (id.clone(), any::<bool>()).prop_map(|(i, b)| Input::Interface(i, b)),
        2 => (id.clone(), any::<bool>()).prop_map(|(i, b)| Input::Script(i, b)),
        1 => (id.clone(), any::<bool>()).prop_map(|(i, b)| Input::Process(i, b)),
        1 => (id.clone(), any::<bool>()).prop_map(|(i, b)| Input::Bfd(i, b)),
        1 => (id, prop_oneof![-3i32..3, any::<i32>()]).prop_map(|(i, v)| Input::File(i, v)),
        1 => (0usize..6, any::<i16>()).prop_map(|(i, p)| Input::Points(i, p)),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let kind = prop_oneof![
        (1u32..4, 1u32..4).prop_map(|(rise, fall)| Source::Script { command: "c".into(), rise, fall }),
        any::<bool>().prop_map(|up| Source::Interface { up }),
        any::<bool>().prop_map(|ok| Source::Process { ok }),
        (-2i32..2).prop_map(|value| Source::File { value }),
        any::<bool>().prop_map(|up| Source::Bfd { up }),
    ];
    let track =
        || {
            (0usize..7, prop_oneof![Just(0i16), -254i16..254], any::<bool>())
                .prop_map(|(tracker, weight, reverse)| Track { tracker, weight, reverse })
        };
    let profile = prop::sample::select(Profile::ALL.to_vec());
    let member = (1u8..9, prop_oneof![Just(255u8), 1u8..255], profile, prop::collection::vec(track(), 0..4), 0u64..2);
    let group = (prop::collection::vec(0usize..6, 0..5), prop::collection::vec(track(), 0..2), any::<bool>());
    (prop::collection::vec(member, 0..5), prop::collection::vec(group, 0..3), prop::collection::vec(kind, 0..6))
        .prop_map(|(members, groups, kinds)| Config {
            members: members
                .into_iter()
                .map(|(vrid, priority, profile, tracks, delay)| {
                    let mut m = member_of(vrid, priority, tracks);
                    m.params.profile = profile;
                    m.params.startup_delay = Duration::from_secs(delay);
                    m
                })
                .collect(),
            groups: groups
                .into_iter()
                .map(|(members, tracks, tracking_weight)| Group { members, tracks, tracking_weight })
                .collect(),
            trackers: kinds.into_iter().map(|source| Tracker { name: "t".into(), source }).collect(),
        })
}

fn member_of(vrid: u8, priority: u8, tracks: Vec<Track>) -> Member {
    Member { tracks, ..member(vrid, priority) }
}

/// What holds after each input, whatever came before.
fn holds(router: &VrrpRouter) -> Result<(), TestCaseError> {
    prop_assert_eq!(router.next_deadline().map(|(due, i, _)| (due, i)), earliest(router));
    for (i, vr) in router.instances() {
        let group: Vec<&VirtualRouter> = match router.group(i) {
            [] => vec![vr],
            members => members.iter().filter_map(|j| router.instance(*j)).collect(),
        };
        let takes_part = matches!(vr.state(), State::Master | State::Backup);
        prop_assert!(group.iter().all(|o| (o.state() == State::Master) == (vr.state() == State::Master)));
        // A fault of one keeps all out, and nothing else does for long.
        let faulty = group.iter().any(|o| !o.faults().is_empty());
        let pending = group.iter().any(|o| o.is_pending());
        prop_assert!(!takes_part || !(faulty || pending), "{} {:?}", i, vr.state());
        prop_assert!(vr.state() != State::Fault || faulty || pending, "{}", i);
    }
    Ok(())
}

/// Which instance and which of its times: by looking at each.
fn earliest(router: &VrrpRouter) -> Option<(Instant, usize)> {
    router.instances().filter_map(|(i, vr)| Some((vr.next_deadline()?.0, i))).min()
}

proptest! {
    #[test]
    fn a_group_is_master_as_a_whole_or_not_at_all(
        config in config(),
        inputs in prop::collection::vec((0i64..3_000_000, input(), any::<bool>()), 0..120),
    ) {
        let mut router = VrrpRouter::new(config);
        let mut now = 0;
        let mut inputs = inputs;
        inputs.insert(0, (0, Input::Start, false));
        for (passed, input, timers) in inputs {
            if timers {
                run(&mut router, now + passed);
            }
            now += passed;
            router.handle(at(now), input.clone());
            holds(&router)?;
            for (i, vr) in router.instances() {
                prop_assert!(router.tracks(i).all(|(_, e)| (-254..=254).contains(&e.points)));
                prop_assert!(vr.is_pending() || router.tracks(i).all(|(_, e)| !e.pending));
            }
        }
    }

    #[test]
    fn reloads_never_leave_anything_behind(
        configs in prop::collection::vec((config(), prop::collection::vec((0i64..3_000_000, input()), 0..20)), 1..6),
    ) {
        let mut router = started(Config::default());
        let mut now = 0;
        for (config, inputs) in configs {
            let members = config.members.len();
            router.handle(at(now), Input::Reload(Box::new(config)));
            prop_assert_eq!(router.instances().count(), members);
            for (passed, input) in inputs {
                run(&mut router, now + passed);
                now += passed;
                router.handle(at(now), input);
                holds(&router)?;
            }
        }
    }
}

#[test]
fn two_hundred_and_fifty_five_instances_have_one_next_deadline() {
    let members = (1..=255).map(|vrid| member(vrid, vrid.min(254))).collect();
    let mut router = started(Config { members, ..Config::default() });
    // 254 and the last, of priority 254 both: 3.007812 s. The first place comes first.
    assert_eq!(router.next_deadline().map(|(due, i, _)| (due, i)), Some((at(3_007_812), 253)));
    router.handle(at(3_007_812), Input::Instance(253, Event::Timer));
    assert_eq!(router.next_deadline().map(|(due, i, _)| (due, i)), Some((at(3_007_812), 254)));
    router.handle(at(3_007_812), Input::Instance(254, Event::Timer));
    // 253: 3 s and 3/256 s
    assert_eq!(router.next_deadline().map(|(due, i, _)| (due, i)), Some((at(3_011_718), 252)));
    run(&mut router, 4_000_000);
    assert_eq!(states(&router), [State::Master; 255]);
}
