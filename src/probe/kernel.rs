//! What the kernel says, as a [`Reason`].

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;

use super::reason::Reason;
use super::vip::holds;
use crate::net::own_networks;
use crate::net::probe_socket::{IcmpError, ProbeSocketError, Said};

/// A socket could not be made or used as asked.
pub(super) fn local(error: &ProbeSocketError) -> Reason {
    Reason::new(if error.is_not_permitted() { "permission" } else { "local" }, error.to_string())
}

/// Something failed on a connection, or on the way to one.
pub(super) fn failure(error: &io::Error, icmp: Option<&IcmpError>) -> Reason {
    if let Some(icmp) = icmp.filter(|i| i.from.is_some()) {
        return told(icmp);
    }
    let sentence = |words: &str| words.to_owned();
    match Said::by(error) {
        Said::Refused => Reason::new("refused", sentence("connection refused")),
        Said::TimedOut => Reason::new("timeout-syn", sentence("the kernel gave up waiting for an answer")),
        Said::Reset => Reason::new("reset", sentence("connection reset by peer")),
        Said::NoRoute => Reason::new("no-route", sentence("no route to that network")),
        Said::Unreachable => Reason::new(
            "unreachable",
            sentence("the host does not answer ARP or neighbour discovery, or no route to it"),
        ),
        Said::NotPermitted => Reason::new("permission", sentence("this host does not let the packets out")),
        Said::TooLong => Reason::new("mtu", sentence("the packet is longer than the interface carries")),
        Said::Other => Reason::new("local", error.to_string()),
    }
}

/// What a router or the host said by ICMP.
pub(super) fn told(icmp: &IcmpError) -> Reason {
    let Some(from) = icmp.from else {
        return failure(&io::Error::from_raw_os_error(icmp.errno), None);
    };
    if is_no_neighbour(icmp)
        && let Some(reason) = no_neighbour(icmp, &own_networks())
    {
        return reason;
    }
    let words = if icmp.v6 { v6(icmp.kind, icmp.code) } else { v4(icmp.kind, icmp.code) };
    let family = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    let mut sentence = match words {
        Some(words) => format!("{from} says: {words} ({family} type {} code {})", icmp.kind, icmp.code),
        None => format!("{from} says: {family} type {} code {}", icmp.kind, icmp.code),
    };
    let too_big = matches!((icmp.v6, icmp.kind, icmp.code), (false, 3, 4) | (true, 2, _));
    if too_big {
        let _ = write!(sentence, ", at most {} bytes", icmp.info);
        return Reason::new("mtu", sentence);
    }
    let id = match (icmp.v6, icmp.kind, icmp.code) {
        // Of ports only their own host knows.
        (false, 3, 3) | (true, 1, 4) if icmp.about.is_some_and(|about| about != from) => "rejected",
        (false, 3, 3) | (true, 1, 4) => "refused",
        (false, 3, 0 | 6) | (true, 1, 0) => "no-route",
        (false, 11, 0) | (true, 3, 0) => "ttl-exceeded",
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => "prohibited",
        _ => "unreachable",
    };
    Reason::new(id, sentence)
}

/// What a host says that finds nobody to hand a packet to.
const fn is_no_neighbour(icmp: &IcmpError) -> bool {
    matches!((icmp.v6, icmp.kind, icmp.code), (false, 3, 1) | (true, 1, 3))
}

/// The kernel says so to its own sockets too, in its own name: then the packet never left this host. `own` are its
/// addresses and the lengths of their prefixes.
fn no_neighbour(icmp: &IcmpError, own: &[(IpAddr, u8)]) -> Option<Reason> {
    let (from, about) = (icmp.from?, icmp.about?);
    if !own.iter().any(|(address, _)| *address == from) {
        return None;
    }
    let near = matches!(about, IpAddr::V6(a) if a.is_unicast_link_local())
        || own.iter().any(|(network, length)| *length > 0 && holds(*network, *length, about));
    let way = if near { String::new() } else { "the gateway to ".to_owned() };
    let asked = if icmp.v6 { "neighbour discovery" } else { "ARP" };
    Some(Reason::new("no-neighbour", format!("nobody answers {asked} for {way}{about} here")))
}

/// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
fn v4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "fragmentation needed",
        (3, 5) => "source route failed",
        (3, 6) => "network unknown",
        (3, 7) => "host unknown",
        (3, 9) => "network administratively prohibited",
        (3, 10) => "host administratively prohibited",
        (3, 13) => "administratively prohibited",
        (11, 0) => "time to live exceeded on the way",
        (11, 1) => "fragment reassembly time exceeded",
        (12, _) => "parameter problem",
        _ => return None,
    })
}

/// RFC 4443 section 3.
fn v6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no route to destination",
        (1, 1) => "administratively prohibited",
        (1, 2) => "beyond the scope of the source address",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, 5) => "source address failed ingress or egress policy",
        (1, 6) => "route to destination rejected",
        (2, _) => "packet too big",
        (3, 0) => "hop limit exceeded on the way",
        (3, 1) => "fragment reassembly time exceeded",
        (4, _) => "parameter problem",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icmp(v6: bool, kind: u8, code: u8) -> IcmpError {
        let from = if v6 { "2001:db8::fe" } else { "10.0.0.254" };
        IcmpError { from: Some(from.parse().unwrap()), v6, kind, code, info: 1400, errno: 113, about: None }
    }

    #[test]
    fn nobody_who_answers_arp_is_told_from_a_router_that_says_so() {
        let own: Vec<(IpAddr, u8)> = [("10.0.0.1", 24), ("127.0.0.1", 8), ("2001:db8::1", 64), ("10.9.9.9", 32)]
            .map(|(a, length)| (a.parse().unwrap(), length))
            .into();
        let told = |v6: bool, from: &str, about: &str| {
            let (kind, code) = if v6 { (1, 3) } else { (3, 1) };
            let (from, about) = (from.parse().ok(), about.parse().ok());
            no_neighbour(&IcmpError { from, about, ..icmp(v6, kind, code) }, &own).map(|r| (r.id, r.sentence))
        };
        let no = |sentence: &str| Some(("no-neighbour", sentence.to_owned()));
        assert_eq!(told(false, "10.0.0.1", "10.0.0.7"), no("nobody answers ARP for 10.0.0.7 here"));
        assert_eq!(told(false, "10.0.0.1", "10.1.0.7"), no("nobody answers ARP for the gateway to 10.1.0.7 here"));
        assert_eq!(told(false, "10.0.0.254", "10.0.0.7"), None);
        assert_eq!(told(false, "10.0.0.1", "nobody knows"), None);
        assert_eq!(
            told(true, "2001:db8::1", "2001:db8::7"),
            no("nobody answers neighbour discovery for 2001:db8::7 here")
        );
        assert_eq!(told(true, "2001:db8::1", "fe80::7"), no("nobody answers neighbour discovery for fe80::7 here"));
        assert_eq!(
            told(true, "2001:db8::1", "2001:db8:1::7"),
            no("nobody answers neighbour discovery for the gateway to 2001:db8:1::7 here")
        );
    }

    #[test]
    fn icmp_names_who_says_what() {
        let rows = [
            (icmp(false, 3, 1), "unreachable", "10.0.0.254 says: host unreachable (ICMP type 3 code 1)"),
            (icmp(false, 3, 3), "refused", "10.0.0.254 says: port unreachable (ICMP type 3 code 3)"),
            (
                IcmpError { about: Some("10.1.0.7".parse().unwrap()), ..icmp(false, 3, 3) },
                "rejected",
                "10.0.0.254 says: port unreachable (ICMP type 3 code 3)",
            ),
            (icmp(false, 3, 0), "no-route", "10.0.0.254 says: network unreachable (ICMP type 3 code 0)"),
            (
                icmp(false, 3, 4),
                "mtu",
                "10.0.0.254 says: fragmentation needed (ICMP type 3 code 4), at most 1400 bytes",
            ),
            (
                icmp(false, 11, 0),
                "ttl-exceeded",
                "10.0.0.254 says: time to live exceeded on the way (ICMP type 11 code 0)",
            ),
            (icmp(false, 3, 99), "unreachable", "10.0.0.254 says: ICMP type 3 code 99"),
            (icmp(true, 1, 0), "no-route", "2001:db8::fe says: no route to destination (ICMPv6 type 1 code 0)"),
            (icmp(true, 1, 4), "refused", "2001:db8::fe says: port unreachable (ICMPv6 type 1 code 4)"),
        ];
        for (icmp, id, sentence) in rows {
            assert_eq!(told(&icmp), Reason::new(id, sentence));
        }
    }

    #[test]
    fn each_error_of_the_kernel_has_its_reason() {
        // Numbers of Linux on most architectures.
        let rows = [
            (111, "refused"),
            (110, "timeout-syn"),
            (104, "reset"),
            (101, "no-route"),
            (113, "unreachable"),
            (13, "permission"),
            (1, "permission"),
            (90, "mtu"),
            (24, "local"),
        ];
        for (errno, id) in rows {
            assert_eq!(failure(&io::Error::from_raw_os_error(errno), None).id, id, "{errno}");
        }
    }
}
