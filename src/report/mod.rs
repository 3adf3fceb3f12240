//! Facts in words, for plain output and for screens alike.

pub mod clock;
pub mod describe;

pub use clock::Clock;
