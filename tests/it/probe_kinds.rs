//! `hactl probe` of services, against servers of this test on loopback.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::process::Output;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use serde_json::{Value, json};

use crate::support::{hactl, objects, status, stderr, stdout};

/// A server that takes one connection: says the first text, then each next one after it was sent something.
fn server(texts: &'static [&'static [u8]]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        for (i, text) in texts.iter().enumerate() {
            if i > 0 && stream.read(&mut buffer).unwrap_or(0) == 0 {
                return;
            }
            stream.write_all(text).unwrap();
        }
    });
    address
}

/// What `hactl probe` says of one target.
fn probed(args: &[&str]) -> (i32, Value) {
    let o: Output = hactl(&[&["probe"], args, &["--json"]].concat());
    let found = objects(&o).into_iter().find(|v| v["type"] == "probe").unwrap_or_else(|| panic!("{}", stdout(&o)));
    (status(&o), found)
}

#[test]
fn what_is_not_http_is_told_by_what_it_says() {
    // The end comes with a reset where the request was there before, and without one where it was not.
    let place = server(&[b"SSH-2.0-OpenSSH_9\r\n"]);
    let o = hactl(&["probe", "http", &format!("http://{place}/")]);
    assert!(stdout(&o).contains("protocol: "), "{}", stdout(&o));
    assert!(stdout(&o).contains("SSH-2.0-OpenSSH_9"), "{}", stdout(&o));
}

#[test]
fn a_page_is_judged_as_keepalived_judges_it() {
    let page: &[&[u8]] = &[b"", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"];
    // The digest is what genhash prints for this page.
    let (exit, found) = probed(&["http", &server(page), "--digest", "b1946ac92492d2347c6235b4d2611184"]);
    assert_eq!((exit, &found["ok"], &found["status"], &found["body_bytes"]), (0, &json!(true), &json!(200), &json!(6)));
    let (exit, found) = probed(&["http", &server(page), "--regex", "HELLO"]);
    assert_eq!((exit, &found["reason"]), (2, &json!("pattern")));
    let (exit, _) = probed(&["http", &server(page), "--regex", "HELLO", "--regex-options", "caseless"]);
    assert_eq!(exit, 0);
    let (exit, found) = probed(&["http", &server(&[b"", b"HTTP/1.1 503 Busy\r\n\r\n"])]);
    assert_eq!((exit, &found["reason"], &found["status"]), (2, &json!("status"), &json!(503)));
    let (exit, found) = probed(&["http", &server(&[b"SSH-2.0-x\r\n", b""])]);
    assert_eq!((exit, &found["reason"]), (2, &json!("protocol")));
}

#[test]
fn a_url_is_for_its_own_kind() {
    let o = hactl(&["probe", "http", "https://127.0.0.1:1/"]);
    assert_eq!(status(&o), 3);
    assert!(stderr(&o).contains("is for `hactl probe https`"), "{}", stderr(&o));
    let o = hactl(&["probe", "https", "http://127.0.0.1:1/"]);
    assert_eq!((status(&o), stderr(&o).contains("is for `hactl probe http`")), (3, true), "{}", stderr(&o));
}

#[test]
fn a_mail_server_is_greeted() {
    let mail: &[&[u8]] = &[b"220 mail ready\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"221 bye\r\n"];
    let (exit, found) = probed(&["smtp", &server(mail)]);
    assert_eq!((exit, &found["banner"], &found["starttls"]), (0, &json!("mail ready"), &json!(true)));
    let (exit, found) = probed(&["smtp", &server(&[b"554 go away\r\n", b""])]);
    assert_eq!((exit, &found["reason"]), (2, &json!("status")));
}

#[test]
fn a_name_server_is_asked() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        for code in [0, 3] {
            let (n, from) = socket.recv_from(&mut buffer).unwrap();
            (buffer[2], buffer[3]) = (0x81, 0x80 | code);
            socket.send_to(&buffer[..n], from).unwrap();
        }
    });
    let (exit, found) = probed(&["dns", &address]);
    assert_eq!((exit, &found["rcode"], &found["answers"]), (0, &json!("NOERROR"), &json!(0)));
    let (exit, found) = probed(&["dns", &address, "--name", "a.example", "--type", "A"]);
    assert_eq!((exit, &found["reason"], &found["rcode"]), (2, &json!("rcode"), &json!("NXDOMAIN")));
}

#[test]
fn what_does_not_speak_tls_says_what_it_is() {
    let (exit, found) = probed(&["tls", &server(&[b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])]);
    assert_eq!((exit, &found["reason"]), (2, &json!("tls-handshake")));
}

/// A server of TLS 1.3 that asks for a certificate of the client, takes one connection, and after the handshake neither
/// says a word nor closes until the client does; if it demands the certificate it refuses instead.
fn asking_server(demands: bool) -> String {
    let key = KeyPair::generate().unwrap();
    let own = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let certificate: CertificateDer<'static> = own.der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = if demands { verifier } else { verifier.allow_unauthenticated() };
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
        // It ends with the alert that refuses, or with the handshake; the farewell of the client is not answered.
        if tls.complete_io(&mut stream).is_ok() {
            while stream.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {}
        }
    });
    address
}

#[test]
fn a_server_that_asks_for_a_certificate_need_not_say_goodbye() {
    // The timeout is far beyond what the check takes: whoever waits for it fails.
    let begun = Instant::now();
    let (exit, found) = probed(&["tls", &asking_server(false), "--timeout", "60s"]);
    assert_eq!((exit, &found["ok"], &found["tls_version"]), (0, &json!(true), &json!("TLSv1_3")), "{found}");
    assert_eq!((&found["client_certificate_asked"], &found["phases_ms"]["first_byte"]), (&json!(true), &Value::Null));
    assert!(begun.elapsed() < Duration::from_secs(30), "{found}");
    assert!(found["phases_ms"]["total"].as_f64().unwrap() < 30_000.0, "{found}");
    let (exit, found) = probed(&["tls", &asking_server(true), "--timeout", "60s"]);
    assert_eq!((exit, &found["reason"]), (2, &json!("client-certificate")), "{found}");
}

#[test]
fn a_script_is_run_and_judged() {
    let (exit, found) = probed(&["script", "sh -c 'exit 7'", "--misc-dynamic"]);
    assert_eq!((exit, &found["exit_status"], &found["weight"]), (0, &json!(7), &json!(5)));
    let (exit, found) = probed(&["script", "false"]);
    assert_eq!((exit, &found["reason"]), (2, &json!("exit-status")));
    let (exit, found) = probed(&["script", "killall nothing-by-this-name"]);
    assert_eq!((exit, &found["reason"]), (3, &json!("dangerous")));
    let (exit, found) = probed(&["script", "sleep 100", "--timeout", "100ms"]);
    assert_eq!((exit, &found["reason"]), (2, &json!("timeout-script")));
}
