//! hactl: what a VRRP/keepalived high-availability setup is doing, why, and what it will do next.
//!
//! The map of the crate is `ARCHITECTURE.md`. Data flows one way: frames → [`wire`] → `sniff` → findings → reports and
//! screens. Everything below `cli` takes time as an argument and never asks a clock.

pub mod cli;
pub mod conf;
pub mod finding;
pub mod frame;
pub mod lint;
pub mod net;
pub mod pcap;
pub mod probe;
pub mod report;
pub mod simulate;
pub mod sniff;
pub mod speak;
pub mod time;
pub mod tui;
pub mod vrrp;
pub mod wire;
