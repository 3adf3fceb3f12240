//! What a configuration's meaning depends on beyond its text, as it is here.

use std::collections::BTreeMap;

use crate::conf::Options;

/// This process's directory and environment.
pub fn options() -> Options {
    let directory = std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default();
    Options { directory, environment: environment(), ..Options::default() }
}

/// The variables that a configuration can name: it is text, and so are they.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
