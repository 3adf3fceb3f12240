//! Whole screens as text, at several sizes.

use crate::sniff::feed::{Batch, Node, SourceState, Stage};
use crate::tui::keymap::KEYS;
use crate::tui::msg::{Action, Msg};
use crate::tui::scroll::Move;
use crate::tui::testing::{drawn, shows};
use crate::tui::tests::{Bench, DEMO, LIVE, REPLAY, at, failover};

/// The screen as lines, without blanks at their ends.
fn draw(b: &mut Bench, w: u16, h: u16) -> Vec<String> {
    drawn(&mut b.app, w, h)
}

#[test]
fn before_the_first_advert() {
    let mut b = Bench::new(LIVE);
    b.until(0);
    shows(
        &draw(&mut b, 80, 24),
        &[
            " hactl watch eth0  live 00:00:00  0 frames  0 dropped                  22:13:20",
            " …  nothing heard yet: waiting for an advert",
            "── virtual routers ─────────────────────────────────────────────────────────────",
            " none heard yet; adverts are sent to 224.0.0.18 or ff02::12, IP protocol 112",
            "",
            "── events ──────────────────────────────────────────────────────────────────────",
            " nothing has happened yet",
            "",
            " Enter details  f findings  / filter  space pause  w save  ? help  q quit",
        ],
    );
}

#[test]
fn a_failover_at_80x24() {
    let mut b = failover(LIVE);
    shows(
        &draw(&mut b, 80, 24),
        &[
            " hactl watch eth0  live 00:00:08  27 frames  0 dropped                 22:13:28",
            " OK  3 virtual routers, each with one master; worst gap 1.00 of 3.61 s allowed;",
            "     1 change of master",
            "── 3 virtual routers ───────────────────────────────────────────────────────────",
            "   vrid ip master    prio next advert   failover in   worst gap      recent gaps",
            ">    51 v4 10.77.0.2  100 █████░░ 0.7 s ██████░ 3.3 s 1.00 of 3.61 s ▃▃",
            "     51 v6 fe80::1    150 █░░░░░░ 0.1 s █████░░ 2.7 s 1.00 of 3.61 s ▃▃▃▃▃▃▃▃",
            "     52 v4 10.77.0.1  150 █░░░░░░ 0.1 s █████░░ 2.7 s 1.00 of 3.61 s ▃▃▃▃▃▃▃▃",
            "── VRID 51/IPv4 · version 2 · every 1 s · auth PASS ────────────────────────────",
            " 10.77.0.2  100  master for 2.3 s       02:00:0a:4d:00:02  3 adverts",
            " 10.77.0.1  102  silent since 22:13:23  02:00:0a:4d:00:01  4 adverts",
            " if 10.77.0.2 dies now: 10.77.0.1 takes over after 3.602 s",
            "   (3 × 1 s + 154/256 s); but it fell silent, and may be dead",
            " if it is stopped cleanly: 10.77.0.1 takes over after 0.602 s",
            " 10.77.0.110  at 02:00:0a:4d:00:02 of 10.77.0.2, announced 1×, last 22:13:26",
            "── events ──────────────────────────────────────────────────── ↑ 2 more: PgUp ──",
            " 22:13:20.010  52/v4  10.77.0.1 (150) is master: the first advert heard",
            " 22:13:20.020  51/v6  fe80::1 (150) is master: the first advert heard",
            " 22:13:26.611  51/v4  10.77.0.2 (100) takes over: 10.77.0.1 silent for 3.611 s",
            "                      (expected 3.609)",
            " 22:13:26.612  51/v4  10.77.0.2 announces 10.77.0.110 at 02:00:0a:4d:00:02,",
            "                      1.0 ms after its first advert",
            "",
            " Enter details  f findings  / filter  space pause  w save  ? help  q quit",
        ],
    );
}

#[test]
fn a_failover_at_160x50() {
    let mut b = failover(REPLAY);
    b.press(&[Action::Move(Move::Down), Action::Move(Move::Down)]);
    shows(
        &draw(&mut b, 160, 50),
        &[
            " hactl watch eth0  1×  00:00:08 of 00:01:30  27 frames                                                                                      2023-11-14 22:13:28",
            " OK  3 virtual routers, each with one master; worst gap 1.00 of 3.61 s allowed; 1 change of master",
            "── 3 virtual routers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────",
            "   vrid ip master    prio ver every  auth    master for  next advert      failover in      worst gap      of allowed  recent gaps        members addresses",
            "     51 v4 10.77.0.2  100 v2  1 s    PASS    2.3 s       ███████░░░ 0.7 s █████████░ 3.3 s 1.00 of 3.61 s ██░░░░  28% ▃▃                 2       10.77.0.110",
            "     51 v6 fe80::1    150 v3  1 s    none    8.9 s       █░░░░░░░░░ 0.1 s ████████░░ 2.7 s 1.00 of 3.61 s ██░░░░  28% ▃▃▃▃▃▃▃▃           1       fd00:77::110 +1",
            ">    52 v4 10.77.0.1  150 v2  1 s    PASS    8.9 s       █░░░░░░░░░ 0.1 s ████████░░ 2.7 s 1.00 of 3.61 s ██░░░░  28% ▃▃▃▃▃▃▃▃           1       10.77.0.111",
            "── VRID 52/IPv4 · version 2 · every 1 s · auth PASS ────────────────────────────────────────────────────────────────────────────────────────────────────────────",
            " 10.77.0.1  150  master for at least 8.9 s  02:00:0a:4d:00:01  9 adverts",
            " if 10.77.0.1 dies now: nobody else has spoken (a backup never does); a backup of priority 100 would take over after 3.609 s (3 × 1 s + 156/256 s)",
            " if it is stopped cleanly: after 0.609 s",
            " 10.77.0.111  advertised; no announcement (gratuitous ARP or NA) seen",
            "── events ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────",
            " 22:13:20.000  51/v4  10.77.0.1 (102) is master: the first advert heard",
            " 22:13:20.001  51/v4  10.77.0.1 announces 10.77.0.110 at 02:00:0a:4d:00:01, 1.0 ms after its first advert",
            " 22:13:20.010  52/v4  10.77.0.1 (150) is master: the first advert heard",
            " 22:13:20.020  51/v6  fe80::1 (150) is master: the first advert heard",
            " 22:13:26.611  51/v4  10.77.0.2 (100) takes over: 10.77.0.1 silent for 3.611 s (expected 3.609)",
            " 22:13:26.612  51/v4  10.77.0.2 announces 10.77.0.110 at 02:00:0a:4d:00:02, 1.0 ms after its first advert",
            "",
            " ↑↓ select  Enter details  f findings  e explain  / filter  space pause  w save  + - speed  ? help  q quit",
        ],
    );
}

#[test]
fn a_failover_at_40x10() {
    let mut b = failover(LIVE);
    shows(
        &draw(&mut b, 40, 10),
        &[
            " eth0  live 00:00:08           22:13:28",
            " OK  3 virtual routers, each with one …",
            "── 3 virtual routers ───────────────────",
            "   vrid ip master    prio next advert",
            ">    51 v4 10.77.0.2  100 ██████░░ 0.7 s",
            "     51 v6 fe80::1    150 █░░░░░░░ 0.1 s",
            "     52 v4 10.77.0.1  150 █░░░░░░░ 0.1 s",
            "── events ──────────── ↑ 5 more: PgUp ──",
            " 22:13:26  10.77.0.2 announces 10.77.0.…",
            " f findings  space pause  ? help  q quit",
        ],
    );
}

#[test]
fn two_masters_at_80x24() {
    let mut b = two_masters();
    shows(
        &draw(&mut b, 80, 24),
        &[
            " hactl watch eth0  live 00:00:07  16 frames  0 dropped                 22:13:27",
            " CRITICAL  VRID 52/IPv4: 10.77.0.1 (priority 102) and 10.77.0.2 (priority 100)",
            "           have both been master for 6.5 s; 10.77.0.2 should have given way to",
            "           adverts that are visible here",
            "── 1 virtual router ────────────────────────────────────────────── 1 marked ! ──",
            "   vrid ip master    prio next advert   failover in  worst gap       recent gaps",
            ">!   52 v4 .1 and .2  102 ███░░░░ 0.4 s -            2 masters 7.1 s",
            "── VRID 52/IPv4 · version 2 · every 1 s · auth PASS ────────────────────────────",
            " 10.77.0.1  102  master for at least 7.6 s  02:00:0a:4d:00:01  8 adverts",
            " 10.77.0.2  100  master for 7.1 s           02:00:0a:4d:00:02  8 adverts",
            " 10.77.0.1 and 10.77.0.2 have both been master for 7.1 s",
            " 10.77.0.111  advertised; no announcement (gratuitous ARP or NA) seen",
            "── events ──────────────────────────────────────────────────────────────────────",
            " 22:13:20.000  52/v4  10.77.0.1 (102) is master: the first advert heard",
            " 22:13:20.500  52/v4  10.77.0.2 (100) is master too: 10.77.0.1 spoke 500 ms",
            "                      ago, a takeover needs 3.609 s of silence",
            " 22:13:21.000  52/v4  10.77.0.1 goes on as master although 10.77.0.2 is master",
            "                      too",
            "",
            " Enter details  f 1 finding  / filter  space pause  w save  ? help  q quit",
        ],
    );
}

#[test]
fn findings_and_one_of_them_at_80x24() {
    let mut b = two_masters();
    b.press(&[Action::Findings]);
    shows(
        &draw(&mut b, 80, 24)[..8],
        &[
            " hactl watch eth0  live 00:00:07  16 frames  0 dropped                 22:13:27",
            " CRITICAL  VRID 52/IPv4: 10.77.0.1 (priority 102) and 10.77.0.2 (priority 100)",
            "           have both been master for 6.5 s; 10.77.0.2 should have given way to",
            "           adverts that are visible here",
            "── findings: 1 critical ────────────────────────────────────────────────────────",
            "> CRITICAL  VRID 52/IPv4: 10.77.0.1 (priority 102) and 10.77.0.2 (priority 100)",
            "            have both been master for 6.5 s; 10.77.0.2 should have given way to",
            "            adverts that are visible here",
        ],
    );
}

#[test]
fn one_virtual_router_at_80x24() {
    let mut b = failover(LIVE);
    b.press(&[Action::Open]);
    shows(
        &draw(&mut b, 80, 24),
        &[
            " hactl watch eth0  live 00:00:08  27 frames  0 dropped                 22:13:28",
            " OK  3 virtual routers, each with one master; worst gap 1.00 of 3.61 s allowed;",
            "     1 change of master",
            "── VRID 51/IPv4 · version 2 · every 1 s · auth PASS ──────────────── ↓ 2 more ──",
            " 10.77.0.2  100  master for 2.3 s       02:00:0a:4d:00:02  3 adverts",
            " 10.77.0.1  102  silent since 22:13:23  02:00:0a:4d:00:01  4 adverts",
            " if 10.77.0.2 dies now: 10.77.0.1 takes over after 3.602 s",
            "   (3 × 1 s + 154/256 s); but it fell silent, and may be dead",
            " if it is stopped cleanly: 10.77.0.1 takes over after 0.602 s",
            " 10.77.0.110  at 02:00:0a:4d:00:02 of 10.77.0.2, announced 1×, last 22:13:26",
            "",
            " heard              7 adverts, first at 22:13:20, last at 22:13:28",
            " changes of master  1",
            " worst gap          1.00 of 3.61 s allowed by the next in line with priority",
            "                    100; frame 5 at 22:13:21",
            " recent gaps        ▃▃  full height is the allowed gap",
            "",
            "── events of this virtual router ───────────────────────────────────────────────",
            " 22:13:20.000  51/v4  10.77.0.1 (102) is master: the first advert heard",
            " 22:13:20.001  51/v4  10.77.0.1 announces 10.77.0.110 at 02:00:0a:4d:00:01,",
            "                      1.0 ms after its first advert",
            " 22:13:26.611  51/v4  10.77.0.2 (100) takes over: 10.77.0.1 silent for 3.611 s",
            "                      (expected 3.609)",
            " ↑↓ scroll  e explain  f findings  q back  ? help",
        ],
    );
}

/// Two masters for seven seconds, seen until now.
fn two_masters() -> Bench {
    let mut b = Bench::new(LIVE);
    b.until(0);
    for s in 0..8 {
        b.advert(s * 1000, 52, 1, 102);
        b.advert(s * 1000 + 500, 52, 2, 100);
    }
    b.until(7600);
    b
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let mut b = failover(LIVE);
    shows(&draw(&mut b, 20, 5), &["terminal too small:", "20x5, 40x8 needed", ""]);
}

#[test]
fn every_size_and_screen_can_be_drawn() {
    for b in [&mut Bench::new(LIVE), &mut failover(LIVE), &mut failover(REPLAY), &mut two_masters()] {
        for screen in [
            &[][..],
            &[Action::Open],
            &[Action::Findings],
            &[Action::Explain],
            &[Action::Help],
            &[Action::Filter],
            &[Action::Pause],
        ] {
            while b.app.screen != crate::tui::app::Screen::Main || b.app.typing || b.app.frozen.is_some() {
                b.press(&[if b.app.frozen.is_some() { Action::Pause } else { Action::Back }]);
            }
            b.press(screen);
            for (w, h) in
                [(0, 0), (1, 1), (39, 7), (40, 8), (41, 9), (60, 12), (61, 13), (80, 24), (100, 30), (300, 100)]
            {
                draw(b, w, h);
                b.press(&[
                    Action::Move(Move::PageUp),
                    Action::Move(Move::Up),
                    Action::Move(Move::End),
                    Action::Move(Move::Down),
                    Action::Move(Move::Home),
                    Action::Move(Move::PageDown),
                ]);
            }
        }
    }
}

#[test]
fn a_thousand_virtual_routers_scroll() {
    let mut b = Bench::new(LIVE);
    for vlan in 1..=4 {
        for vrid in 1..=250 {
            b.advert_on(i64::from(vlan), &[vlan], vrid, 1, 100);
        }
    }
    b.until(500);
    for _ in 0..999 {
        b.press(&[Action::Move(Move::Down)]);
    }
    let screen = draw(&mut b, 80, 24);
    assert!(screen.iter().any(|l| l.starts_with(">   250 v4 4    10.77.0.1")), "{}", screen.join("\n"));
    assert!(screen[2].starts_with("── 1,000 virtual routers ──"), "{}", screen[2]);
}

#[test]
fn every_key_is_in_the_help() {
    let mut b = failover(DEMO);
    b.press(&[Action::Help]);
    let screen = draw(&mut b, 160, 50).join("\n");
    for key in KEYS {
        assert!(screen.contains(&format!("{:<13}{}", key.label, key.help)), "{}\n{screen}", key.label);
    }
    // What only a replay can do is not offered for an interface.
    let mut b = failover(LIVE);
    b.press(&[Action::Help]);
    let screen = draw(&mut b, 160, 50).join("\n");
    assert!(!screen.contains("replay") && !screen.contains("demonstration"), "{screen}");
}

#[test]
fn the_demonstration_says_what_befell_and_which_key_does_what() {
    let mut b = failover(DEMO);
    let node = |name: &str, address: &str, runs| Node { name: name.into(), address: address.parse().ok(), runs };
    let nodes = vec![node("a", "10.77.0.1", false), node("b", "10.77.0.2", true)];
    let stage = Stage { nodes, befell: Some((at(3500), "a was killed".into())) };
    b.tell(Msg::News(Batch { now: at(9000), stage: Some(stage), ..Batch::default() }));
    let screen = draw(&mut b, 80, 24);
    assert_eq!(screen[3], " demo: a was killed 5.5 s ago; 1 starts a (10.77.0.1), 2 kills b (10.77.0.2)");
    assert_eq!(screen[23], " f findings  / filter  space pause  1 start a  2 kill b  ? help  q quit");
    assert!(draw(&mut b, 40, 10)[9].contains("2 kill b"), "{}", draw(&mut b, 40, 10)[9]);
}

#[test]
fn what_is_wrong_with_the_source_is_said() {
    let mut b = failover(LIVE);
    b.tell(Msg::News(Batch { now: at(9000), carrier: Some(false), dropped: 1234, ..Batch::default() }));
    let screen = draw(&mut b, 80, 24);
    assert!(screen[0].contains("1,234 dropped"), "{}", screen[0]);
    assert!(screen.contains(&" ! eth0 has no carrier: the cable or the other end is down".to_owned()));
    let state = SourceState::Failed("interface eth0 vanished".to_owned());
    b.tell(Msg::News(Batch { now: at(9000), state, ..Batch::default() }));
    let screen = draw(&mut b, 80, 24);
    assert!(screen[0].starts_with(" hactl watch eth0  FAILED after 00:00:09"), "{}", screen[0]);
    assert!(screen.contains(&" ! the capture stopped: interface eth0 vanished".to_owned()));
}

#[test]
fn a_frozen_screen_says_so_and_counts_what_waits() {
    let mut b = failover(LIVE);
    b.press(&[Action::Pause]);
    b.advert(9611, 51, 2, 100);
    b.until(9700);
    let screen = draw(&mut b, 80, 24);
    assert_eq!(screen[0], " eth0  PAUSED 1 frame waiting  live 00:00:09  27 frames  0 dropped     22:13:29");
}

#[test]
fn two_masters_are_never_called_well_before_they_are_a_finding() {
    let mut b = Bench::new(LIVE);
    b.until(0);
    b.advert(0, 51, 1, 102);
    b.advert(500, 51, 2, 100);
    b.until(600);
    let screen = draw(&mut b, 80, 24);
    assert_eq!(screen[1], " INFO  VRID 51/IPv4 has 2 masters at this moment: 10.77.0.1 and 10.77.0.2");
}

#[test]
fn a_long_path_loses_its_folders_first() {
    let mut b = failover(REPLAY);
    b.app.name = "/var/lib/captures/2026/november/incident.pcap".to_owned();
    assert!(draw(&mut b, 160, 24)[0].starts_with(" hactl watch /var/lib/captures/2026/november/incident.pcap  1×"));
    assert!(draw(&mut b, 80, 24)[0].starts_with(" hactl watch incident.pcap  1×"));
    assert!(draw(&mut b, 64, 24)[0].starts_with(" incident.pcap  1×"));
}
