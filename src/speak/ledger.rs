//! What this process puts on the host, written down before it is put there, and struck out once it is gone.
//!
//! A process that is killed cannot tidy up. Each speaker therefore keeps a small file, locked while it lives, that names
//! the addresses and interfaces it has added. The next one finds files whose lock is free: their owners are dead, and what
//! of their things is still there is left over. Text lines, so that a person can read them too; a line that begins with
//! `gone` takes back the same line before it. The files of the living say which virtual routers there are already.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::net::namespace_id;
use crate::net::vrrp_socket::Family;

/// Where the files are: gone after a restart of the host, as the addresses are.
pub const DIRECTORY: &str = "/run/hactl";

/// Something that a speaker may leave on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A kernel setting that was changed.
    Setting {
        /// Its file.
        path: String,
        /// What it was before.
        value: String,
    },
    /// A virtual router that the process is. Nothing to be tidied up.
    Router {
        /// Its interface.
        interface: String,
        /// Its family.
        family: Family,
        /// Its number.
        vrid: u8,
    },
}

impl Entry {
    fn line(&self) -> String {
        match self {
            Self::Address { interface, ip, prefix } => format!("address {interface} {ip}/{prefix}"),
            Self::Link { name } => format!("link {name}"),
            Self::Setting { path, value } => format!("setting {path} {value}"),
            Self::Router { interface, family, vrid } => format!("router {interface} {family} {vrid}"),
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
            ["setting", path, value] => Some(Self::Setting { path: path.to_owned(), value: value.to_owned() }),
            ["router", interface, family, vrid] => {
                let family = [Family::V4, Family::V6].into_iter().find(|f| f.to_string() == family)?;
                Some(Self::Router { interface: interface.to_owned(), family, vrid: vrid.parse().ok()? })
            }
            _ => None,
        }
    }

    /// What a file says: its entries that were not taken back, each once. A line cut short by the writer's end says nothing.
    fn read(text: &str) -> Vec<Self> {
        let mut entries = Vec::new();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let (gone, line) = line.strip_prefix("gone ").map_or((false, line), |line| (true, line));
            let Some(entry) = Self::parse(line) else { continue };
            entries.retain(|e| *e != entry);
            if !gone {
                entries.push(entry);
            }
        }
        entries
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
        let name = format!("speak-{}-{}", namespace_id()?, std::process::id());
        let path = directory.join(&name);
        // It gets its name when it is locked: until then it would be taken for a dead process's. Nobody else writes here:
        // old files of these names belonged to a dead process with our id.
        let unlocked = directory.join(format!("new-{name}"));
        let _ = fs::remove_file(&unlocked);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&unlocked)?;
        let mut ledger = Self { path: unlocked, file };
        ledger.file.try_lock().map_err(io::Error::from)?;
        ledger.add(entries)?;
        fs::rename(&ledger.path, &path)?;
        ledger.path = path;
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

    /// Takes an entry back: what it names is no longer there, or no longer ours.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn gone(&mut self, entry: &Entry) -> io::Result<()> {
        self.file.write_all(format!("gone {}\n", entry.line()).as_bytes())
    }

    /// What dead speakers of this network namespace wrote down.
    pub fn abandoned(directory: &Path) -> Vec<Abandoned> {
        Self::files(directory, false)
    }

    /// What the living speakers of this network namespace have written down, this process among them: process ids and
    /// entries.
    pub fn living(directory: &Path) -> Vec<(u32, Vec<Entry>)> {
        Self::files(directory, true).into_iter().map(|f| (f.pid, f.entries)).collect()
    }

    /// The files of this network namespace whose owners live, or do not.
    fn files(directory: &Path, living: bool) -> Vec<Abandoned> {
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
                // Shared, so that who looks at the same time is not taken for its owner.
                if !file.metadata().is_ok_and(|m| m.is_file()) || file.try_lock_shared().is_err() != living {
                    return None;
                }
                let text = io::read_to_string(&file).ok()?;
                Some(Abandoned { pid: pid.parse().ok()?, entries: Entry::read(&text), path })
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
            Entry::Setting { path: "/proc/sys/net/ipv4/conf/eth0/arp_ignore".into(), value: "0".into() },
            Entry::Router { interface: "eth0".into(), family: Family::V6, vrid: 51 },
        ];
        let mut ledger = Ledger::create(dir.path(), &entries).unwrap();
        assert_eq!(Ledger::abandoned(dir.path()), [], "it lives");
        assert_eq!(Ledger::living(dir.path()), [(std::process::id(), entries.to_vec())]);
        let text = "address eth0 10.0.0.10/24\naddress eth0 2001:db8::10/64\nlink vrrp.51\n\
                    setting /proc/sys/net/ipv4/conf/eth0/arp_ignore 0\nrouter eth0 IPv6 51\n";
        assert_eq!(fs::read_to_string(&ledger.path).unwrap(), text);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing of its making is left");
        let more = Entry::Link { name: "vrrp.52".into() };
        ledger.add(std::slice::from_ref(&more)).unwrap();
        ledger.gone(&more).unwrap();
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
    fn what_was_taken_back_is_not_left() {
        let address = |last| Entry::Address { interface: "eth0".into(), ip: [10, 0, 0, last].into(), prefix: 24 };
        let text = "address eth0 10.0.0.10/24\naddress eth0 10.0.0.11/24\ngone address eth0 10.0.0.10/24\n";
        assert_eq!(Entry::read(text), [address(11)]);
        let again = format!("{text}address eth0 10.0.0.10/24\naddress eth0 10.0.0.11/24\nlink vrrp.5");
        assert_eq!(Entry::read(&again), [address(10), address(11)]);
    }

    #[test]
    fn lines_that_are_not_ours_are_passed_over() {
        for line in ["", "address eth0", "address eth0 10.0.0.1", "address eth0 x/24", "link", "rm -rf /"] {
            assert_eq!(Entry::parse(line), None, "{line}");
        }
    }
}
