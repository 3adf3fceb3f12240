//! The reader as a whole, on files in memory. Lines and values against keepalived itself: `tests/it/conf.rs`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;

use super::tree::{Node, Role};
use super::*;
use crate::vrrp::router::{Source, Via, VrrpRouter};
use crate::vrrp::sequence::{AntiReplay, Authentication, HmacMode};
use crate::vrrp::track;
use crate::wire::auth::Secret;

mod grammar;
mod meant;
mod spans;

#[derive(Default)]
struct Memory(BTreeMap<&'static str, Vec<u8>>);

impl Loader for Memory {
    fn expand(&mut self, pattern: &str, _from: &str) -> Vec<String> {
        match pattern.strip_suffix('*') {
            Some(start) => self.0.keys().filter(|k| k.starts_with(start)).map(|k| (*k).to_owned()).collect(),
            None => self.0.contains_key(pattern).then(|| pattern.to_owned()).into_iter().collect(),
        }
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(name).cloned().ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

fn files(files: &[(&'static str, &[u8])], version: Version) -> Conf {
    let mut memory = Memory(files.iter().map(|(name, text)| (*name, text.to_vec())).collect());
    let options = Options {
        version,
        config_id: "a".into(),
        directory: "/etc/keepalived".into(),
        environment: BTreeMap::from([("IFACE".to_owned(), "eth7".to_owned())]),
        ..Options::default()
    };
    super::read(files[0].0, &mut memory, &options).unwrap()
}

fn conf(text: impl AsRef<[u8]>, version: Version) -> Conf {
    files(&[("k.conf", text.as_ref())], version)
}

/// Kinds of problems with their lines, in the order of finding.
fn problems(conf: &Conf) -> Vec<(u32, &'static str)> {
    conf.problems.iter().map(|p| (conf.sources.position(p.span).line, p.kind.as_str())).collect()
}

fn instance(body: &str) -> String {
    format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {{\n 10.0.0.1\n }}\n{body}\n}}\n"
    )
}

#[test]
fn a_file_that_is_not_there_is_the_only_error() {
    let error = super::read("x.conf", &mut Memory::default(), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read x.conf: there is no such file");
    assert_eq!(problems(&conf("", Version::V2_4)), []);
}

#[test]
fn spans_point_at_the_words() {
    let text = instance(" priority 300");
    let conf = conf(&text, Version::V2_4);
    let [p] = &conf.problems[..] else { panic!("{:?}", conf.problems) };
    let at = |start: bool| {
        let p = if start { conf.sources.position(p.span) } else { conf.sources.end(p.span) };
        (p.line, p.column)
    };
    assert_eq!((at(true), at(false)), ((7, 11), (7, 14)));
    assert_eq!(p.sentence, "`priority` `300` is not a whole number from 1 to 255; keepalived uses 100 instead");
    let priority = conf.instances[0].priority.unwrap();
    assert_eq!((priority.value, conf.sources.position(priority.span).column), (100, 2));
}

#[test]
fn sentences_say_what_may_have_been_meant() {
    let said = |text: &str| conf(text, Version::V2_2).problems[0].sentence.clone();
    assert_eq!(
        said(&instance(" priorty 90")),
        "`priorty` is no keyword of vrrp_instance; keepalived passes over the line; did you mean `priority`?"
    );
    assert_eq!(
        said("state MASTER"),
        "`state` is no keyword of the top level; keepalived passes over the line; it belongs in vrrp_instance"
    );
    assert_eq!(said(&instance(" auth_hmac")), "`auth_hmac` exists since keepalived 2.4.0; 2.2.7 does not know it");
}

#[test]
fn what_follows_from_a_stray_brace_is_marked() {
    let text = format!(
        "{}vrrp_instance W {{\n prioritty 1\n}}\n",
        instance(" authenticaton {\n auth_type PASS\n }\n nopreempt")
    );
    let conf = conf(text, Version::V2_4);
    let marks: Vec<_> = conf.problems.iter().map(|p| (p.kind, p.cascade)).collect();
    let expected = [
        (Kind::UnknownKeyword, false),
        (Kind::UnexpectedOpen, true),
        (Kind::UnknownKeyword, true),
        (Kind::UnknownKeyword, true),
        (Kind::ExtraClose, true),
        (Kind::UnknownKeyword, false),
    ];
    assert_eq!(marks, expected);
    assert_eq!(conf.instances.len(), 2);
}

#[test]
fn secrets_are_in_no_sentence_and_no_debug_output() {
    let key = "hunter2hunter2hunter2hunter2hunter2";
    let text = instance(&format!(
        " authentication {{\n auth_pass hunter2hunter2\n auth_pas hunter2\n auth_passhunter2\n hunter2\n auth_type hunter2\n auth_pass \"hunter2\n }}\n \
         auth_hmac {{\n key 1 {key}\n key hunter2 {key}\n key 2 hunter2\n key 3 hex:hunter2\n active_key hunter2\n {key}\n mode hunter2\n }}"
    ));
    for version in [Version::V2_2, Version::V2_4] {
        let conf = conf(&text, version);
        let run = resolve(&conf, version);
        let sentences: Vec<_> = conf.problems.iter().chain(&run.problems).map(|p| &p.sentence).collect();
        assert!(sentences.len() > 8, "{sentences:#?}");
        let all = format!("{conf:?} {run:?}");
        assert!(!all.contains("hunter2"), "{all}");
    }
}

#[test]
fn a_misspelt_keyword_is_shown_without_what_a_terminal_obeys() {
    let text = format!("{}v\u{1}vrrp_instance V {{\n}}\n", instance(""));
    let mut memory = Memory(BTreeMap::from([("k.conf", text.into_bytes())]));
    let options = Options { reading: Reading::AsMeant, ..Options::default() };
    let conf = super::read("k.conf", &mut memory, &options).unwrap();
    let twice = conf.problems.iter().find(|p| p.kind == Kind::DuplicateName).unwrap();
    assert_eq!(
        twice.sentence,
        "another `v\u{fffd}vrrp_instance` is called `V`; keepalived passes over this whole block"
    );
}

#[test]
fn keys_of_2_4() {
    let hex = format!("hex:{}", "0a".repeat(32));
    let text = instance(&format!(
        " advert_int 3\n auth_hmac {{\n key 1 {hex}\n key 2 file:k2\n key 3 file:k3\n active_key 2\n mode permissive\n anti_replay monotonic\n }}"
    ));
    let conf = files(&[("k.conf", text.as_bytes()), ("k2", b"abcdefghijklmnopqrstuvwxyz012345\n")], Version::V2_4);
    assert_eq!(problems(&conf), [(11, "key-file")]);
    let run = resolve(&conf, Version::V2_4);
    let Authentication::Hmac(auth) = &run.instances[0].auth else { panic!("{:?}", run.instances[0].auth) };
    assert_eq!(auth.keys.hmac(1), Some(&[10; 32][..]));
    assert_eq!(auth.keys.hmac(2), Some(&b"abcdefghijklmnopqrstuvwxyz012345"[..]));
    assert_eq!((auth.active, auth.mode, auth.anti_replay), (2, HmacMode::Permissive, AntiReplay::Monotonic));
    assert_eq!((auth.window, auth.check()), (Duration::from_secs(9), Ok(())));
}

#[test]
fn passwords_keep_bytes_that_are_no_text() {
    let mut text = instance(" authentication {\n auth_type PASS\n auth_pass XY\n }").into_bytes();
    let at = text.windows(2).position(|w| w == b"XY").unwrap();
    text.splice(at..at + 2, *b"\xff\xfe\"#!\"");
    let conf = conf(text, Version::V2_2);
    // A quoted piece is a word of its own, so only the first two bytes are the password.
    assert_eq!(conf.instances[0].authentication.as_ref().unwrap().password.unwrap().value, Secret::new(b"\xff\xfe"));
}

#[test]
fn lines_are_cut_as_each_version_cuts_them() {
    let long = |head: &str, tail: &str| format!("{head}{}{tail}", " ".repeat(1023 - head.len()));
    let text = format!("vrrp_instance V {{\n{}\nfoo\n}}\n", long("interface eth0", "priority 90"));
    let conf2 = conf(&text, Version::V2_2);
    assert_eq!(problems(&conf2), [(2, "long-line"), (3, "unknown-keyword")]);
    assert_eq!(conf2.instances[0].interface.as_ref().map(|i| i.value.as_str()), Some("eth0"));
    assert_eq!(conf2.instances[0].priority.map(|p| p.value), Some(90));
    let conf4 = conf(&text, Version::V2_4);
    assert!(conf4.instances[0].interface.is_none());
    assert_eq!(conf4.instances[0].priority.map(|p| p.value), Some(90));
    let fits = instance(&long(" priority", "")[..1023]);
    assert_eq!(problems(&conf(fits, Version::V2_2)), [(7, "missing-argument")]);
    let nul = "vrrp_instance V {\n interface et\0h0\n}\n";
    let interface = |version| conf(nul, version).instances[0].interface.clone().map(|i| i.value);
    assert_eq!((interface(Version::V2_2), interface(Version::V2_4)), (Some("et".into()), Some("eth0".into())));
    let crlf = instance(" priority 90").replace('\n', "\r\n");
    assert_eq!(conf(crlf, Version::V2_2).instances[0].priority.map(|p| p.value), Some(90));
    assert_eq!(problems(&conf("\u{feff}global_defs {\n}\n", Version::V2_2))[0], (1, "unknown-keyword"));
}

#[test]
fn a_comment_that_ends_in_a_backslash_differs_between_versions() {
    let text = instance(" # foo \\\n priority 90 # bar \\");
    let found = problems(&conf(&text, Version::V2_2));
    let expected = [(7, "comment-backslash"), (8, "comment-backslash"), (7, "unknown-keyword"), (8, "bad-number")];
    assert_eq!(found, expected);
    assert_eq!(problems(&conf(&text, Version::V2_4)), []);
}

#[test]
fn predefined_names() {
    let text = instance(
        " mcast_src_ip 10.0.0.${_RANDOM 7 9}\n interface ${_ENV IFACE}\n notify \"${_PWD}/x_${_INSTANCE}_${_HASH}${_BANG}\"",
    );
    let conf = conf(text, Version::V2_4);
    let i = &conf.instances[0];
    assert_eq!(i.source.map(|s| s.value), Some("10.0.0.7".parse().unwrap()));
    assert_eq!(i.interface.as_ref().map(|i| i.value.as_str()), Some("eth7"));
    assert_eq!(i.notify[0].words, ["/etc/keepalived/x_a_#!"]);
    assert_eq!(problems(&conf), [(7, "random"), (8, "set-twice")]);
}

#[test]
fn nothing_goes_on_for_ever() {
    let found = |text: &str| problems(&conf(text, Version::V2_4));
    assert_eq!(found("$A=$A\n$A\n")[0], (2, "self-reference"));
    assert_eq!(found("$A=$B\n$B=$A\n$A\n")[0], (3, "self-reference"));
    assert_eq!(found("$A=x${A}y\n$A\n")[0], (2, "self-reference"));
    let conf = files(&[("a", b"include b\n"), ("b", b"include a\ninclude b\n")], Version::V2_4);
    assert!(conf.problems.iter().any(|p| p.kind == Kind::IncludeDepth));
    assert_eq!(conf.problems.last().map(|p| p.kind), Some(Kind::TooMuch));
    assert_eq!(found("~SEQ(I, 1, 9223372036854775807) $A=1\n"), [(2, "too-much")]);
    // Braces that nest deeper than any block
    let deep =
        format!("virtual_server x {{\n{}{}}}\nvrrp_instance V {{\n}}\n", "{\n".repeat(100_000), "}\n".repeat(100_000));
    let conf = self::conf(deep, Version::V2_4);
    assert_eq!((problems(&conf), conf.instances.len()), (vec![(1, "bad-address")], 1));
}

#[test]
fn strict_includes_stop_keepalived_and_others_do_not() {
    let stops = |text: &str| {
        let conf = conf(text, Version::V2_4);
        (problems(&conf).len(), conf.stops_keepalived())
    };
    assert_eq!(stops("include x\n"), (1, false));
    assert_eq!(stops("includer x\n"), (1, false));
    assert_eq!(stops("includem x\n"), (1, true));
    assert_eq!(stops("includem x*\n"), (0, false));
    assert_eq!(stops("includew x*\n"), (1, true));
    assert_eq!(stops("includea x*\n"), (1, true));
    let conf = files(
        &[("k.conf", b"vrrp_instance V {\n include parts/*\n"), ("parts/1", b"priority 7\n"), ("parts/2", b"}\n")],
        Version::V2_4,
    );
    assert_eq!((problems(&conf), conf.instances[0].priority.unwrap().value), (vec![], 7));
    assert_eq!(conf.sources.name(conf.instances[0].priority.unwrap().span.file), "parts/1");
}

#[test]
fn what_is_not_modelled_is_kept() {
    let text = "virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n  HTTP_GET {\n  }\n }\n}\nfoo bar\n";
    let conf = conf(text, Version::V2_4);
    fn shape(nodes: &[Node]) -> String {
        let one = |n: &Node| format!("{}({})", n.words.first().map_or("".into(), super::Word::str), shape(n.nodes()));
        nodes.iter().map(one).collect::<Vec<_>>().join(" ")
    }
    assert_eq!(shape(&conf.tree), "virtual_server(real_server(HTTP_GET())) foo()");
    assert_eq!(conf.tree[1].role, Role::Unknown);
}

#[test]
fn a_run_is_what_the_machines_take() {
    let text = "vrrp_script c {\n script \"/bin/c x\"\n rise 2\n fall 3\n weight -20\n interval 2\n}\ntrack_file f {\n file /f\n}\n\
        vrrp_sync_group G {\n group {\n A B\n }\n track_script {\n c weight 5 reverse\n }\n}\n\
        vrrp_instance A {\n interface eth0\n virtual_router_id 1\n priority 90\n virtual_ipaddress {\n 10.0.0.1\n }\n track_script {\n c\n }\n track_file {\n f\n }\n}\n\
        vrrp_instance B {\n interface eth1\n virtual_router_id 2\n unicast_src_ip 10.1.0.1\n unicast_peer {\n 10.1.0.2 min_ttl 250\n }\n virtual_ipaddress {\n 10.1.0.9 dev eth2\n }\n}\n";
    let conf = conf(text, Version::V2_4);
    assert_eq!(problems(&conf), []);
    let run = resolve(&conf, Version::V2_4);
    let interface: IpAddr = "10.0.0.7".parse().unwrap();
    let config = run.config(&conf, Version::V2_4, |i| i.source.unwrap_or(interface), |name| name != "eth2");
    let trackers: Vec<_> = config.trackers.iter().map(|t| (&*t.name, t.source.clone())).collect();
    let script = Source::Script { command: "/bin/c x".into(), rise: 2, fall: 3 };
    let expected = [
        ("f", Source::File { value: 0 }),
        ("eth0", Source::Interface { up: true }),
        ("eth1", Source::Interface { up: true }),
        ("eth2", Source::Interface { up: false }),
        ("c", script),
    ];
    assert_eq!(trackers, expected);
    // The group takes the script's weight away, and leaves a file of weight 1 as a fault.
    assert_eq!(
        config.members[0].tracks,
        [
            track::Track { tracker: 0, weight: 0, reverse: false },
            track::Track { tracker: 1, weight: 0, reverse: false }
        ]
    );
    assert_eq!(config.groups[0].tracks, [track::Track { tracker: 4, weight: 5, reverse: true }]);
    assert_eq!((config.members[0].params.priority, config.members[0].params.source), (90, interface));
    assert_eq!(config.members[0].via, Via::Multicast { group: None, vmac: false });
    assert_eq!(config.members[1].via, Via::Unicast { source: "10.1.0.1".parse().unwrap() });
    let hearing = run.instances[1].hearing();
    assert_eq!((hearing.peers[0].ttl, hearing.check_unicast_src), (Some((250, 255)), true));
    assert!(config.members.iter().all(|m| m.params.check().is_ok()));
    VrrpRouter::new(config);
}

/// Pieces that the language is made of, so that random texts get far.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&str> = schema::KEYWORDS.iter().map(|k| k.name).collect();
    let signs = vec![
        "{",
        "}",
        "\n",
        "\n",
        " ",
        "\"",
        "#",
        "!",
        "\\",
        "$A",
        "$A=",
        "${A}",
        "~SEQ(A, 1, 3) ",
        "~LST({A,B},{1,2}) ",
        "@a ",
        "@^a ",
        "include k.conf",
        "10.0.0.1",
        "fe80::1/64",
        "weight",
        "-1",
        "255",
        "1.5",
        "dev",
        "\r\n",
        "\t",
        "\0",
        "vrrp_instance V {\n",
        "virtual_ipaddress {\n",
        "track_script {\n",
        "${_RANDOM 1 2}",
        "'",
    ];
    prop_oneof![
        4 => prop::sample::select(signs).prop_map(|s| s.as_bytes().to_vec()),
        3 => prop::sample::select(words).prop_map(|w| format!("{w} ").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

/// What holds for whatever was read: every span lies in its file, sentences can be shown, what runs can run.
fn check(conf: &Conf, version: Version) -> Result<(), TestCaseError> {
    let run = resolve(conf, version);
    let mut spans: Vec<Span> = conf.problems.iter().chain(&run.problems).map(|p| p.span).collect();
    spans.extend(conf.problems.iter().flat_map(|p| p.related.iter().map(|(span, _)| *span)));
    spans.extend(conf.problems.iter().flat_map(|p| p.edits.iter().map(|e| e.span)));
    spans.extend(conf.sources.secrets());
    fn walk(nodes: &[Node], spans: &mut Vec<Span>) {
        for n in nodes {
            spans.push(n.span());
            spans.extend(n.words.iter().map(|w| w.span));
            spans.extend(n.block.iter().flat_map(|b| [b.open, b.close]).flatten());
            walk(n.nodes(), spans);
        }
    }
    walk(&conf.tree, &mut spans);
    for span in spans {
        for span in std::iter::once(span).chain(conf.sources.expansions(span).map(|step| step.at)) {
            let end = conf.sources.text(span.file).len() as u32;
            prop_assert!(span.start <= span.end && span.end <= end, "{:?} of {}", span, end);
            prop_assert!(conf.sources.position(span) <= conf.sources.end(span));
        }
    }
    for p in conf.problems.iter().chain(&run.problems) {
        prop_assert!(!p.sentence.contains(|c: char| c.is_control()), "{:?}", p.sentence);
        prop_assert!(!p.help.as_ref().is_some_and(|h| h.contains(|c: char| c.is_control())), "{:?}", p.help);
    }
    for i in &run.instances {
        let source: IpAddr = if i.ipv6 { "fe80::1".parse().unwrap() } else { "10.0.0.1".parse().unwrap() };
        prop_assert_eq!(i.params(source, version).check(), Ok(()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(pieces in prop::collection::vec(piece(), 0..60), old in any::<bool>(), meant in any::<bool>()) {
        let text: Vec<u8> = pieces.concat();
        let version = if old { Version::V2_2 } else { Version::V2_4 };
        // It may include itself, which would be read over and over: here, once.
        let looped = text.windows(7).any(|w| w == b"include");
        let text: Vec<u8> =
            if looped { text.iter().map(|b| if *b == b'k' { b'x' } else { *b }).collect() } else { text };
        let mut memory = Memory(BTreeMap::from([("k.conf", text.clone())]));
        let reading = if meant { Reading::AsMeant } else { Reading::AsTaken };
        let options = Options { version, config_id: "a".into(), reading, ..Options::default() };
        let conf = super::read("k.conf", &mut memory, &options).unwrap();
        check(&conf, version)?;
    }
}
