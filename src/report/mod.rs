//! Facts in words and in JSON, for plain output and for screens alike.

pub mod clock;
pub mod describe;
pub mod json;
pub mod line;
pub mod table;
pub mod verdict;

pub use clock::Clock;
