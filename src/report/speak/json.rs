//! One object a thing told; fields as in the outside contract, section 5.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use super::Named;
use crate::report::json::{Start, line, ms, t, time};
use crate::report::printable;
use crate::speak::{Command, InstanceView, Told, Trouble, View, What};
use crate::time::Timestamp;
use crate::vrrp::{Reason, Transition};

/// `start`, for the interface spoken on.
pub fn start(out: &mut dyn Write, interface: &str) -> io::Result<()> {
    line(out, &Start::new("speak", interface))
}

/// Everything an object may hold beside its type; absent is unknown or of no concern.
#[derive(Default, Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master_priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    for_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    join: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority_before: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounds: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct Object<'a> {
    r#type: &'static str,
    #[serde(serialize_with = "time")]
    time: Timestamp,
    t: f64,
    instance: String,
    vrid: u8,
    family: &'static str,
    #[serde(flatten)]
    fields: Fields<'a>,
}

/// One thing that happened: `state`, `listening`, `listened`, `sent`, `heard`, `peer`, `rejected`, `addresses`,
/// `announced`, `tracked`, `operator`, `trouble`, `ended`.
pub fn told(out: &mut dyn Write, told: &Told, of: Named<'_>) -> io::Result<()> {
    let (r#type, fields) = object(&told.what);
    let object = Object {
        r#type,
        time: told.time,
        t: t(told.time),
        instance: printable(of.name),
        vrid: of.vrid,
        family: if of.ipv6 { "ipv6" } else { "ipv4" },
        fields,
    };
    line(out, &object)
}

fn object(what: &What) -> (&'static str, Fields<'_>) {
    let none = Fields::default();
    match what {
        What::Listening(d) => ("listening", Fields { for_ms: Some(ms(*d)), ..none }),
        What::Listened { master, says, join } => (
            "listened",
            Fields {
                master: master.map(|m| m.0),
                master_priority: master.map(|m| m.1),
                join: Some(*join),
                message: Some(says),
                ..none
            },
        ),
        What::Transition(t) => ("state", state(t)),
        What::Sent { priority } => ("sent", Fields { priority: Some(*priority), ..none }),
        What::Heard { src, priority, accepted } => {
            ("heard", Fields { src: Some(*src), priority: Some(*priority), accepted: Some(*accepted), ..none })
        }
        What::Peer { src, priority } => ("peer", Fields { src: Some(*src), priority: Some(*priority), ..none }),
        What::Rejected { src, reasons } => ("rejected", Fields { src: Some(*src), reasons: Some(reasons), ..none }),
        What::Addresses { added, count, interface } => {
            ("addresses", Fields { added: Some(*added), count: Some(*count), interface: Some(interface), ..none })
        }
        What::Announced { rounds, addresses } => {
            ("announced", Fields { rounds: Some(*rounds), count: Some(*addresses), ..none })
        }
        What::Tracked { name, good, from, to } => (
            "tracked",
            Fields { name: Some(name), good: Some(*good), priority_before: Some(*from), priority: Some(*to), ..none },
        ),
        What::Operator(c) => ("operator", operator(*c)),
        What::Trouble(t) => ("trouble", trouble(t)),
        What::Ended => ("ended", none),
    }
}

fn state(t: &Transition) -> Fields<'static> {
    let (master, master_priority, since) = match t.reason {
        Reason::MasterDown { master, last } => (Some(master), None, Some(last)),
        Reason::Released { master, at } => (Some(master), None, Some(at)),
        Reason::Preempted { master, priority } => (Some(master), Some(priority), None),
        Reason::HigherPriority { src, priority } | Reason::HigherAddress { src, priority } => {
            (Some(src), Some(priority), None)
        }
        _ => (None, None, None),
    };
    // What a preempting router waited for is the rest of its timer, not the whole.
    let timed = since.is_some() || t.reason == Reason::NobodyHeard;
    Fields {
        from: Some(t.from.as_str()),
        to: Some(t.to.as_str()),
        priority: Some(t.priority),
        reason: Some(t.reason.as_str()),
        fault: if let Reason::Fault(f) = t.reason { Some(f.as_str()) } else { None },
        master,
        master_priority,
        silent_ms: since.map(|s| ms(t.at.since(s))),
        expected_ms: t.wait.filter(|_| timed).map(|w| ms(w.duration())),
        ..Fields::default()
    }
}

fn operator(c: Command) -> Fields<'static> {
    let (command, by, on) = match c {
        Command::Priority(by) => ("priority", Some(by), None),
        Command::Resign => ("resign", None, None),
        Command::Mute(on) => ("mute", None, Some(on)),
        Command::Advertise => ("advertise", None, None),
        Command::Preempt(on) => ("preempt", None, Some(on)),
        Command::TakeOver => ("take-over", None, None),
        Command::Quit => ("quit", None, None),
    };
    Fields { command: Some(command), by, on, ..Fields::default() }
}

fn trouble(t: &Trouble) -> Fields<'_> {
    let (kind, message, late) = match t {
        Trouble::Send(why) => ("send", Some(why), None),
        Trouble::Address(why) => ("address", Some(why), None),
        Trouble::Interface(why) => ("interface", Some(why), None),
        Trouble::Leftover(why) => ("leftover", Some(why), None),
        Trouble::Late(by) => ("late", None, Some(ms(*by))),
        Trouble::Other(why) => ("other", Some(why), None),
    };
    Fields { kind: Some(kind), message: message.map(String::as_str), late_ms: late, ..Fields::default() }
}

#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    instances: usize,
    transitions: u64,
    sent: u64,
    received: u64,
    rejected: u64,
    worst_late_ms: f64,
    exit: u8,
}

/// `summary`: adverts of all virtual routers together, of the received ones those not accepted, and the exit status.
pub fn summary(out: &mut dyn Write, view: &View, transitions: u64, exit: u8) -> io::Result<()> {
    let sum = |f: fn(&InstanceView) -> u64| view.instances.iter().map(f).fold(0, u64::saturating_add);
    let worst = view.instances.iter().map(|i| i.worst_late).max().unwrap_or_default();
    let object = Summary {
        r#type: "summary",
        instances: view.instances.len(),
        transitions,
        sent: sum(|i| i.sent.0),
        received: sum(|i| i.received.0),
        rejected: sum(|i| i.received.1),
        worst_late_ms: ms(worst),
        exit,
    };
    line(out, &object)
}
