//! Nanoseconds a frame: decoding each kind, writing its JSON, and the observer's share of an advert.
//!
//! `cargo bench` prints them. Each number is the best of several rounds, so that what else the machine does counts little.

use std::hint::black_box;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use hactl::frame::{Frame, LinkType};
use hactl::report::json;
use hactl::sniff::{Limits, Observer, Seen};
use hactl::time::Timestamp;
use hactl::wire::build::{AdvertSpec, Signing, ethernet, gratuitous_arp, unsolicited_na};
use hactl::wire::{Decoded, Decoder, Keys, Mac};

const ROUNDS: usize = 15;
const TIMES: u64 = 20_000;

fn best(name: &str, mut f: impl FnMut(u64)) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for i in 0..TIMES {
            f(i);
        }
        best = best.min(start.elapsed());
    }
    println!("{name:44} {:8.1} ns", best.as_nanos() as f64 / TIMES as f64);
}

fn frame(data: &[u8], number: u64) -> Frame<'_> {
    let time = Timestamp::from_micros(1_700_000_000_000_000 + number as i64 * 1000);
    Frame { number, time, link: LinkType::Ethernet, stripped_tag: None, data, wire_len: data.len() as u32 }
}

fn router(n: u8, vrid: u8, addresses: u8) -> AdvertSpec {
    let address = |last| IpAddr::from([10, 77, vrid, last]);
    AdvertSpec::new(Mac([2, 0, 0, 0, 0, n]), IpAddr::from([10, 77, 0, n]), vrid, (1..=addresses).map(address).collect())
}

fn main() {
    let mac = Mac([2, 0, 0, 0, 0, 1]);
    let v6 = AdvertSpec {
        version: 3,
        ..AdvertSpec::new(mac, "fe80::1".parse().unwrap(), 51, vec!["fe80::110".parse().unwrap()])
    };
    let ah = AdvertSpec { signing: Signing::Ah(*b"password", 1), ..router(1, 51, 1) };
    let hmac = Signing::Hmac { key_id: 1, key: vec![7; 32], seconds: 1, subsec: 0, counter: 0 };
    let hmac = AdvertSpec { signing: hmac, ..router(1, 51, 1) };
    let mut tcp = vec![0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2];
    tcp.resize(40, 0);
    let kinds: Vec<(&str, Vec<u8>)> = vec![
        ("decode TCP (none of our business)", ethernet(mac, mac, &[], 0x0800, &tcp)),
        ("decode gratuitous ARP", gratuitous_arp(mac, [10, 77, 0, 1].into(), &[])),
        ("decode unsolicited NA", unsolicited_na(mac, "fe80::1".parse().unwrap(), &[])),
        ("decode v2, 1 address", router(1, 51, 1).frame()),
        ("decode v2, 20 addresses", router(1, 51, 20).frame()),
        ("decode v3", AdvertSpec { version: 3, ..router(1, 51, 1) }.frame()),
        ("decode v3 over IPv6", v6.frame()),
        ("decode v2, VLAN", AdvertSpec { vlans: vec![10], ..router(1, 51, 1) }.frame()),
        ("decode AH", ah.frame()),
        ("decode HMAC trailer", hmac.frame()),
    ];
    let decoder = Decoder::default();
    for (name, data) in &kinds {
        best(name, |i| {
            black_box(decoder.decode(black_box(&frame(data, i))));
        });
    }
    let mut keys = Keys::default();
    keys.set_ah(b"password");
    keys.add_hmac(1, &[7; 32]);
    let keyed = Decoder::new(keys);
    for (name, data) in [("verify AH", ah.frame()), ("verify HMAC trailer", hmac.frame())] {
        best(name, |i| {
            black_box(keyed.decode(black_box(&frame(&data, i))));
        });
    }

    let data = router(1, 51, 1).frame();
    let Decoded::Advert(advert) = decoder.decode(&frame(&data, 1)) else { unreachable!("an advert was built") };
    let mut line = Vec::new();
    best("JSON of an advert", |i| {
        line.clear();
        let seen = Seen { number: i, time: Timestamp::from_micros(1_700_000_000_000_000 + i as i64) };
        json::advert(&mut line, seen, black_box(&advert)).expect("memory takes everything");
        black_box(&line);
    });

    for groups in [1u8, 100] {
        let decoded: Vec<Decoded> =
            (0..groups).map(|n| decoder.decode(&frame(&router(1, n + 1, 1).frame(), 1))).collect();
        let mut observer = Observer::new(None, Limits::default());
        let (mut number, mut micros) = (0, 1_700_000_000_000_000i64);
        best(&format!("observe an advert, {groups} virtual routers"), |_| {
            number += 1;
            micros += 1_000_000 / i64::from(groups);
            let decoded = &decoded[number as usize % decoded.len()];
            observer.frame(number, Timestamp::from_micros(micros), black_box(decoded));
            black_box(observer.drain());
        });
        best(&format!("pass over another frame, {groups} virtual routers"), |_| {
            micros += 500;
            observer.other(Timestamp::from_micros(micros));
        });
    }
}
