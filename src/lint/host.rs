//! What a host knows about what a configuration names.

use std::fmt;

/// Asks the host that a configuration is for. Nothing here changes or runs anything.
pub trait Host: Sync {
    /// Whether an interface of this name is there.
    fn interface(&self, name: &str) -> bool;

    /// Whether a user of this name is there.
    fn user(&self, name: &str) -> bool;

    /// Whether a group of this name is there.
    fn group(&self, name: &str) -> bool;

    /// What keepalived would have against running a command, a path or a name with its arguments.
    fn program(&self, command: &str) -> Option<Trouble>;

    /// The text of a script, when the command is one: its beginning, of a bounded length.
    fn script(&self, command: &str) -> Option<String>;

    /// A setting of the kernel as sysctl calls it: `net.ipv4.ip_nonlocal_bind`.
    fn setting(&self, name: &str) -> Option<String>;
}

/// What is wrong with a program that keepalived is to run. Its text is a clause: `/x/chk.sh is not there`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is not there: keepalived takes the script out of the configuration.
    Missing(String),
    /// It is no regular file: keepalived takes the script out.
    NotAFile(String),
    /// Nobody may execute it: keepalived keeps the script, which then fails each time.
    NotExecutable(String),
    /// It can be executed, but the kernel cannot start it: keepalived keeps the script, and takes each run of it for a
    /// success.
    NotStartable {
        /// The file.
        path: String,
        /// Why, as a clause without its subject.
        why: String,
    },
    /// Others than root can change it, or what it lies in. Where the script runs as root keepalived takes it out with
    /// `enable_script_security`, and only warns without.
    Insecure {
        /// What they can change.
        path: String,
        /// Who they are.
        by: String,
    },
    /// A directory of its path is a symbolic link: keepalived 2.4 takes such a script out.
    Link(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{path} is not there"),
            Self::NotAFile(path) => write!(f, "{path} is not a regular file"),
            Self::NotExecutable(path) => write!(f, "{path} is not executable"),
            Self::NotStartable { path, why } => write!(f, "{path} {why}"),
            Self::Insecure { path, by } => write!(f, "{path} can be changed by {by}"),
            Self::Link(path) => write!(f, "{path} is a symbolic link"),
        }
    }
}
