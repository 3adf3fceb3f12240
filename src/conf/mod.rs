//! keepalived.conf: the language, and what a configuration says about VRRP.
//!
//! [`read`] never fails over what a file holds: it reads as keepalived does, keeps what it does not know, and collects
//! a [`Problem`] with its place for each thing that keepalived would complain about, mend or misunderstand. [`resolve`]
//! then completes what was read the way keepalived does at its start. Files come through a [`Loader`].

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::vrrp::{Profile, profile};

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

#[cfg(test)]
mod tests;

pub use model::Conf;
pub(crate) use problem::quote;
pub use problem::{Edit, Kind, Problem, Told};
pub use resolve::resolve;
pub use run::{Run, RunInstance};
pub use source::{Expansion, FileId, How, Position, SourceMap, Span, Spanned, Via};
pub use token::Word;

/// Whose reading of the language: a release of keepalived, from 2.2.7 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    release: (u8, u8, u8),
}

impl Version {
    /// keepalived 2.2.7, of Debian 12: the oldest that is known here.
    pub const V2_2: Self = Self { release: (2, 2, 7) };
    /// keepalived 2.4 as it is now: the newest that is known here.
    pub const V2_4: Self = Self { release: (2, 4, 4) };

    /// A release, if it is one that is known here.
    pub fn new(major: u8, minor: u8, patch: u8) -> Option<Self> {
        let version = Self { release: (major, minor, patch) };
        (Self::V2_2..=Self::V2_4).contains(&version).then_some(version)
    }

    /// The release that is meant.
    pub const fn release(self) -> (u8, u8, u8) {
        self.release
    }

    /// Whether it is this release or a later one.
    pub fn at_least(self, major: u8, minor: u8, patch: u8) -> bool {
        self.release >= (major, minor, patch)
    }

    /// Its series, as it is said: `2.2`.
    pub fn series(self) -> String {
        format!("{}.{}", self.release.0, self.release.1)
    }

    /// How its state machine behaves: what changed came with 2.3.3.
    pub fn profile(self) -> &'static Profile {
        if self.at_least(2, 3, 3) { &profile::KEEPALIVED_2_4 } else { &profile::KEEPALIVED_2_2 }
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::V2_4
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.release;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

impl FromStr for Version {
    type Err = String;

    /// `2.2.7`, or `2.2` for the last of a series that is known here.
    fn from_str(s: &str) -> Result<Self, String> {
        let known = |s: &str| -> Option<Self> {
            let mut parts = s.strip_prefix('v').unwrap_or(s).split('.').map(str::parse::<u8>);
            let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
            let patch = match parts.next() {
                Some(patch) => patch.ok()?,
                None => match (major, minor) {
                    (2, 2) => 8,
                    (2, 3) => 4,
                    (2, 4) => Self::V2_4.release.2,
                    _ => return None,
                },
            };
            if parts.next().is_some() { None } else { Self::new(major, minor, patch) }
        };
        known(s)
            .ok_or_else(|| format!("keepalived {} to {} are known here, written like 2.2.7", Self::V2_2, Self::V2_4))
    }
}

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
    let text = loader.read(name)?;
    let mut tree = tree::read(name, text, loader, options);
    let excused = std::mem::take(&mut tree.excused);
    let mut conf = model::build::build(tree, options.version, loader);
    problem::deliberate(&mut conf);
    if options.reading == Reading::AsMeant {
        problem::distinct(&mut conf.problems, excused);
    }
    Ok(conf)
}
