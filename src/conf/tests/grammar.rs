//! Configurations made up from the grammar: right ones, which have no problem however they are written, and what a few
//! changes make of them.

use super::*;
use crate::conf::effective::{Section, effective};

#[path = "../../../tests/grammar/mod.rs"]
mod made;

fn configuration() -> impl Strategy<Value = made::Made> {
    prop::collection::vec(any::<u8>(), 0..1500).prop_map(|bytes| made::of_bytes(&bytes))
}

fn read(text: &[u8], reading: Reading, version: Version) -> Conf {
    let mut memory = Memory(BTreeMap::from([("k.conf", text.to_vec())]));
    let options = Options { version, config_id: made::ID.into(), reading, ..Options::default() };
    crate::conf::read("k.conf", &mut memory, &options).unwrap()
}

/// What would run.
fn settings(conf: &Conf, version: Version) -> Vec<Section> {
    effective(conf, &resolve(conf, version), version)
}

/// A change of a text: where, how much goes, what comes.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
    let one = (any::<prop::sample::Index>(), prop_oneof![3 => 0_usize..3, 1 => 0_usize..60], piece());
    prop::collection::vec(one, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_right_has_no_problem_however_it_is_written(made in configuration(), old in any::<bool>()) {
        let version = if old { Version::V2_2 } else { Version::V2_4 };
        let taken = read(made.text.as_bytes(), Reading::AsTaken, version);
        let meant = read(made.text.as_bytes(), Reading::AsMeant, version);
        for conf in [&taken, &meant] {
            let run = resolve(conf, version);
            let told = conf.problems.iter().chain(&run.problems);
            let said: Vec<_> = told.map(|p| (conf.sources.position(p.span).line, &p.sentence)).collect();
            prop_assert!(said.is_empty(), "{:#?} in\n{}", said, made.text);
            prop_assert_eq!(run.instances.len(), made.instances);
        }
        prop_assert_eq!(settings(&taken, version), settings(&meant, version));
    }

    #[test]
    fn whatever_is_changed_is_read(made in configuration(), changes in changes(), old in any::<bool>()) {
        let version = if old { Version::V2_2 } else { Version::V2_4 };
        let mut text = made.text.into_bytes();
        for (at, gone, new) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + gone).min(text.len());
            text.splice(at..end, new);
        }
        let text = String::from_utf8_lossy(&text).replace("include", "incl");
        for reading in [Reading::AsTaken, Reading::AsMeant] {
            let conf = read(text.as_bytes(), reading, version);
            check(&conf, version)?;
            // Each change makes a few problems only, if all is read as it was meant.
            if reading == Reading::AsMeant {
                prop_assert!(conf.problems.len() < 60, "{:#?}", conf.problems);
            }
        }
    }
}
