//! `hactl decode` and `hactl sniff`: one line a frame.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::Args;

use super::Error;
use super::args::{CommonArgs, KeyArgs, SourceArgs};
use super::output::{Output, Recorder, note, use_color};
use super::reading::{Ending, Reader, read_all};
use crate::net::Stop;
use crate::report::{Clock, json, line};
use crate::sniff::source::{Counters, Item, Source, Spec};
use crate::sniff::{Seen, Totals};
use crate::wire::{Decoded, Decoder};

pub const SNIFF_EXAMPLES: &str = "\
Examples:
  hactl sniff eth0                     one line for each advert, ARP, NA and IGMP report
  hactl sniff eth0 --vrid 51 --json --for 30s
  hactl sniff eth0 --write vrrp.pcapng keep what is seen as a capture
";

pub const DECODE_EXAMPLES: &str = "\
Examples:
  hactl decode incident.pcap           one line a frame
  hactl decode -v --vrid 51 a.pcapng   all fields of one virtual router's adverts
  hactl decode --json old.pcap.gz | jq 'select(.type==\"advert\")'
  hactl decode --hmac-key 1=file:/etc/keepalived/key1 signed.pcap
  hactl decode huge.pcap --write vrrp-only.pcapng
";

#[derive(Debug, Args)]
pub struct DecodeArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Stop after this many decoded frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: CommonArgs,
}

pub fn run(args: &DecodeArgs, command: &'static str) -> Result<u8, Error> {
    let specs = args.source.specs()?;
    let live = specs.iter().any(Spec::is_live);
    let stop = Stop::install()?;
    // Off a terminal a live source ends by itself, as every command does.
    let bounded = args.source.for_.is_some() || args.count.is_some() || std::io::stdout().is_terminal();
    let limit = args.source.for_.or((live && !bounded).then_some(super::IDLE_LIMIT));
    let deadline = limit.map(|d| Instant::now() + d);
    let mut session = Session {
        args,
        command,
        stop: stop.clone(),
        deadline,
        decoder: Decoder::new(args.keys.read()?),
        out: Output::new(live || specs.contains(&Spec::Stdin), args.common.color),
        recorder: Recorder::new(args.source.write.as_deref(), &specs)?,
        style: line::LineStyle {
            clock: Clock::local(),
            verbose: args.common.verbose,
            color: use_color(args.common.color),
        },
        totals: Totals::default(),
        shown: 0,
    };
    let outcome = read_all(&mut session, &specs, &args.source, &stop, deadline)?;
    if outcome.opened {
        session.end(outcome.counters, outcome.cut.as_deref())?;
    }
    Ok(if outcome.failed { super::COULD_NOT_LOOK } else { 0 })
}

struct Session<'a> {
    args: &'a DecodeArgs,
    command: &'static str,
    stop: Stop,
    deadline: Option<Instant>,
    decoder: Decoder,
    out: Output,
    recorder: Recorder,
    style: line::LineStyle,
    totals: Totals,
    shown: u64,
}

impl Reader for Session<'_> {
    fn frames(&self) -> u64 {
        self.totals.frames
    }

    fn begin(&mut self, name: &str) -> Result<(), Error> {
        self.recorder.start()?;
        if self.args.common.json {
            json::line(&mut self.out, &json::Start::new(self.command, name))?;
            self.out.record_done()?;
        }
        Ok(())
    }

    fn read(&mut self, source: &mut Source) -> Result<Ending, Error> {
        let mut countdown = 0u32;
        loop {
            // A clock and an atomic a thousand frames apart cost a file nothing and end a flood in time.
            if countdown == 0 {
                countdown = 1000;
                if self.stop.requested().is_some() || self.deadline.is_some_and(|d| Instant::now() >= d) {
                    return Ok(Ending::Done);
                }
            }
            countdown -= 1;
            let frame = match source.next(Duration::from_millis(200)) {
                Item::Frame(frame) => frame,
                Item::Idle => {
                    self.recorder.flush()?;
                    countdown = 0;
                    continue;
                }
                Item::End => return Ok(Ending::Done),
                Item::Failed { why, cut } => return Ok(Ending::Failed { why, damaged: !cut }),
            };
            self.totals.frames += 1;
            let decoded = self.decoder.decode(&frame);
            if !self.wanted(&decoded) {
                continue;
            }
            self.recorder.write(&frame)?;
            let seen = Seen { number: frame.number, time: frame.time };
            self.show(seen, &decoded)?;
            self.shown += 1;
            if self.args.count == Some(self.shown) {
                return Ok(Ending::Full);
            }
        }
    }
}

impl Session<'_> {
    /// Whether a frame is one of ours; with `--vrid`, only that virtual router's adverts are, and adverts that cannot be
    /// read: they may be its.
    fn wanted(&self, decoded: &Decoded) -> bool {
        match (decoded, self.args.source.vrid) {
            (Decoded::Other, _) => false,
            (_, None) => true,
            (Decoded::Advert(a), Some(vrid)) => a.vrid == vrid,
            (Decoded::Malformed(m), Some(_)) => m.vrrp,
            (_, Some(_)) => false,
        }
    }

    fn show(&mut self, seen: Seen, decoded: &Decoded) -> std::io::Result<()> {
        self.totals.count(decoded);
        let out = &mut self.out;
        if self.args.common.json {
            match decoded {
                Decoded::Advert(a) => json::advert(out, seen, a)?,
                Decoded::Arp(a) => json::arp(out, seen, a)?,
                Decoded::Na(n) => json::na(out, seen, n)?,
                Decoded::Igmp(g) => json::igmp(out, seen, g)?,
                Decoded::Malformed(m) => json::malformed(out, seen, m)?,
                Decoded::Other => {}
            }
        } else {
            line::frame(out, &self.style, seen, decoded)?;
        }
        out.record_done()
    }

    fn end(&mut self, counters: Counters, cut: Option<&str>) -> Result<(), Error> {
        self.recorder.flush()?;
        self.out.flush()?;
        let totals = self.totals;
        if self.args.common.json {
            json::decode_summary(&mut self.out, &totals, counters.dropped, cut)?;
            self.out.flush()?;
        } else if !self.args.common.quiet {
            note(&format_args!(
                "{} frames: {} adverts, {} ARP, {} NA, {} IGMP, {} malformed; {} dropped by the kernel",
                totals.frames, totals.adverts, totals.arp, totals.na, totals.igmp, totals.malformed, counters.dropped
            ));
        }
        Ok(())
    }
}
