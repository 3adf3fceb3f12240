//! `delay` and `jitter`

use super::loss::links;
use super::{FaultKind, Key, Whose};
use crate::simulate::network::{Rule, set};

pub const DELAY: FaultKind = FaultKind {
    name: "delay",
    about: "packets arrive so much later, on a link, in a direction or everywhere; 0s ends it",
    whose: Whose::NodeOrAll,
    needs: &[Key::Time],
    may: &[Key::From, Key::To],
    apply: |world, args| {
        for (from, to) in links(args) {
            set(&mut world.network.delay, Rule { from, to, value: args.time.unwrap_or_default() });
        }
    },
};

pub const JITTER: FaultKind = FaultKind {
    name: "jitter",
    about: "packets arrive later by up to this, each by another time; 0s ends it",
    whose: Whose::NodeOrAll,
    needs: &[Key::Time],
    may: &[Key::From, Key::To],
    apply: |world, args| {
        for (from, to) in links(args) {
            set(&mut world.network.jitter, Rule { from, to, value: args.time.unwrap_or_default() });
        }
    },
};
