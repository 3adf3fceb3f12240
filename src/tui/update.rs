//! What each message changes. The only place that changes [`App`] after a key.

use super::app::{App, ExplainFrom, Kind, Screen};
use super::msg::{Action, Ask, Cmd, Command, Msg, Speed};
use super::parts;
use super::scroll::Move;
use super::view;
use crate::sniff::feed::SourceState;

/// Longest filter that can be typed.
const MAX_FILTER: usize = 64;

/// Takes in a message; says what the outside is to do.
pub fn update(app: &mut App, msg: Msg) -> Option<Cmd> {
    match msg {
        Msg::News(batch) => {
            app.take(batch);
            (app.state == SourceState::Enough).then_some(Cmd::Leave)
        }
        Msg::Gone => {
            if app.state == SourceState::Running {
                app.state = SourceState::Failed("the capture ended without saying why".to_owned());
                app.unjudged = true;
            }
            app.dirty = true;
            None
        }
        Msg::Tick(_) => {
            app.judge();
            None
        }
        Msg::Resize(w, h) => {
            (app.size, app.dirty) = ((w, h), true);
            None
        }
        Msg::Act(action) => {
            app.status = None;
            app.dirty = true;
            act(app, action)
        }
    }
}

/// Says what came of writing a file: what was written, or why not.
pub fn saved(app: &mut App, outcome: Result<String, String>) {
    (app.status, app.dirty) = (Some(parts::saved(outcome)), true);
}

fn act(app: &mut App, action: Action) -> Option<Cmd> {
    if app.typing {
        match action {
            Action::Open => {
                app.typing = false;
                return None;
            }
            Action::Back => {
                app.typing = false;
                app.filter.clear();
                return None;
            }
            _ => {}
        }
    }
    match action {
        Action::Quit => return Some(Cmd::Leave),
        Action::Redraw => return Some(Cmd::Clear),
        Action::Back => return back(app),
        Action::Move(to) => go(app, to),
        Action::Open => open(app),
        Action::NextTrouble => next_trouble(app),
        Action::Findings => show(app, Screen::Findings),
        Action::Explain => explain(app),
        Action::Filter => {
            show(app, Screen::Main);
            app.typing = true;
        }
        Action::Typed(c) => {
            if app.typing && !c.is_control() && app.filter.chars().count() < MAX_FILTER {
                app.filter.push(c);
            }
        }
        Action::Erase => app.typing &= app.filter.pop().is_some(),
        Action::Pause => return pause(app),
        Action::Save => {
            if app.ring.is_empty() {
                app.status = Some("nothing to write yet: no frame has been heard".to_owned());
            } else {
                return Some(Cmd::Do(Ask::Save(app.clock.file_stamp(app.now))));
            }
        }
        Action::Faster => return speed(app, true),
        Action::Slower => return speed(app, false),
        Action::First => return toggle(app, 0),
        Action::Second => return toggle(app, 1),
        Action::Help => show(app, Screen::Help),
    }
    None
}

fn show(app: &mut App, screen: Screen) {
    if app.screen != screen {
        app.screen = screen;
        app.scroll = 0;
    }
}

fn back(app: &mut App) -> Option<Cmd> {
    match app.screen {
        Screen::Main if app.filter.is_empty() => return Some(Cmd::Leave),
        Screen::Main => app.filter.clear(),
        Screen::Explain(_, ExplainFrom::Findings) => show(app, Screen::Findings),
        Screen::Explain(_, ExplainFrom::Group(id)) => show(app, Screen::Group(id)),
        _ => show(app, Screen::Main),
    }
    None
}

/// Moves the selection, the log or the text.
fn go(app: &mut App, to: Move) {
    match (app.screen, to) {
        (Screen::Main, Move::Up | Move::Down) => {
            let visible = app.visible();
            let at = app.selected().and_then(|s| visible.iter().position(|g| g.id == s.id)).unwrap_or(0);
            if let Some(id) = visible.get(to.within(at, visible.len(), 1)).map(|g| g.id) {
                app.selected = Some(id);
            }
        }
        (Screen::Main, _) => app.log_end = view::log_window(app).moved(to),
        (Screen::Findings, _) => {
            let n = app.picture().findings.len();
            app.finding = app.key_at(to.within(app.finding_index(), n, 5)).or(app.finding);
        }
        _ => app.scroll = to.scrolled(app.scroll, view::text(app)),
    }
}

fn open(app: &mut App) {
    match app.screen {
        Screen::Main => {
            if let Some(id) = app.selected().map(|g| g.id) {
                app.selected = Some(id);
                show(app, Screen::Group(id));
            }
        }
        Screen::Findings => explain(app),
        _ => {}
    }
}

fn explain(app: &mut App) {
    let (group, from) = match app.screen {
        Screen::Findings => {
            if let Some(key) = app.key_at(app.finding_index()) {
                app.finding = Some(key);
                show(app, Screen::Explain(key, ExplainFrom::Findings));
            }
            return;
        }
        Screen::Explain(..) => return,
        Screen::Group(id) => (Some(id), ExplainFrom::Group(id)),
        Screen::Main | Screen::Help => (app.selected().map(|g| g.id), ExplainFrom::Main),
    };
    let findings = app.picture().findings;
    let own = findings.iter().position(|f| f.group == group && group.is_some());
    // A group without findings of its own: the worst of all, except on the screen of that group.
    let index = own.or((from == ExplainFrom::Main && !findings.is_empty()).then_some(0));
    match index.and_then(|i| app.key_at(i)) {
        Some(key) => show(app, Screen::Explain(key, from)),
        None => app.status = Some("there is no finding to explain here".to_owned()),
    }
}

fn next_trouble(app: &mut App) {
    let visible = app.visible();
    let at = app.selected().and_then(|s| visible.iter().position(|g| g.id == s.id)).unwrap_or(0);
    let n = visible.len();
    let next = (1..=n).map(|i| (at + i) % n).find(|i| app.marked(visible[*i])).map(|i| visible[i].id);
    match next {
        Some(id) => {
            app.selected = Some(id);
            if app.screen != Screen::Main {
                show(app, Screen::Group(id));
            }
        }
        None => app.status = Some("no virtual router is marked with !".to_owned()),
    }
}

fn pause(app: &mut App) -> Option<Cmd> {
    let freeze = app.frozen.is_none();
    if freeze {
        app.judge();
    }
    app.freeze(freeze);
    app.kind.speed().map(|_| Cmd::Do(Ask::Control(Command::Pause(freeze))))
}

/// Kills a node of the demonstration, or starts it.
fn toggle(app: &mut App, node: usize) -> Option<Cmd> {
    if !matches!(app.kind, Kind::Demo(_)) {
        app.status = Some("only the demonstration has nodes to kill".to_owned());
        return None;
    }
    Some(Cmd::Do(Ask::Control(Command::Toggle(node))))
}

fn speed(app: &mut App, faster: bool) -> Option<Cmd> {
    if app.kind.speed().is_none() {
        app.status = Some("only a replay has a speed".to_owned());
        return None;
    }
    let next = if faster { app.speed.faster() } else { app.speed.slower() };
    if next == Speed::MAX && matches!(app.kind, Kind::Demo(_)) {
        app.status = Some("the demonstration has no end to run to at full speed".to_owned());
        return None;
    }
    app.speed = next;
    Some(Cmd::Do(Ask::Control(Command::Speed(app.speed))))
}
