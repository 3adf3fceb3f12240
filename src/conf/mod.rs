//! keepalived.conf: the language, and what a configuration says about VRRP.
//!
//! [`read`] never fails over what a file holds: it reads as keepalived does, keeps what it does not know, and collects
//! a [`Problem`] with its place for each thing that keepalived would complain about, mend or misunderstand. [`resolve`]
//! then completes what was read the way keepalived does at its start. Files come through a [`Loader`].

use std::collections::BTreeMap;

mod expand;
pub mod model;
mod problem;
mod resolve;
pub mod run;
pub mod schema;
mod source;
mod token;
pub mod tree;
mod value;

#[cfg(test)]
mod tests;

pub use model::Conf;
pub use problem::{Kind, Problem, Told};
pub use resolve::resolve;
pub use run::{Run, RunInstance};
pub use source::{FileId, Position, SourceMap, Span, Spanned};
pub use token::Word;

/// Whose reading of the language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// keepalived 2.2.7, of Debian 12.
    V2_2,
    /// keepalived 2.4.
    #[default]
    V2_4,
}

impl Version {
    /// The release that is meant.
    pub const fn release(self) -> (u8, u8, u8) {
        match self {
            Self::V2_2 => (2, 2, 7),
            Self::V2_4 => (2, 4, 4),
        }
    }

    /// As it is said: `2.2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2_2 => "2.2",
            Self::V2_4 => "2.4",
        }
    }
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
    /// The names of the files that a pattern (`* ? [..] {a,b}`) means in an `include` of the file `from`, in the order of
    /// their names. Patterns are relative to the directory of `from`. No file is no error.
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String>;

    /// The text of a file.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError>;
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
}

/// Reads a configuration and all that it includes.
///
/// # Errors
/// Only when the file itself cannot be read.
pub fn read(name: &str, loader: &mut dyn Loader, options: &Options) -> Result<Conf, LoadError> {
    let text = loader.read(name)?;
    let tree = tree::read(name, text, loader, options);
    Ok(model::build::build(tree, options.version, loader))
}
