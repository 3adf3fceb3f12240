//! Arguments that several commands share.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Error;
use crate::sniff::source::{Spec, classify};
use crate::wire::Keys;
use crate::wire::auth::parse_key;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

// Options of every command.
#[expect(missing_docs, reason = "the help of each command would begin with it")]
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct CommonArgs {
    /// JSON Lines on standard output, one object a line
    #[arg(long)]
    pub json: bool,
    /// Use colours (NO_COLOR is respected by `auto`)
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Print less: no progress on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Print more
    #[arg(short, long)]
    pub verbose: bool,
}

// Where frames come from.
#[expect(missing_docs, reason = "the help of each command would begin with it")]
#[derive(Clone, Debug, Args)]
pub struct SourceArgs {
    /// An interface (eth0), a capture file (pcap, pcapng, .gz; ./eth0 for a file named like an interface), or - for standard input
    #[arg(value_name = "SOURCE", required_unless_present = "demo")]
    pub sources: Vec<OsString>,
    /// Watch a simulated pair that fails over: needs no root and no network; on a screen, 1 and 2 kill its nodes
    #[arg(long, conflicts_with = "sources")]
    pub demo: bool,
    /// Only this virtual router
    #[arg(long, value_name = "VRID", value_parser = clap::value_parser!(u8).range(1..=255))]
    pub vrid: Option<u8>,
    /// Stop after this time, e.g. 30s or 2m
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub for_: Option<Duration>,
    /// Write the frames that were decoded to a pcapng file
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Make the interface promiscuous while watching
    #[arg(long)]
    pub promiscuous: bool,
}

impl SourceArgs {
    /// What the arguments name.
    pub fn specs(&self) -> Result<Vec<Spec>, Error> {
        if self.demo {
            return Ok(vec![Spec::Demo]);
        }
        let specs: Vec<Spec> = self.sources.iter().map(|s| classify(s)).collect::<Result<_, _>>()?;
        if specs.len() > 1 && specs.iter().any(|s| !matches!(s, Spec::File(_))) {
            let text = "several sources at once must all be capture files; run one hactl for each interface";
            return Err(Error::Other(text.into()));
        }
        Ok(specs)
    }
}

const MAX_DURATION: Duration = Duration::from_hours(24 * 365 * 10);

/// A duration with its unit, at most ten years.
pub fn duration(s: &str) -> Result<Duration, String> {
    if !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(format!("the unit is missing: {s}s? {s}ms? {s}m?"));
    }
    match humantime::parse_duration(s) {
        Ok(Duration::ZERO) => Err("nothing can be seen in no time".into()),
        // Longer than anybody watches, and short enough to be added to any clock.
        Ok(d) => Ok(d.min(MAX_DURATION)),
        Err(e) => Err(e.to_string()),
    }
}

// Keys to verify digests with.
#[expect(missing_docs, reason = "the help of each command would begin with it")]
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Keys")]
pub struct KeyArgs {
    /// A key of keepalived's auth_hmac: ID=hex:DIGITS or ID=file:PATH (better: others can see your arguments)
    #[arg(long = "hmac-key", value_name = "ID=KEY")]
    pub hmac_keys: Vec<String>,
    /// A file with the password of auth_type AH
    #[arg(long, value_name = "FILE")]
    pub ah_pass_file: Option<PathBuf>,
}

impl KeyArgs {
    /// Reads them. No error message holds any part of a key.
    pub fn read(&self) -> Result<Keys, Error> {
        let mut keys = read_keys(&self.hmac_keys)?;
        if let Some(path) = &self.ah_pass_file {
            keys.set_ah(key_file(path)?.as_bytes());
        }
        Ok(keys)
    }
}

/// Reads keys of the HMAC trailer, each `ID=hex:DIGITS` or `ID=file:PATH`.
pub fn read_keys(texts: &[String]) -> Result<Keys, Error> {
    let mut keys = Keys::default();
    for arg in texts {
        let bad = |what: &str| Error::Other(format!("--hmac-key {what}"));
        let (id, value) = arg.split_once('=').ok_or_else(|| bad("wants ID=hex:DIGITS or ID=file:PATH"))?;
        let id: u8 = id.parse().ok().filter(|n| *n > 0).ok_or_else(|| bad("wants an id from 1 to 255 before the ="))?;
        let text = match value.strip_prefix("file:") {
            Some(path) => key_file(Path::new(path))?,
            None if value.starts_with("hex:") => value.to_owned(),
            None => return Err(bad(&format!("{id}=… wants hex: or file: after the ="))),
        };
        let key = parse_key(&text).map_err(|e| bad(&format!("{id}: {e}")))?;
        keys.add_hmac(id, &key);
    }
    Ok(keys)
}

/// A small file's text without its line end.
pub fn key_file(path: &Path) -> Result<String, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::Other(format!("{}: {e}", path.display()));
    let meta = fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => fail(&"no such file"),
        _ => fail(&e),
    })?;
    if !meta.is_file() {
        return Err(fail(&"a key is read from a plain file"));
    }
    if meta.len() > 4096 {
        return Err(fail(&"too large for a key (more than 4096 bytes)"));
    }
    let bytes = fs::read(path).map_err(|e| fail(&e))?;
    let text = String::from_utf8(bytes).map_err(|_| fail(&"the key is not text; write it as hex:DIGITS"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(fail(&"there is no key in it")) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_refused_with_the_unit_it_lacks() {
        assert_eq!(duration("5").unwrap_err(), "the unit is missing: 5s? 5ms? 5m?");
        assert_eq!(duration("2h 5m").unwrap(), Duration::from_mins(125));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert!(duration("").is_err());
        assert!(duration("5 parsecs").is_err());
    }

    #[test]
    fn key_errors_hold_no_key() {
        let args = |k: &str| KeyArgs { hmac_keys: vec![k.into()], ah_pass_file: None };
        for k in ["supersecret", "1=supersecret", "0=hex:00", "1=hex:supersecret", "1=hex:00", "300=hex:00"] {
            let e = args(k).read().unwrap_err().to_string();
            assert!(!e.contains("supersecret"), "{e}");
        }
        assert!(args(&format!("7=hex:{}", "ab".repeat(32))).read().is_ok());
    }
}
