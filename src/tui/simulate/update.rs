//! What each message changes. The only place that changes [`App`].

use std::time::Duration;

use super::app::{App, COLUMN, Screen};
use super::msg::{Action, Ask, Cmd, Msg};
use super::view;
use crate::report::describe::count;
use crate::report::printable;
use crate::simulate::{Args, Check, FAULTS, Fault};
use crate::time::{Instant, seconds};
use crate::tui::msg::Speed;
use crate::tui::parts;
use crate::tui::scroll::Move;
use crate::vrrp::track::Kind;

/// The fastest: at more a screen is only a blur.
const FASTEST: f64 = 100.0;

/// What a key led to gives way to the keys after so long.
const SAID: Duration = Duration::from_secs(6);
/// Every second packet, in millionths.
const HALF: u32 = 500_000;

/// Takes in a message; says what the outside is to do.
pub fn update(app: &mut App, msg: Msg) -> Option<Cmd> {
    match msg {
        Msg::Tick(passed) => {
            app.said += passed;
            if app.said >= SAID && app.status.take().is_some() {
                app.dirty = true;
            }
            if app.playing {
                tick(app, passed);
            }
            None
        }
        Msg::Resize(w, h) => {
            app.size = (w, h);
            app.refresh();
            None
        }
        Msg::Act(action) => {
            (app.status, app.said) = (None, Duration::ZERO);
            app.dirty = true;
            act(app, action)
        }
        Msg::News(()) | Msg::Gone => None,
    }
}

/// Says what came of writing a file: what was written, or why not.
pub fn saved(app: &mut App, outcome: Result<String, String>) {
    (app.status, app.said, app.dirty) = (Some(parts::saved(outcome)), Duration::ZERO, true);
}

fn tick(app: &mut App, passed: Duration) {
    let mut to = app.now().after(passed.mul_f64(app.speed.factor()));
    if let Some(end) = app.stop_at.filter(|end| *end <= to) {
        (app.stop_at, app.playing, app.said, to) = (None, false, Duration::ZERO, end);
        app.status =
            Some(format!("the scenario ends at {} s; space goes on all the same", seconds(end.since(Instant::ZERO))));
    }
    app.tape.seek(to);
    app.refresh();
}

fn act(app: &mut App, action: Action) -> Option<Cmd> {
    match action {
        Action::Quit => return Some(Cmd::Leave),
        Action::Redraw => return Some(Cmd::Clear),
        Action::Back => return back(app),
        Action::Save => return Some(Cmd::Do(Ask::Save)),
        Action::Play => app.playing = !app.playing,
        Action::Faster | Action::Slower => speed(app, action == Action::Faster),
        Action::Next => match app.next() {
            Ok((at, finding)) => {
                go(app, at);
                app.status =
                    finding.map(|id| format!("nothing happens, and that is a finding by now: {id} (e explains it)"));
            }
            Err(until) => {
                let until = seconds(until.since(Instant::ZERO));
                app.status = Some(format!("nothing happens until {until} s unless you do something"));
            }
        },
        Action::Previous => match app.previous() {
            Some(at) => go(app, at),
            None => go(app, Instant::ZERO),
        },
        Action::Right => go(app, app.now().after(app.step())),
        Action::Left => go(app, app.now().before(app.step()).max(Instant::ZERO)),
        Action::Closer => zoom(app, app.column.saturating_sub(1)),
        Action::Wider => zoom(app, (app.column + 1).min(COLUMN.len() - 1)),
        Action::Move(to) => move_to(app, to),
        Action::Open => open(app),
        Action::Findings => show(app, Screen::Findings),
        Action::Explain => explain(app),
        Action::Verbose => {
            (app.verbose, app.told_end) = (!app.verbose, None);
            let now =
                if app.verbose { "adverts and announcements are told, too" } else { "adverts are not told any more" };
            app.status = Some(now.to_owned());
        }
        Action::Help => show(app, Screen::Help),
        Action::Undo => undo(app),
        Action::Check => check(app),
        Action::Kill
        | Action::PowerOff
        | Action::Stop
        | Action::Deafen
        | Action::Mute
        | Action::Freeze
        | Action::Link
        | Action::Loss
        | Action::Partition
        | Action::Reload => match fault(app, action) {
            Ok(fault) => befall(app, fault),
            Err(why) => app.status = Some(printable(&why)),
        },
    }
    None
}

/// Makes a moment the present, and stops there.
fn go(app: &mut App, at: Instant) {
    app.playing = false;
    app.tape.seek(at);
    app.refresh();
}

fn zoom(app: &mut App, column: usize) {
    app.column = column;
    app.refresh();
}

fn speed(app: &mut App, faster: bool) {
    let next = if faster { app.speed.faster() } else { app.speed.slower() };
    if next.factor() > FASTEST {
        app.status = Some("100× is the fastest; n goes to the next event at once".to_owned());
    } else {
        app.speed = Speed::new(next.factor());
    }
}

/// What a key does to the selected node, or why it would change nothing.
pub(super) fn fault(app: &App, action: Action) -> Result<Fault, String> {
    let lane = app.chosen().ok_or("there is no node")?;
    let (world, n) = (app.world(), lane.node);
    let name = world.name(n);
    let (runs, paused) = (world.is_running(n), world.is_paused(n));
    let of = |word: &str| made(word, Args { node: Some(n), ..Args::default() });
    // Of all its interfaces, or where it has several, of the lane's.
    let interfaces = world.interfaces(n, None);
    let interface = lane.interface.clone().filter(|_| interfaces.len() > 1);
    let at = |word: &str| made(word, Args { node: Some(n), interface: interface.clone(), ..Args::default() });
    let needs = |ok: bool, why: &str| if ok { Ok(()) } else { Err(format!("{name} {why}")) };
    let index = lane.interface.as_deref().and_then(|i| world.interface(n, i));
    match action {
        Action::Kill | Action::PowerOff => {
            needs(runs, "does not run: s starts it")?;
            of(if action == Action::Kill { "crash" } else { "power-off" })
        }
        Action::Stop => of(if runs { "stop" } else { "start" }),
        Action::Freeze => {
            needs(runs, "does not run: s starts it")?;
            of(if paused { "resume" } else { "pause" })
        }
        Action::Reload => {
            needs(runs, "does not run: s starts it")?;
            needs(!paused, "stands still and reads nothing: p lets it go on")?;
            of("reload")
        }
        Action::Loss => {
            let lossy = !world.network().loss_of(n).is_empty();
            made("loss", Args { node: Some(n), millionths: Some(if lossy { 0 } else { HALF }), ..Args::default() })
        }
        Action::Deafen => {
            if index.is_none_or(|i| world.network().hears(n, i)) {
                at("deaf")
            } else {
                of("hear")
            }
        }
        Action::Mute => {
            if index.is_none_or(|i| world.network().speaks(n, i)) {
                at("mute")
            } else {
                of("unmute")
            }
        }
        Action::Link => {
            let up = index.is_none_or(|i| world.is_up(n, i));
            let args = Args { node: Some(n), interface: lane.interface.clone(), ..Args::default() };
            made(if up { "link-down" } else { "link-up" }, args)
        }
        Action::Partition if !world.network().sides.is_empty() => made("heal", Args::default()),
        Action::Partition => {
            let others: Vec<usize> = (0..world.nodes()).filter(|o| *o != n).collect();
            needs(!others.is_empty(), "is alone")?;
            made("partition", Args { sides: vec![vec![n], others], ..Args::default() })
        }
        _ => Err("no such fault".to_owned()),
    }
}

fn made(word: &str, args: Args) -> Result<Fault, String> {
    let kind = FAULTS.iter().find(|k| k.name == word).ok_or_else(|| format!("there is no fault {word}"))?;
    Ok(Fault { kind, args })
}

/// What makes a check of a node fail, or pass again.
pub(super) fn toggled(app: &App, check: &Check) -> Result<Fault, String> {
    let lane = app.chosen().ok_or("there is no node")?;
    let args = Args { node: Some(lane.node), name: Some(check.name.clone()), ..Args::default() };
    match check.kind {
        Kind::Script => {
            let passes = check.script.exit == 0 && !check.script.hangs;
            made("script", Args { exit: Some(i32::from(passes)), ..args })
        }
        Kind::Process => made("process", Args { running: Some(!check.running), ..args }),
        _ => {
            let spec = app.tape.scenario().nodes.get(lane.node);
            let before = spec.and_then(|s| s.files.get(&check.name)).copied().unwrap_or(0);
            made("file", Args { value: Some(if check.value == before { -254 } else { before }), ..args })
        }
    }
}

fn befall(app: &mut App, fault: Fault) {
    let before = app.tape.done().len();
    let words = fault.line(app.tape.scenario());
    let at = app.tape.inject(fault);
    let forgotten = (before + 1).saturating_sub(app.tape.done().len());
    let mut text = format!("{} s: {words}", seconds(at.since(Instant::ZERO)));
    if forgotten > 0 {
        let verb = if forgotten == 1 { "counts" } else { "count" };
        let forgotten = count(forgotten as u64, "later fault");
        text = format!("{text}; {forgotten} of another future no longer {verb}");
    }
    (app.status, app.told_end, app.latest) = (Some(printable(&text)), None, at);
    app.refresh();
}

fn undo(app: &mut App) {
    let Some(taken) = app.tape.undo() else {
        app.status = Some("you have done nothing that could be taken back".to_owned());
        return;
    };
    let words = taken.fault.line(app.tape.scenario());
    let at = seconds(taken.at.since(Instant::ZERO));
    (app.status, app.told_end, app.latest) =
        (Some(printable(&format!("taken back: {words} at {at} s"))), None, app.now());
    app.refresh();
}

fn check(app: &mut App) {
    if let Screen::Checks(_) = app.screen {
        return open(app);
    }
    let checks = app.checks();
    match checks.as_slice() {
        [] => {
            let name = app.chosen().map_or(String::new(), |l| app.world().name(l.node).to_owned());
            app.status = Some(printable(&format!("{name} tracks no script, process or file")));
        }
        [one] => match toggled(app, one) {
            Ok(fault) => befall(app, fault),
            Err(why) => app.status = Some(why),
        },
        _ => show(app, Screen::Checks(0)),
    }
}

fn show(app: &mut App, screen: Screen) {
    if app.screen != screen {
        (app.screen, app.scroll) = (screen, 0);
    }
}

fn back(app: &mut App) -> Option<Cmd> {
    match app.screen {
        Screen::Main => return Some(Cmd::Leave),
        Screen::Explain(_, true) => show(app, Screen::Findings),
        _ => show(app, Screen::Main),
    }
    None
}

fn move_to(app: &mut App, to: Move) {
    match (app.screen, to) {
        (Screen::Main, Move::Up | Move::Down) => app.selected = to.within(app.selected, app.lanes_of_all().len(), 1),
        (Screen::Main, Move::PageUp | Move::PageDown) => app.told_end = view::told_window(app).moved(to),
        (Screen::Main, Move::Home | Move::End) => {
            app.told_end = None;
            go(app, if to == Move::Home { Instant::ZERO } else { app.latest });
        }
        (Screen::Findings, _) => app.finding = to.within(app.finding, app.findings.len(), 5),
        (Screen::Checks(at), _) => app.screen = Screen::Checks(to.within(at, app.checks().len(), 5)),
        _ => app.scroll = to.scrolled(app.scroll, view::text(app)),
    }
}

fn open(app: &mut App) {
    match app.screen {
        Screen::Main => show(app, Screen::Node),
        Screen::Findings => explain(app),
        Screen::Checks(at) => {
            let checks = app.checks();
            show(app, Screen::Main);
            match checks.get(at).map(|c| toggled(app, c)) {
                Some(Ok(fault)) => befall(app, fault),
                Some(Err(why)) => app.status = Some(why),
                None => {}
            }
        }
        _ => {}
    }
}

fn explain(app: &mut App) {
    let from_list = app.screen == Screen::Findings;
    match app.screen {
        Screen::Findings | Screen::Main | Screen::Node => {
            if !from_list {
                app.finding = 0;
            }
            match app.findings.get(app.finding).or(app.findings.first()) {
                Some(f) => show(app, Screen::Explain(f.id, from_list)),
                None => app.status = Some("there is no finding to explain here".to_owned()),
            }
        }
        Screen::Explain(..) | Screen::Checks(_) | Screen::Help => {}
    }
}
