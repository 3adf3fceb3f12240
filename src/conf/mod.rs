//! keepalived.conf: the language, and what a configuration says about VRRP.
//!
//! [`read`] never fails over what a file holds: it reads as keepalived does, keeps what it does not know, and collects
//! a [`Problem`] with its place for each thing that keepalived would complain about, mend or misunderstand. [`resolve`]
//! then completes what was read the way keepalived does at its start. Files come through a [`Loader`].

use std::collections::BTreeMap;
use std::sync::Arc;

mod bytes;
pub mod effective;
mod expand;
mod mend;
pub mod model;
#[doc(hidden)]
pub mod probe;
mod problem;
mod resolve;
pub mod run;
pub mod schema;
mod similar;
mod source;
mod token;
pub mod tree;
pub mod value;
mod version;

#[cfg(test)]
mod tests;

pub use bytes::Bytes;
pub use model::Conf;
pub(crate) use problem::quote;
pub use problem::{Edit, Kind, Problem, Told};
pub use resolve::resolve;
pub use run::{Run, RunInstance};
pub use source::{Expansion, FileId, How, Position, SourceMap, Span, Spanned, Via};
pub use token::Word;
pub use version::{Version, same_for_oldest};

/// How mistakes in the nesting of blocks are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As keepalived takes them: the model holds what it would run.
    #[default]
    AsTaken,
    /// As they were meant: one mistake is one problem, and what stands in a misspelt block is read all the same.
    AsMeant,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It is not there.
    #[error("cannot read {0}: there is no such file")]
    NotFound(String),
    /// It is no regular file.
    #[error("cannot read {0}: it is not a regular file")]
    NotRegular(String),
    /// keepalived does not read what can be executed.
    #[error("keepalived does not read {0}: it is executable; clear its execute bits")]
    Executable(String),
    /// Anything else.
    #[error("cannot read {name}: {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// What the system says.
        reason: String,
    },
}

/// Gives the text of files.
pub trait Loader {
    /// The names of the files and directories that a pattern (`* ? [..]`) means in an `include` of the file `from`, in the
    /// order of their names. Patterns are relative to the directory of `from`. No file is no error.
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String>;

    /// The text of a file.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError>;

    /// The text of a file, which the loader may keep as well.
    fn shared(&mut self, name: &str) -> Result<Arc<Vec<u8>>, LoadError> {
        self.read(name).map(Arc::new)
    }
}

/// What the text's meaning depends on beyond the text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whose reading.
    pub version: Version,
    /// keepalived's `--config-id`, else the node's name: what `@ID` lines and `$_INSTANCE` refer to.
    pub config_id: String,
    /// The current directory, for `$_PWD` in a file whose name has no directory.
    pub directory: String,
    /// For `${_ENV NAME}`.
    pub environment: BTreeMap<String, String>,
    /// Definitions that are there before the first line: names without `$`, and values.
    pub definitions: BTreeMap<String, String>,
    /// How mistakes in the nesting are taken.
    pub reading: Reading,
}

/// Reads a configuration and all that it includes.
///
/// # Errors
/// Only when the file itself cannot be read.
pub fn read(name: &str, loader: &mut dyn Loader, options: &Options) -> Result<Conf, LoadError> {
    let text = loader.shared(name)?;
    let mut tree = tree::read(name, text, loader, options);
    let excused = std::mem::take(&mut tree.excused);
    let mut conf = model::build::build(tree, options.version, loader);
    problem::deliberate(&mut conf);
    if options.reading == Reading::AsMeant {
        problem::distinct(&mut conf.problems, excused);
    }
    Ok(conf)
}
