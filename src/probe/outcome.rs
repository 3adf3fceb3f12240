//! What one check of one address found.

use std::net::IpAddr;
use std::time::Duration;

use super::reason::Reason;

/// How long the phases of a check took; those that there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Until the name was an address.
    pub resolve: Option<Duration>,
    /// Until the connection stood.
    pub connect: Option<Duration>,
    /// Until the TLS handshake was complete.
    pub tls: Option<Duration>,
    /// From the request until the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// Everything.
    pub total: Option<Duration>,
}

/// A value that belongs to one kind of check.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Words of the peer, as they came: to be printed with care.
    Text(String),
    /// A count or a code.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// Several words.
    List(Vec<String>),
    /// A duration; its name in JSON ends in `_ms`.
    Time(Duration),
}

/// Something that a check learnt: `status`, `banner`, `certificate_days`. The name is the field's in JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// In snake case.
    pub name: &'static str,
    /// What it is.
    pub value: Value,
}

impl Fact {
    /// A text.
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: Value::Text(value.into()) }
    }

    /// A number.
    pub fn number(name: &'static str, value: impl Into<i64>) -> Self {
        Self { name, value: Value::Number(value.into()) }
    }

    /// Yes or no.
    pub const fn bool(name: &'static str, value: bool) -> Self {
        Self { name, value: Value::Bool(value) }
    }
}

/// What one check of one address found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The kind of check: `tcp`, `http`.
    pub kind: &'static str,
    /// The target as it was given.
    pub target: String,
    /// The address that was tried, when the name had one.
    pub address: Option<IpAddr>,
    /// The port, where there is one.
    pub port: Option<u16>,
    /// Whether it counts as up, and if not why.
    pub result: Result<(), Reason>,
    /// How long it took.
    pub phases: Phases,
    /// What else was learnt.
    pub facts: Vec<Fact>,
    /// Attempts it took, when it was tried again (`--retries`).
    pub attempts: u32,
}
