//! What would run, and as what the state machines take it.

mod servers;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

pub use servers::{Effective, RunChecker, RunRealServer, RunSorryServer, RunTiming, RunVirtualServer};

use super::Version;
use super::model::{Address, Conf, Notify, Peer};
use super::problem::Problem;
use super::source::Span;
use crate::vrrp::check::{self, Hearing, OldChecksum};
use crate::vrrp::router::{Config, Group, Member, Source, Tracker, Via};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::{self, Track};
use crate::vrrp::{Announcing, Params};

/// The multicast group of IPv4 adverts (RFC 5798 §5.1.1.2).
pub const GROUP4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The multicast group of IPv6 adverts (RFC 5798 §5.1.2.2).
pub const GROUP6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// All that would run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Instances, in the order of the configuration.
    pub instances: Vec<RunInstance>,
    /// Sync groups, in the order of the configuration.
    pub groups: Vec<RunGroup>,
    /// `vrrp_startup_delay`.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`, which counts from the system's start; the larger delay wins.
    pub delay_after_boot: Duration,
    /// Virtual servers, in the order of the configuration.
    pub virtual_servers: Vec<RunVirtualServer>,
    /// What keepalived says or mends on the way.
    pub problems: Vec<Problem>,
}

/// An address and the interface it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAddress {
    /// The address.
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// The interface.
    pub dev: String,
    /// All that is configured of it.
    pub configured: Address,
}

/// A tracker of an instance or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrack {
    /// Of what.
    pub kind: track::Kind,
    /// Its name.
    pub name: String,
    /// What it adds to or takes from the priority; 0 makes a failure a fault.
    pub weight: i16,
    /// Whether good and bad change places.
    pub reverse: bool,
    /// Whether it is not configured but follows from an interface in use.
    pub implied: bool,
}

/// A virtual MAC interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunVmac {
    /// The interface's name.
    pub interface: String,
    /// A MAC address other than the protocol's.
    pub mac: Option<String>,
    /// Whether adverts leave through the interface below.
    pub xmit_base: bool,
}

/// One instance.
#[derive(Clone, Debug)]
pub struct RunInstance {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// Its interface; none is possible in 2.4 with unicast.
    pub interface: Option<String>,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Whether it speaks IPv6.
    pub ipv6: bool,
    /// VRRP version.
    pub version: u8,
    /// Priority, 255 for the owner.
    pub priority: u8,
    /// `state MASTER`, said or derived.
    pub wants_master: bool,
    /// Interval of adverts, as the version can say it.
    pub advert_int: Duration,
    /// Addresses that adverts carry.
    pub addresses: Vec<RunAddress>,
    /// Addresses that they do not.
    pub excluded: Vec<RunAddress>,
    /// Authentication.
    pub auth: Authentication,
    /// `mcast_src_ip` or `unicast_src_ip`.
    pub source: Option<IpAddr>,
    /// Where multicast adverts go.
    pub multicast: IpAddr,
    /// Unicast peers; none is multicast.
    pub peers: Vec<Peer>,
    /// TTL or hop limit of adverts.
    pub ttl: u8,
    /// Whether adverts must come from a configured peer.
    pub check_unicast_src: bool,
    /// Which checksum version 3 unicast adverts have.
    pub old_unicast_checksum: OldChecksum,
    /// Whether it takes over from a lower master.
    pub preempt: bool,
    /// How long it lets a lower master be.
    pub preempt_delay: Duration,
    /// Silence that it bears, in adverts.
    pub down_timer_adverts: u8,
    /// Announcements.
    pub announcing: Announcing,
    /// Between two gratuitous ARPs of an interface.
    pub garp_interval: Duration,
    /// Between two unsolicited NAs of an interface.
    pub gna_interval: Duration,
    /// No answer to a lower advert.
    pub lower_prio_no_advert: bool,
    /// A last advert before it yields.
    pub higher_prio_send_advert: bool,
    /// Whether an owner hears nothing (2.4).
    pub owner_ignore_adverts: bool,
    /// Whether it takes an accepted sender's addresses unchecked.
    pub skip_check_adv_addr: bool,
    /// Whether version 3 checksums over IPv4 leave the pseudo-header out.
    pub v3_checksum_as_v2: bool,
    /// Whether it answers on its addresses without owning them.
    pub accept: bool,
    /// `strict_mode` or `vrrp_strict`.
    pub strict: bool,
    /// `vrrp_startup_delay`.
    pub startup_delay: Duration,
    /// Virtual MAC.
    pub vmac: Option<RunVmac>,
    /// What it tracks, that of its group not included.
    pub track: Vec<RunTrack>,
    /// Index of its sync group in [`Run::groups`].
    pub group: Option<usize>,
    /// Why it starts in FAULT and stays there, if it does.
    pub fault: Option<&'static str>,
    /// Scripts at transitions.
    pub notify: Vec<Notify>,
}

/// One sync group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunGroup {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// Indexes of its members in [`Run::instances`].
    pub members: Vec<usize>,
    /// What is tracked for all members.
    pub track: Vec<RunTrack>,
    /// `sync_group_tracking_weight`.
    pub tracking_weight: bool,
    /// Scripts at transitions.
    pub notify: Vec<Notify>,
}

impl RunInstance {
    /// The state machine's configuration. `source` is the address to send from: [`Self::source`], else the interface's.
    pub fn params(&self, source: IpAddr, version: Version) -> Params {
        Params {
            profile: version.profile(),
            version: self.version,
            vrid: self.vrid,
            source,
            priority: self.priority,
            wants_master: self.wants_master,
            advert_int: self.advert_int,
            addresses: self.addresses.iter().map(|a| a.address).collect(),
            preempt: self.preempt,
            preempt_delay: self.preempt_delay,
            down_timer_adverts: self.down_timer_adverts,
            startup_delay: self.startup_delay,
            lower_prio_no_advert: self.lower_prio_no_advert,
            steady: false,
            higher_prio_send_advert: self.higher_prio_send_advert,
            announcing: self.announcing,
            grouped: self.group.is_some(),
        }
    }

    /// How it listens and signs.
    pub fn hearing(&self) -> Hearing {
        let ttl = |p: &Peer| match (p.min_ttl, p.max_ttl) {
            (None, None) => None,
            (min, max) => Some((min.unwrap_or(0), max.unwrap_or(255))),
        };
        Hearing {
            authentication: self.auth.clone(),
            peers: self.peers.iter().map(|p| check::Peer { address: p.address, ttl: ttl(p) }).collect(),
            group: self.other_group(),
            check_unicast_src: self.check_unicast_src,
            skip_check_adv_addr: self.skip_check_adv_addr,
            owner_ignore_adverts: self.owner_ignore_adverts,
            v3_checksum_as_v2: self.v3_checksum_as_v2,
            old_unicast_checksum: self.old_unicast_checksum,
            checksum: None,
        }
    }

    /// The multicast group, if it is not the family's own.
    fn other_group(&self) -> Option<IpAddr> {
        Some(self.multicast).filter(|g| *g != IpAddr::V4(GROUP4) && *g != IpAddr::V6(GROUP6))
    }
}

impl Run {
    /// The configuration of the process, with each instance at the place it has here. `source` gives the address that
    /// an instance sends from, `up` says whether an interface is up and running. Other trackers begin as if there were
    /// nothing: no process, no file, no session.
    pub fn config(
        &self,
        conf: &Conf,
        version: Version,
        mut source: impl FnMut(&RunInstance) -> IpAddr,
        mut up: impl FnMut(&str) -> bool,
    ) -> Config {
        let mut trackers: Vec<Tracker> = Vec::new();
        let mut places: HashMap<(track::Kind, String), usize> = HashMap::new();
        let mut tracks = |list: &[RunTrack]| -> Vec<Track> {
            let place = |t: &RunTrack| {
                let tracker = *places.entry((t.kind, t.name.clone())).or_insert_with(|| {
                    let source = read(conf, t, &mut up);
                    trackers.push(Tracker { name: t.name.clone(), source });
                    trackers.len() - 1
                });
                Track { tracker, weight: t.weight, reverse: t.reverse }
            };
            list.iter().map(place).collect()
        };
        let member = |i: &RunInstance| {
            let source = source(i);
            let multicast = Via::Multicast { group: i.other_group(), vmac: i.vmac.is_some() };
            Member {
                interface: i.interface.clone().unwrap_or_default(),
                via: if i.peers.is_empty() { multicast } else { Via::Unicast { source } },
                params: i.params(source, version),
                tracks: tracks(&i.track),
            }
        };
        let members = self.instances.iter().map(member).collect();
        let group = |g: &RunGroup| Group {
            members: g.members.clone(),
            tracks: tracks(&g.track),
            tracking_weight: g.tracking_weight,
        };
        let groups = self.groups.iter().map(group).collect();
        Config { members, groups, trackers }
    }
}

/// What a tracker reads, before anything was read.
fn read(conf: &Conf, t: &RunTrack, up: &mut impl FnMut(&str) -> bool) -> Source {
    match t.kind {
        track::Kind::Script => {
            let script = conf.script(&t.name);
            Source::Script {
                command: script.and_then(|s| s.command.as_ref()).map(|c| c.value.clone()).unwrap_or_default(),
                rise: script.and_then(|s| s.rise).map_or(1, |r| r.value),
                fall: script.and_then(|s| s.fall).map_or(1, |f| f.value),
            }
        }
        track::Kind::Interface => Source::Interface { up: up(&t.name) },
        track::Kind::Process => Source::Process { ok: false },
        track::Kind::File => Source::File { value: 0 },
        track::Kind::Bfd => Source::Bfd { up: false },
    }
}
