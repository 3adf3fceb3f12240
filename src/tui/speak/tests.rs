//! The state under lists of messages, and whole screens as text.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::app::{App, Leaving, Screen};
use super::msg::{Action, Ask, Cmd, Msg};
use super::{KEYS, update};
use crate::report::Clock;
use crate::report::speak::tests::{at, backup, change, ip, master, peer, told, view};
use crate::speak::{AddressView, Command, InstanceView, Peer, Phase, Told, Trouble, Update, View, What};
use crate::time::Timestamp;
use crate::tui::scroll::Move;
use crate::tui::testing::{drawn, shows};
use crate::vrrp::{Fault, Reason, State};

/// A screen that is fed by hand.
struct Bench(App);

impl Bench {
    /// A picture so many milliseconds after the start, and what was told.
    fn new(ms: i64, instances: Vec<InstanceView>, told: Vec<Told>) -> Self {
        let mut b = Self(App::new("eth0 --vrid 51", false, Clock::utc()));
        b.tell(Msg::News(Update { view: Some(Arc::new(view(ms, instances))), told }));
        b
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(&mut self.0, msg)
    }

    fn press(&mut self, actions: &[Action]) -> Option<Cmd> {
        actions.iter().fold(None, |_, a| self.tell(Msg::Act(*a)))
    }

    /// The screen as lines, without blanks at their ends.
    fn draw(&mut self, w: u16, h: u16) -> Vec<String> {
        drawn(&mut self.0, w, h)
    }
}

fn listened() -> Vec<Told> {
    vec![
        told(0, What::Listening(Duration::from_millis(3600))),
        told(400, What::Peer { src: ip("10.77.0.1"), priority: 102 }),
        told(3600, What::Listened {
            master: Some((ip("10.77.0.1"), 102)),
            says: "10.77.0.1 is master with 102; at priority 101 you stay BACKUP and take over 3.605 s after its last advert".into(),
            join: true,
        }),
        told(3600, What::Transition(change(3600, State::Init, State::Backup, Reason::Started))),
    ]
}

fn took_over() -> Vec<Told> {
    let mut all = listened();
    all.push(told(13_610, What::Transition(master().last.unwrap().0)));
    all.push(told(13_611, What::Addresses { added: true, count: 1, interface: "eth0".into() }));
    all.push(told(13_611, What::Announced { rounds: 5, addresses: 1 }));
    all
}

fn many() -> Vec<InstanceView> {
    (1..=255u8)
        .map(|n| {
            let mut i = if n.is_multiple_of(50) { master() } else { backup() };
            i.last_sent = i.last_sent.map(|s| (at(10_400), s.1));
            i.name = format!("VI_{n}");
            i.params.vrid = n;
            if n == 7 {
                (i.state, i.fault, i.armed) = (State::Fault, Some(Fault::Tracked), None);
            }
            i
        })
        .collect()
}

#[test]
fn before_the_first_picture() {
    let mut b = Bench(App::new("eth0", false, Clock::utc()));
    let screen = b.draw(80, 24);
    assert!(screen[0].starts_with(" hactl speak eth0  silent"), "{}", screen[0]);
    assert_eq!(screen[1], " …  nothing is known yet: the speaker begins");
    for key in KEYS {
        b.tell(Msg::Act(key.action));
        b.draw(80, 24);
    }
    assert_eq!(Bench(App::new("eth0", false, Clock::utc())).press(&[Action::Back]), Some(Cmd::Leave));
}

#[test]
fn a_backup_at_80x24() {
    shows(
        &Bench::new(10_900, vec![backup()], listened()).draw(80, 24),
        &[
            " hactl speak eth0 --vrid 51  taking part  0 adverts sent               22:13:30",
            " OK  BACKUP to 10.77.0.1 (102); would take over 3.605 s after its last advert",
            "── VI_1 · VRID 51/IPv4 · priority 101 · every 1 s · v2 · PASS · eth0 ───────────",
            "   INIT   ━━ start ━━▶ [ BACKUP ] ───── no advert for 3.605 s ─────▶   MASTER",
            "                            ▲                                            │",
            "                            └─────────── an advert above 101 ────────────┘",
            " last  INIT → BACKUP at 22:13:23.600, 7.3 s ago: started with priority 101",
            // 13.605468 − 10.9 = 2.705 s of 3.605 s: 12 of 16
            " master down    ████████████░░░░  2.7 s of 3 × 1 s + 155/256 s = 3.605 s",
            "── adverts: 0 sent, 7 heard ────────────────────────────────────────────────────",
            " nothing sent to 224.0.0.18: only a master sends adverts",
            " 10.77.0.1  102  master, heard 0.9 s ago   v2  PASS  every 1 s  7 adverts",
            "── addresses: none of 1 here ───────────────────────────────────────────────────",
            " 10.77.0.110/24  not here: 02:00:0a:4d:00:01 announced it at 22:13:21",
            "── log ─────────────────────────────────────────────────────────────────────────",
            " 22:13:20.000  listens for 3.600 s before it takes part",
            " 22:13:20.400  hears 10.77.0.1 with priority 102",
            " 22:13:23.600  has listened: 10.77.0.1 is master with 102; at priority 101 you",
            "               stay BACKUP and take over 3.605 s after its last advert",
            " 22:13:23.600  INIT → BACKUP: started with priority 101",
            "",
            " + - priority  m mute  p preempt off  Enter details  ? help  q quit",
        ],
    );
}

#[test]
fn a_backup_at_60x16() {
    shows(
        &Bench::new(10_900, vec![backup()], listened()).draw(60, 16),
        &[
            " hactl speak eth0 --vrid 51  taking part           22:13:30",
            " OK  BACKUP to 10.77.0.1 (102); would take over 3.605 s",
            "     after its last advert",
            "── VI_1 · VRID 51/IPv4 · priority 101 · every 1 s · v2 ─────",
            "   INIT   ━━▶ [ BACKUP ] ─── silent 3.605 s ───▶   MASTER",
            " last  INIT → BACKUP at 22:13:23.600, 7.3 s ago: started w…",
            " master down    █████████░░░  2.7 s of 3 × 1 s + 155/256 s",
            "── adverts: 0 sent, 7 heard ────────────────────────────────",
            " nothing sent to 224.0.0.18: only a master sends adverts",
            " 10.77.0.1  102  master, heard 0.9 s ago   v2  PASS",
            "── addresses: none of 1 here ───────────────────────────────",
            " 10.77.0.110/24  not here: 02:00:0a:4d:00:01 announced it a…",
            "── log ─────────────────────────────────── ↑ 2 more: PgUp ──",
            " 22:13:23  has listened: 10.77.0.1 is master with 102; at p…",
            " 22:13:23  INIT → BACKUP: started with priority 101",
            " + - priority  m mute  p preempt off  ? help  q quit",
        ],
    );
}

#[test]
fn a_master_at_80x24() {
    shows(
        &Bench::new(25_000, vec![master()], took_over()).draw(80, 24),
        &[
            " hactl speak eth0 --vrid 51  taking part  12 adverts sent              22:13:45",
            " OK  MASTER of 10.77.0.110 for 11 s; 10.77.0.1 (100) would take over 3.609 s",
            "     after its last advert",
            "── VI_1 · VRID 51/IPv4 · priority 101 · every 1 s · v2 · PASS · eth0 ───────────",
            "   INIT   ── start ──▶   BACKUP   ━━━━━ no advert for 3.605 s ━━━━━▶ [ MASTER ]",
            "                            ▲                                            │",
            "                            └─────────── an advert above 101 ────────────┘",
            " last  BACKUP → MASTER at 22:13:33.610, 11 s ago: 10.77.0.1 silent for 3.610 s",
            "       (3 × 1 s + 155/256 s = 3.605 s)",
            " next advert    ██████████░░░░░░  0.6 s of 1 s",
            "── adverts: 12 sent, 7 heard ───────────────────────────────────────────────────",
            " sent to 224.0.0.18, the last 0.4 s ago with priority 101; 340 µs late at most",
            " 10.77.0.1  100  heard 15 s ago            v2  PASS  every 1 s  7 adverts",
            "── addresses: 1 of 1 here ──────────────────────────────────────────────────────",
            " 10.77.0.110/24  here, on eth0",
            "── log ─────────────────────────────────────────────────────── ↑ 2 more: PgUp ──",
            " 22:13:23.600  has listened: 10.77.0.1 is master with 102; at priority 101 you",
            "               stay BACKUP and take over 3.605 s after its last advert",
            " 22:13:23.600  INIT → BACKUP: started with priority 101",
            " 22:13:33.610  BACKUP → MASTER: 10.77.0.1 silent for 3.610 s",
            "               (3 × 1 s + 155/256 s = 3.605 s)",
            " 22:13:33.611  1 address put on eth0",
            " 22:13:33.611  1 address announced 5 times",
            " + - priority  r resign  a advert  m mute  p preempt off  ? help  q quit",
        ],
    );
}

/// The same after 10.77.0.2 came with 120, and what else the states look like.
#[test]
fn the_edge_just_taken_is_heavy() {
    let mut i = backup();
    let higher = Reason::HigherPriority { src: ip("10.77.0.2"), priority: 120 };
    i.last =
        Some((change(10_000, State::Master, State::Backup, higher), Timestamp::from_micros(at(10_000).as_micros())));
    let screen = Bench::new(10_900, vec![i], Vec::new()).draw(80, 24);
    assert_eq!(
        screen[3..7],
        [
            "   INIT   ── start ──▶ [ BACKUP ] ───── no advert for 3.605 s ─────▶   MASTER",
            "                            ▲                                            ┃",
            "                            ┗━━━━━━━━━━━ an advert above 101 ━━━━━━━━━━━━┛",
            " last  MASTER → BACKUP at 22:13:30.000, 0.9 s ago: 10.77.0.2 sends a higher",
        ]
    );
    // Wider: what decides a tie, too.
    let screen = Bench::new(10_900, vec![backup()], Vec::new()).draw(160, 50);
    assert!(screen[5].contains("─ an advert above 101, or of 101 from above 10.77.0.3 ─"), "{}", screen[5]);
}

#[test]
fn what_takes_no_part_says_why_in_the_diagram() {
    let mut i = backup();
    (i.phase, i.state, i.armed, i.last) = (Phase::Listening { since: at(0), until: at(3600) }, State::Init, None, None);
    i.peers[0].last = at(1000);
    let screen = Bench::new(1500, vec![i.clone()], Vec::new()).draw(80, 24);
    assert_eq!(screen[1], " LISTENING  for another 2.1 s before it takes part: 10.77.0.1 is master with");
    assert!(screen[4].starts_with(" [ LISTENING ] ── then ──▶   BACKUP   ─"), "{}", screen[4]);
    assert_eq!(screen[7], " no change of state yet");
    assert_eq!(screen[8], " listening      █████████░░░░░░░  2.1 s of 3.600 s");

    i.phase = Phase::Waiting;
    i.says = "10.77.0.1 is master with 90; at priority 101 you would take the address over".into();
    let screen = Bench::new(3700, vec![i.clone()], Vec::new()).draw(80, 24);
    assert_eq!(screen[1], " WAITING  for consent: 10.77.0.1 is master with 90; at priority 101 you would");
    assert!(screen[4].starts_with(" [ WAITING ] ── consent ──▶   BACKUP   ─"), "{}", screen[4]);
    assert_eq!(screen[8], " timers         none until you consent: ! takes part");
    assert_eq!(screen[23], " ! take part  + - priority  m mute  p preempt off  Enter details  ? help  q quit");

    let mut i = backup();
    (i.state, i.fault, i.armed) = (State::Fault, Some(Fault::Interface), None);
    i.trouble = Some("eth0 is down".into());
    let t = change(10_400, State::Backup, State::Fault, Reason::Fault(Fault::Interface));
    i.last = Some((t, Timestamp::from_micros(at(10_400).as_micros())));
    let screen = Bench::new(10_900, vec![i], Vec::new()).draw(80, 24);
    assert_eq!(
        screen[1..10],
        [
            " FAULT  an interface it depends on is down; 10.77.0.1 (102) is master",
            " ! eth0 is down",
            "── VI_1 · VRID 51/IPv4 · priority 101 · every 1 s · v2 · PASS · eth0 ───────────",
            " [ FAULT ] ── works again ──▶   BACKUP   ─ no advert for 3.605 s ──▶   MASTER",
            "                                   ▲                                     │",
            "                                   └──────── an advert above 101 ────────┘",
            " last  BACKUP → FAULT at 22:13:30.400, 0.5 s ago: an interface it depends on is",
            "       down",
            " timers         none in FAULT",
        ]
    );
}

#[test]
fn a_preempt_delay_has_its_own_bar() {
    let mut i = backup();
    i.peers[0].priority = 90;
    (i.preempt_at, i.params.preempt_delay) = (Some(at(42_300)), Duration::from_mins(1));
    let screen = Bench::new(10_900, vec![i], Vec::new()).draw(80, 24);
    assert_eq!(screen[1], " OK  BACKUP to 10.77.0.1 (90); its preempt delay ends in 31 s (101 > 90)");
    // 42.3 − 10.9 = 31.4 s of 60 s: 8 of 16
    assert_eq!(screen[8], " preempt delay  ████████░░░░░░░░   31 s of 60 s, then it preempts");
}

#[test]
fn who_is_not_accepted_is_marked_and_says_why() {
    let mut i = master();
    i.peers[0].last = at(24_700);
    i.peers[0].objections = vec!["the password differs".into()];
    i.peers[0].objects = vec!["it has 2 addresses".into()];
    i.peers.push(peer("10.77.0.9", 0, 3000));
    i.received = (20, 11);
    let mut b = Bench::new(25_000, vec![i], Vec::new());
    let screen = b.draw(80, 24);
    assert_eq!(
        screen[1..3],
        [
            " CRITICAL  two masters: 10.77.0.1 (100) speaks too, and its adverts are not",
            "           accepted here: the password differs",
        ]
    );
    assert_eq!(
        screen[10..16],
        [
            "── adverts: 12 sent, 20 heard, 11 not accepted ─────────────────────────────────",
            " sent to 224.0.0.18, the last 0.4 s ago with priority 101; 340 µs late at most",
            " 10.77.0.1  100  heard 0.3 s ago           v2  PASS  every 1 s  7 adverts",
            "   ! not accepted here: the password differs",
            "   ! would not accept ours: it has 2 addresses",
            " 10.77.0.9    0  released 22 s ago         v2  PASS  every 1 s  7 adverts",
        ]
    );
    // Without room for all: who, rather than what was sent; the verdict has the reason.
    let screen = b.draw(60, 16);
    assert_eq!(screen[8], " 10.77.0.1  100  heard 0.3 s ago           v2  PASS", "{}", screen.join("\n"));
}

#[test]
fn an_address_announced_by_another_since_is_marked() {
    let place = |announced| {
        let mut i = master();
        i.addresses[0].announced_by = Some(([2, 0, 10, 77, 0, 1], Timestamp::from_micros(at(announced).as_micros())));
        Bench::new(25_000, vec![i], Vec::new()).draw(80, 24)[14].clone()
    };
    // It became master at 13.610 s.
    assert_eq!(place(1200), " 10.77.0.110/24  here, on eth0");
    assert_eq!(place(20_000), " 10.77.0.110/24  ! here, on eth0, but at 22:13:40 02:00:0a:4d:00:01 announced it");
}

#[test]
fn many_have_a_list_and_the_selected_one_its_details() {
    let mut b = Bench::new(10_900, many(), listened());
    let screen = b.draw(80, 24);
    assert_eq!(
        screen[1..6],
        [
            " FAULT  VI_7: a tracked script, file, process or BFD session fails; 10.77.0.1",
            "        (102) is master; of 255 virtual routers: 249 BACKUP, 5 MASTER, 1 FAULT",
            "── 255 virtual routers ────────────────────────────── ↓ 249 more · 1 marked ! ──",
            "   name   vrid ip state     prio master          timer         in state",
            ">  VI_1      1 v4 BACKUP     101 10.77.0.1       █████░░ 2.7 s 7.3 s",
        ]
    );
    assert!(screen[11].starts_with("── VI_1 · VRID 1/IPv4 · "), "{}", screen[11]);
    b.press(&[Action::NextTrouble]);
    let screen = b.draw(80, 24);
    assert!(screen.contains(&">! VI_7      7 v4 FAULT      101 10.77.0.1       -             7.3 s".to_owned()));
    assert!(screen[11].starts_with("── VI_7 · VRID 7/IPv4 · "), "{}", screen[11]);
    b.press(&[Action::Move(Move::Down); 500]);
    let screen = b.draw(80, 24);
    assert!(screen[10].starts_with(">  VI_255  255 v4 BACKUP"), "{}", screen.join("\n"));
    assert_eq!(b.press(&[Action::Raise]), Some(Cmd::Do(Ask::Speaker(254, Command::Priority(1)))));
    // Wider screens have more columns, higher ones more rows.
    let screen = b.draw(160, 50);
    assert!(screen[3].ends_with("interface      sent     heard addresses"), "{}", screen[3]);
    assert_eq!(screen.iter().filter(|l| l.contains("10.77.0.110") && l.contains(" VI_")).count(), 26);
}

#[test]
fn everything_about_one_on_the_whole_screen() {
    let mut i = backup();
    for n in 1..=40 {
        let ip: IpAddr = format!("10.77.1.{n}").parse().unwrap();
        i.addresses.push(AddressView { ip, announced_by: None, advertised: false, ..i.addresses[0].clone() });
    }
    i.peers
        .extend((10..30).map(|n| Peer { src: format!("10.77.0.{n}").parse().unwrap(), ..peer("10.77.0.1", 90, 1000) }));
    let mut b = Bench::new(10_900, vec![i], listened());
    let screen = b.draw(80, 24);
    assert!(screen.iter().any(|l| l.ends_with("more heard: Enter shows all")), "{}", screen.join("\n"));
    assert!(screen.iter().any(|l| l.ends_with("more: Enter shows all")), "{}", screen.join("\n"));
    b.press(&[Action::Open, Action::Move(Move::End)]);
    let screen = b.draw(80, 24);
    assert_eq!(screen[22], " 22:13:20.000  listens for 3.600 s before it takes part");
    b.press(&[Action::Move(Move::PageUp)]);
    let screen = b.draw(80, 24).join("\n");
    assert!(screen.contains(" 10.77.1.27/24   not here; nobody announced it so far, not in adverts"), "{screen}");
    assert_eq!(b.press(&[Action::Back]), None);
    assert_eq!(b.0.screen, Screen::Main);
}

#[test]
fn keys_ask_the_speaker_or_say_why_not() {
    let cmd = |i: InstanceView, ms, action| {
        let mut b = Bench::new(ms, vec![i], Vec::new());
        let cmd = b.press(&[action]);
        (cmd, b.draw(80, 24)[23].trim().to_owned())
    };
    let sent = |c| Some(Cmd::Do(Ask::Speaker(0, c)));
    for (action, command) in [
        (Action::Raise, Command::Priority(1)),
        (Action::Lower, Command::Priority(-1)),
        (Action::Preempt, Command::Preempt(false)),
        (Action::Resign, Command::Resign),
        (Action::Advertise, Command::Advertise),
        (Action::Mute, Command::Mute(true)),
    ] {
        assert_eq!(cmd(master(), 25_000, action).0, sent(command));
    }
    let muted = InstanceView { muted: true, ..master() };
    assert_eq!(cmd(muted.clone(), 25_000, Action::Mute).0, sent(Command::Mute(false)));
    assert_eq!(cmd(muted, 25_000, Action::Advertise), (None, "VI_1: it is muted: m lets it speak".to_owned()));
    let waiting = InstanceView { phase: Phase::Waiting, ..backup() };
    assert_eq!(cmd(waiting, 4000, Action::TakeOver).0, sent(Command::TakeOver));
    for (action, why) in [
        (Action::TakeOver, "VI_1: nothing to consent to"),
        (Action::Resign, "VI_1: only a master can resign, and it is BACKUP"),
        (Action::Advertise, "VI_1: only a master sends adverts, and it is BACKUP"),
    ] {
        assert_eq!(cmd(backup(), 10_900, action), (None, why.to_owned()));
    }
    let most = InstanceView { priority: 254, ..backup() };
    assert_eq!(cmd(most, 10_900, Action::Raise), (None, "VI_1: 254 is the most: 255 is for owners".to_owned()));
    let least = InstanceView { priority: 1, ..backup() };
    assert_eq!(cmd(least, 10_900, Action::Lower), (None, "VI_1: 1 is the least: 0 releases".to_owned()));
    let mut owner = master();
    owner.params.priority = 255;
    assert_eq!(cmd(owner, 25_000, Action::Lower), (None, "VI_1: an owner's priority is 255, always".to_owned()));
}

#[test]
fn a_master_is_asked_before_it_hands_over() {
    let mut b = Bench::new(25_000, vec![master()], took_over());
    assert_eq!(b.press(&[Action::Back]), None);
    assert_eq!(b.draw(60, 16)[15], " MASTER: q again releases and hands over; other keys stay");
    // Another key does what it does, and the question is withdrawn.
    assert_eq!(b.press(&[Action::Raise]), Some(Cmd::Do(Ask::Speaker(0, Command::Priority(1)))));
    assert_eq!(b.0.leaving, Leaving::No);
    assert_eq!(b.press(&[Action::Back, Action::Back]), Some(Cmd::Do(Ask::Speaker(0, Command::Quit))));
    assert!(b.draw(80, 24)[0].starts_with(" hactl speak eth0 --vrid 51  RELEASING"));
    // The screen waits until the speaker has ended.
    let ended = InstanceView { phase: Phase::Ended, state: State::Init, ..master() };
    let all = |i: InstanceView| Msg::News(Update { view: Some(Arc::new(view(26_000, vec![i]))), told: Vec::new() });
    assert_eq!(b.tell(all(master())), None);
    assert_eq!(b.tell(all(ended)), Some(Cmd::Leave));
    assert!(b.0.ended());
}

#[test]
fn leaving_is_not_asked_where_nothing_is_handed_over() {
    let quit = Some(Cmd::Do(Ask::Speaker(0, Command::Quit)));
    assert_eq!(Bench::new(10_900, vec![backup()], Vec::new()).press(&[Action::Back]), quit);
    let muted = InstanceView { muted: true, ..master() };
    assert_eq!(Bench::new(25_000, vec![muted], Vec::new()).press(&[Action::Back]), quit);
    // Ctrl-C never asks; a second one does not wait.
    let mut b = Bench::new(25_000, vec![master()], Vec::new());
    assert_eq!(b.press(&[Action::Quit]), quit);
    assert_eq!(b.press(&[Action::Quit]), Some(Cmd::Leave));
    assert!(!b.0.ended());
    assert_eq!(Bench::new(25_000, vec![master()], Vec::new()).tell(Msg::Gone), Some(Cmd::Leave));
}

#[test]
fn time_passes_between_two_pictures() {
    let mut b = Bench::new(10_900, vec![backup()], Vec::new());
    b.0.dirty = false;
    b.tell(Msg::Tick(Duration::from_secs(2)));
    assert!(b.0.dirty);
    let screen = b.draw(80, 24);
    assert!(screen[0].ends_with("22:13:32"), "{}", screen[0]);
    // 13.605 − 12.9 = 0.7 s
    assert_eq!(screen[1], " INFO  BACKUP to 10.77.0.1 (102), which is silent for 2.9 s; becomes MASTER in");
    assert!(screen.contains(&" master down    ███░░░░░░░░░░░░░  0.7 s of 3 × 1 s + 155/256 s = 3.605 s".to_owned()));
    // The next picture is the truth again.
    b.tell(Msg::News(Update { view: Some(Arc::new(view(12_950, vec![backup()]))), told: Vec::new() }));
    assert_eq!(b.0.time(), Some(Timestamp::from_micros(at(12_950).as_micros())));
    // Without a timer only the clock moves.
    let still = InstanceView { armed: None, state: State::Fault, ..backup() };
    let mut b = Bench::new(10_900, vec![still], Vec::new());
    b.0.dirty = false;
    b.tell(Msg::Tick(Duration::from_millis(50)));
    assert!(!b.0.dirty);
    b.tell(Msg::Tick(Duration::from_millis(100)));
    assert!(b.0.dirty);
}

#[test]
fn the_log_is_scrolled_by_pages_and_bounded() {
    let entries = |n: u8| (0..n).map(|k| told(i64::from(k), What::Sent { priority: k }));
    let mut b = Bench::new(10_900, vec![backup()], entries(100).collect());
    let last = |b: &mut Bench| b.draw(80, 24)[22].trim().to_owned();
    assert_eq!(last(&mut b), "22:13:20.099  advert sent with priority 99");
    b.press(&[Action::Move(Move::PageUp)]);
    // Nine lines, of which one is seen twice.
    assert_eq!(last(&mut b), "22:13:20.091  advert sent with priority 91");
    let screen = b.draw(80, 24).join("\n");
    assert!(screen.contains("── log ─") && screen.contains("─ ↑ 83  ↓ 8 more: End ──"), "{screen}");
    b.press(&[Action::Move(Move::Home)]);
    assert_eq!(last(&mut b), "22:13:20.008  advert sent with priority 8");
    b.press(&[Action::Move(Move::PageDown), Action::Move(Move::End)]);
    assert_eq!(last(&mut b), "22:13:20.099  advert sent with priority 99");
    for _ in 0..21 {
        b.tell(Msg::News(Update { view: None, told: entries(100).collect() }));
    }
    assert_eq!((b.0.log.len(), b.0.forgotten), (2000, 200));
    b.press(&[Action::Move(Move::Home)]);
    b.draw(80, 24);
}

/// A backup in a demonstration.
fn beside(runs: bool) -> Bench {
    let mut b = Bench::new(10_900, vec![backup()], Vec::new());
    let pair = View { beside: Some(("a".into(), runs)), ..view(10_900, vec![backup()]) };
    b.tell(Msg::News(Update { view: Some(Arc::new(pair)), told: Vec::new() }));
    b
}

#[test]
fn in_a_demonstration_the_router_beside_can_be_killed_and_started() {
    let mut b = beside(true);
    let screen = b.draw(80, 24);
    assert_eq!(screen[2], " demo: a is a simulated keepalived: 1 kills it; nothing is transmitted");
    assert!(screen[23].contains("1 kill a"), "{}", screen[23]);
    assert_eq!(b.press(&[Action::Beside]), Some(Cmd::Do(Ask::Beside)));
    let screen = beside(false).draw(80, 24);
    assert_eq!(screen[2], " demo: a, a simulated keepalived, is down: 1 starts it; nothing is transmitted");
    assert!(screen[23].contains("1 start a"), "{}", screen[23]);
    let mut b = Bench::new(10_900, vec![backup()], Vec::new());
    assert_eq!(b.press(&[Action::Beside]), None);
    assert_eq!(b.draw(80, 24)[23].trim(), "only the demonstration has a router beside it");
    b.press(&[Action::Help]);
    assert!(!b.draw(160, 50).join("\n").contains("simulated"));
}

#[test]
fn every_key_is_in_the_help() {
    let mut b = beside(true);
    b.press(&[Action::Help]);
    let screen = b.draw(160, 50).join("\n");
    for key in KEYS {
        assert!(screen.contains(&format!("{:<13}{}", key.label, key.help)), "{}\n{screen}", key.label);
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let mut b = Bench::new(10_900, vec![backup()], Vec::new());
    assert_eq!(b.draw(30, 5)[..2], ["terminal too small: 30x5,", "50x12 needed"]);
}

#[test]
fn every_size_and_screen_can_be_drawn() {
    let mut odd = backup();
    odd.name = "a name that is much longer than anybody would give\u{1b}".into();
    odd.trouble = Some("no buffer space available".into());
    odd.phase = Phase::Ended;
    odd.addresses.clear();
    odd.peers.clear();
    odd.last = None;
    let troubled = vec![told(0, What::Trouble(Trouble::Late(Duration::from_millis(12))))];
    for mut b in [
        Bench(App::new("eth0", true, Clock::utc())),
        Bench::new(10_900, Vec::new(), Vec::new()),
        Bench::new(10_900, vec![backup()], listened()),
        Bench::new(25_000, vec![master(), odd], troubled),
        Bench::new(10_900, many(), listened()),
    ] {
        for screen in [&[][..], &[Action::Open], &[Action::Help]] {
            b.0.screen = Screen::Main;
            b.press(screen);
            for (w, h) in
                [(0, 0), (1, 1), (49, 11), (50, 12), (51, 13), (60, 16), (61, 17), (80, 24), (160, 50), (300, 100)]
            {
                b.draw(w, h);
                b.press(&[
                    Action::Move(Move::PageUp),
                    Action::Move(Move::Up),
                    Action::Move(Move::End),
                    Action::Move(Move::Down),
                    Action::Move(Move::Home),
                    Action::Move(Move::PageDown),
                ]);
                b.draw(w, h);
            }
        }
    }
}
