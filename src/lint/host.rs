//! What a host knows about what a configuration names.

/// Asks the host that a configuration is for. Nothing here changes or runs anything.
pub trait Host {
    /// Whether an interface of this name is there.
    fn interface(&self, name: &str) -> bool;

    /// Whether a user of this name is there.
    fn user(&self, name: &str) -> bool;

    /// Whether a group of this name is there.
    fn group(&self, name: &str) -> bool;

    /// Why keepalived would refuse to run a command's program, if it would: not there, not executable, or writable by
    /// others. One sentence each.
    fn program(&self, command: &str) -> Option<String>;
}
