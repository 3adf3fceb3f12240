//! The timeline: a line for each thing that happens.

use std::time::Duration;

use super::{Names, tag};
use crate::finding::Severity;
use crate::report::describe::{seconds3, times, worked};
use crate::report::printable;
use crate::report::speak::words::reason;
use crate::simulate::{Group, Record, Scenario, Story, Who, World};
use crate::time::{Instant, seconds};
use crate::vrrp::{State, Timer};

/// How lines are written.
#[derive(Clone, Debug)]
pub struct Style {
    /// Also what each timer is the sum of, and announcements.
    pub verbose: bool,
    /// Names for addresses.
    pub names: Names,
    /// Whether a node has several instances, so that they are named.
    pub several: bool,
    /// Width of the longest node's name.
    pub width: usize,
}

impl Style {
    /// For a world.
    pub fn of(world: &World, verbose: bool) -> Self {
        Self {
            verbose,
            names: Names::of(world),
            several: (0..world.nodes()).any(|n| world.instances(n).count() > 1),
            width: (0..world.nodes()).map(|n| world.name(n).chars().count()).max().unwrap_or(1),
        }
    }
}

/// A moment, in seconds to the millisecond, in a column.
pub fn moment(at: Instant) -> String {
    format!("{:>9.3} s", at.as_micros() as f64 / 1e6)
}

/// What happened, as a line; nothing for what is not told at this verbosity.
pub fn line(world: &World, style: &Style, record: &Record) -> Option<String> {
    let (who, text) = sentence(style, record)?;
    let (node, instance) = match who {
        Whom::Instance(who) => (world.name(who.node).to_owned(), style.several.then(|| who.name.to_string())),
        Whom::Node(n) => (world.name(n).to_owned(), None),
        Whom::Nobody => ("*".to_owned(), None),
    };
    let instance = instance.map_or(String::new(), |i| format!("{}  ", printable(&i)));
    let pad = style.width.saturating_sub(node.chars().count());
    Some(format!("{}  {}{:pad$}  {instance}{text}", moment(record.at()), printable(&node), ""))
}

/// Whom a line is about.
pub enum Whom<'a> {
    /// An instance.
    Instance(&'a Who),
    /// A node.
    Node(usize),
    /// The scenario.
    Nobody,
}

/// What happened, without time and name.
pub fn sentence<'a>(style: &Style, record: &'a Record) -> Option<(Whom<'a>, String)> {
    let (whom, text) = match record {
        Record::Fault { what, .. } => (Whom::Nobody, what.clone()),
        Record::State { who, transition: t, armed } => {
            let mut text = format!("{} → {}: {}", t.from, t.to, reason(t));
            if style.verbose
                && let Some(a) = armed
            {
                let until = seconds(a.until.since(Instant::ZERO));
                match (a.timer, a.wait) {
                    (Timer::MasterDown, Some(wait)) => {
                        text = format!("{text}; waits {}, until {until} s", worked(&wait));
                    }
                    (Timer::Advert, _) => text = format!("{text}; next advert at {until} s"),
                    _ => {}
                }
            }
            (Whom::Instance(who), text)
        }
        Record::Gone { node, left, .. } => {
            let left: Vec<String> = left.iter().map(ToString::to_string).collect();
            let stays = if left.is_empty() {
                String::new()
            } else {
                {
                    let verb = if left.len() == 1 { "stays" } else { "stay" };
                    format!(", {} {verb} on its host", left.join(", "))
                }
            };
            (Whom::Node(*node), format!("gone without a release{stays}"))
        }
        Record::Tracked { who, tracker, good, from, to, .. } => {
            if from == to && *good && !style.verbose {
                return None;
            }
            let verb = if *good { "works" } else { "fails" };
            let effect = if from == to { String::new() } else { format!(": priority {from} → {to}") };
            (Whom::Instance(who), format!("{tracker} {verb}{effect}"))
        }
        Record::Advert { who, priority, left, .. } => {
            let lost = if *left { "" } else { ", which does not leave" };
            (Whom::Instance(who), format!("advert with priority {priority}{lost}"))
        }
        Record::Rejected { who, src, reason, .. } => {
            (Whom::Instance(who), format!("does not accept adverts of {src}: {reason}"))
        }
        Record::Addresses { who, added, .. } if style.verbose => {
            (Whom::Instance(who), if *added { "addresses put on".into() } else { "addresses taken off".into() })
        }
        Record::Announced { who, rounds, .. } if style.verbose => {
            (Whom::Instance(who), format!("addresses announced {}", times(u64::from(*rounds))))
        }
        Record::Addresses { .. } | Record::Announced { .. } => return None,
    };
    Some((whom, printable(&style.names.put(&text))))
}

/// Who takes part, a line each.
pub fn cast(scenario: &Scenario, world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    let width = scenario.nodes.iter().map(|n| n.name.chars().count()).max().unwrap_or(1);
    for (n, spec) in scenario.nodes.iter().enumerate() {
        let instances: Vec<String> = world
            .instances(n)
            .take(4)
            .map(|(_, run)| format!("{} ({}) priority {}", run.name, tag(run), run.priority))
            .collect();
        let more = world.instances(n).count().saturating_sub(4);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let addresses: Vec<String> = spec
            .addresses
            .iter()
            .map(|(interface, list)| {
                let list: Vec<String> = list.iter().map(|(a, p)| format!("{a}/{p}")).collect();
                format!("{interface} {}", list.join(" "))
            })
            .collect();
        let pad = width.saturating_sub(spec.name.chars().count());
        lines.push(printable(&format!(
            "{}{:pad$}  {}{more}; {}; {}",
            spec.name,
            "",
            instances.join(", "),
            addresses.join(", "),
            spec.daemon
        )));
    }
    lines
}

/// What became of a virtual router, in lines: takeovers, times without a master and with two.
pub fn story(world: &World, group: Group, story: &Story) -> Vec<String> {
    const MOST: usize = 12;
    let family = if group.ipv6 { "v6" } else { "v4" };
    let mut lines = Vec::new();
    let name = |n: usize| printable(world.name(n));
    for t in story.takeovers.iter().take(MOST) {
        let gap = if t.outage.is_zero() {
            "without a gap".to_owned()
        } else {
            format!("after {} without a master", seconds3(t.outage))
        };
        lines.push(format!("{}  {}/{family}  {} → {} {gap}", moment(t.at), group.vrid, name(t.from), name(t.to)));
    }
    if story.takeovers.len() > MOST {
        lines.push(format!("             and {} takeovers more", story.takeovers.len() - MOST));
    }
    let long = Duration::from_millis(1);
    for w in story.dual.iter().filter(|w| w.length() >= long).take(MOST) {
        let masters: Vec<String> = w.masters.iter().map(|n| name(*n)).collect();
        let end = if w.open { "to the end" } else { "" };
        lines.push(format!(
            "{}  {}/{family}  TWO MASTERS for {} {end}: {}",
            moment(w.from),
            group.vrid,
            seconds3(w.length()),
            masters.join(" and ")
        ));
    }
    if let Some(w) = story.none.iter().find(|w| w.open) {
        let length = seconds3(w.length());
        lines.push(format!("{}  {}/{family}  NO MASTER for {length}, to the end", moment(w.from), group.vrid));
    }
    lines
}

/// The verdict: a word and a sentence.
pub fn verdict(
    world: &World,
    groups: &[(Group, Story)],
    findings: &[crate::finding::Finding],
) -> (Option<Severity>, &'static str, String) {
    if let Some(f) = findings.first().filter(|f| f.severity > Severity::Info) {
        let word = if f.severity == Severity::Critical { "CRITICAL" } else { "WARNING" };
        let more = match findings.iter().filter(|f| f.severity > Severity::Info).count() - 1 {
            0 => String::new(),
            1 => " (and 1 more finding)".to_owned(),
            n => format!(" (and {n} more findings)"),
        };
        return (Some(f.severity), word, format!("{}{more}", f.message));
    }
    let mut parts = Vec::new();
    for (group, story) in groups {
        let family = if group.ipv6 { "v6" } else { "v4" };
        let now = match story.masters.iter().next() {
            Some((n, i)) => {
                let priority = world.router(*n, *i).map_or(0, crate::vrrp::VirtualRouter::priority);
                format!("{} is master ({priority})", world.name(*n))
            }
            None => "no master yet".to_owned(),
        };
        let worst = story.takeovers.iter().map(|t| t.outage).max().unwrap_or_default();
        let moved = match story.takeovers.len() {
            0 => String::new(),
            1 => format!(", one takeover, {} without a master", seconds3(worst)),
            n => format!(", {n} takeovers, at most {} without a master", seconds3(worst)),
        };
        parts.push(format!("{}/{family}: {now}{moved}", group.vrid));
    }
    let more = parts.len().saturating_sub(3);
    let mut text = parts.into_iter().take(3).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text = format!("{text}; and {more} virtual routers more");
    }
    (None, "OK", printable(&text))
}

/// The sign of a state in a lane.
pub const fn sign(state: Option<State>) -> char {
    match state {
        None | Some(State::Init) => ' ',
        Some(State::Backup) => '╌',
        Some(State::Master) => '▇',
        Some(State::Fault) => 'x',
    }
}
