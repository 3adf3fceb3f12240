//! How long reading ten thousand instances takes, in files, includes, definitions and repetitions; also for a tenth and for
//! twice as many, which shows that it grows with the text only.
//!
//! `cargo bench --bench conf` prints it. Each time is the best of several rounds, so that what else the machine does counts
//! little. Where keepalived is installed, the time of its own check is there for comparison.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hactl::conf::{self, LoadError, Loader, Options, Reading, Version, resolve};

const ROUNDS: usize = 15;
const INSTANCES: usize = 10_000;

struct Memory(HashMap<String, Vec<u8>>);

impl Loader for Memory {
    fn expand(&mut self, pattern: &str, _from: &str) -> Vec<String> {
        let Some(start) = pattern.strip_suffix('*') else { return vec![pattern.to_owned()] };
        let mut names: Vec<String> = self.0.keys().filter(|k| k.starts_with(start)).cloned().collect();
        names.sort();
        names
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(name).cloned().ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

/// An instance as people write them.
fn instance(n: usize) -> String {
    format!(
        "vrrp_instance VI_{n} {{\n    state BACKUP\n    interface eth{}    # of rack {}\n    virtual_router_id {}\n    \
         priority {}\n    advert_int 1\n    authentication {{\n        auth_type PASS\n        auth_pass ${{SECRET}}\n    }}\n    \
         track_script {{\n        chk\n    }}\n    virtual_ipaddress {{\n        ${{NET}}.{}.{}.{}/32\n    }}\n}}\n",
        n / 250,
        n / 40,
        n % 250 + 1,
        n % 100 + 100,
        n / 62_500,
        n / 250 % 250,
        n % 250 + 1,
    )
}

/// A main file that includes nine tenths of the instances and repeats the others.
fn files(instances: usize) -> HashMap<String, Vec<u8>> {
    let mut files = HashMap::new();
    let part = instances / 10;
    for i in 0..9 {
        let text: String = (i * part..(i + 1) * part).map(instance).collect();
        files.insert(format!("parts/{i}"), text.into_bytes());
    }
    let mut main = String::from(
        "global_defs {\n    router_id A\n}\n$NET=10\n$SECRET=hunter2\nvrrp_script chk {\n    script \"/bin/true\"\n}\n\
         $INSTANCE=vrrp_instance R_${I}_${J} { \\\n    interface r${I} \\\n    virtual_router_id ${J} \\\n    priority 90 \\\n    \
         virtual_ipaddress { \\\n        fd00::${I}:${J} \\\n    } \\\n    }\ninclude parts/*\n",
    );
    let _ = writeln!(main, "~SEQ(I, 1, {}) ~SEQ(J, 1, 10) $INSTANCE", part / 10);
    files.insert("k.conf".to_owned(), main.into_bytes());
    files
}

fn best(mut f: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        f();
        best = best.min(start.elapsed());
    }
    best
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn main() {
    for instances in [INSTANCES / 10, INSTANCES, INSTANCES * 2] {
        let mut memory = Memory(files(instances));
        let size = memory.0.values().map(Vec::len).sum::<usize>() as f64 / 1e6;
        for (name, reading) in [("as keepalived takes it", Reading::AsTaken), ("as it was meant", Reading::AsMeant)] {
            let options = Options { reading, ..Options::default() };
            let mut read = || conf::read("k.conf", &mut memory, &options).expect("it is in memory");
            let conf = read();
            assert_eq!((conf.instances.len(), conf.problems.len()), (instances, 0));
            let reading = best(|| drop(black_box(read())));
            let resolving = best(|| drop(black_box(resolve(&conf, Version::default()))));
            println!(
                "{instances:6} instances, {size:5.1} MB, {name:23} read in {:6.1} ms, resolved in {:6.1} ms: {:5.1} ms a MB",
                ms(reading),
                ms(resolving),
                ms(reading + resolving) / size,
            );
        }
    }
    keepalived();
}

/// The time of keepalived's own check of the same text.
fn keepalived() {
    let Ok(dir) = tempfile::tempdir() else { return };
    for (name, text) in files(INSTANCES) {
        let path = dir.path().join(name);
        let written =
            path.parent().is_some_and(|p| std::fs::create_dir_all(p).is_ok()) && std::fs::write(path, text).is_ok();
        assert!(written, "cannot write below {}", dir.path().display());
    }
    let start = Instant::now();
    let status =
        Command::new("keepalived").arg("-t").arg("-f").arg(dir.path().join("k.conf")).stderr(Stdio::null()).status();
    match status {
        Ok(_) => println!("{INSTANCES:6} instances, keepalived -t takes {:6.1} ms", ms(start.elapsed())),
        Err(_) => println!("keepalived is not installed, nothing to compare with"),
    }
}
