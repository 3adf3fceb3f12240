//! The timeline: a line for each thing that happens, repeats folded.

use std::io::{self, Write};

use super::words::record as worded;
use crate::simulate::tcp::{Fate, From, Kind, Record, Scenario};
use crate::time::Instant;

/// Lines of a kind that are shown one after the other before they are folded.
const SHOWN: u64 = 3;

/// What makes lines alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    Segment(From, Kind, Fate),
    /// A probe and its answer.
    Exchange,
    Deferred,
    /// Like no other.
    Once,
}

struct Line {
    at: Instant,
    alike: Alike,
    text: String,
}

/// Writes records as they come.
pub struct Timeline<'a> {
    scenario: &'a Scenario,
    out: &'a mut dyn Write,
    /// A probe whose answer may be next.
    probe: Option<Line>,
    run: Option<(Alike, u64)>,
    /// The last of a run that was not shown.
    last: Option<Line>,
    failed: Option<io::Error>,
}

impl<'a> Timeline<'a> {
    /// Nothing yet.
    pub fn new(scenario: &'a Scenario, out: &'a mut dyn Write) -> Self {
        Self { scenario, out, probe: None, run: None, last: None, failed: None }
    }

    /// Takes a record.
    pub fn take(&mut self, at: Instant, record: &Record) {
        let (who, text) = worded(record, self.scenario);
        let text = format!("{who:<9}  {text}");
        let alike = match *record {
            Record::Segment { from: From::Local, kind: Kind::Keepalive, fate: Fate::Arrives, .. } => {
                self.flush_probe();
                self.probe = Some(Line { at, alike: Alike::Exchange, text });
                return;
            }
            Record::Segment { from: From::Peer, kind: Kind::Ack, fate: Fate::Arrives, .. } if self.probe.is_some() => {
                if let Some(probe) = self.probe.take() {
                    self.line(Line { text: probe.text + ": answered", ..probe });
                }
                return;
            }
            Record::Segment { from, kind, fate, .. } => Alike::Segment(from, kind, fate),
            Record::Deferred(_) => Alike::Deferred,
            Record::Event { .. } | Record::Outcome { .. } | Record::Held(..) | Record::Forgotten => Alike::Once,
        };
        self.flush_probe();
        self.line(Line { at, alike, text });
    }

    /// Writes what is left.
    pub fn end(mut self) -> io::Result<()> {
        self.flush_probe();
        self.end_run();
        self.failed.map_or(Ok(()), Err)
    }

    fn flush_probe(&mut self) {
        if let Some(probe) = self.probe.take() {
            let alike = Alike::Once;
            self.line(Line { alike, ..probe });
        }
    }

    fn line(&mut self, line: Line) {
        match &mut self.run {
            Some((alike, n)) if *alike == line.alike && line.alike != Alike::Once => {
                *n += 1;
                if *n > SHOWN {
                    self.last = Some(line);
                } else {
                    self.write(&line);
                }
            }
            _ => {
                self.end_run();
                self.run = Some((line.alike, 1));
                self.write(&line);
            }
        }
    }

    fn end_run(&mut self) {
        let Some((_, n)) = self.run.take() else { return };
        let Some(last) = self.last.take() else { return };
        let more = n.saturating_sub(SHOWN + 1);
        if more > 0 {
            let text = format!("{:>14}  {:<9}  … {more} more like this", "", "");
            self.put(&text);
        }
        self.write(&last);
    }

    fn write(&mut self, line: &Line) {
        let text = format!("{:>12.3} s  {}", line.at.as_micros() as f64 / 1e6, line.text);
        self.put(&text);
    }

    fn put(&mut self, text: &str) {
        if self.failed.is_none()
            && let Err(e) = writeln!(self.out, "{text}")
        {
            self.failed = Some(e);
        }
    }
}
