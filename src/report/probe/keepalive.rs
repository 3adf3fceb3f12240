//! What is seen while a connection is held, as lines.

use std::time::Duration;

use super::time;
use crate::probe::keepalive::Step;

/// A step as a line, if it is one that is told: the timer that runs is not.
pub fn line(target: &str, at: Duration, step: &Step) -> Option<String> {
    let text = match step {
        Step::Held(local, Some(timer)) => {
            format!("connected from {local}; the kernel's keepalive timer runs out in {:.2} s", timer.as_secs_f64())
        }
        Step::Held(local, None) => format!("connected from {local}; the kernel tells of no keepalive timer"),
        Step::Unanswered(n) => format!("probe {n} sent, no answer yet"),
        Step::Answered(after) => format!("probe answered, {:.2} s after the last thing heard", after.as_secs_f64()),
        Step::Data(n) => format!("the peer says {n} bytes by itself; the idle time begins anew"),
        Step::Icmp(text) => text.clone(),
        Step::Now { .. } => return None,
    };
    Some(format!("{:>8.2} s  {target}  {}", at.as_secs_f64(), crate::report::printable(&text)))
}

/// Where the timer is, for a line that is drawn over and over.
pub fn now(target: &str, idle: Duration, step: &Step) -> Option<String> {
    const CELLS: usize = 20;
    let Step::Now { timer, expires, silent, sent, answered } = step else { return None };
    let left = (expires.as_secs_f64() / idle.as_secs_f64().max(1e-9)).clamp(0.0, 1.0);
    let full = CELLS - (left * CELLS as f64).round() as usize;
    let bar = "█".repeat(full) + &"·".repeat(CELLS - full);
    Some(format!(
        "{target}  timer {} {bar} {}, silent {}, {sent} sent, {answered} answered",
        timer.as_str(),
        time(*expires),
        time(*silent)
    ))
}
