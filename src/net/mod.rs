//! The operating system: capture sockets, interfaces, privileges, signals. The only unsafe code lives here.
//!
//! Nothing in this module transmits, and nothing joins a multicast group: [`Capture`] only listens. The order in which a
//! program uses it: [`Stop::install`], [`Capture::open`], open the files to be written, [`drop_privileges`], then threads.

pub mod bpf;
pub mod capture;
pub mod clock;
pub mod link;
pub mod privilege;
mod ring;
pub mod signal;
mod sys;

pub use capture::{Capture, CaptureError, CaptureOptions, Next, OpenError, Stats};
pub use clock::wall;
pub use link::{Interface, InterfaceState};
pub use privilege::{DropError, drop_privileges};
pub use signal::{Signal, Stop};
pub use sys::{NO_FOLLOW, NO_WAIT, Wait, wait_readable};
