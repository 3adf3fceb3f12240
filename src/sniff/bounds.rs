//! What the observer remembers, whatever arrives.

use std::net::{IpAddr, Ipv4Addr};

use super::observer::{Limits, Observer};
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;
use crate::wire::build::AdvertSpec;
use crate::wire::{Decoded, Decoder, Mac};

/// Feeds an advert, at `micros`.
fn feed(observer: &mut Observer, number: u64, micros: i64, spec: &AdvertSpec) {
    let data = spec.frame();
    let time = Timestamp::from_micros(micros);
    let wire_len = data.len() as u32;
    let frame = Frame { number, time, link: LinkType::Ethernet, stripped_tag: None, data: &data, wire_len };
    let decoded = Decoder::default().decode(&frame);
    assert!(matches!(decoded, Decoded::Advert(_)));
    observer.frame(number, time, &decoded);
}

fn v4(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(n))
}

/// Adverts of 255 addresses each, all different, from 16 senders in each of many virtual routers.
fn flood(observer: &mut Observer, adverts: u64) {
    for n in 0..adverts {
        let (group, sender) = ((n / 16 % 1020) as u32, (n % 16) as u32);
        let addresses = (0..255).map(|i| v4(0x2000_0000 + (group << 12) + (sender << 8) + i)).collect();
        let mac = Mac([2, 0, 0, 0, 0, sender as u8]);
        let mut spec =
            AdvertSpec::new(mac, v4(0x0a00_0000 + (group << 8) + sender), (group % 255) as u8 + 1, addresses);
        spec.vlans = vec![(group / 255) as u16 + 1];
        feed(observer, n + 1, n as i64 * 50, &spec);
        observer.drain();
    }
}

#[test]
fn a_flood_of_long_lists_stays_within_the_bytes() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let mut observer = Observer::new(None, limits);
    flood(&mut observer, 10_240);
    let held: usize = observer.groups().map(super::Group::weight).sum();
    assert!(held <= 1 << 20, "{held} bytes");
    assert!(observer.totals().groups_forgotten > 0);
    assert_eq!(observer.totals().adverts, 10_240);
}

#[test]
fn an_established_virtual_router_outlives_the_flood() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let mut observer = Observer::new(None, limits);
    let real = AdvertSpec::new(Mac([2, 0, 0, 0, 0, 99]), v4(0x0a4d_0001), 51, vec![v4(0x0a4d_006e)]);
    for n in 0..10 {
        feed(&mut observer, n + 1, n as i64 * 1_000_000, &real);
    }
    let limits = observer.groups().next().unwrap().id;
    for round in 0..4 {
        for n in 0..2560u32 {
            let addresses = (0..255).map(|i| v4(0x2000_0000 + (n << 8) + i)).collect();
            let mut spec = AdvertSpec::new(Mac([6; 6]), v4(0x0b00_0000 + n), (n % 255) as u8 + 1, addresses);
            spec.vlans = vec![n as u16 % 4000 + 1];
            feed(&mut observer, 0, 10_000_000 + round * 1_000_000 + i64::from(n), &spec);
        }
        feed(&mut observer, 0, 11_000_000 + round * 1_000_000, &real);
    }
    let group = observer.group(limits).expect("the real one is still known");
    assert_eq!((group.adverts, group.transition_count), (14, 1));
}

#[test]
fn a_long_contention_remembers_no_more_speakers_than_members() {
    let mut observer = Observer::new(None, Limits::default());
    for n in 0..5000u32 {
        let spec = AdvertSpec {
            priority: (n % 200) as u8 + 1,
            ..AdvertSpec::new(Mac([2; 6]), v4(0x0a00_0000 + n % 700), 7, vec![v4(0x0a4d_006e)])
        };
        feed(&mut observer, u64::from(n) + 1, i64::from(n) * 300_000, &spec);
        observer.drain();
    }
    let group = observer.groups().next().unwrap();
    assert!(group.members.len() <= 16);
    assert!(group.all_contentions().all(|c| c.speakers.len() <= 16));
}
