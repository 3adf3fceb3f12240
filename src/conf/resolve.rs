//! What the daemon would run: the configuration completed and its contradictions resolved as keepalived does at its
//! start (`vrrp_complete_instance`, `vrrp_sync.c`).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::Version;
use super::model::{
    Address, AuthHmac, AuthType, Conf, Garp, HmacMode, KeySource, Notify, Peer, Secret, Set, State, Track, Trackers,
    VrrpInstance,
};
use super::problem::{Kind, Problem, quote};
use super::source::Span;
use crate::vrrp::timing::DOWN_TIMER_ADVERTS;
use crate::vrrp::{Announcing, Params, profile};

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
    /// What keepalived says or mends on the way.
    pub problems: Vec<Problem>,
}

/// How adverts of an instance are authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAuth {
    /// Not at all.
    None,
    /// A password in clear.
    Pass(Secret),
    /// An Authentication Header.
    Ah(Secret),
    /// keepalived 2.4's trailer.
    Hmac(RunHmac),
}

/// The settings of keepalived 2.4's trailer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHmac {
    /// Ids and keys.
    pub keys: Vec<(u8, KeySource)>,
    /// The key to sign with.
    pub active: u8,
    /// What is signed and what is accepted.
    pub mode: HmacMode,
    /// How far a sender's clock may be away.
    pub window: Duration,
    /// Whether only growth counts (`anti_replay monotonic`).
    pub monotonic: bool,
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

/// What a tracker watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// An interface.
    Interface,
    /// A `vrrp_script`.
    Script,
    /// A `track_file`.
    File,
    /// A `vrrp_track_process`.
    Process,
    /// A `bfd_instance`.
    Bfd,
}

/// A tracker of an instance or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrack {
    /// Of what.
    pub kind: TrackKind,
    /// Its name.
    pub name: String,
    /// What it adds to or takes from the priority; 0 makes a failure a fault.
    pub weight: i32,
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub auth: RunAuth,
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
    /// Scripts at transitions.
    pub notify: Vec<Notify>,
}

impl RunInstance {
    /// The state machine's configuration. `source` is the address to send from: [`Self::source`], else the interface's.
    pub fn params(&self, source: IpAddr, version: Version) -> Params {
        Params {
            profile: match version {
                Version::V2_2 => &profile::KEEPALIVED_2_2,
                Version::V2_4 => &profile::KEEPALIVED_2_4,
            },
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
            higher_prio_send_advert: self.higher_prio_send_advert,
            announcing: self.announcing,
            grouped: self.group.is_some(),
        }
    }
}

/// Completes a configuration.
pub fn resolve(conf: &Conf, version: Version) -> Run {
    let zero = |t: Set<Duration>| value(t).unwrap_or_default();
    let mut r = Resolver { conf, version, problems: Vec::new() };
    let instances: Vec<RunInstance> = conf.instances.iter().filter_map(|i| r.instance(i)).collect();
    let mut run = Run {
        instances,
        groups: Vec::new(),
        startup_delay: zero(conf.global.startup_delay),
        delay_after_boot: zero(conf.global.delay_after_boot),
        problems: Vec::new(),
    };
    r.groups(&mut run);
    r.same_vrid(&mut run);
    run.problems = r.problems;
    run
}

fn value<T: Copy>(set: Set<T>) -> Option<T> {
    set.map(|s| s.value)
}

struct Resolver<'a> {
    conf: &'a Conf,
    version: Version,
    problems: Vec<Problem>,
}

impl Resolver<'_> {
    fn report(&mut self, span: Span, kind: Kind, sentence: String) {
        self.problems.push(Problem::new(span, kind, sentence));
    }

    /// `None` when keepalived would drop the instance.
    fn instance(&mut self, i: &VrrpInstance) -> Option<RunInstance> {
        let global = &self.conf.global;
        let at = i.name.span;
        let name = quote(i.name.value.as_bytes());
        let strict = value(i.strict).or(value(global.strict)).unwrap_or(false);
        let unicast = !i.peers.is_empty();
        let Some(vrid) = value(i.vrid) else {
            self.report(
                at,
                Kind::Incomplete,
                format!("{name} has no `virtual_router_id`; keepalived drops the instance"),
            );
            return None;
        };
        let interface = i.interface.as_ref().map(|s| s.value.clone());
        if interface.is_none() && !(self.version == Version::V2_4 && unicast && i.source.is_some()) {
            self.report(at, Kind::Incomplete, format!("{name} has no `interface`; keepalived drops the instance"));
            return None;
        }
        if i.addresses.is_empty() && i.no_addresses.is_none() {
            let does = if strict { "strict mode has it drop the instance" } else { "keepalived runs it all the same" };
            self.report(at, Kind::Incomplete, format!("{name} has no virtual address; {does}"));
            if strict {
                return None;
            }
        }
        if strict && unicast && self.version == Version::V2_4 {
            let span = i.peers.first().map_or(at, |p| p.span);
            self.report(span, Kind::Contradiction, format!("{name} is strict, which forbids unicast peers; keepalived does not start on an interface that can do multicast"));
        }
        let ipv6 = i.is_ipv6().unwrap_or(false);
        let version = self.vrrp_version(i, ipv6, strict);
        let (priority, wants_master) = self.priority(i, strict);
        let advert_int = self.advert_int(i, version);
        let auth = self.auth(i, version, strict, advert_int);
        let (preempt, preempt_delay) = self.preempt(i, priority, wants_master, strict);
        let mut fault = None;
        if let Some(span) = i.unicast_keyword.filter(|_| !unicast) {
            let does = if i.fault_no_peer.is_some() {
                fault = Some("no unicast peer, and unicast_fault_no_peer");
                "`unicast_fault_no_peer` keeps it in FAULT"
            } else {
                "keepalived uses multicast"
            };
            self.report(span, Kind::Contradiction, format!("{name} has a unicast keyword but no unicast peer; {does}"));
        }
        let ttl = match i.unicast_ttl {
            Some(ttl) if unicast => ttl.value,
            Some(ttl) => {
                self.report(ttl.span, Kind::Contradiction, format!("{name} has `unicast_ttl` but no unicast peer; keepalived sends its adverts with TTL 0, which nobody hears"));
                0
            }
            None => 255,
        };
        let multicast = value(i.mcast_dst).unwrap_or(if ipv6 {
            value(global.mcast_group6).unwrap_or(GROUP6.into())
        } else {
            value(global.mcast_group4).unwrap_or(GROUP4.into())
        });
        let owner = priority == 255;
        let vmac = i.vmac.as_ref().map(|v| RunVmac {
            interface: v.value.interface.clone().unwrap_or_else(|| format!("vrrp.{vrid}")),
            mac: v.value.mac.clone().filter(|_| !strict),
            xmit_base: i.vmac_xmit_base.is_some() || unicast,
        });
        let own = vmac.as_ref().map(|v| v.interface.clone()).or_else(|| interface.clone()).unwrap_or_default();
        let placed = |list: &[super::Spanned<Address>]| -> Vec<RunAddress> {
            let place = |a: &super::Spanned<Address>| RunAddress {
                address: a.value.address,
                prefix: a.value.prefix,
                dev: a.value.dev.as_ref().map_or_else(|| own.clone(), |d| d.value.clone()),
                configured: a.value.clone(),
            };
            list.iter().map(place).collect()
        };
        let (addresses, excluded) = (placed(&i.addresses), placed(&i.excluded));
        let track = self.trackers(i, owner, interface.as_deref(), &addresses, &excluded);
        let ttl_checked = i.peers.iter().any(|p| p.value.min_ttl.is_some() || p.value.max_ttl.is_some());
        Some(RunInstance {
            name: i.name.value.clone(),
            span: at,
            interface,
            vrid,
            ipv6,
            version,
            priority,
            wants_master,
            advert_int,
            addresses,
            excluded,
            auth,
            source: value(i.source),
            multicast,
            peers: i.peers.iter().map(|p| p.value).collect(),
            ttl,
            check_unicast_src: i.check_unicast_src.is_some() || global.check_unicast_src.is_some() || ttl_checked,
            preempt,
            preempt_delay,
            down_timer_adverts: self.down_timer_adverts(i, strict),
            announcing: self.announcing(i, strict),
            garp_interval: value(global.garp_interval).unwrap_or_default(),
            gna_interval: value(global.gna_interval).unwrap_or_default(),
            lower_prio_no_advert: self.forced(
                i,
                "lower_prio_no_advert",
                (i.lower_prio_no_advert, global.lower_prio_no_advert),
                strict,
                true,
            ),
            higher_prio_send_advert: self.forced(
                i,
                "higher_prio_send_advert",
                (i.higher_prio_send_advert, global.higher_prio_send_advert),
                strict,
                false,
            ),
            // 2.4 forgets to ask for strict mode here and turns it on for every owner.
            owner_ignore_adverts: owner && self.version == Version::V2_4,
            // `skip_check_adv_addr off` turns it on, too.
            skip_check_adv_addr: i.skip_check_adv_addr.is_some()
                || value(i.inherited.skip_check_adv_addr).unwrap_or(false),
            v3_checksum_as_v2: value(i.v3_checksum_as_v2).or(value(global.v3_checksum_as_v2)).unwrap_or(false),
            accept: value(i.accept).unwrap_or(!strict) || owner,
            strict,
            startup_delay: value(global.startup_delay).unwrap_or_default(),
            vmac,
            track,
            group: None,
            fault,
            notify: i.notify.clone(),
        })
    }

    fn vrrp_version(&mut self, i: &VrrpInstance, ipv6: bool, strict: bool) -> u8 {
        let version = value(i.version).unwrap_or(if ipv6 { 3 } else { value(self.conf.global.version).unwrap_or(2) });
        if ipv6 && version == 2 && (strict || i.native_ipv6.is_some()) {
            let span = i.version.map_or(i.name.span, |v| v.span);
            self.report(
                span,
                Kind::Contradiction,
                format!(
                    "{} is IPv6, which version 2 does not know; keepalived uses version 3",
                    quote(i.name.value.as_bytes())
                ),
            );
            return 3;
        }
        version
    }

    /// Priority, and whether `state MASTER` holds. Each decides the other where only one is said.
    fn priority(&mut self, i: &VrrpInstance, strict: bool) -> (u8, bool) {
        let state = value(i.state);
        let priority = value(i.priority).unwrap_or(if state == Some(State::Master) { 255 } else { 100 });
        let wants_master = state.map_or(priority == 255, |s| s == State::Master);
        if strict && wants_master != (priority == 255) {
            let span = i.state.map_or(i.name.span, |s| s.span);
            let state = if wants_master { "BACKUP" } else { "MASTER" };
            self.report(
                span,
                Kind::Contradiction,
                format!(
                    "strict mode has only the owner (priority 255) begin as MASTER; keepalived uses `state {state}`"
                ),
            );
            return (priority, !wants_master);
        }
        (priority, wants_master)
    }

    /// What an advert of the version can say: whole seconds, or centiseconds below 40.96 s.
    fn advert_int(&mut self, i: &VrrpInstance, version: u8) -> Duration {
        let Some(given) = i.advert_int else { return Duration::from_secs(1) };
        let micros = u64::try_from(given.value.as_micros()).unwrap_or(u64::MAX);
        let used = if version == 2 {
            ((micros + 500_000) / 1_000_000).clamp(1, 255) * 1_000_000
        } else {
            ((micros + 5_000) / 10_000).clamp(1, 4095) * 10_000
        };
        let used = Duration::from_micros(used);
        if used != given.value {
            let why = if version == 2 {
                "version 2 adverts come in whole seconds"
            } else {
                "version 3 adverts come in steps of 10 ms, below 40.96 s"
            };
            let seconds = |d: Duration| format!("{}", d.as_secs_f64());
            self.report(
                given.span,
                Kind::Rounded,
                format!("{why}; keepalived makes {} s of {} s", seconds(used), seconds(given.value)),
            );
        }
        used
    }

    fn auth(&mut self, i: &VrrpInstance, version: u8, strict: bool, advert_int: Duration) -> RunAuth {
        let name = quote(i.name.value.as_bytes());
        if let Some(hmac) = &i.auth_hmac {
            if let Some(auth) = &i.authentication {
                self.report(
                    auth.span,
                    Kind::Contradiction,
                    format!("{name} has `auth_hmac` too; keepalived leaves `authentication` out"),
                );
            }
            return self.hmac(hmac, strict, advert_int);
        }
        let Some(auth) = &i.authentication else { return RunAuth::None };
        let Some(kind) = value(auth.kind) else { return RunAuth::None };
        let why = if version == 3 {
            "version 3 has no authentication"
        } else if strict {
            "strict mode forbids authentication"
        } else if auth.password.as_ref().is_none_or(|p| p.value.expose().is_empty()) {
            "there is no password"
        } else {
            let Some(password) = &auth.password else { return RunAuth::None };
            return match kind {
                AuthType::Pass => RunAuth::Pass(password.value.clone()),
                AuthType::Ah => RunAuth::Ah(password.value.clone()),
            };
        };
        self.report(auth.span, Kind::Contradiction, format!("{why}; keepalived sends the adverts of {name} without"));
        RunAuth::None
    }

    fn hmac(&mut self, hmac: &AuthHmac, strict: bool, advert_int: Duration) -> RunAuth {
        let active = hmac.active.filter(|a| hmac.keys.iter().any(|k| k.value.0 == a.value));
        let Some(active) = active else {
            let span = hmac.active.map_or(hmac.span, |a| a.span);
            self.report(
                span,
                Kind::Incomplete,
                "`auth_hmac` needs an `active_key` that names one of its keys; keepalived sends adverts without".into(),
            );
            return RunAuth::None;
        };
        let mode = value(hmac.mode).unwrap_or_default();
        if strict && mode != HmacMode::Enforce {
            let span = hmac.mode.map_or(hmac.span, |m| m.span);
            self.report(span, Kind::Contradiction, "strict mode wants `mode enforce`; keepalived uses that".into());
        }
        RunAuth::Hmac(RunHmac {
            keys: hmac.keys.iter().map(|k| k.value.clone()).collect(),
            active: active.value,
            mode: if strict { HmacMode::Enforce } else { mode },
            // Three adverts, in whole seconds: an interval below a second counts as none.
            window: value(hmac.time_window)
                .unwrap_or_else(|| Duration::from_secs((3 * advert_int.as_secs()).clamp(5, 300))),
            monotonic: value(hmac.monotonic).unwrap_or(false),
        })
    }

    fn preempt(&mut self, i: &VrrpInstance, priority: u8, wants_master: bool, strict: bool) -> (bool, Duration) {
        let name = quote(i.name.value.as_bytes());
        let mut preempt = value(i.preempt).unwrap_or(true);
        let mut delay = value(i.preempt_delay).unwrap_or_default();
        let (at, delay_at) =
            (i.preempt.map_or(i.name.span, |p| p.span), i.preempt_delay.map_or(i.name.span, |p| p.span));
        if !preempt && (priority == 255 || wants_master) {
            let why = if priority == 255 { "priority 255" } else { "`state MASTER`" };
            self.report(
                at,
                Kind::Contradiction,
                format!("`nopreempt` does not go with {why}; keepalived lets {name} preempt"),
            );
            preempt = true;
        }
        if !delay.is_zero() {
            let why = match () {
                () if strict => Some("strict mode"),
                () if wants_master => Some("`state MASTER`"),
                () if !preempt => Some("`nopreempt`"),
                () => None,
            };
            if let Some(why) = why {
                self.report(
                    delay_at,
                    Kind::Contradiction,
                    format!("`preempt_delay` does not go with {why}; keepalived uses none"),
                );
                delay = Duration::ZERO;
            }
        }
        (preempt, delay)
    }

    fn down_timer_adverts(&mut self, i: &VrrpInstance, strict: bool) -> u8 {
        let given = i.down_timer_adverts.or(self.conf.global.down_timer_adverts);
        match given {
            Some(n) if strict && n.value != DOWN_TIMER_ADVERTS => {
                self.report(
                    n.span,
                    Kind::Contradiction,
                    "`down_timer_adverts` does not go with strict mode; keepalived uses 3".into(),
                );
                DOWN_TIMER_ADVERTS
            }
            n => value(n).unwrap_or(DOWN_TIMER_ADVERTS),
        }
    }

    /// A setting of the instance, else the global one, that strict mode decides.
    fn forced(
        &mut self,
        i: &VrrpInstance,
        keyword: &str,
        (own, global): (Set<bool>, Set<bool>),
        strict: bool,
        by_strict: bool,
    ) -> bool {
        let given = own.or(global);
        if !strict {
            return value(given).unwrap_or(false);
        }
        if let Some(given) = given.filter(|g| g.value != by_strict) {
            let on = if by_strict { "on" } else { "off" };
            self.report(
                given.span,
                Kind::Contradiction,
                format!(
                    "strict mode wants `{keyword}` {on}; keepalived uses that for {}",
                    quote(i.name.value.as_bytes())
                ),
            );
        }
        by_strict
    }

    fn announcing(&mut self, i: &VrrpInstance, strict: bool) -> Announcing {
        let Garp { delay, repeat, refresh, refresh_repeat, lower_prio_delay, lower_prio_repeat, .. } = &i.garp;
        let global = &i.inherited.garp;
        let (default_delay, default_repeat) =
            if i.inherited.min_garp { (Duration::ZERO, 1) } else { (Duration::from_secs(5), 5) };
        let cut = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        let global_delay = value(global.delay).unwrap_or(default_delay);
        let global_repeat = value(global.repeat).unwrap_or(default_repeat);
        let lower_delay = value(*lower_prio_delay).or(value(global.lower_prio_delay)).unwrap_or(global_delay);
        let lower_repeat = value(*lower_prio_repeat).or(value(global.lower_prio_repeat)).unwrap_or(global_repeat);
        if strict && let Some(span) = lower_prio_repeat.map(|r| r.span).or(lower_prio_delay.map(|d| d.span)) {
            self.report(
                span,
                Kind::Contradiction,
                "strict mode announces nothing after a lower advert; keepalived leaves `garp_lower_prio_*` out".into(),
            );
        }
        Announcing {
            repeat: cut(value(*repeat).unwrap_or(global_repeat)),
            delay: value(*delay).unwrap_or(global_delay),
            lower_repeat: if strict { 0 } else { cut(lower_repeat) },
            lower_delay: if strict { Duration::ZERO } else { lower_delay },
            refresh: value(*refresh).or(value(global.refresh)).unwrap_or_default(),
            refresh_repeat: cut(value(*refresh_repeat).or(value(global.refresh_repeat)).unwrap_or(1)),
        }
    }

    /// What is tracked, with the weights of what it is where the entry has none.
    fn configured(&self, t: &Trackers) -> Vec<RunTrack> {
        let conf = self.conf;
        let weight = |set: Set<i32>, default: i32| value(set).unwrap_or(default);
        let own = |kind: TrackKind, name: &str| match kind {
            TrackKind::Interface => (0, false),
            TrackKind::Script => conf.script(name).map_or((0, false), |s| (weight(s.weight, 0), s.reverse)),
            TrackKind::File => {
                conf.files.iter().find(|f| f.name == name).map_or((1, false), |f| (weight(f.weight, 1), f.reverse))
            }
            TrackKind::Process => {
                conf.processes.iter().find(|p| p.name == name).map_or((0, false), |p| (weight(p.weight, 0), p.reverse))
            }
            TrackKind::Bfd => {
                conf.bfds.iter().find(|b| b.name == name).map_or((0, false), |b| (weight(b.weight, 0), b.reverse))
            }
        };
        let lists: [(TrackKind, &[Track]); 5] = [
            (TrackKind::Interface, &t.interfaces),
            (TrackKind::Script, &t.scripts),
            (TrackKind::File, &t.files),
            (TrackKind::Process, &t.processes),
            (TrackKind::Bfd, &t.bfds),
        ];
        let all = lists.iter().flat_map(|(kind, list)| list.iter().map(|t| (*kind, t)));
        all.map(|(kind, t)| {
            let (weight, reverse) = own(kind, &t.name.value);
            RunTrack {
                kind,
                name: t.name.value.clone(),
                weight: value(t.weight).unwrap_or(weight),
                // A weight of its own comes with a direction of its own.
                reverse: t.reverse.unwrap_or(reverse && t.weight.is_none()),
                implied: false,
            }
        })
        .collect()
    }

    fn trackers(
        &mut self,
        i: &VrrpInstance,
        owner: bool,
        interface: Option<&str>,
        addresses: &[RunAddress],
        excluded: &[RunAddress],
    ) -> Vec<RunTrack> {
        let name = quote(i.name.value.as_bytes());
        let primary = i.dont_track_primary.is_none();
        let mut all = self.configured(&i.track);
        if let Some(own) = i.track.interfaces.iter().find(|t| interface == Some(&t.name.value)).filter(|_| primary) {
            let sentence = format!("{name} tracks its own interface anyway; keepalived leaves this out");
            self.report(own.name.span, Kind::Contradiction, sentence);
            all.retain(|t| t.kind != TrackKind::Interface || Some(t.name.as_str()) != interface);
        }
        if owner && self.version == Version::V2_4 && all.iter().any(|t| t.weight != 0) {
            self.report(
                i.name.span,
                Kind::Contradiction,
                format!(
                    "{name} has priority 255, which no weight changes; keepalived leaves its weighted trackers out"
                ),
            );
            all.retain(|t| t.weight == 0);
        }
        let implied = addresses
            .iter()
            .chain(excluded)
            .filter(|a| a.configured.dev.is_some() && !a.configured.no_track)
            .map(|a| a.dev.as_str());
        for dev in interface.filter(|_| primary).into_iter().chain(implied.filter(|d| Some(*d) != interface)) {
            if !all.iter().any(|t| t.kind == TrackKind::Interface && t.name == dev) {
                all.push(RunTrack {
                    kind: TrackKind::Interface,
                    name: dev.to_owned(),
                    weight: 0,
                    reverse: false,
                    implied: true,
                });
            }
        }
        all
    }

    fn groups(&mut self, run: &mut Run) {
        let index: HashMap<String, usize> =
            run.instances.iter().enumerate().map(|(n, i)| (i.name.clone(), n)).collect();
        for g in &self.conf.groups {
            let shown = quote(g.name.as_bytes());
            let at = run.groups.len();
            let mut group =
                RunGroup { name: g.name.clone(), span: g.span, notify: g.notify.clone(), ..RunGroup::default() };
            for member in &g.members {
                let name = quote(member.value.as_bytes());
                let found = index.get(member.value.as_str()).copied();
                match found.and_then(|n| run.instances.get_mut(n).map(|i| (n, i))) {
                    None => self.report(
                        member.span,
                        Kind::Group,
                        format!("there is no instance {name} for sync group {shown}; keepalived goes on without it"),
                    ),
                    Some((n, instance)) if instance.group.is_none() => {
                        instance.group = Some(at);
                        group.members.push(n);
                    }
                    Some((_, instance)) if instance.group == Some(at) => {}
                    Some(_) => self.report(
                        member.span,
                        Kind::Group,
                        format!("{name} is in another sync group already; keepalived leaves it there"),
                    ),
                }
            }
            match group.members.len() {
                0 => {
                    self.report(g.span, Kind::Group, format!("sync group {shown} has no member; keepalived drops it"));
                    continue;
                }
                1 => self.report(
                    g.span,
                    Kind::Group,
                    format!("sync group {shown} has one member only, which then needs no group"),
                ),
                _ => {}
            }
            group.track = self.configured(&g.track);
            let owner = group.members.iter().any(|n| run.instances.get(*n).is_some_and(|i| i.priority == 255));
            if owner {
                for t in &mut group.track {
                    t.weight = 0;
                }
            }
            if g.tracking_weight.is_none() {
                for n in &group.members {
                    if let Some(instance) = run.instances.get_mut(*n) {
                        self.take_weights(instance);
                    }
                }
            }
            run.groups.push(group);
        }
    }

    /// Members have no weights of their own, unless `sync_group_tracking_weight`. A weighted interface becomes one whose
    /// loss is a fault; a weighted process stays.
    fn take_weights(&mut self, instance: &mut RunInstance) {
        let mut lost = Vec::new();
        instance.track.retain_mut(|t| {
            if t.weight == 0 || t.kind == TrackKind::Process {
                return true;
            }
            let kept = match t.kind {
                TrackKind::Interface => true,
                TrackKind::File => t.weight == 1,
                _ => false,
            };
            let does = if kept { "its failure is a fault" } else { "keepalived does not track it" };
            lost.push(format!(
                "{} has a weight in {}, which a sync group takes away; {does}",
                quote(t.name.as_bytes()),
                quote(instance.name.as_bytes())
            ));
            t.weight = 0;
            kept
        });
        for sentence in lost {
            self.report(instance.span, Kind::GroupWeight, sentence);
        }
    }

    /// The later of two instances with the same interface, family and identifier stays in FAULT.
    fn same_vrid(&mut self, run: &mut Run) {
        let mut seen: HashMap<(Option<String>, bool, u8), String> = HashMap::new();
        for i in &mut run.instances {
            let key = (i.interface.clone(), i.ipv6, i.vrid);
            if let Some(first) = seen.get(&key) {
                let sentence = format!(
                    "{} and {} both have virtual_router_id {} on one interface; keepalived keeps them from working",
                    quote(first.as_bytes()),
                    quote(i.name.as_bytes()),
                    i.vrid
                );
                self.report(i.span, Kind::DuplicateVrid, sentence);
                i.fault = Some("duplicate virtual_router_id");
            } else {
                seen.insert(key, i.name.clone());
            }
        }
    }
}
