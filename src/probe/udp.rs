//! A UDP exchange: datagrams there and back, and ICMP errors that come in their place.

use std::io;
use std::ops::RangeInclusive;
use std::os::fd::AsFd;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::dialog::{Dialog, Step};
use super::kernel;
use super::outcome::{Fact, Phases};
use super::reason::{Reason, quoted};
use super::tcp::MakeDialog;
use crate::net::probe_socket::{Datagram, Form};
use crate::net::{monotonic, probe_socket};

/// A check over UDP.
pub struct OverUdp {
    kind: &'static str,
    make: MakeDialog,
}

impl OverUdp {
    /// A check of this kind.
    pub fn new(kind: &'static str, make: impl Fn(&At<'_>) -> Box<dyn Dialog> + Send + Sync + 'static) -> Self {
        Self { kind, make: Box::new(make) }
    }
}

impl Check for OverUdp {
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

/// What a `UDP_CHECK` wants to hear (keepalived, `check_udp.c`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Octets that it begins with, each with the bits of it that count. A shorter reply need only agree as far as it goes.
    pub octets: Vec<(u8, u8)>,
    /// How many bytes it may have.
    pub length: RangeInclusive<usize>,
}

impl Reply {
    /// The dialog: the first datagram decides.
    pub fn dialog(&self, payload: Vec<u8>) -> Box<dyn Dialog> {
        Box::new(Awaited { payload, reply: self.clone(), answer: None })
    }

    /// Why a datagram is not it.
    fn against(&self, data: &[u8]) -> Option<String> {
        if !self.length.contains(&data.len()) {
            let (least, most) = (self.length.start(), self.length.end());
            return Some(format!("the reply has {} bytes, not {least} to {most}", data.len()));
        }
        let differs =
            |(n, (got, (octet, counts))): (usize, (&u8, &(u8, u8)))| ((got ^ octet) & counts != 0).then_some(n);
        let at = data.iter().zip(&self.octets).enumerate().find_map(differs)?;
        Some(format!("the reply {} is another one from byte {at} on", quoted(data)))
    }
}

struct Awaited {
    payload: Vec<u8>,
    reply: Reply,
    answer: Option<Vec<u8>>,
}

impl Dialog for Awaited {
    fn start(&mut self) -> Step {
        Step::Send(std::mem::take(&mut self.payload))
    }

    fn received(&mut self, data: &[u8]) -> Step {
        self.answer = Some(data.to_vec());
        Step::Done
    }

    fn verdict(&mut self, _: bool) -> Result<(), Reason> {
        match &self.answer {
            None => Err(Reason::new("timeout-read", "no answer")),
            Some(data) => self.reply.against(data).map_or(Ok(()), |why| Err(Reason::new("pattern", why))),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        self.answer.iter().map(|data| Fact::text("answer", quoted(data).trim_matches('"'))).collect()
    }
}

async fn attempt(at: &At<'_>, mut dialog: Box<dyn Dialog>) -> Found {
    let socket = match Datagram::udp(at.address, at.origin) {
        Ok(Ok(socket)) => socket,
        Ok(Err(e)) => return Found::failed(kernel::failure(&e, None)),
        Err(e) => return Found::failed(kernel::local(&e)),
    };
    let socket = match Waiting::new(socket) {
        Ok(socket) => socket,
        Err(reason) => return Found::failed(reason),
    };
    let mut phases = Phases::default();
    let result = match timeout(at.timeout, talk(&socket, &mut *dialog, &mut phases)).await {
        Ok(Err(reason)) => Err(reason),
        Ok(Ok(())) => dialog.verdict(false),
        Err(_) => dialog.verdict(true).map_err(|r| {
            let silent = r.id == "timeout-read" && phases.first_byte.is_none();
            let sentence = format!("no answer within {}", humantime::format_duration(at.timeout));
            if silent { Reason::new("timeout-reply", sentence) } else { r }
        }),
    };
    Found { result, phases, facts: dialog.facts() }
}

async fn talk(socket: &Waiting, dialog: &mut dyn Dialog, phases: &mut Phases) -> Result<(), Reason> {
    let mut step = dialog.start();
    let mut buffer = vec![0; 65_536];
    let mut asked = monotonic();
    loop {
        match &step {
            Step::Done => return Ok(()),
            Step::Last(data) => return socket.send(data).await,
            Step::Send(data) => {
                asked = monotonic();
                socket.send(data).await?;
            }
            Step::Read => {}
        }
        let data = socket.receive(&mut buffer).await?;
        if phases.first_byte.is_none() {
            phases.first_byte = Some(monotonic().since(asked));
        }
        step = dialog.received(data);
    }
}

/// A datagram socket to be waited for.
struct Waiting {
    socket: UdpSocket,
    form: Form,
}

/// What wakes: a datagram, or an error in the queue, which is no datagram.
const EVENTS: Interest = Interest::READABLE.add(Interest::ERROR);

impl Waiting {
    fn new(datagram: Datagram) -> Result<Self, Reason> {
        let socket = UdpSocket::from_std(datagram.socket).map_err(|e| Reason::new("local", e.to_string()))?;
        Ok(Self { socket, form: datagram.form })
    }

    /// Sends one datagram.
    async fn send(&self, data: &[u8]) -> Result<(), Reason> {
        self.socket.send(data).await.map(drop).map_err(|e| self.failure(&e))
    }

    /// Waits for a datagram.
    async fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Reason> {
        let place = loop {
            self.socket.ready(EVENTS).await.map_err(|e| self.failure(&e))?;
            match self.socket.try_io(Interest::READABLE, || self.form.receive(self.socket.as_fd(), buffer)) {
                Ok(place) => break place,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.errors()?,
                Err(e) => return Err(self.failure(&e)),
            }
        };
        Ok(&buffer[place])
    }

    /// What is in the queue of errors, which is no datagram.
    fn errors(&self) -> Result<(), Reason> {
        let taken = self.socket.try_io(Interest::ERROR, || {
            if let Some(icmp) = probe_socket::icmp_error(self.socket.as_fd()) {
                return Ok(kernel::told(&icmp));
            }
            match self.socket.take_error()? {
                Some(e) => Ok(kernel::failure(&e, None)),
                None => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
        match taken {
            Ok(reason) => Err(reason),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(e) => Err(self.failure(&e)),
        }
    }

    fn failure(&self, error: &io::Error) -> Reason {
        kernel::failure(error, probe_socket::icmp_error(self.socket.as_fd()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_compared_as_the_daemon_does() {
        // 63 in any case of its letter, then 0x4?.
        let reply = Reply { octets: vec![(0x63, 0xdf), (0x40, 0xf0)], length: 0..=4 };
        let judged = |data: &[u8]| {
            let mut dialog = reply.dialog(b"x".to_vec());
            assert_eq!(dialog.start(), Step::Send(b"x".to_vec()));
            assert_eq!(dialog.received(data), Step::Done);
            dialog.verdict(false).map_err(|r| (r.id, r.sentence))
        };
        assert_eq!((judged(b"cA"), judged(b"CO12"), judged(b"c"), judged(b"")), (Ok(()), Ok(()), Ok(()), Ok(())));
        assert_eq!(judged(b"cP"), Err(("pattern", "the reply \"cP\" is another one from byte 1 on".to_owned())));
        assert_eq!(judged(b"cA123"), Err(("pattern", "the reply has 5 bytes, not 0 to 4".to_owned())));
        assert_eq!(reply.dialog(Vec::new()).verdict(true).unwrap_err().id, "timeout-read");
    }
}
