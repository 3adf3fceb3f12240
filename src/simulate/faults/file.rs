//! `file`

use super::{FaultKind, Key, Whose};

pub const FILE: FaultKind = FaultKind {
    name: "file",
    about: "this number is written into a tracked file",
    whose: Whose::Node,
    needs: &[Key::File, Key::Value],
    may: &[],
    apply: |world, args| {
        if let (Some(node), Some(name), Some(value)) = (args.node, &args.name, args.value) {
            world.set_file(node, name, value);
        }
    },
};
