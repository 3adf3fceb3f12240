//! `hactl probe config --watch` with peers on loopback that come and go.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{command, hactl, status, stderr, stdout};

/// A virtual server that needs both of its real servers, and a script that fails once a file is gone.
fn conf(dir: &Path, delay_loop: &str, one: u16, other: u16) -> PathBuf {
    let flag = dir.join("flag");
    std::fs::write(&flag, "").unwrap();
    let checker = "TCP_CHECK {\n            connect_timeout 1\n            retry 1\n            delay_before_retry 0.2\n        }";
    let text = format!(
        "vrrp_script chk {{\n    script \"/usr/bin/test -e {}\"\n    interval 0.2\n    fall 2\n    weight -20\n}}\n\
         vrrp_instance VI_1 {{\n    state BACKUP\n    interface lo\n    virtual_router_id 51\n    priority 102\n    \
         virtual_ipaddress {{\n        10.0.0.10\n    }}\n    track_script {{\n        chk\n    }}\n}}\n\
         virtual_server 10.0.0.10 80 {{\n    delay_loop {delay_loop}\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    quorum 2\n    \
         sorry_server 10.0.0.99 80\n    real_server 127.0.0.1 {one} {{\n        {checker}\n    }}\n    \
         real_server 127.0.0.1 {other} {{\n        {checker}\n    }}\n}}\n",
        flag.display()
    );
    let file = dir.join("lvs.conf");
    std::fs::write(&file, text).unwrap();
    file
}

/// A watch under way, as objects.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(file: &Path, more: &[&str]) -> Self {
        let arguments =
            [&["probe", "config", file.to_str().unwrap(), "--watch", "--at-once", "--json", "--for", "2m"], more]
                .concat();
        let mut child = command(&arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// The next object of which this holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let limit = Instant::now() + Duration::from_secs(20);
        while let Ok(line) = self.lines.recv_timeout(limit.saturating_duration_since(Instant::now())) {
            let value: Value = serde_json::from_str(&line).unwrap();
            if holds(&value) {
                return value;
            }
        }
        panic!("no {what}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is(v: &Value, what: &str, state: &str) -> bool {
    v["type"] == "transition" && v["what"] == what && v["state"] == state
}

#[test]
fn what_comes_and_goes_is_told_as_the_daemon_would_act() {
    let dir = tempfile::tempdir().unwrap();
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    // A retry is far sooner than the next check.
    let file = conf(dir.path(), "5", one.local_addr().unwrap().port(), port);
    let mut w = Watching::start(&file, &["-q"]);
    for _ in 0..2 {
        let up = w.until("first look", |v| is(v, "checker", "up"));
        assert_eq!((&up["first"], &up["virtual_server"]), (&true.into(), &"TCP 10.0.0.10:80".into()));
    }
    drop(other);
    let first = w.until("first failure", |v| v["type"] == "attempt" && v["what"] == "checker");
    assert_eq!((&first["failures"], &first["needed"], &first["reason"]), (&1.into(), &2.into(), &"refused".into()));
    let down = w.until("death", |v| is(v, "checker", "down"));
    // The retry comes 0.2 s after the failure, and not before; the next check would come after 5 s.
    let waited = down["t"].as_f64().unwrap() - first["t"].as_f64().unwrap();
    assert!((0.19..3.0).contains(&waited), "{waited}");
    assert_eq!(down["real_server"], format!("127.0.0.1:{port}"));
    w.until("server", |v| is(v, "real_server", "down"));
    let lost = w.until("quorum", |v| is(v, "quorum", "down"));
    assert_eq!((&lost["live_weight"], &lost["needed"]), (&1.into(), &2.into()));
    assert!(lost["message"].as_str().unwrap().contains("sorry server 10.0.0.99:80"), "{lost}");
    let other = TcpListener::bind(("127.0.0.1", port)).unwrap();
    w.until("return", |v| is(v, "checker", "up") && v["first"] == false);
    w.until("quorum", |v| is(v, "quorum", "up"));
    std::fs::remove_file(dir.path().join("flag")).unwrap();
    w.until("bad script", |v| is(v, "script", "bad"));
    let lowered = w.until("priority", |v| v["what"] == "priority");
    assert_eq!((&lowered["instance"], &lowered["from"], &lowered["to"]), (&"VI_1".into(), &102.into(), &82.into()));
    drop((one, other));
    w.until("quorum", |v| is(v, "quorum", "down"));
    assert!(Command::new("kill").args(["-INT", &w.child.id().to_string()]).status().unwrap().success());
    let instance = w.until("instance", |v| v["type"] == "instance");
    assert_eq!((&instance["configured"], &instance["priority"]), (&102.into(), &82.into()));
    let summary = w.until("summary", |v| v["type"] == "summary");
    assert_eq!(
        (&summary["without_quorum"], &summary["interrupted"], &summary["exit"]),
        (&1.into(), &true.into(), &2.into())
    );
    assert_eq!(w.child.wait().unwrap().code(), Some(2));
}

#[test]
fn a_file_drains_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let (number, file) = (dir.path().join("drain"), dir.path().join("lvs.conf"));
    let conf = format!(
        "track_file drain {{\n    file {}\n}}\n\
         virtual_server 10.0.0.10 80 {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    \
         real_server 10.0.0.1 80 {{\n        weight 10\n        FILE_CHECK {{\n            track_file drain\n        }}\n    }}\n}}\n",
        number.display()
    );
    std::fs::write(&file, conf).unwrap();
    std::fs::write(&number, "0\n").unwrap();
    let mut w = Watching::start(&file, &["-q"]);
    w.until("first look", |v| is(v, "checker", "up"));
    std::fs::write(&number, "-10\n").unwrap();
    let drained = w.until("weight", |v| v["what"] == "weight");
    assert_eq!((&drained["from"], &drained["to"]), (&10.into(), &0.into()), "{drained}");
}

#[test]
fn a_chosen_part_decides_no_quorum() {
    let dir = tempfile::tempdir().unwrap();
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    // Port 1 is closed: with both of them the quorum of 2 is lost.
    let (port, closed) = (one.local_addr().unwrap().port(), 1);
    let file = conf(dir.path(), "5", port, closed);
    let run = |more: &[&str]| {
        let all = ["probe", "config", file.to_str().unwrap(), "--watch", "--at-once", "--for", "1s"];
        let o = hactl(&[&all[..], more].concat());
        (stdout(&o), status(&o))
    };
    let (text, exit) = run(&[]);
    assert!(text.contains("QUORUM LOST: weight 1, 2 needed; clients go to the sorry server 10.0.0.99:80, unchecked"));
    assert_eq!(exit, 2, "{text}");
    let undecided = "quorum not decided: other real servers are not looked at\n";
    for (server, verdict, exit) in [
        (format!("127.0.0.1:{port}"), "OK 1 of 1 real servers up; ", 0),
        (format!("127.0.0.1:{closed}"), "WARNING 127.0.0.1:1 down; 0 of 1 real servers up; ", 1),
    ] {
        let (text, status) = run(&["--real-server", &server]);
        assert!(text.ends_with(&format!("{verdict}{undecided}")), "{text}");
        assert_eq!((status, text.contains("QUORUM LOST")), (exit, false), "{text}");
        let (text, status) = run(&["--real-server", &server, "--json"]);
        let all: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let of = |kind: &str| all.iter().find(|v| v["type"] == kind).unwrap();
        assert_eq!((of("virtual_server").get("served"), status), (None, exit), "{text}");
        assert_eq!((&of("summary")["without_quorum"], &of("summary")["exit"]), (&0.into(), &exit.into()), "{text}");
    }
    // A virtual server that was chosen is whole.
    let (text, exit) = run(&["--virtual-server", "10.0.0.10"]);
    assert!(text.contains("CRITICAL TCP 10.0.0.10:80 has no quorum") && exit == 2, "{text}");
}

#[test]
fn off_a_terminal_it_ends_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let one = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = one.local_addr().unwrap().port();
    let file = conf(dir.path(), "0.4", port, port);
    let o = hactl(&["probe", "config", file.to_str().unwrap(), "--watch"]);
    // 1 s, no more than the warmup of 0.4 s, and 0.4 + 2 × 1 + 0.2 s; at least 5 s.
    assert_eq!(stderr(&o), "note: watches for 5 s, in which a death is noticed; --for sets another time\n");
    let text = stdout(&o);
    // The same real server twice is one.
    assert_eq!(text.matches("TCP_CHECK is good").count(), 1, "{text}");
    assert!(text.contains("chk  good at the first run (-20 points when bad: VI_1)"), "{text}");
    assert!(text.ends_with("OK 1 of 1 real servers up, 1 of 1 script good\n"), "{text}");
    assert_eq!(status(&o), 0);
    // Options of a watch are refused without one.
    let o = hactl(&["probe", "config", file.to_str().unwrap(), "--for", "1s"]);
    assert_eq!((status(&o), stderr(&o).contains("--watch")), (3, true));
}
