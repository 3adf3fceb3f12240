//! The state under lists of messages, and whole screens as text.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Screen};
use super::msg::{Action, Cmd, Msg, Update};
use super::{KEYS, render, update};
use crate::probe::Reason;
use crate::probe::plan::{Instance, Plan};
use crate::probe::watch::tests::{RHYTHM, script, server, service};
use crate::probe::watch::{Answer, Beginning, Watch};
use crate::report::Clock;
use crate::report::probe::watch::Epoch;
use crate::time::{Instant, Timestamp};
use crate::vrrp::track::Track;

fn at(ms: i64) -> Instant {
    Instant::from_micros(ms * 1000)
}

fn epoch() -> Epoch {
    // 22:13:20
    Epoch { began: at(0), wall: Timestamp::from_micros(1_700_000_000_000_000) }
}

fn bad() -> Answer {
    Answer { good: Some(false), reason: Some(Reason::new("refused", "connection refused")), ..Answer::GOOD }
}

fn good() -> Answer {
    Answer { took: Some(Duration::from_micros(310)), ..Answer::GOOD }
}

/// Three real servers of which two are needed, and a script that takes 20 points from an instance.
fn watch() -> Watch {
    let mut servers: Vec<_> =
        (21..24).map(|n| server(&format!("10.0.0.{n}:80"), 1, false, &[(RHYTHM, 1)])).collect();
    servers[1].inhibit = true;
    let mut lvs = service(2, 0, servers);
    lvs.sorry = Some("10.0.0.99:80".to_owned());
    let tracks = vec![Track { tracker: 0, weight: -20, reverse: false }];
    let instance = Instance { name: "VI_1".to_owned(), priority: 102, tracks };
    let plan = Plan { services: vec![lvs], scripts: vec![script("chk_nginx", -20)], instances: vec![instance] };
    Watch::new(Arc::new(plan), at(0), Beginning::default())
}

/// A screen that is fed by hand.
struct Bench {
    app: App,
    watch: Watch,
}

impl Bench {
    fn new() -> Self {
        Self { app: App::new("lvs.conf", false, Clock::utc(), epoch()), watch: watch() }
    }

    /// What is due is started then, and ends as it is said, in the order of the jobs.
    fn run(&mut self, ms: i64, said: &[Answer]) -> &mut Self {
        let due = self.watch.tick(at(ms));
        assert_eq!(due.len(), said.len(), "{due:?}");
        for (job, answer) in due.into_iter().zip(said) {
            self.watch.ended(at(ms + 10), job, answer.clone());
        }
        self.news(ms + 10)
    }

    fn news(&mut self, ms: i64) -> &mut Self {
        let events = self.watch.take_events();
        self.tell(Msg::Update(Update { watch: Arc::new(self.watch.clone()), at: at(ms), events }));
        self
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(&mut self.app, msg)
    }

    fn press(&mut self, actions: &[Action]) -> Option<Cmd> {
        actions.iter().fold(None, |_, a| self.tell(Msg::Act(*a)))
    }

    /// The screen as lines, without blanks at their ends.
    fn draw(&mut self, w: u16, h: u16) -> Vec<String> {
        self.tell(Msg::Resize(w, h));
        let area = Rect::new(0, 0, w, h);
        let mut buf = Buffer::empty(area);
        render(&self.app, area, &mut buf);
        (0..h).map(|y| (0..w).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
    }
}

/// Two are good, one fails at the first look; later another fails twice; the script fails once.
fn story() -> Bench {
    let mut b = Bench::new();
    b.run(0, &[good()]);
    b.run(1000, &[good(), good(), bad()]);
    b.run(2000, &[bad()]);
    b.run(4000, &[bad()]);
    b.run(6000, &[good()]);
    b.run(7010, &[good(), bad(), bad()]);
    b.run(8000, &[good()]);
    b.run(8020, &[bad()]);
    b
}

/// Compares; several blank lines count as one.
#[track_caller]
fn shows(screen: &[String], expected: &[&str]) {
    let mut screen = screen.to_vec();
    screen.dedup_by(|a, b| a.is_empty() && b.is_empty());
    assert_eq!(screen, expected, "\n{}", screen.join("\n"));
}

#[test]
fn before_the_first_news() {
    let mut b = Bench::new();
    let screen = b.draw(80, 24);
    assert_eq!(screen[1], " …  nothing is known yet: the checks begin");
    for key in KEYS {
        b.tell(Msg::Act(key.action));
        b.draw(80, 24);
    }
    let mut b = Bench::new();
    b.news(0);
    assert_eq!(
        b.draw(80, 24)[1],
        " WAITING  0 of 3 real servers up, 3 not looked at yet, 0 of 1 script good"
    );
}

#[test]
fn one_is_down_and_one_about_to_be_at_80x24() {
    shows(&story().draw(80, 24), &[""]);
}

#[test]
fn a_lost_quorum_and_a_bad_script_at_80x24() {
    let mut b = story();
    b.run(9030, &[bad()]);
    b.run(10_000, &[bad()]);
    b.run(12_000, &[bad()]);
    b.run(13_020, &[good(), bad()]);
    b.run(14_000, &[bad()]);
    shows(&b.draw(80, 24), &[""]);
}

#[test]
fn a_wide_screen_has_bars_and_details() {
    let mut b = story();
    b.press(&[Action::NextTrouble]);
    let screen = b.draw(160, 50);
    shows(&screen[..20], &[""]);
}

#[test]
fn details_of_each_kind_of_row() {
    let mut b = story();
    b.press(&[Action::Down, Action::Down, Action::Open]);
    let screen = b.draw(80, 24);
    shows(&screen[3..], &[""]);
    b.press(&[Action::Back, Action::Down, Action::Down, Action::Open]);
    let screen = b.draw(80, 24);
    shows(&screen[3..], &[""]);
    b.press(&[Action::Back, Action::Up, Action::Up, Action::Up, Action::Up, Action::Up, Action::Open]);
    let screen = b.draw(80, 24);
    shows(&screen[3..], &[""]);
}

#[test]
fn keys() {
    let mut b = story();
    b.draw(80, 24);
    assert_eq!(b.press(&[Action::Open, Action::Back]), None);
    assert_eq!(b.app.screen, Screen::Main);
    assert_eq!(b.press(&[Action::Back]), Some(Cmd::Leave));
    assert_eq!(b.press(&[Action::Quit]), Some(Cmd::Leave));
    assert_eq!(b.press(&[Action::Redraw]), Some(Cmd::Clear));
    assert_eq!(b.tell(Msg::Gone), Some(Cmd::Leave));
    // From the virtual server: the one that fails, the one that is down, and round again.
    b.press(&[Action::NextTrouble]);
    assert_eq!(b.app.selected, 2);
    b.press(&[Action::NextTrouble]);
    assert_eq!(b.app.selected, 3);
    b.press(&[Action::NextTrouble]);
    assert_eq!(b.app.selected, 2);
    // The log goes back and comes again.
    b.draw(60, 16);
    b.press(&[Action::Home]);
    assert!(b.app.log_end.is_some());
    b.press(&[Action::PageDown, Action::End]);
    assert_eq!(b.app.log_end, None);
}

#[test]
fn a_picture_held_still_loses_nothing() {
    let mut b = story();
    let before = b.app.log.len();
    b.press(&[Action::Pause]);
    b.run(9030, &[bad()]);
    b.news(9100);
    b.tell(Msg::Tick(Duration::from_secs(5)));
    assert_eq!((b.app.log.len(), b.app.now()), (before, at(8030)));
    assert!(b.draw(80, 24)[0].contains("HELD STILL: p follows"));
    b.press(&[Action::Pause]);
    // A checker, its server and the quorum.
    assert_eq!((b.app.log.len(), b.app.now()), (before + 3, at(9100)));
}

#[test]
fn no_size_is_too_small_to_say_so() {
    let mut b = story();
    for (w, h) in [(1, 1), (10, 5), (49, 12), (50, 12), (60, 16), (300, 100)] {
        for screen in [Screen::Main, Screen::One, Screen::Help] {
            b.app.screen = screen;
            b.draw(w, h);
        }
    }
    b.app.screen = Screen::Main;
    assert_eq!(b.draw(40, 5)[0], "terminal too small: 40x5, 50x12 needed");
}
