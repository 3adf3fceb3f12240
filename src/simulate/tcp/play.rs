//! Plays a connection: two endpoints, the way between them, and what is said to happen.

use std::time::Duration;

use super::endpoint::{Action, Endpoint, Errno, Held, Input, Learned, State};
use super::event::What;
use super::path::{Answer, Fate, From, Middlebox, Path, Way, forged};
use super::segment::{Kind, Segment};
use super::settings::{Settings, Slack};
use crate::simulate::queue::Queue;
use crate::time::Instant;

/// A connection and what befalls it. Time 0 is the end of the handshake.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The socket that is looked at.
    pub local: Settings,
    /// The other end's, which by itself only answers.
    pub peer: Settings,
    /// The round trip.
    pub rtt: Duration,
    /// What happens, in order; of things at the same time, the first comes first.
    pub events: Vec<(Instant, What)>,
    /// What keeps a table of flows on the way.
    pub middlebox: Option<Middlebox>,
    /// How long it is watched.
    pub length: Duration,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// What was said to happen. `idle` if it made no difference.
    Event {
        /// What.
        what: What,
        /// Whether the peer had no connection any more that it could have befallen.
        in_vain: bool,
    },
    /// A segment was sent.
    Segment {
        /// By whom.
        from: From,
        /// What for.
        kind: Kind,
        /// Bytes of data.
        bytes: u32,
        /// What becomes of it.
        fate: Fate,
        /// For a probe, which one without an answer it is.
        probe: u32,
        /// For data, the retransmission timeout that runs after it.
        rto: Duration,
    },
    /// The application learns something.
    Outcome {
        /// What.
        learned: Learned,
        /// Who sent the last RST that arrived.
        by: From,
    },
    /// The keepalive timer expired while data was unacknowledged; it runs again.
    Deferred(Duration),
    /// Data of the application waits.
    Held(u32, Held),
    /// A middlebox forgot the flow and said so.
    Forgotten,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The first thing the application learnt, and when.
    pub first: Option<(Instant, Learned)>,
    /// The first error, which ends the connection, and when.
    pub error: Option<(Instant, Learned)>,
    /// Keepalive probes sent.
    pub probes: u64,
    /// Retransmissions sent by the local socket.
    pub retransmissions: u64,
}

enum Arrival {
    At {
        to: From,
        by: From,
        segment: Segment,
    },
    Icmp(u64),
    /// A segment that a middlebox or router sends.
    Sent(From, Segment),
    SentIcmp(u64),
}

struct Table<'a> {
    local: Endpoint,
    peer: Endpoint,
    path: Path,
    half: Duration,
    queue: Queue<Arrival>,
    summary: Summary,
    reset_by: From,
    sink: &'a mut dyn FnMut(Instant, Record),
}

/// Plays a scenario to its end.
pub fn play(scenario: &Scenario, slack: Slack, sink: &mut dyn FnMut(Instant, Record)) -> Summary {
    let end = Instant::ZERO.after(scenario.length);
    let mut events = scenario.events.clone();
    events.sort_by_key(|e| e.0);
    let mut events = events.into_iter().peekable();
    let mut table = Table {
        local: Endpoint::new(scenario.local, slack, Instant::ZERO, scenario.rtt),
        peer: Endpoint::new(scenario.peer, slack, Instant::ZERO, scenario.rtt),
        path: Path::new(scenario.middlebox, scenario.local.kernel.time_of(1), Instant::ZERO),
        half: scenario.rtt / 2,
        queue: Queue::default(),
        summary: Summary::default(),
        reset_by: From::Peer,
        sink,
    };
    loop {
        // What is said to happen comes before what happens by itself at the same time, arrivals before timers.
        let next = [
            events.peek().map(|e| e.0),
            table.queue.next_at(),
            table.path.next_deadline(),
            table.local.next_deadline(),
            table.peer.next_deadline(),
        ];
        let Some(now) = next.into_iter().flatten().min().filter(|at| *at <= end) else { break };
        if let Some((_, what)) = events.next_if(|e| e.0 == now) {
            table.befall(now, what);
        } else if table.queue.next_at() == Some(now) {
            table.arrive(now);
        } else if table.path.next_deadline() == Some(now) {
            table.forget(now);
        } else if table.local.next_deadline() == Some(now) {
            table.at(now, From::Local, Input::Timer);
        } else {
            table.at(now, From::Peer, Input::Timer);
        }
    }
    table.summary
}

impl Table<'_> {
    fn tell(&mut self, now: Instant, record: Record) {
        (self.sink)(now, record);
    }

    fn befall(&mut self, now: Instant, what: What) {
        let gone = !matches!(self.peer.state(), State::Established | State::CloseWait);
        let at_peer = matches!(what, What::Close | What::Reset | What::Reboot | What::PeerWrite(_));
        self.tell(now, Record::Event { what, in_vain: gone && at_peer });
        match what {
            What::Drop => self.path.way = Way::Dropping,
            What::Heal => self.path.way = Way::Open,
            What::Unreachable => self.path.way = Way::Unreachable,
            What::Close => self.at(now, From::Peer, Input::Close),
            What::Reset | What::PeerWrite(_) if gone => {}
            What::Reset => self.at(now, From::Peer, Input::Abort),
            What::Reboot => self.at(now, From::Peer, Input::Forget),
            What::Write(bytes) => self.at(now, From::Local, Input::Write(bytes)),
            What::PeerWrite(bytes) => self.at(now, From::Peer, Input::Write(bytes)),
        }
    }

    fn arrive(&mut self, now: Instant) {
        match self.queue.pop() {
            Some((_, Arrival::At { to, by, segment })) => {
                if segment.rst && to == From::Local {
                    self.reset_by = by;
                }
                self.at(now, to, Input::Segment(segment));
            }
            Some((_, Arrival::Icmp(seq))) => self.at(now, From::Local, Input::Unreachable(seq)),
            Some((_, Arrival::Sent(to, segment))) => {
                self.tell(now, segment_of(From::Middlebox, &segment, Fate::Arrives, &self.local));
                self.queue.push(now.after(self.half / 2), Arrival::At { to, by: From::Middlebox, segment });
            }
            Some((_, Arrival::SentIcmp(seq))) => {
                let record = Record::Segment {
                    from: From::Middlebox,
                    kind: Kind::Icmp,
                    bytes: 0,
                    fate: Fate::Arrives,
                    probe: 0,
                    rto: Duration::ZERO,
                };
                self.tell(now, record);
                self.queue.push(now.after(self.half / 2), Arrival::Icmp(seq));
            }
            None => {}
        }
    }

    /// A middlebox forgets the flow, and says so to both.
    fn forget(&mut self, now: Instant) {
        self.path.forget();
        self.tell(now, Record::Forgotten);
        for (to, expected) in [(From::Local, self.local.expected()), (From::Peer, self.peer.expected())] {
            let segment = forged(expected);
            self.tell(now, segment_of(From::Middlebox, &segment, Fate::Arrives, &self.local));
            if self.path.way == Way::Open {
                self.queue.push(now.after(self.half / 2), Arrival::At { to, by: From::Middlebox, segment });
            }
        }
    }

    /// Gives an endpoint an input and does what it says.
    fn at(&mut self, now: Instant, who: From, input: Input) {
        let endpoint = if who == From::Peer { &mut self.peer } else { &mut self.local };
        for action in endpoint.handle(now, input) {
            match action {
                Action::Send(segment) => self.send(now, who, segment),
                Action::Tell(learned) if who == From::Local => {
                    self.summary.first.get_or_insert((now, learned));
                    if learned.error != Errno::Eof {
                        self.summary.error.get_or_insert((now, learned));
                    }
                    let by = self.reset_by;
                    self.tell(now, Record::Outcome { learned, by });
                }
                Action::Deferred(again) if who == From::Local => self.tell(now, Record::Deferred(again)),
                Action::Held(bytes, why) if who == From::Local => self.tell(now, Record::Held(bytes, why)),
                Action::Tell(_) | Action::Deferred(_) | Action::Held(..) | Action::Read(_) => {}
            }
        }
    }

    fn send(&mut self, now: Instant, from: From, segment: Segment) {
        let fate = match (self.path.fate(now), from) {
            // The way back is gone, too; nobody tells the peer.
            (Fate::Refused, From::Peer) => Fate::Lost,
            (fate, _) => fate,
        };
        if from == From::Local {
            self.summary.probes += u64::from(segment.kind == Kind::Keepalive);
            self.summary.retransmissions += u64::from(segment.kind == Kind::Retransmission);
        }
        self.tell(now, segment_of(from, &segment, fate, &self.local));
        let other = if from == From::Peer { From::Local } else { From::Peer };
        match fate {
            Fate::Arrives => self.queue.push(now.after(self.half), Arrival::At { to: other, by: from, segment }),
            Fate::Refused if self.path.may_answer(now) => {
                self.queue.push(now.after(self.half / 2), Arrival::SentIcmp(segment.seq));
            }
            Fate::Forgotten(Answer::Rst) if !segment.rst => {
                self.queue.push(now.after(self.half / 2), Arrival::Sent(from, segment.refusal()));
            }
            Fate::Lost | Fate::Refused | Fate::Forgotten(_) => {}
        }
    }
}

fn segment_of(from: From, segment: &Segment, fate: Fate, local: &Endpoint) -> Record {
    let probe = if from == From::Local && segment.kind == Kind::Keepalive { local.probes_out() } else { 0 };
    Record::Segment { from, kind: segment.kind, bytes: segment.len, fate, probe, rto: local.rto() }
}
