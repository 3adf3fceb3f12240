//! Made-up outcomes in words.

use std::time::Duration;

use super::{Tally, json, line, plugin, table, time};
use crate::probe::{Checked, Fact, Outcome, Phases, Reason, Series, Value, Wanted};

#[expect(clippy::unnecessary_wraps, reason = "phases are options")]
fn us(n: u64) -> Option<Duration> {
    Some(Duration::from_micros(n))
}

fn tcp(target: &str, result: Result<(), Reason>) -> Checked {
    let phases =
        Phases { connect: result.is_ok().then_some(Duration::from_micros(120)), total: us(340), ..Phases::default() };
    let outcome = Outcome {
        kind: "tcp",
        target: target.into(),
        address: Some("127.0.0.1".parse().unwrap()),
        port: Some(80),
        result,
        phases,
        facts: Vec::new(),
        attempts: 1,
    };
    Checked { outcome, series: None }
}

fn refused() -> Result<(), Reason> {
    Err(Reason::new("refused", "connection refused"))
}

const PLAIN: Wanted = Wanted { warn: None, crit: None, warn_days: None, crit_days: None, failure: false };

#[test]
fn a_line_for_a_target() {
    let ok = tcp("127.0.0.1:80", Ok(()));
    assert_eq!(line::line(&ok, &PLAIN, "OK"), "OK tcp 127.0.0.1:80: connected in 0.12 ms");
    let named = tcp("web1:80", refused());
    assert_eq!(
        line::line(&named, &PLAIN, "CRITICAL"),
        "CRITICAL tcp web1:80 (127.0.0.1): refused: connection refused (usually: the host is up and nothing listens on \
         the port, or a firewall answers with a reset)"
    );
    let wanted = Wanted { failure: true, ..PLAIN };
    assert_eq!(
        line::line(&named, &wanted, "OK"),
        "OK tcp web1:80 (127.0.0.1): refused: connection refused; as expected"
    );
    assert_eq!(
        line::line(&ok, &wanted, "CRITICAL"),
        "CRITICAL tcp 127.0.0.1:80: connected in 0.12 ms; expected to fail"
    );
    let slow = Wanted { warn: us(100), ..PLAIN };
    assert_eq!(
        line::line(&ok, &slow, "WARNING"),
        "WARNING tcp 127.0.0.1:80: connected in 0.12 ms; slower than 0.10 ms"
    );
}

#[test]
fn facts_and_attempts_are_told_and_nothing_that_a_terminal_obeys() {
    let mut c = tcp("127.0.0.1:80", Ok(()));
    c.outcome.attempts = 2;
    c.outcome.facts = vec![Fact::number("status", 200), Fact::text("banner", "a\u{1b}[2Jb"), Fact::number("size", 56)];
    assert_eq!(
        line::line(&c, &PLAIN, "OK"),
        "OK tcp 127.0.0.1:80: connected in 0.12 ms, status 200, banner \"a\\x1b[2Jb\", at attempt 2"
    );
}

#[test]
fn the_output_of_a_script_is_on_one_line_and_whole_when_asked_for() {
    let mut c = tcp("127.0.0.1:80", Ok(()));
    c.outcome.facts = vec![Fact::text("output", "nginx is\tup\r\n3 workers\u{1b}[2J\n")];
    assert_eq!(
        line::line(&c, &PLAIN, "OK"),
        "OK tcp 127.0.0.1:80: connected in 0.12 ms, output \"nginx is\\tup\\n3 workers\\x1b[2J\""
    );
    assert_eq!(line::details(&c.outcome), ["| nginx is\\tup", "| 3 workers\\x1b[2J"]);
    c.outcome.facts = vec![Fact::text("output", "fine\n")];
    assert!(line::line(&c, &PLAIN, "OK").ends_with(", output \"fine\""));
    assert!(line::details(&c.outcome).is_empty());
}

#[test]
fn lines_of_pages_and_certificates_fit_a_terminal() {
    let list =
        |name, texts: &[&str]| Fact { name, value: Value::List(texts.iter().map(|t| (*t).to_owned()).collect()) };
    let page = [
        Fact::number("status", 200),
        Fact::text("server", "nginx/1.22.1"),
        Fact::text("content_type", "text/html; charset=utf-8"),
        Fact::number("body_bytes", 612),
        Fact::number("content_length", 612),
        Fact::text("digest", "5d41402abc4b2a76b9719d911017c592"),
    ];
    let certificate = |days: i64, expired: bool| {
        vec![
            Fact::text("tls_version", "TLSv1_3"),
            Fact::text("cipher", "TLS13_AES_256_GCM_SHA384"),
            Fact::text("sni", "www.example.org"),
            Fact::text("certificate_subject", "CN=www.example.org"),
            Fact::text("certificate_issuer", "C=US, O=Somebody, CN=R11"),
            list("certificate_names", &["www.example.org", "example.org"]),
            Fact::text("certificate_until", "2027-01-12T00:00:00Z"),
            Fact::number("certificate_days", days),
            Fact::bool("certificate_expired", expired),
        ]
    };
    let of = |kind, facts: Vec<Fact>| {
        let mut c = tcp("www.example.org:443", Ok(()));
        c.outcome.kind = kind;
        c.outcome.phases.first_byte = us(300).filter(|_| kind != "tls");
        c.outcome.phases.tls = us(12_000);
        c.outcome.facts = facts;
        c
    };
    let good = [certificate(47, false), vec![Fact::bool("verified", true)]].concat();
    let http = of("http", page.to_vec());
    assert_eq!(
        line::line(&http, &PLAIN, "OK"),
        "OK http www.example.org:443 (127.0.0.1): answered in 0.34 ms, status 200, body 612 bytes"
    );
    assert_eq!(
        line::details(&http.outcome),
        [
            "server \"nginx/1.22.1\"",
            "content type \"text/html; charset=utf-8\"",
            "content length 612",
            "digest \"5d41402abc4b2a76b9719d911017c592\""
        ]
    );
    assert_eq!(
        line::line(&of("tls", good.clone()), &PLAIN, "OK"),
        "OK tls www.example.org:443 (127.0.0.1): handshake in 12.0 ms, TLSv1.3, certificate ends in 47 days, verified"
    );
    assert_eq!(
        line::line(&of("https", [good, page.to_vec()].concat()), &PLAIN, "OK"),
        "OK https www.example.org:443 (127.0.0.1): answered in 0.34 ms, TLSv1.3, certificate ends in 47 days, verified, \
         status 200, body 612 bytes"
    );
    let (old, other) =
        ("the certificate expired 6 days ago, at 2026-11-20T00:00:00Z", "the certificate is for \"b\", not for a");
    let bad = [
        certificate(-6, true),
        vec![
            Fact::bool("verified", false),
            list("certificate_problems", &[old, other]),
            Fact::text("warning", format!("{old}; clients that verify it refuse")),
            Fact::number("status", 200),
        ],
    ];
    let bad = of("https", bad.concat());
    assert_eq!(
        line::line(&bad, &PLAIN, "OK"),
        "OK https www.example.org:443 (127.0.0.1): answered in 0.34 ms, TLSv1.3, not verified (2 problems), status 200, \
         warning: the certificate expired 6 days ago, at 2026-11-20T00:00:00Z; clients that verify it refuse"
    );
    assert_eq!(line::problems(&bad), [other]);
    let last = of("tls", [certificate(0, false), vec![Fact::bool("verified", true)]].concat());
    assert!(line::line(&last, &PLAIN, "OK").ends_with(", certificate ends within a day, verified"));
    let limits = Wanted { warn_days: Some(30), crit_days: Some(7), ..PLAIN };
    assert!(
        line::line(&last, &limits, "CRITICAL")
            .ends_with(", certificate ends within a day, verified; fewer than 7 days")
    );
}

#[test]
fn phases_as_a_bar() {
    let phases =
        Phases { resolve: us(1000), connect: us(2000), tls: us(4000), first_byte: us(3000), total: us(10_000) };
    assert_eq!(
        line::bar(&phases).as_deref(),
        Some(
            "  ░░░▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓▓▓▓█████████  ░ resolve 1.00 ms  ▒ connect 2.00 ms  ▓ TLS 4.00 ms  █ first byte 3.00 ms"
        )
    );
    assert_eq!(line::bar(&Phases { connect: us(1), total: us(2), ..Phases::default() }), None);
    let rest = Phases { connect: us(500), first_byte: us(500), total: us(2000), ..Phases::default() };
    let bar = line::bar(&rest).unwrap();
    assert!(bar.starts_with("  ▒▒▒▒▒▒▒▒███████···············  "), "{bar}");
}

#[test]
fn a_series_in_a_line() {
    let mut c = tcp("127.0.0.1:80", refused());
    let mut s = Series::default();
    s.add(Ok(Duration::from_micros(100)));
    s.add(Ok(Duration::from_micros(300)));
    s.add(Err("refused"));
    c.series = Some(s);
    assert_eq!(
        line::sentence(&c, &PLAIN, false),
        "2 of 3 answered, loss 33 %, min/median/p95/max 0.10/0.10/0.30/0.30 ms; 1 refused; last: connection refused"
    );
}

#[test]
fn many_are_a_table_with_failures_first() {
    let many = [tcp("127.0.0.1:80", Ok(())), tcp("127.0.0.1:81", refused()), tcp("127.0.0.1:82", Ok(()))];
    assert_eq!(
        table::table(&many, &PLAIN, 120, false),
        "           check  target        time     what
 CRITICAL  tcp    127.0.0.1:81  0.34 ms  refused: connection refused
 OK        tcp    127.0.0.1:80  0.34 ms  connected in 0.12 ms
 OK        tcp    127.0.0.1:82  0.34 ms  connected in 0.12 ms
refused: usually the host is up and nothing listens on the port, or a firewall answers with a reset"
    );
    let tally = Tally::of(&many, &PLAIN);
    assert_eq!((tally.words().as_str(), tally.worst().exit()), ("1 critical, 2 ok", 2));
}

#[test]
fn the_line_of_a_plugin() {
    let wanted = Wanted { warn: us(500_000), crit: us(1_000_000), ..PLAIN };
    let timeout = Duration::from_secs(5);
    assert_eq!(
        plugin::line("tcp", &[tcp("127.0.0.1:80", Ok(()))], 0, &wanted, timeout),
        "TCP OK - 127.0.0.1:80: connected in 0.12 ms | time=0.000340s;0.500000;1.000000;0;5.000000 \
         connect=0.000120s;;;0"
    );
    let many = [tcp("127.0.0.1:80", Ok(())), tcp("127.0.0.1:81", refused())];
    assert_eq!(
        plugin::line("tcp", &many, 0, &wanted, timeout),
        "TCP CRITICAL - 127.0.0.1:81 refused: 1 critical, 1 ok | ok=1;;;0;2 warning=0;;;0;2 critical=1;;;0;2 \
         unknown=0;;;0;2 time_127.0.0.1:80=0.000340s;0.500000;1.000000;0;5.000000 \
         time_127.0.0.1:81=U;0.500000;1.000000;0;5.000000\n\
         CRITICAL tcp 127.0.0.1:81: refused: connection refused (usually: the host is up and nothing listens on the port, or \
         a firewall answers with a reset)"
    );
}

#[test]
fn a_plugin_graphs_the_days_of_a_certificate() {
    let mut c = tcp("127.0.0.1:443", Ok(()));
    c.outcome.facts =
        vec![Fact::number("certificate_days", -2), Fact { name: "records", value: Value::List(Vec::new()) }];
    let text = plugin::line("tls", &[c.clone()], 0, &PLAIN, Duration::from_secs(5));
    assert!(text.ends_with(" certificate_days=-2") && !text.contains("records"), "{text}");
    let with = |warn_days, crit_days| {
        let wanted = Wanted { warn_days, crit_days, ..PLAIN };
        plugin::line("tls", &[c.clone()], 0, &wanted, Duration::from_secs(5))
    };
    assert!(with(Some(30), Some(7)).ends_with(" certificate_days=-2;30:;7:"), "{}", with(Some(30), Some(7)));
    assert!(with(None, Some(7)).ends_with(" certificate_days=-2;;7:"), "{}", with(None, Some(7)));
    assert!(with(Some(30), Some(7)).starts_with("TLS CRITICAL - "));
}

#[test]
fn a_plugin_tells_what_has_no_result() {
    let all = [tcp("127.0.0.1:80", Ok(())), tcp("127.0.0.1:81", Ok(()))];
    let text = plugin::line("tcp", &all, 3, &PLAIN, Duration::from_secs(5));
    assert!(text.starts_with("TCP UNKNOWN - interrupted, 3 of 5 without a result; 2 ok | "), "{text}");
}

#[test]
fn a_plugin_about_many_is_bounded_and_its_labels_are_unique() {
    let timeout = Duration::from_secs(5);
    let bad: Vec<Checked> = (0..100).map(|n| tcp(&format!("{}{n}.example:80", "w".repeat(50)), refused())).collect();
    let text = plugin::line("tcp", &bad, 0, &PLAIN, timeout);
    let lines: Vec<&str> = text.lines().collect();
    let (said, data) = lines[0].split_once(" | ").unwrap();
    assert!(said.len() < 250 && said.ends_with(", 99 more: 100 critical"), "{said}");
    assert_eq!((lines.len(), lines[21]), (22, "and 80 more"));
    assert_eq!(data.split(' ').count(), 44);
    // The same target twice, and a command with what no label may have.
    let mut script = tcp("check 'a=b' | cat", Ok(()));
    script.outcome.address = None;
    let text = plugin::line("script", &[script.clone(), script, tcp("web1:80", Ok(()))], 0, &PLAIN, timeout);
    let data = text.split_once(" | ").unwrap().1;
    for label in ["'time_check _a_b_ _ cat'=0.", "'time_check _a_b_ _ cat_2'=0.", " time_web1:80_127.0.0.1=0."] {
        assert!(data.contains(label), "{label}: {data}");
    }
}

#[test]
fn an_object_for_a_target() {
    let mut out = Vec::new();
    let mut c = tcp("127.0.0.1:80", refused());
    c.outcome.facts = vec![Fact::number("status", 500)];
    json::probe(&mut out, &c, &PLAIN).unwrap();
    json::summary(&mut out, &Tally::of(&[c], &PLAIN), 0, false, 2).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"type":"probe","kind":"tcp","target":"127.0.0.1:80","address":"127.0.0.1","port":80,"ok":false,"#,
            r#""verdict":"critical","reason":"refused","message":"connection refused","usually":"the host is up and "#,
            r#"nothing listens on the port, or a firewall answers with a reset","attempts":1,"phases_ms":{"total":0.34},"#,
            r#""status":500}"#,
            "\n",
            r#"{"type":"summary","targets":1,"ok":0,"warning":0,"critical":1,"unknown":0,"missing":0,"#,
            r#""interrupted":false,"exit":2}"#,
            "\n"
        )
    );
}

#[test]
fn times_for_people() {
    let all = [120, 9_990, 12_340, 999_900, 1_500_000].map(|n| time(Duration::from_micros(n)));
    assert_eq!(all, ["0.12 ms", "9.99 ms", "12.3 ms", "999.9 ms", "1.50 s"]);
    // A limit below 10 µs is one, too.
    let small = [0, 500, 1_000, 4_000, 45_000, 99_999, 100_000].map(|n| time(Duration::from_nanos(n)));
    assert_eq!(small, ["0.00 ms", "500 ns", "0.001 ms", "0.004 ms", "0.045 ms", "0.099 ms", "0.10 ms"]);
}
