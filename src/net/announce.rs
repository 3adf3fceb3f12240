//! Whole Ethernet frames out of one interface: what tells the neighbours that an address has moved. **This transmits**;
//! watching never uses it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Socket, Type};

use super::vrrp_socket::SocketError;
use super::{link, sys};

/// Sends Ethernet frames out of one interface.
#[derive(Debug)]
pub struct Announcer {
    socket: Socket,
}

impl Announcer {
    /// Opens the socket. It receives nothing.
    pub fn open(interface: &str) -> Result<Self, SocketError> {
        let failed = |operation| move |source| SocketError::new(operation, interface, source);
        let index = link::index(interface).map_err(failed("find the interface"))?;
        let socket = Socket::new(Domain::PACKET, Type::RAW, None).map_err(failed("open a packet socket"))?;
        socket.set_nonblocking(true).map_err(failed("set up a packet socket"))?;
        sys::no_protocol_of(index as i32)
            .and_then(|address| socket.bind(&address))
            .map_err(failed("bind a packet socket"))?;
        Ok(Self { socket })
    }

    /// Sends one frame: gratuitous ARP or an unsolicited neighbour advertisement, Ethernet header included.
    ///
    /// An interface that is down answers `NetworkDown`, a full queue `WouldBlock` or ENOBUFS: then nothing was sent.
    pub fn announce(&self, frame: &[u8]) -> io::Result<()> {
        let sent = self.socket.send(frame)?;
        if sent == frame.len() { Ok(()) } else { Err(io::Error::other("the frame was sent in part only")) }
    }
}

impl AsFd for Announcer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
