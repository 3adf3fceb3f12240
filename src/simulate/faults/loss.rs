//! `loss`

use super::{Args, FaultKind, Key, Whose};
use crate::simulate::network::{Rule, set};

pub const LOSS: FaultKind = FaultKind {
    name: "loss",
    about: "so many packets of a hundred are lost, on a link, in a direction or everywhere; 0 ends it",
    whose: Whose::NodeOrAll,
    needs: &[Key::Percent],
    may: &[Key::From, Key::To],
    apply: |world, args| {
        for (from, to) in links(args) {
            set(&mut world.network.loss, Rule { from, to, value: args.millionths.unwrap_or_default() });
        }
    },
};

/// The links that a fault means: those from and to its node, or one direction, or all.
pub fn links(args: &Args) -> Vec<(Option<usize>, Option<usize>)> {
    match (args.node, args.from, args.to) {
        (Some(node), None, None) => vec![(Some(node), None), (None, Some(node))],
        (node, from, to) => vec![(from.or(node), to)],
    }
}
