//! The operating system: sockets, interfaces, addresses, privileges, signals, clocks. The only unsafe code lives here.
//!
//! Three sides that share only [`link`], clocks, signals and privileges:
//!
//! * **Watching** transmits nothing and joins no multicast group: [`Capture`] only listens. The order in which a program
//!   uses it: [`Stop::install`], [`Capture::open`], open the files to be written, [`drop_privileges`], then threads.
//! * **Speaking** ([`vrrp_socket`], [`announce`], [`netlink`], [`vmac`]) sends adverts and announcements and changes
//!   addresses and interfaces. Only a speaker uses it: [`Stop::install`], open everything, [`keep_network_privileges`],
//!   then [`wait_any`] in one thread. No socket of it waits for the network; a change waits for the kernel's word. These
//!   names are used with their modules', so that a test can hold that nothing else uses them.
//! * **Probing** ([`probe_socket`], [`ask_socket`]) asks a service as one of its clients would, and who has an address.
//!   Only `probe` uses it.
//!   [`sock_diag`] and [`socket_owner`] ask this kernel about its own connections.

pub mod announce;
pub mod ask_socket;
pub mod bpf;
pub mod capture;
pub mod clock;
pub mod link;
mod memory;
pub mod namespace;
pub mod netlink;
pub mod privilege;
pub mod probe_socket;
mod ring;
pub mod signal;
pub mod sock_diag;
pub mod socket_owner;
mod sys;
#[cfg(test)]
mod tests;
pub mod vmac;
pub mod vrrp_socket;

pub use capture::{Capture, CaptureError, CaptureOptions, Next, OpenError, Stats};
pub use clock::{monotonic, wall};
pub use link::{Interface, InterfaceState, interfaces, namespace_id, own_networks};
pub use memory::expect_much;
pub use privilege::{DropError, drop_privileges, keep_network_privileges};
pub use signal::{Signal, Stop};
pub use sys::{
    NO_FOLLOW, NO_WAIT, Ready, Wait, end_process_group, is_deserted, set_timer_slack, wait_any, wait_readable,
};
