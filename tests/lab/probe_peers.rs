//! `hactl probe` beside real servers and bad ones, and beside other programs that check: monitoring-plugins, curl,
//! genhash, fping.
//!
//! What is expected of each peer is written down here: up or down, hactl's reason, and that the others see it so too.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use serde_json::Value;
use socket2::SockRef;

use crate::netns::{Lab, Node, Running, SOON, hactl, helper, inside, ip, run, until};

pub const NGINX: &str = "/usr/sbin/nginx";
const PLUGINS: &str = "/usr/lib/nagios/plugins";
pub const CHECK_TCP: &str = "/usr/lib/nagios/plugins/check_tcp";

/// Exit status, and what is said of the one target.
fn probed(node: &Node, args: &str) -> (Option<i32>, Value) {
    let ended = hactl(&node.ns, &format!("probe {args} --json")).ended();
    (ended.status, ended.object("probe"))
}

#[track_caller]
fn up(node: &Node, args: &str) -> Value {
    let (status, found) = probed(node, args);
    assert_eq!((status, &found["ok"]), (Some(0), &Value::Bool(true)), "{args}: {found}");
    found
}

/// It is down, for this reason, whose sentence has these words.
#[track_caller]
fn down(node: &Node, args: &str, reason: &str, words: &str) -> Value {
    let (status, found) = probed(node, args);
    assert_eq!(
        (status, &found["ok"], &found["reason"]),
        (Some(2), &Value::Bool(false), &reason.into()),
        "{args}: {found}"
    );
    let sentence = found["message"].as_str().unwrap_or_default();
    assert!(sentence.contains(words), "{args}: no `{words}` in {found}");
    found
}

/// The exit status of another program on a node, and what it prints.
fn other(node: &Node, command: &str) -> (Option<i32>, String) {
    let mut words = command.split(' ');
    let mut program = inside(&node.ns, words.next().unwrap_or_default());
    let output = program.args(words).stdin(Stdio::null()).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// A plugin of monitoring-plugins, by its name: 0, 1 and 2 are its statuses, too.
#[track_caller]
fn plugin(node: &Node, status: i32, command: &str) {
    let (theirs, said) = other(node, &format!("{PLUGINS}/{command}"));
    assert_eq!(theirs, Some(status), "{command}: {said}");
}

/// Waits until somebody listens on a TCP port.
fn open(node: &Node, place: &str) {
    until(place, SOON, || (probed(node, &format!("tcp {place} --timeout 1s")).0 == Some(0)).then_some(()));
}

/// A certificate that signs itself, and its key, in files of a node: for these names, until that day.
fn certificate(node: &Node, file: &str, names: &[&str], until: (i32, u8, u8)) -> String {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).expect("names");
    params.distinguished_name.push(DnType::CommonName, names[0]);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until.0, until.1, until.2);
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let path = node.dir.join(file).display().to_string();
    fs::write(format!("{path}.crt"), pem).expect("a file is written");
    fs::write(format!("{path}.key"), key.serialize_pem()).expect("a file is written");
    path
}

/// Starts nginx with these blocks inside `http`. Its files are in the node's directory.
fn nginx(node: &Node, http: &str) -> Running {
    let dir = node.dir.display().to_string();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .flat_map(|kind| [*kind, "_temp_path ", &dir, "/", *kind, ";\n"].map(str::to_owned))
        .collect();
    let text = format!(
        "daemon off;\nmaster_process off;\npid {dir}/nginx.pid;\nerror_log stderr;\nevents {{ }}\nhttp {{\naccess_log \
         off;\n{paths}{http}\n}}\n"
    );
    let file = node.dir.join("nginx.conf");
    fs::write(&file, text).expect("a configuration is written");
    let running = Running::start(inside(&node.ns, NGINX).arg("-c").arg(&file), Stdio::null());
    // Where it would complain it has ended.
    running
}

/// nginx ends a fresh connection by one time and a used one by another.
pub fn idle_limits() {
    let lab = Lab::new();
    let (a, s) = (lab.node("a", 1), lab.node("s", 2));
    let server = nginx(
        &s,
        "client_header_timeout 3s;\nkeepalive_timeout 1s;\nserver { listen 10.77.0.2:80; location / { return 204; } }",
    );
    open(&a, "10.77.0.2:80");
    let found = |more: &str| {
        let (status, found) = probed(&a, &format!("keepalive 10.77.0.2:80 --find-idle-limit 5s{more}"));
        assert_eq!(
            (status, &found["ended_by"], &found["unsteady"]),
            (Some(1), &"fin".into(), &false.into()),
            "{found}"
        );
        found["limit_ms"].as_f64().expect("a time")
    };
    let fresh = found("");
    assert!((2_900.0..4_500.0).contains(&fresh), "{fresh}");
    let used = found(r" --send GET\x20/\x20HTTP/1.1\r\nHost:\x20s\r\n\r\n");
    assert!((900.0..2_500.0).contains(&used), "{used}");
    drop(server);
}

/// nginx: HTTP/1.0, 1.0 with keep-alive, 1.1; chunked, slow, kept alive; errors; TLS with certificates good and bad.
pub fn web() {
    let lab = Lab::new();
    let (a, s) = (lab.node("a", 1), lab.node("s", 2));
    let www = s.dir.join("www");
    fs::create_dir(&www).expect("a new directory");
    fs::write(www.join("index.html"), "hello\n").expect("a page");
    fs::write(www.join("big.txt"), "a".repeat(3000)).expect("a page");
    let root = www.display();
    let good = certificate(&s, "good", &["web.test"], (2099, 1, 1));
    let expired = certificate(&s, "expired", &["web.test"], (2021, 3, 1));
    let tls = |port: u16, pair: &str, more: &str| {
        format!(
            "server {{ listen {port} ssl; ssl_certificate {pair}.crt; ssl_certificate_key {pair}.key; root {root}; {more} }}\n"
        )
    };
    let server = nginx(
        &s,
        &format!(
            "server {{ listen 80; listen [::]:80; root {root}; keepalive_timeout 60s;\n location /chunked/ {{ ssi on; \
             ssi_types *; alias {root}/; }}\n location /slow/ {{ limit_rate 2k; alias {root}/; }}\n location = /old {{ \
             return 301 http://other.test/; }}\n location = /dead {{ proxy_pass http://127.0.0.1:9; }} }}\n{}{}{}{}",
            tls(443, &good, ""),
            tls(444, &expired, ""),
            tls(445, &good, &format!("ssl_verify_client on; ssl_client_certificate {good}.crt;")),
            tls(446, &good, "ssl_protocols TLSv1.2; ssl_ciphers AES128-SHA;"),
        ),
    );
    open(&a, "10.77.0.2:446");
    let url = "http://10.77.0.2";
    // The digest is md5sum's of the page, as genhash says.
    for protocol in ["1.0", "1.0C", "1.1"] {
        let found = up(&a, &format!("http {url}/ --protocol {protocol} --digest b1946ac92492d2347c6235b4d2611184"));
        assert_eq!((&found["status"], &found["body_bytes"]), (&200.into(), &6.into()), "{protocol}: {found}");
    }
    let (_, said) = other(&a, "genhash -s 10.77.0.2 -p 80 -u /");
    assert!(said.contains("b1946ac92492d2347c6235b4d2611184"), "{said}");
    plugin(&a, 0, "check_http -I 10.77.0.2 -u / -s hello");
    up(&a, &format!("http {url}/ --regex hello"));
    plugin(&a, 2, "check_http -I 10.77.0.2 -u / -s goodbye");
    down(&a, &format!("http {url}/ --regex goodbye"), "pattern", "goodbye");
    // In chunks keepalived's digest has their sizes in it: "6\r\nhello\n\r\n0\r\n\r\n" are 16 bytes.
    let found = up(&a, &format!("http {url}/chunked/index.html --protocol 1.1"));
    assert_eq!(found["body_bytes"], 16, "{found}");
    // 2048 bytes a second: 3000 take more than one.
    let found = up(&a, &format!("http {url}/slow/big.txt --timeout 10s"));
    let total = found["phases_ms"]["total"].as_f64().expect("a duration");
    assert!(found["body_bytes"] == 3000 && total > 900.0, "{found}");
    down(&a, &format!("http {url}/slow/big.txt --timeout 300ms"), "timeout-read", "the body did not end");
    let found = down(&a, &format!("http {url}/old"), "status", "http://other.test/");
    assert_eq!((&found["status"], &found["location"]), (&301.into(), &"http://other.test/".into()));
    for (page, status) in [("/", "200"), ("/old", "301"), ("/none", "404"), ("/dead", "502")] {
        let (_, theirs) = other(&a, &format!("curl -s -o /dev/null -w %{{http_code}} {url}{page}"));
        assert_eq!(theirs, status, "{page}");
        up(&a, &format!("http {url}{page} --status {status}"));
    }
    down(&a, &format!("http {url}/none"), "status", "404");
    plugin(&a, 1, "check_http -I 10.77.0.2 -u /none");
    down(&a, &format!("http {url}/dead"), "status", "502");
    plugin(&a, 2, "check_http -I 10.77.0.2 -u /dead");
    certificates(&a, &good, &expired);
    // What is no TLS, and what is.
    down(&a, "tls 10.77.0.2:80", "tls-handshake", "does not speak TLS");
    down(&a, "http 10.77.0.2:443", "status", "400");
    down(&a, "tls 10.77.0.2:446", "tls-handshake", "");
    let (theirs, _) = other(&a, "curl -sk https://10.77.0.2:444/");
    assert_eq!(theirs, Some(0));
    drop(server);
}

fn certificates(a: &Node, good: &str, expired: &str) {
    let place = "10.77.0.2:443 --sni web.test";
    // Nobody asks keepalived to verify.
    up(a, &format!("https {place}"));
    plugin(a, 0, "check_http -I 10.77.0.2 -S --sni");
    up(a, &format!("tls {place} --verify --ca-file {good}.crt"));
    let curl = |port: u16, ca: &str, name: &str| {
        let to = format!("--connect-to {name}:{port}:10.77.0.2:{port}");
        other(a, &format!("curl -s -o /dev/null --cacert {ca}.crt {to} https://{name}:{port}/")).0
    };
    assert_eq!(curl(443, good, "web.test"), Some(0));
    down(a, &format!("tls {place} --verify"), "certificate-untrusted", "self-signed");
    let wrong = format!("tls 10.77.0.2:443 --sni other.test --verify --ca-file {good}.crt");
    down(a, &wrong, "certificate-name", "web.test");
    assert_eq!(curl(443, good, "other.test"), Some(60));
    let late = format!("10.77.0.2:444 --sni web.test --verify --ca-file {expired}.crt");
    down(a, &format!("tls {late}"), "certificate-expired", "2021-03-01");
    down(a, &format!("https {late}"), "certificate-expired", "2021-03-01");
    assert_eq!(curl(444, expired, "web.test"), Some(60));
    plugin(a, 2, "check_http -I 10.77.0.2 -p 444 -S --sni -C 10");
    let found = probed(a, "tls 10.77.0.2:445 --sni web.test").1;
    assert_eq!(found["client_certificate_asked"], true, "{found}");
}

/// What a peer does with a connection.
type Treat = fn(&mut TcpStream) -> io::Result<()>;

/// Bad ones, by port.
const PEERS: &[(u16, Treat)] = &[
    (81, |s| SockRef::from(&*s).set_linger(Some(Duration::ZERO))),
    (82, mute),
    (83, |s| {
        asked(s)?;
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n" {
            s.write_all(&[*byte])?;
            thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }),
    (84, |s| {
        asked(s)?;
        s.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        endlessly(s, &[b'x'; 65536])
    }),
    (85, |s| {
        asked(s)?;
        s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
    }),
    (86, |s| {
        asked(s)?;
        s.write_all(b"HTTP/1.1 200 OK\r\n")?;
        endlessly(s, format!("X: {}\r\n", "y".repeat(60_000)).as_bytes())
    }),
    (87, |s| endlessly(s, b"220-again and again\r\n")),
    (88, |s| endlessly(s, &[b'z'; 4096])),
    (89, |s| {
        s.shutdown(Shutdown::Write)?;
        mute(s)
    }),
    (90, |s| {
        s.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")?;
        mute(s)
    }),
    (91, |s| {
        asked(s)?;
        s.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
        )?;
        endlessly(s, &[0x1f; 65536])
    }),
    (92, |s| {
        asked(s)?;
        SockRef::from(&*s).set_linger(Some(Duration::ZERO))
    }),
    // A TLS record that says it has 16 KiB, and has no end.
    (93, |s| {
        asked(s)?;
        s.write_all(&[22, 3, 3, 64, 0])?;
        endlessly(s, &[2; 65536])
    }),
];

fn mute(s: &mut TcpStream) -> io::Result<()> {
    io::copy(s, &mut io::sink()).map(|_| ())
}

fn asked(s: &mut TcpStream) -> io::Result<usize> {
    s.read(&mut [0; 4096])
}

fn endlessly(s: &mut TcpStream, text: &[u8]) -> io::Result<()> {
    loop {
        s.write_all(text)?;
    }
}

/// All of [`PEERS`] on an address, and a UDP port 82 that never answers: this program's own part in another namespace.
pub fn peers(address: &str) -> ExitCode {
    let address: IpAddr = address.parse().expect("an address");
    let _mute = UdpSocket::bind((address, 82)).expect("a port");
    for &(port, treat) in PEERS {
        let listener = TcpListener::bind(SocketAddr::new(address, port)).expect("a port");
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // Who is treated badly goes.
                thread::spawn(move || treat(&mut stream));
            }
        });
    }
    println!("ready");
    let _ = io::stdin().read_to_end(&mut Vec::new());
    loop {
        thread::park();
    }
}

fn bad_peers(node: &Node) -> Running {
    let running = helper(&node.ns, &["__peers", &node.address]);
    running.out.wait("bad peers", SOON, |l| l.iter().any(|l| l.text == "ready").then_some(()));
    running
}

/// Every bad peer has a reason of its own, and none costs more than its time and a bound of memory.
pub fn hostile() {
    /// Kind, port, reason, and words of the sentence.
    const CASES: &[(&str, u16, &str, &str)] = &[
        ("http", 81, "reset", "before an answer"),
        ("http", 82, "timeout-read", "nothing was answered to the request"),
        ("http", 83, "timeout-read", "the headers did not end"),
        ("http", 84, "too-large", "the body is longer than"),
        ("http", 86, "too-large", "the headers are longer than"),
        ("http", 88, "too-large", "the headers are longer than"),
        ("http", 90, "protocol", "SSH-2.0-OpenSSH_9.2"),
        ("http", 91, "too-large", "the body is longer than"),
        ("http", 92, "reset", "before an answer"),
        ("http", 94, "refused", "connection refused"),
        ("https", 84, "tls-handshake", "does not speak TLS"),
        ("https", 93, "tls-handshake", ""),
        ("tls", 81, "reset", "before an answer"),
        ("tls", 82, "timeout-read", "nothing was answered to the TLS greeting"),
        ("tls", 88, "tls-handshake", "does not speak TLS"),
        ("tls", 89, "tls-handshake", "ended"),
        ("tls", 93, "tls-handshake", ""),
        ("smtp", 81, "reset", ""),
        ("smtp", 82, "timeout-read", "the greeting did not come"),
        ("smtp", 87, "too-large", "more than 100 lines"),
        ("smtp", 88, "protocol", "does not speak SMTP"),
        ("smtp", 89, "empty", "without a greeting"),
        ("smtp", 90, "protocol", "SSH-2.0-OpenSSH_9.2"),
        ("smtp", 94, "refused", ""),
        ("tcp", 94, "refused", ""),
        ("udp", 94, "refused", ""),
        ("dns", 94, "refused", ""),
        ("dns", 82, "timeout-reply", ""),
    ];
    let lab = Lab::new();
    let (a, s) = (lab.node("a", 1), lab.node("s", 2));
    let _peers = bad_peers(&s);
    for &(kind, port, reason, words) in CASES {
        let time = if reason.starts_with("timeout") { "700ms" } else { "5s" };
        down(&a, &format!("{kind} 10.77.0.2:{port} --timeout {time}"), reason, words);
    }
    // As for keepalived, a length that is not true is no failure; it is told.
    let found = up(&a, "http 10.77.0.2:85 --timeout 5s");
    assert!(found["length_mismatch"].as_str().is_some_and(|w| w.contains("1000") && w.contains('5')), "{found}");
    for port in [82, 83, 84, 87, 88, 90] {
        up(&a, &format!("tcp 10.77.0.2:{port} --timeout 5s"));
    }
    plugin(&a, 2, "check_tcp -H 10.77.0.2 -p 94");
    plugin(&a, 0, "check_tcp -H 10.77.0.2 -p 82");
    plugin(&a, 2, "check_http -I 10.77.0.2 -p 82 -t 1");
    plugin(&a, 2, "check_smtp -H 10.77.0.2 -p 82 -t 1");
    // A peer that never stops costs what the limits are, not what it sends: peak of the whole process, in KiB.
    for args in ["http 10.77.0.2:84", "http 10.77.0.2:91", "http 10.77.0.2:86", "smtp 10.77.0.2:87", "tls 10.77.0.2:93"]
    {
        let program = env!("CARGO_BIN_EXE_hactl");
        let mut words = vec![
            "-c",
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=2); \
             print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
            program,
            "probe",
        ];
        words.extend(args.split(' '));
        let peak: u64 = run(inside(&a.ns, "python3").args(words)).trim().parse().expect("a number");
        assert!(peak < 64 * 1024, "{args}: {peak} KiB");
    }
}

/// A mail server (aiosmtpd) and a name server (dnsmasq).
pub fn mail_and_names() {
    let lab = Lab::new();
    let (a, s) = (lab.node("a", 1), lab.node("s", 2));
    let pair = certificate(&s, "mail", &["mail.test"], (2099, 1, 1));
    let dir = s.dir.display().to_string();
    let options = format!("-m aiosmtpd -n -l 10.77.0.2:25 --tlscert {pair}.crt --tlskey {pair}.key --no-requiretls");
    let _mail = Running::start(inside(&s.ns, "/usr/bin/python3").args(options.split(' ')), Stdio::null());
    let options = "-k --no-resolv --no-hosts --conf-file=/dev/null --user=root --bind-interfaces --no-negcache \
                   --listen-address=10.77.0.2 --local=/test/ --host-record=web.test,10.77.0.2,2001:db8::2 \
                   --mx-host=web.test,mail.test,10 --txt-record=web.test,hello --ptr-record=2.0.77.10.in-addr.arpa,web.test";
    let pid = format!("--pid-file={dir}/dnsmasq.pid");
    let _dnsmasq =
        Running::start(inside(&s.ns, "/usr/sbin/dnsmasq").args(options.split_whitespace()).arg(pid), Stdio::null());
    open(&a, "10.77.0.2:25");
    open(&a, "10.77.0.2:53");
    let found = up(&a, "smtp 10.77.0.2");
    assert!(
        found["banner"].as_str().is_some_and(|b| b.contains("Python SMTP")) && found["starttls"] == true,
        "{found}"
    );
    plugin(&a, 0, "check_smtp -H 10.77.0.2");
    up(&a, "smtp 10.77.0.2 --helo-only");
    let found = up(&a, "smtp 10.77.0.2 --starttls");
    assert_eq!(found["certificate_subject"], "CN=mail.test", "{found}");
    plugin(&a, 0, "check_smtp -H 10.77.0.2 -S");
    down(&a, "smtp 10.77.0.2 --starttls --verify", "certificate-name", "mail.test");
    down(&a, "smtp 10.77.0.2 --starttls --verify --sni mail.test", "certificate-untrusted", "self-signed");
    up(&a, &format!("smtp 10.77.0.2 --starttls --verify --sni mail.test --ca-file {pair}.crt"));
    down(&a, "smtp 10.77.0.2:53", "timeout-read", "");

    for (kind, record) in
        [("A", "A 10.77.0.2"), ("AAAA", "AAAA 2001:db8::2"), ("MX", "MX 10 mail.test."), ("TXT", "TXT \"hello\"")]
    {
        let found = up(&a, &format!("dns 10.77.0.2 --name web.test --type {kind}"));
        assert_eq!((&found["rcode"], &found["records"][0]), (&"NOERROR".into(), &record.into()), "{found}");
    }
    plugin(&a, 0, "check_dns -H web.test -s 10.77.0.2 -a 10.77.0.2,2001:db8::2");
    down(&a, "dns 10.77.0.2 --name none.test --type A", "rcode", "NXDOMAIN");
    plugin(&a, 2, "check_dns -H none.test -s 10.77.0.2");
    down(&a, "dns 10.77.0.2 --name elsewhere.org --type A", "rcode", "REFUSED");
}

/// Nobody has the address, on the link or as the gateway: this host finds out itself, by ARP or neighbour discovery.
pub fn nobody_there() {
    let lab = Lab::new();
    let (a, _b) = (lab.node_ipv6("a", 1), lab.node_ipv6("b", 2));
    ip(&a.ns, "addr add 10.77.0.1/24 dev eth0\nroute add 10.99.0.0/16 via 10.77.0.253\n");
    // Three requests each, a tenth of a second apart.
    for family in ["ipv4", "ipv6"] {
        run(inside(&a.ns, "sysctl").arg("-qw").arg(format!("net.{family}.neigh.eth0.retrans_time_ms=100")));
    }
    for (place, asked) in [
        ("10.77.0.99", "ARP for 10.77.0.99 here"),
        ("2001:db8:77::99", "neighbour discovery for 2001:db8:77::99 here"),
        ("10.99.0.1", "ARP for the gateway to 10.99.0.1 here"),
    ] {
        let with_port = if place.contains(':') { format!("[{place}]:80") } else { format!("{place}:80") };
        for args in [format!("icmp {place}"), format!("tcp {with_port}"), format!("udp {with_port} --payload x")] {
            let found = down(&a, &args, "no-neighbour", "");
            assert_eq!(found["message"], format!("nobody answers {asked}"), "{args}");
            assert!(found["usually"].as_str().is_some_and(|u| u.starts_with("the host is down, ")), "{found}");
        }
    }
}

/// Hosts behind a router that drops, rejects, answers for who is gone, or has no way: with the router's own words.
pub fn silent() {
    let lab = Lab::new();
    let (a, r, s) = (lab.node("a", 1), lab.node("r", 254), lab.bare("s", 2));
    // The server is behind the router.
    ip(&lab.switch, "link del p-s\n");
    ip(
        &r.ns,
        &format!(
            "link add eth1 type veth peer name eth0 netns {}\nlink set eth1 up\naddr add 10.78.0.254/24 dev eth1\n",
            s.ns
        ),
    );
    ip(&s.ns, "link set lo up\nlink set eth0 up\naddr add 10.78.0.2/24 dev eth0\nroute add default via 10.78.0.254\n");
    ip(
        &a.ns,
        "addr add 10.77.0.31/24 dev eth0\naddr add 10.77.0.32/24 dev eth0\naddr add 10.77.0.33/24 dev eth0\nroute add 10.78.0.0/16 via 10.77.0.254\nroute add 10.79.0.0/16 via 10.77.0.254\n",
    );
    ip(&r.ns, "route add prohibit 10.79.1.0/24\n");
    run(inside(&r.ns, "sysctl").args([
        "-qw",
        "net.ipv4.ip_forward=1",
        "net.ipv4.icmp_ratelimit=0",
        "net.ipv4.icmp_msgs_per_sec=10000",
    ]));
    let _peers = helper(&s.ns, &["__peers", "10.78.0.2"]);
    open(&a, "10.78.0.2:93");
    up(&a, "icmp 10.78.0.2");
    plugin(&a, 0, "check_icmp -n 1 10.78.0.2");

    r.nft(
        "table inet lab { chain f { type filter hook forward priority 0; ip saddr 10.77.0.1 jump to_s; };
        chain to_s { tcp dport 82 drop; udp dport 82 drop; icmp type echo-request drop;
            tcp dport 83 reject with tcp reset; tcp dport 84 reject with icmp type admin-prohibited;
            tcp dport 85 reject with icmp type host-unreachable; udp dport 86 reject; tcp dport 86 reject; }; }\n",
    );
    for (args, reason, words) in [
        ("tcp 10.78.0.2:82", "timeout-syn", "no answer to SYN within 700ms"),
        ("udp 10.78.0.2:82 --require-reply", "timeout-reply", ""),
        ("icmp 10.78.0.2", "timeout-reply", ""),
        ("tcp 10.78.0.2:83", "refused", ""),
        ("tcp 10.78.0.2:84", "prohibited", "10.77.0.254"),
        ("tcp 10.78.0.2:85", "unreachable", "10.77.0.254"),
        ("udp 10.78.0.2:86", "rejected", "10.77.0.254"),
        ("tcp 10.78.0.2:86", "rejected", "10.77.0.254"),
        // The router has no way there, and one that it must not take. It does not say so often to one host.
        ("tcp 10.79.0.1:80 --source 10.77.0.31", "no-route", "10.77.0.254"),
        ("icmp 10.79.0.1 --source 10.77.0.32", "no-route", "10.77.0.254"),
        ("tcp 10.79.1.1:80 --source 10.77.0.33", "prohibited", "10.77.0.254"),
        // Nor has this host.
        ("tcp 10.99.0.1:80", "no-route", ""),
    ] {
        let found = down(&a, &format!("{args} --timeout 700ms"), reason, words);
        // Not before the time, where it is time that decides.
        let total = found["phases_ms"]["total"].as_f64().expect("a duration");
        assert!(!reason.starts_with("timeout") || total >= 700.0, "{args}: {found}");
    }
    for port in [82, 83, 84, 85] {
        plugin(&a, 2, &format!("check_tcp -H 10.78.0.2 -p {port} -t 1"));
    }
    plugin(&a, 2, "check_icmp -n 1 -t 1 10.78.0.2");
    let (status, found) = probed(&a, "tcp 10.78.0.2:82 --timeout 300ms --expect-fail");
    assert_eq!((status, &found["ok"]), (Some(0), &Value::Bool(false)), "{found}");

    // The host vanishes: the router finds nobody who answers ARP, and says so.
    r.nft("delete table inet lab\n");
    ip(&s.ns, "link set eth0 down\n");
    ip(&r.ns, "link set eth1 up\nneigh flush dev eth1\n");
    for kind in ["tcp 10.78.0.2:82", "icmp 10.78.0.2", "udp 10.78.0.2:82 --require-reply"] {
        let (status, found) = probed(&a, &format!("{kind} --timeout 5s"));
        assert_eq!((status, &found["reason"]), (Some(2), &"unreachable".into()), "{kind}: {found}");
        assert!(found["message"].as_str().is_some_and(|w| w.contains("10.77.0.254")), "{found}");
    }
    plugin(&a, 2, "check_icmp -n 1 -t 1 10.78.0.2");

    // A whole network, beside fping: who is there and who is not.
    let (_, theirs) = other(&a, "fping -a -q -c 1 -t 500 -g 10.77.0.248/29");
    let alive: Vec<&str> =
        theirs.lines().filter(|l| l.contains("min/avg/max")).filter_map(|l| l.split(' ').next()).collect();
    assert_eq!(alive, ["10.77.0.254"], "{theirs}");
    let ended = hactl(&a.ns, "probe icmp 10.77.0.248/29 --timeout 500ms --json").ended();
    let found = ended.objects("probe");
    let ours: Vec<&str> = found.iter().filter(|v| v["ok"] == true).filter_map(|v| v["address"].as_str()).collect();
    assert_eq!((found.len(), ours), (6, vec!["10.77.0.254"]), "{}", ended.text());
}
