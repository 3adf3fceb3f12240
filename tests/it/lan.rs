//! A link without latency: state machines that hear each other in the very moment, driven in the order of time.

use std::collections::{BTreeSet, VecDeque};

use hactl::time::Instant;
use hactl::vrrp::{Action, Event, Heard, Params, State, Transition, VirtualRouter};

/// What one instant may take before it is called a storm.
const STORM: usize = 100_000;

/// Machines on one link.
pub struct Lan {
    pub nodes: Vec<Node>,
    pub now: Instant,
    /// Adverts in the order they were sent: when, by which node, with which priority.
    pub sent: Vec<(Instant, usize, u8)>,
    /// Who became what, in order.
    pub transitions: Vec<(usize, Transition)>,
    /// (from, to): adverts that are lost on the way.
    pub cut: BTreeSet<(usize, usize)>,
    /// (from, to): adverts that the receiver's checks reject.
    pub rejects: BTreeSet<(usize, usize)>,
}

/// One machine.
pub struct Node {
    pub router: VirtualRouter,
    /// Killed: it does, sends and hears nothing.
    pub dead: bool,
}

impl Lan {
    pub fn new(all: impl IntoIterator<Item = Params>) -> Self {
        let nodes = all.into_iter().map(|p| Node { router: VirtualRouter::new(p), dead: false }).collect();
        let (cut, rejects) = (BTreeSet::new(), BTreeSet::new());
        Self { nodes, now: Instant::ZERO, sent: Vec::new(), transitions: Vec::new(), cut, rejects }
    }

    /// The node whose deadline is the next, and when. Of several the first.
    fn next(&self) -> Option<(Instant, usize)> {
        let due = |(i, n): (usize, &Node)| n.router.next_deadline().filter(|_| !n.dead).map(|(at, _)| (at, i));
        self.nodes.iter().enumerate().filter_map(due).min()
    }

    /// Lets time pass until just before `at`.
    pub fn run_until(&mut self, at: Instant) {
        while let Some((due, node)) = self.next().filter(|(due, _)| *due < at) {
            self.now = self.now.max(due);
            self.give(node, Event::Timer);
        }
        self.now = self.now.max(at);
    }

    /// Lets time pass until `at` and tells a node of an event.
    pub fn tell(&mut self, at: Instant, node: usize, event: Event) {
        self.run_until(at);
        self.give(node, event);
    }

    /// Kills a node.
    pub fn kill(&mut self, at: Instant, node: usize) {
        self.run_until(at);
        self.nodes[node].dead = true;
    }

    fn give(&mut self, node: usize, event: Event) {
        let mut queue = VecDeque::from([(node, event)]);
        let mut taken = 0;
        while let Some((to, event)) = queue.pop_front() {
            taken += 1;
            assert!(taken < STORM, "a storm at {:?}", self.now);
            if self.nodes[to].dead {
                continue;
            }
            for action in self.nodes[to].router.handle(self.now, event) {
                match action {
                    Action::SendAdvert { priority } => {
                        self.sent.push((self.now, to, priority));
                        let (src, advert_int) = {
                            let params = self.nodes[to].router.params();
                            (params.source, params.advert_int)
                        };
                        let heard = Heard { src, priority, advert_int };
                        for other in (0..self.nodes.len()).filter(|o| *o != to && !self.cut.contains(&(to, *o))) {
                            let rejected = self.rejects.contains(&(to, other));
                            queue.push_back((other, if rejected { Event::Rejected } else { Event::Advert(heard) }));
                        }
                    }
                    Action::Report(transition) => self.transitions.push((to, transition)),
                    _ => {}
                }
            }
        }
    }

    /// The nodes that are alive and master.
    pub fn masters(&self) -> Vec<usize> {
        let master = |n: &Node| !n.dead && n.router.state() == State::Master;
        self.nodes.iter().enumerate().filter(|(_, n)| master(n)).map(|(i, _)| i).collect()
    }

    /// When a node became this, each time.
    pub fn became(&self, node: usize, state: State) -> Vec<Instant> {
        self.transitions.iter().filter(|(n, t)| *n == node && t.to == state).map(|(_, t)| t.at).collect()
    }
}
