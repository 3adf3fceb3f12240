//! Lanes: a line for each instance, with what it was when.

use std::collections::BTreeMap;

use super::text::sign;
use crate::report::printable;
use crate::simulate::{Group, Record, Story, World};
use crate::time::Instant;
use crate::vrrp::State;

/// Changes of one lane that are kept.
const MOST: usize = 20_000;

/// The changes of one instance, in order.
type Lane = Vec<(Instant, Option<State>)>;

/// What each instance was when.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// By virtual router and node: the changes, in order; nothing while its process does not run.
    lanes: BTreeMap<(Group, usize), Lane>,
    /// What befell, and when.
    pub faults: Vec<(Instant, String)>,
}

impl Lanes {
    /// Takes note of a record.
    pub fn note(&mut self, record: &Record) {
        match record {
            Record::State { who, transition: t, .. } => {
                let lane = self.lanes.entry((who.group(), who.node)).or_default();
                if lane.len() < MOST {
                    lane.push((t.at, Some(t.to)));
                }
            }
            Record::Gone { at, node, .. } => {
                for ((_, n), lane) in &mut self.lanes {
                    if n == node && lane.len() < MOST {
                        lane.push((*at, None));
                    }
                }
            }
            Record::Fault { at, what, .. } if self.faults.len() < MOST => self.faults.push((*at, what.clone())),
            _ => {}
        }
    }

    /// One of them.
    pub fn of(&self, group: Group, node: usize) -> &[(Instant, Option<State>)] {
        self.lanes.get(&(group, node)).map_or(&[], Vec::as_slice)
    }

    /// The lanes with their changes.
    pub fn iter(&self) -> impl Iterator<Item = (Group, usize, &[(Instant, Option<State>)])> {
        self.lanes.iter().map(|((g, n), lane)| (*g, *n, lane.as_slice()))
    }
}

/// Lanes between two moments, so many columns wide in all, with faults and times below.
pub fn draw(
    world: &World,
    lanes: &Lanes,
    stories: &BTreeMap<Group, Story>,
    from: Instant,
    to: Instant,
    width: usize,
) -> Vec<String> {
    let several = stories.len() > 1;
    let label = |g: Group, n: usize| {
        let tag = if several { format!(" {}/{}", g.vrid, if g.ipv6 { "v6" } else { "v4" }) } else { String::new() };
        format!("{}{tag}", printable(world.name(n)))
    };
    let names = lanes.iter().map(|(g, n, _)| label(g, n).chars().count()).max().unwrap_or(0).clamp(6, 24);
    let columns = width.saturating_sub(names + 2).max(10);
    let span = (to.as_micros() - from.as_micros()).max(1);
    let at = |c: usize| Instant::from_micros(from.as_micros() + span * c as i64 / columns as i64);
    let column = |t: Instant| {
        usize::try_from((t.as_micros() - from.as_micros()) * columns as i64 / span).unwrap_or(0).min(columns - 1)
    };
    let mut lines = Vec::new();
    for (g, n, changes) in lanes.iter() {
        let mut lane = String::new();
        for c in 0..columns {
            // What it is at the end of the column, but a mastership within it shows.
            let (begin, end) = (at(c), at(c + 1));
            let upto = changes.partition_point(|(t, _)| *t < end);
            let first = changes.partition_point(|(t, _)| *t < begin);
            let within = &changes[first..upto];
            let state = if within.iter().any(|(_, s)| *s == Some(State::Master)) {
                Some(State::Master)
            } else {
                upto.checked_sub(1).and_then(|i| changes[i].1)
            };
            lane.push(sign(state));
        }
        let name = label(g, n);
        let pad = names.saturating_sub(name.chars().count());
        lines.push(format!("{name}{:pad$}  {}", "", lane.trim_end()));
    }
    let mut marks = vec![' '; columns];
    for (t, _) in lanes.faults.iter().filter(|(t, _)| *t >= from && *t <= to) {
        marks[column(*t)] = '▲';
    }
    if marks.contains(&'▲') {
        let marks: String = marks.into_iter().collect();
        lines.push(format!("{:names$}  {}", "faults", marks.trim_end()));
    }
    for (what, windows) in [
        ("two", stories.values().flat_map(|s| &s.dual).collect::<Vec<_>>()),
        ("none", stories.values().flat_map(|s| &s.none).collect()),
    ] {
        let mut row = vec![' '; columns];
        for w in windows.iter().filter(|w| w.to >= from && w.from <= to) {
            row[column(w.from.max(from))..=column(w.to.min(to))].fill(if what == "two" { '!' } else { '-' });
        }
        let row: String = row.into_iter().collect();
        if !row.trim().is_empty() {
            lines.push(format!("{what:names$}  {}", row.trim_end()));
        }
    }
    lines.push(format!("{:names$}  {}", "", axis(from, to, columns)) + " s");
    lines
}

/// Times below lanes so many columns wide, without a unit.
pub fn axis(from: Instant, to: Instant, columns: usize) -> String {
    let span = (to.as_micros() - from.as_micros()) as f64 / 1e6;
    let steps =
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
    let step = steps.into_iter().find(|s| span / s * 8.0 <= columns as f64).unwrap_or(span / 8.0);
    let mut row = vec![' '; columns + 8];
    let start = from.as_micros() as f64 / 1e6;
    let mut t = (start / step).ceil() * step;
    while t < start + span {
        let c = ((t - start) / span * columns as f64) as usize;
        let text = if step < 1.0 { format!("{t:.2}") } else { format!("{t:.0}") };
        for (i, ch) in text.chars().enumerate() {
            if let Some(cell) = row.get_mut(c + i) {
                *cell = ch;
            }
        }
        t += step;
    }
    let text: String = row.into_iter().collect();
    text.trim_end().to_owned()
}
