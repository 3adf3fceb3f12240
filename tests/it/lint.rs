//! The rules of `hactl lint` against configurations that say what is to be found in them.
//!
//! `tests/fixtures/lint/ID/` holds, for the rule of that id, what fires it and what leaves it silent: `fires*.conf` and
//! `silent*.conf`, or, for rules between nodes, directories `fires*/` and `silent*/` with a file a node. The README there
//! says how expectations are written into them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hactl::conf::{self, LoadError, Loader, Options, Reading, Version, resolve, same_for_oldest};
use hactl::finding::{Evidence, Finding, Severity};
use hactl::lint::fix::{Draft, Meaning, keeps};
use hactl::lint::{Check, Context, Excerpts, Host, Node, RULES, Selection, Trouble, judge, judge_with_older};

use crate::support::root;

fn fixtures() -> PathBuf {
    root().join("tests/fixtures/lint")
}

/// Files as they are; `include` knows names, and one `*` in the last part of a name.
struct Disk;

impl Loader for Disk {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        let path = Path::new(from).parent().unwrap().join(pattern);
        let (parent, name) = (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
        let Some((before, after)) = name.split_once('*') else {
            return path.exists().then(|| path.to_str().unwrap().to_owned()).into_iter().collect();
        };
        let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|n| n.starts_with(before) && n.ends_with(after)).collect();
        names.sort();
        names.iter().map(|n| parent.join(n).to_str().unwrap().to_owned()).collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        std::fs::read(name).map_err(|_| LoadError::NotFound(name.to_owned()))
    }
}

/// A case: its name and its configurations.
struct Case {
    id: String,
    name: String,
    files: Vec<PathBuf>,
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dir in entries(&fixtures()).into_iter().filter(|p| p.is_dir()) {
        let id = dir.file_name().unwrap().to_str().unwrap().to_owned();
        for path in entries(&dir) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.starts_with("fires") && !name.starts_with("silent") {
                continue; // what those include
            }
            let files = if path.is_dir() {
                entries(&path).into_iter().filter(|p| p.extension().is_some_and(|e| e == "conf")).collect()
            } else {
                vec![path]
            };
            cases.push(Case { id: id.clone(), name: format!("{id}/{name}"), files });
        }
    }
    cases
}

/// Ids by file and line.
type Marks = BTreeMap<(String, u32), BTreeSet<String>>;

/// What the comments of a file expect, and the version that it is for.
fn expected(file: &Path, version: Version, into: &mut Marks) {
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, mark)) = line.split_once("#~") else { continue };
        let (head, ids) = mark.split_once(' ').unwrap_or((mark, ""));
        let number = match head {
            "" => number,
            "^" => number - 1,
            "options" => continue,
            series if series == version.series() => number,
            _ => continue,
        };
        let key = (file.to_str().unwrap().to_owned(), number);
        into.entry(key).or_default().extend(ids.split_whitespace().map(str::to_owned));
    }
}

/// What a case is read with: `#~options version=2.2.7 id=a` in the first line of a file.
fn option(file: &Path, name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    let words = text.lines().next()?.strip_prefix("#~options ")?.to_owned();
    words.split_whitespace().find_map(|w| w.strip_prefix(&format!("{name}=")).map(str::to_owned))
}

/// Files with other texts in the place of some.
struct Changed<'a>(&'a BTreeMap<String, Vec<u8>>);

impl Loader for Changed<'_> {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        Disk.expand(pattern, from)
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(name).map_or_else(|| Disk.read(name), |text| Ok(text.clone()))
    }
}

fn nodes(files: &[PathBuf]) -> (Vec<Node>, Version) {
    let version = option(&files[0], "version").map_or(Version::default(), |v| v.parse().unwrap());
    (nodes_of(files, version, Reading::AsMeant, &BTreeMap::new()), version)
}

fn nodes_of(files: &[PathBuf], version: Version, reading: Reading, changed: &BTreeMap<String, Vec<u8>>) -> Vec<Node> {
    let read = |file: &PathBuf, name: &str, config_id: String| {
        let options = Options { version, config_id, reading, ..Options::default() };
        let conf = conf::read(file.to_str().unwrap(), &mut Changed(changed), &options).unwrap();
        let run = resolve(&conf, version);
        Node { name: name.to_owned(), conf, run }
    };
    let mut nodes = Vec::new();
    for file in files {
        if let Some(ids) = option(file, "ids") {
            nodes.extend(ids.split(',').map(|id| read(file, id, id.to_owned())));
        } else {
            let name = file.file_stem().unwrap().to_str().unwrap();
            nodes.push(read(file, name, option(file, "id").unwrap_or_default()));
        }
    }
    nodes
}

/// A host of which a case with `#~options host=yes` knows: eth0 and eth1, root and `keepalived_script`. What it says of a
/// program is in the program's path; the texts of scripts stand beside the case.
struct FakeHost {
    directory: PathBuf,
}

impl Host for FakeHost {
    fn interface(&self, name: &str) -> bool {
        matches!(name, "lo" | "eth0" | "eth1")
    }

    fn user(&self, name: &str) -> bool {
        matches!(name, "root" | "keepalived_script")
    }

    fn group(&self, name: &str) -> bool {
        self.user(name)
    }

    fn program(&self, command: &str) -> Option<Trouble> {
        let path = command.split(' ').next().unwrap().to_owned();
        match path.split('/').nth(1)? {
            "missing" => Some(Trouble::Missing(path)),
            "directory" => Some(Trouble::NotAFile(path)),
            "plain" => Some(Trouble::NotExecutable(path)),
            "lost" => {
                Some(Trouble::NotStartable { path, why: "names the interpreter \"/x\", which is not there".to_owned() })
            }
            "open" => Some(Trouble::Insecure { path, by: "the group staff".to_owned() }),
            "link" => Some(Trouble::Link("/link".to_owned())),
            _ => None,
        }
    }

    fn script(&self, command: &str) -> Option<String> {
        let name = command.split(' ').next().unwrap().rsplit('/').next().unwrap();
        std::fs::read_to_string(self.directory.join(name)).ok()
    }

    fn setting(&self, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn each_case_finds_what_its_comments_say_and_nothing_else() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (nodes, version) = nodes(&case.files);
        let unnamed = case.files.iter().all(|f| option(f, "id").is_none());
        let host = FakeHost { directory: case.files[0].parent().unwrap().to_owned() };
        let host = option(&case.files[0], "host").map(|_| &host as &dyn Host);
        let context = Context { version, host, assumed_id: unnamed.then_some("") };
        let mut found = Marks::new();
        let mut said = Vec::new();
        for d in judge(&nodes, &context, &Selection::default()) {
            let f = d.finding(&nodes, &mut Excerpts::default());
            let Some(Evidence::Place(place)) = f.evidence.first() else { panic!("{}: {f:?}", case.name) };
            found.entry((place.file.clone(), place.line)).or_default().insert(f.id.to_owned());
            said.push(format!("  {}:{}: {} {}", place.file, place.line, f.id, f.message));
        }
        let mut wanted = Marks::new();
        let names: BTreeSet<String> =
            nodes.iter().flat_map(|n| n.conf.sources.names().map(str::to_owned).collect::<Vec<_>>()).collect();
        for name in &names {
            expected(Path::new(name), version, &mut wanted);
        }
        let fires = found.values().any(|ids| ids.contains(&case.id));
        if found != wanted || fires != case.name.contains("/fires") {
            let wanted: Vec<_> = wanted.iter().map(|((_, line), ids)| format!("{line} {ids:?}")).collect();
            wrong.push(format!("{}: said\n{}\n  wanted {wanted:?}", case.name, said.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn healthy_configurations_get_notes_at_most() {
    let dirs: Vec<PathBuf> =
        entries(&root().join("tests/fixtures/lint-healthy")).into_iter().filter(|p| p.is_dir()).collect();
    assert!(dirs.len() >= 27, "only {} cases", dirs.len());
    for dir in dirs {
        let files: Vec<PathBuf> =
            entries(&dir).into_iter().filter(|p| p.extension().is_some_and(|e| e == "conf")).collect();
        let (nodes, version) = nodes(&files);
        let context = Context { version, ..Context::default() };
        let found = judge(&nodes, &context, &Selection::default());
        let wrong: Vec<String> =
            found.iter().filter(|d| d.severity > Severity::Info).map(|d| format!("{}: {}", d.id, d.message)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", dir.display());
        assert!(found.len() <= 4, "{} notes on {}", found.len(), dir.display());
    }
}

/// What is found in the configuration that many tutorials hand on: line, id and severity.
fn in_the_tutorial(host: Option<&dyn Host>) -> Vec<(u32, &'static str, Severity)> {
    let (nodes, version) = nodes(&[root().join("tests/fixtures/conf/tutorial.conf")]);
    let context = Context { version, host, ..Context::default() };
    let found = judge(&nodes, &context, &Selection::default());
    let line = |f: &Finding| match f.evidence.first() {
        Some(Evidence::Place(place)) => place.line,
        _ => 0,
    };
    let findings = found.iter().map(|d| d.finding(&nodes, &mut Excerpts::default()));
    findings.map(|f| (line(&f), f.id, f.severity)).collect()
}

#[test]
fn the_tutorial_gets_its_headings_told_and_little_else() {
    use Severity::{Info, Warning};
    let expected = [
        (1, "unknown-keyword", Warning),
        (16, "unknown-keyword", Warning),
        (3, "mail-not-sent", Info),
        (12, "script-security", Info),
        (14, "weight-window", Info),
    ];
    assert_eq!(in_the_tutorial(None), expected);
}

#[test]
fn on_its_host_the_tutorials_script_is_told_of_too() {
    use Severity::{Info, Warning};
    // It starts nginx, sleeps for three seconds of the two it has, and then stops keepalived.
    let host = FakeHost { directory: root().join("tests/fixtures/conf/tutorial") };
    let expected = [
        (1, "unknown-keyword", Warning),
        (12, "script-sleeps", Warning),
        (12, "script-stops-keepalived", Warning),
        (16, "unknown-keyword", Warning),
        (3, "mail-not-sent", Info),
        (12, "script-security", Info),
        (14, "weight-window", Info),
    ];
    assert_eq!(in_the_tutorial(Some(&host)), expected);
}

#[test]
fn each_rule_has_a_case_that_fires_it_and_one_that_does_not() {
    let cases = cases();
    for rule in RULES {
        for kind in ["fires", "silent"] {
            let has = cases.iter().any(|c| c.id == rule.page.id && c.name.contains(&format!("/{kind}")));
            assert!(has, "tests/fixtures/lint/{}/ has no {kind} case", rule.page.id);
        }
    }
    for case in &cases {
        assert!(RULES.iter().any(|r| r.page.id == case.id), "no rule is called {}", case.id);
    }
}

#[test]
fn each_page_has_all_its_sections() {
    let heads = ["What it is", "Why it hurts", "Example", "What keepalived does", "How to fix", "Since"];
    for rule in RULES {
        let places: Vec<_> = heads.iter().map(|h| rule.page.text.find(&format!("{h}\n"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}: {places:?}", rule.page.id);
        assert!(rule.page.text.lines().all(|l| l.chars().count() <= 120), "{} has a long line", rule.page.id);
    }
}

#[test]
fn each_problem_of_reading_has_one_rule() {
    for kind in conf::Kind::ALL {
        let rules = RULES.iter().filter(|r| matches!(r.check, Check::Problems(kinds) if kinds.contains(kind)));
        let ids: Vec<_> = rules.map(|r| r.page.id).collect();
        assert_eq!(ids.len(), 1, "{}: {ids:?}", kind.as_str());
    }
}

#[test]
fn each_change_of_fix_keeps_what_keepalived_does_and_mends_its_finding() {
    let mut mended = BTreeSet::new();
    for case in cases() {
        let (nodes, version) = nodes(&case.files);
        let context = Context { version, ..Context::default() };
        let judged = |nodes: &[Node]| -> Vec<String> {
            let mut all: Vec<String> = judge(nodes, &context, &Selection::default())
                .iter()
                .map(|d| format!("{} {}", d.id, d.message))
                .collect();
            all.sort();
            all
        };
        let before = judged(&nodes);
        for d in judge(&nodes, &context, &Selection::default()).iter().filter(|d| !d.edits.is_empty()) {
            let draft = Draft::of(&nodes, &[d]);
            assert_eq!(draft.done, [0], "{}: {d:?}", case.name);
            for version in [Version::V2_2, Version::V2_4] {
                let none = BTreeMap::new();
                let old = nodes_of(&case.files, version, Reading::AsTaken, &none);
                let new = nodes_of(&case.files, version, Reading::AsTaken, &draft.texts);
                for (old, new) in old.iter().zip(&new) {
                    let (old, new) =
                        (Meaning { conf: &old.conf, run: &old.run }, Meaning { conf: &new.conf, run: &new.run });
                    assert_eq!(keeps(&old, &new, &draft), Ok(()), "{}: {}", case.name, d.message);
                }
            }
            let after = judged(&nodes_of(&case.files, version, Reading::AsMeant, &draft.texts));
            let mut wanted = before.clone();
            wanted.remove(wanted.iter().position(|f| *f == format!("{} {}", d.id, d.message)).unwrap());
            assert_eq!(after, wanted, "{}: {}", case.name, d.message);
            mended.insert(d.id);
        }
    }
    assert!(mended.len() > 1, "{mended:?}");
}

/// What is found in nodes, and by the oldest version's rules in those behind them, or else in themselves.
fn with_oldest(all: &[Node], count: usize) -> String {
    let judged = judge_with_older(all, count, &Context::default(), &Selection::default(), Version::V2_2);
    let mut excerpts = Excerpts::of(all);
    let findings: Vec<_> = judged.diagnostics.iter().map(|d| d.finding(all, &mut excerpts)).collect();
    format!("{findings:#?} {}", judged.ignored)
}

#[test]
fn what_is_the_same_to_the_oldest_version_needs_no_second_reading() {
    let confs = entries(&root().join("tests/fixtures/conf"));
    let confs = confs.into_iter().filter(|p| p.extension().is_some_and(|e| e == "conf")).map(|p| vec![p]);
    let as_meant = |files: &[PathBuf], version| nodes_of(files, version, Reading::AsMeant, &BTreeMap::new());
    let (mut once, mut twice) = (0, 0);
    for files in cases().into_iter().map(|c| c.files).chain(confs) {
        let (nodes, same) = same_for_oldest(|| as_meant(&files, Version::V2_4));
        if !same {
            twice += 1;
            continue;
        }
        once += 1;
        let older = as_meant(&files, Version::V2_2);
        assert_eq!(format!("{older:#?}"), format!("{nodes:#?}"), "{files:?}");
        let both: Vec<Node> = as_meant(&files, Version::V2_4).into_iter().chain(older).collect();
        assert_eq!(with_oldest(&nodes, nodes.len()), with_oldest(&both, nodes.len()), "{files:?}");
    }
    // Most need none, and some do.
    assert!(once > 400 && twice > 20, "{once} {twice}");
}
