//! `pause` and `resume`

use super::{FaultKind, Whose};

pub const PAUSE: FaultKind = FaultKind {
    name: "pause",
    about: "the process stands still (SIGSTOP, a frozen virtual machine): what arrives waits",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| args.node.into_iter().for_each(|n| world.pause(n)),
};

pub const RESUME: FaultKind = FaultKind {
    name: "resume",
    about: "the process goes on: what came first while it stood still is handled first",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| args.node.into_iter().for_each(|n| world.resume(n)),
};
