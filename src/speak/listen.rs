//! What is on the wire before joining, and what joining would do: a pure judgement.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use super::view::Peer;
use crate::time::{Instant, seconds};
use crate::vrrp::timing::Wait;
use crate::vrrp::{Params, VirtualRouter};
use crate::wire::vrrp::PRIORITY_RELEASE;

/// What the operator consented to beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Taking over from a live master (`--take-over`).
    pub take_over: bool,
    /// Joining a virtual router that has other addresses, or whose members would not hear this one (`--force`).
    pub force: bool,
    /// Nothing is ever transmitted (`--observe`): no consent is needed.
    pub observe: bool,
}

/// The outcome of listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The master, with its priority.
    pub master: Option<(IpAddr, u8)>,
    /// Sentences for the operator.
    pub says: String,
    /// What consent is missing; `None` to go on.
    pub lacks: Option<Missing>,
}

/// The consent that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `--take-over`.
    TakeOver,
    /// `--force`.
    Force,
}

/// What is known of the surroundings beside the peers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// Other virtual routers heard on the same interface: VRID, source, and the addresses that they carry.
    pub elsewhere: &'a [(u8, IpAddr, Vec<IpAddr>)],
    /// Virtual addresses that are on this host already, put there by someone else. Another VRRP daemon here is not heard:
    /// what a host sends to a group does not come back to it.
    pub present: &'a [IpAddr],
}

/// Judges what joining would do.
pub fn judge(params: &Params, peers: &[Peer], around: Around<'_>, now: Instant, consent: Consent) -> Judgement {
    let mut judgement = judge_wire(params, peers, around.elsewhere, now, consent);
    let taken = |(_, _, theirs): &&(u8, IpAddr, Vec<IpAddr>)| theirs.iter().any(|a| params.addresses.contains(a));
    if let Some((vrid, src, theirs)) = around.elsewhere.iter().find(taken) {
        let both = theirs.iter().find(|a| params.addresses.contains(a)).map_or(String::new(), ToString::to_string);
        let _ = write!(judgement.says, "; {both} belongs to VRID {vrid} there ({src}), so two hosts would have it");
        if !consent.observe && !consent.force {
            judgement.lacks = Some(Missing::Force);
        }
    }
    // An owner's addresses are its own.
    if let Some(ip) = around.present.first().filter(|_| !params.is_owner()) {
        let _ = write!(
            judgement.says,
            "; {ip} is on this host already: another VRRP daemon here, which this one cannot hear, or a leftover"
        );
        if !consent.observe && !consent.force {
            judgement.lacks = Some(Missing::Force);
        }
    }
    judgement
}

fn judge_wire(
    params: &Params,
    peers: &[Peer],
    elsewhere: &[(u8, IpAddr, Vec<IpAddr>)],
    now: Instant,
    consent: Consent,
) -> Judgement {
    let vrid = params.vrid;
    let alive = |p: &&Peer| {
        p.priority != PRIORITY_RELEASE && now.since(p.last) <= p.advert_int.max(params.advert_int).saturating_mul(3)
    };
    let mut masters: Vec<&Peer> = peers.iter().filter(alive).collect();
    masters.sort_by_key(|p| std::cmp::Reverse((p.priority, p.src)));
    let Some(master) = masters.first() else {
        let wait = VirtualRouter::new(params.clone()).master_down().duration();
        let others = match elsewhere {
            [] => String::new(),
            list => {
                let names: Vec<String> = list.iter().take(4).map(|(vrid, src, _)| format!("{vrid} ({src})")).collect();
                let more = if list.len() > 4 { format!(" and {} more", list.len() - 4) } else { String::new() };
                format!("; other VRIDs here: {}{more}", names.join(", "))
            }
        };
        let released = if peers.is_empty() { "" } else { " any more" };
        let when = match params.startup_delay {
            Duration::ZERO if params.is_owner() && params.wants_master => {
                "as the owner this router is master at once".into()
            }
            _ => format!("unless one speaks up, this router is master in {} s", millis(wait)),
        };
        let says = format!("nobody is master of VRID {vrid}{released}{others}; {when}");
        return Judgement { master: None, says, lacks: None };
    };
    let mut says = format!("{} is master with {}", master.src, master.priority);
    if let [_, second, ..] = masters[..] {
        let _ = write!(says, ", and so is {} with {}", second.src, second.priority);
    }
    let mut lacks = None;
    let mut need = |what: Missing, have: bool| {
        if !have && !consent.observe {
            lacks = Some(what);
        }
    };
    let ours = &params.addresses;
    let foreign = masters.iter().find(|m| !same_addresses(&m.addresses, ours));
    let apart = masters.iter().find(|m| !m.objections.is_empty() || !m.objects.is_empty());
    let own = if params.is_owner() { 255 } else { params.priority };
    let wins = own == 255 || params.preempt && own > master.priority;
    if let Some(other) = apart {
        // Mostly the same seen from the other side.
        let reasons = if other.objections.is_empty() { &other.objects } else { &other.objections };
        let _ = write!(
            says,
            "; {} and this router do not accept each other's adverts ({}), so both would be master",
            other.src,
            reasons.join("; ")
        );
        need(Missing::Force, consent.force);
    } else if wins {
        let delay = match params.preempt_delay {
            Duration::ZERO => String::new(),
            d => format!(" after a preempt delay of {} s", seconds(d)),
        };
        let _ = write!(says, "; at priority {own} you would take the address over{delay}");
        need(Missing::TakeOver, consent.take_over);
    } else {
        let interval = if params.version == 3 { master.advert_int } else { params.advert_int };
        let wait = Wait { interval, ..VirtualRouter::new(params.clone()).master_down() };
        let why = if !params.preempt && own > master.priority { ", as you do not preempt" } else { "" };
        let _ = write!(
            says,
            "; at priority {own} you stay BACKUP{why} and take over {} s after its last advert",
            millis(wait.duration())
        );
    }
    if let Some(other) = foreign {
        let list = |a: &[IpAddr]| match a {
            [] => "no address".to_owned(),
            a => a.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let _ = write!(says, "; VRID {vrid} belongs to {} there, not to {}", list(&other.addresses), list(ours));
        need(Missing::Force, consent.force);
    }
    Judgement { master: Some((master.src, master.priority)), says, lacks }
}

/// Seconds to the millisecond, as everywhere else.
fn millis(d: Duration) -> String {
    seconds(Duration::from_millis((d.as_micros() as u64).saturating_add(500) / 1000))
}

fn same_addresses(a: &[IpAddr], b: &[IpAddr]) -> bool {
    a.len() == b.len() && a.iter().all(|x| b.contains(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(priority: u8) -> Params {
        let ip = |s: &str| s.parse().unwrap();
        Params { priority, ..Params::new(51, ip("10.0.0.2"), vec![ip("10.0.0.10")]) }
    }

    fn master(priority: u8) -> Peer {
        Peer {
            src: "10.0.0.1".parse().unwrap(),
            priority,
            version: 2,
            auth: "none",
            advert_int: Duration::from_secs(1),
            addresses: vec!["10.0.0.10".parse().unwrap()],
            last: Instant::from_micros(9_500_000),
            adverts: 3,
            objections: Vec::new(),
            objects: Vec::new(),
        }
    }

    fn at_10(params: &Params, peers: &[Peer], consent: Consent) -> Judgement {
        judge(params, peers, Around::default(), Instant::from_micros(10_000_000), consent)
    }

    #[test]
    fn a_better_router_needs_consent_to_take_over() {
        let j = at_10(&params(150), &[master(100)], Consent::default());
        assert_eq!(j.says, "10.0.0.1 is master with 100; at priority 150 you would take the address over");
        assert_eq!(j.lacks, Some(Missing::TakeOver));
        let consent = Consent { take_over: true, ..Consent::default() };
        assert_eq!(at_10(&params(150), &[master(100)], consent).lacks, None);
        let observing = Consent { observe: true, ..Consent::default() };
        assert_eq!(at_10(&params(150), &[master(100)], observing).lacks, None);
        let patient = Params { preempt: false, ..params(150) };
        assert_eq!(at_10(&patient, &[master(100)], Consent::default()).lacks, None);
    }

    #[test]
    fn an_equal_or_worse_router_joins_as_backup() {
        let j = at_10(&params(100), &[master(102)], Consent::default());
        let says =
            "10.0.0.1 is master with 102; at priority 100 you stay BACKUP and take over 3.609 s after its last advert";
        assert_eq!((j.says.as_str(), j.lacks), (says, None));
        assert_eq!(at_10(&params(100), &[master(100)], Consent::default()).lacks, None);
        // version 3 waits by the master's interval: 3 × 0.5 + 156/256 × 0.5
        let v3 = Params { version: 3, ..params(100) };
        let half = Peer { version: 3, advert_int: Duration::from_millis(500), ..master(102) };
        assert!(at_10(&v3, &[half], Consent::default()).says.contains("1.805 s"));
    }

    #[test]
    fn nobody_there_needs_no_consent() {
        let j = at_10(&params(100), &[], Consent::default());
        assert_eq!((j.master, j.lacks), (None, None));
        assert!(j.says.contains("master in 3.609 s"), "{}", j.says);
        // One that released, and one that has been silent for longer than a backup waits.
        let gone = Peer { last: Instant::from_micros(6_000_000), ..master(200) };
        assert_eq!(at_10(&params(100), &[master(0), gone], Consent::default()).master, None);
    }

    #[test]
    fn an_address_that_is_here_already_needs_force() {
        let present = ["10.0.0.10".parse().unwrap()];
        let around = Around { present: &present, ..Around::default() };
        let j = |p: &Params, consent| judge(p, &[], around, Instant::from_micros(10_000_000), consent);
        let judged = j(&params(100), Consent::default());
        assert_eq!(judged.lacks, Some(Missing::Force));
        assert!(judged.says.contains("10.0.0.10 is on this host already"), "{}", judged.says);
        assert_eq!(j(&params(100), Consent { force: true, ..Consent::default() }).lacks, None);
        assert_eq!(j(&params(255), Consent::default()).lacks, None);
    }

    #[test]
    fn an_address_of_another_virtual_router_needs_force() {
        let ip = |s: &str| s.parse::<IpAddr>().unwrap();
        let elsewhere = [(7, ip("10.0.0.9"), vec![ip("10.0.0.10")]), (8, ip("10.0.0.9"), vec![ip("10.0.0.11")])];
        let around = Around { elsewhere: &elsewhere, ..Around::default() };
        let j = judge(&params(100), &[], around, Instant::from_micros(10_000_000), Consent::default());
        assert_eq!(j.lacks, Some(Missing::Force));
        assert!(j.says.contains("10.0.0.10 belongs to VRID 7 there (10.0.0.9)"), "{}", j.says);
        let around = Around { elsewhere: &elsewhere[1..], ..Around::default() };
        let j = judge(&params(100), &[], around, Instant::from_micros(10_000_000), Consent::default());
        assert_eq!(j.lacks, None);
    }

    #[test]
    fn other_addresses_and_deaf_peers_need_force() {
        let other = Peer { addresses: vec!["10.0.0.77".parse().unwrap()], ..master(200) };
        let j = at_10(&params(100), &[other], Consent { take_over: true, ..Consent::default() });
        assert_eq!(j.lacks, Some(Missing::Force));
        assert!(j.says.contains("VRID 51 belongs to 10.0.0.77 there, not to 10.0.0.10"), "{}", j.says);
        let deaf = Peer { objections: vec!["the password differs".into()], ..master(200) };
        let j = at_10(&params(100), std::slice::from_ref(&deaf), Consent::default());
        assert_eq!(j.lacks, Some(Missing::Force));
        assert!(j.says.contains("both would be master"), "{}", j.says);
        assert_eq!(at_10(&params(100), &[deaf], Consent { force: true, ..Consent::default() }).lacks, None);
    }
}
