//! Two nodes' keepalived.conf, after a byte that picks the version: the pieces of the input before and after `\xfe`, each
//! with files to include. Both are read as keepalived takes them and as they were meant, completed, judged and told of.
//! No panic, an end, every place in its file, and nothing that a terminal would obey.
#![no_main]

use std::collections::BTreeSet;

use hactl::conf::effective::effective;
use hactl::conf::{self, Reading, resolve};
use hactl::lint::fix::{Draft, Meaning, keeps};
use hactl::lint::{Context, Excerpts, Node, Selection, differences, judge};
use hactl::report::{Clock, json, lint, verdict};
use hactl_fuzz::{Files, MAIN, options, within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [pick, text @ ..] = input else { return };
    let given = options(*pick);
    let mut nodes = Vec::new();
    for (name, part) in ["a", "b"].into_iter().zip(text.split(|b| *b == 0xfe)) {
        for reading in [Reading::AsTaken, Reading::AsMeant] {
            let mut files = Files::of(part);
            let mut options = given.clone();
            options.reading = reading;
            let conf = conf::read(MAIN, &mut files, &options).expect("the first file is there");
            let run = resolve(&conf, options.version);
            for p in conf.problems.iter().chain(&run.problems).take(10_000) {
                within(&conf.sources, p.span);
                p.related.iter().for_each(|(span, _)| within(&conf.sources, *span));
                p.edits.iter().for_each(|edit| within(&conf.sources, edit.span));
            }
            let _ = effective(&conf, &run, options.version);
            if reading == Reading::AsMeant {
                nodes.push(Node { name: name.to_owned(), conf, run });
            }
        }
    }
    let context = Context { version: given.version, ..Context::default() };
    let found = judge(&nodes, &context, &Selection::default());
    let mut excerpts = Excerpts::of(&nodes);
    for d in found.iter().take(1000) {
        let f = d.finding(&nodes, &mut excerpts);
        let mut out = Vec::new();
        json::finding(&mut out, &f).expect("memory takes everything");
        verdict::finding(&mut out, &f, &Clock::utc()).expect("memory takes everything");
        lint::concise(&mut out, &f).expect("memory takes everything");
        let text = String::from_utf8(out).expect("text");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    if let [_, _] = &nodes[..] {
        let nodes: [Node; 2] = nodes.try_into().expect("they are two");
        let _ = differences(&nodes, given.version);
        return;
    }
    // What can be changed by itself can be read again.
    let able: Vec<_> = found.iter().filter(|d| !d.edits.is_empty()).take(20).collect();
    let draft = Draft::of(&nodes, &able);
    let names: BTreeSet<&String> = draft.texts.keys().collect();
    if let (Some(node), Some(new)) = (nodes.first(), draft.texts.get(MAIN))
        && names.len() == 1
    {
        let mut files = Files::of(text);
        let before = conf::read(MAIN, &mut files, &given).expect("the first file is there");
        let mut files = Files::of(new);
        let after = conf::read(MAIN, &mut files, &given).expect("the first file is there");
        let (a, b) = (resolve(&before, given.version), resolve(&after, given.version));
        let _ = keeps(&Meaning { conf: &before, run: &a }, &Meaning { conf: &after, run: &b }, &draft);
        let _ = &node.name;
    }
});
