//! `mute` and `unmute`

use super::{Args, FaultKind, Key, Whose, World};

pub const MUTE: FaultKind = FaultKind {
    name: "mute",
    about: "the node's VRRP never leaves, as behind an output rule that drops protocol 112",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.silence(args, true),
};

pub const UNMUTE: FaultKind = FaultKind {
    name: "unmute",
    about: "the node's VRRP leaves again",
    whose: Whose::Node,
    needs: &[],
    may: &[Key::Interface],
    apply: |world, args| world.silence(args, false),
};

impl World {
    fn silence(&mut self, args: &Args, mute: bool) {
        let Some(node) = args.node else { return };
        let interface = args.interface.as_deref().and_then(|i| self.interface(node, i));
        let set = &mut self.network.mute;
        match (mute, interface) {
            (true, _) => drop(set.insert((node, interface))),
            (false, None) => set.retain(|(n, _)| *n != node),
            (false, Some(_)) => drop(set.remove(&(node, interface))),
        }
    }
}
