//! Sentences: the same in plain lines, in the log of the screen and beside its diagram.

use super::Named;
use crate::report::describe::{exact, seconds3, thousands, times, worked};
use crate::report::{Clock, printable};
use crate::speak::{Command, Told, Trouble, What};
use crate::vrrp::timing::Wait;
use crate::vrrp::{Fault, Reason, State, Transition};

/// One line: `10:42:01.611  VI_1  BACKUP → MASTER: …`.
pub fn line(t: &Told, of: Named<'_>, clock: &Clock) -> String {
    format!("{}  {}  {}", clock.hms_millis(t.time), printable(of.name), sentence(&t.what))
}

/// What happened, as a sentence without its time and virtual router.
pub fn sentence(what: &What) -> String {
    let text = match what {
        What::Listening(d) => format!("listens for {} before it takes part", seconds3(*d)),
        What::Listened { says, join: true, .. } => format!("has listened: {says}"),
        What::Listened { says, join: false, .. } => format!("has listened, and does not join without consent: {says}"),
        What::Transition(t) => format!("{} → {}: {}", t.from, t.to, reason(t)),
        What::Sent { priority: 0 } => "advert sent with priority 0: it releases".to_owned(),
        What::Sent { priority } => format!("advert sent with priority {priority}"),
        What::Heard { src, priority, accepted } => {
            let verdict = if *accepted { "" } else { ", not accepted" };
            format!("advert of {src} with priority {priority}{verdict}")
        }
        What::Peer { src, priority } => format!("hears {src} with priority {priority}"),
        What::Rejected { src, reasons } if reasons.is_empty() => format!("adverts of {src} are accepted again"),
        What::Rejected { src, reasons } => format!("adverts of {src} are not accepted: {}", reasons.join("; ")),
        What::Addresses { added, count: n, interface } => {
            let verb = if *added { "put on" } else { "taken off" };
            format!("{} {verb} {interface}", addresses(*n))
        }
        What::Announced { rounds, addresses: n } => {
            format!("{} announced {}", addresses(*n), times(u64::from(*rounds)))
        }
        What::Tracked { name, good, from, to } => {
            let state = if *good { "works" } else { "fails" };
            let effect = if from == to { String::new() } else { format!(": priority {from} → {to}") };
            format!("tracked {name} {state}{effect}")
        }
        What::Operator(c) => format!("operator: {}", command(*c)),
        What::Trouble(t) => trouble(t),
        What::Ended => "has ended and left nothing behind".to_owned(),
    };
    printable(&text)
}

fn addresses(n: usize) -> String {
    if n == 1 { "1 address".to_owned() } else { format!("{} addresses", thousands(n as u64)) }
}

fn trouble(t: &Trouble) -> String {
    match t {
        Trouble::Send(why) => format!("TROUBLE sending: {why}"),
        Trouble::Address(why) => format!("TROUBLE with an address: {why}"),
        Trouble::Interface(why) => format!("TROUBLE with the interface: {why}"),
        Trouble::Leftover(why) => format!("TROUBLE left by an earlier process: {why}"),
        Trouble::Late(by) => format!("TROUBLE: an advert left {} late; is this host overloaded?", exact(*by)),
        Trouble::Other(why) => format!("TROUBLE: {why}"),
    }
}

/// What the operator did, in a few words.
pub fn command(c: Command) -> String {
    match c {
        Command::Priority(by) if by < 0 => format!("priority − {}", by.unsigned_abs()),
        Command::Priority(by) => format!("priority + {by}"),
        Command::Resign => "resigns".to_owned(),
        Command::Mute(true) => "mutes it, nothing is sent from now on".to_owned(),
        Command::Mute(false) => "lets it speak again".to_owned(),
        Command::Advertise => "sends an advert now".to_owned(),
        Command::Preempt(true) => "preempts a lower master from now on".to_owned(),
        Command::Preempt(false) => "lets a lower master be from now on".to_owned(),
        Command::TakeOver => "consents to take part".to_owned(),
        Command::Quit => "ends it; a master releases".to_owned(),
    }
}

/// Why a state was left, with the numbers it was decided by.
pub fn reason(t: &Transition) -> String {
    let own = t.priority;
    let sum = |w: Option<Wait>| w.map_or(String::new(), |w| format!(" ({})", worked(&w)));
    match t.reason {
        Reason::Started => format!("started with priority {own}"),
        Reason::Owner => format!("started as owner of its addresses, priority {own}"),
        Reason::NobodyHeard => {
            format!("no advert heard{}", t.wait.map_or(String::new(), |w| format!(" for {}", worked(&w))))
        }
        Reason::MasterDown { master, last } => {
            format!("{master} silent for {}{}", seconds3(t.at.since(last)), sum(t.wait))
        }
        Reason::Released { master, at } => {
            format!("{master} released with priority 0 {} ago{}", seconds3(t.at.since(at)), sum(t.wait))
        }
        Reason::Preempted { master, priority } => format!("it preempts {master}: {own} > {priority}"),
        Reason::HigherPriority { src, priority } => format!("{src} sends a higher priority: {priority} > {own}"),
        Reason::HigherAddress { src, priority } => {
            format!("{src} sends the same priority, {priority}, from a higher address")
        }
        Reason::Fault(f) => fault(Some(f)).to_owned(),
        Reason::Recovered => "all that had failed works again".to_owned(),
        Reason::Group => match t.to {
            State::Master => "all members of its sync group are ready".to_owned(),
            State::Fault => fault(None).to_owned(),
            State::Backup | State::Init => "a member of its sync group is no longer master".to_owned(),
        },
        Reason::AddressLost => "somebody else deleted one of its addresses".to_owned(),
        Reason::Resigned => "the operator made it resign, with priority 0".to_owned(),
        Reason::Stopped if t.from == State::Master => "stopped; a master releases with priority 0".to_owned(),
        Reason::Stopped => "stopped".to_owned(),
        Reason::Reloaded => "its configuration was read again".to_owned(),
    }
}

/// What keeps a virtual router in FAULT; without a cause of its own it is its group's.
pub const fn fault(f: Option<Fault>) -> &'static str {
    match f {
        Some(Fault::Interface) => "an interface it depends on is down",
        Some(Fault::BaseInterface) => "the interface below its virtual-MAC interface is down",
        Some(Fault::NoSource) => "there is no address to send adverts from",
        Some(Fault::Tracked) => "a tracked script, file, process or BFD session fails",
        Some(Fault::DuplicateVrid) => "another virtual router here has the same VRID on the same interface",
        Some(Fault::Config) => "its configuration forbids it",
        Some(Fault::Forced) => "the operator or a drill forces it",
        None => "a member of its sync group is in FAULT",
    }
}
