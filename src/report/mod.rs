//! Facts in words and in JSON, for plain output and for screens alike.

pub mod clock;
pub mod describe;
pub mod json;
pub mod line;
pub mod lint;
mod object;
pub mod probe;
pub mod simulate;
pub mod speak;
pub mod table;
pub mod verdict;

pub use clock::Clock;

/// A name from outside, safe to print: control characters and those that turn text around are replaced.
pub fn printable(s: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    s.chars().map(|c| if bad(c) { '\u{fffd}' } else { c }).collect()
}
