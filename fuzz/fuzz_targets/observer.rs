//! Frames, silence and questions in any order, with times going anywhere. No panic, and every bound holds.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use arbitrary::Arbitrary;
use hactl::frame::{Frame, LinkType};
use hactl::report::{Clock, describe, json, table, verdict};
use hactl::sniff::{Context, Limits, Observer, judge, predict};
use hactl::time::Timestamp;
use hactl::wire::build::{AdvertSpec, Signing, gratuitous_arp, unsolicited_na};
use hactl::wire::checksum::Form;
use hactl::wire::{Decoder, Mac};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum When {
    /// Some microseconds later.
    Soon(u16),
    /// Some milliseconds later.
    Later(u16),
    /// Some milliseconds earlier.
    Back(u16),
    /// Anywhere.
    Nanos(i64),
}

#[derive(Arbitrary, Debug)]
enum Op {
    Advert {
        when: When,
        who: u8,
        vrid: u8,
        priority: u8,
        interval: u8,
        addresses: [u8; 3],
        kind: u8,
        vlan: u8,
        ttl: bool,
    },
    Announce {
        when: When,
        mac: u8,
        address: u8,
        v6: bool,
    },
    Raw {
        when: When,
        link: u8,
        data: Vec<u8>,
    },
    Pass(When),
    Other(When),
    Judge {
        ended: bool,
        live: bool,
    },
    Drain,
}

fn mac(n: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, n % 8])
}

fn address(n: u8, v6: bool) -> IpAddr {
    if v6 {
        IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, u16::from(n % 24)))
    } else {
        IpAddr::V4(Ipv4Addr::new(10, 77, 0, n % 24))
    }
}

fn move_clock(now: &mut i64, when: &When) -> Timestamp {
    *now = match when {
        When::Soon(us) => now.saturating_add(i64::from(*us) * 1000),
        When::Later(ms) => now.saturating_add(i64::from(*ms) * 1_000_000),
        When::Back(ms) => now.saturating_sub(i64::from(*ms) * 1_000_000),
        When::Nanos(n) => *n,
    };
    Timestamp { nanos: *now, digits: if *now & 1 == 0 { 6 } else { 9 } }
}

fuzz_target!(|ops: Vec<Op>| {
    let limits = Limits { groups: 8, events: 32, malformed: 4, addresses: 16, bytes: 64 << 10 };
    let mut observer = Observer::new(None, limits);
    let decoder = Decoder::default();
    let mut now = 1_700_000_000_000_000_000i64;
    let mut number = 0;
    let mut sink = std::io::sink();
    let mut feed = |observer: &mut Observer, time, link, data: &[u8]| {
        number += 1;
        let wire_len = data.len() as u32;
        let f = Frame { number, time, link, stripped_tag: None, data, wire_len };
        observer.frame(number, time, &decoder.decode(&f));
    };
    for op in ops {
        match op {
            Op::Advert { when, who, vrid, priority, interval, addresses, kind, vlan, ttl } => {
                let time = move_clock(&mut now, &when);
                let v6 = kind & 1 != 0;
                let list = addresses.iter().take(usize::from(kind >> 6)).map(|n| address(*n, v6)).collect();
                let mut spec = AdvertSpec::new(mac(who), address(who, v6), vrid % 4, list);
                spec.version = if v6 || kind & 2 != 0 { 3 } else { 2 };
                spec.priority = priority;
                spec.advert_int = Duration::from_millis(u64::from(interval) * 100);
                spec.vlans = if vlan < 32 { vec![u16::from(vlan) + 1] } else { Vec::new() };
                spec.ttl = if ttl { 255 } else { 64 };
                spec.dst = (kind & 4 != 0).then(|| address(kind, v6));
                spec.checksum = if kind & 8 != 0 { Form::Plain } else { Form::PseudoHeader };
                spec.signing = match (kind >> 4) & 3 {
                    1 if spec.version == 2 => Signing::Pass([who; 8]),
                    2 if spec.version == 2 => Signing::Ah([who; 8], u32::from(interval)),
                    3 => Signing::Hmac {
                        key_id: 1,
                        key: vec![1; 32],
                        seconds: u32::from(interval) << 24,
                        subsec: 0,
                        counter: 0,
                    },
                    _ => Signing::None,
                };
                feed(&mut observer, time, LinkType::Ethernet, &spec.frame());
            }
            Op::Announce { when, mac: m, address: a, v6 } => {
                let time = move_clock(&mut now, &when);
                let data = match address(a, v6) {
                    IpAddr::V4(ip) => gratuitous_arp(mac(m), ip, &[]),
                    IpAddr::V6(ip) => unsolicited_na(mac(m), ip, &[]),
                };
                feed(&mut observer, time, LinkType::Ethernet, &data);
            }
            Op::Raw { when, link, data } => {
                let time = move_clock(&mut now, &when);
                feed(
                    &mut observer,
                    time,
                    LinkType::from_number([0, 1, 101, 108, 113, 276][usize::from(link % 6)]),
                    &data,
                );
            }
            Op::Pass(when) => observer.advance(move_clock(&mut now, &when)),
            Op::Other(when) => observer.other(move_clock(&mut now, &when)),
            Op::Judge { ended, live } => ask(&observer, ended, live, &mut sink),
            Op::Drain => {
                for e in observer.drain() {
                    let _ = describe::event(&e);
                }
            }
        }
        assert!(observer.groups().len() <= limits.groups);
        assert!(observer.broken().count() <= limits.malformed + 1);
        assert!(observer.events().len() <= limits.events);
        assert!(observer.groups().all(|g| g.members.len() <= 16 && g.masters().len() <= g.members.len()));
    }
    ask(&observer, true, false, &mut sink);
});

fn ask(observer: &Observer, ended: bool, live: bool, out: &mut std::io::Sink) {
    let context = Context { ended, live, ..Context::default() };
    let findings = judge(observer, &context);
    let clock = Clock::utc();
    for f in &findings {
        verdict::finding(out, f, &clock).unwrap();
        json::finding(out, f).unwrap();
    }
    let _ = verdict::verdict(observer, &findings, &context);
    let _ = verdict::span(observer);
    let groups: Vec<_> = observer.groups().collect();
    let _ = table::groups(&groups, 100);
    for g in groups {
        let _ = predict::predict(g).map(|p| p.formula());
        json::group(out, g).unwrap();
        for t in &g.transitions {
            json::transition(out, g.id, t).unwrap();
        }
    }
}
