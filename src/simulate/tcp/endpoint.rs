//! One end of a connection: a socket of a Linux kernel, as far as its timers, its acknowledgements and its errors go.
//!
//! `(now, input)` in, actions and the next deadline out, as the state machine of a virtual router. Names in brackets
//! are the kernel's functions. Left out: the handshake, congestion windows beyond the first ten segments and the one
//! after a timeout, closed windows, delayed acknowledgements.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::model::model_timeout;
use super::rtt::Estimator;
use super::segment::{Kind, Segment};
use super::settings::{Settings, Slack};
use crate::time::Instant;

/// Data of one segment on Ethernet, with timestamps.
const MSS: u32 = 1448;

/// Segments that may be on their way at first (`TCP_INIT_CWND`).
const INITIAL_WINDOW: usize = 10;

/// The least wait for a loss probe beside two round trips (`TCP_TIMEOUT_MIN_US`).
const LOSS_PROBE_LEAST: Duration = Duration::from_millis(2);

/// What a receiver takes beyond what it expects.
const RECEIVE_WINDOW: u64 = 65_536;

/// Empty segments outside the window are answered no more often than this (`tcp_invalid_ratelimit`).
const ANSWER_AGAIN: Duration = Duration::from_millis(500);

/// Retries of a connection whose process is gone, while its timeouts still grow (`tcp_orphan_retries`).
const ORPHAN_RETRIES: u32 = 8;

/// An error that the application gets, or the end of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Errno {
    /// The peer closed: `read` gives 0.
    Eof,
    /// Connection timed out.
    TimedOut,
    /// Connection reset by peer.
    ConnReset,
    /// Broken pipe.
    Pipe,
    /// No route to host.
    HostUnreach,
}

impl Errno {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eof => "EOF",
            Self::TimedOut => "ETIMEDOUT",
            Self::ConnReset => "ECONNRESET",
            Self::Pipe => "EPIPE",
            Self::HostUnreach => "EHOSTUNREACH",
        }
    }
}

/// Why the application gets an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A FIN arrived.
    Fin,
    /// So many probes stayed without an answer.
    Probes(u32),
    /// A probe was due, and nothing had been heard for the user timeout: so many probes had been sent.
    IdleUserTimeout(u32),
    /// Data was retransmitted so many times, and the time of `tcp_retries2` was over.
    Retries(u32),
    /// Data was retransmitted so many times, and the user timeout was over.
    DataUserTimeout(u32),
    /// An RST arrived.
    Reset,
    /// An RST arrived after a FIN.
    ResetAfterFin,
    /// The application writes although the connection is gone.
    WriteAfterEnd,
}

/// What the application learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// The error, or the end of the data.
    pub error: Errno,
    /// Why.
    pub cause: Cause,
}

/// Why data waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A small write waits until the one before is acknowledged (Nagle); `TCP_NODELAY` would send it.
    Nagle,
    /// As much is on its way as may be.
    Window,
}

/// What happens to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The application writes so many bytes.
    Write(u32),
    /// The process ends, or closes its socket, having read everything.
    Close,
    /// The socket is closed with a reset (`SO_LINGER` with 0).
    Abort,
    /// The host forgets the connection.
    Forget,
    /// A segment arrives.
    Segment(Segment),
    /// A router says that a segment beginning with this sequence number could not be delivered.
    Unreachable(u64),
    /// The deadline has come.
    Timer,
}

/// What an endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sends a segment.
    Send(Segment),
    /// Tells the application.
    Tell(Learned),
    /// The keepalive timer expired while data was unacknowledged: nothing is sent, it runs again for this time.
    Deferred(Duration),
    /// The application's data waits.
    Held(u32, Held),
    /// The application reads data.
    Read(u32),
}

/// States that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Open on both sides.
    Established,
    /// The peer has closed its side.
    CloseWait,
    /// Closed here, with data or a FIN on its way; no process has it.
    FinWait1,
    /// Closed here and acknowledged; no process has it. Ends by itself.
    FinWait2,
    /// Gone: what arrives is answered with RST.
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    seq: u64,
    len: u32,
    fin: bool,
    at: Instant,
    again: bool,
    lost: bool,
    sacked: bool,
}

impl Sent {
    const fn end(&self) -> u64 {
        self.seq + self.len as u64 + self.fin as u64
    }

    /// Whether it counts as on its way (`tcp_packets_in_flight`).
    const fn in_flight(&self) -> bool {
        !self.sacked && !self.lost
    }
}

/// Of the congestion states the difference that the timers make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Congestion {
    Open,
    Recovery,
    Loss,
}

/// What the one retransmission timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Xmit {
    LossProbe,
    Retransmit,
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub struct Endpoint {
    settings: Settings,
    slack: Slack,
    state: State,
    // What it sends.
    una: u64,
    next: u64,
    /// Bytes that were never sent.
    unsent: u32,
    fin_wanted: bool,
    flight: VecDeque<Sent>,
    /// The end of the last small segment (`snd_sml`).
    small: u64,
    window: usize,
    congestion: Congestion,
    rtt: Estimator,
    rto: Duration,
    backoff: u32,
    /// Timeouts since something was acknowledged (`icsk_retransmits`).
    timeouts: u32,
    /// The first retransmission, which give-up times count from (`retrans_stamp`).
    first_again: Option<Instant>,
    /// How late the wheel has usually made it since.
    lag: Duration,
    /// The length of the timer that runs.
    length: Duration,
    loss_probe_sent: bool,
    xmit: Option<(Instant, Xmit)>,
    // What it receives.
    expected: u64,
    beyond: BTreeMap<u64, (u32, bool)>,
    /// The last acceptable acknowledgement (`rcv_tstamp`), and the last data (`lrcvtime`).
    acked_at: Instant,
    data_at: Instant,
    answered_at: Option<Instant>,
    // Keepalive.
    probes_out: u32,
    keep: Option<Instant>,
    unreachable: bool,
    /// When a closed connection is forgotten (`tcp_time_wait`).
    forgotten_at: Option<Instant>,
}

impl Endpoint {
    /// One whose handshake is done now, after a round trip of `rtt`.
    pub fn new(settings: Settings, slack: Slack, now: Instant, rtt: Duration) -> Self {
        let estimator = Estimator::new(rtt, 1, &settings.kernel);
        let mut new = Self {
            rto: estimator.rto(&settings.kernel),
            rtt: estimator,
            settings,
            slack,
            state: State::Established,
            una: 1,
            next: 1,
            unsent: 0,
            fin_wanted: false,
            flight: VecDeque::new(),
            small: 0,
            window: INITIAL_WINDOW,
            congestion: Congestion::Open,
            backoff: 0,
            timeouts: 0,
            first_again: None,
            lag: Duration::ZERO,
            length: Duration::ZERO,
            loss_probe_sent: false,
            xmit: None,
            expected: 1,
            beyond: BTreeMap::new(),
            acked_at: now,
            data_at: now,
            answered_at: None,
            probes_out: 0,
            keep: None,
            unreachable: false,
            forgotten_at: None,
        };
        new.keep = settings.keepalive.map(|k| new.due(now, k.idle));
        new
    }

    /// Its state.
    pub const fn state(&self) -> State {
        self.state
    }

    /// The sequence number it expects next.
    pub const fn expected(&self) -> u64 {
        self.expected
    }

    /// Probes without an answer.
    pub const fn probes_out(&self) -> u32 {
        self.probes_out
    }

    /// The retransmission timeout that runs or would.
    pub const fn rto(&self) -> Duration {
        self.rto
    }

    /// When to call [`Self::handle`] with [`Input::Timer`].
    pub fn next_deadline(&self) -> Option<Instant> {
        let timers = [self.keep, self.xmit.map(|x| x.0), self.forgotten_at];
        timers.into_iter().flatten().min()
    }

    /// Tells it what happens, and gives what it does about it, in order. `now` never goes back.
    #[must_use]
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Action> {
        let mut out = Vec::new();
        match input {
            Input::Write(bytes) => self.write(now, bytes, &mut out),
            Input::Close => self.close(now, &mut out),
            Input::Abort => {
                if self.state != State::Closed {
                    out.push(Action::Send(self.reset()));
                    self.end();
                }
            }
            Input::Forget => self.end(),
            Input::Segment(segment) => self.receive(now, segment, &mut out),
            Input::Unreachable(seq) => self.icmp(now, seq, &mut out),
            Input::Timer => self.timer(now, &mut out),
        }
        out
    }

    // Timers.

    /// When a timer set now is served.
    fn due(&self, now: Instant, after: Duration) -> Instant {
        let after = self.settings.kernel.in_ticks(after);
        match self.slack {
            Slack::Least | Slack::Usual => now.after(after),
            Slack::Most => now.after(after).after(self.settings.kernel.lateness(after)),
        }
    }

    fn set_xmit(&mut self, now: Instant, after: Duration, what: Xmit) {
        self.xmit = Some((self.due(now, after), what));
        self.length = after;
    }

    fn timer(&mut self, now: Instant, out: &mut Vec<Action>) {
        if self.forgotten_at.is_some_and(|at| at <= now) {
            self.end();
        }
        if let Some((at, what)) = self.xmit
            && at <= now
        {
            match what {
                Xmit::LossProbe => self.loss_probe(now, out),
                Xmit::Retransmit => {
                    self.xmit = None;
                    if self.first_again.is_some() && self.slack == Slack::Usual {
                        self.lag += self.settings.kernel.lateness(self.length) / 2;
                    }
                    self.timeout(now, out);
                }
            }
        }
        if self.keep.is_some_and(|at| at <= now) {
            self.keepalive(now, out);
        }
    }

    /// `tcp_keepalive_timer`.
    fn keepalive(&mut self, now: Instant, out: &mut Vec<Action>) {
        self.keep = None;
        let Some(k) = self.settings.keepalive else { return };
        if !matches!(self.state, State::Established | State::CloseWait) {
            return;
        }
        if !self.flight.is_empty() || self.unsent > 0 {
            // Alive without keepalive, the kernel says: retransmission judges that.
            self.keep = Some(self.due(now, k.idle));
            out.push(Action::Deferred(k.idle));
            return;
        }
        let elapsed = now.since(self.acked_at.max(self.data_at));
        if elapsed < k.idle {
            self.keep = Some(self.due(now, k.idle.saturating_sub(elapsed)));
            return;
        }
        let given_up = match self.settings.user_timeout {
            Some(t) => elapsed >= self.settings.kernel.in_ticks(t) && self.probes_out > 0,
            None => self.probes_out >= k.probes,
        };
        if given_up {
            let cause = match self.settings.user_timeout {
                Some(_) => Cause::IdleUserTimeout(self.probes_out),
                None => Cause::Probes(self.probes_out),
            };
            out.push(Action::Send(self.reset()));
            self.fail(cause, out);
            return;
        }
        out.push(Action::Send(self.segment(Kind::Keepalive, self.una.saturating_sub(1), 0, false)));
        self.probes_out += 1;
        self.keep = Some(self.due(now, k.interval));
    }

    /// `tcp_rearm_rto`: counted from when the oldest was sent, if a loss probe was to come before.
    fn rearm(&mut self, now: Instant) {
        let Some(head) = self.flight.front() else {
            self.xmit = None;
            return;
        };
        let rto = match self.xmit {
            Some((_, Xmit::LossProbe)) => head.at.after(self.rto).since(now).max(Duration::from_micros(1)),
            _ => self.rto,
        };
        self.set_xmit(now, rto, Xmit::Retransmit);
    }

    /// `tcp_schedule_loss_probe`: sends the last segment once more, long before the first timeout if there are several.
    fn schedule_loss_probe(&mut self, now: Instant, from_now: bool) -> bool {
        let Some(head) = self.flight.front() else { return false };
        if self.congestion != Congestion::Open {
            return false;
        }
        let kernel = self.settings.kernel;
        let slow = if self.flight.len() == 1 { kernel.rto_min } else { LOSS_PROBE_LEAST };
        let mut after = kernel.in_ticks(self.rtt.rtt() * 2 + slow);
        let left = if from_now { self.rto } else { head.at.after(self.rto).since(now) };
        if !left.is_zero() {
            after = after.min(left);
        }
        self.set_xmit(now, after, Xmit::LossProbe);
        true
    }

    /// `tcp_send_loss_probe`.
    fn loss_probe(&mut self, now: Instant, out: &mut Vec<Action>) {
        if self.loss_probe_sent {
            self.rearm(now);
            return;
        }
        if self.unsent > 0 {
            let len = self.unsent.min(MSS);
            self.send(now, len, self.unsent == len && self.fin_wanted, out);
        } else if let Some(last) = self.flight.back_mut() {
            (last.at, last.again) = (now, true);
            let (seq, len, fin) = (last.seq, last.len, last.fin);
            out.push(Action::Send(self.segment(Kind::Retransmission, seq, len, fin)));
        }
        self.loss_probe_sent = true;
        self.xmit = None;
        self.rearm(now);
    }

    /// `tcp_retransmit_timer`.
    fn timeout(&mut self, now: Instant, out: &mut Vec<Action>) {
        if self.flight.is_empty() {
            return;
        }
        self.loss_probe_sent = false;
        if self.timed_out(now) {
            let cause = match self.settings.user_timeout {
                Some(_) => Cause::DataUserTimeout(self.timeouts),
                None => Cause::Retries(self.timeouts),
            };
            self.fail(cause, out);
            return;
        }
        self.congestion = Congestion::Loss;
        self.window = 1;
        for s in self.flight.iter_mut().filter(|s| !s.sacked) {
            s.lost = true;
        }
        self.timeouts += 1;
        self.retransmit(now, out);
        self.backoff += 1;
        self.rto = (self.rto * 2).min(self.settings.kernel.rto_max);
        let after = self.clamped(now);
        self.set_xmit(now, after, Xmit::Retransmit);
    }

    /// `retransmits_timed_out`, with what `tcp_write_timeout` asks of it.
    fn timed_out(&self, now: Instant) -> bool {
        let Some(first) = self.first_again.filter(|_| self.timeouts > 0) else { return false };
        let kernel = &self.settings.kernel;
        let retries = match self.state {
            State::FinWait1 if self.rto < kernel.rto_max => match kernel.orphan_retries {
                0 => ORPHAN_RETRIES,
                n => n,
            },
            State::FinWait1 if self.unreachable => 0,
            State::FinWait1 => kernel.orphan_retries,
            _ => kernel.retries2,
        };
        let limit = self.settings.user_timeout.unwrap_or_else(|| model_timeout(retries, kernel.rto_max));
        now.since(first) + self.lag >= limit
    }

    /// `tcp_clamp_rto_to_user_timeout`.
    fn clamped(&self, now: Instant) -> Duration {
        let (Some(limit), Some(first)) = (self.settings.user_timeout, self.first_again) else { return self.rto };
        let kernel = &self.settings.kernel;
        match limit.checked_sub(now.since(first)) {
            None | Some(Duration::ZERO) => kernel.time_of(1),
            Some(left) => self.rto.min(kernel.in_ticks(left)),
        }
    }

    // Sending.

    fn segment(&self, kind: Kind, seq: u64, len: u32, fin: bool) -> Segment {
        let sack = self.beyond.iter().next().map(|(seq, (len, fin))| (*seq, seq + u64::from(*len) + u64::from(*fin)));
        Segment { kind, seq, ack: self.expected, len, fin, rst: false, sack }
    }

    fn acknowledgement(&self) -> Segment {
        self.segment(Kind::Ack, self.next, 0, false)
    }

    /// `tcp_send_active_reset`.
    fn reset(&self) -> Segment {
        Segment { rst: true, sack: None, ..self.segment(Kind::Rst, self.next, 0, false) }
    }

    fn write(&mut self, now: Instant, bytes: u32, out: &mut Vec<Action>) {
        match self.state {
            State::Established | State::CloseWait => {
                self.unsent = self.unsent.saturating_add(bytes);
                self.push(now, out);
                if self.unsent > 0 {
                    let why = if self.has_room() { Held::Nagle } else { Held::Window };
                    out.push(Action::Held(self.unsent, why));
                }
            }
            State::FinWait1 | State::FinWait2 | State::Closed => {
                out.push(Action::Tell(Learned { error: Errno::Pipe, cause: Cause::WriteAfterEnd }));
            }
        }
    }

    fn close(&mut self, now: Instant, out: &mut Vec<Action>) {
        if self.state != State::Established {
            return;
        }
        (self.state, self.fin_wanted) = (State::FinWait1, true);
        self.push(now, out);
    }

    fn has_room(&self) -> bool {
        self.flight.iter().filter(|s| s.in_flight()).count() < self.window
    }

    /// `tcp_write_xmit`: sends what may be sent.
    fn push(&mut self, now: Instant, out: &mut Vec<Action>) {
        let mut sent = false;
        while (self.unsent > 0 || self.fin_wanted) && self.has_room() {
            let len = self.unsent.min(MSS);
            let fin = self.fin_wanted && self.unsent == len;
            let small_before = self.small > self.una && self.small <= self.next && !self.flight.is_empty();
            if len < MSS && !fin && !self.settings.nodelay && small_before {
                break;
            }
            self.send(now, len, fin, out);
            sent = true;
        }
        if sent {
            self.schedule_loss_probe(now, false);
        }
    }

    /// `tcp_event_new_data_sent`.
    fn send(&mut self, now: Instant, len: u32, fin: bool, out: &mut Vec<Action>) {
        let seq = self.next;
        let kind = if len > 0 { Kind::Data } else { Kind::Fin };
        out.push(Action::Send(self.segment(kind, seq, len, fin)));
        let first = self.flight.is_empty();
        self.flight.push_back(Sent { seq, len, fin, at: now, again: false, lost: false, sacked: false });
        self.unsent -= len;
        if fin {
            self.fin_wanted = false;
        }
        self.next = seq + u64::from(len) + u64::from(fin);
        if len < MSS {
            self.small = self.next;
        }
        if first || matches!(self.xmit, Some((_, Xmit::LossProbe))) {
            self.rearm(now);
        }
    }

    /// Sends the oldest that is lost once more, with the small ones behind it (`tcp_retrans_try_collapse`).
    fn retransmit(&mut self, now: Instant, out: &mut Vec<Action>) {
        let Some(place) = self.flight.iter().position(|s| s.lost && !s.sacked) else { return };
        while let Some(next) = self.flight.get(place + 1).copied()
            && !next.sacked
            && self.flight[place].len + next.len <= MSS
        {
            self.flight[place].len += next.len;
            self.flight[place].fin |= next.fin;
            self.flight.remove(place + 1);
        }
        let s = &mut self.flight[place];
        (s.at, s.again, s.lost) = (now, true, false);
        let (seq, len, fin) = (s.seq, s.len, s.fin);
        out.push(Action::Send(self.segment(Kind::Retransmission, seq, len, fin)));
        self.first_again.get_or_insert(now);
    }

    // Receiving.

    fn receive(&mut self, now: Instant, segment: Segment, out: &mut Vec<Action>) {
        match self.state {
            State::Closed => {
                if !segment.rst {
                    out.push(Action::Send(segment.refusal()));
                }
            }
            State::FinWait2 => self.receive_closed(now, &segment, out),
            State::Established | State::CloseWait | State::FinWait1 => self.receive_open(now, &segment, out),
        }
    }

    /// `tcp_timewait_state_process` in its sub-state FIN_WAIT2.
    fn receive_closed(&mut self, now: Instant, segment: &Segment, out: &mut Vec<Action>) {
        if segment.rst {
            if segment.seq == self.expected {
                self.end();
            }
        } else if segment.end() > self.expected {
            // Data that nobody will read.
            out.push(Action::Send(segment.refusal()));
            self.end();
        } else if segment.end() < self.expected || segment.len > 0 {
            self.answer(now, segment, out);
        }
    }

    /// `tcp_rcv_established`, with `tcp_validate_incoming`.
    fn receive_open(&mut self, now: Instant, segment: &Segment, out: &mut Vec<Action>) {
        if segment.rst {
            if segment.seq == self.expected {
                self.was_reset(out);
            } else if segment.seq > self.expected && segment.seq <= self.expected + RECEIVE_WINDOW {
                // It might be forged: a challenge, which a peer that is gone answers with a reset to believe.
                out.push(Action::Send(self.acknowledgement()));
            }
            return;
        }
        if segment.end() < self.expected {
            self.answer(now, segment, out);
            return;
        }
        self.acknowledged(now, segment, out);
        if segment.len == 0 && !segment.fin {
            return;
        }
        if self.state == State::FinWait1 || self.state == State::FinWait2 {
            // The process that would read it is gone (`TCPABORTONDATA`).
            out.push(Action::Send(segment.refusal()));
            self.end();
            return;
        }
        if segment.seq > self.expected {
            self.beyond.insert(segment.seq, (segment.len, segment.fin));
        } else if segment.end() > self.expected {
            let mut read = 0;
            let mut fin = segment.fin;
            if segment.len > 0 {
                self.data_at = now;
                read += (segment.seq + u64::from(segment.len) - self.expected) as u32;
            }
            self.expected = segment.end();
            while let Some((seq, (len, ends))) = self.beyond.first_key_value().map(|(s, l)| (*s, *l))
                && seq <= self.expected
            {
                self.beyond.remove(&seq);
                let end = seq + u64::from(len) + u64::from(ends);
                if end > self.expected {
                    read += (end - self.expected) as u32 - u32::from(ends);
                    self.expected = end;
                    fin |= ends;
                }
            }
            out.push(Action::Send(self.acknowledgement()));
            if read > 0 {
                out.push(Action::Read(read));
            }
            if fin {
                self.state = State::CloseWait;
                out.push(Action::Tell(Learned { error: Errno::Eof, cause: Cause::Fin }));
            }
            return;
        }
        out.push(Action::Send(self.acknowledgement()));
    }

    /// Says again what is expected; no more often than twice a second if the segment was empty.
    fn answer(&mut self, now: Instant, segment: &Segment, out: &mut Vec<Action>) {
        if segment.len == 0 && !segment.fin {
            if self.answered_at.is_some_and(|at| now.since(at) < ANSWER_AGAIN) {
                return;
            }
            self.answered_at = Some(now);
        }
        out.push(Action::Send(self.acknowledgement()));
    }

    /// `tcp_ack`.
    fn acknowledged(&mut self, now: Instant, segment: &Segment, out: &mut Vec<Action>) {
        if segment.ack < self.una || segment.ack > self.next {
            return;
        }
        self.unreachable = false;
        self.probes_out = 0;
        self.acked_at = now;
        if self.flight.is_empty() {
            return;
        }
        let mut done = 0;
        let mut sample = None;
        while let Some(s) = self.flight.front().copied()
            && s.end() <= segment.ack
        {
            // A retransmission is told from the original by its timestamp, which counts milliseconds.
            let took = now.since(s.at);
            let took = if s.again { took.max(Duration::from_millis(1)) } else { took };
            if sample.is_none() || !s.again {
                sample.get_or_insert(took);
            }
            self.flight.pop_front();
            done += 1;
        }
        if let Some(s) = self.flight.front_mut()
            && s.seq < segment.ack
        {
            s.len -= (segment.ack - s.seq) as u32;
            s.seq = segment.ack;
        }
        let advanced = segment.ack > self.una;
        self.una = segment.ack;
        if advanced {
            self.timeouts = 0;
        }
        if let Some(took) = sample {
            self.rtt.sample(took, self.una, self.next);
            self.rto = self.rtt.rto(&self.settings.kernel);
            self.backoff = 0;
        }
        if advanced {
            self.loss_probe_sent = false;
        }
        if let Some((from, to)) = segment.sack {
            self.selectively(from, to);
        }
        if self.flight.is_empty() {
            self.xmit = None;
            (self.congestion, self.window) = (Congestion::Open, INITIAL_WINDOW);
            (self.first_again, self.lag) = (None, Duration::ZERO);
            if self.state == State::FinWait1 && self.unsent == 0 && !self.fin_wanted {
                self.state = State::FinWait2;
                self.forgotten_at = Some(self.due(now, self.settings.kernel.fin_timeout));
                return;
            }
        } else {
            if self.congestion == Congestion::Loss {
                self.window += done;
            }
            while self.flight.iter().any(|s| s.lost && !s.sacked) && self.has_room() {
                self.retransmit(now, out);
            }
            if advanced && !self.schedule_loss_probe(now, true) {
                self.xmit = None;
                self.rearm(now);
            }
        }
        self.push(now, out);
    }

    /// A block beyond a hole has arrived: what was sent before it is lost (RACK).
    fn selectively(&mut self, from: u64, to: u64) {
        let mut latest = None;
        for s in self.flight.iter_mut().filter(|s| s.seq >= from && s.end() <= to) {
            s.sacked = true;
            latest = latest.max(Some(s.at));
        }
        let lost = |s: &&mut Sent| !s.sacked && !s.lost && latest.is_some_and(|at| s.at < at);
        for s in self.flight.iter_mut().filter(lost) {
            s.lost = true;
            if self.congestion == Congestion::Open {
                self.congestion = Congestion::Recovery;
            }
        }
    }

    /// `tcp_v4_err`: an error only when the connection times out. An answer about a probe does not count, as a probe's
    /// sequence number is outside what is unacknowledged.
    fn icmp(&mut self, now: Instant, seq: u64, out: &mut Vec<Action>) {
        if matches!(self.state, State::Closed | State::FinWait2) || !(self.una..=self.next).contains(&seq) {
            return;
        }
        self.unreachable = true;
        // `tcp_ld_RTO_revert` (RFC 6069): it was not congestion, so the last doubling is taken back.
        let Some(head) = self.flight.front().filter(|_| seq == self.una && self.timeouts > 0 && self.backoff > 0)
        else {
            return;
        };
        let since = now.since(head.at);
        self.backoff -= 1;
        let base = self.rtt.rto(&self.settings.kernel);
        let factor = 1_u32.checked_shl(self.backoff).unwrap_or(u32::MAX);
        self.rto = base.saturating_mul(factor).min(self.settings.kernel.rto_max);
        match self.rto.checked_sub(since) {
            None | Some(Duration::ZERO) => {
                self.xmit = None;
                self.timeout(now, out);
            }
            Some(left) => self.set_xmit(now, left, Xmit::Retransmit),
        }
    }

    // Ends.

    /// `tcp_reset`.
    fn was_reset(&mut self, out: &mut Vec<Action>) {
        let learned = match self.state {
            State::Established => Some(Learned { error: Errno::ConnReset, cause: Cause::Reset }),
            State::CloseWait => Some(Learned { error: Errno::Pipe, cause: Cause::ResetAfterFin }),
            State::FinWait1 | State::FinWait2 | State::Closed => None,
        };
        self.end();
        out.extend(learned.map(Action::Tell));
    }

    /// `tcp_write_err`.
    fn fail(&mut self, cause: Cause, out: &mut Vec<Action>) {
        let error = if self.unreachable { Errno::HostUnreach } else { Errno::TimedOut };
        let orphan = self.state == State::FinWait1;
        self.end();
        if !orphan {
            out.push(Action::Tell(Learned { error, cause }));
        }
    }

    fn end(&mut self) {
        self.state = State::Closed;
        (self.keep, self.xmit, self.forgotten_at) = (None, None, None);
        self.flight.clear();
        (self.unsent, self.fin_wanted) = (0, false);
    }
}
