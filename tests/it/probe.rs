//! `hactl probe` against real peers on loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{command, hactl, kind, objects, status, stderr, stdout};

/// A TCP service that treats each of its connections so; its `host:port`.
fn service(treat: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(treat));
    place
}

/// A port that nothing listens on: it was free a moment ago, and the kernel does not give it to others soon.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// `hactl probe … --json`: its status and the one `probe` object.
fn probe(args: &[&str]) -> (i32, Value) {
    let o = hactl(&[&["probe"], args, &["--json"]].concat());
    let all = objects(&o);
    let probes: Vec<&Value> = all.iter().filter(|v| kind(v) == "probe").collect();
    assert_eq!(probes.len(), 1, "{}", stdout(&o));
    assert_eq!(all.last().unwrap()["exit"], status(&o));
    (status(&o), probes[0].clone())
}

fn line(o: &Output) -> String {
    stdout(o).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_port_that_is_open() {
    let place = service(|mut c| drop(c.read(&mut [0; 9])));
    let (exit, p) = probe(&["tcp", &place]);
    assert_eq!((exit, &p["ok"], &p["address"]), (0, &Value::Bool(true), &Value::from("127.0.0.1")));
    assert!(p["phases_ms"]["connect"].is_number() && p["phases_ms"]["total"].is_number(), "{p}");
    let o = hactl(&["probe", "tcp", &place]);
    assert!(line(&o).starts_with(&format!("OK tcp {place}: connected in ")), "{}", stdout(&o));
}

#[test]
fn each_bad_peer_has_its_own_reason() {
    let mute = service(std::mem::forget);
    let resets = service(|mut c| {
        // What was sent and not read makes the kernel end the connection with a reset.
        let _ = c.peek(&mut [0; 1]);
        let _ = c.flush();
    });
    let ends = service(|mut c| drop(c.read(&mut [0; 64])));
    let wrong = service(|mut c| drop(c.write_all(b"-ERR\r\n")));
    let endless = service(|mut c| while c.write_all(&[b'x'; 4096]).is_ok() {});
    let ask = ["--payload", "PING", "--expect", "PONG", "--timeout", "400ms"];
    let rows =
        [(&closed(), "refused"), (&mute, "timeout-read"), (&resets, "reset"), (&ends, "closed"), (&endless, "pattern")];
    for (place, reason) in rows {
        let (exit, p) = probe(&[&["tcp", place.as_str()], &ask[..]].concat());
        assert_eq!((exit, &p["reason"], &p["verdict"]), (2, &Value::from(reason), &Value::from("critical")), "{p}");
    }
    let (exit, p) = probe(&["tcp", &wrong, "--expect", "PONG"]);
    assert_eq!((exit, &p["reason"], &p["answer"]), (2, &Value::from("pattern"), &Value::from("-ERR\\r\\n")));
    // An answer, and a reset behind it: what the answer lacked is said as well.
    let breaks = service(|mut c| {
        let _ = c.peek(&mut [0; 1]);
        drop(c.write_all(b"-ERR\r\n"));
    });
    let (exit, p) = probe(&[&["tcp", breaks.as_str()], &ask[..]].concat());
    let message =
        "connection reset by peer while it answered; \"PONG\" is not in the answer \"-ERR\\r\\n\" that came until then";
    assert_eq!((exit, &p["reason"], &p["message"]), (2, &"reset".into(), &message.into()), "{p}");
}

#[test]
fn a_reset_after_the_accept_is_up_whenever_it_comes() {
    // With a linger of 0 s the end of a connection is a reset, which comes before, within or after the probe's own end.
    let place = service(|c| drop(socket2::Socket::from(c).set_linger(Some(Duration::ZERO))));
    let o = hactl(&["probe", "tcp", &place, "--count", "200", "--interval", "0s", "--plugin"]);
    assert_eq!(status(&o), 0, "{}", stdout(&o));
    let (begun, mut rounds, mut seen) = (Instant::now(), 0, false);
    while rounds < 30 || !seen {
        let (exit, p) = probe(&["tcp", &place]);
        assert_eq!((exit, &p["ok"]), (0, &Value::Bool(true)), "{p}");
        // Whether it is seen is a matter of time, each time.
        if p["reset_after"] == true {
            seen = true;
            assert!(p["warning"].as_str().is_some_and(|w| w.contains("keepalived's TCP_CHECK")), "{p}");
        }
        rounds += 1;
        assert!(begun.elapsed() < Duration::from_mins(1), "no reset was seen in {rounds} rounds");
    }
    let (exit, p) = probe(&["tcp", &place, "--payload", "x", "--expect", "y"]);
    assert_eq!((exit, &p["reason"]), (2, &Value::from("reset")), "{p}");
}

#[test]
fn a_silence_says_how_long_it_was_waited_for() {
    let mute = service(std::mem::forget);
    let (_, p) = probe(&["tcp", &mute, "--expect", "PONG", "--timeout", "300ms"]);
    assert_eq!((&p["reason"], &p["message"]), (&"timeout-read".into(), &"no answer within 300ms".into()));
}

#[test]
fn a_namespace_that_cannot_be_entered_is_one_line() {
    let rows = [
        ("no-such-namespace", "hactl: there is no network namespace no-such-namespace; `ip netns` knows "),
        ("/no/such/file", "hactl: there is no network namespace /no/such/file; "),
        ("/dev/null", "hactl: /dev/null is no network namespace"),
    ];
    for (name, said) in rows {
        for args in [&["tcp", "127.0.0.1:9"][..], &["config", "/dev/null"], &["vip", "127.0.0.1"]] {
            let o = hactl(&[&["probe"], args, &["--netns", name]].concat());
            assert_eq!((status(&o), stdout(&o).as_str()), (3, ""), "{name}");
            assert!(stderr(&o).starts_with(said) && stderr(&o).lines().count() == 1, "{}", stderr(&o));
        }
    }
}

#[test]
fn an_address_is_looked_at_with_the_right_words() {
    let usage: [(&[&str], &str); 6] = [
        (&["10.0.0.1", "--through-failover", "401"], "401 is not in 0..=400"),
        (&["10.0.0.1", "--through-failover", "1"], "10.0.0.1: the port to connect to is missing: --port 80?"),
        (&["10.0.0.1:80,81", "--through-failover", "1"], "--through-failover looks at one address"),
        (&["10.0.0.1:80", "--for", "1s"], "--through-failover"),
        (&["10.0.0.1:80", "--through-failover", "1", "--count", "2"], "cannot be used with"),
        (&["10.0.0.1", "--listen", "5"], "the unit is missing"),
    ];
    for (args, said) in usage {
        let o = hactl(&[&["probe", "vip"], args].concat());
        assert_eq!((status(&o), stdout(&o).as_str()), (3, ""), "{args:?}");
        assert!(stderr(&o).contains(said), "{args:?}: {}", stderr(&o));
    }
    // Nobody answers ARP on the loopback: that is not asked, the port is.
    let place = service(drop);
    let (exit, p) = probe(&["vip", &place, "--no-icmp"]);
    assert_eq!((exit, &p["on_link"], &p["phases_ms"]["connect"].is_number()), (0, &false.into(), &true), "{p}");
    let (exit, p) = probe(&["vip", "127.0.0.1", "--interface", "no-such-if"]);
    assert_eq!((exit, &p["reason"]), (3, &"local".into()), "{p}");
    let o = hactl(&["probe", "vip", &closed(), "--through-failover", "2", "--plugin"]);
    assert_eq!(status(&o), 2);
    assert!(stdout(&o).contains(": cannot begin: refused: connection 1 of 2: connection refused"), "{}", stdout(&o));
}

#[test]
fn without_a_move_in_sight_connections_are_held_all_the_same() {
    let place = service(|mut c| drop(std::thread::spawn(move || drop(c.read(&mut [0; 9])))));
    let args = ["vip", &place, "--through-failover", "3", "--for", "700ms", "--interval", "20ms"];
    let (exit, p) = probe(&args);
    assert_eq!((exit, &p["held"], &p["survived"], &p["moved"]), (3, &3.into(), &3.into(), &false.into()), "{p}");
    assert_eq!((&p["unseen"], &p["reason"]), (&"it is this host itself".into(), &"unmoved".into()));
    assert!(p["good"].as_u64().is_some_and(|n| n > 1), "{p}");
    let o = hactl(&[&["probe"], &args[..]].concat());
    assert!(
        line(&o).starts_with(&format!(
            "UNKNOWN vip {place}: no interruption seen, and a move cannot be seen from here; longest silence "
        )),
        "{}",
        stdout(&o)
    );
}

#[test]
fn a_peer_that_says_nothing_serves_nobody() {
    let mute = service(std::mem::forget);
    let more = ["--through-failover", "1", "--send", "x", "--expect", "y", "--for", "2s", "--timeout", "1m"];
    let (exit, p) = probe(&[&["vip", mute.as_str()], &more[..]].concat());
    assert_eq!((exit, &p["good"], &p["silent"]), (2, &0.into(), &true.into()), "{p}");
    assert_eq!(p["reason"], "unserved");
    // Those of the first second, and not those that are younger.
    let late = p["failures"]["unanswered"].as_u64().expect("a number");
    assert_eq!((late > 0, &p["requests"]), (true, &late.into()), "{p}");
    assert!(
        p["message"].as_str().unwrap().starts_with("no request was good; no client was served for the last "),
        "{p}"
    );
}

#[test]
fn the_limit_and_an_interrupt_count_from_the_beginning() {
    // With nobody who accepts, the second connection finds the queue full, and its SYN is not answered.
    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    full.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    full.listen(0).unwrap();
    let place = full.local_addr().unwrap().as_socket().unwrap().to_string();
    let args = ["probe", "vip", &place, "--through-failover", "3", "--timeout", "1m", "--json", "--for"];
    let begun = Instant::now();
    let o = hactl(&[&args[..], &["300ms"]].concat());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!((status(&o), stdout(&o).contains("did not stand within 300ms")) == (3, true), "{}", stdout(&o));
    let mut child = command(&[&args[..], &["1m"]].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    // The first line comes before signals are taken; until then one ends it in another way.
    lines.read_line(&mut String::new()).unwrap();
    let mask = || std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let catches = |text: &str| {
        let caught = text.lines().find_map(|l| l.strip_prefix("SigCgt:")).unwrap().trim();
        u64::from_str_radix(caught, 16).unwrap() & 0b10 != 0
    };
    while !catches(&mask()) {
        assert!(begun.elapsed() < Duration::from_secs(50), "it takes no signals");
        thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("interrupted before the connections stood"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_rate_is_held() {
    let open = service(drop);
    let begun = Instant::now();
    let o = hactl(&["probe", "tcp", &open, "--count", "6", "--interval", "0s", "--rate", "10"]);
    // The first at once, the others 100 ms apart.
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(status(&o), 0);
}

#[test]
fn udp_with_and_without_an_answer() {
    let echo = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = echo.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut buffer = [0; 100];
        while let Ok((n, from)) = echo.recv_from(&mut buffer) {
            let _ = echo.send_to(&buffer[..n], from);
        }
    });
    let (exit, p) = probe(&["udp", &place, "--payload", "hello", "--expect", "ell"]);
    assert_eq!((exit, &p["answer"]), (0, &Value::from("hello")), "{p}");
    assert!(p["phases_ms"]["first_byte"].is_number(), "{p}");

    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap().to_string();
    assert_eq!(probe(&["udp", &place, "--timeout", "50ms"]).0, 0);
    let (exit, p) = probe(&["udp", &place, "--timeout", "50ms", "--require-reply"]);
    assert_eq!((exit, &p["reason"]), (2, &Value::from("timeout-reply")), "{p}");

    drop(silent);
    let (exit, p) = probe(&["udp", &place]);
    assert_eq!((exit, &p["reason"]), (2, &Value::from("refused")), "{p}");
    assert_eq!(p["message"], "127.0.0.1 says: port unreachable (ICMP type 3 code 3)");
}

#[test]
fn what_could_not_be_asked_is_unknown() {
    let (exit, p) = probe(&["tcp", "127.0.0.1:9", "--interface", "no-such-if"]);
    assert_eq!((exit, &p["reason"], &p["verdict"]), (3, &Value::from("local"), &Value::from("unknown")), "{p}");
    for args in
        [&["tcp", "127.0.0.1"][..], &["icmp", "127.0.0.1:9"], &["tcp", "10.0.0.0/8:80"], &["tcp"], &["nothing", "x"]]
    {
        let o = hactl(&[&["probe"], args].concat());
        assert_eq!((status(&o), o.stdout.is_empty(), o.stderr.is_empty()), (3, true, false), "{args:?}");
    }
    let o = hactl(&["probe", "tcp", "@/no/such/file"]);
    assert_eq!((status(&o), stderr(&o).starts_with("hactl: cannot read the targets in /no/such/file: ")), (3, true));
}

#[test]
fn a_family_that_the_source_has_not_is_refused() {
    let open = service(drop);
    let port = open.rsplit_once(':').unwrap().1;
    let place = format!("localhost:{port}");
    for (family, source, sentence) in [
        ("-6", "127.0.0.1", "hactl: -6 asks for IPv6 addresses, which --source 127.0.0.1 cannot ask\n"),
        ("-4", "::1", "hactl: -4 asks for IPv4 addresses, which --source ::1 cannot ask\n"),
    ] {
        for args in [&["tcp", &place][..], &["keepalive", &place, "--find-idle-limit", "4s"], &["icmp", "localhost"]] {
            let o = hactl(&[&["probe"], args, &[family, "--source", source, "--json"]].concat());
            assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o).as_str()), (3, "", sentence), "{args:?}");
        }
        let vip = ["probe", "vip", &place, "--through-failover", "1", "--for", "1s", family, "--source", source];
        let o = hactl(&vip);
        assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o).as_str()), (3, "", sentence));
    }
    assert_eq!(status(&hactl(&["probe", "tcp", &open, "-4", "--source", "127.0.0.1"])), 0);
}

#[test]
fn a_failure_may_be_wanted_and_many_are_told_worst_first() {
    let (open, shut) = (service(drop), closed());
    let exit = |args: &[&str]| status(&hactl(&[&["probe", "tcp"], args].concat()));
    assert_eq!((exit(&[&shut, "--expect-fail"]), exit(&[&open, "--expect-fail"])), (0, 2));
    assert_eq!(exit(&[&shut, "--exit-zero"]), 0);
    assert_eq!(exit(&[&open, "--warn", "1h", "--crit", "2h"]), 0);
    let o = hactl(&["probe", "tcp", &open, &shut]);
    assert_eq!(status(&o), 2);
    assert!(line(&o).starts_with(&format!("CRITICAL tcp {shut}: refused: connection refused (usually: ")), "{o:?}");
    let o = hactl(&["probe", "tcp", &shut, "--plugin"]);
    assert!(stdout(&o).starts_with(&format!("TCP CRITICAL - {shut}: refused: ")) && stdout(&o).contains(" | time="));
}

#[test]
fn rounds_and_retries_are_counted() {
    let open = service(drop);
    let (exit, p) = probe(&["tcp", &open, "--count", "5", "--interval", "0s"]);
    assert_eq!((exit, &p["series"]["sent"], &p["series"]["lost"]), (0, &Value::from(5), &Value::from(0)), "{p}");
    assert!(p["series"]["median_ms"].is_number(), "{p}");
    let (exit, p) = probe(&["tcp", &closed(), "--retries", "2", "--retry-delay", "0s"]);
    assert_eq!((exit, &p["attempts"]), (2, &Value::from(3)), "{p}");
}
