//! Where frames come from: a live interface, a capture file, standard input, or the simulated pair of the
//! demonstration.
//!
//! This is the one file of `sniff` that touches the operating system. Everything it yields is a [`Frame`], so nothing
//! downstream knows the difference.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::frame::{Frame, OwnedFrame};
use crate::net::{Capture, CaptureOptions, NO_WAIT, Next, OpenError, Stop, link, wait_readable};
use crate::pcap::{CaptureError, CaptureReader};
use crate::simulate::demo;
use crate::time::Timestamp;

/// What a SOURCE argument names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// A live interface.
    Interface(String),
    /// A capture file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// The demonstration: a simulated pair.
    Demo,
}

impl Spec {
    /// What to call it in headings.
    pub fn name(&self) -> String {
        match self {
            Self::Interface(name) => name.clone(),
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".into(),
            Self::Demo => "the demo".into(),
        }
    }

    /// The argument it was named by, for scripts.
    pub fn argument(&self) -> String {
        match self {
            Self::Stdin => "-".into(),
            Self::Demo => "--demo".into(),
            Self::Interface(_) | Self::File(_) => self.name(),
        }
    }

    /// Whether frames arrive at their own pace and the source never ends by itself.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Interface(_))
    }
}

/// Why a source cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Remote capture is planned, not here yet.
    #[error(
        "{0}: capturing over ssh is not there yet; `ssh HOST tcpdump -U -i IFACE -w - not port 22 | hactl watch -` does the same"
    )]
    Ssh(String),
    /// Neither an interface nor a file.
    #[error("{name}: no such file, and no interface of that name (interfaces here: {interfaces})")]
    Neither {
        /// What was asked for.
        name: String,
        /// The interfaces there are.
        interfaces: String,
    },
    /// A directory or device.
    #[error("{0}: {1}")]
    Kind(String, &'static str),
    /// The file cannot be opened or read.
    #[error("{name}: {}", plain(source))]
    Io {
        /// What was asked for.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
    /// It is no capture, or a broken one.
    #[error("{0}: {1}")]
    Capture(String, CaptureError),
    /// The interface cannot be captured from.
    #[error(transparent)]
    Live(#[from] OpenError),
}

/// The system's answer without its number.
fn plain(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::PermissionDenied => "this user may not read it (sudo?)".into(),
        _ => e.to_string(),
    }
}

/// Says what an argument names: an existing interface wins over a file, `./eth0` is always the file.
pub fn classify(arg: &OsStr) -> Result<Spec, SourceError> {
    let path = Path::new(arg);
    // Interfaces and hosts have names in plain text; a file may be called anything.
    let Some(arg) = arg.to_str() else {
        return match path.metadata() {
            Ok(m) if !m.is_dir() => Ok(Spec::File(path.into())),
            Ok(_) => Err(SourceError::Kind(path.display().to_string(), "this is a directory")),
            Err(source) => Err(SourceError::Io { name: path.display().to_string(), source }),
        };
    };
    if arg == "-" {
        return Ok(Spec::Stdin);
    }
    if arg.starts_with("ssh://") {
        return Err(SourceError::Ssh(arg.into()));
    }
    if !arg.contains('/') && link::exists(arg) {
        return Ok(Spec::Interface(arg.into()));
    }
    if arg == "any" && !path.exists() {
        let how = "one interface at a time; `tcpdump -i any -U -w - not port 22 | hactl watch -` takes all of them";
        return Err(SourceError::Kind(arg.into(), how));
    }
    match path.metadata() {
        Ok(m) if m.is_dir() => Err(SourceError::Kind(arg.into(), "this is a directory; name a capture file in it")),
        Ok(m) if m.file_type().is_block_device() => Err(SourceError::Kind(arg.into(), "this is a block device")),
        Ok(_) => Ok(Spec::File(path.into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound && !arg.contains('/') && !has_capture_name(path) => {
            let names: Vec<String> = link::interfaces().into_iter().map(|i| i.name).collect();
            Err(SourceError::Neither { name: arg.into(), interfaces: names.join(", ") })
        }
        Err(source) => Err(SourceError::Io { name: arg.into(), source }),
    }
}

fn has_capture_name(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["pcap", "pcapng", "gz", "cap", "ntar"].iter().any(|x| e.eq_ignore_ascii_case(x)))
}

/// Time of a capture file's first frame.
pub fn first_time(path: &Path) -> Option<Timestamp> {
    let file = File::options().read(true).custom_flags(NO_WAIT).open(path).ok()?;
    let file = Some(file).filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    CaptureReader::open(file).ok()?.next().ok()?.map(|f| f.time)
}

/// Time from a capture file's first frame to its last, as far as it can be read.
pub fn length(path: &Path) -> Option<Duration> {
    // A FIFO would be emptied by looking.
    let file = File::options().read(true).custom_flags(NO_WAIT).open(path).ok()?;
    let file = Some(file).filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    let mut reader = CaptureReader::open(file).ok()?;
    let mut ends = None;
    while let Ok(Some(frame)) = reader.next() {
        let t = frame.time.instant();
        let (first, last) = ends.get_or_insert((t, t));
        *last = t.max(*last);
        *first = t.min(*first);
    }
    ends.map(|(first, last)| last.since(first))
}

/// What came of asking for a frame.
#[derive(Debug)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Nothing in the time given; the interface's carrier may have changed.
    Idle,
    /// The end of the file or stream.
    End,
    /// It ended early. `cut`: the frames before are good and the rest is missing, as when a capture was killed.
    Failed {
        /// Why.
        why: String,
        /// Whether it is a cut, as opposed to damage.
        cut: bool,
    },
}

enum Inner {
    Live(Box<Capture>),
    File(CaptureReader<Box<dyn Read + Send>>),
    /// Frames in memory, and the one that was given out last.
    Memory(std::vec::IntoIter<OwnedFrame>, Option<OwnedFrame>),
}

/// An open source of frames.
pub struct Source {
    name: String,
    inner: Inner,
    /// Frames of this source get numbers above those of the sources before it.
    first_number: u64,
    frames: u64,
    started: Counters,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("frames", &self.frames).finish_non_exhaustive()
    }
}

/// Facts about the source beside its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames the kernel dropped because they were not read in time.
    pub dropped: u64,
    /// Whether the interface has a carrier.
    pub carrier: Option<bool>,
    /// Frames that went through the interface, decoded or not, since the source was opened.
    pub interface_frames: Option<u64>,
}

impl Source {
    /// Opens what `spec` names. Standard input stops waiting when `stop` is asked or `deadline` has come.
    pub fn open(spec: &Spec, promiscuous: bool, stop: &Stop, deadline: Option<Instant>) -> Result<Self, SourceError> {
        let name = spec.name();
        let reader = |r: Box<dyn Read + Send>| {
            CaptureReader::open(r).map(Inner::File).map_err(|e| match e {
                CaptureError::Io { source, .. } if source.kind() == io::ErrorKind::TimedOut => {
                    SourceError::Kind(name.clone(), "no capture has come through it until now")
                }
                e => SourceError::Capture(name.clone(), e),
            })
        };
        let fail = |source| SourceError::Io { name: name.clone(), source };
        let inner = match spec {
            Spec::Interface(interface) => {
                let options = CaptureOptions { promiscuous, ..CaptureOptions::new(interface) };
                Inner::Live(Box::new(Capture::open(&options)?))
            }
            Spec::File(path) => {
                // A FIFO without a writer would hold the open itself, which no signal ends.
                let file = File::options().read(true).custom_flags(NO_WAIT).open(path).map_err(fail)?;
                if file.metadata().map_err(fail)?.is_file() {
                    reader(Box::new(file))?
                } else {
                    reader(Box::new(Waiting { file, stop: stop.clone(), deadline }))?
                }
            }
            Spec::Stdin => {
                if io::stdin().is_terminal() {
                    let how = "this is a terminal; pipe a capture into it: `tcpdump -U -i eth0 -w - | hactl watch -`";
                    return Err(SourceError::Kind(name, how));
                }
                // Past the standard library's own buffer, which would hide bytes from the wait.
                let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(fail)?);
                reader(Box::new(Waiting { file, stop: stop.clone(), deadline }))?
            }
            Spec::Demo => Inner::Memory(demo::capture().into_iter(), None),
        };
        let mut source = Self { name, inner, first_number: 0, frames: 0, started: Counters::default() };
        source.started = source.counters();
        Ok(source)
    }

    /// Numbers this source's frames from after `frames`.
    #[must_use]
    pub fn numbered_after(mut self, frames: u64) -> Self {
        self.first_number = frames;
        self
    }

    /// The source's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The next frame. A live interface is waited on for at most `wait`; a file or pipe as long as it takes.
    #[inline]
    #[allow(clippy::should_implement_trait)] // an `Iterator` cannot lend from its own buffer
    pub fn next(&mut self, wait: Duration) -> Item<'_> {
        match &mut self.inner {
            Inner::File(reader) => match reader.next() {
                Ok(Some(mut frame)) => {
                    self.frames += 1;
                    frame.number += self.first_number;
                    Item::Frame(frame)
                }
                Ok(None) => Item::End,
                Err(CaptureError::Io { source, .. }) if source.kind() == io::ErrorKind::TimedOut => Item::End,
                Err(e) => Item::Failed { why: e.to_string(), cut: e.is_cut() },
            },
            Inner::Memory(frames, given) => {
                *given = frames.next();
                let Some(given) = given else { return Item::End };
                self.frames += 1;
                Item::Frame(Frame { number: given.number + self.first_number, ..given.as_frame() })
            }
            Inner::Live(capture) => match capture.next(wait) {
                Ok(Next::Frame(mut frame)) => {
                    self.frames += 1;
                    frame.number += self.first_number;
                    Item::Frame(frame)
                }
                Ok(Next::Idle | Next::LinkDown | Next::LinkUp) => Item::Idle,
                Err(e) => Item::Failed { why: e.to_string(), cut: false },
            },
        }
    }

    /// Counters of this moment; all absent for files.
    pub fn counters(&mut self) -> Counters {
        let Inner::Live(capture) = &mut self.inner else { return Counters::default() };
        let dropped = capture.stats().map_or(0, |s| s.dropped);
        let state = capture.interface_state().ok();
        let through = state.as_ref().and_then(|s| s.packets.as_ref()).map(|p| p.received + p.sent);
        Counters {
            dropped,
            carrier: state.as_ref().map(|s| s.up && s.running),
            interface_frames: through.map(|n| n.saturating_sub(self.started.interface_frames.unwrap_or(0))),
        }
    }
}

/// A pipe that can be interrupted: a plain read would be restarted after a signal.
struct Waiting {
    file: File,
    stop: Stop,
    deadline: Option<Instant>,
}

impl Read for Waiting {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use crate::net::Wait;
        loop {
            let late = self.deadline.is_some_and(|d| Instant::now() >= d);
            if late || self.stop.requested().is_some() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match wait_readable(self.file.as_fd(), Duration::from_millis(200))? {
                Wait::Readable | Wait::Failed => match self.file.read(buf) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                    other => return other,
                },
                Wait::TimedOut | Wait::Interrupted => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_argument_names() {
        assert_eq!(classify(OsStr::new("-")).unwrap(), Spec::Stdin);
        assert_eq!(classify(OsStr::new("lo")).unwrap(), Spec::Interface("lo".into()));
        assert!(matches!(classify(OsStr::new("ssh://fw1/eth0")), Err(SourceError::Ssh(_))));
        assert!(matches!(classify(OsStr::new("/tmp")), Err(SourceError::Kind(..))));
        assert!(classify(OsStr::new("no-such-interface")).unwrap_err().to_string().contains("interfaces here: lo"));
        assert!(!classify(OsStr::new("missing.pcap")).unwrap_err().to_string().contains("interface"));
    }
}
