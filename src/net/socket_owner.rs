//! Which process has a socket, as far as /proc tells this user.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
}

/// The processes that have sockets, by the sockets' inodes. Of a socket that several have, the first by number. Those of
/// other users are seen by root only.
pub fn owners() -> HashMap<u32, Owner> {
    owners_in(Path::new("/proc"))
}

fn owners_in(proc: &Path) -> HashMap<u32, Owner> {
    let mut found: HashMap<u32, Owner> = HashMap::new();
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    for pid in pids {
        let of = proc.join(pid.to_string());
        let mut name = None;
        for descriptor in fs::read_dir(of.join("fd")).into_iter().flatten().flatten() {
            let Some(inode) = fs::read_link(descriptor.path()).ok().and_then(|to| inode(to.to_str()?)) else {
                continue;
            };
            let name = name.get_or_insert_with(|| fs::read_to_string(of.join("comm")).unwrap_or_default());
            found.entry(inode).or_insert_with(|| Owner { pid, name: name.trim_end().to_owned() });
        }
    }
    found
}

/// `socket:[4242]`
fn inode(link: &str) -> Option<u32> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// A number below /proc/sys, such as `net/ipv4/tcp_retries2`.
pub fn setting(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_socket_is_found_by_its_inode() {
        let proc = tempfile::tempdir().unwrap();
        for (pid, name, links) in
            [("12", "nginx\n", &["socket:[4242]", "/dev/null", "pipe:[7]"][..]), ("9", "sshd\n", &["socket:[4242]"])]
        {
            let fds = proc.path().join(pid).join("fd");
            fs::create_dir_all(&fds).unwrap();
            fs::write(proc.path().join(pid).join("comm"), name).unwrap();
            for (i, to) in links.iter().enumerate() {
                symlink(to, fds.join(i.to_string())).unwrap();
            }
        }
        fs::create_dir(proc.path().join("net")).unwrap();
        let found = owners_in(proc.path());
        assert_eq!(found.get(&4242), Some(&Owner { pid: 9, name: "sshd".into() }));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_is_no_socket_has_no_inode() {
        assert_eq!(
            [inode("socket:[1]"), inode("socket:[x]"), inode("pipe:[1]"), inode("")],
            [Some(1), None, None, None]
        );
    }
}
