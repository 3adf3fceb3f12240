//! Giving up what root can do once the sockets are open.

use std::io;

use super::sys;

/// Why privileges could not be given up.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// Capabilities belong to a thread: others would have kept theirs.
    #[error("cannot give up privileges: {0} threads are running already, and each has its own")]
    Threads(usize),
    /// The kernel refused one of the steps.
    #[error("cannot {operation}: {source}")]
    Kernel {
        /// What was being done.
        operation: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// Gives up every capability for good, without changing the user id.
///
/// Afterwards this process can open no capture or raw socket, bind no low port and change nothing of the network, and
/// neither can a program it starts (`PR_SET_NO_NEW_PRIVS`). What is open stays open. As root it still owns root's files,
/// but it may no longer pass by file permissions: under `sudo`, a file in a directory of another user has to be created
/// **before** this call.
///
/// To be called on the main thread before any other is started: threads that run already would keep their capabilities,
/// so then this refuses.
pub fn drop_privileges() -> Result<(), DropError> {
    limit_privileges(0)
}

/// Gives up for good every capability but CAP_NET_ADMIN and CAP_NET_RAW, as far as this process has them: what a speaker
/// needs to add and remove addresses, to open sockets again, and to remove the interface it has made.
///
/// All else is as for [`drop_privileges`], the order too.
pub fn keep_network_privileges() -> Result<(), DropError> {
    limit_privileges(1 << CAP_NET_ADMIN | 1 << CAP_NET_RAW)
}

/// Numbers of linux/capability.h.
const CAP_NET_ADMIN: u32 = 12;
const CAP_NET_RAW: u32 = 13;

fn limit_privileges(keep: u32) -> Result<(), DropError> {
    // Without /proc there is nothing to count; the rest holds for this thread and all that it starts.
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(DropError::Threads(threads));
    }
    let step = |operation, result: io::Result<()>| result.map_err(|source| DropError::Kernel { operation, source });
    // First this: for user id 0 the kernel would otherwise refill the capabilities at the next exec.
    step("forbid new privileges (PR_SET_NO_NEW_PRIVS)", sys::no_new_privileges())?;
    step("clear the ambient capabilities", sys::clear_ambient_capabilities())?;
    step("give up capabilities (capset)", sys::limit_capabilities(keep))
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;

    #[test]
    fn with_other_threads_running_it_refuses() {
        // The test harness's main thread waits while this one runs.
        assert!(matches!(drop_privileges(), Err(DropError::Threads(n)) if n > 1));
    }

    /// /proc/self/status of a program that is started after `step`, in a process of one thread; `None` when there are no
    /// privileges to try it with.
    #[allow(unsafe_code)] // pre_exec: the only way to try this in a process of one thread
    fn status_after(step: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> Option<String> {
        use std::os::unix::process::CommandExt;

        if packet_socket().is_err() {
            eprintln!("SKIPPED: without CAP_NET_RAW there is nothing to give up; run as root");
            return None;
        }
        let mut child = std::process::Command::new("cat");
        child.arg("/proc/self/status");
        // SAFETY: between fork and exec the closure allocates, which glibc allows after a fork, and takes no lock of ours.
        unsafe { child.pre_exec(step) };
        let output = child.output().expect("the child runs");
        Some(String::from_utf8(output.stdout).expect("text"))
    }

    fn packet_socket() -> io::Result<Socket> {
        Socket::new(Domain::PACKET, Type::RAW, None)
    }

    fn assert_sets(status: &str, sets: [(&str, &str); 4]) {
        for (set, low) in sets {
            let line = format!("{set}:\t00000000{low}\n");
            assert!(status.contains(&line), "{line} is not in {status}");
        }
        assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    }

    #[test]
    fn afterwards_nothing_is_left_and_exec_gives_nothing_back() {
        let step = || {
            drop_privileges().map_err(io::Error::other)?;
            match packet_socket() {
                Err(e) if e.raw_os_error() == Some(libc::EPERM) => Ok(()),
                other => Err(io::Error::other(format!("a capture socket can still be opened: {other:?}"))),
            }
        };
        let Some(status) = status_after(step) else { return };
        let none = "00000000";
        assert_sets(&status, [("CapInh", none), ("CapPrm", none), ("CapEff", none), ("CapAmb", none)]);
    }

    #[test]
    fn a_speaker_keeps_the_network_and_nothing_else() {
        let step = || {
            keep_network_privileges().map_err(io::Error::other)?;
            packet_socket().map(drop)
        };
        let Some(status) = status_after(step) else { return };
        // Bits 12 and 13. For user id 0 exec gives back what was kept, and no more.
        let (none, both) = ("00000000", "00003000");
        assert_sets(&status, [("CapInh", none), ("CapPrm", both), ("CapEff", both), ("CapAmb", none)]);
    }
}
