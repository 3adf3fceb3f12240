//! How much of all answers together is held for patterns.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be held by all that share it. A pattern is looked for in the whole answer, many answers come at the same
/// time, and each of them may be long: a body's own limit says nothing of their sum.
#[derive(Debug)]
pub(super) struct Budget {
    held: AtomicUsize,
    most: usize,
}

/// That of this process.
pub(super) static PATTERNS: Budget = Budget::new(128 << 20);

/// What one answer holds of it, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    of: &'static Budget,
    bytes: usize,
}

impl Budget {
    pub const fn new(most: usize) -> Self {
        Self { held: AtomicUsize::new(0), most }
    }

    /// Nothing yet.
    pub const fn share(&'static self) -> Share {
        Share { of: self, bytes: 0 }
    }

    /// Mebibytes that there are.
    pub const fn mebibytes(&self) -> usize {
        self.most >> 20
    }
}

impl Share {
    /// Takes more. False when there is not as much left.
    pub fn take(&mut self, bytes: usize) -> bool {
        let more = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= self.of.most);
        let taken = self.of.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        self.bytes += if taken { bytes } else { 0 };
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_there_again() {
        static TEN: Budget = Budget::new(10);
        let (mut one, mut other) = (TEN.share(), TEN.share());
        assert!(one.take(6) && other.take(4));
        assert!(!other.take(1) && !one.take(usize::MAX));
        drop(one);
        assert!(other.take(6) && !other.take(1));
    }
}
