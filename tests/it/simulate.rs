//! The simulator against recorded runs of real daemons, and against times worked out by hand.

use std::collections::BTreeMap;
use std::path::Path;

use hactl::conf::{LoadError, Loader, Options};
use hactl::simulate::{Chronicle, Configs, Record, World, read};
use hactl::time::Instant;

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

const RUNS: [&str; 9] = [
    "01-crash",
    "02-stop",
    "06-seed-weight2-tie",
    "08-negative-weight",
    "11-deaf-backup-splitbrain",
    "14-v3-subsecond-crash",
    "18-v3-advert-int-adopted",
    "20-ipv6-crash",
    "25-startup-delay",
];

#[test]
fn recorded_runs() {
    for run in RUNS {
        for version in ["2.2.7", "2.4.3"] {
            let name = format!("/work/shared/recorded/{run}/scenario-{version}.toml");
            let text = std::fs::read_to_string(&name).unwrap();
            let mut disk = Disk;
            let mut configs = Configs { loader: &mut disk, options: Options::default() };
            let draft = read(&name, &text, &mut configs).unwrap();
            let mut world = World::new(&draft.scenario);
            let mut records: Vec<Record> = Vec::new();
            world.run_until(Instant::ZERO.after(draft.scenario.duration), &mut records);
            let mut chronicle = Chronicle::default();
            println!("== {run} {version}");
            for r in &records {
                chronicle.note(r);
                match r {
                    Record::State { who, transition: t } => println!(
                        "{:.6} {} {:?} -> {:?} {} {:?}",
                        t.at.as_micros() as f64 / 1e6,
                        world.name(who.node),
                        t.from,
                        t.to,
                        t.priority,
                        t.reason
                    ),
                    r => println!("{:?}", r),
                }
            }
            let told = std::fs::read_to_string(format!("/work/shared/recorded/{run}/timeline-{version}.json")).unwrap();
            println!("{}", told.replace('\n', " ").replace("}, ", "}\n"));
            for (g, s) in chronicle.until(world.now()) {
                println!("{g:?} dual {:?} none {:?} take {:?}", s.dual, s.none, s.takeovers);
            }
        }
    }
    let _ = (root(), BTreeMap::<u8, u8>::new());
}
