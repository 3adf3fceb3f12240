//! Mastership as hactl tells it, beside what the daemons say about themselves.

use serde_json::Value;

use crate::netns::{Ended, Instance, Lab, Node, Running, SOON, listening, tcpdump, wall};

/// The longest between an advert on the wire and the daemon's notification of the state it belongs to.
const NEAR: f64 = 0.060;
/// Seconds between two adverts where somebody yields.
const INTERVAL: f64 = 1.0;
/// How much later than its timer a daemon may take over, in milliseconds.
const LATE: f64 = 30.0;

const ADVERTS: &str = "ip proto 112 or ip6 proto 112";

/// A transition that has to be told, and the notification that it belongs to.
struct Expected {
    to: &'static str,
    reason: &'static str,
    after_ms: Option<f64>,
    /// The node and the state it reports.
    notice: (&'static str, &'static str),
}

/// `to` becomes master and says so itself.
fn master(to: &'static str, reason: &'static str, after_ms: Option<f64>) -> Expected {
    Expected { to, reason, after_ms, notice: (to, "MASTER") }
}

/// Watches on the switch and on the node itself.
fn watchers(lab: &Lab, node: &Node<'_>) -> Vec<Running> {
    vec![listening(&lab.switch, "watch br0"), listening(&node.ns, "watch eth0")]
}

/// Ends all of them.
fn end(watchers: Vec<Running>) -> Vec<Ended> {
    watchers.into_iter().map(|w| w.end(libc::SIGINT)).collect()
}

/// Compares a watch with the daemons' notifications.
fn compare(lab: &Lab, nodes: &[&Node<'_>], ended: &Ended, expected: &[Expected]) {
    let all = ended.objects("transition");
    let told: Vec<&Value> = all.iter().collect();
    let notices = lab.notices.all();
    let context = || format!("\nhactl told: {all:#?}\nthe daemons said: {notices:#?}\n{}", ended.err);
    assert_eq!(told.len(), expected.len(), "transitions{}", context());
    let address = |name: &str| nodes.iter().find(|n| n.name == name).expect("a node").address.as_str();
    let mut from = 0;
    let mut previous = None;
    for (told, want) in told.iter().zip(expected) {
        assert_eq!(told["to"], address(want.to), "who is master{}", context());
        assert_eq!(told["from"].as_str(), previous.map(address), "who was master{}", context());
        assert_eq!(told["reason"], want.reason, "why{}", context());
        let matching = |n: &crate::netns::Notice| (n.node.as_str(), n.state.as_str()) == want.notice;
        let Some(at) = notices[from..].iter().position(matching) else {
            panic!("no further notification {:?}{}", want.notice, context());
        };
        let notice = &notices[from + at];
        from += at + 1;
        let distance = told["t"].as_f64().expect("a time") - notice.at;
        // Whoever yields falls silent: from the wire that may have been at any advert since it last spoke.
        let early = if want.reason == "yield" { NEAR + INTERVAL } else { NEAR };
        assert!(
            (-early..=NEAR).contains(&distance),
            "{distance:.3} s from the notification of {:?}{}",
            want.notice,
            context()
        );
        if let Some(expected_ms) = want.after_ms {
            assert_eq!(told["expected_ms"], expected_ms, "{}", context());
            let silent = told["silent_ms"].as_f64().expect("a duration");
            assert!((silent - expected_ms).abs() <= LATE, "silent for {silent} ms{}", context());
        }
        previous = Some(want.to);
    }
    // The kernel's and the watch's clock are one.
    assert!(ended.objects("finding").iter().all(|f| f["id"] != "clock-step"), "{}", context());
    let masters = |state: &str| notices.iter().filter(|n| n.state == state).count();
    let wanted = expected.iter().filter(|e| e.notice.1 == "MASTER").count();
    assert_eq!(masters("MASTER"), wanted, "a daemon became master and nothing was told{}", context());
}

/// Starts a, and b when a is master.
fn start(lab: &Lab, a: &mut Node<'_>, b: &mut Node<'_>) {
    a.start();
    lab.expect("a", "MASTER", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
}

/// a is master and is killed, b takes over.
fn crash_of(lab: &Lab, a: &mut Node<'_>, b: &mut Node<'_>, expected_ms: f64) {
    let tap = tcpdump(&lab.switch, "br0", ADVERTS);
    let watchers = watchers(lab, b);
    start(lab, a, b);
    tap.more(2);
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    tap.more(2);
    for ended in end(watchers) {
        compare(lab, &[a, b], &ended, &[master("a", "first-seen", None), master("b", "timeout", Some(expected_ms))]);
    }
}

/// Nodes a with priority 200 and b with 100.
fn pair<'a>(lab: &'a Lab, a: &Instance, b: &Instance) -> (Node<'a>, Node<'a>) {
    let (mut one, mut two) = (lab.node("a", 1), lab.node("b", 2));
    one.configure(&Instance { priority: 200, ..a.clone() }.text());
    two.configure(&b.text());
    (one, two)
}

pub fn crash() {
    let lab = Lab::new();
    let (mut a, mut b) = pair(&lab, &Instance::default(), &Instance::default());
    // 3 × 1 s + 156/256 s
    crash_of(&lab, &mut a, &mut b, 3609.375);
}

pub fn crash_unicast() {
    let lab = Lab::new();
    let peer = |own: u8, other: u8| Instance {
        extra: format!("unicast_src_ip 10.77.0.{own}\n  unicast_peer {{\n    10.77.0.{other}\n  }}"),
        ..Instance::default()
    };
    let (mut a, mut b) = pair(&lab, &peer(1, 2), &peer(2, 1));
    crash_of(&lab, &mut a, &mut b, 3609.375);
}

pub fn crash_vmac() {
    let lab = Lab::new();
    let instance = Instance { extra: "use_vmac".into(), ..Instance::default() };
    let (mut a, mut b) = pair(&lab, &instance, &instance);
    crash_of(&lab, &mut a, &mut b, 3609.375);
}

pub fn crash_ipv6() {
    let lab = Lab::new();
    let instance = |priority| Instance {
        priority,
        vips: &["fe80::110", "2001:db8:77::110"],
        advert: "0.2",
        version: 3,
        ..Instance::default()
    };
    let (mut a, mut b) = (lab.node_ipv6("a", 1), lab.node_ipv6("b", 2));
    a.configure(&instance(200).text());
    b.configure(&instance(100).text());
    // 3 × 0.2 s + 0.2 × 156/256 s
    crash_of(&lab, &mut a, &mut b, 721.875);
}

pub fn clean_stop() {
    let lab = Lab::new();
    let (mut a, mut b) = pair(&lab, &Instance::default(), &Instance::default());
    let tap = tcpdump(&lab.switch, "br0", ADVERTS);
    let watchers = watchers(&lab, &b);
    start(&lab, &mut a, &mut b);
    tap.more(2);
    let since = wall();
    a.stop();
    lab.expect("b", "MASTER", since);
    tap.more(2);
    for ended in end(watchers) {
        // 156/256 s
        let expected = [master("a", "first-seen", None), master("b", "release", Some(609.375))];
        compare(&lab, &[&a, &b], &ended, &expected);
        assert_eq!(ended.status, Some(0), "{}", ended.text());
    }
}

pub fn preempt() {
    let lab = Lab::new();
    // The second burst of gratuitous ARP comes 5 s after the first by default, just when the other takes over.
    let soon = Instance { extra: "garp_master_delay 1".into(), ..Instance::default() };
    let (mut a, mut b) = pair(&lab, &soon, &soon);
    let tap = tcpdump(&lab.switch, "br0", ADVERTS);
    let watchers = watchers(&lab, &b);
    b.start();
    lab.expect("b", "MASTER", 0.0);
    tap.more(1);
    a.start();
    lab.expect("a", "MASTER", 0.0);
    tap.more(1);
    let since = wall();
    a.stop();
    lab.expect("b", "MASTER", since);
    let since = wall();
    a.start();
    lab.expect("a", "MASTER", since);
    lab.expect("b", "BACKUP", since);
    tap.more(2);
    for ended in end(watchers) {
        let expected = [
            master("b", "first-seen", None),
            master("a", "preempt", None),
            // 156/256 s
            master("b", "release", Some(609.375)),
            master("a", "preempt", None),
        ];
        compare(&lab, &[&a, &b], &ended, &expected);
        assert_eq!(ended.status, Some(0), "{}", ended.text());
    }
}

pub fn deaf() {
    let lab = Lab::new();
    let (mut a, mut b) = pair(&lab, &Instance::default(), &Instance::default());
    let tap = tcpdump(&lab.switch, "br0", ADVERTS);
    let watchers = watchers(&lab, &b);
    start(&lab, &mut a, &mut b);
    tap.more(2);
    let since = wall();
    b.deaf();
    lab.expect("b", "MASTER", since);
    for watcher in &watchers {
        // While it lasts, not afterwards.
        let (_, finding) = watcher.object("a finding", SOON, 1, |v| v["type"] == "finding" && v["id"] == "split-brain");
        assert_eq!((&finding["severity"], &finding["vrid"]), (&"critical".into(), &51.into()));
        let message = finding["message"].as_str().expect("text");
        assert!(message.contains("10.77.0.1") && message.contains("10.77.0.2"), "{message}");
    }
    // A watch that ends now ends with this verdict.
    let brief = listening(&lab.switch, "watch br0");
    brief.object("a finding", SOON, 1, |v| v["id"] == "split-brain");
    let brief = brief.end(libc::SIGTERM);
    assert_eq!(brief.status, Some(2), "{}", brief.text());
    let since = wall();
    b.hear();
    lab.expect("b", "BACKUP", since);
    tap.more(5);
    for ended in end(watchers) {
        let expected = [
            master("a", "first-seen", None),
            master("b", "unknown", None),
            Expected { to: "a", reason: "yield", after_ms: None, notice: ("b", "BACKUP") },
        ];
        compare(&lab, &[&a, &b], &ended, &expected);
        assert_eq!(ended.status, Some(2), "{}", ended.text());
        let summary = ended.object("summary");
        assert_eq!((&summary["exit"], &summary["findings"]["critical"]), (&2.into(), &1.into()), "{}", ended.text());
    }
}

pub fn crash_frr() {
    let lab = Lab::new();
    let (a, b) = (lab.node("a", 1), lab.node("b", 2));
    for (node, priority) in [(&a, 200), (&b, 100)] {
        node.configure_frr(&format!(
            " vrrp 51 version 3\n vrrp 51 priority {priority}\n vrrp 51 advertisement-interval 1000\n \
             vrrp 51 ip 10.77.0.110\n"
        ));
    }
    let tap = tcpdump(&lab.switch, "br0", ADVERTS);
    let watchers = watchers(&lab, &b);
    let daemon = a.start_frr();
    a.frr_state("Master", 0.0);
    b.start_frr();
    b.frr_state("Backup", 0.0);
    tap.more(2);
    let since = wall();
    crate::sys::kill(daemon, libc::SIGKILL);
    b.frr_state("Master", since);
    tap.more(2);
    for ended in end(watchers) {
        compare(&lab, &[&a, &b], &ended, &[master("a", "first-seen", None), master("b", "timeout", Some(3609.375))]);
    }
}
