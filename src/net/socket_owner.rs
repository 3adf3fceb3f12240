//! Which process has a socket, as far as /proc tells this user.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use socket2::SockRef;

use super::sys;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// The descriptor by which it has the socket.
    pub descriptor: i32,
}

/// What a program has set on a TCP socket, or what the kernel takes in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// TCP_KEEPINTVL
    pub interval: Duration,
    /// TCP_KEEPCNT
    pub probes: u32,
    /// TCP_USER_TIMEOUT
    pub user_timeout: Option<Duration>,
}

/// Asks a socket of another process how patient it is, which the kernel's list of sockets does not tell. That takes the
/// right to trace the process: root has it, and not always others for their own processes. The socket is held for the
/// moment of asking, and nothing is set on it.
pub fn patience(owner: &Owner, inode: u32) -> Option<Patience> {
    let socket = File::from(sys::descriptor_of(owner.pid, owner.descriptor).ok()?);
    // The process may have put something else in its place by now.
    if socket.metadata().ok()?.ino() != u64::from(inode) {
        return None;
    }
    let socket = SockRef::from(&socket);
    Some(Patience {
        interval: socket.tcp_keepalive_interval().ok()?,
        probes: socket.tcp_keepalive_retries().ok()?,
        user_timeout: socket.tcp_user_timeout().ok()?.filter(|d| !d.is_zero()),
    })
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
            let Some(descriptor) = descriptor.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
            let name = name.get_or_insert_with(|| fs::read_to_string(of.join("comm")).unwrap_or_default());
            found.entry(inode).or_insert_with(|| Owner { pid, name: name.trim_end().to_owned(), descriptor });
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
        assert_eq!(found.get(&4242), Some(&Owner { pid: 9, name: "sshd".into(), descriptor: 0 }));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_socket_is_asked_how_patient_it_is() {
        use std::net::{TcpListener, TcpStream};
        use std::os::fd::AsRawFd;

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let keepalive = socket2::TcpKeepalive::new().with_interval(Duration::from_secs(7)).with_retries(3);
        SockRef::from(&ours).set_tcp_keepalive(&keepalive).unwrap();
        SockRef::from(&ours).set_tcp_user_timeout(Some(Duration::from_secs(20))).unwrap();
        let inode = fs::read_link(format!("/proc/self/fd/{}", ours.as_raw_fd())).unwrap();
        let inode = inode_of(&inode);
        let owner = Owner { pid: std::process::id(), name: "x".into(), descriptor: ours.as_raw_fd() };
        let wanted =
            Patience { interval: Duration::from_secs(7), probes: 3, user_timeout: Some(Duration::from_secs(20)) };
        // A kernel before Linux 5.6, or one that lets nobody do it.
        if let Err(e) = sys::descriptor_of(owner.pid, owner.descriptor) {
            eprintln!("SKIPPED: the descriptors of a process cannot be copied here: {e}");
            return;
        }
        assert_eq!(patience(&owner, inode), Some(wanted));
        assert_eq!(patience(&owner, inode + 1), None, "another socket");
        assert_eq!(patience(&Owner { descriptor: 9999, ..owner }, inode), None);
    }

    fn inode_of(link: &Path) -> u32 {
        inode(link.to_str().unwrap()).unwrap()
    }

    #[test]
    fn what_is_no_socket_has_no_inode() {
        assert_eq!(
            [inode("socket:[1]"), inode("socket:[x]"), inode("pipe:[1]"), inode("")],
            [Some(1), None, None, None]
        );
    }
}
