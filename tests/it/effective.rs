//! `hactl lint --dump` and `--diff` as a user runs them.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::root;

fn lint(args: &[&str], files: &[&str]) -> (i32, String) {
    let o = Command::new(env!("CARGO_BIN_EXE_hactl"))
        .arg("lint")
        .args(args)
        .args(files)
        .current_dir(root().join("tests/fixtures/conf"))
        .output()
        .unwrap();
    (o.status.code().unwrap(), String::from_utf8(o.stdout).unwrap() + &String::from_utf8(o.stderr).unwrap())
}

/// A setting of a block, as JSON.
fn setting<'a>(lines: &'a [Value], block: &str, name: &str) -> &'a Value {
    let block = lines.iter().find(|l| l["block"] == block).unwrap_or_else(|| panic!("no {block}"));
    let all = block["settings"].as_array().unwrap();
    all.iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no {name} in {block}"))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

#[test]
fn each_value_says_where_it_is_from() {
    let (status, text) = lint(&["--dump", "--json"], &["tutorial.conf"]);
    assert_eq!(status, 0, "{text}");
    let lines = objects(&text);
    assert_eq!((lines[0]["type"].as_str(), lines[0]["command"].as_str()), (Some("start"), Some("lint")));
    let is = |name: &str, value: Value, from: &str| {
        let s = setting(&lines, "vrrp_instance", name);
        assert_eq!((&s["value"], s["from"].as_str()), (&value, Some(from)), "{name}");
    };
    is("priority", "102".into(), "set");
    is("advert_int", "1".into(), "set");
    is("version", "2".into(), "default");
    is("preempt_delay", "0".into(), "default");
    is("nopreempt", false.into(), "default");
    is("down_timer_adverts", "3".into(), "default");
    is("garp_master_delay", "5".into(), "default");
    is("virtual_ipaddress", vec!["192.168.1.110/32"].into(), "set");
    is("track_script", vec!["chk_http_port weight 2"].into(), "set");
    assert_eq!(setting(&lines, "vrrp_instance", "priority")["line"], 22);
    let script = setting(&lines, "vrrp_script", "timeout");
    assert_eq!((&script["value"], &script["from"]), (&"2".into(), &"derived".into()));
    assert_eq!(lines.last().unwrap()["type"], "summary");
}

#[test]
fn what_keepalived_makes_of_a_value_is_told_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.conf");
    let text = "global_defs {\n vrrp_garp_master_delay 7\n}\nvrrp_instance V {\n state MASTER\n interface eth0\n \
                virtual_router_id 51\n advert_int 1.4\n nopreempt\n virtual_ipaddress {\n 10.0.0.1/24 dev eth1\n }\n \
                version 3\n authentication {\n auth_type PASS\n auth_pass hunter22\n }\n}\n";
    fs::write(&path, text.replace("advert_int 1.4\n", "advert_int 1.404\n")).unwrap();
    let (status, text) = lint(&["--dump"], &[path.to_str().unwrap()]);
    assert_eq!(status, 0);
    let line = |words: &str| {
        let found = text.lines().find(|l| l.trim_start().starts_with(words));
        found.unwrap_or_else(|| panic!("no {words:?} in\n{text}")).trim_start().to_owned()
    };
    assert!(line("advert_int 1.4 ").ends_with("a.conf:8 says 1.404"), "{}", line("advert_int 1.4 "));
    assert!(line("priority 255").ends_with("# default"));
    assert!(line("#nopreempt off").contains("a.conf:9 says on"));
    assert!(line("garp_master_delay 7").contains("a.conf:2"));
    assert!(line("auth_type none").contains("says PASS"));
    assert!(text.contains("auth_pass ********") && !text.contains("hunter22"));
    assert!(line("10.0.0.1/24") == "10.0.0.1/24 dev eth1");
}

#[test]
fn a_dump_means_what_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = root().join("tests/fixtures/conf/recorded");
    let mut files: Vec<_> = fs::read_dir(recorded).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for version in ["2.2.7", "2.4.4"] {
        for file in &files {
            let file = file.to_str().unwrap();
            let (_, dump) = lint(&["--dump", "--keepalived-version", version], &[file]);
            let again = dir.path().join("again.conf");
            // Only secrets are not in it.
            fs::write(&again, dump.replace("********", "1111")).unwrap();
            let (status, text) = lint(&["--diff", "--keepalived-version", version], &[file, again.to_str().unwrap()]);
            assert!(status == 0 && text.contains("mean the same"), "{file} {version}: {text}\n{dump}");
        }
    }
}

#[test]
fn differences_are_told_apart() {
    let pair = ["recorded/06-seed-weight2-tie-a.conf", "recorded/06-seed-weight2-tie-b.conf"];
    let (status, text) = lint(&["--diff"], &pair);
    assert_eq!(status, 0, "{text}");
    assert!(text.ends_with("differ in 2 settings, as nodes of one cluster do\n"), "{text}");
    let other = ["recorded/06-seed-weight2-tie-a.conf", "recorded/08-negative-weight-b.conf"];
    let (status, text) = lint(&["--diff", "--json"], &other);
    assert_eq!(status, 1);
    let odd: Vec<(String, String)> = objects(&text)
        .iter()
        .filter(|l| l["type"] == "difference" && l["normal"] == false)
        .map(|l| (l["path"][0].as_str().unwrap().to_owned(), l["name"].as_str().unwrap().to_owned()))
        .collect();
    let script = |name: &str| ("vrrp_script chk".to_owned(), name.to_owned());
    let expected = [
        script("interval"),
        script("timeout"),
        script("weight"),
        script("rise"),
        script("fall"),
        ("vrrp_instance VI_1".to_owned(), "track_script".to_owned()),
    ];
    assert_eq!(odd, expected);
    let (status, text) = lint(&["--diff"], &["tutorial.conf"]);
    assert_eq!(status, 3);
    assert!(text.contains("--diff compares two configurations"), "{text}");
}

#[test]
fn secrets_are_compared_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let conf = |name: &str, password: &str| {
        let path = dir.path().join(name);
        let text = format!(
            "vrrp_instance V {{\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {{\n 10.0.0.1\n }}\n \
             authentication {{\n auth_type PASS\n auth_pass {password}\n }}\n}}\n"
        );
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (a, b) = (conf("a.conf", "s3cretA"), conf("b.conf", "s3cretB"));
    for format in ["--format=full", "--json"] {
        let (status, text) = lint(&["--diff", format], &[&a, &b]);
        assert_eq!(status, 1, "{text}");
        assert!(text.contains("auth_pass") && !text.contains("s3cret"), "{text}");
    }
    // Eight characters count.
    let (c, d) = (conf("c.conf", "12345678x"), conf("d.conf", "12345678y"));
    let (status, text) = lint(&["--diff"], &[&c, &d]);
    assert!(status == 0 && text.contains("mean the same"), "{text}");
}
