//! Every sentence, verdict and object against literals.

use std::net::IpAddr;
use std::time::Duration;

use super::*;
use crate::finding::Severity;
use crate::report::Clock;
use crate::speak::{AddressView, Command, Peer, Phase, Told, Trouble, View, What};
use crate::time::{Instant, Timestamp};
use crate::vrrp::profile::Grain;
use crate::vrrp::timing::Wait;
use crate::vrrp::{Armed, Fault, Params, Reason, State, Timer, Transition};

/// 2023-11-14 22:13:20 UTC, by `date -u -d @1700000000`.
const START: i64 = 1_700_000_000_000;

pub fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

/// The moment so many milliseconds after the start.
pub fn at(ms: i64) -> Instant {
    Instant::from_micros((START + ms) * 1000)
}

/// The same by the wall clock.
pub fn time(ms: i64) -> Timestamp {
    Timestamp::from_micros((START + ms) * 1000)
}

/// What a router of version 2 and priority 101 waits for: 3 × 1 s + 155/256 s = 3.60546875 s.
pub const WAIT: Wait =
    Wait { version: 2, adverts: 3, interval: Duration::from_secs(1), priority: 101, grain: Grain::Microsecond };

pub fn change(ms: i64, from: State, to: State, reason: Reason) -> Transition {
    let wait = (from == State::Backup && to == State::Master).then_some(WAIT);
    Transition { at: at(ms), from, to, priority: 101, reason, wait }
}

pub fn told(ms: i64, what: What) -> Told {
    Told { at: at(ms), time: time(ms), instance: 0, what }
}

fn tracked(name: &str, good: bool, from: u8, to: u8) -> What {
    What::Tracked { name: name.to_owned(), good, from, to }
}

pub fn peer(src: &str, priority: u8, last: i64) -> Peer {
    Peer {
        src: ip(src),
        priority,
        version: 2,
        auth: "PASS",
        advert_int: Duration::from_secs(1),
        addresses: vec![ip("10.77.0.110")],
        last: at(last),
        adverts: 7,
        objections: Vec::new(),
        objects: Vec::new(),
    }
}

/// VRID 51 of 10.77.0.3 with priority 101, a backup whose master was last heard at 10 s.
pub fn backup() -> InstanceView {
    let mut params = Params::new(51, ip("10.77.0.3"), vec![ip("10.77.0.110")]);
    params.priority = 101;
    let started = change(3600, State::Init, State::Backup, Reason::Started);
    InstanceView {
        name: "VI_1".to_owned(),
        interface: "eth0".to_owned(),
        params,
        auth: "PASS",
        unicast_peers: Vec::new(),
        phase: Phase::Running,
        state: State::Backup,
        priority: 101,
        muted: false,
        fault: None,
        // 10 s + 3.605468 s, cut to the microsecond
        armed: Some(Armed {
            timer: Timer::MasterDown,
            since: at(10_000),
            until: Instant::from_micros(START * 1000 + 13_605_468),
            wait: Some(WAIT),
        }),
        preempt_at: None,
        last: Some((started, time(3600))),
        says: String::new(),
        peers: vec![peer("10.77.0.1", 102, 10_000)],
        sent: (0, 0),
        last_sent: None,
        received: (7, 0),
        worst_late: Duration::ZERO,
        addresses: vec![AddressView {
            ip: ip("10.77.0.110"),
            prefix: 24,
            interface: "eth0".to_owned(),
            installed: false,
            advertised: true,
            announced_by: Some(([2, 0, 10, 77, 0, 1], time(1200))),
        }],
        trouble: None,
    }
}

/// The same router, master since 13.606 s because 10.77.0.1 fell silent, which has priority 100 now.
pub fn master() -> InstanceView {
    let mut i = backup();
    let down = Reason::MasterDown { master: ip("10.77.0.1"), last: at(10_000) };
    let t = Transition { at: at(13_610), ..change(0, State::Backup, State::Master, down) };
    i.state = State::Master;
    i.last = Some((t, time(13_610)));
    i.armed = Some(Armed { timer: Timer::Advert, since: at(24_610), until: at(25_610), wait: None });
    i.peers = vec![peer("10.77.0.1", 100, 10_000)];
    i.sent = (12, 0);
    i.last_sent = Some((at(24_610), 101));
    i.worst_late = Duration::from_micros(340);
    for a in &mut i.addresses {
        (a.installed, a.announced_by) = (true, None);
    }
    i
}

pub fn view(ms: i64, instances: Vec<InstanceView>) -> View {
    View { at: at(ms), time: time(ms), observing: false, instances, beside: None }
}

#[track_caller]
fn says(ms: i64, i: InstanceView, severity: Option<Severity>, text: &str) {
    let (s, t) = verdict(&view(ms, vec![i]));
    assert_eq!((t.as_str(), s), (text, severity));
}

#[test]
fn a_takeover_is_told_with_its_arithmetic() {
    // 10.000 s to 13.610 s; 155/256 s = 0.60546875 s
    let t = told(13_610, What::Transition(master().last.unwrap().0));
    assert_eq!(
        line(&t, Named::from(&master()), &Clock::utc()),
        "22:13:33.610  VI_1  BACKUP → MASTER: 10.77.0.1 silent for 3.610 s (3 × 1 s + 155/256 s = 3.605 s)"
    );
}

#[test]
fn every_reason_has_its_words_and_numbers() {
    use State::{Backup, Fault as Failed, Init, Master};
    let a = ip("10.77.0.1");
    let say = |t| reason(&t);
    assert_eq!(say(change(0, Init, Backup, Reason::Started)), "started with priority 101");
    assert_eq!(
        say(Transition { priority: 255, ..change(0, Init, Master, Reason::Owner) }),
        "started as owner of its addresses, priority 255"
    );
    assert_eq!(
        say(change(0, Backup, Master, Reason::NobodyHeard)),
        "no advert heard for 3 × 1 s + 155/256 s = 3.605 s"
    );
    let released = Reason::Released { master: a, at: at(0) };
    assert_eq!(
        say(Transition { wait: Some(WAIT.skew()), ..change(606, Backup, Master, released) }),
        "10.77.0.1 released with priority 0 0.606 s ago (155/256 s = 0.605 s)"
    );
    let preempted = Reason::Preempted { master: a, priority: 90 };
    assert_eq!(say(change(0, Backup, Master, preempted)), "it preempts 10.77.0.1: 101 > 90");
    let higher = Reason::HigherPriority { src: a, priority: 102 };
    assert_eq!(say(change(0, Master, Backup, higher)), "10.77.0.1 sends a higher priority: 102 > 101");
    let address = Reason::HigherAddress { src: ip("10.77.0.9"), priority: 101 };
    assert_eq!(
        say(change(0, Master, Backup, address)),
        "10.77.0.9 sends the same priority, 101, from a higher address"
    );
    assert_eq!(say(change(0, Master, Failed, Reason::Fault(Fault::Interface))), "an interface it depends on is down");
    assert_eq!(say(change(0, Failed, Backup, Reason::Recovered)), "all that had failed works again");
    assert_eq!(say(change(0, Backup, Master, Reason::Group)), "all members of its sync group are ready");
    assert_eq!(say(change(0, Master, Backup, Reason::Group)), "a member of its sync group is no longer master");
    assert_eq!(say(change(0, Master, Failed, Reason::Group)), "a member of its sync group is in FAULT");
    assert_eq!(say(change(0, Master, Backup, Reason::AddressLost)), "somebody else deleted one of its addresses");
    assert_eq!(say(change(0, Master, Backup, Reason::Resigned)), "the operator made it resign, with priority 0");
    assert_eq!(say(change(0, Master, Init, Reason::Stopped)), "stopped; a master releases with priority 0");
    assert_eq!(say(change(0, Backup, Init, Reason::Stopped)), "stopped");
    assert_eq!(say(change(0, Backup, Backup, Reason::Reloaded)), "its configuration was read again");
}

#[test]
fn every_thing_told_is_one_sentence() {
    let a = ip("10.77.0.1");
    let seconds = Duration::from_millis;
    for (what, text) in [
        (What::Listening(seconds(3605)), "listens for 3.605 s before it takes part"),
        (
            What::Listened { master: Some((a, 102)), says: "10.77.0.1 is master with 102".into(), join: true },
            "has listened: 10.77.0.1 is master with 102",
        ),
        (
            What::Listened { master: Some((a, 100)), says: "you would take over".into(), join: false },
            "has listened, and does not join without consent: you would take over",
        ),
        (What::Sent { priority: 101 }, "advert sent with priority 101"),
        (What::Sent { priority: 0 }, "advert sent with priority 0: it releases"),
        (What::Heard { src: a, priority: 102, accepted: true }, "advert of 10.77.0.1 with priority 102"),
        (What::Heard { src: a, priority: 102, accepted: false }, "advert of 10.77.0.1 with priority 102, not accepted"),
        (What::Peer { src: a, priority: 102 }, "hears 10.77.0.1 with priority 102"),
        (
            What::Rejected { src: a, reasons: vec!["password differs".into(), "TTL is 64".into()] },
            "adverts of 10.77.0.1 are not accepted: password differs; TTL is 64",
        ),
        (What::Rejected { src: a, reasons: vec![] }, "adverts of 10.77.0.1 are accepted again"),
        (What::Addresses { added: true, count: 1, interface: "eth0".into() }, "1 address put on eth0"),
        (What::Addresses { added: false, count: 1200, interface: "eth0".into() }, "1,200 addresses taken off eth0"),
        (What::Announced { rounds: 5, addresses: 2 }, "2 addresses announced 5 times"),
        (tracked("chk", false, 150, 90), "tracked chk fails: priority 150 → 90"),
        (tracked("chk", true, 100, 100), "tracked chk works"),
        (What::Operator(Command::Priority(10)), "operator: priority + 10"),
        (What::Operator(Command::Priority(-1)), "operator: priority − 1"),
        (What::Operator(Command::Mute(true)), "operator: mutes it, nothing is sent from now on"),
        (What::Trouble(Trouble::Send("no buffer".into())), "TROUBLE sending: no buffer"),
        (
            What::Trouble(Trouble::Late(Duration::from_micros(12_400))),
            "TROUBLE: an advert left 12 ms late; is this host overloaded?",
        ),
        (What::Ended, "has ended and left nothing behind"),
    ] {
        assert_eq!(sentence(&what), text);
    }
    // A name from outside cannot steer the terminal.
    let named = Named { name: "a\x1b[2J", vrid: 1, ipv6: false };
    assert_eq!(
        line(&told(0, What::Ended), named, &Clock::utc()),
        "22:13:20.000  a\u{fffd}[2J  has ended and left nothing behind"
    );
}

#[test]
fn formulas_unfold_for_each_version_and_daemon() {
    use crate::report::describe::worked;
    let half = Duration::from_millis(500);
    assert_eq!(worked(&WAIT), "3 × 1 s + 155/256 s = 3.605 s");
    assert_eq!(worked(&WAIT.skew()), "155/256 s = 0.605 s");
    // 1.5 s + 0.302734 s
    let v3 = Wait { version: 3, interval: half, ..WAIT };
    assert_eq!(worked(&v3), "3 × 0.5 s + 155/256 × 0.5 s = 1.803 s");
    // five adverts: 5 s + 0.605468 s
    assert_eq!(worked(&Wait { adverts: 5, ..WAIT }), "5 × 1 s + 155/256 s = 5.605 s");
    // FRR: 155 × 100 / 256 = 60.5 → 60 cs
    let frr = Wait { version: 3, grain: Grain::Centisecond, ..WAIT };
    assert_eq!(worked(&frr), "3 × 1 s + 155/256 × 1 s, cut to 10 ms = 3.600 s");
}

#[test]
fn a_verdict_for_a_backup() {
    const OK: Option<Severity> = None;
    const INFO: Option<Severity> = Some(Severity::Info);
    says(10_300, backup(), OK, "OK  BACKUP to 10.77.0.1 (102); would take over 3.605 s after its last advert");
    says(12_000, backup(), INFO, "INFO  BACKUP to 10.77.0.1 (102), which is silent for 2.0 s; becomes MASTER in 1.6 s");
    let mut i = backup();
    i.peers[0].priority = 0;
    says(10_300, i, INFO, "INFO  BACKUP, 10.77.0.1 has released; becomes MASTER in 3.3 s");
    let mut i = backup();
    i.peers.clear();
    says(10_300, i, INFO, "INFO  BACKUP, no master heard; becomes MASTER in 3.3 s");
    let mut i = backup();
    i.peers[0].priority = 90;
    i.preempt_at = Some(at(42_300));
    says(10_300, i.clone(), OK, "OK  BACKUP to 10.77.0.1 (90); its preempt delay ends in 32 s (101 > 90)");
    i.preempt_at = None;
    says(
        10_300,
        i.clone(),
        INFO,
        "INFO  BACKUP to 10.77.0.1 (90), which it is about to preempt (101 > 90); becomes MASTER in 3.3 s",
    );
    i.params.preempt = false;
    says(10_300, i, OK, "OK  BACKUP to 10.77.0.1 (90), which it outranks but does not preempt (101 > 90)");
    let mut i = backup();
    i.peers[0].objections = vec!["the password differs".into()];
    says(
        10_300,
        i,
        Some(Severity::Warning),
        "WARNING  BACKUP that does not accept the adverts of 10.77.0.1 (102): the password differs; becomes MASTER in 3.3 s",
    );
    let mut i = backup();
    i.peers[0].objects = vec!["it has other addresses".into()];
    says(
        10_300,
        i,
        Some(Severity::Warning),
        "WARNING  BACKUP to 10.77.0.1 (102), which would not accept our adverts: it has other addresses",
    );
}

#[test]
fn a_verdict_for_a_master() {
    const CRITICAL: Option<Severity> = Some(Severity::Critical);
    // 156/256 s = 0.609 s
    says(
        25_000,
        master(),
        None,
        "OK  MASTER of 10.77.0.110 for 11 s; 10.77.0.1 (100) would take over 3.609 s after its last advert",
    );
    let mut i = master();
    i.peers.clear();
    i.addresses.push(i.addresses[0].clone());
    says(
        25_000,
        i,
        None,
        "OK  MASTER of 10.77.0.110 and 1 more for 11 s; no other router is known (a backup never speaks)",
    );
    let mut i = master();
    i.peers[0].last = at(24_700);
    says(
        25_000,
        i.clone(),
        CRITICAL,
        "CRITICAL  two masters: 10.77.0.1 (100) goes on beside this router: does it hear us?",
    );
    i.peers[0].objections = vec!["the password differs".into()];
    says(
        25_000,
        i,
        CRITICAL,
        "CRITICAL  two masters: 10.77.0.1 (100) speaks too, and its adverts are not accepted here: the password differs",
    );
    let mut i = master();
    i.trouble = Some("no buffer space".into());
    says(27_000, i, CRITICAL, "CRITICAL  MASTER, but no advert has left for 2.390 s: no buffer space");
}

#[test]
fn a_verdict_for_what_takes_no_part() {
    let mut i = backup();
    i.phase = Phase::Listening { since: at(0), until: at(3605) };
    i.peers[0].last = at(1000);
    says(
        1500,
        i.clone(),
        Some(Severity::Info),
        "LISTENING  for another 2.1 s before it takes part: 10.77.0.1 is master with 102",
    );
    i.phase = Phase::Waiting;
    i.says = "10.77.0.1 is master with 90; at priority 101 you would take the address over".into();
    says(
        1500,
        i.clone(),
        Some(Severity::Warning),
        "WAITING  for consent: 10.77.0.1 is master with 90; at priority 101 you would take the address over",
    );
    i.phase = Phase::Ended;
    says(1500, i, None, "ENDED  it has left nothing behind");
    let mut i = backup();
    (i.state, i.fault, i.armed) = (State::Fault, Some(Fault::Interface), None);
    says(
        10_300,
        i.clone(),
        Some(Severity::Warning),
        "FAULT  an interface it depends on is down; 10.77.0.1 (102) is master",
    );
    (i.fault, i.peers) = (None, Vec::new());
    says(10_300, i, Some(Severity::Warning), "FAULT  a member of its sync group is in FAULT; no master is heard");
    let mut i = master();
    i.muted = true;
    i.peers.clear();
    says(
        25_000,
        i,
        Some(Severity::Warning),
        "MUTED  MASTER of 10.77.0.110 for 11 s that keeps silent: the others take over",
    );
    let v = View { observing: true, ..view(10_300, vec![backup()]) };
    assert_eq!(
        verdict(&v).1,
        "OBSERVING  nothing is sent; it would be BACKUP to 10.77.0.1 (102); would take over 3.605 s after its last advert"
    );
}

#[test]
fn many_are_counted_and_the_worst_is_named() {
    let mut all: Vec<InstanceView> = (0..250).map(|_| backup()).collect();
    all.extend((0..5).map(|_| InstanceView { last_sent: Some((at(10_000), 101)), ..master() }));
    assert_eq!(verdict(&view(10_300, all.clone())), (None, "OK  255 virtual routers: 250 BACKUP, 5 MASTER".into()));
    all[7].name = "VI_7".into();
    (all[7].state, all[7].fault) = (State::Fault, Some(Fault::Tracked));
    assert_eq!(
        verdict(&view(10_300, all)),
        (
            Some(Severity::Warning),
            "FAULT  VI_7: a tracked script, file, process or BFD session fails; 10.77.0.1 (102) is master; of 255 virtual \
             routers: 249 BACKUP, 5 MASTER, 1 FAULT"
                .into()
        )
    );
    assert_eq!(verdict(&view(0, Vec::new())).1, "…  no virtual router yet");
}

#[test]
fn each_thing_told_is_an_object() {
    let json = |what| {
        let mut out = Vec::new();
        super::told(&mut out, &told(13_610, what), Named::from(&backup())).unwrap();
        String::from_utf8(out).unwrap()
    };
    let head = r#""time":"2023-11-14T22:13:33.610000Z","t":1700000013.61,"instance":"VI_1","vrid":51,"family":"ipv4""#;
    let a = ip("10.77.0.1");
    for (what, kind, rest) in [
        (
            What::Transition(master().last.unwrap().0),
            "state",
            r#","from":"BACKUP","to":"MASTER","priority":101,"reason":"master-down","master":"10.77.0.1","silent_ms":3610.0,"expected_ms":3605.468"#,
        ),
        (
            What::Transition(change(0, State::Master, State::Fault, Reason::Fault(Fault::NoSource))),
            "state",
            r#","from":"MASTER","to":"FAULT","priority":101,"reason":"fault","fault":"no-source""#,
        ),
        (
            What::Transition(change(0, State::Backup, State::Master, Reason::Preempted { master: a, priority: 90 })),
            "state",
            r#","from":"BACKUP","to":"MASTER","priority":101,"reason":"preempted","master":"10.77.0.1","master_priority":90"#,
        ),
        (What::Listening(Duration::from_millis(3605)), "listening", r#","for_ms":3605.0"#),
        (
            What::Listened { master: Some((a, 102)), says: "x".into(), join: true },
            "listened",
            r#","master":"10.77.0.1","master_priority":102,"join":true,"message":"x""#,
        ),
        (What::Sent { priority: 0 }, "sent", r#","priority":0"#),
        (
            What::Heard { src: a, priority: 102, accepted: false },
            "heard",
            r#","src":"10.77.0.1","priority":102,"accepted":false"#,
        ),
        (What::Rejected { src: a, reasons: vec!["x".into()] }, "rejected", r#","src":"10.77.0.1","reasons":["x"]"#),
        (
            What::Addresses { added: true, count: 2, interface: "eth0".into() },
            "addresses",
            r#","added":true,"count":2,"interface":"eth0""#,
        ),
        (What::Announced { rounds: 5, addresses: 2 }, "announced", r#","count":2,"rounds":5"#),
        (
            tracked("chk", false, 150, 90),
            "tracked",
            r#","priority":90,"name":"chk","good":false,"priority_before":150"#,
        ),
        (What::Operator(Command::Priority(-10)), "operator", r#","command":"priority","by":-10"#),
        (What::Operator(Command::Mute(true)), "operator", r#","command":"mute","on":true"#),
        (What::Trouble(Trouble::Late(Duration::from_micros(1500))), "trouble", r#","late_ms":1.5,"kind":"late""#),
        (What::Trouble(Trouble::Send("x".into())), "trouble", r#","kind":"send","message":"x""#),
        (What::Ended, "ended", ""),
    ] {
        assert_eq!(json(what), format!("{{\"type\":\"{kind}\",{head}{rest}}}\n"));
    }
}

#[test]
fn the_summary_adds_up() {
    let mut out = Vec::new();
    summary(&mut out, &view(0, vec![backup(), master()]), 3, 0).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "{\"type\":\"summary\",\"instances\":2,\"transitions\":3,\"sent\":12,\"received\":14,\"rejected\":0,\
         \"worst_late_ms\":0.34,\"exit\":0}\n"
    );
    let mut out = Vec::new();
    start(&mut out, "eth0").unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.starts_with(r#"{"type":"start","schema":1,"#) && text.contains(r#""command":"speak","source":"eth0""#)
    );
}
