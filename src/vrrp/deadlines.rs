//! The earliest of many deadlines.

use crate::time::Instant;

const NEVER: Instant = Instant::from_micros(i64::MAX);

/// A deadline for each of a fixed number of places, and the earliest of them: a tournament whose inner nodes hold the
/// earlier of their two children. Setting one costs its height, eight comparisons for 255 places, and no memory.
#[derive(Clone, Debug)]
pub(super) struct Deadlines {
    /// The root is at 1, the children of n at 2n and 2n + 1, the places from the middle on.
    tree: Vec<Instant>,
}

impl Deadlines {
    /// So many places, none with a deadline.
    pub(super) fn new(places: usize) -> Self {
        Self { tree: vec![NEVER; 2 * places.next_power_of_two()] }
    }

    /// Sets or unsets one.
    pub(super) fn set(&mut self, place: usize, at: Option<Instant>) {
        let mut n = self.tree.len() / 2 + place;
        let Some(leaf) = self.tree.get_mut(n) else { return };
        *leaf = at.unwrap_or(NEVER);
        while n > 1 {
            n /= 2;
            let earlier = self.tree[2 * n].min(self.tree[2 * n + 1]);
            if self.tree[n] == earlier {
                return;
            }
            self.tree[n] = earlier;
        }
    }

    /// The place with the earliest deadline; of several, the first.
    pub(super) fn first(&self) -> Option<usize> {
        let earliest = self.tree.get(1).filter(|at| **at != NEVER)?;
        let places = self.tree.len() / 2;
        let mut n = 1;
        while n < places {
            n *= 2;
            if self.tree[n] != *earliest {
                n += 1;
            }
        }
        Some(n - places)
    }
}
