//! The way between the two: it carries, loses, refuses or forgets.

use std::time::Duration;

use super::segment::Segment;
use crate::simulate::words::none_such;
use crate::time::Instant;

/// Who sends a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The socket that is looked at.
    Local,
    /// The other end.
    Peer,
    /// Something between them.
    Middlebox,
}

impl From {
    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Peer => "peer",
            Self::Middlebox => "middlebox",
        }
    }
}

/// What a middlebox does with packets of a flow it has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Drops them.
    Silent,
    /// Answers each with RST.
    Rst,
    /// Sends RST to both ends when it forgets the flow, and drops what comes after.
    RstBoth,
}

/// Something that keeps a table of flows: a balancer, a firewall, a NAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Middlebox {
    /// How long a flow may be idle.
    pub limit: Duration,
    /// What it does after that.
    pub answer: Answer,
}

/// A middlebox that many have.
#[derive(Clone, Copy, Debug)]
pub struct MiddleboxPreset {
    /// Its word.
    pub name: &'static str,
    /// What it does.
    pub middlebox: Middlebox,
    /// Where the figure is from.
    pub source: &'static str,
}

/// Middleboxes with the idle limits they come with.
pub const MIDDLEBOXES: &[MiddleboxPreset] = &[
    row("aws-nlb", 350, Answer::Rst, "AWS documentation: Network Load Balancer listeners, TCP idle timeout 350 s"),
    row("aws-nat-gateway", 350, Answer::Rst, "AWS documentation: NAT gateways, 350 s, then RST to what is sent"),
    row("azure-lb", 240, Answer::Silent, "Azure documentation: Load Balancer, 4 min, drops silently by default"),
    row("azure-lb-reset", 240, Answer::RstBoth, "Azure documentation: Load Balancer with TCP Reset on Idle, 4 min"),
    row("gcp-firewall", 600, Answer::Silent, "Google Cloud documentation: VPC connection tracking, 10 min"),
    row("gcp-nat", 1200, Answer::Silent, "Google Cloud documentation: Cloud NAT, established connections 1200 s"),
    row("f5-fastl4", 300, Answer::RstBoth, "F5 documentation: fastL4 profile, 300 s, reset on timeout"),
    row("ipvs", 900, Answer::Rst, "ipvsadm --set: TCP 900 s; the director's own stack then answers with RST"),
    row("conntrack", 432_000, Answer::Silent, "Linux nf_conntrack_tcp_timeout_established: 432000 s"),
    row("rfc5382", 7440, Answer::Silent, "RFC 5382 REQ-5: a NAT keeps an established connection 2 h 4 min or more"),
];

const fn row(name: &'static str, limit: u64, answer: Answer, source: &'static str) -> MiddleboxPreset {
    MiddleboxPreset { name, middlebox: Middlebox { limit: Duration::from_secs(limit), answer }, source }
}

/// The middlebox of this name.
pub fn middlebox(name: &str) -> Result<&'static MiddleboxPreset, String> {
    let names: Vec<&str> = MIDDLEBOXES.iter().map(|m| m.name).collect();
    let begins: Vec<&str> = names.iter().copied().filter(|n| !name.is_empty() && n.starts_with(name)).collect();
    MIDDLEBOXES.iter().find(|m| m.name == name).ok_or_else(|| match begins.as_slice() {
        [] => none_such("middlebox", name, &names),
        some => format!("there is no middlebox {name:?}; did you mean {}?", some.join(" or ")),
    })
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives after half a round trip.
    Arrives,
    /// It is lost.
    Lost,
    /// A router cannot deliver it, and says so if it may.
    Refused,
    /// A middlebox has forgotten the flow.
    Forgotten(Answer),
}

/// Whether packets get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They do.
    Open,
    /// They are lost.
    Dropping,
    /// A router refuses them.
    Unreachable,
}

/// The way between the two ends.
#[derive(Clone, Debug)]
pub struct Path {
    /// Whether packets get through.
    pub way: Way,
    middlebox: Option<Middlebox>,
    heard: Instant,
    forgotten: bool,
    /// A timer of an end is at least so late, which matters when it is set to the very limit.
    tick: Duration,
    credit: Credit,
}

impl Path {
    /// An open one that has just carried a handshake.
    pub fn new(middlebox: Option<Middlebox>, tick: Duration, now: Instant) -> Self {
        Self { way: Way::Open, middlebox, heard: now, forgotten: false, tick, credit: Credit::default() }
    }

    /// What becomes of a packet that is sent now.
    pub fn fate(&mut self, now: Instant) -> Fate {
        match self.way {
            Way::Dropping => return Fate::Lost,
            Way::Unreachable => return Fate::Refused,
            Way::Open => {}
        }
        let Some(m) = self.middlebox else { return Fate::Arrives };
        if self.forgotten || now.since(self.heard) + self.tick >= m.limit {
            self.forgotten = true;
            return Fate::Forgotten(m.answer);
        }
        self.heard = now;
        Fate::Arrives
    }

    /// When a middlebox forgets the flow, if it does something then.
    pub fn next_deadline(&self) -> Option<Instant> {
        let m = self.middlebox.filter(|m| m.answer == Answer::RstBoth && !self.forgotten)?;
        Some(self.heard.after(m.limit))
    }

    /// Lets it forget, at its deadline.
    pub fn forget(&mut self) {
        self.forgotten = true;
    }

    /// Whether a router may answer now.
    pub fn may_answer(&mut self, now: Instant) -> bool {
        self.credit.take(now)
    }
}

/// How often a Linux router answers one host with ICMP: once a second (`icmp_ratelimit`), and six times when it has not
/// for a while (`inet_peer_xrlim_allow`).
#[derive(Clone, Debug)]
struct Credit {
    micros: i64,
    at: Option<Instant>,
}

impl Default for Credit {
    fn default() -> Self {
        Self { micros: Self::MOST, at: None }
    }
}

impl Credit {
    const COST: i64 = 1_000_000;
    const MOST: i64 = 6 * Self::COST;

    fn take(&mut self, now: Instant) -> bool {
        let gained = self.at.map_or(0, |at| now.as_micros() - at.as_micros());
        self.micros = self.micros.saturating_add(gained).min(Self::MOST);
        self.at = Some(now);
        let may = self.micros >= Self::COST;
        if may {
            self.micros -= Self::COST;
        }
        may
    }
}

/// A reset that a middlebox makes up, which the receiver will believe.
pub fn forged(expected: u64) -> Segment {
    let like =
        Segment { kind: super::segment::Kind::Ack, seq: 0, ack: expected, len: 0, fin: false, rst: false, sack: None };
    like.refusal()
}
