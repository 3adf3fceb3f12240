//! A scenario as a file.

use std::fmt::Write as _;

use super::fault::{Fault, Key, duration};
use super::scenario::Scenario;

fn text(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A key, quoted where it must be.
fn key(s: &str) -> String {
    let bare = !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { s.to_owned() } else { text(s) }
}

/// The file's text. `config` gives the name by which a node's configuration is found from there; comments go to its top.
pub fn write(scenario: &Scenario, comments: &[String], config: impl Fn(usize) -> String) -> String {
    let mut out = String::new();
    for c in comments {
        let _ = writeln!(out, "# {}", c.replace('\n', " "));
    }
    let _ = writeln!(out, "duration = {}", text(&duration(scenario.duration)));
    let _ = writeln!(out, "seed = {}", scenario.seed);
    if !scenario.latency.is_zero() {
        let _ = writeln!(out, "latency = {}", text(&duration(scenario.latency)));
    }
    for (n, node) in scenario.nodes.iter().enumerate() {
        let _ = writeln!(out, "\n[node.{}]", key(&node.name));
        match &node.mirror {
            Some((of, priority)) => {
                let _ = writeln!(out, "mirror = {}\npriority = {priority}", text(of));
            }
            None => {
                let _ = writeln!(out, "config = {}", text(&config(n)));
            }
        }
        let _ = writeln!(out, "daemon = {}", text(&node.daemon.to_string()));
        let list = |l: &[(std::net::IpAddr, u8)]| {
            let all: Vec<String> = l.iter().map(|(a, p)| text(&format!("{a}/{p}"))).collect();
            format!("[{}]", all.join(", "))
        };
        let addresses: Vec<String> =
            node.addresses.iter().map(|(name, l)| format!("{} = {}", key(name), list(l))).collect();
        if !addresses.is_empty() {
            let _ = writeln!(out, "address = {{ {} }}", addresses.join(", "));
        }
        match node.start {
            Some(at) if at.as_micros() == 0 => {}
            Some(at) => {
                let _ = writeln!(out, "start = {}", text(&duration(at.since(crate::time::Instant::ZERO))));
            }
            None => out.push_str("start = \"never\"\n"),
        }
        if node.drift_ppm != 0 {
            let _ = writeln!(out, "drift_ppm = {}", node.drift_ppm);
        }
        let mut table = |name: &str, rows: Vec<String>| {
            if !rows.is_empty() {
                let _ = writeln!(out, "{name} = {{ {} }}", rows.join(", "));
            }
        };
        let outcome = |o: &super::scenario::Behaviour| {
            if o.takes.is_zero() && !o.hangs {
                o.exit.to_string()
            } else {
                format!("{{ exit = {}, takes = {}, hangs = {} }}", o.exit, text(&duration(o.takes)), o.hangs)
            }
        };
        table("scripts", node.scripts.iter().map(|(s, o)| format!("{} = {}", key(s), outcome(o))).collect());
        let up = |up: bool| if up { "\"up\"" } else { "\"down\"" };
        table("processes", node.processes.iter().map(|(p, u)| format!("{} = {}", key(p), up(*u))).collect());
        table("files", node.files.iter().map(|(f, v)| format!("{} = {v}", key(f))).collect());
    }
    for event in &scenario.events {
        let at = event.at.since(crate::time::Instant::ZERO);
        let _ = write!(out, "\n[[event]]\nat = {}\n{}", text(&duration(at)), fault(&event.fault, scenario));
    }
    out
}

fn fault(fault: &Fault, scenario: &Scenario) -> String {
    let Fault { kind, args } = fault;
    let name = |n: usize| text(scenario.nodes.get(n).map_or("", |n| n.name.as_str()));
    let mut out = format!("do = {}\n", text(kind.name));
    let mut row = |key: &str, value: String| {
        let _ = writeln!(out, "{key} = {value}");
    };
    if let Some(node) = args.node {
        row("node", name(node));
    }
    for k in kind.needs.iter().chain(kind.may) {
        let value = match k {
            Key::Interface => args.interface.as_deref().map(text),
            Key::Script | Key::Process | Key::File => args.name.as_deref().map(text),
            Key::Exit if args.hangs => Some(text("hang")),
            Key::Exit => args.exit.map(|e| e.to_string()),
            Key::Takes | Key::Time => args.time.map(|t| text(&duration(t))),
            Key::Running => args.running.map(|r| text(if r { "up" } else { "down" })),
            Key::Value => args.value.map(|v| v.to_string()),
            Key::Address => args.address.map(|a| text(&a.to_string())),
            Key::Sides => {
                let side = |s: &Vec<usize>| format!("[{}]", s.iter().map(|n| name(*n)).collect::<Vec<_>>().join(", "));
                Some(format!("[{}]", args.sides.iter().map(side).collect::<Vec<_>>().join(", ")))
            }
            Key::From => args.from.map(name),
            Key::To => args.to.map(name),
            Key::Percent => args.millionths.map(|m| {
                if m.is_multiple_of(10_000) {
                    (m / 10_000).to_string()
                } else {
                    text(&format!("{}.{:04}", m / 10_000, m % 10_000))
                }
            }),
            Key::Config => args.config.as_ref().map(|(n, _)| text(n)),
        };
        if let Some(value) = value {
            row(k.name(), value);
        }
    }
    out
}
