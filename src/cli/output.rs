//! Standard output and its colours, and the file that frames are written to.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Error;
use super::args::Color;
use crate::finding::Severity;
use crate::frame::Frame;
use crate::pcap::CaptureWriter;
use crate::report::printable;
use crate::sniff::source::Spec;

/// Buffered standard output: flushed a line when live, in blocks otherwise.
pub struct Output {
    out: BufWriter<io::Stdout>,
    live: bool,
    color: bool,
}

impl Output {
    pub fn new(live: bool, color: Color) -> Self {
        Self { out: BufWriter::with_capacity(64 * 1024, io::stdout()), live, color: use_color(color) }
    }

    /// Ends a record: what was written is visible now if the source is live.
    pub fn record_done(&mut self) -> io::Result<()> {
        if self.live { self.out.flush() } else { Ok(()) }
    }

    /// Whether there are colours.
    pub fn color(&self) -> bool {
        self.color
    }

    /// A severity's colour around a word; the word alone without colours.
    pub fn paint(&self, severity: Option<Severity>, word: &str) -> String {
        if !self.color {
            return word.to_owned();
        }
        let code = match severity {
            Some(Severity::Critical) => "1;31",
            Some(Severity::Warning) => "1;33",
            Some(Severity::Info) => "1;36",
            None => "1;32",
        };
        format!("\x1b[{code}m{word}\x1b[0m")
    }
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.out.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One line on standard error. Not `eprintln!`, which panics when the terminal behind it is gone.
pub fn complain(what: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "hactl: {}", printable(&what.to_string()));
}

/// A remark on standard error.
pub fn note(what: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Columns of the terminal, or of a page that is not one.
pub fn width() -> u16 {
    if io::stdout().is_terminal() { crate::tui::width().unwrap_or(120).max(60) } else { 120 }
}

/// Columns of the terminal, if there is one.
pub fn terminal_width() -> Option<usize> {
    let width = if io::stdout().is_terminal() { crate::tui::width() } else { None };
    width.map(|w| usize::from(w.max(40)))
}

/// Whether there is a terminal to draw on.
pub fn has_screen() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|t| t != "dumb" && !t.is_empty())
}

/// Whether to use colours on standard output.
pub fn use_color(choice: Color) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stdout().is_terminal() && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
        }
    }
}

/// The file that frames are written to, if one was asked for.
#[derive(Default)]
pub struct Recorder {
    path: Option<PathBuf>,
    writer: Option<CaptureWriter<BufWriter<File>>>,
}

impl Recorder {
    /// For a file that is not touched before [`Self::start`]. Refuses one that is read at the same time.
    pub fn new(path: Option<&Path>, specs: &[Spec]) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self::default()) };
        if path.as_os_str() == "-" {
            return Err(Error::Other("--write wants a file; `--write ./-` for one of that name".into()));
        }
        let same = |m: &Metadata| path.metadata().is_ok_and(|p| (p.dev(), p.ino()) == (m.dev(), m.ino()));
        let is_source = specs.iter().any(|spec| match spec {
            Spec::File(source) => source.metadata().is_ok_and(|m| same(&m)),
            Spec::Stdin => {
                let stdin = io::stdin().as_fd().try_clone_to_owned().map(File::from);
                stdin.and_then(|f| f.metadata()).is_ok_and(|m| m.is_file() && same(&m))
            }
            Spec::Interface(_) | Spec::Demo => false,
        });
        if is_source {
            return Err(Error::Other(format!("{} is being read; --write wants another file", path.display())));
        }
        Ok(Self { path: Some(path.into()), writer: None })
    }

    /// Begins the file, now that there is something to write into it. Only a plain file is replaced, and no link to one
    /// is followed: in a shared directory it may be somebody else's.
    pub fn start(&mut self) -> Result<(), Error> {
        let Some(path) = self.path.as_ref().filter(|_| self.writer.is_none()) else { return Ok(()) };
        let fail = |e: &dyn std::fmt::Display| Error::Other(format!("cannot write {}: {e}", path.display()));
        if path.symlink_metadata().is_ok_and(|m| !m.is_file()) {
            return Err(fail(&"it exists and is no plain file"));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).custom_flags(crate::net::NO_FOLLOW);
        let file = options.open(path).map_err(|e| fail(&e))?;
        let writer = CaptureWriter::new(BufWriter::with_capacity(256 * 1024, file)).map_err(|e| fail(&e))?;
        self.writer = Some(writer);
        Ok(())
    }

    /// Writes a frame.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let result = self.writer.as_mut().map_or(Ok(()), |w| w.write(frame));
        self.told(result)
    }

    /// Makes what was written visible: often for a live source, whose process may be killed.
    pub fn flush(&mut self) -> Result<(), Error> {
        let result = self.writer.as_mut().map_or(Ok(()), CaptureWriter::flush);
        self.told(result)
    }

    fn told(&self, result: io::Result<()>) -> Result<(), Error> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        result.map_err(|e| Error::Other(format!("cannot write {}: {e}", path.display())))
    }
}
