//! The state under lists of messages, and whole screens as text.

use std::sync::Arc;
use std::time::Duration;

use super::app::{App, Screen};
use super::msg::{Action, Cmd, Msg, Update};
use super::{KEYS, update};
use crate::probe::Reason;
use crate::probe::plan::{Instance, Plan};
use crate::probe::watch::tests::{RHYTHM, script, server, service};
use crate::probe::watch::{Answer, Beginning, Watch};
use crate::report::Clock;
use crate::report::probe::watch::Epoch;
use crate::time::{Instant, Timestamp};
use crate::tui::scroll::Move;
use crate::tui::testing::{drawn, shows};
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
    let mut servers: Vec<_> = (21..24).map(|n| server(&format!("10.0.0.{n}:80"), 1, false, &[(RHYTHM, 1)])).collect();
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
        self.tell(Msg::News(Update { watch: Arc::new(self.watch.clone()), at: at(ms), events }));
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
        drawn(&mut self.app, w, h)
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
    assert_eq!(b.draw(80, 24)[1], " WAITING  0 of 3 real servers up, 3 not looked at yet, 0 of 1 script good");
}

#[test]
fn one_is_down_and_one_about_to_be_at_80x24() {
    shows(
        &story().draw(80, 24),
        &[
            " hactl probe config lvs.conf  for 8.0 s  0 checks running              22:13:28",
            " WARNING  10.0.0.23:80 down; failing: 10.0.0.22:80 (2 of 3); 2 of 3 real",
            "          servers up, 1 of 1 script good",
            "── 1 virtual server, 3 real servers, 1 tracked script ──────────── 2 marked ! ──",
            "                  state   w fails    next noticed  last said",
            ">  TCP 10.0.0.10:80 rr  served  weight 2 of 3 up, lost below 2",
            "     10.0.0.21:80 up      1         5.0 s    17 s  good (0.31 ms)",
            " !   10.0.0.22:80 up      1   2/3   1.0 s    17 s  connection refused",
            " !   10.0.0.23:80 DOWN    1         5.0 s    17 s  connection refused",
            "   chk_nginx      good  -20         2.0 s     9 s  VI_1 102; good (0.31 ms)",
            "── events ──────────────────────────────────────────────────────────────────────",
            " 22:13:20.010  chk_nginx     good at the first run (-20 points when bad: VI_1)",
            " 22:13:21.010  10.0.0.21:80  TCP_CHECK is good",
            " 22:13:21.010  10.0.0.22:80  TCP_CHECK is good",
            " 22:13:21.010  10.0.0.23:80  TCP_CHECK failed at the first look: refused:",
            "                             connection refused",
            " 22:13:21.010  10.0.0.23:80  DOWN: removed from TCP 10.0.0.10:80",
            " 22:13:22.010  chk_nginx     failed, 1 of 3: refused: connection refused",
            " 22:13:24.010  chk_nginx     failed, 2 of 3: refused: connection refused",
            " 22:13:27.020  10.0.0.22:80  TCP_CHECK failed, 1 of 3: refused: connection",
            "                             refused",
            " 22:13:28.030  10.0.0.22:80  TCP_CHECK failed, 2 of 3: refused: connection",
            "                             refused",
            " ↑↓ select  Enter details  n next trouble  p pause  ? help  q quit",
        ],
    );
}

#[test]
fn a_lost_quorum_and_a_bad_script_at_80x24() {
    let mut b = story();
    b.run(9030, &[bad()]);
    b.run(10_000, &[bad()]);
    b.run(12_000, &[bad()]);
    b.run(13_020, &[good(), bad()]);
    b.run(14_000, &[bad()]);
    shows(
        &b.draw(80, 24),
        &[
            " hactl probe config lvs.conf  for 14 s  0 checks running               22:13:34",
            " CRITICAL  TCP 10.0.0.10:80 has no quorum: weight 1 up, 2 needed; clients go to",
            "           the sorry server 10.0.0.99:80, unchecked; bad: chk_nginx; 10.0.0.22…",
            "── 1 virtual server, 3 real servers, 1 tracked script ──────────── 4 marked ! ──",
            "                  state   w fails    next noticed  last said",
            ">! TCP 10.0.0.10:80 rr  NO QUORUM  weight 1 of 3 up; sorry server, unchecked",
            "     10.0.0.21:80 up      1         5.0 s    17 s  good (0.31 ms)",
            " !   10.0.0.22:80 DOWN    0         1.0 s    17 s  connection refused",
            " !   10.0.0.23:80 DOWN    1         5.0 s    17 s  connection refused",
            " ! chk_nginx      BAD   -20         2.0 s     9 s  VI_1 102 → 82; connection r…",
            "── events ──────────────────────────────────────────────────── ↑ 9 more: PgUp ──",
            " 22:13:29.040  10.0.0.22:80      TCP_CHECK failed for good: refused: connection",
            "                                 refused",
            " 22:13:29.040  10.0.0.22:80      DOWN: weight 0 in TCP 10.0.0.10:80; what is",
            "                                 connected stays",
            " 22:13:29.040  TCP 10.0.0.10:80  QUORUM LOST: weight 1, 2 needed; clients go to",
            "                                 the sorry server 10.0.0.99:80, unchecked",
            " 22:13:30.010  chk_nginx         failed, 1 of 3: refused: connection refused",
            " 22:13:32.010  chk_nginx         failed, 2 of 3: refused: connection refused",
            " 22:13:34.010  chk_nginx         BAD (-20 points when bad: VI_1): refused:",
            "                                 connection refused",
            " 22:13:34.010  VI_1              priority 102 → 82, as its scripts say",
            "",
            " ↑↓ select  Enter details  n next trouble  p pause  ? help  q quit",
        ],
    );
}

#[test]
fn a_wide_screen_has_bars_and_details() {
    let mut b = story();
    b.press(&[Action::NextTrouble]);
    let screen = b.draw(160, 50);
    shows(
        &screen[..20],
        &[
            " hactl probe config lvs.conf  for 8.0 s  0 checks running                                                                                   2023-11-14 22:13:28",
            " WARNING  10.0.0.23:80 down; failing: 10.0.0.22:80 (2 of 3); 2 of 3 real servers up, 1 of 1 script good",
            "── 1 virtual server, 3 real servers, 1 tracked script ──────────────────────────────────────────────────────────────────────────────────────────── 2 marked ! ──",
            "                  state   w fails                 next noticed  last said",
            "   TCP 10.0.0.10:80 rr  served  weight 2 of 3 up, lost below 2",
            "     10.0.0.21:80 up      1       ██████████░░   5.0 s    17 s  TCP_CHECK good (0.31 ms)",
            ">!   10.0.0.22:80 up      1   2/3 ██░░░░░░░░░░   1.0 s    17 s  TCP_CHECK refused: connection refused",
            " !   10.0.0.23:80 DOWN    1       ██████████░░   5.0 s    17 s  TCP_CHECK refused: connection refused",
            "   chk_nginx      good  -20       ████████████   2.0 s     9 s  VI_1 102; good (0.31 ms)",
            "── 10.0.0.22:80 of TCP 10.0.0.10:80 ──────────────────────────────────────────────────────────────────────────────────────────────────────── Enter: all of it ──",
            " state         up; weight 1",
            " TCP_CHECK     true  refused: connection refused, 0.0 s ago",
            " failing       2 of 3 in a row: 1 more and it is down",
            " usually       the host is up and nothing listens on the port, or a firewall answers with a reset",
            " next check    in 1.0 s",
            " noticed       within 17 s at worst = 6 s delay_loop + 3 × 3 s attempt + 2 × 1 s delay_before_retry",
            "── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────",
            " 22:13:20.010  chk_nginx     good at the first run (-20 points when bad: VI_1)",
            " 22:13:21.010  10.0.0.21:80  TCP_CHECK is good",
            " 22:13:21.010  10.0.0.22:80  TCP_CHECK is good",
        ],
    );
}

#[test]
fn details_of_a_real_server() {
    let mut b = story();
    b.press(&[Action::Move(Move::Down), Action::Move(Move::Down), Action::Open]);
    let screen = b.draw(80, 24);
    shows(
        &screen[3..],
        &[
            "── 10.0.0.22:80 of TCP 10.0.0.10:80 ────────────────────────────────────────────",
            " state         up; weight 1",
            " TCP_CHECK     true  refused: connection refused, 0.0 s ago",
            " failing       2 of 3 in a row: 1 more and it is down",
            " usually       the host is up and nothing listens on the port, or a firewall",
            "               answers with a reset",
            " next check    in 1.0 s",
            " noticed       within 17 s at worst = 6 s delay_loop + 3 × 3 s attempt +",
            "               2 × 1 s delay_before_retry",
            " rhythm        retries only while it is up; while down one check a delay_loop,",
            "               and one success brings it back",
            "",
            " events, the newest first",
            " 22:13:28.030  TCP_CHECK failed, 2 of 3: refused: connection refused",
            " 22:13:27.020  TCP_CHECK failed, 1 of 3: refused: connection refused",
            " 22:13:21.010  TCP_CHECK is good",
            "",
            " ↑↓ scroll  ? help  q back",
        ],
    );
}

#[test]
fn details_of_a_script() {
    let mut b = story();
    b.press(&[
        Action::Move(Move::Down),
        Action::Move(Move::Down),
        Action::Move(Move::Down),
        Action::Move(Move::Down),
        Action::Open,
    ]);
    let screen = b.draw(80, 24);
    shows(
        &screen[3..],
        &[
            "── script chk_nginx ────────────────────────────────────────────────────────────",
            " state         good",
            " effect        -20 points when bad: VI_1",
            "               VI_1: priority 102",
            " script        true",
            " last said     good (0.31 ms), 0.0 s ago",
            " next run      in 2.0 s",
            " noticed       within 9 s at worst = 3 × 2 s interval + 3 s timeout",
            "",
            " events, the newest first",
            " 22:13:24.010  failed, 2 of 3: refused: connection refused",
            " 22:13:22.010  failed, 1 of 3: refused: connection refused",
            " 22:13:20.010  good at the first run (-20 points when bad: VI_1)",
            "",
            " ↑↓ scroll  ? help  q back",
        ],
    );
}

#[test]
fn details_of_a_virtual_server() {
    let mut b = story();
    b.press(&[Action::Open]);
    let screen = b.draw(80, 24);
    shows(
        &screen[3..],
        &[
            "── TCP 10.0.0.10:80 ────────────────────────────────────────────────────────────",
            " state         has its quorum: weight 2 of 3 up",
            " quorum        2, hysteresis 0: lost below 2, back at 2",
            " sorry server  10.0.0.99:80, which nothing checks",
            " scheduler     rr",
            "",
            " events, the newest first",
            " none yet",
            "",
            " ↑↓ scroll  ? help  q back",
        ],
    );
}

#[test]
fn a_sorry_server_is_said_to_be_unchecked_at_every_width() {
    let mut b = story();
    b.run(9030, &[bad()]);
    let mut row = |w| b.draw(w, 24).into_iter().find(|l| l.starts_with(">! ")).unwrap();
    assert_eq!(
        row(120),
        ">! TCP 10.0.0.10:80 rr  NO QUORUM  weight 1 of 3 up, back at 2; clients go to the sorry server 10.0.0.99:80, unchecked"
    );
    assert_eq!(
        row(100),
        ">! TCP 10.0.0.10:80 rr  NO QUORUM  weight 1 of 3 up, back at 2; sorry server 10.0.0.99:80, unchecked"
    );
    assert_eq!(row(80), ">! TCP 10.0.0.10:80 rr  NO QUORUM  weight 1 of 3 up; sorry server, unchecked");
    assert_eq!(row(60), ">! TCP 10.0.0.10:80 rr  NO QUORUM  sorry server, unchecked");
    assert_eq!(row(50), ">! TCP 10.0.0.10:80  NO QUORUM  sorry server, unc…");
    b.press(&[Action::Open]);
    assert_eq!(
        b.draw(80, 24)[4..6],
        [
            " state         HAS NO QUORUM: weight 1 of 3 up; clients go to the sorry server",
            "               10.0.0.99:80, unchecked"
        ]
    );
}

#[test]
fn a_quorum_that_is_not_decided() {
    let row = |b: &mut Bench, w| b.draw(w, 24).into_iter().find(|l| l.starts_with('>')).unwrap();
    // Nobody has looked yet; then two of three are up.
    let mut b = Bench::new();
    b.news(0);
    assert_eq!(row(&mut b, 80), ">  TCP 10.0.0.10:80 rr  not decided yet  weight 0 of 3 known to be up, 2 needed");
    b.press(&[Action::Open]);
    assert_eq!(b.draw(80, 24)[3], " state         not decided yet: weight 3 of 3 not looked at, 2 needed");
    // Only some were chosen: their end loses nothing.
    let mut part = service(2, 0, vec![server("10.0.0.21:80", 1, false, &[(RHYTHM, 1)])]);
    part.partial = true;
    let plan = Plan { services: vec![part], ..Plan::default() };
    let mut b = Bench::new();
    b.watch = Watch::new(Arc::new(plan), at(0), Beginning::default());
    b.run(1000, &[bad()]);
    let screen = b.draw(80, 24);
    shows(
        &screen[1..7],
        &[
            " WARNING  10.0.0.21:80 down; 0 of 1 real servers up; quorum not decided: other",
            "          real servers are not looked at",
            "── 1 virtual server, 1 real server ─────────────────────────────── 1 marked ! ──",
            "                  state   w fails    next noticed  last said",
            ">  TCP 10.0.0.10:80  quorum  not decided: other real servers are not looked at",
            " !   10.0.0.21:80 DOWN    1         6.0 s    17 s  connection refused",
        ],
    );
    b.press(&[Action::Open]);
    assert_eq!(b.draw(80, 24)[4], " state         quorum not decided: other real servers are not looked at");
}

#[test]
fn rows_that_do_not_show_are_counted() {
    let servers = |n: u8| (0..n).map(|k| server(&format!("10.0.{n}.{k}:80"), 1, false, &[(RHYTHM, 1)])).collect();
    let services = vec![service(1, 0, servers(12)), service(1, 0, servers(9))];
    let scripts = ["a", "b", "c"].map(|name| script(name, 0)).into();
    let mut b = Bench::new();
    b.watch = Watch::new(Arc::new(Plan { services, scripts, ..Plan::default() }), at(0), Beginning::default());
    b.run(0, &[bad(), bad(), bad()]);
    let rule = |b: &mut Bench, w| b.draw(w, 24).into_iter().find(|l| l.contains("virtual serv")).unwrap();
    // 26 rows, of which 9 show; what is marked is told where there is room.
    assert_eq!(rule(&mut b, 80), "── 2 virtual servers, 21 real servers, 3 tracked scripts ────────── ↓ 17 more ──");
    assert_eq!(rule(&mut b, 60), "── 2 virtual servers, 21 real servers, 3 tr… ── ↓ 17 more ──");
    b.press(&[Action::Move(Move::Down); 12]);
    assert_eq!(rule(&mut b, 80), "── 2 virtual servers, 21 real servers, 3 tracked scripts ────── ↑ 8  ↓ 9 more ──");
    // The verdict takes a line less.
    b.press(&[Action::Move(Move::Down); 20]);
    assert_eq!(
        rule(&mut b, 100),
        "── 2 virtual servers, 21 real servers, 3 tracked scripts ───────────────── ↑ 16 more · 3 marked ! ──"
    );
    b.press(&[Action::Help, Action::Move(Move::Down)]);
    assert_eq!(b.draw(80, 24)[3], "── keys, and how to read the screen ─────────────────────────── ↑ 1  ↓ 9 more ──");
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
    b.press(&[Action::Move(Move::Home)]);
    assert!(b.app.log_end.is_some());
    b.press(&[Action::Move(Move::PageDown), Action::Move(Move::End)]);
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
