//! `stop` and `start`

use super::{FaultKind, Whose};

pub const STOP: FaultKind = FaultKind {
    name: "stop",
    about: "the daemon is stopped (SIGTERM): a master releases with priority 0 and takes its addresses off",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| args.node.into_iter().for_each(|n| world.stop(n)),
};

pub const START: FaultKind = FaultKind {
    name: "start",
    about: "the daemon is started; what a killed one left on the host is taken off first",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| args.node.into_iter().for_each(|n| world.start(n)),
};
