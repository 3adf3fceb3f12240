//! `hactl probe` beside what it judges.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::netns::{Lab, hactl, inside, run};

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
