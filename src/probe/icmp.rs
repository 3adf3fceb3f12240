//! ICMP echo.

use std::sync::atomic::{AtomicU16, Ordering};

use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::kernel;
use super::outcome::{Fact, Phases};
use super::reason::Reason;
use super::udp::Waiting;
use crate::net::monotonic;
use crate::net::probe_socket::{Datagram, EchoOptions};

/// The largest payload of an echo in an IPv4 packet.
pub const LARGEST: u16 = 65_507;

/// An echo and its answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Icmp {
    /// Bytes of payload.
    pub size: u16,
    /// How it is sent.
    pub options: EchoOptions,
}

impl Check for Icmp {
    fn kind(&self) -> &'static str {
        "icmp"
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(self.echo(at))
    }
}

/// Every echo of this process has a number of its own.
static NEXT: AtomicU16 = AtomicU16::new(1);

impl Icmp {
    async fn echo(&self, at: At<'_>) -> Found {
        let socket = match Datagram::icmp(at.address, at.origin, self.options) {
            Ok(Ok(socket)) => socket,
            Ok(Err(e)) => return Found::failed(kernel::failure(&e, None)),
            Err(e) => return Found::failed(kernel::local(&e)),
        };
        let socket = match Waiting::new(socket) {
            Ok(socket) => socket,
            Err(reason) => return Found::failed(reason),
        };
        let echo = Echo {
            v6: at.address.is_ipv6(),
            identifier: std::process::id() as u16,
            sequence: NEXT.fetch_add(1, Ordering::Relaxed),
        };
        let mut phases = Phases::default();
        let answered = async {
            let begun = monotonic();
            socket.send(&echo.request(self.size)).await?;
            let mut buffer = vec![0; usize::from(self.size) + 128];
            while !echo.is_answered_by(socket.receive(&mut buffer).await?, socket.is_ping()) {}
            Ok(monotonic().since(begun))
        };
        let result = match timeout(at.timeout, answered).await {
            Ok(Ok(time)) => {
                phases.first_byte = Some(time);
                Ok(())
            }
            Ok(Err(reason)) => Err(reason),
            Err(_) => {
                let sentence = format!("no answer within {}", humantime::format_duration(at.timeout));
                Err(Reason::new("timeout-reply", sentence))
            }
        };
        Found { result, phases, facts: vec![Fact::number("size", self.size)] }
    }
}

/// What tells one echo from another.
#[derive(Clone, Copy, Debug)]
struct Echo {
    v6: bool,
    /// Replaced by the kernel's where that sees to it.
    identifier: u16,
    sequence: u16,
}

/// Type, code, checksum, identifier, sequence.
const HEADER: usize = 8;

impl Echo {
    /// RFC 792, RFC 4443 section 4.1. The kernel computes ICMPv6's checksum.
    fn request(self, size: u16) -> Vec<u8> {
        let mut message = vec![if self.v6 { 128 } else { 8 }, 0, 0, 0];
        message.extend(self.identifier.to_be_bytes());
        message.extend(self.sequence.to_be_bytes());
        message.extend((0..size).map(|i| i as u8));
        if !self.v6 {
            let sum = checksum(&message);
            message[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        message
    }

    fn is_answered_by(self, message: &[u8], ping: bool) -> bool {
        let Some(header) = message.first_chunk::<HEADER>() else { return false };
        let [kind, code, _, _, i0, i1, s0, s1] = *header;
        kind == if self.v6 { 129 } else { 0 }
            && code == 0
            && u16::from_be_bytes([s0, s1]) == self.sequence
            && (ping || u16::from_be_bytes([i0, i1]) == self.identifier)
    }
}

/// RFC 1071.
fn checksum(data: &[u8]) -> u16 {
    let mut sum = 0u32;
    for pair in data.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_on_the_wire() {
        let echo = Echo { v6: false, identifier: 0x1234, sequence: 1 };
        // 0x0800 + 0x1234 + 0x0001 + 0x0001 + 0x0200 = 0x1c36; its complement is 0xe3c9.
        assert_eq!(echo.request(3), [8, 0, 0xe3, 0xc9, 0x12, 0x34, 0, 1, 0, 1, 2]);
        let echo = Echo { v6: true, ..echo };
        assert_eq!(echo.request(0), [128, 0, 0, 0, 0x12, 0x34, 0, 1]);
    }

    #[test]
    fn only_its_own_answer_counts() {
        let echo = Echo { v6: false, identifier: 0x1234, sequence: 7 };
        assert!(echo.is_answered_by(&[0, 0, 9, 9, 0x12, 0x34, 0, 7, 1], false));
        assert!(!echo.is_answered_by(&[8, 0, 9, 9, 0x12, 0x34, 0, 7], false));
        assert!(!echo.is_answered_by(&[0, 0, 9, 9, 0x12, 0x34, 0, 8], true));
        assert!(!echo.is_answered_by(&[0, 0, 9, 9, 0x12, 0x35, 0, 7], false));
        assert!(echo.is_answered_by(&[0, 0, 9, 9, 0x12, 0x35, 0, 7], true));
        assert!(!echo.is_answered_by(&[0, 0, 9, 9, 0x12, 0x34, 0], false));
        assert!(Echo { v6: true, ..echo }.is_answered_by(&[129, 0, 9, 9, 0x12, 0x34, 0, 7], false));
    }
}
