//! One virtual router on the whole screen: everything known of it, then its history.

use ratatui::text::{Line, Span};

use super::{detail, list, log};
use crate::finding::GroupId;
use crate::report::describe;
use crate::sniff::group::Group;
use crate::tui::app::{App, gap_of};
use crate::tui::findings::word;
use crate::tui::text;
use crate::tui::theme::Theme;

pub fn title(app: &App, id: GroupId) -> String {
    app.picture().observer.group(id).map_or_else(|| id.to_string(), detail::title)
}

pub fn lines(app: &App, id: GroupId, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let p = app.picture();
    let Some(g) = p.observer.group(id) else {
        return vec![Line::raw(format!(" {id} is no longer remembered"))];
    };
    let mut lines = Vec::new();
    for f in p.findings.iter().filter(|f| f.group == Some(id)) {
        let text = format!("{}  {}", word(f.severity), f.message);
        for l in text::wrap(&text, columns.saturating_sub(2), 2) {
            lines.push(Line::styled(format!(" {l}"), theme.severity(Some(f.severity))));
        }
    }
    if !lines.is_empty() {
        lines.push(Line::raw(""));
    }
    lines.extend(detail::lines(app, g, columns));
    lines.push(Line::raw(""));
    lines.extend(facts(app, g, columns));
    lines.push(Line::raw(""));
    lines.push(text::rule("events of this virtual router", "", columns, theme));
    let before = lines.len();
    for e in p.observer.events().iter().filter(|e| e.group == id) {
        lines.extend(log::told(app, e, false).lines(describe::group_tag(id).len(), columns, theme));
    }
    if lines.len() == before {
        lines.push(Line::styled(" none is remembered", theme.quiet()));
    }
    lines
}

fn facts(app: &App, g: &Group, columns: usize) -> Vec<Line<'static>> {
    let clock = &app.clock;
    let mut rows: Vec<(&str, String)> = vec![(
        "heard",
        format!(
            "{}, first at {}, last at {}",
            describe::count(g.adverts, "advert"),
            clock.hms(g.first.time),
            clock.hms(g.last.time)
        ),
    )];
    let moves = g.transition_count.saturating_sub(1);
    rows.push(("changes of master", describe::thousands(moves)));
    if let Some(w) = g.worst_gap {
        let allowed = g.members.get(&w.member).map(|m| g.allowed_gap(m));
        if let Some((allowed, priority, known)) = allowed {
            let whose = if known { "the next in line" } else { "a backup that has not spoken" };
            rows.push((
                "worst gap",
                format!(
                    "{} allowed by {whose} with priority {priority}; frame {} at {}",
                    gap_of(w.length, allowed),
                    w.seen.number,
                    clock.hms(w.seen.time)
                ),
            ));
        }
    }
    let both = g.all_contentions().count();
    if both > 0 {
        let longest = g.all_contentions().map(crate::sniff::group::Contention::overlap).max().unwrap_or_default();
        rows.push(("two masters", format!("{}, longest {}", describe::times(both as u64), describe::exact(longest))));
    }
    if g.members_refused > 0 {
        rows.push(("not remembered", describe::count(g.members_refused, "advert from a further sender")));
    }
    rows.push((
        "recent gaps",
        format!("{}  full height is the allowed gap", list::recent(g, columns.saturating_sub(56).clamp(8, 64))),
    ));
    let wide = rows.iter().map(|r| r.0.len()).max().unwrap_or(0) + 2;
    let theme = Theme::new(app.color);
    let mut lines = Vec::new();
    for (name, value) in rows {
        for (i, l) in text::wrap(&value, columns.saturating_sub(wide + 2), 0).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            lines.push(Line::from(vec![Span::styled(format!(" {name:wide$}"), theme.quiet()), Span::raw(l)]));
        }
    }
    lines
}
