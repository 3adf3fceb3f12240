//! A right configuration that the input's bytes choose from the grammar. It is read without a problem, as keepalived takes it
//! and as it was meant, and both are the same.
#![no_main]

use arbitrary::Unstructured;
use hactl::conf::effective::effective;
use hactl::conf::{self, Reading, resolve};
use hactl_fuzz::{Files, MAIN, grammar, options};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [pick, choices @ ..] = input else { return };
    let mut choices = Unstructured::new(choices);
    let made = grammar::configuration(&mut |n| choices.int_in_range(0..=n.max(1) - 1).unwrap_or(0));
    let mut means = Vec::new();
    for reading in [Reading::AsTaken, Reading::AsMeant] {
        let mut options = options(*pick);
        (options.reading, options.config_id) = (reading, grammar::ID.to_owned());
        let conf = conf::read(MAIN, &mut Files::of(made.text.as_bytes()), &options).expect("the first file is there");
        let run = resolve(&conf, options.version);
        let said: Vec<&str> = conf.problems.iter().chain(&run.problems).map(|p| &*p.sentence).collect();
        assert!(said.is_empty(), "{said:#?} in\n{}", made.text);
        assert_eq!(run.instances.len(), made.instances, "{}", made.text);
        means.push(effective(&conf, &run, options.version));
    }
    assert_eq!(means[0], means[1], "{}", made.text);
});
