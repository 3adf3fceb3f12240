//! Times worked out by hand from what the daemon does, in milliseconds since the beginning.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::probe::plan::{Checker, Instance, Planned, Rhythm, Scheme, Script, Server, Service, TrackedBy};
use crate::probe::reason::Reason;
use crate::probe::run::Job;
use crate::probe::script::{Meaning, Script as Command};
use crate::probe::target::{Host, Target};
use crate::vrrp::track::Track;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn at(n: i64) -> Instant {
    Instant::from_micros(n * 1000)
}

fn job() -> Does {
    let command = "true".to_owned();
    let target =
        Target { text: command.clone(), host: Host::Name(String::new()), port: None, scheme: None, path: None };
    let check = Command { command, meaning: Meaning::Misc, timeout: ms(1000), account: None, run_anyway: false };
    Does::Runs(Box::new(Job { target, check: Arc::new(check), options: None }))
}

fn check(keyword: &'static str) -> Planned {
    Planned {
        keyword,
        does: job(),
        parameters: Vec::new(),
        detect: Some(ms(if keyword == "TCP_CHECK" { 17_000 } else { 9000 })),
    }
}

/// delay_loop 6 s, no warmup, 2 retries after 1 s each.
pub(crate) const RHYTHM: Rhythm = Rhythm {
    delay_loop: Duration::from_secs(6),
    warmup: Duration::ZERO,
    retry: 2,
    delay_before_retry: Duration::from_secs(1),
    timeout: Duration::from_secs(3),
    scheme: Scheme::Plain,
};

/// A real server with checkers of so many pages each.
pub(crate) fn server(name: &str, weight: u32, alpha: bool, checkers: &[(Rhythm, usize)]) -> Server {
    let mut all = Vec::new();
    let mut list = Vec::new();
    for (rhythm, pages) in checkers {
        let begin = all.len();
        all.extend((0..*pages).map(|_| check("TCP_CHECK")));
        list.push(Checker { checks: begin..all.len(), alpha, rhythm: Some(*rhythm) });
    }
    Server { name: name.to_owned(), weight, inhibit: false, checks: all, checkers: list }
}

pub(crate) fn service(quorum: u32, hysteresis: u32, servers: Vec<Server>) -> Service {
    Service {
        name: "TCP 10.0.0.10:80".to_owned(),
        scheduler: "rr".to_owned(),
        quorum,
        hysteresis,
        sorry: None,
        partial: false,
        suspended: None,
        servers,
    }
}

pub(crate) fn script(name: &str, weight: i16) -> Script {
    Script {
        name: name.to_owned(),
        tracked: vec![TrackedBy { name: "VI_1".to_owned(), weight, reverse: false }],
        interval: ms(2000),
        timeout: ms(3000),
        rise: 2,
        fall: 3,
        check: check("vrrp_script"),
    }
}

fn one(rhythm: Rhythm) -> Plan {
    let servers = vec![server("10.0.0.21:80", 1, false, &[(rhythm, 1)])];
    Plan { services: vec![service(1, 0, servers)], ..Plan::default() }
}

fn bad() -> Answer {
    Answer { good: Some(false), reason: Some(Reason::new("refused", "connection refused")), ..Answer::GOOD }
}

/// What a plan does when each check takes 100 ms and says what a letter says, + or -, or ? for "could not ask": the
/// starts as `time:job`, and what happened in words.
fn drive(plan: Plan, said: &str, beginning: Beginning) -> (Vec<String>, Vec<String>) {
    let mut watch = Watch::new(Arc::new(plan), at(0), beginning);
    let mut said = said.chars();
    let mut running: Vec<(Instant, usize)> = Vec::new();
    let (mut starts, mut told) = (Vec::new(), Vec::new());
    let word = |e: Event| {
        let what = match e.what {
            What::Checker { up, first, .. } => {
                format!("{}{}", if up { "up" } else { "down" }, if first { "!" } else { "" })
            }
            What::Failed { failures, of, .. } => format!("{failures}/{of}"),
            What::Unasked { .. } | What::ScriptUnasked { .. } => "unasked".to_owned(),
            What::Server { server, up, .. } => format!("server{server} {}", if up { "up" } else { "down" }),
            What::Weight { from, to, .. } => format!("weight {from}>{to}"),
            What::Quorum { up, live, needed, .. } => format!("quorum {up} {live} of {needed}"),
            What::Script { good, first, .. } => {
                format!("{}{}", if good { "good" } else { "bad" }, if first { "!" } else { "" })
            }
            What::ScriptRun { count, of, .. } => format!("run {count}/{of}"),
            What::Skipped { .. } => "skipped".to_owned(),
            What::Priority { to, .. } => format!("priority {}{}", to.priority, if to.fault { " FAULT" } else { "" }),
        };
        format!("{} {what}", e.at.as_micros() / 1000)
    };
    loop {
        told.extend(watch.take_events().into_iter().map(word));
        let next = watch.next_deadline().into_iter().chain(running.iter().map(|r| r.0)).min().unwrap();
        if let Some(k) = running.iter().position(|r| r.0 == next) {
            let (now, job) = running.remove(k);
            let Some(letter) = said.next() else { return (starts, told) };
            watch.ended(
                now,
                job,
                match letter {
                    '+' => Answer::GOOD,
                    '-' => bad(),
                    _ => Answer { good: None, ..bad() },
                },
            );
            continue;
        }
        for job in watch.tick(next) {
            starts.push(format!("{}:{job}", next.as_micros() / 1000));
            running.push((next.after(ms(100)), job));
        }
    }
}

fn plain(plan: Plan, said: &str) -> (Vec<String>, Vec<String>) {
    drive(plan, said, Beginning::default())
}

#[test]
fn a_plain_checker_retries_while_it_is_up() {
    let (starts, told) = plain(one(RHYTHM), "+-----+-");
    // After a second; 6 s after the end of a good one; 1 s after each of the first two failures; while down every 6 s.
    assert_eq!(starts[..8], ["1000:0", "7100:0", "8200:0", "9300:0", "15400:0", "21500:0", "27600:0", "33700:0"]);
    assert_eq!(
        told,
        [
            "1100 up!",
            "7200 1/3",
            "8300 2/3",
            "9400 down",
            "9400 server0 down",
            "9400 quorum false 0 of 1",
            "27700 up",
            "27700 server0 up",
            "27700 quorum true 1 of 1",
            "33800 1/3",
        ]
    );
    // From a death at 1101 to 9400 is less than the worst: 6 + 3 × 3 + 2 × 1 s.
}

#[test]
fn the_first_failure_counts_at_once() {
    let (starts, told) = plain(one(RHYTHM), "-+");
    assert_eq!(starts[..2], ["1000:0", "7100:0"]);
    assert_eq!(told[..3], ["1100 down!", "1100 server0 down", "1100 quorum false 0 of 1"]);
    assert_eq!(told[3..], ["7200 up", "7200 server0 up", "7200 quorum true 1 of 1"]);
}

#[test]
fn a_success_ends_the_count_of_failures() {
    let (_, told) = plain(one(RHYTHM), "+--+--");
    assert_eq!(told, ["1100 up!", "7200 1/3", "8300 2/3", "15500 1/3", "16600 2/3"]);
}

#[test]
fn what_could_not_be_asked_counts_neither_way() {
    let (starts, told) = plain(one(RHYTHM), "+-?-");
    // After a second; the loop; a retry that is not asked; then a loop without retries being lost.
    assert_eq!(starts[..4], ["1000:0", "7100:0", "8200:0", "14300:0"]);
    assert_eq!(told, ["1100 up!", "7200 1/3", "8300 unasked", "14400 2/3"]);
    // It is told once, and again after an answer.
    let (_, told) = plain(one(RHYTHM), "+???-??-");
    assert_eq!(told, ["1100 up!", "7200 unasked", "25500 1/3", "26600 unasked", "38800 2/3"]);
    let (_, told) = plain(Plan { scripts: vec![script("chk", 0)], ..Plan::default() }, "??-??-?");
    assert_eq!(told, ["100 unasked", "4100 bad!", "6100 unasked", "12100 unasked"]);
}

#[test]
fn mail_retries_in_every_round() {
    let (starts, told) = plain(one(Rhythm { scheme: Scheme::EveryRound, retry: 1, ..RHYTHM }), "----+");
    assert_eq!(starts[..5], ["1000:0", "2100:0", "8200:0", "9300:0", "15400:0"]);
    assert_eq!(
        told,
        [
            "1100 1/2",
            "2200 down!",
            "2200 server0 down",
            "2200 quorum false 0 of 1",
            "15500 up",
            "15500 server0 up",
            "15500 quorum true 1 of 1",
        ]
    );
}

#[test]
fn a_script_is_counted_from_its_start() {
    let (starts, _) = plain(one(Rhythm { scheme: Scheme::FromStart, ..RHYTHM }), "+--+");
    assert_eq!(starts[..4], ["1000:0", "7000:0", "8000:0", "9000:0"]);
}

#[test]
fn pages_take_turns_and_the_failed_one_comes_first() {
    let pages = |fast_recovery| Rhythm { scheme: Scheme::Pages { fast_recovery }, retry: 1, ..RHYTHM };
    let plan = |fast| Plan {
        services: vec![service(1, 0, vec![server("a", 1, false, &[(pages(fast), 2)])])],
        ..Plan::default()
    };
    let (starts, told) = plain(plan(false), "+++--++++");
    // Both pages good; page 0 good, page 1 fails twice; then page 1 alone until it is good; then both from the first.
    assert_eq!(
        starts[..9],
        ["1000:0", "7100:1", "13200:0", "19300:1", "20400:1", "26500:1", "32600:0", "38700:1", "44800:0"]
    );
    assert_eq!(told[..2], ["7200 up!", "19400 1/2"]);
    assert_eq!(told[2..5], ["20500 down", "20500 server0 down", "20500 quorum false 0 of 1"]);
    assert_eq!(told[5], "38800 up");
    // Without waits while it comes up.
    let (starts, told) = plain(plan(true), "+++--+++");
    assert_eq!(starts[..8], ["1000:0", "1100:1", "7200:0", "13300:1", "14400:1", "20500:1", "20600:0", "20700:1"]);
    assert_eq!((told[0].as_str(), told[5].as_str()), ("1200 up!", "20800 up"));
}

#[test]
fn a_quorum_is_decided_by_looks_at_all_its_servers() {
    let rhythm = Rhythm { retry: 0, ..RHYTHM };
    let plan = |partial| {
        let servers = (0..3).map(|_| server("a", 1, false, &[(rhythm, 1)])).collect();
        Arc::new(Plan { services: vec![Service { partial, ..service(2, 0, servers) }], ..Plan::default() })
    };
    let mut watch = Watch::new(plan(false), at(0), Beginning::default());
    let mut seen = vec![(watch.served(0), watch.level())];
    watch.tick(at(1000));
    for (job, answer) in [Answer::GOOD, bad(), bad()].into_iter().enumerate() {
        watch.ended(at(1100), job, answer);
        seen.push((watch.served(0), watch.level()));
    }
    // Nobody has looked; 1 of 2 is certain; still; lost.
    assert_eq!(
        seen,
        [
            (Served::Open, Level::Unknown),
            (Served::Open, Level::Unknown),
            (Served::Open, Level::Warning),
            (Served::No, Level::Critical),
        ]
    );
    assert_eq!((watch.unseen(0, true), watch.without_quorum().count()), (0, 1));
    watch.tick(at(7100));
    (0..2).for_each(|job| watch.ended(at(7200), job, Answer::GOOD));
    assert_eq!(watch.served(0), Served::Yes);

    // Where others decide as well, their absence loses nothing.
    let mut watch = Watch::new(plan(true), at(0), Beginning::default());
    watch.tick(at(1000));
    (0..3).for_each(|job| watch.ended(at(1100), job, bad()));
    assert_eq!((watch.served(0), watch.level()), (Served::Partial, Level::Warning));
    assert_eq!(watch.without_quorum().count(), 0);
    assert!(!watch.take_events().iter().any(|e| matches!(e.what, What::Quorum { .. })));
}

#[test]
fn alpha_begins_down() {
    let servers = vec![server("a", 1, true, &[(RHYTHM, 1)])];
    let plan = Plan { services: vec![service(1, 0, servers)], ..Plan::default() };
    let (_, told) = plain(plan, "--+");
    assert_eq!(
        told,
        ["0 quorum false 0 of 1", "1100 down!", "13300 up", "13300 server0 up", "13300 quorum true 1 of 1"]
    );
}

#[test]
fn a_server_is_up_when_all_its_checkers_are() {
    let rhythm = Rhythm { retry: 0, ..RHYTHM };
    let servers = vec![server("a", 1, false, &[(rhythm, 1), (rhythm, 1)])];
    let (_, told) = plain(Plan { services: vec![service(1, 0, servers)], ..Plan::default() }, "++--+-+");
    assert_eq!(told[..2], ["1100 up!", "1100 up!"]);
    assert_eq!(told[2..6], ["7200 down", "7200 server0 down", "7200 quorum false 0 of 1", "7200 down"]);
    // One of two is back: that is not enough.
    assert_eq!(told[6..], ["13300 up"]);
}

#[test]
fn hysteresis_goes_both_ways() {
    let rhythm = Rhythm { retry: 0, ..RHYTHM };
    let servers = (0..4).map(|_| server("a", 1, false, &[(rhythm, 1)])).collect();
    let plan = Plan { services: vec![service(3, 1, servers)], ..Plan::default() };
    // 4, then 2 of 4, then 1, then 3, then 4.
    let (_, told) = plain(plan, "+++++--+-+---++++++++");
    let quorum: Vec<&String> = told.iter().filter(|t| t.contains("quorum")).collect();
    // Lost below 3 - 1, back at 3 + 1.
    assert_eq!(quorum, ["13300 quorum false 1 of 2", "25500 quorum true 4 of 4"], "{told:?}");
}

#[test]
fn a_script_changes_a_weight() {
    let plan = one(Rhythm { scheme: Scheme::FromStart, ..RHYTHM });
    let mut watch = Watch::new(Arc::new(plan), at(0), Beginning::default());
    watch.tick(at(1000));
    watch.ended(at(1100), 0, Answer { weight: Some(Weight::Is(0)), ..Answer::GOOD });
    let told: Vec<What> = watch.take_events().into_iter().map(|e| e.what).collect();
    assert_eq!(
        told[1..],
        [
            What::Weight { service: 0, server: 0, from: 1, to: 0 },
            What::Quorum { service: 0, up: false, live: 0, needed: 1 },
        ]
    );
}

#[test]
fn scripts_count_and_change_priorities() {
    let tracks =
        vec![Track { tracker: 0, weight: -20, reverse: false }, Track { tracker: 1, weight: 0, reverse: false }];
    let plan = || Plan {
        scripts: vec![script("chk_a", -20), script("chk_b", 0)],
        instances: vec![Instance { name: "VI_1".to_owned(), priority: 102, tracks: tracks.clone() }],
        ..Plan::default()
    };
    let watch = Watch::new(Arc::new(plan()), at(0), Beginning::default());
    assert_eq!(watch.instances(), [Priority { priority: 102, fault: false, pending: true }]);
    // Both every 2 s from the beginning: a is + - - - + +, b is + + + + - - -.
    let (starts, told) = plain(plan(), "++-+-+-++-+-+-");
    assert_eq!(starts[..4], ["0:0", "0:1", "2000:0", "2000:1"]);
    assert_eq!(
        told,
        [
            "100 good!",
            "100 good!",
            "100 priority 102",
            "2100 run 1/3",
            "4100 run 2/3",
            "6100 bad",
            "6100 priority 82",
            "8100 run 1/2",
            "8100 run 1/3",
            "10100 good",
            "10100 priority 102",
            "10100 run 2/3",
            "12100 bad",
            "12100 priority 102 FAULT",
        ]
    );
}

#[test]
fn a_run_that_still_runs_is_not_doubled() {
    let plan = Plan { scripts: vec![script("chk", 0)], ..Plan::default() };
    let mut watch = Watch::new(Arc::new(plan), at(0), Beginning::default());
    assert_eq!(watch.tick(at(0)), [0]);
    assert_eq!(watch.tick(at(2000)), [0; 0]);
    // Its time is up; whatever runs it ends it.
    assert_eq!(watch.tick(at(3000)), [0; 0]);
    watch.ended(at(3050), 0, bad());
    assert_eq!(watch.tick(at(4000)), [0]);
    let told: Vec<What> = watch.take_events().into_iter().map(|e| e.what).collect();
    assert_eq!(told[0], What::Skipped { script: 0 });
    assert!(matches!(told[1], What::Script { good: false, first: true, .. }));
    assert_eq!(watch.scripts()[0].skipped, 1);
}

#[test]
fn the_warmup_is_chance_within_its_bounds() {
    let first = |seed, warmup| {
        let plan = one(Rhythm { warmup, ..RHYTHM });
        Watch::new(Arc::new(plan), at(0), Beginning { seed, at_once: false }).next_deadline().unwrap()
    };
    let all: Vec<Instant> = (0..100).map(|seed| first(seed, ms(6000))).collect();
    assert!(all.iter().all(|t| (at(1000)..at(7000)).contains(t)));
    assert!(all.iter().any(|t| *t < at(2500)) && all.iter().any(|t| *t > at(5500)));
    assert_eq!(first(1, ms(6000)), first(1, ms(6000)));
    assert_eq!(first(7, Duration::ZERO), at(1000));
    let at_once = Watch::new(Arc::new(one(RHYTHM)), at(5), Beginning { seed: 0, at_once: true });
    assert_eq!(at_once.next_deadline(), Some(at(5)));
    // A second, the warmup, and the worst time of noticing.
    let watch = Watch::new(Arc::new(one(Rhythm { warmup: ms(6000), ..RHYTHM })), at(0), Beginning::default());
    assert_eq!(watch.enough(), ms(24_000));
}

#[test]
fn what_nobody_runs_here_counts_as_the_daemon_begins_and_decides_nothing() {
    for alpha in [false, true] {
        let mut plan = one(RHYTHM);
        plan.services[0].servers[0].checks[0].does = Does::Follows("the BFD session x".to_owned());
        plan.services[0].servers[0].checkers[0].alpha = alpha;
        let watch = Watch::new(Arc::new(plan), at(0), Beginning::default());
        assert_eq!(watch.next_deadline(), None);
        assert_eq!((watch.services()[0].up, watch.standing(0, 0)), (!alpha, Standing::Unknown));
        assert_eq!((watch.served(0), watch.level()), (Served::Open, Level::Unknown));
        assert_eq!((watch.unseen(0, true), watch.unseen(0, false)), if alpha { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn files_add_to_a_weight_together() {
    let rhythm = Rhythm { retry: 0, ..RHYTHM };
    let servers = vec![server("a", 10, false, &[(rhythm, 1), (rhythm, 1)])];
    let plan = Plan { services: vec![service(4, 0, servers)], ..Plan::default() };
    let mut watch = Watch::new(Arc::new(plan), at(0), Beginning::default());
    watch.tick(at(1000));
    for job in 0..2 {
        watch.ended(at(1100), job, Answer { weight: Some(Weight::Adds(-4)), ..Answer::GOOD });
    }
    assert_eq!((watch.services()[0].servers[0].weight, watch.served(0)), (2, Served::No));
    // It says the same again: nothing changes.
    watch.tick(at(7200));
    watch.take_events();
    watch.ended(at(7300), 0, Answer { weight: Some(Weight::Adds(-4)), ..Answer::GOOD });
    assert_eq!(watch.take_events(), []);
}
