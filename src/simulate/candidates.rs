//! Every single thing that can befall a scenario's nodes and links, and what ends it.

use super::fault::{Args, Fault, Key, kind};
use super::scenario::NodeSpec;
use super::words::interfaces;

/// A fault, and what ends it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What befalls.
    pub fault: Fault,
    /// What ends it.
    pub end: Option<Fault>,
    /// Whether two masters while it lasts are no mistake of the configuration: nodes that do not hear each other are each
    /// alone.
    pub parts: bool,
    /// The node that it befalls.
    pub node: Option<usize>,
}

fn made(name: &str, args: Args) -> Option<Fault> {
    Some(Fault { kind: kind(name)?, args })
}

fn of(node: usize) -> Args {
    Args { node: Some(node), ..Args::default() }
}

/// All of them: per node, interface and direction, script, process and file, link and split.
pub fn trials(nodes: &[NodeSpec]) -> Vec<Trial> {
    let mut all = Vec::new();
    let mut add = |name: &str, args: Args, end: Option<(&str, Args)>, parts: bool| {
        let node = args.node;
        let end = end.and_then(|(name, args)| made(name, args));
        all.extend(made(name, args).map(|fault| Trial { fault, end, parts, node }));
    };
    for (n, spec) in nodes.iter().enumerate() {
        for name in ["crash", "power-off", "stop"] {
            add(name, of(n), Some(("start", of(n))), false);
        }
        // One that stands still keeps its addresses, whatever its configuration says.
        add("pause", of(n), Some(("resume", of(n))), true);
        add("reload", of(n), None, false);
        let carrying = carrying(spec);
        for interface in interfaces(spec) {
            let args = || Args { interface: Some(interface.clone()), ..of(n) };
            add("link-down", args(), Some(("link-up", args())), false);
            // All of one interface is the node: said without it.
            if carrying.len() > 1 && carrying.contains(&interface) {
                add("deaf", args(), Some(("hear", args())), true);
                add("mute", args(), Some(("unmute", args())), true);
            }
        }
        add("deaf", of(n), Some(("hear", of(n))), true);
        add("mute", of(n), Some(("unmute", of(n))), true);
        for name in tracked(spec, crate::vrrp::track::Kind::Script) {
            let exit = |exit| Args { name: Some(name.clone()), exit: Some(exit), ..of(n) };
            add("script", exit(1), Some(("script", exit(0))), false);
            add("script", Args { hangs: true, exit: None, ..exit(0) }, Some(("script", exit(0))), false);
        }
        for name in tracked(spec, crate::vrrp::track::Kind::Process) {
            let running = |up| Args { name: Some(name.clone()), running: Some(up), ..of(n) };
            add("process", running(false), Some(("process", running(true))), false);
        }
        for name in tracked(spec, crate::vrrp::track::Kind::File) {
            let before = spec.files.get(&name).copied().unwrap_or(0);
            let value = |v| Args { name: Some(name.clone()), value: Some(v), ..of(n) };
            add("file", value(-254), Some(("file", value(before))), false);
        }
        for (address, _) in spec.addresses.values().flatten() {
            let args = || Args { address: Some(*address), ..of(n) };
            add("address-removed", args(), Some(("address-added", args())), false);
        }
        for to in (0..nodes.len()).filter(|to| *to != n) {
            let loss =
                |millionths| Args { from: Some(n), to: Some(to), millionths: Some(millionths), ..Args::default() };
            // With two nodes that is being mute.
            if nodes.len() > 2 {
                add("loss", loss(1_000_000), Some(("loss", loss(0))), true);
            }
        }
    }
    // Each way to split them once: the first node's side is counted out.
    if (2..=6).contains(&nodes.len()) {
        for mask in 1..1_u32 << (nodes.len() - 1) {
            let away = |n: &usize| *n > 0 && mask & (1 << (n - 1)) != 0;
            let sides: Vec<Vec<usize>> =
                vec![(0..nodes.len()).filter(|n| !away(n)).collect(), (0..nodes.len()).filter(away).collect()];
            add("partition", Args { sides, ..Args::default() }, Some(("heal", Args::default())), true);
        }
    }
    all
}

/// Interfaces that carry VRRP.
fn carrying(spec: &NodeSpec) -> Vec<String> {
    let mut all: Vec<String> = spec.setting.run.instances.iter().filter_map(|i| i.interface.clone()).collect();
    all.sort();
    all.dedup();
    all
}

/// Names of what a node tracks of a kind.
fn tracked(spec: &NodeSpec, kind: crate::vrrp::track::Kind) -> Vec<String> {
    let run = &spec.setting.run;
    let tracks = run.instances.iter().flat_map(|i| &i.track).chain(run.groups.iter().flat_map(|g| &g.track));
    let mut names: Vec<String> = tracks.filter(|t| t.kind == kind).map(|t| t.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a fault is a failing check.
pub fn is_check(fault: &Fault) -> bool {
    fault.kind.needs.iter().any(|k| matches!(k, Key::Script | Key::Process | Key::File))
}
