//! What travels between the endpoints.

/// What a segment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keepalive probe: no data, and a sequence number that was acknowledged before.
    Keepalive,
    /// Data for the first time.
    Data,
    /// An acknowledgement alone.
    Ack,
    /// The end of a sender's data.
    Fin,
    /// A reset.
    Rst,
    /// A router's answer: host unreachable.
    Icmp,
    /// Data or a FIN once more: after a timeout, or as a loss probe.
    Retransmission,
}

impl Kind {
    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keepalive => "keepalive",
            Self::Data => "data",
            Self::Ack => "ack",
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Icmp => "icmp",
            Self::Retransmission => "retransmission",
        }
    }
}

/// A TCP segment. Sequence numbers are relative: data begins at 1 on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is for.
    pub kind: Kind,
    /// Its first sequence number.
    pub seq: u64,
    /// The next that its sender expects.
    pub ack: u64,
    /// Bytes of data.
    pub len: u32,
    /// Whether it ends its sender's data.
    pub fin: bool,
    /// Whether it resets the connection.
    pub rst: bool,
    /// A block beyond `ack` that has arrived.
    pub sack: Option<(u64, u64)>,
}

impl Segment {
    /// The sequence number after it.
    pub const fn end(&self) -> u64 {
        self.seq + self.len as u64 + self.fin as u64
    }

    /// A reset in answer to it, which its sender will believe.
    #[must_use]
    pub const fn refusal(&self) -> Self {
        Self { kind: Kind::Rst, seq: self.ack, ack: self.end(), len: 0, fin: false, rst: true, sack: None }
    }
}
