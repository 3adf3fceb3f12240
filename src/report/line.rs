//! One decoded frame as a line of text, and as all its fields.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Clock;
use crate::sniff::Seen;
use crate::time::seconds;
use crate::wire::auth::Auth;
use crate::wire::checksum::Verdict;
use crate::wire::vrrp::{PRIORITY_OWNER, PRIORITY_RELEASE};
use crate::wire::{Advert, Arp, AuthCheck, Decoded, GroupReport, LinkInfo, NeighborAdvert};

/// How to write frames.
#[derive(Clone, Debug)]
pub struct LineStyle {
    /// Zone of the times.
    pub clock: Clock,
    /// All fields, on lines of their own below.
    pub verbose: bool,
    /// Paint what is wrong.
    pub color: bool,
}

impl LineStyle {
    fn wrong(&self, text: &str) -> String {
        if self.color { format!("\x1b[1;33m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Writes a frame that was decoded; nothing for one that is none of our business.
pub fn frame(out: &mut dyn Write, style: &LineStyle, seen: Seen, decoded: &Decoded) -> io::Result<()> {
    let text = match decoded {
        Decoded::Other => return Ok(()),
        Decoded::Advert(a) => advert(a, style),
        Decoded::Arp(a) => arp(a),
        Decoded::Na(n) => na(n),
        Decoded::Igmp(g) => igmp(g),
        Decoded::Malformed(m) => {
            let from = m.addresses.map_or(String::new(), |(s, d)| format!("{s} > {d}  "));
            format!("{from}{} {m}", style.wrong("MALFORMED"))
        }
    };
    writeln!(out, "{}  #{:<5} {text}", style.clock.hms_micros(seen.time), seen.number)?;
    if style.verbose {
        if let Decoded::Advert(a) = decoded {
            advert_fields(out, seen, a)?;
        } else if let Some(link) = link_of(decoded) {
            writeln!(out, "        {}", link_text(link))?;
        }
    }
    Ok(())
}

fn link_of(decoded: &Decoded) -> Option<&LinkInfo> {
    match decoded {
        Decoded::Advert(a) => Some(&a.link),
        Decoded::Arp(a) => Some(&a.link),
        Decoded::Na(n) => Some(&n.link),
        Decoded::Igmp(g) => Some(&g.link),
        Decoded::Malformed(_) | Decoded::Other => None,
    }
}

fn link_text(link: &LinkInfo) -> String {
    let mac = |m: Option<crate::wire::Mac>| m.map_or("unknown".to_owned(), |m| m.to_string());
    let vlan = if link.vlans.ids().is_empty() { String::new() } else { format!(", VLAN {}", link.vlans) };
    format!("link      {} > {}{vlan}", mac(link.src), mac(link.dst))
}

fn vlan(link: &LinkInfo) -> String {
    if link.vlans.ids().is_empty() { String::new() } else { format!("vlan {}  ", link.vlans) }
}

fn advert(a: &Advert, style: &LineStyle) -> String {
    let mut s =
        format!("{}{} > {}  VRRPv{} vrid {} prio {}", vlan(&a.link), a.src, a.dst, a.version, a.vrid, a.priority);
    match a.priority {
        PRIORITY_RELEASE => s.push_str(" (resigns)"),
        PRIORITY_OWNER => s.push_str(" (owner)"),
        _ => {}
    }
    let _ = write!(s, " every {} s", seconds(a.advert_int));
    s.push_str(match a.auth {
        Auth::None => "",
        Auth::Pass(_) => "  PASS",
        Auth::Ah => "  AH",
        Auth::Hmac => "  HMAC",
        Auth::Unknown(_) => "  auth?",
    });
    if let Some(h) = &a.hmac {
        let _ = write!(s, " key {}", h.key_id);
    }
    match a.auth_check {
        Some(AuthCheck::Ok) => s.push_str(" verified"),
        Some(AuthCheck::Bad) => s.push_str(&style.wrong(" BAD DIGEST")),
        Some(AuthCheck::NoKey) | None => {}
    }
    s.push_str("  ");
    let shown: Vec<String> = a.addresses.iter().take(4).map(ToString::to_string).collect();
    s.push_str(if shown.is_empty() { "no address" } else { "" });
    s.push_str(&shown.join(", "));
    if a.addresses.len() > 4 {
        let _ = write!(s, " and {} more", a.addresses.len() - 4);
    }
    for p in a.problems.iter() {
        s.push_str("  ");
        s.push_str(&style.wrong(&format!("!{}", p.id())));
    }
    s
}

fn advert_fields(out: &mut dyn Write, seen: Seen, a: &Advert) -> io::Result<()> {
    let pad = "        ";
    writeln!(out, "{pad}time      {}", seen.time.rfc3339())?;
    writeln!(out, "{pad}{}", link_text(&a.link))?;
    let id = a.ip_id.map_or(String::new(), |id| format!(", id {id}"));
    writeln!(out, "{pad}IPv{}      TTL {}, TOS 0x{:02x}{id}", a.ip_version(), a.ttl, a.tos)?;
    let (sum, value) = (a.checksum_verdict, a.checksum);
    let sum = match sum {
        Verdict::Ok(form) => format!("ok ({})", form.as_str()),
        Verdict::Bad => "BAD: no known form matches".to_owned(),
        Verdict::Unverifiable => "cannot be verified here".to_owned(),
    };
    writeln!(out, "{pad}checksum  0x{value:04x} {sum}")?;
    if let Some(ah) = &a.ah {
        writeln!(out, "{pad}AH        SPI 0x{:08x}, sequence {}", ah.spi, ah.sequence)?;
    }
    if let Some(h) = &a.hmac {
        let clock = crate::time::Timestamp::from_micros(h.micros());
        let ahead = (h.micros() - seen.at().as_micros()) as f64 / 1e6;
        writeln!(
            out,
            "{pad}HMAC      key {}, sender's clock {} ({ahead:+.3} s against the capture's), counter {}",
            h.key_id,
            clock.rfc3339(),
            h.counter
        )?;
    }
    if let Some(check) = a.auth_check {
        writeln!(
            out,
            "{pad}digest    {}",
            match check {
                AuthCheck::Ok => "right under the given key",
                AuthCheck::Bad => "WRONG under the given key",
                AuthCheck::NoKey => "not verified: no key given (--hmac-key, --ah-pass-file)",
            }
        )?;
    }
    let all: Vec<String> = a.addresses.iter().map(ToString::to_string).collect();
    writeln!(out, "{pad}addresses {}", all.join(", "))?;
    for p in a.problems.iter() {
        writeln!(out, "{pad}problem   {}: {}", p.id(), p.about())?;
    }
    Ok(())
}

fn arp(a: &Arp) -> String {
    let v = vlan(&a.link);
    if a.is_gratuitous() {
        let form = if a.request { "request" } else { "reply" };
        format!("{v}ARP gratuitous {form}  {} is at {}", a.sender_ip, a.sender_mac)
    } else if a.request {
        format!("{v}ARP request  who has {}? tell {} at {}", a.target_ip, a.sender_ip, a.sender_mac)
    } else {
        format!("{v}ARP reply  {} is at {}", a.sender_ip, a.sender_mac)
    }
}

fn na(n: &NeighborAdvert) -> String {
    let mac = n.announced_mac().map_or("unknown".to_owned(), |m| m.to_string());
    let kind = if n.solicited { "solicited" } else { "unsolicited" };
    let over = if n.over { ", override" } else { "" };
    format!("{}NA {kind}  {} is at {mac}{over}", vlan(&n.link), n.target)
}

fn igmp(g: &GroupReport) -> String {
    let what = if g.join { "joins" } else { "leaves" };
    format!("{}IGMPv{}  {} {what} {}", vlan(&g.link), g.version, g.src, g.group)
}
