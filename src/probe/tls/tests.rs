//! A TLS server beside the dialog, and the handshakes with it.

use std::net::IpAddr;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion, version};

use super::*;
use crate::probe::http::{Get, Http};
use crate::probe::smtp::{Purpose, Smtp};

/// 2026-11-25, 12:00 UTC.
const NOW: i64 = 1_795_608_000;

pub(super) struct Authority {
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

pub(super) fn params(name: &str, names: &[&str], until: (i32, u8, u8)) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until.0, until.1, until.2);
    params
}

pub(super) fn authority() -> Authority {
    authority_of_name("Authority")
}

pub(super) fn authority_of_name(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = params(name, &[], (2040, 1, 1));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

/// Whether clients show a certificate.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Clients {
    NeedNot,
    May,
    Must,
}

pub(super) struct Server {
    clients: Clients,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    versions: Vec<&'static SupportedProtocolVersion>,
    alpn: Vec<Vec<u8>>,
}

pub(super) fn server(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Server {
    Server { clients: Clients::NeedNot, chain, key, versions: vec![&version::TLS13, &version::TLS12], alpn: Vec::new() }
}

pub(super) fn signed(authority: &Authority, names: &[&str], until: (i32, u8, u8)) -> Server {
    let key = KeyPair::generate().unwrap();
    let certificate = params("Server", names, until).signed_by(&key, &authority.issuer).unwrap();
    server(vec![certificate.der().clone()], key)
}

pub(super) fn options(trust: &str) -> Options {
    Options {
        name: "a.example".into(),
        sni: true,
        alpn: Vec::new(),
        trust: Trust::of_pem(trust.as_bytes()).unwrap(),
        verify: true,
        now: Timestamp::from_micros(NOW * 1_000_000),
    }
}

/// Lets both talk until they are done; the server answers `reply` to the first bytes in plain text.
fn talk<D: Dialog>(tls: &mut Tls<D>, server: &Server, reply: &[u8], greeting: Step) -> Vec<u8> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(authority().pem.as_bytes()).flatten());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = match server.clients {
        Clients::NeedNot => WebPkiClientVerifier::no_client_auth(),
        Clients::May => verifier.allow_unauthenticated().build().unwrap(),
        Clients::Must => verifier.build().unwrap(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&server.versions)
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(server.chain.clone(), PrivateKeyDer::Pkcs8(server.key.serialize_der().into()))
        .unwrap();
    config.alpn_protocols = server.alpn.clone();
    let mut peer = ServerConnection::new(Arc::new(config)).unwrap();
    let (mut step, mut heard) = (greeting, Vec::new());
    for _ in 0..20 {
        let (data, last) = match &step {
            Step::Send(data) => (&data[..], false),
            Step::Last(data) => (&data[..], true),
            Step::Read => (&[][..], false),
            Step::Done => break,
        };
        let mut rest = data;
        while !rest.is_empty() {
            peer.read_tls(&mut rest).unwrap();
            let Ok(state) = peer.process_new_packets() else { break };
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            peer.reader().read_exact(&mut plain).unwrap();
            if !plain.is_empty() && heard.is_empty() {
                peer.writer().write_all(reply).unwrap();
                peer.send_close_notify();
            }
            heard.extend(plain);
        }
        if last {
            break;
        }
        let mut out = Vec::new();
        while peer.wants_write() {
            peer.write_tls(&mut out).unwrap();
        }
        if out.is_empty() {
            step = tls.ended();
            continue;
        }
        // In pieces, as a network may deliver it.
        for piece in out.chunks(700) {
            step = tls.received(piece);
        }
    }
    heard
}

/// The verdict and the facts of a handshake.
pub(super) fn shaken(server: &Server, options: Options) -> (Result<(), (&'static str, String)>, Vec<Fact>) {
    let mut tls = Tls::new(options, Handshake).unwrap();
    assert!(tls.opening());
    let greeting = tls.start();
    talk(&mut tls, server, b"", greeting);
    (tls.verdict(false).map_err(|r| (r.id, r.sentence)), tls.facts())
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_is_noticed() {
    let authority = authority();
    let mut server = signed(&authority, &["a.example"], (2027, 1, 1));
    let asked = Fact::bool("client_certificate_asked", true);
    for version in [&version::TLS13, &version::TLS12] {
        server.versions = vec![version];
        server.clients = Clients::Must;
        fails(&server, options(&authority.pem), "client-certificate", "the server wants a client certificate");
        server.clients = Clients::May;
        let (result, facts) = shaken(&server, options(&authority.pem));
        assert_eq!((result, facts.contains(&asked)), (Ok(()), true));
        server.clients = Clients::NeedNot;
        let (result, facts) = shaken(&server, options(&authority.pem));
        assert_eq!((result, facts.contains(&asked)), (Ok(()), false));
    }
}

pub(super) fn fails(server: &Server, options: Options, id: &str, sentence: &str) {
    let (result, _) = shaken(server, options);
    let (found, text) = result.unwrap_err();
    assert_eq!((found, text.as_str()), (id, sentence));
}

pub(super) fn list(name: &'static str, texts: &[&str]) -> Fact {
    Fact { name, value: Value::List(texts.iter().map(|t| (*t).to_owned()).collect()) }
}

#[test]
fn a_good_certificate_is_told() {
    let authority = authority();
    let mut server = signed(&authority, &["a.example", "*.b.example", "10.0.0.1"], (2026, 12, 5));
    server.alpn = vec![b"http/1.1".to_vec()];
    let mut options = options(&authority.pem);
    options.alpn = vec!["h2".into(), "http/1.1".into()];
    let (result, facts) = shaken(&server, options.clone());
    assert_eq!(result, Ok(()));
    assert_eq!(
        facts,
        [
            Fact::text("tls_version", "TLSv1_3"),
            Fact::text("cipher", "TLS13_AES_256_GCM_SHA384"),
            Fact::text("alpn", "http/1.1"),
            Fact::text("sni", "a.example"),
            Fact::text("certificate_subject", "CN=Server"),
            Fact::text("certificate_issuer", "CN=Authority"),
            list("certificate_names", &["a.example", "*.b.example", "10.0.0.1"]),
            Fact::text("certificate_until", "2026-12-05T00:00:00Z"),
            Fact::number("certificate_days", 9),
            Fact::bool("certificate_expired", false),
            Fact::bool("verified", true),
        ]
    );
    server.versions = vec![&version::TLS12];
    for name in ["x.b.example", "10.0.0.1", "a.example."] {
        let (result, facts) = shaken(&server, Options { name: name.into(), ..options.clone() });
        assert_eq!(result, Ok(()), "{name}");
        assert_eq!(facts[0], Fact::text("tls_version", "TLSv1_2"));
        assert_eq!(facts.iter().any(|f| f.name == "sni"), name != "10.0.0.1");
    }
    assert!(Tls::new(Options { name: "a b".into(), ..options }, Handshake).is_err());
    let address: IpAddr = "2001:db8::1".parse().unwrap();
    assert!(
        Tls::new(Options { name: address.to_string(), ..super::tests::options(&authority.pem) }, Handshake).is_ok()
    );
}

#[test]
fn a_page_is_asked_through_tls() {
    let authority = authority();
    let mut server = signed(&authority, &["a.example"], (2027, 1, 1));
    for versions in [vec![&version::TLS13], vec![&version::TLS12]] {
        server.versions = versions;
        let mut tls = Tls::new(options(&authority.pem), Http::new(Get::new("/", "a.example"))).unwrap();
        let greeting = tls.start();
        let heard = talk(&mut tls, &server, b"HTTP/1.0 200 OK\r\n\r\nhello", greeting);
        assert_eq!(heard, b"GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: a.example\r\n\r\n");
        assert!(!tls.opening());
        assert_eq!(tls.verdict(false), Ok(()));
        assert!(tls.facts().contains(&Fact::number("status", 200)));
        assert!(tls.facts().contains(&Fact::text("digest", "5d41402abc4b2a76b9719d911017c592")));
    }
}

#[test]
fn nothing_is_said_to_whom_is_not_trusted() {
    let server = signed(&authority(), &["a.example"], (2027, 1, 1));
    let mut tls = Tls::new(options(&authority().pem), Http::new(Get::new("/", "a.example"))).unwrap();
    let greeting = tls.start();
    assert_eq!(talk(&mut tls, &server, b"", greeting), b"");
    assert_eq!(tls.verdict(true).unwrap_err().id, "certificate-untrusted");
}

#[test]
fn tls_begins_after_what_is_said_in_plain_text() {
    let authority = authority();
    let server = signed(&authority, &["a.example"], (2027, 1, 1));
    let way = Box::new(Smtp::new("me", Purpose::StartTls).unwrap());
    let inner = Smtp::new("me", Purpose::AfterTls).unwrap();
    let mut tls = Tls::new(options(&authority.pem), inner).unwrap().after(way);
    assert_eq!(tls.start(), Step::Read);
    assert_eq!(tls.received(b"220 a\r\n"), Step::Send(b"EHLO me\r\n".to_vec()));
    assert_eq!(tls.received(b"250-a\r\n250 STARTTLS\r\n"), Step::Send(b"STARTTLS\r\n".to_vec()));
    let greeting = tls.received(b"220 go\r\n");
    assert_eq!(talk(&mut tls, &server, b"250 a\r\n", greeting)[..9], *b"EHLO me\r\n");
    assert_eq!(tls.verdict(false), Ok(()));
    assert_eq!(tls.facts()[0], Fact::text("banner", "a"));

    let way = Box::new(Smtp::new("me", Purpose::StartTls).unwrap());
    let mut tls = Tls::new(options(&authority.pem), Handshake).unwrap().after(way);
    tls.received(b"220 a\r\n");
    assert_eq!(tls.received(b"250 a\r\n"), Step::Done);
    assert_eq!(tls.verdict(false).unwrap_err().sentence, "the server does not offer STARTTLS");
}

#[test]
fn what_is_not_tls_says_what_it_is() {
    let fails = |pieces: &[&[u8]], timed_out: bool, id: &str, sentence: &str| {
        let mut tls = Tls::new(options(&authority().pem), Handshake).unwrap();
        assert!(matches!(tls.start(), Step::Send(_)));
        for piece in pieces {
            tls.received(piece);
        }
        if !timed_out {
            assert_eq!(tls.ended(), Step::Done);
        }
        let reason = tls.verdict(timed_out).unwrap_err();
        assert_eq!((reason.id, reason.sentence.as_str()), (id, sentence));
        assert_eq!(tls.facts(), []);
    };
    fails(&[], true, "timeout-read", "nothing was answered to the TLS greeting");
    fails(&[], false, "tls-handshake", "the connection was ended at the TLS greeting");
    fails(&[b"\x16\x03\x03"], true, "timeout-read", "the TLS handshake did not end");
    fails(&[b"\x16\x03\x03"], false, "tls-handshake", "the connection was ended within the TLS handshake");
    fails(
        &[b"HTTP/1.1 400 Bad Request\r\n"],
        false,
        "tls-handshake",
        r#"what answers does not speak TLS, it says "HTTP/1.1 400 Bad Request\r\n""#,
    );
    fails(
        &[b"\x15\x03\x01\x00\x02\x02\x46"],
        false,
        "tls-handshake",
        "the server refuses in the TLS handshake: it has neither TLS 1.2 nor TLS 1.3",
    );
    fails(
        &[b"\x15\x03\x01\x00\x02\x02\x70"],
        false,
        "tls-handshake",
        "the server refuses in the TLS handshake: it does not know the name a.example",
    );
}

#[test]
fn a_handshake_without_an_end_is_cut() {
    let mut tls = Tls::new(options(&authority().pem), Handshake).unwrap();
    tls.start();
    // Records of a handshake message that says it is 16 MiB long.
    let mut record = b"\x16\x03\x03\x40\x00\x02\xff\xff\xff".to_vec();
    record.resize(5 + 16384, 0);
    let mut done = matches!(tls.received(&record), Step::Done | Step::Last(_));
    record[5..9].fill(0);
    for _ in 0..20 {
        done = done || matches!(tls.received(&record), Step::Done | Step::Last(_));
    }
    assert!(done);
    assert_eq!(tls.verdict(false).unwrap_err().id, "tls-handshake");
}
