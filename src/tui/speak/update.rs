//! What each message changes. The only place that changes [`App`].

use std::time::Duration;

use super::app::{App, Leaving, Screen};
use super::msg::{Action, Ask, Cmd, Msg};
use super::view;
use crate::report::speak::standing;
use crate::speak::{Command, InstanceView, Phase};
use crate::tui::scroll::Move;
use crate::vrrp::State;
use crate::wire::vrrp::PRIORITY_OWNER;

/// Takes in a message; says what the outside is to do.
pub fn update(app: &mut App, msg: Msg) -> Option<Cmd> {
    match msg {
        Msg::News(u) => {
            app.age.fresh |= u.view.is_some();
            app.dirty |= u.view.is_some() || !u.told.is_empty();
            for told in &u.told {
                app.note(told);
            }
            if let Some(view) = u.view {
                (app.view, app.since) = (Some(view), Duration::ZERO);
            }
            (app.ended() && app.leaving == Leaving::Told).then_some(Cmd::Leave)
        }
        Msg::Gone => {
            app.gone = true;
            app.dirty = true;
            Some(Cmd::Leave)
        }
        Msg::Tick(since) => {
            let second = app.time().map(|t| t.nanos / 1_000_000_000);
            app.since = since;
            app.dirty |= app.moves() || second != app.time().map(|t| t.nanos / 1_000_000_000);
            None
        }
        Msg::Resize(w, h) => {
            app.size = (w, h);
            app.dirty = true;
            None
        }
        Msg::Act(action) => {
            app.status = None;
            app.dirty = true;
            if app.leaving == Leaving::Asked && action != Action::Back {
                app.leaving = Leaving::No;
            }
            act(app, action)
        }
    }
}

fn act(app: &mut App, action: Action) -> Option<Cmd> {
    match action {
        Action::Redraw => return Some(Cmd::Clear),
        Action::Help => show(app, Screen::Help),
        Action::Open => show(app, Screen::One),
        Action::Back => return back(app),
        Action::Quit => return Some(leave(app)),
        Action::Move(to) => go(app, to),
        Action::NextTrouble => next_trouble(app),
        Action::Beside if app.beside().is_some() => return Some(Cmd::Do(Ask::Beside)),
        Action::Beside => app.status = Some("only the demonstration has a router beside it".to_owned()),
        _ => {
            let Some((at, i)) = app.chosen() else {
                app.status = Some("there is no virtual router yet".to_owned());
                return None;
            };
            match command(i, app.observing(), action) {
                Ok(command) => return Some(Cmd::Do(Ask::Speaker(at, command))),
                Err(why) => app.status = Some(format!("{}: {why}", i.name)),
            }
        }
    }
    None
}

/// What a key tells the speaker, or why it would change nothing.
pub(super) fn command(i: &InstanceView, observing: bool, action: Action) -> Result<Command, String> {
    let master = i.state == State::Master && i.phase == Phase::Running;
    match (action, i.phase) {
        (_, Phase::Ended) => return Err("it has ended".to_owned()),
        (Action::TakeOver, Phase::Waiting) => return Ok(Command::TakeOver),
        (Action::TakeOver, _) => return Err("nothing to consent to".to_owned()),
        _ => {}
    }
    match action {
        Action::Raise | Action::Lower if i.params.priority == PRIORITY_OWNER => {
            Err("an owner's priority is 255, always".to_owned())
        }
        Action::Raise if i.priority >= PRIORITY_OWNER - 1 => Err("254 is the most: 255 is for owners".to_owned()),
        Action::Lower if i.priority <= 1 => Err("1 is the least: 0 releases".to_owned()),
        Action::Raise => Ok(Command::Priority(1)),
        Action::Lower => Ok(Command::Priority(-1)),
        Action::Preempt => Ok(Command::Preempt(!i.params.preempt)),
        Action::Resign if master => Ok(Command::Resign),
        Action::Resign => Err(format!("only a master can resign, and it is {}", standing(i))),
        Action::Advertise | Action::Mute if observing => Err("it observes: nothing is ever sent".to_owned()),
        Action::Advertise if master && i.muted => Err("it is muted: m lets it speak".to_owned()),
        Action::Advertise if master => Ok(Command::Advertise),
        Action::Advertise => Err(format!("only a master sends adverts, and it is {}", standing(i))),
        Action::Mute => Ok(Command::Mute(!i.muted)),
        _ => Err("no such command".to_owned()),
    }
}

fn show(app: &mut App, screen: Screen) {
    if app.screen != screen {
        (app.screen, app.scroll) = (screen, 0);
    }
}

fn back(app: &mut App) -> Option<Cmd> {
    if app.screen != Screen::Main {
        show(app, Screen::Main);
        return None;
    }
    if app.leaving == Leaving::No && app.rules() {
        app.leaving = Leaving::Asked;
        return None;
    }
    Some(leave(app))
}

/// Has the speaker release and end; a second time, or without a speaker, the screen is left at once.
fn leave(app: &mut App) -> Cmd {
    if app.gone || app.view.is_none() || app.leaving == Leaving::Told {
        return Cmd::Leave;
    }
    app.leaving = Leaving::Told;
    Cmd::Do(Ask::Speaker(app.selected, Command::Quit))
}

fn go(app: &mut App, to: Move) {
    match (app.screen, to) {
        (Screen::Main, Move::Up | Move::Down) => app.selected = to.within(app.selected, app.instances().len(), 1),
        (Screen::Main, _) => app.log_end = view::log_window(app).moved(to),
        _ => app.scroll = to.scrolled(app.scroll, view::text(app)),
    }
}

fn next_trouble(app: &mut App) {
    let all = app.instances();
    let n = all.len();
    let next = (1..=n).map(|k| (app.selected + k) % n).find(|k| all.get(*k).is_some_and(|i| app.trouble(i).is_some()));
    match next {
        Some(at) => app.selected = at,
        None => app.status = Some("no virtual router is marked with !".to_owned()),
    }
}
