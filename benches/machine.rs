//! Millions of events a second that one core handles in the state machine: adverts heard as a backup and as a master, timers,
//! and a mix of them as in a rack of virtual routers.
//!
//! `cargo bench --bench machine` prints them. Each number is the best of several rounds, so that what else the machine does
//! counts little.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Duration;

use hactl::time::Instant;
use hactl::vrrp::profile::{KEEPALIVED_2_4, RFC9568};
use hactl::vrrp::{Event, Heard, Params, Profile, VirtualRouter};

const ROUNDS: usize = 15;
const TIMES: u32 = 200_000;
/// What a simulation of a thousand virtual routers over a day needs to be a matter of seconds.
const TARGET: f64 = 5.0;

fn best(name: &str, mut f: impl FnMut(u32)) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = std::time::Instant::now();
        for i in 0..TIMES {
            f(i);
        }
        best = best.min(start.elapsed());
    }
    let millions = f64::from(TIMES) / best.as_secs_f64() / 1e6;
    println!("{name:54} {millions:8.1} million events a second (target: over {TARGET})");
}

fn host(n: u8) -> IpAddr {
    IpAddr::from([10, 77, 0, n])
}

fn router(profile: &'static Profile) -> VirtualRouter {
    let mut router = VirtualRouter::new(Params {
        profile,
        version: 3,
        ..Params::new(51, host(2), vec![IpAddr::from([10, 77, 0, 110])])
    });
    let _ = router.handle(Instant::ZERO, Event::Start);
    router
}

fn hears(priority: u8) -> Event {
    Event::Advert(Heard { src: host(3), priority, advert_int: Duration::from_secs(1) })
}

fn main() {
    let mut now = Instant::ZERO;
    let mut backup = router(&KEEPALIVED_2_4);
    best("an advert that a backup accepts", |_| {
        now = now.after(Duration::from_secs(1));
        black_box(backup.handle(now, black_box(hears(150))));
    });

    let mut preempting = router(&KEEPALIVED_2_4);
    best("an advert that a backup discards", |_| {
        black_box(preempting.handle(Instant::from_micros(1), black_box(hears(50))));
    });

    for profile in [&KEEPALIVED_2_4, &RFC9568] {
        let mut master = router(profile);
        let mut next = || {
            let (at, _) = master.next_deadline()?;
            black_box(master.handle(at, black_box(Event::Timer)));
            Some(at)
        };
        best(&format!("a timer of a master, {}", profile.name), |_| {
            black_box(next());
        });
        let (mut now, mut master) = (Instant::from_micros(4_000_000), router(profile));
        let _ = master.handle(now, Event::Timer);
        best(&format!("a lower advert that a master answers, {}", profile.name), |_| {
            now = now.after(Duration::from_millis(1));
            black_box(master.handle(now, black_box(hears(50))));
        });
    }

    // Sixty-four virtual routers, half of them master: a round has each master's timer, each backup's advert of its master
    // and, now and then, a straggler's.
    let mut all: Vec<VirtualRouter> = (0..64).map(|_| router(&KEEPALIVED_2_4)).collect();
    let mut now = Instant::from_micros(4_000_000);
    for master in &mut all[..32] {
        let _ = master.handle(now, Event::Timer);
    }
    let mut n = 0;
    best("a mix over 64 virtual routers", |i| {
        n = (n + 1) % all.len();
        if n == 0 {
            now = now.after(Duration::from_secs(1));
        }
        let event = match n {
            0..32 if i % 100 == 0 => hears(50),
            0..32 => Event::Timer,
            _ => hears(150),
        };
        black_box(all[n].handle(now, black_box(event)));
        black_box(all[n].next_deadline());
    });
}
