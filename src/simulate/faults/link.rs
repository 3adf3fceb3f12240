//! `link-down` and `link-up`

use super::{Args, FaultKind, Key, Whose, World};

pub const LINK_DOWN: FaultKind = FaultKind {
    name: "link-down",
    about: "an interface, or all that carry VRRP, loses its carrier; the host sees it",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.carrier(args, false),
};

pub const LINK_UP: FaultKind = FaultKind {
    name: "link-up",
    about: "the carrier is back",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.carrier(args, true),
};

impl World {
    fn carrier(&mut self, args: &Args, up: bool) {
        let Some(node) = args.node else { return };
        for interface in self.interfaces(node, args.interface.as_deref()) {
            self.link(node, interface, up);
        }
    }
}
