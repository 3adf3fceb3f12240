//! The selected virtual router at work: its timers, and its adverts on their way.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::lanes::{ended, masters, standing};
use crate::report::describe::{duration, interval};
use crate::report::printable;
use crate::report::simulate::live;
use crate::report::speak::words::fault;
use crate::simulate::{Group, Record, Who};
use crate::time::{Instant, seconds};
use crate::tui::simulate::app::{App, Lane};
use crate::tui::text::{fit, left};
use crate::tui::theme::Theme;
use crate::tui::timer;
use crate::vrrp::State;

/// For so long an advert is seen on its way, though it arrives at once.
const SEEN: Duration = Duration::from_millis(400);

/// The title of the rule above.
pub fn title(app: &App) -> String {
    match app.chosen() {
        Some(lane) => format!("timers and adverts of {}", live::tag(lane.group)),
        None => "timers and adverts".to_owned(),
    }
}

/// The lanes of the selected virtual router, and the number of the selected one among them.
fn members(app: &App) -> (Vec<Lane>, usize) {
    let Some(chosen) = app.chosen() else { return (Vec::new(), 0) };
    let all: Vec<Lane> = app.lanes_of_all().into_iter().filter(|l| l.group == chosen.group).collect();
    let at = all.iter().position(|l| *l == chosen).unwrap_or(0);
    (all, at)
}

fn name_width(app: &App) -> usize {
    (0..app.world().nodes()).map(|n| app.world().name(n).chars().count()).max().unwrap_or(1).clamp(1, 12)
}

/// What each timer counts down, and what it is made of.
pub fn timers(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let (all, at) = members(app);
    let first = at.saturating_sub(rows / 2).min(all.len().saturating_sub(rows));
    let mut lines = Vec::new();
    for (k, lane) in all.iter().enumerate().skip(first) {
        let mark = if k == at { ">" } else { " " };
        for line in timer_lines(app, lane, columns.saturating_sub(2 + name_width(app)), theme) {
            let name = left(&printable(app.world().name(lane.node)), name_width(app));
            let mut spans = vec![Span::raw(format!("{mark} {name}"))];
            spans.extend(line.spans);
            let line = Line::from(spans);
            lines.push(if k == at { line.patch_style(Theme::bold()) } else { line });
        }
    }
    lines.truncate(rows);
    lines
}

fn timer_lines(app: &App, lane: &Lane, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let (world, now) = (app.world(), app.now());
    let says =
        |text: String, style: Style| vec![Line::from(vec![Span::styled(fit(&format!(" {text}"), columns), style)])];
    let Some(router) = world.router(lane.node, lane.place) else {
        let text = match ended(app, lane.node) {
            Some((at, killed)) => {
                let how = if killed { "killed" } else { "stopped" };
                let left = if killed { left_behind(app, lane) } else { String::new() };
                format!("{how} at {} s{left}; s starts it", seconds(at.since(Instant::ZERO)))
            }
            None => "does not run yet; s starts it".to_owned(),
        };
        return says(text, theme.warn());
    };
    if world.is_paused(lane.node) {
        return says("stands still, and so do its timers; p lets it go on".to_owned(), theme.warn());
    }
    if router.state() == State::Fault {
        return says(format!("no timer in FAULT: {}", fault(router.faults().first())), theme.bad());
    }
    let Some(armed) = router.armed() else {
        let text = if router.is_pending() { "waits for the first result of its checks" } else { "no timer runs" };
        return says(text.to_owned(), theme.quiet());
    };
    let p = router.params();
    let mut lines = vec![timer::armed(armed, p.advert_int, now, columns, theme)];
    if let Some(until) = router.preempt_at().filter(|at| *at > now) {
        lines.push(timer::preempt(until, p.preempt_delay, now, columns, theme));
    }
    lines
}

/// Addresses of an instance that a killed daemon left on its host.
fn left_behind(app: &App, lane: &Lane) -> String {
    let run = app.world().instances(lane.node).find(|(place, _)| *place == lane.place).map(|(_, run)| run);
    let own = |a: &std::net::IpAddr| run.is_some_and(|r| r.addresses.iter().any(|x| x.address == *a));
    match app.world().installed(lane.node).find(own) {
        Some(address) => format!(", keeps {address}"),
        None => String::new(),
    }
}

/// Why an advert does not do what it should.
struct Obstacle {
    /// How far it comes: the share of the way.
    share: f64,
    why: String,
}

/// Adverts from each that sends to each other, with what keeps them from counting.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let (all, _) = members(app);
    let Some(group) = all.first().map(|l| l.group) else { return Vec::new() };
    let mut lines = Vec::new();
    for from in &all {
        let Some((at, priority, left)) = last(app, group, from) else { continue };
        let every = app.world().router(from.node, from.place).map_or(Duration::from_secs(1), |r| r.params().advert_int);
        let master = standing(app, from) == "MASTER";
        // Of one that has fallen silent the last advert is news for as long as its backups wait.
        if !master && app.now().since(at) > every.saturating_mul(4) {
            continue;
        }
        for to in all.iter().filter(|l| l.node != from.node) {
            let obstacle = obstacle(app, from, to, left);
            lines.push(way(app, (from, to), (at, priority), (obstacle.as_ref(), master), columns, theme));
        }
    }
    if lines.is_empty() {
        let style = if masters(app, group).is_empty() { theme.warn() } else { theme.quiet() };
        lines.push(Line::styled("  nobody sends adverts", style));
    }
    lines.truncate(rows);
    lines
}

/// The last advert of an instance: when, its priority, whether it left.
fn last(app: &App, group: Group, lane: &Lane) -> Option<(Instant, u8, bool)> {
    let is_own = |who: &Who| who.node == lane.node && who.instance == lane.place && who.group() == group;
    app.tape.adverts().iter().rev().take(5000).find_map(|r| match r {
        Record::Advert { at, who, priority, left } if is_own(who) => Some((*at, *priority, *left)),
        _ => None,
    })
}

fn obstacle(app: &App, from: &Lane, to: &Lane, left: bool) -> Option<Obstacle> {
    let world = app.world();
    let (a, b) = (world.name(from.node), world.name(to.node));
    let place = |l: &Lane| l.interface.as_deref().and_then(|i| world.interface(l.node, i));
    let (out, into) = (place(from), place(to));
    let stop = |share: f64, why: String| Some(Obstacle { share, why });
    if !left {
        let down = out.is_some_and(|k| !world.is_up(from.node, k));
        return stop(0.2, if down { format!("the link of {a} is down") } else { format!("{a} is mute") });
    }
    if !world.network().connects(from.node, to.node) {
        return stop(0.5, format!("{a} and {b} are parted"));
    }
    if into.is_some_and(|k| !world.is_up(to.node, k)) {
        return stop(0.8, format!("the link of {b} is down"));
    }
    if into.is_some_and(|k| !world.network().hears(to.node, k)) {
        return stop(0.8, format!("{b} is deaf"));
    }
    if !world.is_running(to.node) {
        return stop(1.0, format!("{b} does not run"));
    }
    if world.is_paused(to.node) {
        return stop(1.0, format!("{b} stands still; it waits there"));
    }
    rejected(app, from, to).and_then(|why| stop(1.0, format!("not accepted: {why}")))
}

/// Why a receiver does not accept a sender's adverts, told since it changed its state last.
fn rejected(app: &App, from: &Lane, to: &Lane) -> Option<String> {
    let sources = app.world().addresses(from.node);
    let is_own = |who: &Who| who.node == to.node && who.instance == to.place;
    for r in app.tape.records().iter().take(app.tape.past()).rev() {
        match r {
            Record::State { who, .. } if is_own(who) => return None,
            Record::Rejected { who, src, reason, .. } if is_own(who) && sources.contains(src) => {
                return Some(reason.clone());
            }
            _ => {}
        }
    }
    None
}

/// ` a ──●────────────────▶ b  priority 102, 0.3 s ago`
fn way(
    app: &App,
    (from, to): (&Lane, &Lane),
    (at, priority): (Instant, u8),
    (obstacle, master): (Option<&Obstacle>, bool),
    columns: usize,
    theme: Theme,
) -> Line<'static> {
    let room = (columns / 3).clamp(8, 48);
    let names = name_width(app);
    let ago = app.now().since(at);
    let reach = obstacle.map_or(room, |o| ((room as f64 * o.share) as usize).clamp(1, room));
    let travelled = (ago.as_secs_f64() / SEEN.as_secs_f64() * room as f64) as usize;
    let mut row: Vec<char> = vec!['─'; room];
    if obstacle.is_some() {
        row.iter_mut().skip(reach).for_each(|c| *c = ' ');
        if let Some(cell) = row.get_mut(reach.saturating_sub(1)) {
            *cell = '✗';
        }
    }
    if ago < SEEN
        && (obstacle.is_none() || travelled + 1 < reach)
        && let Some(cell) = row.get_mut(travelled.min(reach.saturating_sub(1)))
    {
        *cell = '●';
    }
    let row: String = row.into_iter().collect();
    let head = if obstacle.is_some() { ' ' } else { '▶' };
    let what = match priority {
        0 => format!("priority 0: it releases, {} ago", duration(ago)),
        p => format!("priority {p}, {} ago", duration(ago)),
    };
    let name = |l: &Lane| left(&printable(app.world().name(l.node)), names);
    let lost = app.world().network().loss_between(from.node, to.node);
    let text = match obstacle {
        Some(o) => format!("{}; {what}", printable(&o.why)),
        None if lost > 0 => format!("{what}; {} % are lost", f64::from(lost) / 10_000.0),
        None => what,
    };
    let used = 2 + names + 1 + room + 1 + 1 + names + 2;
    let style = match obstacle {
        Some(_) => theme.bad(),
        None if master => theme.good(),
        // The last word of one that says nothing more.
        None => theme.quiet(),
    };
    Line::from(vec![
        Span::raw(format!("  {} ", name(from))),
        Span::styled(format!("{row}{head}"), style),
        Span::raw(format!(" {}  ", name(to))),
        Span::styled(
            fit(&text, columns.saturating_sub(used + 1)),
            if obstacle.is_some() { theme.bad() } else { theme.quiet() },
        ),
    ])
}

/// `every 1 s`
pub fn every(d: Duration) -> String {
    format!("every {}", interval(d))
}
