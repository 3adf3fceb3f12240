//! What the fuzz targets for keepalived.conf share.

use std::collections::BTreeMap;

use hactl::conf::{LoadError, Loader, Options, Reading, SourceMap, Span, Version};

#[path = "../../tests/grammar/mod.rs"]
pub mod grammar;

/// Files in memory: the pieces of an input, with `\xff` between them. The first is the configuration, others are `a` to `h`.
pub struct Files(BTreeMap<String, Vec<u8>>);

/// The name of the configuration.
pub const MAIN: &str = "conf/k";

impl Files {
    /// The files of an input.
    pub fn of(input: &[u8]) -> Self {
        let names = std::iter::once(MAIN.to_owned()).chain(('a'..='h').map(|c| format!("conf/{c}")));
        Self(names.zip(input.split(|b| *b == 0xff).map(<[u8]>::to_vec)).collect())
    }

    /// The text of the configuration.
    pub fn main(&self) -> Vec<u8> {
        self.0.get(MAIN).cloned().unwrap_or_default()
    }
}

impl Loader for Files {
    fn expand(&mut self, pattern: &str, _from: &str) -> Vec<String> {
        if pattern.contains('*') {
            return self.0.keys().cloned().collect();
        }
        Some(format!("conf/{pattern}")).filter(|name| self.0.contains_key(name)).into_iter().collect()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(name).cloned().ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

/// The options that a byte picks.
pub fn options(pick: u8) -> Options {
    Options {
        version: if pick & 1 == 0 { Version::V2_2 } else { Version::V2_4 },
        reading: if pick & 2 == 0 { Reading::AsTaken } else { Reading::AsMeant },
        config_id: "a".to_owned(),
        directory: "/etc/keepalived".to_owned(),
        environment: BTreeMap::from([("E".to_owned(), "eth0".to_owned())]),
        definitions: BTreeMap::from([("G".to_owned(), "given {".to_owned())]),
    }
}

/// A span and all steps from it lie in their files.
pub fn within(sources: &SourceMap, span: Span) {
    for span in std::iter::once(span).chain(sources.expansions(span).map(|step| step.at)) {
        let len = sources.text(span.file).len() as u32;
        assert!(span.start <= span.end && span.end <= len, "{span:?} of {len}");
        assert!(sources.position(span) <= sources.end(span));
    }
}
