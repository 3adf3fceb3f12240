//! What `--host` asks of this host.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::lint::{Host, Trouble};
use crate::net::link;
use crate::probe::script::unstartable;

/// Most bytes that are read of a script.
const MOST: u64 = 64 << 10;
/// Where programs without a directory are looked for.
const DIRECTORIES: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// Others can write into a directory with this bit, but not change what is in it.
const STICKY: u32 = 0o1000;

/// The host that this program runs on.
#[derive(Debug)]
pub struct ThisHost {
    users: String,
    groups: String,
}

impl ThisHost {
    /// As it is now.
    pub fn new() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Self { users: text("/etc/passwd"), groups: text("/etc/group") }
    }

    /// What a user or group is called.
    fn called(table: &str, id: u32) -> String {
        let named = table.lines().find_map(|line| {
            let mut parts = line.split(':');
            let name = parts.next()?;
            (parts.nth(1)?.parse() == Ok(id)).then_some(name)
        });
        named.map_or_else(|| id.to_string(), str::to_owned)
    }

    /// Who can change a file or directory besides root, as keepalived asks it.
    fn changeable(&self, path: &Path) -> Option<Trouble> {
        let meta = fs::symlink_metadata(path).ok()?;
        if meta.is_symlink() {
            return None;
        }
        let mode = meta.permissions().mode();
        let shielded = meta.is_dir() && mode & STICKY != 0;
        let by = if meta.uid() != 0 {
            format!("its owner {}", Self::called(&self.users, meta.uid()))
        } else if mode & 0o002 != 0 && !shielded {
            "everybody".to_owned()
        } else if mode & 0o020 != 0 && meta.gid() != 0 && !shielded {
            format!("the group {}", Self::called(&self.groups, meta.gid()))
        } else {
            return None;
        };
        Some(Trouble::Insecure { path: path.display().to_string(), by })
    }
}

impl Host for ThisHost {
    fn interface(&self, name: &str) -> bool {
        link::exists(name)
    }

    fn user(&self, name: &str) -> bool {
        self.users.lines().any(|line| line.split(':').next() == Some(name))
    }

    fn group(&self, name: &str) -> bool {
        self.groups.lines().any(|line| line.split(':').next() == Some(name))
    }

    fn program(&self, command: &str) -> Option<Trouble> {
        let name = first_word(command);
        let shown = |path: &Path| path.display().to_string();
        let Some(path) = found(&name) else { return Some(Trouble::Missing(name)) };
        let Ok(meta) = fs::metadata(&path) else { return Some(Trouble::Missing(shown(&path))) };
        if !meta.is_file() {
            return Some(Trouble::NotAFile(shown(&path)));
        }
        if meta.permissions().mode() & 0o111 == 0 {
            return Some(Trouble::NotExecutable(shown(&path)));
        }
        if let Some(why) = unstartable(&path) {
            return Some(Trouble::NotStartable { path: shown(&path), why });
        }
        // The path as it is named, and as it is where links lead.
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let steps = |path: &Path| path.ancestors().map(Path::to_path_buf).collect::<Vec<_>>();
        let mut all: Vec<PathBuf> = steps(&path).into_iter().rev().chain(steps(&real).into_iter().rev()).collect();
        all.retain(|p| !p.as_os_str().is_empty());
        if let Some(trouble) = all.iter().find_map(|p| self.changeable(p)) {
            return Some(trouble);
        }
        let link = path.ancestors().skip(1).find(|p| p.is_symlink());
        link.map(|p| Trouble::Link(shown(p)))
    }

    fn script(&self, command: &str) -> Option<String> {
        let path = found(&first_word(command))?;
        if !fs::metadata(&path).is_ok_and(|m| m.is_file()) {
            return None;
        }
        let mut text = Vec::new();
        File::open(path).and_then(|f| f.take(MOST).read_to_end(&mut text)).ok()?;
        text.starts_with(b"#!").then(|| String::from_utf8_lossy(&text).into_owned())
    }

    fn setting(&self, name: &str) -> Option<String> {
        let known = name
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-@".contains(&b)));
        let path = known.then(|| Path::new("/proc/sys").join(name.replace('.', "/")))?;
        fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
    }
}

/// The program of a command, without quotes.
fn first_word(command: &str) -> String {
    let words = shell_words::split(command).ok().and_then(|words| words.into_iter().next());
    words.unwrap_or_else(|| command.split_whitespace().next().unwrap_or_default().to_owned())
}

/// Where a program is, if it is there.
fn found(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|p| p.exists());
    }
    let all = DIRECTORIES.iter().map(|d| Path::new(d).join(name));
    if name.is_empty() { None } else { all.into_iter().find(|p| p.is_file()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> ThisHost {
        ThisHost {
            users: "root:x:0:0::/:/bin/sh\nch:x:1001:100::/:/bin/sh\n".into(),
            groups: "root:x:0:\nstaff:x:50:ch\n".into(),
        }
    }

    #[test]
    fn what_is_there_is_known() {
        let host = host();
        assert!(host.interface("lo") && !host.interface("l") && !host.interface(""));
        assert!(host.user("ch") && !host.user("c") && !host.user("staff"));
        assert!(host.group("staff") && !host.group("ch"));
        assert_eq!((ThisHost::called(&host.users, 1001), ThisHost::called(&host.users, 7)), ("ch".into(), "7".into()));
        assert!(ThisHost::new().setting("kernel.ostype").as_deref() == Some("Linux"));
        assert_eq!(ThisHost::new().setting("../../etc/passwd"), None);
    }

    #[test]
    fn a_program_is_judged_as_keepalived_does() {
        let host = host();
        let says = |command: &str| host.program(command).map(|t| t.to_string());
        assert_eq!(says("/no/such/script -x"), Some("/no/such/script is not there".into()));
        assert_eq!(says("no-such-program 1"), Some("no-such-program is not there".into()));
        assert_eq!(says(""), Some(" is not there".into()));
        assert_eq!(says("/etc"), Some("/etc is not a regular file".into()));
        assert_eq!(says("'/etc/passwd' x"), Some("/etc/passwd is not executable".into()));
        assert_eq!(says("/usr/bin/env"), None);
        assert_eq!(says("env"), None);
    }

    #[test]
    fn a_script_that_the_kernel_cannot_start_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chk.sh");
        let command = path.to_str().unwrap();
        let says = |text: &str| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            host().program(command).map(|t| t.to_string())
        };
        let lost = format!("{command} names the interpreter \"/bin/sh\\r\", which is not there");
        assert_eq!(says("#!/bin/sh\r\nexit 0\r\n"), Some(lost));
        assert_eq!(says("exit 0\n"), Some(format!("{command} is neither a program nor a script with a `#!` line")));
    }

    #[test]
    fn who_can_change_a_program_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::metadata(dir.path()).unwrap().uid() == 0;
        if !root {
            eprintln!("SKIPPED: only root can make files that are root's");
            return;
        }
        let path = dir.path().join("chk.sh");
        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let command = path.to_str().unwrap();
        let says = || host().program(command);
        mode(&path, 0o755);
        assert_eq!(says(), None);
        assert_eq!(host().script(command).as_deref(), Some("#!/bin/sh\nexit 0\n"));
        mode(dir.path(), 0o777);
        let by = |path: &Path, by: &str| Some(Trouble::Insecure { path: path.display().to_string(), by: by.into() });
        assert_eq!(says(), by(dir.path(), "everybody"));
        mode(dir.path(), 0o1777);
        assert_eq!(says(), None);
        mode(&path, 0o775);
        assert_eq!(says(), None); // the group is root's
        std::os::unix::fs::chown(&path, None, Some(50)).unwrap();
        assert_eq!(says(), by(&path, "the group staff"));
        std::os::unix::fs::chown(&path, Some(1001), None).unwrap();
        assert_eq!(says(), by(&path, "its owner ch"));
        mode(&path, 0o644);
        assert_eq!(says(), Some(Trouble::NotExecutable(command.into())));
        // A directory that is a link
        let other = tempfile::tempdir().unwrap();
        let link = other.path().join("bin");
        std::os::unix::fs::symlink("/usr/bin", &link).unwrap();
        let env = link.join("env");
        assert_eq!(host().program(env.to_str().unwrap()), Some(Trouble::Link(link.display().to_string())));
    }
}
