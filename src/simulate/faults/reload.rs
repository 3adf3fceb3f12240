//! `reload`

use super::{FaultKind, Key, Whose};

pub const RELOAD: FaultKind = FaultKind {
    name: "reload",
    about: "the daemon reads its configuration again (SIGHUP), or another one",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Config],
    apply: |world, args| {
        if let Some(node) = args.node {
            world.reload(node, args.config.as_ref().map(|(_, setting)| setting));
        }
    },
};
