//! What is read of small configurations, and what is said of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::judge::{Around, HostFacts, Left, conduct, findings, request};
use super::model::{Area, At, Nginx, Peer, To};
use super::plan::{Found, Of, jobs};
use super::*;
use crate::finding::Severity;
use crate::probe::judge::Checked;
use crate::probe::outcome::{Outcome, Phases};
use crate::probe::reason::Reason;

/// Files by name.
struct Texts(BTreeMap<&'static str, &'static str>);

impl Loader for Texts {
    fn expand(&mut self, pattern: &str) -> Vec<String> {
        let (head, tail) = pattern.split_once('*').unwrap();
        self.0.keys().filter(|k| k.starts_with(head) && k.ends_with(tail)).map(|k| (*k).to_owned()).collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.0.get(name).map(|t| t.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }
}

fn files(all: &[(&'static str, &'static str)]) -> Result<Nginx, String> {
    read(all[0].0, &mut Texts(all.iter().copied().collect())).map_err(|e| e.to_string())
}

fn conf(text: &'static str) -> Nginx {
    files(&[("/etc/nginx/nginx.conf", text)]).unwrap()
}

fn refused(text: &'static str) -> String {
    files(&[("n.conf", text)]).unwrap_err()
}

fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

#[test]
fn words_are_read_as_nginx_reads_them() {
    let n = conf(
        "# { not a block\nhttp{upstream \"a b\"{server 10.0.0.1:1;}upstream c#d{server 'unix:/a\\'b' weight=2;}\n\
         log_format x '{;}' \"\\\"};\"; map $a $b { ~*^/x\\;y 1; default ${c}; }\n\
         server{listen 127.0.0.1:81;location / {proxy_pass http://${up};}}}",
    );
    let names: Vec<&str> = n.upstreams.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(names, ["a b", "c#d"]);
    assert_eq!(n.upstreams[1].servers[0].peer, Peer::Unix("/a'b".to_owned()));
    assert_eq!(n.upstreams[1].servers[0].weight.value, 2);
    assert_eq!(n.passes[0].to, To::Peer(Peer::Variable("${up}".to_owned())));
    assert_eq!(n.listens.len(), 1);
}

#[test]
fn blocks_of_lua_are_skipped() {
    let n = conf(
        "http { init_by_lua_block { local s = \"}\" -- a } comment\n --[[ } } ]] local t = { [[ } ]], [==[ ]] } ]==], '\\'}' } }\n\
         server { listen 127.0.0.1:82; location / { content_by_lua_block { if a[1] then return {} end } } } }",
    );
    assert_eq!(n.listens[0].at.to_string(), "127.0.0.1:82");
    assert_eq!(refused("http { content_by_lua_block { x = {"), "n.conf:1: the block of Lua is not closed");
}

#[test]
fn what_nginx_would_not_take_is_told_with_its_line() {
    assert_eq!(refused("http {\n"), "n.conf:2: the file ends before the block of line 1 is closed");
    assert_eq!(refused("http {\n}\n}\n"), "n.conf:3: unexpected `}`: no block is open");
    assert_eq!(refused("a b\n}"), "n.conf:1: `a` lacks its `;`");
    assert_eq!(refused("events {}\nuser www"), "n.conf:2: the file ends before `user` has its `;`");
    assert_eq!(refused("a 'b;\nc"), "n.conf:1: the quote is not closed");
    assert_eq!(refused("a 'b'c;"), "n.conf:1: unexpected \"c\" after a closing quote");
    assert_eq!(refused(";"), "n.conf:1: unexpected `;`: no directive stands before it");
    assert_eq!(refused("x;\n{"), "n.conf:2: unexpected `{`: no directive stands before it");
    assert_eq!(refused("\ninclude no.conf;"), "n.conf:2: cannot read no.conf: there is no such file");
    assert!(files(&[("a.conf", "include a.conf;")]).unwrap_err().contains("too deep"));
    assert_eq!(read("no.conf", &mut Texts(BTreeMap::new())).unwrap_err().to_string(), "no.conf: there is no such file");
}

#[test]
fn nothing_that_is_cut_or_nested_does_harm() {
    let whole = include_str!("../../../tests/fixtures/nginx/conf.d/10-api.conf");
    for (n, _) in whole.char_indices() {
        // Whether it is taken does not matter.
        let _ = read("n.conf", &mut Cut(&whole[..n]));
        let _ = read("n.conf", &mut Cut(&whole[n..]));
    }
    let deep = "a{".repeat(1_000_000);
    assert_eq!(
        read("n.conf", &mut Cut(&deep)).unwrap_err().to_string(),
        "n.conf:1: more than 100 blocks in one another"
    );
}

/// A single file with this text.
struct Cut<'a>(&'a str);

impl Loader for Cut<'_> {
    fn expand(&mut self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.as_bytes().to_vec())
    }
}

#[test]
fn includes_begin_where_the_file_is() {
    let n = files(&[
        ("/x/n.conf", "http { include c/*.conf; include /y/z; }"),
        ("/x/c/1.conf", "upstream one { include d; }"),
        ("/x/c/2.conf", "upstream two { server b; }"),
        ("/x/d", "server a;"),
        ("/y/z", "upstream three { server c:9; }"),
        ("/x/c/d", "server wrong;"),
    ])
    .unwrap();
    assert_eq!(n.files, ["/x/n.conf", "/x/c/1.conf", "/x/d", "/x/c/2.conf", "/y/z"]);
    let peers: Vec<String> = n.upstreams.iter().map(|u| format!("{} {}", u.name, u.servers[0].peer)).collect();
    assert_eq!(peers, ["one a:80", "two b:80", "three c:9"]);
    assert_eq!((n.upstreams[0].servers[0].spot.file, n.upstreams[2].spot.line), (2, 1));
    // A pattern that names nothing is no mistake.
    assert!(files(&[("/x/n.conf", "include none/*;")]).is_ok());
}

#[test]
fn servers_have_their_parameters_and_defaults() {
    let n = conf(
        "http { upstream u { least_conn; keepalive 8; keepalive_timeout 1m 30s; keepalive_requests 50;\n\
         server a:1; server b:2 weight=3 max_fails=0 fail_timeout=1m max_conns=9 resolve; server [::1]:3 backup;\n\
         server d down fail_timeout=500ms; } }",
    );
    let u = &n.upstreams[0];
    assert_eq!((u.method.as_str(), u.keepalive.unwrap().0, u.keepalive_requests.value), ("least_conn", 8, 50));
    let [a, b, c, d] = &u.servers[..] else { panic!() };
    assert_eq!((a.weight.value, a.max_fails.value, a.fail_timeout.value), (1, 1, Duration::from_secs(10)));
    assert!(!a.max_fails.written && b.max_fails.written && b.resolve);
    assert_eq!((b.weight.value, b.max_conns, b.fail_timeout.value), (3, 9, Duration::from_mins(1)));
    assert_eq!((c.peer.to_string().as_str(), c.backup), ("[::1]:3", true));
    assert_eq!((d.peer.to_string().as_str(), d.down, d.fail_timeout.value), ("d:80", true, Duration::from_millis(500)));
    assert_eq!(conduct(u, a), "out for 10s after a failure");
    assert_eq!(conduct(u, b), "max_fails 0: nginx never takes it out");
}

#[test]
fn times_are_those_of_nginx() {
    let table =
        [("30", 30_000), ("5s", 5000), ("1m30s", 90_000), ("1m 30s", 90_000), ("250ms", 250), ("1d", 86_400_000)];
    for (text, ms) in table {
        assert_eq!(model::time(text), Some(Duration::from_millis(ms)), "{text}");
    }
    for text in ["", "x", "5q", "-1", "18446744073709551615s1000ms", "18446744073709551615s1s"] {
        assert_eq!(model::time(text), None, "{text}");
    }
}

#[test]
fn settings_are_inherited_and_headers_as_a_whole() {
    let n = conf(
        "http { proxy_connect_timeout 3s; proxy_http_version 1.1; proxy_set_header Connection \"\";\n\
         upstream u { server a; }\n\
         server { listen 1; location /a { proxy_pass http://u/x?y; } location /b { proxy_set_header X secret; proxy_read_timeout 9s;\n\
         proxy_next_upstream off; if ($x) { proxy_pass https://U; } } location /c { grpc_pass grpcs://h:9; } } }",
    );
    let [a, b, c] = &n.passes[..] else { panic!() };
    assert_eq!((&a.to, a.tls, a.settings.connection.as_deref()), (&To::Upstream(0), false, Some("")));
    assert_eq!((&b.to, b.tls, b.settings.connection.as_deref()), (&To::Upstream(0), true, None));
    assert_eq!(b.settings.version.as_deref(), Some("1.1"));
    assert_eq!(
        request(a, true),
        "a request waits up to 3s to connect and 1m for an answer, then tries the next server on: error timeout"
    );
    assert_eq!(request(b, true), "a request waits up to 3s to connect and 9s for an answer, then fails");
    assert_eq!((&c.to, c.tls), (&To::Peer(Peer::Host("h".to_owned(), 9)), true));
    // Nothing of a header but Connection is kept.
    assert!(!format!("{n:?}").contains("secret"));
}

#[test]
fn each_protocol_has_its_own_settings() {
    let n = conf(
        "http { proxy_connect_timeout 9s; fastcgi_connect_timeout 2s; fastcgi_next_upstream timeout; upstream u { server a; }\n\
         server { fastcgi_read_timeout 7s; fastcgi_keep_conn on; grpc_read_timeout 5m; location /a { fastcgi_pass u; }\n\
         location /b { grpc_pass grpc://u; } location /c { uwsgi_pass u; uwsgi_next_upstream off; } } }",
    );
    let [a, b, c] = &n.passes[..] else { panic!() };
    assert_eq!([a.protocol(), b.protocol(), c.protocol()], ["fastcgi", "grpc", "uwsgi"]);
    assert!(a.settings.keep_conn);
    assert_eq!(
        request(a, true),
        "a request waits up to 2s to connect and 7s for an answer, then tries the next server on: timeout"
    );
    assert_eq!(
        request(b, true),
        "a request waits up to 1m to connect and 5m for an answer, then tries the next server on: error timeout"
    );
    assert_eq!(request(c, true), "a request waits up to 1m to connect and 1m for an answer, then fails");
}

#[test]
fn listens_in_all_forms() {
    let n = conf(
        "http { server { listen 8080; listen *:81; listen [::]:82 ipv6only=off; listen 10.0.0.9; listen [fd00::1]:83 ssl bind; \
         listen unix:/a; listen host:84; listen 443 quic reuseport; } server { } }\n\
         stream { upstream d { server x:1; } server { listen 53 udp; proxy_pass d; } server { listen 5432; proxy_ssl on; proxy_pass d; } }",
    );
    let all: Vec<String> = n.listens.iter().map(|l| l.at.to_string()).collect();
    assert_eq!(
        all,
        [
            "0.0.0.0:8080",
            "0.0.0.0:81",
            "[::]:82",
            "10.0.0.9:80",
            "[fd00::1]:83",
            "unix:/a",
            "host:84",
            "0.0.0.0:443",
            "0.0.0.0:80",
            "0.0.0.0:53",
            "0.0.0.0:5432"
        ]
    );
    assert!(n.listens[2].both && n.listens[4].binds && n.listens[4].tls && n.listens[7].udp && n.listens[9].udp);
    assert_eq!(n.listens[9].area, Area::Stream);
    assert_eq!((n.passes[0].udp, n.passes[0].tls, n.passes[1].tls), (true, false, true));
    assert_eq!(n.passes[1].settings.read_timeout, Duration::from_mins(10));
    assert!(matches!(n.listens[6].at, At::Name(..)));
}

#[test]
fn what_is_connected_to() {
    let n = conf(
        "http { upstream u { server 10.0.0.1:1; server unix:/s; } upstream t { server 10.0.0.2:2; }\n\
         server { listen 10.0.0.110:80; listen 443; location / { proxy_pass http://u; } location /t { proxy_pass https://t; }\n\
         location /d { proxy_pass http://10.0.0.3:3; } location /e { proxy_pass http://10.0.0.3:3/x; } location /v { proxy_pass http://$h; } } }",
    );
    let told = |here: bool| -> Vec<String> {
        let all = jobs(&n, &[ip("10.0.0.110")], here, Duration::from_secs(1));
        all.iter().map(|(_, j)| format!("{} {}", j.check.kind(), j.target.text)).collect()
    };
    let common = ["tls 10.0.0.2:2", "tcp 10.0.0.3:3", "tcp 10.0.0.110:80"];
    assert_eq!(told(true), [&["tcp 10.0.0.1:1", "unix unix:/s"], &common[..], &["tcp 127.0.0.1:443"]].concat());
    // Elsewhere the wildcard is asked for at the VIPs, and a socket of this host is another one.
    assert_eq!(told(false), [&["tcp 10.0.0.1:1"], &common[..], &["tcp 10.0.0.110:443"]].concat());
}

fn checked(reason: Option<&'static str>) -> Vec<Checked> {
    let outcome = Outcome {
        kind: "tcp",
        target: "x".into(),
        address: None,
        port: None,
        result: reason.map_or(Ok(()), |id| Err(Reason::new(id, "no"))),
        phases: Phases::default(),
        facts: Vec::new(),
        attempts: 1,
    };
    vec![Checked { outcome, series: None }]
}

#[test]
fn what_is_left_of_an_upstream() {
    let n = conf("http { upstream u { server a; server b; server c backup; server d down; } }");
    let of = |a: Option<&'static str>, b: Option<&'static str>, c: Option<&'static str>| {
        let found: Found = [a, b, c].iter().enumerate().map(|(m, r)| (Of::Server(0, m), checked(*r))).collect();
        let left = Left::of(0, &n.upstreams[0], &found);
        (left.up, left.all, left.only_backups(), left.nobody())
    };
    let down = Some("refused");
    assert_eq!(of(None, None, None), (3, 3, false, false));
    assert_eq!(of(down, None, None), (2, 3, false, false));
    assert_eq!(of(down, down, None), (1, 3, true, false));
    assert_eq!(of(down, down, down), (0, 3, false, true));
    // Where nobody could look nothing is said.
    assert_eq!(of(Some("local"), down, down), (0, 3, false, false));
}

fn ids(n: &Nginx, found: &Found, around: &Around) -> Vec<(&'static str, Severity)> {
    findings(n, found, around).iter().map(|f| (f.id, f.severity)).collect()
}

#[test]
fn dangers_of_upstreams() {
    use Severity::{Critical, Info, Warning};
    let alone = |n: &Nginx| ids(n, &Found::new(), &Around::default());
    assert_eq!(alone(&conf("http { upstream u { server a max_fails=3; } }")), [("upstream-single-server", Warning)]);
    assert_eq!(alone(&conf("http { upstream u { server a; } }")), []);
    assert_eq!(alone(&conf("http { upstream u { server a max_fails=3; server b; } }")), []);
    let fastcgi = "http { upstream u { server a; keepalive 9; } server { location / { fastcgi_pass u; } } }";
    let n = conf(fastcgi);
    assert_eq!(alone(&n), [("upstream-keepalive-unused", Warning)]);
    let f = findings(&n, &Found::new(), &Around::default());
    assert!(f[0].message.contains("a fastcgi_pass to it lacks `fastcgi_keep_conn on`"), "{}", f[0].message);
    assert_eq!(
        alone(&conf(
            "http { fastcgi_keep_conn on; upstream u { server a; keepalive 9; } server { location / { fastcgi_pass u; } } }"
        )),
        [("upstream-keepalive-outlives-server", Info)]
    );
    let kept = "upstream u { server a; keepalive 9; }";
    let n = conf("http { upstream u { server a; keepalive 9; } server { location / { proxy_pass http://u; } } }");
    assert_eq!(alone(&n), [("upstream-keepalive-unused", Warning)]);
    let f = findings(&n, &Found::new(), &Around::default());
    assert!(f[0].message.contains("lacks `proxy_http_version 1.1` and `proxy_set_header Connection \"\"`"), "{kept}");
    let n = conf(
        "http { proxy_http_version 1.1; proxy_set_header Connection \"\"; upstream u { server a; keepalive 9; }\n\
         server { location / { proxy_pass http://u; } } }",
    );
    assert_eq!(alone(&n), [("upstream-keepalive-outlives-server", Info)]);
    let n = conf("http { upstream u { server nowhere; server b resolve; } }");
    let found = Found::from([(Of::Server(0, 0), checked(Some("name"))), (Of::Server(0, 1), checked(Some("name")))]);
    assert_eq!(ids(&n, &found, &Around::default()), [("upstream-name-unresolved", Critical)]);
}

#[test]
fn listens_beside_vips() {
    use Severity::{Critical, Warning};
    let around = |local: &[&str], nonlocal: bool, here: bool| Around {
        vips: Some(vec![(ip("10.0.0.110"), "VI_1".to_owned()), (ip("fd00::110"), "VI_1".to_owned())]),
        host: here.then(|| HostFacts {
            addresses: local.iter().map(|a| ip(a)).collect(),
            nonlocal_v4: Some(nonlocal),
            nonlocal_v6: Some(nonlocal),
        }),
    };
    let of = |text: &'static str, around: &Around| ids(&conf(text), &Found::new(), around);
    let named = "http { server { listen 10.0.0.110:80; listen [::]:80; } }";
    // On the backup, on the master, and with the sysctl.
    assert_eq!(of(named, &around(&[], false, true)), [("listen-needs-nonlocal-bind", Critical)]);
    assert_eq!(of(named, &around(&["10.0.0.110"], false, true)), [("listen-needs-nonlocal-bind", Warning)]);
    assert_eq!(of(named, &around(&[], true, true)), []);
    // Of another host nothing is known.
    assert_eq!(of(named, &around(&[], false, false)), []);
    // With a wildcard of the same port nginx makes no socket for the address, unless it is told to.
    let both = "http { server { listen 10.0.0.110:80; } server { listen 80; listen [::]:80; } }";
    assert_eq!(of(both, &around(&[], false, true)), []);
    let told = "http { server { listen 10.0.0.110:80 reuseport; } server { listen 80; listen [::]:80; } }";
    assert_eq!(of(told, &around(&[], false, true)), [("listen-needs-nonlocal-bind", Critical)]);
    // IPv6 needs a listen of its own, or ipv6only=off for both.
    assert_eq!(of("http { server { listen 80; } }", &around(&[], true, true)), [("vip-without-listen", Warning)]);
    assert_eq!(of("http { server { listen [::]:80 ipv6only=off; } }", &around(&[], true, true)), []);
    let wrong = "http { server { listen 10.0.0.111:80; listen 80; listen [::]:80; } }";
    assert_eq!(of(wrong, &around(&[], true, true)), [("listen-not-a-vip", Warning)]);
    assert_eq!(of(wrong, &around(&["10.0.0.111"], true, true)), []);
    let f = findings(&conf(wrong), &Found::new(), &around(&[], true, false));
    assert_eq!((f[0].id, f[0].unseen.is_some()), ("listen-not-a-vip", true));
    // Without a keepalived.conf there is nothing to compare with.
    assert_eq!(of(wrong, &Around::default()), []);
}

#[test]
fn pages_are_in_order_and_every_finding_has_one() {
    let ids: Vec<&str> = PAGES.iter().map(|p| p.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(ids, sorted);
    for page in PAGES {
        for heading in
            ["What it means", "How it is decided", "What it can be confused with", "How to confirm", "How to fix"]
        {
            assert!(page.text.contains(&format!("{heading}\n")), "{} {heading}", page.id);
        }
    }
}
