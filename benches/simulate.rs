//! How fast `hactl simulate` is: a day of two nodes, delivered adverts a second, and the exploring of faults.
//!
//! `cargo bench --bench simulate` prints them, each the best of several rounds, with what is wanted of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use hactl::conf::{LoadError, Loader, Options};
use hactl::simulate::{Configs, Daemon, Draft, Plan, Play, Record, Scenario, Sink, explore};
use hactl::time::Instant;

struct Memory(BTreeMap<String, String>);

impl Loader for Memory {
    fn expand(&mut self, pattern: &str, _: &str) -> Vec<String> {
        vec![pattern.to_owned()]
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(name).map(|t| t.clone().into_bytes()).ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: Record) {}
}

/// Nodes with a script and these many instances, the priorities of each turned by one.
fn cluster(nodes: usize, instances: usize, script: bool) -> Scenario {
    let mut texts = BTreeMap::new();
    for n in 0..nodes {
        let mut text = String::new();
        if script {
            text.push_str("vrrp_script chk {\n script \"/bin/true\"\n interval 2\n weight -60\n}\n");
        }
        for i in 0..instances {
            let priority = 200 - 20 * ((n + i) % nodes);
            let track = if script { "track_script {\n chk\n }\n" } else { "" };
            let _ = write!(
                text,
                "vrrp_instance V{i} {{\n state BACKUP\n interface eth0\n virtual_router_id {}\n priority {priority}\n \
                 advert_int 1\n {track}virtual_ipaddress {{\n 10.77.1.{}/16\n }}\n}}\n",
                51 + i,
                10 + i
            );
        }
        texts.insert(format!("{}.conf", char::from(b'a' + n as u8)), text);
    }
    let names: Vec<String> = texts.keys().cloned().collect();
    let mut loader = Memory(texts);
    let mut configs = Configs { loader: &mut loader, options: Options::default() };
    let mut draft = Draft::default();
    for name in names {
        let node = name.trim_end_matches(".conf");
        let setting = configs.read(&name, node, Daemon::default()).expect("a right configuration");
        draft.node(node, Daemon::default(), setting);
    }
    draft.addresses();
    draft.scenario
}

fn best(rounds: usize, mut f: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let start = std::time::Instant::now();
        f();
        best = best.min(start.elapsed());
    }
    best
}

fn main() {
    let day = Instant::ZERO.after(Duration::from_hours(24));
    let two = cluster(2, 1, false);
    let took = best(5, || Play::new(&two).run_until(day, &mut Nobody));
    println!("{:54} {:8.3} s (target: below 0.2)", "a day of two nodes", took.as_secs_f64());

    // Each of the advertised adverts is delivered to nine nodes.
    let hour = Instant::ZERO.after(Duration::from_hours(2));
    let ten = cluster(10, 1, false);
    let took = best(5, || Play::new(&ten).run_until(hour, &mut Nobody));
    let delivered = 7200.0 * 9.0 / took.as_secs_f64() / 1e6;
    println!("{:54} {delivered:8.1} million a second (target: over 1)", "adverts delivered to nine of ten nodes");

    let three = cluster(3, 2, true);
    for (faults, target) in [(1, 1.0), (2, 30.0)] {
        let plan = Plan { faults, assertions: Vec::new(), threads: 0 };
        let mut played = 0;
        let took = best(if faults == 1 { 5 } else { 1 }, || played = explore(&three, &plan, &|_, _| {}).played);
        let name = format!("exploring {faults} fault(s) of three nodes, {played} simulations");
        println!("{name:54} {:8.3} s (target: below {target})", took.as_secs_f64());
    }
}
