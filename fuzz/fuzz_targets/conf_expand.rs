//! A keepalived.conf and files that it may include, after a byte that picks how they are read: includes, definitions,
//! repetitions, conditions. No panic, an end, and every word has its place.
#![no_main]

use hactl::conf::probe;
use hactl_fuzz::{Files, MAIN, options, within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [pick, text @ ..] = input else { return };
    let mut files = Files::of(text);
    let main = files.main();
    let read = probe::lines(MAIN, main, &mut files, &options(*pick));
    // However much is repeated.
    let size: usize = read.lines.iter().map(Vec::len).sum();
    assert!(size < 40 << 20, "{size} bytes");
    for word in read.words.iter().take(100_000) {
        within(&read.sources, word.span);
    }
    for p in read.problems.iter().take(10_000) {
        within(&read.sources, p.span);
        assert!(!p.sentence.contains(|c: char| c.is_control()));
    }
});
