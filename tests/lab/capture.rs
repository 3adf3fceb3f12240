//! What the capture socket hears, and that it only hears.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::netns::{Instance, Lab, SOON, helper, inject, inside, ip, listening, run, tcpdump, tcpdump_with};

// Frames of keepalived 2.2.7, as recorded in tests/fixtures/pcaps/keepalived-2.2.7: v2-noauth-crash, v2-ah-crash,
// v3-ipv6-crash.

/// The two addresses of an Ethernet header, for IPv4.
const MACS: &str = "01005e000012 02000a4d0001";
/// EtherType and an advert: VRID 51, priority 102, 10.77.0.110, from 10.77.0.1.
const ADVERT: &str = "0800 45c0002800010000ff70d0440a4d0001e0000012 2133660100016e0f0a4d006e0000000000000000";
/// The same, whole, from 10.77.0.9.
const LAST: &str = "01005e000012 02000a4d0009 0800 45c0002800010000ff70d03c0a4d0009e0000012 \
                    2133660100016e0f0a4d006e0000000000000000";
/// The same behind an authentication header.
const AH: &str = "0800 45c0004000010000ff33d0690a4d0001e0000012 70040000 0a4d0001 00000001 2e7b8716774e1d910307698b \
                  2133660102016c0f0a4d006e0000000000000000";
/// Ethernet header and the fixed IPv6 header up to its payload length.
const IPV6: &str = "333300000012 02000a4d0001 86dd 6c097bbc";
/// Hop limit 255, fe80::1, ff02::12.
const IPV6_ADDRESSES: &str = "ff fe800000000000000000000000000001 ff020000000000000000000000000012";
/// An advert of fe80::110 and 2001:db8:77::110: VRID 51, priority 102.
const ADVERT_IPV6: &str = "31336602 00643b66 fe800000000000000000000000000110 20010db8007700000000000000000110";

pub fn same_as_tcpdump() {
    let lab = Lab::new();
    let (mut a, mut b) = (lab.node("a", 1), lab.node("b", 2));
    let instance = |priority| Instance { priority, advert: "0.1", version: 3, ..Instance::default() }.text();
    a.configure(&instance(200));
    b.configure(&instance(100));
    // Both listen before the first advert, and until after the last one.
    let tcpdump = tcpdump(&lab.switch, "br0", "ip proto 112");
    let sniff = listening(&lab.switch, "sniff br0");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    b.start();
    tcpdump.more(20);
    a.stop();
    lab.expect("b", "MASTER", 0.0);
    tcpdump.more(10);
    b.stop();
    // Frames take a moment through either of them: a last one of our own says that all have been seen. It has id 1.
    let end = lab.bare("end", 9);
    inject(&end.ns, &[LAST]);
    sniff.object("the last frame", SOON, 1, |v| v["src"] == "10.77.0.9");
    tcpdump.heard_from("10.77.0.9");
    let sniffed = sniff.end(libc::SIGINT);
    let heard: Vec<(String, Option<u64>)> = tcpdump.end().into_iter().map(|h| (h.src, h.ip_id)).collect();
    let seen = |kind: &str| -> Vec<(String, Option<u64>)> {
        let of = |v: &Value| (v["src"].as_str().unwrap_or_default().to_owned(), v["ip_id"].as_u64());
        sniffed.objects(kind).iter().map(of).collect()
    };
    assert!(heard.len() > 30, "{heard:?}");
    assert_eq!(seen("advert"), heard);
    assert_eq!(sniffed.object("summary")["dropped"], 0);
    assert_eq!(sniffed.status, Some(0), "{}", sniffed.err);
}

pub fn vlans() {
    let lab = Lab::new();
    let a = lab.bare("a", 1);
    let frames = [
        format!("{MACS} {ADVERT}"),
        // 802.1Q, with a priority in the tag.
        format!("{MACS} 8100e00a {ADVERT}"),
        // QinQ with the old type, and with its own.
        format!("{MACS} 81000014 8100000a {ADVERT}"),
        format!("{MACS} 88a8001e 8100000a {ADVERT}"),
        // A lone service tag.
        format!("{MACS} 88a80028 {ADVERT}"),
    ];
    let vlans = [json!([]), json!([10]), json!([20, 10]), json!([30, 10]), json!([40])];
    let watch = listening(&lab.switch, "watch br0");
    let sniff = listening(&lab.switch, "sniff br0");
    inject(&a.ns, &frames.iter().map(String::as_str).collect::<Vec<_>>());
    sniff.object("five adverts", SOON, 5, |v| v["type"] == "advert");
    watch.object("five virtual routers", SOON, 5, |v| v["type"] == "transition");
    let adverts = sniff.end(libc::SIGINT).objects("advert");
    assert_eq!(adverts.iter().map(|v| v["vlan"].clone()).collect::<Vec<_>>(), vlans);
    for advert in &adverts {
        assert_eq!((&advert["vrid"], &advert["checksum"]), (&51.into(), &"ok".into()), "{advert}");
    }
    let mut groups: Vec<Value> = watch.end(libc::SIGINT).objects("group").iter().map(|v| v["vlan"].clone()).collect();
    let key = |v: &Value| v.to_string();
    groups.sort_by_key(key);
    let mut wanted = vlans.to_vec();
    wanted.sort_by_key(key);
    assert_eq!(groups, wanted);
}

pub fn headers() {
    let lab = Lab::new();
    let a = lab.bare("a", 1);
    let frames = [
        format!("{MACS} {AH}"),
        format!("{IPV6} 0028 70 {IPV6_ADDRESSES} {ADVERT_IPV6}"),
        // Behind hop-by-hop options, which hold padding.
        format!("{IPV6} 0030 00 {IPV6_ADDRESSES} 7000010400000000 {ADVERT_IPV6}"),
        // Behind these and destination options.
        format!("{IPV6} 0038 00 {IPV6_ADDRESSES} 3c00010400000000 7000010400000000 {ADVERT_IPV6}"),
        // IPv4 with options: a router alert, and the header checksum that belongs to it.
        format!(
            "{MACS} 0800 46c0002c00010000ff703b3c0a4d0001e0000012 94040000 2133660100016e0f0a4d006e0000000000000000"
        ),
    ];
    let sniff = listening(&lab.switch, "sniff br0");
    inject(&a.ns, &frames.iter().map(String::as_str).collect::<Vec<_>>());
    sniff.object("five adverts", SOON, 5, |v| v["type"] == "advert");
    let told: Vec<Value> = sniff.end(libc::SIGINT).objects("advert");
    let told: Vec<Value> = told.iter().map(|v| json!([v["src"], v["auth"], v["priority"], v["checksum"]])).collect();
    let six = json!(["fe80::1", "none", 102, "ok"]);
    let four = json!(["10.77.0.1", "none", 102, "ok"]);
    assert_eq!(told, [json!(["10.77.0.1", "ah", 102, "ok"]), six.clone(), six.clone(), six, four]);
}

/// The groups that interfaces have joined, without timers.
fn joined(ns: &str) -> String {
    let table = run(inside(ns, "cat").arg("/proc/net/igmp"));
    let words = table.lines().map(|l| l.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
    words.collect::<Vec<_>>().join("\n")
}

fn link(ns: &str) -> Value {
    let text = run(inside(ns, "ip").args(["-d", "-s", "-j", "link", "show", "eth0"]));
    let mut list: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    list.remove(0)
}

pub fn silent() {
    let lab = Lab::new();
    let (a, c) = (lab.bare("a", 1), lab.bare("c", 3));
    let advert = format!("{MACS} {ADVERT}");
    // Who has 10.77.0.1? and an IGMP query: what makes hosts talk.
    let arp = "ffffffffffff 02000a4d0001 0806 0001080006040001 02000a4d0001 0a4d0001 000000000000 0a4d0001";
    let query = "01005e000001 02000a4d0001 0800 46c0002000010000010239c80a4d0001e0000001 94040000 1164ee9b00000000";
    let sent = tcpdump_with(&lab.switch, &["-i", "p-c", "-Q", "in"]);
    let (groups, before) = (joined(&c.ns), link(&c.ns));
    for (options, promiscuity) in [("", 0), (" --promiscuous", 1)] {
        let both = ["watch", "sniff"].map(|command| {
            listening(&c.ns, &format!("{command} eth0{options} --write {}", lab.dir.join(command).display()))
        });
        inject(&a.ns, &[&advert, arp, query, &advert]);
        both[0].object("a master", SOON, 1, |v| v["type"] == "transition");
        both[1].object("two adverts", SOON, 2, |v| v["type"] == "advert");
        assert_eq!(joined(&c.ns), groups);
        // Each of the two counts.
        assert_eq!(link(&c.ns)["promiscuity"], promiscuity * 2, "{options}");
        for ended in both.map(|r| r.end(libc::SIGINT)) {
            assert_eq!(
                (ended.status, ended.object("summary")["adverts"].as_u64()),
                (Some(0), Some(2)),
                "{}",
                ended.err
            );
        }
        assert_eq!(link(&c.ns)["promiscuity"], 0);
    }
    let after = link(&c.ns);
    assert_eq!(after["stats64"]["tx"]["packets"], before["stats64"]["tx"]["packets"]);
    assert_eq!(joined(&c.ns), groups);
    // That the tap works: one frame that this test sends from there.
    inject(&c.ns, &[&advert]);
    sent.heard(1);
    assert_eq!(sent.end().len(), 1, "frames were sent");
}

pub fn flood() {
    const COUNT: u64 = 1_200_000;
    let lab = Lab::new();
    let (mut a, f, s) = (lab.node("a", 1), lab.node("f", 4), lab.node("s", 5));
    a.configure(&Instance { priority: 200, advert: "0.1", version: 3, ..Instance::default() }.text());
    // The sink drops what is not VRRP behind the tap; nobody is asked for its hardware address, or told one.
    s.sink();
    ip(&f.ns, &format!("neigh add 10.77.0.5 lladdr {} dev eth0 nud permanent\n", s.mac));
    let tcpdump = tcpdump(&s.ns, "eth0", "ip proto 112");
    let sniff = listening(&s.ns, "sniff eth0");
    let watch = listening(&s.ns, "watch eth0");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    tcpdump.more(3);
    let pids = [watch.pid(), sniff.pid(), tcpdump.pid()];
    let (before, started) = (pids.map(cpu), Instant::now());
    let sender = helper(&f.ns, &["__flood", "10.77.0.5", &COUNT.to_string(), "4000"]).ended();
    let (after, lasted) = (pids.map(cpu), started.elapsed());
    assert_eq!(sender.status, Some(0), "{}", sender.err);
    tcpdump.more(3);
    let marker = lab.bare("end", 9);
    a.stop();
    inject(&marker.ns, &[LAST]);
    sniff.object("the last frame", SOON, 1, |v| v["src"] == "10.77.0.9");
    tcpdump.heard_from("10.77.0.9");
    let (sniffed, watched) = (sniff.end(libc::SIGINT), watch.end(libc::SIGINT));
    let heard = tcpdump.end();
    let seen: Vec<(String, Option<u64>)> = sniffed
        .objects("advert")
        .iter()
        .map(|v| (v["src"].as_str().unwrap_or_default().to_owned(), v["ip_id"].as_u64()))
        .collect();
    assert_eq!(seen, heard.iter().map(|h| (h.src.clone(), h.ip_id)).collect::<Vec<_>>());
    // keepalived counts its adverts in the IP header: none is missing.
    let ids: Vec<u64> = seen.iter().filter(|s| s.0 == a.address).filter_map(|s| s.1).collect();
    assert!(ids.windows(2).all(|w| w[1] == w[0] + 1), "{ids:?}");
    for ended in [&sniffed, &watched] {
        let summary = ended.object("summary");
        assert_eq!((&summary["dropped"], &summary["adverts"]), (&0.into(), &heard.len().into()), "{summary}");
    }
    let text = sender.text();
    let mut words = text.split_whitespace();
    let sent: f64 = words.next().and_then(|w| w.parse().ok()).expect("a count");
    let seconds: f64 = words.next().and_then(|w| w.parse().ok()).expect("a time");
    let used = [0, 1, 2].map(|i| after[i].saturating_sub(before[i]).as_secs_f64());
    println!(
        "flood: {sent:.0} datagrams in {seconds:.1} s ({:.0} a second) and {} adverts; CPU used by hactl watch {:.1} ms, \
         hactl sniff {:.1} ms, tcpdump {:.1} ms",
        sent / seconds,
        heard.len(),
        used[0] * 1e3,
        used[1] * 1e3,
        used[2] * 1e3
    );
    // Generous: it should be a thousandth.
    assert!(used[0] < lasted.as_secs_f64() / 2.0, "{:.3} s of {lasted:?}", used[0]);
}

/// Time that a process has spent on a processor: the first number of /proc/PID/task/TID/schedstat, in nanoseconds.
fn cpu(pid: i32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("a process").flatten();
    let nanos = tasks.map(|task| {
        let stat = fs::read_to_string(task.path().join("schedstat")).expect("a thread");
        stat.split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number")
    });
    Duration::from_nanos(nanos.sum())
}
