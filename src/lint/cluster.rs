//! Which instances of several nodes are one virtual router.
//!
//! Nothing in a configuration says so: keepalived takes for its peer whoever sends adverts with its VRID. What was
//! *meant* to be one virtual router shows in what the nodes have in common: virtual addresses first, then names, then
//! the VRID with its interface. So a difference in any one of them is found by the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use super::{Diagnostic, Found, Node};
use crate::conf::model::VrrpInstance;
use crate::conf::run::{RunGroup, RunTrack};
use crate::conf::{RunInstance, Span, quote};

/// An instance of a node.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The node's place among the nodes.
    pub node: usize,
    /// The instance's place among the node's.
    pub index: usize,
    /// The node.
    pub on: &'a Node,
    /// What would run.
    pub run: &'a RunInstance,
    /// What it is from.
    pub conf: &'a VrrpInstance,
}

impl<'a> Member<'a> {
    /// Its sync group.
    pub fn group(&self) -> Option<&'a RunGroup> {
        self.on.run.groups.get(self.run.group?)
    }

    /// All that it tracks, that of its sync group included.
    pub fn tracks(&self) -> impl Iterator<Item = &'a RunTrack> {
        self.run.track.iter().chain(self.group().into_iter().flat_map(|g| &g.track))
    }

    /// Where its priority is written, else where what makes it is.
    pub fn priority_span(&self) -> Span {
        let written = self.conf.priority.map(|p| p.span);
        let state = self.conf.state.filter(|_| self.run.priority == 255).map(|s| s.span);
        written.or(state).unwrap_or(self.conf.name.span)
    }

    /// All addresses that it puts on an interface.
    fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.run.addresses.iter().chain(&self.run.excluded).map(|a| a.address).filter(|a| !on_every_link(*a))
    }
}

/// Whether an address says nothing about which router has it: `fe80::1` may be used on each link anew.
fn on_every_link(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(a) if a.is_unicast_link_local())
}

/// Instances that are one virtual router, one of a node at most, in the order of the nodes.
#[derive(Clone, Debug)]
pub struct Router<'a> {
    /// The instances; never none.
    pub members: Vec<Member<'a>>,
}

impl<'a> Router<'a> {
    /// The first instance.
    pub fn first(&self) -> Member<'a> {
        self.members[0] // a router is made of an instance
    }

    /// The instance of a node.
    pub fn on(&self, node: usize) -> Option<Member<'a>> {
        self.members.iter().find(|m| m.node == node).copied()
    }

    /// Its instances by what `key` says of them, in the order of the nodes.
    pub fn by<K: PartialEq>(&self, key: impl Fn(&Member<'a>) -> K) -> Vec<(K, Vec<Member<'a>>)> {
        by(&self.members, key)
    }

    /// Its name and VRID, as far as the nodes agree on them.
    pub fn title(&self) -> String {
        title(&self.members)
    }

    /// Names the virtual router in a diagnostic.
    pub fn name(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.group(self.first().run.vrid, self.first().run.ipv6)
    }
}

/// Instances by what `key` says of them, in the order in which they are.
pub fn by<'a, K: PartialEq>(members: &[Member<'a>], key: impl Fn(&Member<'a>) -> K) -> Vec<(K, Vec<Member<'a>>)> {
    let mut sides: Vec<(K, Vec<Member<'a>>)> = Vec::new();
    for member in members {
        let k = key(member);
        match sides.iter_mut().find(|s| s.0 == k) {
            Some(side) => side.1.push(*member),
            None => sides.push((k, vec![*member])),
        }
    }
    sides
}

/// The name and VRID of some instances, as far as they agree on them: `VI_1 (VRID 51)`.
pub fn title(members: &[Member<'_>]) -> String {
    let names = by(members, |m| m.run.name.as_str());
    let name = match names.as_slice() {
        [(name, _)] => plain(name),
        _ => list(names.iter().map(|(name, who)| format!("{} of {}", plain(name), nodes(who)))),
    };
    match by(members, |m| m.run.vrid).as_slice() {
        [(vrid, _)] => format!("{name} (VRID {vrid})"),
        _ => name,
    }
}

/// The names of the nodes of some instances: `a, b and c`.
pub fn nodes(members: &[Member<'_>]) -> String {
    list(members.iter().map(|m| m.on.name.clone()))
}

/// What is so on which nodes: `1 s on a and b, 2 s on c`.
pub fn sides<K>(sides: &[(K, Vec<Member<'_>>)], text: impl Fn(&K) -> String) -> String {
    let each: Vec<String> = sides.iter().map(|(k, who)| format!("{} on {}", text(k), nodes(who))).collect();
    each.join(", ")
}

/// Some words: `a, b and c`; of many the first ones.
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 8;
    let mut all: Vec<String> = items.into_iter().collect();
    if all.len() > MOST + 1 {
        let more = all.len() - MOST;
        all.truncate(MOST);
        all.push(format!("{more} more"));
    }
    match all.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// A name of a configuration, for a sentence.
pub fn plain(name: &str) -> String {
    quote(name.as_bytes()).trim_matches('`').to_owned()
}

/// Where a setting is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The instance's own line.
    Own(Span),
    /// A line of `global_defs`.
    Global(Span),
    /// No line; the instance's name.
    Default(Span),
}

impl Cause {
    /// Of an instance's own setting and the global one.
    pub fn of<T, U>(
        member: &Member<'_>,
        own: Option<&crate::conf::Spanned<T>>,
        global: Option<&crate::conf::Spanned<U>>,
    ) -> Self {
        let default = Self::Default(member.conf.name.span);
        own.map(|s| Self::Own(s.span)).or(global.map(|s| Self::Global(s.span))).unwrap_or(default)
    }

    /// The place.
    pub const fn span(self) -> Span {
        match self {
            Self::Own(span) | Self::Global(span) | Self::Default(span) => span,
        }
    }
}

/// Shows what each instance has for a setting, and where it is from.
pub fn places(
    diagnostic: Diagnostic,
    causes: &[(Member<'_>, Cause)],
    text: impl Fn(&Member<'_>) -> String,
) -> Diagnostic {
    causes.iter().fold(diagnostic, |d, (member, cause)| {
        let default = if matches!(cause, Cause::Default(_)) { ", the default" } else { "" };
        d.label(member.node, cause.span(), format!("{} on {}{default}", text(member), member.on.name))
    })
}

/// A time: `1 s`, `0.25 s`.
pub fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Collects what one rule finds about routers, so that one line that many of them follow is one finding.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Each with what makes others be the same, and whom they are about.
    all: Vec<(Diagnostic, Vec<String>)>,
    keys: HashMap<Key, usize>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Lines of `global_defs`, by node.
    Lines(Vec<(usize, Option<Span>)>),
    Text(String),
}

impl Gathered {
    /// Adds what is found about a router, and where each of its instances has the setting from. Those of one global
    /// line become one.
    pub fn add(&mut self, router: &Router<'_>, causes: &[(Member<'_>, Cause)], diagnostic: Diagnostic) {
        let own = causes.iter().any(|(_, c)| matches!(c, Cause::Own(_)));
        let global = causes.iter().any(|(_, c)| matches!(c, Cause::Global(_)));
        let span = |c: &Cause| if let Cause::Global(span) = c { Some(*span) } else { None };
        let lines = || Key::Lines(causes.iter().map(|(m, c)| (m.node, span(c))).collect());
        self.push((!own && global).then(lines), router.title(), diagnostic);
    }

    /// Adds what is found about something. Those with the same key become one.
    pub fn add_as(&mut self, key: String, title: String, diagnostic: Diagnostic) {
        self.push(Some(Key::Text(key)), title, diagnostic);
    }

    fn push(&mut self, key: Option<Key>, title: String, diagnostic: Diagnostic) {
        if let Some(at) = key.as_ref().and_then(|k| self.keys.get(k)) {
            self.all[*at].1.push(title);
            return;
        }
        if let Some(key) = key {
            self.keys.insert(key, self.all.len());
        }
        self.all.push((diagnostic, Vec::new()));
    }

    /// Gives all to the rule.
    pub fn give(self, found: &mut Found) {
        for (mut diagnostic, more) in self.all {
            if !more.is_empty() {
                diagnostic.group = None;
                diagnostic = diagnostic.fact(format!("so it is with {}", list(more)));
            }
            found.push(diagnostic);
        }
    }
}

/// Instances that belong together in one way and not in another.
#[derive(Clone, Copy, Debug)]
pub struct Odd<'a> {
    /// One.
    pub one: Member<'a>,
    /// Another, of another node.
    pub other: Member<'a>,
}

/// The virtual routers of several nodes.
#[derive(Debug)]
pub struct Cluster<'a> {
    /// The nodes.
    pub nodes: &'a [Node],
    /// The virtual routers, in the order of their first instances.
    pub routers: Vec<Router<'a>>,
    /// Instances with an address in common that belong to two virtual routers all the same.
    pub torn: Vec<Odd<'a>>,
    /// Instances that would hear each other and have no address in common.
    pub collisions: Vec<Odd<'a>>,
    /// Instances of one name and VRID, one for IPv4 and one for IPv6.
    pub families: Vec<Odd<'a>>,
    of: Vec<Vec<usize>>,
}

impl<'a> Cluster<'a> {
    /// Matches the instances of some nodes.
    pub fn of(nodes: &'a [Node]) -> Self {
        let all: Vec<Member<'a>> = nodes.iter().enumerate().flat_map(|(n, node)| members(n, node)).collect();
        let mut matching = Matching::new(&all);
        let torn = matching.by_addresses();
        matching.by_key(|m| (m.run.ipv6, m.run.name.as_str()), |a, b| a.run.vrid == b.run.vrid || !strangers(a, b));
        matching.by_key(|m| (m.run.ipv6, m.run.vrid, m.run.interface.as_deref()), |a, b| !strangers(a, b));
        matching.by_key(|m| (m.run.ipv6, m.run.vrid), |a, b| !strangers(a, b));
        let (sets, place) = matching.sets();
        let torn = torn.into_iter().filter(|(i, j)| place[*i] != place[*j]);
        let torn = torn.map(|(i, j)| Odd { one: all[i], other: all[j] }).collect();
        let mut of: Vec<Vec<usize>> = nodes.iter().map(|n| vec![0; n.run.instances.len()]).collect();
        for (i, member) in all.iter().enumerate() {
            of[member.node][member.index] = place[i];
        }
        let routers = sets.iter().map(|set| Router { members: set.iter().map(|i| all[*i]).collect() }).collect();
        let mut cluster = Self { nodes, routers, torn, collisions: Vec::new(), families: Vec::new(), of };
        cluster.collisions = cluster.find_collisions();
        cluster.families = cluster.find_families();
        cluster
    }

    /// The virtual routers of two nodes at least.
    pub fn shared(&self) -> impl Iterator<Item = &Router<'a>> {
        self.routers.iter().filter(|r| r.members.len() > 1)
    }

    /// The virtual router of an instance.
    pub fn router(&self, node: usize, index: usize) -> Option<&Router<'a>> {
        self.routers.get(*self.of.get(node)?.get(index)?)
    }

    /// An instance.
    pub fn member(&self, node: usize, index: usize) -> Option<Member<'a>> {
        self.router(node, index)?.on(node)
    }

    /// Virtual routers without a node in common that would hear each other: one VRID, and one interface or network.
    fn find_collisions(&self) -> Vec<Odd<'a>> {
        #[derive(PartialEq, Eq, Hash)]
        enum Link<'a> {
            Interface(&'a str),
            Network([u8; 3]),
        }
        // Of each node so many are compared on a link; where there are more, the first ones tell enough.
        const MOST: usize = 16;
        let mut places: HashMap<(bool, u8, Link<'_>), Vec<(usize, Member<'a>)>> = HashMap::new();
        for (r, router) in self.routers.iter().enumerate().filter(|(_, r)| r.members.len() < self.nodes.len()) {
            for m in router.members.iter().filter(|m| m.run.peers.is_empty()) {
                let mut links: Vec<Link<'_>> = m.run.interface.iter().map(|i| Link::Interface(i)).collect();
                let first = m.run.addresses.first().map(|a| a.address);
                if let Some(IpAddr::V4(a)) = first {
                    let [x, y, z, _] = a.octets();
                    links.push(Link::Network([x, y, z]));
                }
                for link in links {
                    let list = places.entry((m.run.ipv6, m.run.vrid, link)).or_default();
                    if list.iter().filter(|(_, other)| other.node == m.node).count() < MOST {
                        list.push((r, *m));
                    }
                }
            }
        }
        let mut pairs: Vec<((usize, usize), Odd<'a>)> = Vec::new();
        for list in places.values().filter(|l| l.len() > 1) {
            for (i, (r, one)) in list.iter().enumerate() {
                for (s, other) in list.iter().skip(i + 1).filter(|(s, _)| s != r) {
                    let (a, b) = (&self.routers[*r], &self.routers[*s]);
                    let apart = a.members.iter().all(|m| b.on(m.node).is_none());
                    if apart && one.run.multicast == other.run.multicast && strangers(one, other) {
                        pairs.push(((*r, *s), Odd { one: *one, other: *other }));
                    }
                }
            }
        }
        pairs.sort_by_key(|((r, s), odd)| (*r, *s, odd.one.node, odd.other.node));
        pairs.dedup_by_key(|(routers, _)| *routers);
        pairs.into_iter().map(|(_, odd)| odd).collect()
    }

    fn find_families(&self) -> Vec<Odd<'a>> {
        let mut names: HashMap<(&str, u8), Vec<Member<'a>>> = HashMap::new();
        for router in self.routers.iter().filter(|r| r.members.len() == 1) {
            let m = router.first();
            names.entry((m.run.name.as_str(), m.run.vrid)).or_default().push(m);
        }
        let odd = |list: Vec<Member<'a>>| match list.as_slice() {
            [one, other] if one.node != other.node && one.run.ipv6 != other.run.ipv6 => {
                Some(Odd { one: *one, other: *other })
            }
            _ => None,
        };
        let mut all: Vec<Odd<'a>> = names.into_values().filter_map(odd).collect();
        all.sort_by_key(|o| (o.one.node, o.one.index));
        all
    }
}

/// The instances of a node.
pub fn members(n: usize, node: &Node) -> Vec<Member<'_>> {
    // Both lists are in the order of the text; what keepalived drops is in one only.
    let mut confs = node.conf.instances.iter();
    let runs = node.run.instances.iter().enumerate();
    runs.filter_map(|(index, run)| {
        let conf = confs.by_ref().find(|c| c.name.span == run.span && c.name.value == run.name)?;
        Some(Member { node: n, index, on: node, run, conf })
    })
    .collect()
}

/// Whether both have addresses, and none in common.
fn strangers(a: &Member<'_>, b: &Member<'_>) -> bool {
    let mine: Vec<IpAddr> = a.addresses().collect();
    let mut theirs = b.addresses().peekable();
    !mine.is_empty() && theirs.peek().is_some() && !theirs.any(|x| mine.contains(&x))
}

/// Sets of instances on their way to be virtual routers.
struct Matching<'m, 'a> {
    all: &'m [Member<'a>],
    /// Of each instance, its set.
    set: Vec<usize>,
    /// The instances of each set; an emptied one was joined to another.
    sets: Vec<Vec<usize>>,
}

impl<'m, 'a> Matching<'m, 'a> {
    fn new(all: &'m [Member<'a>]) -> Self {
        Self { all, set: (0..all.len()).collect(), sets: (0..all.len()).map(|i| vec![i]).collect() }
    }

    /// Joins the sets of two instances, unless a node were in it twice.
    fn join(&mut self, i: usize, j: usize) -> bool {
        let (into, from) = (self.set[i].min(self.set[j]), self.set[i].max(self.set[j]));
        if into == from {
            return true;
        }
        let node = |i: &usize| self.all[*i].node;
        if self.sets[from].iter().any(|f| self.sets[into].iter().any(|t| node(t) == node(f))) {
            return false;
        }
        let moved = std::mem::take(&mut self.sets[from]);
        for m in &moved {
            self.set[*m] = into;
        }
        self.sets[into].extend(moved);
        true
    }

    /// Joins what has most addresses in common first. Gives the pairs that could not be joined.
    fn by_addresses(&mut self) -> Vec<(usize, usize)> {
        let mut holders: HashMap<IpAddr, Vec<usize>> = HashMap::new();
        for (i, member) in self.all.iter().enumerate() {
            for address in member.addresses() {
                let list = holders.entry(address).or_default();
                if list.last() != Some(&i) {
                    list.push(i);
                }
            }
        }
        let mut common: HashMap<(usize, usize), usize> = HashMap::new();
        let mut count = |list: &[usize]| {
            for (n, i) in list.iter().enumerate() {
                for j in &list[n + 1..] {
                    *common.entry((*i, *j)).or_default() += 1;
                }
            }
        };
        for list in holders.values().filter(|l| l.len() > 1) {
            if once_a_node(self.all, list) {
                count(list);
                continue;
            }
            // The same address in several routing tables of a node: then the VRID has to agree, too.
            let mut vrids: HashMap<u8, Vec<usize>> = HashMap::new();
            for i in list {
                vrids.entry(self.all[*i].run.vrid).or_default().push(*i);
            }
            vrids.values().filter(|l| once_a_node(self.all, l)).for_each(|l| count(l));
        }
        let mut pairs: Vec<_> = common.into_iter().collect();
        pairs.sort_by_key(|((i, j), n)| {
            let (a, b) = (self.all[*i].run, self.all[*j].run);
            let alike = (a.vrid == b.vrid, a.name == b.name, a.interface == b.interface);
            (std::cmp::Reverse((*n, alike)), *i, *j)
        });
        pairs.into_iter().map(|(pair, _)| pair).filter(|(i, j)| !self.join(*i, *j)).collect()
    }

    /// Joins what has a key in common that no node has twice.
    fn by_key<K: Hash + Eq>(
        &mut self,
        key: impl Fn(&Member<'a>) -> K,
        fits: impl Fn(&Member<'a>, &Member<'a>) -> bool,
    ) {
        let mut keys: HashMap<K, usize> = HashMap::new();
        let mut lists: Vec<Vec<usize>> = Vec::new();
        for (i, member) in self.all.iter().enumerate() {
            let at = *keys.entry(key(member)).or_insert_with(|| {
                lists.push(Vec::new());
                lists.len() - 1
            });
            lists[at].push(i);
        }
        for list in lists.iter().filter(|l| l.len() > 1 && once_a_node(self.all, l)) {
            for (n, i) in list.iter().enumerate() {
                for j in &list[n + 1..] {
                    if fits(&self.all[*i], &self.all[*j]) {
                        self.join(*i, *j);
                    }
                }
            }
        }
    }

    /// The sets, and of each instance its set's place.
    fn sets(mut self) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut sets: Vec<Vec<usize>> = self.sets.into_iter().filter(|s| !s.is_empty()).collect();
        for set in &mut sets {
            set.sort_unstable();
        }
        sets.sort_unstable();
        for (n, set) in sets.iter().enumerate() {
            for i in set {
                self.set[*i] = n;
            }
        }
        (sets, self.set)
    }
}

fn once_a_node(all: &[Member<'_>], list: &[usize]) -> bool {
    // Lists are in the order of the nodes.
    list.windows(2).all(|w| all[w[0]].node != all[w[1]].node)
}
