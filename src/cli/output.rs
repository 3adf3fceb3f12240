//! Standard output and its colours, and the file that frames are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use super::Error;
use super::args::Color;
use crate::finding::Severity;
use crate::frame::Frame;
use crate::pcap::CaptureWriter;

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
    let _ = writeln!(io::stderr(), "hactl: {what}");
}

/// A remark on standard error.
pub fn note(what: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Columns of the terminal, or of a page that is not one.
pub fn width() -> u16 {
    if io::stdout().is_terminal() { crate::tui::width().unwrap_or(120).max(60) } else { 120 }
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
pub struct Recorder(Option<CaptureWriter<BufWriter<File>>>);

impl Recorder {
    /// Opens the file, without following what somebody else may have put in its place in a shared directory: an
    /// existing file is only replaced when it is a plain one.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Ok(Self(None)) };
        let fail = |e: &dyn std::fmt::Display| Error::Other(format!("cannot write {}: {e}", path.display()));
        if path.symlink_metadata().is_ok_and(|m| !m.is_file()) {
            return Err(fail(&"it exists and is no plain file"));
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(|e| fail(&e))?;
        let writer = CaptureWriter::new(BufWriter::with_capacity(256 * 1024, file)).map_err(|e| fail(&e))?;
        Ok(Self(Some(writer)))
    }

    pub fn write(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), |w| w.write(frame))
    }

    /// Makes what was written visible: often for a live source, whose process may be killed.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), CaptureWriter::flush)
    }
}
