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

use crate::support::{hactl, objects, root, status, stderr};

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

/// A configuration of a pair, by its priority.
fn conf(priority: u8) -> String {
    format!(
        "vrrp_instance VI_1 {{\n state BACKUP\n interface eth0\n virtual_router_id 51\n priority {priority}\n advert_int 1\n \
         virtual_ipaddress {{\n 10.77.0.110/24\n }}\n}}\n"
    )
}

#[test]
fn what_is_written_is_a_capture_that_watch_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("a.conf"), conf(150)).unwrap();
    std::fs::write(path("b.conf"), conf(100)).unwrap();
    let (a, b, file) = (path("a.conf"), path("b.conf"), path("sim.pcapng"));
    let o = hactl(&["simulate", &a, &b, "--at", "8s crash a", "--for", "20s", "--write", &file, "-q", "--exit-zero"]);
    assert_eq!(status(&o), 0, "{}", stderr(&o));
    let all = objects(&hactl(&["watch", &file, "--json"]));
    // a after 3 + 106/256 s, its last advert 4 s later; b 3 + 156/256 s after that.
    let seen: Vec<(f64, &str, &str)> = all
        .iter()
        .filter(|v| v["type"] == "transition")
        .map(|v| (v["t"].as_f64().unwrap() - 1_767_225_600.0, v["to"].as_str().unwrap(), v["reason"].as_str().unwrap()))
        .map(|(t, to, why)| ((t * 1e6).round() / 1e6, to, why))
        .collect();
    assert_eq!(seen, [(3.414_062, "10.77.0.1", "first-seen"), (11.023_437, "10.77.0.2", "timeout")]);
    let end = all.last().unwrap();
    // Adverts of a at 3.4 to 7.4 s and of b at 11.0 to 19.0 s; each master announces its address five times, twice.
    assert_eq!((&end["adverts"], &end["malformed"]), (&14.into(), &0.into()));
}

#[test]
fn one_configuration_tells_the_tutorials_story() {
    let file = root().join("tests/fixtures/simulate/recorded/06-seed-weight2-tie/a.conf");
    let o = hactl(&["simulate", file.to_str().unwrap(), "--json", "-q"]);
    assert_eq!(status(&o), 1, "{}", stderr(&o));
    let all = objects(&o);
    let answers: Vec<(&str, u64, u64, bool)> = all
        .iter()
        .filter(|v| v["type"] == "what-if" && v["fault"].as_str().unwrap().starts_with("script"))
        .filter(|v| v["fault"].as_str().unwrap().ends_with(" 1"))
        .map(|v| {
            let range = |i: usize| v["peer_priority"][i].as_u64().unwrap();
            (v["reason"].as_str().unwrap_or(""), range(0), range(1), v["takes_over"] == true)
        })
        .collect();
    assert_eq!(answers[..3], [("lower", 1, 99, false), ("tie", 100, 100, false), ("", 101, 101, true)]);
    let finding = all.iter().find(|v| v["type"] == "finding").unwrap();
    assert_eq!((&finding["id"], &finding["severity"]), (&"no-failover".into(), &"warning".into()));
}
