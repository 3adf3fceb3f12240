//! The kinds of faults, a file each.

pub(super) mod address;
pub(super) mod crash;
pub(super) mod deaf;
pub(super) mod delay;
pub(super) mod file;
pub(super) mod link;
pub(super) mod loss;
pub(super) mod mute;
pub(super) mod partition;
pub(super) mod pause;
pub(super) mod process;
pub(super) mod reload;
pub(super) mod script;
pub(super) mod stop;

use super::fault::{Args, FaultKind, Key, Whose};
use super::world::World;
