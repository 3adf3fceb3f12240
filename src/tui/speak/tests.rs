//! The state under lists of messages, and whole screens as text.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Leaving, Screen};
use super::msg::{Action, Cmd, Msg};
use super::{KEYS, render, update};
use crate::report::Clock;
use crate::report::speak::tests::{at, backup, change, ip, master, peer, told, view};
use crate::speak::{AddressView, Command, InstanceView, Peer, Phase, Told, Trouble, Update, What};
use crate::time::Timestamp;
use crate::vrrp::{Fault, Reason, State};

/// A screen that is fed by hand.
struct Bench(App);

impl Bench {
    /// A picture so many milliseconds after the start, and what was told.
    fn new(ms: i64, instances: Vec<InstanceView>, told: Vec<Told>) -> Self {
        let mut b = Self(App::new("eth0 --vrid 51", false, Clock::utc()));
        b.tell(Msg::Update(Update { view: Some(Arc::new(view(ms, instances))), told }));
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
        self.tell(Msg::Resize(w, h));
        let area = Rect::new(0, 0, w, h);
        let mut buf = Buffer::empty(area);
        render(&self.0, area, &mut buf);
        (0..h).map(|y| (0..w).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
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

/// Compares; several blank lines count as one.
#[track_caller]
fn shows(screen: &[String], expected: &[&str]) {
    let mut screen = screen.to_vec();
    screen.dedup_by(|a, b| a.is_empty() && b.is_empty());
    assert_eq!(screen, expected, "\n{}", screen.join("\n"));
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
