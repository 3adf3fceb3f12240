//! The list of virtual routers: a row each, as many columns as fit.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::finding::Severity;
use crate::report::describe;
use crate::sniff::group::Group;
use crate::time::Instant;
use crate::tui::app::{App, gap_of};
use crate::tui::scroll::Shown;
use crate::tui::text::{bar, fit, fit_middle, left, right, sparkline, width};
use crate::tui::theme::Theme;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Col {
    Mark,
    Vrid,
    Family,
    Vlan,
    Master,
    Priority,
    Version,
    Interval,
    Auth,
    Since,
    Next,
    Failover,
    Gap,
    Margin,
    Recent,
    Members,
    Addresses,
}

/// How a column takes part in the layout.
struct Spec {
    col: Col,
    head: &'static str,
    min: usize,
    max: usize,
    /// Lower ones are placed first when there is not room for all.
    rank: u8,
}

/// What is known of a row before it is drawn.
struct Row<'a> {
    group: &'a Group,
    master: String,
    gap: String,
    trouble: Option<Severity>,
    marked: bool,
}

fn row<'a>(app: &App, group: &'a Group, now: Instant) -> Row<'a> {
    let masters = group.masters();
    let master = match masters[..] {
        [] => "none".to_owned(),
        [one] => one.addr.to_string(),
        [a, b] if a.addr.is_ipv4() => format!("{} and {}", last_octet(a.addr), last_octet(b.addr)),
        ref more => format!("{} masters", more.len()),
    };
    let gap = match (&group.contention, masters.len()) {
        (Some(c), 2..) => {
            format!("{} masters {}", masters.len(), short(now.since(c.since.at())))
        }
        _ => group
            .worst_gap
            .and_then(|g| {
                let (allowed, ..) = group.allowed_gap(group.members.get(&g.member)?);
                Some(gap_of(g.length, allowed))
            })
            .unwrap_or_default(),
    };
    Row { group, master, gap, trouble: app.trouble(group.id), marked: app.marked(group) }
}

fn last_octet(a: std::net::IpAddr) -> String {
    match a {
        std::net::IpAddr::V4(a) => format!(".{}", a.octets()[3]),
        std::net::IpAddr::V6(a) => format!(":{:x}", a.segments()[7]),
    }
}

/// In five columns: `0.3 s`, `30 s`, `4 min`.
fn short(d: Duration) -> String {
    let s = d.as_secs_f64();
    match d.as_secs() {
        _ if s < 9.95 => format!("{s:.1} s"),
        0..100 => format!("{s:.0} s"),
        100..6000 => format!("{} min", d.as_secs() / 60),
        6000..360_000 => format!("{} h", d.as_secs() / 3600),
        _ => format!("{} d", d.as_secs() / 86_400),
    }
}

/// Which rows show. `rows` counts the heading.
pub fn shown(app: &App, rows: usize) -> Shown {
    let (visible, selected) = (app.visible(), app.selected().map(|g| g.id));
    let at = visible.iter().position(|g| Some(g.id) == selected).unwrap_or(0);
    Shown::around(at, visible.len(), rows.saturating_sub(1))
}

/// The rows, the heading first. `rows` counts the heading.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let now = app.picture().now.instant();
    let visible = app.visible();
    if visible.is_empty() {
        let text = if app.filter.is_empty() {
            " none heard yet; adverts are sent to 224.0.0.18 or ff02::12, IP protocol 112".to_owned()
        } else {
            format!(" none of {} matches the filter", app.picture().observer.groups().len())
        };
        return vec![Line::raw(text)];
    }
    let selected = app.selected().map(|g| g.id);
    let shown = shown(app, rows);
    let rows: Vec<Row<'_>> = visible[shown.first..].iter().take(shown.rows).map(|g| row(app, g, now)).collect();
    let layout = layout(&visible, &rows, columns);
    let mut lines = vec![Line::from(
        layout
            .iter()
            .flat_map(|(spec, w)| {
                let head = match spec.col {
                    Col::Recent if *w < width(spec.head) => "gaps",
                    _ => spec.head,
                };
                let text = if matches!(spec.col, Col::Vrid | Col::Priority) { right(head, *w) } else { left(head, *w) };
                [Span::styled(text, theme.quiet()), Span::raw(" ")]
            })
            .collect::<Vec<_>>(),
    )];
    for r in &rows {
        let chosen = Some(r.group.id) == selected;
        let mut spans = Vec::new();
        for (spec, w) in &layout {
            spans.extend(cell(spec.col, r, *w, now, chosen, theme));
            spans.push(Span::raw(" "));
        }
        let line = Line::from(spans);
        lines.push(if chosen { line.patch_style(Theme::bold()) } else { line });
    }
    lines
}

/// What the rule above the list says at its right.
pub fn summary(app: &App) -> String {
    let n = app.visible().iter().filter(|g| app.marked(g)).count();
    if n == 0 { String::new() } else { format!("{n} marked !") }
}

/// The title of the rule above the list.
pub fn title(app: &App) -> String {
    let (visible, all) = (app.visible().len() as u64, app.picture().observer.groups().len() as u64);
    let forgotten = app.picture().observer.totals().groups_forgotten;
    let forgotten =
        if forgotten > 0 { format!(", {} more forgotten", describe::thousands(forgotten)) } else { String::new() };
    if app.filter.is_empty() {
        match all {
            0 => "virtual routers".to_owned(),
            _ => format!("{}{forgotten}", describe::count(all, "virtual router")),
        }
    } else {
        format!("{visible} of {}{forgotten}, filter: {}", describe::count(all, "virtual router"), app.filter)
    }
}

/// Chooses the columns, and gives each its width.
fn layout(visible: &[&Group], rows: &[Row<'_>], columns: usize) -> Vec<(Spec, usize)> {
    let longest = |f: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(f).max().unwrap_or(0);
    let master = longest(&|r| r.master.chars().count()).max(6);
    let gap = longest(&|r| r.gap.chars().count()).max(9);
    let vlan = visible.iter().map(|g| g.id.vlans.to_string().len()).max().unwrap_or(0);
    let vips = longest(&|r| addresses(r.group).chars().count()).max(9);
    let wide = columns >= 100;
    let spec = |col, head, min, max, rank| Spec { col, head, min, max, rank };
    let mut all = vec![
        spec(Col::Mark, "", 2, 2, 0),
        spec(Col::Vrid, "vrid", 4, 4, 0),
        spec(Col::Family, "ip", 2, 2, 2),
        spec(Col::Vlan, "vlan", vlan.max(4), vlan.max(4), 3),
        spec(Col::Master, "master", master.min(if wide { 27 } else { 15 }), master, 1),
        spec(Col::Priority, "prio", 4, 4, 3),
        spec(Col::Version, "ver", 3, 3, 9),
        spec(Col::Interval, "every", 6, 6, 10),
        spec(Col::Auth, "auth", 7, 7, 14),
        spec(Col::Since, "master for", 11, 14, 8),
        spec(Col::Next, "next advert", 11, 16, 4),
        spec(Col::Failover, "failover in", 11, 16, 5),
        spec(Col::Gap, "worst gap", gap, gap, 6),
        spec(Col::Margin, "of allowed", 11, 11, 12),
        spec(Col::Recent, "recent gaps", if wide { 11 } else { 6 }, 24, 7),
        spec(Col::Members, "members", 7, 7, 13),
        spec(Col::Addresses, "addresses", 9.max(vips.min(18)), vips, 11),
    ];
    if vlan == 0 {
        all.retain(|s| s.col != Col::Vlan);
    }
    // Place them by rank until one does not fit.
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|i| all[*i].rank);
    let mut used = 0;
    let mut keep = vec![false; all.len()];
    for i in order {
        let need = all[i].min + 1;
        if used + need > columns + 1 && all[i].rank > 0 {
            break;
        }
        used += need;
        keep[i] = true;
    }
    let mut layout: Vec<(Spec, usize)> = all
        .into_iter()
        .zip(keep)
        .filter(|(_, k)| *k)
        .map(|(s, _)| {
            let min = s.min;
            (s, min)
        })
        .collect();
    // What is left goes first to names, then to bars.
    let mut rest = (columns + 1).saturating_sub(used);
    let (all, some) = (usize::MAX, 11);
    for (wanted, limit) in [
        (Col::Master, all),
        (Col::Recent, some),
        (Col::Addresses, all),
        (Col::Next, 13),
        (Col::Failover, 13),
        (Col::Next, all),
        (Col::Failover, all),
        (Col::Recent, all),
        (Col::Since, all),
    ] {
        if let Some((s, w)) = layout.iter_mut().find(|(s, _)| s.col == wanted) {
            let more = s.max.min(limit).saturating_sub(*w).min(rest);
            *w += more;
            rest -= more;
        }
    }
    layout
}

fn addresses(g: &Group) -> String {
    match g.addresses() {
        [] => "none".to_owned(),
        [one] => one.to_string(),
        [first, more @ ..] => format!("{first} +{}", more.len()),
    }
}

fn cell(col: Col, r: &Row<'_>, w: usize, now: Instant, chosen: bool, theme: Theme) -> Vec<Span<'static>> {
    let g = r.group;
    let plain = |s: String| vec![Span::raw(left(&s, w))];
    let master = g.master();
    let voice = g.voice();
    match col {
        Col::Mark => {
            let mark = if r.marked { "!" } else { " " };
            let severity = r.trouble.or(Some(Severity::Critical));
            vec![
                Span::raw(if chosen { ">" } else { " " }),
                Span::styled(mark, theme.severity(severity).patch(Theme::bold())),
            ]
        }
        Col::Vrid => vec![Span::raw(right(&g.id.vrid.to_string(), w))],
        Col::Family => plain(if g.id.ipv6 { "v6" } else { "v4" }.to_owned()),
        Col::Vlan => plain(if g.id.vlans.ids().is_empty() { "-".to_owned() } else { g.id.vlans.to_string() }),
        Col::Master => {
            let style = match g.masters().len() {
                1 => Style::new(),
                _ => theme.bad().patch(Theme::bold()),
            };
            vec![Span::styled(left(&fit_middle(&r.master, w), w), style)]
        }
        Col::Priority => vec![Span::raw(right(&voice.map_or(String::new(), |m| m.priority.value.to_string()), w))],
        Col::Version => plain(voice.map_or(String::new(), |m| format!("v{}", m.version.value))),
        Col::Interval => plain(voice.map_or(String::new(), |m| describe::interval(m.interval.value))),
        Col::Auth => plain(voice.map_or(String::new(), |m| describe::auth(m.auth.value).to_owned())),
        Col::Since => plain(
            master.and_then(|m| m.speaking_since).map_or(String::new(), |s| describe::duration(now.since(s.at()))),
        ),
        Col::Next => next_advert(g, now, w, theme),
        Col::Failover => failover(g, now, w, theme),
        Col::Gap => {
            let style =
                if g.contention.is_some() { theme.bad() } else { share(g).map_or(Style::new(), |s| theme.share(s)) };
            vec![Span::styled(left(&r.gap, w), style)]
        }
        Col::Margin => match share(g).filter(|_| g.contention.is_none()) {
            Some(s) => vec![Span::styled(
                left(&format!("{} {:3.0}%", bar(s, w - 5), (s * 100.0).min(999.0)), w),
                theme.share(s),
            )],
            None => plain(String::new()),
        },
        Col::Recent => vec![Span::raw(left(&recent(g, w), w))],
        Col::Members => plain(g.members.len().to_string()),
        Col::Addresses => plain(fit(&addresses(g), w)),
    }
}

/// How close the worst gap came to a failover.
fn share(g: &Group) -> Option<f64> {
    let gap = g.worst_gap?;
    let (allowed, ..) = g.allowed_gap(g.members.get(&gap.member)?);
    Some(gap.length.as_secs_f64() / allowed.as_secs_f64().max(1e-6))
}

/// The last gaps, each as a share of what is allowed.
pub fn recent(g: &Group, columns: usize) -> String {
    let Some(allowed) = g.voice().map(|m| g.allowed_gap(m).0.as_secs_f64().max(1e-6)) else { return String::new() };
    let n = g.gaps.len().saturating_sub(columns);
    sparkline(g.gaps.iter().skip(n).map(|gap| gap.as_secs_f64() / allowed))
}

/// A bar that is full after an advert, with the time until the next one is due.
fn next_advert(g: &Group, now: Instant, w: usize, theme: Theme) -> Vec<Span<'static>> {
    let Some(m) = g.master() else {
        let silent = g.voice().map_or(Duration::ZERO, |m| now.since(m.last.at()));
        return vec![Span::styled(left(&format!("none {}", short(silent)), w), theme.bad())];
    };
    let (quiet, pace) = (m.quiet(now), m.pace());
    if quiet > pace.mul_f64(1.15) {
        return vec![Span::styled(left(&format!("late {}", short(quiet.saturating_sub(pace))), w), theme.warn())];
    }
    countdown(pace.saturating_sub(quiet), pace, w, theme.title())
}

/// A bar that is full after an advert and empty when a backup takes over.
fn failover(g: &Group, now: Instant, w: usize, theme: Theme) -> Vec<Span<'static>> {
    let (Some(m), 1) = (g.master(), g.masters().len()) else { return vec![Span::raw(left("-", w))] };
    let (allowed, ..) = g.allowed_gap(m);
    let quiet = m.quiet(now);
    if quiet >= allowed {
        return vec![Span::styled(left("overdue", w), theme.bad())];
    }
    let left = allowed.checked_sub(quiet).unwrap_or_default();
    let style = if quiet > m.pace().mul_f64(1.15) { theme.warn() } else { theme.bar() };
    countdown(left, allowed, w, style)
}

fn countdown(remaining: Duration, whole: Duration, w: usize, style: Style) -> Vec<Span<'static>> {
    let number = right(&short(remaining), 5);
    let room = w.saturating_sub(6);
    let share = remaining.as_secs_f64() / whole.as_secs_f64().max(1e-6);
    vec![Span::styled(bar(share, room), style), Span::raw(format!(" {number}"))]
}
