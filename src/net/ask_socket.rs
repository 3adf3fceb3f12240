//! A packet socket that asks who has an address, and hears the answers and VRRP adverts. **This transmits**; only `probe`
//! uses it. What it sends moves nobody's entry for the address; an IPv6 holder learns who asked (RFC 4861 section 7.2.3).

use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Socket, Type};

use super::bpf;
use super::probe_socket::ProbeSocketError;
use super::{link, sys};
use crate::frame::{Frame, LinkType};
use crate::net::wall;

/// Where adverts go: the hardware addresses of 224.0.0.18 and ff02::12.
const GROUPS: [[u8; 6]; 2] = [[0x01, 0x00, 0x5e, 0x00, 0x00, 0x12], [0x33, 0x33, 0x00, 0x00, 0x00, 0x12]];

/// Longer frames are cut: an advert of 255 IPv6 addresses with all headers has room.
const LONGEST: usize = 9216;

/// Opens a socket on one Ethernet that never waits. It has the type of another kind, as that can be waited for; what it
/// sends is whole frames, Ethernet header included, and [`hear`] reads what it receives.
///
/// # Errors
/// Without CAP_NET_RAW, or when there is no such interface.
pub fn open(interface: &str) -> Result<UdpSocket, ProbeSocketError> {
    let failed = |operation: String| move |source| ProbeSocketError { operation, source };
    let index = link::index(interface).map_err(failed(format!("use the interface {interface}")))?;
    let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking(), None)
        .map_err(failed("open a packet socket (it takes CAP_NET_RAW: run `sudo hactl …`)".into()))?;
    let set_up = || -> io::Result<()> {
        let program = bpf::program(LinkType::Ethernet).map_err(io::Error::other)?;
        let program: Vec<_> = program.iter().map(|i| socket2::SockFilter::new(i.code, i.jt, i.jf, i.k)).collect();
        socket.attach_filter(&program)?;
        sys::set_auxiliary_data(socket.as_fd())?;
        for group in GROUPS {
            // The interface may hear all groups anyway; if it does not and cannot be told, adverts are missed.
            let _ = sys::join_hardware_group(socket.as_fd(), index as i32, group);
        }
        socket.bind(&sys::every_protocol_of(index as i32)?)
    };
    set_up().map_err(failed(format!("listen on {interface}")))?;
    Ok(socket.into())
}

/// Takes the next frame and shows it to `see`, unless it is of a VLAN of its own.
///
/// # Errors
/// `WouldBlock` when there is none.
pub fn hear(socket: BorrowedFd<'_>, see: impl FnOnce(&Frame<'_>)) -> io::Result<()> {
    let mut buffer = [0; LONGEST];
    let mut control = [0; 128];
    let received = sys::receive(socket, &mut buffer, &mut control)?;
    let data = &buffer[..received.len.min(LONGEST)];
    if !sys::has_vlan(control.get(..received.control_len).unwrap_or_default()) {
        let wire_len = received.len as u32;
        see(&Frame { number: 1, time: wall(), link: LinkType::Ethernet, stripped_tag: None, data, wire_len });
    }
    Ok(())
}
