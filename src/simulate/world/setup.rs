//! A world before anything happens in it: hosts, the segments between them, and what a process is started with.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use crate::conf::RunInstance;
use crate::conf::model::VrrpScript;
use crate::simulate::host::{Bound, Host, Interface, Process, Script};
use crate::simulate::record::Who;
use crate::simulate::scenario::NodeSpec;
use crate::vrrp::Fault as Cause;
use crate::vrrp::check::Listener;
use crate::vrrp::router::{Config, Source, VrrpRouter};
use crate::vrrp::script::Schedule;
use crate::wire::Mac;
use crate::wire::build::AdvertSpec;

/// A host as its scenario has it.
pub(super) fn host(n: usize, spec: &NodeSpec) -> Host {
    let mut host = Host {
        name: spec.name.clone(),
        daemon: spec.daemon,
        setting: spec.setting.clone(),
        interfaces: Vec::new(),
        scripts: spec.scripts.clone(),
        processes: spec.processes.clone(),
        files: spec.files.clone(),
        installed: BTreeMap::new(),
        removed: Vec::new(),
        process: None,
        paused: false,
        inbox: VecDeque::new(),
        drift_ppm: spec.drift_ppm,
        epoch: 0,
    };
    for (name, addresses) in &spec.addresses {
        add_interface(n, &mut host, name, addresses.clone());
    }
    missing_interfaces(n, &mut host);
    host
}

fn add_interface(n: usize, host: &mut Host, name: &str, addresses: Vec<(IpAddr, u8)>) {
    let k = host.interfaces.len();
    // Locally administered: node and interface in the last bytes.
    let mac = Mac([0x02, 0, 0, 0, n as u8 + 1, k as u8]);
    host.interfaces.push(Interface { name: name.to_owned(), addresses, up: true, mac, segment: usize::MAX });
}

/// Interfaces that the configuration names and that have no address in the scenario.
pub(super) fn missing_interfaces(n: usize, host: &mut Host) {
    let run = Arc::clone(&host.setting.run);
    let own = run.instances.iter().filter_map(|i| i.interface.as_deref());
    let tracks = run.instances.iter().flat_map(|i| &i.track).chain(run.groups.iter().flat_map(|g| &g.track));
    let tracked = tracks.filter(|t| t.kind == crate::vrrp::track::Kind::Interface).map(|t| t.name.as_str());
    let names: Vec<&str> = own.chain(tracked).collect();
    for name in names {
        if host.interface(name).is_none() {
            add_interface(n, host, name, Vec::new());
        }
    }
}

/// The network part of an address.
pub(super) fn network(address: IpAddr, prefix: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(a) => (u128::from(a.to_bits()), 32),
        IpAddr::V6(a) => (a.to_bits(), 128),
    };
    let host = width - u32::from(prefix).min(width);
    bits.checked_shr(host).unwrap_or(0)
}

/// Connects interfaces to segments: those that share a network, and those of one name where that decides nothing.
pub(super) fn connect(hosts: &mut [Host]) {
    let mut segments: Vec<(String, Vec<(IpAddr, u8)>)> = Vec::new();
    let global = |a: &(IpAddr, u8)| !matches!(a.0, IpAddr::V6(six) if six.segments()[0] & 0xffc0 == 0xfe80);
    for host in hosts {
        for interface in &mut host.interfaces {
            let own: Vec<(IpAddr, u8)> = interface.addresses.iter().copied().filter(global).collect();
            let shares = |other: &[(IpAddr, u8)]| {
                own.iter().any(|(a, p)| {
                    other
                        .iter()
                        .any(|(b, q)| a.is_ipv4() == b.is_ipv4() && network(*a, *p.min(q)) == network(*b, *p.min(q)))
                })
            };
            let by_network = segments.iter().position(|(_, networks)| shares(networks));
            let by_name = || {
                segments
                    .iter()
                    .position(|(name, networks)| *name == interface.name && (own.is_empty() || networks.is_empty()))
            };
            let segment = by_network.or_else(by_name).unwrap_or_else(|| {
                segments.push((interface.name.clone(), Vec::new()));
                segments.len() - 1
            });
            segments[segment].1.extend(&own);
            interface.segment = segment;
        }
    }
}

/// The address that an instance sends from: what is configured, else the first of its interface that fits.
pub(super) fn own_address(interface: &Interface, ipv6: bool, configured: Option<IpAddr>) -> Option<IpAddr> {
    let link_local = |a: Ipv6Addr| a.segments()[0] & 0xffc0 == 0xfe80;
    let fits = |a: &IpAddr| match a {
        IpAddr::V4(_) => !ipv6,
        IpAddr::V6(a) => ipv6 && link_local(*a),
    };
    configured.or_else(|| interface.addresses.iter().map(|(a, _)| *a).find(fits))
}

/// The process's configuration, and what belongs to each of its members.
pub(super) fn config(host: &Host) -> (Config, Vec<RunInstance>) {
    let run = &host.setting.run;
    let source = |i: &RunInstance| {
        let interface = i.interface.as_deref().and_then(|name| host.interface(name)).map(|k| &host.interfaces[k]);
        let unspecified: IpAddr = if i.ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        interface.and_then(|interface| own_address(interface, i.ipv6, i.source)).or(i.source).unwrap_or(unspecified)
    };
    let up = |name: &str| host.interface(name).is_none_or(|k| host.interfaces[k].up);
    let mut config = run.config(&host.setting.conf, host.daemon.version(), source, up);
    for member in &mut config.members {
        member.params.profile = host.daemon.profile();
    }
    for tracker in &mut config.trackers {
        match &mut tracker.source {
            Source::Process { ok } => *ok = host.processes.get(&tracker.name).copied().unwrap_or(true),
            Source::File { value } => *value = host.files.get(&tracker.name).copied().unwrap_or(0),
            Source::Script { .. } | Source::Interface { .. } | Source::Bfd { .. } => {}
        }
    }
    (config, run.instances.clone())
}

/// Ties members to interfaces and ears. `runs` are those of the configuration, in its order.
pub(super) fn bind(node: usize, host: &Host, process: &mut Process, runs: Vec<RunInstance>) {
    let places: Vec<usize> = process.router.instances().map(|(place, _)| place).collect();
    let mut old = std::mem::take(&mut process.bound);
    process.ears.clear();
    for (place, run) in places.into_iter().zip(runs) {
        let Some(interface) = run.interface.as_deref().map_or(Some(0), |name| host.interface(name)) else { continue };
        let Some(vr) = process.router.instance(place) else { continue };
        let p = vr.params();
        let mac = match (&run.vmac, host.interfaces.get(interface)) {
            (Some(vmac), _) if !vmac.xmit_base => Mac([0, 0, 0x5e, 0, if run.ipv6 { 2 } else { 1 }, p.vrid]),
            (_, Some(interface)) => interface.mac,
            (_, None) => Mac([0; 6]),
        };
        let mut ear = Listener::new(run.hearing());
        let mut ip_id = 0;
        if let Some(before) = old.get_mut(place).and_then(Option::take) {
            // A reload keeps the counter of AH (keepalived).
            ear.memory.signer.ah = before.ear.memory.signer.ah;
            ip_id = before.spec.ip_id;
        }
        let spec = AdvertSpec {
            ttl: run.ttl,
            ip_id,
            version: p.version,
            advert_int: p.advert_int,
            ..AdvertSpec::new(mac, p.source, p.vrid, p.addresses.clone())
        };
        process.ears.entry((interface, run.ipv6, run.vrid)).or_default().push(place);
        if process.bound.len() <= place {
            process.bound.resize_with(place + 1, || None);
        }
        let who = Who {
            node,
            instance: place,
            name: run.name.as_str().into(),
            vrid: run.vrid,
            ipv6: run.ipv6,
            segment: host.interfaces.get(interface).map_or(0, |i| i.segment),
        };
        process.bound[place] =
            Some(Bound { run, who, interface, spec, ear, last: None, told: Vec::new(), due: None, armed: 0 });
    }
    process.scripts = scripts(host, &process.router);
    process.epoch = host.epoch;
}

fn scripts(host: &Host, router: &VrrpRouter) -> Vec<Script> {
    let overlap = host.daemon.profile().scripts_overlap;
    let all = (0..).map_while(|id| Some((id, router.tracker(id)?.to_owned())));
    let is_script = |id: usize| router.tracker_kind(id) == Some(crate::vrrp::track::Kind::Script);
    all.filter(|(id, _)| is_script(*id))
        .map(|(tracker, name)| {
            let script: Option<&VrrpScript> = host.setting.conf.script(&name);
            let interval = script.and_then(|s| s.interval).map_or(Duration::from_secs(1), |i| i.value);
            let timeout = script.and_then(|s| s.timeout).map(|t| t.value);
            Script { name, tracker, schedule: Schedule::new(interval, timeout, overlap), hanging: Vec::new() }
        })
        .collect()
}

/// What keeps instances out from the beginning, beside trackers.
pub(super) fn causes(host: &Host) -> Vec<(usize, Cause)> {
    let Some(process) = &host.process else { return Vec::new() };
    let mut all = Vec::new();
    for (place, bound) in process.bound.iter().enumerate() {
        let Some(bound) = bound else { continue };
        if bound.spec.src.is_unspecified() {
            all.push((place, Cause::NoSource));
        }
        if let Some(why) = bound.run.fault {
            all.push((place, if why.contains("duplicate") { Cause::DuplicateVrid } else { Cause::Config }));
        }
    }
    all
}
