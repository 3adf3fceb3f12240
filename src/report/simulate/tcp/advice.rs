//! What to know about settings, and settings that meet a target, as each program wants them written.

use std::time::Duration;

use super::words::{ending, round, time};
use crate::simulate::tcp::{
    Check, Errno, Record, Scenario, Settings, Slack, Target, Verdict, What, data_error, gives_up_idle, horizon,
    idle_error, play,
};
use crate::time::{Instant, seconds};

/// What becomes of the connection for each thing that may befall it: with nothing under way, and with data.
pub fn faults(scenario: &Scenario) -> Vec<String> {
    const ROWS: [(What, &str); 5] = [
        (What::Close, "process ends (FIN)"),
        (What::Reset, "process resets (RST)"),
        (What::Reboot, "host rebooted"),
        (What::Drop, "host dead, packets dropped"),
        (What::Unreachable, "unreachable (ICMP)"),
    ];
    let mut lines =
        vec![format!("{:<28}{:<46}{}", "If the peer’s …", "nothing under way: the application", "it writes just then")];
    for (what, name) in ROWS {
        let idle = endings(scenario, &[what]);
        let data = endings(scenario, &[what, What::Write(1)]);
        lines.push(format!("{name:<28}{idle:<46}{data}"));
    }
    lines
}

fn endings(scenario: &Scenario, what: &[What]) -> String {
    let events = what.iter().map(|w| (Instant::ZERO, *w)).collect();
    let length = horizon(&scenario.local);
    let scenario = Scenario { events, length, ..scenario.clone() };
    let mut all: Vec<(Duration, Errno)> = Vec::new();
    play(&scenario, Slack::Usual, &mut |at, record| {
        if let Record::Outcome { learned, .. } = record {
            all.push((at.since(Instant::ZERO), learned.error));
        }
    });
    ending(&all, scenario.rtt * 2)
}

/// What these settings do not do, and what they do otherwise than one may think.
pub fn remarks(scenario: &Scenario) -> Vec<String> {
    let s = &scenario.local;
    let rtt = scenario.rtt;
    let mut all = Vec::new();
    let data = data_error(s, rtt, Slack::Usual);
    let by = if s.user_timeout.is_some() {
        "the user timeout".to_owned()
    } else {
        format!("tcp_retries2 {}", s.kernel.retries2)
    };
    let data = data.map_or_else(|| "never fails".to_owned(), |t| format!("fails after {}", time(round(t))));
    all.push(format!(
        "Keepalive does not cover data that is unacknowledged: a write into silence {data}, by {by}, and no probe is \
         sent meanwhile."
    ));
    match s.keepalive {
        None => all.push(
            "Without keepalive an idle connection to a peer that fell silent is never given up: it waits for ever."
                .to_owned(),
        ),
        Some(k) => {
            if let (Some(on_time), Some(late)) = (idle_error(s, rtt, Slack::Usual), idle_error(s, rtt, Slack::Most)) {
                all.push(format!(
                    "An idle connection to a peer that fell silent fails {} after the last thing heard; the timers of \
                     a kernel with {} ticks a second are coarse and may make that {}, never less.",
                    time(on_time),
                    s.kernel.hz,
                    time(round(late))
                ));
            }
            if let Some(t) = s.user_timeout {
                let by_probes = k.idle + k.interval * k.probes;
                let by_timeout = gives_up_idle(&k, Some(t));
                if by_probes != by_timeout {
                    all.push(format!(
                        "The user timeout decides, not the number of probes: {} instead of {}; it is looked at when a \
                         probe is due, once one was sent.",
                        time(by_timeout),
                        time(by_probes)
                    ));
                }
            }
            if let Some(m) = scenario.middlebox.filter(|m| k.pace() >= m.limit) {
                all.push(format!(
                    "An idle connection sends a probe each {}, and the middlebox forgets it after {}: keepalive \
                     does not keep the flow.",
                    time(k.pace()),
                    time(m.limit)
                ));
            }
        }
    }
    all
}

/// How settings do, a line for each thing tried.
pub fn verdict(v: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    let mut row = |name: &str, check: &Check| {
        let took = check.took.map_or_else(|| "never".to_owned(), |t| format!("{} s", seconds(round(t))));
        let latest = check.latest.map_or_else(String::new, |t| format!("at most {} s", seconds(round(t))));
        let wanted = check.limit.map_or_else(String::new, |t| format!("wanted {} s", seconds(t)));
        lines
            .push(format!("{name:<34}{took:<14}{latest:<22}{wanted:<18}{}", if check.met { "met" } else { "NOT MET" }));
    };
    if let Some(c) = &v.idle {
        row("peer silent, nothing under way", c);
    }
    if let Some(c) = &v.data {
        row("peer silent, data written", c);
    }
    if let Some(c) = &v.survive {
        row("between probes of an idle flow", c);
    }
    if let Some(t) = v.late {
        lines.push(format!(
            "(A write just before the last probe is used up begins anew: {} s after the peer fell silent.)",
            seconds(round(t))
        ));
    }
    lines
}

/// What was asked for.
pub fn wanted(target: &Target) -> String {
    let mut parts = Vec::new();
    if let Some(t) = target.detect_within {
        parts.push(format!("a silent peer is noticed within {}", time(t)));
    }
    if let Some(t) = target.survive_idle {
        parts.push(format!("flows that are forgotten when idle for {} stay", time(t)));
    }
    parts.join(", and ")
}

/// Settings as programs want them written. `retries2` is what a program needs that cannot set a user timeout.
pub fn spelled(s: &Settings, retries2: Option<u32>) -> Vec<String> {
    let Some(k) = s.keepalive else { return Vec::new() };
    let (idle, interval, probes) = (k.idle.as_secs(), k.interval.as_secs(), k.probes);
    let timeout = s.user_timeout.map(|t| (t.as_millis(), t.as_secs()));
    let mut lines = vec![format!(
        "setsockopt   SO_KEEPALIVE 1, TCP_KEEPIDLE {idle}, TCP_KEEPINTVL {interval}, TCP_KEEPCNT {probes}{}",
        timeout.map_or_else(String::new, |(ms, _)| format!(", TCP_USER_TIMEOUT {ms}"))
    )];
    lines.push(format!("sysctl       net.ipv4.tcp_keepalive_time = {idle}"));
    lines.push(format!("             net.ipv4.tcp_keepalive_intvl = {interval}"));
    lines.push(format!("             net.ipv4.tcp_keepalive_probes = {probes}"));
    if let Some(n) = retries2 {
        lines.push(format!(
            "             net.ipv4.tcp_retries2 = {n}    (of the whole host; for programs without a user timeout)"
        ));
    }
    lines.push(format!("nginx        listen … so_keepalive={idle}s:{interval}s:{probes};  proxy_socket_keepalive on;"));
    let cut = |word: &str| timeout.map_or_else(String::new, |(_, s)| format!("   {word} … tcp-ut {s}s"));
    lines.push(format!(
        "haproxy      option clitcpka, clitcpka-idle {idle}s, clitcpka-intvl {interval}s, clitcpka-cnt {probes}{}",
        cut("bind")
    ));
    lines.push(format!(
        "             option srvtcpka, srvtcpka-idle {idle}s, srvtcpka-intvl {interval}s, srvtcpka-cnt {probes}{}",
        cut("server")
    ));
    lines.push(format!(
        "postgres     tcp_keepalives_idle = {idle}, tcp_keepalives_interval = {interval}, \
         tcp_keepalives_count = {probes}{}",
        timeout.map_or_else(String::new, |(ms, _)| format!(", tcp_user_timeout = {ms}"))
    ));
    lines
}
