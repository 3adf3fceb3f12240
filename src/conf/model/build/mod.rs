//! The tree to the model. Keywords act in the order in which they are written.

mod servers;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::{
    Address, AuthHmac, AuthType, Authentication, Bfd, Conf, Garp, GarpGroup, Inherited, Ipvlan, Notify, Peer, Set,
    State, SyncGroup, TrackFile, TrackGroup, TrackProcess, Trackers, Vmac, VrrpInstance, VrrpScript, entry, route,
};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Again, Entries, Place, Takes};
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::{Node, Tree};
use crate::conf::value::{Value, address_and_tail, int, is_interface};
use crate::conf::{Loader, Version};
use crate::vrrp::check::OldChecksum;
use crate::vrrp::sequence::{AntiReplay, HmacMode};
use crate::wire::auth::{self, Secret};

/// Reads a tree.
pub(in crate::conf) fn build(tree: Tree, version: Version, loader: &mut dyn Loader) -> Conf {
    let (problems, names) = (Vec::new(), Names::default());
    let mut b = Builder { version, loader, problems, names, inherited: None, conf: Conf::empty() };
    let instance = |n: &&Node| n.keyword().is_some_and(|k| matches!(k.takes, Takes::Block(Place::Instance, _)));
    b.conf.instances.reserve_exact(tree.nodes.iter().filter(instance).count());
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

/// The lists of an instance's addresses.
const VIRTUAL: &str = "virtual_ipaddress";
const EXCLUDED: &str = "virtual_ipaddress_excluded";

/// Names that are defined so far, by what can track them.
#[derive(Default)]
struct Names {
    scripts: HashSet<String>,
    files: HashSet<String>,
    processes: HashSet<String>,
    /// BFD instances that virtual routers may follow, and those that checkers may.
    bfds: HashSet<String>,
    checked_bfds: HashSet<String>,
    track_groups: HashSet<String>,
    /// Interfaces that instances make.
    interfaces: HashSet<String>,
    /// Those whose block does not say what it is about.
    dropped: HashSet<String>,
    /// Where a name was first given to a kind of block.
    first: HashMap<(&'static str, String), Span>,
    /// Neighbours of BFD instances, with these.
    neighbors: HashMap<IpAddr, (String, Span)>,
    /// Addresses in the lists of the instance that is read.
    addresses: HashMap<(&'static str, IpAddr), Span, RandomState>,
}

struct Builder<'a> {
    version: Version,
    loader: &'a mut dyn Loader,
    problems: Vec<Problem>,
    names: Names,
    /// What `global_defs` so far give to instances, once one needs it.
    inherited: Option<Arc<Inherited>>,
    conf: Conf,
}

/// A keyword's value in the form of its field.
pub(super) trait Field: Sized {
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

from_int!(u8 u16 u32 i32);

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

impl Field for Option<String> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(node.words.get(1).map(|w| w.str().into_owned()))
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
pub(super) fn set<T: Field + PartialEq>(field: &mut Set<T>, node: &Node, out: &mut Vec<Problem>) {
    if let Some(value) = T::of(node) {
        put(field, node, value, out);
    }
}

/// A flag that stands for a value.
fn flag(field: &mut Set<bool>, node: &Node, value: bool, out: &mut Vec<Problem>) {
    put(field, node, value, out);
}

/// Whether a number is the one that stands there, and not what keepalived makes of a bad one.
fn as_written(node: &Node) -> bool {
    let number = |w: &Word| int(&w.text, i64::MIN, i64::MAX).ok();
    match node.value {
        Some(Value::Int(n)) => node.words.len() < 2 || node.words.iter().any(|w| number(w) == Some(n)),
        Some(Value::Time(_)) if node.keyword().is_some_and(|k| k.raised) => {
            node.words.get(1).is_none_or(|w| number(w) != Some(0))
        }
        _ => true,
    }
}

/// Puts a value into a field, and says so when another one was there.
fn put<T: PartialEq>(field: &mut Set<T>, node: &Node, value: T, out: &mut Vec<Problem>) {
    if let (Some(first), Some(keyword), true) = (&*field, node.keyword(), as_written(node)) {
        let name = keyword.name;
        let problem = if keyword.again == Again::Adds {
            None
        } else if keyword.again == Again::Replaces {
            Some((Kind::Replaced, format!("`{name}` is set before; keepalived uses this one")))
        } else if first.value == value {
            None
        } else {
            let sentence =
                format!("`{name}` is set before with another value; keepalived uses this one and does not say so");
            Some((Kind::SetTwice, sentence))
        };
        out.extend(
            problem.map(|(kind, sentence)| {
                Problem::new(node.span(), kind, sentence).related(first.span, "first set here")
            }),
        );
    }
    *field = Some(Spanned::new(value, node.span()));
}

/// A script to run, of a keyword that names one.
fn notify(name: &'static str, node: &Node) -> Option<Notify> {
    node.value?;
    let words = strings(node.words.get(1..).unwrap_or_default());
    Some(Notify { on: name, words, span: node.span() })
}

/// Keywords of the lines of a block that keepalived uses.
fn used(node: &Node) -> impl Iterator<Item = (&'static str, &Node)> {
    node.nodes().iter().filter_map(|n| n.keyword().map(|k| (k.name, n)))
}

/// Where a thing was first; nothing when this is the first time.
pub(in crate::conf) fn first<K: Eq + Hash, S: BuildHasher>(
    seen: &mut HashMap<K, Span, S>,
    key: K,
    span: Span,
) -> Option<Span> {
    match seen.entry(key) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(none) => {
            none.insert(span);
            None
        }
    }
}

/// All words of a list's lines.
fn names(list: &Node) -> Vec<Spanned<String>> {
    let words = list.nodes().iter().flat_map(|n| &n.words);
    words.map(|w| Spanned::new(w.str().into_owned(), w.span)).collect()
}

fn named(node: &Node) -> Option<Spanned<String>> {
    node.words.get(1).map(|w| Spanned::new(w.str().into_owned(), w.span))
}

impl Garp {
    /// Takes a keyword without its `vrrp_` if it is one of these.
    pub(super) fn take(&mut self, name: &str, node: &Node, out: &mut Vec<Problem>) -> bool {
        match name {
            "garp_master_delay" => set(&mut self.delay, node, out),
            "garp_master_repeat" => set(&mut self.repeat, node, out),
            "garp_master_refresh" => set(&mut self.refresh, node, out),
            "garp_master_refresh_repeat" => set(&mut self.refresh_repeat, node, out),
            "garp_lower_prio_delay" => set(&mut self.lower_prio_delay, node, out),
            "garp_lower_prio_repeat" => set(&mut self.lower_prio_repeat, node, out),
            "garp_extra_if" | "vmac_garp_intvl" => set(&mut self.extra_if, node, out),
            _ => return false,
        }
        true
    }
}

/// `use_vmac`: a name, a MAC address, or both.
fn vmac(node: &Node, version: Version, out: &mut Vec<Problem>) -> Vmac {
    let mut vmac = Vmac::default();
    let named = || version.at_least(2, 3, 0);
    let most = if node.words.len() <= 3 || named() { usize::MAX } else { 2 };
    let mut words = node.words.iter().skip(1).take(most);
    while let Some(mut word) = words.next() {
        let shown = quote(&word.text);
        let mut bad = |sentence: String| out.push(Problem::new(word.span, Kind::BadWord, sentence));
        match &*word.text {
            b"netlink_notify_msg" if named() => continue,
            b"group" if named() => {
                vmac.group = words.next().map(|w| w.str().into_owned());
                continue;
            }
            b"name" if named() => {
                let Some(name) = words.next() else {
                    bad("`name` lacks its value; keepalived passes over it".into());
                    continue;
                };
                word = name;
            }
            _ => {}
        }
        let text = word.str().into_owned();
        let mut bad = |sentence: String| out.push(Problem::new(word.span, Kind::BadWord, sentence));
        if text.contains(':') {
            let octets: Vec<&str> = text.split(':').collect();
            // Of five octets the last is the virtual router's identifier; what stands behind six nobody reads.
            let octet = |o: &str| (1..=2).contains(&o.len()) && u8::from_str_radix(o, 16).is_ok();
            let more = |o: &str| o.bytes().all(|b| b.is_ascii_hexdigit());
            let good = octets.len() >= 5
                && octets.iter().take(5).all(|o| octet(o))
                && octets.get(5).is_none_or(|o| octet(o) || o.is_empty() && octets.len() == 6)
                && octets.iter().skip(6).all(|o| more(o));
            let multicast = octets.first().and_then(|o| u8::from_str_radix(o, 16).ok()).is_some_and(|o| o & 1 == 1);
            if vmac.mac.is_some() {
                bad(format!("the interface has a MAC address already; keepalived passes over {shown}"));
            } else if good && multicast {
                bad(format!("{shown} is a multicast address; keepalived passes over it"));
            } else if !good {
                bad(format!("{shown} is not a MAC address; keepalived passes over it"));
            } else if text.to_ascii_lowercase().starts_with("00:00:5e:00:01:")
                || text.to_ascii_lowercase().starts_with("00:00:5e:00:02:")
            {
                bad(format!("{shown} is a MAC address of the protocol's own; keepalived passes over it"));
            } else {
                vmac.mac = Some(text);
            }
        } else if vmac.interface.is_some() {
            bad(format!("the interface has a name already; keepalived passes over {shown}"));
        } else if !is_interface(&word.text) || matches!(&*text, "" | "." | "..") || text.contains(['/', ' ', '\t']) {
            bad(format!("{shown} cannot be an interface's name; keepalived passes over it"));
        } else {
            vmac.interface = Some(text);
        }
    }
    vmac
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
            Takes::Block(Place::TrackGroup, _) => self.track_group(node),
            Takes::Block(Place::GarpGroup, _) => self.garp_group(node),
            Takes::Block(Place::Ssl, _) => self.ssl(node),
            Takes::Block(Place::VirtualServer, _) => self.virtual_server(node),
            Takes::List(Entries::Services) => self.server_group(node),
            Takes::List(Entries::Addresses) => {
                let list = entry::addresses(node, Some(&self.names.track_groups), &mut self.problems);
                self.conf.static_addresses.extend(list);
            }
            Takes::List(Entries::Routes) => {
                let groups = Some(&self.names.track_groups);
                self.conf.static_routes.extend(route::routes(node, groups, self.version, &mut self.problems));
            }
            Takes::List(Entries::Rules) => {
                let groups = Some(&self.names.track_groups);
                self.conf.static_rules.extend(route::rules(node, groups, &mut self.problems));
            }
            Takes::List(Entries::Links) => self.conf.links.extend(entry::links(node, &mut self.problems)),
            Takes::List(Entries::Delays) => self.conf.delays.extend(entry::delays(node, &mut self.problems)),
            _ => drop(self.conf.top.take(keyword.name, node, &mut self.problems)),
        }
    }

    fn global(&mut self, node: &Node) {
        self.inherited = None;
        for (name, node) in used(node) {
            self.conf.global.read(name, node, &mut self.problems);
            self.late(name, node);
        }
    }

    /// Some keywords act only on what follows them.
    fn late(&mut self, name: &str, node: &Node) {
        let announces = name.starts_with("vrrp_garp_") && !matches!(name, "vrrp_garp_interval")
            || matches!(
                name,
                "vrrp_min_garp" | "vrrp_vmac_garp_intvl" | "vrrp_skip_check_adv_addr" | "dynamic_interfaces"
            );
        let first = match name {
            _ if announces => self.conf.instances.first().map(|i| (i.name.span, "instances")),
            "script_user" => self.conf.scripts.first().map(|s| (s.span, "scripts")),
            _ => None,
        };
        if let Some((span, what)) = first.filter(|_| node.value.is_some()) {
            let sentence = format!("`{name}` acts on the {what} behind it alone; some stand before it");
            let help = format!("Move it before all {what}.");
            let problem = Problem::new(node.span(), Kind::LateGlobal, sentence).help(help);
            self.problems.push(problem.related(span, "this one does not have it"));
        }
    }

    /// Blocks that may have one name: keepalived takes the first, and does not say so.
    fn name_twice(&mut self, keyword: &'static str, name: &str, span: Span) {
        if let Some(first) = first(&mut self.names.first, (keyword, name.to_owned()), span) {
            let shown = quote(name.as_bytes());
            let sentence =
                format!("another `{keyword}` is called {shown}; keepalived uses the first and does not say so");
            let problem = Problem::new(span, Kind::NameTwice, sentence);
            self.problems.push(problem.related(first, "the first one"));
        }
    }

    fn script(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut s = VrrpScript { name: name.value, span: name.span, ..VrrpScript::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "script" => set(&mut s.command, node, out),
                "interval" => set(&mut s.interval, node, out),
                "timeout" => set(&mut s.timeout, node, out),
                "weight" => {
                    set(&mut s.weight, node, out);
                    s.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "rise" => set(&mut s.rise, node, out),
                "fall" => set(&mut s.fall, node, out),
                "user" => set(&mut s.user, node, out),
                "init_fail" => set(&mut s.init_fail, node, out),
                _ => {}
            }
        }
        if s.command.is_none() {
            let sentence = format!("script {} has no `script`; keepalived drops it", quote(s.name.as_bytes()));
            self.report(s.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(s.name);
            return;
        }
        self.name_twice("vrrp_script", &s.name, s.span);
        self.names.scripts.insert(s.name.clone());
        self.conf.scripts.push(s);
    }

    fn process(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut p = TrackProcess { name: name.value, span: name.span, ..TrackProcess::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "process" => set(&mut p.process, node, out),
                "weight" => {
                    set(&mut p.weight, node, out);
                    p.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "quorum" | "quorum_max" => {
                    let (least, most) = (p.quorum.map(|q| q.value), p.quorum_max.map(|q| q.value));
                    let given = u32::of(node);
                    let (least, most) = if name == "quorum" { (given, most) } else { (least, given) };
                    if least.is_some_and(|least| most.is_some_and(|most| least > most)) {
                        let sentence = "`quorum` is more than `quorum_max`; keepalived passes over the line";
                        out.push(Problem::new(node.span(), Kind::BadNumber, sentence));
                    } else if name == "quorum" {
                        set(&mut p.quorum, node, out);
                    } else {
                        set(&mut p.quorum_max, node, out);
                    }
                }
                "delay" => {
                    set(&mut p.fork_delay, node, out);
                    p.terminate_delay = p.fork_delay;
                }
                "param_match" => set(&mut p.param_match, node, out),
                "full_command" => set(&mut p.full_command, node, out),
                "fork_delay" => set(&mut p.fork_delay, node, out),
                "terminate_delay" => set(&mut p.terminate_delay, node, out),
                _ => {}
            }
        }
        if p.process.is_none() {
            let sentence = format!("process {} has no `process`; keepalived drops it", quote(p.name.as_bytes()));
            self.report(p.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(p.name);
            return;
        }
        self.name_twice("vrrp_track_process", &p.name, p.span);
        self.names.processes.insert(p.name.clone());
        self.conf.processes.push(p);
    }

    fn file(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut f = TrackFile { name: name.value, span: name.span, ..TrackFile::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "file" => set(&mut f.file, node, out),
                "weight" => {
                    set(&mut f.weight, node, out);
                    f.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "init_file" => {
                    set(&mut f.init, node, out);
                    f.overwrite = node.words.iter().any(|w| w.is("overwrite"));
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
        self.name_twice("track_file", &f.name, f.span);
        self.names.files.insert(f.name.clone());
        self.conf.files.push(f);
    }

    fn bfd(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let shown = quote(name.value.as_bytes());
        // Those who track it know it by its name, even if there is none. One that says neither is for both.
        let says = |keyword| used(node).any(|(name, _)| name == keyword);
        let (routers, checkers) = (says("vrrp"), says("checker"));
        if routers || !checkers {
            self.names.bfds.insert(name.value.clone());
        }
        if (checkers || !routers) && name.value.len() <= 31 {
            self.names.checked_bfds.insert(name.value.clone());
        }
        if name.value.len() > 31 {
            let sentence = format!("{shown} is longer than 31 characters; keepalived passes over the whole block");
            return self.report(name.span, Kind::BlockName, sentence);
        }
        let mut b = Bfd { name: name.value, span: name.span, ..Bfd::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "neighbor_ip" | "neighbour_ip" => {
                    let Some(address) = IpAddr::of(node) else { return };
                    if let Some((other, first)) = self.names.neighbors.get(&address) {
                        let sentence = format!(
                            "{address} is the neighbour of {} already; keepalived drops {shown}",
                            quote(other.as_bytes())
                        );
                        let problem = Problem::new(b.span, Kind::Untrackable, sentence);
                        out.push(problem.related(node.span(), "its neighbour").related(*first, "the other one"));
                        return;
                    }
                    set(&mut b.neighbor, node, out);
                }
                "source_ip" => set(&mut b.source, node, out),
                "min_rx" => set(&mut b.min_rx, node, out),
                "min_tx" => set(&mut b.min_tx, node, out),
                "idle_tx" => set(&mut b.idle_tx, node, out),
                "multiplier" => set(&mut b.multiplier, node, out),
                "passive" => set(&mut b.passive, node, out),
                "ttl" | "hoplimit" => set(&mut b.ttl, node, out),
                "max_hops" => set(&mut b.max_hops, node, out),
                "multihop" => set(&mut b.multihop, node, out),
                "weight" => {
                    set(&mut b.weight, node, out);
                    b.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "vrrp" => set(&mut b.vrrp, node, out),
                _ => set(&mut b.checker, node, out),
            }
        }
        let Some(neighbor) = b.neighbor else {
            let sentence = format!("BFD instance {shown} has no `neighbor_ip`; keepalived drops it");
            return self.report(b.span, Kind::Untrackable, sentence);
        };
        if let Some(source) = b.source.filter(|s| s.value.is_ipv4() != neighbor.value.is_ipv4()) {
            let sentence = format!("`source_ip` of {shown} is not of its neighbour's family; keepalived drops it");
            let problem = Problem::new(b.span, Kind::Untrackable, sentence).related(source.span, "the source");
            return self.problems.push(problem);
        }
        if let Some(hops) = &mut b.max_hops
            && let ttl = b.ttl.map_or(if neighbor.value.is_ipv4() { 255 } else { 64 }, |t| i32::from(t.value))
            && hops.value > ttl
        {
            let sentence = format!("`max_hops` of {shown} is more than its TTL {ttl}; keepalived uses that");
            self.problems.push(Problem::new(hops.span, Kind::Lowered, sentence));
            hops.value = ttl;
        }
        self.names.neighbors.insert(neighbor.value, (b.name.clone(), b.span));
        self.conf.bfds.push(b);
    }

    fn track_group(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut members: Option<(Span, Vec<Spanned<String>>)> = None;
        for (_, node) in used(node) {
            if let Some((first, _)) = &members {
                let sentence = "`group` is said before; keepalived passes over this list";
                let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(*first, "first set here");
                self.problems.push(problem);
            } else {
                let list = names(node);
                if list.is_empty() {
                    self.report(node.span(), Kind::EmptyList, "`group` names no instance");
                    continue;
                }
                members = Some((node.span(), list));
            }
        }
        self.names.track_groups.insert(name.value.clone());
        self.conf.track_groups.push(TrackGroup { name, members: members.unwrap_or_default().1 });
    }

    fn garp_group(&mut self, node: &Node) {
        let mut g = GarpGroup { span: node.span(), ..GarpGroup::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "garp_interval" => set(&mut g.garp_interval, node, out),
                "gna_interval" => set(&mut g.gna_interval, node, out),
                "interface" => self.limited(&mut g, named(node).into_iter().collect()),
                _ => {
                    let list = names(node);
                    if list.is_empty() {
                        let sentence = "`interfaces` names no interface".to_owned();
                        out.push(Problem::new(node.span(), Kind::EmptyList, sentence));
                    }
                    self.limited(&mut g, list);
                }
            }
        }
        if g.garp_interval.is_none() && g.gna_interval.is_none() {
            let sentence = "`garp_group` has neither `garp_interval` nor `gna_interval`; keepalived drops it";
            return self.report(g.span, Kind::GarpGroupDropped, sentence);
        }
        self.conf.garp_groups.push(g);
    }

    /// Interfaces of a `garp_group`: each is in one of them.
    fn limited(&mut self, g: &mut GarpGroup, list: Vec<Spanned<String>>) {
        for interface in list {
            let key = ("garp_group", interface.value.clone());
            if let Some(first) = first(&mut self.names.first, key, interface.span) {
                let shown = quote(interface.value.as_bytes());
                let sentence = format!("{shown} is in a group already; keepalived leaves it there");
                let problem = Problem::new(interface.span, Kind::AlreadySet, sentence);
                self.problems.push(problem.related(first, "first said here"));
            } else {
                g.interfaces.push(interface);
            }
        }
    }

    fn group(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut g = SyncGroup { name: name.value, span: name.span, ..SyncGroup::default() };
        let mut listed = None;
        for (name, node) in used(node) {
            match name {
                "group" => {
                    if let Some(first) = listed {
                        let sentence = "`group` is said before; keepalived passes over this list";
                        let problem = Problem::new(node.span(), Kind::AlreadySet, sentence);
                        self.problems.push(problem.related(first, "first set here"));
                        continue;
                    }
                    listed = Some(node.span());
                    g.members = names(node);
                    if g.members.is_empty() {
                        self.report(node.span(), Kind::EmptyList, "`group` names no instance");
                    }
                }
                "sync_group_tracking_weight" | "global_tracking" => {
                    set(&mut g.tracking_weight, node, &mut self.problems);
                }
                "smtp_alert" => set(&mut g.smtp_alert, node, &mut self.problems),
                "notify_priority_changes" => set(&mut g.notify_priority_changes, node, &mut self.problems),
                _ => self.common(name, node, &mut g.track, &mut g.notify),
            }
        }
        self.conf.groups.push(g);
    }

    /// Keywords that instances and groups share.
    fn common(&mut self, name: &'static str, node: &Node, track: &mut Trackers, scripts: &mut Vec<Notify>) {
        let (list, names) = match name {
            "track_interface" => (&mut track.interfaces, None),
            "track_script" => (&mut track.scripts, Some(&self.names.scripts)),
            "track_file" => (&mut track.files, Some(&self.names.files)),
            "track_process" => (&mut track.processes, Some(&self.names.processes)),
            "track_bfd" => (&mut track.bfds, Some(&self.names.bfds)),
            _ => {
                if name.starts_with("notify") && name != "notify_priority_changes" {
                    scripts.extend(notify(name, node));
                }
                return;
            }
        };
        let Names { dropped, checked_bfds: apart, .. } = &self.names;
        let known = names.map(|names| entry::Trackable { names, dropped, apart });
        entry::tracks(node, name, known.as_ref(), list, &mut self.problems);
    }

    fn instance(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let g = &self.conf.global;
        let inherited = self.inherited.get_or_insert_with(|| {
            Arc::new(Inherited {
                garp: g.garp.clone(),
                min_garp: g.min_garp.is_some_and(|m| m.value),
                skip_check_adv_addr: g.skip_check_adv_addr,
            })
        });
        let mut i = VrrpInstance::new(name, Arc::clone(inherited));
        self.names.addresses.clear();
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
            "interface" => self.interface(i, node),
            "virtual_router_id" => set(&mut i.vrid, node, &mut self.problems),
            "priority" => set(&mut i.priority, node, &mut self.problems),
            "advert_int" => set(&mut i.advert_int, node, &mut self.problems),
            "version" => self.protocol_version(i, node),
            "native_ipv6" if i.is_ipv6() == Some(false) => {
                let sentence =
                    "`native_ipv6` does not fit the instance, which is IPv4 already; keepalived passes over it";
                self.report(node.span(), Kind::BadAddress, sentence);
            }
            "native_ipv6" => {
                set(&mut i.native_ipv6, node, &mut self.problems);
                i.version = Some(Spanned::new(3, node.span()));
            }
            "virtual_ipaddress" => {
                let list = entry::addresses(node, None, &mut self.problems);
                i.addresses.reserve_exact(list.len());
                for address in list {
                    self.virtual_address(i, address);
                }
            }
            "virtual_ipaddress_excluded" => {
                for address in entry::addresses(node, None, &mut self.problems) {
                    if !self.twice(EXCLUDED, &address) {
                        i.excluded.push(address);
                    }
                }
            }
            "no_virtual_ipaddress" => set(&mut i.no_addresses, node, &mut self.problems),
            "dont_track_primary" => set(&mut i.dont_track_primary, node, &mut self.problems),
            "mcast_src_ip" | "unicast_src_ip" => self.own_family(i, node, |i| &mut i.source),
            "track_src_ip" => set(&mut i.track_source, node, &mut self.problems),
            "mcast_dst_ip" => self.own_family(i, node, |i| &mut i.mcast_dst),
            "unicast_peer" => {
                let list = entry::peers(node, &mut self.problems);
                i.unicast_keyword.get_or_insert(node.span());
                for peer in list {
                    self.peer(i, peer);
                }
            }
            "unicast_fault_no_peer" => set(&mut i.fault_no_peer, node, &mut self.problems),
            "unicast_ttl" => set(&mut i.unicast_ttl, node, &mut self.problems),
            "check_unicast_src" => set(&mut i.check_unicast_src, node, &mut self.problems),
            "old_unicast_checksum" if node.value.is_some() => {
                let mode = if node.words.len() > 1 { OldChecksum::Never } else { OldChecksum::Always };
                i.old_unicast_checksum = Some(Spanned::new(mode, node.span()));
            }
            "authentication" => self.authentication(i, node),
            "auth_hmac" => self.auth_hmac(i, node),
            "preempt" => flag(&mut i.preempt, node, true, &mut self.problems),
            "nopreempt" => flag(&mut i.preempt, node, false, &mut self.problems),
            "preempt_delay" => set(&mut i.preempt_delay, node, &mut self.problems),
            "down_timer_adverts" => set(&mut i.down_timer_adverts, node, &mut self.problems),
            "strict_mode" => set(&mut i.strict, node, &mut self.problems),
            "accept" => flag(&mut i.accept, node, true, &mut self.problems),
            "no_accept" => flag(&mut i.accept, node, false, &mut self.problems),
            "use_vmac" => {
                let mut vmac = vmac(node, self.version, &mut self.problems);
                vmac.interface = vmac.interface.and_then(|name| self.own_interface(name, node.span()));
                i.vmac = Some(Spanned::new(Box::new(vmac), node.span()));
            }
            "vrf" => self.vrf(i, node),
            "linkbeat_use_polling" => set(&mut i.linkbeat_use_polling, node, &mut self.problems),
            "virtual_routes" => i.routes.extend(route::routes(node, None, self.version, &mut self.problems)),
            "virtual_rules" => i.rules.extend(route::rules(node, None, &mut self.problems)),
            "debug" => set(&mut i.debug, node, &mut self.problems),
            "smtp_alert" => set(&mut i.smtp_alert, node, &mut self.problems),
            "lvs_sync_daemon_interface" => set(&mut i.sync_daemon_interface, node, &mut self.problems),
            "kernel_rx_buf_size" => set(&mut i.kernel_rx_buf_size, node, &mut self.problems),
            "use_vmac_addr" => set(&mut i.vmac_addr, node, &mut self.problems),
            "vmac_xmit_base" => set(&mut i.vmac_xmit_base, node, &mut self.problems),
            "use_ipvlan" => self.ipvlan(i, node),
            "lower_prio_no_advert" => set(&mut i.lower_prio_no_advert, node, &mut self.problems),
            "higher_prio_send_advert" => set(&mut i.higher_prio_send_advert, node, &mut self.problems),
            "owner_ignore_adverts" => set(&mut i.owner_ignore_adverts, node, &mut self.problems),
            "skip_check_adv_addr" => {
                set(&mut i.skip_check_adv_addr, node, &mut self.problems);
                if node.value == Some(Value::Bool(false)) {
                    let span = node.words.get(1).map_or(node.span(), |w| w.span);
                    let sentence = "`skip_check_adv_addr` is on in an instance that says it at all, whatever it says";
                    let help = "Leave `skip_check_adv_addr` out to have it off.";
                    self.problems.push(Problem::new(span, Kind::OffTurnsOn, sentence).help(help));
                }
            }
            "v3_checksum_as_v2" => set(&mut i.v3_checksum_as_v2, node, &mut self.problems),
            "timer_expired_backup" | "thread_timer_expired" => {
                set(&mut i.timer_expired_backup, node, &mut self.problems);
            }
            "promote_secondaries" => set(&mut i.promote_secondaries, node, &mut self.problems),
            "notify_priority_changes" => set(&mut i.notify_priority_changes, node, &mut self.problems),
            _ => {
                if !i.garp.take(name, node, &mut self.problems) {
                    self.common(name, node, &mut i.track, &mut i.notify);
                }
            }
        }
    }

    fn interface(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(word) = node.words.get(1) else { return };
        let shown = quote(&word.text);
        if !is_interface(&word.text) {
            let sentence = format!(
                "{shown} is longer than the 15 characters of an interface's name; keepalived passes over the line"
            );
            return self.report(word.span, Kind::BadWord, sentence);
        }
        set(&mut i.interface, node, &mut self.problems);
    }

    fn vrf(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(word) = node.words.get(1) else { return };
        if !is_interface(&word.text) {
            let shown = quote(&word.text);
            let sentence = format!(
                "{shown} is longer than the 15 characters of an interface's name; keepalived passes over the line"
            );
            return self.report(word.span, Kind::BadWord, sentence);
        }
        let (first, what) = match (&i.interface, &i.vrf) {
            (Some(interface), _) => (interface.span, "does not go with `interface`"),
            (None, Some(vrf)) => (vrf.span, "is said before"),
            (None, None) => return set(&mut i.vrf, node, &mut self.problems),
        };
        let sentence = format!("`vrf` {what}; keepalived passes over this line");
        self.problems.push(Problem::new(node.span(), Kind::AlreadySet, sentence).related(first, "first set here"));
    }

    /// The name of an interface that keepalived makes, if no other instance has it.
    fn own_interface(&mut self, name: String, span: Span) -> Option<String> {
        if self.names.interfaces.insert(name.clone()) {
            return Some(name);
        }
        let shown = quote(name.as_bytes());
        self.report(span, Kind::AlreadySet, format!("{shown} is made by another instance; keepalived chooses a name"));
        None
    }

    /// `use_ipvlan`: an interface, a mode, an address, each of them once; from 2.3.0 on also a group.
    fn ipvlan(&mut self, i: &mut VrrpInstance, node: &Node) {
        if let Some(first) = &i.ipvlan {
            let sentence = "`use_ipvlan` is said before; keepalived passes over this line";
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem);
        }
        let mut ipvlan = Ipvlan::default();
        let version = self.version;
        let named = || version.at_least(2, 3, 0);
        let mut words = node.words.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.str().into_owned();
            let given = address_and_tail(&word.text).0.filter(|_| !word.text.contains(&b'-'));
            let (again, what) = match (&*text, given) {
                ("group", _) if named() => {
                    ipvlan.group = words.next().map(|w| w.str().into_owned());
                    continue;
                }
                ("name", _) if named() => continue,
                ("bridge" | "private" | "vepa", _) => (ipvlan.mode.is_some(), "mode"),
                (_, Some(_)) => (ipvlan.address.is_some(), "address"),
                (_, None) => (ipvlan.interface.is_some(), "name"),
            };
            let shown = quote(&word.text);
            if again {
                let sentence = format!("`use_ipvlan` has its {what} already; keepalived passes over {shown}");
                self.report(word.span, Kind::AlreadySet, sentence);
            } else if what == "mode" {
                ipvlan.mode = Some(text);
            } else if let Some(given) = given {
                if self.fits(i, given, word.span, Kind::BadAddress) {
                    i.source.get_or_insert(Spanned::new(given, word.span));
                    ipvlan.address = Some(given);
                } else {
                    ipvlan.refused = true;
                }
            } else if !is_interface(&word.text) {
                let sentence = format!("{shown} cannot be an interface's name; keepalived passes over it");
                self.report(word.span, Kind::BadWord, sentence);
            } else {
                ipvlan.interface = self.own_interface(text, word.span);
            }
        }
        i.ipvlan = Some(Spanned::new(Box::new(ipvlan), node.span()));
    }

    /// The first one counts.
    fn protocol_version(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(version) = u8::of(node) else { return };
        if version == 2 && i.is_ipv6() == Some(true) {
            let sentence = "version 2 has no IPv6, which the instance is already; keepalived passes over this line";
            return self.report(node.span(), Kind::AlreadySet, sentence);
        }
        if let Some(first) = i.version.filter(|v| v.value != version) {
            let sentence = format!("`version` is {} already; keepalived passes over this line", first.value);
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem.edit(node.span(), ""));
        }
        i.version = Some(Spanned::new(version, node.span()));
    }

    /// Only the upper-case words are known; a bad one is `BACKUP`, and `BACKUP` after `MASTER` does not count.
    fn state(&mut self, i: &mut VrrpInstance, node: &Node) {
        let master = node.value.is_some() && node.words.get(1).is_some_and(|w| w.is("MASTER"));
        let state = if master { State::Master } else { State::Backup };
        if node.words.len() < 2 {
            return;
        }
        if let Some(first) = i.state.filter(|s| state == State::Backup && s.value == State::Master) {
            let sentence = "`state` is `MASTER` already; keepalived passes over this line";
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem.edit(node.span(), ""));
        }
        put(&mut i.state, node, state, &mut self.problems);
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
        let fits = self.fits(i, address.value.address, address.span, Kind::AddressDropped);
        if fits && !self.twice(VIRTUAL, &address) {
            i.addresses.push(address);
        }
    }

    /// Whether keepalived leaves an address out since its list has it already; older ones take it twice.
    fn twice(&mut self, list: &'static str, address: &Spanned<Address>) -> bool {
        let at = address.value.address;
        let other = if list == VIRTUAL { EXCLUDED } else { VIRTUAL };
        if let Some(first) = self.names.addresses.get(&(other, at)).copied() {
            let sentence = format!("{at} is in `{other}` of this instance, too; keepalived sets it all the same");
            let problem = Problem::new(address.span, Kind::EntryTwice, sentence);
            self.problems.push(problem.related(first, "first said here"));
        }
        if let Some(first) = self.first_said(list, at, address.span) {
            let drops = self.version.at_least(2, 3, 3);
            let (kind, does) = if drops {
                (Kind::AlreadySet, "keepalived passes over this one")
            } else {
                (Kind::EntryTwice, "keepalived takes it twice, which others do not expect")
            };
            let problem = Problem::new(address.span, kind, format!("{at} is in this list already; {does}"));
            self.problems.push(problem.related(first, "first said here"));
            return drops;
        }
        false
    }

    /// Where an address was said before in a list of the instance that is read.
    fn first_said(&mut self, list: &'static str, address: IpAddr, span: Span) -> Option<Span> {
        first(&mut self.names.addresses, (list, address), span)
    }

    fn peer(&mut self, i: &mut VrrpInstance, peer: Spanned<Peer>) {
        if !self.fits(i, peer.value.address, peer.span, Kind::PeerDropped) {
            return;
        }
        if let Some(first) = self.first_said("unicast_peer", peer.value.address, peer.span) {
            let drops = self.version.at_least(2, 3, 3);
            let (kind, does) = if drops {
                (Kind::AlreadySet, "keepalived passes over this one")
            } else {
                (Kind::EntryTwice, "keepalived sends it every advert twice")
            };
            let sentence = format!("{} is a peer already; {does}", peer.value.address);
            let problem = Problem::new(peer.span, kind, sentence).related(first, "first said here");
            self.problems.push(if drops { problem.edit(peer.span, "") } else { problem });
            if drops {
                return;
            }
        }
        i.peers.push(peer);
    }

    fn own_family(&mut self, i: &mut VrrpInstance, node: &Node, field: fn(&mut VrrpInstance) -> &mut Set<IpAddr>) {
        let Some(address) = IpAddr::of(node) else { return };
        if self.fits(i, address, node.span(), Kind::BadAddress) {
            put(field(i), node, address, &mut self.problems);
        }
    }

    fn authentication(&mut self, i: &mut VrrpInstance, node: &Node) {
        let auth =
            i.authentication.get_or_insert_with(|| Authentication { span: node.span(), ..Authentication::default() });
        for (name, node) in used(node) {
            let Some(word) = node.words.get(1).filter(|_| node.value.is_some()) else { continue };
            if name == "auth_type" {
                let kind = if word.is("PASS") { AuthType::Pass } else { AuthType::Ah };
                put(&mut auth.kind, node, kind, &mut self.problems);
            } else {
                if word.text.len() > 8 {
                    let sentence = "`auth_pass` is longer than eight characters; only the first eight count";
                    let problem = Problem::new(word.span, Kind::LongPassword, sentence);
                    // What is cut off is deleted; the rest is not written anew.
                    let tail = Span { start: word.span.start + 8, ..word.span };
                    let plain = word.text.is_ascii() && (word.span.end - word.span.start) as usize == word.text.len();
                    self.problems.push(if plain { problem.edit(tail, "") } else { problem });
                }
                put(&mut auth.password, node, Secret::new(&word.text), &mut self.problems);
                auth.password =
                    auth.password.filter(|_| !word.text.is_empty()).map(|p| Spanned::new(p.value, word.span));
            }
        }
    }

    fn auth_hmac(&mut self, i: &mut VrrpInstance, node: &Node) {
        let hmac = i.auth_hmac.get_or_insert_with(|| Box::new(AuthHmac { span: node.span(), ..AuthHmac::default() }));
        for (name, node) in used(node) {
            match (name, node.words.get(1)) {
                ("key", _) => match self.key(node, &hmac.ids) {
                    Ok((id, key)) => {
                        hmac.ids.push(Spanned::new(id, node.span()));
                        hmac.keys.add_hmac(id, &key);
                    }
                    Err((kind, sentence)) => self.report(node.span(), kind, sentence),
                },
                ("active_key", _) => set(&mut hmac.active, node, &mut self.problems),
                ("time_window", _) => set(&mut hmac.time_window, node, &mut self.problems),
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
