//! The reader of keepalived.conf against expectations written into configurations, and against keepalived's own check.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hactl::conf::model::State;
use hactl::conf::schema::{Again, Argument, KEYWORDS, Keyword, Takes};
use hactl::conf::tree::Node;
use hactl::conf::{self, Conf, LoadError, Loader, Options, Run, RunInstance, Span, Told, Version, resolve};
use hactl::vrrp::sequence::Authentication;
use hactl::vrrp::track::Kind;
use hactl::wire::auth::Secret;

use crate::support::{have, namespaces, root};

/// Files below the fixtures' directory; the only wildcard is one `*` in the last part of a name.
struct Fixtures;

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/conf")
}

impl Loader for Fixtures {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        let directory = Path::new(from).parent().unwrap_or(Path::new(""));
        let path = directory.join(pattern);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) else {
            return vec![];
        };
        let Some((before, after)) = name.split_once('*') else {
            return Some(path.to_str().unwrap().to_owned())
                .filter(|p| fixtures().join(p).exists())
                .into_iter()
                .collect();
        };
        let names =
            std::fs::read_dir(fixtures().join(parent)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|n| n.starts_with(before) && n.ends_with(after)).collect();
        names.sort();
        names.iter().map(|n| parent.join(n).to_str().unwrap().to_owned()).collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        std::fs::read(fixtures().join(name)).map_err(|_| LoadError::NotFound(name.to_owned()))
    }
}

fn load(name: &str, version: Version) -> (Conf, Run) {
    let options = Options { version, config_id: "node".to_owned(), ..Options::default() };
    let conf = conf::read(name, &mut Fixtures, &options).unwrap_or_else(|e| panic!("{e}"));
    let run = resolve(&conf, version);
    (conf, run)
}

/// Kinds of problems by file and line, in the order of their names.
type Found = BTreeMap<(String, u32), Vec<String>>;

fn found(conf: &Conf, run: &Run, which: impl Fn(Told) -> bool) -> Found {
    let mut found = Found::new();
    for p in conf.problems.iter().chain(&run.problems).filter(|p| which(p.kind.told())) {
        let file = conf.sources.name(conf.sources.used(p.span).file).to_owned();
        found
            .entry((file, conf.sources.position(conf.sources.used(p.span)).line))
            .or_default()
            .push(p.kind.as_str().to_owned());
    }
    for kinds in found.values_mut() {
        kinds.sort();
    }
    found
}

/// What the comments of the files that were read expect.
fn expected(conf: &Conf, version: Version) -> Found {
    let mut expected = Found::new();
    for name in conf.sources.names() {
        let text = std::fs::read_to_string(fixtures().join(name)).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            for mark in line.split("#~").skip(1) {
                let (head, kinds) = mark.split_once(' ').unwrap();
                let (meant, number) = match head {
                    "" => (true, number),
                    "^" => (true, number - 1),
                    head => (head == version.series(), number),
                };
                let mut kinds: Vec<String> = kinds.split_whitespace().map(str::to_owned).collect();
                kinds.sort();
                if meant {
                    expected.insert((name.to_owned(), number), kinds);
                }
            }
        }
    }
    expected
}

/// The configurations written for these tests.
fn own() -> Vec<String> {
    let names = std::fs::read_dir(fixtures()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|n| n.ends_with(".conf") && n != "tutorial.conf").collect();
    names.sort();
    assert!(names.len() >= 28, "only {} configurations", names.len());
    names
}

/// The configurations that others have written.
fn theirs() -> Vec<String> {
    let names =
        std::fs::read_dir(fixtures().join("recorded")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|n| format!("recorded/{n}")).chain(["tutorial.conf".to_owned()]).collect();
    names.sort();
    assert_eq!(names.len(), 19);
    names
}

#[test]
fn each_line_has_the_problems_that_its_comment_says() {
    for version in [Version::V2_2, Version::V2_4] {
        for name in own() {
            let (conf, run) = load(&name, version);
            let sentences: Vec<&str> = conf.problems.iter().chain(&run.problems).map(|p| &*p.sentence).collect();
            let found = found(&conf, &run, |_| true);
            assert_eq!(found, expected(&conf, version), "{name} as {version} reads it: {sentences:#?}");
        }
    }
}

/// Beginnings of messages that are not about what is compared.
const OTHERS: [&str; 2] = ["SECURITY VIOLATION", "Disabling track script"];

/// The lines that `keepalived -t` complains of, and whether it says anything without a line.
fn keepalived(name: &str) -> (BTreeSet<(String, u32)>, bool) {
    // A network namespace that ends with the process; its interfaces are those of the configurations.
    let script = "ip link set lo up && ip link add eth0 type veth peer name eth1 && ip link set eth0 up && ip link set eth1 up \
                  && ip addr add 10.77.0.1/24 dev eth0 && exec timeout 20 keepalived -t -i node -f \"$0\"";
    let o = Command::new("unshare").args(["-n", "sh", "-c", script, name]).current_dir(fixtures()).output().unwrap();
    let text = String::from_utf8_lossy(&o.stderr).into_owned();
    assert!(matches!(o.status.code(), Some(0..=6)), "{name}: {:?} {text}", o.status);
    let (mut lines, mut plainly) = (BTreeSet::new(), false);
    for message in text.lines() {
        let at = message.strip_prefix('(').and_then(|m| m.split_once(')')).and_then(|(at, _)| {
            let (file, line) = at.rsplit_once("Line ")?;
            Some((file.trim_end_matches(": "), line.parse().ok()?))
        });
        match at {
            // The parent does not name the file; each child repeats the line with its name.
            Some(("", line)) => drop(lines.insert((name.to_owned(), line))),
            Some((file, line)) => drop(lines.insert((file.to_owned(), line))),
            // Of the host
            None if OTHERS.iter().any(|o| message.starts_with(o)) => {}
            None => plainly = true,
        }
    }
    (lines, plainly)
}

/// The lines that end the blocks of problems that are told there.
fn ends(conf: &Conf) -> Vec<(String, u32)> {
    fn close(nodes: &[Node], span: Span) -> Option<Span> {
        let inner = nodes.iter().find_map(|n| close(n.nodes(), span));
        let heads = |n: &&Node| n.words.iter().any(|w| w.span.start <= span.start && span.start < w.span.end);
        inner.or_else(|| nodes.iter().find(|n| n.block.is_some() && heads(n))?.block.as_ref()?.close)
    }
    fn around(nodes: &[Node], span: Span) -> Option<Span> {
        let inside = |n: &&Node| {
            let block = n.block.as_ref()?;
            Some((block.open?.start..block.close?.end).contains(&span.start))
        };
        let node = nodes.iter().find(|n| inside(n) == Some(true))?;
        around(node.nodes(), span).or(node.block.as_ref()?.close)
    }
    let ends = conf.problems.iter().filter(|p| p.kind.told() == Told::End).map(|p| {
        let end = close(&conf.tree, p.span).or_else(|| around(&conf.tree, p.span)).unwrap_or(p.span);
        (conf.sources.name(end.file).to_owned(), conf.sources.position(end).line)
    });
    ends.collect()
}

#[test]
fn keepalived_complains_of_the_same_lines() {
    if !have("keepalived") || !namespaces() {
        return;
    }
    let version = Command::new("keepalived").arg("--version").output().unwrap();
    let version = match String::from_utf8_lossy(&version.stderr) {
        v if v.contains("v2.2.") => Version::V2_2,
        v if v.contains("v2.4.") => Version::V2_4,
        v => {
            assert!(std::env::var("HACTL_LAB").as_deref() != Ok("required"), "keepalived 2.2 or 2.4 is required");
            eprintln!("SKIPPED: neither keepalived 2.2 nor 2.4, nothing was compared: {v}");
            return;
        }
    };
    for name in own().into_iter().chain(theirs()) {
        let (conf, run) = load(&name, version);
        let (mut lines, plainly) = keepalived(&name);
        let mut ours: BTreeSet<_> = found(&conf, &run, |told| told == Told::Line).into_keys().collect();
        ours.extend(ends(&conf));
        // It reads no further than a line that lacks its argument.
        let stop = conf
            .problems
            .iter()
            .find(|p| p.stops_keepalived())
            .map(|p| conf.sources.position(conf.sources.used(p.span)).line);
        if let Some(stop) = stop {
            ours.retain(|(_, line)| *line <= stop);
        }
        // It names included files as they are named where they are included.
        let short = |(file, line): (String, u32)| (file.rsplit('/').next().unwrap().to_owned(), line);
        let ours: BTreeSet<_> = ours.into_iter().map(short).collect();
        lines = lines.into_iter().map(short).collect();
        if name == "missing-open.conf" {
            // Processes that do not own a block pass over it by its braces, and go astray here.
            lines.retain(|line| ours.contains(line));
        }
        assert_eq!(ours, lines, "{name}");
        let said = conf.problems.iter().chain(&run.problems).any(|p| p.kind.told() == Told::Plainly);
        assert_eq!(said, plainly, "{name}: said without a line");
    }
}

/// An instance of a run by its name.
fn instance<'a>(run: &'a Run, name: &str) -> &'a RunInstance {
    run.instances.iter().find(|i| i.name == name).unwrap_or_else(|| panic!("no instance {name}"))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn the_tutorial_is_read_as_keepalived_reads_it() {
    let (conf, run) = load("tutorial.conf", Version::V2_2);
    // Its two headings are no comments.
    let found = found(&conf, &run, |_| true);
    let at = |line| (("tutorial.conf".to_owned(), line), vec!["unknown-keyword".to_owned()]);
    assert_eq!(found, BTreeMap::from([at(1), at(16)]));
    assert_eq!(conf.global.router_id.as_ref().unwrap().value, "LVS_DEVEL");
    let script = &conf.scripts[0];
    assert_eq!((script.name.as_str(), script.interval.unwrap().value), ("chk_http_port", ms(2000)));
    assert_eq!(
        (script.command.as_ref().unwrap().value.as_str(), script.weight.unwrap().value),
        ("/opt/nginx_pid.sh", 2)
    );
    let i = instance(&run, "VI_1");
    assert_eq!((i.vrid, i.version, i.priority, i.wants_master, i.ipv6), (51, 2, 102, true, false));
    assert_eq!((i.interface.as_deref(), i.advert_int), (Some("eth0"), ms(1000)));
    assert_eq!(i.source, Some("192.168.1.103".parse().unwrap()));
    assert_eq!(i.multicast, "224.0.0.18".parse::<IpAddr>().unwrap());
    let Authentication::Pass(password) = &i.auth else { panic!("{:?}", i.auth) };
    assert_eq!(*password, Secret::new(b"1111"));
    let address = &i.addresses[0];
    assert_eq!((address.address.to_string(), address.prefix, &*address.dev), ("192.168.1.110".into(), 32, "eth0"));
    let tracks: Vec<_> = i.track.iter().map(|t| (t.kind, &*t.name, t.weight, t.implied)).collect();
    assert_eq!(tracks, [(Kind::Script, "chk_http_port", 2, false), (Kind::Interface, "eth0", 0, true)]);
    let params = i.params(i.source.unwrap(), Version::V2_2);
    assert_eq!(params.check(), Ok(()));
    assert_eq!(
        (params.profile.name, params.priority, params.preempt),
        (hactl::vrrp::profile::KEEPALIVED_2_2.name, 102, true)
    );
}

#[test]
fn what_others_have_written_has_no_problem_and_can_be_run() {
    for name in theirs().iter().filter(|n| n.starts_with("recorded/")) {
        for version in [Version::V2_2, Version::V2_4] {
            let (conf, run) = load(name, version);
            assert_eq!(found(&conf, &run, |_| true), Found::new(), "{name}");
            let [i] = &run.instances[..] else { panic!("{name}: {} instances", run.instances.len()) };
            let source = if i.ipv6 { "fe80::1" } else { "10.77.0.1" };
            assert_eq!(i.params(source.parse().unwrap(), version).check(), Ok(()), "{name}");
        }
    }
    let (_, run) = load("recorded/14-v3-subsecond-crash-a.conf", Version::V2_4);
    let i = instance(&run, "VI_1");
    assert_eq!((i.version, i.advert_int, i.priority), (3, ms(250), 150));
    let (_, run) = load("recorded/25-startup-delay-b.conf", Version::V2_4);
    assert_eq!((run.startup_delay, instance(&run, "VI_1").startup_delay), (ms(4000), ms(4000)));
    let (_, run) = load("recorded/20-ipv6-crash-a.conf", Version::V2_4);
    let i = instance(&run, "VI_1");
    assert_eq!((i.version, i.ipv6, i.multicast), (3, true, "ff02::12".parse::<IpAddr>().unwrap()));
    assert_eq!(i.addresses.iter().map(|a| a.prefix).collect::<Vec<_>>(), [128, 64]);
    let (_, run) = load("recorded/08-negative-weight-a.conf", Version::V2_4);
    assert_eq!((instance(&run, "VI_1").track[0].weight, instance(&run, "VI_1").track[0].reverse), (-20, false));
}

#[test]
fn state_and_priority_complete_each_other() {
    let (conf, run) = load("state.conf", Version::V2_2);
    let of = |name| {
        let i = instance(&run, name);
        (i.priority, i.wants_master, i.preempt, i.preempt_delay)
    };
    assert_eq!(of("MASTER_NOPREEMPT"), (100, true, true, ms(0)));
    assert_eq!(of("OWNER_NOPREEMPT"), (255, true, true, ms(0)));
    assert_eq!(of("NOPREEMPT"), (100, false, false, ms(0)));
    assert_eq!(of("MASTER_ONLY"), (255, true, true, ms(0)));
    assert_eq!(of("NOTHING"), (100, false, true, ms(0)));
    assert_eq!(of("OWNER_BACKUP"), (255, false, true, ms(0)));
    assert_eq!(of("DELAYED"), (100, false, true, ms(500)));
    assert_eq!(conf.instances[3].state.unwrap().value, State::Master);
}

#[test]
fn intervals_become_what_an_advert_can_say() {
    let (_, run) = load("intervals.conf", Version::V2_4);
    let intervals: Vec<_> = run.instances.iter().map(|i| (&*i.name, i.advert_int.as_millis())).collect();
    let expected = [
        ("V2_DOWN", 1000),
        ("V2_HALF", 2000),
        ("V2_LEAST", 1000),
        ("V2_MOST", 255_000),
        ("V3_HALF", 260),
        ("V3_MOST", 40_950),
        ("V3_EDGE", 40_950),
        ("V3_LEAST", 10),
        ("V3", 40_950),
    ];
    assert_eq!(intervals, expected);
    for i in &run.instances {
        assert_eq!(i.params("10.0.0.9".parse().unwrap(), Version::V2_4).check(), Ok(()), "{}", i.name);
    }
}

#[test]
fn only_version_2_has_passwords() {
    let (_, run) = load("auth.conf", Version::V2_2);
    assert!(matches!(instance(&run, "V3_AUTH").auth, Authentication::None));
    assert!(matches!(instance(&run, "NO_PASSWORD").auth, Authentication::None));
    assert!(matches!(instance(&run, "NO_TYPE").auth, Authentication::None));
    assert!(matches!(&instance(&run, "PASS").auth, Authentication::Pass(p) if *p == Secret::new(b"secret12")));
    assert!(matches!(&instance(&run, "AH").auth, Authentication::Ah(p) if *p == Secret::new(b"secret12")));
    let shown = format!("{run:?}");
    assert!(!shown.contains("secret12"), "{shown}");
}

#[test]
fn strict_mode_has_its_own_way() {
    let (_, run) = load("strict.conf", Version::V2_2);
    let i = instance(&run, "V1");
    assert_eq!((i.wants_master, i.preempt_delay, i.down_timer_adverts, i.accept), (false, ms(0), 3, false));
    assert_eq!((i.lower_prio_no_advert, i.higher_prio_send_advert, i.announcing.lower_repeat), (true, false, 0));
    assert!(matches!(i.auth, Authentication::None));
    assert_eq!(instance(&run, "V6").version, 3);
    let i = instance(&run, "OFF");
    assert_eq!((i.strict, i.accept, i.lower_prio_no_advert), (false, true, false));
    let announcing = i.announcing;
    assert_eq!((announcing.repeat, announcing.delay, announcing.lower_repeat), (5, ms(5000), 5));
}

#[test]
fn announcements_act_on_what_follows_and_other_settings_everywhere() {
    let (_, run) = load("order.conf", Version::V2_4);
    let (before, after) = (instance(&run, "BEFORE"), instance(&run, "AFTER"));
    assert_eq!((before.version, after.version, instance(&run, "IPV6").version), (3, 3, 3));
    assert_eq!((before.announcing.repeat, before.announcing.delay, before.announcing.lower_repeat), (5, ms(5000), 5));
    // Its own repeat, and of the lower ones what global_defs says: the delay is the global one.
    assert_eq!((after.announcing.repeat, after.announcing.delay), (3, ms(1000)));
    assert_eq!((after.announcing.lower_repeat, after.announcing.lower_delay), (7, ms(1000)));
    assert_eq!((before.skip_check_adv_addr, after.skip_check_adv_addr), (false, true));
    assert_eq!((before.lower_prio_no_advert, after.lower_prio_no_advert), (true, true));
}

#[test]
fn sync_groups_take_weights_and_members_once() {
    let (_, run) = load("groups.conf", Version::V2_2);
    let groups: Vec<_> = run.groups.iter().map(|g| (&*g.name, g.members.clone())).collect();
    assert_eq!(groups, [("G", vec![0, 1]), ("ONE", vec![2])]);
    assert_eq!(run.instances.iter().map(|i| i.group).collect::<Vec<_>>(), [Some(0), Some(0), Some(1)]);
    let tracks: Vec<_> = run.instances[0].track.iter().map(|t| (&*t.name, t.weight)).collect();
    assert_eq!(tracks, [("eth1", 0), ("eth0", 0)]);
    assert!(run.instances[0].params("10.77.0.1".parse().unwrap(), Version::V2_2).grouped);
}

#[test]
fn what_lacks_a_necessary_thing_is_dropped_or_at_fault() {
    let (_, run) = load("incomplete.conf", Version::V2_2);
    let names: Vec<_> = run.instances.iter().map(|i| (&*i.name, i.fault.is_some(), i.peers.len())).collect();
    let expected = [
        ("NO_ADDRESS", false, 0),
        ("FIRST", false, 0),
        ("SECOND", true, 0),
        ("OTHER_FAMILY", false, 0),
        ("NO_PEER", false, 0),
    ];
    assert_eq!(names, expected);
}

#[test]
fn entries_keep_their_options() {
    let (conf, run) = load("addresses.conf", Version::V2_2);
    let i = instance(&run, "V1");
    let list: Vec<_> = i.addresses.iter().map(|a| format!("{}/{} {}", a.address, a.prefix, a.dev)).collect();
    let expected = [
        "10.0.0.1/24 eth1",
        "10.0.0.3/24 eth0",
        "10.0.0.5/24 eth0",
        "10.0.0.6/32 eth0",
        "10.0.0.11/32 eth0",
        "10.0.0.12/32 eth0",
        "10.0.0.13/32 eth0",
        "10.0.0.14/32 eth0",
        "10.0.0.15/32 eth0",
        "10.0.0.16/0 eth0",
        "10.0.0.17/32 eth0",
    ];
    assert_eq!(list, expected);
    let a = &conf.instances[0].addresses[5].value;
    assert!(a.nodad && a.home && a.no_track && a.noprefixroute && a.mngtmpaddr && a.autojoin && !a.use_vmac);
    assert_eq!((a.label.as_deref(), a.scope.as_deref()), (Some("eth0:1"), Some("link")));
    assert_eq!(i.excluded.iter().map(|a| a.address.to_string()).collect::<Vec<_>>(), ["fe80::1", "fe80::2"]);
    // An address elsewhere has its interface tracked.
    assert!(i.track.iter().any(|t| t.kind == Kind::Interface && t.name == "eth1" && t.implied));
    let (_, run) = load("peers.conf", Version::V2_2);
    let i = instance(&run, "V1");
    let peers: Vec<_> = i.peers.iter().map(|p| (p.address.to_string(), p.min_ttl, p.max_ttl)).collect();
    let expected = [
        ("10.77.0.9".to_owned(), None, None),
        ("10.77.0.10".to_owned(), Some(1), Some(64)),
        ("10.77.0.11".to_owned(), None, None),
        ("10.77.0.7".to_owned(), None, None),
        ("10.77.0.8".to_owned(), None, None),
    ];
    assert_eq!(peers, expected);
    assert_eq!((i.ttl, i.check_unicast_src, i.source), (64, true, Some("10.77.0.1".parse().unwrap())));
}

#[test]
fn definitions_and_repetitions_make_instances() {
    let (_, run) = load("definitions.conf", Version::V2_2);
    let i = instance(&run, "V1");
    assert_eq!((i.vrid, i.addresses[0].address.to_string()), (51, "10.0.0.1".to_owned()));
    assert_eq!(i.source, Some("10.0.0.9".parse().unwrap()));
    let (_, run) = load("repeats.conf", Version::V2_2);
    assert_eq!(run.instances.iter().map(|i| i.vrid).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(instance(&run, "V7").addresses[0].address.to_string(), "10.0.0.7");
}

/// A line of `keywords.tsv`.
struct Listed {
    block: String,
    name: String,
    argument: String,
    required: bool,
    repeatable: bool,
    since: Option<(u8, u8, u8)>,
    newer: Option<String>,
}

fn listed() -> Vec<Listed> {
    let text = std::fs::read_to_string(fixtures().join("keywords.tsv")).unwrap();
    let read = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let since = match columns[6] {
            "" => None,
            "after v2.4.3" => Some((2, 4, 4)),
            version => {
                let numbers: Vec<u8> = version.split('.').map(|n| n.parse().unwrap()).collect();
                Some((numbers[0], numbers[1], numbers[2]))
            }
        };
        Listed {
            block: columns[0].to_owned(),
            name: columns[1].to_owned(),
            argument: columns[2].to_owned(),
            required: columns[4] == "y",
            repeatable: columns[5] == "y",
            since,
            newer: Some(columns[7].to_owned()).filter(|n| !n.is_empty()),
        }
    };
    let lines: Vec<Listed> = text.lines().skip(1).map(read).collect();
    assert_eq!(lines.len(), 760);
    lines
}

/// `1..255` and the like in an argument.
fn ranges(argument: &str) -> Vec<&str> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
    let words = argument.split(|c| !number(c)).map(|w| w.trim_end_matches(['-', '.']));
    words.filter(|w| w.split_once("..").is_some_and(|(low, high)| !low.is_empty() && !high.is_empty())).collect()
}

#[test]
fn every_keyword_is_known_with_its_block_range_and_version() {
    let mut known: BTreeMap<(&str, &str), &Keyword> = BTreeMap::new();
    for k in KEYWORDS.iter() {
        for path in k.place.paths() {
            assert!(known.insert((path, k.name), k).is_none(), "{path}/{} twice", k.name);
        }
    }
    let lines = listed();
    for l in &lines {
        let name = format!("{}/{}", l.block, l.name);
        let k = known.remove(&(l.block.as_str(), l.name.as_str())).unwrap_or_else(|| panic!("{name} is not known"));
        let argument = k.argument();
        for range in ranges(&l.argument) {
            assert!(argument.contains(range), "{name} takes {argument:?}, not {range}");
        }
        let kind = l.argument.split([' ', '(', '?']).next().unwrap();
        let fits = match (kind, k.takes) {
            ("flag", takes) => {
                matches!(takes, Takes::Flag | Takes::OptOneOf(_) | Takes::Option(Argument::None | Argument::Family))
            }
            ("bool", takes) => takes == Takes::Bool,
            ("dec-seconds", takes) => matches!(takes, Takes::Seconds(..) | Takes::ScriptSeconds(_)),
            ("dec-ms", takes) => matches!(takes, Takes::Millis(..)),
            ("block", takes) => matches!(takes, Takes::Block(..)),
            ("list-block", takes) => matches!(takes, Takes::List(_)),
            ("script", takes) => matches!(takes, Takes::Command | Takes::CommandWord),
            ("enum", takes) => {
                l.argument.trim_start_matches("enum? ")[..]
                    .split(' ')
                    .any(|words| words.split('|').all(|w| argument.contains(w)))
                    && !matches!(takes, Takes::Word | Takes::Words)
            }
            (_, takes) => !matches!(takes, Takes::Flag | Takes::Bool | Takes::Block(..) | Takes::List(_)),
        };
        assert!(fits, "{name} takes {:?}, not {}", k.takes, l.argument);
        assert_eq!(k.required, l.required, "{name} required");
        assert_eq!(k.again == Again::Adds, l.repeatable, "{name} repeatable");
        assert_eq!(k.since, l.since, "{name} since");
        assert_eq!(k.old.map(|(newer, _)| newer.to_owned()), l.newer, "{name} deprecated");
        assert!(!k.note.is_empty() && k.note.ends_with('.'), "{name} has no note");
    }
    assert!(known.is_empty(), "more than the table has: {:?}", known.keys());
}
