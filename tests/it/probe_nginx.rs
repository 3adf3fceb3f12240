//! `hactl probe nginx` with peers on loopback, and nginx's own word for what it reads.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{hactl, have, objects, root, status, stderr, stdout};

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn of<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|v| v["type"] == kind).collect()
}

#[test]
fn upstreams_direct_targets_and_listens() {
    let dir = tempfile::tempdir().unwrap();
    let (a, listen) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let (up, open, closed) = (port(&a), port(&listen), port(&gone));
    drop(gone);
    let socket = dir.path().join("s");
    let _unix = UnixListener::bind(&socket).unwrap();
    let text_of = |primary: u16, backup: u16| {
        format!(
            "http {{\n upstream api {{\n  server 127.0.0.1:{primary} max_fails=2;\n  server 127.0.0.1:{closed};\n  \
             server 127.0.0.1:{backup} backup;\n }}\n upstream files {{ server unix:{}; server unix:/nowhere/s; }}\n \
             server {{\n  listen 127.0.0.1:{open};\n  proxy_set_header Authorization \"Basic c2VjcmV0\";\n  \
             location / {{ proxy_pass http://api; }}\n  location /f {{ proxy_pass http://files; }}\n  \
             location /d {{ proxy_pass http://127.0.0.1:{up}; }}\n }}\n}}\n",
            socket.display()
        )
    };
    let run = |primary: u16, backup: u16| {
        let file = write(dir.path(), "nginx.conf", &text_of(primary, backup));
        let (o, plain) = (
            hactl(&["probe", "nginx", &file, "--here", "--json", "-v"]),
            hactl(&["probe", "nginx", &file, "--here", "-v"]),
        );
        assert_eq!((stderr(&o).as_str(), status(&o)), ("", status(&plain)));
        assert!(!stdout(&o).contains("c2VjcmV0") && !stdout(&plain).contains("c2VjcmV0"));
        (objects(&o), stdout(&plain), status(&o), stdout(&hactl(&["probe", "nginx", &file, "--here", "--plugin"])))
    };
    // One of three is down.
    let (all, text, exit, plugin) = run(up, up);
    let upstreams = of(&all, "upstream");
    assert_eq!((&upstreams[0]["servers"], &upstreams[0]["up"]), (&3.into(), &2.into()));
    assert_eq!((&upstreams[1]["servers"], &upstreams[1]["up"]), (&2.into(), &1.into()));
    let probes = of(&all, "probe");
    assert_eq!(probes.len(), 7, "{text}");
    assert_eq!(
        (&probes[0]["ok"], &probes[0]["max_fails"], &probes[0]["fail_timeout_ms"]),
        (&true.into(), &2.into(), &10_000.0.into())
    );
    assert_eq!(probes[1]["reason"], "refused");
    assert_eq!((&probes[4]["kind"], &probes[4]["reason"]), (&"unix".into(), &"no-socket".into()));
    assert!(text.contains("out for 10s after 2 failures within 10s"), "{text}");
    assert!(
        text.contains("WARNING 3 of 5 servers up in 2 upstreams; 1 of 1 direct targets up; 1 of 1 listens open"),
        "{text}"
    );
    assert_eq!(exit, 1);
    assert!(plugin.starts_with("NGINX WARNING - 3 of 5 servers up in 2 upstreams"), "{plugin}");
    assert!(plugin.trim_end().ends_with("| up=3;;;0;5 dead_upstreams=0;;;0;2 findings=0"), "{plugin}");
    // Of a file from elsewhere, a socket of this host is another one.
    let file = write(dir.path(), "nginx.conf", &text_of(up, up));
    let o = hactl(&["probe", "nginx", &file]);
    assert!(stdout(&o).contains("upstream files (http, round robin): not looked at"), "{}", stdout(&o));
    assert!(stdout(&o).contains("a socket of its own host"), "{}", stdout(&o));
    // Only the backup is left, then nobody.
    let (all, text, exit, _) = run(closed, up);
    assert_eq!((of(&all, "upstream")[0]["only_backups"].clone(), exit), (true.into(), 1));
    assert!(text.contains("upstream api (http, round robin): ONLY BACKUPS LEFT, 1 of 3 up"), "{text}");
    let (all, text, exit, _) = run(closed, closed);
    assert_eq!((&of(&all, "summary")[0]["upstreams_dead"], exit), (&1.into(), 2));
    assert!(text.contains("NO SERVER LEFT: every request fails"), "{text}");
}

#[test]
fn what_cannot_be_read_is_one_line_and_status_3() {
    let dir = tempfile::tempdir().unwrap();
    let told = |text: &str| {
        let file = write(dir.path(), "nginx.conf", text);
        let o = hactl(&["probe", "nginx", &file]);
        assert_eq!((status(&o), stdout(&o).as_str()), (3, ""));
        stderr(&o).replace(dir.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        told("http {\n  upstream u {\n"),
        "hactl: DIR/nginx.conf:3: the file ends before the block of line 2 is closed\n"
    );
    assert_eq!(
        told("events {}\ninclude conf.d/x.conf;\n"),
        "hactl: DIR/nginx.conf:2: cannot read DIR/conf.d/x.conf: there is no such file\n"
    );
    assert!(told("events {}\n").contains("there is nothing to check"));
    let o = hactl(&["probe", "nginx", "/nowhere/nginx.conf"]);
    assert_eq!((status(&o), stderr(&o).as_str()), (3, "hactl: /nowhere/nginx.conf: there is no such file\n"));
}

#[test]
fn what_a_file_says_does_not_act_on_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let text = "http { upstream \"a\x1b[2Jb\" { server \"h\x1b]0;x\" max_fails=2; keepalive 2; }\n\
                server { listen unix:/nowhere/s; location / { proxy_pass \"http://a\x1b[2Jb\"; } } }\n";
    let file = write(dir.path(), "nginx.conf", text);
    for more in [&["-v"][..], &["--json"], &["--plugin"]] {
        let o = hactl(&[&["probe", "nginx", &file, "--timeout", "300ms"], more].concat());
        assert!(!stdout(&o).contains('\x1b') && stdout(&o).contains('a'), "{}", stdout(&o));
    }
}

#[test]
fn listens_are_compared_with_vips() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = write(
        dir.path(),
        "nginx.conf",
        &format!("http {{\n server {{\n  listen 127.0.0.1:{};\n  listen 192.0.2.77:80;\n }}\n}}\n", port(&listener)),
    );
    let keepalived = write(
        dir.path(),
        "keepalived.conf",
        "vrrp_instance VI_1 {\n    state BACKUP\n    interface lo\n    virtual_router_id 51\n    priority 100\n    \
         virtual_ipaddress {\n        192.0.2.78\n    }\n}\n",
    );
    let o = hactl(&["probe", "nginx", &file, "--keepalived", &keepalived, "--json", "--here", "--timeout", "300ms"]);
    let all = objects(&o);
    let ids: Vec<&str> = of(&all, "finding").iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["vip-without-listen", "listen-not-a-vip"]);
    let evidence = &of(&all, "finding")[1]["evidence"][0];
    assert_eq!((&evidence["file"], &evidence["line"]), (&file.as_str().into(), &4.into()));
    for id in ids {
        let o = hactl(&["explain", id]);
        assert_eq!(status(&o), 0, "{id}");
    }
    let empty = write(dir.path(), "empty.conf", "global_defs {\n}\n");
    let o = hactl(&["probe", "nginx", &file, "--keepalived", &empty]);
    assert_eq!((status(&o), stderr(&o).contains("no vrrp_instance has a virtual_ipaddress")), (3, true));
}

/// The fixture with listens that any host can have, in a directory of its own.
fn fixture(dir: &Path) -> String {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (path, name) = entry.map(|e| (e.path(), e.file_name())).unwrap();
            if path.is_dir() {
                copy(&path, &to.join(name));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let local = text
                .replace("10.77.0.110:80", "127.0.0.1:18180")
                .replace("10.77.0.112:8443", "127.0.0.1:18443")
                .replace("[::]:80", "[::]:18180")
                .replace("listen 8080", "listen 18080")
                .replace("/tmp/hactl", &format!("{}/hactl", to.display()));
            std::fs::write(to.join(name), local).unwrap();
        }
    }
    copy(&root().join("tests/fixtures/nginx"), dir);
    dir.join("nginx.conf").to_str().unwrap().to_owned()
}

#[test]
fn nginx_takes_the_fixture_and_reads_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixture(dir.path());
    let o = hactl(&["probe", "nginx", &file, "--json", "--timeout", "100ms"]);
    let all = objects(&o);
    let summary = of(&all, "summary")[0];
    let read: Vec<&str> = summary["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    let names: Vec<&str> = read.iter().map(|f| f.strip_prefix(dir.path().to_str().unwrap()).unwrap()).collect();
    assert_eq!(
        names,
        ["/nginx.conf", "/snippets/types", "/conf.d/10-api.conf", "/conf.d/20-web.conf", "/sites/default"]
    );
    assert_eq!((&summary["upstreams"], &summary["servers"]), (&3.into(), &6.into()));
    let kept: Vec<(&str, &Value)> =
        of(&all, "upstream").iter().map(|u| (u["name"].as_str().unwrap(), &u["keepalive"])).collect();
    assert_eq!(kept, [("api", &16.into()), ("single", &4.into()), ("sockets", &Value::Null)]);
    let nginx = ["/usr/sbin/nginx", "nginx"].into_iter().find(|n| Path::new(n).exists() || have(n));
    let Some(nginx) = nginx.filter(|n| Path::new(n).exists()) else { return };
    let o = Command::new(nginx).args(["-T", "-q", "-c", &file]).output().unwrap();
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    let dump = String::from_utf8_lossy(&o.stdout).into_owned();
    let theirs: Vec<&str> =
        dump.lines().filter_map(|l| l.strip_prefix("# configuration file ")).map(|l| l.trim_end_matches(':')).collect();
    assert_eq!(read, theirs);
}

#[test]
fn nginx_refuses_what_is_refused_here() {
    let nginx = "/usr/sbin/nginx";
    if !Path::new(nginx).exists() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let good = "events { }\nhttp { upstream u { server 127.0.0.1:1; } }\n";
    let cases = [
        ("http {", 3),
        ("}", 3),
        ("user www", 4),
        ("user 'www;", 3),
        ("user 'www'x;", 3),
        (";", 3),
        ("include none.conf;", 3),
        ("include none/*.conf;", 0),
        ("# } ' \"", 0),
        ("env X=\"a b\\\"c;{}\";", 4),
        ("env \"X=a b\\\"c;{}\";", 0),
        ("env Y='#';", 0),
        ("http { map $uri $b { ~^\\;x ${uri}; } }", 0),
    ];
    for (line, at) in cases {
        // Two http blocks are too many for nginx, but not for its lexer.
        let head = format!("error_log stderr; pid {}/pid;\n", dir.path().display());
        let text =
            if line.starts_with("http { map") { format!("events {{ }}\n{line}\n") } else { format!("{good}{line}\n") };
        let file = write(dir.path(), "n.conf", &format!("{head}{text}"));
        let theirs = Command::new(nginx).args(["-t", "-q", "-e", "stderr", "-c", &file]).output().unwrap();
        let ours = hactl(&["probe", "nginx", &file, "--timeout", "100ms", "--exit-zero"]);
        let ours_taken = !stderr(&ours).contains("n.conf:");
        assert_eq!(
            (theirs.status.success(), ours_taken),
            (at == 0, at == 0),
            "{line}\n{}{}",
            String::from_utf8_lossy(&theirs.stderr),
            stderr(&ours)
        );
    }
}
