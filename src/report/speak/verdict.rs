//! The first line: how one virtual router, or all of them, stand.

use std::time::Duration;

use super::words::fault;
use crate::finding::Severity;
use crate::report::describe::{count, duration, exact, seconds3};
use crate::report::printable;
use crate::speak::{InstanceView, Peer, Phase, View};
use crate::time::Instant;
use crate::vrrp::State;
use crate::vrrp::timing::{DOWN_TIMER_ADVERTS, master_down_interval};

/// How bad it is, and a whole sentence that begins with a word for that and two spaces: `OK  BACKUP to 10.77.0.1 …`.
pub fn verdict(view: &View) -> (Option<Severity>, String) {
    let (severity, word, text) = judge_all(view, view.at);
    (severity, format!("{word}  {text}"))
}

/// The same with the word apart, at a moment a little later: a screen lets time pass between two pictures.
pub fn judge_all(view: &View, now: Instant) -> Judged {
    let (severity, word, text) = match &view.instances[..] {
        [] => (None, "…", "no virtual router yet".to_owned()),
        [one] => judge(one, view.observing, now),
        all => many(all, view.observing, now),
    };
    (severity, word, printable(&text))
}

/// One word for how a virtual router stands: its state, or `LISTENING`, `WAITING`, `ENDED`.
pub const fn standing(i: &InstanceView) -> &'static str {
    match i.phase {
        Phase::Listening { .. } => "LISTENING",
        Phase::Waiting => "WAITING",
        Phase::Ended => "ENDED",
        Phase::Running => i.state.as_str(),
    }
}

/// The router whose adverts were accepted last, if it is not silent for longer than a backup bears.
pub fn master(i: &InstanceView, now: Instant) -> Option<&Peer> {
    i.peers.iter().find(|p| p.objections.is_empty()).filter(|p| speaks(i, p, now))
}

/// Whether a router has been heard within one interval more than a backup waits for.
fn speaks(i: &InstanceView, p: &Peer, now: Instant) -> bool {
    now.since(p.last)
        <= p.advert_int.max(i.params.advert_int).saturating_mul(u32::from(i.params.down_timer_adverts) + 1)
}

/// How bad it is, a word for that, and a sentence.
pub type Judged = (Option<Severity>, &'static str, String);

fn many(all: &[InstanceView], observing: bool, now: Instant) -> Judged {
    const ORDER: [&str; 7] = ["BACKUP", "MASTER", "FAULT", "INIT", "LISTENING", "WAITING", "ENDED"];
    let counts: Vec<String> = ORDER
        .iter()
        .map(|word| (all.iter().filter(|i| standing(i) == *word).count(), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let sum = format!("{}: {}", count(all.len() as u64, "virtual router"), counts.join(", "));
    // The first of the worst speaks for all.
    let judged = all
        .iter()
        .map(|i| (i, judge(i, observing, now)))
        .reduce(|worst, next| if next.1.0 > worst.1.0 { next } else { worst });
    match judged {
        Some((i, (severity @ Some(_), word, text))) if severity > Some(Severity::Info) => {
            (severity, word, format!("{}: {text}; of {sum}", i.name))
        }
        Some((_, (severity @ Some(_), word, _))) => (severity, word, sum),
        _ => (None, "OK", sum),
    }
}

/// The verdict on one virtual router. What is wrong is said before what is well.
pub fn judge(i: &InstanceView, observing: bool, now: Instant) -> Judged {
    let silent = i.muted || observing;
    match i.phase {
        Phase::Ended => return (None, "ENDED", "it has left nothing behind".to_owned()),
        Phase::Listening { until, .. } => {
            let heard = master(i, now)
                .map_or("no advert yet".to_owned(), |m| format!("{} is master with {}", m.src, m.priority));
            let left = duration(until.since(now));
            return (Some(Severity::Info), "LISTENING", format!("for another {left} before it takes part: {heard}"));
        }
        Phase::Waiting => return (Some(Severity::Warning), "WAITING", format!("for consent: {}", i.says)),
        Phase::Running => {}
    }
    let (severity, word, text) = match i.state {
        State::Fault => (Some(Severity::Warning), "FAULT", format!("{}{}", fault(i.fault), beside(i, now))),
        State::Init => {
            (Some(Severity::Info), "INIT", "it waits for the first results of its tracked scripts".to_owned())
        }
        State::Backup => backup(i, now),
        State::Master => as_master(i, silent, now),
    };
    if observing {
        let word = if severity > Some(Severity::Info) { word } else { "OBSERVING" };
        return (severity.max(Some(Severity::Info)), word, format!("nothing is sent; it would be {text}"));
    }
    if i.muted {
        let text = match i.state {
            State::Master => format!("{text} that keeps silent: the others take over"),
            _ => format!("{text}, in silence"),
        };
        return (severity.max(Some(Severity::Warning)), "MUTED", text);
    }
    (severity, word, text)
}

/// Who is master while this one is out.
fn beside(i: &InstanceView, now: Instant) -> String {
    master(i, now).map_or("; no master is heard".to_owned(), |m| format!("; {} ({}) is master", m.src, m.priority))
}

fn backup(i: &InstanceView, now: Instant) -> Judged {
    let left = i.armed.map(|a| a.until.since(now));
    let soon = left.map_or(String::new(), |left| format!("; becomes MASTER in {}", duration(left)));
    if let Some((p, why)) = refused(i, now) {
        let text = format!("BACKUP that does not accept the adverts of {} ({}): {why}{soon}", p.src, p.priority);
        return (Some(Severity::Warning), "WARNING", text);
    }
    let Some(m) = master(i, now) else {
        return (Some(Severity::Info), "INFO", format!("BACKUP, no master heard{soon}"));
    };
    let to = format!("BACKUP to {} ({})", m.src, m.priority);
    if let Some(why) = m.objects.first() {
        let text = format!("{to}, which would not accept our adverts: {why}");
        return (Some(Severity::Warning), "WARNING", text);
    }
    if m.priority == 0 {
        return (Some(Severity::Info), "INFO", format!("BACKUP, {} has released{soon}", m.src));
    }
    let silent = now.since(m.last);
    if silent > m.advert_int.saturating_mul(3) / 2 {
        let text = format!("{to}, which is silent for {}{soon}", duration(silent));
        return (Some(Severity::Info), "INFO", text);
    }
    if m.priority < i.priority {
        let outranks = format!("{} > {}", i.priority, m.priority);
        return match (i.params.preempt, i.preempt_at) {
            (false, _) => (None, "OK", format!("{to}, which it outranks but does not preempt ({outranks})")),
            (true, Some(at)) => {
                let delay = duration(at.since(now));
                (None, "OK", format!("{to}; its preempt delay ends in {delay} ({outranks})"))
            }
            (true, None) => {
                (Some(Severity::Info), "INFO", format!("{to}, which it is about to preempt ({outranks}){soon}"))
            }
        };
    }
    let wait = i
        .armed
        .and_then(|a| a.wait)
        .map_or(String::new(), |w| format!("; would take over {} after its last advert", seconds3(w.duration())));
    (None, "OK", format!("{to}{wait}"))
}

fn as_master(i: &InstanceView, silent: bool, now: Instant) -> Judged {
    let since = i.last.filter(|(t, _)| t.to == State::Master).map(|(t, _)| now.since(t.at));
    let of = match &i.addresses[..] {
        [] => " of no address".to_owned(),
        [one] => format!(" of {}", one.ip),
        [first, more @ ..] => format!(" of {} and {} more", first.ip, more.len()),
    };
    let master = format!("MASTER{of}{}", since.map_or(String::new(), |d| format!(" for {}", duration(d))));
    if silent {
        return (None, "OK", master);
    }
    let critical = |text: String| (Some(Severity::Critical), "CRITICAL", text);
    if let Some((p, why)) = refused(i, now) {
        let both = format!("two masters: {} ({}) speaks too, and its adverts are not accepted here", p.src, p.priority);
        return critical(format!("{both}: {why}"));
    }
    if let Some(p) = goes_on(i, since, now) {
        let why = p.objects.first().map_or("does it hear us?".to_owned(), |o| format!("it would not accept ours: {o}"));
        return critical(format!("two masters: {} ({}) goes on beside this router: {why}", p.src, p.priority));
    }
    let quiet = i.last_sent.map_or(since, |(at, _)| Some(now.since(at))).unwrap_or_default();
    if quiet > i.params.advert_int.saturating_mul(2) {
        let why = i.trouble.as_ref().map_or(String::new(), |t| format!(": {t}"));
        return critical(format!("MASTER, but no advert has left for {}{why}", exact(quiet)));
    }
    let next =
        i.peers.iter().filter(|p| p.objections.is_empty() && p.priority != 0).max_by_key(|p| (p.priority, p.src));
    let next = next.map_or("; no other router is known (a backup never speaks)".to_owned(), |p| {
        let after = master_down_interval(p.version, p.priority, i.params.advert_int, DOWN_TIMER_ADVERTS);
        format!("; {} ({}) would take over {} after its last advert", p.src, p.priority, seconds3(after))
    });
    (None, "OK", format!("{master}{next}"))
}

/// A router that speaks and is not accepted, with the first reason.
fn refused(i: &InstanceView, now: Instant) -> Option<(&Peer, &str)> {
    let mut speaking = i.peers.iter().filter(|p| p.priority != 0 && speaks(i, p, now));
    speaking.find_map(|p| p.objections.first().map(|why| (p, why.as_str())))
}

/// A router that is accepted, and still sends adverts after this one has been master for longer than it takes to yield.
fn goes_on(i: &InstanceView, since: Option<Duration>, now: Instant) -> Option<&Peer> {
    let settled = |p: &&Peer| since.is_some_and(|s| s > p.advert_int.max(i.params.advert_int).saturating_mul(3));
    i.peers.iter().filter(|p| p.priority != 0 && now.since(p.last) <= p.advert_int.saturating_mul(3) / 2).find(settled)
}
