//! Reading sources one after the other, as `decode`, `sniff` and `watch` without a screen do.

use std::time::Instant;

use super::Error;
use super::args::SourceArgs;
use super::output::complain;
use crate::net::{Stop, drop_privileges};
use crate::sniff::source::{Counters, Source, Spec};

/// How reading a source ended.
pub enum Ending {
    /// End of file, time over, or interrupted.
    Done,
    /// As many frames as were asked for.
    Full,
    /// Early: cut, or damaged.
    Failed {
        /// Why.
        why: String,
        /// Damaged, so that more than the end may be missing.
        damaged: bool,
    },
}

/// Who reads.
pub trait Reader {
    /// Frames read so far: those of the next source are numbered on.
    fn frames(&self) -> u64;

    /// Called once, when the first source has been opened, and before privileges are given up.
    fn begin(&mut self, name: &str) -> Result<(), Error>;

    /// Reads one source to its end.
    fn read(&mut self, source: &mut Source) -> Result<Ending, Error>;
}

/// What came of all sources.
#[derive(Default)]
pub struct Outcome {
    /// At least one could be opened.
    pub opened: bool,
    /// One could not be opened, or is damaged.
    pub failed: bool,
    /// Why the last one that ended early did.
    pub cut: Option<String>,
    /// Counters of the last one.
    pub counters: Counters,
}

/// Reads all sources in turn. Of several, one that cannot be read is told and the others are read all the same.
pub fn read_all(
    reader: &mut dyn Reader,
    specs: &[Spec],
    args: &SourceArgs,
    stop: &Stop,
    deadline: Option<Instant>,
) -> Result<Outcome, Error> {
    let name = specs.iter().map(Spec::argument).collect::<Vec<_>>().join(", ");
    let mut outcome = Outcome::default();
    for spec in specs {
        let mut source = match Source::open(spec, args.promiscuous, stop, deadline) {
            Ok(source) => source.numbered_after(reader.frames()),
            Err(e) if specs.len() > 1 => {
                complain(&e);
                outcome.failed = true;
                continue;
            }
            Err(e) => return Err(e.into()),
        };
        if !outcome.opened {
            reader.begin(&name)?;
        }
        if specs.len() == 1 {
            // Everything is open: what is left is to parse bytes from strangers, which needs no privilege. Where that
            // cannot be had (a thread of a library's, an old kernel), going on is still what the user wants.
            let _ = drop_privileges();
        }
        outcome.opened = true;
        let ending = reader.read(&mut source)?;
        outcome.counters = source.counters();
        match ending {
            Ending::Done => {}
            Ending::Full => break,
            Ending::Failed { why, damaged } => {
                complain(&format_args!("{}: {why}", source.name()));
                outcome.failed |= damaged;
                outcome.cut = Some(why);
            }
        }
    }
    Ok(outcome)
}
