//! The list of virtual routers, where there are several: a row each, as many columns as fit.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::finding::Severity;
use crate::report::describe::{count, duration};
use crate::report::printable;
use crate::report::speak::{master, standing};
use crate::speak::{InstanceView, Phase};
use crate::time::Instant;
use crate::tui::scroll::Shown;
use crate::tui::speak::app::App;
use crate::tui::text::{bar, fit_middle, left, right};
use crate::tui::theme::Theme;
use crate::vrrp::State;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Col {
    Mark,
    Name,
    Vrid,
    Family,
    State,
    Priority,
    Master,
    Timer,
    Since,
    Interface,
    Sent,
    Heard,
    Addresses,
}

/// The title of the rule above the list.
pub fn title(app: &App) -> String {
    count(app.instances().len() as u64, "virtual router")
}

/// What that rule says at its right.
pub fn summary(app: &App) -> String {
    let n = app.instances().iter().filter(|i| app.trouble(i).is_some()).count();
    if n == 0 { String::new() } else { format!("{n} marked !") }
}

/// Which rows show. `rows` counts the heading.
pub fn shown(app: &App, rows: usize) -> Shown {
    Shown::around(app.chosen().map_or(0, |(at, _)| at), app.instances().len(), rows.saturating_sub(1))
}

/// The rows, the heading first. `rows` counts the heading.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let (all, now) = (app.instances(), app.now());
    let Some((at, _)) = app.chosen() else { return Vec::new() };
    let shown = shown(app, rows);
    let layout = layout(all, columns);
    let mut heading = Vec::new();
    for (col, w) in &layout {
        let head = head(*col);
        let numeric = matches!(col, Col::Vrid | Col::Priority | Col::Sent | Col::Heard);
        let text = if numeric { right(head, *w) } else { left(head, *w) };
        heading.push(Span::styled(text, theme.quiet()));
        heading.push(Span::raw(" "));
    }
    let mut lines = vec![Line::from(heading)];
    for (k, i) in all.iter().enumerate().skip(shown.first).take(shown.rows) {
        let mut spans = Vec::new();
        for (col, w) in &layout {
            spans.extend(cell(app, *col, i, k == at, *w, now, theme));
            spans.push(Span::raw(" "));
        }
        let line = Line::from(spans);
        lines.push(if k == at { line.patch_style(Theme::bold()) } else { line });
    }
    lines
}

const fn head(col: Col) -> &'static str {
    match col {
        Col::Mark => "",
        Col::Name => "name",
        Col::Vrid => "vrid",
        Col::Family => "ip",
        Col::State => "state",
        Col::Priority => "prio",
        Col::Master => "master",
        Col::Timer => "timer",
        Col::Since => "in state",
        Col::Interface => "interface",
        Col::Sent => "sent",
        Col::Heard => "heard",
        Col::Addresses => "addresses",
    }
}

/// Chooses the columns, each with its width: those of low rank first, until one does not fit.
fn layout(all: &[InstanceView], columns: usize) -> Vec<(Col, usize)> {
    let longest = |f: &dyn Fn(&InstanceView) -> usize, least: usize, most: usize| {
        all.iter().map(f).max().unwrap_or(0).clamp(least, most)
    };
    let name = longest(&|i| i.name.chars().count(), 4, 16);
    let interface = longest(&|i| i.interface.chars().count(), 9, 15);
    let master = longest(&|i| if i.params.source.is_ipv6() { 27 } else { 15 }, 15, 27);
    let wide = columns >= 100;
    let specs = [
        (Col::Mark, 2, 0),
        (Col::Name, name, 1),
        (Col::Vrid, 4, 4),
        (Col::Family, 2, 7),
        (Col::State, 9, 2),
        (Col::Priority, 4, 5),
        (Col::Master, if wide { master } else { 15 }, 3),
        (Col::Timer, if wide { 22 } else { 13 }, 6),
        (Col::Since, 12, 8),
        (Col::Interface, interface, 9),
        (Col::Sent, 9, 10),
        (Col::Heard, 9, 11),
        (Col::Addresses, 22, 12),
    ];
    let mut order: Vec<usize> = (0..specs.len()).collect();
    order.sort_by_key(|k| specs[*k].2);
    let mut used = 0;
    let fitting = order
        .into_iter()
        .take_while(|k| {
            used += specs[*k].1 + 1;
            used <= columns + 1
        })
        .collect::<Vec<_>>();
    specs.iter().enumerate().filter(|(k, _)| fitting.contains(k)).map(|(_, s)| (s.0, s.1)).collect()
}

fn cell(
    app: &App,
    col: Col,
    i: &InstanceView,
    chosen: bool,
    w: usize,
    now: Instant,
    theme: Theme,
) -> Vec<Span<'static>> {
    let plain = |s: &str| vec![Span::raw(left(s, w))];
    let number = |n: u64| vec![Span::raw(right(&crate::report::describe::thousands(n), w))];
    match col {
        Col::Mark => {
            let trouble = app.trouble(i);
            let style = theme.severity(trouble.or(Some(Severity::Critical))).patch(Theme::bold());
            vec![
                Span::raw(if chosen { ">" } else { " " }),
                Span::styled(if trouble.is_some() { "!" } else { " " }, style),
            ]
        }
        Col::Name => plain(&printable(&i.name)),
        Col::Vrid => number(u64::from(i.params.vrid)),
        Col::Family => plain(if i.params.source.is_ipv6() { "v6" } else { "v4" }),
        Col::State => {
            let style = match (i.phase, i.state) {
                (Phase::Running, State::Master) => theme.good(),
                (Phase::Running, State::Fault) => theme.bad(),
                (Phase::Waiting, _) => theme.warn(),
                _ => Style::new(),
            };
            vec![Span::styled(left(standing(i), w), style)]
        }
        Col::Priority => number(u64::from(i.priority)),
        Col::Master => {
            let text = match (i.phase, i.state) {
                (Phase::Ended, _) => String::new(),
                (Phase::Running, State::Master) if i.muted => "this, muted".to_owned(),
                (Phase::Running, State::Master) => "this".to_owned(),
                _ => master(i, now)
                    .filter(|m| m.priority > 0)
                    .map_or("none heard".to_owned(), |m| fit_middle(&m.src.to_string(), w)),
            };
            plain(&text)
        }
        Col::Timer => timer(i, now, w, theme),
        Col::Since => plain(&i.last.map_or(String::new(), |(t, _)| duration(now.since(t.at)))),
        Col::Interface => plain(&printable(&i.interface)),
        Col::Sent => number(i.sent.0),
        Col::Heard => number(i.received.0),
        Col::Addresses => plain(&match &i.addresses[..] {
            [] => "none".to_owned(),
            [one] => one.ip.to_string(),
            [first, more @ ..] => format!("{} +{}", first.ip, more.len()),
        }),
    }
}

/// What is left of the timer that runs: to the next advert, to taking over, of listening.
fn timer(i: &InstanceView, now: Instant, w: usize, theme: Theme) -> Vec<Span<'static>> {
    let (since, until) = match (i.phase, i.armed) {
        (Phase::Listening { since, until }, _) => (since, until),
        (Phase::Running, Some(a)) => (a.since, a.until),
        _ => return vec![Span::raw(left("-", w))],
    };
    let (remaining, whole) = (until.since(now), until.since(since));
    let share = remaining.as_secs_f64() / whole.as_secs_f64().max(1e-6);
    let style = if i.state == State::Master { theme.good() } else { theme.title() };
    vec![
        Span::styled(bar(share, w.saturating_sub(6)), style),
        Span::raw(right(&format!("{:.1} s", remaining.as_secs_f64()), 6)),
    ]
}
