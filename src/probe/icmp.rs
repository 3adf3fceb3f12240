//! ICMP echo.

use std::sync::Arc;

use super::check::{At, Attempt, Check, Found};
use super::echoes::Echoes;
use super::outcome::{Fact, Phases};
use super::reason::Reason;
use crate::net::probe_socket::EchoOptions;

/// The largest payload of an echo in an IPv4 packet.
pub const LARGEST: u16 = 65_507;

/// An echo and its answer.
#[derive(Clone, Debug, Default)]
pub struct Icmp {
    /// Bytes of payload.
    pub size: u16,
    /// How it is sent.
    pub options: EchoOptions,
    /// What sends it, perhaps together with those of other checks.
    pub echoes: Arc<Echoes>,
}

impl Check for Icmp {
    fn kind(&self) -> &'static str {
        "icmp"
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(async move {
            let answered = self.echoes.ask(&at, self.options, self.size).await.map_err(rejected);
            let phases = Phases { first_byte: answered.as_ref().ok().copied(), ..Phases::default() };
            Found { result: answered.map(drop), phases, facts: vec![Fact::number("size", self.size)] }
        })
    }
}

/// An echo goes to no port: whoever calls one unreachable is a firewall.
fn rejected(reason: Reason) -> Reason {
    if reason.id == "refused" { Reason::new("rejected", reason.sentence) } else { reason }
}

/// What tells one echo from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Echo {
    pub v6: bool,
    /// Replaced by the kernel's where that sees to it.
    pub identifier: u16,
    pub sequence: u16,
}

/// Type, code, checksum, identifier, sequence.
const HEADER: usize = 8;

impl Echo {
    /// RFC 792, RFC 4443 section 4.1. The kernel computes ICMPv6's checksum.
    pub fn request(self, size: u16) -> Vec<u8> {
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

    /// The sequence number of an answer to one of these echoes: of the same family, and of the same identifier where that
    /// is said.
    pub fn answered_by(v6: bool, identifier: Option<u16>, message: &[u8]) -> Option<u16> {
        let [kind, code, _, _, i0, i1, s0, s1] = *message.first_chunk::<HEADER>()?;
        let ours = identifier.is_none_or(|i| u16::from_be_bytes([i0, i1]) == i);
        let reply = kind == if v6 { 129 } else { 0 } && code == 0;
        (reply && ours).then(|| u16::from_be_bytes([s0, s1]))
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
        let answered = |message: &[u8], identifier| Echo::answered_by(false, identifier, message);
        assert_eq!(answered(&[0, 0, 9, 9, 0x12, 0x34, 0, 7, 1], Some(0x1234)), Some(7));
        // A request, another's, one whose identifier is the kernel's, one that was cut.
        assert_eq!(answered(&[8, 0, 9, 9, 0x12, 0x34, 0, 7], Some(0x1234)), None);
        assert_eq!(answered(&[0, 0, 9, 9, 0x12, 0x35, 0, 7], Some(0x1234)), None);
        assert_eq!(answered(&[0, 0, 9, 9, 0x12, 0x35, 1, 7], None), Some(0x107));
        assert_eq!(answered(&[0, 0, 9, 9, 0x12, 0x34, 0], None), None);
        assert_eq!(Echo::answered_by(true, None, &[129, 0, 9, 9, 0x12, 0x34, 0, 7]), Some(7));
    }
}
