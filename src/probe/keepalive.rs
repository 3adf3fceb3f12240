//! A connection that is held with keepalive on: what becomes of it, and what the kernel's own timer says meanwhile.
//!
//! Nothing is sent but what keepalive sends. That a probe was answered shows in what the kernel knows of the connection:
//! only an acknowledgement of what this side has sent moves `last_ack_recv`; the peer's own probes do not.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found, SoFar};
use super::kernel;
use super::outcome::{Fact, Phases, Value};
use super::reason::Reason;
use super::tcp::connect;
use crate::net::monotonic;
use crate::net::probe_socket::{self, KeepaliveOptions, Said};
use crate::net::sock_diag::{Ends, SockDiag, TcpSocket, Timer};
use crate::time::Instant;

/// How often the kernel is asked while an answer may come.
const OFTEN: Duration = Duration::from_millis(20);

/// How often it is asked otherwise, so that who looks sees the timer run.
const SELDOM: Duration = Duration::from_millis(250);

/// Timers are coarse: what is heard so much before it is due was due.
const EARLY: Duration = Duration::from_millis(25);

/// What is seen while a connection is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It stands; the kernel's keepalive timer runs out after this time.
    Held(SocketAddr, Option<Duration>),
    /// So many probes are out without an answer.
    Unanswered(u8),
    /// A probe was answered, so long after the last thing heard before it.
    Answered(Duration),
    /// The peer has said something by itself: so many bytes.
    Data(usize),
    /// What the network says of it.
    Icmp(String),
    /// Nothing happened: the timer, and what has been seen so far.
    Now {
        /// The kernel's timer.
        timer: Timer,
        /// Until it runs out.
        expires: Duration,
        /// Since the last thing heard.
        silent: Duration,
        /// Probes sent.
        sent: u32,
        /// Answers.
        answered: u32,
    },
}

/// Is told each step with its target and the time since the connection stood.
pub type Told = Arc<dyn Fn(&str, Duration, &Step) + Send + Sync>;

/// What asks the kernel, for all connections together.
pub type Diag = Arc<Mutex<SockDiag>>;

/// Holds a connection.
pub struct Keepalive {
    /// What is set on it.
    pub options: KeepaliveOptions,
    /// When the kernel gives it up, after the last thing heard.
    pub gives_up: Duration,
    /// Hold it for so long, whatever is answered; otherwise the first answer is the end.
    pub hold: Option<Duration>,
    /// Who is told.
    pub told: Told,
    /// Asks the kernel. None where it cannot be asked.
    pub diag: Option<Diag>,
}

impl Keepalive {
    /// A check that asks this kernel.
    pub fn new(
        options: KeepaliveOptions,
        gives_up: Duration,
        hold: Option<Duration>,
        told: Told,
        diag: Option<Diag>,
    ) -> Self {
        Self { options, gives_up, hold, told, diag }
    }

    fn look(&self, ends: Ends) -> Option<TcpSocket> {
        self.diag.as_ref()?.lock().ok()?.connection(ends).ok()?
    }
}

impl Check for Keepalive {
    fn kind(&self) -> &'static str {
        "keepalive"
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(async move {
            let begun = monotonic();
            let stream = match connect(&at).await {
                Ok(stream) => stream,
                Err(reason) => return Found::failed(reason),
            };
            let connected = monotonic();
            if let Err(e) = probe_socket::set_keepalive(stream.as_fd(), &self.options) {
                return Found::failed(kernel::local(&e));
            }
            let interface = at.origin.interface.as_deref().and_then(|name| probe_socket::interface_index(name).ok());
            let ends = stream.local_addr().and_then(|local| Ok(Ends { local, remote: stream.peer_addr()?, interface }));
            let mut held = match ends {
                Ok(ends) => Held::new(self, &at, ends, begun, connected),
                Err(e) => return Found::failed(ended_at_once(&e)),
            };
            let ending = held.hold(&stream).await;
            held.found(&ending)
        })
    }
}

/// Without the kernel's word nobody knows whether probes were answered.
fn untold() -> Ending {
    Ending::Failed(Reason::new(
        "local",
        "this kernel does not tell of its connections (tcp_diag): nothing is known of probes",
    ))
}

fn ended_at_once(error: &io::Error) -> Reason {
    // A connection that is gone has no ends any more.
    match Said::by(error) {
        Said::Other => Reason::new("reset", "the connection was reset at once"),
        _ => kernel::failure(error, None),
    }
}

/// What became of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ending {
    /// A probe was answered, and that was all that was asked; or it was held for as long as it should.
    Answered,
    /// The peer kept talking, so there was nothing to probe.
    Talks,
    /// The peer or somebody in its name reset it, so long after the last thing heard.
    Reset(Duration),
    /// The peer ended it.
    Fin(Duration),
    /// It was given up, or should have been.
    Silence(Duration),
    /// It is still held.
    Open,
    /// Something else.
    Failed(Reason),
}

impl Ending {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Talks => "data",
            Self::Reset(_) => "rst",
            Self::Fin(_) => "fin",
            Self::Silence(_) => "silence",
            Self::Open => "interrupted",
            Self::Failed(_) => "failed",
        }
    }
}

/// A connection under way.
struct Held<'a> {
    check: &'a Keepalive,
    target: &'a str,
    so_far: SoFar<'a>,
    ends: Ends,
    begun: Instant,
    connected: Instant,
    /// Whether the kernel has told of it.
    seen: bool,
    /// When something was last heard of the peer.
    heard: Instant,
    /// The kernel's timer at the beginning.
    first_timer: Option<Duration>,
    /// Probes out without an answer.
    outstanding: u8,
    sent: u32,
    answered: u32,
    /// How long after the last thing heard the first answer came.
    first_answer: Option<Duration>,
    bytes: usize,
    /// Of them, those that nobody was told of yet, and when that was last done.
    untold: usize,
    told_data: Option<Instant>,
    icmp: Option<Reason>,
    rtt: Option<Duration>,
}

impl<'a> Held<'a> {
    fn new(check: &'a Keepalive, at: &At<'a>, ends: Ends, begun: Instant, connected: Instant) -> Self {
        Self {
            check,
            target: &at.target.text,
            so_far: at.so_far,
            ends,
            begun,
            connected,
            seen: false,
            heard: connected,
            first_timer: None,
            outstanding: 0,
            sent: 0,
            answered: 0,
            first_answer: None,
            bytes: 0,
            untold: 0,
            told_data: None,
            icmp: None,
            rtt: None,
        }
    }

    fn tell(&self, step: &Step) {
        (self.so_far)(self.found(&Ending::Open));
        (self.check.told)(self.target, monotonic().since(self.connected), step);
    }

    fn found(&self, ending: &Ending) -> Found {
        let phases = Phases {
            connect: Some(self.connected.since(self.begun)),
            total: Some(monotonic().since(self.begun)),
            ..Phases::default()
        };
        Found { result: self.verdict(ending), phases, facts: self.facts(ending) }
    }

    async fn hold(&mut self, stream: &TcpStream) -> Ending {
        let first = self.check.look(self.ends);
        self.first_timer = first.as_ref().filter(|s| s.timer == Timer::Keepalive).map(|s| s.expires);
        self.rtt = first.and_then(|s| s.info).map(|i| i.rtt);
        self.tell(&Step::Held(self.ends.local, self.first_timer));
        // The coarsest timer is late by an eighth.
        let patience = self.check.gives_up + self.check.gives_up / 8 + Duration::from_secs(5);
        loop {
            let seen = self.check.look(self.ends);
            if let Some(seen) = &seen {
                self.see(seen);
            }
            let now = monotonic();
            if self.answered > 0 && self.check.hold.is_none() {
                return Ending::Answered;
            }
            if let Some(hold) = self.check.hold.filter(|hold| now.since(self.connected) >= *hold) {
                // What is out without an answer is not known yet.
                if self.outstanding == 0 || now.since(self.connected) >= hold + patience {
                    return if self.answered > 0 { Ending::Answered } else { Ending::Talks };
                }
            }
            if now.since(self.heard) >= patience {
                return if self.seen { Ending::Silence(now.since(self.heard)) } else { untold() };
            }
            if self.check.hold.is_none() && now.since(self.connected) >= patience * 2 {
                return Ending::Talks;
            }
            let wait = self.wait(seen.as_ref(), now);
            if timeout(wait, stream.readable()).await.is_ok()
                && let Some(ending) = self.read(stream)
            {
                return ending;
            }
        }
    }

    /// How long until the kernel is asked again.
    fn wait(&self, seen: Option<&TcpSocket>, now: Instant) -> Duration {
        let due = match seen {
            Some(s) if s.timer == Timer::Keepalive && s.tries == 0 && s.expires > OFTEN => {
                s.expires.saturating_sub(OFTEN / 2)
            }
            Some(_) => OFTEN,
            None => SELDOM,
        };
        let left = self.check.hold.map_or(SELDOM, |hold| hold.saturating_sub(now.since(self.connected)));
        due.min(SELDOM).min(left.max(OFTEN))
    }

    /// Takes what the kernel says of it.
    fn see(&mut self, seen: &TcpSocket) {
        let now = monotonic();
        let Some(info) = &seen.info else { return };
        self.seen = true;
        let ago = |d: Duration| now.before(d);
        let acked = ago(info.last_ack_received);
        let after = acked.since(self.heard.min(acked));
        if acked > self.heard && after + EARLY >= self.check.options.idle {
            self.sent += u32::from(self.outstanding == 0);
            self.answered += 1;
            self.first_answer.get_or_insert(after);
            self.outstanding = 0;
            self.tell(&Step::Answered(after));
        }
        // Counted in ticks, so it may seem to go back a little.
        self.heard = self.heard.max(ago(info.silent()));
        let probes = if seen.timer == Timer::Keepalive { seen.tries } else { 0 };
        if probes > self.outstanding {
            self.sent += u32::from(probes - self.outstanding);
            self.outstanding = probes;
            self.tell(&Step::Unanswered(probes));
        }
        let step = Step::Now {
            timer: seen.timer,
            expires: seen.expires,
            silent: now.since(self.heard.min(now)),
            sent: self.sent,
            answered: self.answered,
        };
        self.tell(&step);
    }

    /// Reads what there is, and says how it ended if it did.
    fn read(&mut self, stream: &TcpStream) -> Option<Ending> {
        let mut buffer = [0; 16 * 1024];
        let now = monotonic();
        let silent = now.since(self.heard.min(now));
        loop {
            match stream.try_read(&mut buffer) {
                Ok(0) => return Some(Ending::Fin(silent)),
                Ok(n) => {
                    self.bytes += n;
                    self.heard = now;
                    self.outstanding = 0;
                    self.untold += n;
                    if self.told_data.is_none_or(|told| now.since(told) >= SELDOM) {
                        self.tell(&Step::Data(self.untold));
                        (self.untold, self.told_data) = (0, Some(now));
                    }
                    // What never ends to talk may not keep us from looking at the time.
                    return None;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
                Err(e) => {
                    let icmp = probe_socket::icmp_error(stream.as_fd()).filter(|i| i.from.is_some());
                    match (Said::by(&e), icmp) {
                        (Said::Reset, _) => {
                            self.sent = self.sent.max(u32::from(silent + EARLY >= self.check.options.idle));
                            return Some(Ending::Reset(silent));
                        }
                        (Said::TimedOut, _) => return Some(Ending::Silence(silent)),
                        // The kernel tells, and goes on.
                        (_, Some(icmp)) => {
                            let reason = kernel::told(&icmp);
                            self.tell(&Step::Icmp(reason.sentence.clone()));
                            self.icmp.get_or_insert(reason);
                        }
                        (Said::Unreachable | Said::NoRoute, None) if self.outstanding > 0 => {
                            // Of a connection that stands the kernel keeps the error and not who sent it.
                            let sentence = "the kernel was told that the host cannot be reached (by a router's ICMP, or \
                                            nobody answered its ARP or neighbour discovery)";
                            self.icmp.get_or_insert_with(|| Reason::new("unreachable", sentence));
                            return Some(Ending::Silence(silent));
                        }
                        (_, None) => return Some(Ending::Failed(kernel::failure(&e, None))),
                    }
                }
            }
        }
    }

    /// When what ended it was to be expected, after the last thing heard.
    fn computed(&self, ending: &Ending) -> Duration {
        match ending {
            Ending::Silence(_) => self.check.gives_up,
            _ => self.check.options.idle,
        }
    }

    fn observed(&self, ending: &Ending) -> Option<Duration> {
        match ending {
            Ending::Reset(d) | Ending::Fin(d) | Ending::Silence(d) => Some(*d),
            Ending::Answered | Ending::Open => self.first_answer,
            Ending::Talks | Ending::Failed(_) => None,
        }
    }

    fn verdict(&self, ending: &Ending) -> Result<(), Reason> {
        let idle = self.check.options.idle;
        match ending {
            Ending::Answered | Ending::Talks => Ok(()),
            Ending::Open if self.answered > 0 && self.outstanding == 0 => Ok(()),
            Ending::Open => Err(Reason::new("interrupted", self.not_certain())),
            Ending::Failed(reason) => Err(reason.clone()),
            Ending::Reset(after) => {
                let age = secs(monotonic().since(self.connected));
                let when = if self.answered > 0 && *after + EARLY < idle {
                    let probes = if self.answered == 1 { "a probe was" } else { "probes were" };
                    format!("{age} after the connection was made, although {probes} answered")
                } else if *after + EARLY >= idle {
                    format!("at the probe, {} after the last thing heard (probe due at {})", secs(*after), secs(idle))
                } else {
                    format!("{} after the last thing heard, before the first probe at {}", secs(*after), secs(idle))
                };
                Err(Reason::new("keepalive-reset", format!("reset (RST) {when}")))
            }
            Ending::Fin(after) => {
                let sentence = if self.answered > 0 && self.bytes == 0 {
                    let age = secs(monotonic().since(self.connected));
                    format!(
                        "ended (FIN) by the service {age} after the connection was made, although probes were answered"
                    )
                } else {
                    let when = if self.answered > 0 { "" } else { ", before a probe was answered" };
                    format!("ended (FIN) by the service after {} without traffic{when}", secs(*after))
                };
                Err(Reason::new("idle-closed", sentence))
            }
            Ending::Silence(after) => {
                let unanswered = self.sent.saturating_sub(self.answered);
                let probes = if unanswered == 1 { "1 probe".to_owned() } else { format!("{unanswered} probes") };
                let computed = secs(self.check.gives_up);
                let mut sentence = format!(
                    "no answer to {probes}, given up {} after the last thing heard (computed: {computed})",
                    secs(*after)
                );
                if let Some(icmp) = &self.icmp {
                    sentence = format!("{sentence}; {}", icmp.sentence);
                }
                Err(Reason::new("keepalive-timeout", sentence))
            }
        }
    }

    /// Of a connection that is still held, why nothing can be said of keepalive.
    fn not_certain(&self) -> String {
        let now = monotonic();
        let held = secs(now.since(self.connected));
        if self.outstanding == 0 {
            return match (self.bytes, self.seen) {
                (0, true) => {
                    format!("held for {held}, no probe was due yet (due at {})", secs(self.check.options.idle))
                }
                (0, false) => format!("held for {held}, nothing is known of probes"),
                _ => format!("held for {held}, the peer keeps talking, no probe was needed yet"),
            };
        }
        let probes = if self.outstanding == 1 { "1 probe".to_owned() } else { format!("{} probes", self.outstanding) };
        let before = match self.answered {
            0 => String::new(),
            1 => "; 1 was answered before".to_owned(),
            n => format!("; {n} were answered before"),
        };
        let (silent, due) = (secs(now.since(self.heard.min(now))), secs(self.check.gives_up));
        format!("no answer to {probes} yet, {silent} after the last thing heard (given up at {due}){before}")
    }

    fn facts(&self, ending: &Ending) -> Vec<Fact> {
        let time = |name, d: Duration| Fact { name, value: Value::Time(d) };
        let options = &self.check.options;
        let mut facts = vec![
            Fact::text("ended_by", ending.as_str()),
            Fact::number("probes_sent", self.sent),
            Fact::number("probes_answered", self.answered),
        ];
        facts.extend(self.observed(ending).map(|d| time("observed_ms", d)));
        facts.push(time("computed_ms", self.computed(ending)));
        facts.extend(self.first_timer.map(|d| time("kernel_timer_ms", d)));
        facts.extend(self.rtt.map(|d| time("rtt_ms", d)));
        facts.push(Fact::text("local", self.ends.local.to_string()));
        facts.push(time("idle_ms", options.idle));
        facts.push(time("interval_ms", options.interval));
        facts.push(Fact::number("probes", options.probes));
        facts.extend(options.user_timeout.map(|d| time("user_timeout_ms", d)));
        facts.extend((self.bytes > 0).then(|| Fact::number("bytes", i64::try_from(self.bytes).unwrap_or(i64::MAX))));
        facts.extend(self.icmp.as_ref().map(|r| Fact::text("icmp", r.sentence.clone())));
        facts
    }
}

/// `10.00 s`
pub(super) fn secs(d: Duration) -> String {
    format!("{:.2} s", d.as_secs_f64())
}
