//! What can be seen of a world: what a screen shows, and a number for its state.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use super::World;
use crate::conf::RunInstance;
use crate::simulate::host::Host;
use crate::simulate::network::Network;
use crate::simulate::scenario::Behaviour;
use crate::time::Instant;
use crate::vrrp::VirtualRouter;
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::Reading;

/// A script, process or file that a node tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// What of these it is.
    pub kind: crate::vrrp::track::Kind,
    /// What the script does when it is run.
    pub script: Behaviour,
    /// Whether enough of the process run.
    pub running: bool,
    /// The number in the file.
    pub value: i32,
    /// What the node takes it for; nothing while its process does not run.
    pub reading: Option<Reading>,
}

impl World {
    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.hosts.len()
    }

    /// A node's name.
    pub fn name(&self, node: usize) -> &str {
        self.hosts.get(node).map_or("", |h| &h.name)
    }

    /// Whether a node's process runs.
    pub fn is_running(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|h| h.process.is_some())
    }

    /// Whether a node's process stands still.
    pub fn is_paused(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|h| h.paused)
    }

    /// The state of the links.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Instances of a node: their places and what is configured; those of the last process when none runs.
    pub fn instances(&self, node: usize) -> impl Iterator<Item = (usize, &RunInstance)> {
        let host = self.hosts.get(node);
        let running = host.and_then(|h| h.process.as_ref());
        let configured = host.filter(|h| h.process.is_none()).map(|h| h.setting.run.instances.iter().enumerate());
        let bound = running.into_iter().flat_map(|p| p.bound.iter().enumerate());
        bound.filter_map(|(i, b)| Some((i, &b.as_ref()?.run))).chain(configured.into_iter().flatten())
    }

    /// The state machine of an instance.
    pub fn router(&self, node: usize, instance: usize) -> Option<&VirtualRouter> {
        self.hosts.get(node)?.process.as_ref()?.router.instance(instance)
    }

    /// The network that an instance is on.
    pub fn segment(&self, node: usize, instance: usize) -> Option<usize> {
        let host = self.hosts.get(node)?;
        let run = self.instances(node).find(|(i, _)| *i == instance)?.1;
        Some(host.interfaces.get(host.interface(run.interface.as_deref()?)?)?.segment)
    }

    /// Addresses that a node sends from.
    pub fn addresses(&self, node: usize) -> Vec<IpAddr> {
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        let own = host.interfaces.iter().flat_map(|i| i.addresses.iter().map(|a| a.0));
        own.chain(host.removed.iter().map(|(_, a, _)| *a)).collect()
    }

    /// Names of what an instance tracks.
    pub fn tracks(&self, node: usize, instance: usize) -> Vec<String> {
        let Some(process) = self.hosts.get(node).and_then(|h| h.process.as_ref()) else { return Vec::new() };
        let names = process.router.tracks(instance).filter_map(|(t, _)| process.router.tracker(t.tracker));
        names.map(str::to_owned).collect()
    }

    /// A number for what this world is in, seen from its own moment: two worlds with the same number go on alike. Times
    /// count from now; what was only counted or noted does not matter.
    pub fn fingerprint(&self) -> u64 {
        let mut h = DefaultHasher::new();
        let since = |at: Instant| at.as_micros() - self.now.as_micros();
        for host in &self.hosts {
            // Which of those that are due at once goes first.
            let due = host.next_deadline();
            let ahead = |h: &&Host| due.is_some() && h.next_deadline() == due && h.next_advert() < host.next_advert();
            self.hosts.iter().filter(ahead).count().hash(&mut h);
            (host.paused, host.drift_ppm, &host.installed, &host.files, &host.processes).hash(&mut h);
            host.inbox.len().hash(&mut h);
            for i in &host.interfaces {
                (i.up, &i.addresses).hash(&mut h);
            }
            for (name, outcome) in &host.scripts {
                (name, outcome).hash(&mut h);
            }
            let Some(process) = &host.process else {
                0_u8.hash(&mut h);
                continue;
            };
            for (place, vr) in process.router.instances() {
                place.hash(&mut h);
                vr.fingerprint(host.local(self.now), &mut h);
                process.router.tracks(place).for_each(|(t, e)| (t.tracker, e.points, e.fault, e.pending).hash(&mut h));
            }
            for bound in process.bound.iter().flatten() {
                // Sequence numbers decide too, where there are any.
                if matches!(bound.ear.hearing.authentication, Authentication::Ah(_) | Authentication::Hmac(_)) {
                    format!("{:?}", bound.ear.memory.signer).hash(&mut h);
                }
            }
            for script in &process.scripts {
                script.schedule.next_deadline().map(|d| since(host.global(d))).hash(&mut h);
                process.router.script(script.tracker).hash(&mut h);
            }
        }
        self.network.hash(&mut h);
        h.finish()
    }

    /// Virtual addresses that are on a node.
    pub fn installed(&self, node: usize) -> impl Iterator<Item = IpAddr> {
        self.hosts.get(node).into_iter().flat_map(|h| h.installed.keys().copied())
    }

    /// What a script does now.
    pub fn script(&self, node: usize, name: &str) -> Behaviour {
        self.hosts.get(node).and_then(|h| h.scripts.get(name)).copied().unwrap_or_default()
    }

    /// Interfaces of a node: the one of a name, or all that carry VRRP.
    pub fn interfaces(&self, node: usize, name: Option<&str>) -> Vec<usize> {
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        if let Some(name) = name {
            host.interface(name).into_iter().collect()
        } else {
            let mut all: Vec<usize> =
                host.setting.run.instances.iter().filter_map(|i| host.interface(i.interface.as_deref()?)).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }

    /// All interfaces of a node: name, whether it is up, own addresses.
    pub fn links(&self, node: usize) -> impl Iterator<Item = (&str, bool, &[(IpAddr, u8)])> {
        let all = self.hosts.get(node).into_iter().flat_map(|h| &h.interfaces);
        all.map(|i| (i.name.as_str(), i.up, i.addresses.as_slice()))
    }

    /// The scripts, processes and files that a node tracks.
    pub fn checks(&self, node: usize) -> Vec<Check> {
        use crate::vrrp::track::Kind as K;
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        let run = &host.setting.run;
        let tracks = run.instances.iter().flat_map(|i| &i.track).chain(run.groups.iter().flat_map(|g| &g.track));
        let mut all: Vec<Check> = Vec::new();
        for track in tracks.filter(|t| matches!(t.kind, K::Script | K::Process | K::File)) {
            if all.iter().any(|c| c.kind == track.kind && c.name == track.name) {
                continue;
            }
            let router = host.process.as_ref().map(|p| &p.router);
            let reading = router.and_then(|r| {
                let mut ids = (0..).map_while(|id| Some((id, r.tracker(id)?)));
                let own = ids.find(|(id, name)| *name == track.name && r.tracker_kind(*id) == Some(track.kind));
                r.reading(own?.0)
            });
            all.push(Check {
                name: track.name.clone(),
                kind: track.kind,
                script: self.script(node, &track.name),
                running: host.processes.get(&track.name).copied().unwrap_or(true),
                value: host.files.get(&track.name).copied().unwrap_or(0),
                reading,
            });
        }
        all
    }

    /// An interface of a node by its name.
    pub fn interface(&self, node: usize, name: &str) -> Option<usize> {
        self.hosts.get(node)?.interface(name)
    }

    /// Whether an interface is up and running.
    pub fn is_up(&self, node: usize, interface: usize) -> bool {
        self.hosts.get(node).and_then(|h| h.interfaces.get(interface)).is_some_and(|i| i.up)
    }

    // What befalls.
}
