//! Every frame of every capture as tshark reads it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::Command;

use serde_json::Value;

use crate::support::{captures, command, have, kind, objects, pcap};

const FIELDS: &[&str] = &[
    "frame.number",
    "frame.time_epoch",
    "frame.protocols",
    "eth.src",
    "eth.dst",
    "sll.src.eth",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ip.id",
    "ip.dsfield",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "ieee8021ad.id",
    "vlan.id",
    "vrrp.version",
    "vrrp.virt_rtr_id",
    "vrrp.prio",
    "vrrp.addr_count",
    "vrrp.ip_addr",
    "vrrp.ipv6_addr",
    "vrrp.adver_int",
    "vrrp.short_adver_int",
    "vrrp.auth_type",
    "vrrp.checksum",
    "vrrp.checksum.status",
    "ah.spi",
    "ah.sequence",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.src.hw_mac",
    "arp.dst.proto_ipv4",
    "arp.dst.hw_mac",
    "icmpv6.type",
    "icmpv6.nd.na.target_address",
    "icmpv6.nd.na.flag.o",
    "icmpv6.nd.na.flag.s",
    "icmpv6.nd.na.flag.r",
    "icmpv6.opt.linkaddr",
    "igmp.type",
    "igmp.maddr",
];

/// Captures that tshark and hactl do not count alike or that one of them cannot open: not compared.
const NOT_COMPARED: &[(&str, &str)] = &[
    ("crafted/no-bytes.pcap", "neither opens it"),
    ("crafted/half-file-header.pcap", "neither opens it"),
    ("crafted/not-a-capture.pcap", "neither opens it"),
    ("crafted/link-unknown.pcap", "link type 147 is for private use: neither decodes it"),
];

/// What differs on purpose: capture, frames (none: all), field, and why.
#[rustfmt::skip]
const DIFFERENCES: &[(&str, &[u64], &str, &str)] = &[
    ("crafted/ah.pcap", &[11, 13], "(malformed)", "the AH is cut: tshark shows nothing of it"),
    ("crafted/arp.pcap", &[13, 14, 15], "(kind)", "other hardware, other address lengths, reverse ARP: they move no address"),
    ("crafted/arp.pcap", &[16], "(malformed)", "cut in the addresses: tshark shows those that are there"),
    ("crafted/fragments.pcap", &[], "(malformed)", "fragments: tshark reads the first one as if it were whole"),
    ("crafted/hmac.pcap", &[1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12], "(checksum)", TRAILER),
    ("keepalived-2.4.3/hmac-one-side-only.pcap", &[], "(checksum)", TRAILER),
    ("keepalived-2.4.3/hmac-v2-ipv4.pcap", &[], "(checksum)", TRAILER),
    ("keepalived-2.4.3/hmac-v3-unicast-rotation.pcap", &[], "(checksum)", TRAILER),
    ("crafted/ip-options.pcap", &[4, 5, 6], "(malformed)", "impossible IPv4 headers: tshark stops without a word of VRRP"),
    ("crafted/ip-options.pcap", &[8, 9], "(malformed)", "the total length is not that of the message: tshark reads what is there"),
    ("crafted/ip-options.pcap", &[10], "(malformed)", "total length 0: tshark takes it for segmentation offload"),
    ("crafted/ip-v6-extensions.pcap", &[12], "(malformed)", "a header that is longer than its packet"),
    ("crafted/link-loop.pcap", &[6], "(kind)", FAMILY_10),
    ("crafted/link-null-be.pcap", &[6], "(kind)", FAMILY_10),
    ("crafted/link-null-le.pcap", &[6], "(kind)", FAMILY_10),
    ("crafted/link-loop.pcap", &[7], "(malformed)", CUT),
    ("crafted/link-null-be.pcap", &[7], "(malformed)", CUT),
    ("crafted/link-null-le.pcap", &[7], "(malformed)", CUT),
    ("crafted/link-sll.pcap", &[8], "(malformed)", CUT),
    ("crafted/link-sll2.pcap", &[8], "(malformed)", CUT),
    ("crafted/link-vlan.pcap", &[10], "vlan", "of 802.1ad in 802.1ad tshark 4.0 shows other fields than `id`"),
    ("crafted/link-vlan.pcap", &[14, 15], "(malformed)", CUT),
    ("crafted/nd.pcap", &[13], "(malformed)", CUT),
    ("crafted/noise.pcap", &[4], "(kind)", "802.2 SNAP: no VRRP router listens there"),
    ("crafted/noise.pcap", &[9, 10, 14], "(kind)", "in a tunnel or under MPLS: not of this link"),
    ("crafted/noise.pcap", &[13], "(malformed)", "CARP: tshark reads it as VRRP"),
    ("crafted/noise.pcap", &[18, 19, 20], "(malformed)", CUT),
    ("crafted/odd-fields.pcap", &[14, 15, 16], "(malformed)", "versions that no RFC defines: tshark reads on"),
    ("crafted/odd-fields.pcap", &[19, 20, 22, 39, 40], "(malformed)", "the message is shorter than its count says: tshark shows what is there"),
    ("crafted/odd-fields.pcap", &[21], "(checksum)", "bytes after the message: tshark sums them too, a receiver rejects the length"),
    ("crafted/odd-fields.pcap", &[26], "(auth)", "a type that no RFC defines: we have no name for it"),
    ("crafted/odd-fields.pcap", &[42], "(checksum)", "version 2 over IPv6 with the kernel's sum: tshark expects none of version 3's"),
    ("crafted/snap-cut.pcap", &[], "(malformed)", CUT),
    ("crafted/cut.pcapng", &[6], "(malformed)", CUT),
    ("crafted/interfaces-big.pcapng", &[6], "(malformed)", CUT),
    ("crafted/interfaces-big.pcapng", &[8], "time", NO_TIME),
    ("crafted/interfaces-little.pcapng", &[6], "(malformed)", CUT),
    ("crafted/interfaces-little.pcapng", &[8], "time", NO_TIME),
    ("crafted/interfaces.pcapng.gz", &[6], "(malformed)", CUT),
    ("crafted/interfaces.pcapng.gz", &[8], "time", NO_TIME),
    ("crafted/two-sections.pcapng", &[6, 14], "(malformed)", CUT),
    ("crafted/two-sections.pcapng", &[8, 16], "time", NO_TIME),
];

const TRAILER: &str = "over IPv4 the sum does not cover keepalived 2.4's trailer, which tshark 4.0 does not know";
const CUT: &str = "cut by the snap length: tshark shows what is there";
const NO_TIME: &str = "a simple packet has no time: it gets that of the packet before it";
const FAMILY_10: &str = "address family 10, IPv6 on Linux, which tshark does not know in this link type";

fn excepted(capture: &str, number: u64, field: &str) -> bool {
    DIFFERENCES
        .iter()
        .any(|(c, frames, f, _)| *c == capture && *f == field && (frames.is_empty() || frames.contains(&number)))
}

type Fields = BTreeMap<&'static str, String>;

fn tshark(capture: &str) -> BTreeMap<u64, Fields> {
    let mut c = Command::new("tshark");
    // Checksums are wanted, names and reassembly of fragments are not.
    c.args(["-n", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "ip.check_checksum:FALSE", "-r"]);
    c.arg(pcap(capture)).args(["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"]);
    for f in FIELDS {
        c.args(["-e", f]);
    }
    let o = c.output().unwrap();
    // A cut file ends with status 2 after the frames that are whole, as it does here.
    let text = String::from_utf8(o.stdout).unwrap();
    let parse = |line: &str| -> Fields {
        FIELDS.iter().copied().zip(line.split('\t').map(str::to_owned)).filter(|(_, v)| !v.is_empty()).collect()
    };
    // tshark counts custom blocks of pcapng, which hold no packet; we do not.
    let packets =
        text.lines().map(parse).filter(|f| f["frame.protocols"] != "data" || f.contains_key("frame.time_epoch"));
    (1..).zip(packets).collect()
}

fn hactl(capture: &str) -> BTreeMap<u64, Value> {
    let path = pcap(capture);
    let o = command(&["decode", "--json", "-q", path.to_str().unwrap()]).output().unwrap();
    objects(&o)
        .into_iter()
        .filter(|v| !matches!(kind(v), "start" | "summary"))
        .map(|v| (v["frame"].as_u64().unwrap(), v))
        .collect()
}

/// The first of several values: of the outermost header.
fn first(f: &Fields, name: &str) -> Option<String> {
    f.get(name).map(|v| v.split(',').next().unwrap().to_owned())
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap_or_else(|e| panic!("{text}: {e}")),
    }
}

fn as_number(f: &Fields, name: &str) -> Value {
    first(f, name).map_or(Value::Null, |v| number(&v).into())
}

fn as_text(f: &Fields, names: &[&str]) -> Value {
    names.iter().find_map(|n| first(f, n)).map_or(Value::Null, |v| address(&v).into())
}

/// One spelling for an address.
fn address(text: &str) -> String {
    text.parse::<IpAddr>().map_or_else(|_| text.to_owned(), |a| a.to_string())
}

fn addresses(f: &Fields) -> Value {
    let list = ["vrrp.ip_addr", "vrrp.ipv6_addr"].iter().filter_map(|n| f.get(n));
    list.flat_map(|v| v.split(',')).map(|a| Value::from(address(a))).collect::<Vec<_>>().into()
}

/// VLANs outermost first, without priority tags.
fn vlans(f: &Fields) -> Value {
    let list = ["ieee8021ad.id", "vlan.id"].iter().filter_map(|n| f.get(n));
    let ids = list.flat_map(|v| v.split(',')).map(number).filter(|id| *id != 0);
    ids.map(Value::from).collect::<Vec<_>>().into()
}

/// Seconds since 1970 of an RFC 3339 time, in tshark's nine digits.
fn epoch(time: &str) -> String {
    let (date, clock) = time.trim_end_matches('Z').split_once('T').unwrap();
    let d: Vec<i64> = date.split('-').map(|n| n.parse().unwrap()).collect();
    let (hms, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let c: Vec<i64> = hms.split(':').map(|n| n.parse().unwrap()).collect();
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let mut days: i64 = (1970..d[0]).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let months = [31, if leap(d[0]) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += months[..d[1] as usize - 1].iter().sum::<i64>() + d[2] - 1;
    format!("{}.{fraction:0<9}", days * 86_400 + c[0] * 3600 + c[1] * 60 + c[2])
}

/// What tshark says of a frame, in the words of our JSON; only what it can say.
fn expected(f: &Fields, kind: &str) -> Vec<(&'static str, Value)> {
    let mut e = vec![("vlan", vlans(f)), ("src_mac", as_text(f, &["eth.src", "sll.src.eth"]))];
    match kind {
        "advert" => {
            let v6 = f.contains_key("ipv6.src");
            let version = as_number(f, "vrrp.version");
            let interval =
                match (version.as_u64(), as_number(f, "vrrp.adver_int"), as_number(f, "vrrp.short_adver_int")) {
                    (Some(2), seconds, _) => seconds.as_u64().map(|s| s * 1000),
                    (_, _, centiseconds) => centiseconds.as_u64().map(|c| c * 10),
                };
            let count = f.get("vrrp.addr_count").map_or(0, |n| number(n.split(',').next().unwrap()));
            e.extend([
                ("dst_mac", as_text(f, &["eth.dst"])),
                ("src", as_text(f, if v6 { &["ipv6.src"] } else { &["ip.src"] })),
                ("dst", as_text(f, if v6 { &["ipv6.dst"] } else { &["ip.dst"] })),
                ("ttl", as_number(f, if v6 { "ipv6.hlim" } else { "ip.ttl" })),
                ("ip_id", as_number(f, "ip.id")),
                ("version", version),
                ("vrid", as_number(f, "vrrp.virt_rtr_id")),
                ("priority", as_number(f, "vrrp.prio")),
                ("advert_int_ms", interval.into()),
                ("checksum_value", as_number(f, "vrrp.checksum")),
                ("ah_spi", as_number(f, "ah.spi")),
                ("ah_sequence", as_number(f, "ah.sequence")),
                ("addresses", addresses(f)),
                ("(address count)", count.into()),
                ("(checksum)", if as_number(f, "vrrp.checksum.status") == 1 { "ok" } else { "bad" }.into()),
                ("(auth)", as_number(f, "vrrp.auth_type")),
            ]);
        }
        "arp" => e.extend([
            ("op", if as_number(f, "arp.opcode") == 1 { "request" } else { "reply" }.into()),
            ("sender_ip", as_text(f, &["arp.src.proto_ipv4"])),
            ("sender_mac", as_text(f, &["arp.src.hw_mac"])),
            ("target_ip", as_text(f, &["arp.dst.proto_ipv4"])),
            ("target_mac", as_text(f, &["arp.dst.hw_mac"])),
        ]),
        "na" => {
            let flag = |name| Value::from(as_number(f, name) == 1);
            e.extend([
                ("src", as_text(f, &["ipv6.src"])),
                ("ttl", as_number(f, "ipv6.hlim")),
                ("target", as_text(f, &["icmpv6.nd.na.target_address"])),
                ("target_mac", as_text(f, &["icmpv6.opt.linkaddr"])),
                ("override", flag("icmpv6.nd.na.flag.o")),
                ("solicited", flag("icmpv6.nd.na.flag.s")),
                ("router", flag("icmpv6.nd.na.flag.r")),
            ]);
        }
        "igmp" => e.extend([("src", as_text(f, &["ip.src"])), ("group", "224.0.0.18".into())]),
        other => panic!("{other}"),
    }
    e
}

/// What we say, in the words of [`expected`].
fn said(v: &Value, name: &str) -> Value {
    match name {
        "(address count)" => v["addresses"].as_array().unwrap().len().into(),
        // tshark knows one form for each kind of advert; the others are bad to it.
        "(checksum)" => {
            let usual = if v["version"] == 2 && v["ip_version"] == 4 { "plain" } else { "pseudo-header" };
            if v["checksum"] == "ok" && v["checksum_form"] == usual { "ok" } else { "bad" }.into()
        }
        "(auth)" if v["version"] != 2 => Value::Null,
        "(auth)" => match v["auth"].as_str().unwrap() {
            "none" | "hmac" => 0.into(),
            "pass" => 1.into(),
            "ah" => 2.into(),
            _ => Value::Null,
        },
        _ => v[name].clone(),
    }
}

/// The kind of object that tshark's dissection makes one expect, if any.
fn wanted(f: &Fields) -> Option<&'static str> {
    let protocols: Vec<&str> = f["frame.protocols"].split(':').collect();
    // An ICMP error quotes the packet that it is about; the quoted advert is none.
    if protocols.contains(&"icmp") {
        return None;
    }
    match *protocols.last()? {
        _ if protocols.contains(&"vrrp") => Some("advert"),
        _ if protocols.contains(&"arp") => Some("arp"),
        "icmpv6" if first(f, "icmpv6.type").as_deref() == Some("136") => Some("na"),
        "igmp" if f.get("igmp.maddr").is_some_and(|m| m.split(',').any(|g| g == "224.0.0.18")) => Some("igmp"),
        _ => None,
    }
}

fn compare(capture: &str, problems: &mut Vec<String>) -> usize {
    let (theirs, ours) = (tshark(capture), hactl(capture));
    let mut compared = 0;
    for (n, f) in &theirs {
        let (mine, kind_wanted) = (ours.get(n), wanted(f));
        let mine_kind = mine.map_or("nothing", kind);
        // A frame that both read, or that one of them refuses to.
        let same = kind_wanted.unwrap_or("nothing") == mine_kind;
        if !same {
            if !(excepted(capture, *n, "(kind)") || mine_kind == "malformed" && excepted(capture, *n, "(malformed)")) {
                problems.push(format!("{capture} frame {n}: tshark {kind_wanted:?}, hactl {mine_kind} {mine:?}"));
            }
            continue;
        }
        let Some(mine) = mine else { continue };
        compared += 1;
        let time = epoch(mine["time"].as_str().unwrap());
        // A pcapng simple packet has no time.
        let theirs = f.get("frame.time_epoch").map_or("0.000000000", String::as_str);
        if time != theirs && !excepted(capture, *n, "time") {
            problems.push(format!("{capture} frame {n} time: tshark {theirs}, hactl {time}"));
        }
        for (name, value) in expected(f, mine_kind) {
            let got = said(mine, name);
            if got != value && !excepted(capture, *n, name) {
                problems.push(format!("{capture} frame {n} {name}: tshark {value}, hactl {got}"));
            }
        }
    }
    for n in ours.keys().filter(|n| !theirs.contains_key(n)) {
        problems.push(format!("{capture} frame {n}: tshark has no such frame"));
    }
    compared
}

#[test]
fn every_frame_reads_as_in_tshark() {
    if !have("tshark") {
        return;
    }
    let (mut problems, mut compared) = (Vec::new(), 0);
    for capture in captures().iter().filter(|c| !NOT_COMPARED.iter().any(|(n, _)| n == c)) {
        compared += compare(capture, &mut problems);
    }
    assert!(problems.is_empty(), "{} differences:\n{}", problems.len(), problems.join("\n"));
    assert!(compared > 20_000, "only {compared} frames were compared");
}

#[test]
fn every_difference_says_why() {
    let all = captures();
    for (capture, _, field, why) in DIFFERENCES {
        assert!(all.iter().any(|c| c == capture), "{capture} is no capture");
        assert!(why.len() > 20, "{capture} {field}: why?");
    }
}
