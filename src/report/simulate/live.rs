//! How a moment of a simulation stands: for a screen that is not at the end.

use std::time::Duration;

use super::text;
use crate::finding::{Finding, Severity};
use crate::report::describe::{count, seconds3};
use crate::report::printable;
use crate::simulate::{Group, Play, Story, Window, World};
use crate::time::Instant;
use crate::vrrp::{State, Timer};

/// Two masters that come from one hearing of the other late are a hand-over.
const OVERLAP: Duration = Duration::from_millis(100);

/// How bad it is, a word for that, and a sentence: what is wrong now, else what was found so far, else how it stands.
pub fn verdict(play: &Play, findings: &[Finding]) -> (Option<Severity>, &'static str, String) {
    let stories: Vec<(Group, Story)> = play.stories().into_iter().collect();
    let world = &play.world;
    let mut wrong: Vec<_> = stories.iter().filter_map(|(group, story)| now(world, *group, story)).collect();
    wrong.sort_by_key(|(severity, ..)| std::cmp::Reverse(*severity));
    let others = wrong.len().saturating_sub(1);
    if let Some((severity, word, sentence)) = wrong.into_iter().next() {
        let others =
            if others > 0 { format!(" (and {} more)", count(others as u64, "virtual router")) } else { String::new() };
        return (severity, word, printable(&format!("{sentence}{others}")));
    }
    text::verdict(world, &stories, findings)
}

/// What is wrong with a virtual router at this moment.
fn now(world: &World, group: Group, story: &Story) -> Option<(Option<Severity>, &'static str, String)> {
    let tag = tag(group);
    let nodes: std::collections::BTreeSet<usize> = story.masters.iter().map(|(n, _)| *n).collect();
    match nodes.len() {
        1 => None,
        0 => {
            let since = story.none.last().filter(|w| w.open).map_or(Duration::ZERO, Window::length);
            let next = match next(world, group) {
                Some((n, at)) => {
                    format!("; {} becomes MASTER in {}", world.name(n), seconds3(at.since(world.now())))
                }
                None => "; no node waits to become one".to_owned(),
            };
            let had = story.sole.is_some() || !story.dual.is_empty();
            if !had {
                return Some((None, "…", format!("{tag}: no master yet{next}")));
            }
            let severity = if next.starts_with("; no") { Severity::Critical } else { Severity::Warning };
            let word = if severity == Severity::Critical { "CRITICAL" } else { "WARNING" };
            Some((Some(severity), word, format!("{tag}: no master for {}{next}", seconds3(since))))
        }
        _ => {
            let since = story.dual.last().filter(|w| w.open).map_or(Duration::ZERO, Window::length);
            let names: Vec<&str> = nodes.iter().map(|n| world.name(*n)).collect();
            let sentence = format!("{tag}: {} are master, for {}", names.join(" and "), seconds3(since));
            (since > OVERLAP).then_some((Some(Severity::Critical), "CRITICAL", sentence))
        }
    }
}

/// The backup whose timer runs out first, and when.
fn next(world: &World, group: Group) -> Option<(usize, Instant)> {
    let members = (0..world.nodes()).flat_map(|n| world.instances(n).map(move |(i, run)| (n, i, run)));
    members
        .filter(|(n, i, run)| {
            (run.vrid, run.ipv6) == (group.vrid, group.ipv6) && world.segment(*n, *i) == Some(group.segment)
        })
        .filter_map(|(n, i, _)| {
            let router = world.router(n, i).filter(|r| r.state() == State::Backup && !world.is_paused(n))?;
            let armed = router.armed().filter(|a| a.timer == Timer::MasterDown)?;
            Some((n, armed.until))
        })
        .min_by_key(|(n, at)| (*at, *n))
}

/// `51/v4`.
pub fn tag(group: Group) -> String {
    format!("{}/{}", group.vrid, if group.ipv6 { "v6" } else { "v4" })
}
