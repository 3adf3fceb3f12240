//! Bytes as a configuration and the files it includes, read as taken and as meant, and resolved. No panic, an end, and
//! every problem stands in a text there is.
#![no_main]

use hactl::conf::effective::effective;
use hactl::conf::{self, LoadError, Loader, Options, Reading, Version, resolve};
use libfuzzer_sys::fuzz_target;

/// The parts of the input: the first is the configuration, the others are what it may include, `1.conf` and on.
struct Parts<'a>(Vec<&'a [u8]>);

impl Loader for Parts<'_> {
    fn expand(&mut self, pattern: &str, _: &str) -> Vec<String> {
        let named = |n: &usize| pattern.contains('*') || *pattern == format!("{n}.conf");
        (0..self.0.len()).filter(named).map(|n| format!("{n}.conf")).collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let number: Option<usize> = name.strip_suffix(".conf").and_then(|n| n.parse().ok());
        let text = number.and_then(|n| self.0.get(n));
        text.map(|text| text.to_vec()).ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

fuzz_target!(|input: &[u8]| {
    // No text of a configuration has this byte.
    let parts: Vec<&[u8]> = input.split(|b| *b == 0xFF).take(8).collect();
    for version in [Version::V2_2, Version::default()] {
        for reading in [Reading::AsTaken, Reading::AsMeant] {
            let options = Options { version, reading, ..Options::default() };
            let conf = conf::read("0.conf", &mut Parts(parts.clone()), &options).expect("the first part is there");
            let run = resolve(&conf, version);
            for problem in conf.problems.iter().chain(&run.problems) {
                let (start, end) = (conf.sources.position(problem.span), conf.sources.end(problem.span));
                assert!((start.line, start.column) <= (end.line, end.column), "{problem:?}");
                let _ = conf.sources.written(problem.span);
            }
            let _ = effective(&conf, &run, version);
        }
    }
});
