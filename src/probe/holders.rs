//! Who has an address: the answers to ARP requests and neighbour solicitations, the masters that announce it, and what the
//! two say together. Knows neither sockets nor clocks.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::outcome::{Fact, Value};
use super::reason::Reason;
use crate::wire::{Advert, Decoded, Mac};

/// Hosts that are remembered; on a link with more the address is in worse trouble than a list can say.
const MOST: usize = 32;

/// A VRRP master that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Master {
    /// The source of its adverts.
    pub address: IpAddr,
    /// Its virtual router.
    pub vrid: u8,
    /// Its priority.
    pub priority: u8,
    /// Where its adverts come from.
    pub mac: Option<Mac>,
    /// Whether they list the address.
    pub lists: bool,
}

impl Master {
    /// Whether what is at a hardware address is this master: it is its own, or the virtual router's.
    fn is_at(&self, mac: Mac, v6: bool) -> bool {
        self.mac == Some(mac) || mac == Mac::virtual_router(self.vrid, v6)
    }

    /// `master 10.0.0.2 (VRID 51, priority 100)`
    fn words(&self) -> String {
        format!("master {} (VRID {}, priority {})", self.address, self.vrid, self.priority)
    }
}

/// What one frame said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A host answered that it has the address.
    Answer(Mac),
    /// A host announced to everybody that it has the address.
    Announcement(Mac),
    /// A master that lists the address speaks, and has not given it up.
    Master(IpAddr),
}

/// What was heard of one address.
#[derive(Clone, Debug)]
pub struct Heard {
    address: IpAddr,
    /// Where it was asked from, so where answers go.
    own: Mac,
    /// Who answered, and how often.
    answers: Vec<(Mac, u32)>,
    /// Requests of this host that are not ours: the kernel's, and those of another probe. Their answers come here too.
    others: u32,
    masters: Vec<Master>,
}

impl Heard {
    /// Nothing yet.
    pub const fn new(address: IpAddr, own: Mac) -> Self {
        Self { address, own, answers: Vec::new(), others: 0, masters: Vec::new() }
    }

    /// Takes what a frame says, if it is about the address.
    pub fn see(&mut self, decoded: &Decoded) -> Option<Sighting> {
        match decoded {
            Decoded::Arp(arp) if IpAddr::V4(arp.sender_ip) == self.address => {
                let answer = !arp.request && arp.target_mac == self.own;
                self.claimed(arp.sender_mac, answer)
            }
            Decoded::Arp(arp)
                if arp.request && arp.sender_mac == self.own && IpAddr::V4(arp.target_ip) == self.address =>
            {
                self.others += 1;
                None
            }
            Decoded::Na(na) if IpAddr::V6(na.target) == self.address => {
                let answer = na.solicited && na.link.dst == Some(self.own);
                self.claimed(na.announced_mac()?, answer)
            }
            Decoded::Advert(advert) => self.advert(advert),
            _ => None,
        }
    }

    fn claimed(&mut self, mac: Mac, answer: bool) -> Option<Sighting> {
        if mac == self.own {
            return None;
        }
        if !answer {
            return Some(Sighting::Announcement(mac));
        }
        let room = self.answers.len() < MOST;
        match self.answers.iter_mut().find(|a| a.0 == mac) {
            Some(known) => known.1 += 1,
            None if room => self.answers.push((mac, 1)),
            None => {}
        }
        Some(Sighting::Answer(mac))
    }

    fn advert(&mut self, advert: &Advert) -> Option<Sighting> {
        let key = (advert.src, advert.vrid);
        self.masters.retain(|m| (m.address, m.vrid) != key);
        // With priority 0 it gives up.
        if advert.priority == 0 {
            return None;
        }
        let lists = advert.addresses.contains(&self.address);
        if self.masters.len() < MOST {
            self.masters.push(Master {
                address: advert.src,
                vrid: advert.vrid,
                priority: advert.priority,
                mac: advert.link.src,
                lists,
            });
        }
        lists.then_some(Sighting::Master(advert.src))
    }

    /// Whether a master of the address was heard.
    pub fn has_master(&self) -> bool {
        self.masters.iter().any(|m| m.lists)
    }

    /// Whether anybody answered.
    pub fn is_answered(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Who answered, without this host itself where it has the address: through another interface on the same link it may
    /// answer as well (`arp_ignore`).
    fn others<'a>(&'a self, asked: &Asked<'_>) -> impl Iterator<Item = &'a (Mac, u32)> {
        self.answers.iter().filter(move |a| asked.here.is_none() || asked.own(a.0).is_none())
    }

    /// What it comes to: a sentence, and perhaps why it is a failure.
    pub fn verdict(&self, asked: &Asked<'_>) -> (Result<(), Reason>, String) {
        let (mut result, mut sentence) = self.judged(asked);
        if let Some(here) = asked.here.filter(|_| asked.quiet) {
            let _ = write!(sentence, "; this host has it on {here} and does not answer for it, as behind LVS");
        }
        let own = self.answers.iter().filter(|_| asked.here.is_some()).find_map(|a| asked.own(a.0));
        if let Some(own) = own {
            let _ = write!(sentence, "; {own} of this host answers for it as well");
        }
        if let Err(reason) = &mut result {
            reason.sentence.clone_from(&sentence);
        }
        (result, sentence)
    }

    fn judged(&self, asked: &Asked<'_>) -> (Result<(), Reason>, String) {
        let v6 = self.address.is_ipv6();
        let way = if v6 { "neighbour solicitation" } else { "ARP" };
        let masters: Vec<&Master> = self.masters.iter().filter(|m| m.lists).collect();
        let fail = |id, sentence: String| (Err(Reason::new(id, sentence.clone())), sentence);
        let whose = |mac: Mac| match masters.iter().find(|m| m.is_at(mac, v6)) {
            Some(m) => format!("{} of {}", name(mac, v6), m.words()),
            None => asked.own(mac).map_or_else(|| name(mac, v6), |interface| format!("this host ({interface})")),
        };
        let here = asked.speaks().map(|interface| format!("this host ({interface})"));
        let mut holders: Vec<String> = here.iter().cloned().collect();
        holders.extend(self.others(asked).map(|a| whose(a.0)));
        if holders.len() > 1 {
            return fail("several", format!("{} hosts answer for it: {}", holders.len(), holders.join(", and ")));
        }
        // Two masters with one virtual MAC look like one, but for the number of answers. How often others asked is only
        // known of ARP.
        let requests = asked.requests + self.others;
        let shared = |a: &&(Mac, u32)| !v6 && is_virtual(a.0, v6) && a.1 >= 2 * requests;
        if let Some((mac, n)) = self.answers.iter().find(shared) {
            let mac = name(*mac, v6);
            let sentence = format!("{n} answers came to {requests} requests, all from {mac}: two hosts use it");
            return fail("several", sentence);
        }
        let Some(mac) = self.others(asked).next().map(|a| a.0) else {
            let Some(here) = here else {
                let mut sentence = format!("nobody answers {way} on {} ({} requests)", asked.interface, asked.requests);
                if let Some(m) = masters.first() {
                    let _ = write!(sentence, ", though {} announces it", m.words());
                }
                return fail("nobody", sentence);
            };
            return match masters.iter().find(|m| !asked.is_own(m)) {
                Some(m) => fail("not-master", format!("{here} has it and is not {}", m.words())),
                None => (Ok(()), format!("{here} has it and nobody else answers{}", self.by_whom(asked, &masters))),
            };
        };
        let answered = format!("answered by {}", name(mac, v6));
        if let Some(m) = masters.iter().find(|m| m.is_at(mac, v6)) {
            return (Ok(()), format!("{answered}, which is the one of {}", m.words()));
        }
        if let Some(m) = masters.first() {
            let at = m.mac.map_or(String::new(), |mac| format!(" at {mac}"));
            return fail("not-master", format!("{answered}, which is not the one of {}{at}", m.words()));
        }
        if let Some(m) = self.masters.iter().find(|m| m.is_at(mac, v6)) {
            return (Ok(()), format!("{answered}, which is the one of {}, whose adverts do not list it", m.words()));
        }
        (Ok(()), format!("{answered}{}", self.by_whom(asked, &masters)))
    }

    /// What is known of masters where none settles it.
    fn by_whom(&self, asked: &Asked<'_>, masters: &[&Master]) -> String {
        match (masters.first(), self.masters.first(), asked.listened) {
            (Some(m), ..) => format!(" ({})", m.words()),
            (None, Some(m), _) => format!("; no advert lists it, those of {} do not", m.words()),
            (None, None, None) => String::new(),
            (None, None, Some(d)) => format!("; no VRRP advert within {}", humantime::format_duration(d)),
        }
    }

    /// The same for programs.
    pub fn facts(&self, asked: &Asked<'_>) -> Vec<Fact> {
        let v6 = self.address.is_ipv6();
        let mut facts = vec![
            Fact::text("interface", asked.interface),
            Fact::number("requests", asked.requests),
            Fact { name: "macs", value: Value::List(self.answers.iter().map(|a| a.0.to_string()).collect()) },
        ];
        facts.extend(asked.here.map(|name| Fact::text("held_here", name)));
        facts.extend(asked.quiet.then(|| Fact::bool("answers_here", false)));
        let masters: Vec<&Master> = self.masters.iter().filter(|m| m.lists).collect();
        if let Some(m) = masters.first() {
            facts.push(Fact::text("master", m.address.to_string()));
            facts.push(Fact::number("vrid", m.vrid));
            facts.push(Fact::number("priority", m.priority));
            facts.extend(m.mac.map(|mac| Fact::text("master_mac", mac.to_string())));
            let mut others = self.others(asked).peekable();
            let right = if others.peek().is_none() {
                asked.speaks().map(|_| masters.iter().all(|m| asked.is_own(m)))
            } else {
                Some(asked.speaks().is_none() && others.all(|a| masters.iter().any(|m| m.is_at(a.0, v6))))
            };
            facts.extend(right.map(|right| Fact::bool("is_master", right)));
        }
        if masters.len() > 1 {
            let list = masters.iter().map(|m| m.address.to_string()).collect();
            facts.push(Fact { name: "masters", value: Value::List(list) });
        }
        facts
    }
}

/// How it was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Where.
    pub interface: &'a str,
    /// The interface of this host that has the address.
    pub here: Option<&'a str>,
    /// Whether it does not answer for it.
    pub quiet: bool,
    /// The other interfaces of this host.
    pub own: &'a [(Mac, String)],
    /// How often.
    pub requests: u32,
    /// How long adverts were waited for, if they were.
    pub listened: Option<Duration>,
    /// Addresses of this host.
    pub addresses: &'a [IpAddr],
}

impl Asked<'_> {
    /// The interface that has the address and answers for it.
    fn speaks(&self) -> Option<&str> {
        self.here.filter(|_| !self.quiet)
    }

    /// The interface of this host with this hardware address. That of a virtual router may be another host's as well.
    fn own(&self, mac: Mac) -> Option<&str> {
        self.own.iter().find(|o| o.0 == mac && !is_virtual(mac, false) && !is_virtual(mac, true)).map(|o| o.1.as_str())
    }

    fn is_own(&self, master: &Master) -> bool {
        self.addresses.contains(&master.address)
    }
}

fn is_virtual(mac: Mac, v6: bool) -> bool {
    let Mac([.., vrid]) = mac;
    mac == Mac::virtual_router(vrid, v6)
}

/// A hardware address, with what a virtual one says by itself.
fn name(mac: Mac, v6: bool) -> String {
    let Mac([.., vrid]) = mac;
    if is_virtual(mac, v6) { format!("{mac} (the virtual MAC of VRID {vrid})") } else { mac.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, LinkType};
    use crate::time::Timestamp;
    use crate::wire::Decoder;

    const OWN: Mac = Mac([2, 0, 0, 0, 0, 9]);
    const ASKED: Asked<'_> = Asked {
        interface: "eth0",
        here: None,
        quiet: false,
        own: &[],
        requests: 3,
        listened: Some(Duration::from_millis(1500)),
        addresses: &[],
    };

    fn decoded(hex: &str) -> Decoded {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        let data: Vec<u8> = digits.chunks(2).map(|p| (p[0] * 16 + p[1]) as u8).collect();
        let wire_len = data.len() as u32;
        let time = Timestamp::from_nanos(0);
        let frame = Frame { number: 1, time, link: LinkType::Ethernet, stripped_tag: None, data: &data, wire_len };
        Decoder::default().decode(&frame)
    }

    /// A reply from 02:00:0a:4d:00:`host` to `OWN`: it has 10.77.0.110.
    fn reply(host: u8) -> Decoded {
        decoded(&format!(
            "020000000009 02000a4d00{host:02x} 0806 0001 0800 06 04 0002 02000a4d00{host:02x} 0a4d006e 020000000009 \
             00000000"
        ))
    }

    /// Version 2, VRID 51, 10.77.0.110, from 10.77.0.`host`; checksums are not looked at.
    fn advert(host: u8, priority: u8) -> Decoded {
        decoded(&format!(
            "01005e000012 02000a4d00{host:02x} 0800 45c00028000100 00ff700000 0a4d00{host:02x} e0000012 \
             21 33 {priority:02x} 01 00 01 0000 0a4d006e 0000000000000000"
        ))
    }

    fn heard(frames: &[Decoded]) -> Heard {
        let mut heard = Heard::new("10.77.0.110".parse().unwrap(), OWN);
        for f in frames {
            heard.see(f);
        }
        heard
    }

    fn says(frames: &[Decoded], asked: &Asked<'_>) -> (Option<&'static str>, String) {
        let (result, sentence) = heard(frames).verdict(asked);
        (result.err().map(|r| r.id), sentence)
    }

    fn fact(frames: &[Decoded], asked: &Asked<'_>, name: &str) -> Option<Value> {
        heard(frames).facts(asked).into_iter().find(|f| f.name == name).map(|f| f.value)
    }

    #[test]
    fn the_answer_is_the_masters_or_not() {
        let (id, text) = says(&[reply(1), advert(1, 102)], &ASKED);
        assert_eq!(
            (id, text.as_str()),
            (None, "answered by 02:00:0a:4d:00:01, which is the one of master 10.77.0.1 (VRID 51, priority 102)")
        );
        let (id, text) = says(&[reply(1), advert(2, 100)], &ASKED);
        assert_eq!(id, Some("not-master"));
        assert_eq!(
            text,
            "answered by 02:00:0a:4d:00:01, which is not the one of master 10.77.0.2 (VRID 51, priority 100) at \
             02:00:0a:4d:00:02"
        );
        assert_eq!(fact(&[reply(1), advert(2, 100)], &ASKED, "is_master"), Some(Value::Bool(false)));
        // Who gives up is no master any more.
        let (id, text) = says(&[reply(2), advert(1, 102), advert(1, 0), advert(2, 100)], &ASKED);
        assert_eq!((id, text.ends_with("the one of master 10.77.0.2 (VRID 51, priority 100)")), (None, true));
        let (id, text) = says(&[reply(1)], &ASKED);
        assert_eq!((id, text.as_str()), (None, "answered by 02:00:0a:4d:00:01; no VRRP advert within 1s 500ms"));
    }

    #[test]
    fn a_virtual_mac_is_the_masters_wherever_adverts_come_from() {
        let virtual_reply = || {
            decoded("020000000009 00005e000133 0806 0001 0800 06 04 0002 00005e000133 0a4d006e 020000000009 00000000")
        };
        let (id, text) = says(&[virtual_reply(), advert(1, 102)], &ASKED);
        assert_eq!(
            (id, text.as_str()),
            (
                None,
                "answered by 00:00:5e:00:01:33 (the virtual MAC of VRID 51), which is the one of master 10.77.0.1 \
                 (VRID 51, priority 102)"
            )
        );
        let mut six: Vec<Decoded> = (0..6).map(|_| virtual_reply()).collect();
        let (id, text) = says(&six, &ASKED);
        assert_eq!(
            (id, text.as_str()),
            (
                Some("several"),
                "6 answers came to 3 requests, all from 00:00:5e:00:01:33 (the virtual MAC of VRID 51): two hosts \
                 use it"
            )
        );
        // Somebody else on this host asked as well.
        let own = "ffffffffffff 020000000009 0806 0001 0800 06 04 0001 020000000009 0a4d0009 000000000000 0a4d006e";
        six.push(decoded(own));
        assert_eq!(says(&six, &ASKED).0, None);
        assert_eq!(says(&[reply(1), reply(1), reply(1), reply(1), reply(1), reply(1)], &ASKED).0, None);
    }

    #[test]
    fn several_and_nobody_are_told() {
        let (id, text) = says(&[reply(1), reply(2), reply(1), advert(1, 102)], &ASKED);
        assert_eq!(
            (id, text.as_str()),
            (
                Some("several"),
                "2 hosts answer for it: 02:00:0a:4d:00:01 of master 10.77.0.1 (VRID 51, priority 102), and \
                 02:00:0a:4d:00:02"
            )
        );
        let (id, text) = says(&[], &ASKED);
        assert_eq!((id, text.as_str()), (Some("nobody"), "nobody answers ARP on eth0 (3 requests)"));
        let (id, text) = says(&[advert(1, 102)], &ASKED);
        assert_eq!(id, Some("nobody"));
        assert!(text.ends_with(", though master 10.77.0.1 (VRID 51, priority 102) announces it"), "{text}");
    }

    #[test]
    fn what_this_host_has_is_said() {
        let own = ["10.77.0.1".parse().unwrap()];
        let here = Asked { here: Some("eth0"), addresses: &own, ..ASKED };
        let (id, text) = says(&[advert(1, 102)], &here);
        assert_eq!(id, None);
        assert_eq!(text, "this host (eth0) has it and nobody else answers (master 10.77.0.1 (VRID 51, priority 102))");
        let (id, text) = says(&[advert(2, 100)], &here);
        assert_eq!(id, Some("not-master"));
        assert_eq!(text, "this host (eth0) has it and is not master 10.77.0.2 (VRID 51, priority 100)");
        let (id, text) = says(&[reply(2)], &here);
        assert_eq!(
            (id, text.as_str()),
            (Some("several"), "2 hosts answer for it: this host (eth0), and 02:00:0a:4d:00:02")
        );
    }

    #[test]
    fn another_interface_of_this_host_is_no_other_host() {
        let own = [
            (Mac([2, 0, 0x0a, 0x4d, 0, 2]), "eth1".to_owned()),
            (Mac::virtual_router(51, false), "vrrp.51".to_owned()),
        ];
        let here = Asked { here: Some("eth0"), own: &own, ..ASKED };
        let (id, text) = says(&[reply(2)], &here);
        assert_eq!(id, None);
        assert_eq!(
            text,
            "this host (eth0) has it and nobody else answers; no VRRP advert within 1s 500ms; eth1 of this host answers for \
             it as well"
        );
        let (id, text) = says(&[reply(2), reply(3)], &here);
        assert_eq!(id, Some("several"));
        assert_eq!(
            text,
            "2 hosts answer for it: this host (eth0), and 02:00:0a:4d:00:03; eth1 of this host answers for it as well"
        );
        // Without the address it answers in the name of another (proxy ARP).
        let (id, text) = says(&[reply(2), reply(3)], &Asked { own: &own, ..ASKED });
        assert_eq!(
            (id, text.as_str()),
            (Some("several"), "2 hosts answer for it: this host (eth1), and 02:00:0a:4d:00:03")
        );
        // Another host may well use the virtual MAC that this one has.
        let shared =
            decoded("020000000009 00005e000133 0806 0001 0800 06 04 0002 00005e000133 0a4d006e 020000000009 00000000");
        assert_eq!(says(&[shared], &here).0, Some("several"));
    }

    #[test]
    fn a_real_server_that_keeps_quiet_holds_nothing() {
        let quiet = Asked { here: Some("lo"), quiet: true, ..ASKED };
        let aside = "; this host has it on lo and does not answer for it, as behind LVS";
        let (id, text) = says(&[reply(1), advert(1, 102)], &quiet);
        assert_eq!(id, None);
        assert_eq!(
            text,
            format!(
                "answered by 02:00:0a:4d:00:01, which is the one of master 10.77.0.1 (VRID 51, priority 102){aside}"
            )
        );
        assert_eq!(fact(&[reply(1), advert(1, 102)], &quiet, "is_master"), Some(Value::Bool(true)));
        let (id, text) = says(&[], &quiet);
        assert_eq!((id, text), (Some("nobody"), format!("nobody answers ARP on eth0 (3 requests){aside}")));
    }

    #[test]
    fn what_is_no_answer_to_us_is_none() {
        // To another host; of another address; a request; our own.
        for other in [
            "020000000008 02000a4d0001 0806 0001 0800 06 04 0002 02000a4d0001 0a4d006e 020000000008 0a4d0008",
            "020000000009 02000a4d0001 0806 0001 0800 06 04 0002 02000a4d0001 0a4d006f 020000000009 00000000",
            "ffffffffffff 02000a4d0001 0806 0001 0800 06 04 0001 02000a4d0001 0a4d006e 000000000000 0a4d0001",
            "ffffffffffff 020000000009 0806 0001 0800 06 04 0002 020000000009 0a4d006e 020000000009 00000000",
        ] {
            assert!(!heard(&[decoded(other)]).is_answered(), "{other}");
        }
        let mut h = heard(&[]);
        let gratuitous =
            "ffffffffffff 02000a4d0002 0806 0001 0800 06 04 0001 02000a4d0002 0a4d006e ffffffffffff 0a4d006e";
        assert_eq!(h.see(&decoded(gratuitous)), Some(Sighting::Announcement(Mac([2, 0, 0x0a, 0x4d, 0, 2]))));
        assert_eq!(h.see(&reply(1)), Some(Sighting::Answer(Mac([2, 0, 0x0a, 0x4d, 0, 1]))));
        assert_eq!(h.see(&advert(1, 102)), Some(Sighting::Master("10.77.0.1".parse().unwrap())));
        assert_eq!(h.see(&advert(1, 0)), None);
    }

    #[test]
    fn a_neighbour_advertisement_to_us_is_an_answer() {
        let na = |flags: u8, to: &str| {
            decoded(&format!(
                "{to} 02000a4d0001 86dd 60000000 0020 3a ff fe800000000000000000000000000001 \
                 fe800000000000000000000000000009 88 00 0000 {flags:02x}000000 fe800000000000000000000000000110 \
                 02 01 02000a4d0001"
            ))
        };
        let mut heard = Heard::new("fe80::110".parse().unwrap(), OWN);
        assert_eq!(heard.see(&na(0x20, "333300000001")), Some(Sighting::Announcement(Mac([2, 0, 0x0a, 0x4d, 0, 1]))));
        assert!(!heard.is_answered());
        assert_eq!(heard.see(&na(0x60, "020000000009")), Some(Sighting::Answer(Mac([2, 0, 0x0a, 0x4d, 0, 1]))));
        let (result, sentence) = heard.verdict(&Asked { listened: None, ..ASKED });
        assert_eq!((result, sentence.as_str()), (Ok(()), "answered by 02:00:0a:4d:00:01"));
    }
}
