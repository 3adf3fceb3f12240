//! `hactl probe config` with peers on loopback.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{hactl, objects, status, stderr, stdout};

/// A virtual server with a quorum over a real server that is up with weight 2, one whose port is closed, and one whose
/// check would restart something.
fn conf(up: u16, closed: u16, quorum: u32) -> String {
    format!(
        "global_defs {{\n    script_user root\n}}\n\
         vrrp_script chk_good {{\n    script \"/bin/true\"\n    interval 2\n    fall 3\n}}\n\
         vrrp_script chk_bad {{\n    script \"/bin/false\"\n    weight -20\n}}\n\
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
    // Weights 2 up, 1 down, 1 that nobody looked at: keepalived begins with it up.
    let service = of(&r.all, "virtual_server")[0];
    assert_eq!(
        (&service["served"], &service["live_weight"], &service["needed_weight"]),
        (&true.into(), &3.into(), &3.into())
    );
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
    assert_eq!(detect, [Some(13_000.0), Some(17_000.0), Some(12_000.0), Some(8_000.0), Some(2_000.0)]);
    let told: Vec<[&Value; 3]> = probes.iter().map(|p| ["kind", "ok", "verdict"].map(|name| &p[name])).collect();
    let wanted = json!([
        ["tcp", true, "ok"],
        ["tcp", false, "critical"],
        ["script", false, "unknown"],
        ["script", true, "ok"],
        ["script", false, "critical"]
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
