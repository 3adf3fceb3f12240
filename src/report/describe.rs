//! Facts as sentences: the same words in the log of the screen, in plain lines and in details.

use std::net::IpAddr;
use std::time::Duration;

use crate::finding::GroupId;
use crate::sniff::event::{Event, EventKind, Reason, Transition};
use crate::sniff::group::{Announcement, Group};
use crate::sniff::member::{Member, Standing};
use crate::sniff::predict::Prediction;
use crate::time::Instant;
use crate::time::seconds;
use crate::vrrp::profile::Grain;
use crate::vrrp::timing::{DOWN_TIMER_ADVERTS, Wait};
use crate::wire::auth::Auth;

use super::Clock;

/// One event as a sentence without its time and group.
pub fn event(e: &Event) -> String {
    match &e.kind {
        EventKind::Transition(t) => transition(t),
        EventKind::Released { member } => format!("{member} resigns with priority 0: it was stopped, or is in FAULT"),
        EventKind::GoesOn { member, other } => format!("{member} goes on as master although {other} is master too"),
        EventKind::ContentionEnded { member, winner, lasted } => {
            let both =
                if lasted.is_zero() { String::new() } else { format!("; both were master for {}", exact(*lasted)) };
            format!("one master again: {member} fell silent, {winner} remains{both}")
        }
        EventKind::Silent { member, last } => {
            let silent = e.seen.at().since(last.at());
            format!("no master: {member} silent for {}, and nobody takes over", exact(silent))
        }
        EventKind::Resumed { member, gap } => {
            format!("{member} is master again after {} of silence; nobody had taken over", exact(*gap))
        }
        EventKind::NearMiss { member, gap, allowed } => {
            format!("near miss: {member} silent for {}, a backup takes over after {}", exact(*gap), seconds3(*allowed))
        }
        EventKind::Priority { member, from, to } => {
            let verb = if to < from { "lowers" } else { "raises" };
            format!("{member} {verb} its priority from {from} to {to}")
        }
        EventKind::Announced { address, mac, member, after } => announced(*address, *mac, *member, *after),
    }
}

fn announced(address: IpAddr, mac: crate::wire::Mac, member: Option<IpAddr>, after: Option<Duration>) -> String {
    let after = after.map_or(String::new(), |d| format!(", {} after its first advert", exact(d)));
    match member {
        Some(m) => format!("{m} announces {address} at {mac}{after}"),
        None => format!("{address} announced at {mac}, which no master of it uses{after}"),
    }
}

/// Mastership moving, as a sentence.
pub fn transition(t: &Transition) -> String {
    let (to, priority) = (t.to, t.priority);
    let Some(from) = t.from else {
        return match t.reason {
            Reason::FirstSeen => format!("{to} ({priority}) is master: the first advert heard"),
            _ => format!("{to} ({priority}) is master"),
        };
    };
    match (t.reason, t.silent, t.expected) {
        (Reason::Timeout, Some(silent), Some(expected)) => {
            let adverts =
                if t.adverts == DOWN_TIMER_ADVERTS { String::new() } else { format!(" for {} adverts", t.adverts) };
            format!(
                "{to} ({priority}) takes over: {from} silent for {} (expected {}{adverts})",
                seconds3(silent),
                number3(expected)
            )
        }
        (Reason::Timeout, ..) => format!("{to} ({priority}) takes over: {from} fell silent"),
        (Reason::Release, Some(silent), Some(expected)) => format!(
            "{to} ({priority}) takes over {} after {from} resigned (expected {})",
            seconds3(silent),
            number3(expected)
        ),
        (Reason::Release, ..) => format!("{to} ({priority}) stays as master: {from} resigned"),
        (Reason::Preempt, ..) => format!("{to} ({priority}) preempts {from}, which it outranks"),
        (Reason::Yield, ..) => format!("{to} ({priority}) stays as master: {from} gave way"),
        (_, Some(silent), Some(expected)) => format!(
            "{to} ({priority}) is master too: {from} spoke {} ago, a takeover needs {} of silence",
            exact(silent),
            seconds3(expected)
        ),
        _ => format!("{to} ({priority}) is left as master: {from} fell silent though it outranks it"),
    }
}

/// What a member is doing, for its line: `master for 4 min 12 s`.
pub fn standing(group: &Group, m: &Member, now: Instant, clock: &Clock) -> String {
    match m.standing {
        Standing::Master => {
            let since = m.speaking_since.unwrap_or(m.first);
            // Whoever spoke first in the capture may have been master for long before.
            let least = if since == group.first { "at least " } else { "" };
            format!("master for {least}{}", duration(now.since(since.at())))
        }
        Standing::Yielded(at) => format!("backup: gave way at {}", clock.hms(at.time)),
        Standing::Released(at) => format!("resigned at {}: stopped or in FAULT", clock.hms(at.time)),
        Standing::Silent => format!("silent since {}", clock.hms(m.last_spoke.time)),
    }
}

/// Who announced an address last, how often, and when, without the address itself.
pub fn announcement(a: &Announcement, clock: &Clock) -> String {
    let who = a.member.map_or("an unknown host".to_owned(), |m| m.to_string());
    format!("at {} of {who}, announced {}×, last {}", a.mac, thousands(a.count), clock.hms(a.last.time))
}

/// What happens if the master dies, as one sentence, and what if it is stopped, as another.
pub fn prediction(p: &Prediction) -> (String, String) {
    let formula = formula(&p.wait());
    let after = seconds3(p.after);
    let (master, release) = (p.master, seconds3(p.after_release));
    let Some(next) = p.next else {
        return (
            format!(
                "if {master} dies now: nobody else has spoken (a backup never does); a backup of priority {} would take \
                 over after {after} ({formula})",
                p.priority
            ),
            format!("if it is stopped cleanly: after {release}"),
        );
    };
    let doubt = match p.doubt {
        Some(Standing::Released(_)) => "; but it resigned, and may be stopped",
        Some(Standing::Silent) => "; but it fell silent, and may be dead",
        _ => "",
    };
    (
        format!("if {master} dies now: {next} takes over after {after} ({formula}){doubt}"),
        format!("if it is stopped cleanly: {next} takes over after {release}"),
    )
}

/// What a backup's wait is the sum of: `3 × 1 s + 156/256 s`; in version 3 the skew is a part of the interval.
pub fn formula(w: &Wait) -> String {
    let interval = interval(w.interval);
    let adverts = if w.adverts == 0 { String::new() } else { format!("{} × {interval} + ", w.adverts) };
    let whole = if w.version == 2 { "s".to_owned() } else { format!("× {interval}") };
    let cut = match w.grain {
        Grain::Microsecond => "",
        Grain::Centisecond => ", cut to 10 ms",
    };
    format!("{adverts}{}/256 {whole}{cut}", w.skew_parts())
}

/// The same with its result: `3 × 1 s + 156/256 s = 3.609 s`.
pub fn worked(w: &Wait) -> String {
    format!("{} = {}", formula(w), seconds3(w.duration()))
}

/// `51/v4`, with the VLAN where there is one: `51/v4 vlan 10`.
pub fn group_tag(id: GroupId) -> String {
    let family = if id.ipv6 { "v6" } else { "v4" };
    if id.vlans.ids().is_empty() {
        format!("{}/{family}", id.vrid)
    } else {
        format!("{}/{family} vlan {}", id.vrid, id.vlans)
    }
}

/// How a member authenticates, in a word or two. Never shows a secret.
pub const fn auth(a: Auth) -> &'static str {
    match a {
        Auth::None => "none",
        Auth::Pass(_) => "PASS",
        Auth::Ah => "AH",
        Auth::Hmac => "HMAC",
        Auth::Unknown(_) => "unknown",
    }
}

/// A span of time for reading at a glance: `0.3 s`, `14 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..10 => format!("{:.1} s", d.as_secs_f64()),
        10..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s / 60 % 60),
        _ => format!("{} d {} h", s / 86_400, s / 3600 % 24),
    }
}

/// A span of time for comparing: microseconds to seconds with the digits that matter, words above a minute.
pub fn exact(d: Duration) -> String {
    let micros = d.as_micros();
    if micros < 1000 {
        format!("{micros} µs")
    } else if micros < 10_000 {
        format!("{:.1} ms", d.as_secs_f64() * 1e3)
    } else if micros < 1_000_000 {
        format!("{:.0} ms", d.as_secs_f64() * 1e3)
    } else if d.as_secs() < 60 {
        seconds3(d)
    } else {
        duration(d)
    }
}

/// Seconds to the millisecond: `3.609 s`.
pub fn seconds3(d: Duration) -> String {
    format!("{} s", number3(d))
}

fn number3(d: Duration) -> String {
    format!("{:.3}", d.as_secs_f64())
}

/// An advert interval: `1 s`, `0.5 s`.
pub fn interval(d: Duration) -> String {
    format!("{} s", seconds(d))
}

/// `once`, `twice`, `5 times`.
pub fn times(n: u64) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", thousands(n)),
    }
}

/// A count with its noun: `1 virtual router`, `1,204 frames`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A number with separators: `1,204`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sniff::event::Seen;
    use crate::time::Timestamp;
    use crate::wire::{Mac, Vlans};

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 77, 0, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 77, 0, 2));

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn at(micros: i64) -> Seen {
        Seen { number: 1, time: Timestamp::from_micros(micros) }
    }

    fn moved(reason: Reason, silent: Option<u64>, expected: Option<u64>) -> Transition {
        Transition {
            seen: at(0),
            from: Some(A),
            to: B,
            priority: 100,
            reason,
            silent: silent.map(ms),
            expected: expected.map(ms),
            adverts: 3,
            announced_at: None,
            announced: Vec::new(),
            ended: None,
        }
    }

    fn say(kind: EventKind) -> String {
        event(&Event { seen: at(4_700_000), group: GroupId::with_address(Vlans::default(), 51, A), kind })
    }

    #[test]
    fn a_transition_names_who_and_why() {
        let first = Transition { from: None, ..moved(Reason::FirstSeen, None, None) };
        assert_eq!(transition(&first), "10.77.0.2 (100) is master: the first advert heard");
        let t = moved(Reason::Timeout, Some(3611), Some(3609));
        assert_eq!(transition(&t), "10.77.0.2 (100) takes over: 10.77.0.1 silent for 3.611 s (expected 3.609)");
        let t = Transition { adverts: 2, ..moved(Reason::Timeout, Some(2611), Some(2609)) };
        assert_eq!(
            transition(&t),
            "10.77.0.2 (100) takes over: 10.77.0.1 silent for 2.611 s (expected 2.609 for 2 adverts)"
        );
        let t = moved(Reason::Release, Some(611), Some(609));
        assert_eq!(transition(&t), "10.77.0.2 (100) takes over 0.611 s after 10.77.0.1 resigned (expected 0.609)");
        let t = moved(Reason::Release, None, None);
        assert_eq!(transition(&t), "10.77.0.2 (100) stays as master: 10.77.0.1 resigned");
        let t = moved(Reason::Preempt, Some(300), None);
        assert_eq!(transition(&t), "10.77.0.2 (100) preempts 10.77.0.1, which it outranks");
        let t = moved(Reason::Yield, None, None);
        assert_eq!(transition(&t), "10.77.0.2 (100) stays as master: 10.77.0.1 gave way");
        let t = moved(Reason::Unknown, Some(400), Some(3609));
        assert_eq!(
            transition(&t),
            "10.77.0.2 (100) is master too: 10.77.0.1 spoke 400 ms ago, a takeover needs 3.609 s of silence"
        );
        let t = moved(Reason::Unknown, None, None);
        assert_eq!(transition(&t), "10.77.0.2 (100) is left as master: 10.77.0.1 fell silent though it outranks it");
    }

    #[test]
    fn each_kind_of_event_is_one_sentence() {
        assert_eq!(
            say(EventKind::Silent { member: A, last: at(0) }),
            "no master: 10.77.0.1 silent for 4.700 s, and nobody takes over"
        );
        assert_eq!(
            say(EventKind::Released { member: A }),
            "10.77.0.1 resigns with priority 0: it was stopped, or is in FAULT"
        );
        assert_eq!(
            say(EventKind::GoesOn { member: A, other: B }),
            "10.77.0.1 goes on as master although 10.77.0.2 is master too"
        );
        assert_eq!(
            say(EventKind::ContentionEnded { member: B, winner: A, lasted: ms(14_000) }),
            "one master again: 10.77.0.2 fell silent, 10.77.0.1 remains; both were master for 14.000 s"
        );
        assert_eq!(
            say(EventKind::Resumed { member: A, gap: ms(8200) }),
            "10.77.0.1 is master again after 8.200 s of silence; nobody had taken over"
        );
        assert_eq!(
            say(EventKind::NearMiss { member: A, gap: ms(3200), allowed: ms(3609) }),
            "near miss: 10.77.0.1 silent for 3.200 s, a backup takes over after 3.609 s"
        );
        assert_eq!(
            say(EventKind::Priority { member: A, from: 102, to: 82 }),
            "10.77.0.1 lowers its priority from 102 to 82"
        );
        let mac = Mac([2, 0, 10, 77, 0, 1]);
        let vip: IpAddr = "10.77.0.110".parse().unwrap();
        assert_eq!(
            say(EventKind::Announced { address: vip, mac, member: Some(A), after: Some(Duration::from_micros(200)) }),
            "10.77.0.1 announces 10.77.0.110 at 02:00:0a:4d:00:01, 200 µs after its first advert"
        );
        assert_eq!(
            say(EventKind::Announced { address: vip, mac, member: None, after: None }),
            "10.77.0.110 announced at 02:00:0a:4d:00:01, which no master of it uses"
        );
    }

    #[test]
    fn spans_of_time_read_well() {
        assert_eq!(duration(ms(320)), "0.3 s");
        assert_eq!(duration(ms(14_900)), "14 s");
        assert_eq!(duration(ms(252_000)), "4 min 12 s");
        assert_eq!(duration(ms(7_500_000)), "2 h 5 min");
        assert_eq!(duration(ms(273_600_000)), "3 d 4 h");
        assert_eq!(exact(Duration::from_micros(1200)), "1.2 ms");
        assert_eq!(exact(ms(609)), "609 ms");
        assert_eq!(exact(ms(3611)), "3.611 s");
        assert_eq!(interval(ms(500)), "0.5 s");
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "frame"), "1 frame");
        assert_eq!(count(1_204_567, "frame"), "1,204,567 frames");
        assert_eq!(count(0, "frame"), "0 frames");
        assert_eq!(times(2), "twice");
        assert_eq!(times(1500), "1,500 times");
    }
}
