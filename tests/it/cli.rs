//! The outside contract: exit statuses, JSON streams, sources.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{
    captures, command, hactl, hactl_with, json, kind, objects, pcap, provenance, status, stderr, stdout,
};

fn path(capture: &str) -> String {
    pcap(capture).to_str().unwrap().to_owned()
}

const CRASH: &str = "keepalived-2.2.7/v2-noauth-crash.pcap";
const SPLIT: &str = "keepalived-2.2.7/split-brain-oneway.pcap";

#[test]
fn help_and_version_are_done() {
    let o = hactl(&["--version"]);
    assert_eq!((status(&o), stdout(&o).as_str()), (0, concat!("hactl ", env!("CARGO_PKG_VERSION"), "\n")));
    for args in [
        &["--help"][..],
        &["-h"],
        &["watch", "--help"],
        &["decode", "--help"],
        &["sniff", "--help"],
        &["lint", "--help"],
        &["explain", "--help"],
    ] {
        let o = hactl(args);
        assert_eq!(status(&o), 0, "{args:?}");
        let text = stdout(&o);
        let (examples, usage) = (text.find("Examples:"), text.find("Usage:"));
        assert!(examples.is_some() && examples < usage, "{args:?}: examples come first\n{text}");
        assert!(o.stderr.is_empty());
    }
}

#[test]
fn help_begins_with_what_a_command_does() {
    let listed = |args: &[&str]| -> Vec<(String, String)> {
        let text = stdout(&hactl(&[args, &["--help"]].concat()));
        let commands = text.split("\nCommands:\n").nth(1).expect("commands").split("\n\n").next().unwrap();
        // A long line goes on in the next one.
        let lines = commands.lines().filter(|l| !l.starts_with("    "));
        lines.map(|l| l.trim().split_once("  ").unwrap()).map(|(n, t)| (n.into(), t.trim().into())).collect()
    };
    let all = listed(&[]);
    let kinds = listed(&["probe"]);
    assert_eq!((all.len(), kinds.len()), (10, 14));
    let probes = kinds.iter().map(|k| (vec!["probe", &k.0, "--help"], &k.1));
    for (args, about) in all.iter().map(|c| (vec![&*c.0, "--help"], &c.1)).chain(probes) {
        let text = stdout(&hactl(&args));
        let first = text.split("\n\n").next().unwrap().replace('\n', " ");
        assert!(first.starts_with(about.as_str()), "{args:?} begins with {first:?}, and is listed as {about:?}");
    }
}

#[test]
fn usage_errors_could_not_look() {
    let crash = path(CRASH);
    for args in [
        &[][..],
        &["wach"],
        &["watch"],
        &["watch", "--no-such-option"],
        &["watch", &crash, "--for", "5"],
        &["watch", &crash, "--vrid", "0"],
        &["watch", &crash, "--vrid", "256"],
        &["watch", &crash, "--count", "0"],
        &["watch", "--demo", &crash],
        &["explain", "no-such-finding"],
        &["watch", "ssh://fw1/eth0"],
        &["decode", &crash, "--hmac-key", "1=hex:00"],
    ] {
        let o = hactl(args);
        assert_eq!(status(&o), 3, "{args:?}: {}", stderr(&o));
        assert!(o.stdout.is_empty(), "{args:?}");
        assert!(!o.stderr.is_empty(), "{args:?}: it says why");
    }
    let o = hactl(&["watch", &crash, "--for", "5"]);
    assert!(stderr(&o).contains("the unit is missing"), "{}", stderr(&o));
}

#[test]
fn what_is_no_capture_could_not_be_looked_at() {
    let directory = crate::support::root().to_str().unwrap().to_owned();
    let sources = [
        ("/no/such/file.pcap".to_owned(), "No such file"),
        ("no-such-interface".to_owned(), "interfaces here"),
        (directory, "directory"),
        (path("crafted/no-bytes.pcap"), "empty"),
        (path("crafted/not-a-capture.pcap"), "capture"),
        (path("crafted/half-file-header.pcap"), "header"),
    ];
    for (source, says) in &sources {
        for subcommand in ["watch", "decode"] {
            for extra in [&[][..], &["--json"]] {
                let o = hactl(&[&[subcommand, source.as_str()], extra].concat());
                assert_eq!(status(&o), 3, "{subcommand} {source}");
                assert!(o.stdout.is_empty(), "{subcommand} {source}: {}", stdout(&o));
                let said = stderr(&o);
                assert!(said.starts_with("hactl: ") && said.lines().count() == 1, "{said}");
                assert!(said.to_lowercase().contains(&says.to_lowercase()), "{subcommand} {source}: {said}");
            }
        }
    }
}

#[test]
fn a_cut_file_is_read_up_to_the_cut() {
    for (capture, frames) in [
        ("crafted/cut-in-data.pcap", 4),
        ("crafted/cut-in-header.pcap", 4),
        ("crafted/cut.pcapng", 7),
        ("crafted/gzip-cut.pcap.gz", 3),
    ] {
        let o = hactl(&["decode", "--json", &path(capture)]);
        assert_eq!(status(&o), 0, "{capture}: {}", stderr(&o));
        let objects = objects(&o);
        let summary = objects.last().unwrap();
        assert_eq!(summary["frames"], frames, "{capture}");
        assert!(summary["cut"].is_string(), "{capture}: the summary says that it is cut");
        assert!(stderr(&o).contains("cut") || stderr(&o).contains("ends"), "{capture}: {}", stderr(&o));
        let o = hactl(&["watch", &path(capture)]);
        assert!(stdout(&o).contains("The capture ends early"), "{capture}");
    }
}

#[test]
fn a_damaged_file_is_read_up_to_the_damage_and_could_not_be_looked_at() {
    let (status, objects) = json("decode", "crafted/absurd-length.pcap");
    assert_eq!((status, &objects.last().unwrap()["frames"]), (3, &Value::from(1)));
}

#[test]
fn the_verdict_is_the_exit_status() {
    for (capture, wanted) in [(CRASH, 0), ("keepalived-2.2.7/near-miss.pcap", 1), (SPLIT, 2)] {
        for extra in [&[][..], &["--json"], &["--plain"], &["-q"], &["-v"]] {
            let o = hactl(&[&["watch", &path(capture)], extra].concat());
            assert_eq!(status(&o), wanted, "{capture} {extra:?}");
        }
        let o = hactl(&["watch", "--exit-zero", &path(capture)]);
        assert_eq!(status(&o), 0, "{capture}");
    }
    let o = hactl(&["watch", "--exit-zero", "/no/such/file.pcap"]);
    assert_eq!(status(&o), 3, "not to have looked is not zero");
    assert!(stdout(&hactl(&["watch", &path(SPLIT)])).starts_with("CRITICAL"));
    assert!(stdout(&hactl(&["watch", &path(CRASH)])).starts_with("OK"));
}

#[test]
fn every_line_of_json_is_an_object_of_a_known_type() {
    let known = [
        ("decode", &["start", "advert", "arp", "na", "igmp", "malformed", "summary"][..]),
        ("watch", &["start", "group", "transition", "finding", "summary"]),
    ];
    for (subcommand, types) in known {
        for capture in captures() {
            let o = hactl(&[subcommand, "--json", &path(&capture)]);
            if status(&o) == 3 && o.stdout.is_empty() {
                continue; // told above
            }
            let objects = objects(&o);
            for v in &objects {
                assert!(types.contains(&kind(v)), "{subcommand} {capture}: {v}");
            }
            assert_eq!(objects[0]["schema"], 1);
            assert_eq!(objects[0]["command"], subcommand);
            let summary = objects.last().unwrap();
            if subcommand == "decode" {
                for (name, of) in [("adverts", "advert"), ("arp", "arp"), ("na", "na"), ("malformed", "malformed")] {
                    let n = objects.iter().filter(|v| kind(v) == of).count();
                    assert_eq!(summary[name], n, "{capture} {name}");
                }
            } else {
                let n = objects.iter().filter(|v| kind(v) == "group").count();
                assert_eq!(summary["groups"], n, "{capture}");
            }
        }
    }
}

#[test]
fn the_fields_of_the_contract_are_there() {
    let (_, objects) = json("decode", "keepalived-2.2.7/v2-pass-healthy.pcap");
    let advert = objects.iter().find(|v| kind(v) == "advert").unwrap();
    let expected: Value = serde_json::from_str(
        r#"{"type":"advert","frame":5,"time":"2026-11-22T18:38:52.719642Z","t":1795372732.719642,
            "src":"10.77.0.1","dst":"224.0.0.18","src_mac":"02:00:0a:4d:00:01","dst_mac":"01:00:5e:00:00:12","vlan":[],
            "ttl":255,"tos":192,"ip_version":4,"ip_id":1,"version":2,"vrid":51,"priority":102,
            "addresses":["10.77.0.110"],"advert_int_ms":1000,"auth":"pass","checksum":"ok","checksum_form":"plain",
            "checksum_value":2733,"problems":[]}"#,
    )
    .unwrap();
    for (name, value) in expected.as_object().unwrap() {
        if !matches!(name.as_str(), "time" | "t") {
            assert_eq!(&advert[name], value, "{name}");
        }
    }
    // 1795370332.719642 is 2026-11-22 17:58:52.719642 UTC (date -u -d @1795370332)
    assert_eq!(advert["time"], "2026-11-22T17:58:52.719642Z");
    assert_eq!(advert["t"].to_string(), "1795370332.719642");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let flood = path("crafted/flood.pcap.gz");
    for subcommand in ["decode", "watch"] {
        let mut child = command(&[subcommand, "--json", &flood])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut first = [0; 16];
        out.read_exact(&mut first).unwrap();
        drop(out);
        let o = child.wait_with_output().unwrap();
        assert_eq!(stderr(&o), "", "{subcommand}");
        assert_eq!(status(&o), 0, "{subcommand}");
    }
}

/// Passwords and keys of a capture's configuration, in the ways they might be written.
fn secrets(capture: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for line in provenance(capture).lines() {
        let line = line.trim();
        if let Some(pass) = line.strip_prefix("auth_pass ") {
            secrets.push(pass.to_owned());
        }
        for key in ["ah_password = ", "hex = "] {
            if let Some(value) = line.strip_prefix(key) {
                secrets.push(value.trim_matches('"').to_owned());
            }
        }
    }
    secrets.sort();
    secrets.dedup();
    let hex = |s: &String| s.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let list = |s: &String| s.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(", ");
    let more: Vec<String> = secrets.iter().flat_map(|s| [hex(s), list(s)]).collect();
    secrets.extend(more);
    secrets
}

#[test]
fn no_output_holds_a_password() {
    let mut looked = 0;
    for capture in captures().iter().filter(|c| !c.starts_with("crafted/") || c.contains("ah.") || c.contains("hmac")) {
        let secrets = secrets(capture);
        if secrets.is_empty() {
            continue;
        }
        let file = path(capture);
        for args in [
            &["decode", &file][..],
            &["decode", "-v", &file],
            &["decode", "-v", "--json", &file],
            &["watch", &file],
            &["watch", "-v", &file],
            &["watch", "-v", "--json", &file],
        ] {
            let o = hactl(args);
            // Frame numbers and times are digits as a password may be: only whole words count.
            let text = format!("{}{}", stdout(&o), stderr(&o));
            for secret in &secrets {
                let found = text.match_indices(secret.as_str()).any(|(at, s)| {
                    let word = |c: char| c.is_alphanumeric() || c == '.';
                    !text[..at].ends_with(word) && !text[at + s.len()..].starts_with(word)
                });
                assert!(!found, "{args:?} shows {secret}");
            }
            looked += 1;
        }
    }
    assert!(looked > 100, "only {looked} outputs were searched");
}

#[test]
fn keys_are_used_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let file = dir.path().join("key");
    std::fs::write(&file, format!("hex:{key}\n")).unwrap();
    let capture = path("keepalived-2.4.3/hmac-v2-ipv4.pcap");
    for option in [format!("1=hex:{key}"), format!("1=file:{}", file.display())] {
        let o = hactl(&["decode", "--json", "--hmac-key", &option, &capture]);
        let adverts: Vec<Value> = objects(&o).into_iter().filter(|v| kind(v) == "advert").collect();
        assert!(!adverts.is_empty() && adverts.iter().all(|a| a["auth_check"] == "ok"));
        assert!(!stdout(&o).contains(key) && !stderr(&o).contains(key));
    }
    let wrong = "ff".repeat(32);
    let o = hactl(&["watch", "--hmac-key", &format!("1=hex:{wrong}"), &capture]);
    assert_eq!(status(&o), 2);
    assert!(stdout(&o).contains("auth-digest-bad") && !stdout(&o).contains(&wrong));
    let password = dir.path().join("password");
    std::fs::write(&password, "s3cr3t\n").unwrap();
    let o = hactl(&[
        "decode",
        "-v",
        "--json",
        "--ah-pass-file",
        password.to_str().unwrap(),
        &path("keepalived-2.4.3/ah-v2-ipv4.pcap"),
    ]);
    assert!(objects(&o).iter().filter(|v| kind(v) == "advert").all(|a| a["auth_check"] == "ok"));
    assert!(!stdout(&o).contains("s3cr3t"));
}

#[test]
fn a_path_is_a_file_whatever_its_name() {
    let dir = tempfile::tempdir().unwrap();
    // `lo` is an interface everywhere; `./lo` is the file.
    std::fs::copy(pcap(CRASH), dir.path().join("lo")).unwrap();
    let o = command(&["decode", "--json", "./lo"]).current_dir(dir.path()).output().unwrap();
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    assert_eq!(objects(&o)[0]["source"], "./lo");
}

/// What a stream says, without what it says of its source.
fn content(objects: &[Value]) -> Vec<Value> {
    objects.iter().filter(|v| kind(v) != "start").cloned().collect()
}

#[test]
fn standard_input_and_gzip_say_the_same_as_the_file() {
    let bytes = std::fs::read(pcap("crafted/order-little-us.pcap")).unwrap();
    let zipped = std::fs::read(pcap("crafted/gzip.pcap.gz")).unwrap();
    for subcommand in ["decode", "watch"] {
        let (_, file) = json(subcommand, "crafted/order-little-us.pcap");
        for input in [&bytes, &zipped] {
            let o = hactl_with(&[subcommand, "--json", "-"], input);
            let mut piped = content(&objects(&o));
            let mut file = content(&file);
            // A pipe tells transitions as they come; the set is the same.
            piped.sort_by_key(ToString::to_string);
            file.sort_by_key(ToString::to_string);
            assert_eq!(piped, file, "{subcommand}");
        }
        for name in ["crafted/gzip.pcap.gz", "crafted/gzip-name-missing.pcap", "crafted/gzip-two-members.pcap.gz"] {
            assert_eq!(content(&json(subcommand, name).1), content(&file), "{subcommand} {name}");
        }
    }
}

#[test]
fn several_files_are_one_stream_with_numbers_that_go_on() {
    let (a, b) = (path("crafted/cut-in-data.pcap"), path("crafted/order-little-us.pcap"));
    let o = hactl(&["decode", "--json", &a, &b]);
    let objects = objects(&o);
    let frames: Vec<u64> = objects.iter().filter_map(|v| v["frame"].as_u64()).collect();
    assert!(frames.windows(2).all(|w| w[0] < w[1]), "{frames:?}");
    assert_eq!(frames.iter().filter(|n| **n <= 4).count(), 4);
    assert!(frames.contains(&5));
    // One that cannot be read does not keep the others from being read, and shows in the exit status.
    let o = hactl(&["decode", "--json", &path("crafted/not-a-capture.pcap"), &b]);
    assert_eq!(status(&o), 3);
    assert!(stdout(&o).contains("\"advert\""));
}

#[test]
fn one_virtual_router_of_many() {
    let file = path("keepalived-2.2.7/many-vrids.pcap");
    let o = hactl(&["decode", "--json", "--vrid", "57", &file]);
    let adverts: Vec<Value> = objects(&o).into_iter().filter(|v| kind(v) == "advert").collect();
    assert!(!adverts.is_empty() && adverts.iter().all(|a| a["vrid"] == 57));
    let o = hactl(&["watch", "--json", "--vrid", "57", &file]);
    let objects = objects(&o);
    let groups: Vec<&Value> = objects.iter().filter(|v| kind(v) == "group").collect();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["vrid"], 57);
}

#[test]
fn a_count_ends_the_stream() {
    let file = path(CRASH);
    let o = hactl(&["decode", "--json", "--count", "3", &file]);
    assert_eq!(objects(&o).len(), 5);
    let o = hactl(&["watch", "--json", "--count", "2", &file]);
    let objects = objects(&o);
    let group = objects.iter().find(|v| kind(v) == "group").unwrap();
    assert_eq!(group["adverts"], 2);
}

#[test]
fn what_is_written_reads_back_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let written = dir.path().join("written.pcapng");
    for capture in [
        CRASH,
        "keepalived-2.2.7/v3-ipv6-crash.pcap",
        "crafted/link-vlan.pcap",
        "crafted/order-big-ns.pcap",
        "crafted/link-sll2.pcap",
    ] {
        for subcommand in ["decode", "watch"] {
            let o = hactl(&[subcommand, "--json", "--write", written.to_str().unwrap(), &path(capture)]);
            assert!(status(&o) < 3, "{}", stderr(&o));
            let meaning = |o: &std::process::Output| -> Vec<Value> {
                let mut list: Vec<Value> = objects(o).into_iter().filter(|v| kind(v) == "advert").collect();
                // Frames of no interest are not written, so numbers change; times gain digits that are zero.
                for v in &mut list {
                    let v = v.as_object_mut().unwrap();
                    v.remove("frame");
                    v.remove("time");
                }
                list
            };
            let before = hactl(&["decode", "--json", &path(capture)]);
            let after = hactl(&["decode", "--json", written.to_str().unwrap()]);
            assert_eq!(meaning(&before), meaning(&after), "{capture} {subcommand}");
        }
    }
    let o = hactl(&["decode", "--write", "/no/such/dir/x.pcapng", &path(CRASH)]);
    assert_eq!(status(&o), 3);
}

#[test]
fn the_demo_needs_no_file() {
    let o = hactl(&["watch", "--demo", "--json"]);
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    let transitions = objects(&o).iter().filter(|v| kind(v) == "transition").count();
    assert_eq!(transitions, 6);
}

#[test]
fn the_demo_tells_the_same_story_every_time_and_ends() {
    let (one, two) = (hactl(&["watch", "--demo"]), hactl(&["watch", "--demo", "--plain"]));
    assert_eq!((status(&one), stdout(&one)), (0, stdout(&two)));
    let text = stdout(&one);
    // a is killed: its last advert, and 3 × 1 s + 156/256 s. Then it is stopped: 156/256 s after its release.
    for line in [
        "10.77.0.2 (100) takes over: 10.77.0.1 silent for 3.609 s (expected 3.609)",
        "10.77.0.2 (100) takes over 0.609 s after 10.77.0.1 resigned (expected 0.609)",
        "10.77.0.1 (150) preempts 10.77.0.2, which it outranks",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_speaker_demonstrates_itself_beside_a_simulated_keepalived() {
    let o = hactl(&["speak", "--demo"]);
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    let text = stdout(&o);
    for line in [
        "VRID 51  hears 10.77.0.1 with priority 102",
        "VRID 51  INIT → BACKUP: started with priority 100",
        "VRID 51  BACKUP → MASTER: 10.77.0.1 silent for 3.609 s (3 × 1 s + 156/256 s = 3.609 s)",
        "VRID 51  MASTER → BACKUP: 10.77.0.1 sends a higher priority: 102 > 100",
        "VRID 51  has ended and left nothing behind",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(stdout(&hactl(&["speak", "--demo", "--plain"])), text);
    // With a higher priority nobody is displaced without consent, and nobody is there to give it.
    let o = hactl(&["speak", "--demo", "--priority", "150"]);
    assert_eq!(status(&o), 3);
    assert!(stderr(&o).contains("not joined: 10.77.0.1 is master with 102"), "{}", stderr(&o));
    let o = hactl(&["speak", "--demo", "--priority", "150", "--take-over", "--for", "9s", "--json"]);
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    assert!(stdout(&o).contains("MASTER"), "{}", stdout(&o));
    for args in [&["speak", "--demo", "eth0"][..], &["speak", "--demo", "--vrid", "51"], &["speak", "--demo", "--vmac"]]
    {
        assert_eq!(status(&hactl(args)), 3, "{args:?}");
    }
}

#[test]
fn a_simulation_without_a_terminal_is_told_as_lines() {
    let dir = tempfile::tempdir().unwrap();
    let conf = |name: &str, priority: u8| {
        let file = dir.path().join(name);
        let text = format!(
            "vrrp_instance V {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n \
             virtual_ipaddress {{\n 10.77.0.110/24\n }}\n}}\n"
        );
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (a, b) = (conf("a.conf", 102), conf("b.conf", 100));
    let plain = hactl(&["simulate", &a, &b, "--at", "8s crash a"]);
    let screen = hactl(&["simulate", &a, &b, "--at", "8s crash a", "--tui"]);
    assert_eq!((status(&screen), stdout(&screen)), (status(&plain), stdout(&plain)));
    assert!(stderr(&screen).contains("note: --tui needs a terminal"), "{}", stderr(&screen));
    let quiet = hactl(&["simulate", &a, &b, "--tui", "--quiet"]);
    assert!(quiet.stderr.is_empty(), "{}", stderr(&quiet));
    assert_eq!(status(&hactl(&["simulate", &a, &b, "--tui", "--explore"])), 3);
}

#[test]
fn plain_output_holds_no_escape_codes_off_a_terminal() {
    for args in
        [&["watch", "--demo"][..], &["decode", "-v", "--demo"], &["explain", "split-brain"], &["explain"], &["--help"]]
    {
        let o = hactl(args);
        assert!(!o.stdout.contains(&0x1b), "{args:?}");
    }
    let o = hactl(&["watch", "--color", "always", &path(SPLIT)]);
    assert!(o.stdout.contains(&0x1b));
}

#[test]
fn keywords_are_explained_with_all_their_blocks() {
    let o = hactl(&["explain", "keyword", "vrrp_instance/advert_int"]);
    let expected = "\
advert_int 0.01..255 seconds
  in        vrrp_instance
            From one advert to the next: whole seconds in version 2, steps of 10 ms below 40.96 s in version 3.
  default   1
  twice     the last one counts, and nobody says so
";
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!((status(&o), flat(&stdout(&o))), (0, flat(expected)));
    let o = hactl(&["explain", "keyword", "auth_hmac", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&stdout(&o)).unwrap();
    assert_eq!((&object["block"], &object["since"]), (&"vrrp_instance".into(), &"2.4.0".into()));
    let o = hactl(&["explain", "keyword"]);
    assert!(stdout(&o).lines().any(|l| l == "virtual_server/real_server/TCP_CHECK/connect_port 1..65535"));
    let said = |args: &[&str]| {
        let o = hactl(args);
        assert_eq!((status(&o), stdout(&o)), (3, String::new()));
        stderr(&o)
    };
    assert!(said(&["explain", "keyword", "priorty"]).contains("did you mean priority?"));
    assert!(said(&["explain", "priority"]).contains("`hactl explain keyword priority`"));
    assert!(said(&["explain", "split-brain", "keyword"]).contains("one id at a time"));
}

#[test]
fn the_page_of_keywords_is_up_to_date() {
    let o = hactl(&["explain", "keyword", "--markdown"]);
    let page = std::fs::read_to_string(crate::support::root().join("docs/keywords.md")).unwrap();
    assert!(page == stdout(&o), "write it anew: hactl explain keyword --markdown > docs/keywords.md");
}
