//! The round-trip estimator (`tcp_rtt_estimator`), in microseconds as the kernel keeps it.

use std::time::Duration;

use super::settings::Kernel;

/// Smoothed round-trip time and its variation.
#[derive(Clone, Debug)]
pub struct Estimator {
    /// Eight times the smoothed time.
    srtt: u64,
    /// Four times the mean deviation.
    mdev: u64,
    /// The largest of `mdev` in the last round trip.
    mdev_max: u64,
    /// What is added to the time: smoothed `mdev_max`, and no less than the kernel's least.
    rttvar: u64,
    /// The end of the round trip.
    until: u64,
    least: u64,
}

impl Estimator {
    /// With the handshake as its first sample. `next` is the next sequence number to be sent.
    pub fn new(sample: Duration, next: u64, kernel: &Kernel) -> Self {
        let least = micros(kernel.rto_min);
        let m = micros(sample);
        let mdev = m * 2;
        let rttvar = mdev.max(least);
        Self { srtt: (m * 8).max(1), mdev, mdev_max: rttvar, rttvar, until: next, least }
    }

    /// Takes a sample, with what is acknowledged up to and the next sequence number.
    pub fn sample(&mut self, sample: Duration, una: u64, next: u64) {
        let error = micros(sample) as i64 - (self.srtt / 8) as i64;
        self.srtt = self.srtt.saturating_add_signed(error).max(1);
        let mut change = error.abs() - (self.mdev / 4) as i64;
        if error < 0 && change > 0 {
            // Shorter than thought: no reason to grow much more careful.
            change >>= 3;
        }
        self.mdev = self.mdev.saturating_add_signed(change);
        if self.mdev > self.mdev_max {
            self.mdev_max = self.mdev;
            self.rttvar = self.rttvar.max(self.mdev_max);
        }
        if una > self.until {
            if self.mdev_max < self.rttvar {
                self.rttvar -= (self.rttvar - self.mdev_max) / 4;
            }
            (self.until, self.mdev_max) = (next, self.least);
        }
    }

    /// The smoothed time.
    pub fn rtt(&self) -> Duration {
        Duration::from_micros(self.srtt / 8)
    }

    /// The retransmission timeout without backoff, in whole ticks.
    pub fn rto(&self, kernel: &Kernel) -> Duration {
        kernel.in_ticks(Duration::from_micros(self.srtt / 8 + self.rttvar)).min(kernel.rto_max)
    }
}

fn micros(d: Duration) -> u64 {
    u64::try_from(d.as_micros()).unwrap_or(u64::MAX / 16).min(u64::MAX / 16)
}
