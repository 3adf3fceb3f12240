//! `process`

use super::{FaultKind, Key, Whose};

pub const PROCESS: FaultKind = FaultKind {
    name: "process",
    about: "as many of a tracked process run as are asked for (up), or not (down)",
    whose: Whose::Node,
    needs: &[Key::Process, Key::Running],
    may: &[],
    apply: |world, args| {
        if let (Some(node), Some(name), Some(running)) = (args.node, &args.name, args.running) {
            world.set_process(node, name, running);
        }
    },
};
