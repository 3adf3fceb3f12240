//! A row an edge, in the words of RFC 5798 §6.4 and RFC 9568 §6.4 where they have any.

use super::*;
use crate::vrrp::{Announcing, Fault};

type With = fn(&mut Params);

const AS_IT_IS: With = |_| {};
const OWNER: With = |p| p.priority = 255;
const OWNER_WANTS_MASTER: With = |p| (p.priority, p.wants_master) = (255, true);
/// Without announcements that come later: their deadline would be the next.
const QUIET_OWNER: With = |p| {
    (p.priority, p.wants_master) = (255, true);
    (p.announcing.delay, p.announcing.lower_delay) = (Duration::ZERO, Duration::ZERO);
};
const V3: With = |p| p.version = 3;
const NO_PREEMPT: With = |p| p.preempt = false;
const GROUPED: With = |p| p.grouped = true;
const DELAYED: With = |p| p.startup_delay = micros(4_000_000);

#[allow(clippy::too_many_arguments)] // a row of a table
fn edge(
    name: &'static str,
    profiles: &'static [&'static Profile],
    with: With,
    history: Vec<(i64, Event)>,
    at: i64,
    event: Event,
    actions: &'static str,
    next: &'static str,
) -> Edge {
    Edge { name, profiles, with, history, at, event, actions, next }
}

fn start() -> Vec<(i64, Event)> {
    vec![(0, Event::Start)]
}

fn then(mut history: Vec<(i64, Event)>, more: &[(i64, Event)]) -> Vec<(i64, Event)> {
    history.extend_from_slice(more);
    history
}

// holds: rfc3768-6.1-1 rfc3768-6.1-2 rfc3768-6.4.1-1 rfc3768-6.4.1-2 rfc5798-6.1-1 rfc5798-6.1-2 rfc5798-6.4.1-1
// holds: rfc5798-6.4.1-2 rfc9568-6.1-1 rfc9568-6.1-2 rfc9568-6.4.1-1 rfc9568-6.4.1-2
#[test]
#[rustfmt::skip]
fn initialize_and_startup() {
    check(vec![
        edge("not the owner", ALL, AS_IT_IS, vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 3.500000"),
        // 3 + 156/256
        edge("not the owner, priority 100", MICROS, |p| p.priority = 100, vec![], 0, Event::Start,
            "INIT>BACKUP 100 started", "MasterDown 3.609375"),
        // 156 × 100 / 256 = 60.9, cut to 60 centiseconds
        edge("not the owner, priority 100", &[&FRR], |p| p.priority = 100, vec![], 0, Event::Start,
            "INIT>BACKUP 100 started", "MasterDown 3.600000"),
        // 3 × 0.5 + 128/256 × 0.5
        edge("not the owner, every 0.5 s", ALL, |p| (p.version, p.advert_int) = (3, micros(500_000)), vec![], 0,
            Event::Start, "INIT>BACKUP 128 started", "MasterDown 1.750000"),
        // 3 × 0.5 + 156/256 × 0.5 = 1.8046875
        edge("priority 100, every 0.5 s", MICROS, |p| (p.version, p.priority, p.advert_int) = (3, 100, micros(500_000)),
            vec![], 0, Event::Start, "INIT>BACKUP 100 started", "MasterDown 1.804687"),
        // 150 + 156 × 50 / 256 = 150 + 30 centiseconds
        edge("priority 100, every 0.5 s", &[&FRR], |p| (p.version, p.priority, p.advert_int) = (3, 100, micros(500_000)),
            vec![], 0, Event::Start, "INIT>BACKUP 100 started", "MasterDown 1.800000"),
        // version 2 skews by a part of a second, whatever the interval; version 3 by a part of the interval
        edge("every 10 s, version 2", ALL, |p| p.advert_int = micros(10_000_000), vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 30.500000"),
        edge("every 10 s, version 3", ALL, |p| (p.version, p.advert_int) = (3, micros(10_000_000)), vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 35.000000"),
        edge("bears two adverts of silence", ALL, |p| p.down_timer_adverts = 2, vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 2.500000"),
        edge("the owner", BOOKS, OWNER, vec![], 0, Event::Start,
            "advert 255, INIT>MASTER 255 owner, add, announce 5", "Advert 1.000000"),
        edge("the owner that says state MASTER", KEEPALIVED, OWNER_WANTS_MASTER, vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 0.000001"),
        edge("the owner that says state MASTER, a microsecond later", KEEPALIVED, OWNER_WANTS_MASTER, start(), 1,
            Event::Timer, "advert 255, BACKUP>MASTER 255 owner, add, announce 5", "Advert 1.000001"),
        edge("the owner that says state BACKUP", KEEPALIVED, OWNER, vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 3.003906"),
        edge("state MASTER means nothing to who is no owner", ALL, |p| p.wants_master = true, vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 3.500000"),
        edge("started twice", ALL, AS_IT_IS, start(), 1_000_000, Event::Start, "", "MasterDown 3.500000"),
        edge("stopped before it is started", ALL, AS_IT_IS, vec![], 0, Event::Stop, "", "-"),
    ]);
}

#[test]
#[rustfmt::skip]
fn nothing_moves_who_does_not_take_part() {
    let mut rows = Vec::new();
    for event in [hears(200, 3), hears(0, 3), hears(100, 1), Event::Rejected, Event::Timer, Event::Priority(7),
        Event::AddressLost, Event::Resign, Event::Advertise, Event::GroupMaster, Event::GroupBackup, Event::GroupRecovered,
        Event::Source(address(9)), Event::Settled, Event::Preempt(false), Event::Cleared(Fault::Tracked)]
    {
        rows.push(edge("in INIT", ALL, AS_IT_IS, vec![], 1_000_000, event.clone(), "", "-"));
        let failed = then(start(), &[(500_000, Event::Fault(Fault::Interface))]);
        rows.push(edge("in FAULT", ALL, AS_IT_IS, failed, 1_000_000, event, "", "-"));
    }
    check(rows);
}

#[test]
#[rustfmt::skip]
fn startup_delay() {
    check(vec![
        edge("is waited for first", ALL, DELAYED, vec![], 0, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 7.500000"),
        edge("a master that is heard meanwhile counts from its end", ALL, DELAYED, start(), 1_000_000, hears(200, 3),
            "", "MasterDown 7.500000"),
        edge("a release too", &[&RFC3768, &RFC5798, &RFC9568, &FRR, &KEEPALIVED_2_2], DELAYED, start(), 1_000_000,
            hears(0, 3), "", "MasterDown 4.500000"),
        edge("or nothing is heard", &[&KEEPALIVED_2_4], DELAYED, start(), 1_000_000, hears(0, 3),
            "", "MasterDown 7.500000"),
        edge("nor rejected", &[&KEEPALIVED_2_4], DELAYED, start(), 1_000_000, Event::Rejected,
            "", "MasterDown 7.500000"),
        edge("at its end all is heard", ALL, DELAYED, start(), 4_000_000, hears(0, 3), "", "MasterDown 4.500000"),
        edge("a lower master does not matter", &[&RFC3768, &RFC5798, &RFC9568, &FRR, &KEEPALIVED_2_4], DELAYED, start(),
            1_000_000, hears(100, 3), "", "MasterDown 7.500000"),
        // 2.2 adds what was left, 6.5 s, to the end of the delay; and again 8.5 s at 2 s
        edge("a lower master postpones 2.2's start", &[&KEEPALIVED_2_2], DELAYED, start(), 1_000_000, hears(100, 3),
            "", "MasterDown 10.500000"),
        edge("and again", &[&KEEPALIVED_2_2], DELAYED, then(start(), &[(1_000_000, hears(100, 3))]), 2_000_000,
            hears(100, 3), "", "MasterDown 12.500000"),
        edge("what it rejects does as well", &[&KEEPALIVED_2_2], DELAYED, start(), 1_000_000, Event::Rejected,
            "", "MasterDown 10.500000"),
        edge("after the delay nothing does", &[&KEEPALIVED_2_2], DELAYED, then(start(), &[(1_000_000, hears(100, 3))]),
            4_000_000, hears(100, 3), "", "MasterDown 10.500000"),
        edge("the owner", BOOKS, |p| (p.priority, p.startup_delay) = (255, micros(4_000_000)), vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 4.000000"),
        edge("the owner at its end", BOOKS, |p| (p.priority, p.startup_delay) = (255, micros(4_000_000)), start(), 4_000_000,
            Event::Timer, "advert 255, BACKUP>MASTER 255 owner, add, announce 5", "Advert 5.000000"),
        edge("keepalived's owner a microsecond later", &[&KEEPALIVED_2_2],
            |p| (p.priority, p.wants_master, p.startup_delay) = (255, true, micros(4_000_000)), vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 4.000001"),
        edge("or an advert interval later", &[&KEEPALIVED_2_4],
            |p| (p.priority, p.wants_master, p.startup_delay) = (255, true, micros(4_000_000)), vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 5.000000"),
        edge("a failure and its end meanwhile", ALL, DELAYED,
            then(start(), &[(1_000_000, Event::Fault(Fault::Tracked))]), 2_000_000, Event::Cleared(Fault::Tracked),
            "FAULT>BACKUP 128 recovered", "MasterDown 7.500000"),
    ]);
}

// holds: rfc3768-6.4.2-2 rfc3768-8.2-2 rfc5798-6.4.2-2 rfc5798-8.1.2-2 rfc5798-8.2.2-2 rfc9568-6.4.2-2 rfc9568-8.1.2-2
// holds: rfc9568-8.2.2-2
#[test]
#[rustfmt::skip]
fn backup_master_down_timer() {
    check(vec![
        edge("a microsecond before", ALL, AS_IT_IS, start(), 3_499_999, Event::Timer, "", "MasterDown 3.500000"),
        edge("nobody heard", ALL, AS_IT_IS, start(), 3_500_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 4.500000"),
        edge("the master fell silent", ALL, AS_IT_IS, as_backup_of(200), 6_500_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 .3 down since 3.000000, add, announce 5", "Advert 7.500000"),
    ]);
    // An advert interval that begins at a late transition begins late.
    let mut late = after(params(&RFC5798), &start());
    let actions = told(&late.handle(Instant::from_micros(3_700_000), Event::Timer));
    assert_eq!(actions, "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5");
    assert_eq!(deadline(&late), "Advert 4.700000");
}

// holds: rfc3768-6.4.2-3 rfc5798-6.4.2-3 rfc9568-6.4.2-3
#[test]
#[rustfmt::skip]
fn backup_hears_a_release() {
    check(vec![
        edge("skew time", ALL, AS_IT_IS, as_backup_of(200), 3_200_000, hears(0, 3), "", "MasterDown 3.700000"),
        edge("again", ALL, AS_IT_IS, then(as_backup_of(200), &[(3_200_000, hears(0, 3))]), 3_200_050, hears(0, 3),
            "", "MasterDown 3.700050"),
        edge("also without preemption", ALL, NO_PREEMPT, as_backup_of(100), 3_200_000, hears(0, 3),
            "", "MasterDown 3.700000"),
        edge("it comes to its end", ALL, AS_IT_IS, then(as_backup_of(200), &[(3_200_000, hears(0, 3))]), 3_700_000,
            Event::Timer, "advert 128, BACKUP>MASTER 128 .3 released 3.200000, add, announce 5", "Advert 4.700000"),
        // 128/256 of the 0.2 s that the master advertised
        edge("version 3 skews by the master's interval", ALL, V3, then(start(), &[(1_000_000, hears_every(200, 3, 200_000))]),
            1_100_000, hears_every(0, 3, 200_000), "", "MasterDown 1.200000"),
        // 156/256 s; 60 centiseconds
        edge("priority 100", MICROS, |p| p.priority = 100, as_backup_of(200), 3_200_000, hears(0, 3),
            "", "MasterDown 3.809375"),
        edge("priority 100", &[&FRR], |p| p.priority = 100, as_backup_of(200), 3_200_000, hears(0, 3),
            "", "MasterDown 3.800000"),
    ]);
}

// holds: rfc3768-6.4.2-4 rfc3768-6.4.2-5 rfc5798-6.4.2-4 rfc5798-6.4.2-5 rfc9568-6.4.2-4 rfc9568-6.4.2-5
#[test]
#[rustfmt::skip]
fn backup_hears_an_advert() {
    check(vec![
        edge("higher", ALL, AS_IT_IS, as_backup_of(200), 4_000_000, hears(200, 3), "", "MasterDown 7.500000"),
        edge("equal, from above", ALL, AS_IT_IS, as_backup_of(200), 4_000_000, hears(128, 3), "", "MasterDown 7.500000"),
        edge("equal, from below", ALL, AS_IT_IS, as_backup_of(200), 4_000_000, hears(128, 1), "", "MasterDown 7.500000"),
        edge("lower", ALL, AS_IT_IS, as_backup_of(200), 4_000_000, hears(127, 3), "", "MasterDown 6.500000"),
        edge("lower, without preemption", ALL, NO_PREEMPT, as_backup_of(200), 4_000_000, hears(127, 3),
            "", "MasterDown 7.500000"),
        edge("lower, when the operator wants no preemption", ALL, AS_IT_IS,
            then(start(), &[(1_000_000, Event::Preempt(false))]), 2_000_000, hears(127, 3), "", "MasterDown 5.500000"),
        edge("its wait comes to its end under a lower master", ALL, AS_IT_IS,
            then(start(), &[(1_000_000, hears(100, 3)), (2_000_000, hears(100, 3)), (3_000_000, hears(100, 3))]),
            3_500_000, Event::Timer, "advert 128, BACKUP>MASTER 128 .3 has 100, add, announce 5", "Advert 4.500000"),
        // 3 × 0.2 + 128/256 × 0.2
        edge("version 3 takes over the master's interval", ALL, V3, start(), 1_000_000, hears_every(200, 3, 200_000),
            "", "MasterDown 1.700000"),
        // 3 × 2 + 128/256 × 2
        edge("a longer one too", ALL, V3, start(), 1_000_000, hears_every(200, 3, 2_000_000), "", "MasterDown 8.000000"),
        edge("not from an advert that it discards", ALL, V3,
            then(start(), &[(1_000_000, hears_every(100, 3, 200_000))]), 1_100_000, hears_every(200, 3, 1_000_000),
            "", "MasterDown 4.600000"),
        edge("version 2 has its own", ALL, AS_IT_IS, start(), 1_000_000, hears_every(200, 3, 2_000_000),
            "", "MasterDown 4.500000"),
        edge("as master it sends at its own", ALL, V3, then(start(), &[(1_000_000, hears_every(200, 3, 200_000))]),
            1_700_000, Event::Timer, "advert 128, BACKUP>MASTER 128 .3 down since 1.000000, add, announce 5",
            "Advert 2.700000"),
    ]);
}

#[test]
#[rustfmt::skip]
fn preempt_delay() {
    let with: With = |p| p.preempt_delay = micros(5_000_000);
    // Begins at the first lower advert, at 1 s; the one at 6 s is the first that is discarded.
    let lower = |to: i64| then(start(), &(1..=to).map(|s| (s * 1_000_000, hears(100, 3))).collect::<Vec<_>>());
    check(vec![
        edge("a lower master is let be", ALL, with, start(), 1_000_000, hears(100, 3), "", "MasterDown 4.500000"),
        edge("until the delay is over", ALL, with, lower(4), 5_000_000, hears(100, 3), "", "MasterDown 8.500000"),
        edge("and no longer", ALL, with, lower(5), 6_000_000, hears(100, 3), "", "MasterDown 8.500000"),
        edge("nor later", ALL, with, lower(6), 7_000_000, hears(100, 3), "", "MasterDown 8.500000"),
        edge("then it takes over", ALL, with, lower(8), 8_500_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 .3 has 100, add, announce 5", "Advert 9.500000"),
        edge("a higher one ends it", ALL, with, then(lower(5), &[(5_500_000, hears(200, 1))]), 6_000_000, hears(100, 3),
            "", "MasterDown 9.500000"),
        edge("a release overrides it", ALL, with, lower(2), 2_500_000, hears(0, 3), "", "MasterDown 3.000000"),
        edge("and does not end it", ALL, with, then(lower(2), &[(2_500_000, hears(0, 3))]), 2_900_000, hears(100, 4),
            "", "MasterDown 6.400000"),
        edge("nor restart it", ALL, with, then(lower(5), &[(5_500_000, hears(0, 3))]), 6_000_000, hears(100, 3),
            "", "MasterDown 6.000000"),
        edge("version 3 takes over the interval of who is let be", ALL,
            |p| (p.version, p.preempt_delay) = (3, micros(5_000_000)), start(), 1_000_000, hears_every(100, 3, 200_000),
            "", "MasterDown 1.700000"),
        edge("no master, no delay", ALL, with, start(), 3_500_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 4.500000"),
        edge("a mastership ends it", ALL, with, then(lower(5), &[(8_500_000, Event::Timer), (9_000_000, hears(200, 3))]),
            10_000_000, hears(100, 3), "", "MasterDown 13.500000"),
    ]);
}

// holds: rfc3768-6.4.1-2 rfc3768-6.4.2-1 rfc3768-6.4.3-1 rfc5798-6.4.1-2 rfc5798-6.4.2-1 rfc5798-6.4.3-1
// holds: rfc9568-6.4.1-2 rfc9568-6.4.2-1 rfc9568-6.4.3-1
#[test]
#[rustfmt::skip]
fn shutdown() {
    check(vec![
        edge("as backup", ALL, AS_IT_IS, as_backup_of(200), 3_200_000, Event::Stop, "BACKUP>INIT 128 stopped", "-"),
        edge("as master", ALL, AS_IT_IS, as_master(), 4_000_000, Event::Stop,
            "advert 0, remove, MASTER>INIT 128 stopped", "-"),
        edge("in FAULT", ALL, AS_IT_IS, then(start(), &[(1, Event::Fault(Fault::Forced))]), 2, Event::Stop,
            "FAULT>INIT 128 stopped", "-"),
        edge("while scripts have no result", ALL, AS_IT_IS, vec![(0, Event::Pending), (1, Event::Start)], 2, Event::Stop,
            "", "-"),
        edge("and a new start", ALL, AS_IT_IS, then(as_master(), &[(4_000_000, Event::Stop)]), 5_000_000, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 8.500000"),
        edge("which forgets the master's interval", ALL, V3,
            then(start(), &[(1_000_000, hears_every(200, 3, 200_000)), (1_100_000, Event::Stop)]), 5_000_000, Event::Start,
            "INIT>BACKUP 128 started", "MasterDown 8.500000"),
        edge("and another owner", &[&KEEPALIVED_2_2], OWNER_WANTS_MASTER,
            vec![(0, Event::Start), (1, Event::Timer), (100_000, hears(255, 3)), (200_000, Event::Stop)], 5_000_000,
            Event::Start, "INIT>BACKUP 255 started", "MasterDown 5.000001"),
    ]);
}

// holds: rfc3768-6.4.3-2 rfc5798-6.4.3-2 rfc9568-6.4.3-2
#[test]
#[rustfmt::skip]
fn master_adver_timer() {
    check(vec![
        edge("sends", ALL, AS_IT_IS, as_master(), 4_500_000, Event::Timer, "advert 128", "Advert 5.500000"),
        edge("not before", ALL, AS_IT_IS, as_master(), 4_499_999, Event::Timer, "", "Advert 4.500000"),
        edge("every 10 ms", MICROS, |p| (p.version, p.advert_int) = (3, micros(10_000)), start(), 35_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 0.045000"),
        edge("every 10 ms", &[&FRR], |p| (p.version, p.advert_int) = (3, micros(10_000)), start(), 30_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 0.040000"),
    ]);
    // A daemon begins an interval when it has sent.
    let mut late = after(params(&KEEPALIVED_2_4), &as_master());
    assert_eq!(told(&late.handle(Instant::from_micros(4_800_000), Event::Timer)), "advert 128");
    assert_eq!(deadline(&late), "Advert 5.800000");
    // Where it is to be steady lateness does not add up; whole intervals that were missed are not made up for.
    let steady = Params { steady: true, ..params(&KEEPALIVED_2_4) };
    let mut late = after(steady, &as_master());
    assert_eq!(told(&late.handle(Instant::from_micros(4_800_000), Event::Timer)), "advert 128");
    assert_eq!(deadline(&late), "Advert 5.500000");
    assert_eq!(told(&late.handle(Instant::from_micros(6_800_000), Event::Timer)), "advert 128");
    assert_eq!(deadline(&late), "Advert 7.800000");
}

// holds: rfc3768-6.4.3-3 rfc5798-6.4.3-3 rfc9568-6.4.3-3
#[test]
#[rustfmt::skip]
fn master_hears_a_release() {
    check(vec![
        edge("sends and begins a new interval", ALL, AS_IT_IS, as_master(), 4_000_000, hears(0, 3),
            "advert 128", "Advert 5.000000"),
        edge("with lower_prio_no_advert it keeps its rhythm", ALL, |p| p.lower_prio_no_advert = true, as_master(), 4_000_000,
            hears(0, 3), "advert 128", "Advert 4.500000"),
    ]);
}

// holds: rfc3768-6.4.3-4 rfc5798-6.4.3-4 rfc9568-6.4.3-4
#[test]
#[rustfmt::skip]
fn master_hears_a_better_one() {
    check(vec![
        edge("higher", ALL, AS_IT_IS, as_master(), 4_000_000, hears(129, 1),
            "remove, MASTER>BACKUP 128 .1 higher 129", "MasterDown 7.500000"),
        edge("equal, from above", ALL, AS_IT_IS, as_master(), 4_000_000, hears(128, 3),
            "remove, MASTER>BACKUP 128 .3 above at 128", "MasterDown 7.500000"),
        edge("version 3 takes over its interval", ALL, V3, as_master(), 4_000_000, hears_every(200, 3, 200_000),
            "remove, MASTER>BACKUP 128 .3 higher 200", "MasterDown 4.700000"),
        edge("with higher_prio_send_advert it sends once more", ALL, |p| p.higher_prio_send_advert = true, as_master(),
            4_000_000, hears(200, 3), "advert 128, remove, MASTER>BACKUP 128 .3 higher 200", "MasterDown 7.500000"),
        edge("and it is back when that one falls silent", BOOKS, AS_IT_IS, then(as_master(), &[(4_000_000, hears(200, 3))]),
            7_500_000, Event::Timer, "advert 128, BACKUP>MASTER 128 .3 down since 4.000000, add, announce 5",
            "Advert 8.500000"),
        // An address is an unsigned number: 192.0.2.200 is above 192.0.2.2.
        edge("addresses have no sign", ALL, AS_IT_IS, as_master(), 4_000_000, hears(128, 200),
            "remove, MASTER>BACKUP 128 .200 above at 128", "MasterDown 7.500000"),
        edge("a new source decides a tie anew", ALL, AS_IT_IS, then(as_master(), &[(3_900_000, Event::Source(address(9)))]),
            4_000_000, hears(129, 3), "remove, MASTER>BACKUP 128 .3 higher 129", "MasterDown 7.500000"),
    ]);
}

// holds: rfc3768-6.4.3-5 rfc5798-6.4.3-5 rfc9568-6.4.3-5
#[test]
#[rustfmt::skip]
fn master_hears_a_lesser_one() {
    let mut rows = Vec::new();
    for (name, event) in [("lower", hears(127, 3)), ("equal, from below", hears(128, 1))] {
        rows.push(edge(name, SILENT, AS_IT_IS, as_master(), 4_000_000, event.clone(), "", "Advert 4.500000"));
        rows.push(edge(name, &[&RFC9568], AS_IT_IS, as_master(), 4_000_000, event.clone(), "advert 128", "Advert 4.500000"));
        rows.push(edge(name, KEEPALIVED, AS_IT_IS, as_master(), 4_000_000, event.clone(),
            "advert 128, announce 5", "Advert 5.000000"));
        rows.push(edge(name, KEEPALIVED, |p| p.lower_prio_no_advert = true, as_master(), 4_000_000, event.clone(),
            "announce 5", "Advert 4.500000"));
        rows.push(edge(name, KEEPALIVED, |p| p.announcing.lower_repeat = 0, as_master(), 4_000_000, event,
            "advert 128", "Advert 5.000000"));
    }
    rows.extend([
        edge("equal, from its own address", SILENT, AS_IT_IS, as_master(), 4_000_000, hears(128, 2),
            "", "Advert 4.500000"),
        edge("equal, from its own address", &[&RFC9568], AS_IT_IS, as_master(), 4_000_000, hears(128, 2),
            "advert 128", "Advert 4.500000"),
        edge("equal, from its own address", KEEPALIVED, AS_IT_IS, as_master(), 4_000_000, hears(128, 2),
            "", "Advert 5.000000"),
        edge("an equal one is below its new source", SILENT, AS_IT_IS,
            then(as_master(), &[(3_900_000, Event::Source(address(9)))]), 4_000_000, hears(128, 3), "", "Advert 4.500000"),
    ]);
    check(rows);
}

// holds: rfc3768-7.1-7 rfc5798-7.1-6 rfc9568-7.1-9
#[test]
#[rustfmt::skip]
fn a_rejected_packet() {
    check(vec![
        edge("as backup", ALL, AS_IT_IS, as_backup_of(200), 4_000_000, Event::Rejected, "", "MasterDown 6.500000"),
        edge("as master", BOOKS, AS_IT_IS, as_master(), 4_000_000, Event::Rejected, "", "Advert 4.500000"),
        edge("as master it restarts keepalived's advert timer", KEEPALIVED, AS_IT_IS, as_master(), 4_000_000, Event::Rejected,
            "", "Advert 5.000000"),
        edge("but not with lower_prio_no_advert", KEEPALIVED, |p| p.lower_prio_no_advert = true, as_master(), 4_000_000,
            Event::Rejected, "", "Advert 4.500000"),
    ]);
}

// holds: rfc3768-5.3.4-1 rfc3768-5.3.4-2 rfc5798-5.2.4-1 rfc5798-5.2.4-2 rfc9568-5.2.4-1 rfc9568-5.2.4-2
#[test]
#[rustfmt::skip]
fn a_change_of_priority() {
    // Last discarded at 3 s, so that what keepalived takes for the whole of its wait ended at 3 s.
    let preempting = || then(start(), &[(1_000_000, hears(100, 3)), (2_000_000, hears(100, 3)), (3_000_000, hears(100, 3))]);
    check(vec![
        // 3 + 64/256 after the advert at 3 s
        edge("keepalived's backup waits anew from the last advert", KEEPALIVED, AS_IT_IS, as_backup_of(200), 4_000_000,
            Event::Priority(192), "", "MasterDown 6.250000"),
        edge("also from one that it discarded", KEEPALIVED, AS_IT_IS, preempting(), 3_400_000, Event::Priority(192),
            "", "MasterDown 6.250000"),
        edge("or that was rejected", KEEPALIVED, AS_IT_IS, then(as_backup_of(200), &[(3_300_000, Event::Rejected)]), 3_400_000,
            Event::Priority(192), "", "MasterDown 6.550000"),
        edge("or from a release", KEEPALIVED, AS_IT_IS, then(as_backup_of(200), &[(3_100_000, hears(0, 3))]), 3_200_000,
            Event::Priority(192), "", "MasterDown 6.350000"),
        edge("or from the end of the startup delay", KEEPALIVED, DELAYED, start(), 100_000, Event::Priority(192),
            "", "MasterDown 7.250000"),
        edge("but only if it is another one", KEEPALIVED, AS_IT_IS, preempting(), 3_400_000, Event::Priority(128),
            "", "MasterDown 3.500000"),
        edge("others at the next advert", BOOKS, AS_IT_IS, as_backup_of(200), 4_000_000, Event::Priority(192),
            "", "MasterDown 6.500000"),
        edge("the next advert", RFCS, AS_IT_IS, then(as_backup_of(200), &[(3_500_000, Event::Priority(192))]), 4_000_000,
            hears(200, 3), "", "MasterDown 7.250000"),
        edge("FRR skews by the configured priority", &[&FRR], AS_IT_IS,
            then(as_backup_of(200), &[(3_500_000, Event::Priority(192))]), 4_000_000, hears(200, 3), "", "MasterDown 7.500000"),
        edge("a master tells it with its next advert", ALL, AS_IT_IS, then(as_master(), &[(4_000_000, Event::Priority(90))]),
            4_500_000, Event::Timer, "advert 90", "Advert 5.500000"),
        edge("and not before", ALL, AS_IT_IS, as_master(), 4_000_000, Event::Priority(90), "", "Advert 4.500000"),
        // 3 + 166/256 s
        edge("but judges with it at once", MICROS, AS_IT_IS, then(as_master(), &[(4_000_000, Event::Priority(90))]), 4_100_000,
            hears(91, 1), "remove, MASTER>BACKUP 90 .1 higher 91", "MasterDown 7.748437"),
        edge("it is at least 1", ALL, AS_IT_IS, then(as_master(), &[(4_000_000, Event::Priority(0))]), 4_500_000,
            Event::Timer, "advert 1", "Advert 5.500000"),
        edge("it is at most 254", ALL, AS_IT_IS, then(as_master(), &[(4_000_000, Event::Priority(255))]), 4_500_000,
            Event::Timer, "advert 254", "Advert 5.500000"),
        edge("an owner stays one", BOOKS, OWNER, then(start(), &[(100_000, Event::Priority(7))]), 1_000_000, Event::Timer,
            "advert 255", "Advert 2.000000"),
    ]);
}

// holds: rfc3768-8.2-2 rfc5798-8.1.2-2 rfc5798-8.2.2-2 rfc9568-8.1.2-2 rfc9568-8.2.2-2
#[test]
#[rustfmt::skip]
fn a_reload() {
    let same = |profile| Event::Reload(Box::new(params(profile)));
    let changed = |profile, with: With| {
        let mut new = params(profile);
        with(&mut new);
        Event::Reload(Box::new(new))
    };
    for profile in KEEPALIVED {
        let one = std::slice::from_ref(profile);
        check(vec![
            edge("a master sends before and after", one, AS_IT_IS, as_master(), 4_000_000, same(profile),
                "advert 128, advert 128", "Advert 5.000000"),
            edge("with its new priority after", one, AS_IT_IS, as_master(), 4_000_000, changed(profile, |p| p.priority = 90),
                "advert 128, advert 90", "Advert 5.000000"),
            edge("and at its new interval", one, AS_IT_IS, as_master(), 4_000_000,
                changed(profile, |p| p.advert_int = micros(2_000_000)), "advert 128, advert 128", "Advert 6.000000"),
            edge("new addresses are announced", one, AS_IT_IS, as_master(), 4_000_000,
                changed(profile, |p| p.addresses.push(address(101))), "advert 128, advert 128, change, announce 5",
                "Advert 5.000000"),
            edge("addresses that went are not", one, AS_IT_IS, as_master(), 4_000_000, changed(profile, |p| p.addresses.clear()),
                "advert 128, advert 128, change", "Advert 5.000000"),
        ]);
    }
    for profile in BOOKS {
        let one = std::slice::from_ref(profile);
        check(vec![
            edge("a master sends an interval later", one, AS_IT_IS, as_master(), 4_000_000, same(profile),
                "", "Advert 5.000000"),
            edge("new addresses are announced", one, AS_IT_IS, as_master(), 4_000_000,
                changed(profile, |p| p.addresses.push(address(101))), "change, announce 5", "Advert 5.000000"),
        ]);
    }
    for profile in ALL {
        let one = std::slice::from_ref(profile);
        check(vec![
            edge("a backup waits anew", one, AS_IT_IS, as_backup_of(200), 4_000_000, same(profile), "", "MasterDown 7.500000"),
            edge("as its new interval says", one, V3, then(start(), &[(1_000_000, hears_every(200, 3, 200_000))]), 1_100_000,
                changed(profile, |p| p.version = 3), "", "MasterDown 4.600000"),
            edge("a preempt delay begins anew", one, |p| p.preempt_delay = micros(2_000_000),
                then(start(), &[(1_000_000, hears(100, 3)), (2_000_000, hears(100, 3)),
                    (2_500_000, changed(profile, |p| p.preempt_delay = micros(2_000_000)))]),
                3_000_000, hears(100, 3), "", "MasterDown 6.500000"),
            edge("in FAULT", one, AS_IT_IS, then(start(), &[(1, Event::Fault(Fault::Config))]), 2,
                changed(profile, |p| p.priority = 192), "", "-"),
            edge("in FAULT, and its end", one, AS_IT_IS,
                then(start(), &[(1, Event::Fault(Fault::Config)), (2, changed(profile, |p| p.priority = 192))]),
                1_000_000, Event::Cleared(Fault::Config), "FAULT>BACKUP 192 recovered", "MasterDown 4.250000"),
            edge("before the start", one, AS_IT_IS, vec![(0, changed(profile, |p| p.priority = 192))], 0, Event::Start,
                "INIT>BACKUP 192 started", "MasterDown 3.250000"),
        ]);
    }
}

#[test]
#[rustfmt::skip]
fn faults_and_recovery() {
    let fault = || Event::Fault(Fault::Interface);
    let failed = || then(start(), &[(1_000_000, Event::Fault(Fault::Interface))]);
    check(vec![
        edge("as backup", ALL, AS_IT_IS, start(), 1_000_000, fault(), "BACKUP>FAULT 128 Interface", "-"),
        edge("as master", BOOKS, AS_IT_IS, as_master(), 4_000_000, fault(),
            "advert 0, remove, MASTER>FAULT 128 Interface", "-"),
        edge("as master keepalived releases twice", KEEPALIVED, |p| p.announcing.delay = Duration::ZERO, as_master(),
            4_000_000, fault(), "advert 0, advert 0, remove, MASTER>FAULT 128 Interface", "-"),
        edge("before the start", ALL, AS_IT_IS, vec![(0, fault())], 0, Event::Start, "INIT>FAULT 128 Interface", "-"),
        edge("a second one", ALL, AS_IT_IS, failed(), 1_000_001, Event::Fault(Fault::Tracked), "", "-"),
        edge("the end of one of two", ALL, AS_IT_IS, then(failed(), &[(1_000_001, Event::Fault(Fault::Tracked))]), 2_000_000,
            Event::Cleared(Fault::Interface), "", "-"),
        edge("the end of both", ALL, AS_IT_IS,
            then(failed(), &[(1_000_001, Event::Fault(Fault::Tracked)), (2_000_000, Event::Cleared(Fault::Interface))]),
            3_000_000, Event::Cleared(Fault::Tracked), "FAULT>BACKUP 128 recovered", "MasterDown 6.500000"),
        edge("the end of the only one", ALL, AS_IT_IS, failed(), 2_000_000, Event::Cleared(Fault::Interface),
            "FAULT>BACKUP 128 recovered", "MasterDown 5.500000"),
        edge("the end of what never began", ALL, AS_IT_IS, failed(), 2_000_000, Event::Cleared(Fault::Forced), "", "-"),
        edge("two interfaces, and the first is back", &[&RFC3768, &RFC5798, &RFC9568, &FRR, &KEEPALIVED_2_2], AS_IT_IS,
            then(failed(), &[(1_500_000, fault())]), 2_000_000, Event::Cleared(Fault::Interface), "", "-"),
        // keepalived since 2.3.3 has one flag for all of them
        edge("two interfaces, and the first is back", &[&KEEPALIVED_2_4], AS_IT_IS, then(failed(), &[(1_500_000, fault())]),
            2_000_000, Event::Cleared(Fault::Interface), "FAULT>BACKUP 128 recovered", "MasterDown 5.500000"),
        edge("two scripts, and the first is back", ALL, AS_IT_IS,
            then(start(), &[(1, Event::Fault(Fault::Tracked)), (2, Event::Fault(Fault::Tracked))]), 3,
            Event::Cleared(Fault::Tracked), "", "-"),
        edge("the owner recovers", BOOKS, OWNER, then(start(), &[(100_000, fault())]), 2_000_000,
            Event::Cleared(Fault::Interface), "advert 255, FAULT>MASTER 255 recovered, add, announce 5", "Advert 3.000000"),
        edge("keepalived's owner is a backup first", KEEPALIVED, QUIET_OWNER,
            then(start(), &[(100_000, fault())]), 2_000_000, Event::Cleared(Fault::Interface),
            "FAULT>BACKUP 255 recovered", "MasterDown 5.003906"),
        edge("the master's interval is forgotten", ALL, V3,
            then(start(), &[(1_000_000, hears_every(200, 3, 200_000)), (1_100_000, fault())]), 2_000_000,
            Event::Cleared(Fault::Interface), "FAULT>BACKUP 128 recovered", "MasterDown 5.500000"),
        edge("a preempt delay is forgotten", ALL, |p| p.preempt_delay = micros(2_000_000),
            then(start(), &[(1_000_000, hears(100, 3)), (2_000_000, fault()), (2_500_000, Event::Cleared(Fault::Interface))]),
            3_000_000, hears(100, 3), "", "MasterDown 6.500000"),
        edge("a priority that changed meanwhile", MICROS, AS_IT_IS, then(failed(), &[(1_500_000, Event::Priority(192))]),
            2_000_000, Event::Cleared(Fault::Interface), "FAULT>BACKUP 192 recovered", "MasterDown 5.250000"),
    ]);
}

#[test]
fn a_fault_ends_a_preempt_delay() {
    let p = Params { preempt_delay: micros(5_000_000), ..params(&KEEPALIVED_2_4) };
    let mut router = after(p, &[(0, Event::Start), (1_000_000, hears(100, 3))]);
    assert_eq!(router.preempt_at(), Some(Instant::from_micros(6_000_000)));
    tell(&mut router, 2_000_000, Event::Fault(Fault::Tracked));
    assert_eq!(router.preempt_at(), None);
}

#[test]
#[rustfmt::skip]
fn scripts_without_a_result_yet() {
    let pending = || vec![(0, Event::Pending), (0, Event::Pending), (0, Event::Start)];
    check(vec![
        edge("hold it in INIT", ALL, AS_IT_IS, vec![(0, Event::Pending)], 0, Event::Start, "", "-"),
        edge("until the last has one", ALL, AS_IT_IS, pending(), 100_000, Event::Settled, "", "-"),
        edge("then it begins", ALL, AS_IT_IS, then(pending(), &[(100_000, Event::Settled)]), 200_000, Event::Settled,
            "INIT>BACKUP 128 started", "MasterDown 3.700000"),
        edge("or not", ALL, AS_IT_IS, then(pending(), &[(100_000, Event::Fault(Fault::Tracked)), (100_000, Event::Settled)]),
            200_000, Event::Settled, "INIT>FAULT 128 Tracked", "-"),
        edge("after a failure that ended before", ALL, AS_IT_IS,
            vec![(0, Event::Pending), (0, Event::Fault(Fault::Interface)), (1, Event::Start),
                (1_000_000, Event::Cleared(Fault::Interface))],
            2_000_000, Event::Settled, "FAULT>BACKUP 128 recovered", "MasterDown 5.500000"),
        edge("an owner is master at once", BOOKS, OWNER, then(pending(), &[(100_000, Event::Settled)]), 200_000, Event::Settled,
            "advert 255, INIT>MASTER 255 owner, add, announce 5", "Advert 1.200000"),
        edge("an owner that says state MASTER too", KEEPALIVED, OWNER_WANTS_MASTER, then(pending(), &[(100_000, Event::Settled)]),
            200_000, Event::Settled, "advert 255, INIT>MASTER 255 owner, add, announce 5", "Advert 1.200000"),
        edge("in a group the group says when", ALL, GROUPED, then(pending(), &[(100_000, Event::Settled)]), 200_000,
            Event::Settled, "", "-"),
        edge("the group says when", ALL, GROUPED,
            then(pending(), &[(100_000, Event::Settled), (100_000, Event::Settled)]), 200_000, Event::GroupRecovered,
            "INIT>BACKUP 128 started", "MasterDown 3.700000"),
        edge("a startup delay counts from the start", ALL, DELAYED, then(pending(), &[(100_000, Event::Settled)]),
            200_000, Event::Settled, "INIT>BACKUP 128 started", "MasterDown 7.500000"),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_address_that_somebody_deleted() {
    check(vec![
        edge("is added again", BOOKS, AS_IT_IS, as_master(), 4_000_000, Event::AddressLost, "add", "Advert 4.500000"),
        edge("makes keepalived resign for its skew time", KEEPALIVED, AS_IT_IS, as_master(), 4_000_000, Event::AddressLost,
            "advert 0, remove, MASTER>BACKUP 128 address lost", "MasterDown 4.500000"),
        edge("after which it is master again", KEEPALIVED, AS_IT_IS, then(as_master(), &[(4_000_000, Event::AddressLost)]),
            4_500_000, Event::Timer, "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 5.500000"),
        edge("is nothing to a backup", ALL, AS_IT_IS, start(), 1_000_000, Event::AddressLost, "", "MasterDown 3.500000"),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_operator() {
    check(vec![
        edge("resigns", ALL, AS_IT_IS, as_master(), 4_000_000, Event::Resign,
            "advert 0, remove, MASTER>BACKUP 128 resigned", "MasterDown 7.500000"),
        edge("resigns a backup", ALL, AS_IT_IS, start(), 1_000_000, Event::Resign, "", "MasterDown 3.500000"),
        edge("wants an advert", ALL, AS_IT_IS, as_master(), 4_000_000, Event::Advertise, "advert 128", "Advert 5.000000"),
        edge("wants a backup's advert", ALL, AS_IT_IS, start(), 1_000_000, Event::Advertise, "", "MasterDown 3.500000"),
    ]);
}

#[test]
#[rustfmt::skip]
fn sync_groups() {
    let ready = || then(start(), &[(3_500_000, Event::Timer)]);
    let master = || then(ready(), &[(3_600_000, Event::GroupMaster)]);
    check(vec![
        edge("a member is ready and waits for the others", ALL, GROUPED, start(), 3_500_000, Event::Timer,
            "ready", "MasterDown 7.000000"),
        edge("and says so again", ALL, GROUPED, ready(), 7_000_000, Event::Timer, "ready", "MasterDown 10.500000"),
        edge("all are ready", ALL, GROUPED, ready(), 3_600_000, Event::GroupMaster,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 4.600000"),
        edge("one that is not ready is taken along", ALL, GROUPED, start(), 3_000_000, Event::GroupMaster,
            "advert 128, BACKUP>MASTER 128 group, add, announce 5", "Advert 4.000000"),
        edge("one that heard a master since is not ready", ALL, GROUPED, then(ready(), &[(3_600_000, hears(200, 3))]),
            3_700_000, Event::GroupMaster, "advert 128, BACKUP>MASTER 128 group, add, announce 5", "Advert 4.700000"),
        edge("a master", ALL, GROUPED, master(), 4_000_000, Event::GroupMaster, "", "Advert 4.600000"),
        edge("another has left mastership", ALL, GROUPED, master(), 4_000_000, Event::GroupBackup,
            "remove, MASTER>BACKUP 128 group", "MasterDown 7.500000"),
        edge("a backup", ALL, GROUPED, start(), 1_000_000, Event::GroupBackup, "", "MasterDown 3.500000"),
        edge("another has failed", BOOKS, GROUPED, master(), 4_000_000, Event::GroupFault,
            "advert 0, remove, MASTER>FAULT 128 group", "-"),
        edge("another has failed", KEEPALIVED, |p| (p.grouped, p.announcing.delay) = (true, Duration::ZERO), master(),
            4_000_000, Event::GroupFault, "advert 0, remove, MASTER>FAULT 128 group", "-"),
        edge("another has failed before the start", ALL, GROUPED, vec![(0, Event::GroupFault)], 0, Event::Start,
            "INIT>FAULT 128 group", "-"),
        edge("its own failure ends", ALL, GROUPED, then(start(), &[(1, Event::Fault(Fault::Tracked))]), 2,
            Event::Cleared(Fault::Tracked), "", "-"),
        edge("the last failure ends", ALL, GROUPED,
            then(start(), &[(1, Event::Fault(Fault::Tracked)), (2, Event::Cleared(Fault::Tracked))]), 2,
            Event::GroupRecovered, "FAULT>BACKUP 128 recovered", "MasterDown 3.500002"),
        edge("but its own does not", ALL, GROUPED, then(start(), &[(1, Event::Fault(Fault::Tracked))]), 2,
            Event::GroupRecovered, "", "-"),
        edge("a grouped owner waits for the others", BOOKS, |p| (p.priority, p.grouped) = (255, true), vec![], 0, Event::Start,
            "INIT>BACKUP 255 started", "MasterDown 0.000000"),
    ]);
}

// holds: rfc3768-7.1-4 rfc5798-7.1-5 rfc5798-8.3.2-1 rfc9568-7.1-7 rfc9568-8.3.2-1
#[test]
#[rustfmt::skip]
fn two_owners() {
    let owner = |n| vec![(0, Event::Start), (n, Event::Timer)];
    check(vec![
        edge("an owner by the book hears nobody", BOOKS, OWNER, owner(0), 100_000, hears(255, 3), "", "Advert 1.000000"),
        edge("not even a release", BOOKS, OWNER, owner(0), 100_000, hears(0, 3), "", "Advert 1.000000"),
        edge("nor what it would reject", BOOKS, OWNER, owner(0), 100_000, Event::Rejected, "", "Advert 1.000000"),
        // 2.2 lowers itself to 254 for good, and so skews by 2/256 s
        edge("2.2 yields to one above", &[&KEEPALIVED_2_2], OWNER_WANTS_MASTER, owner(1), 100_000, hears(255, 3),
            "remove, MASTER>BACKUP 254 .3 higher 255", "MasterDown 3.107812"),
        edge("2.2 yields to one below as well", &[&KEEPALIVED_2_2], OWNER_WANTS_MASTER, owner(1), 100_000, hears(255, 1),
            "remove, MASTER>BACKUP 254 .1 higher 255", "MasterDown 3.107812"),
        edge("2.2 stays at 254", &[&KEEPALIVED_2_2], QUIET_OWNER,
            then(owner(1), &[(100_000, hears(255, 3))]), 3_107_812, Event::Timer,
            "advert 254, BACKUP>MASTER 254 .3 down since 0.100000, add, announce 5", "Advert 4.107812"),
        // 2.4 skews by 1/256 s even so
        edge("2.4 yields to one above", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER, owner(1), 100_000, hears(255, 3),
            "remove, MASTER>BACKUP 255 .3 above at 255", "MasterDown 3.103906"),
        edge("2.4 answers one below", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER, owner(1), 100_000, hears(255, 1),
            "advert 255, announce 5", "Advert 1.100000"),
        // Its answer at 0.1 s and the advert at 1.1 s are two; 1.2 s later, at 2.3 s, its patience ends.
        edge("2.4 lowers itself when one below goes on", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER,
            then(owner(1), &[(100_000, hears(255, 1))]), 1_200_000, hears(255, 1),
            "remove, MASTER>BACKUP 254 .1 higher 255", "MasterDown 4.203906"),
        edge("2.4 lowers itself at the last moment", &[&KEEPALIVED_2_4], QUIET_OWNER,
            then(owner(1), &[(100_000, hears(255, 1))]), 2_300_000, hears(255, 1),
            "remove, MASTER>BACKUP 254 .1 higher 255", "MasterDown 5.303906"),
        edge("2.4 begins anew when its patience was not used", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER,
            then(owner(1), &[(100_000, hears(255, 1))]), 2_300_001, hears(255, 1), "advert 255, announce 5", "Advert 3.300001"),
        edge("2.4 is an owner again when it takes over", &[&KEEPALIVED_2_4], QUIET_OWNER,
            then(owner(1), &[(100_000, hears(255, 1)), (1_200_000, hears(255, 1))]), 4_203_906, Event::Timer,
            "advert 255, BACKUP>MASTER 255 .1 down since 1.200000, add, announce 5", "Advert 5.203906"),
        edge("2.4 is an owner again when another speaks", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER,
            then(owner(1), &[(100_000, hears(255, 1)), (1_200_000, hears(255, 1)), (1_300_000, hears(254, 1))]), 1_400_000,
            Event::Rejected, "", "MasterDown 4.203906"),
        edge("2.4 defers while the other owner speaks", &[&KEEPALIVED_2_4], OWNER_WANTS_MASTER,
            then(owner(1), &[(100_000, hears(255, 1)), (1_200_000, hears(255, 1))]), 1_300_000, hears(255, 1),
            "", "MasterDown 4.303906"),
    ]);
}

// holds: rfc3768-8.2-3 rfc5798-8.1.2-3 rfc9568-8.1.2-3
#[test]
#[rustfmt::skip]
fn announcements() {
    let fast: With = |p| p.advert_int = micros(10_000_000); // master at 30.5 s, so that adverts are out of the way
    let master = || vec![(0, Event::Start), (30_500_000, Event::Timer)];
    check(vec![
        edge("five more after five seconds", ALL, fast, master(), 35_500_000, Event::Timer, "announce 5", "Advert 40.500000"),
        edge("are due", ALL, fast, start(), 30_500_000, Event::Timer,
            "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Announce 35.500000"),
        edge("none more", ALL, |p| (p.advert_int, p.announcing.delay) = (micros(10_000_000), Duration::ZERO), start(),
            30_500_000, Event::Timer, "advert 128, BACKUP>MASTER 128 nobody heard, add, announce 5", "Advert 40.500000"),
        edge("none at all", ALL, |p| (p.advert_int, p.announcing.repeat) = (micros(10_000_000), 0), start(), 30_500_000,
            Event::Timer, "advert 128, BACKUP>MASTER 128 nobody heard, add", "Advert 40.500000"),
        edge("are dropped with mastership", BOOKS, fast, master(), 31_000_000, Event::Resign,
            "advert 0, remove, MASTER>BACKUP 128 resigned", "MasterDown 61.500000"),
        edge("survive it in keepalived", KEEPALIVED, fast, master(), 31_000_000, Event::Resign,
            "advert 0, remove, MASTER>BACKUP 128 resigned", "Announce 35.500000"),
        edge("but are not sent by a backup", KEEPALIVED, fast, then(master(), &[(31_000_000, Event::Resign)]), 35_500_000,
            Event::Timer, "", "MasterDown 61.500000"),
        edge("are sent if mastership was regained", KEEPALIVED, fast,
            then(master(), &[(31_000_000, Event::Resign), (31_100_000, hears(0, 3)), (31_600_000, Event::Timer)]), 35_500_000,
            Event::Timer, "announce 5", "Announce 36.600000"),
        edge("after a lower advert again five seconds later", KEEPALIVED,
            |p| (p.advert_int, p.announcing.delay) = (micros(10_000_000), Duration::ZERO),
            then(master(), &[(31_000_000, hears(100, 3))]), 36_000_000, Event::Timer, "announce 5", "Advert 41.000000"),
    ]);
    // A thousand lower adverts in five seconds: sixteen announcements wait, each of five rounds.
    let mut flood = after(params(&KEEPALIVED_2_4), &as_master());
    for n in 0..1000 {
        let _ = flood.handle(Instant::from_micros(4_000_000 + n * 1000), hears(100, 3));
    }
    let mut sent = 0;
    while let Some((at, _)) = flood.next_deadline().filter(|(at, _)| at.as_micros() < 20_000_000) {
        let actions = flood.handle(at, Event::Timer);
        sent += actions.iter().filter(|a| matches!(a, Action::Announce { .. })).count();
    }
    assert_eq!(sent, 16);
}

#[test]
#[rustfmt::skip]
fn announcements_that_are_refreshed() {
    let every: With = |p| {
        let a = Announcing { delay: micros(5_000_000), refresh: micros(7_000_000), refresh_repeat: 2, ..Announcing::default() };
        (p.advert_int, p.announcing) = (micros(100_000_000), a);
    };
    // Master at 300.5 s: announced again at 305.5 s, and refreshed 7 s after that, at 312.5 s, then every 7 s.
    let master = || vec![(0, Event::Start), (300_500_000, Event::Timer)];
    let timers: &[&Profile] = &[&RFC3768, &RFC5798, &RFC9568, &FRR, &KEEPALIVED_2_4];
    check(vec![
        edge("not before", timers, every, master(), 305_500_000, Event::Timer, "announce 5", "Announce 312.500000"),
        edge("first", timers, every, master(), 312_500_000, Event::Timer, "announce 2", "Announce 319.500000"),
        edge("again", timers, every, master(), 319_500_000, Event::Timer, "announce 2", "Announce 326.500000"),
        edge("for ever, as a timer of keepalived is", &[&KEEPALIVED_2_4], every,
            then(master(), &[(313_000_000, hears(200, 3))]), 319_500_000, Event::Timer, "", "Announce 326.500000"),
        // Adverts at 300.5, 400.5, 500.5 s.
        edge("2.2 waits for an advert", &[&KEEPALIVED_2_2], every, master(), 305_500_000, Event::Timer, "announce 5",
            "Advert 400.500000"),
        edge("2.2 with an advert", &[&KEEPALIVED_2_2], every, master(), 400_500_000, Event::Timer, "advert 128, announce 2",
            "Advert 500.500000"),
        edge("until a reload ends them", timers, every,
            then(master(), &[(310_000_000, Event::Reload(Box::new(params(&KEEPALIVED_2_4))))]), 312_500_000, Event::Timer,
            "", "Advert 313.000000"),
        edge("an end with mastership", BOOKS, every, master(), 313_000_000, Event::Stop,
            "advert 0, remove, MASTER>INIT 128 stopped", "-"),
    ]);
}

#[test]
fn refreshes_of_many_masterships_leave_room() {
    let announcing = Announcing { refresh: micros(7_000_000), ..Announcing::default() };
    let mut router = after(Params { announcing, ..params(&KEEPALIVED_2_4) }, &[(0, Event::Start)]);
    for n in 1..=20 {
        tell(&mut router, n * 10_000_000, Event::Resign);
        tell(&mut router, n * 10_000_000 + 9_000_000, Event::Rejected);
    }
    // Master again since 213.5 s, and five seconds later it announces as it always did.
    tell(&mut router, 210_000_000, Event::Resign);
    let mut announced = Vec::new();
    while let Some((at, _)) = router.next_deadline().filter(|(at, _)| at.as_micros() < 220_000_000) {
        if router.handle(at, Event::Timer).contains(&Action::Announce { rounds: 5 }) {
            announced.push(seconds(at));
        }
    }
    assert_eq!(announced, ["213.500000", "218.500000"]);
}

// holds: rfc3768-5.3.4-2 rfc5798-5.2.4-2 rfc5798-5.2.9-2 rfc9568-5.2.4-2 rfc9568-5.2.9-2
#[test]
fn what_cannot_be_run() {
    let refused = |with: With| {
        let mut p = params(&RFC5798);
        with(&mut p);
        p.check().map_err(|e| e.to_string())
    };
    let said = |text: &str| Err(text.to_owned());
    assert_eq!(refused(AS_IT_IS), Ok(()));
    assert_eq!(refused(|p| p.version = 4), said("VRRP version 4: 2 and 3 are known"));
    assert_eq!(refused(|p| p.vrid = 0), said("virtual router id 0: 1 to 255 are valid"));
    assert_eq!(refused(|p| p.priority = 0), said("priority 0 releases; 1 to 255 are valid"));
    assert_eq!(refused(|p| p.down_timer_adverts = 0), said("down_timer_adverts 0: 1 to 100 are valid"));
    let mixed = said("2001:db8::1 is not of the same family as the source 192.0.2.2");
    assert_eq!(refused(|p| p.addresses.push("2001:db8::1".parse().unwrap())), mixed);
    assert_eq!(refused(|p| p.addresses = vec![address(9); 256]), said("256 addresses: an advert holds 255 at most"));
    assert_eq!(refused(|p| p.addresses = vec![address(9); 255]), Ok(()));
    let seconds = said("version 2 adverts come every 1 s to 255 s, in whole seconds");
    for bad in [0, 500_000, 1_500_000, 256_000_000] {
        let p = Params { advert_int: micros(bad), ..params(&RFC3768) };
        assert_eq!(p.check().map_err(|e| e.to_string()), seconds, "{bad}");
    }
    let steps = said("version 3 adverts come every 10ms to 40s 950ms, in steps of 10ms");
    for (every, is) in [(0, &steps), (5_000, &steps), (10_000, &Ok(())), (40_950_000, &Ok(())), (40_960_000, &steps)] {
        let p = Params { version: 3, advert_int: micros(every), ..params(&RFC5798) };
        assert_eq!(&p.check().map_err(|e| e.to_string()), is, "{every}");
    }
}
