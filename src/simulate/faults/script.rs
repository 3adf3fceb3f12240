//! `script`

use super::{FaultKind, Key, Whose};
use crate::simulate::scenario::Behaviour;

pub const SCRIPT: FaultKind = FaultKind {
    name: "script",
    about: "from now on a tracked script exits with this status, or hangs",
    whose: Whose::Node,
    needs: &[Key::Script, Key::Exit],
    may: &[Key::Takes],
    apply: |world, args| {
        if let (Some(node), Some(name)) = (args.node, &args.name) {
            let exit = args.exit.unwrap_or_default();
            world.set_script(node, name, Behaviour { exit, takes: args.time.unwrap_or_default(), hangs: args.hangs });
        }
    },
};
