//! What faults and operators do to nodes: processes come and go, links, checks and addresses change.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::setup::{bind, causes, config, missing_interfaces, network, own_address};
use super::{Kind, World, kind_of};
use crate::simulate::fault::{Fault, Line};
use crate::simulate::host::{Host, Process};
use crate::simulate::record::Record;
use crate::simulate::scenario::{Behaviour, Setting};
use crate::time::Instant;
use crate::vrrp::router::{Input, VrrpRouter};
use crate::vrrp::{Event, Fault as Cause};

impl World {
    pub(super) fn befall(&mut self, fault: &Fault, event: Option<usize>) {
        let names = self.hosts.iter().map(|h| h.name.as_str()).collect();
        let what = Line { fault, names }.to_string();
        self.out.push(Record::Fault { at: self.now, what, event });
        (fault.kind.apply)(self, &fault.args);
    }

    /// A node's process is there and ready.
    pub(in crate::simulate) fn start(&mut self, n: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(n).filter(|h| h.process.is_none()) else { return };
        host.epoch += 1;
        host.paused = false;
        host.inbox.clear();
        // What a process before it has left behind goes.
        let own = |address: &IpAddr| {
            let runs = host.setting.run.instances.iter();
            runs.flat_map(|i| i.addresses.iter().chain(&i.excluded)).any(|a| a.address == *address)
        };
        let leftover: Vec<IpAddr> = host.installed.keys().copied().filter(own).collect();
        for address in leftover {
            host.installed.remove(&address);
        }
        let (config, runs) = config(host);
        let router = VrrpRouter::new(config);
        let mut process =
            Process { router, bound: Vec::new(), ears: BTreeMap::new(), scripts: Vec::new(), epoch: host.epoch };
        bind(n, host, &mut process, runs);
        host.process = Some(process);
        for (place, cause) in causes(host) {
            self.tell(n, Input::Instance(place, Event::Fault(cause)));
        }
        self.tell(n, Input::Start);
        self.start_scripts(n, now);
    }

    /// Sessions of BFD come up and scripts run for the first time.
    fn start_scripts(&mut self, n: usize, now: Instant) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let local = host.local(now);
        let Some(process) = &mut host.process else { return };
        let sessions: Vec<usize> = bfds(&host.setting, process);
        for script in &mut process.scripts {
            script.schedule.start(local);
        }
        for id in sessions {
            self.tell(n, Input::Bfd(id, true));
        }
        self.run_scripts(n);
    }

    pub(in crate::simulate) fn stop(&mut self, n: usize) {
        self.tell(n, Input::Stop);
        if let Some(host) = self.hosts.get_mut(n) {
            host.process = None;
            host.paused = false;
        }
    }

    /// The process is gone without a word.
    pub(in crate::simulate) fn gone(&mut self, n: usize, keep: bool) {
        let at = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        let ran = host.process.take().is_some();
        host.paused = false;
        host.inbox.clear();
        if !keep {
            host.installed.clear();
        }
        if ran {
            let left = host.installed.keys().copied().collect();
            self.out.push(Record::Gone { at, node: n, left });
        }
    }

    pub(in crate::simulate) fn pause(&mut self, n: usize) {
        if let Some(host) = self.hosts.get_mut(n).filter(|h| h.process.is_some()) {
            host.paused = true;
        }
    }

    /// It finds packets and timers at once. keepalived handles a socket that has become readable before a timer that is
    /// up, and the packets of a virtual router may move its timer.
    pub(in crate::simulate) fn resume(&mut self, n: usize) {
        let Some(host) = self.hosts.get_mut(n).filter(|h| h.paused) else { return };
        host.paused = false;
        while let Some((interface, packet)) = self.hosts.get_mut(n).and_then(|h| h.inbox.pop_front()) {
            self.arrive(n, interface, &packet);
        }
        self.tick(n);
    }

    /// The configuration is read again, or another one.
    pub(in crate::simulate) fn reload(&mut self, n: usize, setting: Option<&Setting>) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(setting) = setting {
            host.setting = setting.clone();
            missing_interfaces(n, host);
        }
        if host.process.is_none() {
            return;
        }
        let (config, runs) = config(host);
        self.tell(n, Input::Reload(Box::new(config)));
        let now = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(mut process) = host.process.take() {
            bind(n, host, &mut process, runs);
            host.process = Some(process);
        }
        self.start_scripts(n, now);
    }

    pub(in crate::simulate) fn link(&mut self, n: usize, interface: usize, up: bool) {
        let Some(i) = self.hosts.get_mut(n).and_then(|h| h.interfaces.get_mut(interface)) else { return };
        if std::mem::replace(&mut i.up, up) != up {
            let name = i.name.clone();
            self.track(n, &name, |source| matches!(source, Kind::Interface), |id| Input::Interface(id, up));
        }
    }

    pub(in crate::simulate) fn set_script(&mut self, n: usize, name: &str, outcome: Behaviour) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.scripts.insert(name.to_owned(), outcome);
        }
    }

    pub(in crate::simulate) fn set_process(&mut self, n: usize, name: &str, running: bool) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.processes.insert(name.to_owned(), running);
            self.track(n, name, |source| matches!(source, Kind::Process), |id| Input::Process(id, running));
        }
    }

    pub(in crate::simulate) fn set_file(&mut self, n: usize, name: &str, value: i32) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.files.insert(name.to_owned(), value);
            self.track(n, name, |source| matches!(source, Kind::File), |id| Input::File(id, value));
        }
    }

    /// Somebody takes an address off. With an interface's first address of a network the kernel takes the others of that
    /// network off, too.
    pub(in crate::simulate) fn remove_address(&mut self, n: usize, address: IpAddr) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(place) = host.installed.remove(&address) {
            self.tell(n, Input::Instance(place, Event::AddressLost));
            return;
        }
        let own = host.interfaces.iter().enumerate().find_map(|(k, i)| {
            let at = i.addresses.iter().position(|(a, _)| *a == address)?;
            Some((k, at))
        });
        let Some((k, at)) = own else { return };
        let (_, prefix) = host.interfaces[k].addresses.remove(at);
        host.removed.push((k, address, prefix));
        let lost: Vec<(IpAddr, usize)> = host
            .installed
            .iter()
            .filter(|(a, place)| {
                let bound = host.process.as_ref().and_then(|p| p.bound.get(**place)).and_then(Option::as_ref);
                let all = bound.into_iter().flat_map(|b| b.run.addresses.iter().chain(&b.run.excluded));
                let same = |p: u8| p == prefix && network(**a, p) == network(address, p);
                all.filter(|r| r.address == **a).any(|r| same(r.prefix))
            })
            .map(|(a, place)| (*a, *place))
            .collect();
        for (address, place) in lost {
            if self.hosts[n].installed.remove(&address).is_some() {
                self.tell(n, Input::Instance(place, Event::AddressLost));
            }
        }
        self.resource(n, k);
    }

    pub(in crate::simulate) fn add_address(&mut self, n: usize, address: IpAddr) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let Some(at) = host.removed.iter().position(|(_, a, _)| *a == address) else { return };
        let (k, address, prefix) = host.removed.remove(at);
        host.interfaces[k].addresses.push((address, prefix));
        self.resource(n, k);
    }

    /// The addresses of an interface have changed: instances there send from another one, or from none.
    fn resource(&mut self, n: usize, interface: usize) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let mut inputs = Vec::new();
        let Host { interfaces, process: Some(process), .. } = host else { return };
        for (place, bound) in process.bound.iter_mut().enumerate() {
            let Some(bound) = bound.as_mut().filter(|b| b.interface == interface) else { continue };
            let Some(vr) = process.router.instance(place) else { continue };
            let without = vr.has_fault(Cause::NoSource);
            match own_address(&interfaces[interface], bound.run.ipv6, bound.run.source) {
                Some(source) => {
                    bound.spec.src = source;
                    bound.last = None;
                    inputs.push((place, Event::Source(source)));
                    if without {
                        inputs.push((place, Event::Cleared(Cause::NoSource)));
                    }
                }
                None if !without => inputs.push((place, Event::Fault(Cause::NoSource))),
                None => {}
            }
        }
        for (place, event) in inputs {
            self.tell(n, Input::Instance(place, event));
        }
    }
}

fn bfds(_setting: &Setting, process: &Process) -> Vec<usize> {
    (0..)
        .map_while(|id| process.router.tracker(id).map(|_| id))
        .filter(|id| kind_of(process, *id) == Kind::Bfd)
        .collect()
}
