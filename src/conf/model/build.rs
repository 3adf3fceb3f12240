//! The tree to the model. Keywords act in the order in which they are written.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{
    Address, AuthHmac, AuthType, Authentication, Bfd, Conf, Garp, Inherited, Notify, Set, State, SyncGroup, TrackFile,
    TrackProcess, Trackers, Vmac, VrrpInstance, VrrpScript, entry,
};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Entries, Place, Takes};
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::{Node, Tree};
use crate::conf::value::{Value, int};
use crate::conf::{Loader, Version};
use crate::vrrp::check::OldChecksum;
use crate::vrrp::sequence::{AntiReplay, HmacMode};
use crate::wire::auth::{self, Secret};

/// Reads a tree.
pub(in crate::conf) fn build(tree: Tree, version: Version, loader: &mut dyn Loader) -> Conf {
    let mut b = Builder { version, loader, problems: Vec::new(), names: Names::default(), conf: Conf::empty() };
    for node in &tree.nodes {
        b.block(node);
    }
    let mut conf = b.conf;
    conf.problems = tree.problems;
    conf.problems.append(&mut b.problems);
    conf.sources = tree.sources;
    conf.tree = tree.nodes;
    conf
}

/// Names that are defined so far, by what can track them.
#[derive(Default)]
struct Names {
    scripts: HashSet<String>,
    files: HashSet<String>,
    processes: HashSet<String>,
    bfds: HashSet<String>,
    /// Those whose block does not say what it is about.
    dropped: HashSet<String>,
}

struct Builder<'a> {
    version: Version,
    loader: &'a mut dyn Loader,
    problems: Vec<Problem>,
    names: Names,
    conf: Conf,
}

/// A keyword's value in the form of its field.
trait Field: Sized {
    fn of(node: &Node) -> Option<Self>;
}

impl Field for bool {
    fn of(node: &Node) -> Option<Self> {
        match node.value? {
            Value::Bool(b) => Some(b),
            Value::Present => Some(true),
            _ => None,
        }
    }
}

macro_rules! from_int {
    ($($t:ty)+) => {$(
        impl Field for $t {
            fn of(node: &Node) -> Option<Self> {
                match node.value? {
                    Value::Int(n) | Value::Weight(n, _) => n.try_into().ok(),
                    _ => None,
                }
            }
        }
    )+};
}

from_int!(u8 u32 i32);

impl Field for Duration {
    fn of(node: &Node) -> Option<Self> {
        match node.value? {
            Value::Time(time) => Some(time),
            Value::Int(seconds) => Some(Self::from_secs(seconds.try_into().ok()?)),
            _ => None,
        }
    }
}

impl Field for IpAddr {
    fn of(node: &Node) -> Option<Self> {
        if let Value::Ip(address) = node.value? { Some(address) } else { None }
    }
}

impl Field for String {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        node.words.get(1).map(|w| w.str().into_owned())
    }
}

impl Field for Vec<String> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(strings(node.words.get(1..)?))
    }
}

fn strings(words: &[Word]) -> Vec<String> {
    words.iter().map(|w| w.str().into_owned()).collect()
}

/// Puts a keyword's value into its field; the last one counts, a refused one changes nothing.
fn set<T: Field>(field: &mut Set<T>, node: &Node) {
    if let Some(value) = T::of(node) {
        *field = Some(Spanned::new(value, node.span()));
    }
}

/// A flag that stands for a value.
fn flag(field: &mut Set<bool>, node: &Node, value: bool) {
    *field = Some(Spanned::new(value, node.span()));
}

/// Keywords of the lines of a block that keepalived uses.
fn used(node: &Node) -> impl Iterator<Item = (&'static str, &Node)> {
    node.nodes().iter().filter_map(|n| n.keyword().map(|k| (k.name, n)))
}

fn named(node: &Node) -> Option<Spanned<String>> {
    node.words.get(1).map(|w| Spanned::new(w.str().into_owned(), w.span))
}

impl Garp {
    /// Takes a keyword without its `vrrp_` if it is one of these.
    fn take(&mut self, name: &str, node: &Node) {
        match name {
            "garp_master_delay" => set(&mut self.delay, node),
            "garp_master_repeat" => set(&mut self.repeat, node),
            "garp_master_refresh" => set(&mut self.refresh, node),
            "garp_master_refresh_repeat" => set(&mut self.refresh_repeat, node),
            "garp_lower_prio_delay" => set(&mut self.lower_prio_delay, node),
            "garp_lower_prio_repeat" => set(&mut self.lower_prio_repeat, node),
            "garp_extra_if" | "vmac_garp_intvl" => set(&mut self.extra_if, node),
            _ => {}
        }
    }
}

impl Builder<'_> {
    fn report(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        self.problems.push(Problem::new(span, kind, sentence));
    }

    fn block(&mut self, node: &Node) {
        let Some(keyword) = node.keyword() else { return };
        match keyword.takes {
            Takes::Block(Place::GlobalDefs, _) => self.global(node),
            Takes::Block(Place::Instance, _) => self.instance(node),
            Takes::Block(Place::SyncGroup, _) => self.group(node),
            Takes::Block(Place::Script, _) => self.script(node),
            Takes::Block(Place::TrackProcess, _) => self.process(node),
            Takes::Block(Place::TrackFile, _) => self.file(node),
            Takes::Block(Place::Bfd, _) => self.bfd(node),
            Takes::List(Entries::Addresses) => {
                let list = entry::addresses(node, &mut self.problems);
                self.conf.static_addresses.extend(list);
            }
            _ => {}
        }
    }

    fn global(&mut self, node: &Node) {
        let g = &mut self.conf.global;
        for (name, node) in used(node) {
            match name {
                "router_id" => set(&mut g.router_id, node),
                "vrrp_version" => set(&mut g.version, node),
                "vrrp_strict" => set(&mut g.strict, node),
                "vrrp_startup_delay" => set(&mut g.startup_delay, node),
                "vrrp_delay_after_boot" => set(&mut g.delay_after_boot, node),
                "vrrp_garp_interval" => set(&mut g.garp_interval, node),
                "vrrp_gna_interval" => set(&mut g.gna_interval, node),
                "vrrp_min_garp" => set(&mut g.min_garp, node),
                "vrrp_down_timer_adverts" => set(&mut g.down_timer_adverts, node),
                "vrrp_lower_prio_no_advert" => set(&mut g.lower_prio_no_advert, node),
                "vrrp_higher_prio_send_advert" => set(&mut g.higher_prio_send_advert, node),
                "vrrp_owner_ignore_adverts" => set(&mut g.owner_ignore_adverts, node),
                "vrrp_check_unicast_src" => set(&mut g.check_unicast_src, node),
                "vrrp_skip_check_adv_addr" => set(&mut g.skip_check_adv_addr, node),
                "v3_checksum_as_v2" => set(&mut g.v3_checksum_as_v2, node),
                "vrrp_mcast_group4" | "vrrp_mcast_group6" => {
                    let four = name.ends_with('4');
                    if let Some(address) = IpAddr::of(node).filter(|a| a.is_ipv4() != four) {
                        let family = if four { "IPv4" } else { "IPv6" };
                        let sentence = format!("`{name}` {address} is not {family}; keepalived passes over the line");
                        self.problems.push(Problem::new(node.span(), Kind::BadAddress, sentence));
                    } else {
                        set(if four { &mut g.mcast_group4 } else { &mut g.mcast_group6 }, node);
                    }
                }
                "dynamic_interfaces" => set(&mut g.dynamic_interfaces, node),
                "default_interface" => set(&mut g.default_interface, node),
                "script_user" => set(&mut g.script_user, node),
                "enable_script_security" => set(&mut g.script_security, node),
                "notify_fifo" | "vrrp_notify_fifo" => set(&mut g.notify_fifo, node),
                "vrrp_notify_priority_changes" => set(&mut g.notify_priority_changes, node),
                _ => g.garp.take(name.strip_prefix("vrrp_").unwrap_or(name), node),
            }
        }
    }

    fn script(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut s = VrrpScript { name: name.value, span: name.span, ..VrrpScript::default() };
        for (name, node) in used(node) {
            match name {
                "script" => set(&mut s.command, node),
                "interval" => set(&mut s.interval, node),
                "timeout" => set(&mut s.timeout, node),
                "weight" => {
                    set(&mut s.weight, node);
                    s.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "rise" => set(&mut s.rise, node),
                "fall" => set(&mut s.fall, node),
                "user" => set(&mut s.user, node),
                "init_fail" => set(&mut s.init_fail, node),
                _ => {}
            }
        }
        if s.command.is_none() {
            let sentence = format!("script {} has no `script`; keepalived drops it", quote(s.name.as_bytes()));
            self.report(s.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(s.name);
            return;
        }
        self.names.scripts.insert(s.name.clone());
        self.conf.scripts.push(s);
    }

    fn process(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut p = TrackProcess { name: name.value, span: name.span, ..TrackProcess::default() };
        for (name, node) in used(node) {
            match name {
                "process" => set(&mut p.process, node),
                "weight" => {
                    set(&mut p.weight, node);
                    p.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "quorum" => set(&mut p.quorum, node),
                "quorum_max" => set(&mut p.quorum_max, node),
                "delay" => {
                    set(&mut p.fork_delay, node);
                    set(&mut p.terminate_delay, node);
                }
                "fork_delay" => set(&mut p.fork_delay, node),
                "terminate_delay" => set(&mut p.terminate_delay, node),
                _ => {}
            }
        }
        if p.process.is_none() {
            let sentence = format!("process {} has no `process`; keepalived drops it", quote(p.name.as_bytes()));
            self.report(p.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(p.name);
            return;
        }
        self.names.processes.insert(p.name.clone());
        self.conf.processes.push(p);
    }

    fn file(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut f = TrackFile { name: name.value, span: name.span, ..TrackFile::default() };
        for (name, node) in used(node) {
            match name {
                "file" => set(&mut f.file, node),
                "weight" => {
                    set(&mut f.weight, node);
                    f.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                _ => {}
            }
        }
        if f.file.is_none() {
            let sentence = format!("tracked file {} has no `file`; keepalived drops it", quote(f.name.as_bytes()));
            self.report(f.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(f.name);
            return;
        }
        self.names.files.insert(f.name.clone());
        self.conf.files.push(f);
    }

    fn bfd(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut b = Bfd { name: name.value, span: name.span, ..Bfd::default() };
        for (name, node) in used(node) {
            if name == "weight" {
                set(&mut b.weight, node);
                b.reverse = matches!(node.value, Some(Value::Weight(_, true)));
            }
        }
        self.names.bfds.insert(b.name.clone());
        self.conf.bfds.push(b);
    }

    fn group(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut g = SyncGroup { name: name.value, span: name.span, ..SyncGroup::default() };
        let mut listed = false;
        for (name, node) in used(node) {
            match name {
                "group" if listed => self.report(
                    node.span(),
                    Kind::AlreadySet,
                    "`group` is said before; keepalived passes over this list",
                ),
                "group" => {
                    listed = true;
                    let words = node.nodes().iter().flat_map(|n| &n.words);
                    g.members = words.map(|w| Spanned::new(w.str().into_owned(), w.span)).collect();
                }
                "sync_group_tracking_weight" | "global_tracking" => set(&mut g.tracking_weight, node),
                _ => self.common(name, node, &mut g.track, &mut g.notify),
            }
        }
        self.conf.groups.push(g);
    }

    /// Keywords that instances and groups share.
    fn common(&mut self, name: &'static str, node: &Node, track: &mut Trackers, notify: &mut Vec<Notify>) {
        let (list, names) = match name {
            "track_interface" => (&mut track.interfaces, None),
            "track_script" => (&mut track.scripts, Some(&self.names.scripts)),
            "track_file" => (&mut track.files, Some(&self.names.files)),
            "track_process" => (&mut track.processes, Some(&self.names.processes)),
            "track_bfd" => (&mut track.bfds, Some(&self.names.bfds)),
            _ => {
                if name.starts_with("notify") && name != "notify_priority_changes" && node.value.is_some() {
                    notify.push(Notify {
                        on: name,
                        words: strings(node.words.get(1..).unwrap_or_default()),
                        span: node.span(),
                    });
                }
                return;
            }
        };
        entry::tracks(node, name, names.map(|n| (n, &self.names.dropped)), list, &mut self.problems);
    }

    fn instance(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let g = &self.conf.global;
        let inherited = Inherited {
            garp: g.garp.clone(),
            min_garp: g.min_garp.is_some_and(|m| m.value),
            skip_check_adv_addr: g.skip_check_adv_addr,
        };
        let mut i = VrrpInstance::new(name, inherited);
        for (name, node) in used(node) {
            self.setting(&mut i, name, node);
        }
        self.conf.instances.push(i);
    }

    fn setting(&mut self, i: &mut VrrpInstance, name: &'static str, node: &Node) {
        if matches!(name, "unicast_src_ip" | "unicast_fault_no_peer" | "check_unicast_src" | "old_unicast_checksum") {
            i.unicast_keyword.get_or_insert(node.span());
        }
        match name {
            "state" => self.state(i, node),
            "interface" => set(&mut i.interface, node),
            "virtual_router_id" => set(&mut i.vrid, node),
            "priority" => set(&mut i.priority, node),
            "advert_int" => set(&mut i.advert_int, node),
            "version" => set(&mut i.version, node),
            "native_ipv6" => set(&mut i.native_ipv6, node),
            "virtual_ipaddress" => {
                let list = entry::addresses(node, &mut self.problems);
                for address in list {
                    self.virtual_address(i, address);
                }
            }
            "virtual_ipaddress_excluded" => i.excluded.extend(entry::addresses(node, &mut self.problems)),
            "no_virtual_ipaddress" => set(&mut i.no_addresses, node),
            "dont_track_primary" => set(&mut i.dont_track_primary, node),
            "mcast_src_ip" | "unicast_src_ip" => self.own_family(i, node, |i| &mut i.source),
            "track_src_ip" => set(&mut i.track_source, node),
            "mcast_dst_ip" => self.own_family(i, node, |i| &mut i.mcast_dst),
            "unicast_peer" => {
                let list = entry::peers(node, &mut self.problems);
                i.unicast_keyword.get_or_insert(node.span());
                for peer in list {
                    if self.fits(i, peer.value.address, peer.span, Kind::PeerDropped) {
                        i.peers.push(peer);
                    }
                }
            }
            "unicast_fault_no_peer" => set(&mut i.fault_no_peer, node),
            "unicast_ttl" => set(&mut i.unicast_ttl, node),
            "check_unicast_src" => set(&mut i.check_unicast_src, node),
            "old_unicast_checksum" if node.value.is_some() => {
                let mode = if node.words.len() > 1 { OldChecksum::Never } else { OldChecksum::Always };
                i.old_unicast_checksum = Some(Spanned::new(mode, node.span()));
            }
            "authentication" => self.authentication(i, node),
            "auth_hmac" => self.auth_hmac(i, node),
            "preempt" => flag(&mut i.preempt, node, true),
            "nopreempt" => flag(&mut i.preempt, node, false),
            "preempt_delay" => set(&mut i.preempt_delay, node),
            "down_timer_adverts" => set(&mut i.down_timer_adverts, node),
            "strict_mode" => set(&mut i.strict, node),
            "accept" => flag(&mut i.accept, node, true),
            "no_accept" => flag(&mut i.accept, node, false),
            "use_vmac" => {
                let words = node.words.get(1..).unwrap_or_default().iter().filter(|w| !w.is("netlink_notify_msg"));
                let words: Vec<&Word> = words.collect();
                let interface =
                    words.iter().find(|w| !w.is("name") && !w.text.contains(&b':')).map(|w| w.str().into_owned());
                let mac = words.iter().find(|w| w.text.contains(&b':')).map(|w| w.str().into_owned());
                i.vmac = Some(Spanned::new(Vmac { interface, mac }, node.span()));
            }
            "use_vmac_addr" => set(&mut i.vmac_addr, node),
            "vmac_xmit_base" => set(&mut i.vmac_xmit_base, node),
            "use_ipvlan" => set(&mut i.ipvlan, node),
            "lower_prio_no_advert" => set(&mut i.lower_prio_no_advert, node),
            "higher_prio_send_advert" => set(&mut i.higher_prio_send_advert, node),
            "owner_ignore_adverts" => set(&mut i.owner_ignore_adverts, node),
            "skip_check_adv_addr" => set(&mut i.skip_check_adv_addr, node),
            "v3_checksum_as_v2" => set(&mut i.v3_checksum_as_v2, node),
            "timer_expired_backup" | "thread_timer_expired" => set(&mut i.timer_expired_backup, node),
            "promote_secondaries" => set(&mut i.promote_secondaries, node),
            "notify_priority_changes" => set(&mut i.notify_priority_changes, node),
            _ => {
                i.garp.take(name, node);
                self.common(name, node, &mut i.track, &mut i.notify);
            }
        }
    }

    /// Only the upper-case words are known; a bad one is `BACKUP`, and `BACKUP` after `MASTER` does not count.
    fn state(&mut self, i: &mut VrrpInstance, node: &Node) {
        let master = node.value.is_some() && node.words.get(1).is_some_and(|w| w.is("MASTER"));
        let state = if master { State::Master } else { State::Backup };
        if node.words.len() < 2 {
            return;
        }
        if state == State::Backup && i.state.is_some_and(|s| s.value == State::Master) {
            let sentence = "`state` is `MASTER` already; keepalived passes over this line";
            return self.report(node.span(), Kind::AlreadySet, sentence);
        }
        i.state = Some(Spanned::new(state, node.span()));
    }

    /// An instance has one family, which its first address, source or peer decides.
    fn fits(&mut self, i: &VrrpInstance, address: IpAddr, span: Span, kind: Kind) -> bool {
        let six = i.is_ipv6();
        let fits = six.is_none_or(|six| six == address.is_ipv6());
        if !fits {
            let family = if six == Some(true) { "IPv6" } else { "IPv4" };
            let sentence =
                format!("{address} does not fit the instance, which is {family} already; keepalived passes over it");
            self.report(span, kind, sentence);
        }
        fits
    }

    fn virtual_address(&mut self, i: &mut VrrpInstance, address: Spanned<Address>) {
        if self.fits(i, address.value.address, address.span, Kind::AddressDropped) {
            let twice = i.addresses.iter().any(|a| a.value.address == address.value.address);
            if twice && self.version.at_least(2, 3, 3) {
                let sentence = format!("{} is in this list already", address.value.address);
                return self.report(address.span, Kind::AlreadySet, sentence);
            }
            i.addresses.push(address);
        }
    }

    fn own_family(&mut self, i: &mut VrrpInstance, node: &Node, field: fn(&mut VrrpInstance) -> &mut Set<IpAddr>) {
        let Some(address) = IpAddr::of(node) else { return };
        if self.fits(i, address, node.span(), Kind::BadAddress) {
            *field(i) = Some(Spanned::new(address, node.span()));
        }
    }

    fn authentication(&mut self, i: &mut VrrpInstance, node: &Node) {
        let auth =
            i.authentication.get_or_insert_with(|| Authentication { span: node.span(), ..Authentication::default() });
        for (name, node) in used(node) {
            let Some(word) = node.words.get(1).filter(|_| node.value.is_some()) else { continue };
            if name == "auth_type" {
                let kind = if word.is("PASS") { AuthType::Pass } else { AuthType::Ah };
                auth.kind = Some(Spanned::new(kind, node.span()));
            } else {
                if word.text.len() > 8 {
                    let sentence = "`auth_pass` is longer than eight characters; only the first eight count";
                    self.problems.push(Problem::new(word.span, Kind::LongPassword, sentence));
                }
                auth.password =
                    Some(Spanned::new(Secret::new(&word.text), word.span)).filter(|_| !word.text.is_empty());
            }
        }
    }

    fn auth_hmac(&mut self, i: &mut VrrpInstance, node: &Node) {
        let hmac = i.auth_hmac.get_or_insert_with(|| AuthHmac { span: node.span(), ..AuthHmac::default() });
        for (name, node) in used(node) {
            match (name, node.words.get(1)) {
                ("key", _) => match self.key(node, &hmac.ids) {
                    Ok((id, key)) => {
                        hmac.ids.push(Spanned::new(id, node.span()));
                        hmac.keys.add_hmac(id, &key);
                    }
                    Err((kind, sentence)) => self.report(node.span(), kind, sentence),
                },
                ("active_key", _) => set(&mut hmac.active, node),
                ("time_window", _) => set(&mut hmac.time_window, node),
                ("anti_replay", Some(word)) if node.value.is_some() => {
                    let what = if word.is("monotonic") { AntiReplay::Monotonic } else { AntiReplay::Time };
                    hmac.anti_replay = Some(Spanned::new(what, node.span()));
                }
                ("mode", Some(word)) if node.value.is_some() => {
                    let mode = match &*word.text {
                        b"permissive" => HmacMode::Permissive,
                        b"receive-only" => HmacMode::ReceiveOnly,
                        _ => HmacMode::Enforce,
                    };
                    hmac.mode = Some(Spanned::new(mode, node.span()));
                }
                _ => {}
            }
        }
    }

    /// `key ID SECRET`; of `file:PATH` the file is read. What is wrong is said without the secret.
    fn key(&mut self, node: &Node, others: &[Spanned<u8>]) -> Result<(u8, Vec<u8>), (Kind, String)> {
        let (Some(id), Some(secret)) = (node.words.get(1), node.words.get(2)) else {
            return Err((Kind::MissingArgument, "`key` needs an id and a secret".into()));
        };
        let id = int(&id.text, 1, 255).ok().and_then(|id| u8::try_from(id).ok());
        let Some(id) = id else {
            let sentence = "the id of a `key` is a whole number from 1 to 255; keepalived passes over the line";
            return Err((Kind::BadNumber, sentence.into()));
        };
        if others.iter().any(|k| k.value == id) {
            return Err((Kind::AlreadySet, format!("key {id} is there already; keepalived passes over this one")));
        }
        let mut text = secret.str().into_owned();
        if let Some(path) = text.strip_prefix("file:") {
            let read = self.loader.read(path);
            let bytes =
                read.map_err(|error| (Kind::KeyFile, format!("key {id}: {error}; keepalived goes on without it")))?;
            String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).clone_into(&mut text);
        }
        match auth::parse_key(&text) {
            Ok(bytes) => Ok((id, bytes)),
            Err(sentence) => Err((Kind::BadKey, format!("key {id}: {sentence}; keepalived passes over the line"))),
        }
    }
}
