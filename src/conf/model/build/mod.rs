//! The tree to the model. Keywords act in the order in which they are written.

mod field;
mod instance;
mod servers;
mod trackers;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

pub(super) use self::field::{Field, set};
use self::field::{flag, put, strings};
use super::{Conf, Garp, GarpGroup, Inherited, Notify, SyncGroup, Trackers, entry, route};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Entries, Place, Takes};
use crate::conf::source::{Span, Spanned};
use crate::conf::tree::{Node, Tree};
use crate::conf::{Loader, Version};

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
}
