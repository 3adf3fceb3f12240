//! The thread behind the screen: takes frames from a source and hands them over in batches, at the source's own pace or
//! at a replay's.

use std::net::IpAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::output::Recorder;
use crate::frame::OwnedFrame;
use crate::net::{Stop, wall};
use crate::simulate::demo::{Stage, Tap};
use crate::sniff::feed::{self, Batch, SourceState};
use crate::sniff::source::{Item, Source, Spec};
use crate::time::Timestamp;
use crate::tui::{Command, Speed};
use crate::wire::{Decoded, Decoder};

/// A batch goes out this often, also when there is nothing in it, so that time passes on the screen.
const BEAT: Duration = Duration::from_millis(50);
/// Frames in one batch at most: the screen stays responsive while a large file is read.
const BATCH: usize = 2048;

/// What ends the feeding.
#[derive(Debug)]
pub struct Limits {
    /// Signals.
    pub stop: Stop,
    /// Time over.
    pub deadline: Option<Instant>,
    /// Adverts wanted, of this virtual router if given.
    pub count: Option<u64>,
    /// Only its adverts are counted.
    pub vrid: Option<u8>,
}

impl Limits {
    fn reached(&self, adverts: u64) -> bool {
        self.stop.requested().is_some()
            || self.deadline.is_some_and(|d| Instant::now() >= d)
            || self.count.is_some_and(|n| adverts >= n)
    }
}

/// Starts feeding from opened sources; the receiver gets batches until the last one says that the source has ended.
pub fn start(
    sources: Vec<Source>,
    spec: &Spec,
    speed: Speed,
    limits: Limits,
    decoder: Decoder,
    recorder: Recorder,
    commands: Receiver<Command>,
) -> std::io::Result<Receiver<Batch>> {
    let (send, batches) = sync_channel(4);
    let feeder = Feeder { send, limits, decoder, recorder, adverts: 0 };
    let builder = thread::Builder::new().name("source".into());
    match spec {
        Spec::Interface(_) => builder.spawn(move || feeder.live(sources)).map(drop)?,
        Spec::Stdin => builder.spawn(move || feeder.paced(sources, Pace::Arrival(None), &commands)).map(drop)?,
        Spec::File(_) => builder.spawn(move || feeder.paced(sources, Pace::new(speed), &commands)).map(drop)?,
        Spec::Demo => builder.spawn(move || feeder.demo(Pace::new(speed), &commands)).map(drop)?,
    }
    Ok(batches)
}

struct Feeder {
    send: SyncSender<Batch>,
    limits: Limits,
    decoder: Decoder,
    recorder: Recorder,
    adverts: u64,
}

impl Feeder {
    /// Hands a batch over; `false` when it was the last, or nobody listens any more.
    fn hand_over(&mut self, batch: &mut Batch) -> bool {
        // What was recorded is safe after this: the screen may be killed at any time.
        if let Err(why) = self.recorder.flush() {
            batch.state = SourceState::Failed(why.to_string());
        }
        let more = batch.state == SourceState::Running;
        let empty = Batch {
            dropped: batch.dropped,
            carrier: batch.carrier,
            interface_frames: batch.interface_frames,
            ..Batch::default()
        };
        let full = std::mem::replace(batch, empty);
        self.send.send(full).is_ok() && more
    }

    /// Counts and records a frame; whether it concerns VRRP at all.
    fn concerns(&mut self, frame: &OwnedFrame) -> Result<bool, String> {
        let decoded = self.decoder.decode(&frame.as_frame());
        if let Decoded::Advert(a) = &decoded
            && self.limits.vrid.is_none_or(|v| v == a.vrid)
        {
            self.adverts += 1;
        }
        if matches!(decoded, Decoded::Other) {
            return Ok(false);
        }
        if matches!(&decoded, Decoded::Advert(a) if self.limits.vrid.is_some_and(|v| v != a.vrid)) {
            return Ok(true); // handed on to be counted, but not asked for
        }
        self.recorder.write(&frame.as_frame()).map_err(|e| e.to_string())?;
        Ok(true)
    }

    fn live(mut self, sources: Vec<Source>) {
        let Some(mut source) = sources.into_iter().next() else { return };
        let mut batch = Batch::default();
        let mut beat = Instant::now() + BEAT;
        loop {
            match source.next(beat.saturating_duration_since(Instant::now())) {
                Item::Frame(frame) => {
                    let frame = OwnedFrame::from(&frame);
                    match self.concerns(&frame) {
                        Ok(true) => batch.frames.push(frame),
                        Ok(false) => batch.others += 1,
                        Err(why) => batch.state = SourceState::Failed(why),
                    }
                }
                Item::Idle => {}
                Item::End => batch.state = SourceState::Ended,
                Item::Failed { why, .. } => batch.state = SourceState::Failed(why),
            }
            if batch.state == SourceState::Running && self.limits.reached(self.adverts) {
                batch.state = SourceState::Enough;
            }
            let over = batch.state != SourceState::Running;
            if over || batch.frames.len() >= BATCH || Instant::now() >= beat {
                let counters = source.counters();
                batch.dropped = counters.dropped;
                batch.carrier = counters.carrier;
                batch.interface_frames = counters.interface_frames;
                batch.now = wall();
                beat = Instant::now() + BEAT;
                if !self.hand_over(&mut batch) {
                    return;
                }
            }
        }
    }

    /// The simulated pair, from now on, with whatever its spectator does to it.
    fn demo(mut self, mut pace: Pace, commands: &Receiver<Command>) {
        let mut stage = Stage::pair();
        let start = wall();
        let mut tap = Tap::new(start.instant().as_micros() - stage.world().now().as_micros());
        pace.arrived(start, Instant::now());
        let mut batch = Batch::default();
        loop {
            let toggled = match commands.recv_timeout(BEAT) {
                Ok(Command::Toggle(node)) => Some(node),
                Ok(command) => {
                    pace.obey(command);
                    None
                }
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(BEAT);
                    None
                }
            };
            batch.now = pace.now(Instant::now());
            let now = crate::time::Instant::from_micros(batch.now.instant().as_micros() - tap.epoch);
            stage.run_until(now, &mut tap);
            if let Some(node) = toggled {
                stage.toggle(node, &mut tap);
            }
            for frame in tap.frames.drain(..) {
                match self.concerns(&frame) {
                    Ok(_) => batch.frames.push(frame),
                    Err(why) => batch.state = SourceState::Failed(why),
                }
            }
            if batch.state == SourceState::Running && self.limits.reached(self.adverts) {
                batch.state = SourceState::Enough;
            }
            batch.stage = Some(standing(&stage, &tap));
            if !self.hand_over(&mut batch) {
                return;
            }
        }
    }

    /// A file or a stream. A second thread reads, so that a pipe that is silent stops nobody.
    fn paced(mut self, sources: Vec<Source>, mut pace: Pace, commands: &Receiver<Command>) {
        let (send, items) = sync_channel(1024);
        let reader = thread::Builder::new().name("reader".into());
        let decoder = self.decoder.clone();
        if reader.spawn(move || read(sources, &decoder, &send)).is_err() {
            return;
        }
        let mut batch = Batch::default();
        let mut beat = Instant::now() + BEAT;
        let mut held: Option<OwnedFrame> = None;
        loop {
            while let Ok(command) = commands.try_recv() {
                pace.obey(command);
            }
            let now = Instant::now();
            // A frame is held until the replay's clock has come to it.
            if held.as_ref().is_some_and(|f| pace.wait_for(f.time, now).is_zero())
                && let Some(frame) = held.take()
            {
                pace.arrived(frame.time, now);
                match self.concerns(&frame) {
                    Ok(_) => batch.frames.push(frame),
                    Err(why) => batch.state = SourceState::Failed(why),
                }
            }
            let until_beat = beat.saturating_duration_since(now);
            if let Some(frame) = &held {
                thread::sleep(pace.wait_for(frame.time, now).min(until_beat));
            } else if batch.state == SourceState::Running {
                match items.recv_timeout(until_beat) {
                    Ok(Read::Frame(frame)) => held = Some(frame),
                    Ok(Read::Others(n)) => batch.others += n,
                    Ok(Read::End) => batch.state = SourceState::Ended,
                    Ok(Read::Cut(why)) => batch.state = SourceState::Cut(why),
                    Ok(Read::Failed(why)) => batch.state = SourceState::Failed(why),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => {
                        batch.state = SourceState::Failed("the reader is gone".into());
                    }
                }
            }
            if batch.state == SourceState::Running && self.limits.reached(self.adverts) {
                batch.state = SourceState::Enough;
            }
            let over = batch.state != SourceState::Running;
            if over || batch.frames.len() >= BATCH || Instant::now() >= beat {
                batch.now = pace.now(Instant::now());
                beat = Instant::now() + BEAT;
                if !self.hand_over(&mut batch) {
                    return;
                }
            }
        }
    }
}

/// How the nodes of a demonstration are.
fn standing(stage: &Stage, tap: &Tap) -> feed::Stage {
    let world = stage.world();
    let node = |n| feed::Node {
        name: world.name(n).to_owned(),
        address: world.addresses(n).into_iter().find(IpAddr::is_ipv4),
        runs: world.is_running(n),
    };
    let nodes = (0..world.nodes()).map(node).collect();
    let time = |at: crate::time::Instant| Timestamp::from_micros(at.as_micros().saturating_add(tap.epoch));
    feed::Stage { nodes, befell: tap.befell.as_ref().map(|(at, what)| (time(*at), what.clone())) }
}

enum Read {
    Frame(OwnedFrame),
    Others(u64),
    End,
    Cut(String),
    Failed(String),
}

/// Reads all sources and hands on what may concern VRRP.
fn read(sources: Vec<Source>, decoder: &Decoder, send: &SyncSender<Read>) {
    let mut frames = 0;
    let mut queue: std::collections::VecDeque<Source> = sources.into();
    while let Some(mut source) = queue.pop_front().map(|s| s.numbered_after(frames)) {
        let mut others = 0;
        let end = loop {
            match source.next(BEAT) {
                Item::Frame(frame) => {
                    let mine = !matches!(decoder.decode(&frame), Decoded::Other);
                    if !mine {
                        others += 1;
                    }
                    if others > 0
                        && (mine || others >= 10_000)
                        && send.send(Read::Others(std::mem::take(&mut others))).is_err()
                    {
                        return;
                    }
                    if !mine {
                        continue;
                    }
                    if send.send(Read::Frame(OwnedFrame::from(&frame))).is_err() {
                        return;
                    }
                }
                Item::Idle => {}
                Item::End => break Read::End,
                Item::Failed { why, cut: true } => break Read::Cut(format!("{}: {why}", source.name())),
                Item::Failed { why, cut: false } => break Read::Failed(format!("{}: {why}", source.name())),
            }
        };
        frames += source.frames();
        if others > 0 && send.send(Read::Others(others)).is_err() {
            return;
        }
        if queue.is_empty() || !matches!(end, Read::End) {
            let _ = send.send(end); // nobody listens: the screen has been left
            return;
        }
    }
}

/// The clock of a source that is not live.
enum Pace {
    /// Time passes from each frame's arrival on: standard input.
    Arrival(Option<(Timestamp, Instant)>),
    /// A replay: capture time `at` was reached at real time `since`.
    Replay { factor: f64, at: Option<(Timestamp, Instant)>, paused: bool },
}

impl Pace {
    fn new(speed: Speed) -> Self {
        Self::Replay { factor: speed.factor(), at: None, paused: false }
    }

    /// How long until a frame of this time is due.
    fn wait_for(&self, time: Timestamp, now: Instant) -> Duration {
        match self {
            Self::Arrival(_) | Self::Replay { at: None, paused: false, .. } => Duration::ZERO,
            Self::Replay { paused: true, .. } => BEAT,
            Self::Replay { factor, .. } if factor.is_infinite() => Duration::ZERO,
            Self::Replay { factor, .. } => time.instant().since(self.now(now).instant()).div_f64(*factor),
        }
    }

    fn arrived(&mut self, time: Timestamp, now: Instant) {
        match self {
            Self::Arrival(at) => *at = Some((time, now)),
            Self::Replay { factor, at, .. } => {
                if at.is_none() || factor.is_infinite() {
                    *at = Some((time, now));
                }
            }
        }
    }

    /// The source's time at a real time.
    fn now(&self, now: Instant) -> Timestamp {
        let after = |at: Option<(Timestamp, Instant)>, factor: f64| match at {
            None => Timestamp::default(),
            Some((time, since)) => {
                let passed = now.duration_since(since).as_nanos() as f64 * factor;
                Timestamp { nanos: time.nanos.saturating_add(passed as i64), digits: time.digits }
            }
        };
        match *self {
            Self::Arrival(at) => after(at, 1.0),
            Self::Replay { at, paused: true, .. } => after(at, 0.0),
            // At full speed the clock stands at the last frame that was read.
            Self::Replay { factor, at, .. } => after(at, if factor.is_infinite() { 0.0 } else { factor }),
        }
    }

    fn obey(&mut self, command: Command) {
        let now = Instant::now();
        let reached = self.now(now);
        if let Self::Replay { factor, at, paused } = self {
            if let Some(at) = at {
                *at = (reached, now);
            }
            match command {
                Command::Pause(on) => *paused = on,
                Command::Speed(speed) => *factor = speed.factor(),
                Command::Toggle(_) => {}
            }
        }
    }
}

/// A sender and receiver of commands for a replay.
pub fn commands() -> (Sender<Command>, Receiver<Command>) {
    std::sync::mpsc::channel()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_replay_holds_frames_until_its_clock_reaches_them() {
        let start = Instant::now();
        let mut pace = Pace::new(Speed::new(10.0));
        assert_eq!(pace.wait_for(at(100), start), Duration::ZERO, "the first frame starts the clock");
        pace.arrived(at(100), start);
        assert_eq!(pace.wait_for(at(110), start), Duration::from_secs(1));
        assert_eq!(pace.now(start + Duration::from_millis(500)), at(105));
        assert_eq!(pace.wait_for(at(110), start + Duration::from_secs(2)), Duration::ZERO);
    }

    #[test]
    fn full_speed_never_waits_and_its_clock_stands_at_the_last_frame() {
        let start = Instant::now();
        let mut pace = Pace::new(Speed::MAX);
        pace.arrived(at(100), start);
        assert_eq!(pace.wait_for(at(5000), start), Duration::ZERO);
        assert_eq!(pace.now(start + Duration::from_secs(9)), at(100));
    }

    #[test]
    fn a_stream_goes_on_in_time_between_its_frames() {
        let start = Instant::now();
        let mut pace = Pace::Arrival(None);
        pace.arrived(at(100), start);
        assert_eq!(pace.now(start + Duration::from_secs(3)), at(103));
    }
}
