//! Every detector fires on a capture that shows its trouble, and on no healthy one.

use std::collections::BTreeSet;

use hactl::frame::{Frame, LinkType};
use hactl::sniff::{Context, DETECTORS, Limits, Observer, judge};
use hactl::time::Timestamp;
use hactl::wire::build::{AdvertSpec, Signing};
use hactl::wire::checksum::Form;
use hactl::wire::{Decoder, Keys, Mac};
use serde_json::Value;

use crate::support::{captures, hactl, json, kind, objects, pcap, status};

/// Which capture shows which trouble, and how bad it is there.
#[rustfmt::skip]
const FIRES: &[(&str, &str, &str)] = &[
    ("vrid-collision", "critical", "keepalived-2.2.7/collision.pcap"),
    ("two-owners", "critical", "keepalived-2.2.7/two-owners.pcap"),
    ("version-mismatch", "critical", "keepalived-2.2.7/mismatch-version.pcap"),
    ("auth-mismatch", "critical", "keepalived-2.2.7/mismatch-auth.pcap"),
    ("auth-mismatch", "critical", "keepalived-2.4.3/hmac-one-side-only.pcap"),
    ("interval-zero", "critical", "crafted/odd-fields.pcap"),
    ("interval-mismatch", "critical", "keepalived-2.2.7/mismatch-interval.pcap"),
    ("interval-mismatch", "warning", "keepalived-2.2.7/v3-interval-differs.pcap"),
    ("interval-mismatch", "warning", "recorded/18-v3-advert-int-adopted-2.2.7.pcap"),
    ("interval-mismatch", "warning", "recorded/18-v3-advert-int-adopted-2.4.3.pcap"),
    ("unicast-multicast-mix", "critical", "keepalived-2.2.7/unicast-multicast-mix.pcap"),
    ("split-brain", "critical", "keepalived-2.2.7/split-brain-oneway.pcap"),
    ("split-brain", "critical", "keepalived-2.2.7/isolated-both.pcap"),
    ("split-brain", "critical", "recorded/11-deaf-backup-splitbrain-2.2.7.pcap"),
    ("split-brain", "critical", "recorded/11-deaf-backup-splitbrain-2.4.3.pcap"),
    ("mutual-silencing", "critical", "keepalived-2.2.7/mismatch-interval.pcap"),
    ("mutual-silencing", "critical", "keepalived-2.2.7/mismatch-auth.pcap"),
    ("mutual-silencing", "critical", "keepalived-2.2.7/mismatch-version.pcap"),
    ("no-master", "critical", "crafted/hmac.pcap"),
    ("vip-owner-mismatch", "critical", "keepalived-2.2.7/vip-poisoned.pcap"),
    ("checksum-bad", "warning", "crafted/checksums.pcap"),
    ("hop-limit", "warning", "crafted/odd-fields.pcap"),
    ("malformed-advert", "warning", "crafted/snap-cut.pcap"),
    ("address-list-mismatch", "warning", "keepalived-2.2.7/mismatch-vips.pcap"),
    ("no-gratuitous-arp", "warning", "keepalived-2.2.7/no-garp.pcap"),
    ("flapping", "warning", "keepalived-2.2.7/flapping.pcap"),
    ("near-miss", "warning", "keepalived-2.2.7/near-miss.pcap"),
    ("equal-priority", "warning", "keepalived-2.2.7/equal-priority.pcap"),
    ("clock-step", "info", "crafted/time-backwards.pcap"),
    ("nothing-heard", "warning", "crafted/no-frames.pcap"),
    ("checksum-dialect", "info", "crafted/checksums.pcap"),
    ("advert-flood", "warning", "crafted/flood.pcap.gz"),
];

/// Detectors whose trouble no capture shows; frames built for it do, in the test of this name below.
const BUILT: &[(&str, &str)] = &[
    ("checksum-dialect", "two_readings_of_the_checksum_reject_each_other"),
    ("auth-digest-bad", "a_digest_under_another_key_is_critical"),
    ("clock-offset", "clocks_apart_by_more_than_the_window_are_critical"),
];

/// Captures in which nothing is wrong.
const HEALTHY: &[&str] = &[
    "crafted/order-little-us.pcap",
    "crafted/padding.pcap",
    "crafted/vlan-same-vrid.pcap",
    "frr-8.4.4/healthy.pcap",
    "frr-8.4.4/v2-crash.pcap",
    "frr-8.4.4/v3-clean-stop.pcap",
    "frr-8.4.4/v3-crash.pcap",
    "frr-8.4.4/v3-ipv6.pcap",
    "keepalived-2.2.7/demo.pcap",
    "keepalived-2.2.7/many-vrids.pcap",
    "keepalived-2.2.7/pause-takeover.pcap",
    "keepalived-2.2.7/preempt.pcap",
    "keepalived-2.2.7/start-race.pcap",
    "keepalived-2.2.7/v2-ah-crash.pcap",
    "keepalived-2.2.7/v2-noauth-crash.pcap",
    "keepalived-2.2.7/v2-pass-clean-stop.pcap",
    "keepalived-2.2.7/v2-pass-healthy.pcap",
    "keepalived-2.2.7/v2-power-off.pcap",
    "keepalived-2.2.7/v2-unicast-crash.pcap",
    "keepalived-2.2.7/v2-vmac-crash.pcap",
    "keepalived-2.2.7/v3-crash.pcap",
    "keepalived-2.2.7/v3-ipv6-crash.pcap",
    "keepalived-2.4.3/ah-v2-ipv4.pcap",
    "keepalived-2.4.3/hmac-v2-ipv4.pcap",
    "keepalived-2.4.3/hmac-v3-ipv6.pcap",
    "keepalived-2.4.3/hmac-v3-unicast-rotation.pcap",
    "recorded/01-crash-2.2.7.pcap",
    "recorded/01-crash-2.4.3.pcap",
    "recorded/02-stop-2.2.7.pcap",
    "recorded/02-stop-2.4.3.pcap",
    "recorded/06-seed-weight2-tie-2.2.7.pcap",
    "recorded/06-seed-weight2-tie-2.4.3.pcap",
    "recorded/08-negative-weight-2.2.7.pcap",
    "recorded/08-negative-weight-2.4.3.pcap",
    "recorded/14-v3-subsecond-crash-2.2.7.pcap",
    "recorded/14-v3-subsecond-crash-2.4.3.pcap",
    "recorded/20-ipv6-crash-2.2.7.pcap",
    "recorded/20-ipv6-crash-2.4.3.pcap",
    "recorded/25-startup-delay-2.2.7.pcap",
    "recorded/25-startup-delay-2.4.3.pcap",
];

fn findings(objects: &[Value]) -> Vec<&Value> {
    objects.iter().filter(|v| kind(v) == "finding").collect()
}

#[test]
fn every_detector_has_a_row() {
    let rows: BTreeSet<&str> = FIRES.iter().map(|r| r.0).chain(BUILT.iter().map(|r| r.0)).collect();
    let ids: BTreeSet<&str> = DETECTORS.iter().map(|d| d.page.id).collect();
    assert_eq!(rows, ids);
}

#[test]
fn each_trouble_is_found_where_it_is() {
    for (id, severity, capture) in FIRES {
        let (_, objects) = json("watch", capture);
        let found = findings(&objects);
        let hit = found.iter().find(|f| f["id"] == *id && f["severity"] == *severity);
        let hit = hit.unwrap_or_else(|| panic!("{capture}: no {severity} {id} in {found:?}"));
        for field in ["message", "fix", "confidence"] {
            assert!(hit[field].as_str().is_some_and(|s| !s.is_empty()), "{capture} {id}: {field}");
        }
        for e in hit["evidence"].as_array().unwrap() {
            assert!(e["note"].is_string(), "{capture} {id}: {e}");
        }
    }
}

#[test]
fn healthy_captures_are_healthy() {
    for capture in HEALTHY {
        let (status, objects) = json("watch", capture);
        let bad: Vec<_> = findings(&objects).into_iter().filter(|f| f["severity"] != "info").collect();
        assert!(bad.is_empty(), "{capture}: {bad:?}");
        assert_eq!(status, 0, "{capture}");
    }
}

#[test]
fn the_exit_status_is_that_of_the_worst_finding() {
    for capture in captures() {
        let path = pcap(&capture);
        let o = hactl(&["watch", "--json", path.to_str().unwrap()]);
        if o.stdout.is_empty() {
            assert_eq!(status(&o), 3, "{capture}");
            continue;
        }
        let objects = objects(&o);
        let worst = findings(&objects).into_iter().map(|f| match f["severity"].as_str().unwrap() {
            "critical" => 2,
            "warning" => 1,
            _ => 0,
        });
        let worst = worst.max().unwrap_or(0);
        let damaged = capture == "crafted/absurd-length.pcap";
        let expected = if damaged { 3 } else { worst };
        assert_eq!(status(&o), expected, "{capture}");
        let summary = objects.last().unwrap();
        assert_eq!(summary["exit"], expected, "{capture}");
        for severity in ["critical", "warning", "info"] {
            let n = findings(&objects).iter().filter(|f| f["severity"] == severity).count();
            assert_eq!(summary["findings"][severity], n, "{capture} {severity}");
        }
    }
}

#[test]
fn what_a_finding_names_can_be_explained() {
    for d in DETECTORS {
        let o = hactl(&["explain", d.page.id]);
        assert_eq!(status(&o), 0, "{}", d.page.id);
        let text = String::from_utf8(o.stdout).unwrap();
        for heading in
            ["What it means", "How it is decided", "What it can be confused with", "How to confirm", "How to fix"]
        {
            assert!(text.contains(heading), "{}: no «{heading}»", d.page.id);
        }
    }
}

/// Adverts of two routers in turn, every second for ten seconds, judged with these keys.
fn judged(a: &dyn Fn(u32) -> AdvertSpec, b: &dyn Fn(u32) -> AdvertSpec, keys: Keys) -> Vec<(&'static str, String)> {
    let decoder = Decoder::new(keys);
    let mut observer = Observer::new(None, Limits::default());
    let mut number = 0;
    for second in 0..10u32 {
        for (offset, spec) in [(0, a(second)), (400_000, b(second))] {
            number += 1;
            let data = spec.frame();
            let time = Timestamp::from_micros((1_700_000_000 + i64::from(second)) * 1_000_000 + offset);
            let wire_len = data.len() as u32;
            let f = Frame { number, time, link: LinkType::Ethernet, stripped_tag: None, data: &data, wire_len };
            observer.frame(number, time, &decoder.decode(&f));
        }
    }
    let context = Context { ended: true, ..Context::default() };
    judge(&observer, &context).into_iter().map(|f| (f.id, f.severity.to_string())).collect()
}

fn router(n: u8, version: u8) -> AdvertSpec {
    let address = |last: u8| std::net::IpAddr::from([10, 77, 0, last]);
    let spec = AdvertSpec::new(Mac([2, 0, 10, 77, 0, n]), address(n), 51, vec![address(110)]);
    AdvertSpec { version, priority: 100 + n, ..spec }
}

fn signed(n: u8, key: u8, seconds: u32) -> AdvertSpec {
    let signing = Signing::Hmac { key_id: 1, key: vec![key; 32], seconds, subsec: 0, counter: 0 };
    AdvertSpec { signing, ..router(n, 2) }
}

fn has(found: &[(&'static str, String)], id: &str, severity: &str) -> bool {
    found.iter().any(|(i, s)| *i == id && s == severity)
}

#[test]
fn two_readings_of_the_checksum_reject_each_other() {
    let plain = |_| AdvertSpec { checksum: Form::Plain, ..router(1, 3) };
    let found = judged(&plain, &|_| router(2, 3), Keys::default());
    assert!(has(&found, "checksum-dialect", "critical"), "{found:?}");
    let found = judged(&|_| router(1, 3), &|_| router(2, 3), Keys::default());
    assert!(!found.iter().any(|f| f.0 == "checksum-dialect"), "{found:?}");
}

#[test]
fn a_digest_under_another_key_is_critical() {
    let keys = || {
        let mut keys = Keys::default();
        keys.add_hmac(1, &[7; 32]);
        keys
    };
    let good = |s| signed(1, 7, 1_700_000_000 + s);
    let found = judged(&good, &|s| signed(2, 8, 1_700_000_000 + s), keys());
    assert!(has(&found, "auth-digest-bad", "critical"), "{found:?}");
    let found = judged(&good, &|s| signed(2, 7, 1_700_000_000 + s), keys());
    assert!(!found.iter().any(|f| f.0 == "auth-digest-bad"), "{found:?}");
}

#[test]
fn clocks_apart_by_more_than_the_window_are_critical() {
    // The window at an interval of 1 s is 5 s: 6 s apart is outside it, 3 s more than half of it, 1 s is nothing.
    for (apart, severity) in [(6, Some("critical")), (3, Some("warning")), (1, None)] {
        let b = |s| signed(2, 7, 1_700_000_000 + s + apart);
        let found = judged(&|s| signed(1, 7, 1_700_000_000 + s), &b, Keys::default());
        match severity {
            Some(severity) => assert!(has(&found, "clock-offset", severity), "{apart}: {found:?}"),
            None => assert!(!found.iter().any(|f| f.0 == "clock-offset"), "{apart}: {found:?}"),
        }
    }
}
