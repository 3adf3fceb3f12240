//! Configuration files from the file system, as keepalived finds them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::conf::{LoadError, Loader, Options, SourceMap, Version};
use crate::net::expect_much;

/// Bytes of text from which on the heap is prepared for what becomes of them, twenty times as much.
const MUCH: u64 = 256 << 10;

/// Counts text that is about to be read.
fn expect(bytes: u64) {
    static READ: AtomicU64 = AtomicU64::new(0);
    let before = READ.fetch_add(bytes, Ordering::Relaxed);
    if before < MUCH && before.saturating_add(bytes) >= MUCH {
        expect_much();
    }
}

/// What a configuration's meaning depends on, as keepalived on this host would have it.
pub fn options(version: Version) -> Options {
    Options {
        version,
        config_id: host_name(),
        directory: std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default(),
        environment: environment(),
        ..Options::default()
    }
}

/// This host's name up to its first dot: what keepalived compares `@ID` with when it is not told otherwise.
pub fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().split('.').next().unwrap_or_default().to_owned()
}

/// The variables that a configuration can name: it is text, and so are they.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Reads what is there, but hardly more than is used of a file.
pub fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    sized(from, 0)
}

/// The same of which it is known how much there is, more or less.
fn sized(from: impl Read, size: u64) -> std::io::Result<Vec<u8>> {
    const MOST: u64 = SourceMap::MAX_SIZE as u64 + 1;
    // One more, so that the end is met without more room.
    let mut text = Vec::with_capacity(size.saturating_add(1).min(MOST) as usize);
    from.take(MOST).read_to_end(&mut text)?;
    Ok(text)
}

/// Reads from the file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl Loader for Files {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        let directory = Path::new(from).parent().unwrap_or(Path::new(""));
        let whole = directory.join(pattern); // an absolute pattern stays as it is
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::default() };
        let Some(Ok(paths)) = whole.to_str().map(|text| glob::glob_with(text, options)) else { return Vec::new() };
        let mut names: Vec<String> = paths.flatten().filter_map(|p| p.to_str().map(str::to_owned)).collect();
        names.sort();
        names
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let unreadable = |e: std::io::Error| match e.kind() {
            ErrorKind::NotFound => LoadError::NotFound(name.to_owned()),
            _ => LoadError::Unreadable { name: name.to_owned(), reason: e.to_string() },
        };
        let meta = fs::metadata(name).map_err(unreadable)?;
        if !meta.is_file() {
            return Err(LoadError::NotRegular(name.to_owned()));
        }
        if meta.permissions().mode() & 0o111 != 0 {
            return Err(LoadError::Executable(name.to_owned()));
        }
        expect(meta.len());
        File::open(name).and_then(|file| sized(file, meta.len())).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_name_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["2.conf", "1.conf", ".hidden.conf", "x.txt"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let main = dir.path().join("keepalived.conf");
        let main = main.to_str().unwrap();
        let names: Vec<String> =
            Files.expand("*.conf", main).iter().map(|n| n.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(names, ["1.conf", "2.conf"]);
        assert_eq!(Files.read(&Files.expand("1.conf", main)[0]), Ok(b"1.conf".to_vec()));
        assert!(matches!(Files.read("/no/such/file"), Err(LoadError::NotFound(_))));
        assert!(matches!(Files.read("/"), Err(LoadError::NotRegular(_))));
    }
}
