//! What befalls the connection, as it is written: `TIME WHAT [BYTES]`.

use std::time::Duration;

use crate::simulate::words::{duration, none_such};
use crate::time::Instant;

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// From now on all packets are lost silently.
    Drop,
    /// Packets arrive again.
    Heal,
    /// The peer's process ends, having read everything: FIN.
    Close,
    /// The peer's process resets the connection: RST.
    Reset,
    /// The peer's host has forgotten the connection: RST to the next segment.
    Reboot,
    /// A router answers with ICMP "host unreachable", and nothing arrives.
    Unreachable,
    /// The application writes so many bytes.
    Write(u32),
    /// The peer writes so many bytes.
    PeerWrite(u32),
}

/// One kind of event.
#[derive(Clone, Copy, Debug)]
pub struct WhatKind {
    /// Its word.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Whether a number of bytes may follow.
    pub takes_bytes: bool,
    make: fn(u32) -> What,
}

/// All of them.
pub const EVENTS: &[WhatKind] = &[
    row("drop", "all packets are lost silently", |_| What::Drop),
    row("heal", "packets arrive again", |_| What::Heal),
    row("close", "the peer's process ends (FIN)", |_| What::Close),
    row("reset", "the peer's process resets the connection (RST)", |_| What::Reset),
    row("reboot", "the peer's host has forgotten the connection", |_| What::Reboot),
    row("unreachable", "a router answers with ICMP", |_| What::Unreachable),
    WhatKind { takes_bytes: true, ..row("write", "the application writes", What::Write) },
    WhatKind { takes_bytes: true, ..row("peer-write", "the peer writes", What::PeerWrite) },
];

const fn row(name: &'static str, about: &'static str, make: fn(u32) -> What) -> WhatKind {
    WhatKind { name, about, takes_bytes: false, make }
}

/// The most that is written at once: more says nothing about timers.
const MOST_BYTES: u32 = 1 << 20;

impl What {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Heal => "heal",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Reboot => "reboot",
            Self::Unreachable => "unreachable",
            Self::Write(_) => "write",
            Self::PeerWrite(_) => "peer-write",
        }
    }

    /// Whether it takes the peer or the way to it away.
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Heal | Self::Write(_) | Self::PeerWrite(_))
    }
}

/// `9.5s drop`, `1m 5s write 100`.
pub fn event(text: &str) -> Result<(Instant, What), String> {
    const FORM: &str = "an event is a time and what happens, as in `3s drop`";
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_time = |w: &&str| w.starts_with(|c: char| c.is_ascii_digit());
    let times = words.iter().take_while(|w| is_time(w)).count();
    let (time, rest) = words.split_at(times);
    if time.is_empty() {
        return Err(FORM.into());
    }
    let at = Instant::ZERO.after(duration(&time.join(" "))?);
    let [name, rest @ ..] = rest else { return Err(FORM.into()) };
    let names: Vec<&str> = EVENTS.iter().map(|k| k.name).collect();
    let kind = EVENTS.iter().find(|k| k.name == *name).ok_or_else(|| none_such("event", name, &names))?;
    let count = match rest {
        [] => 1,
        [n] if kind.takes_bytes => bytes(n)?,
        [n] => return Err(format!("{n:?} is one word too many: {name} takes nothing")),
        [_, more, ..] => return Err(format!("{more:?} is one word too many")),
    };
    Ok((at, (kind.make)(count)))
}

/// A number of bytes.
pub fn bytes(text: &str) -> Result<u32, String> {
    let bad = || format!("{text:?} is not a number of bytes from 1 to {MOST_BYTES}");
    text.parse().ok().filter(|n| (1..=MOST_BYTES).contains(n)).ok_or_else(bad)
}

/// The longest simulation: connections idle for five days are of interest, a year of probes is not.
pub const LONGEST: Duration = Duration::from_hours(24 * 31);
