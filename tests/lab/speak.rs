//! `hactl speak` by itself and beside a keepalived that it does not agree with: what it sends, asks, leaves and minds.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::netns::{Instance, Lab, Node, Running, SOON, inside, ip, run, until, wall};
use crate::speaker::{ADVERTS, Seen, Speaker, Tap, addresses, adverts, hex, holds, interfaces, on_time, until_holds};

const VIP: &str = "10.77.0.110";
/// Version 3, an advert every 200 ms: a backup waits 721.875 ms, and 121.875 ms after a release.
const QUICK: &str = "--vip 10.77.0.110/24 --version 3 --advert-int 200ms";
const QUICK_IPV6: &str = "--vip 2001:db8:77::110/64 --vip fe80::110/64 --advert-int 200ms";

fn quick(priority: u8) -> Instance {
    Instance { priority, advert: "0.2", version: 3, ..Instance::default() }
}

/// Starts a speaker and waits until it is master. Gives the moment.
#[track_caller]
fn master(lab: &Lab, speaker: &mut Speaker<'_>, name: &str) -> f64 {
    let since = wall();
    speaker.start();
    lab.expect(name, "MASTER", since)
}

/// Hexadecimal digits without spaces.
fn joined(text: &str) -> String {
    text.replace(' ', "")
}

/// The first advert's frame of a speaker alone on a switch.
fn first_advert(ipv6: bool, args: &str) -> String {
    let lab = Lab::new();
    let a = if ipv6 { lab.node_ipv6("a", 1) } else { lab.node("a", 1) };
    let tap = Tap::on(&lab, ADVERTS);
    let mut speaker = Speaker::on(&a, args);
    speaker.start();
    let frame = tap.wait("an advert", |frames| frames.first().map(|f| hex(&f.bytes)));
    speaker.stop(libc::SIGTERM);
    frame
}

/// RFC 5798 §5.1 and §5.2, whole frames. The address of VRID 51, priority 100.
pub fn wire_format() {
    // Ethernet; TOS c0, length 40, number 1, no flags, TTL 255, protocol 112; version 2, authentication 0, 1 s.
    let v2 = first_advert(false, "--vip 10.77.0.110/24 --down-timer-adverts 1");
    let expected = "01005e000012 02000a4d0001 0800 45c0002800010000ff70d0440a4d0001e0000012 \
                    2133640100 01700f 0a4d006e 0000000000000000";
    assert_eq!(v2, joined(expected));
    // Version 3, 20 cs, the checksum with a pseudo-header.
    let v3 = first_advert(false, QUICK);
    let expected = "01005e000012 02000a4d0001 0800 45c0002000010000ff70d04c0a4d0001e0000012 31336401 0014751f 0a4d006e";
    assert_eq!(v3, joined(expected));
    // Traffic class c0, any flow label, 40 bytes, hop limit 255, link-local source; the link-local address is the first.
    let mut six = first_advert(true, QUICK_IPV6);
    six.replace_range(31..36, "-----");
    let expected = "333300000012 02000a4d0001 86dd 6c0----- 0028 70 ff fe800000000000000000000000000001 \
                    ff020000000000000000000000000012 31336402 00143db6 fe800000000000000000000000000110 \
                    20010db8007700000000000000000110";
    assert_eq!(six, joined(expected));
}

/// The multicast groups of a node's eth0.
fn groups(node: &Node<'_>) -> String {
    run(inside(&node.ns, "ip").args(["maddr", "show", "dev", "eth0"]))
}

pub fn joins_the_group() {
    let lab = Lab::new();
    let (a, b) = (lab.node("a", 1), lab.node_ipv6("b", 2));
    // MLD is behind hop-by-hop options.
    let tap = Tap::on(&lab, "igmp or ip6[6] == 0");
    let reports = |mac: &str, group: &[u8]| {
        let has = |f: &Seen| f.mac() == mac && f.bytes[34..].windows(group.len()).any(|w| w == group);
        tap.wait("a report of the group", |frames| frames.iter().any(has).then_some(()));
    };
    let mut six = [0; 16];
    (six[0], six[1], six[15]) = (0xff, 0x02, 0x12);
    for (node, args, group, link, bytes) in [
        (&a, QUICK, "224.0.0.18", "01:00:5e:00:00:12", &[224, 0, 0, 18][..]),
        (&b, QUICK_IPV6, "ff02::12", "33:33:00:00:00:12", &six[..]),
    ] {
        assert!(!groups(node).contains(group));
        let mut speaker = Speaker::on(node, args);
        speaker.start();
        speaker.object("listening", 0.0, |_| true);
        let now = groups(node);
        assert!(now.contains(group) && now.contains(link), "{now}");
        // Switches that look for it learn of it.
        reports(&node.mac, bytes);
        speaker.stop(libc::SIGTERM);
        let now = groups(node);
        assert!(!now.contains(group) && !now.contains(link), "{now}");
    }
}

/// The virtual MAC address of VRID 51 (RFC 5798 §7.3).
const VMAC: &str = "00:00:5e:00:01:33";

pub fn vmac() {
    let lab = Lab::new();
    let (mut a, on_b, client) = (lab.node("a", 1), lab.node("b", 2), lab.node("c", 9));
    a.configure(&Instance { extra: "use_vmac".into(), ..quick(200) }.text());
    let mut b = Speaker::on(&on_b, &format!("{QUICK} --vmac"));
    let tap = Tap::on(&lab, "ip proto 112 or arp or icmp");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    assert_eq!(interfaces(&on_b.ns), ["lo", "eth0", "vrrp.51"]);
    tap.heard("10.77.0.1", 2, wall());
    let since = wall();
    a.stop();
    lab.expect("b", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
    // 0.2 × 156/256 s
    on_time("b after the release of a", (first.t - last.t) * 1e3, 121.875);
    assert_eq!((last.mac.as_str(), first.mac.as_str()), (VMAC, VMAC));
    until("the address on the macvlan", SOON, || addresses(&on_b.ns, "vrrp.51").contains(&VIP.into()).then_some(()));
    assert!(!holds(&on_b, VIP));
    // A host asks for the address and sends to it.
    let ping = crate::netns::helper(&client.ns, &["__ping", VIP, "100"]);
    let answers = |kind: u16, look: fn(&Seen) -> bool| {
        tap.wait("an answer", |all| all.iter().find(|f| f.t >= since && f.kind() == kind && look(f)).cloned())
    };
    // An ARP reply (2): from whom, in the Ethernet header and in the message, of which address.
    let reply = answers(0x0806, |f| f.bytes[21] == 2);
    assert_eq!((reply.mac().as_str(), hex(&reply.bytes[22..32])), (VMAC, "00005e0001330a4d006e".into()), "{reply:?}");
    // It goes back by the way of the base interface's network, whichever of its addresses that takes.
    answers(0x0800, |f| f.bytes[23] == 1 && f.bytes[34] == 0);
    ping.end(libc::SIGKILL);
    // keepalived returns: b gives way.
    let since = wall();
    a.start();
    lab.expect("a", "MASTER", since);
    lab.expect("b", "BACKUP", since);
    b.stop(libc::SIGTERM);
    assert_eq!((interfaces(&on_b.ns), arp_ignore(&on_b)), (vec!["lo".into(), "eth0".into()], "0".into()));
    // What a killed one leaves, the next one removes.
    b.start();
    b.object("listening", since, |_| true);
    let pid = b.crash();
    assert_eq!(interfaces(&on_b.ns), ["lo", "eth0", "vrrp.51"]);
    assert_eq!(arp_ignore(&on_b), "1");
    b.start();
    let told = b.object("trouble", since, |v| v["kind"] == "leftover");
    let text = format!("interface vrrp.51 was still here: left by hactl process {pid}, which was killed; removed");
    assert_eq!(told["message"], text);
    b.stop(libc::SIGINT);
    assert_eq!((interfaces(&on_b.ns), arp_ignore(&on_b)), (vec!["lo".into(), "eth0".into()], "0".into()));
}

fn arp_ignore(node: &Node<'_>) -> String {
    run(inside(&node.ns, "sysctl").args(["-n", "net.ipv4.conf.eth0.arp_ignore"])).trim().to_owned()
}

/// With a virtual MAC of its own a unicast virtual router is still reached by the MAC of its interface.
pub fn vmac_unicast() {
    let lab = Lab::new();
    let (on_a, on_b) = (lab.node("a", 1), lab.node("b", 2));
    let tap = Tap::on(&lab, ADVERTS);
    let mut a = Speaker::on(&on_a, &format!("{QUICK} --unicast-peer 10.77.0.2 --priority 200"));
    let mut b = Speaker::on(&on_b, &format!("{QUICK} --unicast-peer 10.77.0.1 --vmac"));
    master(&lab, &mut a, "a");
    let since = wall();
    b.start();
    let told = b.object("listened", since, |_| true);
    assert_eq!((&told["master"], &told["master_priority"]), (&json!("10.77.0.1"), &json!(200)), "{told}");
    a.stop(libc::SIGTERM);
    lab.expect("b", "MASTER", since);
    tap.heard("10.77.0.2", 1, since);
    assert!(tap.adverts(since).iter().filter(|f| f.src == "10.77.0.2").all(|f| f.mac == on_b.mac));
    until("the address on the macvlan", SOON, || addresses(&on_b.ns, "vrrp.51").contains(&VIP.into()).then_some(()));
    b.stop(libc::SIGTERM);
}

/// Announcements of two addresses: five rounds at once, and five more after 5 s.
fn announcements(lab: &Lab, a: &Node<'_>, args: &str, filter: &str, expected: [&str; 2], compare: fn(&Seen) -> String) {
    let wire = Tap::on(lab, ADVERTS);
    let tap = Tap::on(lab, filter);
    let mut speaker = Speaker::on(a, args);
    master(lab, &mut speaker, "a");
    let of_a = |all: &[Seen]| -> Vec<Seen> {
        let theirs = all.iter().filter(|f| expected.iter().any(|e| compare(f) == joined(e)));
        theirs.cloned().collect()
    };
    let all = tap.wait("twenty announcements", |all| Some(of_a(all)).filter(|a| a.len() >= 20));
    let order: Vec<String> = all.iter().map(compare).collect();
    let rounds: Vec<String> = expected.iter().cycle().take(20).map(|e| joined(e)).collect();
    assert_eq!(order, rounds);
    let first = wire.adverts(0.0)[0].t;
    for (i, frame) in all.iter().enumerate() {
        let after = (frame.t - first) * 1e3;
        on_time(&format!("announcement {i}"), after, if i < 10 { 0.0 } else { 5000.0 });
    }
    let told = speaker.object("announced", 0.0, |_| true);
    assert_eq!((&told["rounds"], &told["count"]), (&5.into(), &2.into()));
    speaker.stop(libc::SIGTERM);
    // And nothing else, as duplicate address detection (RFC 4862) would.
    let theirs = tap.all().into_iter().filter(|f| f.mac() == a.mac).collect::<Vec<_>>();
    assert_eq!(theirs, all);
}

pub fn gratuitous_arp() {
    let lab = Lab::new();
    let a = lab.node("a", 1);
    let args = format!("{QUICK} --vip 10.77.0.111/24");
    // A request (1) to all for the own address; the target hardware address is ff:….
    let expected = [
        "ffffffffffff 02000a4d0001 0806 0001 0800 06 04 0001 02000a4d0001 0a4d006e ffffffffffff 0a4d006e",
        "ffffffffffff 02000a4d0001 0806 0001 0800 06 04 0001 02000a4d0001 0a4d006f ffffffffffff 0a4d006f",
    ];
    announcements(&lab, &a, &args, "arp", expected, |f| hex(&f.bytes));
}

pub fn neighbour_advertisements() {
    let lab = Lab::new();
    let a = lab.node_ipv6("a", 1);
    // To all nodes with hop limit 255: type 136, only the override flag, the address, and the hardware address as an option.
    let expected = [
        "333300000001 02000a4d0001 86dd 0020 3a ff fe800000000000000000000000000110 ff020000000000000000000000000001 \
         8800 4b30 20000000 fe800000000000000000000000000110 0201 02000a4d0001",
        "333300000001 02000a4d0001 86dd 0020 3a ff 20010db8007700000000000000000110 ff020000000000000000000000000001 \
         8800 ebd1 20000000 20010db8007700000000000000000110 0201 02000a4d0001",
    ];
    // Without traffic class and flow label.
    let compare = |f: &Seen| hex(&f.bytes[..14]) + &hex(&f.bytes[18..]);
    announcements(&lab, &a, QUICK_IPV6, "icmp6 and (ip6[40] == 136 or ip6[40] == 135)", expected, compare);
}

pub fn release_on_exit() {
    let lab = Lab::new();
    let a = lab.node("a", 1);
    let tap = Tap::on(&lab, ADVERTS);
    let mut speaker = Speaker::on(&a, QUICK);
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let since = master(&lab, &mut speaker, "a") - 0.05;
        tap.heard(&a.address, 2, since);
        let ended = speaker.stop(signal);
        assert!(!holds(&a, VIP), "signal {signal}");
        tap.released(&a.address, since);
        let states: Vec<Value> = ended.objects("state").iter().map(|s| json!([s["to"], s["reason"]])).collect();
        let expected = [json!(["BACKUP", "started"]), json!(["MASTER", "nobody-heard"]), json!(["INIT", "stopped"])];
        assert_eq!(states, expected);
        assert_eq!(ended.object("summary")["exit"], 0);
    }
    // Nobody reads any more: its output is closed after 7 lines, when it is settled and has nothing to write.
    let command = format!("{} speak eth0 --vrid 51 --json {QUICK} | head -n 7", env!("CARGO_BIN_EXE_hactl"));
    let since = wall();
    let ended = Running::start(inside(&a.ns, "sh").args(["-c", &command]), Stdio::null()).ended();
    assert_eq!((ended.out.len(), ended.err.as_str()), (7, ""));
    assert!(!holds(&a, VIP));
    tap.released(&a.address, since);
    // A frame after the last one says that there was no second release.
    let mut last = Speaker::on(&a, QUICK);
    let end = master(&lab, &mut last, "a") - 0.05;
    tap.heard(&a.address, 1, end);
    assert_eq!(tap.releases(&a.address, 0.0), 4);
}

/// What a node has sent, without reports of multicast groups: joining one is told to switches.
fn sent(frames: &[Seen], node: &Node<'_>) -> Vec<Seen> {
    frames.iter().filter(|f| f.mac() == node.mac && !(f.kind() == 0x0800 && f.bytes[23] == 2)).cloned().collect()
}

pub fn consent() {
    let lab = Lab::new();
    let (mut a, b) = (lab.node("a", 1), lab.node("b", 2));
    a.configure(&quick(100).text());
    let tap = Tap::on(&lab, "");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    // It would take over, and nobody said yes.
    let mut eager = Speaker::on(&b, &format!("{QUICK} --priority 150"));
    eager.start();
    let ended = eager.refused();
    let says = "10.77.0.1 is master with 100; at priority 150 you would take the address over";
    assert!(ended.err.contains(says), "{}", ended.err);
    let listened = ended.object("listened");
    assert_eq!((&listened["join"], &listened["master"]), (&false.into(), &"10.77.0.1".into()));
    // The VRID is somebody else's.
    let mut other = Speaker::on(&b, "--vip 10.77.0.111/24 --version 3 --advert-int 200ms --take-over");
    other.start();
    let ended = other.refused();
    assert!(ended.err.contains("VRID 51 belongs to 10.77.0.110 there, not to 10.77.0.111"), "{}", ended.err);
    assert_eq!(sent(&tap.all(), &b), []);
    // That the tap sees b: it joins by force, as the one with other addresses.
    let mut forced =
        Speaker::on(&b, "--vip 10.77.0.111/24 --version 3 --advert-int 200ms --priority 150 --take-over --force");
    let since = master(&lab, &mut forced, "b") - 0.05;
    tap.heard("10.77.0.2", 1, since);
    assert!(!sent(&tap.all(), &b).is_empty());
}

/// Not a frame leaves, not even a report of a multicast group.
pub fn observe() {
    let lab = Lab::new();
    let (mut a, b) = (lab.node("a", 1), lab.node("b", 2));
    a.configure(&quick(100).text());
    let tap = Tap::on(&lab, "");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    // It only looks: a preempting backup, master in its mind, and a backup of a better one.
    let mut observer = Speaker::on(&b, &format!("{QUICK} --priority 150 --observe"));
    let since = wall();
    observer.start();
    lab.expect("b", "BACKUP", since);
    lab.expect("b", "MASTER", since);
    tap.heard("10.77.0.1", 5, wall());
    assert!(!holds(&b, VIP));
    a.stop();
    a.configure_again(&quick(200).text());
    let since = wall();
    a.start();
    lab.expect("a", "MASTER", since);
    lab.expect("b", "BACKUP", since);
    // It sees a crash and would take over 682.812 ms later: 3 × 0.2 s + 0.2 × 106/256 s.
    tap.heard("10.77.0.1", 2, wall());
    let since = wall();
    a.crash();
    let told = observer.state("MASTER", since);
    assert_eq!((&told["reason"], &told["expected_ms"]), (&"master-down".into(), &682.812.into()), "{told}");
    let ended = observer.stop(libc::SIGTERM);
    assert_eq!((&ended.object("summary")["sent"], &ended.objects("addresses")[..]), (&0.into(), &[][..]));
    assert!(!holds(&b, VIP));
    let of_b = |frames: &[Seen]| frames.iter().filter(|f| f.mac() == b.mac).cloned().collect::<Vec<Seen>>();
    // That the tap sees b, and how soon: the report of the one that takes part comes before its first advert.
    let mut speaker = Speaker::on(&b, QUICK);
    let started = wall();
    master(&lab, &mut speaker, "b");
    tap.heard("10.77.0.2", 1, started);
    let first = of_b(&tap.all()).into_iter().next().expect("a frame");
    assert_eq!((first.kind(), first.bytes[23]), (0x0800, 2), "{first:?}");
    assert!(first.t > started, "{first:?}");
}

/// keepalived 2.2.7 takes no advert with other addresses. Which one follows is a matter of the profile.
pub fn other_addresses() {
    let lab = Lab::new();
    let (mut a, b) = (lab.node("a", 1), lab.node("b", 2));
    a.configure(&quick(100).text());
    let tap = Tap::on(&lab, ADVERTS);
    a.start();
    lab.expect("a", "MASTER", 0.0);
    let two = format!("{QUICK} --vip 10.77.0.111/24");
    // keepalived 2.4 does take them, and remarks.
    let mut patient = Speaker::on(&b, &format!("{two} --priority 50 --force"));
    patient.start();
    let since = lab.expect("b", "BACKUP", 0.0);
    tap.heard("10.77.0.1", 8, since);
    let ended = patient.stop(libc::SIGTERM);
    assert_eq!(ended.object("summary")["rejected"], 0);
    let says = ended.object("listened")["message"].as_str().unwrap_or_default().to_owned();
    assert!(says.contains("VRID 51 belongs to 10.77.0.110 there, not to 10.77.0.110, 10.77.0.111"), "{says}");
    // keepalived 2.2 does not.
    let as_2_2 = format!("{two} --priority 50 --profile keepalived-2.2");
    let mut strict = Speaker::on(&b, &as_2_2);
    strict.start();
    let ended = strict.refused();
    let reason = "it carries 1 address, this router has 2";
    assert!(ended.err.contains("so both would be master") && ended.err.contains(reason), "{}", ended.err);
    both_masters(&lab, &a, &b, &format!("{as_2_2} --force"), reason);
}

/// a is master and stays it; b becomes master beside it, as it rejects its adverts for this reason and a those of b.
#[track_caller]
fn both_masters(lab: &Lab, a: &Node<'_>, b: &Node<'_>, args: &str, reason: &str) {
    let since = wall();
    let mut forced = Speaker::on(b, args);
    forced.start();
    let told = forced.object("rejected", since, |_| true);
    assert_eq!(told["src"], "10.77.0.1", "{told}");
    assert!(told["reasons"].to_string().contains(reason), "{told}");
    let at = lab.expect("b", "MASTER", since);
    until_holds(b, VIP, true);
    let tap = Tap::on(lab, ADVERTS);
    tap.wait("five adverts of either", |frames| (adverts(frames, at).len() >= 5).then_some(()));
    assert!(holds(a, VIP));
    let notices = lab.notices.all();
    assert!(!notices.iter().any(|n| n.node == "a" && n.at >= since), "{notices:?}");
    let ended = forced.stop(libc::SIGTERM);
    let states: Vec<Value> = ended.objects("state").iter().map(|s| s["to"].clone()).collect();
    assert_eq!(states, ["BACKUP", "MASTER", "INIT"]);
}

pub fn other_password() {
    let lab = Lab::new();
    let (mut a, b, c) = (lab.node("a", 1), lab.node("b", 2), lab.node("c", 3));
    let extra = "authentication {\n    auth_type PASS\n    auth_pass s3cret\n  }";
    a.configure(&Instance { priority: 100, extra: extra.into(), ..Instance::default() }.text());
    let write = |name: &str, text: &str| {
        let path = lab.dir.join(name);
        fs::write(&path, text).expect("a file is written");
        path.display().to_string()
    };
    let (wrong, right) = (write("wrong", "hunter2"), write("right", "s3cret"));
    a.start();
    lab.expect("a", "MASTER", 0.0);
    // In version 2 the interval has to be the same too.
    let mut slow = Speaker::on(&c, &format!("--vip 10.77.0.110/24 --advert-int 2s --auth-pass-file {right}"));
    slow.start();
    let args = format!("--vip 10.77.0.110/24 --priority 50 --auth-pass-file {wrong}");
    let mut other = Speaker::on(&b, &args);
    other.start();
    let ended = other.refused();
    let reason = "its password is another one than this router's";
    assert!(ended.err.contains(reason), "{}", ended.err);
    let all = ended.text() + &ended.err;
    assert!(!all.contains("hunter2") && !all.contains("s3cret"), "{all}");
    let ended = slow.refused();
    let reasons = ended.object("rejected")["reasons"].clone();
    assert_eq!(reasons, json!(["it announces an interval of 1s, this router's is 2s"]));
    both_masters(&lab, &a, &b, &format!("{args} --force"), reason);
}

pub fn signed() {
    let lab = Lab::new();
    let (on_a, on_b, on_c) = (lab.node("a", 1), lab.node("b", 2), lab.node("c", 3));
    let key = |digits: &str| format!("--hmac-key 1=hex:{}", digits.repeat(32));
    let mut a = Speaker::on(&on_a, &format!("{QUICK} --priority 200 {}", key("5a")));
    let mut b = Speaker::on(&on_b, &format!("{QUICK} {}", key("5a")));
    let mut c = Speaker::on(&on_c, &format!("{QUICK} {}", key("a5")));
    let mut d = Speaker::on(&on_c, &format!("{QUICK} --profile keepalived-2.4"));
    let tap = Tap::on(&lab, ADVERTS);
    master(&lab, &mut a, "a");
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    c.start();
    let ended = c.refused();
    let reasons = ended.object("rejected")["reasons"].clone();
    assert_eq!(reasons, json!(["its digest is wrong: another value of key 1, or bytes changed on the way"]));
    // One without keys.
    d.start();
    let ended = d.refused();
    let reasons = ended.object("rejected")["reasons"].to_string();
    assert!(reasons.contains("an authentication trailer that this router does not know"), "{reasons}");
    assert_eq!(tap.speakers(), ["10.77.0.1"]);
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
    // 3 × 0.2 s + 0.2 × 156/256 s
    on_time("b after the crash of a", (first.t - last.t) * 1e3, 721.875);
    // The first one returns: its numbers go on from the clock, so b hears it, and gives way.
    let mut a = Speaker::on(&on_a, &format!("{QUICK} --priority 200 --take-over {}", key("5a")));
    let since = wall();
    master(&lab, &mut a, "a");
    lab.expect("b", "BACKUP", since);
    assert_eq!(tap.releases("10.77.0.2", 0.0), 0);
}

pub fn leftovers() {
    let lab = Lab::new();
    let a = lab.node("a", 1);
    let mut speaker = Speaker::on(&a, QUICK);
    master(&lab, &mut speaker, "a");
    until_holds(&a, VIP, true);
    // Another one would not hear it, and be master too.
    let mut second = Speaker::on(&a, QUICK);
    second.start();
    let ended = second.ended();
    let pid = speaker.running().pid();
    let text = format!(
        "hactl: hactl process {pid} is virtual router 51 of IPv4 on eth0 already: end it first (`kill {pid}`)\n"
    );
    assert_eq!((ended.text(), ended.err), (String::new(), text));
    assert!(holds(&a, VIP));
    let pid = speaker.crash();
    assert!(holds(&a, VIP));
    // The next one removes what the killed one left, and says so.
    let since = wall();
    speaker.start();
    let told = speaker.object("trouble", since, |v| v["kind"] == "leftover");
    let text =
        format!("10.77.0.110/24 was still on eth0: left there by hactl process {pid}, which was killed; removed");
    assert_eq!(told["message"], text);
    assert!(!holds(&a, VIP));
    let ended = speaker.stop(libc::SIGTERM);
    assert_eq!(ended.objects("trouble").len(), 1);
    // What somebody else put there is named, and stays: after an end, and after a killed one's successor.
    ip(&a.ns, "addr add 10.77.0.110/24 dev eth0\n");
    // It may be a daemon's of this very host, which is not heard: that needs consent.
    speaker.start();
    let refused = speaker.refused();
    assert!(refused.err.contains("10.77.0.110 is on this host already"), "{}", refused.err);
    let mut speaker = Speaker::on(&a, &format!("{QUICK} --force"));
    let since = master(&lab, &mut speaker, "a");
    let told = speaker.object("trouble", since - 0.05, |v| v["kind"] == "address");
    let text = "10.77.0.110 was on the interface already, put there by someone else; it is left as it is";
    assert_eq!(told["message"], text);
    speaker.stop(libc::SIGTERM);
    assert!(holds(&a, VIP));
    let since = master(&lab, &mut speaker, "a");
    speaker.object("trouble", since - 0.05, |v| v["kind"] == "address");
    speaker.crash();
    let since = wall();
    speaker.start();
    lab.expect("a", "BACKUP", since);
    let ended = speaker.stop(libc::SIGTERM);
    assert_eq!(ended.objects("trouble"), [] as [Value; 0]);
    assert!(holds(&a, VIP));
    // A killed one that never had the address, or no longer, left nothing: what came since is somebody else's.
    ip(&a.ns, "addr del 10.77.0.110/24 dev eth0\n");
    let since = wall();
    speaker.start();
    speaker.object("listening", since, |_| true);
    speaker.crash();
    ip(&a.ns, "addr add 10.77.0.110/24 dev eth0\n");
    let mut speaker = Speaker::on(&a, QUICK);
    speaker.start();
    let refused = speaker.refused();
    assert!(refused.err.contains("10.77.0.110 is on this host already"), "{}", refused.err);
    assert!(holds(&a, VIP));
}

/// hactl (200) and a keepalived (100) behind it, which takes over while hactl cannot, and not otherwise.
pub fn faults() {
    let lab = Lab::new();
    let (a, mut c) = (lab.node("a", 1), lab.node("c", 3));
    c.configure(&quick(100).text());
    // Deleting the first address of a network deletes the others too, as in keepalived's measured case.
    let keys = ["all", "eth0"].map(|name| format!("net.ipv4.conf.{name}.promote_secondaries=0"));
    run(inside(&a.ns, "sysctl").arg("-qw").args(&keys));
    let tap = Tap::on(&lab, ADVERTS);
    let mut speaker = Speaker::on(&a, &format!("{QUICK} --priority 200"));
    master(&lab, &mut speaker, "a");
    until_holds(&a, VIP, true);
    c.start();
    lab.expect("c", "BACKUP", 0.0);
    tap.heard("10.77.0.1", 2, wall());
    // A backup with the whole wait; then it takes over from the one that has done so meanwhile.
    let recovers = |since: f64, what: &str| {
        let backup = lab.expect("a", "BACKUP", since);
        lab.expect("a", "MASTER", backup);
        let (_, first) = tap.handover("10.77.0.3", "10.77.0.1", backup);
        // 3 × 0.2 s + 0.2 × 56/256 s
        on_time(what, (first.t - backup) * 1e3, 643.75);
        until_holds(&a, VIP, true);
        lab.expect("c", "BACKUP", since);
        tap.heard("10.77.0.1", 2, wall());
    };
    // The interface goes down and comes up. A release cannot leave.
    let since = wall();
    ip(&a.ns, "link set eth0 down\n");
    let told = speaker.state("FAULT", since);
    assert_eq!((&told["reason"], &told["fault"]), (&"fault".into(), &"interface".into()), "{told}");
    until_holds(&a, VIP, false);
    lab.expect("c", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.3", since);
    // 3 × 0.2 s + 0.2 × 156/256 s
    on_time("c after the interface is down", (first.t - last.t) * 1e3, 721.875);
    let up = wall();
    ip(&a.ns, "link set eth0 up\n");
    recovers(up, "a after the interface is up");
    // Somebody deletes the address: one release, and back after its own skew time, which is shorter than that of c.
    let since = wall();
    ip(&a.ns, "addr del 10.77.0.110/24 dev eth0\n");
    let told = speaker.state("BACKUP", since);
    assert_eq!(told["reason"], "address-lost", "{told}");
    lab.expect("a", "MASTER", since);
    tap.released("10.77.0.1", since);
    let released = tap.adverts(since).iter().find(|s| s.priority == 0).map_or(0.0, |s| s.t);
    let (_, first) = tap.handover("10.77.0.1", "10.77.0.1", released + 1e-6);
    // 0.2 × 56/256 s
    on_time("a after its release", (first.t - released) * 1e3, 43.75);
    until_holds(&a, VIP, true);
    tap.heard("10.77.0.1", 2, wall());
    assert_eq!(tap.releases("10.77.0.1", since), 1);
    assert!(tap.adverts(since).iter().all(|s| s.src == "10.77.0.1"), "{:?}", tap.adverts(since));
    // Somebody deletes the address that it sends from: one release from it, and FAULT.
    let since = wall();
    ip(&a.ns, "addr del 10.77.0.1/24 dev eth0\n");
    let told = speaker.state("FAULT", since);
    assert_eq!((&told["reason"], &told["fault"]), (&"fault".into(), &"no-source".into()), "{told}");
    assert_eq!(addresses(&a.ns, "eth0"), [] as [&str; 0]);
    lab.expect("c", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.3", since);
    assert_eq!(last.priority, 0);
    // 0.2 × 156/256 s
    on_time("c after the release of a", (first.t - last.t) * 1e3, 121.875);
    let added = wall();
    ip(&a.ns, "addr add 10.77.0.1/24 brd + dev eth0\n");
    recovers(added, "a after there is an address");
    assert_eq!(tap.releases("10.77.0.1", since), 1);
    // The interface is deleted, and made anew.
    let since = wall();
    ip(&a.ns, "link del eth0\n");
    speaker.state("FAULT", since);
    lab.expect("c", "MASTER", since);
    let made = wall();
    a.plug_in();
    recovers(made, "a after there is an interface");
    // The same while it does not look: there is an interface before and after.
    speaker.running().signal(libc::SIGSTOP);
    ip(&a.ns, "link del eth0\n");
    a.plug_in();
    let made = wall();
    speaker.running().signal(libc::SIGCONT);
    speaker.state("FAULT", made);
    let backup = lab.expect("a", "BACKUP", made);
    lab.expect("a", "MASTER", backup);
    until_holds(&a, VIP, true);
    tap.heard("10.77.0.1", 2, wall());
    speaker.stop(libc::SIGTERM);
}
