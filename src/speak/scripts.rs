//! Tracked scripts: the programs behind `vrrp_script`.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use crate::net::end_process_group;
use crate::time::Instant;
use crate::vrrp::script::{Job, Run, Schedule};

/// A user and a group of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

/// A script of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// The tracker that its results are for.
    pub tracker: usize,
    /// The program and its arguments, as one line; no shell reads it.
    pub command: String,
    /// From one start to the next.
    pub interval: Duration,
    /// After which a run has failed; the interval if absent.
    pub timeout: Option<Duration>,
    /// Who runs it, with no further groups; whoever runs this process if absent.
    pub account: Option<Account>,
}

struct Entry {
    script: Script,
    words: Vec<String>,
    schedule: Schedule,
    groups: BTreeMap<Run, u32>,
}

/// All scripts, and what runs of them.
pub(super) struct Scripts {
    entries: Vec<Entry>,
    ends: Receiver<(usize, Run, bool)>,
    tell: Sender<(usize, Run, bool)>,
    wake: UnixStream,
}

impl Scripts {
    /// `overlap`: `Profile::scripts_overlap`. `wake` gets a byte whenever a run has ended.
    pub(super) fn new(scripts: Vec<Script>, overlap: bool, wake: UnixStream) -> Self {
        let (tell, ends) = mpsc::channel();
        let entry = |script: Script| Entry {
            words: shell_words::split(&script.command)
                .unwrap_or_else(|_| script.command.split_whitespace().map(str::to_owned).collect()),
            schedule: Schedule::new(script.interval, script.timeout, overlap),
            groups: BTreeMap::new(),
            script,
        };
        Self { entries: scripts.into_iter().map(entry).collect(), ends, tell, wake }
    }

    pub(super) fn start(&mut self, now: Instant) {
        self.entries.iter_mut().for_each(|e| e.schedule.start(now));
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.entries.iter().filter_map(|e| e.schedule.next_deadline()).min()
    }

    /// Collects results, then does what is due. Gives (tracker, success).
    pub(super) fn tick(&mut self, now: Instant) -> Vec<(usize, bool)> {
        let mut results = Vec::new();
        while let Ok((i, run, ok)) = self.ends.try_recv() {
            if let Some(e) = self.entries.get_mut(i) {
                e.groups.remove(&run);
                if e.schedule.ended(run).is_some() {
                    results.push((e.script.tracker, ok));
                }
            }
        }
        for i in 0..self.entries.len() {
            while let Some(job) = self.entries[i].schedule.tick(now) {
                match job {
                    Job::Skip => {}
                    Job::Start(run) => {
                        if !self.run(i, run) && self.entries[i].schedule.ended(run).is_some() {
                            results.push((self.entries[i].script.tracker, false));
                        }
                    }
                    Job::Terminate(run) => self.end(i, run, false),
                    Job::Kill(run) => self.end(i, run, true),
                }
            }
        }
        results
    }

    fn end(&self, i: usize, run: Run, kill: bool) {
        if let Some(group) = self.entries.get(i).and_then(|e| e.groups.get(&run)) {
            let _ = end_process_group(*group, kill); // gone already: its end is on the way
        }
    }

    /// Starts a run. False if the program cannot be started.
    fn run(&mut self, i: usize, run: Run) -> bool {
        let Some(entry) = self.entries.get_mut(i) else { return false };
        let Some((program, arguments)) = entry.words.split_first() else { return false };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if let Some(Account { uid, gid }) = entry.script.account {
            command.uid(uid).gid(gid); // as root this clears the supplementary groups too
        }
        let (Ok(mut child), Ok(wake)) = (command.spawn(), self.wake.try_clone()) else { return false };
        entry.groups.insert(run, child.id());
        let tell = self.tell.clone();
        let waits = thread::Builder::new().name("script".into()).spawn(move || {
            let ok = child.wait().is_ok_and(|status| status.success());
            if tell.send((i, run, ok)).is_ok() {
                let _ = (&wake).write(&[0]); // full: then it wakes anyway
            }
        });
        waits.is_ok()
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        for entry in &mut self.entries {
            for group in entry.groups.values() {
                let _ = end_process_group(*group, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    /// Whether the script succeeds.
    fn succeeds(account: Option<Account>, command: &str) -> bool {
        let (wake, mut woken) = UnixStream::pair().expect("a pair of sockets");
        let script = Script {
            name: "chk".into(),
            tracker: 7,
            command: command.into(),
            interval: Duration::from_mins(1),
            timeout: None,
            account,
        };
        let mut scripts = Scripts::new(vec![script], false, wake);
        scripts.start(Instant::from_micros(0));
        assert_eq!(scripts.tick(Instant::from_micros(0)), []);
        woken.read_exact(&mut [0]).expect("it has ended");
        let results = scripts.tick(Instant::from_micros(1));
        assert_eq!(results.len(), 1);
        assert_eq!(results[0].0, 7);
        results[0].1
    }

    #[test]
    fn a_script_has_the_rights_of_its_user_and_no_more() {
        let ids = r#"sh -c 'test "$(id -u) $(id -g) $(id -G)" = "65534 65533 65533"'"#;
        let own = std::fs::metadata("/proc/self").expect("a process").uid();
        assert!(succeeds(None, &format!("sh -c 'test $(id -u) = {own}'")));
        assert!(!succeeds(None, ids));
        if own != 0 {
            eprintln!("SKIPPED: only root can run a script as another user");
            return;
        }
        assert!(succeeds(Some(Account { uid: 65534, gid: 65533 }), ids));
    }
}
