//! hactl as a program: privileges, interfaces that are not there, signals, pipes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::netns::{Instance, Lab, Running, SOON, hactl, inside, ip, listening, run, tcpdump, wall};

/// A copy of the program that everybody may run.
pub fn public_copy(lab: &Lab) -> String {
    let bin = lab.dir.join("bin");
    fs::create_dir(&bin).expect("a new directory");
    for dir in [&lab.dir, &bin] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    let program = bin.join("hactl");
    // By another process: a child forked by another test at this moment would hold the copy open for writing, and what is
    // open for writing cannot be run.
    run(Command::new("cp").arg(env!("CARGO_BIN_EXE_hactl")).arg(&program));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("permissions");
    program.to_str().expect("a path of text").to_owned()
}

/// The user nobody of every distribution.
pub const NOBODY: [&str; 5] = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

pub fn unprivileged() {
    let lab = Lab::new();
    let program = public_copy(&lab);
    for command in ["watch", "sniff"] {
        let mut setpriv = inside(&lab.switch, "setpriv");
        setpriv.args(NOBODY).args([&program, command, "br0"]);
        let ended = Running::start(&mut setpriv, Stdio::null()).ended();
        assert_eq!(ended.status, Some(3), "{}", ended.err);
        assert_eq!(ended.text(), "");
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        let setcap = format!("sudo setcap cap_net_raw+ep {program}");
        for advice in ["br0", "sudo hactl", &setcap, "sudo tcpdump -i br0 -U -w - | hactl watch -"] {
            assert!(ended.err.contains(advice), "no {advice} in {}", ended.err);
        }
    }
    let mut setpriv = inside(&lab.switch, "setpriv");
    setpriv.args(NOBODY).args([
        &program,
        "speak",
        "br0",
        "--vrid",
        "51",
        "--vip",
        "10.77.0.110",
        "--source",
        "10.77.0.1",
    ]);
    let ended = Running::start(&mut setpriv, Stdio::null()).ended();
    assert_eq!((ended.status, ended.text().as_str()), (Some(3), ""), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    let setcap = format!("sudo setcap cap_net_raw,cap_net_admin+ep {program}");
    for advice in ["br0", "sudo hactl", &setcap] {
        assert!(ended.err.contains(advice), "no {advice} in {}", ended.err);
    }
}

pub fn missing_interface() {
    let lab = Lab::new();
    for command in ["watch eth7", "sniff eth7", "speak eth7 --vrid 51 --vip 10.77.0.110"] {
        let ended = hactl(&lab.switch, command).ended();
        assert_eq!(ended.status, Some(3), "{}", ended.err);
        assert_eq!(ended.text(), "");
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        for name in ["eth7", "lo", "br0"] {
            assert!(ended.err.contains(name), "no {name} in {}", ended.err);
        }
    }
}

pub fn deleted_interface() {
    let lab = Lab::new();
    let a = lab.bare("a", 1);
    let listening = ["watch eth0", "sniff eth0"].map(|args| listening(&a.ns, args));
    let plain = hactl(&a.ns, "watch eth0 --for 2m");
    plain.err.wait("watching", SOON, |l| l.iter().any(|l| l.text.contains("eth0")).then_some(()));
    ip(&a.ns, "link del eth0\n");
    for ended in listening.map(Running::ended) {
        assert_eq!(ended.status, Some(3), "{}", ended.err);
        assert!(ended.err.contains("eth0 is gone"), "{}", ended.err);
        ended.object("summary");
    }
    let plain = plain.ended();
    assert_eq!(plain.status, Some(3), "{}", plain.err);
    assert!(plain.err.contains("eth0 is gone"), "{}", plain.err);
}

pub fn signals() {
    let lab = Lab::new();
    let mut a = lab.node("a", 1);
    a.configure(&Instance { priority: 200, advert: "0.2", version: 3, ..Instance::default() }.text());
    for (number, name) in [(libc::SIGINT, "SIGINT"), (libc::SIGTERM, "SIGTERM"), (libc::SIGHUP, "SIGHUP")] {
        // Nothing heard at all is no verdict of health.
        let deaf = listening(&lab.switch, "watch br0").end(number);
        assert_eq!(deaf.status, Some(deaf.object("summary")["exit"].as_i64().expect("a status") as i32), "{name}");
        assert_ne!(deaf.status, Some(0), "{name}: {}", deaf.text());
    }
    let tap = tcpdump(&lab.switch, "br0", "ip proto 112");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    for (number, name) in [(libc::SIGINT, "SIGINT"), (libc::SIGTERM, "SIGTERM"), (libc::SIGHUP, "SIGHUP")] {
        let json = listening(&lab.switch, "watch br0");
        let plain = hactl(&lab.switch, "watch br0 --for 2m");
        let sniff = hactl(&lab.switch, "sniff br0 --for 2m");
        json.object("a master", SOON, 1, |v| v["type"] == "transition");
        plain.out.wait("a master", SOON, |l| l.iter().any(|l| l.text.contains("10.77.0.1")).then_some(()));
        sniff.out.wait("an advert", SOON, |l| l.iter().any(|l| l.text.contains("10.77.0.1")).then_some(()));
        tap.more(3);
        let json = json.end(number);
        let summary = json.object("summary");
        assert_eq!((&summary["exit"], json.status), (&0.into(), Some(0)), "{name}: {}", json.text());
        assert_eq!(summary["groups"], 1);
        let plain = plain.end(number);
        assert_eq!(plain.status, Some(0), "{name}: {}", plain.text());
        assert!(plain.out.iter().any(|l| l.text.starts_with("OK  ")), "{name}: {}", plain.text());
        let sniff = sniff.end(number);
        assert_eq!(sniff.status, Some(0), "{name}: {}", sniff.err);
        assert!(sniff.err.contains(" 0 dropped"), "{name}: {}", sniff.err);
    }
}

/// hactl that reads what tcpdump writes.
fn piped(lab: &Lab, args: &str) -> (std::process::Child, Running) {
    let mut tcpdump = inside(&lab.switch, "tcpdump");
    tcpdump.args(["-i", "br0", "-Z", "root", "--immediate-mode", "-U", "-w", "-"]);
    tcpdump.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut tcpdump = tcpdump.spawn().expect("tcpdump starts");
    let pipe = tcpdump.stdout.take().expect("a pipe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hactl"));
    let running = Running::start(command.args(args.split(' ')), pipe.into());
    // The header of the capture has been read.
    running.object("it begins", SOON, 1, |v| v["type"] == "start");
    (tcpdump, running)
}

pub fn pipe() {
    const SECOND: f64 = 1.0;
    let lab = Lab::new();
    let (mut a, mut b) = (lab.node("a", 1), lab.node("b", 2));
    let instance = |priority| Instance { priority, advert: "0.2", version: 3, ..Instance::default() }.text();
    a.configure(&instance(200));
    b.configure(&instance(100));
    let (mut one, watch) = piped(&lab, "watch - --json");
    let (mut two, decode) = piped(&lab, "decode - --json");
    a.start();
    lab.expect("a", "MASTER", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    let advert = |v: &Value| v["type"] == "advert";
    decode.object("three adverts", SOON, 3, advert);
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    watch.object("a takeover", Duration::from_secs(2), 2, |v| v["type"] == "transition");
    decode.object("an advert of b", Duration::from_secs(2), 1, |v| advert(v) && v["src"] == "10.77.0.2");
    for tcpdump in [&mut one, &mut two] {
        // Both the stream and hactl end with tcpdump.
        crate::sys::kill(tcpdump.id() as i32, libc::SIGTERM);
        tcpdump.wait().expect("a child of ours");
    }
    let (watch, decode) = (watch.ended(), decode.ended());
    let told: Vec<Value> = watch.objects("transition");
    let reasons: Vec<&str> = told.iter().filter_map(|v| v["reason"].as_str()).collect();
    assert_eq!(reasons, ["first-seen", "timeout"], "{}", watch.text());
    for ended in [&watch, &decode] {
        assert_eq!(ended.status, Some(0), "{}{}", ended.text(), ended.err);
        for line in &ended.out {
            let value: Value = serde_json::from_str(&line.text).expect("JSON");
            if advert(&value) || value["type"] == "transition" {
                let age = line.at - value["t"].as_f64().expect("a time");
                assert!(age < SECOND, "{age:.3} s old when it was printed: {value}");
            }
        }
    }
}
