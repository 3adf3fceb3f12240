//! A TCP connection, and a [`Dialog`] over it.

use std::fmt::Write as _;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::dialog::{Dialog, Step};
use super::kernel;
use super::outcome::{Fact, Phases};
use super::reason::Reason;
use crate::net::{monotonic, probe_socket};
use crate::time::Instant;

/// Makes the dialog of one attempt.
pub type MakeDialog = Box<dyn Fn(&At<'_>) -> Box<dyn Dialog> + Send + Sync>;

/// A check over TCP: connect, say what there is to say, end the connection without a reset.
pub struct OverTcp {
    kind: &'static str,
    make: MakeDialog,
}

impl OverTcp {
    /// A check of this kind.
    pub fn new(kind: &'static str, make: impl Fn(&At<'_>) -> Box<dyn Dialog> + Send + Sync + 'static) -> Self {
        Self { kind, make: Box::new(make) }
    }
}

impl Check for OverTcp {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(async move {
            let dialog = (self.make)(&at);
            attempt(&at, dialog).await
        })
    }
}

/// How long a server may take, beyond a round trip, to object to what it was sent last. To read the end of a handshake and
/// to write an alert is little work, but a busy one comes to it late. A server that neither objects nor ends the connection
/// holds a check up for that long; the total that is shown ends before.
const SECOND_THOUGHTS: Duration = Duration::from_millis(250);

/// How many times its timeout an exchange may take whose steps have one each: a server that always says a little in time
/// would hold it for ever.
const STEPS: u32 = 20;

/// What a connection is worth that was reset as soon as it stood. Whether the reset is seen is a matter of time, so it
/// does not decide: a check that only connects counts what was accepted, as keepalived does.
const ONLY_ACCEPTED: &str = "the connection was reset as soon as it was accepted; that counts as up, as for keepalived's \
                             TCP_CHECK, but clients are not served: say --payload and --expect to see it";

async fn attempt(at: &At<'_>, mut dialog: Box<dyn Dialog>) -> Found {
    let begun = monotonic();
    let (mut stream, reset) = match stands(at).await {
        Ok(stood) => stood,
        Err(reason) => return Found::failed(reason),
    };
    let connected = monotonic();
    let connect = connected.since(begun);
    let mut was_reset = reset.is_some();
    let mut talk = Talk {
        dialog: &mut *dialog,
        connect,
        asked: connected,
        tls: None,
        first_byte: None,
        left: None,
        reset,
        over: false,
        step: at.each_step.then_some(at.timeout),
        silent: false,
    };
    let left = if at.each_step { at.timeout.saturating_mul(STEPS) } else { at.timeout.saturating_sub(connect) };
    let mut said = timeout(left, talk.go(&mut stream, connected)).await.ok();
    let endless = at.each_step && said.is_none();
    if talk.silent {
        said = None;
    }
    let (tls, first_byte, left_at, over) = (talk.tls, talk.first_byte, talk.left, talk.over);
    // What is known now is what was asked; to part in peace is not of the service's time.
    let total = left_at.unwrap_or_else(monotonic).since(begun);
    if over && said.as_ref().is_some_and(|s| s.as_ref().is_err_and(is_reset)) {
        // Nothing was to be answered any more: whether the reset was faster than the last word decides nothing.
        was_reset = true;
        said = Some(Ok(()));
    }
    let result = match &said {
        // What came before the end may say more than how it ended.
        Some(Err(e)) => match first_byte.map(|_| dialog.verdict(false)) {
            Some(Err(reason)) if reason.id == "protocol" => Err(reason),
            Some(Err(reason)) if reason.id == "pattern" => {
                let mut broken = failed(e, true);
                let _ = write!(broken.sentence, "; {} that came until then", reason.sentence);
                Err(broken)
            }
            _ => Err(failed(e, first_byte.is_some())),
        },
        Some(Ok(())) => dialog.verdict(false),
        None if endless => Err(Reason::new("endless", format!("it went on for {}", humantime::format_duration(left)))),
        None => dialog.verdict(true).map_err(|r| named(r, at.timeout)),
    };
    let mut facts = dialog.facts();
    if said.is_some_and(|s| s.is_ok()) {
        // A peer needs a round trip to answer the end, or to have sent what would make this host answer with a reset.
        let patience = (connect + Duration::from_micros(100)).min(Duration::from_millis(100));
        if was_reset || part(&mut stream, patience).await {
            facts.push(Fact::bool("reset_after", true));
            if first_byte.is_none() && tls.is_none() {
                facts.push(Fact::text("warning", ONLY_ACCEPTED));
            }
        }
    }
    let phases = Phases { connect: Some(connect), tls, first_byte, total: Some(total), ..Phases::default() };
    Found { result, phases, facts }
}

fn failed(error: &io::Error, answered: bool) -> Reason {
    let mut reason = kernel::failure(error, None);
    if reason.id == "reset" {
        let when = if answered { "while it answered" } else { "after it was accepted, before an answer" };
        reason.sentence = format!("connection reset by peer {when}");
        if answered {
            reason.usually =
                "the service or a device on the way broke off its own answer: a crash, a time limit, a restart";
        }
    }
    reason
}

/// A silence, with how long it was waited for.
fn named(mut reason: Reason, time: Duration) -> Reason {
    if reason.id == "timeout-read" {
        let _ = write!(reason.sentence, " within {}", humantime::format_duration(time));
    }
    reason
}

fn is_reset(error: &io::Error) -> bool {
    kernel::failure(error, None).id == "reset"
}

/// A connection that stands, or stood: then with the reset that has ended it already.
///
/// # Errors
/// Why there is none.
pub(super) async fn stands(at: &At<'_>) -> Result<(TcpStream, Option<io::Error>), Reason> {
    let stream = probe_socket::tcp(at.address, at.origin).map_err(|e| kernel::local(&e))?;
    let stream = stream.map_err(|e| kernel::failure(&e, None))?;
    let stream = TcpStream::from_std(stream).map_err(|e| Reason::new("local", e.to_string()))?;
    if timeout(at.timeout, stream.writable()).await.is_err() {
        let sentence = format!("no answer to SYN within {}", humantime::format_duration(at.timeout));
        return Err(Reason::new("timeout-syn", sentence));
    }
    match stream.take_error() {
        Ok(None) => Ok((stream, None)),
        // What is not accepted is refused; so this one had been.
        Ok(Some(e)) if is_reset(&e) => Ok((stream, Some(e))),
        Ok(Some(e)) | Err(e) => Err(kernel::failure(&e, probe_socket::icmp_error(stream.as_fd()).as_ref())),
    }
}

/// A connection to be held: one that was reset already is none.
///
/// # Errors
/// Why there is none.
pub(super) async fn connect(at: &At<'_>) -> Result<TcpStream, Reason> {
    match stands(at).await? {
        (stream, None) => Ok(stream),
        (_, Some(reset)) => Err(failed(&reset, false)),
    }
}

/// Ends the connection as a client does that has what it wants: our end first, then the peer's, if it comes in this time.
/// True when it answers with a reset.
async fn part(stream: &mut TcpStream, patience: Duration) -> bool {
    if stream.shutdown().await.is_err() {
        return true;
    }
    let until = monotonic().after(patience);
    loop {
        let left = until.since(monotonic());
        if left.is_zero() {
            return false;
        }
        // A timer counts in milliseconds, which is long beside a connection on this host or the next: most peers answer
        // sooner, and some never do.
        if left < Duration::from_millis(1) {
            yield_now().await;
        } else if timeout(left, stream.readable()).await.is_err() {
            return false;
        }
        // Not across an await: every attempt would carry it.
        let mut buffer = [0; 4096];
        match stream.try_read(&mut buffer) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return is_reset(&e),
        }
    }
}

/// Reads what is there, and waits for it.
pub(super) async fn read(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

/// A dialog under way, with the times of its phases. They stay when the time is up.
struct Talk<'a> {
    dialog: &'a mut dyn Dialog,
    /// How long the connection took to stand.
    connect: Duration,
    /// When the last request began to be sent.
    asked: Instant,
    tls: Option<Duration>,
    first_byte: Option<Duration>,
    /// When all was said and answered, if the peer may still object.
    left: Option<Instant>,
    /// The reset that came before anything was said; the kernel tells it once.
    reset: Option<io::Error>,
    /// Whether no answer is waited for any more.
    over: bool,
    /// How long the peer may be silent, where that is limited.
    step: Option<Duration>,
    /// Whether it was silent for longer.
    silent: bool,
}

impl Talk<'_> {
    async fn go(&mut self, stream: &mut TcpStream, connected: Instant) -> io::Result<()> {
        let mut opening = self.dialog.opening();
        let mut step = self.dialog.start();
        // Of many connections nothing is read at all.
        let mut buffer = Vec::new();
        let mut unsent = None;
        loop {
            match &step {
                Step::Done => return Ok(()),
                Step::Last(data) => {
                    self.over = true;
                    return stream.write_all(data).await;
                }
                Step::Send(data) => {
                    // Before it is sent: on a fast path the answer is there when sending returns.
                    self.asked = monotonic();
                    // What the peer said before it ended the connection is there all the same.
                    unsent = stream.write_all(data).await.err();
                }
                Step::Read => {}
            }
            buffer.resize(16 * 1024, 0);
            if self.dialog.leaving() {
                self.left = Some(monotonic());
                // The lesser of two is nearer to a round trip: a connection may have taken a second SYN, and a handshake
                // the work of the server.
                let round_trip = self.tls.map_or(self.connect, |tls| tls.min(self.connect));
                let objection = self.objection(stream, &mut buffer, unsent);
                return timeout(round_trip + SECOND_THOUGHTS, objection).await.unwrap_or(Ok(()));
            }
            let came = match self.step {
                Some(step) => timeout(step, read(stream, &mut buffer)).await,
                None => Ok(read(stream, &mut buffer).await),
            };
            let Ok(came) = came else {
                self.silent = true;
                return Ok(());
            };
            let read = match came {
                Ok(0) if let Some(reset) = self.reset.take() => Err(reset),
                read => read,
            };
            let n = match (read, unsent.take()) {
                (Ok(0) | Err(_), Some(error)) => return Err(error),
                (n, _) => n?,
            };
            if n > 0 && !opening && self.first_byte.is_none() {
                self.first_byte = Some(monotonic().since(self.asked));
            }
            step = if n == 0 { self.dialog.ended() } else { self.dialog.received(&buffer[..n]) };
            if n == 0 && matches!(step, Step::Read) {
                return Ok(());
            }
            if opening && !self.dialog.opening() {
                opening = false;
                let now = monotonic();
                self.tls = Some(now.since(connected));
                self.asked = now;
            }
        }
    }

    /// Reads on until the peer has objected or ended the connection. Nothing of it is an answer: no time is taken.
    async fn objection(
        &mut self,
        stream: &mut TcpStream,
        buffer: &mut [u8],
        mut unsent: Option<io::Error>,
    ) -> io::Result<()> {
        loop {
            let n = match (read(stream, buffer).await, unsent.take()) {
                (Ok(0) | Err(_), Some(error)) => return Err(error),
                (n, _) => n?,
            };
            let step = if n == 0 { self.dialog.ended() } else { self.dialog.received(&buffer[..n]) };
            match step {
                Step::Done => return Ok(()),
                Step::Last(data) => return stream.write_all(&data).await,
                Step::Read if n == 0 => return Ok(()),
                Step::Read => {}
                Step::Send(data) => unsent = stream.write_all(&data).await.err(),
            }
        }
    }
}
