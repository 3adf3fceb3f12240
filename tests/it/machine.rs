//! The state machine against recorded runs of real daemons (tests/fixtures/pcaps/recorded).
//!
//! Two machines on a link without latency, told what was done to the daemons, must go through the states that the daemons
//! reported, at those times; and one machine that hears what was on the wire must take over when the daemon in its place did.
//!
//! How exact a recording is: a state was read from the daemon's FIFO up to 20 ms late, and so was a start, from which a
//! first wait counts. Each advert interval of a daemon is 0.1 to 0.3 ms too long, each takeover takes it 4 to 20 ms until its
//! timer runs again; over the 21 s of the longest run that adds up to some 40 ms. What was on the wire is exact.

use std::fmt::Write as _;
use std::fs::File;
use std::net::IpAddr;
use std::time::Duration;

use hactl::pcap::CaptureReader;
use hactl::time::Instant;
use hactl::vrrp::profile::{FRR, KEEPALIVED_2_2, KEEPALIVED_2_4, RFC3768, RFC5798, RFC9568};
use hactl::vrrp::{Action, Event, Fault, Heard, Params, Profile, Reason, State, VirtualRouter};
use hactl::wire::{Decoded, Decoder};

use proptest::prelude::*;

use crate::lan::{Lan, Node};
use crate::support::{pcap, rows};

/// A tracked script of weight, interval, rise and fall.
#[derive(Clone, Copy)]
struct Script {
    weight: i32,
    interval: i64,
    rise: u32,
    fall: u32,
}

/// What the configurations of a run say: version, priority and advert interval (ms) of a and of b; startup delay (s).
struct Run {
    name: &'static str,
    version: u8,
    a: (u8, u64),
    b: (u8, u64),
    startup_delay: u64,
    script: Option<Script>,
}

const PLAIN: Run = Run { name: "", version: 2, a: (102, 1000), b: (100, 1000), startup_delay: 0, script: None };

const RUNS: &[Run] = &[
    Run { name: "01-crash", ..PLAIN },
    Run { name: "02-stop", ..PLAIN },
    Run {
        name: "06-seed-weight2-tie",
        script: Some(Script { weight: 2, interval: 2_000_000, rise: 1, fall: 1 }),
        ..PLAIN
    },
    Run {
        name: "08-negative-weight",
        script: Some(Script { weight: -20, interval: 1_000_000, rise: 2, fall: 2 }),
        ..PLAIN
    },
    Run { name: "11-deaf-backup-splitbrain", ..PLAIN },
    Run { name: "14-v3-subsecond-crash", version: 3, a: (150, 250), b: (100, 250), ..PLAIN },
    Run { name: "18-v3-advert-int-adopted", version: 3, a: (150, 2000), b: (100, 500), ..PLAIN },
    Run { name: "20-ipv6-crash", version: 3, a: (150, 1000), ..PLAIN },
    Run { name: "25-startup-delay", startup_delay: 4, ..PLAIN },
];

const DAEMONS: &[(&str, &Profile)] = &[("2.2.7", &KEEPALIVED_2_2), ("2.4.3", &KEEPALIVED_2_4)];

/// Starts that were told at another time than they were, which the first advert on the wire tells: capture, node, µs to add.
const STARTS: &[(&str, &str, i64)] = &[
    // Priorities 102 and 100 wait 7.8 ms apart and were told to start 8.0 ms apart the other way round. 102 was the first, and
    // the wire has its advert 1.1 ms after b's wait would be over: the times of a run can be some ms early.
    ("recorded/01-crash-2.2.7.pcap", "b", 3_000),
    // Its first advert comes 6.789 s after what was told, and it waits for 3 × 2 + 106/256 × 2 = 6.828 s.
    ("recorded/18-v3-advert-int-adopted-2.4.3.pcap", "a", -39_000),
];

const NODES: [&str; 2] = ["a", "b"];

/// A time of a `.toml` in microseconds.
fn micros(text: &str) -> i64 {
    let (seconds, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 6, "{text}");
    seconds.parse::<i64>().unwrap() * 1_000_000 + fraction.parse::<i64>().unwrap()
}

fn node(name: &str) -> usize {
    NODES.iter().position(|n| *n == name).unwrap()
}

impl Run {
    fn capture(&self, daemon: &str) -> String {
        format!("recorded/{}-{daemon}.pcap", self.name)
    }

    fn params(&self, profile: &'static Profile, capture: &str) -> Vec<Params> {
        let one = |(name, (priority, every)): (&str, (u8, u64))| {
            let row = rows(capture, "node").into_iter().find(|r| r["name"] == name).unwrap();
            let source: IpAddr = row["address"].parse().unwrap();
            let address = if source.is_ipv4() { "10.77.0.110" } else { "fe80::77:1" };
            Params {
                profile,
                version: self.version,
                priority,
                advert_int: Duration::from_millis(every),
                startup_delay: Duration::from_secs(self.startup_delay),
                ..Params::new(51, source, vec![address.parse().unwrap()])
            }
        };
        NODES.into_iter().zip([self.a, self.b]).map(one).collect()
    }

    /// What was done to a node, in order of time.
    fn story(&self, capture: &str, node_name: &str) -> Vec<(i64, Done)> {
        let steps: Vec<_> = rows(capture, "step").into_iter().filter(|r| r["node"] == node_name).collect();
        let mut story: Vec<(i64, Done)> = Vec::new();
        let mut exits: Vec<(i64, bool)> = Vec::new();
        for step in &steps {
            let at = micros(&step["at"]);
            match step["do"].as_str() {
                "start" => {
                    let more = STARTS.iter().find(|s| (s.0, s.1) == (capture, node_name)).map_or(0, |s| s.2);
                    story.push((at + more, Done::Tell(Event::Start)));
                }
                "stop" => story.push((at, Done::Tell(Event::Stop))),
                "crash" => story.push((at, Done::Kill)),
                "deaf" => story.push((at, Done::Deaf(true))),
                "hear" => story.push((at, Done::Deaf(false))),
                "script" => exits.push((at, step["exit"] == "0")),
                other => panic!("{capture}: {other}"),
            }
        }
        if let Some(script) = self.script {
            let base = i32::from(if node_name == "a" { self.a.0 } else { self.b.0 });
            story.extend(script.priorities(base, story[0].0, &exits));
        }
        story.sort_by_key(|(at, _)| *at);
        story
    }
}

impl Script {
    /// The priorities that it makes of `base`. It runs at the start of its daemon and at each interval after, and ends some
    /// 5 ms later. One success, or one failure, is enough the first time; then `rise` and `fall` in a row are.
    fn priorities(self, base: i32, start: i64, exits: &[(i64, bool)]) -> Vec<(i64, Done)> {
        let mut out = Vec::new();
        let (mut good, mut counted) = (None, 0);
        for tick in 0..25 {
            let begins = start + tick * self.interval;
            let success = exits.iter().rev().find(|(at, _)| *at <= begins).is_none_or(|(_, ok)| *ok);
            counted = if good == Some(success) { 0 } else { counted + 1 };
            let needed = match (good, success) {
                (None, _) => 1,
                (_, true) => self.rise,
                (_, false) => self.fall,
            };
            if good != Some(success) && counted >= needed {
                (good, counted) = (Some(success), 0);
                let adds = success == (self.weight > 0);
                let priority = base + if adds { self.weight } else { 0 };
                out.push((begins + 5_000, Done::Tell(Event::Priority(u8::try_from(priority).unwrap()))));
            }
        }
        out
    }
}

/// What is done to a node.
#[derive(Clone)]
enum Done {
    Tell(Event),
    Kill,
    Deaf(bool),
}

fn state(word: &str) -> State {
    match word {
        "BACKUP" => State::Backup,
        "MASTER" => State::Master,
        "STOP" => State::Init,
        other => panic!("{other}"),
    }
}

/// The states that a node's daemon reported.
fn reported(capture: &str, name: &str) -> Vec<(i64, State)> {
    let rows = rows(capture, "state");
    rows.iter().filter(|r| r["node"] == name).map(|r| (micros(&r["at"]), state(&r["to"]))).collect()
}

#[test]
fn two_machines_go_through_the_states_of_two_daemons() {
    let mut wrong = String::new();
    for run in RUNS {
        for (version, profile) in DAEMONS {
            let capture = run.capture(version);
            let mut lan = Lan::new(run.params(profile, &capture));
            let mut story: Vec<(i64, usize, Done)> = Vec::new();
            for (n, name) in NODES.into_iter().enumerate() {
                story.extend(run.story(&capture, name).into_iter().map(|(at, done)| (at, n, done)));
            }
            story.sort_by_key(|(at, ..)| *at);
            for (at, n, done) in story {
                let at = Instant::from_micros(at);
                match done {
                    Done::Tell(event) => lan.tell(at, n, event),
                    Done::Kill => lan.kill(at, n),
                    Done::Deaf(deaf) => {
                        lan.run_until(at);
                        if deaf {
                            lan.cut.insert((1 - n, n))
                        } else {
                            lan.cut.remove(&(1 - n, n))
                        };
                    }
                }
            }
            // The longest wait of any run, and more.
            lan.run_until(lan.now.after(Duration::from_secs(9)));
            for name in NODES {
                let machine: Vec<_> = lan
                    .transitions
                    .iter()
                    .filter(|(n, _)| *n == node(name))
                    .map(|(_, t)| (t.at.as_micros(), t.to))
                    .collect();
                let daemon = reported(&capture, name);
                let states = |list: &[(i64, State)]| list.iter().map(|(_, s)| *s).collect::<Vec<_>>();
                if states(&machine) != states(&daemon) {
                    writeln!(wrong, "{capture} {name}: {machine:?} {daemon:?}").unwrap();
                    continue;
                }
                for ((at, to), (told, _)) in machine.iter().zip(&daemon) {
                    let late = told - at;
                    if !(-20_000..=60_000).contains(&late) {
                        writeln!(wrong, "{capture} {name}: {to} at {at}, the daemon's {late} µs later").unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The adverts of a capture: when, from whom, with what.
fn adverts(capture: &str) -> Vec<(i64, Heard)> {
    let mut reader = CaptureReader::open(File::open(pcap(capture)).unwrap()).unwrap();
    let decoder = Decoder::default();
    let mut list = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        if let Decoded::Advert(a) = decoder.decode(&frame) {
            let heard = Heard { src: a.src, priority: a.priority, advert_int: a.advert_int };
            list.push((frame.time.instant().as_micros(), heard));
        }
    }
    list
}

/// Plays a story to a machine; gives its masterships, and why.
fn masterships(params: Params, mut story: Vec<(i64, Done)>) -> Vec<(i64, Reason)> {
    story.sort_by_key(|(at, _)| *at);
    let mut router = VirtualRouter::new(params);
    let mut actions = Vec::new();
    let mut deaf = false;
    for (at, done) in story {
        let at = Instant::from_micros(at);
        while let Some((due, _)) = router.next_deadline().filter(|(due, _)| *due < at) {
            actions.extend(router.handle(due, Event::Timer));
        }
        match done {
            Done::Kill => break,
            Done::Deaf(now) => deaf = now,
            Done::Tell(Event::Advert(_)) if deaf => {}
            Done::Tell(event) => actions.extend(router.handle(at, event)),
        }
    }
    let master = |action: &Action| match action {
        Action::Report(t) if t.to == State::Master => Some((t.at.as_micros(), t.reason)),
        _ => None,
    };
    actions.iter().filter_map(master).collect()
}

#[test]
fn a_machine_that_hears_the_wire_takes_over_when_the_daemon_did() {
    let (mut linked, mut wrong) = (0, String::new());
    for run in RUNS {
        for (version, profile) in DAEMONS {
            let capture = run.capture(version);
            let wire = adverts(&capture);
            for (name, params) in NODES.into_iter().zip(run.params(profile, &capture)) {
                let own = params.source;
                let mut story = run.story(&capture, name);
                let start = story[0].0;
                story.extend(
                    wire.iter().filter(|(_, h)| h.src != own).map(|(at, h)| (*at, Done::Tell(Event::Advert(*h)))),
                );
                story.push((wire.last().unwrap().0 + 1, Done::Deaf(true)));
                let machine = masterships(params, story);
                let daemon = reported(&capture, name).iter().filter(|(_, s)| *s == State::Master).count();
                if machine.len() != daemon {
                    writeln!(wrong, "{capture} {name}: {machine:?}, the daemon {daemon} times").unwrap();
                }
                for (at, reason) in machine {
                    // Its advert on the wire that is nearest to when the machine sends its first.
                    let own_adverts = wire.iter().filter(|(_, h)| h.src == own);
                    let late = own_adverts.map(|(sent, _)| sent - at).min_by_key(|late| late.abs()).unwrap();
                    // A first wait counts from a start that was told late; the others from a packet on the wire.
                    let first =
                        matches!(reason, Reason::NobodyHeard | Reason::Preempted { .. }) && at < start + 8 * SECOND;
                    let may = if first { -20_000..=20_000 } else { -500..=5_000 };
                    linked += usize::from(!first);
                    if !may.contains(&late) {
                        writeln!(wrong, "{capture} {name}: {reason:?} at {at}, the daemon {late} µs later").unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert_eq!(linked, 16, "takeovers that follow from the wire");
}

const SECOND: i64 = 1_000_000;

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

/// Three of them at 10.77.0.1, .2 and .3.
fn routers(profile: &'static Profile, priorities: &[u8]) -> Vec<Params> {
    let host = |n: usize| IpAddr::from([10, 77, 0, n as u8 + 1]);
    let address = vec!["10.77.0.110".parse().unwrap()];
    let one = |(n, p): (usize, &u8)| Params { profile, priority: *p, ..Params::new(51, host(n), address.clone()) };
    priorities.iter().enumerate().map(one).collect()
}

fn sent_by(lan: &Lan, node: usize, from: i64, to: i64) -> usize {
    let within = |t: &Instant| (from..to).contains(&t.as_micros());
    lan.sent.iter().filter(|(t, n, _)| *n == node && within(t)).count()
}

/// Version 2 with intervals of 3 s and 1 s: each rejects the other's adverts, so both become master; and each rejected
/// advert of b restarts a's advert timer, which so never expires. Measured: only b is seen on the wire.
#[test]
fn masters_that_reject_each_other_silence_the_slower_one() {
    let pair = |profile, no_advert| {
        let mut both = routers(profile, &[150, 100]);
        both[0].advert_int = Duration::from_secs(3);
        both[0].lower_prio_no_advert = no_advert;
        let mut lan = Lan::new(both);
        lan.rejects.extend([(0, 1), (1, 0)]);
        lan.tell(at(0), 0, Event::Start);
        lan.tell(at(0), 1, Event::Start);
        lan.run_until(at(60 * SECOND));
        assert_eq!(lan.masters(), [0, 1], "{}", profile.name);
        lan
    };
    for profile in [&KEEPALIVED_2_2, &KEEPALIVED_2_4] {
        let lan = pair(profile, false);
        // b since 3.609375 s, a since 9.414062 s, with one advert; b goes on.
        assert_eq!(lan.became(0, State::Master), [at(9_414_062)]);
        assert_eq!(lan.became(1, State::Master), [at(3_609_375)]);
        assert_eq!(sent_by(&lan, 0, 0, 60 * SECOND), 1, "{}", profile.name);
        // 3.609375 to 9.414062 s: six adverts, the last at 8.609375; a's puts the next off to 10.414062, then 49 more.
        assert_eq!(sent_by(&lan, 1, 0, 60 * SECOND), 56, "{}", profile.name);
        // Unless it is told to keep its rhythm: 9.414062 and every 3 s, 17 times until 57.414062.
        assert_eq!(sent_by(&pair(profile, true), 0, 0, 60 * SECOND), 17, "{}", profile.name);
    }
    for profile in [&RFC3768, &RFC5798, &RFC9568, &FRR] {
        assert_eq!(sent_by(&pair(profile, false), 0, 0, 60 * SECOND), 17, "{}", profile.name);
    }
}

/// keepalived 2.2: each owner lowers itself to 254 at the first advert of the other. They start together, so each hears one.
#[test]
fn two_owners_at_once() {
    for (profile, priority) in [(&KEEPALIVED_2_2, 254), (&KEEPALIVED_2_4, 255)] {
        let mut both = routers(profile, &[255, 255]);
        for p in &mut both {
            p.wants_master = true;
        }
        let mut lan = Lan::new(both);
        lan.tell(at(0), 0, Event::Start);
        lan.tell(at(0), 1, Event::Start);
        lan.run_until(at(30 * SECOND));
        assert_eq!(lan.masters().len(), 1, "{}", profile.name);
        let master = lan.masters()[0];
        assert!(lan.nodes[master].router.priority() >= priority, "{}", profile.name);
    }
    // By the book they hear nobody: two masters for ever.
    let mut lan = Lan::new(routers(&RFC5798, &[255, 255]));
    lan.tell(at(0), 0, Event::Start);
    lan.tell(at(0), 1, Event::Start);
    lan.run_until(at(30 * SECOND));
    assert_eq!(lan.masters(), [0, 1]);
}

/// A partition heals: the better one's next advert, or its answer to the other's, ends the worse one's mastership.
#[test]
fn a_healed_partition_has_one_master_within_an_advert_interval() {
    for profile in Profile::ALL {
        let mut lan = Lan::new(routers(profile, &[128, 64, 192]));
        for n in 0..3 {
            for m in 0..3 {
                lan.cut.insert((n, m));
            }
            lan.tell(at(0), n, Event::Start);
        }
        // All are master: at 3.25, 3.5 and 3.75 s.
        lan.run_until(at(10 * SECOND));
        assert_eq!(lan.masters(), [0, 1, 2], "{}", profile.name);
        lan.cut.clear();
        // The next adverts are at 10.25 (the best one's), 10.5 and 10.75 s.
        lan.run_until(at(10_250_001));
        assert_eq!(lan.masters(), [2], "{}", profile.name);
        lan.run_until(at(60 * SECOND));
        assert_eq!(lan.masters(), [2], "{}", profile.name);
        assert_eq!(sent_by(&lan, 2, 20 * SECOND, 60 * SECOND), 40, "{}", profile.name);
    }
}

/// What may befall a link of three: a node is killed or comes back, a link breaks or mends, a fault begins or ends.
#[derive(Clone, Debug)]
enum Mishap {
    Stop(usize),
    Start(usize),
    Fault(usize),
    Cleared(usize),
    Resign(usize),
    Priority(usize, u8),
    Cut(usize, usize),
    Mend(usize, usize),
}

fn any_mishap(nodes: usize) -> impl Strategy<Value = Mishap> {
    let one = move || 0..nodes;
    prop_oneof![
        1 => one().prop_map(Mishap::Stop),
        2 => one().prop_map(Mishap::Start),
        1 => one().prop_map(Mishap::Fault),
        2 => one().prop_map(Mishap::Cleared),
        1 => one().prop_map(Mishap::Resign),
        1 => (one(), 1u8..=254).prop_map(|(n, p)| Mishap::Priority(n, p)),
        1 => (one(), one()).prop_map(|(a, b)| Mishap::Cut(a, b)),
        2 => (one(), one()).prop_map(|(a, b)| Mishap::Mend(a, b)),
    ]
}

/// The longest any of them waits for another: 3 s and a skew of less than a second.
const MASTER_DOWN: i64 = 4 * SECOND;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Once nothing befalls machines that hear each other any more, exactly one is master within a master-down interval; two
    /// are never for longer than an advert interval.
    #[test]
    fn one_master_once_mishaps_end(
        profile in prop::sample::select(Profile::ALL.to_vec()),
        version in 2u8..=3,
        priorities in prop::collection::vec(1u8..=254, 2..=3),
        preempt in any::<bool>(),
        mishaps in prop::collection::vec((0i64..3 * SECOND, any_mishap(2)), 0..40),
    ) {
        let mut all = routers(profile, &priorities);
        for p in &mut all {
            (p.version, p.preempt) = (version, preempt);
        }
        let nodes = all.len();
        let mut lan = Lan::new(all);
        for n in 0..nodes {
            lan.tell(at(0), n, Event::Start);
        }
        let mut now = 0;
        for (wait, mishap) in mishaps {
            now += wait;
            match mishap {
                Mishap::Stop(n) => lan.tell(at(now), n, Event::Stop),
                Mishap::Start(n) => lan.tell(at(now), n, Event::Start),
                Mishap::Fault(n) => lan.tell(at(now), n, Event::Fault(Fault::Tracked)),
                Mishap::Cleared(n) => lan.tell(at(now), n, Event::Cleared(Fault::Tracked)),
                Mishap::Resign(n) => lan.tell(at(now), n, Event::Resign),
                Mishap::Priority(n, p) => lan.tell(at(now), n, Event::Priority(p)),
                Mishap::Cut(a, b) => {
                    lan.run_until(at(now));
                    lan.cut.insert((a, b));
                }
                Mishap::Mend(a, b) => {
                    lan.run_until(at(now));
                    lan.cut.remove(&(a, b));
                }
            }
        }
        lan.run_until(at(now));
        lan.cut.clear();
        for n in 0..nodes {
            lan.tell(at(now), n, Event::Start);
            while lan.nodes[n].router.has_fault(Fault::Tracked) {
                lan.tell(at(now), n, Event::Cleared(Fault::Tracked));
            }
        }
        let mut two_since = None;
        // In steps of a tenth of an advert interval
        for step in 1..=200 {
            let t = now + step * SECOND / 10;
            lan.run_until(at(t));
            let masters = lan.masters().len();
            two_since = if masters > 1 { two_since.or(Some(t)) } else { None };
            prop_assert!(two_since.is_none_or(|since| t - since <= SECOND), "two masters since {two_since:?} at {t}");
            prop_assert!(masters >= 1 || t <= now + MASTER_DOWN, "no master at {t}, calm since {now}");
        }
        prop_assert_eq!(lan.masters().len(), 1);
        // Those who preempt follow the best one; of equals the one that was first.
        if preempt {
            let priority = |n: &Node| n.router.priority();
            let best = lan.nodes.iter().map(priority).max().unwrap();
            prop_assert_eq!(priority(&lan.nodes[lan.masters()[0]]), best);
        }
    }
}
