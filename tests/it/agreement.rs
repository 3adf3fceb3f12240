//! Verdicts on thousands of small configurations against keepalived's own check of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use hactl::cli::Files;
use hactl::conf::tree::Node;
use hactl::conf::{self, Conf, Kind, Options, Problem, Reading, Span, Told, Version, resolve};

use crate::support::{have, namespaces};

#[path = "../grammar/mod.rs"]
mod grammar;

mod blocks;
mod entries;
mod known;
mod syntax;
mod table;

/// A configuration that is tried.
pub struct Case {
    /// Its file's name, which says what it tries.
    pub name: String,
    pub text: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let mut cases = table::Cases::new(std::env::var("HACTL_AGREEMENT").as_deref() == Ok("all"));
    syntax::cases(&mut cases);
    table::cases(&mut cases);
    if let Ok(only) = std::env::var("HACTL_AGREEMENT_ONLY") {
        cases.list.retain(|c| only.split(' ').any(|o| c.name.contains(o)));
    }
    cases.list
}

/// What somebody says of a configuration.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    accepts: bool,
    /// The lines complained of; unknown of a keepalived that did not come to an end of its own.
    lines: Option<BTreeSet<(String, u32)>>,
    /// Whether there is a complaint without a line.
    plainly: bool,
    /// What was said, for a message of this test.
    said: String,
}

/// Beginnings of messages that are not about what is compared.
const OTHERS: [&str; 1] = ["SECURITY VIOLATION"];

/// The largest status with which keepalived ends by itself.
const LAST_STATUS: i32 = 6;

/// How many namespaces work at the same time.
const WORKERS: usize = 2;

/// Runs `keepalived -t` on each file of a directory; its statuses.
fn run_keepalived(dir: &Path, names: &[String]) -> BTreeMap<String, i32> {
    // A network namespace that ends with the process; its interfaces are those of the configurations.
    let script = "ulimit -c 0 -t 1; ip link set lo up && ip link add eth0 type veth peer name eth1 && \
                  echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad && echo 0 >/proc/sys/net/ipv6/conf/eth1/accept_dad && \
                  ip link set eth0 up && ip link set eth1 up && ip addr add 10.77.0.1/24 dev eth0 || exit 1; \
                  while read -r f; do timeout -s KILL 20 keepalived -t -i node -f \"$f\" >/dev/null 2>\"$f.said\"; echo \"$? $f\"; done";
    let mut c = Command::new("unshare");
    c.args(["-n", "sh", "-c", script]).current_dir(dir);
    let mut child = c.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("unshare runs");
    let mut stdin = child.stdin.take().unwrap();
    let list = names.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let o = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(o.stdout).unwrap();
    let pair = |line: &str| {
        let (status, name) = line.split_once(' ').unwrap();
        (name.to_owned(), status.parse().unwrap())
    };
    text.lines().map(pair).collect()
}

/// What keepalived says of all of them.
fn statuses(dir: &Path, cases: &[Case]) -> BTreeMap<String, i32> {
    let names: Vec<String> = cases.iter().map(|c| c.name.clone()).collect();
    let parts = names.chunks(names.len().div_ceil(WORKERS).max(1));
    let statuses: BTreeMap<String, i32> = std::thread::scope(|scope| {
        let workers: Vec<_> = parts.map(|part| scope.spawn(|| run_keepalived(dir, part))).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    assert_eq!(statuses.len(), cases.len());
    statuses
}

fn theirs(dir: &Path, name: &str, status: i32) -> Verdict {
    let text = std::fs::read(dir.join(format!("{name}.said"))).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    let (mut lines, mut plainly) = (BTreeSet::new(), false);
    for message in text.lines() {
        let at = message.strip_prefix('(').and_then(|m| m.split_once(')')).and_then(|(at, _)| {
            let (file, line) = at.rsplit_once("Line ")?;
            Some((file.trim_end_matches(": "), line.parse().ok()?))
        });
        match at {
            // The parent does not name the file; each child repeats the line with its name.
            Some(("", line)) => drop(lines.insert((name.to_owned(), line))),
            Some((file, line)) => drop(lines.insert((short(file), line))),
            None if OTHERS.iter().any(|o| message.starts_with(o)) => {}
            None => plainly = true,
        }
    }
    Verdict {
        accepts: status == 0,
        lines: Some(lines).filter(|_| status <= LAST_STATUS),
        plainly,
        said: format!("exit {status}\n{text}"),
    }
}

/// A file's name without its directory: keepalived names files as they are named where they are included.
fn short(file: &str) -> String {
    file.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Whether keepalived's check fails over a problem of this kind.
fn fails(kind: Kind) -> bool {
    // It says that an included file is not there, and is content.
    kind.told() != Told::Not && kind != Kind::Include
}

/// The line at which the block ends that a problem is in.
fn end(conf: &Conf, p: &Problem) -> Option<u32> {
    fn close(lines: &[Node], at: Span) -> Option<Span> {
        let around = |n: &&Node| {
            let last = n.block.as_ref().and_then(|b| b.close).unwrap_or(n.span());
            n.span().file == at.file && (n.span().start..=last.end).contains(&at.start)
        };
        let node = lines.iter().find(around)?;
        close(node.nodes(), at).or(node.block.as_ref()?.close)
    }
    close(&conf.tree, p.span).map(|span| conf.sources.position(span).line)
}

fn ours(dir: &Path, name: &str, reading: Reading) -> Verdict {
    let options = Options { version: Version::V2_2, config_id: "node".to_owned(), reading, ..Options::default() };
    let path = dir.join(name);
    let conf = conf::read(path.to_str().unwrap(), &mut Files, &options).unwrap();
    let run = resolve(&conf, Version::V2_2);
    let problems = || conf.problems.iter().chain(&run.problems);
    // It reads no further than a line that lacks its argument.
    let stop = problems().find(|p| p.stops_keepalived()).map(|p| conf.sources.position(conf.sources.used(p.span)).line);
    let (mut lines, mut said) = (BTreeSet::new(), String::new());
    for p in problems() {
        let at = conf.sources.used(p.span);
        let (file, line) = (short(conf.sources.name(at.file)), conf.sources.position(at).line);
        writeln!(said, "{line}: {} {:?}: {}", p.kind.as_str(), p.kind.told(), p.sentence).unwrap();
        let told = match p.kind.told() {
            // In a list it is one more entry, of which not all lists complain.
            Told::Line if p.kind == Kind::UnexpectedOpen => None,
            Told::Line => Some(line),
            Told::End => end(&conf, p),
            Told::Plainly | Told::Not => None,
        };
        lines.extend(told.filter(|line| stop.is_none_or(|stop| *line <= stop)).map(|line| (file, line)));
    }
    Verdict {
        accepts: !problems().any(|p| fails(p.kind)),
        lines: Some(lines),
        plainly: problems().any(|p| p.kind.told() == Told::Plainly),
        said,
    }
}

/// Whether keepalived's processes, which pass over blocks of others by counting braces, each see other lines.
fn astray(v: &Verdict) -> bool {
    let kinds = [Kind::MissingOpen, Kind::MissingListOpen, Kind::UnexpectedOpen, Kind::ExtraClose, Kind::MissingClose];
    v.said.lines().any(|l| kinds.iter().any(|k| l.split(' ').nth(1) == Some(k.as_str())))
}

/// Whether the parent and the children of keepalived count lines alike.
fn countable(text: &[u8]) -> bool {
    text.ends_with(b"\n") && !text.contains(&0) && text.split(|b| *b == b'\n').all(|line| line.len() < 1023)
}

fn compare(case: &Case, theirs: &Verdict, taken: &Verdict, meant: &Verdict) -> Option<Difference> {
    if taken.accepts != theirs.accepts {
        return Some(Difference::Verdict);
    }
    if meant.said.is_empty() && !theirs.accepts {
        return Some(Difference::Meant);
    }
    let (Some(told), Some(ours)) = (&theirs.lines, &taken.lines) else { return None };
    if !countable(&case.text) {
        return None;
    }
    if if astray(taken) { !ours.is_subset(told) } else { ours != told } {
        return Some(Difference::Lines);
    }
    (taken.plainly != theirs.plainly && !astray(taken)).then_some(Difference::Plainly)
}

#[derive(Clone, Copy, Debug)]
enum Difference {
    /// One accepts what the other does not.
    Verdict,
    /// Nothing is said of it as it is meant, and it is not accepted.
    Meant,
    /// Other lines are complained of.
    Lines,
    /// One says something without a line, the other does not.
    Plainly,
}

#[test]
fn verdicts_agree_with_keepalived() {
    if !have("keepalived") || !namespaces() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let cases = cases();
    syntax::files(dir.path());
    for case in &cases {
        std::fs::write(dir.path().join(&case.name), &case.text).unwrap();
    }
    let statuses = statuses(dir.path(), &cases);
    let (mut report, mut differ, mut known) = (String::new(), 0, BTreeSet::new());
    for case in &cases {
        let theirs = theirs(dir.path(), &case.name, statuses[&case.name]);
        let taken = ours(dir.path(), &case.name, Reading::AsTaken);
        let meant = ours(dir.path(), &case.name, Reading::AsMeant);
        let Some(difference) = compare(case, &theirs, &taken, &meant) else { continue };
        if let Some(reason) = known::reason(&case.name) {
            known.insert(reason.why);
            continue;
        }
        differ += 1;
        let text = String::from_utf8_lossy(&case.text);
        let (name, theirs, ours) = (&case.name, &theirs.said, &taken.said);
        writeln!(report, "==== {difference:?} {name}\n{text}---- keepalived {theirs}---- hactl\n{ours}").unwrap();
    }
    assert!(differ == 0, "{differ} of {} cases differ\n{report}", cases.len());
    let gone: Vec<&str> = known::KNOWN.iter().map(|k| k.why).filter(|why| !known.contains(why)).collect();
    assert!(gone.is_empty() || std::env::var_os("HACTL_AGREEMENT_ONLY").is_some(), "differs no more: {gone:#?}");
}

/// How many right configurations are made up.
const MADE: u64 = 400;

/// Bytes of a seed, by xorshift.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..3000).map(|_| next()).collect()
}

#[test]
fn keepalived_accepts_what_the_grammar_makes() {
    if !have("keepalived") || !namespaces() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let made: Vec<grammar::Made> = (0..MADE).map(|seed| grammar::of_bytes(&bytes(seed))).collect();
    assert!(made.iter().map(|m| m.instances).sum::<usize>() > 2 * made.len());
    let case = |(n, m): (usize, grammar::Made)| Case { name: format!("made-{n}.conf"), text: m.text.into_bytes() };
    let cases: Vec<Case> = made.into_iter().enumerate().map(case).collect();
    for case in &cases {
        std::fs::write(dir.path().join(&case.name), &case.text).unwrap();
    }
    let statuses = statuses(dir.path(), &cases);
    let (mut report, mut refused) = (String::new(), 0);
    for case in &cases {
        let theirs = theirs(dir.path(), &case.name, statuses[&case.name]);
        let ours = ours(dir.path(), &case.name, Reading::AsTaken);
        if theirs.accepts && theirs.said == "exit 0\n" && ours.accepts && ours.said.is_empty() {
            continue;
        }
        refused += 1;
        let text = String::from_utf8_lossy(&case.text);
        let (name, theirs, ours) = (&case.name, &theirs.said, &ours.said);
        writeln!(report, "==== {name}\n{text}---- keepalived {theirs}---- hactl\n{ours}").unwrap();
    }
    assert!(refused == 0, "{refused} of {MADE} are refused\n{report}");
}
