//! A UDP exchange: datagrams there and back, and ICMP errors that come in their place.

use std::io;
use std::os::fd::AsFd;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::dialog::{Dialog, Step};
use super::kernel;
use super::outcome::Phases;
use super::reason::Reason;
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
