//! Echoes under way. All of them go out of one socket a family, so that many cost little more than what is sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::check::At;
use super::icmp::Echo;
use super::kernel;
use super::reason::Reason;
use crate::net::probe_socket::{Datagram, EchoOptions, Form, Origin};
use crate::net::{monotonic, probe_socket};
use crate::time::Instant;

/// What wakes: an answer, or an error in the queue, which is no answer.
const EVENTS: Interest = Interest::READABLE.add(Interest::ERROR);

/// Echoes under way, by the socket that they go out of.
#[derive(Debug, Default)]
pub struct Echoes(Mutex<Vec<Line>>);

impl Echoes {
    /// Asks one address, and says how long the answer took.
    pub(super) async fn ask(&self, at: &At<'_>, options: EchoOptions, size: u16) -> Result<Duration, Reason> {
        let mut to = at.address;
        to.set_port(0);
        let shared = self.shared(to.ip(), at.origin, options)?;
        let (sequence, mut answer) = shared.expect(to.ip());
        let echo = Echo { v6: to.is_ipv6(), identifier: shared.identifier, sequence };
        // However this ends, nobody waits for it then.
        let _ended = Ended { shared: &shared, sequence };
        let begun = monotonic();
        let answered = async {
            shared.send(&echo.request(size), to, &mut answer).await?;
            match answer.await {
                Ok(answered) => answered,
                // Whoever reads answers has ended: so does everything.
                Err(_) => std::future::pending().await,
            }
        };
        timeout(at.timeout, answered).await.map_or_else(
            |_| {
                let sentence = format!("no answer within {}", humantime::format_duration(at.timeout));
                Err(Reason::new("timeout-reply", sentence))
            },
            |answered| answered.map(|when| when.since(begun)),
        )
    }

    /// The socket to an address, which is made when it is the first of its like.
    fn shared(&self, to: IpAddr, origin: &Origin, options: EchoOptions) -> Result<Arc<Shared>, Reason> {
        let mut lines = lock(&self.0);
        lines.retain(|line| !line.reader.is_finished());
        let same = |l: &&Line| l.v6 == to.is_ipv6() && l.origin == *origin && l.options == options;
        if let Some(line) = lines.iter().find(same) {
            return Ok(Arc::clone(&line.shared));
        }
        let datagram = Datagram::icmp(to, origin, options).map_err(|e| kernel::local(&e))?;
        let socket = UdpSocket::from_std(datagram.socket).map_err(|e| Reason::new("local", e.to_string()))?;
        let shared = Arc::new(Shared {
            socket,
            form: datagram.form,
            v6: to.is_ipv6(),
            identifier: std::process::id() as u16,
            waiting: Mutex::default(),
        });
        let reader = tokio::spawn(read(Arc::clone(&shared))).abort_handle();
        let line = Line { v6: to.is_ipv6(), origin: origin.clone(), options, shared: Arc::clone(&shared), reader };
        lines.push(line);
        Ok(shared)
    }
}

/// A socket with who reads from it.
#[derive(Debug)]
struct Line {
    v6: bool,
    origin: Origin,
    options: EchoOptions,
    shared: Arc<Shared>,
    reader: AbortHandle,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// When the answer came, or why there is none.
type Answer = Result<Instant, Reason>;

/// A socket, and who waits for what it receives.
#[derive(Debug)]
struct Shared {
    socket: UdpSocket,
    form: Form,
    v6: bool,
    /// That of this process; replaced by the kernel's where that sees to it.
    identifier: u16,
    /// By sequence number, with the address that was asked.
    waiting: Mutex<HashMap<u16, (IpAddr, oneshot::Sender<Answer>)>>,
}

/// Every echo of this process has a number of its own, as long as it is waited for.
static NEXT: AtomicU16 = AtomicU16::new(1);

impl Shared {
    /// Gets ready for an answer of an address: the sequence number, and what the answer comes through.
    fn expect(&self, from: IpAddr) -> (u16, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        // There are far fewer echoes under way than numbers.
        loop {
            let sequence = NEXT.fetch_add(1, Ordering::Relaxed);
            if let Entry::Vacant(free) = waiting.entry(sequence) {
                free.insert((from, sender));
                return (sequence, receiver);
            }
        }
    }

    /// Sends one echo. The kernel tells an error about what was sent before to whoever sends next, so that one only counts
    /// when there was none of others.
    async fn send(&self, message: &[u8], to: SocketAddr, answer: &mut oneshot::Receiver<Answer>) -> Result<(), Reason> {
        const MOST: usize = 8;
        for attempt in 1.. {
            let Err(error) = self.socket.send_to(message, to).await else { break };
            let others = self.errors();
            match answer.try_recv() {
                Ok(Err(reason)) => return Err(reason),
                // Once in any case: whoever reads may have taken the message that the error belongs to.
                _ if attempt == 1 || others > 0 && attempt < MOST => {}
                _ => return Err(kernel::failure(&error, None)),
            }
        }
        Ok(())
    }

    /// Everything that there is to receive.
    fn answers(&self, buffer: &mut [u8]) -> io::Result<()> {
        let identifier = (self.form != Form::Ping).then_some(self.identifier);
        loop {
            let receive = || self.form.receive_from(self.socket.as_fd(), buffer);
            let (place, from) = match self.socket.try_io(Interest::READABLE, receive) {
                Ok(received) => received,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            };
            let Some(sequence) = Echo::answered_by(self.v6, identifier, &buffer[place]) else { continue };
            let mut waiting = lock(&self.waiting);
            if let Entry::Occupied(entry) = waiting.entry(sequence)
                && Some(entry.get().0) == from
            {
                let _ = entry.remove().1.send(Ok(monotonic()));
            }
        }
    }

    /// Tells whoever it is about what is in the queue of errors, and says how many there were.
    fn errors(&self) -> usize {
        let mut count = 0;
        while let Some((error, about)) = probe_socket::icmp_error_of(self.socket.as_fd()) {
            count += 1;
            let mut waiting = lock(&self.waiting);
            for (_, (_, sender)) in waiting.extract_if(|_, (asked, _)| Some(*asked) == about) {
                let _ = sender.send(Err(kernel::told(&error)));
            }
        }
        count
    }
}

/// Reads what comes for everybody who waits.
async fn read(shared: Arc<Shared>) {
    // An answer is known by its header, whatever its size.
    let mut buffer = vec![0; 256];
    while shared.socket.ready(EVENTS).await.is_ok() {
        shared.errors();
        // The error that is kept beside the queue says the same again.
        let _ = shared.answers(&mut buffer);
        let _ = shared.socket.try_io(Interest::ERROR, || match shared.socket.take_error()? {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::WouldBlock.into()),
        });
    }
}

/// Takes an echo off the list when it is over.
struct Ended<'a> {
    shared: &'a Shared,
    sequence: u16,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        lock(&self.shared.waiting).remove(&self.sequence);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
