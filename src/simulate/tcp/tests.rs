//! Times worked out by hand from the kernel's formulas, and some that a kernel was seen to keep.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::time::Instant;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

const fn at(micros: i64) -> Instant {
    Instant::from_micros(micros)
}

fn keepalive(idle: u64, interval: u64, probes: u32) -> Settings {
    let s = Duration::from_secs;
    Settings { keepalive: Some(Keepalive { idle: s(idle), interval: s(interval), probes }), ..Settings::default() }
}

fn defaults() -> Settings {
    Settings { keepalive: Some(Kernel::default().keepalive), ..Settings::default() }
}

/// A scenario of `TIME WHAT` lines, with a round trip of 200 µs.
fn scenario(local: Settings, events: &[&str]) -> Scenario {
    let events = events.iter().map(|e| event(e).unwrap()).collect();
    Scenario {
        local,
        peer: Settings::default(),
        rtt: Duration::from_micros(200),
        events,
        middlebox: None,
        length: horizon(&local) + ms(100_000),
    }
}

fn records(s: &Scenario) -> Vec<(i64, Record)> {
    let mut all = Vec::new();
    play(s, Slack::Usual, &mut |at, r| all.push((at.as_micros(), r)));
    all
}

/// Times and names of what the application learns, in microseconds.
fn outcomes(s: &Scenario) -> Vec<(i64, &'static str)> {
    let only = |(at, r): (i64, Record)| match r {
        Record::Outcome { learned, .. } => Some((at, learned.error.as_str())),
        _ => None,
    };
    records(s).into_iter().filter_map(only).collect()
}

/// Times of the segments of a kind, in microseconds.
fn sent(s: &Scenario, who: From, what: Kind) -> Vec<i64> {
    let only = |(at, r): (i64, Record)| match r {
        Record::Segment { from, kind, .. } if from == who && kind == what => Some(at),
        _ => None,
    };
    records(s).into_iter().filter_map(only).collect()
}

#[test]
fn defaults_take_two_hours_eleven_minutes_and_fifteen_seconds() {
    let s = scenario(defaults(), &["0s drop"]);
    // 7200 + 9 × 75
    assert_eq!(outcomes(&s), [(7_875_000_000, "ETIMEDOUT")]);
    let probes: Vec<i64> = (0..9).map(|n| 7_200_000_000 + n * 75_000_000).collect();
    assert_eq!(sent(&s, From::Local, Kind::Keepalive), probes);
    assert_eq!(sent(&s, From::Local, Kind::Rst), [7_875_000_000]);
    // Without keepalive nobody ever notices.
    assert_eq!(outcomes(&scenario(Settings::default(), &["0s drop"])), []);
}

#[test]
fn the_formula_of_retries_is_the_kernels() {
    let two_minutes = ms(120_000);
    // 0.2 s × (2^(n + 1) − 1), and from 9 on 120 s each: ip-sysctl names 924.6 s.
    let table = [(0, 200), (1, 600), (3, 3_000), (5, 12_600), (8, 102_200), (9, 204_600), (10, 324_600), (15, 924_600)];
    for (n, expected) in table {
        assert_eq!(model_timeout(n, two_minutes), ms(expected), "{n}");
    }
    // With a maximum of 1 s it doubles twice: 0.2 + 0.4 + 0.8, then 1 s each.
    assert_eq!(model_timeout(4, ms(1_000)), ms(3_400));
}

#[test]
fn unacknowledged_data_is_judged_by_retries_and_not_by_keepalive() {
    let s = scenario(defaults(), &["0s drop", "0s write 10"]);
    // A round trip and 200 ms in ticks of 4 ms: 204 ms to the loss probe, as long again to the first timeout, then
    // doubled up to 104.448 s and 120 s each. From 0.408 s on 924.6 s are over at the sixth of these.
    let times: Vec<i64> = [204, 408, 816, 1_632, 3_264, 6_528, 13_056, 26_112, 52_224, 104_448, 208_896]
        .into_iter()
        .chain((1..=5).map(|n| 208_896 + n * 120_000))
        .map(|t| t * 1_000)
        .collect();
    assert_eq!(sent(&s, From::Local, Kind::Retransmission), times);
    assert_eq!(outcomes(&s), [(928_896_000, "ETIMEDOUT")]);
    assert!(sent(&s, From::Local, Kind::Keepalive).is_empty());
    // It gives up without a word.
    assert!(sent(&s, From::Local, Kind::Rst).is_empty());
}

#[test]
fn the_keepalive_timer_waits_for_data_and_runs_anew() {
    let s = scenario(keepalive(2, 1, 2), &["1s drop", "1s write"]);
    let only = |(at, r): (i64, Record)| matches!(r, Record::Deferred(_)).then_some(at);
    let deferred: Vec<i64> = records(&s).into_iter().filter_map(only).take(3).collect();
    assert_eq!(deferred, [2_000_000, 4_000_000, 6_000_000]);
}

#[test]
fn a_user_timeout_counts_from_the_first_timeout_of_data() {
    let local = Settings { user_timeout: Some(ms(2_000)), ..keepalive(10, 1, 3) };
    let s = scenario(local, &["0s drop", "0s write"]);
    // First timeout at 408 ms; the timer after 1632 ms is cut to what is left of 2 s.
    assert_eq!(sent(&s, From::Local, Kind::Retransmission), [204_000, 408_000, 816_000, 1_632_000]);
    assert_eq!(outcomes(&s), [(2_408_000, "ETIMEDOUT")]);
}

#[test]
fn a_user_timeout_replaces_the_number_of_probes() {
    let with = |timeout, probes| Settings { user_timeout: Some(ms(timeout)), ..keepalive(10, 10, probes) };
    let end = |local| outcomes(&scenario(local, &["0s drop"]));
    // Looked at when a probe is due and one was sent: at 20, 30 … s.
    assert_eq!(end(with(15_000, 9)), [(20_000_000, "ETIMEDOUT")]);
    assert_eq!(end(with(20_000, 9)), [(20_000_000, "ETIMEDOUT")]);
    assert_eq!(end(with(20_001, 9)), [(30_000_000, "ETIMEDOUT")]);
    // Shorter than the idle time it still takes a probe.
    assert_eq!(end(with(500, 9)), [(20_000_000, "ETIMEDOUT")]);
    // Longer than all probes it goes on.
    assert_eq!(end(with(65_000, 2)), [(70_000_000, "ETIMEDOUT")]);
    for (timeout, seconds) in [(15_000, 20), (20_000, 20), (20_001, 30), (500, 20), (65_000, 70)] {
        let k = with(timeout, 2).keepalive.unwrap();
        assert_eq!(gives_up_idle(&k, Some(ms(timeout))), ms(seconds * 1_000), "{timeout}");
    }
    assert_eq!(gives_up_idle(&keepalive(7200, 75, 9).keepalive.unwrap(), None), ms(7_875_000));
}

#[test]
fn a_close_is_the_end_of_data_and_a_broken_pipe_later() {
    let s = scenario(keepalive(10, 1, 3), &["1s close", "2s write 5", "3s write 5"]);
    // The FIN takes 100 µs; data to a process that is gone comes back as RST after 200 µs.
    assert_eq!(outcomes(&s), [(1_000_100, "EOF"), (2_000_200, "EPIPE"), (3_000_000, "EPIPE")]);
    // Left alone, the closed peer answers probes for 60 s (FIN_WAIT2), the one after that with RST.
    let s = scenario(keepalive(25, 1, 3), &["0s close"]);
    assert_eq!(outcomes(&s), [(100, "EOF"), (75_012_200, "EPIPE")]);
    assert_eq!(sent(&s, From::Local, Kind::Keepalive), [25_004_000, 50_008_000, 75_012_000]);
}

#[test]
fn resets_come_at_once_from_a_process_and_with_the_next_segment_from_a_host() {
    assert_eq!(
        outcomes(&scenario(keepalive(10, 1, 3), &["1s reset", "2s write"])),
        [(1_000_100, "ECONNRESET"), (2_000_000, "EPIPE")]
    );
    assert_eq!(outcomes(&scenario(keepalive(10, 1, 3), &["1s reboot"])), [(10_000_200, "ECONNRESET")]);
    assert_eq!(outcomes(&scenario(keepalive(10, 1, 3), &["1s reboot", "2s write"])), [(2_000_200, "ECONNRESET")]);
    // A reset that is lost is noticed like a reboot.
    let lost = scenario(keepalive(10, 1, 3), &["1s drop", "2s reset", "3s heal"]);
    assert_eq!(outcomes(&lost), [(10_000_200, "ECONNRESET")]);
}

#[test]
fn icmp_counts_for_data_and_not_for_probes() {
    // A probe's sequence number lies before what is unacknowledged, so the kernel does not believe the answer.
    let probes = scenario(keepalive(1, 1, 3), &["0s unreachable"]);
    assert_eq!(outcomes(&probes), [(4_000_000, "ETIMEDOUT")]);
    assert_eq!(sent(&probes, From::Middlebox, Kind::Icmp).len(), 4);
    let local = Settings { user_timeout: Some(ms(2_000)), ..Settings::default() };
    let data = scenario(local, &["0s unreachable", "0s write"]);
    // 2 s after 408 ms, and each of five answers that takes a doubling back comes 100 µs after its question.
    assert_eq!(outcomes(&data), [(2_408_500, "EHOSTUNREACH")]);
    // Each answer takes a doubling back (RFC 6069), so timeouts stay 204 ms as long as the router answers: seven times
    // within 1.3 s, then once a second.
    let times = sent(&data, From::Local, Kind::Retransmission);
    let near = |n: i64| times.iter().any(|t| (n..n + 2_000).contains(t));
    for n in [204, 408, 612, 816, 1_020, 1_224, 1_428] {
        assert!(near(n * 1_000), "{n} ms: {times:?}");
    }
    assert_eq!(times.len(), 8, "{times:?}");
    assert_eq!(sent(&data, From::Middlebox, Kind::Icmp).len(), 7);
}

#[test]
fn an_answer_begins_the_count_anew() {
    // Two probes are lost, then data comes: three more, as a kernel was seen to do.
    let events = ["0.2s drop", "2.5s heal", "2.6s peer-write 5", "2.7s drop"];
    let s = scenario(keepalive(1, 1, 3), &events);
    let probes = [1_000_000, 2_000_000, 3_604_000, 4_604_000, 5_604_000];
    // At 3 s the timer finds 399.9 ms since the data, and runs for 600.1 ms, in ticks of 4 ms.
    assert_eq!(sent(&s, From::Local, Kind::Keepalive), probes);
    assert_eq!(outcomes(&s), [(6_604_000, "ETIMEDOUT")]);
}

#[test]
fn probes_that_are_answered_keep_the_longer_of_the_two_paces() {
    let mut s = scenario(keepalive(1, 3, 2), &[]);
    s.length = ms(8_000);
    assert_eq!(sent(&s, From::Local, Kind::Keepalive), [1_000_000, 4_000_000, 7_000_000]);
    assert_eq!(keepalive(1, 3, 2).keepalive.unwrap().pace(), ms(3_000));
    let mut s = scenario(keepalive(3, 1, 2), &[]);
    s.length = ms(7_000);
    // The answer comes 200 µs after the probe, so the timer finds that much missing, which is a tick.
    assert_eq!(sent(&s, From::Local, Kind::Keepalive), [3_000_000, 6_004_000]);
}

#[test]
fn a_small_write_waits_for_the_one_before() {
    let s = scenario(Settings::default(), &["0s drop", "0s write 10", "0.1s write 10", "1s heal"]);
    let held = |(at, r): (i64, Record)| matches!(r, Record::Held(10, Held::Nagle)).then_some(at);
    assert_eq!(records(&s).into_iter().filter_map(held).collect::<Vec<_>>(), [100_000]);
    // The loss probe takes the second along as new data; the timeout sends both in one.
    assert_eq!(sent(&s, From::Local, Kind::Data), [0, 204_000]);
    assert_eq!(sent(&s, From::Local, Kind::Retransmission), [408_000, 816_000, 1_632_000]);
    assert_eq!(outcomes(&s), []);
    let nodelay = Settings { nodelay: true, ..Settings::default() };
    let s = scenario(nodelay, &["0s drop", "0s write 10", "0.1s write 10"]);
    // Of several segments the loss probe comes after two round trips and 2 ms, which is a tick.
    assert_eq!(sent(&s, From::Local, Kind::Data), [0, 100_000]);
    assert_eq!(sent(&s, From::Local, Kind::Retransmission)[..3], [104_000, 308_000, 716_000]);
}

#[test]
fn a_middlebox_forgets_idle_flows() {
    let with = |local, limit, answer, events: &[&str]| {
        let middlebox = Some(Middlebox { limit: ms(limit), answer });
        outcomes(&Scenario { middlebox, length: ms(100_000), ..scenario(local, events) })
    };
    let slow = keepalive(10, 1, 3);
    assert_eq!(with(slow, 5_000, Answer::Silent, &[]), [(13_000_000, "ETIMEDOUT")]);
    assert_eq!(with(slow, 5_000, Answer::Rst, &[]), [(10_000_100, "ECONNRESET")]);
    assert_eq!(with(slow, 5_000, Answer::RstBoth, &[]), [(5_000_050, "ECONNRESET")]);
    assert_eq!(with(slow, 11_000, Answer::Silent, &[]), []);
    // Set to the very limit it is too late: no timer is early.
    assert_eq!(with(slow, 10_000, Answer::Rst, &[]), [(10_000_100, "ECONNRESET")]);
    // What the peer sends into a forgotten flow resets the peer alone; the next segment from here finds that out.
    let none = Settings::default();
    assert_eq!(with(none, 5_000, Answer::Rst, &["6s peer-write", "7s write"]), [(7_000_100, "ECONNRESET")]);
}

#[test]
fn timers_are_as_late_as_their_bucket_is_wide() {
    let kernel = Kernel::default();
    // Ticks of 4 ms. Levels begin at 63, 504, 4032, 32256 and 258048 ticks; buckets are 1, 8, 64, 512, 4096, 32768
    // wide.
    let table = [
        (ms(200), 8),
        (ms(252), 36),
        (ms(1_000), 36),
        (ms(5_000), 260),
        (ms(75_000), 2_052),
        (ms(130_000), 16_388),
        (ms(7_200_000), 131_076),
    ];
    for (timer, late) in table {
        assert_eq!(kernel.lateness(timer), ms(late), "{timer:?}");
    }
    let mut all = Vec::new();
    play(&scenario(defaults(), &["0s drop"]), Slack::Most, &mut |at, r| all.push((at, r)));
    // 131.076 s for the idle time, 2.052 s for each of nine intervals.
    let (end, _) = all.into_iter().find(|(_, r)| matches!(r, Record::Outcome { .. })).unwrap();
    assert_eq!(end, at(7_875_000_000 + 131_076_000 + 9 * 2_052_000));
}

#[test]
fn milliseconds_decide_about_one_more_retransmission() {
    // 6.2 s for 4 retries; timers on time make it 6.12 s after the first timeout and therefore 12.648 s, usual ones
    // do not.
    let kernel = Kernel { retries2: 4, ..Kernel::default() };
    let s = scenario(Settings { kernel, ..Settings::default() }, &["0s drop", "0s write"]);
    let end = |slack| play(&s, slack, &mut |_, _| {}).error.unwrap().0;
    assert_eq!(end(Slack::Usual), at(6_528_000));
    assert_eq!(end(Slack::Least), at(13_056_000));
    assert!(end(Slack::Most) > at(6_600_000) && end(Slack::Most) < at(7_000_000));
}

#[test]
fn the_round_trip_is_estimated_as_the_kernel_does() {
    // Read from TCP_INFO: 300.5 ms in the handshake gives 904 ms (three times the time), 50.5 ms gives 252 ms.
    let kernel = Kernel::default();
    let mut e = rtt::Estimator::new(Duration::from_micros(300_541), 1, &kernel);
    assert_eq!(e.rto(&kernel), ms(904));
    // Then five writes of 5 bytes, a second apart; the kernel said 908, 844, 772, 704, 656 ms.
    for (n, micros) in [301_879, 301_708, 301_556, 301_425, 301_321].into_iter().enumerate() {
        let end = 6 + 5 * n as u64;
        e.sample(Duration::from_micros(micros), end, end);
        let kernel_said = [908, 844, 772, 704, 656][n];
        assert!(e.rto(&kernel).abs_diff(ms(kernel_said)) <= ms(8), "{n}: {:?}", e.rto(&kernel));
    }
    assert_eq!(rtt::Estimator::new(Duration::from_micros(50_470), 1, &kernel).rto(&kernel), ms(252));
    // With ticks of 1 ms and of 10 ms.
    let short = Duration::from_micros(200);
    let rto = |hz| rtt::Estimator::new(short, 1, &kernel).rto(&Kernel { hz, ..kernel });
    assert_eq!((rto(1000), rto(100)), (ms(201), ms(210)));
}

#[test]
fn a_peer_that_closes_into_the_void_is_forgotten() {
    // Its FIN is retransmitted until 102.2 s after the first timeout are over; then nobody knows the connection.
    let s = scenario(keepalive(200, 1, 3), &["0s drop", "1s close", "199s heal"]);
    assert_eq!(outcomes(&s), [(200_000_200, "ECONNRESET")]);
    assert_eq!(sent(&s, From::Peer, Kind::Fin), [1_000_000]);
    // 408 ms × 2^n after 1 s: at 105.448 s it is 104.04 s since the first timeout at 1.408 s.
    assert_eq!(sent(&s, From::Peer, Kind::Retransmission).last(), Some(&53_224_000));
}

#[test]
fn events_are_read_and_near_misses_named() {
    assert_eq!(event("9.5s drop"), Ok((at(9_500_000), What::Drop)));
    assert_eq!(event("1m 5s write 100"), Ok((at(65_000_000), What::Write(100))));
    assert_eq!(event("0s peer-write"), Ok((at(0), What::PeerWrite(1))));
    let wrong = [
        ("3 drop", "3 lacks its unit: 3s? 3ms?"),
        ("3s dorp", "there is no event \"dorp\"; did you mean drop?"),
        ("3s", "an event is a time and what happens, as in `3s drop`"),
        ("drop", "an event is a time and what happens, as in `3s drop`"),
        ("3s drop 5", "\"5\" is one word too many: drop takes nothing"),
        ("3s write 0", "\"0\" is not a number of bytes from 1 to 1048576"),
        ("3s write 5 6", "\"6\" is one word too many"),
    ];
    for (text, why) in wrong {
        assert_eq!(event(text).unwrap_err(), why, "{text}");
    }
    for kind in EVENTS {
        assert_eq!(event(&format!("1s {}", kind.name)).unwrap().1.name(), kind.name);
    }
}

#[test]
fn nginx_is_read_as_nginx_reads_it() {
    let kernel = Kernel::default();
    let of = |text| nginx(text, &kernel).unwrap().map(|k| (k.idle.as_secs(), k.interval.as_secs(), k.probes));
    assert_eq!(of("so_keepalive=30m::10"), Some((1800, 75, 10)));
    assert_eq!(of("listen 443 ssl so_keepalive=1m30s:5:;"), Some((90, 5, 9)));
    assert_eq!(of("::3"), Some((7200, 75, 3)));
    assert_eq!(of("on"), Some((7200, 75, 9)));
    assert_eq!(of("so_keepalive=off"), None);
    for bad in ["", "::", "30m", "30m:5", "a::", "0::", "::128", "::0", "10h::", "listen 80;", "so_keepalive=maybe"] {
        assert!(nginx(bad, &kernel).is_err(), "{bad}");
    }
}

#[test]
fn presets_are_found_by_their_names() {
    let kernel = Kernel::default();
    let of = |name| {
        let p = preset(name).unwrap();
        let k = p.keepalive(&kernel);
        (p.on, k.idle.as_secs(), k.interval.as_secs(), k.probes)
    };
    assert_eq!(of("linux"), (true, 7200, 75, 9));
    assert_eq!(of("nginx"), (false, 7200, 75, 9));
    assert_eq!(of("redis"), (true, 300, 100, 3));
    assert_eq!(of("go"), (true, 15, 15, 9));
    assert_eq!(of("curl"), (true, 60, 60, 9));
    assert_eq!(preset("posgres").unwrap_err(), "there is no preset \"posgres\"; did you mean postgres?");
    assert_eq!(middlebox("aws-nlb").unwrap().middlebox, Middlebox { limit: ms(350_000), answer: Answer::Rst });
    let near = middlebox("aws").unwrap_err();
    assert_eq!(near, "there is no middlebox \"aws\"; did you mean aws-nlb or aws-nat-gateway?");
}

#[test]
fn settings_for_a_target_do_what_is_wanted() {
    let rtt = Duration::from_micros(200);
    let target = Target { detect_within: Some(ms(30_000)), survive_idle: Some(ms(350_000)) };
    let found = solve(&Kernel::default(), rtt, &target).unwrap();
    // A user timeout and three probes for the same moment; 29 s would be late by 2 s for the idle time's coarse timer.
    assert_eq!(found.settings.keepalive, keepalive(16, 4, 3).keepalive);
    assert_eq!(found.settings.user_timeout, Some(ms(28_000)));
    assert!(found.is_met());
    assert!(!judge(&defaults(), rtt, &target).is_met());
    // The data that is written just before the end begins anew.
    assert!(found.late.unwrap() > ms(56_000));
    // No second for a probe and its answer.
    let hasty = Target { detect_within: Some(ms(1_500)), survive_idle: None };
    assert_eq!(solve(&Kernel::default(), rtt, &hasty), None);
    // Without a user timeout the host's tcp_retries2: 6 gives 26.1 s, 7 gives 52.2 s.
    assert_eq!(retries2(&Kernel::default(), rtt, ms(30_000)), Some(6));
}

prop_compose! {
    fn anything()(
        idle in 1_u64..5, interval in 1_u64..5, probes in 1_u32..4, on in any::<bool>(),
        timeout in proptest::option::of(1_u64..6_000), retries2 in 0_u32..5, nodelay in any::<bool>(),
        rtt in 0_u64..400_000,
        limit in proptest::option::of((500_u64..6_000, 0_usize..3)),
        events in proptest::collection::vec((0_u64..15_000, 0_usize..EVENTS.len(), 1_u32..20_000), 0..8),
    ) -> Scenario {
        let mut local = keepalive(idle, interval, probes);
        local.keepalive = local.keepalive.filter(|_| on);
        (local.user_timeout, local.nodelay, local.kernel.retries2) = (timeout.map(ms), nodelay, retries2);
        let events = events.into_iter().map(|(t, kind, bytes)| {
            let kind = &EVENTS[kind];
            let bytes = if kind.takes_bytes { format!(" {bytes}") } else { String::new() };
            event(&format!("{t}ms {}{bytes}", kind.name)).unwrap()
        });
        let answers = [Answer::Silent, Answer::Rst, Answer::RstBoth];
        Scenario {
            local,
            peer: Settings::default(),
            rtt: Duration::from_micros(rtt),
            events: events.collect(),
            middlebox: limit.map(|(limit, answer)| Middlebox { limit: ms(limit), answer: answers[answer] }),
            length: ms(60_000),
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_is_told_in_order_and_the_same_each_time(s in anything()) {
        for slack in [Slack::Least, Slack::Usual, Slack::Most] {
            let mut first = Vec::new();
            let one = play(&s, slack, &mut |at, r| first.push((at, r)));
            let mut second = Vec::new();
            let two = play(&s, slack, &mut |at, r| second.push((at, r)));
            prop_assert_eq!(one, two);
            prop_assert_eq!(&first, &second);
            prop_assert!(first.len() < 50_000);
            prop_assert!(first.windows(2).all(|w| w[0].0 <= w[1].0));
            // After an error nothing but resets leaves, and there is one error that is not EPIPE.
            if let Some((at, _)) = one.error {
                let after = first.iter().filter(|(t, _)| *t > at);
                let sends = |r: &Record| match r {
                    Record::Segment { from, kind, .. } => *from == From::Local && *kind != Kind::Rst,
                    _ => false,
                };
                prop_assert_eq!(after.filter(|(_, r)| sends(r)).count(), 0);
            }
            let final_errors = first.iter().filter(|(_, r)| {
                matches!(r, Record::Outcome { learned, .. }
                    if !matches!(learned.error, Errno::Pipe | Errno::Eof))
            });
            prop_assert!(final_errors.count() <= 1);
        }
    }
}
