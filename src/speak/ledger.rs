//! What this process puts on the host, written down before it is put there.
//!
//! A process that is killed cannot tidy up. Each speaker therefore keeps a small file, locked while it lives, that names
//! the addresses and interfaces it may add. The next one finds files whose lock is free: their owners are dead, and what
//! of their things is still there is left over. Text lines, so that a person can read them too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::net::namespace_id;

/// Where the files are: gone after a restart of the host, as the addresses are.
pub const DIRECTORY: &str = "/run/hactl";

/// Something that a speaker may leave on a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// An address on an interface.
    Address {
        /// The interface.
        interface: String,
        /// The address.
        ip: IpAddr,
        /// Length of its prefix.
        prefix: u8,
    },
    /// An interface made for a virtual MAC.
    Link {
        /// Its name.
        name: String,
    },
}

impl Entry {
    fn line(&self) -> String {
        match self {
            Self::Address { interface, ip, prefix } => format!("address {interface} {ip}/{prefix}"),
            Self::Link { name } => format!("link {name}"),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["address", interface, net] => {
                let (ip, prefix) = net.split_once('/')?;
                let (ip, prefix) = (ip.parse().ok()?, prefix.parse().ok()?);
                Some(Self::Address { interface: interface.to_owned(), ip, prefix })
            }
            ["link", name] => Some(Self::Link { name: name.to_owned() }),
            _ => None,
        }
    }
}

/// The file of a process that is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// Its process id.
    pub pid: u32,
    /// What it may have left.
    pub entries: Vec<Entry>,
    path: PathBuf,
}

impl Abandoned {
    /// Forgets it, once what it left has been dealt with.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.path); // another speaker may have been faster
    }
}

/// The file of this process. Dropping it removes it.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    // Open for as long as the process lives: its lock is what says so.
    file: File,
}

impl Ledger {
    /// Begins the file.
    ///
    /// # Errors
    /// When the directory or the file cannot be made.
    pub fn create(directory: &Path, entries: &[Entry]) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
        let path = directory.join(format!("speak-{}-{}", namespace_id()?, std::process::id()));
        // Nobody else writes here: an old file of this name belonged to a dead process with our id.
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path)?;
        file.try_lock().map_err(io::Error::from)?;
        let mut ledger = Self { path, file };
        ledger.add(entries)?;
        Ok(ledger)
    }

    /// Adds entries.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(&mut self, entries: &[Entry]) -> io::Result<()> {
        let text: String = entries.iter().map(|e| e.line() + "\n").collect();
        self.file.write_all(text.as_bytes())
    }

    /// What dead speakers of this network namespace wrote down.
    pub fn abandoned(directory: &Path) -> Vec<Abandoned> {
        let Ok(own) = namespace_id() else { return Vec::new() };
        let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
        let mut found: Vec<Abandoned> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                let (namespace, pid) = name.to_str()?.strip_prefix("speak-")?.split_once('-')?;
                if namespace != own {
                    return None;
                }
                let path = entry.path();
                let file = OpenOptions::new().read(true).custom_flags(crate::net::NO_FOLLOW).open(&path).ok()?;
                if !file.metadata().is_ok_and(|m| m.is_file()) || file.try_lock().is_err() {
                    return None; // its owner lives
                }
                let text = io::read_to_string(&file).ok()?;
                Some(Abandoned {
                    pid: pid.parse().ok()?,
                    entries: text.lines().filter_map(Entry::parse).collect(),
                    path,
                })
            })
            .collect();
        found.sort_by_key(|a| a.pid);
        found
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_process_is_told_from_a_living_one() {
        let dir = tempfile::tempdir().unwrap();
        let entries = [
            Entry::Address { interface: "eth0".into(), ip: "10.0.0.10".parse().unwrap(), prefix: 24 },
            Entry::Address { interface: "eth0".into(), ip: "2001:db8::10".parse().unwrap(), prefix: 64 },
            Entry::Link { name: "vrrp.51".into() },
        ];
        let ledger = Ledger::create(dir.path(), &entries).unwrap();
        assert_eq!(Ledger::abandoned(dir.path()), [], "it lives");
        // What remains of a killed process: its file, without the lock. 4194305 is above every process id.
        let dead = dir.path().join(format!("speak-{}-4194305", namespace_id().unwrap()));
        fs::copy(&ledger.path, &dead).unwrap();
        let elsewhere = dir.path().join("speak-1-4194306");
        fs::copy(&ledger.path, &elsewhere).unwrap();
        let found = Ledger::abandoned(dir.path());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pid, &found[0].entries[..]), (4_194_305, &entries[..]));
        found[0].forget();
        assert_eq!(Ledger::abandoned(dir.path()), []);
        let path = ledger.path.clone();
        drop(ledger);
        assert!(!path.exists() && elsewhere.exists());
    }

    #[test]
    fn lines_that_are_not_ours_are_passed_over() {
        for line in ["", "address eth0", "address eth0 10.0.0.1", "address eth0 x/24", "link", "rm -rf /"] {
            assert_eq!(Entry::parse(line), None, "{line}");
        }
    }
}
