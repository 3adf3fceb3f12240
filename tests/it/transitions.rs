//! Who became master, when and why, against what the daemons themselves said.

use serde_json::Value;

use crate::support::{captures, json, kind, rows};

fn transitions(capture: &str) -> Vec<Value> {
    json("watch", capture).1.into_iter().filter(|v| kind(v) == "transition").collect()
}

/// From, to (the last group of each address; `-` for nobody), reason; then the silence that was measured in the capture
/// and what it should have been, in milliseconds, for a takeover.
type Step = (&'static str, &'static str, &'static str, Option<f64>);

/// The master-down interval of priority 100 at 1 s: 3 × 1000 + 156 × 1000 / 256.
const DOWN: Option<f64> = Some(3609.375);
/// Its skew time.
const SKEW: Option<f64> = Some(609.375);

/// What must be told of each capture whose steps are known: capture, and its one group's steps.
#[rustfmt::skip]
const TABLE: &[(&str, &[Step])] = &[
    ("keepalived-2.2.7/v2-pass-healthy.pcap", &[("-", "1", "first-seen", None)]),
    ("keepalived-2.2.7/v2-noauth-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v2-ah-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v2-unicast-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v2-vmac-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v2-power-off.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/no-garp.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/equal-priority.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v2-pass-clean-stop.pcap", &[("-", "1", "first-seen", None), ("1", "2", "release", SKEW)]),
    ("keepalived-2.2.7/near-miss.pcap", &[("-", "1", "first-seen", None)]),
    ("keepalived-2.2.7/start-race.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None)]),
    ("keepalived-2.2.7/preempt.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None),
        ("1", "2", "release", SKEW), ("2", "1", "preempt", None)]),
    ("keepalived-2.2.7/pause-takeover.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN),
        ("2", "1", "preempt", None)]),
    ("keepalived-2.2.7/vip-poisoned.pcap", &[("-", "1", "first-seen", None), ("1", "2", "release", SKEW),
        ("2", "1", "preempt", None)]),
    // 3 × 500 + 156 × 500 / 256, cut to the microsecond
    ("keepalived-2.2.7/v3-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", Some(1804.687))]),
    ("keepalived-2.2.7/v3-ipv6-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.2.7/v3-interval-differs.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", Some(1804.687)),
        ("2", "1", "preempt", None)]),
    ("keepalived-2.2.7/split-brain-oneway.pcap", &[("-", "1", "first-seen", None), ("1", "2", "unknown", None),
        ("2", "1", "yield", None)]),
    ("frr-8.4.4/healthy.pcap", &[("-", "1", "first-seen", None)]),
    ("frr-8.4.4/v2-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("frr-8.4.4/v3-crash.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("frr-8.4.4/v3-clean-stop.pcap", &[("-", "1", "first-seen", None), ("1", "2", "release", SKEW)]),
    ("recorded/01-crash-2.2.7.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("recorded/01-crash-2.4.3.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("recorded/02-stop-2.2.7.pcap", &[("-", "1", "first-seen", None), ("1", "2", "release", SKEW)]),
    ("recorded/02-stop-2.4.3.pcap", &[("-", "1", "first-seen", None), ("1", "2", "release", SKEW)]),
    ("recorded/06-seed-weight2-tie-2.2.7.pcap", &[("-", "1", "first-seen", None)]),
    ("recorded/06-seed-weight2-tie-2.4.3.pcap", &[("-", "1", "first-seen", None)]),
    ("recorded/08-negative-weight-2.2.7.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None),
        ("1", "2", "preempt", None), ("2", "1", "preempt", None)]),
    ("recorded/08-negative-weight-2.4.3.pcap", &[("-", "1", "first-seen", None), ("1", "2", "preempt", None),
        ("2", "1", "preempt", None)]),
    ("recorded/11-deaf-backup-splitbrain-2.2.7.pcap", &[("-", "1", "first-seen", None), ("1", "2", "unknown", None),
        ("2", "1", "yield", None)]),
    ("recorded/11-deaf-backup-splitbrain-2.4.3.pcap", &[("-", "1", "first-seen", None), ("1", "2", "unknown", None),
        ("2", "1", "yield", None)]),
    // 3 × 250 + 156 × 250 / 256
    ("recorded/14-v3-subsecond-crash-2.2.7.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", Some(902.343))]),
    ("recorded/14-v3-subsecond-crash-2.4.3.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", Some(902.343))]),
    // 3 × 2000 + 156 × 2000 / 256: b adopted a's interval
    ("recorded/18-v3-advert-int-adopted-2.2.7.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None),
        ("1", "2", "timeout", Some(7218.75))]),
    ("recorded/18-v3-advert-int-adopted-2.4.3.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None),
        ("1", "2", "timeout", Some(7218.75))]),
    ("recorded/20-ipv6-crash-2.2.7.pcap", &[("-", "d90b", "first-seen", None), ("d90b", "bb06", "timeout", DOWN)]),
    ("recorded/20-ipv6-crash-2.4.3.pcap", &[("-", "bdda", "first-seen", None), ("bdda", "fa56", "timeout", DOWN)]),
    ("recorded/25-startup-delay-2.2.7.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None)]),
    ("recorded/25-startup-delay-2.4.3.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None)]),
    ("keepalived-2.4.3/ah-v2-ipv4.pcap", &[("-", "1", "first-seen", None), ("1", "2", "timeout", DOWN)]),
    ("keepalived-2.4.3/hmac-v2-ipv4.pcap", &[("-", "2", "first-seen", None), ("2", "1", "preempt", None),
        ("1", "2", "timeout", DOWN)]),
];

/// How far a measured silence may be from the computed one: what a busy machine adds.
const NEAR_MS: f64 = 20.0;

fn tail(v: &Value) -> String {
    v.as_str().map_or("-".into(), |a| a.rsplit(['.', ':']).next().unwrap().to_owned())
}

#[test]
fn each_capture_shows_its_known_steps() {
    for (capture, steps) in TABLE {
        let seen = transitions(capture);
        let told: Vec<_> =
            seen.iter().map(|t| (tail(&t["from"]), tail(&t["to"]), t["reason"].as_str().unwrap().to_owned())).collect();
        let wanted: Vec<_> =
            steps.iter().map(|(from, to, why, _)| ((*from).to_owned(), (*to).to_owned(), (*why).to_owned())).collect();
        assert_eq!(told, wanted, "{capture}");
        for (t, (.., expected)) in seen.iter().zip(*steps) {
            let Some(expected) = expected else { continue };
            assert_eq!(t["expected_ms"].as_f64(), Some(*expected), "{capture}");
            let silent = t["silent_ms"].as_f64().unwrap();
            assert!((silent - expected).abs() <= NEAR_MS, "{capture}: {silent} ms instead of {expected}");
        }
    }
}

#[test]
fn a_second_late_first_advert_is_still_a_timeout() {
    // FRR over IPv6: the first advert of the new master does not get out, so the silence is one interval longer.
    let seen = transitions("frr-8.4.4/v3-ipv6.pcap");
    assert_eq!(seen[1]["reason"], "timeout");
    let silent = seen[1]["silent_ms"].as_f64().unwrap();
    assert!((silent - 4609.375).abs() <= NEAR_MS, "{silent}");
}

#[test]
fn many_virtual_routers_move_together() {
    // a has all ten for 0.3 s, then b preempts for the even ones; when a stops, the odd ones are released.
    let seen = transitions("keepalived-2.2.7/many-vrids.pcap");
    let of = |vrid: u64| -> Vec<(String, String)> {
        let mine = seen.iter().filter(|t| t["vrid"] == vrid);
        mine.map(|t| (tail(&t["to"]), t["reason"].as_str().unwrap().to_owned())).collect()
    };
    for vrid in 51..=60 {
        let second = if vrid % 2 == 0 { "preempt" } else { "release" };
        assert_eq!(of(vrid), [("1".into(), "first-seen".into()), ("2".into(), second.into())], "VRID {vrid}");
    }
}

/// The source of a node's adverts over IPv6, where its `.toml` gives another of its addresses.
const SOURCES: &[(&str, &str, &str)] = &[
    ("2001:db8:77::1", "keepalived-2.2.7/", "fe80::1"),
    ("2001:db8:77::2", "keepalived-2.2.7/", "fe80::2"),
    ("2001:db8:77::1", "frr-8.4.4/v3-ipv6.", "fe80::51:1"),
    ("2001:db8:77::2", "frr-8.4.4/v3-ipv6.", "fe80::51:2"),
    ("2001:db8:77::1", "frr-8.4.4/v3-ipv6-vip-source.", "fe80::110"),
    ("2001:db8:77::2", "frr-8.4.4/v3-ipv6-vip-source.", "fe80::110"),
];

/// Notifications that no transition answers to, and why: capture, node, how many.
const UNANSWERED: &[(&str, &str, usize, &str)] = &[
    ("keepalived-2.2.7/demo.pcap", "a", 2, "before the capture begins"),
    ("keepalived-2.2.7/demo.pcap", "b", 1, "before the capture begins"),
    ("frr-8.4.4/v3-ipv6-vip-source.pcap", "b", 1, "both routers use one source address: nobody new can be seen"),
    ("frr-8.4.4/v3-ipv6.pcap", "a", 1, "the first advert of a new master does not get out: a second later"),
    ("frr-8.4.4/v3-ipv6.pcap", "b", 1, "the first advert of a new master does not get out: a second later"),
    ("frr-8.4.4/v3-ipv6-vip-source.pcap", "a", 1, "the first advert of a new master does not get out: a second later"),
];

#[test]
fn what_the_daemons_notified_is_seen_on_the_wire() {
    let (mut answered, mut problems, mut excused) = (0, Vec::new(), Vec::new());
    for capture in captures() {
        let notified: Vec<_> = rows(&capture, "state").into_iter().filter(|s| s["to"] == "MASTER").collect();
        if notified.is_empty() {
            continue;
        }
        let mut addresses: Vec<(String, String)> = Vec::new();
        for node in rows(&capture, "node") {
            let (name, address) = (node["name"].clone(), node["address"].clone());
            let source = SOURCES.iter().find(|(a, c, _)| address == *a && capture.starts_with(c));
            addresses.extend(source.map(|s| (name.clone(), s.2.to_owned())));
            // The IPv4 addresses of the labs are made of the node's letter.
            let last = name.bytes().next().map(|b| b - b'a' + 1);
            addresses.extend(last.map(|n| (name.clone(), format!("10.77.0.{n}"))));
            addresses.push((name, address));
        }
        let seen = transitions(&capture);
        let mut missing: Vec<(String, String)> = Vec::new();
        for state in notified {
            let at: f64 = state["at"].parse().unwrap();
            let answer = seen.iter().any(|t| {
                let to = t["to"].as_str().unwrap().to_owned();
                (t["t"].as_f64().unwrap() - at).abs() <= 0.15 && addresses.contains(&(state["node"].clone(), to))
            });
            if answer {
                answered += 1;
            } else {
                missing.push((state["node"].clone(), state["at"].clone()));
            }
        }
        let mut nodes: Vec<&String> = missing.iter().map(|m| &m.0).collect();
        nodes.sort();
        nodes.dedup();
        for node in nodes {
            let n = missing.iter().filter(|m| m.0 == *node).count();
            let excuse = UNANSWERED.iter().position(|u| u.0 == capture && u.1 == node && u.2 == n);
            excused.extend(excuse);
            if excuse.is_none() {
                problems.push(format!("{capture}: {n} notifications of {node}: {missing:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let unused: Vec<_> = (0..UNANSWERED.len()).filter(|i| !excused.contains(i)).map(|i| UNANSWERED[i]).collect();
    assert!(unused.is_empty(), "answered after all: {unused:?}");
    assert!(answered >= 100, "only {answered} notifications were compared");
}
