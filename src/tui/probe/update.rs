//! What each message changes. The only place that changes [`App`].

use super::Update;
use super::app::{App, Screen};
use super::msg::{Action, Cmd, Msg};
use super::view;
use crate::tui::scroll::Move;

/// While the picture is held still, so much news is kept.
const HELD: usize = 4096;

/// Takes in a message; says what the outside is to do.
pub fn update(app: &mut App, msg: Msg) -> Option<Cmd> {
    match msg {
        Msg::News(u) => {
            app.age.fresh = true;
            match &mut app.held {
                // The first news always shows.
                Some(held) if app.watch.is_some() => {
                    // Of states only the last one matters; what happened is kept, the newest of it.
                    let mut events = held.pop().map(|before| before.events).unwrap_or_default();
                    events.extend(u.events);
                    events.drain(..events.len().saturating_sub(HELD));
                    held.push(Update { events, ..u });
                }
                _ => {
                    app.take(u);
                    app.dirty = true;
                }
            }
            None
        }
        Msg::Gone => {
            (app.gone, app.dirty) = (true, true);
            Some(Cmd::Leave)
        }
        Msg::Tick(since) => {
            if app.held.is_none() {
                (app.since, app.dirty) = (since, true);
            }
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

fn act(app: &mut App, action: Action) -> Option<Cmd> {
    match action {
        Action::Redraw => return Some(Cmd::Clear),
        Action::Quit => return Some(Cmd::Leave),
        Action::Back if app.screen == Screen::Main => return Some(Cmd::Leave),
        Action::Back => show(app, Screen::Main),
        Action::Help => show(app, Screen::Help),
        Action::Open => show(app, Screen::One),
        Action::Pause => match app.held.take() {
            Some(held) => held.into_iter().for_each(|u| app.take(u)),
            None => app.held = Some(Vec::new()),
        },
        Action::Move(to) => go(app, to),
        Action::NextTrouble => next_trouble(app),
    }
    None
}

fn show(app: &mut App, screen: Screen) {
    if app.screen != screen {
        (app.screen, app.scroll) = (screen, 0);
    }
}

fn go(app: &mut App, to: Move) {
    match (app.screen, to) {
        (Screen::Main, Move::Up | Move::Down) => app.selected = to.within(app.selected, app.items().len(), 1),
        (Screen::Main, _) => app.log_end = view::log_window(app).moved(to),
        _ => app.scroll = to.scrolled(app.scroll, view::text(app)),
    }
}

fn next_trouble(app: &mut App) {
    let all = app.items();
    let n = all.len();
    let next = (1..=n).map(|k| (app.selected + k) % n).find(|k| app.trouble(all[*k]).is_some());
    match next {
        Some(at) => app.selected = at,
        None => app.status = Some("nothing is down or about to be".to_owned()),
    }
}
