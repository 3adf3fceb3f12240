//! A VRRP router that takes part: [`crate::vrrp`]'s state machine driven by real sockets, addresses and time.
//!
//! One thread does everything that has to be on time: it waits for packets, link changes, commands and deadlines, asks
//! the state machine and performs its actions. It tells what happened as [`Told`] values, and hands out a [`View`] for
//! the screen; both are data, shown by `report` and `tui`.

mod host;
mod ledger;
pub mod listen;
mod run;
mod scripts;
mod speaker;
mod spec;
#[cfg(test)]
mod tests;
mod told;
mod view;

pub use host::SpeakError;
pub use listen::Consent;
pub use run::{Remote, Setup, Speaking, start};
pub use scripts::{Account, Script};
pub use speaker::{Host, Now, Speaker};
pub use spec::{Address, Spec};
pub use told::{Command, Told, Trouble, Update, What};
pub use view::{AddressView, InstanceView, Peer, Phase, View};
