//! `deaf` and `hear`

use super::{Args, FaultKind, Key, Whose, World};

pub const DEAF: FaultKind = FaultKind {
    name: "deaf",
    about: "the node hears no VRRP, as behind a firewall that drops protocol 112; the host sees nothing of it",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.deafen(args, true),
};

pub const HEAR: FaultKind = FaultKind {
    name: "hear",
    about: "the node hears VRRP again",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.deafen(args, false),
};

impl World {
    fn deafen(&mut self, args: &Args, deaf: bool) {
        let Some(node) = args.node else { return };
        let interface = args.interface.as_deref().and_then(|i| self.interface(node, i));
        let set = &mut self.network.deaf;
        match (deaf, interface) {
            (true, _) => drop(set.insert((node, interface))),
            (false, None) => set.retain(|(n, _)| *n != node),
            (false, Some(_)) => drop(set.remove(&(node, interface))),
        }
    }
}
