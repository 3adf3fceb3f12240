//! From what somebody has written to a scenario that can be played: what is left out is made up, and said.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::scenario::{Daemon, NodeSpec, Scenario, Setting};
use crate::conf::model::Peer;
use crate::conf::{Run, RunInstance};
use crate::time::Instant;

/// A scenario in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The scenario as far as it is known.
    pub scenario: Scenario,
    /// What was made up, a sentence each.
    pub remarks: Vec<String>,
}

/// How long a simulation lasts that nobody has given a length.
const DEFAULT_LENGTH: Duration = Duration::from_secs(30);

impl Default for Draft {
    fn default() -> Self {
        let scenario = Scenario {
            duration: DEFAULT_LENGTH,
            nodes: Vec::new(),
            events: Vec::new(),
            seed: 1,
            latency: Duration::ZERO,
        };
        Self { scenario, remarks: Vec::new() }
    }
}

impl Draft {
    /// Adds a node that is ready at the beginning. Its name is made unique.
    pub fn node(&mut self, name: &str, daemon: Daemon, setting: Setting) -> &mut NodeSpec {
        let taken = |n: &str, all: &[NodeSpec]| all.iter().any(|s| s.name == n);
        let mut unique = name.to_owned();
        let mut number = 2;
        while taken(&unique, &self.scenario.nodes) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        self.scenario.nodes.push(NodeSpec {
            name: unique,
            daemon,
            setting,
            addresses: BTreeMap::new(),
            start: Some(Instant::ZERO),
            scripts: BTreeMap::new(),
            processes: BTreeMap::new(),
            files: BTreeMap::new(),
            drift_ppm: 0,
            mirror: None,
        });
        let last = self.scenario.nodes.len() - 1;
        &mut self.scenario.nodes[last]
    }

    /// Adds the node that a single configuration leaves to be imagined: its mirror, in BACKUP.
    pub fn mirror(&mut self, name: &str, priority: u8) {
        let Some(first) = self.scenario.nodes.first().cloned() else { return };
        self.mirror_of(&first, name, priority);
    }

    /// The same of any node.
    pub fn mirror_of(&mut self, first: &NodeSpec, name: &str, priority: u8) -> &mut NodeSpec {
        let mut run = Run::clone(&first.setting.run);
        for i in &mut run.instances {
            (i.wants_master, i.priority) = (false, priority);
            let own = i.source.take();
            i.source = i.peers.first().map(|p| p.address);
            if let (Some(own), false) = (own, i.peers.is_empty()) {
                let others = i.peers.iter().skip(1).copied();
                i.peers = std::iter::once(Peer { address: own, min_ttl: None, max_ttl: None }).chain(others).collect();
            }
        }
        let setting = Setting { conf: Arc::clone(&first.setting.conf), run: Arc::new(run) };
        let daemon = first.daemon;
        let taken = self.scenario.nodes.iter().any(|n| n.name == name);
        let name = if taken { format!("{name}-mirror") } else { name.to_owned() };
        let node = self.node(&name, daemon, setting);
        node.mirror = Some((first.name.clone(), priority));
        node
    }

    /// Gives each interface that carries VRRP an address to send from, where none is known.
    pub fn addresses(&mut self) {
        self.unicast_sources();
        let vips: BTreeSet<IpAddr> = all_vips(&self.scenario.nodes);
        let mut taken: BTreeSet<IpAddr> = vips.clone();
        taken.extend(self.scenario.nodes.iter().flat_map(|n| n.addresses.values().flatten().map(|a| a.0)));
        for k in 0..self.scenario.nodes.len() {
            let run = Arc::clone(&self.scenario.nodes[k].setting.run);
            for i in &run.instances {
                let Some(interface) = i.interface.clone() else { continue };
                let spec = &mut self.scenario.nodes[k];
                let have = spec.addresses.entry(interface.clone()).or_default();
                let fits = |a: &IpAddr| a.is_ipv6() == i.ipv6 && (!i.ipv6 || is_link_local(a));
                if let Some(source) = i.source {
                    // It is said; the interface has it.
                    if !have.iter().any(|(a, _)| *a == source) {
                        have.push((source, if i.ipv6 { 64 } else { 24 }));
                        taken.insert(source);
                    }
                    continue;
                }
                if have.iter().any(|(a, _)| fits(a)) {
                    continue;
                }
                let (address, prefix) = made_up(i, k, &taken);
                taken.insert(address);
                have.push((address, prefix));
                let name = &spec.name;
                self.remarks.push(format!("{name}: {interface} has the made-up address {address}/{prefix}"));
            }
        }
    }

    /// An instance that sends unicast and does not say from where: an address that the others send to.
    fn unicast_sources(&mut self) {
        for k in 0..self.scenario.nodes.len() {
            let run = Arc::clone(&self.scenario.nodes[k].setting.run);
            for i in run.instances.iter().filter(|i| !i.peers.is_empty() && i.source.is_none()) {
                let Some(interface) = i.interface.clone() else { continue };
                let others = self.scenario.nodes.iter().enumerate().filter(|(n, _)| *n != k);
                let same = |o: &&RunInstance| o.vrid == i.vrid && o.ipv6 == i.ipv6;
                let listed: Vec<IpAddr> = others
                    .flat_map(|(_, n)| n.setting.run.instances.iter().filter(same))
                    .flat_map(|o| o.peers.iter().map(|p| p.address))
                    .collect();
                let claimed: BTreeSet<IpAddr> = self
                    .scenario
                    .nodes
                    .iter()
                    .flat_map(|n| {
                        let sources = n.setting.run.instances.iter().filter_map(|i| i.source);
                        sources.chain(n.addresses.values().flatten().map(|a| a.0)).collect::<Vec<_>>()
                    })
                    .collect();
                let spec = &self.scenario.nodes[k];
                if spec.addresses.get(&interface).is_some_and(|a| a.iter().any(|(a, _)| a.is_ipv6() == i.ipv6)) {
                    continue;
                }
                let own = listed.into_iter().find(|a| !claimed.contains(a) && !i.peers.iter().any(|p| p.address == *a));
                if let Some(own) = own {
                    let prefix = if i.ipv6 { 64 } else { 24 };
                    let spec = &mut self.scenario.nodes[k];
                    spec.addresses.entry(interface.clone()).or_default().push((own, prefix));
                    self.remarks
                        .push(format!("{}: {interface} has {own}/{prefix}, which its peers send to", spec.name));
                }
            }
        }
    }
}

fn is_link_local(a: &IpAddr) -> bool {
    matches!(a, IpAddr::V6(a) if a.segments()[0] & 0xffc0 == 0xfe80)
}

fn all_vips(nodes: &[NodeSpec]) -> BTreeSet<IpAddr> {
    let instances = nodes.iter().flat_map(|n| &n.setting.run.instances);
    instances.flat_map(|i| i.addresses.iter().chain(&i.excluded)).map(|a| a.address).collect()
}

/// An address in the network of the virtual addresses: the node's number as its host part, or the next that is free.
fn made_up(i: &RunInstance, node: usize, taken: &BTreeSet<IpAddr>) -> (IpAddr, u8) {
    if i.ipv6 {
        let address = |n: u16| IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, n));
        let first = node as u16 + 1;
        let free = (first..=u16::MAX).map(address).find(|a| !taken.contains(a));
        return (free.unwrap_or(address(first)), 64);
    }
    let vip = i.addresses.iter().chain(&i.excluded).find_map(|a| match a.address {
        IpAddr::V4(v4) => Some((v4, a.prefix)),
        IpAddr::V6(_) => None,
    });
    let (vip, prefix) = vip.unwrap_or((Ipv4Addr::new(192, 0, 2, 0), 24));
    let prefix = if (8..=30).contains(&prefix) { prefix } else { 24 };
    let mask = u32::MAX << (32 - u32::from(prefix));
    let base = vip.to_bits() & mask;
    let hosts = 1..!mask;
    let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(base | n));
    let first = node as u32 + 1;
    let free = hosts.clone().skip(first as usize - 1).chain(hosts).map(address).find(|a| !taken.contains(a));
    (free.unwrap_or(address(first)), prefix)
}
