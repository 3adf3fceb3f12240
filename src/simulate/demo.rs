//! The pair behind `--demo`: an embedded capture of two real keepalived nodes, played round after round.

use crate::pcap::CaptureReader;
use crate::time::Timestamp;

/// The capture, as recorded by `scripts/capture-fixtures demo`; its `.toml` beside it says how it came about. The master
/// of VRID 51 is killed, comes back, is stopped cleanly and comes back again, while VRID 52 runs on undisturbed.
pub const CAPTURE: &[u8] = include_bytes!("../../tests/fixtures/pcaps/keepalived-2.2.7/demo.pcap");

/// One advert interval between the last frame of a round and the first of the next, so that the seam looks like any
/// other second.
const SEAM_NANOS: i64 = 1_000_000_000;

/// Moves the frames of each round in time: the first round begins at a given moment, each other one after the one before.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    shift: i64,
    last: Timestamp,
}

impl Rounds {
    /// The first round begins at `now`.
    pub fn starting(now: Timestamp) -> Self {
        Self { shift: now.nanos - first_frame().nanos, last: now }
    }

    /// The time at which a frame of the capture plays in this round.
    pub fn time(&mut self, recorded: Timestamp) -> Timestamp {
        self.last = Timestamp { nanos: recorded.nanos.saturating_add(self.shift), digits: recorded.digits };
        self.last
    }

    /// Begins the next round.
    pub fn again(&mut self) {
        self.shift = self.last.nanos + SEAM_NANOS - first_frame().nanos;
    }
}

fn first_frame() -> Timestamp {
    let mut reader = CaptureReader::open(CAPTURE).ok();
    reader.as_mut().and_then(|r| r.next().ok().flatten().map(|f| f.time)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_follows_the_one_before() {
        let start = Timestamp::from_micros(5_000_000);
        let mut rounds = Rounds::starting(start);
        let first = first_frame();
        assert_eq!(rounds.time(first).nanos, start.nanos);
        let last = Timestamp { nanos: first.nanos + 30_000_000_000, digits: 6 };
        assert_eq!(rounds.time(last).nanos, 35_000_000_000);
        rounds.again();
        assert_eq!(rounds.time(first).nanos, 36_000_000_000);
    }
}
