//! Running things, and reading what the captures' `.toml` files say.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The crate's directory.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A capture by its path below tests/fixtures/pcaps.
pub fn pcap(name: &str) -> PathBuf {
    root().join("tests/fixtures/pcaps").join(name)
}

/// Every capture, as `DIRECTORY/FILE`, sorted.
pub fn captures() -> Vec<String> {
    let top = root().join("tests/fixtures/pcaps");
    let list = |dir: &Path| -> Vec<PathBuf> {
        let read = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        read.map(|entry| entry.unwrap().path()).collect()
    };
    let mut names: Vec<String> = list(&top)
        .iter()
        .filter(|dir| dir.is_dir())
        .flat_map(|dir| list(dir))
        .map(|path| path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned())
        .filter(|name| !name.ends_with(".toml"))
        .collect();
    names.sort();
    assert!(names.len() > 80, "only {} captures", names.len());
    names
}

/// Runs hactl in an environment of its own.
pub fn hactl(args: &[&str]) -> Output {
    command(args).stdin(Stdio::null()).output().expect("hactl runs")
}

/// Runs hactl with bytes on its standard input.
pub fn hactl_with(args: &[&str], input: &[u8]) -> Output {
    let mut child =
        command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("hactl runs");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end before it has read everything, so writing may fail.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// hactl with these arguments.
pub fn command(args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_hactl"));
    c.args(args).env_remove("NO_COLOR").env("TZ", "UTC").env("TERM", "dumb");
    c
}

pub fn status(o: &Output) -> i32 {
    o.status.code().expect("an exit status, not a signal")
}

pub fn stdout(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).expect("UTF-8")
}

pub fn stderr(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).expect("UTF-8")
}

/// The objects of a JSON Lines stream, after checking that it begins with `start` and ends with `summary`, and that every
/// `probe` has what the contract promises.
pub fn objects(o: &Output) -> Vec<Value> {
    let text = stdout(o);
    let list: Vec<Value> =
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect();
    assert_eq!(list.first().map(kind), Some("start"), "{}", stderr(o));
    assert_eq!(list.last().map(kind), Some("summary"), "{}", stderr(o));
    assert_eq!(list.iter().filter(|v| matches!(kind(v), "start" | "summary")).count(), 2);
    for p in list.iter().filter(|v| kind(v) == "probe") {
        let promised = p["kind"].is_string() && p["target"].is_string() && p["phases_ms"].is_object();
        assert!(promised && p["ok"].as_bool().is_some_and(|ok| ok || p["reason"].is_string()), "{p}");
    }
    list
}

/// An object's `type`.
pub fn kind(v: &Value) -> &str {
    v["type"].as_str().expect("every object has a type")
}

/// `hactl COMMAND --json CAPTURE`.
pub fn json(subcommand: &str, capture: &str) -> (i32, Vec<Value>) {
    let path = pcap(capture);
    let o = hactl(&[subcommand, "--json", path.to_str().unwrap()]);
    (status(&o), objects(&o))
}

/// One table of a capture's `.toml`, its values as they are written, without quotes.
pub type Row = std::collections::BTreeMap<String, String>;

/// The rows of `[[table]]` in a capture's `.toml`. These files are written by scripts, a key on a line; a configuration
/// between `'''` is skipped.
pub fn rows(capture: &str, table: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let (mut here, mut text) = (false, false);
    for line in provenance(capture).lines() {
        if text {
            text = !line.ends_with("'''");
        } else if let Some(name) = line.strip_prefix("[[") {
            here = name.strip_suffix("]]") == Some(table);
            if here {
                rows.push(Row::new());
            }
        } else if let Some((key, value)) = line.split_once(" = ") {
            text = value == "'''";
            if here && !text {
                let row = rows.last_mut().unwrap();
                row.insert(key.to_owned(), value.trim_matches('"').to_owned());
            }
        }
    }
    rows
}

/// The text of a capture's `.toml`.
pub fn provenance(capture: &str) -> String {
    let stem = [".pcap", ".pcapng", ".pcap.gz", ".pcapng.gz"].iter().find_map(|s| capture.strip_suffix(s));
    let path = pcap(&format!("{}.toml", stem.unwrap()));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Whether a program that a test compares with is there. A missing one is said loudly, and is a failure where the lab
/// is required (HACTL_LAB=required).
pub fn have(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    if !there {
        assert!(std::env::var("HACTL_LAB").as_deref() != Ok("required"), "{program} is required and not there");
        eprintln!("SKIPPED: {program} is not there, nothing was compared");
    }
    there
}

/// Whether this process may make network namespaces.
pub fn namespaces() -> bool {
    let may = Command::new("unshare").args(["-n", "true"]).output().is_ok_and(|o| o.status.success());
    if !may {
        assert!(std::env::var("HACTL_LAB").as_deref() != Ok("required"), "root is required, for a network namespace");
        eprintln!("SKIPPED: no network namespace can be made, nothing was compared");
    }
    may
}
