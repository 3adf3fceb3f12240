//! `hactl simulate tcp-keepalive` from outside. What a kernel does is compared in the lab; here are the contract,
//! literals worked out by hand, and what is refused.

use serde_json::Value;

use crate::support::{hactl, objects, status, stderr, stdout};

fn run(args: &[&str]) -> std::process::Output {
    hactl(&[&["simulate", "tcp-keepalive"], args].concat())
}

fn json(args: &[&str]) -> Vec<Value> {
    let o = run(&[args, &["--json"]].concat());
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    objects(&o)
}

/// Outcomes as (seconds, error).
fn outcomes(all: &[Value]) -> Vec<(f64, &str)> {
    let only = all.iter().filter(|v| v["type"] == "outcome");
    only.map(|v| (v["t"].as_f64().unwrap(), v["error"].as_str().unwrap())).collect()
}

#[test]
fn the_objects_are_those_of_the_contract() {
    let all = json(&["--idle", "3s", "--interval", "1s", "--probes", "3", "--at", "0s drop", "--for", "10s"]);
    let kinds: Vec<&str> = all.iter().map(|v| v["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "segment", "segment", "segment", "segment", "outcome", "summary"]);
    let start = &all[0];
    assert_eq!((&start["schema"], &start["command"]), (&1.into(), &"simulate tcp-keepalive".into()));
    let segment = |v: &Value| {
        (v["t"].as_f64().unwrap(), v["from"].as_str().unwrap().to_owned(), v["kind"].as_str().unwrap().to_owned())
    };
    let sent: Vec<_> = all[1..5].iter().map(segment).collect();
    let keepalive = |t: f64| (t, "local".to_owned(), "keepalive".to_owned());
    assert_eq!(sent, [keepalive(3.0), keepalive(4.0), keepalive(5.0), (6.0, "local".to_owned(), "rst".to_owned())]);
    assert_eq!(outcomes(&all), [(6.0, "ETIMEDOUT")]);
    assert!(all[5]["meaning"].as_str().unwrap().contains("3 probes without an answer"));
    let summary = all.last().unwrap();
    assert_eq!(
        (&summary["duration_ms"], &summary["error"], &summary["error_ms"]),
        (&10_000.0.into(), &"ETIMEDOUT".into(), &6_000.0.into())
    );
}

#[test]
fn defaults_take_7875_seconds_and_nothing_is_learnt_before() {
    assert_eq!(outcomes(&json(&["--at", "0s drop"])), [(7875.0, "ETIMEDOUT")]);
    assert_eq!(outcomes(&json(&["--at", "0s drop", "--for", "2h"])), []);
    assert_eq!(outcomes(&json(&["--no-keepalive", "--at", "0s drop"])), []);
    let text = stdout(&run(&["--at", "0s drop"]));
    assert!(text.contains("keepalive probe 9 of 9: lost"), "{text}");
    assert!(text.contains("ETIMEDOUT: the application learns it at 7875 s (2 h 11 min 15 s)."), "{text}");
    assert!(text.contains("Keepalive does not cover data that is unacknowledged"), "{text}");
    // Repeats are folded.
    assert!(text.contains("… 5 more like this"), "{text}");
    assert!(text.lines().count() < 25, "{text}");
}

#[test]
fn every_event_of_the_contract_has_its_end() {
    let of = |event: &str| {
        let all = json(&["--idle", "5s", "--interval", "1s", "--probes", "2", "--at", event, "--for", "30s"]);
        outcomes(&all).iter().map(|o| o.1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("1s drop"), ["ETIMEDOUT"]);
    assert_eq!(of("1s close"), ["EOF"]);
    assert_eq!(of("1s reset"), ["ECONNRESET"]);
    assert_eq!(of("1s reboot"), ["ECONNRESET"]);
    assert_eq!(of("1s unreachable"), ["ETIMEDOUT"]);
    for quiet in ["1s heal", "1s write", "1s write 100", "1s peer-write", "1s peer-write 100"] {
        assert!(of(quiet).is_empty(), "{quiet}");
    }
    let late = ["--at", "1s close", "--at", "2s write", "--at", "3s write", "--for", "4s"];
    let all = json(&late);
    assert_eq!(outcomes(&all).iter().map(|o| o.1).collect::<Vec<_>>(), ["EOF", "EPIPE", "EPIPE"]);
    let unreachable = ["--user-timeout", "2s", "--at", "0s unreachable", "--in-flight", "100"];
    assert_eq!(outcomes(&json(&unreachable))[0].1, "EHOSTUNREACH");
}

#[test]
fn data_in_flight_is_written_when_the_fault_comes() {
    let all = json(&["--at", "10s drop", "--in-flight"]);
    // 204 ms to the loss probe, 408 ms to the first timeout, 928.488 s from there.
    assert_eq!(outcomes(&all), [(938.896, "ETIMEDOUT")]);
    assert!(all.iter().all(|v| v["kind"] != "keepalive"));
    // Ticks of 1 ms make it 201 ms.
    let all = json(&["--at", "10s drop", "--in-flight", "10", "--hz", "1000"]);
    let first = all.iter().find(|v| v["kind"] == "retransmission").unwrap();
    assert_eq!((&first["t"], &first["bytes"]), (&10.201.into(), &10.into()));
}

#[test]
fn last_data_begins_the_idle_time() {
    let all = json(&["--idle", "10s", "--interval", "1s", "--probes", "1", "--last-data", "7s", "--at", "8s drop"]);
    // The data is acknowledged after a round trip of 200 µs; the timer set at 0 s runs on for that, in ticks of 4 ms.
    assert_eq!(outcomes(&all), [(18.004, "ETIMEDOUT")]);
}

#[test]
fn a_middlebox_is_between_them() {
    let args = ["--idle", "400s", "--interval", "10s", "--probes", "3"];
    let with = |more: &[&str]| {
        let all = json(&[&args, more].concat());
        outcomes(&all).iter().map(|(t, e)| (t.round(), (*e).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(with(&["--idle-limit", "350s"]), [(430.0, "ETIMEDOUT".to_owned())]);
    assert_eq!(with(&["--idle-limit", "350s", "--middlebox-answer", "rst"]), [(400.0, "ECONNRESET".to_owned())]);
    assert_eq!(with(&["--middlebox", "aws-nlb"]), [(400.0, "ECONNRESET".to_owned())]);
    assert_eq!(with(&["--middlebox", "f5-fastl4"]), [(300.0, "ECONNRESET".to_owned())]);
    assert!(with(&["--middlebox", "gcp-firewall"]).is_empty());
    let all = json(&["--middlebox", "aws-nlb", "--nginx", "so_keepalive=30m::10"]);
    assert!(all.iter().any(|v| v["from"] == "middlebox" && v["kind"] == "rst"));
}

#[test]
fn presets_and_this_host_are_settings() {
    let settings = |args: &[&str]| json(args).last().unwrap()["settings"].clone();
    let redis = settings(&["--preset", "redis", "--for", "1s"]);
    assert_eq!(
        (&redis["idle_ms"], &redis["interval_ms"], &redis["probes"]),
        (&300_000.0.into(), &100_000.0.into(), &3.into())
    );
    assert_eq!(settings(&["--preset", "nginx", "--for", "1s"])["keepalive"], false);
    assert_eq!(settings(&["--preset", "nginx", "--keepalive", "--for", "1s"])["idle_ms"], 7_200_000.0);
    assert_eq!(settings(&["--preset", "go", "--probes", "4", "--for", "1s"])["probes"], 4);
    let own = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_keepalive_time").unwrap();
    let own: f64 = own.trim().parse().unwrap();
    assert_eq!(settings(&["--from-host", "--for", "1s"])["idle_ms"], own * 1000.0);
    // Those that the help names exist, and the other way round.
    let help = stdout(&run(&["--help"]));
    let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for p in hactl::simulate::tcp::PRESETS {
        assert!(help.contains(&format!("{},", p.name)) || help.contains(&format!("{} ", p.name)), "{}", p.name);
    }
    for m in hactl::simulate::tcp::MIDDLEBOXES {
        assert!(help.contains(m.name), "{}", m.name);
    }
    for e in hactl::simulate::tcp::EVENTS {
        assert!(help.contains(e.name), "{}", e.name);
    }
}

#[test]
fn a_target_is_met_or_settings_are_found_or_not() {
    let target = ["--detect-within", "30s", "--survive-idle", "350s"];
    let o = run(&target);
    assert_eq!(status(&o), 0);
    let text = stdout(&o);
    let lines = [
        "TCP_KEEPIDLE 16, TCP_KEEPINTVL 4, TCP_KEEPCNT 3, TCP_USER_TIMEOUT 28000",
        "net.ipv4.tcp_keepalive_time = 16",
        "so_keepalive=16s:4s:3;",
        "clitcpka-idle 16s",
        "tcp-ut 28s",
    ];
    for line in lines {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    // Settings that were given are judged.
    let given = |args: &[&str]| status(&run(&[&target, args].concat()));
    assert_eq!(given(&["--preset", "linux"]), 2);
    assert_eq!(given(&["--preset", "linux", "--exit-zero"]), 0);
    let good = ["--idle", "16s", "--interval", "4s", "--probes", "3", "--user-timeout", "28s"];
    assert_eq!(given(&good), 0);
    // Keepalive alone does not do for data.
    assert_eq!(given(&good[..6]), 2);
    assert_eq!(status(&run(&["--detect-within", "1s"])), 2);
    let all = objects(&run(&[&target[..], &["--preset", "linux", "--json"]].concat()));
    let summary = all.last().unwrap();
    assert_eq!(
        (&summary["target"]["met"], &summary["suggestion"]["met"], &summary["exit"]),
        (&false.into(), &true.into(), &2.into())
    );
}

#[test]
fn without_events_each_fault_is_tried() {
    let text = stdout(&run(&["--idle", "60s", "--interval", "10s", "--probes", "3"]));
    let row = |name: &str| text.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}:\n{text}"));
    assert!(row("host dead, packets dropped").contains("ETIMEDOUT after 90 s"));
    assert!(row("host dead, packets dropped").contains("ETIMEDOUT after 928.896 s"));
    assert!(row("host rebooted").contains("ECONNRESET after 60 s"));
    assert!(row("process ends (FIN)").contains("EOF at once, then EPIPE at once"));
    assert!(row("unreachable (ICMP)").contains("EHOSTUNREACH after"));
}

#[test]
fn what_is_impossible_is_refused_in_one_line() {
    let table: &[(&[&str], &str)] = &[
        (&["--at", "3 drop"], "hactl: --at '3 drop': 3 lacks its unit: 3s? 3ms?"),
        (&["--at", "3s dorp"], "hactl: --at '3s dorp': there is no event \"dorp\"; did you mean drop?"),
        (&["--at", "3s rebot"], "hactl: --at '3s rebot': there is no event \"rebot\"; did you mean reboot?"),
        (
            &["--at", "20s drop", "--for", "10s"],
            "hactl: the event at 20 s is after the end at 10 s; --for makes it longer",
        ),
        (&["--idle", "5"], "hactl: --idle 5: 5 lacks its unit: 5s? 5ms?"),
        (&["--idle", "500ms"], "hactl: --idle 500ms: the kernel takes whole seconds"),
        (&["--idle", "0s"], "hactl: --idle 0s: the kernel takes 1s to 32767s"),
        (&["--interval", "10h"], "hactl: --interval 10h: the kernel takes 1s to 32767s"),
        (&["--probes", "128"], "hactl: --probes 128: a number from 1 to 127 is wanted"),
        (&["--retries2", "many"], "hactl: --retries2 many: a number from 0 to 255 is wanted"),
        (
            &["--preset", "postgress"],
            "hactl: --preset postgress: there is no preset \"postgress\"; did you mean postgres?",
        ),
        (
            &["--middlebox", "conntrak"],
            "hactl: --middlebox conntrak: there is no middlebox \"conntrak\"; did you mean conntrack?",
        ),
        (&["--middlebox-answer", "rst"], "hactl: --middlebox-answer wants --idle-limit or --middlebox"),
        (&["--nginx", "30m"], "hactl: --nginx 30m: \"30m\" is not on, off or IDLE:INTERVAL:COUNT as in 30m::10"),
        (&["--in-flight", "5"], "hactl: --in-flight wants a fault that the data meets, as in --at '10s drop'"),
        (&["--hz", "50"], "hactl: --hz 50: kernels have 100, 250, 300 or 1000"),
        (&["--for", "400d"], "hactl: --for 400d: from 0.001 s to 2678400 s are possible"),
    ];
    for (args, message) in table {
        let o = run(args);
        assert_eq!(status(&o), 3, "{args:?}");
        assert_eq!(stderr(&o).trim_end(), *message, "{args:?}");
        assert!(stdout(&o).is_empty(), "{args:?}");
    }
    assert_eq!(status(&run(&["--no-keepalive", "--idle", "5s"])), 3);
    assert_eq!(status(&run(&["a.conf"])), 3);
    // An election among files is still what it was.
    assert_eq!(status(&hactl(&["simulate", "no-such-file.conf"])), 3);
}

#[test]
fn a_month_of_probes_is_a_matter_of_lines_not_of_memory() {
    let text = stdout(&run(&["--idle", "60s", "--interval", "10s", "--probes", "3", "--at", "30d drop"]));
    assert!(text.contains("keepalive probe: answered"), "{text}");
    assert!(text.lines().count() < 30, "{text}");
}
