//! What each message changes. The only place that changes [`App`].

use super::Update;
use super::app::{App, Screen};
use super::msg::{Action, Cmd, Msg};
use super::view;

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
        Action::Up => step(app, -1),
        Action::Down => step(app, 1),
        Action::PageUp => page(app, -1),
        Action::PageDown => page(app, 1),
        Action::Home => ends(app, true),
        Action::End => ends(app, false),
        Action::NextTrouble => next_trouble(app),
    }
    None
}

fn show(app: &mut App, screen: Screen) {
    if app.screen != screen {
        (app.screen, app.scroll) = (screen, 0);
    }
}

fn step(app: &mut App, by: isize) {
    if app.screen == Screen::Main {
        let last = app.items().len().saturating_sub(1);
        app.selected = app.selected.min(last).saturating_add_signed(by).min(last);
    } else {
        scroll(app, by);
    }
}

fn page(app: &mut App, by: isize) {
    if app.screen == Screen::Main {
        let window = view::log_window(app);
        app.log_end = window.anchor(if by < 0 { window.back() } else { window.forward() });
    } else {
        scroll(app, by * (view::text_rows(app).max(2) as isize - 1));
    }
}

fn ends(app: &mut App, home: bool) {
    if app.screen == Screen::Main {
        let window = view::log_window(app);
        app.log_end = if home { window.anchor(window.top()) } else { None };
    } else {
        scroll(app, if home { isize::MIN / 2 } else { isize::MAX / 2 });
    }
}

fn scroll(app: &mut App, by: isize) {
    let most = view::text_len(app).saturating_sub(view::text_rows(app));
    app.scroll = app.scroll.min(most).saturating_add_signed(by).min(most);
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
