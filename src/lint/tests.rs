//! What several nodes have in common, and the arithmetic of weights. The rules themselves: `tests/it/lint.rs`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;

use super::cluster::Cluster;
use super::weights::{Outcome, Sum, range, stuck, weighted};
use super::*;
use crate::conf::{self, LoadError, Loader, Options, Reading, resolve};
use crate::time::Instant;
use crate::vrrp::router::{Input, VrrpRouter};
use crate::vrrp::{Action, Event, Heard, State};

struct Text(String);

impl Loader for Text {
    fn expand(&mut self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, _: &str) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.clone().into_bytes())
    }
}

/// Nodes called a, b, c and so on.
fn nodes(texts: &[&str]) -> Vec<Node> {
    let read = |(name, text): (char, &&str)| {
        let options = Options { reading: Reading::AsMeant, ..Options::default() };
        let conf = conf::read(&format!("{name}.conf"), &mut Text((*text).to_owned()), &options).unwrap();
        let run = resolve(&conf, options.version);
        Node { name: name.to_string(), conf, run }
    };
    ('a'..='z').zip(texts).map(read).collect()
}

fn instance(name: &str, vrid: u8, dev: &str, addresses: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface {dev}\n virtual_router_id {vrid}\n virtual_ipaddress {{\n{}\n}}\n}}\n",
        addresses.replace(' ', "\n")
    )
}

/// The routers as `node.instance` names.
fn routers(texts: &[&str]) -> Vec<String> {
    let nodes = nodes(texts);
    let cluster = Cluster::of(&nodes);
    let name = |m: &cluster::Member<'_>| format!("{}.{}", m.on.name, m.run.name);
    cluster.routers.iter().map(|r| r.members.iter().map(name).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn addresses_decide_before_names_and_vrids() {
    let a = instance("ONE", 51, "eth0", "10.0.0.1") + &instance("TWO", 52, "eth0", "10.0.0.2");
    let b = instance("ONE", 51, "eth0", "10.0.0.2") + &instance("TWO", 52, "eth0", "10.0.0.1");
    assert_eq!(routers(&[&a, &b]), ["a.ONE b.TWO", "a.TWO b.ONE"]);
    let none = instance("ONE", 52, "eth0", "10.9.9.9 10.0.0.2");
    assert_eq!(routers(&[&a, &none]), ["a.ONE", "a.TWO b.ONE"]);
}

#[test]
fn most_common_addresses_go_first_and_the_rest_is_torn() {
    let a = instance("ONE", 51, "eth0", "10.0.0.1 10.0.0.2 10.0.0.3") + &instance("TWO", 52, "eth0", "10.0.0.4");
    let b = instance("ONE", 51, "eth0", "10.0.0.1") + &instance("TWO", 52, "eth0", "10.0.0.2 10.0.0.3");
    let nodes = nodes(&[&a, &b]);
    let cluster = Cluster::of(&nodes);
    let torn: Vec<_> = cluster.torn.iter().map(|o| (o.one.run.name.as_str(), o.other.run.name.as_str())).collect();
    assert_eq!(torn, [("ONE", "ONE")]);
    assert_eq!(routers(&[&a, &b]), ["a.ONE b.TWO", "a.TWO", "b.ONE"]);
}

#[test]
fn names_join_what_has_no_address_in_common_only_with_one_vrid() {
    let a = instance("ONE", 51, "eth0", "10.0.0.1");
    assert_eq!(routers(&[&a, &instance("ONE", 51, "eth7", "10.0.0.2")]), ["a.ONE b.ONE"]);
    assert_eq!(routers(&[&a, &instance("ONE", 52, "eth0", "10.0.0.2")]), ["a.ONE", "b.ONE"]);
    assert_eq!(routers(&[&a, &instance("ONE", 52, "eth0", "")]), ["a.ONE b.ONE"]);
    assert_eq!(routers(&[&a, &instance("TWO", 51, "eth0", "10.0.0.2")]), ["a.ONE", "b.TWO"]);
    assert_eq!(routers(&[&a, &instance("TWO", 51, "eth0", "")]), ["a.ONE b.TWO"]);
    assert_eq!(routers(&[&a, &instance("TWO", 52, "eth0", "")]), ["a.ONE", "b.TWO"]);
}

#[test]
fn link_local_addresses_say_nothing() {
    let a = instance("LAN", 1, "eth0", "fe80::1 2001:db8:1::1") + &instance("DMZ", 2, "eth1", "fe80::1 2001:db8:2::1");
    let b = instance("B", 2, "ens2", "fe80::1 2001:db8:2::1") + &instance("A", 1, "ens1", "fe80::1 2001:db8:1::1");
    assert_eq!(routers(&[&a, &b]), ["a.LAN b.A", "a.DMZ b.B"]);
    let only = |name, dev| instance(name, 7, dev, "fe80::1");
    assert_eq!(
        routers(&[&(only("X", "eth0") + &only("Y", "eth1")), &(only("P", "eth1") + &only("Q", "eth0"))]),
        ["a.X b.Q", "a.Y b.P"]
    );
}

#[test]
fn the_same_address_in_two_routing_tables_goes_by_the_vrid() {
    let a = instance("RED", 1, "red0", "10.0.0.1") + &instance("BLUE", 2, "blue0", "10.0.0.1");
    let b = instance("BLAU", 2, "ens1", "10.0.0.1") + &instance("ROT", 1, "ens0", "10.0.0.1");
    assert_eq!(routers(&[&a, &b]), ["a.RED b.ROT", "a.BLUE b.BLAU"]);
}

#[test]
fn families_are_apart() {
    let a = instance("ONE", 51, "eth0", "10.0.0.1") + &instance("SIX", 51, "eth0", "2001:db8::1");
    let b = instance("SIX", 51, "eth0", "10.0.0.1") + &instance("ONE", 51, "eth0", "2001:db8::1");
    assert_eq!(routers(&[&a, &b]), ["a.ONE b.SIX", "a.SIX b.ONE"]);
}

#[test]
fn three_nodes_need_not_all_have_a_router() {
    let (one, two) = (instance("ONE", 51, "eth0", "10.0.0.1"), instance("TWO", 52, "eth0", "10.0.0.2"));
    let both = one.clone() + &two;
    assert_eq!(routers(&[&both, &one, &two]), ["a.ONE b.ONE", "a.TWO c.TWO"]);
    assert_eq!(routers(&[&one, &both, &both]), ["a.ONE b.ONE c.ONE", "b.TWO c.TWO"]);
}

#[test]
fn ten_thousand_instances_find_each_other() {
    let text = |dev: &str| {
        (0..10_000_u32)
            .map(|i| {
                let address = format!("10.{}.{}.1", i / 256, i % 256);
                instance(&format!("VI_{i}"), (i % 255 + 1) as u8, &format!("{dev}{i}"), &address)
            })
            .collect::<String>()
    };
    let nodes = nodes(&[&text("eth"), &text("ens")]);
    let cluster = Cluster::of(&nodes);
    assert_eq!(cluster.shared().count(), 10_000);
    assert!(cluster.collisions.is_empty() && cluster.torn.is_empty());
}

/// An instance with checks: `NAME WEIGHT [reverse]`, separated by commas.
fn checked(priority: u8, checks: &str, more: &str) -> String {
    let list: Vec<&str> = checks.split(',').map(str::trim).filter(|c| !c.is_empty()).collect();
    let name = |c: &str| c.split(' ').next().unwrap_or_default().to_owned();
    let weight = |c: &str| c.split_once(' ').unwrap_or_default().1.to_owned();
    let scripts: String = list
        .iter()
        .map(|c| format!("vrrp_script {} {{\n script /bin/{}\n weight {}\n}}\n", name(c), name(c), weight(c)))
        .collect();
    let tracks: String = list.iter().map(|c| format!("{}\n", name(c))).collect();
    format!(
        "{scripts}vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n {more}\n \
         virtual_ipaddress {{\n 10.0.0.1\n }}\n track_script {{\n{tracks} }}\n}}\n"
    )
}

#[test]
fn sums_are_shown_as_they_are_made() {
    let shown = |priority: u8, checks: &str, fails: &str| {
        let nodes = nodes(&[&checked(priority, checks, "")]);
        let m = cluster::members(0, &nodes[0])[0];
        (Sum::healthy(&m).to_string(), Sum::without(&m, |w| w.track.name == fails).to_string())
    };
    let table = [
        (102, "chk 2", "chk", "102+2=104", "102"),
        (102, "chk -20", "chk", "102", "102-20=82"),
        (100, "a 10, b 5", "a", "100+10+5=115", "100+5=105"),
        (100, "a 10, b -5", "b", "100+10=110", "100+10-5=105"),
        (100, "a 10 reverse", "a", "100", "100-10=90"),
        (100, "a -10 reverse", "a", "100+10=110", "100"),
        (250, "a 20", "a", "250+20=270, at most 254", "250"),
        (20, "a -30", "a", "20", "20-30=-10, at least 1"),
    ];
    for (priority, checks, fails, high, low) in table {
        assert_eq!(shown(priority, checks, fails), (high.to_owned(), low.to_owned()), "{priority} {checks}");
    }
}

/// What is stuck, as `OUTCOME master check rival: high → low, other`.
fn stuck_of(texts: &[&str]) -> Vec<String> {
    let nodes = nodes(texts);
    let cluster = Cluster::of(&nodes);
    let show = |s: &weights::Stuck<'_>| {
        let note = if s.together {
            " together"
        } else if s.later {
            " later"
        } else {
            ""
        };
        let (high, low, other) = (s.high.effective(), s.low.effective(), s.other.effective());
        let (master, rival) = (&s.master.on.name, &s.rival.on.name);
        format!("{:?} {master} {} {rival}: {high} → {low}, {other}{note}", s.outcome, s.check.track.name)
    };
    stuck(&cluster).iter().map(show).collect()
}

#[test]
fn a_weight_moves_the_master_only_below_its_rival() {
    let pair = |a: u8, wa: &str, b: u8, wb: &str| stuck_of(&[&checked(a, wa, ""), &checked(b, wb, "")]);
    // The configuration of many tutorials, recorded: nothing moves.
    assert_eq!(pair(102, "chk 2", 100, "chk 2"), ["Tie a chk b: 104 → 102, 102"]);
    assert_eq!(pair(102, "chk 3", 100, "chk 3"), [""; 0]);
    assert_eq!(pair(102, "chk 2", 101, "chk 2"), [""; 0]);
    assert_eq!(pair(102, "chk -20", 100, "chk -20"), [""; 0]);
    assert_eq!(pair(102, "chk -2", 100, "chk -2"), ["Tie a chk b: 102 → 100, 100"]);
    assert_eq!(pair(102, "chk -1", 100, ""), ["Above a chk b: 102 → 101, 100"]);
    // A check of the backup lowers nobody else, unless its weight makes it the master.
    assert_eq!(pair(102, "", 100, "chk -20"), [""; 0]);
    assert_eq!(pair(102, "", 100, "chk 5"), [""; 0]);
    assert_eq!(pair(90, "", 100, "chk 5"), ["Above b chk a: 105 → 100, 90"]);
    // What is above 254 is cut off.
    // At 254 each, either may be master; only b falls below.
    assert_eq!(pair(254, "chk 20", 250, "chk 20"), ["Tie a chk b: 254 → 254, 254"]);
    assert_eq!(pair(250, "chk 20", 240, "chk 10"), ["Tie a chk b: 254 → 250, 250"]);
    // Neither is preferred: any weight will do.
    assert_eq!(pair(100, "chk 1", 100, "chk 1"), [""; 0]);
    // Owners are told of elsewhere.
    assert_eq!(pair(255, "chk -20", 100, "chk -20"), [""; 0]);
}

#[test]
fn several_checks_may_be_meant_to_add_up() {
    let a = checked(150, "x -30, y -30", "");
    assert_eq!(
        stuck_of(&[&a, &checked(100, "x -30, y -30", "")]),
        ["Above a x b: 150 → 120, 100 together", "Above a y b: 150 → 120, 100 together"]
    );
    assert_eq!(
        stuck_of(&[&a, &checked(90, "x -30, y -30", "")]),
        ["Above a x b: 150 → 120, 90", "Above a y b: 150 → 120, 90"]
    );
}

#[test]
fn nopreempt_keeps_a_rival_from_taking_over() {
    let text = |p, more| checked(p, "chk -60", more);
    let (free, bound) = ("state BACKUP", "state BACKUP\n nopreempt");
    assert_eq!(stuck_of(&[&text(150, bound), &text(100, bound)]), ["NoPreempt a chk b: 150 → 90, 100"]);
    assert_eq!(stuck_of(&[&text(150, bound), &text(100, free)]), [""; 0]);
    // One that may is enough, if it is high enough.
    assert_eq!(stuck_of(&[&text(150, free), &text(100, bound), &text(95, free)]), [""; 0]);
    assert_eq!(stuck_of(&[&text(150, free), &text(100, bound), &text(80, free)]), ["NoPreempt a chk b: 150 → 90, 100"]);
    assert_eq!(
        stuck_of(&[&text(200, free), &text(100, bound)]),
        ["Above a chk b: 200 → 140, 100", "NoPreempt a chk b: 200 → 140, 100"]
    );
}

#[test]
fn of_three_nodes_the_best_rival_counts_and_the_next_pair_later() {
    let text = |p, w| checked(p, w, "");
    assert_eq!(stuck_of(&[&text(150, "chk -60"), &text(120, "chk -60"), &text(100, "chk -60")]), [""; 0]);
    assert_eq!(
        stuck_of(&[&text(150, "chk -20"), &text(120, "chk -30"), &text(100, "chk -20")]),
        ["Above a chk b: 150 → 130, 120"]
    );
    assert_eq!(
        stuck_of(&[&text(150, "chk -60"), &text(120, "chk -20"), &text(100, "chk -20")]),
        ["Tie b chk c: 120 → 100, 100 later"]
    );
}

#[test]
fn a_sync_group_moves_as_a_whole() {
    let group = |tracks: &str| {
        format!("vrrp_sync_group G {{\n group {{\n VI_1\n VI_2\n }}\n {tracks}\n}}\n")
            + &instance("VI_2", 52, "eth1", "10.1.0.1")
    };
    let node = |priority: u8, tracks: &str| {
        let second = format!(" virtual_router_id 52\n priority {priority}\n");
        checked(priority, "chk -60", "") + &group(tracks).replace(" virtual_router_id 52\n", &second)
    };
    // Members lose their own weights.
    assert_eq!(stuck_of(&[&node(150, ""), &node(100, "")]), [""; 0]);
    let weights = "sync_group_tracking_weight";
    assert_eq!(stuck_of(&[&node(150, weights), &node(100, weights)]), ["Above a chk b: 150 → 150, 100"]);
    let tracked = "track_script {\n chk\n }";
    assert_eq!(stuck_of(&[&node(150, tracked), &node(100, tracked)]), [""; 0]);
}

#[test]
fn advice_names_the_numbers_that_work() {
    let advice = |a: u8, wa: &str, b: u8, wb: &str| {
        let nodes = nodes(&[&checked(a, wa, ""), &checked(b, wb, "")]);
        let cluster = Cluster::of(&nodes);
        let all = stuck(&cluster);
        assert!(all.iter().all(|s| s.outcome != Outcome::NoPreempt));
        let advice = all[0].advice();
        advice.split(", or leave the weight out").next().unwrap().to_owned()
    };
    assert_eq!(advice(102, "chk 2", 100, "chk 2"), "Use weight 3 or more (up to 153) on a and b, or priority 101 on b");
    // b's points do not grow with a's weight: a has to be below b without its own.
    assert_eq!(advice(102, "chk 2", 100, ""), "Priority 103 on b");
    assert_eq!(
        advice(150, "chk -20", 100, "chk -20"),
        "Use weight -51 or less on a and b, or a priority of 131 to 149 on b"
    );
    assert_eq!(advice(150, "chk -20", 100, ""), "Use weight -51 or less on a, or a priority of 131 to 149 on b");
    // 254 is the most that a comes to.
    assert_eq!(advice(250, "chk 20", 240, "chk 10"), "A priority of 241 to 243 on b");
}

#[test]
fn numbers_without_a_gap_are_a_range() {
    assert_eq!(range(&[3, 4, 5]), Some((3, 5)));
    assert_eq!(range(&[7]), Some((7, 7)));
    assert_eq!(range(&[3, 5]), None);
    assert_eq!(range(&[]), None);
}

#[test]
fn files_are_no_checks_of_one_size() {
    let text = "track_file f {\n file /run/f\n weight 5\n}\nvrrp_instance VI_1 {\n interface eth0\n \
                virtual_router_id 51\n virtual_ipaddress {\n 10.0.0.1\n }\n track_file {\n f\n }\n}\n";
    let nodes = nodes(&[text]);
    assert!(weighted(&cluster::members(0, &nodes[0])[0]).is_empty());
    assert_eq!(nodes[0].run.instances[0].track.iter().find(|t| t.name == "f").map(|t| t.weight), Some(5));
}

/// Nodes on one link without latency, as `vrrp` has them behave.
struct Link<'a> {
    nodes: &'a [Node],
    routers: Vec<VrrpRouter>,
    trackers: Vec<Vec<String>>,
    started: Vec<bool>,
    now: Instant,
}

impl<'a> Link<'a> {
    fn new(nodes: &'a [Node]) -> Self {
        let source = |n: usize| IpAddr::V4(Ipv4Addr::new(10, 0, 9, n as u8 + 1));
        let configs: Vec<_> = nodes
            .iter()
            .enumerate()
            .map(|(n, node)| node.run.config(&node.conf, Version::default(), |_| source(n), |_| true))
            .collect();
        let names = |c: &crate::vrrp::router::Config| c.trackers.iter().map(|t| t.name.clone()).collect();
        Self {
            nodes,
            trackers: configs.iter().map(names).collect(),
            started: vec![false; nodes.len()],
            routers: configs.into_iter().map(VrrpRouter::new).collect(),
            now: Instant::ZERO,
        }
    }

    fn give(&mut self, node: usize, input: Input) {
        let mut queue = std::collections::VecDeque::from([(node, input)]);
        while let Some((n, input)) = queue.pop_front() {
            let actions = self.routers[n].handle(self.now, input).to_vec();
            for (i, action) in actions {
                let Action::SendAdvert { priority } = action else { continue };
                let sender = &self.nodes[n].run.instances[i];
                let src = self.routers[n].instance(i).unwrap().params().source;
                let heard = Heard { src, priority, advert_int: sender.advert_int };
                for o in (0..self.nodes.len()).filter(|o| *o != n && self.started[*o]) {
                    let to = self.nodes[o].run.instances.iter().position(|r| r.vrid == sender.vrid);
                    queue.extend(to.map(|to| (o, Input::Instance(to, Event::Advert(heard)))));
                }
            }
        }
    }

    fn start(&mut self, node: usize) {
        self.started[node] = true;
        self.give(node, Input::Start);
        for name in self.trackers[node].clone() {
            self.read(node, &name, true);
        }
    }

    /// Has a script of a node give what makes the priority highest, or what does not.
    fn read(&mut self, node: usize, name: &str, well: bool) {
        let Some(id) = self.trackers[node].iter().position(|t| t == name) else { return };
        let Some(script) = self.nodes[node].conf.script(name) else { return };
        self.give(node, Input::Script(id, well != script.reverse));
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        let next = |s: &Self| {
            let due = |n: usize| Some((s.routers[n].next_deadline()?.0, n));
            (0..s.nodes.len()).filter(|n| s.started[*n]).filter_map(due).min()
        };
        while let Some((at, n)) = next(self).filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            let (_, i, _) = self.routers[n].next_deadline().unwrap();
            self.give(n, Input::Instance(i, Event::Timer));
        }
        self.now = end;
    }

    /// Whether a node is master of all that it has.
    fn is_master(&self, node: usize) -> bool {
        self.routers[node].instances().all(|(_, i)| i.state() == State::Master)
    }
}

/// A node of the property below: priority, weights of the checks `x` and `y` (0 for none), which of them is reversed,
/// `nopreempt`.
type Drawn = (u8, i8, i8, bool, bool);

/// Priorities near each other, and at the ends of the scale.
fn priorities() -> impl Strategy<Value = u8> {
    prop_oneof![6 => 96..=106_u8, 1 => 1..=4_u8, 1 => 250..=254_u8]
}

fn drawn(form: u8, (priority, x, y, reverse, nopreempt): Drawn) -> String {
    let checks: Vec<(&str, i8)> = [("x", x), ("y", y)].into_iter().filter(|c| c.1 != 0).collect();
    let scripts: String = checks
        .iter()
        .map(|(name, weight)| {
            let reverse = if reverse { " reverse" } else { "" };
            format!("vrrp_script {name} {{\n script /bin/{name}\n weight {weight}{reverse}\n}}\n")
        })
        .collect();
    let names: String = checks.iter().map(|(name, _)| format!("{name}\n")).collect();
    let tracks = if checks.is_empty() { String::new() } else { format!("track_script {{\n{names}}}\n") };
    let more = if nopreempt { "state BACKUP\nnopreempt\n" } else { "" };
    let instance = |vrid: u8, tracks: &str| {
        format!(
            "vrrp_instance VI_{vrid} {{\ninterface eth0\nvirtual_router_id {vrid}\npriority {priority}\n{more}{tracks}\
             virtual_ipaddress {{\n10.0.{vrid}.1\n}}\n}}\n"
        )
    };
    let group = |more: &str| format!("vrrp_sync_group G {{\ngroup {{\nVI_1\nVI_2\n}}\n{more}}}\n");
    match form {
        0 => scripts + &instance(1, &tracks),
        1 => scripts + &group("sync_group_tracking_weight\n") + &instance(1, &tracks) + &instance(2, ""),
        2 => scripts + &group(&tracks) + &instance(1, "") + &instance(2, ""),
        _ => scripts + &group("sync_group_tracking_weight\n") + &instance(1, &tracks) + &instance(2, &tracks),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// What is said of weights is what the state machines do: the best node is master, one of its checks fails, and
    /// either another takes over or the check is among those that are stuck.
    #[test]
    fn state_machines_agree_with_the_arithmetic(
        form in 0..4_u8,
        all in prop::collection::vec(
            (priorities(), -9..=9_i8, -9..=9_i8, any::<bool>(), prop::bool::weighted(0.2)),
            2..=3,
        ),
    ) {
        let texts: Vec<String> = all.iter().map(|d| drawn(form, *d)).collect();
        let nodes = nodes(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let cluster = Cluster::of(&nodes);
        let stuck = stuck(&cluster);
        let healthy = |n: usize| -> Vec<u8> {
            cluster::members(n, &nodes[n]).iter().map(|m| Sum::healthy(m).effective()).collect()
        };
        let best = (0..nodes.len()).max_by_key(|n| (healthy(*n), std::cmp::Reverse(*n))).unwrap();
        // Groups whose members disagree about the best node are told of as such.
        let ahead = |n: usize| healthy(best).iter().zip(healthy(n)).all(|(x, y)| *x >= y);
        prop_assume!((0..nodes.len()).all(ahead));
        for name in ["x", "y"] {
            let here: Vec<_> = cluster::members(best, &nodes[best]);
            if !here.iter().any(|m| weighted(m).iter().any(|w| w.track.name == name)) {
                continue;
            }
            let mut link = Link::new(&nodes);
            link.start(best);
            link.run(6);
            (0..nodes.len()).filter(|n| *n != best).for_each(|n| link.start(n));
            link.run(20);
            prop_assert!(link.is_master(best));
            link.read(best, name, false);
            link.run(30);
            let told = stuck.iter().any(|s| s.master.node == best && s.check.track.name == name);
            prop_assert_eq!(link.is_master(best), told, "{} on {}", name, nodes[best].name);
        }
    }
}
