//! The state under lists of messages, and whole screens as text.

use std::time::Duration;

use super::app::{App, Screen};
use super::msg::{Action, Ask, Cmd, Msg};
use super::{KEYS, saved, update};
use crate::conf::{LoadError, Loader, Options};
use crate::simulate::{Configs, Daemon, Draft, Scenario, demo, line};
use crate::time::Instant;
use crate::tui::scroll::Move;
use crate::tui::testing::drawn;

/// A pair as of the tutorials: chk takes 4 off a's priority, so that b is above it.
const CONF: &str = "\
vrrp_script chk {
  script \"/bin/true\"
  interval 1
  fall 2
  rise 2
  weight -4
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority PRIORITY
  virtual_ipaddress {
    10.77.0.110/24
  }
  track_script {
    chk
  }
}
";

struct Embedded;

impl Loader for Embedded {
    fn expand(&mut self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        let priority = if matches!(name, "a.conf" | "t.conf") { "102" } else { "100" };
        let mut text = CONF.replace("PRIORITY", priority);
        if name == "t.conf" {
            text = text.replace("weight -4", "weight -2");
        }
        if name == "c.conf" {
            let two = "vrrp_script two {\n  script \"/bin/true\"\n}\n";
            text = two.to_owned() + &text.replace("    chk\n", "    chk\n    two\n");
        }
        Ok(text.into_bytes())
    }
}

/// A scenario of nodes, with events.
fn scenario(nodes: &[&str], events: &[&str]) -> Scenario {
    let mut draft = Draft::default();
    let mut loader = Embedded;
    let mut configs = Configs { loader: &mut loader, options: Options::default() };
    for name in nodes {
        let setting = configs.read(&format!("{name}.conf"), name, Daemon::default()).unwrap();
        draft.node(name, Daemon::default(), setting);
    }
    draft.addresses();
    for text in events {
        let event = line(text, &draft.scenario.nodes, &mut |_, _| Err("none".into())).unwrap();
        draft.scenario.events.push(event);
    }
    draft.scenario
}

/// A screen that is fed by hand.
struct Bench(App);

impl Bench {
    /// Paused at so many milliseconds.
    fn at(ms: u64, scenario: Scenario) -> Self {
        let mut b = Self(App::new("a.conf b.conf", false, scenario, false));
        b.wait(ms);
        b.press(&[Action::Play]);
        b
    }

    /// Lets so much time pass.
    fn wait(&mut self, ms: u64) {
        self.tell(Msg::Tick(Duration::from_millis(ms)));
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(&mut self.0, msg)
    }

    fn press(&mut self, actions: &[Action]) -> Option<Cmd> {
        actions.iter().fold(None, |_, a| self.tell(Msg::Act(*a)))
    }

    fn ms(&self) -> i64 {
        self.0.now().as_micros() / 1000
    }

    /// What the operator has done, as of a scenario.
    fn done(&self) -> Vec<String> {
        let line = |e: &crate::simulate::Timed| {
            format!("{} {}", e.at.as_micros() / 1000, e.fault.line(self.0.tape.scenario()))
        };
        self.0.tape.done().iter().map(line).collect()
    }

    fn status(&self) -> &str {
        self.0.status.as_deref().unwrap_or("")
    }

    /// The screen as lines, without blanks at their ends.
    fn draw(&mut self, w: u16, h: u16) -> Vec<String> {
        drawn(&mut self.0, w, h)
    }
}

fn pair() -> Scenario {
    scenario(&["a", "b"], &[])
}

#[test]
fn time_passes_at_the_speed_that_is_asked_for() {
    let mut b = Bench(App::new("x", false, pair(), false));
    b.wait(1500);
    assert_eq!(b.ms(), 1500);
    b.press(&[Action::Faster, Action::Faster]);
    b.wait(100);
    assert_eq!(b.ms(), 2000);
    for _ in 0..20 {
        b.press(&[Action::Faster]);
    }
    assert_eq!(b.status(), "100× is the fastest; n goes to the next event at once");
    b.wait(100);
    assert_eq!(b.ms(), 12_000);
    for _ in 0..20 {
        b.press(&[Action::Slower]);
    }
    b.wait(100);
    assert_eq!(b.ms(), 12_010);
    b.press(&[Action::Play]);
    b.wait(1000);
    assert_eq!(b.ms(), 12_010);
}

#[test]
fn time_goes_on_and_back_by_columns_and_events() {
    let mut b = Bench::at(8000, pair());
    b.press(&[Action::Left, Action::Left, Action::Right]);
    assert_eq!(b.ms(), 7500);
    b.press(&[Action::Closer, Action::Left]);
    assert_eq!(b.ms(), 7300);
    b.press(&[Action::Move(Move::Home)]);
    assert_eq!(b.ms(), 0);
    // Both start at once and have waited for their checks; a becomes master after 3 × 1 s + 154/256 s.
    b.press(&[Action::Move(Move::End)]);
    assert_eq!(b.ms(), 8000);
    b.press(&[Action::Previous]);
    assert_eq!(b.0.now(), Instant::from_micros(3_601_562));
    b.press(&[Action::Previous, Action::Previous, Action::Previous]);
    assert_eq!(b.ms(), 0);
    b.press(&[Action::Next]);
    assert_eq!(b.0.now(), Instant::from_micros(3_601_562));
    b.press(&[Action::Next]);
    assert_eq!((b.ms(), b.status()), (3601, "nothing happens until 3603.601562 s unless you do something"));
    // With adverts there is always one.
    b.press(&[Action::Verbose, Action::Next]);
    assert_eq!(b.0.now(), Instant::from_micros(4_601_562));
}

#[test]
fn keys_befall_the_selected_node() {
    let mut b = Bench::at(8000, pair());
    for (action, there, back) in [
        (Action::Kill, "crash a", None),
        (Action::Stop, "start a", Some("stop a")),
        (Action::Stop, "start a", None),
        (Action::PowerOff, "power-off a", None),
        (Action::Stop, "start a", None),
        (Action::Deafen, "deaf a", Some("hear a")),
        (Action::Mute, "mute a", Some("unmute a")),
        (Action::Freeze, "pause a", Some("resume a")),
        (Action::Link, "link-down a interface=eth0", Some("link-up a interface=eth0")),
        (Action::Loss, "loss a 50", Some("loss a 0")),
        (Action::Check, "script a chk 1", Some("script a chk 0")),
        (Action::Partition, "partition a b", Some("heal")),
        (Action::Reload, "reload a", None),
    ] {
        for expected in std::iter::once(there).chain(back) {
            b.press(&[action]);
            let last = b.done().pop().unwrap_or_default();
            assert_eq!(last.split_once(' ').unwrap().1, expected, "{}", b.status());
        }
    }
    // One a millisecond, each at a moment of its own.
    assert_eq!(b.done().len(), 21);
    assert_eq!((b.done()[0].as_str(), b.done()[20].as_str()), ("8001 crash a", "8021 reload a"));
    b.press(&[Action::Move(Move::Down), Action::Kill]);
    assert_eq!(b.done()[21], "8022 crash b");
    assert_eq!(b.status(), "8.022 s: crash b");
    assert!(!b.draw(80, 24)[23].contains("help"));
    b.press(&[Action::Kill]);
    assert_eq!((b.done().len(), b.status()), (22, "b does not run: s starts it"));
    b.press(&[Action::Reload, Action::Freeze]);
    assert_eq!((b.done().len(), b.status()), (22, "b does not run: s starts it"));
    // Soon the keys are there again.
    b.wait(5000);
    assert_eq!(b.status(), "b does not run: s starts it");
    b.wait(1000);
    assert!(b.status().is_empty() && b.draw(80, 24)[23].contains("? help"));
}

#[test]
fn of_several_checks_one_is_chosen() {
    let mut b = Bench::at(8000, scenario(&["c", "b"], &[]));
    b.press(&[Action::Check]);
    assert_eq!(b.0.screen, Screen::Checks(0));
    let screen = b.draw(80, 24);
    assert!(screen.contains(&" > chk  script, passes; counts as good".to_owned()), "{}", screen.join("\n"));
    b.press(&[Action::Move(Move::Down), Action::Open]);
    assert_eq!((b.0.screen, b.done()), (Screen::Main, vec!["8001 script c two 1".to_owned()]));
    b.press(&[Action::Check, Action::Move(Move::Down)]);
    let screen = b.draw(80, 24);
    assert!(screen.contains(&" > two  script, exits with 1; still counts as good".to_owned()), "{}", screen.join("\n"));
    b.press(&[Action::Check]);
    assert_eq!(b.done()[1], "8002 script c two 0");
    // What nobody tracks cannot fail.
    let mut b = Bench::at(8000, demo::pair());
    b.press(&[Action::Check]);
    assert_eq!(b.status(), "a tracks no script, process or file");
}

#[test]
fn what_does_not_happen_and_should_is_an_event_too() {
    let mut b = Bench::at(8000, scenario(&["t", "b"], &[]));
    // It is run at 9 s and 10 s, and counts then: 102 − 2 is what b has.
    b.press(&[Action::Check, Action::Next]);
    assert_eq!((b.ms(), b.status()), (10_000, ""));
    // Five adverts later it is clear that nothing comes of it.
    b.press(&[Action::Next]);
    let said = "nothing happens, and that is a finding by now: no-failover (e explains it)";
    assert_eq!((b.ms(), b.status()), (15_000, said));
}

#[test]
fn what_was_done_can_be_taken_back_and_another_past_begins_anew() {
    let mut b = Bench::at(8000, pair());
    b.press(&[Action::Undo]);
    assert_eq!(b.status(), "you have done nothing that could be taken back");
    b.press(&[Action::Kill, Action::Next]);
    // b waits from a's last advert at 7.601562: 3 × 1 s + 156/256 s.
    assert_eq!(b.0.now(), Instant::from_micros(11_210_937));
    b.press(&[Action::Undo]);
    assert_eq!((b.status(), b.ms()), ("taken back: crash a at 8.001 s", 8000));
    b.press(&[Action::Right, Action::Mute]);
    assert_eq!(b.done(), ["8501 mute a"]);
    b.press(&[Action::Right, Action::Right, Action::Mute]);
    assert_eq!(b.done(), ["8501 mute a", "9502 unmute a"]);
    b.press(&[Action::Left, Action::Left, Action::Left, Action::Kill]);
    assert_eq!(b.done(), ["8003 crash a"]);
    assert!(b.status().ends_with("; 2 later faults of another future no longer count"), "{}", b.status());
}

#[test]
fn time_stops_once_where_the_scenario_ends() {
    let mut b = Bench(App::new("x", false, scenario(&["a", "b"], &["8s crash a"]), true));
    b.press(&[Action::Faster, Action::Faster, Action::Faster]);
    b.wait(4000);
    assert_eq!((b.ms(), b.0.playing), (30_000, false));
    assert_eq!(b.status(), "the scenario ends at 30 s; space goes on all the same");
    b.press(&[Action::Play]);
    b.wait(100);
    assert_eq!(b.ms(), 31_000);
}

#[test]
fn keys_lead_from_screen_to_screen_and_out() {
    let mut b = Bench::at(20_000, scenario(&["a", "b"], &["8s deaf b"]));
    assert_eq!(b.press(&[Action::Explain]), None);
    assert_eq!(b.0.screen, Screen::Explain("split-brain", false));
    b.press(&[Action::Back, Action::Findings, Action::Open]);
    assert_eq!(b.0.screen, Screen::Explain("split-brain", true));
    b.press(&[Action::Back]);
    assert_eq!(b.0.screen, Screen::Findings);
    b.press(&[Action::Back, Action::Open]);
    assert_eq!(b.0.screen, Screen::Node);
    b.press(&[Action::Back]);
    assert_eq!(b.press(&[Action::Save]), Some(Cmd::Do(Ask::Save)));
    saved(&mut b.0, Err("disk full".into()));
    assert_eq!(b.status(), "not written: disk full");
    assert_eq!(b.press(&[Action::Redraw]), Some(Cmd::Clear));
    assert_eq!(b.press(&[Action::Back]), Some(Cmd::Leave));
    assert_eq!(b.press(&[Action::Quit]), Some(Cmd::Leave));
}

#[test]
fn every_key_is_in_the_help() {
    let mut b = Bench::at(1000, pair());
    b.press(&[Action::Help]);
    let screen = b.draw(160, 60).join("\n");
    for key in KEYS {
        assert!(screen.contains(&format!("{:<13}{}", key.label, key.help)), "{}\n{screen}", key.label);
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    assert_eq!(Bench::at(0, pair()).draw(30, 5)[..2], ["terminal too small: 30x5,", "50x12 needed"]);
}

#[test]
fn every_size_and_screen_can_be_drawn() {
    let many: Vec<String> =
        (0..12).map(|n| format!("{n} with a name that is much longer than anybody would give")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let troubled = ["6s deaf b", "7s partition a b", "8s crash a", "9s link-down b", "9500ms loss 20", "10s pause b"];
    for mut b in [
        Bench::at(0, pair()),
        Bench::at(60_000, scenario(&["a", "b"], &troubled)),
        Bench::at(9000, demo::pair()),
        Bench::at(5000, scenario(&many, &[])),
        Bench::at(5000, Draft::default().scenario),
    ] {
        for screen in
            [&[][..], &[Action::Open], &[Action::Findings], &[Action::Explain], &[Action::Help], &[Action::Check]]
        {
            b.0.screen = Screen::Main;
            b.press(screen);
            for (w, h) in
                [(0, 0), (1, 1), (49, 11), (50, 12), (51, 13), (60, 16), (61, 17), (80, 24), (160, 50), (300, 100)]
            {
                b.draw(w, h);
                b.press(&[
                    Action::Move(Move::PageUp),
                    Action::Move(Move::Up),
                    Action::Move(Move::Down),
                    Action::Move(Move::PageDown),
                    Action::Wider,
                ]);
                b.draw(w, h);
            }
            for _ in 0..10 {
                b.press(&[Action::Closer]);
            }
            b.draw(80, 24);
        }
    }
}
