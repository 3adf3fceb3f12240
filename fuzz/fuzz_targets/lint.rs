//! Bytes as the configurations of one or two nodes, judged. No panic, an end, and each finding stands in its file.
#![no_main]

use hactl::conf::{self, LoadError, Loader, Options, Reading, resolve};
use hactl::lint::{Context, Excerpts, Node, Selection, judge};
use libfuzzer_sys::fuzz_target;

struct One<'a>(&'a [u8]);

impl Loader for One<'_> {
    fn expand(&mut self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, _: &str) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.to_vec())
    }
}

fuzz_target!(|input: &[u8]| {
    // No text of a configuration has this byte.
    let texts = input.split(|b| *b == 0xFF).take(2);
    let nodes: Vec<Node> = ["a", "b"]
        .into_iter()
        .zip(texts)
        .map(|(name, text)| {
            let options = Options { reading: Reading::AsMeant, ..Options::default() };
            let conf = conf::read(name, &mut One(text), &options).expect("it is there");
            let run = resolve(&conf, options.version);
            Node { name: name.to_owned(), conf, run }
        })
        .collect();
    for found in judge(&nodes, &Context::default(), &Selection::default()) {
        let finding = found.finding(&nodes, &mut Excerpts::default());
        assert!(!finding.message.is_empty());
    }
});
