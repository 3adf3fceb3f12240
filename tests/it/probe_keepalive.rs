//! `hactl probe keepalive` and `hactl probe sockets` on loopback, and what they refuse.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::support::{command, hactl, objects, status, stderr, stdout};

/// A service that treats its connections so; its `host:port`.
fn service(treat: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(treat));
    place
}

fn probe(args: &[&str]) -> (i32, Value) {
    let o = hactl(&[&["probe", "keepalive"], args, &["--json"]].concat());
    let found = objects(&o).into_iter().find(|v| v["type"] == "probe").unwrap_or_else(|| panic!("{}", stdout(&o)));
    (status(&o), found)
}

#[test]
fn a_mute_peer_answers_keepalive() {
    let mute = service(std::mem::forget);
    let (exit, p) = probe(&[&mute, "--idle", "1s", "--interval", "1s"]);
    assert_eq!(
        (exit, &p["kind"], &p["ok"], &p["ended_by"]),
        (0, &json!("keepalive"), &json!(true), &json!("answered"))
    );
    assert_eq!((&p["probes_sent"], &p["probes_answered"], &p["computed_ms"]), (&json!(1), &json!(1), &json!(1000.0)));
    assert!(p["observed_ms"].as_f64().is_some_and(|ms| ms >= 975.0), "{p}");
    // What was left of it when it was first looked at.
    assert!(p["kernel_timer_ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms <= 1000.0), "{p}");
}

/// Holds a connection to a mute peer, interrupts it once a line says `until`, and gives the rest with the exit status.
fn interrupted(idle: &str, until: &str) -> (String, Option<i32>) {
    let mute = service(std::mem::forget);
    let args = ["probe", "keepalive", &mute, "--interval", "1s", "--for", "10m", "--idle", idle];
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|l| l.contains(until)), "nothing says {until}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    (rest.join("\n"), child.wait().unwrap().code())
}

#[test]
fn what_is_known_is_told_when_it_is_interrupted() {
    let (rest, exit) = interrupted("1s", "probe answered, ");
    assert!(rest.contains(": keepalive was answered, probes sent 1, probes answered 1, observed "), "{rest}");
    assert!(rest.ends_with("\ninterrupted"), "{rest}");
    assert_eq!(exit, Some(0));
    let (rest, exit) = interrupted("60s", "connected from ");
    assert!(rest.starts_with("UNKNOWN keepalive 127.0.0.1:"), "{rest}");
    assert!(rest.contains(", no probe was due yet (due at 60.00 s)"), "{rest}");
    assert_eq!(exit, Some(3));
}

#[test]
fn a_service_that_ends_the_connection_is_told() {
    let ends = service(drop);
    let (exit, p) = probe(&[&ends]);
    assert_eq!((exit, &p["reason"], &p["ended_by"]), (2, &json!("idle-closed"), &json!("fin")), "{p}");
    let o = hactl(&["probe", "keepalive", &ends, "--plugin"]);
    assert!(
        stdout(&o).starts_with(&format!("KEEPALIVE CRITICAL - {ends}: idle-closed: ended (FIN) ")),
        "{}",
        stdout(&o)
    );
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_asked() {
    let rows = [
        (&["--idle", "1500ms"][..], "the kernel takes whole seconds"),
        (&["--idle", "0s"], "the kernel takes 1s to 32767s"),
        (&["--interval", "100ms"], "--interval 100ms: the kernel takes whole seconds"),
        (&["--probes", "0"], "0 is not in 1..=127"),
        (&["--for", "10s"], "--for 10s is over before the first probe, which is due after --idle 10s"),
        (&["--count", "2"], "--for holds the connection for longer"),
        (&["--idle", "5"], "unit"),
    ];
    for (args, wanted) in rows {
        let o = hactl(&[&["probe", "keepalive", "127.0.0.1:9"], args].concat());
        assert_eq!((status(&o), o.stdout.is_empty()), (3, true), "{args:?}");
        assert!(stderr(&o).contains(wanted), "{args:?}: {}", stderr(&o));
    }
    for (args, wanted) in [
        (&["127.0.0.1:9", "--find-idle-limit", "1s"][..], "--find-idle-limit takes 2s to 4h"),
        (&["127.0.0.1:9", "127.0.0.1:8", "--find-idle-limit", "10s"], "--find-idle-limit takes one target"),
    ] {
        let o = hactl(&[&["probe", "keepalive"], args].concat());
        assert_eq!((status(&o), o.stdout.is_empty(), stderr(&o).contains(wanted)), (3, true, true), "{args:?}");
    }
    for option in
        ["--idle=9s", "--interval=3s", "--probes=4", "--retries=1", "--warn=1s", "--rate=5", "--all-addresses"]
    {
        let o = hactl(&["probe", "keepalive", "127.0.0.1:9", "--find-idle-limit", "10s", option]);
        let name = option.split('=').next().unwrap();
        assert_eq!((status(&o), o.stdout.is_empty()), (3, true), "{option}");
        assert!(stderr(&o).contains("cannot be used with") && stderr(&o).contains(name), "{option}: {}", stderr(&o));
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (exit, p) = probe(&[&closed, "--find-idle-limit", "4s"]);
    assert_eq!((exit, &p["reason"]), (2, &json!("refused")), "{p}");
    let o = hactl(&["probe", "keepalive", "127.0.0.1"]);
    assert_eq!((status(&o), stderr(&o).contains("the port is missing")), (3, true));
    let o = hactl(&["probe", "sockets", "--vip", "nobody"]);
    assert_eq!((status(&o), o.stdout.is_empty()), (3, true));
}

#[test]
fn connections_of_this_host_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let ours = TcpStream::connect(place).unwrap();
    let (mut theirs, _) = listener.accept().unwrap();
    let port = place.port().to_string();
    let args = ["probe", "sockets", "--local", "--port", &port];
    let o = hactl(&[&args[..], &["--json"]].concat());
    let sockets: Vec<Value> = objects(&o).into_iter().filter(|v| v["type"] == "socket").collect();
    assert_eq!((status(&o), sockets.len()), (1, 2), "{}", stdout(&o));
    for s in &sockets {
        assert_eq!((&s["state"], &s["timer"], &s["notices"]), (&json!("ESTAB"), &json!("off"), &json!("never")));
        assert_eq!(s["pid"], json!(std::process::id()));
    }
    let o = hactl(&[&args[..], &["--plugin"]].concat());
    let line = "SOCKETS WARNING - 2 connections: 2 would never notice a dead peer | connections=2;;;0 never=2;;;0 stuck=0;;;0\n";
    assert_eq!(stdout(&o), line);
    let o = hactl(&args);
    assert!(stdout(&o).starts_with("WARNING 2 connections: 2 would never notice a dead peer\n"), "{}", stdout(&o));
    // Those of a host with itself are left out unless asked for.
    let o = hactl(&["probe", "sockets", "--port", &port]);
    assert_eq!((status(&o), stdout(&o).as_str()), (0, "OK no such connection\n"));
    drop(ours);
    assert_eq!(theirs.read(&mut [0; 1]).unwrap(), 0);
    let o = hactl(&[&args[..], &["--json"]].concat());
    let told: Vec<Value> = objects(&o).into_iter().filter(|v| v["notices"] == "closed-by-peer").collect();
    assert_eq!((status(&o), told.len()), (0, 1), "{}", stdout(&o));
}

#[test]
fn what_could_not_be_looked_at_is_no_zero() {
    if std::fs::metadata("/proc/self").map(|m| m.uid()).ok() != Some(0) {
        eprintln!("SKIPPED: only root can look as another user");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap();
    let ours = TcpStream::connect(place).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    for end in [&ours, &theirs] {
        socket2::SockRef::from(end).set_keepalive(true).unwrap();
    }
    // Nobody may not ask this process what it has set, and hours are more than a minute.
    let port = place.port().to_string();
    let args = ["probe", "sockets", "--local", "--port", &port, "--within", "1m"];
    for extra in [&[][..], &["--exit-zero"]] {
        let o = command(&[&args[..], extra].concat()).uid(65534).gid(65534).output().unwrap();
        assert_eq!((status(&o), stdout(&o).starts_with("UNKNOWN 2 connections: ")), (3, true), "{o:?}");
    }
}

#[test]
fn the_limit_of_a_service_is_found() {
    let ends = service(|c| {
        thread::spawn(move || {
            // The service's own idle limit: its timer is what is looked for.
            c.set_read_timeout(Some(std::time::Duration::from_millis(1_500))).unwrap();
            let _ = (&c).read(&mut [0; 1]);
        });
    });
    let (exit, p) = probe(&[&ends, "--find-idle-limit", "4s"]);
    assert_eq!((exit, &p["ended_by"], &p["unsteady"]), (1, &json!("fin"), &json!(false)), "{p}");
    assert_eq!(p["reason"], "idle-closed");
    assert!(p["limit_ms"].as_f64().is_some_and(|ms| (1_490.0..2_500.0).contains(&ms)), "{p}");
    let o = hactl(&["probe", "keepalive", &ends, "--find-idle-limit", "4s"]);
    assert!(stdout(&o).contains("the service ends (FIN) idle connections after "), "{}", stdout(&o));
    assert!(stdout(&o).contains("nginx        upstream { keepalive_timeout 1s; }"), "{}", stdout(&o));
    assert!(stderr(&o).contains(": at most 8 connections at once, usually done within 20s"), "{}", stderr(&o));
}

#[test]
fn a_patient_service_has_no_limit() {
    let mute = service(std::mem::forget);
    let (exit, p) = probe(&[&mute, "--find-idle-limit", "2s"]);
    assert_eq!((exit, &p["ok"], &p["lives_ms"]), (0, &json!(true), &json!(2000.0)), "{p}");
}
