//! `address-removed` and `address-added`

use super::{FaultKind, Key, Whose};

pub const ADDRESS_REMOVED: FaultKind = FaultKind {
    name: "address-removed",
    about: "somebody else takes an address off the node: a virtual one, or an interface's own",
    whose: Whose::Node,
    needs: &[Key::Address],
    may: &[],
    apply: |world, args| {
        if let (Some(node), Some(address)) = (args.node, args.address) {
            world.remove_address(node, address);
        }
    },
};

pub const ADDRESS_ADDED: FaultKind = FaultKind {
    name: "address-added",
    about: "an interface's own address that was removed is put back",
    whose: Whose::Node,
    needs: &[Key::Address],
    may: &[],
    apply: |world, args| {
        if let (Some(node), Some(address)) = (args.node, args.address) {
            world.add_address(node, address);
        }
    },
};
