//! Small clusters under single faults; times are worked out by hand from the rules of keepalived.

use std::collections::BTreeMap;

use super::*;
use crate::conf::{LoadError, Loader, Options};
use crate::finding::Severity;
use crate::time::Instant;
use crate::vrrp::State;

/// Files in memory.
struct Memory(BTreeMap<String, String>);

impl Loader for Memory {
    fn expand(&mut self, pattern: &str, _: &str) -> Vec<String> {
        self.0.contains_key(pattern).then(|| pattern.to_owned()).into_iter().collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let text = self.0.get(name).map(|t| t.as_bytes().to_vec());
        text.ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

fn instance(priority: u8, more: &str) -> String {
    format!(
        "vrrp_instance V {{\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority {priority}\n advert_int 1\n\
         virtual_ipaddress {{\n 10.77.0.110\n }}\n{more}\n}}\n"
    )
}

/// Reads a scenario whose configurations are given by name.
fn draft(toml: &str, confs: &[(&str, String)]) -> Result<Draft, String> {
    let files = confs.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    let mut loader = Memory(files);
    read("s.toml", toml, &mut Configs { loader: &mut loader, options: Options::default() })
}

/// Two nodes a and b at 10.77.0.1 and .2 that start together, with these configurations and events.
fn pair(daemon: &str, a: String, b: String, seconds: u32, events: &[&str]) -> Draft {
    let toml = format!(
        "duration = \"{seconds}s\"\ndaemon = \"{daemon}\"\n\
         [node.a]\nconfig = \"a.conf\"\naddress = {{ eth0 = [\"10.77.0.1/24\"] }}\n\
         [node.b]\nconfig = \"b.conf\"\naddress = {{ eth0 = [\"10.77.0.2/24\"] }}\n"
    );
    let mut d = draft(&toml, &[("a.conf", a), ("b.conf", b)]).unwrap();
    for e in events {
        let timed = line(e, &d.scenario.nodes, &mut |_, _| Err("no file".into())).unwrap();
        d.scenario.events.push(timed);
    }
    d
}

struct Played {
    play: Play,
    records: Vec<Record>,
    scenario: Scenario,
}

fn play(d: Draft) -> Played {
    let mut play = Play::new(&d.scenario);
    let mut records = Vec::new();
    play.run_until(Instant::ZERO.after(d.scenario.duration), &mut records);
    Played { play, records, scenario: d.scenario }
}

impl Played {
    /// The states of a node, in microseconds.
    fn states(&self, name: &str) -> Vec<(i64, State)> {
        let of = |r: &Record| match r {
            Record::State { who, transition: t, .. } if self.play.world.name(who.node) == name => {
                Some((t.at.as_micros(), t.to))
            }
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
    }

    fn findings(&self) -> Vec<(&'static str, Severity)> {
        self.play.judge(&self.scenario).iter().map(|f| (f.id, f.severity)).collect()
    }

    fn story(&self) -> Story {
        self.play.stories().into_values().next().unwrap()
    }
}

const A_MASTER: i64 = 3_601_562; // 3 × 1 s + 154/256 s

#[test]
fn a_crash_costs_the_master_down_interval_and_leaves_the_address() {
    let p = play(pair("keepalived-2.4", instance(102, ""), instance(100, ""), 20, &["9.5s crash a"]));
    assert_eq!(p.states("a"), [(0, State::Backup), (A_MASTER, State::Master)]);
    // The last advert is at 3.601562 s + 5 s; 3 × 1 s + 156/256 s after it.
    assert_eq!(p.states("b"), [(0, State::Backup), (8_601_562 + 3_609_375, State::Master)]);
    let story = p.story();
    assert_eq!(story.takeovers.len(), 1);
    assert_eq!(story.takeovers[0].outage.as_micros(), 12_210_937 - 9_500_000);
    assert!(story.dual.is_empty());
    assert_eq!(p.findings(), [("address-left-behind", Severity::Warning)]);
}

#[test]
fn power_off_leaves_nothing() {
    let p = play(pair("keepalived-2.4", instance(102, ""), instance(100, ""), 20, &["9.5s power-off a"]));
    assert_eq!(p.findings(), []);
    assert_eq!(p.play.world.installed(0).count(), 0);
}

#[test]
fn a_clean_stop_costs_the_skew_time() {
    let p = play(pair("keepalived-2.4", instance(102, ""), instance(100, ""), 20, &["9.5s stop a", "14s start a"]));
    // 156/256 s after the release; a preempts 3 × 1 s + 154/256 s after its start.
    assert_eq!(p.states("b"), [(0, State::Backup), (10_109_375, State::Master), (17_601_562, State::Backup)]);
    assert_eq!(
        p.states("a"),
        [
            (0, State::Backup),
            (A_MASTER, State::Master),
            (9_500_000, State::Init),
            (14_000_000, State::Backup),
            (17_601_562, State::Master)
        ]
    );
    assert_eq!(p.findings(), []);
}

const CHECK: &str = "vrrp_script chk {\n script \"/bin/true\"\n interval 2\n weight W\n fall 2\n rise 2\n}\n";

fn checked(priority: u8, weight: &str, more: &str) -> String {
    let track = format!("track_script {{\n chk\n }}\n{more}");
    CHECK.replace('W', weight) + &instance(priority, &track)
}

#[test]
fn a_tie_moves_nothing_and_is_said() {
    let p = play(pair("keepalived-2.2", checked(102, "2", ""), checked(100, "2", ""), 30, &["9.5s script a chk 1"]));
    assert_eq!(p.states("b"), [(0, State::Backup)]);
    let findings = p.play.judge(&p.scenario);
    assert_eq!((findings[0].id, findings[0].node.as_deref()), ("no-failover", Some("a")));
    assert!(findings[0].message.contains("from 104 to 102"), "{}", findings[0].message);
    assert!(findings[0].message.contains("equal does not take over"), "{}", findings[0].message);
}

#[test]
fn a_large_weight_moves_it_and_back() {
    let events = ["9.5s script a chk 1", "20.5s script a chk 0"];
    let p = play(pair("keepalived-2.4", checked(102, "-20", ""), checked(100, "-20", ""), 40, &events));
    // Runs at 10 and 12 fail (fall 2): 82 from 12 s on, told in the advert at 12.601562; the last that b accepted was at
    // 11.601562. Runs at 22 and 24 succeed: 102 from 24 s on; a discards b's adverts and waits from the last one it
    // accepted, that at 23.210937.
    assert_eq!(p.states("b"), [(0, State::Backup), (15_210_937, State::Master), (26_812_499, State::Backup)]);
    assert_eq!(p.story().takeovers.iter().map(|t| t.outage.as_micros()).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(p.findings(), []);
}

#[test]
fn a_hanging_check_without_weight_is_a_fault_and_releases() {
    let p = play(pair("keepalived-2.4", checked(102, "0", ""), checked(100, "0", ""), 30, &["9.5s script a chk hang"]));
    // The run at 10 is ended at 12 (timeout = interval); 2.4 skips the run at 12, which begins at 14 and ends at 16 …
    // at 12 the kill comes before the tick, so that the second run is at 12 and fails at 14.
    let fault = p.states("a").iter().find(|(_, s)| *s == State::Fault).copied().unwrap();
    assert_eq!(fault, (14_000_000, State::Fault));
    // Two releases back to back, then b's skew time.
    assert_eq!(p.states("b").last(), Some(&(14_609_375, State::Master)));
}

#[test]
fn one_way_loss_is_a_split_brain_until_it_heals() {
    let events = ["9.5s loss 100 from=a to=b", "20.5s loss 0 from=a to=b"];
    let p = play(pair("keepalived-2.4", instance(102, ""), instance(100, ""), 30, &events));
    // b's last advert of a is that at 8.601562 + 1 s × 0: 9.601562 is lost.
    let b = p.states("b");
    assert_eq!(b[1], (8_601_562 + 3_609_375, State::Master));
    assert_eq!(b[2].1, State::Backup);
    assert!(b[2].0 > 20_500_000 && b[2].0 <= 21_500_000, "{b:?}");
    assert_eq!(p.findings(), [("split-brain", Severity::Critical)]);
}

#[test]
fn other_addresses_split_2_2_and_not_2_4() {
    let other = instance(100, "").replace("10.77.0.110", "10.77.0.110\n 10.77.0.111");
    for (daemon, masters) in [("keepalived-2.2", 2), ("keepalived-2.4", 1)] {
        let p = play(pair(daemon, instance(102, ""), other.clone(), 30, &[]));
        assert_eq!(p.story().masters.len(), masters, "{daemon}");
        let critical = p.findings().contains(&("split-brain", Severity::Critical));
        assert_eq!(critical, masters == 2, "{daemon}");
        if masters == 2 {
            let findings = p.play.judge(&p.scenario);
            let facts = format!("{:?}", findings[0].evidence);
            assert!(facts.contains("rejects adverts"), "{facts}");
        }
    }
}

#[test]
fn other_passwords_split_and_never_show() {
    let auth = |word: &str| instance(100, &format!("authentication {{\n auth_type PASS\n auth_pass {word}\n }}"));
    let p = play(pair("keepalived-2.4", auth("s3cretA"), auth("s3cretB"), 20, &[]));
    assert_eq!(p.story().masters.len(), 2);
    let all = format!("{:?}{:?}", p.records, p.play.judge(&p.scenario));
    assert!(!all.contains("s3cret"));
}

#[test]
fn a_lost_link_is_a_fault_and_comes_back() {
    let p = play(pair(
        "keepalived-2.4",
        instance(102, ""),
        instance(100, ""),
        30,
        &["9.5s link-down a", "15.25s link-up a"],
    ));
    assert_eq!(
        p.states("a")[2..],
        [(9_500_000, State::Fault), (15_250_000, State::Backup), (18_851_562, State::Master)]
    );
    // Nothing leaves a link that is down: b waits its whole time from the advert at 8.601562.
    assert_eq!(p.states("b")[1..], [(12_210_937, State::Master), (18_851_562, State::Backup)]);
}

#[test]
fn a_pause_is_a_split_brain_that_ends_with_what_came_first() {
    let p = play(pair("keepalived-2.4", instance(102, ""), instance(100, ""), 30, &["9.5s pause a", "16s resume a"]));
    // b takes over at 8.601562 + 3.609375. At 16 s a's own advert was due first, at 9.601562: it sends it, and b yields.
    assert_eq!(p.states("b")[1..], [(12_210_937, State::Master), (16_000_000, State::Backup)]);
    assert_eq!(p.states("a"), [(0, State::Backup), (A_MASTER, State::Master)]);
}

#[test]
fn nopreempt_lets_the_lower_one_be() {
    let quiet = |p| instance(p, "nopreempt");
    let events = ["9.5s stop a", "14s start a"];
    let p = play(pair("keepalived-2.4", quiet(102), quiet(100), 40, &events));
    assert_eq!(p.states("a").last(), Some(&(14_000_000, State::Backup)));
    // Isolated, it becomes master all the same, and wins when the split heals.
    let events = ["9.5s stop a", "14s start a", "20s deaf a", "30s hear a"];
    let p = play(pair("keepalived-2.4", quiet(102), quiet(100), 40, &events));
    assert_eq!(p.states("a").last().unwrap().1, State::Master);
    assert_eq!(p.states("b").last().unwrap().1, State::Backup);
}

#[test]
fn a_deleted_address_releases_and_comes_back_after_the_skew() {
    let events = ["9.5s address-removed a 10.77.0.110"];
    let p = play(pair("keepalived-2.4", instance(150, ""), instance(100, ""), 20, &events));
    // 106/256 s = 0.414062 s is shorter than b's 156/256 s.
    assert_eq!(p.states("a")[2..], [(9_500_000, State::Backup), (9_914_062, State::Master)]);
    assert_eq!(p.states("b"), [(0, State::Backup)]);
    // Without an address to send from it is a fault.
    let events = ["9.5s address-removed a 10.77.0.1", "15s address-added a 10.77.0.1"];
    let p = play(pair("keepalived-2.4", instance(150, ""), instance(100, ""), 30, &events));
    assert_eq!(
        p.states("a")[2..],
        [(9_500_000, State::Fault), (15_000_000, State::Backup), (18_414_062, State::Master)]
    );
}

/// Two nodes with an instance each on two nets, what comes before those, and events of the scenario file.
fn two_nets(before: &str, events: &str) -> Draft {
    let conf = |p: u8| {
        let two =
            instance(p, "").replace("vrrp_instance V ", "vrrp_instance W ").replace("eth0", "eth1").replace("51", "52");
        format!("{before}{}{}", instance(p, ""), two.replace("10.77.0.110", "10.78.0.110"))
    };
    let toml = format!(
        "duration = \"30s\"\n\
         [node.a]\nconfig = \"a.conf\"\naddress = {{ eth0 = [\"10.77.0.1/24\"], eth1 = [\"10.78.0.1/24\"] }}\n\
         [node.b]\nconfig = \"b.conf\"\naddress = {{ eth0 = [\"10.77.0.2/24\"], eth1 = [\"10.78.0.2/24\"] }}\n{events}"
    );
    draft(&toml, &[("a.conf", conf(102)), ("b.conf", conf(100))]).unwrap()
}

#[test]
fn a_sync_group_over_two_nets_moves_as_one() {
    let group = "vrrp_sync_group G {\n group {\n V\n W\n }\n}\n";
    let event = "[[event]]\nat = \"9.5s\"\ndo = \"link-down\"\nnode = \"a\"\ninterface = \"eth1\"\n";
    let p = play(two_nets(group, event));
    for (_, story) in p.play.stories() {
        assert_eq!(story.masters.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1], "both moved");
    }
    let faults = p.states("a").iter().filter(|(t, s)| *t == 9_500_000 && *s == State::Fault).count();
    assert_eq!(faults, 2);
}

#[test]
fn a_slow_clock_and_latency_show() {
    let mut d = pair("keepalived-2.4", instance(102, ""), instance(100, ""), 10, &[]);
    d.scenario.latency = std::time::Duration::from_millis(5);
    assert_eq!(play(d).states("a")[1], (A_MASTER + 5_000, State::Master));
    let mut d = pair("keepalived-2.4", instance(102, ""), instance(100, ""), 10, &[]);
    d.scenario.nodes[0].drift_ppm = -10_000; // 1 % slow: 3.601562 s take 3.637942 s
    let p = play(d);
    assert_eq!(p.states("b")[1], (3_609_375, State::Master));
    assert_eq!(p.states("a")[1], (3_637_942, State::Master));
}

#[test]
fn the_same_seed_gives_the_same_and_another_seed_not() {
    let run = |seed| {
        let mut d = pair("keepalived-2.4", instance(102, ""), instance(100, ""), 600, &["5s loss 60"]);
        d.scenario.seed = seed;
        play(d).records
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let confs = [("a.conf", checked(102, "2", ""))];
    let node = "[node.a]\nconfig = \"a.conf\"\n";
    let cases = [
        ("[node.a]\nconfig = \"x.conf\"\n", "s.toml:2: cannot read x.conf: there is no such file"),
        ("duration = 22\n[node.a]\nconfig = \"a.conf\"\n", "s.toml:1: duration lacks its unit: \"22s\"? \"22ms\"?"),
        ("duraton = \"22s\"\n", "s.toml:1: a scenario has no key \"duraton\"; did you mean duration?"),
        ("daemon = \"keepalived-3\"\n", "s.toml:1: "),
        (&format!("{node}conf = \"b\"\n"), "s.toml:3: a node has no key \"conf\"; did you mean config?"),
        (&format!("{node}scripts = {{ chck = 1 }}\n"), "s.toml:3: there is no vrrp_script \"chck\"; did you mean chk?"),
        (
            &format!("{node}[[event]]\nat = \"1s\"\ndo = \"crush\"\nnode = \"a\"\n"),
            "s.toml:5: there is no fault \"crush\"; did you mean crash?",
        ),
        (
            &format!("{node}[[event]]\nat = \"1s\"\ndo = \"crash\"\nnode = \"c\"\n"),
            "s.toml:6: there is no node \"c\"; there are a",
        ),
        (&format!("{node}[[event]]\nat = \"1s\"\ndo = \"crash\"\n"), "s.toml:5: crash befalls a node; say which"),
        (
            &format!("{node}[[event]]\nat = \"1s\"\ndo = \"crash\"\nnode = \"a\"\nexit = 1\n"),
            "s.toml:7: crash does not take exit; it takes nothing",
        ),
        (&format!("{node}[[event]]\ndo = \"crash\"\nnode = \"a\"\n"), "s.toml:3: an event lacks its time"),
        (
            &format!("{node}[[event]]\nat = \"1s\"\ndo = \"script\"\nnode = \"a\"\nscript = \"chk\"\n"),
            "s.toml:7: script lacks exit",
        ),
        (
            "[node.a]\nconfig = \"a.conf\"\naddress = { eth0 = [\"10.0.0.1\"] }\n",
            "s.toml:3: \"10.0.0.1\" is not an address with its prefix length",
        ),
        ("", "s.toml:1: a scenario needs nodes"),
        ("[node.a\n", "s.toml:1: "),
    ];
    for (toml, expected) in cases {
        let error = draft(toml, &confs).unwrap_err();
        assert!(error.starts_with(expected), "{toml}: {error}");
    }
    let d = draft(node, &confs).unwrap();
    let bad = |text: &str| line(text, &d.scenario.nodes, &mut |_, _| Err("no file".into())).unwrap_err();
    assert_eq!(bad("9.5 crash a"), "9.5 lacks its unit: 9.5s? 9.5ms?");
    assert_eq!(bad("9.5s crash"), "crash befalls a node; say which");
    assert_eq!(bad("9.5s script a chk"), "script lacks exit");
    assert_eq!(bad("9.5s script a chk 1 2 3"), "script: \"3\" is one word too many");
    assert_eq!(bad("9.5s link-down a eth9"), "link-down: there is no interface \"eth9\"; did you mean eth0?");
}

#[test]
fn a_scenario_survives_being_written() {
    let events = [
        "9.5s script a chk 1",
        "10s script b chk hang",
        "11s partition a b",
        "12s loss 12.5 from=a to=b",
        "13s jitter 5ms",
        "14s link-down a interface=eth0",
        "15s address-removed a 10.77.0.110",
        "16s heal",
        "17s crash b",
    ];
    let d = pair("keepalived-2.2", checked(102, "2", ""), checked(100, "2", ""), 30, &events);
    let text = write(&d.scenario, &["a remark".into()], |n| format!("{}.conf", d.scenario.nodes[n].name));
    let again = draft(&text, &[("a.conf", checked(102, "2", "")), ("b.conf", checked(100, "2", ""))]).unwrap();
    let lines = |s: &Scenario| s.events.iter().map(|e| (e.at, e.fault.line(s))).collect::<Vec<_>>();
    assert_eq!(lines(&again.scenario), lines(&d.scenario), "{text}");
    assert_eq!(again.scenario.nodes[0].addresses, d.scenario.nodes[0].addresses);
    assert_eq!(again.scenario.duration, d.scenario.duration);
    assert_eq!(play(again).records, play(d).records);
}

fn explored(d: &Draft, faults: usize, assertions: &[&str]) -> Explored {
    let assertions = assertions.iter().map(|a| Assertion::parse(a, &d.scenario).unwrap()).collect();
    explore(&d.scenario, &Plan { faults, assertions, threads: 2 }, &|_, _| {})
}

fn outcome<'a>(e: &'a Explored, s: &Scenario, words: &str) -> &'a Outcome {
    let of = |o: &&Outcome| {
        let all: Vec<String> = o.trials.iter().map(|t| e.trials[*t].fault.line(s)).collect();
        all.join(", ") == words
    };
    e.outcomes.iter().find(of).unwrap_or_else(|| panic!("{words} was not tried"))
}

#[test]
fn exploring_finds_the_tie_and_nothing_else() {
    let d = pair("keepalived-2.4", checked(102, "2", ""), checked(100, "2", ""), 10, &[]);
    let e = explored(&d, 1, &[]);
    let bad: Vec<String> = e
        .outcomes
        .iter()
        .filter(|o| o.severity.is_some_and(|s| s > Severity::Info))
        .map(|o| e.trials[o.trials[0]].fault.line(&d.scenario))
        .collect();
    assert_eq!(bad, ["script a chk 1", "script a chk hang"]);
    let crash = outcome(&e, &d.scenario, "crash a");
    assert!(crash.left && !crash.moved);
    // Between 2 and 3 intervals, and the skew time 154/256 s of b with its points (102), from any moment.
    assert!(crash.outage.0.as_micros() > 2_601_000 && crash.outage.1.as_micros() <= 3_601_562, "{:?}", crash.outage);
    let stop = outcome(&e, &d.scenario, "stop a");
    assert_eq!(stop.outage.1.as_micros(), 601_562);
}

/// Outcomes that are worse than a note, or are apart: the first fault of each.
fn traps(d: &Draft) -> Vec<String> {
    let e = explored(d, 1, &[]);
    let bad = |o: &&Outcome| o.apart || o.severity.is_some_and(|s| s > Severity::Info);
    e.outcomes.iter().filter(bad).map(|o| e.trials[o.trials[0]].fault.line(&d.scenario)).collect()
}

#[test]
fn exploring_finds_the_known_traps() {
    // Another list of addresses: 2.2 rejects its adverts, 2.4 only complains.
    let more = instance(102, "").replace("10.77.0.110", "10.77.0.110\n 10.77.0.111");
    for (daemon, split) in [("keepalived-2.2", true), ("keepalived-2.4", false)] {
        let d = pair(daemon, more.clone(), instance(100, ""), 10, &[]);
        assert_eq!(traps(&d).is_empty(), !split, "{daemon}");
    }
    // A firewall that lets adverts through in one direction only: nothing that a configuration could mend, but told.
    let d = pair("keepalived-2.4", instance(102, ""), instance(100, ""), 10, &[]);
    let e = explored(&d, 1, &[]);
    let o = outcome(&e, &d.scenario, "mute a");
    assert!(o.two && o.severity == Some(Severity::Info), "{o:?}");
    // Without preemption whoever was alone last stays.
    let d = pair("keepalived-2.4", instance(102, "nopreempt"), instance(100, "nopreempt"), 10, &[]);
    let e = explored(&d, 1, &[]);
    assert!(outcome(&e, &d.scenario, "link-down a interface=eth0").moved);
    assert!(!outcome(&e, &d.scenario, "link-down b interface=eth0").moved);
    // Two nets: when one link goes, only a sync group keeps both on one node.
    let alone = two_nets("", "");
    let bad = traps(&alone);
    assert!(bad.contains(&"link-down a interface=eth0".to_owned()), "{bad:?}");
    let held = two_nets("vrrp_sync_group G {\n group {\n V\n W\n }\n}\n", "");
    assert_eq!(traps(&held), [""; 0]);
    let e = explored(&alone, 1, &["masters together"]);
    assert_eq!(outcome(&e, &alone.scenario, "link-down a interface=eth1").broken, [0]);
    assert_eq!(outcome(&e, &alone.scenario, "power-off a").broken, [0_usize; 0]);
}

#[test]
fn exploring_a_healthy_pair_finds_nothing_bad() {
    let d = pair("keepalived-2.4", checked(102, "-20", ""), checked(100, "-20", ""), 10, &[]);
    let e = explored(&d, 2, &["one master within 60s"]);
    let bad =
        e.outcomes.iter().filter(|o| o.trials.len() == 1 && o.severity.is_some_and(|s| s > Severity::Info)).count();
    let parted: Vec<_> = e.outcomes.iter().filter(|o| o.trials.len() == 1 && !o.broken.is_empty()).collect();
    // Parted nodes are both master as long as it lasts: nothing can promise otherwise.
    assert!(parted.iter().all(|o| e.trials[o.trials[0]].parts), "{bad}");
    assert!(e.outcomes.len() > 300);
}

#[test]
fn assertions_are_held_against_each_outcome() {
    let d = pair("keepalived-2.4", instance(102, "nopreempt"), instance(100, "nopreempt"), 10, &[]);
    let e = explored(&d, 1, &["returns to a", "one master within 5s", "one master within 1s"]);
    assert_eq!(outcome(&e, &d.scenario, "stop a").broken, [0]);
    assert_eq!(outcome(&e, &d.scenario, "power-off a").broken, [0, 2]);
    assert_eq!(outcome(&e, &d.scenario, "stop b").broken, [0_usize; 0]);
    assert!(Assertion::parse("be good", &d.scenario).unwrap_err().contains("one master within 5s"));
}

#[test]
fn exploring_gives_the_same_every_time_and_with_any_number_of_threads() {
    let d = pair("keepalived-2.4", checked(102, "2", ""), checked(100, "2", ""), 10, &[]);
    let shape = |threads| {
        let e = explore(&d.scenario, &Plan { faults: 2, assertions: vec![], threads }, &|_, _| {});
        format!("{:?}", e.outcomes.iter().map(|o| (&o.trials, &o.after, o.outage, o.dual)).collect::<Vec<_>>())
    };
    assert_eq!(shape(1), shape(4));
}

#[test]
fn one_configuration_answers_for_every_peer() {
    let mut d = Draft::default();
    let mut loader = Memory(BTreeMap::from([("k.conf".to_owned(), checked(102, "2", ""))]));
    let mut configs = Configs { loader: &mut loader, options: Options::default() };
    let setting = configs.read("k.conf", "k", Daemon::default()).unwrap();
    d.node("k", Daemon::default(), setting);
    let rows = what_if(&d);
    let row = rows.iter().find(|r| r.fault == "script k chk 1").unwrap();
    let shape: Vec<(u8, u8, bool)> =
        row.ranges.iter().map(|r| (r.from, r.to, matches!(r.answer, Answer::TakesOver(..)))).collect();
    // Below 100, at the tie, at 101 alone; at 102 the addresses decide, and above the peer is master anyway.
    assert_eq!(shape[..3], [(1, 99, false), (100, 100, false), (101, 101, true)]);
    assert_eq!(row.ranges[1].answer, Answer::Never { tie: true });
    let stop = rows.iter().find(|r| r.fault == "stop k").unwrap();
    assert!(matches!(stop.ranges[0], Range { from: 1, to: 101, answer: Answer::TakesOver(..) }), "{:?}", stop.ranges);
}
