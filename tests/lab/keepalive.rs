//! `hactl simulate tcp-keepalive` beside a real kernel: sockets in namespaces, a router between them that drops,
//! refuses or forgets, and peers that close, reset or lose their memory. Segments are compared in their order and
//! times, and what the sockets say with what the simulation says.
//!
//! All connections run at once, each from an address of its own, which the router's rules go by.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hactl::simulate::tcp::{
    Answer, Fate, From, Keepalive, Kernel, Kind, Middlebox, Record, Scenario, Settings, Slack, What, event, play,
};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

use crate::netns::{self, Lab, Node, Running, SOON, helper_told, inside, run, wall};
use crate::sys;

/// The peer, on two hosts: one that has the connections, and one that has not.
const PEER: &str = "10.99.9.9";
const PORT: u16 = 7000;

/// Seconds that a flow may be idle for those with a middlebox.
const LIMIT: u64 = 3;

/// How long everything is watched.
const LENGTH: Duration = Duration::from_millis(9_500);

/// A timer is never early; the clock that events are timed with is read a moment after they happen.
const EARLY: f64 = 0.025;

/// Beside the coarseness of timers, which the simulation knows: two loaded processors, where a process or an
/// interrupt may wait that long for its turn.
const LATE: f64 = 0.150;

/// A connection: what is set, what happens, and what the application learns.
struct Case {
    name: &'static str,
    /// Idle time, interval and probes, in seconds.
    keepalive: Option<(u64, u64, u32)>,
    user_timeout: Option<u64>,
    retries2: u32,
    middlebox: Option<Answer>,
    events: &'static [&'static str],
    learns: &'static [&'static str],
}

const CASE: Case = Case {
    name: "",
    keepalive: Some((1, 1, 3)),
    user_timeout: None,
    retries2: 3,
    middlebox: None,
    events: &["0.5s drop"],
    learns: &["ETIMEDOUT"],
};

const CASES: &[Case] = &[
    Case { name: "probes are used up", ..CASE },
    Case { name: "one probe, longer interval", keepalive: Some((1, 2, 1)), ..CASE },
    Case { name: "a user timeout ends it before the probes", user_timeout: Some(2_500), ..CASE },
    Case { name: "a user timeout ends it after", keepalive: Some((1, 1, 1)), user_timeout: Some(3_500), ..CASE },
    Case { name: "a user timeout below the idle time", keepalive: Some((2, 1, 3)), user_timeout: Some(500), ..CASE },
    Case { name: "data, by tcp_retries2", events: &["0.5s drop", "0.7s write 10"], ..CASE },
    Case {
        name: "data, by a smaller tcp_retries2",
        retries2: 1,
        keepalive: None,
        events: &["0.5s drop", "0.7s write 10"],
        ..CASE
    },
    Case {
        name: "data, by a user timeout",
        user_timeout: Some(2_000),
        events: &["0.5s drop", "0.7s write 10"],
        ..CASE
    },
    Case { name: "the host rebooted", events: &["0.5s reboot"], learns: &["ECONNRESET"], ..CASE },
    Case {
        name: "the host rebooted, and data",
        keepalive: None,
        events: &["0.5s reboot", "2s write 10"],
        learns: &["ECONNRESET"],
        ..CASE
    },
    Case { name: "the process ended", events: &["0.5s close"], learns: &["EOF"], ..CASE },
    Case {
        name: "the process ended, and data",
        events: &["0.5s close", "2s write 10", "3s write 10"],
        learns: &["EOF", "EPIPE", "EPIPE"],
        ..CASE
    },
    Case {
        name: "the process ended, then silence",
        events: &["0.5s close", "1.1s drop"],
        learns: &["EOF", "ETIMEDOUT"],
        ..CASE
    },
    Case {
        name: "the process reset",
        events: &["0.5s reset", "2s write 10"],
        learns: &["ECONNRESET", "EPIPE"],
        ..CASE
    },
    Case { name: "unreachable, idle", events: &["0.5s unreachable"], ..CASE },
    Case {
        name: "unreachable, with data",
        user_timeout: Some(2_000),
        events: &["0.5s unreachable", "0.7s write 10"],
        learns: &["EHOSTUNREACH"],
        ..CASE
    },
    Case {
        name: "data in time, then silence",
        events: &["0.5s drop", "2.5s heal", "2.7s peer-write 5", "3.3s drop"],
        ..CASE
    },
    Case {
        name: "the peer's data comes late",
        events: &["0.5s drop", "0.7s peer-write 5", "2.8s heal"],
        learns: &[],
        ..CASE
    },
    Case {
        name: "the data arrives after all",
        events: &["0.5s drop", "0.7s write 10", "0.8s write 10", "2.8s heal"],
        learns: &[],
        ..CASE
    },
    Case { name: "no keepalive", keepalive: None, learns: &[], ..CASE },
    Case {
        name: "a middlebox forgets silently",
        keepalive: Some((4, 1, 2)),
        middlebox: Some(Answer::Silent),
        events: &[],
        ..CASE
    },
    Case {
        name: "a middlebox forgets and resets",
        keepalive: Some((4, 1, 2)),
        middlebox: Some(Answer::Rst),
        events: &[],
        learns: &["ECONNRESET"],
        ..CASE
    },
    Case {
        name: "probes keep the middlebox's memory",
        keepalive: Some((1, 2, 2)),
        middlebox: Some(Answer::Rst),
        events: &[],
        learns: &[],
        ..CASE
    },
];

/// One that runs: where it is from, when its handshake was done, and what was seen.
struct Connection {
    address: Ipv4Addr,
    start: f64,
    hz: u32,
    /// When events happened, in seconds after `start`.
    happened: Vec<(f64, What)>,
}

/// Segments as (seconds, sender, kind), as a tap at the local host sees them.
type Seen = Vec<(f64, &'static str, &'static str)>;

pub fn as_the_kernel_does() {
    let lab = Lab::new();
    let one = host(&lab, "l", 1, 0, 3);
    let two = host(&lab, "m", 2, 1, 1);
    let router = router(&lab);
    let peer = peer_host(&lab, "p", 4);
    // A host of the same address that knows of no connection.
    let _rebooted = peer_host(&lab, "q", 5);
    route(&router, &peer);

    let mut server = helper_told(&peer.ns, &["__tcp-peer", PEER]);
    server.out.wait("the peer listens", SOON, |l| l.iter().find(|l| l.text == "listening").map(|_| ()));
    let taps = [&one, &two].map(|n| tap(n));
    let target = SocketAddrV4::new(PEER.parse().expect("an address"), PORT).to_string();
    let mut sockets = [&one, &two].map(|n| helper_told(&n.ns, &["__tcp-local", &target]));
    let mut all = open(&mut sockets, &router);
    let begun = Instant::now();
    for (at, what) in plan() {
        thread::sleep((begun + at).saturating_duration_since(Instant::now()));
        befall(&what, &mut all, &mut sockets, &mut server, &router);
    }
    thread::sleep((begun + LENGTH).saturating_duration_since(Instant::now()));

    let taps = taps.map(|t| t.end(libc::SIGINT).text());
    let errors: Vec<String> = sockets.iter().flat_map(|s| s.out.all()).map(|l| l.text).collect();
    let mut wrong = String::new();
    for (case, running) in CASES.iter().zip(&all) {
        let seen = segments(&taps[host_of(case)], running);
        let learnt = learnt(&errors, running);
        if let Err(why) = compare(case, running, &seen, &learnt) {
            let _ = writeln!(wrong, "{}: {why}", case.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Which host a case runs on: `tcp_retries2` is the host's.
fn host_of(case: &Case) -> usize {
    usize::from(case.retries2 != 3)
}

fn host<'a>(lab: &'a Lab, name: &str, number: u8, net: u8, retries2: u32) -> Node<'a> {
    let node = lab.bare(name, number);
    let mut lines = String::new();
    for k in 0..CASES.len() {
        let _ = writeln!(lines, "addr add 10.99.{net}.{}/24 dev eth0", 10 + k);
    }
    let _ = writeln!(lines, "route add default via 10.99.{net}.1");
    netns::ip(&node.ns, &lines);
    run(inside(&node.ns, "sysctl").args(["-qw", &format!("net.ipv4.tcp_retries2={retries2}")]));
    node
}

fn peer_host<'a>(lab: &'a Lab, name: &str, number: u8) -> Node<'a> {
    let node = lab.bare(name, number);
    netns::ip(
        &node.ns,
        &format!("addr add 10.99.2.{number}/24 dev eth0\naddr add {PEER}/32 dev lo\nroute add default via 10.99.2.1\n"),
    );
    node
}

/// A router with one arm, in all networks.
fn router(lab: &Lab) -> Node<'_> {
    let node = lab.bare("r", 3);
    netns::ip(
        &node.ns,
        "addr add 10.99.0.1/24 dev eth0\naddr add 10.99.1.1/24 dev eth0\naddr add 10.99.2.1/24 dev eth0\n",
    );
    let settings = [
        "net.ipv4.ip_forward=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.eth0.rp_filter=0",
        "net.ipv4.conf.all.send_redirects=0",
        "net.ipv4.conf.eth0.send_redirects=0",
    ];
    run(inside(&node.ns, "sysctl").arg("-qw").args(settings));
    node
}

/// The router's ways and rules: sets of local addresses say whose packets are lost, refused or led to the other host,
/// and who has a middlebox.
fn route(router: &Node, peer: &Node) {
    let ways = format!("route add {PEER}/32 via 10.99.2.4\nroute add {PEER}/32 via 10.99.2.5 table 100\n");
    netns::ip(&router.ns, &(ways + "rule add fwmark 1 table 100\n"));
    let sets: String = ["dropped", "refused", "moved", "silent", "resetting"]
        .map(|name| format!("  set {name} {{ type ipv4_addr; }}\n"))
        .concat();
    let known = "ct state established accept; tcp flags & (syn|ack) == syn accept";
    let rules = [
        "ip saddr @dropped drop; ip daddr @dropped drop".to_owned(),
        "ip saddr @refused reject with icmp type host-unreachable; ip daddr @refused drop".to_owned(),
        format!("ip daddr @moved ether saddr {} drop", peer.mac),
        "ip saddr @silent jump quiet; ip daddr @silent jump quiet".to_owned(),
        "ip saddr @resetting jump loud; ip daddr @resetting jump loud".to_owned(),
    ];
    router.nft(&format!(
        "table ip lab {{\n{sets}  \
         chain tagged {{ type filter hook prerouting priority -150; ip saddr @moved meta mark set 1; }}\n  \
         chain quiet {{ {known}; drop; }}\n  \
         chain loud {{ {known}; meta l4proto tcp reject with tcp reset; }}\n  \
         chain way {{ type filter hook forward priority 0; {}; }}\n}}\n",
        rules.join("; ")
    ));
    // The entries of the table exist once a rule asks for a state.
    let conntrack = [
        format!("net.netfilter.nf_conntrack_tcp_timeout_established={LIMIT}"),
        "net.netfilter.nf_conntrack_tcp_loose=0".to_owned(),
    ];
    run(inside(&router.ns, "sysctl").arg("-qw").args(conntrack));
}

fn tap(node: &Node) -> Running {
    let mut command = inside(&node.ns, "tcpdump");
    command.args(["-Z", "root", "-l", "--immediate-mode", "-nn", "-tt", "-i", "eth0", "tcp or icmp"]);
    let running = Running::start(&mut command, Stdio::null());
    running
        .err
        .wait("tcpdump listens", SOON, |lines| lines.iter().find(|l| l.text.contains("listening on")).map(|_| ()));
    running
}

/// Opens all connections.
fn open(sockets: &mut [Running; 2], router: &Node) -> Vec<Connection> {
    let address = |k: usize, case: &Case| Ipv4Addr::new(10, 99, host_of(case) as u8, 10 + k as u8);
    let mut boxes = String::new();
    for (k, case) in CASES.iter().enumerate() {
        let set = match case.middlebox {
            Some(Answer::Silent) => "silent",
            Some(_) => "resetting",
            None => continue,
        };
        let _ = writeln!(boxes, "add element ip lab {set} {{ {} }}", address(k, case));
    }
    router.nft(&boxes);
    for (k, case) in CASES.iter().enumerate() {
        let (idle, interval, probes) = case.keepalive.unwrap_or((0, 0, 0));
        let timeout = case.user_timeout.unwrap_or(0);
        sockets[host_of(case)].say(&format!("open {} {idle} {interval} {probes} {timeout}", address(k, case)));
    }
    let mut all = Vec::new();
    for (k, case) in CASES.iter().enumerate() {
        let address = address(k, case);
        let prefix = format!("{address} open ");
        let (start, rto): (f64, u64) = sockets[host_of(case)].out.wait("a connection", SOON, |lines| {
            let rest = lines.iter().find_map(|l| l.text.strip_prefix(&prefix))?;
            let (start, rto) = rest.split_once(' ')?;
            Some((start.parse().ok()?, rto.parse().ok()?))
        });
        // 200 ms and a round trip, in ticks.
        let hz = match rto {
            0..=202_000 => 1000,
            202_001..=203_900 => 300,
            203_901..=208_000 => 250,
            _ => 100,
        };
        all.push(Connection { address, start, hz, happened: Vec::new() });
    }
    all
}

/// What happens at which moment, and to which connections. What befalls several at once is one change of the rules.
fn plan() -> Vec<(Duration, Vec<(usize, What)>)> {
    let mut all: Vec<(Duration, Vec<(usize, What)>)> = Vec::new();
    for (k, case) in CASES.iter().enumerate() {
        for text in case.events {
            let (at, what) = event(text).expect("an event");
            let at = at.since(hactl::time::Instant::ZERO);
            match all.iter_mut().find(|(t, _)| *t == at) {
                Some((_, list)) => list.push((k, what)),
                None => all.push((at, vec![(k, what)])),
            }
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// Makes things happen, and notes when they did.
fn befall(
    what: &[(usize, What)],
    all: &mut [Connection],
    sockets: &mut [Running; 2],
    server: &mut Running,
    router: &Node,
) {
    let mut rules = String::new();
    let mut ruled = Vec::new();
    for &(k, what) in what {
        let address = all[k].address;
        match what {
            What::Drop => {
                let _ = writeln!(rules, "add element ip lab dropped {{ {address} }}");
            }
            What::Heal => {
                let _ = writeln!(rules, "delete element ip lab dropped {{ {address} }}");
            }
            What::Unreachable => {
                let _ = writeln!(rules, "add element ip lab refused {{ {address} }}");
            }
            What::Reboot => {
                let _ = writeln!(rules, "add element ip lab moved {{ {address} }}");
            }
            What::Close | What::Reset | What::PeerWrite(_) => {
                let word = match what {
                    What::Close => "close".to_owned(),
                    What::Reset => "reset".to_owned(),
                    What::PeerWrite(n) => format!("write {n}"),
                    _ => continue,
                };
                let at = done(server, &format!("{address} {word}"), address);
                let start = all[k].start;
                all[k].happened.push((at - start, what));
                continue;
            }
            What::Write(n) => {
                let host = &mut sockets[host_of(&CASES[k])];
                let at = done(host, &format!("write {address} {n}"), address);
                let start = all[k].start;
                all[k].happened.push((at - start, what));
                continue;
            }
        }
        ruled.push((k, what));
    }
    if !rules.is_empty() {
        router.nft(&rules);
        let now = wall();
        for (k, what) in ruled {
            let start = all[k].start;
            all[k].happened.push((now - start, what));
        }
    }
}

/// Tells a helper to do something, and gives the moment when it did.
fn done(helper: &mut Running, line: &str, address: Ipv4Addr) -> f64 {
    let prefix = format!("{address} did ");
    let count = |lines: &[netns::Line]| lines.iter().filter(|l| l.text.starts_with(&prefix)).count();
    let before = count(&helper.out.all());
    helper.say(line);
    helper.out.wait(line, SOON, |lines| {
        let mut did = lines.iter().filter_map(|l| l.text.strip_prefix(&prefix));
        did.nth(before)?.parse().ok()
    })
}

/// What tcpdump saw of a connection after its handshake.
fn segments(dump: &str, running: &Connection) -> Seen {
    let local = running.address.to_string();
    let mut all: Seen = Vec::new();
    // The next sequence number of each side, relative as tcpdump prints them.
    let mut next = [1_u64, 1];
    for line in dump.lines() {
        let mut words = line.split(' ');
        let (Some(time), Some("IP"), Some(src), Some(">"), Some(dst)) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Ok(time) = time.parse::<f64>() else { continue };
        let at = time - running.start;
        if line.contains(" ICMP ") {
            if dst.trim_end_matches(':') == local {
                all.push((at, "middlebox", "icmp"));
            }
            continue;
        }
        let host = |s: &str| s.trim_end_matches(':').rsplit_once('.').map(|(h, _)| h.to_owned());
        let mine = host(src).as_deref() == Some(&local);
        if !mine && host(dst).as_deref() != Some(&local) {
            continue;
        }
        let side = usize::from(!mine);
        let field = |name: &str| line.split_once(name).map(|(_, r)| r.split([',', ' ', ']']).next().unwrap_or(""));
        let flags = field("Flags [").unwrap_or("");
        if flags.contains('S') {
            continue;
        }
        let len: u64 = field(", length ").and_then(|l| l.trim_end_matches(':').parse().ok()).unwrap_or(0);
        let seq = field(", seq ").map(|s| s.split(':').next().unwrap_or(s));
        let seq: u64 = seq.and_then(|s| s.parse().ok()).unwrap_or(0);
        let fin = flags.contains('F');
        let kind = if flags.contains('R') {
            "rst"
        } else if len == 0 && !fin {
            "ack"
        } else if seq < next[side] {
            "retransmission"
        } else if len > 0 {
            "data"
        } else {
            "fin"
        };
        if kind != "rst" {
            next[side] = next[side].max(seq + len + u64::from(fin));
        }
        all.push((at, if mine { "local" } else { "peer" }, kind));
    }
    // The acknowledgement that ends the handshake.
    if all.first().is_some_and(|s| s.0 < EARLY && (s.1, s.2) == ("local", "ack")) {
        all.remove(0);
    }
    all
}

/// What the application learnt, in seconds after the handshake.
fn learnt(errors: &[String], running: &Connection) -> Vec<(f64, String)> {
    let prefix = format!("{} error ", running.address);
    let parse = |l: &String| {
        let (at, name) = l.strip_prefix(&prefix)?.split_once(' ')?;
        Some((at.parse::<f64>().ok()? - running.start, name.to_owned()))
    };
    errors.iter().filter_map(parse).collect()
}

/// What a simulation says a tap at the local host sees, and the application learns.
fn simulated(case: &Case, running: &Connection, slack: Slack) -> (Seen, Vec<(f64, &'static str)>) {
    let kernel = Kernel { retries2: case.retries2, hz: running.hz, ..Kernel::default() };
    let s = Duration::from_secs;
    let keepalive =
        case.keepalive.map(|(idle, interval, probes)| Keepalive { idle: s(idle), interval: s(interval), probes });
    let local =
        Settings { keepalive, user_timeout: case.user_timeout.map(Duration::from_millis), nodelay: false, kernel };
    let moment = |t: f64| hactl::time::Instant::from_micros((t * 1e6) as i64);
    let scenario = Scenario {
        local,
        peer: Settings { kernel: Kernel { hz: running.hz, ..Kernel::default() }, ..Settings::default() },
        rtt: Duration::from_micros(100),
        events: running.happened.iter().map(|(t, w)| (moment(*t), *w)).collect(),
        middlebox: case.middlebox.map(|answer| Middlebox { limit: s(LIMIT), answer }),
        length: LENGTH,
    };
    let (mut seen, mut learns): (Seen, _) = (Vec::new(), Vec::new());
    play(&scenario, slack, &mut |at, record| {
        let t = at.as_micros() as f64 / 1e6;
        match record {
            Record::Segment { from, kind, fate, .. } if from != From::Peer || fate == Fate::Arrives => {
                // The router answers in the peer's name; a probe is an acknowledgement to look at.
                let from = if from == From::Middlebox && kind == Kind::Rst { From::Peer } else { from };
                let kind = if kind == Kind::Keepalive { Kind::Ack } else { kind };
                // To the tap what the peer sends again is new when what it sent first was lost.
                let again = kind == Kind::Retransmission && from == From::Peer;
                let lost = !seen.iter().any(|s| (s.1, s.2) == ("peer", "data"));
                let kind = if again && lost { Kind::Data } else { kind };
                seen.push((t, from.as_str(), kind.as_str()));
            }
            Record::Outcome { learned, .. } => learns.push((t, learned.error.as_str())),
            _ => {}
        }
    });
    (seen, learns)
}

/// Compares a case: the same segments in the same order, none earlier than simulated with timers on time, none later
/// than with timers as late as the kernel's wheel may make them.
fn compare(case: &Case, running: &Connection, seen: &Seen, learnt: &[(f64, String)]) -> Result<(), String> {
    let (usual, learns) = simulated(case, running, Slack::Usual);
    let (late, learns_late) = simulated(case, running, Slack::Most);
    let names: Vec<&str> = learnt.iter().map(|l| l.1.as_str()).collect();
    let tell =
        |list: &Seen| list.iter().fold(String::new(), |s, (t, who, what)| s + &format!("\n    {t:8.4} {who} {what}"));
    if names != case.learns {
        return Err(format!("the kernel says {learnt:?}, expected {:?}\n  seen:{}", case.learns, tell(seen)));
    }
    let simulated: Vec<&str> = learns.iter().map(|l| l.1).collect();
    if simulated != case.learns {
        return Err(format!("the simulation says {learns:?}, the kernel {learnt:?}"));
    }
    let fits =
        |t: f64, early: f64, late: Option<f64>| t >= early - EARLY && t <= late.unwrap_or(early).max(early) + LATE;
    for (i, ((t, name), (early, _))) in learnt.iter().zip(&learns).enumerate() {
        if !fits(*t, *early, learns_late.get(i).map(|l| l.0)) {
            return Err(format!("{name} at {t:.4}, simulated {early:.4} to {:?}", learns_late.get(i)));
        }
    }
    // What is due near the end may be beyond it.
    let end = LENGTH.as_secs_f64() - 1.0;
    let order = |list: &Seen| list.iter().map(|s| (s.1, s.2)).collect::<Vec<_>>();
    let short = usual.iter().take_while(|s| s.0 < end).count().min(seen.len());
    let due = late.iter().take_while(|s| s.0 < end).count();
    if seen.len() < due.min(usual.len()) || order(seen)[..short] != order(&usual)[..short] {
        return Err(format!("other segments\n  seen:{}\n  simulated:{}", tell(seen), tell(&usual)));
    }
    for i in 0..short {
        if !fits(seen[i].0, usual[i].0, late.get(i).map(|l| l.0)) {
            return Err(format!(
                "{} {} at {:.4}, simulated {:.4} to {:?}\n  seen:{}\n  simulated:{}",
                seen[i].1,
                seen[i].2,
                seen[i].0,
                usual[i].0,
                late.get(i),
                tell(seen),
                tell(&usual)
            ));
        }
    }
    Ok(())
}

// The helpers, which are this program once more in a namespace.

fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn name_of(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::ETIMEDOUT) => "ETIMEDOUT",
        Some(libc::ECONNRESET) => "ECONNRESET",
        Some(libc::EPIPE) => "EPIPE",
        Some(libc::EHOSTUNREACH) => "EHOSTUNREACH",
        _ => "another error",
    }
}

/// Opens connections as it is told, writes, and says what becomes of them: `open ADDRESS IDLE INTERVAL PROBES TIMEOUT`,
/// `write ADDRESS BYTES`.
pub fn local(peer: &str) -> ExitCode {
    let peer: SocketAddr = peer.parse().expect("an address");
    let mut all: HashMap<String, Arc<TcpStream>> = HashMap::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["open", address, idle, interval, probes, timeout] => {
                let number = |s: &str| s.parse::<u64>().expect("a number");
                let figures = [number(idle), number(interval), number(probes), number(timeout)];
                let stream = Arc::new(connect(address, peer, figures).expect("a connection"));
                let rto = sys::rto(&*stream).expect("TCP_INFO").as_micros();
                print(&format!("{address} open {:.6} {rto}", wall()));
                all.insert(address.to_owned(), Arc::clone(&stream));
                let address = address.to_owned();
                thread::spawn(move || watch(&address, &stream));
            }
            ["write", address, bytes] => {
                let bytes = vec![b'x'; bytes.parse().expect("a number")];
                let result = (&mut &*all[address]).write_all(&bytes);
                print(&format!("{address} did {:.6}", wall()));
                if let Err(e) = result {
                    print(&format!("{address} error {:.6} {}", wall(), name_of(&e)));
                }
            }
            _ => panic!("{line}: not understood"),
        }
    }
    ExitCode::SUCCESS
}

fn connect(address: &str, peer: SocketAddr, [idle, interval, probes, timeout]: [u64; 4]) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let own: IpAddr = address.parse().map_err(io::Error::other)?;
    socket.bind(&SocketAddr::new(own, 0).into())?;
    if idle > 0 {
        let s = Duration::from_secs;
        let keepalive = TcpKeepalive::new().with_time(s(idle)).with_interval(s(interval)).with_retries(probes as u32);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    if timeout > 0 {
        socket.set_tcp_user_timeout(Some(Duration::from_millis(timeout)))?;
    }
    socket.connect(&peer.into())?;
    Ok(socket.into())
}

/// Waits as an application does: for data, the end of the data, an error.
fn watch(address: &str, stream: &TcpStream) {
    let mut reads = true;
    let mut buffer = [0; 4096];
    loop {
        let Ok(Some(over)) = sys::wait(stream, reads, Duration::from_mins(1)) else { return };
        let at = wall();
        if over {
            if let Ok(Some(e)) = stream.take_error() {
                print(&format!("{address} error {at:.6} {}", name_of(&e)));
            }
            return;
        }
        match (&mut &*stream).read(&mut buffer) {
            Ok(0) => {
                print(&format!("{address} error {at:.6} EOF"));
                reads = false;
            }
            Ok(_) => {}
            Err(e) => {
                print(&format!("{address} error {at:.6} {}", name_of(&e)));
                return;
            }
        }
    }
}

/// Accepts connections and reads what comes. As it is told: `ADDRESS close`, `ADDRESS reset`, `ADDRESS write BYTES`.
pub fn peer(address: &str) -> ExitCode {
    let listener = TcpListener::bind((address, PORT)).expect("an address of this host");
    print("listening");
    let all: Arc<Mutex<HashMap<String, TcpStream>>> = Arc::default();
    let accepted = Arc::clone(&all);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (Ok(from), Ok(())) = (stream.peer_addr(), stream.set_nonblocking(true)) else { continue };
            accepted.lock().expect("no panic here").insert(from.ip().to_string(), stream);
        }
    });
    let read = Arc::clone(&all);
    thread::spawn(move || {
        loop {
            read.lock().expect("no panic here").values_mut().for_each(drain);
            thread::sleep(Duration::from_millis(20));
        }
    });
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        let mut all = all.lock().expect("no panic here");
        match words[..] {
            [address, "close"] => {
                let mut stream = all.remove(address).expect("a connection");
                drain(&mut stream);
                drop(stream);
                print(&format!("{address} did {:.6}", wall()));
            }
            [address, "reset"] => {
                let stream = all.remove(address).expect("a connection");
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
                drop(stream);
                print(&format!("{address} did {:.6}", wall()));
            }
            [address, "write", bytes] => {
                let bytes = vec![b'x'; bytes.parse().expect("a number")];
                all.get_mut(address).expect("a connection").write_all(&bytes).expect("room for it");
                print(&format!("{address} did {:.6}", wall()));
            }
            _ => panic!("{line}: not understood"),
        }
    }
    ExitCode::SUCCESS
}

fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
}
