//! `hactl speak --demo`: the same speaker beside a simulated keepalived. Nothing is opened and nothing transmitted.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use super::{Lines, SpeakArgs, farewell, virtual_router};
use crate::cli::Error;
use crate::cli::output::{has_screen, use_color};
use crate::frame::{Frame, LinkType};
use crate::net::{Stop, is_deserted, wall};
use crate::report::Clock;
use crate::simulate::EPOCH_MICROS;
use crate::simulate::demo::{Stage, Tap};
use crate::speak::{Address, Command, Consent, Host, Now, Speaker, Spec, Told, Update, View};
use crate::time::{Instant, Timestamp};
use crate::tui;
use crate::tui::speak::Ask;
use crate::vrrp::router::{Config, VrrpRouter};
use crate::wire::{Decoded, Decoder};

const INTERFACE: &str = "eth0";
const VRID: u8 = 51;
const VIP: (IpAddr, u8) = (IpAddr::V4(Ipv4Addr::new(10, 77, 0, 110)), 24);
/// The simulated one has .1.
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2));
/// The screen gets a new picture this often.
const PICTURE: Duration = Duration::from_millis(100);
/// Off a terminal, a story is told that is so long.
const STORY: Duration = Duration::from_secs(40);

pub fn run(args: &SpeakArgs) -> Result<u8, Error> {
    let spec = virtual_router(args, INTERFACE.to_owned(), VRID, vec![VIP], Some(SOURCE))?;
    let consent = Consent { take_over: args.take_over, force: args.force, observe: args.observe };
    let every = args.common.verbose;
    let screen = !args.plain && !args.common.json && has_screen();
    let stop = Stop::install()?;
    if screen { on_screen(args, spec, consent, &stop) } else { plain(args, spec, consent, every, &stop) }
}

/// What it would have put on a host and on the wire.
#[derive(Default)]
struct Paper {
    packets: Vec<Vec<u8>>,
}

impl Host for Paper {
    fn transmit(&mut self, _: usize, packet: &[u8]) -> Result<bool, String> {
        self.packets.push(packet.to_vec());
        Ok(true)
    }

    fn install(&mut self, _: usize, _: &Address) -> Result<bool, String> {
        Ok(true)
    }

    fn remove(&mut self, _: usize, _: &Address) -> Result<(), String> {
        Ok(())
    }

    fn announce(&mut self, _: usize, _: &Address) -> Result<(), String> {
        Ok(())
    }
}

/// The speaker and its neighbour, without a clock.
struct Demo {
    speaker: Speaker,
    host: Paper,
    stage: Stage,
    tap: Tap,
    decoder: Decoder,
}

impl Demo {
    /// Both, the neighbour at work already. Its simulation began at `epoch` on the wall clock.
    fn new(spec: Spec, consent: Consent, every: bool, epoch: impl FnOnce(Instant) -> i64) -> Self {
        let stage = Stage::peer();
        let tap = Tap::new(epoch(stage.world().now()));
        let router = VrrpRouter::new(Config { members: vec![spec.member()], ..Config::default() });
        let speaker = Speaker::new(router, vec![(spec, 0)], consent, every);
        let mut demo = Self { speaker, host: Paper::default(), stage, tap, decoder: Decoder::default() };
        demo.speaker.start(demo.at());
        demo
    }

    /// The present by both clocks.
    fn at(&self) -> Now {
        let at = self.stage.world().now();
        Now { at, time: Timestamp::from_micros(at.as_micros().saturating_add(self.tap.epoch)) }
    }

    fn advance(&mut self, to: Instant) {
        loop {
            let next = self.stage.next_at().into_iter().chain(self.speaker.next_deadline()).min();
            let Some(next) = next.filter(|at| *at <= to) else { break };
            self.stage.run_until(next.max(self.at().at), &mut self.tap);
            let now = self.at();
            self.receive(now);
            self.speaker.tick(now, &mut self.host);
            self.carry(now);
        }
        self.stage.run_until(to, &mut self.tap);
        let now = self.at();
        self.receive(now);
    }

    /// Brings the speaker what the neighbour has sent.
    fn receive(&mut self, now: Now) {
        for frame in std::mem::take(&mut self.tap.frames) {
            match self.decoder.decode(&frame.as_frame()) {
                Decoded::Advert(advert) => self.speaker.packet(now, 0, &advert, &mut self.host),
                Decoded::Arp(arp) if arp.is_gratuitous() => {
                    self.speaker.announcement(now, IpAddr::V4(arp.sender_ip), arp.sender_mac.0);
                }
                _ => {}
            }
        }
    }

    /// Brings the neighbour what the speaker has sent.
    fn carry(&mut self, now: Now) {
        for packet in self.host.packets.drain(..) {
            let frame = Frame {
                number: 0,
                time: now.time,
                link: LinkType::Raw,
                stripped_tag: None,
                data: &packet,
                wire_len: packet.len() as u32,
            };
            self.stage.world_mut().hear(0, &frame);
        }
    }

    fn ask(&mut self, ask: Ask) {
        let now = self.at();
        match ask {
            Ask::Speaker(i, command) => self.speaker.command(now, i, command, &mut self.host),
            Ask::Beside => self.stage.toggle(0, &mut self.tap),
        }
        self.carry(now);
        self.advance(now.at);
    }

    fn told(&mut self) -> Vec<Told> {
        self.speaker.take_told()
    }

    fn view(&self) -> View {
        let world = self.stage.world();
        View { beside: Some((world.name(0).to_owned(), world.is_running(0))), ..self.speaker.view(self.at()) }
    }
}

/// The epoch with which a moment of the simulation is the present.
fn from_now(at: Instant) -> i64 {
    wall().instant().as_micros() - at.as_micros()
}

fn on_screen(args: &SpeakArgs, spec: Spec, consent: Consent, stop: &Stop) -> Result<u8, Error> {
    let demo = Demo::new(spec, consent, args.common.verbose, from_now);
    let (send, updates) = sync_channel(256);
    let (asks, asked) = channel();
    let (end, halt) = (args.for_, stop.clone());
    let thread = thread::Builder::new().name("speak".into());
    let thread = thread.spawn(move || play(demo, &send, &asked, end, &halt))?;
    let options =
        tui::speak::Options { title: "--demo".to_owned(), color: use_color(args.common.color), clock: Clock::local() };
    let quit = asks.clone();
    // Once it has ended nobody takes what is asked.
    let shown = tui::speak::run(
        options,
        updates,
        move |ask| {
            let _ = asks.send(ask);
        },
        stop.flag(),
    );
    let _ = quit.send(Ask::Speaker(0, Command::Quit));
    drop(quit);
    let view = thread.join().map_err(|_| Error::Other("the demonstration failed".into()))?;
    farewell(args, &view)?;
    shown.map_err(|e| Error::Other(format!("the screen: {e}; `--plain` writes lines instead")))?;
    Ok(0)
}

/// Plays in real time until it is ended; gives the last picture.
fn play(
    mut demo: Demo,
    updates: &SyncSender<Update>,
    asked: &Receiver<Ask>,
    end: Option<Duration>,
    stop: &Stop,
) -> View {
    let (start, begun) = (demo.at().at, std::time::Instant::now());
    loop {
        let asked_for = match asked.recv_timeout(PICTURE) {
            Ok(ask) => Some(ask),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Ask::Speaker(0, Command::Quit)),
        };
        demo.advance(start.after(begun.elapsed()));
        if let Some(ask) = asked_for {
            demo.ask(ask);
        }
        if stop.requested().is_some() || end.is_some_and(|end| begun.elapsed() >= end) {
            demo.ask(Ask::Speaker(0, Command::Quit));
        }
        let view = demo.view();
        let update = Update { view: Some(Arc::new(view.clone())), told: demo.told() };
        if updates.send(update).is_err() || demo.speaker.has_ended() {
            return view;
        }
    }
}

/// Lines, or JSON: in real time on a terminal, else at once.
fn plain(args: &SpeakArgs, spec: Spec, consent: Consent, every: bool, stop: &Stop) -> Result<u8, Error> {
    let paced = io::stdout().is_terminal();
    let names = [(spec.name.clone(), VRID, false)];
    let epoch: fn(Instant) -> i64 = if paced { from_now } else { |_| EPOCH_MICROS };
    let mut demo = Demo::new(spec, consent, every, epoch);
    let mut lines = Lines::begin(args, &names, "--demo");
    let (start, begun) = (demo.at().at, std::time::Instant::now());
    let end = args.for_.or((!paced).then_some(STORY)).map(|d| start.after(d));
    loop {
        let to = if paced { start.after(begun.elapsed()) } else { demo.at().at.after(PICTURE) };
        demo.advance(end.map_or(to, |end| to.min(end)));
        demo.told().iter().for_each(|told| lines.tell(told));
        if demo.speaker.has_ended() {
            return lines.end(&demo.view());
        }
        let deserted = lines.written.is_err() || is_deserted(io::stdout().as_fd());
        lines.refused |= lines.nobody_joined();
        if lines.refused || deserted || stop.requested().is_some() || end.is_some_and(|end| end <= demo.at().at) {
            demo.ask(Ask::Speaker(0, Command::Quit));
        } else if paced {
            thread::sleep(PICTURE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speak::Phase;
    use crate::vrrp::check::Hearing;
    use crate::vrrp::{Params, State};

    fn demo(priority: u8, take_over: bool) -> Demo {
        let params = Params { priority, ..Params::new(VRID, SOURCE, vec![VIP.0]) };
        let spec = Spec {
            name: "VRID 51".into(),
            interface: INTERFACE.into(),
            params,
            addresses: vec![Address { ip: VIP.0, prefix: VIP.1, interface: None, advertised: true }],
            hearing: Hearing::default(),
            ttl: 255,
            checksum: None,
            vmac: false,
            present: Vec::new(),
            tracks: Vec::new(),
            track_primary: true,
        };
        Demo::new(spec, Consent { take_over, ..Consent::default() }, false, |_| EPOCH_MICROS)
    }

    fn run(demo: &mut Demo, ms: u64) -> (Phase, State, bool) {
        let to = demo.at().at.after(Duration::from_millis(ms));
        demo.advance(to);
        let i = &demo.view().instances[0];
        let other = demo.stage.world().router(0, 0);
        (i.phase, i.state, other.is_some_and(|r| r.state() == State::Master))
    }

    #[test]
    fn a_backup_takes_over_when_its_neighbour_is_killed_and_yields_when_it_is_back() {
        let mut d = demo(100, false);
        // It listens for 3 × 1 s + 156/256 s.
        assert!(matches!(run(&mut d, 3500), (Phase::Listening { .. }, State::Init, true)));
        assert_eq!(run(&mut d, 500), (Phase::Running, State::Backup, true));
        d.ask(Ask::Beside);
        assert_eq!(run(&mut d, 4000), (Phase::Running, State::Master, false));
        d.ask(Ask::Beside);
        // It hears 100, and preempts: 3 × 1 s + 154/256 s.
        assert_eq!(run(&mut d, 4000), (Phase::Running, State::Backup, true));
        d.ask(Ask::Speaker(0, Command::Priority(10)));
        // 110 > 102: at the end of its timer it preempts, and the neighbour yields.
        assert_eq!(run(&mut d, 5000), (Phase::Running, State::Master, false));
        d.ask(Ask::Speaker(0, Command::Quit));
        // A release: the neighbour takes over after 154/256 s.
        assert!(run(&mut d, 700).2);
        assert!(d.speaker.has_ended());
    }

    #[test]
    fn a_higher_priority_wants_consent() {
        let mut d = demo(150, false);
        assert_eq!(run(&mut d, 5000), (Phase::Waiting, State::Init, true));
        d.ask(Ask::Speaker(0, Command::TakeOver));
        assert_eq!(run(&mut d, 4000), (Phase::Running, State::Master, false));
    }

    #[test]
    fn by_itself_the_neighbour_is_killed_and_comes_back() {
        let mut d = demo(100, false);
        let seen: Vec<bool> = [4, 8, 4, 8, 8].iter().map(|s| run(&mut d, s * 1000).2).collect();
        // Killed at 12.3 s, started at 26 s, master again 3.6 s later.
        assert_eq!(seen, [true, true, false, false, true]);
    }
}
