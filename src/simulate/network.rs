//! What is between the nodes: segments, and everything that keeps a packet from arriving or makes it late.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rng::Rng;

/// A rule for packets from one node to another; `None` means any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule<T> {
    /// The sender.
    pub from: Option<usize>,
    /// The receiver.
    pub to: Option<usize>,
    /// What it says.
    pub value: T,
}

/// The state of the links.
#[derive(Clone, Debug, Default, Hash)]
pub struct Network {
    /// Nodes, and interfaces of theirs, that hear no VRRP.
    pub deaf: BTreeSet<(usize, Option<usize>)>,
    /// Nodes, and interfaces of theirs, whose VRRP never leaves.
    pub mute: BTreeSet<(usize, Option<usize>)>,
    /// The sides of a partition: nodes on different sides do not reach each other. A node on no side reaches all.
    pub sides: Vec<Vec<usize>>,
    /// Loss in millionths.
    pub loss: Vec<Rule<u32>>,
    /// Delay of each packet.
    pub delay: Vec<Rule<Duration>>,
    /// Most that is added to the delay, evenly spread.
    pub jitter: Vec<Rule<Duration>>,
}

fn of<T: Copy>(rules: &[Rule<T>], from: usize, to: usize) -> Option<T> {
    let fits = |r: &&Rule<T>| r.from.is_none_or(|f| f == from) && r.to.is_none_or(|t| t == to);
    rules.iter().rev().find(fits).map(|r| r.value)
}

/// Sets a rule in place of one for the same link.
pub fn set<T: Copy>(rules: &mut Vec<Rule<T>>, rule: Rule<T>) {
    rules.retain(|r| (r.from, r.to) != (rule.from, rule.to));
    rules.push(rule);
}

impl Network {
    /// Whether a node's VRRP leaves by an interface.
    pub fn speaks(&self, node: usize, interface: usize) -> bool {
        self.mute.is_empty() || !self.mute.contains(&(node, None)) && !self.mute.contains(&(node, Some(interface)))
    }

    /// Whether a node hears VRRP by an interface.
    pub fn hears(&self, node: usize, interface: usize) -> bool {
        self.deaf.is_empty() || !self.deaf.contains(&(node, None)) && !self.deaf.contains(&(node, Some(interface)))
    }

    /// Whether nothing parts two nodes.
    pub fn connects(&self, from: usize, to: usize) -> bool {
        if self.sides.is_empty() {
            return true;
        }
        let side = |n: usize| self.sides.iter().position(|s| s.contains(&n));
        match (side(from), side(to)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }

    /// Packets of a node that are lost: the share in millionths, and the other end if not all are meant.
    pub fn loss_of(&self, node: usize) -> Vec<(u32, Option<usize>)> {
        let own = self.loss.iter().filter(|r| r.value > 0 && (r.from == Some(node) || r.to == Some(node)));
        own.map(|r| (r.value, if r.from == Some(node) { r.to } else { r.from })).collect()
    }

    /// The share of packets from one node to another that is lost, in millionths.
    pub fn loss_between(&self, from: usize, to: usize) -> u32 {
        of(&self.loss, from, to).unwrap_or_default()
    }

    /// How long a packet takes; nothing when it is lost.
    pub fn travel(&self, from: usize, to: usize, rng: &mut Rng) -> Option<Duration> {
        if self.loss.is_empty() && self.delay.is_empty() && self.jitter.is_empty() {
            return Some(Duration::ZERO);
        }
        if of(&self.loss, from, to).is_some_and(|loss| rng.below(1_000_000) < u64::from(loss)) {
            return None;
        }
        let delay = of(&self.delay, from, to).unwrap_or_default();
        let jitter = of(&self.jitter, from, to).unwrap_or_default();
        let more = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX - 1);
        Some(delay.saturating_add(Duration::from_micros(rng.below(more.saturating_add(1)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_part_nodes_and_the_latest_rule_counts() {
        let mut n = Network { sides: vec![vec![0], vec![1, 2]], ..Network::default() };
        assert!(!n.connects(0, 1) && n.connects(1, 2) && n.connects(0, 3));
        let mut rng = Rng::from_seed(1);
        set(&mut n.delay, Rule { from: None, to: None, value: Duration::from_millis(5) });
        set(&mut n.delay, Rule { from: Some(0), to: None, value: Duration::from_millis(9) });
        assert_eq!(n.travel(0, 1, &mut rng), Some(Duration::from_millis(9)));
        assert_eq!(n.travel(1, 0, &mut rng), Some(Duration::from_millis(5)));
        set(&mut n.loss, Rule { from: None, to: Some(1), value: 1_000_000 });
        assert_eq!(n.travel(0, 1, &mut rng), None);
        set(&mut n.loss, Rule { from: None, to: Some(1), value: 0 });
        assert_eq!(n.travel(0, 1, &mut rng), Some(Duration::from_millis(9)));
    }
}
