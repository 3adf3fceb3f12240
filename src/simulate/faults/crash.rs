//! `crash` and `power-off`

use super::{Args, FaultKind, Whose, World};

pub const CRASH: FaultKind = FaultKind {
    name: "crash",
    about: "the VRRP process is killed (SIGKILL): no release, and its addresses stay on the host",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| world.kill(args, true),
};

pub const POWER_OFF: FaultKind = FaultKind {
    name: "power-off",
    about: "the host loses power: no release, and its addresses are gone",
    whose: Whose::Node,
    needs: &[],
    may: &[],
    apply: |world, args| world.kill(args, false),
};

impl World {
    fn kill(&mut self, args: &Args, keep: bool) {
        if let Some(node) = args.node {
            self.gone(node, keep);
        }
    }
}
