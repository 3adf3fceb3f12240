//! Lanes: a line an instance, with what it is now, and what it was and will be when.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::report::describe::{count, duration, interval};
use crate::report::printable;
use crate::report::simulate::{chart, live, text};
use crate::simulate::{Group, Record};
use crate::time::Instant;
use crate::tui::scroll::Shown;
use crate::tui::simulate::app::{App, Lane};
use crate::tui::text::{fit, left, right, width};
use crate::tui::theme::Theme;
use crate::vrrp::State;

/// Columns for a node's name at most.
const NAME: usize = 12;
/// Columns of a state.
const STATE: usize = 7;

/// What an instance is, in a word: its state, or why its daemon does nothing.
pub fn standing(app: &App, lane: &Lane) -> &'static str {
    let world = app.world();
    if world.is_paused(lane.node) {
        return "PAUSED";
    }
    if let Some(router) = world.router(lane.node, lane.place) {
        return router.state().as_str();
    }
    match ended(app, lane.node) {
        Some((_, true)) => "KILLED",
        Some((_, false)) => "STOPPED",
        None => "OFF",
    }
}

/// When a node's daemon ended that does not run, and whether without a word.
pub fn ended(app: &App, node: usize) -> Option<(Instant, bool)> {
    let past = app.tape.records().iter().take(app.tape.past());
    past.rev().find_map(|r| match r {
        Record::Gone { at, node: n, .. } if *n == node => Some((*at, true)),
        Record::State { who, transition: t, .. } if who.node == node => Some((t.at, false)),
        _ => None,
    })
}

/// Nodes that are master of a virtual router now.
pub fn masters(app: &App, group: Group) -> BTreeSet<usize> {
    app.tape.present().chronicle.masters(group).collect()
}

/// How an instance's state looks.
pub fn style(app: &App, lane: &Lane, theme: Theme) -> Style {
    match standing(app, lane) {
        "MASTER" if masters(app, lane.group).len() > 1 => theme.bad(),
        "MASTER" => theme.good(),
        "FAULT" | "KILLED" => theme.bad(),
        "PAUSED" | "STOPPED" | "OFF" => theme.warn(),
        _ => Style::new(),
    }
}

/// The title of the rule above.
pub fn title(app: &App, right: &str, columns: usize) -> String {
    let all = app.lanes_of_all();
    let groups: BTreeSet<Group> = all.iter().map(|l| l.group).collect();
    let Some(lane) = app.chosen() else { return "no virtual router".to_owned() };
    if groups.len() > 1 {
        return format!(
            "{}, {} of nodes",
            count(groups.len() as u64, "virtual router"),
            count(all.len() as u64, "lane")
        );
    }
    let family = if lane.group.ipv6 { "IPv6" } else { "IPv4" };
    let run = app.world().instances(lane.node).find(|(place, _)| *place == lane.place).map(|(_, run)| run);
    let mut parts = vec![format!("VRID {}/{family}", lane.group.vrid)];
    if let Some(run) = run {
        parts.extend(run.addresses.first().map(|a| a.address.to_string()));
        parts.push(format!("every {}", interval(run.advert_int)));
        parts.push(format!("v{}", run.version));
    }
    // The rule has a blank and two strokes on each side of both texts.
    while parts.len() > 1 && width(&parts.join(" · ")) + width(right) + 9 > columns {
        parts.pop();
    }
    parts.join(" · ")
}

/// What the signs and a column are.
pub fn scale(app: &App) -> String {
    let sign = |s| text::sign(Some(s));
    format!("{} master {} backup · column {}", sign(State::Master), sign(State::Backup), interval(app.step()))
}

/// How the columns left of the lanes are shared out.
struct Layout {
    name: usize,
    tag: usize,
    /// On wide screens: how long it is in its state, and its address.
    since: usize,
    address: usize,
    /// Where the lanes begin.
    begin: usize,
}

fn layout(app: &App, columns: usize) -> Layout {
    let all = app.lanes_of_all();
    let world = app.world();
    let longest = all.iter().map(|l| world.name(l.node).chars().count()).max().unwrap_or(1);
    let groups: BTreeSet<Group> = all.iter().map(|l| l.group).collect();
    let name = longest.clamp(1, NAME);
    let tag = if groups.len() > 1 { groups.iter().map(|g| live::tag(*g).len()).max().unwrap_or(0) + 1 } else { 0 };
    let (since, address) = if columns >= 120 { (12, 16) } else { (0, 0) };
    let begin = (2 + name + 1 + tag + 4 + STATE + 1 + since + address).max(9);
    Layout { name, tag, since, address, begin }
}

/// The time that the lanes show: so much that the present is at two thirds of it, but nothing before the beginning.
pub fn span(app: &App, columns: usize) -> (Instant, Instant) {
    let room = chart_columns(app, columns) as i64;
    let step = micros(app.step());
    let back = room * 2 / 3;
    let now = app.now().as_micros() / step;
    let from = (now - back).max(0) * step;
    (Instant::from_micros(from), Instant::from_micros(from + room * step))
}

fn chart_columns(app: &App, columns: usize) -> usize {
    columns.saturating_sub(layout(app, columns).begin + 1).max(10)
}

fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX).max(1)
}

/// All of it in at most so many lines: of the lanes those around the selected one.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let all = app.lanes_of_all();
    if all.is_empty() {
        return vec![Line::styled(" no node has an instance that can run", theme.bad())];
    }
    let layout = layout(app, columns);
    let selected = app.selected.min(all.len() - 1);
    let below = under(app, &layout, columns, theme);
    let shown = Shown::around(selected, all.len(), rows.saturating_sub(below.len()));
    let mut lines: Vec<Line<'static>> = all
        .iter()
        .enumerate()
        .skip(shown.first)
        .take(shown.rows)
        .map(|(k, lane)| row(app, &layout, lane, k == selected, columns, theme))
        .collect();
    lines.extend(below);
    lines.truncate(rows);
    lines
}

/// What is below the lanes.
fn under(app: &App, layout: &Layout, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![faults(app, layout, columns, theme)];
    lines.extend(app.chosen().and_then(|lane| numbers(app, layout, lane.group, columns, theme)));
    lines.push(times(app, layout, columns, theme));
    lines.extend(lasting(app, columns, theme));
    lines
}

/// How many lanes are above and below those that show in so many lines.
pub fn hidden(app: &App, columns: usize, rows: usize) -> (usize, usize) {
    let all = app.lanes_of_all().len();
    let below = under(app, &layout(app, columns), columns, Theme::new(app.color)).len();
    Shown::around(app.selected.min(all.saturating_sub(1)), all, rows.saturating_sub(below)).hidden()
}

/// A lane.
fn row(app: &App, layout: &Layout, lane: &Lane, selected: bool, columns: usize, theme: Theme) -> Line<'static> {
    let world = app.world();
    let wrong = masters(app, lane.group).len() != 1;
    let router = world.router(lane.node, lane.place);
    let run = || world.instances(lane.node).find(|(place, _)| *place == lane.place).map(|(_, run)| run.priority);
    let priority = router.map(crate::vrrp::VirtualRouter::priority).or_else(run).unwrap_or(0);
    let mut spans = vec![
        Span::raw(if selected { ">" } else { " " }),
        Span::styled(if wrong { "!" } else { " " }, theme.bad().patch(Theme::bold())),
        Span::raw(format!("{} ", left(&printable(world.name(lane.node)), layout.name))),
    ];
    if layout.tag > 0 {
        spans.push(Span::styled(left(&live::tag(lane.group), layout.tag), theme.quiet()));
    }
    spans.push(Span::raw(format!("{} ", right(&priority.to_string(), 3))));
    spans.push(Span::styled(left(standing(app, lane), STATE + 1), style(app, lane, theme)));
    if layout.since > 0 {
        let changes = app.lanes.of(lane.group, lane.node);
        let since = changes[..changes.partition_point(|(t, _)| *t <= app.now())].last();
        let since = since.map_or(String::new(), |(t, _)| duration(app.now().since(*t)));
        spans.push(Span::styled(left(&since, layout.since), theme.quiet()));
        let address = router.map_or(String::new(), |r| r.params().source.to_string());
        spans.push(Span::styled(left(&address, layout.address), theme.quiet()));
    }
    spans.extend(cells(app, lane, columns, theme));
    let line = Line::from(spans);
    if selected { line.patch_style(Theme::bold()) } else { line }
}

/// What it is in each column: at its end, but a mastership within it shows.
fn cells(app: &App, lane: &Lane, columns: usize, theme: Theme) -> Vec<Span<'static>> {
    let (from, _) = span(app, columns);
    let step = app.step();
    let changes = app.lanes.of(lane.group, lane.node);
    let present = cursor(app, columns);
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut at = from;
    for c in 0..chart_columns(app, columns) {
        let end = at.after(step);
        let (first, upto) = (changes.partition_point(|(t, _)| *t < at), changes.partition_point(|(t, _)| *t < end));
        let within = &changes[first..upto];
        let state = if within.iter().any(|(_, s)| *s == Some(State::Master)) {
            Some(State::Master)
        } else {
            upto.checked_sub(1).and_then(|i| changes[i].1)
        };
        let (sign, style) = if c == present {
            ('┃', Theme::bold())
        } else {
            let style = match state {
                _ if c > present => theme.quiet(),
                Some(State::Master) => theme.good(),
                Some(State::Fault) => theme.bad(),
                _ => theme.quiet(),
            };
            (text::sign(state), style)
        };
        match spans.last_mut().filter(|s| s.style == style) {
            Some(last) => last.content.to_mut().push(sign),
            None => spans.push(Span::styled(sign.to_string(), style)),
        }
        at = end;
    }
    spans
}

/// The column of the present.
fn cursor(app: &App, columns: usize) -> usize {
    column(app, columns, app.now())
}

fn column(app: &App, columns: usize, at: Instant) -> usize {
    let (from, _) = span(app, columns);
    usize::try_from((at.as_micros() - from.as_micros()).div_euclid(micros(app.step()))).unwrap_or(0)
}

/// A line below the lanes, with its name where theirs are.
fn below(layout: &Layout, name: &str, row: Vec<Span<'static>>, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(left(&format!("  {name}"), layout.begin), theme.quiet())];
    spans.extend(row);
    Line::from(spans)
}

/// What befell and will befall, in words where there is room.
fn faults(app: &App, layout: &Layout, columns: usize, theme: Theme) -> Line<'static> {
    let (from, to) = span(app, columns);
    let room = chart_columns(app, columns);
    let shown: Vec<(usize, &str)> = app
        .lanes
        .faults
        .iter()
        .filter(|(t, _)| *t >= from && *t < to)
        .map(|(t, what)| (column(app, columns, *t), what.as_str()))
        .collect();
    let mut row = vec![' '; room];
    for (k, (c, what)) in shown.iter().enumerate() {
        let next = shown.get(k + 1).map_or(room, |n| n.0);
        if let Some(cell) = row.get_mut(*c) {
            *cell = '▲';
        }
        let words: Vec<char> = fit(&printable(what), next.saturating_sub(c + 2)).chars().collect();
        if words.len() > 3 {
            row.iter_mut().skip(c + 1).zip(words).for_each(|(cell, ch)| *cell = ch);
        }
    }
    let row: String = row.into_iter().collect();
    below(layout, "faults", vec![Span::styled(row.trim_end().to_owned(), theme.title())], theme)
}

/// How many masters there are, where it is not one.
fn numbers(app: &App, layout: &Layout, group: Group, columns: usize, theme: Theme) -> Option<Line<'static>> {
    let (from, to) = span(app, columns);
    let stories = app.tape.head().stories();
    let story = stories.get(&group)?;
    let mut row = vec![' '; chart_columns(app, columns)];
    for (windows, sign) in [(&story.none, '0'), (&story.dual, '2')] {
        for w in windows.iter().filter(|w| w.to > from && w.from < to) {
            let (first, last) = (column(app, columns, w.from.max(from)), column(app, columns, w.to));
            row.iter_mut().take(last + 1).skip(first).for_each(|c| *c = sign);
        }
    }
    let row: String = row.into_iter().collect();
    let name = if layout.tag > 0 { format!("masters {}", live::tag(group)) } else { "masters".to_owned() };
    (!row.trim().is_empty())
        .then(|| below(layout, &name, vec![Span::styled(row.trim_end().to_owned(), theme.bad())], theme))
}

/// Times below the lanes.
fn times(app: &App, layout: &Layout, columns: usize, theme: Theme) -> Line<'static> {
    let (from, to) = span(app, columns);
    let room = chart_columns(app, columns);
    let axis: String = chart::axis(from, to, room).chars().take(room).collect();
    below(layout, "seconds", vec![Span::styled(axis, theme.quiet())], theme)
}

/// What lasts of the faults: whom it keeps from speaking or hearing.
fn lasting(app: &App, columns: usize, theme: Theme) -> Option<Line<'static>> {
    let all = ailments(app);
    if all.is_empty() {
        return None;
    }
    let text = format!("  now: {}", all.join("; "));
    Some(Line::styled(fit(&text, columns), theme.warn().patch(Theme::bold())))
}

/// What is wrong with nodes and links now, a clause each.
fn ailments(app: &App) -> Vec<String> {
    let world = app.world();
    let mut all = Vec::new();
    for n in 0..world.nodes() {
        all.extend(node_ailments(app, n));
    }
    let network = world.network();
    if !network.sides.is_empty() {
        let side = |s: &Vec<usize>| s.iter().map(|n| world.name(*n)).collect::<Vec<_>>().join(",");
        let sides: Vec<String> = network.sides.iter().map(side).collect();
        all.push(format!("{} do not reach each other", sides.join(" and ")));
    }
    if network.loss.iter().any(|r| r.value > 0 && r.from.is_none() && r.to.is_none()) {
        all.push("packets are lost".to_owned());
    }
    all.into_iter().map(|a| printable(&a)).collect()
}

/// What is wrong with a node and its links now, a clause each.
pub fn node_ailments(app: &App, n: usize) -> Vec<String> {
    let world = app.world();
    let name = world.name(n);
    let mut all = Vec::new();
    if world.is_paused(n) {
        all.push(format!("{name} stands still"));
    }
    for (k, (interface, up, _)) in world.links(n).enumerate() {
        if !up {
            all.push(format!("{interface} of {name} is down"));
        }
        if world.network().deaf.contains(&(n, Some(k))) {
            all.push(format!("{name} hears nothing on {interface}"));
        }
        if world.network().mute.contains(&(n, Some(k))) {
            all.push(format!("nothing of {name} arrives from {interface}"));
        }
    }
    if world.network().deaf.contains(&(n, None)) {
        all.push(format!("{name} is deaf"));
    }
    if world.network().mute.contains(&(n, None)) {
        all.push(format!("{name} is mute"));
    }
    if !world.network().loss_of(n).is_empty() {
        all.push(format!("packets of {name} are lost"));
    }
    all.extend(world.checks(n).iter().filter(|c| super::node::fails(c)).map(|c| format!("{} of {name} fails", c.name)));
    all
}
