//! How two configurations differ in meaning: comments, order and defaults aside.

use super::Node;
use super::cluster::Cluster;
use crate::conf::Version;
use crate::conf::effective::{Origin, Section, Setting, Shown, effective};

/// A setting that is not the same on both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Blocks around it: `vrrp_instance VI_1`.
    pub path: Vec<String>,
    /// Its keyword; empty for a whole block.
    pub name: &'static str,
    /// What each has, with where it is from; nothing where it has no such thing.
    pub sides: [Option<Setting>; 2],
    /// Why nodes of a pair may well differ in it; nothing where they should not.
    pub normal: Option<&'static str>,
}

/// What nodes of a pair have of their own, and why. A row with `/` is for that block only.
const NORMAL: &[(&str, &str)] = &[
    ("vrrp_instance/state", "where each begins; the priority decides"),
    ("vrrp_instance/priority", "it decides who is master"),
    ("vrrp_instance/mcast_src_ip", "each sends from its own address"),
    ("vrrp_instance/unicast_src_ip", "each sends from its own address"),
    ("vrrp_instance/unicast_peer", "each names the others"),
    ("vrrp_instance/interface", "interfaces may be called otherwise on the other host"),
    ("vrrp_instance/track_interface", "interfaces may be called otherwise on the other host"),
    ("vrrp_instance/nopreempt", "usually on the one that is to come back as a backup"),
    ("vrrp_instance/preempt", "usually off on the one that is to come back as a backup"),
    ("vrrp_instance/preempt_delay", "counts on the one that preempts"),
    ("global_defs/router_id", "names the host"),
    ("global_defs/notification_email_from", "may name the host"),
    ("global_defs/smtp_helo_name", "names the host"),
    ("bfd_instance/source_ip", "each speaks from its own address"),
    ("bfd_instance/neighbor_ip", "each names the other"),
    ("bfd_instance/neighbour_ip", "each names the other"),
];

fn normal(keyword: &str, name: &str, sides: &[Option<Setting>; 2]) -> Option<&'static str> {
    if matches!(name, "unicast_peer" | "mcast_src_ip" | "unicast_src_ip") && sides.iter().any(Option::is_none) {
        return None; // one speaks unicast, the other not
    }
    let path = format!("{keyword}/{name}");
    NORMAL.iter().find(|(row, _)| *row == path).map(|(_, why)| *why)
}

/// Everything in which two nodes differ, in the order of the first.
pub fn differences(nodes: &[Node; 2], version: Version) -> Vec<Difference> {
    let cluster = Cluster::of(nodes);
    let [a, b] = [&nodes[0], &nodes[1]].map(|n| effective(&n.conf, &n.run, version));
    // The instances that are one virtual router have one name here.
    let partner = |name: &str| {
        let index = nodes[0].run.instances.iter().position(|i| i.name == name)?;
        Some(cluster.router(0, index)?.on(1)?.run.name.clone())
    };
    let mut out = Vec::new();
    compare(&a, &b, &partner, &[], &mut out);
    out
}

fn title(s: &Section) -> String {
    if s.name.is_empty() { s.keyword.to_owned() } else { format!("{} {}", s.keyword, s.name) }
}

fn compare(
    a: &[Section],
    b: &[Section],
    partner: &dyn Fn(&str) -> Option<String>,
    path: &[String],
    out: &mut Vec<Difference>,
) {
    let mut taken = vec![false; b.len()];
    for s in a {
        let renamed = if s.keyword == "vrrp_instance" { partner(&s.name) } else { None };
        let name = renamed.as_ref().unwrap_or(&s.name);
        let found = (0..b.len()).find(|k| !taken[*k] && b[*k].keyword == s.keyword && b[*k].name == *name);
        let shown = match &renamed {
            Some(other) if *other != s.name => format!("{} {} and {other}", s.keyword, s.name),
            _ => title(s),
        };
        let here: Vec<String> = path.iter().cloned().chain(Some(shown).filter(|t| !t.is_empty())).collect();
        match found {
            Some(k) => {
                taken[k] = true;
                settings(s, &b[k], &here, out);
                compare(&s.sections, &b[k].sections, partner, &here, out);
            }
            None if s.keyword.is_empty() => {}
            None => out.push(whole(here, s, 0)),
        }
    }
    for (s, _) in b.iter().zip(&taken).filter(|(s, taken)| !**taken && !s.keyword.is_empty()) {
        let here = path.iter().cloned().chain([title(s)]).collect();
        out.push(whole(here, s, 1));
    }
}

/// A block that only one of them has.
fn whole(path: Vec<String>, s: &Section, side: usize) -> Difference {
    let there =
        Setting { name: "", value: Shown::Text(String::new()), origin: s.span.map_or(Origin::Derived, Origin::Set) };
    let mut sides = [None, None];
    sides[side] = Some(there);
    Difference { path, name: "", sides, normal: None }
}

fn settings(a: &Section, b: &Section, path: &[String], out: &mut Vec<Difference>) {
    let of = |s: &Section, name: &str| s.settings.iter().find(|x| x.name == name).cloned();
    let names = a.settings.iter().map(|s| s.name);
    let more = b.settings.iter().map(|s| s.name).filter(|n| a.settings.iter().all(|s| s.name != *n));
    for name in names.chain(more) {
        // Each is the other's opposite.
        if matches!(name, "no_accept" | "preempt") {
            continue;
        }
        let sides = [of(a, name), of(b, name)];
        let values = [0, 1].map(|i| sides[i].as_ref().map(|s| ordered(name, &s.value)));
        if values[0] == values[1] {
            continue;
        }
        let normal = normal(a.keyword, name, &sides);
        out.push(Difference { path: path.to_vec(), name, sides, normal });
    }
}

/// A value for comparison: the order of most lists says nothing.
fn ordered(name: &str, value: &Shown) -> Shown {
    match value {
        // Routes and rules depend on each other.
        Shown::List(lines)
            if !matches!(name, "virtual_routes" | "virtual_rules" | "static_routes" | "static_rules") =>
        {
            let mut lines = lines.clone();
            lines.sort();
            Shown::List(lines)
        }
        value => value.clone(),
    }
}
