//! The simulator against recorded runs of real daemons (tests/fixtures/simulate), chosen and random ones.
//!
//! A run is right when each instance goes through the states that its daemon reported, each within 60 ms: a report was
//! read up to 20 ms late, a daemon takes 4 to 20 ms over a takeover, and 0.1 to 0.3 ms longer over each advert. A state
//! shorter than that is noise on both sides and not compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use hactl::conf::{LoadError, Loader, Options};
use hactl::simulate::{Configs, Draft, Play, Record, read};
use hactl::time::Instant;
use serde_json::Value;

use crate::support::root;

/// Files as they are.
struct Disk;

impl Loader for Disk {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        let path = Path::new(from).parent().unwrap().join(pattern);
        path.exists().then(|| path.to_str().unwrap().to_owned()).into_iter().collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        std::fs::read(name).map_err(|_| LoadError::NotFound(name.to_owned()))
    }
}

/// Compared times and states that count, in microseconds.
const NOISE: i64 = 60_000;

/// States by node and instance: when, and which.
type Lanes = BTreeMap<(String, String), Vec<(i64, String)>>;

fn scenario(path: &Path) -> Draft {
    let text = std::fs::read_to_string(path).unwrap();
    let mut disk = Disk;
    let mut configs = Configs { loader: &mut disk, options: Options::default() };
    read(path.to_str().unwrap(), &text, &mut configs).unwrap_or_else(|e| panic!("{e}"))
}

fn simulated(draft: &Draft) -> Lanes {
    let mut play = Play::new(&draft.scenario);
    let mut records: Vec<Record> = Vec::new();
    play.run_until(Instant::ZERO.after(draft.scenario.duration), &mut records);
    let mut lanes = Lanes::new();
    for record in &records {
        if let Record::State { who, transition: t, .. } = record {
            let key = (play.world.name(who.node).to_owned(), who.name.to_string());
            lanes.entry(key).or_default().push((t.at.as_micros(), t.to.as_str().to_owned()));
        }
    }
    lanes
}

fn recorded(path: &Path) -> Lanes {
    let timeline: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut lanes = Lanes::new();
    for row in timeline["rows"].as_array().unwrap() {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let to = match text("to").as_str() {
            "STOP" => "INIT".to_owned(),
            state @ ("MASTER" | "BACKUP" | "FAULT") => state.to_owned(),
            _ => continue, // a notice, no state
        };
        if text("event") != "state" || text("kind") != "INSTANCE" {
            continue;
        }
        let at = (row["t"].as_f64().unwrap() * 1e6).round() as i64;
        lanes.entry((text("node"), text("instance"))).or_default().push((at, to));
    }
    lanes
}

/// Without states that are too short, and without what then is no change any more.
fn lasting(states: &[(i64, String)]) -> Vec<(i64, &str)> {
    let long = |i: usize| states.get(i + 1).is_none_or(|next| next.0 - states[i].0 >= NOISE);
    let mut kept: Vec<(i64, &str)> = Vec::new();
    for (_, (at, state)) in states.iter().enumerate().filter(|(i, _)| long(*i)) {
        if kept.last().is_none_or(|last| last.1 != state) {
            kept.push((*at, state));
        }
    }
    kept
}

/// What is different, a line each.
fn compare(name: &str, simulated: &Lanes, recorded: &Lanes) -> String {
    let mut wrong = String::new();
    for (key, states) in recorded {
        let ours = simulated.get(key).map(|s| lasting(s)).unwrap_or_default();
        let theirs = lasting(states);
        let words = |list: &[(i64, &str)]| list.iter().map(|(_, s)| (*s).to_owned()).collect::<Vec<_>>();
        if words(&ours) != words(&theirs) {
            writeln!(wrong, "{name} {key:?}: {ours:?}, the daemon {theirs:?}").unwrap();
            continue;
        }
        for ((at, state), (told, _)) in ours.iter().zip(&theirs) {
            if (told - at).abs() > NOISE {
                writeln!(wrong, "{name} {key:?}: {state} at {at} µs, the daemon at {told} µs").unwrap();
            }
        }
    }
    wrong
}

#[test]
fn recorded_runs_come_out_as_they_were() {
    let dirs = ["recorded", "random"].map(|d| root().join("tests/fixtures/simulate").join(d));
    let mut wrong = String::new();
    let mut compared = 0;
    let runs = dirs.iter().flat_map(|d| std::fs::read_dir(d).unwrap()).map(|e| e.unwrap().path());
    for run in runs.filter(|p| p.is_dir()) {
        for entry in std::fs::read_dir(&run).unwrap().map(|e| e.unwrap().path()) {
            let file = entry.file_name().unwrap().to_str().unwrap();
            let Some(version) = file.strip_prefix("scenario-").and_then(|f| f.strip_suffix(".toml")) else { continue };
            let name = format!("{} {version}", run.file_name().unwrap().to_str().unwrap());
            let told = recorded(&run.join(format!("timeline-{version}.json")));
            assert!(!told.is_empty(), "{name}");
            wrong.push_str(&compare(&name, &simulated(&scenario(&entry)), &told));
            compared += 1;
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(compared >= 45, "only {compared} runs were compared");
}

#[test]
fn a_difference_is_seen() {
    let lanes = |states: &[(i64, &str)]| {
        let states = states.iter().map(|(at, s)| (*at, (*s).to_owned())).collect();
        Lanes::from([(("a".to_owned(), "V".to_owned()), states)])
    };
    let told = lanes(&[(0, "BACKUP"), (3_600_000, "MASTER"), (3_610_000, "BACKUP"), (9_000_000, "MASTER")]);
    assert_eq!(compare("", &lanes(&[(0, "BACKUP"), (9_050_000, "MASTER")]), &told), "");
    assert_ne!(compare("", &lanes(&[(0, "BACKUP"), (9_070_000, "MASTER")]), &told), "");
    assert_ne!(compare("", &lanes(&[(0, "BACKUP")]), &told), "");
    assert_ne!(compare("", &lanes(&[(0, "BACKUP"), (9_000_000, "FAULT")]), &told), "");
}
