//! `hactl probe` beside what it judges.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::netns::{Instance, Lab, SOON, hactl, inside, run, wall};

/// A tracked script, run by keepalived and by hactl at the same time: both find it good and bad after as many runs.
pub fn scripts() {
    let lab = Lab::new();
    let mut node = lab.node("a", 1);
    let (flag, script) = (node.dir.join("flag"), node.dir.join("check.sh"));
    fs::write(&flag, "").expect("a file is written");
    // Who runs it is told apart by the parent's name.
    let text = format!(
        "#!/bin/sh\nread -r name < /proc/$PPID/comm\ndate +%s.%N >> {}/runs-$name\ntest -e {}\n",
        node.dir.display(),
        flag.display()
    );
    fs::write(&script, text).expect("a script is written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let extra = "track_script {\n    chk\n  }".to_owned();
    node.configure(&format!(
        "vrrp_script chk {{\n  script \"{}\"\n  interval 1\n  rise 2\n  fall 3\n}}\n{}",
        script.display(),
        Instance { extra, ..Instance::default() }.text()
    ));
    let conf = node.dir.join("keepalived.conf");
    let watch = hactl(&node.ns, &format!("probe config {} --watch --json --for 2m", conf.display()));
    node.start();
    lab.expect("a", "MASTER", 0.0);
    let said = |what: &str, state: &'static str, count: usize| {
        watch.object(what, SOON, count, |v| v["what"] == "script" && v["state"] == state).0
    };
    said("a good script", "good", 1);
    // Between two and three intervals of 1 s, as the first bad run comes within one. (keepalived 2.2 takes whole seconds.)
    let gone = wall();
    fs::remove_file(&flag).expect("it was there");
    let (theirs, ours) = (lab.expect("a", "FAULT", gone) - gone, said("a bad script", "bad", 1) - gone);
    assert!((1.99..3.5).contains(&theirs) && (1.99..3.5).contains(&ours), "{theirs} {ours}");
    // Two good runs: between one interval and two.
    let back = wall();
    fs::write(&flag, "").expect("a file is written");
    let (theirs, ours) = (lab.expect("a", "BACKUP", back) - back, said("a good script", "good", 2) - back);
    assert!((0.99..2.5).contains(&theirs) && (0.99..2.5).contains(&ours), "{theirs} {ours}");
    watch.end(libc::SIGINT);
    node.stop();
    // The rhythm of both: an interval from start to start.
    let mut logs = 0;
    for entry in fs::read_dir(&node.dir).expect("a directory").flatten() {
        if !entry.file_name().to_string_lossy().starts_with("runs-") {
            continue;
        }
        logs += 1;
        let text = fs::read_to_string(entry.path()).expect("a log");
        let times: Vec<f64> = text.lines().filter_map(|l| l.parse().ok()).collect();
        let mean = (times[times.len() - 1] - times[0]) / (times.len() - 1) as f64;
        assert!(times.len() > 4 && (0.95..1.25).contains(&mean), "{}: {mean} of {times:?}", entry.path().display());
    }
    assert_eq!(logs, 2, "one log of keepalived and one of hactl");
}

/// A script that cannot be started is a success for keepalived: the check is blind, and hactl says so.
pub fn blind_scripts() {
    let lab = Lab::new();
    let mut node = lab.node("a", 1);
    let script = node.dir.join("check.sh");
    let write = |text: &str| {
        fs::write(&script, text).expect("a script is written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it can be run");
    };
    write("#!/bin/sh\nexit 1\n");
    let extra = "track_script {\n    chk\n  }".to_owned();
    node.configure(&format!(
        "vrrp_script chk {{\n  script \"{}\"\n  interval 1\n}}\n{}",
        script.display(),
        Instance { extra, ..Instance::default() }.text()
    ));
    let conf = node.dir.join("keepalived.conf");
    let namespace = node.ns.clone();
    let probed = || {
        let ended = hactl(&namespace, &format!("probe script {} --json", script.display())).ended();
        let probe = ended.object("probe");
        (ended.status, probe["reason"].clone(), probe["message"].as_str().unwrap_or_default().to_owned())
    };
    let vain = "keepalived takes each run of it for a success, and says nothing";
    // It fails, and the instance is in FAULT. Once it is gone all is well, for keepalived.
    node.start();
    lab.expect("a", "FAULT", 0.0);
    assert_eq!(probed().1, "exit-status");
    let gone = wall();
    fs::remove_file(&script).expect("it was there");
    lab.expect("a", "MASTER", gone);
    assert_eq!(probed().1, "not-run");
    node.stop();
    // A carriage return behind the interpreter, and no line that names one.
    for (text, why) in [
        ("#!/bin/sh\r\nexit 1\r\n", "names the interpreter \"/bin/sh\\r\", which is not there"),
        ("exit 1\n", "is neither a program nor a script with a `#!` line"),
    ] {
        write(text);
        let begun = wall();
        node.start();
        lab.expect("a", "MASTER", begun);
        node.stop();
        let (status, reason, message) = probed();
        assert_eq!((status, reason), (Some(3), Value::from("not-run")));
        assert!(message.ends_with(&format!("{why}; {vain}")), "{message}");
        let ended = hactl(&namespace, &format!("lint {} --host --json", conf.display())).ended();
        let found = ended.objects("finding");
        let found = found.iter().find(|f| f["id"] == "program-unusable").expect("a finding");
        assert!(found["message"].as_str().is_some_and(|m| m.ends_with(&format!("{why}; {vain}"))), "{found}");
    }
}

/// What nginx and hactl say of a listen on an address that this node does not have.
pub fn address_elsewhere() {
    let lab = Lab::new();
    let node = lab.node("a", 1);
    let (nginx, keepalived) = (node.dir.join("nginx.conf"), node.dir.join("keepalived.conf"));
    let text = format!(
        "pid {}/nginx.pid;\nerror_log stderr;\nevents {{ }}\nhttp {{\n    access_log off;\n    server {{\n        \
         listen 10.77.0.110:80;\n    }}\n}}\n",
        node.dir.display()
    );
    fs::write(&nginx, text).expect("a configuration is written");
    let text = "vrrp_instance VI_1 {\n    state BACKUP\n    interface eth0\n    virtual_router_id 51\n    priority 100\n    \
                virtual_ipaddress {\n        10.77.0.110/24\n    }\n}\n";
    fs::write(&keepalived, text).expect("a configuration is written");
    // Whether nginx would start, and the findings.
    let both = || {
        let mut test = inside(&node.ns, "/usr/sbin/nginx");
        let output = test.args(["-t", "-c"]).arg(&nginx).stdin(Stdio::null()).output().expect("nginx runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let args = format!(
            "probe nginx {} --keepalived {} --here --json --timeout 100ms",
            nginx.display(),
            keepalived.display()
        );
        let ended = hactl(&node.ns, &args).ended();
        let found: Vec<Value> = ended.objects("finding");
        let ids: Vec<(String, String)> = found
            .iter()
            .map(|f| (f["id"].as_str().unwrap_or_default().into(), f["severity"].as_str().unwrap_or_default().into()))
            .collect();
        (output.status.success(), said, ids)
    };
    let finding = |severity: &str| vec![("listen-needs-nonlocal-bind".to_owned(), severity.to_owned())];
    let (starts, said, ids) = both();
    assert!(said.contains("Cannot assign requested address"), "{said}");
    assert_eq!((starts, ids), (false, finding("critical")));
    // As the master has it.
    run(inside(&node.ns, "ip").args(["address", "add", "10.77.0.110/24", "dev", "eth0"]));
    let (starts, said, ids) = both();
    assert_eq!((starts, ids), (true, finding("warning")), "{said}");
    run(inside(&node.ns, "ip").args(["address", "del", "10.77.0.110/24", "dev", "eth0"]));
    run(inside(&node.ns, "sysctl").args(["-qw", "net.ipv4.ip_nonlocal_bind=1"]));
    let (starts, said, ids) = both();
    assert_eq!((starts, ids), (true, Vec::new()), "{said}");
}
