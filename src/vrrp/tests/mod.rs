//! The state machine, edge by edge, and what must hold for any sequence of events.
//!
//! A time is written in microseconds, in seconds as `3.609375` where it is told. Each is worked out by hand or measured
//! with a real daemon. The router under test has priority 128, which every daemon reckons alike: with adverts every second
//! it waits 3 + 128/256 = 3.5 s and skews 0.5 s, in whole centiseconds as in microseconds.

mod edges;
mod measured;
mod properties;
mod router;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::profile::{FRR, KEEPALIVED_2_2, KEEPALIVED_2_4, RFC3768, RFC5798, RFC9568};
use super::{Action, Event, Heard, Params, Profile, Reason, VirtualRouter};
use crate::time::Instant;

/// The three specifications.
const RFCS: &[&Profile] = &[&RFC3768, &RFC5798, &RFC9568];
/// Both keepalived.
const KEEPALIVED: &[&Profile] = &[&KEEPALIVED_2_2, &KEEPALIVED_2_4];
/// Everyone.
const ALL: &[&Profile] = Profile::ALL;
/// Whoever reckons in microseconds.
const MICROS: &[&Profile] = &[&RFC3768, &RFC5798, &RFC9568, &KEEPALIVED_2_2, &KEEPALIVED_2_4];
/// The specifications and FRR, which follows one.
const BOOKS: &[&Profile] = &[&RFC3768, &RFC5798, &RFC9568, &FRR];
/// Those that discard a lower advert as a master.
const SILENT: &[&Profile] = &[&RFC3768, &RFC5798, &FRR];

/// The router under test is 192.0.2.2; others are below and above it.
fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// Version 2, priority 128, adverts every second, five announcements and five more after five seconds.
fn params(profile: &'static Profile) -> Params {
    Params { profile, priority: 128, ..Params::new(51, address(2), vec![address(100)]) }
}

/// An advert of `priority` from 192.0.2.`last` that says it comes every second.
fn hears(priority: u8, last: u8) -> Event {
    hears_every(priority, last, 1_000_000)
}

/// The same with another interval, in microseconds.
fn hears_every(priority: u8, last: u8, every: u64) -> Event {
    Event::Advert(Heard { src: address(last), priority, advert_int: micros(every) })
}

fn seconds(at: Instant) -> String {
    let micros = at.as_micros();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn last(address: IpAddr) -> String {
    address.to_string().rsplit('.').next().map(|n| format!(".{n}")).unwrap()
}

fn why(reason: Reason) -> String {
    match reason {
        Reason::Started => "started".into(),
        Reason::Owner => "owner".into(),
        Reason::NobodyHeard => "nobody heard".into(),
        Reason::MasterDown { master, last: heard } => format!("{} down since {}", last(master), seconds(heard)),
        Reason::Released { master, at } => format!("{} released {}", last(master), seconds(at)),
        Reason::Preempted { master, priority } => format!("{} has {priority}", last(master)),
        Reason::HigherPriority { src, priority } => format!("{} higher {priority}", last(src)),
        Reason::HigherAddress { src, priority } => format!("{} above at {priority}", last(src)),
        Reason::Fault(fault) => format!("{fault:?}"),
        Reason::Recovered => "recovered".into(),
        Reason::Group => "group".into(),
        Reason::AddressLost => "address lost".into(),
        Reason::Resigned => "resigned".into(),
        Reason::Stopped => "stopped".into(),
        Reason::Reloaded => "reloaded".into(),
    }
}

/// Actions as the tables write them, e.g. `advert 100, BACKUP>MASTER 128 nobody heard, add, announce 5`.
fn told(actions: &[Action]) -> String {
    let mut out = String::new();
    for action in actions {
        if !out.is_empty() {
            out.push_str(", ");
        }
        match action {
            Action::SendAdvert { priority } => write!(out, "advert {priority}"),
            Action::AddAddresses => write!(out, "add"),
            Action::RemoveAddresses => write!(out, "remove"),
            Action::ChangeAddresses => write!(out, "change"),
            Action::Announce { rounds } => write!(out, "announce {rounds}"),
            Action::Report(t) => write!(out, "{}>{} {} {}", t.from, t.to, t.priority, why(t.reason)),
            Action::Ready => write!(out, "ready"),
        }
        .unwrap();
    }
    out
}

/// The next deadline as the tables write it, e.g. `MasterDown 3.500000`; `-` for none.
fn deadline(router: &VirtualRouter) -> String {
    router.next_deadline().map_or_else(|| "-".into(), |(at, timer)| format!("{timer:?} {}", seconds(at)))
}

/// Runs a history. Timers that come due before an event fire on the way, as they would.
fn after(params: Params, history: &[(i64, Event)]) -> VirtualRouter {
    let mut router = VirtualRouter::new(params);
    for (at, event) in history {
        tell(&mut router, *at, event.clone());
    }
    router
}

/// Tells it of an event, after the timers that are due before it.
fn tell(router: &mut VirtualRouter, at: i64, event: Event) -> String {
    while let Some((due, _)) = router.next_deadline().filter(|(due, _)| due.as_micros() < at) {
        let _ = router.handle(due, Event::Timer);
    }
    told(&router.handle(Instant::from_micros(at), event))
}

/// One edge: in each of `profiles`, after `history`, `event` at `at` gives `actions`, and then `next` is due.
struct Edge {
    name: &'static str,
    profiles: &'static [&'static Profile],
    with: fn(&mut Params),
    history: Vec<(i64, Event)>,
    at: i64,
    event: Event,
    actions: &'static str,
    next: &'static str,
}

/// Checks edges one by one and says all that is wrong at once.
fn check(edges: Vec<Edge>) {
    let mut wrong = String::new();
    for edge in edges {
        for profile in edge.profiles {
            let mut params = params(profile);
            (edge.with)(&mut params);
            params.check().unwrap_or_else(|e| panic!("{}: {e}", edge.name));
            let mut router = after(params, &edge.history);
            let actions = tell(&mut router, edge.at, edge.event.clone());
            let next = deadline(&router);
            if (actions.as_str(), next.as_str()) != (edge.actions, edge.next) {
                writeln!(wrong, "{} ({}):\n  {actions}\n  {next}", edge.name, profile.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A master: started at 0, nobody heard, so master at 3.5 s, and its next advert is due at 4.5 s.
fn as_master() -> Vec<(i64, Event)> {
    vec![(0, Event::Start), (3_500_000, Event::Timer)]
}

/// A backup that hears an advert every second of a master of this priority at 192.0.2.3, last at 3 s.
fn as_backup_of(priority: u8) -> Vec<(i64, Event)> {
    let mut history = vec![(0, Event::Start)];
    history.extend((1..=3).map(|s| (s * 1_000_000, hears(priority, 3))));
    history
}
