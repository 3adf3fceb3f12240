//! Configuration files from the file system, as keepalived finds them.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::conf::{LoadError, Loader, Options, SourceMap, Version};
use crate::net::{NO_WAIT, expect_much};

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

/// Most files that one pattern names.
const MOST_PATHS: usize = 20_000;

/// Reads from the file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl Loader for Files {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        let directory = Path::new(from).parent().unwrap_or(Path::new(""));
        let whole = directory.join(pattern); // an absolute pattern stays as it is
        // `**` is no more than `*` to keepalived; it would look through all directories below.
        let Some(mut text) = whole.to_str().map(str::to_owned) else { return Vec::new() };
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::default() };
        let Ok(paths) = glob::glob_with(&text, options) else { return Vec::new() };
        let found = paths.take(MOST_PATHS).flatten().filter_map(|p| p.to_str().map(str::to_owned));
        let mut names: Vec<String> = found.collect();
        names.sort();
        names
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let unreadable = |e: std::io::Error| match e.kind() {
            ErrorKind::NotFound => LoadError::NotFound(name.to_owned()),
            _ => LoadError::Unreadable { name: name.to_owned(), reason: e.to_string() },
        };
        let refused = |meta: &Metadata| match () {
            () if !meta.is_file() => Some(LoadError::NotRegular(name.to_owned())),
            () if meta.permissions().mode() & 0o111 != 0 => Some(LoadError::Executable(name.to_owned())),
            () => None,
        };
        // To open a device may do something already. And what is opened may not be what was looked at.
        if let Some(error) = refused(&fs::metadata(name).map_err(unreadable)?) {
            return Err(error);
        }
        let file = File::options().read(true).custom_flags(NO_WAIT).open(name).map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        if let Some(error) = refused(&meta) {
            return Err(error);
        }
        expect(meta.len());
        sized(file, meta.len()).map_err(unreadable)
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
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/c.conf"), "").unwrap();
        assert_eq!(Files.expand("***/c.conf", main), Vec::<String>::new());
        assert_eq!(Files.expand("**/*/c.conf", main).len(), 1);
    }

    #[test]
    fn what_is_no_plain_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let made = std::process::Command::new("mkfifo").arg(path("fifo")).status().unwrap();
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        std::os::unix::fs::symlink("fifo", path("link")).unwrap();
        // A FIFO would keep its reader waiting for somebody who writes.
        for name in ["fifo", "link", "socket"] {
            assert_eq!(Files.read(&path(name)), Err(LoadError::NotRegular(path(name))));
        }
        assert_eq!(Files.read("/dev/zero"), Err(LoadError::NotRegular("/dev/zero".to_owned())));
        fs::write(path("x"), "x").unwrap();
        fs::set_permissions(path("x"), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(Files.read(&path("x")), Err(LoadError::Executable(path("x"))));
        // Much of a large file, not all of it
        let large = File::create(path("large")).unwrap();
        large.set_len(SourceMap::MAX_SIZE as u64 + 100).unwrap();
        assert_eq!(Files.read(&path("large")).map(|text| text.len()), Ok(SourceMap::MAX_SIZE + 1));
    }
}
