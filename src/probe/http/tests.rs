//! Answers in pieces, as servers of all kinds send them.

use super::*;

/// What a page comes to when the server sends these pieces and ends the connection; the id of the reason.
fn judged(get: &Get, pieces: &[&[u8]]) -> (Result<(), (&'static str, String)>, Vec<Fact>) {
    let mut http = Http::new(get.clone());
    assert!(matches!(http.start(), Step::Send(_)));
    let mut done = false;
    for piece in pieces {
        assert!(!done, "it was done before {piece:?}");
        done = http.received(piece) == Step::Done;
    }
    if !done {
        assert_eq!(http.ended(), Step::Done);
    }
    (http.verdict(false).map_err(|r| (r.id, r.sentence)), http.facts())
}

fn get() -> Get {
    Get::new("/", "10.0.0.1:80")
}

fn complete() -> Get {
    Get { until: Until::Complete, protocol: Protocol::Http11, ..get() }
}

fn fails(get: &Get, pieces: &[&[u8]], id: &str, sentence: &str) {
    let (result, _) = judged(get, pieces);
    let (found, text) = result.expect_err("a failure");
    assert_eq!((found, text.as_str()), (id, sentence));
}

fn text(get: &Get) -> String {
    String::from_utf8(get.request()).unwrap()
}

#[test]
fn a_request_is_the_one_of_keepalived() {
    assert_eq!(text(&get()), "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:80\r\n\r\n");
    let closing = Get { protocol: Protocol::Http10Close, ..get() };
    assert_eq!(
        text(&closing),
        "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: 10.0.0.1:80\r\n\r\n"
    );
    let new = Get {
        protocol: Protocol::Http11,
        host: host(None, "2001:db8::1".parse().unwrap(), 8080),
        headers: vec![header("X-A: b c ").unwrap()],
        ..get()
    };
    assert_eq!(
        text(&new),
        "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: [2001:db8::1]:8080\r\nX-A: b c\r\n\r\n"
    );
    assert_eq!(host(Some("www.example"), "10.0.0.1".parse().unwrap(), 80), "www.example");
}

#[test]
fn nothing_given_begins_another_line_of_the_request() {
    let get = Get { path: "/a b\r\nX: y".into(), host: "h\r\nZ: 1".into(), ..get() };
    assert_eq!(text(&get), "GET /a%20bX:%20y HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: hZ: 1\r\n\r\n");
    assert!(header("A: b\r\nC: d").is_err());
    assert!(header("A b: c").is_err());
    assert!(header("no colon").is_err());
    let own = Get { headers: vec![header("user-agent: me").unwrap()], ..super::tests::get() };
    assert_eq!(text(&own), "GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nuser-agent: me\r\n\r\n");
}

#[test]
fn an_interim_answer_is_passed_over() {
    let both = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nServer: y\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
    let get = Get { until: Until::Complete, protocol: Protocol::Http11, ..get() };
    for pieces in [vec![&both[..], &answer[..]], vec![&both[..30], &both[30..], answer]] {
        let (result, facts) = judged(&get, &pieces);
        assert_eq!((result, facts[1].clone()), (Ok(()), Fact::text("server", "x")));
    }
    assert_eq!(judged(&get, &[&[&both[..], &answer[..]].concat()]).0, Ok(()));
}

#[test]
fn a_page_is_good_and_told() {
    let answer = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
    let (result, facts) = judged(&get(), &[answer]);
    assert_eq!(result, Ok(()));
    let expected = vec![
        Fact::number("status", 200),
        Fact::text("server", "x"),
        Fact::number("body_bytes", 5),
        Fact::number("content_length", 5),
        Fact::text("digest", "5d41402abc4b2a76b9719d911017c592"),
    ];
    assert_eq!(facts, expected);
    // The same, a byte at a time.
    let pieces: Vec<&[u8]> = answer.chunks(1).collect();
    assert_eq!(judged(&get(), &pieces), (Ok(()), expected));
}

#[test]
fn an_answer_that_is_none_says_which() {
    fails(&get(), &[], "empty", "the connection was ended without an answer");
    fails(&get(), &[b"HTTP/1.1 200"], "closed", "the connection was ended within the headers, after 12 bytes");
    fails(
        &get(),
        &[b"SSH-2.0-OpenSSH\x1b[2J\r\n"],
        "protocol",
        r#"what answers does not speak HTTP, it says "SSH-2.0-OpenSSH\x1b[2J\r\n""#,
    );
    fails(
        &get(),
        &[b"HTTP/1.1 2000 OK\r\n\r\n"],
        "protocol",
        r#""HTTP/1.1 2000 OK" is not the first line of an answer"#,
    );
    let bare: &[&[u8]] = &[b"HTTP/1.1 200\r\n\r\n"];
    fails(
        &get(),
        bare,
        "protocol",
        r#""HTTP/1.1 200" has no space after the status, so keepalived reads no status from it"#,
    );
    assert_eq!(judged(&complete(), bare).0, Ok(()));
}

#[test]
fn silence_says_where() {
    let late = |pieces: &[&[u8]]| {
        let mut http = Http::new(get());
        for piece in pieces {
            assert_eq!(http.received(piece), Step::Read);
        }
        let reason = http.verdict(true).expect_err("too late");
        (reason.id, reason.sentence)
    };
    assert_eq!(late(&[]), ("timeout-read", "nothing was answered to the request".into()));
    assert_eq!(late(&[b"HTTP/1"]), ("timeout-read", "the headers did not end, 6 bytes of them came".into()));
    assert_eq!(
        late(&[b"HTTP/1.1 200 OK\r\n\r\nabc"]),
        ("timeout-read", "the body did not end, 3 bytes of it came".into())
    );
}

#[test]
fn statuses_are_a_set() {
    let set: Statuses = "200 301-302,404".parse().unwrap();
    assert_eq!(set.to_string(), "200,301-302,404");
    assert_eq!(
        [199, 200, 201, 301, 302, 303, 404].map(|s| set.contains(s)),
        [false, true, false, true, true, false, true]
    );
    for wrong in ["", "99", "600", "300-200", "2xx", "-"] {
        assert!(wrong.parse::<Statuses>().is_err(), "{wrong}");
    }
    fails(
        &get(),
        &[b"HTTP/1.1 503 Service Unavailable\r\n\r\n"],
        "status",
        r#"the status is 503 "Service Unavailable", which is not in 200-299"#,
    );
    fails(
        &get(),
        &[b"HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\n\r\n"],
        "status",
        r#"the status is 302 "Found", which is not in 200-299; it points to "https://a.example/", which is not followed"#,
    );
}

#[test]
fn a_digest_is_of_the_promised_body() {
    let wanted = |text| Get { digest: Some(digest(text).unwrap()), ..get() };
    let hello = wanted("5d41402abc4b2a76b9719d911017c592");
    let (result, facts) = judged(&hello, &[b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhel", b"lo and more"]);
    assert_eq!(result, Ok(()));
    assert!(facts.contains(&Fact::text("length_mismatch", "Content-Length is 5, and 14 bytes came")));
    // An empty body has the MD5 of nothing.
    assert_eq!(judged(&wanted("d41d8cd98f00b204e9800998ecf8427e"), &[b"HTTP/1.0 200 OK\r\n\r\n"]).0, Ok(()));
    fails(
        &hello,
        &[b"HTTP/1.0 200 OK\r\n\r\nHELLO"],
        "digest",
        "the MD5 of the body is eb61eead90e3b899c6bcbe27ac581660, not 5d41402abc4b2a76b9719d911017c592",
    );
    // The status comes first.
    let (result, _) = judged(&hello, &[b"HTTP/1.0 404 Not Found\r\n\r\nHELLO"]);
    assert_eq!(result.unwrap_err().0, "status");
    assert!(digest("5d41").is_err());
    assert!(digest("ÿd41402abc4b2a76b9719d911017c59").is_err());
}

#[test]
fn a_pattern_is_looked_for_in_the_whole_answer() {
    let page: &[&[u8]] = &[b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n", b"all is ", b"well\xff"];
    let with =
        |pattern: &str, options: &[&str]| Get { pattern: Some(Pattern::new(pattern, options).unwrap()), ..get() };
    assert_eq!(judged(&with("is well", &[]), page).0, Ok(()));
    assert_eq!(judged(&with("^X: Y", &["caseless", "multiline"]), page).0, Ok(()));
    assert_eq!(judged(&with(r"(?-u:\xff)", &[]), page).0, Ok(()));
    fails(&with("IS WELL", &[]), page, "pattern", r#"the answer does not match "IS WELL""#);
    let mut forbidden = with("well", &[]);
    forbidden.pattern.as_mut().unwrap().forbidden = true;
    fails(&forbidden, page, "pattern", r#"the answer matches "well" at byte 32, and must not"#);
    let between = |min_offset, max_offset| {
        let mut get = with("well", &[]);
        let pattern = get.pattern.as_mut().unwrap();
        (pattern.min_offset, pattern.max_offset) = (min_offset, max_offset);
        judged(&get, page).0.is_ok()
    };
    assert_eq!(
        [between(32, 0), between(33, 0), between(0, 32), between(0, 33), between(99, 0)],
        [true, false, false, true, false]
    );
    assert!(Pattern::new("(?=ahead)", &[]).is_err());
    assert!(Pattern::new("a{1000}{1000}{1000}", &[]).is_err());
    assert!(Pattern::new("a", &["firstline"]).is_err());
}

#[test]
fn a_person_does_not_wait_for_the_end_of_the_connection() {
    let mut http = Http::new(complete());
    assert_eq!(http.received(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"), Step::Read);
    assert_eq!(http.received(b"c"), Step::Done);
    assert_eq!(http.verdict(true), Ok(()));
    let mut http = Http::new(complete());
    assert_eq!(http.received(b"HTTP/1.1 204 No Content\r\n\r\n"), Step::Done);
    let mut http = Http::new(get());
    assert_eq!(http.received(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"), Step::Read, "keepalived waits");
}

#[test]
fn chunks_are_decoded_for_a_person_only() {
    let page: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n";
    let hello = digest("5d41402abc4b2a76b9719d911017c592").unwrap();
    let person = Get { digest: Some(hello), ..complete() };
    assert_eq!(judged(&person, &[page]).0, Ok(()));
    let pieces: Vec<&[u8]> = page.chunks(1).collect();
    assert_eq!(judged(&person, &pieces).0, Ok(()));
    let (result, facts) = judged(&Get { digest: Some(hello), ..get() }, &[page]);
    assert_eq!(result.unwrap_err().0, "digest");
    assert!(facts.contains(&Fact::number("body_bytes", 30)), "{facts:?}");
}

#[test]
fn what_ends_too_early_is_a_failure_for_a_person_only() {
    let short: &[&[u8]] = &[b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"];
    fails(&complete(), short, "closed", "the connection was ended after 3 of 10 bytes");
    let (result, facts) = judged(&get(), short);
    assert_eq!(result, Ok(()));
    assert!(facts.contains(&Fact::text("length_mismatch", "Content-Length is 10, and 3 bytes came")));
    fails(
        &complete(),
        &[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"],
        "closed",
        "the connection was ended within a chunk, after 3 bytes",
    );
}

#[test]
fn a_hostile_server_costs_bounded_memory() {
    // Headers without an end.
    for (get, sentence) in [
        (get(), "the headers are longer than the 4095 bytes that keepalived can read"),
        (complete(), "the headers are longer than the 65536 bytes"),
    ] {
        let mut http = Http::new(get);
        assert!((0..100).any(|_| http.received(&[b'a'; 4000]) == Step::Done));
        let reason = http.verdict(false).unwrap_err();
        assert_eq!((reason.id, reason.sentence.as_str()), ("too-large", sentence));
        assert!(http.answer.capacity() <= 2 * HEAD);
    }
    // A body without an end, with and without somebody who has to see all of it.
    for pattern in [None, Some(Pattern::new("x", &[]).unwrap())] {
        let mut http = Http::new(Get { limit: 10_000, pattern, ..get() });
        assert_eq!(http.received(b"HTTP/1.0 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"), Step::Read);
        assert!((0..11).any(|_| http.received(&[b'a'; 1000]) == Step::Done));
        assert_eq!(http.verdict(false).unwrap_err().sentence, "the body is longer than 10000 bytes");
        assert!(http.answer.capacity() <= 32_000);
    }
    // Chunks that are none.
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long = format!("{head}{}", "1".repeat(5000));
    let trailer = format!("{head}0\r\n{}", "a: b\r\n".repeat(20_000));
    for (rest, id) in [
        (format!("{head}zz\r\n"), "protocol"),
        (format!("{head}-1\r\n"), "protocol"),
        (format!("{head}ffffffffffffffffff\r\n"), "protocol"),
        (format!("{head}1\r\nabc"), "protocol"),
        (long, "protocol"),
        (trailer, "too-large"),
    ] {
        let mut http = Http::new(complete());
        assert_eq!(http.received(rest.as_bytes()), Step::Done);
        assert_eq!(http.verdict(false).unwrap_err().id, id, "{}", &rest[..60]);
    }
}
