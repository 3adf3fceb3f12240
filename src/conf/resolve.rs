//! The configuration completed and its contradictions resolved as keepalived does at its start
//! (`vrrp_complete_instance`, `vrrp_sync.c`).

mod servers;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::Version;
use super::model::{Address, AuthHmac, AuthType, Conf, Garp, Set, State, SyncGroup, Track, Trackers, VrrpInstance};
use super::problem::{Kind, Problem, quote, quoted};
use super::run::{GROUP4, GROUP6, Run, RunAddress, RunGroup, RunInstance, RunTrack, RunVmac};
use super::source::{Span, Spanned};
use super::tree::Node;
use crate::vrrp::Announcing;
use crate::vrrp::sequence::{Authentication, HmacAuth, HmacMode};
use crate::vrrp::timing::DOWN_TIMER_ADVERTS;
use crate::vrrp::track;

/// Completes a configuration.
pub fn resolve(conf: &Conf, version: Version) -> Run {
    let zero = |t: Set<Duration>| value(t).unwrap_or_default();
    let mut r = Resolver { conf, version, problems: Vec::new(), blocks: OnceCell::new() };
    let mut instances: Vec<RunInstance> = Vec::with_capacity(conf.instances.len());
    instances.extend(conf.instances.iter().filter_map(|i| r.instance(i)));
    let mut run = Run {
        instances,
        groups: Vec::new(),
        startup_delay: zero(conf.global.startup_delay),
        delay_after_boot: zero(conf.global.delay_after_boot),
        virtual_servers: Vec::new(),
        problems: Vec::new(),
    };
    r.groups(&mut run);
    r.same_vrid(&mut run);
    run.virtual_servers = r.virtual_servers();
    run.problems = r.problems;
    run
}

/// How many addresses an advert carries over Ethernet.
fn most_addresses(ipv6: bool, version: u8, auth: &Authentication) -> usize {
    const FRAME: usize = 1500;
    const HEADERS: usize = 14 + 8; // Ethernet, which keepalived counts too, and VRRP
    let trailer = match auth {
        Authentication::Hmac(_) => 28,
        Authentication::Ah(_) => 8 + 24,
        _ if version == 2 => 8,
        _ => 0,
    };
    let most = if ipv6 { (FRAME - HEADERS - 40 - trailer) / 16 } else { (FRAME - HEADERS - 20 - trailer) / 4 };
    most.min(255)
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn value<T: Copy>(set: Set<T>) -> Option<T> {
    set.map(|s| s.value)
}

struct Resolver<'a> {
    conf: &'a Conf,
    version: Version,
    problems: Vec<Problem>,
    /// The block of each name, once somebody asks for one.
    blocks: OnceCell<HashMap<Span, &'a Node>>,
}

impl Resolver<'_> {
    fn report(&mut self, span: Span, kind: Kind, sentence: String) {
        self.push(Problem::new(span, kind, sentence));
    }

    fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// `None` when keepalived would drop the instance.
    fn instance(&mut self, i: &VrrpInstance) -> Option<RunInstance> {
        let global = &self.conf.global;
        let at = i.name.span;
        let name = quoted(i.name.value.as_bytes());
        let strict = value(i.strict).or(value(global.strict)).unwrap_or(false);
        let unicast = !i.peers.is_empty();
        let Some(vrid) = value(i.vrid) else {
            let sentence = format!(
                "{name} has no `virtual_router_id`; keepalived exits when it starts, and with it all other instances"
            );
            // A bad one was reported where it stands.
            let cascade = self.own(i, "virtual_router_id").next().is_some();
            self.push(Problem { cascade, ..Problem::new(at, Kind::NoVrid, sentence) });
            return None;
        };
        let interface = i.interface.as_ref().map(|s| s.value.clone());
        if interface.is_none() && !(self.version.at_least(2, 2, 8) && unicast && i.source.is_some()) {
            let sentence =
                format!("{name} has no `interface`; keepalived exits when it starts, and with it all other instances");
            self.report(at, Kind::NoInterface, sentence);
            return None;
        }
        if strict && unicast && self.version.at_least(2, 3, 3) {
            let span = i.peers.first().map_or(at, |p| p.span);
            self.report(span, Kind::StrictUnicast, format!("{name} is strict, which forbids unicast peers; keepalived exits when it starts, and with it all other instances"));
        }
        let ipv6 = i.is_ipv6().unwrap_or(false);
        let version = self.vrrp_version(i, ipv6, strict);
        if i.addresses.is_empty() && (i.no_addresses.is_none() || strict) {
            let fatal = strict || version == 3;
            let does = if fatal {
                "keepalived exits when it starts, and with it all other instances"
            } else {
                "keepalived elects a master of nothing"
            };
            // Those that are not taken were reported where they stand.
            let cascade = self.own(i, "virtual_ipaddress").any(|list| !list.nodes().is_empty()) && !fatal;
            self.push(Problem {
                cascade,
                ..Problem::new(at, Kind::NoAddress, format!("{name} has no virtual address; {does}"))
            });
            if fatal {
                return None;
            }
        }
        let (priority, mut wants_master) = self.priority(i, strict);
        let advert_int = self.advert_int(i, version);
        let auth = self.auth(i, ipv6, version, strict, advert_int);
        if wants_master && priority != 255 && matches!(auth, Authentication::Ah(_)) {
            wants_master = false;
            let sentence = format!("`auth_type AH` does not go with `state MASTER`; {name} begins as BACKUP");
            let span = i.state.map_or(at, |s| s.span);
            self.push(Problem::new(span, Kind::AhMaster, sentence).help("Write `state BACKUP` on all nodes."));
        }
        let (preempt, preempt_delay) = self.preempt(i, priority, wants_master, strict);
        let mut fault = None;
        if let Some(span) = i.unicast_keyword.filter(|_| !unicast) {
            let (kind, does) = if i.fault_no_peer.is_some() {
                fault = Some("no unicast peer, and unicast_fault_no_peer");
                (Kind::FaultNoPeer, "`unicast_fault_no_peer` keeps it in FAULT for ever")
            } else {
                (Kind::UnicastWithoutPeers, "keepalived sends multicast")
            };
            let sentence = format!("{name} has a keyword of unicast but no `unicast_peer`; {does}");
            let help = "List the other nodes' addresses in `unicast_peer { … }`; for multicast use `mcast_src_ip`.";
            self.push(Problem::new(span, kind, sentence).help(help));
        }
        let ttl = match i.unicast_ttl {
            Some(ttl) if unicast => ttl.value,
            Some(ttl) => {
                let sentence = format!(
                    "{name} has `unicast_ttl` but no `unicast_peer`; keepalived sends its multicast adverts with TTL 0, which leave the host nowhere, and every other node becomes master too"
                );
                let help = "Take the line out, or list the peers in `unicast_peer { … }`.";
                self.push(Problem::new(ttl.span, Kind::TtlWithoutPeers, sentence).help(help));
                0
            }
            None => 255,
        };
        let multicast = value(i.mcast_dst.filter(|_| !unicast)).unwrap_or(if ipv6 {
            value(global.mcast_group6).unwrap_or(GROUP6.into())
        } else {
            value(global.mcast_group4).unwrap_or(GROUP4.into())
        });
        let owner = priority == 255;
        self.ignored(i, unicast, strict);
        if let Some(ipvlan) = &i.ipvlan {
            let address = ipvlan.value.address;
            let does = "it stays in FAULT for ever";
            let why = match address {
                None if !ipv6 => Some(format!("{name} uses an ipvlan interface without an address; {does}")),
                Some(a) if a.is_ipv6() != ipv6 => {
                    Some(format!("{name} uses an ipvlan interface with {a}, of the other family; {does}"))
                }
                _ => None,
            };
            if let Some(sentence) = why {
                fault = Some("use_ipvlan without an address that fits");
                // One that was refused was told of already.
                let cascade = ipvlan.value.refused;
                self.problems.push(Problem { cascade, ..Problem::new(ipvlan.span, Kind::IpvlanAddress, sentence) });
            }
        }
        let vmac = i.vmac.as_ref().map(|v| RunVmac {
            interface: v.value.interface.clone().unwrap_or_else(|| format!("vrrp.{vrid}")),
            mac: v.value.mac.clone().filter(|_| !strict),
            xmit_base: i.vmac_xmit_base.is_some() && !strict || unicast,
        });
        let own = vmac.as_ref().map(|v| v.interface.clone()).or_else(|| interface.clone()).unwrap_or_default();
        let placed = |list: &[Spanned<Address>]| -> Vec<RunAddress> {
            let place = |a: &Spanned<Address>| RunAddress {
                address: a.value.address,
                prefix: a.value.prefix,
                dev: a.value.dev.as_ref().map_or_else(|| own.clone(), |d| d.value.clone()),
                configured: a.value.clone(),
            };
            list.iter().map(place).collect()
        };
        let (mut addresses, mut excluded) = (placed(&i.addresses), placed(&i.excluded));
        let most = most_addresses(ipv6, version, &auth);
        if addresses.len() > most {
            let span = i.addresses.get(most).map_or(at, |a| a.span);
            let sentence = format!(
                "{name} has {} virtual addresses, of which an advert carries {most}; keepalived leaves the rest out of it",
                addresses.len()
            );
            let help = "Put the others into `virtual_ipaddress_excluded`, or into an instance of their own.";
            self.push(Problem::new(span, Kind::TooManyAddresses, sentence).help(help));
            excluded.splice(0..0, addresses.split_off(most));
        }
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
            old_unicast_checksum: value(i.old_unicast_checksum).unwrap_or_default(),
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
            owner_ignore_adverts: owner && self.version.at_least(2, 3, 3),
            // `skip_check_adv_addr off` turns it on, too.
            skip_check_adv_addr: i.skip_check_adv_addr.is_some()
                || value(i.inherited.skip_check_adv_addr).unwrap_or(false),
            v3_checksum_as_v2: value(i.v3_checksum_as_v2).or(value(global.v3_checksum_as_v2)).unwrap_or(false),
            accept: self.accept(i, version, owner, strict),
            strict,
            startup_delay: value(global.startup_delay).unwrap_or_default(),
            vmac,
            track,
            group: None,
            fault,
            notify: i.notify.clone(),
        })
    }

    /// The lines of an instance that begin with this keyword, whatever became of them.
    fn own<'n>(&'n self, i: &VrrpInstance, keyword: &str) -> impl Iterator<Item = &'n Node> {
        let conf = self.conf;
        let blocks =
            self.blocks.get_or_init(|| conf.tree.iter().filter_map(|n| Some((n.words.get(1)?.span, n))).collect());
        let own = blocks.get(&i.name.span).copied();
        own.into_iter().flat_map(Node::nodes).filter(move |n| n.keyword().is_some_and(|k| k.name == keyword))
    }

    /// Whether what is sent to the addresses is let in.
    fn accept(&mut self, i: &VrrpInstance, version: u8, owner: bool, strict: bool) -> bool {
        if let Some(accept) = i.accept.filter(|a| a.value && strict && version == 2 && !owner) {
            let sentence = format!(
                "strict mode forbids `accept` in version 2; keepalived drops what is sent to the addresses of {}",
                quote(i.name.value.as_bytes())
            );
            self.report(accept.span, Kind::StrictForbids, sentence);
            return false;
        }
        value(i.accept).unwrap_or(!strict) || owner
    }

    /// Settings that do not go with others, and pass over them.
    fn ignored(&mut self, i: &VrrpInstance, unicast: bool, strict: bool) {
        let name = quoted(i.name.value.as_bytes());
        let bad = |span: Span, kind: Kind, sentence: String| Problem::new(span, kind, sentence);
        if let Some(vmac) = i.vmac.as_ref().filter(|v| strict && v.value.mac.is_some()) {
            let sentence =
                format!("strict mode has no MAC address but the protocol's; keepalived uses that for {name}");
            self.push(bad(vmac.span, Kind::StrictForbids, sentence));
        }
        if let Some(first) = i.addresses.first().filter(|a| strict && !unicast && !link_local(a.value.address)) {
            let sentence = format!(
                "strict mode wants the first address of {name} to be link-local, which {} is not; keepalived goes on",
                first.value.address
            );
            self.push(bad(first.span, Kind::StrictForbids, sentence));
        }
        if let Some(destination) = i.mcast_dst.filter(|_| unicast) {
            let sentence = format!("{name} has unicast peers; keepalived passes over its `mcast_dst_ip`");
            self.push(bad(destination.span, Kind::SettingIgnored, sentence).edit(destination.span, ""));
        }
        if let Some(vrf) = i.vrf.as_ref().filter(|_| i.interface.is_some() || !unicast) {
            let sentence = format!("`vrf` is for unicast without an interface; keepalived passes over it in {name}");
            self.push(bad(vrf.span, Kind::SettingIgnored, sentence).edit(vrf.span, ""));
        }
        let base = i.vmac_xmit_base.map(|b| b.span);
        if let Some(span) = base.filter(|_| i.vmac.is_none()) {
            let sentence = format!("{name} has no `use_vmac`; keepalived passes over its `vmac_xmit_base`");
            self.push(bad(span, Kind::SettingIgnored, sentence).edit(span, ""));
        }
        if let Some(span) = base.filter(|_| i.vmac.is_some() && strict) {
            let sentence = format!("strict mode has no `vmac_xmit_base`; keepalived does without it in {name}");
            self.push(bad(span, Kind::StrictForbids, sentence));
        }
        let virtual_interface = i.vmac.as_ref().map(|v| v.span).or(i.ipvlan.as_ref().map(|v| v.span));
        if let Some(span) = virtual_interface.filter(|_| i.unicast_keyword.is_some() && base.is_none()) {
            let sentence = format!(
                "unicast adverts of {name} leave through the interface below; keepalived adds `vmac_xmit_base`"
            );
            self.push(bad(span, Kind::UnicastVmac, sentence).help("Write `vmac_xmit_base` beside it."));
        }
        if let Some(promote) = i.promote_secondaries.filter(|_| virtual_interface.is_some()) {
            let sentence = format!(
                "virtual interfaces promote secondary addresses by themselves; keepalived passes over the line in {name}"
            );
            self.push(bad(promote.span, Kind::SettingIgnored, sentence).edit(promote.span, ""));
        }
        for a in i.addresses.iter().chain(&i.excluded).filter(|a| a.value.use_vmac) {
            let here = a.value.dev.as_ref().is_none_or(|d| i.interface.as_ref().is_some_and(|i| i.value == d.value));
            let fits = i.is_ipv6().unwrap_or(false) == a.value.address.is_ipv6();
            if here && fits && i.vmac.is_some() || !(here && fits) && i.vmac_addr.is_some() {
                let address = a.value.address;
                let sentence =
                    format!("{name} has a virtual MAC for {address} anyway; keepalived passes over its `use_vmac`");
                self.push(bad(a.span, Kind::SettingIgnored, sentence));
            }
        }
    }

    fn vrrp_version(&mut self, i: &VrrpInstance, ipv6: bool, strict: bool) -> u8 {
        let version = value(i.version).unwrap_or(if ipv6 { 3 } else { value(self.conf.global.version).unwrap_or(2) });
        if ipv6 && version == 2 && strict {
            let span = i.version.map_or(i.name.span, |v| v.span);
            self.report(
                span,
                Kind::Ipv6Version,
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
                Kind::StrictForbids,
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
            let sentence = format!("{why}; keepalived makes {} s of {} s", seconds(used), seconds(given.value));
            let problem = Problem::new(given.span, Kind::Rounded, sentence)
                .help(format!(
                    "Write `advert_int {}`, or use `version 3` on all nodes for shorter ones.",
                    seconds(used)
                ))
                .edit(given.span, format!("advert_int {}", seconds(used)));
            self.push(problem);
        }
        used
    }

    fn auth(
        &mut self,
        i: &VrrpInstance,
        ipv6: bool,
        version: u8,
        strict: bool,
        advert_int: Duration,
    ) -> Authentication {
        let name = quoted(i.name.value.as_bytes());
        if let Some(hmac) = &i.auth_hmac {
            if let Some(auth) = &i.authentication {
                self.report(
                    auth.span,
                    Kind::AuthIgnored,
                    format!("{name} has `auth_hmac` too; keepalived leaves `authentication` out"),
                );
            }
            return self.hmac(hmac, strict, advert_int);
        }
        let Some(auth) = &i.authentication else { return Authentication::None };
        let Some(kind) = value(auth.kind) else { return Authentication::None };
        let why = if version == 3 {
            "version 3 has no authentication"
        } else if strict {
            "strict mode forbids authentication"
        } else if auth.password.is_none() {
            "there is no password"
        } else if ipv6 && kind == AuthType::Ah {
            "IPv6 has no `auth_type AH`"
        } else {
            let Some(password) = &auth.password else { return Authentication::None };
            return match kind {
                AuthType::Pass => Authentication::Pass(password.value),
                AuthType::Ah => Authentication::Ah(password.value),
            };
        };
        self.report(auth.span, Kind::AuthIgnored, format!("{why}; keepalived sends the adverts of {name} without"));
        Authentication::None
    }

    fn hmac(&mut self, hmac: &AuthHmac, strict: bool, advert_int: Duration) -> Authentication {
        let active = hmac.active.filter(|a| hmac.ids.iter().any(|id| id.value == a.value));
        let Some(active) = active else {
            let span = hmac.active.map_or(hmac.span, |a| a.span);
            let sentence =
                "`auth_hmac` needs an `active_key` that names one of its keys; keepalived sends adverts without";
            self.report(span, Kind::NoActiveKey, sentence.into());
            return Authentication::None;
        };
        let mut auth = HmacAuth::new(hmac.keys.clone(), active.value, advert_int);
        if let Some(mode) = hmac.mode {
            if strict && mode.value != HmacMode::Enforce {
                self.report(
                    mode.span,
                    Kind::StrictForbids,
                    "strict mode wants `mode enforce`; keepalived uses that".into(),
                );
            }
            auth.mode = if strict { HmacMode::Enforce } else { mode.value };
        }
        auth.window = value(hmac.time_window).unwrap_or(auth.window);
        auth.anti_replay = value(hmac.anti_replay).unwrap_or_default();
        Authentication::Hmac(auth)
    }

    fn preempt(&mut self, i: &VrrpInstance, priority: u8, wants_master: bool, strict: bool) -> (bool, Duration) {
        let name = quoted(i.name.value.as_bytes());
        let mut preempt = value(i.preempt).unwrap_or(true);
        let mut delay = value(i.preempt_delay).unwrap_or_default();
        let (at, delay_at) =
            (i.preempt.map_or(i.name.span, |p| p.span), i.preempt_delay.map_or(i.name.span, |p| p.span));
        if !preempt && (priority == 255 || wants_master) {
            let why = if priority == 255 { "priority 255" } else { "`state MASTER`" };
            let sentence = format!("`nopreempt` does not go with {why}; {name} preempts all the same");
            let mut problem = Problem::new(at, Kind::NopreemptIgnored, sentence)
                .help("Write `state BACKUP` on all nodes, with priorities below 255, and leave the order to those.");
            if let Some(cause) = if priority == 255 { i.priority.map(|p| p.span) } else { i.state.map(|s| s.span) } {
                problem = problem.related(cause, "decides it");
            }
            self.push(problem);
            preempt = true;
        }
        if !delay.is_zero() {
            let why = match () {
                () if strict => Some(("strict mode", "takes over without delay")),
                () if wants_master => Some(("`state MASTER`", "takes over without delay")),
                () if !preempt => Some(("`nopreempt`", "never preempts")),
                () => None,
            };
            if let Some((why, does)) = why {
                let sentence = format!("`preempt_delay` does not go with {why}; {name} {does}");
                let problem = Problem::new(delay_at, Kind::PreemptDelayIgnored, sentence);
                // Taking it out is what was meant only where it was said that nothing is ever preempted.
                self.push(if why == "`nopreempt`" {
                    let help = "Take one of the two out: with `nopreempt` it never preempts.";
                    problem.help(help).edit(delay_at, "")
                } else {
                    problem
                        .help("Write `state BACKUP` on all nodes, with priorities below 255 and without strict mode.")
                });
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
                    Kind::StrictForbids,
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
        if !strict {
            return value(own.or(global)).unwrap_or(false);
        }
        if let Some(given) = own.filter(|g| g.value != by_strict) {
            let on = if by_strict { "on" } else { "off" };
            self.report(
                given.span,
                Kind::StrictForbids,
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
        let repeats = lower_prio_repeat.filter(|r| r.value != 0).map(|r| r.span);
        let delays = lower_prio_delay.filter(|d| !d.value.is_zero()).map(|d| d.span);
        if strict && let Some(span) = repeats.or(delays) {
            self.report(
                span,
                Kind::StrictForbids,
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
        let weight = |set: Set<i32>, kind: track::Kind| {
            value(set).and_then(|w| i16::try_from(w).ok()).unwrap_or(kind.default_weight())
        };
        let own = |kind: track::Kind, name: &str| match kind {
            track::Kind::Interface => (kind.default_weight(), false),
            track::Kind::Script => {
                conf.script(name).map_or((kind.default_weight(), false), |s| (weight(s.weight, kind), s.reverse))
            }
            track::Kind::File => conf
                .files
                .iter()
                .find(|f| f.name == name)
                .map_or((kind.default_weight(), false), |f| (weight(f.weight, kind), f.reverse)),
            track::Kind::Process => conf
                .processes
                .iter()
                .find(|p| p.name == name)
                .map_or((kind.default_weight(), false), |p| (weight(p.weight, kind), p.reverse)),
            track::Kind::Bfd => conf
                .bfds
                .iter()
                .find(|b| b.name == name)
                .map_or((kind.default_weight(), false), |b| (weight(b.weight, kind), b.reverse)),
        };
        let lists: [(track::Kind, &[Track]); 5] = [
            (track::Kind::Interface, &t.interfaces),
            (track::Kind::Script, &t.scripts),
            (track::Kind::File, &t.files),
            (track::Kind::Process, &t.processes),
            (track::Kind::Bfd, &t.bfds),
        ];
        let all = lists.iter().flat_map(|(kind, list)| list.iter().map(|t| (*kind, t)));
        all.map(|(kind, t)| {
            let (weight, reverse) = own(kind, &t.name.value);
            RunTrack {
                kind,
                name: t.name.value.clone(),
                weight: value(t.weight).and_then(|w| i16::try_from(w).ok()).unwrap_or(weight),
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
        let (name, at) = (quoted(i.name.value.as_bytes()), i.name.span);
        let primary = i.dont_track_primary.is_none();
        let mut all = self.configured(&i.track);
        if let Some(own) = i.track.interfaces.iter().find(|t| interface == Some(&t.name.value)) {
            let (kind, what) = match own.weight {
                Some(_) => (Kind::OwnInterfaceWeight, "this entry and its weight"),
                None => (Kind::OwnInterface, "this entry"),
            };
            let sentence = format!("{name} tracks its own interface anyway; keepalived leaves {what} out");
            self.report(own.name.span, kind, sentence);
            all.retain(|t| t.kind != track::Kind::Interface || Some(t.name.as_str()) != interface);
        }
        // Weights of processes stay, and do nothing.
        let lost = |t: &RunTrack| t.weight != 0 && t.kind != track::Kind::Process;
        if owner && all.iter().any(lost) {
            let weighted: Vec<String> = all.iter().filter(|t| lost(t)).map(|t| quote(t.name.as_bytes())).collect();
            let (span, why) = match (i.priority, i.state) {
                (Some(priority), _) => (priority.span, ""),
                (None, Some(state)) => (state.span, " (`state MASTER` without `priority`)"),
                (None, None) => (at, ""),
            };
            let sentence = format!(
                "{name} has priority 255{why}, which no weight changes; when {} fails, nothing moves",
                weighted.join(" or ")
            );
            let help = "Give it a priority of 254 at most, or take the weight away: then a failure puts it into FAULT.";
            self.push(Problem::new(span, Kind::OwnerWeights, sentence).help(help));
            // A file is tracked without weight where it has the one that files have by themselves.
            let stays = |t: &RunTrack| t.kind == track::Kind::File && t.weight == track::Kind::File.default_weight();
            all.retain(|t| !lost(t) || stays(t));
            all.iter_mut().filter(|t| lost(t)).for_each(|t| t.weight = 0);
        }
        let implied = addresses
            .iter()
            .chain(excluded)
            .filter(|a| a.configured.dev.is_some() && !a.configured.no_track)
            .map(|a| a.dev.as_str());
        for dev in interface.filter(|_| primary).into_iter().chain(implied.filter(|d| Some(*d) != interface)) {
            if !all.iter().any(|t| t.kind == track::Kind::Interface && t.name == dev) {
                all.push(RunTrack {
                    kind: track::Kind::Interface,
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
        if self.conf.groups.is_empty() {
            return;
        }
        let index: HashMap<String, usize> =
            run.instances.iter().enumerate().map(|(n, i)| (i.name.clone(), n)).collect();
        let conf = self.conf;
        let said: HashMap<&str, &VrrpInstance> = conf.instances.iter().map(|i| (i.name.value.as_str(), i)).collect();
        let written: HashMap<Span, &VrrpInstance> = conf.instances.iter().map(|i| (i.name.span, i)).collect();
        for g in &conf.groups {
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
                        Kind::GroupMember,
                        format!("there is no instance {name} for sync group {shown}; keepalived goes on without it"),
                    ),
                    Some((n, instance)) if instance.group.is_none() => {
                        instance.group = Some(at);
                        group.members.push(n);
                    }
                    Some((_, instance)) => {
                        let which = if instance.group == Some(at) { "this" } else { "another" };
                        let sentence = format!("{name} is in {which} sync group already; keepalived leaves it there");
                        self.report(member.span, Kind::GroupMember, sentence);
                    }
                }
            }
            self.owners(g, &said);
            match group.members.len() {
                0 => {
                    let sentence = format!(
                        "sync group {shown} has no member; keepalived drops it, with all that it tracks and notifies"
                    );
                    // Members that it cannot have were reported where they stand.
                    let cascade = !g.members.is_empty();
                    self.push(Problem { cascade, ..Problem::new(g.span, Kind::GroupEmpty, sentence) });
                    continue;
                }
                1 => self.report(
                    g.span,
                    Kind::GroupSingle,
                    format!("sync group {shown} has one member only, which then needs no group"),
                ),
                _ => {}
            }
            group.track = self.configured(&g.track);
            group.tracking_weight = g.tracking_weight.is_some();
            let owner = group.members.iter().any(|n| run.instances.get(*n).is_some_and(|i| i.priority == 255));
            if owner && group.track.iter().any(|t| t.weight != 0) {
                let sentence = format!(
                    "a member of sync group {shown} has priority 255, which no weight changes; keepalived takes the weights of what the group tracks for 0"
                );
                self.report(g.span, Kind::OwnerWeights, sentence);
                for t in &mut group.track {
                    t.weight = 0;
                }
            }
            self.tracked_twice(g, run, &group);
            if g.tracking_weight.is_none() {
                for n in &group.members {
                    if let Some(instance) = run.instances.get_mut(*n) {
                        self.take_weights(instance, written.get(&instance.span).copied(), g.span);
                    }
                }
            }
            run.groups.push(group);
        }
    }

    /// Owners, and others that say that they begin as BACKUP, do not work together.
    fn owners(&mut self, g: &SyncGroup, said: &HashMap<&str, &VrrpInstance>) {
        let members = g.members.iter().filter_map(|m| {
            let i = said.get(m.value.as_str())?;
            Some((m.span, value(i.state), value(i.priority) == Some(255)))
        });
        let members: Vec<_> = members.collect();
        let owners = members.iter().take_while(|(_, state, owner)| *state == Some(State::Master) && *owner).count();
        if let Some((span, Some(State::Backup), _)) = members.get(owners).filter(|_| owners > 0) {
            let sentence = format!(
                "sync group {} has an address owner and one that begins as BACKUP; they never become master together",
                quote(g.name.as_bytes())
            );
            let help = "Give all members one state and priorities of one kind.";
            self.push(Problem::new(*span, Kind::GroupOwners, sentence).help(help));
        }
    }

    /// Interfaces that a group tracks and a member does by itself.
    fn tracked_twice(&mut self, g: &SyncGroup, run: &Run, group: &RunGroup) {
        for entry in &g.track.interfaces {
            let name = entry.name.value.as_str();
            let twice = group.members.iter().filter_map(|n| run.instances.get(*n)).find(|i| {
                let own = |t: &RunTrack| !t.implied || i.interface.as_deref() == Some(name);
                i.track.iter().any(|t| t.kind == track::Kind::Interface && t.name == name && own(t))
            });
            let Some(member) = twice else { continue };
            let sentence = format!(
                "sync group {} tracks {}, which its member {} does by itself; keepalived uses the weight of the group",
                quote(g.name.as_bytes()),
                quote(name.as_bytes()),
                quote(member.name.as_bytes())
            );
            let problem = Problem::new(entry.name.span, Kind::GroupInterfaceTwice, sentence);
            self.push(problem.related(member.span, "tracks it by itself"));
        }
    }

    /// Members have no weights of their own, unless `sync_group_tracking_weight`. A weighted interface becomes one whose
    /// loss is a fault; a weighted process stays.
    fn take_weights(&mut self, instance: &mut RunInstance, written: Option<&VrrpInstance>, group: Span) {
        let mut lost = Vec::new();
        instance.track.retain_mut(|t| {
            let left = t.kind.weight_in_group(t.weight);
            if left != Some(t.weight) {
                let list = written.map(|i| match t.kind {
                    track::Kind::Script => &i.track.scripts,
                    track::Kind::Interface => &i.track.interfaces,
                    track::Kind::File => &i.track.files,
                    track::Kind::Process => &i.track.processes,
                    track::Kind::Bfd => &i.track.bfds,
                });
                let entry = list.and_then(|list| list.iter().find(|e| e.name.value == t.name));
                let span = entry.map_or(instance.span, |e| e.name.span);
                let (tracked, member) = (quote(t.name.as_bytes()), quote(instance.name.as_bytes()));
                let (kind, does) = if left.is_some() {
                    (Kind::GroupInterface, format!("its failure puts the whole group of {member} into FAULT"))
                } else {
                    (Kind::GroupWeight, format!("keepalived leaves it out of {member}, and its failure moves nothing"))
                };
                let sentence = format!("a sync group takes away the weight of {tracked}; {does}");
                lost.push(Problem::new(span, kind, sentence).related(group, "the sync group"));
            }
            t.weight = left.unwrap_or_default();
            left.is_some()
        });
        self.problems.append(&mut lost);
    }

    /// Two instances with the same interface, family and identifier, as far as both multicast to one group, or both
    /// unicast to one peer from one address.
    fn same_vrid(&mut self, run: &mut Run) {
        type Key<'a> = (Option<&'a str>, bool, u8, Option<IpAddr>, IpAddr);
        let mut seen: HashMap<Key<'_>, &RunInstance, RandomState> = HashMap::default();
        seen.reserve(run.instances.len());
        let mut faults = Vec::new();
        for (n, i) in run.instances.iter().enumerate() {
            let multicast = i.peers.is_empty().then_some(i.multicast);
            let from = if multicast.is_some() { None } else { i.source };
            let mut first = None;
            for to in multicast.into_iter().chain(i.peers.iter().map(|p| p.address)) {
                let key = (i.interface.as_deref(), i.ipv6, i.vrid, from, to);
                match seen.get(&key) {
                    Some(other) => first = first.or(Some(*other)).filter(|first| first.name != i.name),
                    None => drop(seen.insert(key, i)),
                }
            }
            let Some(RunInstance { name: first, span: at, .. }) = first else { continue };
            let sentence = format!(
                "{} and {} both have virtual_router_id {} on one interface; keepalived exits when it starts, and with it all other instances",
                quote(first.as_bytes()),
                quote(i.name.as_bytes()),
                i.vrid
            );
            let problem = Problem::new(i.span, Kind::DuplicateVrid, sentence);
            self.push(
                problem.related(*at, "has it first").help("Give one of them another virtual_router_id, on all nodes."),
            );
            faults.push(n);
        }
        for n in faults {
            run.instances[n].fault = Some("duplicate virtual_router_id");
        }
    }
}
