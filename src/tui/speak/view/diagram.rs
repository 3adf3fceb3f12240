//! The states with the present one lit, the edge just taken, and the timers that run.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::report::describe::{duration, seconds3};
use crate::report::speak::reason;
use crate::speak::{InstanceView, Phase};
use crate::tui::speak::app::App;
use crate::tui::text::{fit, left, width, wrap};
use crate::tui::theme::Theme;
use crate::tui::timer;
use crate::vrrp::State;
use crate::vrrp::timing::Wait;

/// Columns that an edge takes beside its label: blanks, the least of its line, its point.
const BARE: usize = 7;

/// ` [ INIT ] ──▶   BACKUP   ──no advert for 3.605 s──▶   MASTER`, and below it the way back if it is to be tall.
pub fn lines(i: &InstanceView, columns: usize, tall: bool, theme: Theme) -> Vec<Line<'static>> {
    let running = i.phase == Phase::Running;
    let lit = |state| running && i.state == state;
    let (outside, way) = match (i.phase, i.state) {
        (Phase::Listening { .. }, _) => ("LISTENING", "then"),
        (Phase::Waiting, _) => ("WAITING", "consent"),
        (Phase::Ended, _) => ("ENDED", ""),
        (Phase::Running, State::Fault) => ("FAULT", "works again"),
        (Phase::Running, _) => ("INIT", "start"),
    };
    let taken = i.last.map(|(t, _)| (t.from, t.to));
    let boxes = [
        (outside, !running || lit(State::Init) || lit(State::Fault)),
        ("BACKUP", lit(State::Backup)),
        ("MASTER", lit(State::Master)),
    ];
    let fixed: usize = 1 + boxes.iter().map(|b| b.0.len() + 4).sum::<usize>();
    let room = columns.saturating_sub(fixed + 1);
    let wait = i.armed.and_then(|a| a.wait).unwrap_or(own_wait(i));
    let after = seconds3(wait.duration());
    let silence = match wait.adverts {
        0 => [format!("{after} after a release"), format!("silent {after}")],
        _ => [format!("no advert for {after}"), format!("silent {after}")],
    };
    // The way to MASTER says what it takes before the other one does.
    let first = room.saturating_sub(width(&silence[0]) + BARE).min(width(way) + BARE + 2).max(5);
    let second = room.saturating_sub(first).clamp(5, 60);
    let [long, short] = silence;
    let silence = if width(&long) + BARE <= second { long } else { short };
    let joined = matches!(taken, Some((State::Init | State::Fault, State::Backup)));
    let rose = taken == Some((State::Backup, State::Master));
    let fell = taken == Some((State::Master, State::Backup));
    let mut spans = vec![Span::raw(" ")];
    spans.push(state(boxes[0], theme));
    spans.push(edge(way, first, joined, theme));
    spans.push(state(boxes[1], theme));
    spans.push(edge(&silence, second, rose, theme));
    spans.push(state(boxes[2], theme));
    let mut lines = vec![Line::from(spans)];
    if tall {
        let from = 1 + boxes[0].0.len() + 4 + first + 5;
        let to = from + 5 + second + 4;
        let (down, corner_left, corner_right) = if fell { ("┃", "┗", "┛") } else { ("│", "└", "┘") };
        let between = to - from - 1;
        let label = if i.priority == 255 {
            "another owner's advert".to_owned()
        } else {
            format!("an advert above {}", i.priority)
        };
        let tie = format!("{label}, or of {} from above {}", i.priority, i.params.source);
        let back = dashes(if width(&tie) + 4 <= between { &tie } else { &label }, between, fell);
        let style = way_style(fell, theme);
        lines.push(Line::styled(format!("{}▲{}{down}", " ".repeat(from), " ".repeat(between)), style));
        lines.push(Line::styled(format!("{}{corner_left}{back}{corner_right}", " ".repeat(from)), style));
    }
    lines
}

/// What this router would wait for if it were a backup whose master has its own interval.
fn own_wait(i: &InstanceView) -> Wait {
    let p = &i.params;
    Wait {
        version: p.version,
        adverts: p.down_timer_adverts,
        interval: p.advert_int,
        priority: i.priority,
        grain: p.profile.grain,
    }
}

/// A state: lit by brackets and reversed, not by colour alone.
fn state((name, lit): (&str, bool), theme: Theme) -> Span<'static> {
    if !lit {
        return Span::styled(format!("  {name}  "), theme.quiet());
    }
    let style = match name {
        "MASTER" => theme.good(),
        "FAULT" => theme.bad(),
        "WAITING" => theme.warn(),
        _ => theme.title(),
    };
    Span::styled(format!("[ {name} ]"), style.add_modifier(Modifier::BOLD | Modifier::REVERSED))
}

fn edge(label: &str, columns: usize, taken: bool, theme: Theme) -> Span<'static> {
    let line = dashes(label, columns.saturating_sub(3), taken);
    Span::styled(format!(" {line}▶ "), way_style(taken, theme))
}

/// The edge taken last is heavy.
fn dashes(label: &str, columns: usize, taken: bool) -> String {
    let dash = if taken { "━" } else { "─" };
    let room = columns.saturating_sub(width(label));
    if label.is_empty() || room < 4 {
        return dash.repeat(columns);
    }
    let label = format!(" {label} ");
    let before = (room - 2) / 2;
    format!("{}{label}{}", dash.repeat(before), dash.repeat(room - 2 - before))
}

fn way_style(taken: bool, theme: Theme) -> Style {
    if taken { Theme::bold() } else { theme.quiet() }
}

/// The last change of state, when, and why.
pub fn last(app: &App, i: &InstanceView, columns: usize, most: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let Some((t, time)) = i.last else {
        return vec![Line::styled(" no change of state yet", theme.quiet())];
    };
    let text = format!(
        "last  {} → {} at {}, {} ago: {}",
        t.from,
        t.to,
        app.clock.hms_millis(time),
        duration(app.now().since(t.at)),
        reason(&t)
    );
    let room = columns.saturating_sub(2);
    let mut lines = wrap(&text, room, 6);
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1));
        let indent = if lines.is_empty() { "" } else { "      " };
        let rest: Vec<&str> = rest.iter().map(|l| l.trim_start()).collect();
        lines.push(fit(&format!("{indent}{}", rest.join(" ")), room));
    }
    lines.into_iter().map(|l| Line::raw(format!(" {l}"))).collect()
}

/// The timers that run: full as they begin, empty as they end.
pub fn timers(app: &App, i: &InstanceView, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let now = app.now();
    let none = |text: &str| vec![Line::styled(format!(" {} {text}", left("timers", timer::NAME)), theme.quiet())];
    let own = |line: Line<'static>| vec![line];
    match i.phase {
        Phase::Listening { since, until } => {
            let of = format!("of {}", seconds3(until.since(since)));
            return own(timer::line("listening", (since, until), now, &of, theme.title(), columns));
        }
        Phase::Waiting => return none("none until you consent: ! takes part"),
        Phase::Ended => return none("none: it has ended"),
        Phase::Running => {}
    }
    let Some(a) = i.armed else {
        return none(match i.state {
            State::Fault => "none in FAULT",
            _ => "none runs",
        });
    };
    let mut lines = own(timer::armed(a, i.params.advert_int, now, columns, theme));
    if let Some(until) = i.preempt_at.filter(|at| *at > now) {
        lines.push(timer::preempt(until, i.params.preempt_delay, now, columns, theme));
    }
    lines
}
