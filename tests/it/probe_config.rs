//! `hactl probe config` with peers on loopback.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{command, hactl, objects, status, stderr, stdout};

/// A virtual server with a quorum over a real server that is up with weight 2, one whose port is closed, and one whose
/// check would restart something.
fn conf(up: u16, closed: u16, quorum: u32) -> String {
    format!(
        "global_defs {{\n    script_user root\n}}\n\
         vrrp_script chk_good {{\n    script \"/bin/true\"\n    interval 2\n    fall 3\n}}\n\
         vrrp_script chk_bad {{\n    script \"/bin/false\"\n    weight -20\n}}\n\
         vrrp_script chk_unused {{\n    script \"/bin/false\"\n}}\n\
         vrrp_instance VI_1 {{\n    interface lo\n    virtual_router_id 51\n    priority 100\n    track_script {{\n        chk_good\n        \
         chk_bad\n    }}\n    virtual_ipaddress {{\n        10.0.0.10\n    }}\n}}\n\
         virtual_server 10.0.0.10 80 {{\n    delay_loop 6\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    quorum {quorum}\n    \
         sorry_server 127.0.0.1 9\n    \
         real_server 127.0.0.1 {up} {{\n        weight 2\n        TCP_CHECK {{\n            connect_timeout 3\n        }}\n    }}\n    \
         real_server 127.0.0.1 {closed} {{\n        weight 1\n        TCP_CHECK {{\n            connect_timeout 3\n            \
         retry 2\n            delay_before_retry 1\n        }}\n    }}\n    \
         real_server 127.0.0.2 {up} {{\n        weight 1\n        MISC_CHECK {{\n            \
         misc_path \"/bin/systemctl restart nginx\"\n        }}\n    }}\n}}\n"
    )
}

fn root() -> bool {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().any(|l| l.starts_with("Uid:\t0\t"))
}

struct Run {
    all: Vec<Value>,
    text: String,
    status: i32,
}

/// The configuration as a file, with what listens and the ports that are up and closed. Scripts that run as root need root.
fn lvs(quorum: u32) -> (tempfile::TempDir, String, TcpListener, [u16; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let (up, closed) = (listener.local_addr().unwrap().port(), gone.local_addr().unwrap().port());
    drop(gone);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lvs.conf");
    let text = conf(up, closed, quorum);
    std::fs::write(&file, if root() { text } else { text.replace("    script_user root\n", "") }).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (dir, file, listener, [up, closed])
}

/// Both forms of a run.
fn run(quorum: u32, more: &[&str]) -> Run {
    let (_dir, file, _listener, [up, closed]) = lvs(quorum);
    let arguments = [&["probe", "config", &file, "-q"], more].concat();
    let o = hactl(&[&arguments[..], &["--json"]].concat());
    assert_eq!(stderr(&o), "");
    let all = objects(&o);
    let plain = hactl(&arguments);
    assert_eq!(status(&plain), status(&o));
    Run {
        all,
        text: stdout(&plain).replace(&closed.to_string(), "CLOSED").replace(&up.to_string(), "UP"),
        status: status(&o),
    }
}

fn of<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|v| v["type"] == kind).collect()
}

#[test]
fn a_quorum_decides_over_servers_that_are_down() {
    let r = run(3, &[]);
    // Weights 2 up, 1 down, 1 that nobody looked at: keepalived begins with it up, and nobody knows what it is now.
    let service = of(&r.all, "virtual_server")[0];
    assert_eq!(
        (&service["served"], &service["live_weight"], &service["needed_weight"]),
        (&Value::Null, &3.into(), &3.into())
    );
    assert!(r.text.contains("rr: not decided: what was not looked at could lose the quorum of 3"), "{}", r.text);
    assert_eq!(of(&run(2, &[]).all, "virtual_server")[0]["served"], true);
    let states: Vec<&str> =
        service["real_servers"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["up", "down", "unknown"]);
    assert_eq!(r.status, 1, "{}", r.text);

    let r = run(4, &[]);
    assert_eq!(of(&r.all, "virtual_server")[0]["served"], false);
    assert_eq!(r.status, 2);
    let summary = of(&r.all, "summary")[0];
    let counts = ["up", "down", "unknown", "bad_scripts"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1]);
    assert!(
        r.text.contains(
            "NO QUORUM: clients go to the sorry server 127.0.0.1:9, which nothing checks; weight 3 of 4 up, 4 needed"
        ),
        "{}",
        r.text
    );
    assert!(r.text.contains("TCP_CHECK 127.0.0.1:CLOSED: refused: connection refused"), "{}", r.text);
    assert!(r.text.contains("/bin/systemctl restart"), "{}", r.text);
}

#[test]
fn a_monitoring_system_reads_a_line_and_then_what_is_bad() {
    let (_dir, file, _listener, [up, closed]) = lvs(4);
    let o = hactl(&["probe", "config", &file, "--plugin"]);
    let text = stdout(&o).replace(&closed.to_string(), "CLOSED").replace(&up.to_string(), "UP");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(status(&o), 2);
    assert_eq!(
        lines[0],
        "CONFIG CRITICAL - 0 of 1 virtual servers with their quorum, 1 of 3 real servers up; 1 of 2 tracked scripts succeed: \
         TCP 10.0.0.10:80, 127.0.0.1:CLOSED, 127.0.0.2:UP and 1 more | without_quorum=1;;;0;1 up=1;;;0;3 down=1;;;0;3 \
         unknown=1;;;0;3 bad_scripts=1;;;0;2"
    );
    assert_eq!(lines[1], "TCP 10.0.0.10:80: no quorum");
    assert!(
        lines[2].starts_with("127.0.0.1:CLOSED: TCP_CHECK 127.0.0.1:CLOSED: refused: connection refused"),
        "{text}"
    );
    assert!(lines[3].starts_with("127.0.0.2:UP: MISC_CHECK: not run, as it would "), "{text}");
    assert!(lines[4].starts_with("chk_bad: vrrp_script "), "{text}");
    assert_eq!(lines.len(), 5, "{text}");
}

#[test]
fn a_death_is_noticed_by_the_formula() {
    let r = run(1, &[]);
    let probes = of(&r.all, "probe");
    let detect: Vec<Option<f64>> = probes.iter().map(|p| p["detect_ms"].as_f64()).collect();
    // 6 + 2 × 3 + 1 × 1 s; 6 + 3 × 3 + 2 × 1 s; 6 + 6 s; 3 × 2 + 2 s; 1 + 1 s.
    assert_eq!(detect, [Some(13_000.0), Some(17_000.0), Some(12_000.0), Some(8_000.0), Some(2_000.0), None]);
    let parameters = &probes[1]["parameters"];
    assert_eq!(parameters["delay_loop"], json!({ "value": "6s", "default": false }));
    assert_eq!(parameters["retry"], json!({ "value": "2", "default": false }));
    assert_eq!(probes[0]["parameters"]["retry"], json!({ "value": "1", "default": true }));
    // What nobody tracks is not run, by keepalived neither.
    assert!(
        probes[5]["message"].as_str().is_some_and(|m| m.ends_with("nobody tracks it, so keepalived does not run it"))
    );
    let told: Vec<[&Value; 3]> = probes.iter().map(|p| ["kind", "ok", "verdict"].map(|name| &p[name])).collect();
    let wanted = json!([
        ["tcp", true, "ok"],
        ["tcp", false, "critical"],
        ["script", false, "unknown"],
        ["script", true, "ok"],
        ["script", false, "critical"],
        ["script", false, "unknown"]
    ]);
    assert_eq!(json!(told), wanted);
    assert_eq!(probes[1]["reason"], "refused");
    // What nobody looked at has all that the others have.
    assert_eq!(probes[2]["reason"], "unchecked");
    assert_eq!((&probes[2]["target"], &probes[2]["phases_ms"]), (&probes[2]["real_server"], &json!({})));
    assert!(probes[2]["message"].as_str().is_some_and(|m| m.contains("--run-anyway")), "{}", probes[2]);
}

#[test]
fn a_part_can_be_chosen() {
    let r = run(1, &["--real-server", "127.0.0.2"]);
    assert_eq!(of(&r.all, "probe").len(), 1, "{}", r.text);
    // Nothing is said of a quorum that others decide as well.
    let r = run(4, &["--real-server", "127.0.0.1"]);
    assert_eq!((r.status, of(&r.all, "virtual_server")[0].get("served")), (1, None), "{}", r.text);
    assert!(r.text.contains("rr: quorum not decided: other real servers are not looked at\n"), "{}", r.text);
    assert!(r.text.starts_with("WARNING 1 of 2 real servers up"), "{}", r.text);
    let o = hactl(&["probe", "config", "/nowhere.conf"]);
    assert_eq!((status(&o), stderr(&o).contains("/nowhere.conf")), (3, true));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("empty.conf");
    std::fs::write(&file, "global_defs {\n}\n").unwrap();
    let o = hactl(&["probe", "config", file.to_str().unwrap()]);
    assert_eq!((status(&o), stderr(&o).contains("there is nothing to check")), (3, true));
}

#[test]
fn a_number_in_a_file_is_a_weight_or_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let (number, file) = (dir.path().join("drain"), dir.path().join("lvs.conf"));
    let conf = format!(
        "track_file drain {{\n    file {}\n    weight 3\n}}\n\
         virtual_server 10.0.0.10 80 {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    \
         real_server 10.0.0.1 80 {{\n        weight 10\n        FILE_CHECK {{\n            track_file drain\n        }}\n    }}\n    \
         real_server 10.0.0.2 80 {{\n        FILE_CHECK {{\n            track_file drain\n            weight 0\n        }}\n    }}\n}}\n",
        number.display()
    );
    std::fs::write(&file, conf).unwrap();
    let found = |text: Option<&str>| {
        let _ = text.map(|t| std::fs::write(&number, t).unwrap());
        let o = hactl(&["probe", "config", file.to_str().unwrap(), "--json"]);
        let all = objects(&o);
        let servers = of(&all, "virtual_server")[0]["real_servers"].as_array().unwrap().clone();
        let state = |n: usize| format!("{} {}", servers[n]["state"].as_str().unwrap(), servers[n]["weight"]);
        (status(&o), state(0), state(1))
    };
    let told = |exit: i32, one: &str, other: &str| (exit, one.to_owned(), other.to_owned());
    // No file counts as 0; 10 − 3 × 2 is 4.
    assert_eq!(found(None), told(0, "up 10", "up 1"));
    assert_eq!(found(Some("-2\n")), told(1, "up 4", "down 1"));
    assert_eq!(found(Some("0\n")), told(0, "up 10", "up 1"));
}

#[test]
fn ha_suspend_waits_for_the_address() {
    let dir = tempfile::tempdir().unwrap();
    let found = |vip: &str| {
        let file = dir.path().join("lvs.conf");
        let server = "real_server 127.0.0.1 9 {\n    }\n";
        let conf = format!(
            "virtual_server {vip} 80 {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    ha_suspend\n    {server}}}\n"
        );
        std::fs::write(&file, conf).unwrap();
        let all = objects(&hactl(&["probe", "config", file.to_str().unwrap(), "--json"]));
        let text = stdout(&hactl(&["probe", "config", file.to_str().unwrap()]));
        (of(&all, "virtual_server")[0]["suspended"].clone(), text.contains("ha_suspend: "))
    };
    assert_eq!(found("127.0.0.1"), (Value::Null, false));
    // Of a network for documentation.
    assert_eq!(found("192.0.2.77"), (true.into(), true));
}

/// A virtual server with these real servers.
fn service(settings: &str, servers: &[String]) -> String {
    format!(
        "virtual_server 10.0.0.10 80 {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    {settings}\n    {}\n}}\n",
        servers.join("\n    ")
    )
}

/// `hactl probe config … --json` of a configuration: its status and all objects.
fn judged(text: &str) -> (i32, Vec<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lvs.conf");
    std::fs::write(&file, text).unwrap();
    let o = hactl(&["probe", "config", file.to_str().unwrap(), "--json"]);
    (status(&o), objects(&o))
}

/// A script with its user, where scripts that run as root need one.
fn script_user() -> &'static str {
    if root() { "global_defs {\n    script_user root\n}\n" } else { "" }
}

#[test]
fn a_reply_over_udp_has_to_be_the_one_that_is_wanted() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let heard = thread::spawn(move || {
        let mut buffer = [0; 64];
        let mut heard = Vec::new();
        for _ in 0..4 {
            let (n, from) = socket.recv_from(&mut buffer).unwrap();
            heard.push(buffer[..n].to_vec());
            socket.send_to(b"WRONG", from).unwrap();
        }
        heard
    });
    let of = |settings: &str| {
        let server = format!(
            "real_server 127.0.0.1 {port} {{\n        UDP_CHECK {{\n            {settings}\n        }}\n    }}"
        );
        let (status, all) = judged(&service("", &[server]));
        let probe = all.into_iter().find(|v| v["type"] == "probe").unwrap();
        (status, probe["ok"].clone(), probe["message"].as_str().unwrap_or_default().to_owned())
    };
    // The octets of "WR" and of "RW"; a length that it has not; any reply.
    assert_eq!(of("payload 01\n            require_reply 57 52"), (0, true.into(), String::new()));
    let other = r#"the reply "WRONG" is another one from byte 0 on"#;
    assert_eq!(of("require_reply 52 57"), (2, false.into(), other.to_owned()));
    let short = "the reply has 5 bytes, not 10 to 255".to_owned();
    assert_eq!(of("require_reply 57\n            min_reply_length 10"), (2, false.into(), short));
    assert_eq!(of("require_reply").0, 0);
    let heard = heard.join().unwrap();
    assert_eq!((&heard[0][..], &heard[1][..]), (&b"\x01"[..], &b"keepalived check - keepalived ch"[..]));
}

#[test]
fn connect_timeout_is_for_each_step() {
    // Four pieces with 0.4 s before each, in all longer than the timeout of a second.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 512]);
            for piece in ["HTTP/1.0 200 OK\r\n", "\r\n", "a", "b"] {
                thread::sleep(Duration::from_millis(400));
                let _ = stream.write_all(piece.as_bytes());
            }
        }
    });
    let server = format!(
        "real_server 127.0.0.1 {port} {{\n        HTTP_GET {{\n            connect_timeout 1\n            url {{\n                \
         path /\n            }}\n        }}\n    }}"
    );
    let (status, all) = judged(&service("", &[server]));
    let probe = of(&all, "probe")[0];
    assert_eq!((status, &probe["ok"], &probe["body_bytes"]), (0, &true.into(), &2.into()), "{probe}");
    assert!(probe["phases_ms"]["total"].as_f64().unwrap() > 1500.0, "{probe}");
}

#[test]
fn a_script_counts_as_it_is_tracked() {
    let instance = |tracks: &str| {
        format!(
            "vrrp_instance VI_1 {{\n    interface lo\n    virtual_router_id 51\n    priority 100\n    virtual_ipaddress {{\n        \
             10.0.0.10\n    }}\n    track_script {{\n        {tracks}\n    }}\n}}\n"
        )
    };
    let of = |script: &str, tracks: &str| {
        let conf = format!("{}vrrp_script chk {{\n    script \"{script}\"\n}}\n{}", script_user(), instance(tracks));
        let (status, all) = judged(&conf);
        (status, of(&all, "summary")[0]["bad_scripts"].clone())
    };
    // Without a weight of its own: a FAULT where nothing else is said, points where it is; reversed the other way round.
    assert_eq!(of("/bin/false", "chk"), (2, 1.into()));
    assert_eq!(of("/bin/false", "chk weight -20"), (1, 1.into()));
    assert_eq!(of("/bin/true", "chk weight 0 reverse"), (2, 1.into()));
    assert_eq!(of("/bin/false", "chk weight 0 reverse"), (0, 0.into()));
}

#[test]
fn what_lowers_weights_lowers_no_quorum() {
    let server = |n: u32| {
        format!(
            "real_server 10.0.0.{n} 80 {{\n        weight 5\n        MISC_CHECK {{\n            misc_path \"/bin/sh -c 'exit 3'\"\n            \
             misc_dynamic\n        }}\n    }}"
        )
    };
    let (status, all) = judged(&format!("{}{}", script_user(), service("quorum 10", &[server(1), server(2)])));
    let service = of(&all, "virtual_server")[0];
    let weights = ["live_weight", "total_weight", "needed_weight"].map(|name| service[name].as_u64().unwrap());
    assert_eq!((status, &service["served"], weights), (2, &false.into(), [2, 2, 10]));
}

#[test]
fn what_nobody_looked_at_decides_no_quorum() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = format!("real_server 127.0.0.1 {port} {{\n        TCP_CHECK {{\n        }}\n    }}");
    let unseen = "real_server 10.0.0.2 80 {\n        BFD_CHECK {\n            name b\n        }\n    }".to_owned();
    let bfd = "bfd_instance b {\n    neighbor_ip 10.0.0.2\n    source_ip 10.0.0.1\n}\n";
    let of = |settings: &str| {
        let (status, all) = judged(&format!("{bfd}{}", service(settings, &[seen.clone(), unseen.clone()])));
        (status, of(&all, "virtual_server")[0]["served"].clone())
    };
    assert_eq!(of("quorum 2"), (3, Value::Null));
    assert_eq!(of("alpha\n    quorum 2"), (3, Value::Null));
    assert_eq!(of("quorum 1"), (0, true.into()));
}

#[test]
fn a_quorum_that_alpha_has_to_gain_takes_the_hysteresis() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server =
        |port| format!("real_server 127.0.0.1 {port} {{\n        weight 2\n        TCP_CHECK {{\n        }}\n    }}");
    let of = |settings: &str| {
        let (status, all) = judged(&service(settings, &[server(port), server(1)]));
        let service = of(&all, "virtual_server")[0];
        (status, service["served"].clone(), service["needed_weight"].clone())
    };
    // Weight 2 is up: enough to keep a quorum of 2 ± 1, and not to gain it.
    assert_eq!(of("quorum 2\n    hysteresis 1"), (1, true.into(), 1.into()));
    assert_eq!(of("quorum 2\n    hysteresis 1\n    alpha"), (2, false.into(), 3.into()));
}

#[test]
fn many_pings_take_one_socket() {
    if !root() {
        eprintln!("SKIPPED: whether others may ping is up to the host");
        return;
    }
    let servers: Vec<String> = (1..=200)
        .map(|n| format!("real_server 127.0.0.{n} 80 {{\n        PING_CHECK {{\n        }}\n    }}"))
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lvs.conf");
    std::fs::write(&file, service("quorum 200", &servers)).unwrap();
    let hactl = command(&[]).get_program().to_owned();
    let line = format!("ulimit -n 64; exec '{}' probe config '{}' --json", hactl.to_str().unwrap(), file.display());
    let o = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    let all = objects(&o);
    assert_eq!((status(&o), &of(&all, "summary")[0]["up"]), (0, &200.into()), "{}", stdout(&o));
}
