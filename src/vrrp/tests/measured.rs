//! Runs of real daemons, as they were measured: seconds since the process was started, which takes 15 to 50 ms. The machine
//! does everything in no time; a daemon's timer starts some 0.3 to 1 ms later, after its work.

use super::*;
use crate::vrrp::{Announcing, Fault};

const WORK: i64 = 2_000;

/// Whether what is due is what the daemon did, which is a little later.
#[track_caller]
fn daemon_did(router: &VirtualRouter, measured: i64) {
    let (at, _) = router.next_deadline().expect("a deadline");
    let late = measured - at.as_micros();
    assert!((0..=WORK).contains(&late), "due at {}, measured {late} µs later", seconds(at));
}

fn of(profile: &'static Profile, priority: u8) -> Params {
    Params { priority, ..params(profile) }
}

#[test]
fn a_preempt_delay_ends_a_master_down_interval_after_the_last_accepted_advert() {
    // keepalived 2.2.7, priority 150, preempt_delay 5: lower adverts from 4.6630 on; the one at 9.6698 is discarded.
    let mut p = of(&KEEPALIVED_2_2, 150);
    p.preempt_delay = micros(5_000_000);
    let mut history = vec![(4_000_000, Event::Start)];
    history.extend(
        [4_663_000, 5_664_400, 6_666_000, 7_667_900, 8_669_700, 9_669_800, 10_671_500].map(|t| (t, hears(100, 1))),
    );
    let router = after(p, &history);
    // 8.6697 + 3.414062
    assert_eq!(deadline(&router), "MasterDown 12.083762");
    daemon_did(&router, 12_084_600);
}

#[test]
fn version_3_waits_by_the_interval_of_the_master_it_hears() {
    // keepalived, priority 100, own interval 2 s: takes over 1.8047 s after the last advert of a master with 0.5 s.
    for profile in KEEPALIVED {
        let p = Params { version: 3, advert_int: micros(2_000_000), ..of(profile, 100) };
        let mut router = after(p, &[(0, Event::Start), (5_000_000, hears_every(200, 3, 500_000))]);
        daemon_did(&router, 6_804_700);
        assert_eq!(
            tell(&mut router, 6_804_687, Event::Timer),
            "advert 100, BACKUP>MASTER 100 .3 down since 5.000000, add, announce 5"
        );
        assert_eq!(deadline(&router), "Advert 8.804687");
    }
}

#[test]
fn a_change_of_priority_begins_the_wait_anew_from_the_last_discarded_advert() {
    // keepalived 2.4.3, priority 150 behind 100: last discarded 6.6598, lowered to 120 at 7.5578, master at 10.1925.
    for profile in KEEPALIVED {
        let router = after(
            of(profile, 150),
            &[
                (5_035_000, Event::Start),
                (5_658_000, hears(100, 1)),
                (6_659_800, hears(100, 1)),
                (7_557_800, Event::Priority(120)),
            ],
        );
        // 6.6598 + 3 + 136/256
        assert_eq!(deadline(&router), "MasterDown 10.191050");
        daemon_did(&router, 10_192_500);
    }
}

#[test]
fn a_reload_begins_the_wait_anew() {
    // keepalived, priority 100: last advert 5.4479, configuration read again at 6.006, master at 9.6159, not at 9.057.
    for profile in KEEPALIVED {
        let p = of(profile, 100);
        let router = after(
            p.clone(),
            &[
                (2_000_000, Event::Start),
                (4_447_000, hears(150, 3)),
                (5_447_900, hears(150, 3)),
                (6_006_000, Event::Reload(p.into())),
            ],
        );
        assert_eq!(deadline(&router), "MasterDown 9.615375");
        daemon_did(&router, 9_615_900);
    }
}

#[test]
fn a_router_whose_address_was_deleted_is_back_after_its_skew_time() {
    // keepalived, priority 150: deleted at 6.2041, master again between 6.6187 and 6.6192.
    for profile in KEEPALIVED {
        let router = after(of(profile, 150), &[(0, Event::Start), (6_204_100, Event::AddressLost)]);
        // 6.2041 + 106/256
        assert_eq!(deadline(&router), "MasterDown 6.618162");
        daemon_did(&router, 6_618_700);
    }
}

#[test]
fn a_release_leaves_the_skew_time() {
    // keepalived, priority 100: +0.6094 s
    let router = after(of(&KEEPALIVED_2_2, 100), &[(0, Event::Start), (1_000_000, hears(0, 3))]);
    daemon_did(&router, 1_609_400);
}

#[test]
fn recovery_waits_a_whole_master_down_interval() {
    // keepalived, priority 150: 3.414 s after a script or a link is well again
    let history =
        [(0, Event::Start), (1_000_000, Event::Fault(Fault::Tracked)), (2_000_000, Event::Cleared(Fault::Tracked))];
    assert_eq!(deadline(&after(of(&KEEPALIVED_2_2, 150), &history)), "MasterDown 5.414062");
}

#[test]
fn a_lower_master_postpones_the_end_of_a_startup_delay() {
    // keepalived 2.2.7, priority 150, vrrp_startup_delay 4, behind a master of priority 100: adverts 0.080221, 1.080343,
    // 2.080512 and 3.080651 s after it said BACKUP, then one a second. Master 17.0805 s after it, not after 7.414 s.
    let p = Params { startup_delay: micros(4_000_000), ..of(&KEEPALIVED_2_2, 150) };
    let mut history = vec![(0, Event::Start)];
    let adverts = [80_221, 1_080_343, 2_080_512, 3_080_651, 4_093_113, 5_093_233, 6_093_343, 7_093_453, 8_093_588];
    history.extend(adverts.map(|t| (t, hears(100, 1))));
    let router = after(p, &history);
    // 7.414062, then 4 + 7.333841, 4 + 10.253498, 4 + 12.172986, 4 + 13.092335
    assert_eq!(deadline(&router), "MasterDown 17.092335");
    // It told of BACKUP some 2 ms after it had begun to wait, which counts five times.
    let (due, _) = router.next_deadline().unwrap();
    assert!((17_080_503 - due.as_micros()).abs() < 15_000);
}

#[test]
fn version_2_2_refreshes_its_announcements_with_adverts() {
    // keepalived 2.2.7, adverts every 2 s, garp_master_repeat 1, _delay 1, _refresh 3. After its first advert: announcements
    // at 0.014, 1.042, 4.046, 8.059, 12.086, 16.114 and 20.118 s, all but the first two with an advert.
    let announcing = Announcing {
        repeat: 1,
        delay: micros(1_000_000),
        refresh: micros(3_000_000),
        refresh_repeat: 1,
        ..Announcing::default()
    };
    let mut router =
        VirtualRouter::new(Params { advert_int: micros(2_000_000), announcing, ..of(&KEEPALIVED_2_2, 150) });
    let _ = router.handle(Instant::ZERO, Event::Start);
    let mut times = Vec::new();
    while let Some((at, _)) = router.next_deadline().filter(|(at, _)| at.as_micros() < 27_000_000) {
        let actions = router.handle(at, Event::Timer);
        if actions.iter().any(|a| matches!(a, Action::Announce { .. })) {
            times.push(at.as_micros() - 6_414_062);
        }
    }
    assert_eq!(times, [0, 1_000_000, 4_000_000, 8_000_000, 12_000_000, 16_000_000, 20_000_000]);
}
