//! Who takes over from whom, and when: `hactl speak` beside keepalived and FRR. Times are those of the wire.

use serde_json::Value;

use crate::netns::{Instance, Lab, Node, helper, inside, ip, run, wall};
use crate::speaker::{ADVERTS, Seen, Speaker, Tap, addresses, adverts, holds, on_time, until_holds};

const VIP: &str = "10.77.0.110";

/// Version 3, an advert every 200 ms.
fn quick(priority: u8) -> Instance {
    Instance { priority, advert: "0.2", version: 3, ..Instance::default() }
}

/// The same for hactl.
const QUICK: &str = "--vip 10.77.0.110/24 --version 3 --advert-int 200ms";

/// Starts keepalived on a with priority 200, and hactl on b as its backup.
fn behind_keepalived(lab: &Lab, a: &mut Node<'_>, b: &mut Speaker<'_>, tap: &Tap) {
    a.start();
    lab.expect("a", "MASTER", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    tap.heard(&a.address, 2, wall());
}

fn pair<'a>(lab: &'a Lab, args: &str) -> (Node<'a>, Node<'a>, Speaker<'a>) {
    let (mut a, b) = (lab.node("a", 1), lab.node("b", 2));
    a.configure(&Instance { priority: 200, ..Instance::default() }.text());
    let speaker = Speaker::on(&b, args);
    (a, b, speaker)
}

pub fn crash() {
    let lab = Lab::new();
    let (mut a, on_b, mut b) = pair(&lab, "--vip 10.77.0.110/24");
    let tap = Tap::on(&lab, ADVERTS);
    behind_keepalived(&lab, &mut a, &mut b, &tap);
    assert!(!holds(&on_b, VIP));
    let since = wall();
    a.crash();
    let told = b.state("MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
    // 3 × 1 s + 156/256 s
    on_time("silence", (first.t - last.t) * 1e3, 3609.375);
    assert_eq!((last.priority, first.priority, first.mac.as_str()), (200, 100, "02:00:0a:4d:00:02"));
    assert_eq!((&told["reason"], &told["master"]), (&"master-down".into(), &"10.77.0.1".into()), "{told}");
    assert_eq!(told["expected_ms"], 3609.375, "{told}");
    on_time("silence, as told", told["silent_ms"].as_f64().expect("a duration"), 3609.375);
    until_holds(&on_b, VIP, true);
}

pub fn stop() {
    let lab = Lab::new();
    let (mut a, on_b, mut b) = pair(&lab, "--vip 10.77.0.110/24");
    let tap = Tap::on(&lab, ADVERTS);
    behind_keepalived(&lab, &mut a, &mut b, &tap);
    let since = wall();
    a.stop();
    let told = b.state("MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
    assert_eq!(last.priority, 0);
    // 156/256 s
    on_time("from the release", (first.t - last.t) * 1e3, 609.375);
    assert_eq!((&told["reason"], &told["expected_ms"]), (&"released".into(), &609.375.into()), "{told}");
    until_holds(&on_b, VIP, true);
}

/// When who is master in a [`cascade`], in milliseconds: after the crash of a, from a's release, after the crash of b.
struct Times {
    b_after_a: f64,
    b_after_release: f64,
    c_after_b: f64,
}

/// Version 3, 200 ms.
const QUICK_TIMES: Times = Times {
    // 3 × 0.2 s + 0.2 × 106/256 s
    b_after_a: 682.8125,
    b_after_release: 82.8125,
    // 3 × 0.2 s + 0.2 × 156/256 s
    c_after_b: 721.875,
};

/// Version 2.
const SLOW_TIMES: Times = Times {
    // 3 × 1 s + 106/256 s
    b_after_a: 3414.0625,
    b_after_release: 414.0625,
    // 3 × 1 s + 156/256 s
    c_after_b: 3609.375,
};

/// keepalived on a (200) and c (100), hactl on b (150): mastership goes down and up again. That c keeps still when b takes
/// over shows that it accepts hactl's adverts; that b keeps still behind a, that hactl accepts keepalived's.
fn cascade(lab: &Lab, [a, on_b, c]: [&mut Node<'_>; 3], args: &str, vip: &str, times: &Times) {
    let tap = Tap::on(lab, ADVERTS);
    let mut b = Speaker::on(on_b, &format!("{args} --priority 150 --take-over"));
    let (at_a, at_b, at_c) = (a.address.clone(), on_b.address.clone(), c.address.clone());
    a.start();
    lab.expect("a", "MASTER", 0.0);
    c.start();
    lab.expect("c", "BACKUP", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    tap.heard(&at_a, 2, wall());
    // Down: a is killed.
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    let (last, first) = tap.handover(&at_a, &at_b, since);
    on_time("b after the crash of a", (first.t - last.t) * 1e3, times.b_after_a);
    assert_eq!((last.priority, first.priority), (200, 150));
    tap.heard(&at_b, 3, since);
    // Up: a returns. b gives way to its first advert, and does not release.
    let since = wall();
    a.start();
    lab.expect("a", "MASTER", since);
    let told = b.state("BACKUP", since);
    assert_eq!((&told["reason"], &told["master"]), (&"higher-priority".into(), &at_a.as_str().into()), "{told}");
    let (_, first) = tap.handover(&at_b, &at_a, since);
    on_time("b gives way", (told["t"].as_f64().expect("a time") - first.t) * 1e3, 0.0);
    until_holds(on_b, vip, false);
    tap.heard(&at_a, 2, since);
    // Down: a stops.
    let since = wall();
    a.stop();
    lab.expect("b", "MASTER", since);
    let (last, first) = tap.handover(&at_a, &at_b, since);
    assert_eq!((last.priority, tap.releases(&at_a, since)), (0, 1));
    on_time("b after the release of a", (first.t - last.t) * 1e3, times.b_after_release);
    tap.heard(&at_b, 2, since);
    until_holds(on_b, vip, true);
    // Down: b is killed.
    let since = wall();
    b.crash();
    lab.expect("c", "MASTER", since);
    let (last, first) = tap.handover(&at_b, &at_c, since);
    on_time("c after the crash of b", (first.t - last.t) * 1e3, times.c_after_b);
    assert_eq!((last.priority, first.priority), (150, 100));
    assert!(holds(on_b, vip), "what is killed leaves its addresses");
    // Up: both return.
    let since = wall();
    b.start();
    lab.expect("b", "MASTER", since);
    lab.expect("c", "BACKUP", since);
    a.start();
    lab.expect("a", "MASTER", since);
    lab.expect("b", "BACKUP", since);
    tap.heard(&at_a, 2, since);
    // Nobody was master beside another for an interval.
    let order = [&at_a, &at_b, &at_a, &at_b, &at_c, &at_b, &at_a];
    assert_eq!(tap.speakers(), order.map(String::as_str));
    assert_eq!(tap.releases(&at_b, 0.0), 0);
    b.stop(libc::SIGTERM);
    assert_eq!(tap.releases(&at_b, 0.0), 0, "a backup has nothing to release");
    let states = |name: &str| -> Vec<String> {
        lab.notices.all().into_iter().filter(|n| n.node == name).map(|n| n.state).collect()
    };
    assert_eq!(
        states("b"),
        ["BACKUP", "MASTER", "BACKUP", "MASTER", "BACKUP", "MASTER", "BACKUP", "INIT"],
        "{:?}",
        lab.notices.all()
    );
    assert_eq!(states("c"), ["BACKUP", "MASTER", "BACKUP"]);
}

/// Three nodes with keepalived on the outer ones.
fn three(lab: &Lab, instance: impl Fn(u8) -> Instance) -> [Node<'_>; 3] {
    let [mut a, b, mut c] = [("a", 1), ("b", 2), ("c", 3)].map(|(name, host)| lab.node(name, host));
    a.configure(&Instance { priority: 200, ..instance(1) }.text());
    c.configure(&Instance { priority: 100, ..instance(3) }.text());
    [a, b, c]
}

pub fn cascade_version_3() {
    let lab = Lab::new();
    let mut nodes = three(&lab, |_| quick(0));
    cascade(&lab, nodes.each_mut(), QUICK, VIP, &QUICK_TIMES);
}

pub fn cascade_unicast() {
    let lab = Lab::new();
    let peers = |own: u8| {
        let lines: Vec<String> = (1..=3).filter(|n| *n != own).map(|n| format!("    10.77.0.{n}\n")).collect();
        format!("unicast_src_ip 10.77.0.{own}\n  unicast_peer {{\n{}  }}", lines.concat())
    };
    let mut nodes = three(&lab, |own| Instance { extra: peers(own), ..quick(0) });
    // The bridge forwards unicast copies one by one, so each advert is on the wire twice.
    let args = format!("{QUICK} --unicast-peer 10.77.0.1 --unicast-peer 10.77.0.3");
    cascade(&lab, nodes.each_mut(), &args, VIP, &QUICK_TIMES);
}

pub fn cascade_ipv6() {
    let lab = Lab::new();
    let [mut a, mut b, mut c] = [("a", 1), ("b", 2), ("c", 3)].map(|(name, host)| lab.node_ipv6(name, host));
    let vips: &'static [&'static str] = &["fe80::110", "2001:db8:77::110"];
    a.configure(&Instance { vips, ..quick(200) }.text());
    c.configure(&Instance { vips, ..quick(100) }.text());
    let args = "--vip fe80::110/64 --vip 2001:db8:77::110/64 --advert-int 200ms";
    cascade(&lab, [&mut a, &mut b, &mut c], args, "2001:db8:77::110", &QUICK_TIMES);
}

/// The password of both authentications of version 2.
fn authenticated(kind: &str, option: &str) {
    let lab = Lab::new();
    let extra = format!("authentication {{\n    auth_type {kind}\n    auth_pass s3cret\n  }}");
    let mut nodes = three(&lab, |_| Instance { extra: extra.clone(), ..Instance::default() });
    let file = lab.dir.join("password");
    std::fs::write(&file, "s3cret\n").expect("a file is written");
    let args = format!("--vip 10.77.0.110/24 {option} {}", file.display());
    cascade(&lab, nodes.each_mut(), &args, VIP, &SLOW_TIMES);
}

pub fn cascade_pass() {
    authenticated("PASS", "--auth-pass-file");
}

pub fn cascade_ah() {
    authenticated("AH", "--ah-pass-file");
}

pub fn holds_and_hands_over() {
    let lab = Lab::new();
    let (on_b, mut c) = (lab.node("b", 2), lab.node("c", 3));
    c.configure(&quick(100).text());
    let mut b = Speaker::on(&on_b, &format!("{QUICK} --priority 150 --take-over"));
    let tap = Tap::on(&lab, ADVERTS);
    b.start();
    lab.expect("b", "MASTER", 0.0);
    // A lower starter stays backup: for longer than it would wait if it did not hear b.
    c.start();
    let since = lab.expect("c", "BACKUP", 0.0);
    tap.heard("10.77.0.2", 8, since);
    assert_eq!(tap.speakers(), ["10.77.0.2"]);
    // b stops: it releases once, and its addresses are gone when it has ended.
    let since = wall();
    let ended = b.stop(libc::SIGTERM);
    assert!(!holds(&on_b, VIP));
    assert_eq!(ended.object("summary")["exit"], 0);
    lab.expect("c", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.2", "10.77.0.3", since);
    assert_eq!(last.priority, 0);
    // 0.2 × 156/256 s
    on_time("c after the release of b", (first.t - last.t) * 1e3, 121.875);
    tap.heard("10.77.0.3", 2, since);
    assert_eq!(tap.releases("10.77.0.2", 0.0), 1);
    // b returns as a backup that waits longer by its own interval: it adopts c's.
    let mut low = Speaker::on(&on_b, "--vip 10.77.0.110/24 --version 3 --advert-int 300ms --priority 50");
    let since = wall();
    low.start();
    lab.expect("b", "BACKUP", since);
    tap.heard("10.77.0.3", 2, wall());
    let since = wall();
    c.crash();
    let told = low.state("MASTER", since);
    let (last, first) = tap.handover("10.77.0.3", "10.77.0.2", since);
    // 3 × 0.2 s + 0.2 × 206/256 s
    on_time("b after the crash of c", (first.t - last.t) * 1e3, 760.9375);
    assert_eq!(told["expected_ms"], 760.937, "whole microseconds: {told}");
}

/// What does not run neither hears nor speaks. A backup that goes on first hears what it has missed.
pub fn paused() {
    let lab = Lab::new();
    let [mut a, on_b, mut c] = three(&lab, |_| quick(0));
    let mut b = Speaker::on(&on_b, &format!("{QUICK} --priority 150"));
    let tap = Tap::on(&lab, ADVERTS);
    behind_keepalived(&lab, &mut a, &mut b, &tap);
    c.start();
    lab.expect("c", "BACKUP", 0.0);
    // For longer than the 682.8125 ms of b.
    b.running().signal(libc::SIGSTOP);
    tap.heard("10.77.0.1", 6, wall());
    b.running().signal(libc::SIGCONT);
    tap.heard("10.77.0.1", 6, wall());
    assert_eq!(tap.speakers(), ["10.77.0.1"]);
    let since = wall();
    a.stop();
    lab.expect("b", "MASTER", since);
    tap.heard("10.77.0.2", 2, since);
    // A paused master is a dead one.
    let since = wall();
    b.running().signal(libc::SIGSTOP);
    lab.expect("c", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.2", "10.77.0.3", since);
    // 3 × 0.2 s + 0.2 × 156/256 s
    on_time("c after the pause of b", (first.t - last.t) * 1e3, 721.875);
    tap.heard("10.77.0.3", 3, since);
    // It goes on, and is the better one.
    let since = wall();
    b.running().signal(libc::SIGCONT);
    lab.expect("c", "BACKUP", since);
    tap.heard("10.77.0.2", 3, since);
    assert_eq!(tap.speakers(), ["10.77.0.1", "10.77.0.2", "10.77.0.3", "10.77.0.2"]);
    // The same, and a better one has become master meanwhile: it gives way without a word.
    c.stop();
    b.running().signal(libc::SIGSTOP);
    a.start();
    lab.expect("a", "MASTER", since);
    let since = wall();
    tap.heard("10.77.0.1", 3, since);
    b.running().signal(libc::SIGCONT);
    lab.expect("b", "BACKUP", since);
    tap.heard("10.77.0.1", 3, wall());
    assert!(tap.adverts(since).iter().all(|s| s.src == "10.77.0.1"), "{:?}", tap.adverts(since));
}

pub fn unicast_after_an_address_changed() {
    let lab = Lab::new();
    let (mut a, on_b) = (lab.node("a", 1), lab.node("b", 2));
    let extra = "unicast_src_ip 10.77.0.1\n  unicast_peer {\n    10.77.0.2\n    10.77.0.3\n  }";
    a.configure(&Instance { extra: extra.into(), ..quick(200) }.text());
    run(inside(&on_b.ns, "sysctl").args(["-qw", "net.ipv4.conf.eth0.promote_secondaries=1"]));
    // a asks once a second who has an address that nobody has yet: too seldom for b.
    ip(&a.ns, &format!("neigh add 10.77.0.3 lladdr {} dev eth0 nud permanent\n", on_b.mac));
    let mut b = Speaker::on(&on_b, &format!("{QUICK} --unicast-peer 10.77.0.1"));
    let tap = Tap::on(&lab, ADVERTS);
    behind_keepalived(&lab, &mut a, &mut b, &tap);
    ip(&on_b.ns, "addr add 10.77.0.3/24 brd + dev eth0\naddr del 10.77.0.2/24 dev eth0\n");
    // Two copies each. It hears those to its new address.
    tap.heard("10.77.0.1", 16, wall());
    assert_eq!(tap.speakers(), ["10.77.0.1"]);
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.3", since);
    // 3 × 0.2 s + 0.2 × 156/256 s
    on_time("b after the crash of a", (first.t - last.t) * 1e3, 721.875);
}

pub fn no_preempt() {
    for keepalived in [false, true] {
        let lab = Lab::new();
        let (mut a, mut on_b) = (lab.node("a", 1), lab.node("b", 2));
        a.configure(&quick(100).text());
        on_b.configure(&Instance { extra: "nopreempt".into(), ..quick(200) }.text());
        let mut b = Speaker::on(&on_b, &format!("{QUICK} --priority 200 --no-preempt"));
        let tap = Tap::on(&lab, ADVERTS);
        a.start();
        lab.expect("a", "MASTER", 0.0);
        if keepalived {
            on_b.start();
        } else {
            b.start();
        }
        let since = lab.expect("b", "BACKUP", 0.0);
        tap.heard("10.77.0.1", 8, since);
        assert_eq!(tap.speakers(), ["10.77.0.1"], "keepalived: {keepalived}");
        let since = wall();
        a.crash();
        let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
        // 3 × 0.2 s + 0.2 × 56/256 s
        on_time("b after the crash of a", (first.t - last.t) * 1e3, 643.75);
    }
}

pub fn preempt_delay() {
    for keepalived in [false, true] {
        let lab = Lab::new();
        let (mut a, mut on_b) = (lab.node("a", 1), lab.node("b", 2));
        a.configure(&quick(100).text());
        on_b.configure(&Instance { extra: "preempt_delay 0.5".into(), ..quick(150) }.text());
        let mut b = Speaker::on(&on_b, &format!("{QUICK} --priority 150 --preempt-delay 500ms --take-over"));
        let tap = Tap::on(&lab, ADVERTS);
        a.start();
        lab.expect("a", "MASTER", 0.0);
        if keepalived {
            on_b.start();
        } else {
            b.start();
        }
        let backup = lab.expect("b", "BACKUP", 0.0);
        let (_, first) = tap.handover("10.77.0.1", "10.77.0.2", backup);
        let lower: Vec<f64> =
            tap.adverts(0.0).iter().filter(|s| s.t < first.t && s.priority == 100).map(|s| s.t).collect();
        // The delay of 0.5 s begins with the first lower advert. That, and the ones 0.2 s and 0.4 s later, are borne; the
        // last of them begins the wait of 3 × 0.2 s + 0.2 × 106/256 s, in which three more come.
        let context = format!("keepalived: {keepalived}, backup at {backup:.6}, {lower:?}, {first:?}");
        let borne = lower.iter().rposition(|t| (first.t - t) * 1e3 > 600.0).expect("an advert before");
        on_time(&context, (first.t - lower[borne]) * 1e3, 682.8125);
        assert_eq!(lower.len() - 1 - borne, 3, "{context}");
        // keepalived notifies a little after the change.
        assert!(lower[borne - 2] > backup - 0.060 && lower[borne - 3] < backup, "{context}");
    }
}

pub fn ties() {
    let lab = Lab::new();
    let (mut a, mut b) = (lab.node("a", 1), lab.node("b", 2));
    a.configure(&quick(100).text());
    b.configure(&quick(100).text());
    let (mut at_a, mut at_b) = (Speaker::on(&a, QUICK), Speaker::on(&b, QUICK));
    for hactl_on_b in [true, false] {
        let tap = Tap::on(&lab, ADVERTS);
        a.deaf();
        b.deaf();
        let since = wall();
        if hactl_on_b {
            a.start();
            at_b.start();
        } else {
            at_a.start();
            b.start();
        }
        lab.expect("a", "MASTER", since);
        lab.expect("b", "MASTER", since);
        tap.heard("10.77.0.1", 2, since);
        tap.heard("10.77.0.2", 2, since);
        // Both hear again: the lower address gives way, without releasing.
        let since = wall();
        a.hear();
        b.hear();
        lab.expect("a", "BACKUP", since);
        until_holds(&a, VIP, false);
        let quiet = wall();
        tap.heard("10.77.0.2", 4, quiet);
        assert!(tap.adverts(quiet).iter().all(|s| s.src == "10.77.0.2"), "{:?}", tap.adverts(quiet));
        assert_eq!(tap.releases("10.77.0.1", 0.0), 0);
        assert!(holds(&b, VIP));
        let notices = lab.notices.all();
        assert!(!notices.iter().any(|n| n.node == "b" && n.at >= since), "{notices:?}");
        if hactl_on_b {
            a.stop();
            at_b.stop(libc::SIGTERM);
        } else {
            let told = at_a.state("BACKUP", since);
            assert_eq!(told["reason"], "higher-address", "{told}");
        }
    }
}

/// hactl and FRR, each master and backup. `frr` are its lines of configuration, with priority 150.
fn beside_frr(lab: &Lab, [f, h]: [&Node<'_>; 2], args: &str, frr_ms: [f64; 2], hactl_ms: f64) {
    let tap = Tap::on(lab, ADVERTS);
    let mut high = Speaker::on(h, &format!("{args} --priority 200 --take-over"));
    let mut low = Speaker::on(h, &format!("{args} --priority 100"));
    high.start();
    lab.expect("h", "MASTER", 0.0);
    let vrrpd = f.start_frr();
    f.frr_state("Backup", 0.0);
    tap.heard(&h.address, 4, wall());
    // hactl is killed.
    let since = wall();
    high.crash();
    let at = f.frr_state("Master", since);
    let source =
        tap.wait("FRR speaks", |frames| adverts(frames, since).into_iter().find(|s| s.src != h.address).map(|s| s.src));
    let (last, first) = tap.handover(&h.address, &source, since);
    // Over IPv6 its first advert is lost: its macvlan is down until it is master. What it says of itself is exact.
    let heard_at = |at: f64, first: f64| if h.address.contains(':') { at } else { first };
    on_time("FRR after the crash of hactl", (heard_at(at, first.t) - last.t) * 1e3, frr_ms[0]);
    assert_eq!((last.priority, first.priority), (200, 150));
    // It returns, and stops.
    let since = wall();
    high.start();
    lab.expect("h", "MASTER", since);
    f.frr_state("Backup", since);
    tap.heard(&h.address, 3, since);
    let since = wall();
    high.stop(libc::SIGTERM);
    let at = f.frr_state("Master", since);
    let (last, first) = tap.handover(&h.address, &source, since);
    assert_eq!((last.priority, tap.releases(&h.address, 0.0)), (0, 1));
    on_time("FRR after the release of hactl", (heard_at(at, first.t) - last.t) * 1e3, frr_ms[1]);
    // FRR is killed.
    let since = wall();
    low.start();
    lab.expect("h", "BACKUP", since);
    tap.heard(&source, 2, wall());
    let since = wall();
    crate::sys::kill(vrrpd, libc::SIGKILL);
    lab.expect("h", "MASTER", since);
    let (last, first) = tap.handover(&source, &h.address, since);
    on_time("hactl after the crash of FRR", (first.t - last.t) * 1e3, hactl_ms);
    assert_eq!((last.priority, first.priority), (150, 100));
    assert_eq!(tap.speakers(), [&h.address, &source, &h.address, &source, &h.address].map(String::as_str));
}

pub fn frr_version_3() {
    let lab = Lab::new();
    let (f, h) = (lab.node("f", 1), lab.node("h", 2));
    f.configure_frr(
        " vrrp 51 version 3\n vrrp 51 priority 150\n vrrp 51 advertisement-interval 200\n vrrp 51 ip 10.77.0.110\n",
    );
    // FRR counts in centiseconds and cuts: 3 × 20 + 20 × 106/256, and the latter alone. hactl: 3 × 0.2 s + 0.2 × 156/256 s
    beside_frr(&lab, [&f, &h], QUICK, [680.0, 80.0], 721.875);
}

pub fn frr_version_2() {
    let lab = Lab::new();
    let (f, h) = (lab.node("f", 1), lab.node("h", 2));
    f.configure_frr(
        " vrrp 51 version 2\n vrrp 51 priority 150\n vrrp 51 advertisement-interval 1000\n vrrp 51 ip 10.77.0.110\n",
    );
    // 3 × 100 + 100 × 106/256, and the latter alone. hactl: 3 × 1 s + 156/256 s
    beside_frr(&lab, [&f, &h], "--vip 10.77.0.110/24", [3410.0, 410.0], 3609.375);
}

pub fn frr_ipv6() {
    let lab = Lab::new();
    let (f, h) = (lab.node_ipv6("f", 1), lab.node_ipv6("h", 2));
    f.configure_frr_ipv6(
        " vrrp 51 version 3\n vrrp 51 priority 150\n vrrp 51 advertisement-interval 200\n vrrp 51 ipv6 fe80::110\n",
    );
    beside_frr(&lab, [&f, &h], "--vip fe80::110/64 --advert-int 200ms", [680.0, 80.0], 721.875);
}

/// The hardware address that a node's neighbour table has for an address.
fn neighbour(node: &Node<'_>, address: &str) -> String {
    let text = run(inside(&node.ns, "ip").args(["-j", "neigh", "show", address, "dev", "eth0"]));
    let list: Value = serde_json::from_str(&text).expect("JSON");
    list[0]["lladdr"].as_str().unwrap_or_default().to_owned()
}

pub fn traffic() {
    let lab = Lab::new();
    let (mut a, on_b, client) = (lab.node("a", 1), lab.node("b", 2), lab.node("c", 9));
    a.configure(&quick(200).text());
    let mut b = Speaker::on(&on_b, QUICK);
    let tap = Tap::on(&lab, "icmp[icmptype] == icmp-echoreply or ip proto 112");
    behind_keepalived(&lab, &mut a, &mut b, &tap);
    let replies = |frames: &[Seen], mac: &str| -> Vec<f64> {
        frames.iter().filter(|f| f.bytes[23] == 1 && f.mac() == mac).map(|f| f.t).collect()
    };
    // For 30 s at most.
    let ping = helper(&client.ns, &["__ping", VIP, "600"]);
    tap.wait("a answers", |frames| (replies(frames, &a.mac).len() > 10).then_some(()));
    assert_eq!(neighbour(&client, VIP), a.mac);
    // As if it had lost power: a killed keepalived leaves a host that answers.
    let since = wall();
    a.crash();
    ip(&a.ns, "link set eth0 down\n");
    tap.wait("b answers", |frames| (replies(frames, &on_b.mac).len() > 10).then_some(()));
    let (last, first) = tap.handover("10.77.0.1", "10.77.0.2", since);
    // 3 × 0.2 s + 0.2 × 156/256 s
    on_time("silence", (first.t - last.t) * 1e3, 721.875);
    assert_eq!(neighbour(&client, VIP), "02:00:0a:4d:00:02");
    let (before, after) = (replies(&tap.all(), &a.mac), replies(&tap.all(), &on_b.mac));
    // A request every 50 ms, and the client knows of b as soon as b is master.
    let resumed = (after[0] - first.t) * 1e3;
    assert!((0.0..=100.0).contains(&resumed), "{resumed:.3} ms after the first advert of b");
    // a fell silent up to 200 ms after its last advert.
    let outage = (after[0] - before.last().expect("a reply")) * 1e3;
    assert!((721.875 - 250.0..=721.875 + 150.0).contains(&outage), "the client was cut off for {outage:.3} ms");
    assert!(addresses(&on_b.ns, "eth0").contains(&VIP.to_owned()));
    ping.end(libc::SIGINT);
}
