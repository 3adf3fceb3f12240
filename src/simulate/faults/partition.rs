//! `partition` and `heal`

use super::{FaultKind, Key, Whose};

pub const PARTITION: FaultKind = FaultKind {
    name: "partition",
    about: "nodes on different sides do not reach each other; every interface stays up",
    whose: Whose::Network,
    needs: &[Key::Sides],
    may: &[],
    apply: |world, args| world.network.sides.clone_from(&args.sides),
};

pub const HEAL: FaultKind = FaultKind {
    name: "heal",
    about: "the partition ends",
    whose: Whose::Network,
    needs: &[],
    may: &[],
    apply: |world, _| world.network.sides.clear(),
};
