//! `docs/rfc.md` and the tests that it names, held together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Tests of the speaker against real kernels, in `tests/lab/speak.rs`.
const LAB: &[&str] = &[
    "speak::wire_format",
    "speak::joins_the_group",
    "speak::vmac",
    "speak::gratuitous_arp",
    "speak::neighbour_advertisements",
    "speak::release_on_exit",
];

const LEVELS: &[&str] = &["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"];

/// RFC, section, number.
type Id = (u32, Vec<u32>, u32);

/// A row of the tables: id, level, tests, tests of the lab.
struct Row {
    id: String,
    level: String,
    tests: Vec<String>,
    lab: Vec<String>,
}

fn id(text: &str) -> Option<Id> {
    let mut parts = text.strip_prefix("rfc")?.split('-');
    let (rfc, section, number) = (parts.next()?, parts.next()?, parts.next()?);
    let section = section.split('.').map(|n| n.parse().ok()).collect::<Option<Vec<u32>>>()?;
    (parts.next().is_none()).then_some((rfc.parse().ok()?, section, number.parse().ok()?))
}

fn document() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/rfc.md")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines().filter(|l| l.starts_with("| rfc")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, level, asks, does, held] = cells[..] else { panic!("{line}: not five cells") };
        assert!(!asks.is_empty() && !does.is_empty(), "{line}");
        let names = held.split(", ").filter(|n| *n != "–").map(|n| n.trim_matches('`').to_owned());
        let (lab, tests) = names.partition::<Vec<_>, _>(|n| n.starts_with("lab: "));
        let lab = lab.iter().map(|n| n["lab: ".len()..].to_owned()).collect();
        rows.push(Row { id: id.to_owned(), level: level.to_owned(), tests, lab });
    }
    assert!(rows.len() > 100, "only {} requirements", rows.len());
    rows
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// What the lines above a test say it holds: (id, test); and the names of all tests.
fn markers() -> (BTreeSet<(String, String)>, Vec<String>) {
    let mut paths = Vec::new();
    files(&root().join("src"), &mut paths);
    files(&root().join("tests/it"), &mut paths);
    let (mut held, mut tests) = (BTreeSet::new(), Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let (mut ids, mut is_test) = (Vec::new(), false);
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let place = || format!("{}:{}", path.display(), number + 1);
            if let Some(list) = line.strip_prefix("// holds: ") {
                ids.extend(list.split(' ').map(str::to_owned));
            } else if line == "#[test]" {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                held.extend(ids.drain(..).map(|id| (id, name.clone())));
                tests.push(name);
                is_test = false;
            } else if !line.starts_with("//") && !line.starts_with("#[") {
                assert!(ids.is_empty(), "{}: no test follows what is held", place());
                is_test = false;
            }
        }
    }
    (held, tests)
}

#[test]
fn requirements_are_named_once_in_order() {
    let rows = document();
    let ids: Vec<Id> = rows.iter().map(|r| id(&r.id).unwrap_or_else(|| panic!("{}: no id", r.id))).collect();
    for (pair, row) in ids.windows(2).zip(&rows[1..]) {
        assert!(pair[0] < pair[1], "{}: twice or out of order", row.id);
    }
    // Numbers of a section count from 1, without a hole.
    for (i, (rfc, section, number)) in ids.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| &ids[i]).filter(|b| (b.0, &b.1) == (*rfc, section)).map_or(0, |b| b.2);
        assert_eq!(*number, before + 1, "{}", rows[i].id);
    }
    for row in &rows {
        assert!(LEVELS.contains(&row.level.as_str()), "{}: {}", row.id, row.level);
    }
}

#[test]
fn each_test_that_is_claimed_says_so_and_the_reverse() {
    let (held, tests) = markers();
    let rows = document();
    let claimed: BTreeSet<(String, String)> =
        rows.iter().flat_map(|r| r.tests.iter().map(|t| (r.id.clone(), t.clone()))).collect();
    for (id, test) in &claimed {
        let there = tests.iter().filter(|t| *t == test).count();
        assert_eq!(there, 1, "{id}: {there} tests are named {test}");
    }
    let unsaid: Vec<_> = claimed.difference(&held).collect();
    assert!(unsaid.is_empty(), "docs/rfc.md names tests that do not say `// holds: ID`: {unsaid:?}");
    let unclaimed: Vec<_> = held.difference(&claimed).collect();
    assert!(unclaimed.is_empty(), "tests hold what docs/rfc.md does not say: {unclaimed:?}");
}

#[test]
fn tests_of_the_lab_are_known() {
    let rows = document();
    let named: BTreeSet<&str> = rows.iter().flat_map(|r| r.lab.iter().map(String::as_str)).collect();
    assert_eq!(named, LAB.iter().copied().collect(), "docs/rfc.md and the list of the lab's tests");
    let source = std::fs::read_to_string(root().join("tests/lab/speak.rs")).unwrap();
    for name in LAB {
        let function = format!("pub fn {}()", name.trim_start_matches("speak::"));
        assert!(source.contains(&function), "{name}: no such test of the lab");
    }
}
