//! Other network namespaces of this host.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::sys;

/// Where `ip netns add` puts its namespaces.
const NAMED: &str = "/run/netns";

/// Why a network namespace cannot be entered.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// No namespace has this name, and no process this number.
    #[error("there is no network namespace {name}; `ip netns` knows {}; a process's number or a path would do, too", list(.known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It takes privileges.
    #[error("entering the network namespace {0} is not permitted to this user: run `sudo hactl …`")]
    NotPermitted(String),
    /// The file is something else.
    #[error("{0} is no network namespace")]
    Other(String),
    /// Threads that run already would stay where they are.
    #[error("cannot enter the network namespace {0}: other threads are running already")]
    Threads(String),
    /// The kernel's answer.
    #[error("cannot enter the network namespace {name}: {source}")]
    Io {
        /// What was asked for.
        name: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Moves this process to a network namespace: one of `ip netns` by its name, that of a process by its number, or a path. A
/// name wins over a number. To be called before any other thread is started; those that are started later are in it too.
/// Files stay as they are: names are resolved with the `/etc/resolv.conf` of this host.
///
/// # Errors
/// When there is none, or it takes more privileges.
pub fn enter(name: &str) -> Result<(), NamespaceError> {
    let fail = |source: io::Error| match source.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => NamespaceError::NotPermitted(name.to_owned()),
        Some(libc::EINVAL) => NamespaceError::Other(name.to_owned()),
        _ => NamespaceError::Io { name: name.to_owned(), source },
    };
    let Some(path) = path(name, &|p| p.symlink_metadata().is_ok()) else {
        let mut known: Vec<String> = std::fs::read_dir(NAMED)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        known.sort();
        return Err(NamespaceError::Unknown { name: name.to_owned(), known });
    };
    // A FIFO would wait for its other end for ever.
    if !path.metadata().map_err(fail)?.is_file() {
        return Err(NamespaceError::Other(name.to_owned()));
    }
    let file = File::open(path).map_err(fail)?;
    if std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count) > 1 {
        return Err(NamespaceError::Threads(name.to_owned()));
    }
    sys::enter_network_namespace(file.as_fd()).map_err(fail)
}

/// The file of a namespace, if there is one.
fn path(name: &str, exists: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let candidates = if name.contains('/') {
        vec![PathBuf::from(name)]
    } else {
        let named = (!matches!(name, "" | "." | "..")).then(|| Path::new(NAMED).join(name));
        let process = name.parse::<u32>().ok().map(|pid| PathBuf::from(format!("/proc/{pid}/ns/net")));
        named.into_iter().chain(process).collect()
    };
    candidates.into_iter().find(|p| exists(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_wins_over_a_number() {
        let found = |name: &str, there: &[&str]| {
            path(name, &|p| there.iter().any(|t| Path::new(t) == p)).map(|p| p.to_str().unwrap().to_owned())
        };
        assert_eq!(found("red", &["/run/netns/red"]).as_deref(), Some("/run/netns/red"));
        assert_eq!(found("12", &["/run/netns/12", "/proc/12/ns/net"]).as_deref(), Some("/run/netns/12"));
        assert_eq!(found("12", &["/proc/12/ns/net"]).as_deref(), Some("/proc/12/ns/net"));
        assert_eq!(found("/x/net", &["/x/net"]).as_deref(), Some("/x/net"));
        assert_eq!(found("..", &["/run/netns/.."]), None);
        assert_eq!(found("", &["/run/netns/"]), None);
        assert_eq!(found("12x", &["/proc/12/ns/net"]), None);
    }

    #[test]
    fn what_is_none_is_said() {
        let e = enter("no-such-namespace").expect_err("there is none");
        assert!(e.to_string().starts_with("there is no network namespace no-such-namespace; `ip netns` knows "), "{e}");
        assert_eq!(enter("/dev").expect_err("a directory").to_string(), "/dev is no network namespace");
    }
}
