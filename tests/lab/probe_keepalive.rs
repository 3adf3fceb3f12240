//! `hactl probe keepalive` and `hactl probe sockets` beside a real kernel: a peer that answers, one that is gone behind a
//! firewall that drops, one that has forgotten, one that ends the connection; and `ss` of iproute2 for the timers.

use std::net::TcpListener;
use std::process::{ExitCode, Stdio};

use serde_json::Value;

use crate::netns::{self, Ended, Lab, Node, Running, SOON, hactl, helper_told, inside, run};

/// Where `keepalive::peer` listens.
const PORT: u16 = 7000;

/// Two hosts: one that probes, and one whose service accepts and stays mute.
fn pair(lab: &Lab) -> (Node<'_>, Node<'_>, Running) {
    let (a, b) = (lab.node("a", 1), lab.node("b", 2));
    let server = serving(&b, "10.77.0.2");
    (a, b, server)
}

fn serving(b: &Node, address: &str) -> Running {
    let server = helper_told(&b.ns, &["__tcp-peer", address]);
    server.out.wait("the peer listens", SOON, |l| l.iter().find(|l| l.text == "listening").map(|_| ()));
    server
}

/// hactl that has a connection to the peer, as it says itself.
fn holding(a: &Node, more: &str) -> Running {
    holding_to(a, "10.77.0.2", more)
}

fn holding_to(a: &Node, address: &str, more: &str) -> Running {
    let args = format!("probe keepalive {address}:{PORT} --idle 2s --interval 1s --probes 2 {more}");
    let running = hactl(&a.ns, args.trim_end());
    // 2 s, less what has passed until it was looked at.
    let told = "kernel's keepalive timer runs out in ";
    running.out.wait("a connection", SOON, |l| l.iter().find(|l| l.text.contains(told)).map(|_| ()));
    running
}

/// The verdict, which is the last line.
fn verdict(ended: &Ended) -> String {
    ended.out.last().map(|l| l.text.clone()).unwrap_or_default()
}

/// The figure after a word of the verdict, in seconds.
fn seconds(text: &str, word: &str) -> f64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("no {word} in {text}")).1;
    rest.trim_start().split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{word} in {text}"))
}

pub fn answered() {
    // The kernel finds a socket that is bound to an interface by that only.
    for more in ["", "--interface eth0"] {
        let lab = Lab::new();
        let (a, _b, _server) = pair(&lab);
        let ended = holding(&a, more).ended();
        let text = verdict(&ended);
        assert_eq!(ended.status, Some(0), "{text}");
        assert!(text.starts_with("OK keepalive 10.77.0.2:7000: keepalive was answered, probes sent 1, "), "{text}");
        let observed = seconds(&text, "observed");
        assert!((1.97..2.5).contains(&observed), "{text}");
    }
}

pub fn ipv6() {
    let lab = Lab::new();
    let (a, b) = (lab.node_ipv6("a", 1), lab.node_ipv6("b", 2));
    let _server = serving(&b, "::");
    for address in ["[2001:db8:77::2]", "[fe80::2%eth0]"] {
        let held = holding_to(&a, address, "--for 1m");
        // `0 0 [2001:db8:77::1]:41234 [2001:db8:77::2]:7000 timer:(keepalive,1.9sec,0)`
        let only = ["-Htno", "state", "established", "dport", "=", &format!(":{PORT}")];
        let theirs = run(inside(&a.ns, "ss").args(only));
        let words: Vec<&str> = theirs.split_whitespace().collect();
        let ended = hactl(&a.ns, &format!("probe sockets --port {PORT} --json")).ended();
        let ours = ended.object("socket");
        let port = |text: &str| text.rsplit(':').next().unwrap().to_owned();
        assert_eq!((ended.status, port(ours["local"].as_str().unwrap())), (Some(0), port(words[2])), "{theirs}");
        assert!(ours["remote"].as_str().unwrap().ends_with(&format!("]:{PORT}")), "{ours}");
        assert_eq!((&ours["timer"], &ours["notices"]), (&"keepalive".into(), &"keepalive".into()), "{theirs}");
        held.end(libc::SIGINT);
    }
    let ended = holding_to(&a, "[fe80::2%eth0]", "").ended();
    let text = verdict(&ended);
    assert!(text.starts_with("OK keepalive [fe80::2%eth0]:7000: keepalive was answered, probes sent 1, "), "{text}");
    let held = holding_to(&a, "[2001:db8:77::2]", "");
    b.nft("table inet lab { chain in { type filter hook input priority 0; tcp dport 7000 drop; }; }");
    let ended = held.ended();
    let text = verdict(&ended);
    assert_eq!(ended.status, Some(2), "{text}");
    assert!(
        text.contains("keepalive-timeout: no answer to 2 probes, given up ") && text.contains("(computed: 4.00 s)"),
        "{text}"
    );
}

pub fn silence() {
    let lab = Lab::new();
    let (a, b, _server) = pair(&lab);
    let held = holding(&a, "");
    b.nft("table inet lab { chain in { type filter hook input priority 0; tcp dport 7000 drop; }; }");
    let ended = held.ended();
    let text = verdict(&ended);
    assert_eq!(ended.status, Some(2), "{text}");
    // Two probes, at 2 s and 3 s, and given up at 4 s.
    assert!(
        text.contains("keepalive-timeout: no answer to 2 probes, given up ") && text.contains("(computed: 4.00 s)"),
        "{text}"
    );
    let observed = seconds(&text, "given up");
    assert!((3.97..4.8).contains(&observed), "{text}");
    assert!(ended.out.iter().any(|l| l.text.ends_with("probe 1 sent, no answer yet")), "{}", ended.text());
}

pub fn forgotten() {
    let lab = Lab::new();
    let (a, b, _server) = pair(&lab);
    let held = holding(&a, "");
    b.nft("table inet lab { chain in { type filter hook input priority 0; tcp dport 7000 reject with tcp reset; }; }");
    let ended = held.ended();
    let text = verdict(&ended);
    assert_eq!(ended.status, Some(2), "{text}");
    assert!(text.contains("keepalive-reset: reset (RST) at the probe, "), "{text}");
    assert!((1.97..2.9).contains(&seconds(&text, "at the probe,")), "{text}");
}

pub fn closed() {
    let lab = Lab::new();
    let (a, _b, mut server) = pair(&lab);
    let held = holding(&a, "");
    server.say("10.77.0.1 close");
    let ended = held.ended();
    let text = verdict(&ended);
    assert_eq!(ended.status, Some(2), "{text}");
    assert!(text.contains("idle-closed: ended (FIN) by the service after "), "{text}");
    assert!(text.contains("before a probe was answered"), "{text}");
}

pub fn sockets() {
    let lab = Lab::new();
    let (a, b, _server) = pair(&lab);
    let held = holding(&a, "--for 1m");
    let look = || {
        let ended = hactl(&a.ns, "probe sockets --vip 10.77.0.2 --json").ended();
        (ended.status, ended.object("socket"))
    };
    // `ESTAB 0 0 10.77.0.1:41234 10.77.0.2:7000 timer:(keepalive,1.9sec,0)`
    let ss = || run(inside(&a.ns, "ss").args(["-Htno", "dst", "10.77.0.2"]));
    let theirs = ss();
    let (status, ours) = look();
    let words: Vec<&str> = theirs.split_whitespace().collect();
    assert_eq!(
        (status, &ours["state"], &ours["notices"]),
        (Some(0), &Value::from(words[0]), &Value::from("keepalive"))
    );
    assert_eq!((&ours["local"], &ours["remote"]), (&Value::from(words[3]), &Value::from(words[4])));
    assert!(theirs.contains("timer:(keepalive,"), "{theirs}");
    assert_eq!((&ours["timer"], &ours["process"]), (&Value::from("keepalive"), &Value::from("hactl")), "{theirs}");
    assert!(ours["timer_ms"].as_f64().is_some_and(|ms| ms <= 2_100.0), "{ours}");
    // Root asks the socket itself: with this host's own 75 s between probes it would take eleven minutes.
    assert_eq!((&ours["assumed"], &ours["verdict"]), (&Value::Bool(false), &Value::from("ok")), "{ours}");
    assert!(ours["keepalive_interval_ms"].as_f64().is_some_and(|ms| ms < 10_000.0), "{ours}");
    let ended = hactl(&a.ns, "probe sockets --vip 10.77.0.2 --within 1m --json").ended();
    assert_eq!((ended.status, &ended.object("summary")["late"]), (Some(0), &0.into()), "{}", ended.text());
    // Nobody who may not ask is told that as certain.
    let program = crate::program::public_copy(&lab);
    let mut setpriv = inside(&a.ns, "setpriv");
    setpriv.args(crate::program::NOBODY).args([
        &program,
        "probe",
        "sockets",
        "--vip",
        "10.77.0.2",
        "--within",
        "1m",
        "--json",
    ]);
    let ended = Running::start(&mut setpriv, Stdio::null()).ended();
    let (socket, summary) = (ended.object("socket"), ended.object("summary"));
    assert_eq!((&socket["assumed"], &socket["verdict"]), (&Value::Bool(true), &Value::from("unknown")), "{socket}");
    assert_eq!(
        (ended.status, &summary["late"], &summary["late_assumed"]),
        (Some(3), &0.into(), &1.into()),
        "{summary}"
    );
    held.end(libc::SIGINT);

    // The peer's end has no keepalive: it would never notice that the other host is gone.
    let held = holding(&a, "--for 1m");
    let ended = hactl(&b.ns, &format!("probe sockets --port {PORT} --json")).ended();
    let peers = ended.objects("socket");
    let standing: Vec<&Value> = peers.iter().filter(|s| s["state"] == "ESTAB").collect();
    assert_eq!((ended.status, standing.len()), (Some(1), 1), "{}", ended.text());
    assert_eq!((&standing[0]["notices"], &standing[0]["verdict"]), (&Value::from("never"), &Value::from("warning")));
    held.end(libc::SIGINT);

    // Data that nobody acknowledges: as `ss` has it, and until tcp_retries2.
    run(inside(&a.ns, "sysctl").args(["-qw", "net.ipv4.tcp_retries2=5"]));
    let mut local = helper_told(&a.ns, &["__tcp-local", "10.77.0.2:7000"]);
    local.say("open 10.77.0.1 0 0 0 0");
    local.out.wait("a connection", SOON, |l| l.iter().any(|l| l.text.contains(" open ")).then_some(()));
    b.nft("table inet lab { chain in { type filter hook input priority 0; tcp dport 7000 drop; }; }");
    local.say("write 10.77.0.1 10");
    netns::until("two retransmissions", SOON, || {
        ss().lines().any(|l| l.contains("timer:(on,") && l.contains(",2)")).then_some(())
    });
    let ended = hactl(&a.ns, "probe sockets --vip 10.77.0.2 --json").ended();
    let stuck = ended.objects("socket").remove(0);
    assert_eq!(
        (ended.status, &stuck["timer"], &stuck["verdict"]),
        (Some(2), &"on".into(), &"critical".into()),
        "{stuck}"
    );
    assert_eq!((&stuck["notices"], &stuck["unacknowledged_bytes"]), (&"retransmission".into(), &10.into()), "{stuck}");
    // 12.6 s after the first retransmission are allowed; looked at when timers of 0.4, 0.8, ... 12.8 s run out.
    let within = stuck["notices_within_ms"].as_f64().expect("a time");
    assert!((10_000.0..26_500.0).contains(&within), "{stuck}");
}

pub fn unprivileged() {
    let lab = Lab::new();
    let program = crate::program::public_copy(&lab);
    let mut setpriv = inside(&lab.switch, "setpriv");
    setpriv.args(crate::program::NOBODY).args([&program, "probe", "sockets", "--plugin"]);
    let ended = Running::start(&mut setpriv, Stdio::null()).ended();
    let none = "SOCKETS OK - no such connection | connections=0;;;0 never=0;;;0 stuck=0;;;0\n";
    assert_eq!((ended.status, ended.text().as_str()), (Some(0), none), "{}", ended.err);
}

/// The peer's host forgets connections that are idle for three seconds, and treats what belongs to them so.
fn forgetful(verdict: &str, ended_by: &str) {
    let lab = Lab::new();
    let (a, b) = (lab.node("a", 1), lab.node("b", 2));
    let server = helper_told(&b.ns, &["__tcp-mute", "10.77.0.2"]);
    server.out.wait("the peer listens", SOON, |l| l.iter().find(|l| l.text == "listening").map(|_| ()));
    b.nft(&format!(
        "table inet lab {{ chain in {{ type filter hook input priority 0; meta l4proto != tcp accept; ct state established \
         accept; tcp flags & (syn|ack) == syn accept; {verdict}; }}; }}"
    ));
    let conntrack = ["net.netfilter.nf_conntrack_tcp_timeout_established=3", "net.netfilter.nf_conntrack_tcp_loose=0"];
    run(inside(&b.ns, "sysctl").arg("-qw").args(conntrack));
    let args = format!("probe keepalive 10.77.0.2:{PORT} --find-idle-limit 8s --json");
    let found = hactl(&a.ns, &args);
    found.object("the end", netns::SOON * 3, 1, |v| v["type"] == "summary");
    let ended = found.ended();
    let limit = ended.object("probe");
    // The kernel's own keepalive of two hours is too late.
    assert_eq!((ended.status, &limit["ended_by"]), (Some(1), &ended_by.into()), "{limit}");
    let figure = |name: &str| limit[name].as_f64().unwrap_or_else(|| panic!("{limit}"));
    let (lives, lost) = (figure("lives_ms"), figure("limit_ms"));
    assert!(lost - lives <= 1_000.0 && lives < 3_500.0 && lost > 2_900.0 && lost < 4_500.0, "{limit}");
}

pub fn limit_silent() {
    forgetful("drop", "silence");
}

pub fn limit_reset() {
    forgetful("meta l4proto tcp reject with tcp reset", "rst");
}

/// Accepts connections, keeps them all and says nothing.
pub fn mute(address: &str) -> ExitCode {
    let listener = TcpListener::bind((address, PORT)).expect("an address of this host");
    println!("listening");
    let all: Vec<_> = listener.incoming().flatten().collect();
    drop(all);
    ExitCode::SUCCESS
}
