//! What a configuration says, typed. Nothing is completed here: what is not said is `None`.

pub(super) mod build;
mod entry;
mod global;
mod route;
mod service;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use entry::{Address, Broadcast, Peer, Track};
pub use global::{GlobalDefs, TopLevel};
pub use route::{Action, Given, Network, Route, Rule};
pub use service::{
    BfdCheck, Check, Checker, Checksum, Connect, DnsCheck, Family, FileCheck, Forwarding, Granularity, GroupEntry,
    HttpCheck, HttpVersion, Method, MiscCheck, Protocol, RealServer, ServerGroup, Service, SmtpCheck, SmtpHost,
    SorryServer, Ssl, Timing, Tunnel, UdpCheck, Url, VirtualServer,
};

use super::problem::Problem;
use super::source::{SourceMap, Span, Spanned};
use super::tree::Node;
use crate::vrrp::check::OldChecksum;
use crate::vrrp::sequence::{AntiReplay, HmacMode};
use crate::wire::auth::{Keys, Secret};

/// A setting and where it is made.
pub type Set<T> = Option<Spanned<T>>;

/// A configuration.
#[derive(Debug)]
pub struct Conf {
    /// The files it was read from.
    pub sources: SourceMap,
    /// All lines as they nest, with what is not modelled.
    pub tree: Vec<Node>,
    /// What is wrong, in the order of reading.
    pub problems: Vec<Problem>,
    /// Keywords outside all blocks.
    pub top: TopLevel,
    /// `global_defs`.
    pub global: GlobalDefs,
    /// `vrrp_instance`, in order.
    pub instances: Vec<VrrpInstance>,
    /// `vrrp_sync_group`, in order.
    pub groups: Vec<SyncGroup>,
    /// `vrrp_script`, in order.
    pub scripts: Vec<VrrpScript>,
    /// `vrrp_track_process`, in order.
    pub processes: Vec<TrackProcess>,
    /// `track_file`, in order.
    pub files: Vec<TrackFile>,
    /// `bfd_instance`, in order.
    pub bfds: Vec<Bfd>,
    /// `track_group`, in order.
    pub track_groups: Vec<TrackGroup>,
    /// `garp_group`, in order.
    pub garp_groups: Vec<GarpGroup>,
    /// `static_ipaddress`.
    pub static_addresses: Vec<Spanned<Address>>,
    /// `static_routes`.
    pub static_routes: Vec<Spanned<Route>>,
    /// `static_rules`.
    pub static_rules: Vec<Spanned<Rule>>,
    /// `linkbeat_interfaces`: interfaces, and how they are asked.
    pub links: Vec<Spanned<Link>>,
    /// `interface_up_down_delays`.
    pub delays: Vec<Spanned<Delay>>,
    /// `SSL`.
    pub ssl: Option<Ssl>,
    /// `virtual_server_group`, in order.
    pub server_groups: Vec<ServerGroup>,
    /// `virtual_server`, in order.
    pub virtual_servers: Vec<VirtualServer>,
}

/// `track_group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackGroup {
    /// Its name.
    pub name: Spanned<String>,
    /// `group`: names of instances, which may follow.
    pub members: Vec<Spanned<String>>,
}

/// `garp_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GarpGroup {
    /// Where its first line is.
    pub span: Span,
    /// `garp_interval`.
    pub garp_interval: Set<Duration>,
    /// `gna_interval`.
    pub gna_interval: Set<Duration>,
    /// `interface` and `interfaces`.
    pub interfaces: Vec<Spanned<String>>,
}

/// A line of `linkbeat_interfaces`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The interface.
    pub interface: String,
    /// `MII`, `ETHTOOL` or `IOCTL`.
    pub how: Option<String>,
}

/// A line of `interface_up_down_delays`: how long a change is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The interface.
    pub interface: String,
    /// When it goes down.
    pub down: Duration,
    /// When it comes up.
    pub up: Duration,
}

/// Announcements of addresses: gratuitous ARP and unsolicited NA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garp {
    /// `garp_master_delay`: seconds from becoming master to the second burst.
    pub delay: Set<Duration>,
    /// `garp_master_repeat`: rounds of a burst.
    pub repeat: Set<u32>,
    /// `garp_master_refresh`: seconds between refreshes, 0 for none.
    pub refresh: Set<Duration>,
    /// `garp_master_refresh_repeat`: rounds of a refresh.
    pub refresh_repeat: Set<u32>,
    /// `garp_lower_prio_delay`: as `delay`, after a lower advert was heard.
    pub lower_prio_delay: Set<Duration>,
    /// `garp_lower_prio_repeat`: as `repeat`, after a lower advert was heard.
    pub lower_prio_repeat: Set<u32>,
    /// `garp_extra_if`: seconds between announcements on other interfaces.
    pub extra_if: Set<Duration>,
}

/// `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `MASTER`.
    Master,
    /// `BACKUP`.
    Backup,
}

/// `auth_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthType {
    /// `PASS`: a password in clear.
    Pass,
    /// `AH`: an Authentication Header keyed with the password.
    Ah,
}

/// `authentication`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// Where the block is.
    pub span: Span,
    /// `auth_type`.
    pub kind: Set<AuthType>,
    /// `auth_pass`: the first eight bytes count.
    pub password: Set<Secret>,
}

/// `auth_hmac`.
#[derive(Clone, Debug, Default)]
pub struct AuthHmac {
    /// Where the block is.
    pub span: Span,
    /// `key`, those of files read.
    pub keys: Keys,
    /// Ids of the keys.
    pub ids: Vec<Spanned<u8>>,
    /// `active_key`: the one to sign with.
    pub active: Set<u8>,
    /// `time_window`.
    pub time_window: Set<Duration>,
    /// `anti_replay`.
    pub anti_replay: Set<AntiReplay>,
    /// `mode`.
    pub mode: Set<HmacMode>,
}

/// What is tracked, of whatever kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trackers {
    /// `track_interface`.
    pub interfaces: Vec<Track>,
    /// `track_script`.
    pub scripts: Vec<Track>,
    /// `track_file`.
    pub files: Vec<Track>,
    /// `track_process`.
    pub processes: Vec<Track>,
    /// `track_bfd`.
    pub bfds: Vec<Track>,
}

/// A script to run at a transition: its keyword and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// `notify_master` and so on.
    pub on: &'static str,
    /// Command with its arguments, user, group.
    pub words: Vec<String>,
    /// Where.
    pub span: Span,
}

/// `use_vmac`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vmac {
    /// The interface's name; `vrrp.VRID` when it is not said.
    pub interface: Option<String>,
    /// A MAC address other than the protocol's.
    pub mac: Option<String>,
    /// `group`: that of the interface.
    pub group: Option<String>,
}

/// `use_ipvlan`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ipvlan {
    /// The interface's name; `vrrp.VRID` when it is not said.
    pub interface: Option<String>,
    /// `bridge`, `private` or `vepa`.
    pub mode: Option<String>,
    /// Its address, which an IPv4 instance needs.
    pub address: Option<IpAddr>,
    /// Whether an address was refused that is not of the instance's family.
    pub refused: bool,
    /// `group`: that of the interface.
    pub group: Option<String>,
}

/// `vrrp_instance`.
#[derive(Clone, Debug)]
pub struct VrrpInstance {
    /// Its name.
    pub name: Spanned<String>,
    /// `state`.
    pub state: Set<State>,
    /// `interface`.
    pub interface: Set<String>,
    /// `vrf`.
    pub vrf: Set<String>,
    /// `virtual_router_id`.
    pub vrid: Set<u8>,
    /// `priority`.
    pub priority: Set<u8>,
    /// `advert_int`.
    pub advert_int: Set<Duration>,
    /// `version`.
    pub version: Set<u8>,
    /// `native_ipv6`.
    pub native_ipv6: Set<bool>,
    /// `virtual_ipaddress`.
    pub addresses: Vec<Spanned<Address>>,
    /// `virtual_ipaddress_excluded`.
    pub excluded: Vec<Spanned<Address>>,
    /// `no_virtual_ipaddress`.
    pub no_addresses: Set<bool>,
    /// `track_*`.
    pub track: Trackers,
    /// `dont_track_primary`.
    pub dont_track_primary: Set<bool>,
    /// `mcast_src_ip` or `unicast_src_ip`.
    pub source: Set<IpAddr>,
    /// `track_src_ip`.
    pub track_source: Set<bool>,
    /// `mcast_dst_ip`.
    pub mcast_dst: Set<IpAddr>,
    /// `unicast_peer`.
    pub peers: Vec<Spanned<Peer>>,
    /// The first keyword that only unicast has, other than peers.
    pub unicast_keyword: Option<Span>,
    /// `unicast_fault_no_peer`.
    pub fault_no_peer: Set<bool>,
    /// `unicast_ttl`.
    pub unicast_ttl: Set<u8>,
    /// `check_unicast_src`.
    pub check_unicast_src: Set<bool>,
    /// `old_unicast_checksum`.
    pub old_unicast_checksum: Set<OldChecksum>,
    /// `authentication`.
    pub authentication: Option<Authentication>,
    /// `auth_hmac`.
    pub auth_hmac: Option<Box<AuthHmac>>,
    /// `preempt`, or `nopreempt` for false.
    pub preempt: Set<bool>,
    /// `preempt_delay`.
    pub preempt_delay: Set<Duration>,
    /// `garp_*`.
    pub garp: Garp,
    /// `global_defs` as it stood where the instance begins: announcements and `vrrp_skip_check_adv_addr` act only on
    /// what follows them.
    pub inherited: Arc<Inherited>,
    /// `down_timer_adverts`.
    pub down_timer_adverts: Set<u8>,
    /// `strict_mode`.
    pub strict: Set<bool>,
    /// `accept`, or `no_accept` for false.
    pub accept: Set<bool>,
    /// `use_vmac`.
    pub vmac: Set<Box<Vmac>>,
    /// `use_vmac_addr`.
    pub vmac_addr: Set<bool>,
    /// `vmac_xmit_base`.
    pub vmac_xmit_base: Set<bool>,
    /// `use_ipvlan`.
    pub ipvlan: Set<Box<Ipvlan>>,
    /// `lower_prio_no_advert`.
    pub lower_prio_no_advert: Set<bool>,
    /// `higher_prio_send_advert`.
    pub higher_prio_send_advert: Set<bool>,
    /// `owner_ignore_adverts`.
    pub owner_ignore_adverts: Set<bool>,
    /// `skip_check_adv_addr`.
    pub skip_check_adv_addr: Set<bool>,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: Set<bool>,
    /// `timer_expired_backup`.
    pub timer_expired_backup: Set<u8>,
    /// `promote_secondaries`.
    pub promote_secondaries: Set<bool>,
    /// `notify_priority_changes`.
    pub notify_priority_changes: Set<bool>,
    /// `linkbeat_use_polling`.
    pub linkbeat_use_polling: Set<bool>,
    /// `virtual_routes`.
    pub routes: Vec<Spanned<Route>>,
    /// `virtual_rules`.
    pub rules: Vec<Spanned<Rule>>,
    /// `debug`, which has no effect.
    pub debug: Set<u8>,
    /// `smtp_alert`.
    pub smtp_alert: Set<bool>,
    /// `lvs_sync_daemon_interface`.
    pub sync_daemon_interface: Set<String>,
    /// `kernel_rx_buf_size`.
    pub kernel_rx_buf_size: Set<u32>,
    /// `notify*`.
    pub notify: Vec<Notify>,
}

/// What an instance takes from the `global_defs` before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inherited {
    /// `vrrp_garp_*`.
    pub garp: Garp,
    /// `vrrp_min_garp`.
    pub min_garp: bool,
    /// `vrrp_skip_check_adv_addr`.
    pub skip_check_adv_addr: Set<bool>,
}

/// `vrrp_sync_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncGroup {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// `group`: names of instances, which may follow.
    pub members: Vec<Spanned<String>>,
    /// `track_*`.
    pub track: Trackers,
    /// `sync_group_tracking_weight`.
    pub tracking_weight: Set<bool>,
    /// `smtp_alert`.
    pub smtp_alert: Set<bool>,
    /// `notify_priority_changes`.
    pub notify_priority_changes: Set<bool>,
    /// `notify*`.
    pub notify: Vec<Notify>,
}

/// `vrrp_script`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VrrpScript {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// `script`: the command, with its arguments.
    pub command: Set<String>,
    /// `interval`: from one start to the next.
    pub interval: Set<Duration>,
    /// `timeout`: after which a run has failed.
    pub timeout: Set<Duration>,
    /// `weight`.
    pub weight: Set<i32>,
    /// `weight`'s `reverse`.
    pub reverse: bool,
    /// `rise`: good runs in a row that make it good.
    pub rise: Set<u32>,
    /// `fall`: bad runs in a row that make it bad.
    pub fall: Set<u32>,
    /// `user`: user and group.
    pub user: Set<Vec<String>>,
    /// `init_fail`, which has no effect.
    pub init_fail: Set<bool>,
}

/// `vrrp_track_process`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackProcess {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// `process`: path and arguments.
    pub process: Set<Vec<String>>,
    /// `weight`.
    pub weight: Set<i32>,
    /// `weight`'s `reverse`.
    pub reverse: bool,
    /// `quorum`: fewest processes that are good.
    pub quorum: Set<u32>,
    /// `quorum_max`: most processes that are good.
    pub quorum_max: Set<u32>,
    /// `param_match`: `initial` or `partial`; nothing for exact.
    pub param_match: Set<Option<String>>,
    /// `full_command`.
    pub full_command: Set<bool>,
    /// `delay` or `fork_delay`: how long more of them are not believed.
    pub fork_delay: Set<Duration>,
    /// `delay` or `terminate_delay`: how long fewer of them are not believed.
    pub terminate_delay: Set<Duration>,
}

/// `track_file`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackFile {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// `file`.
    pub file: Set<String>,
    /// `weight`: what the number in the file is multiplied with; 1 when it is not said.
    pub weight: Set<i32>,
    /// `weight`'s `reverse`.
    pub reverse: bool,
    /// `init_file`: the number to write at the start.
    pub init: Set<i32>,
    /// `init_file`'s `overwrite`.
    pub overwrite: bool,
}

/// `bfd_instance`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bfd {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub span: Span,
    /// `neighbor_ip` or `neighbour_ip`.
    pub neighbor: Set<IpAddr>,
    /// `source_ip`.
    pub source: Set<IpAddr>,
    /// `min_rx`.
    pub min_rx: Set<Duration>,
    /// `min_tx`.
    pub min_tx: Set<Duration>,
    /// `idle_tx`.
    pub idle_tx: Set<Duration>,
    /// `multiplier`.
    pub multiplier: Set<u8>,
    /// `passive`.
    pub passive: Set<bool>,
    /// `ttl` or `hoplimit`.
    pub ttl: Set<u8>,
    /// `max_hops`; -1 for any number.
    pub max_hops: Set<i32>,
    /// `multihop`.
    pub multihop: Set<bool>,
    /// `weight`.
    pub weight: Set<i32>,
    /// `weight`'s `reverse`.
    pub reverse: bool,
    /// `vrrp`.
    pub vrrp: Set<bool>,
    /// `checker`.
    pub checker: Set<bool>,
}

impl Conf {
    pub(super) fn empty() -> Self {
        Self {
            sources: SourceMap::default(),
            tree: Vec::new(),
            problems: Vec::new(),
            top: TopLevel::default(),
            global: GlobalDefs::default(),
            instances: Vec::new(),
            groups: Vec::new(),
            scripts: Vec::new(),
            processes: Vec::new(),
            files: Vec::new(),
            bfds: Vec::new(),
            track_groups: Vec::new(),
            garp_groups: Vec::new(),
            static_addresses: Vec::new(),
            static_routes: Vec::new(),
            static_rules: Vec::new(),
            links: Vec::new(),
            delays: Vec::new(),
            ssl: None,
            server_groups: Vec::new(),
            virtual_servers: Vec::new(),
        }
    }

    /// Whether keepalived would give up on it instead of starting.
    pub fn stops_keepalived(&self) -> bool {
        self.problems.iter().any(Problem::stops_keepalived)
    }

    /// The script of a name; of several, the first.
    pub fn script(&self, name: &str) -> Option<&VrrpScript> {
        self.scripts.iter().find(|s| s.name == name)
    }
}

impl VrrpInstance {
    pub(super) fn new(name: Spanned<String>, inherited: Arc<Inherited>) -> Self {
        Self {
            name,
            inherited,
            state: None,
            interface: None,
            vrf: None,
            vrid: None,
            priority: None,
            advert_int: None,
            version: None,
            native_ipv6: None,
            addresses: Vec::new(),
            excluded: Vec::new(),
            no_addresses: None,
            track: Trackers::default(),
            dont_track_primary: None,
            source: None,
            track_source: None,
            mcast_dst: None,
            peers: Vec::new(),
            unicast_keyword: None,
            fault_no_peer: None,
            unicast_ttl: None,
            check_unicast_src: None,
            old_unicast_checksum: None,
            authentication: None,
            auth_hmac: None,
            preempt: None,
            preempt_delay: None,
            garp: Garp::default(),
            down_timer_adverts: None,
            strict: None,
            accept: None,
            vmac: None,
            vmac_addr: None,
            vmac_xmit_base: None,
            ipvlan: None,
            lower_prio_no_advert: None,
            higher_prio_send_advert: None,
            owner_ignore_adverts: None,
            skip_check_adv_addr: None,
            v3_checksum_as_v2: None,
            timer_expired_backup: None,
            promote_secondaries: None,
            notify_priority_changes: None,
            linkbeat_use_polling: None,
            routes: Vec::new(),
            rules: Vec::new(),
            debug: None,
            smtp_alert: None,
            sync_daemon_interface: None,
            kernel_rx_buf_size: None,
            notify: Vec::new(),
        }
    }

    /// Whether it is an IPv6 instance; `None` while nothing has decided.
    pub fn is_ipv6(&self) -> Option<bool> {
        if self.native_ipv6.is_some() {
            return Some(true);
        }
        let address = self.addresses.first().map(|a| a.value.address);
        let address = address.or(self.source.map(|s| s.value)).or(self.peers.first().map(|p| p.value.address));
        address.or(self.mcast_dst.map(|d| d.value)).map(|a| a.is_ipv6())
    }
}
