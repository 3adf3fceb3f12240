//! A line of a keepalived.conf, after a byte that picks the version: its comment goes, the rest falls into words. No panic;
//! words are in order, each from bytes of the line.
#![no_main]

use hactl::conf::{Version, probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [pick, line @ ..] = input else { return };
    let version = if pick & 1 == 0 { Version::V2_2 } else { Version::V2_4 };
    let [words, script] = probe::words(line, version);
    for words in [words, script] {
        let mut end = 0;
        for word in &words {
            let span = word.span;
            assert!(end <= span.start && span.start < span.end && span.end as usize <= line.len(), "{span:?}");
            // A quote and an escape are longer than what they mean.
            assert!(word.text.len() <= (span.end - span.start) as usize);
            end = span.end;
        }
    }
});
