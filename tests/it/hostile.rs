//! Answers and files that are damaged: whatever comes, there is a verdict and no panic.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use hactl::probe::dns::Dns;
use hactl::probe::http::{Get, Http, Pattern, Protocol, Until, digest};
use hactl::probe::nginx::plan::jobs;
use hactl::probe::nginx::{Loader, read};
use hactl::probe::plain::Plain;
use hactl::probe::smtp::{Purpose, Smtp};
use hactl::probe::tls::{Handshake, Options, Tls, Trust};
use hactl::probe::{Dialog, Step};
use hactl::time::Timestamp;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::root;

/// What happens to some bytes: at this place one is changed, left out, doubled, or all from there on are gone.
type Edit = (Index, u8, u8);

fn damaged(good: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for (at, what, byte) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match what % 5 {
            0 => bytes[at] = *byte,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, *byte),
            3 => bytes.truncate(at),
            // A piece again, which makes lengths and counts wrong.
            _ => {
                let piece = bytes[at..(at + usize::from(*byte)).min(bytes.len())].to_vec();
                bytes.extend(piece);
            }
        }
    }
    bytes
}

/// Has a dialog over with what comes in pieces of these sizes.
fn talk(dialog: &mut dyn Dialog, answer: &[u8], sizes: &[usize], timed_out: bool) -> bool {
    let mut step = dialog.start();
    let (mut left, mut sizes) = (answer, sizes.iter().copied().cycle());
    while !left.is_empty() && !matches!(step, Step::Done | Step::Last(_)) {
        let (now, later) = left.split_at(sizes.next().unwrap_or(1).min(left.len()));
        left = later;
        step = dialog.received(now);
        let _ = (dialog.opening(), dialog.leaving());
    }
    if !timed_out && !matches!(step, Step::Done | Step::Last(_)) {
        dialog.ended();
    }
    let good = dialog.verdict(timed_out).is_ok();
    let _ = dialog.facts();
    good
}

/// Dialogs, each with an answer that is good.
fn dialogs() -> Vec<(&'static str, Box<dyn Dialog>, Vec<u8>)> {
    let mut all: Vec<(&'static str, Box<dyn Dialog>, Vec<u8>)> = Vec::new();
    let plain = b"HTTP/1.0 200 OK\r\nServer: x\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello".to_vec();
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLocation: /x\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n".to_vec();
    let get = Get { digest: Some(digest("5d41402abc4b2a76b9719d911017c592").unwrap()), ..Get::new("/", "h") };
    all.push(("http", Box::new(Http::new(get.clone())), plain.clone()));
    let whole = Get { until: Until::Complete, protocol: Protocol::Http11, ..get };
    all.push(("chunked", Box::new(Http::new(whole)), chunked));
    let pattern = Pattern::new("l+o$", &["caseless"]).unwrap();
    all.push(("regex", Box::new(Http::new(Get { pattern: Some(pattern), ..Get::new("/", "h") })), plain));
    let mail = b"220 mail.test ESMTP\r\n250-mail.test\r\n250-STARTTLS\r\n250 SIZE 10\r\n221 bye\r\n".to_vec();
    all.push(("smtp", Box::new(Smtp::new("me", Purpose::Offers).unwrap()), mail));
    let answer = b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x01a\x04test\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01";
    all.push(("dns", Box::new(Dns::new("a.test", "A".parse().unwrap(), 0x1234).unwrap()), answer.to_vec()));
    let redis = Plain { payload: Some(b"PING\r\n".to_vec()), expect: Some(b"PONG".to_vec()), ..Plain::default() };
    all.push(("plain", redis.dialog(), b"+PONG\r\n".to_vec()));
    all
}

static TRUST: LazyLock<Trust> = LazyLock::new(Trust::of_this_host);

/// nginx.conf, and what it includes.
struct Memory(HashMap<String, Vec<u8>>);

impl Loader for Memory {
    fn expand(&mut self, _: &str) -> Vec<String> {
        vec!["inner.conf".to_owned()]
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.0.get(name).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
}

#[test]
fn what_is_whole_is_good() {
    for sizes in [&[1][..], &[7], &[4096]] {
        for (name, mut dialog, answer) in dialogs() {
            // A datagram comes whole, and a mail server says nothing before it is asked.
            let sizes = match name {
                "dns" => &[4096][..],
                "smtp" => &[7],
                _ => sizes,
            };
            assert!(talk(&mut *dialog, &answer, sizes, false), "{name} in pieces of {sizes:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_answer_has_a_verdict(
        edits in prop::collection::vec(any::<Edit>(), 1..12),
        sizes in prop::collection::vec(1_usize..200, 1..6),
        timed_out: bool,
    ) {
        for (_, mut dialog, answer) in dialogs() {
            talk(&mut *dialog, &damaged(&answer, &edits), &sizes, timed_out);
        }
    }

    #[test]
    fn noise_is_no_tls(noise in prop::collection::vec(any::<u8>(), 0..200), record: bool, timed_out: bool) {
        let options = Options {
            name: "web.test".into(),
            sni: true,
            alpn: Vec::new(),
            trust: TRUST.clone(),
            verify: true,
            now: Timestamp { nanos: 1_700_000_000_000_000_000, digits: 6 },
        };
        let mut dialog = Tls::new(options, Handshake).unwrap();
        let head = [22, 3, 3, 0, u8::try_from(noise.len()).unwrap()];
        let answer = if record { [&head[..], &noise].concat() } else { noise };
        prop_assert!(!talk(&mut dialog, &answer, &[13], timed_out));
    }

    #[test]
    fn a_damaged_nginx_conf_is_read_or_refused(edits in prop::collection::vec(any::<Edit>(), 1..8)) {
        let good = std::fs::read(root().join("tests/fixtures/nginx/nginx.conf")).unwrap();
        let bad = damaged(&good, &edits);
        let files = [("nginx.conf".to_owned(), bad.clone()), ("inner.conf".to_owned(), bad)];
        if let Ok(nginx) = read("nginx.conf", &mut Memory(files.into())) {
            let vip: IpAddr = "10.0.0.110".parse().unwrap();
            for here in [true, false] {
                let _ = jobs(&nginx, &[vip], here, Duration::from_secs(1)).len();
            }
        }
    }
}
