//! What `--demo` shows: a pair of simulated nodes with a story of their own, until somebody takes a hand in it.

use std::time::Duration;

use super::draft::Draft;
use super::fault::Fault;
use super::read::Configs;
use super::record::{Record, Sink};
use super::scenario::{Daemon, Scenario};
use super::world::{EPOCH_MICROS, World};
use crate::conf::{LoadError, Loader, Options};
use crate::frame::{LinkType, OwnedFrame};
use crate::time::{Instant, Timestamp};

/// The configurations: a is master of VRID 51, b of VRID 52.
const PAIR: &[(&str, &str)] = &[("a", "a.conf"), ("b", "b.conf")];
/// The node that `hactl speak --demo` meets.
const PEER: &[(&str, &str)] = &[("a", "peer.conf")];
const FILES: &[(&str, &str)] = &[
    ("a.conf", include_str!("demo/a.conf")),
    ("b.conf", include_str!("demo/b.conf")),
    ("peer.conf", include_str!("demo/peer.conf")),
];

/// So much has passed before anybody looks: everybody has found his place.
const SETTLED: Duration = Duration::from_secs(9);
/// What happens by itself, counted from there: when, what, to which node.
const STORY: &[(Duration, &str, usize)] = &[
    (Duration::from_millis(8300), "crash", 0),
    (Duration::from_secs(20), "start", 0),
    (Duration::from_millis(32_600), "stop", 0),
    (Duration::from_secs(40), "start", 0),
];
/// What happens to the lone peer.
const PEER_STORY: &[(Duration, &str, usize)] =
    &[(Duration::from_millis(12_300), "crash", 0), (Duration::from_secs(26), "start", 0)];
/// After so much it begins again.
const ROUND: Duration = Duration::from_secs(50);

struct Embedded;

impl Loader for Embedded {
    fn expand(&mut self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let file = FILES.iter().find(|(n, _)| *n == name);
        file.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| LoadError::NotFound(name.to_owned()))
    }
}

fn scenario(nodes: &[(&str, &str)]) -> Scenario {
    let mut draft = Draft::default();
    let mut loader = Embedded;
    let mut configs = Configs { loader: &mut loader, options: Options::default() };
    for (name, file) in nodes {
        // They are part of the program, and a test reads them.
        if let Ok(setting) = configs.read(file, name, Daemon::default()) {
            draft.node(name, Daemon::default(), setting);
        }
    }
    draft.addresses();
    draft.scenario
}

/// The pair, without its story.
pub fn pair() -> Scenario {
    scenario(PAIR)
}

/// Simulated nodes that live on, with a story that goes on round after round until somebody takes a hand in it.
#[derive(Clone, Debug)]
pub struct Stage {
    world: World,
    story: &'static [(Duration, &'static str, usize)],
    /// Where the round began, and what of it has happened.
    round: Instant,
    next: usize,
    /// Nobody has taken a hand in it.
    untouched: bool,
}

impl Stage {
    /// The pair, settled.
    pub fn pair() -> Self {
        Self::new(&pair(), STORY)
    }

    /// A node alone, for one that meets it.
    pub fn peer() -> Self {
        Self::new(&scenario(PEER), PEER_STORY)
    }

    fn new(scenario: &Scenario, story: &'static [(Duration, &'static str, usize)]) -> Self {
        let mut world = World::new(scenario);
        let round = Instant::ZERO.after(SETTLED);
        world.run_until(round, &mut Nobody);
        Self { world, story, round, next: 0, untouched: true }
    }

    /// The nodes.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The nodes, for what comes from outside.
    pub const fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// Plays until a moment, with the story.
    pub fn run_until(&mut self, to: Instant, sink: &mut dyn Sink) {
        while self.untouched {
            let Some((after, what, node)) = self.story.get(self.next).copied() else {
                self.round = self.round.after(ROUND);
                self.next = 0;
                continue;
            };
            let at = self.round.after(after);
            if at > to {
                break;
            }
            self.world.run_until(at, sink);
            self.befall(what, node, sink);
            self.next += 1;
        }
        self.world.run_until(to, sink);
    }

    /// When something happens next that is worth waking up for.
    pub fn next_at(&self) -> Option<Instant> {
        let story = self.story.get(self.next).filter(|_| self.untouched).map(|(after, ..)| self.round.after(*after));
        self.world.next_at().into_iter().chain(story).min()
    }

    /// Kills a node that runs, or starts one that does not. From then on nothing happens by itself.
    pub fn toggle(&mut self, node: usize, sink: &mut dyn Sink) {
        self.untouched = false;
        let what = if self.world.is_running(node) { "crash" } else { "start" };
        self.befall(what, node, sink);
    }

    fn befall(&mut self, what: &str, node: usize, sink: &mut dyn Sink) {
        if let Some(fault) = Fault::of(what, node) {
            self.world.inject(&fault, sink);
        }
    }
}

struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: Record) {}
}

/// Frames as a capture has them; the beginning of the simulation is at a moment of the wall clock.
#[derive(Debug)]
pub struct Tap {
    /// That moment, in microseconds.
    pub epoch: i64,
    /// Frames so far.
    pub count: u64,
    /// Those that nobody has taken yet.
    pub frames: Vec<OwnedFrame>,
    /// What befell last, as a sentence, and when.
    pub befell: Option<(Instant, String)>,
}

impl Tap {
    /// One whose first frame is the first of a capture.
    pub const fn new(epoch: i64) -> Self {
        Self { epoch, count: 0, frames: Vec::new(), befell: None }
    }
}

impl Sink for Tap {
    fn record(&mut self, record: Record) {
        if let Record::Fault { at, what, .. } = record {
            let sentence = match what.split_once(' ') {
                Some(("crash", node)) => format!("{node} was killed"),
                Some(("stop", node)) => format!("{node} was stopped cleanly"),
                Some(("start", node)) => format!("{node} was started"),
                _ => what,
            };
            self.befell = Some((at, sentence));
        }
    }

    fn wants_frames(&self) -> bool {
        true
    }

    fn frame(&mut self, at: Instant, bytes: &[u8]) {
        self.count += 1;
        self.frames.push(OwnedFrame {
            number: self.count,
            time: Timestamp::from_micros(at.as_micros().saturating_add(self.epoch)),
            link: LinkType::Ethernet,
            stripped_tag: None,
            data: bytes.into(),
            wire_len: bytes.len() as u32,
        });
    }
}

/// One round of the pair's story as a capture; the same every time.
pub fn capture() -> Vec<OwnedFrame> {
    let mut stage = Stage::pair();
    let mut tap = Tap::new(EPOCH_MICROS);
    let end = stage.round.after(ROUND);
    stage.run_until(end, &mut tap);
    tap.frames
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Instant {
        Instant::ZERO.after(SETTLED + Duration::from_secs(s))
    }

    #[test]
    fn the_embedded_configurations_run() {
        let names: Vec<String> = pair().nodes.into_iter().map(|n| n.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(scenario(PEER).nodes.len(), 1);
    }

    #[test]
    fn the_story_goes_on_round_after_round() {
        let mut stage = Stage::pair();
        let mut seen = Vec::new();
        for s in [8, 9, 20, 33, 41, 58, 59] {
            stage.run_until(secs(s), &mut Nobody);
            seen.push(stage.world().is_running(0));
        }
        assert_eq!(seen, [true, false, true, false, true, true, false]);
    }

    #[test]
    fn whoever_takes_a_hand_in_it_is_left_alone() {
        let mut stage = Stage::pair();
        stage.run_until(secs(2), &mut Nobody);
        stage.toggle(1, &mut Nobody);
        stage.run_until(secs(60), &mut Nobody);
        assert!(stage.world().is_running(0) && !stage.world().is_running(1));
        stage.toggle(1, &mut Nobody);
        assert!(stage.world().is_running(1));
    }

    #[test]
    fn the_capture_is_the_same_every_time() {
        let (one, two) = (capture(), capture());
        assert_eq!(one.first().map(|f| (f.number, f.time)), two.first().map(|f| (f.number, f.time)));
        assert!(one.len() > 100 && one.iter().zip(&two).all(|(a, b)| a.data == b.data && a.time == b.time));
    }
}
