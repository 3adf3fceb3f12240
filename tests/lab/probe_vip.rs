//! `hactl probe vip` on a link with real keepalived, and what clients see of a move.

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::netns::{Ended, Instance, Lab, Line, Node, Running, SOON, hactl, helper, inside, ip, run, until};
use crate::program::{NOBODY, public_copy};

const VIP: &str = "10.77.0.110";
const HERE: &str = "--window 500ms --no-icmp";

/// The one object of a probe, and its exit status.
#[track_caller]
fn told(ended: &Ended) -> (i32, Value) {
    let probe = ended.object("probe");
    let status = ended.status.expect("an exit status");
    assert_eq!(ended.object("summary")["exit"], status, "{}", ended.text());
    (status, probe)
}

/// What `hactl probe vip` says on a node.
#[track_caller]
fn asked(on: &Node<'_>, args: &str) -> (i32, Value) {
    told(&hactl(&on.ns, &format!("probe vip {args} --json")).ended())
}

/// a is master with priority 200, b its backup.
fn pair<'a>(lab: &'a Lab, instance: &Instance, ipv6: bool) -> [Node<'a>; 2] {
    let node = |name, host| if ipv6 { lab.node_ipv6(name, host) } else { lab.node(name, host) };
    let mut nodes = [node("a", 1), node("b", 2)];
    for (node, priority) in nodes.iter_mut().zip([200, 100]) {
        node.configure(&Instance { priority, ..instance.clone() }.text());
    }
    nodes[0].start();
    lab.expect("a", "MASTER", 0.0);
    nodes[1].start();
    lab.expect("b", "BACKUP", 0.0);
    nodes
}

/// The neighbours that a node knows.
fn neighbours(node: &Node<'_>) -> String {
    run(inside(&node.ns, "ip").args(["neigh", "show", "dev", "eth0"]))
}

pub fn who_has_it() {
    let lab = Lab::new();
    let [mut a, mut b] = pair(&lab, &Instance::default(), false);
    let (client, other) = (lab.node("c", 9), lab.node("d", 4));
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["ok"], &p["macs"]), (0, &true.into(), &serde_json::json!([a.mac])), "{p}");
    assert_eq!((&p["interface"], &p["on_link"], &p["requests"]), (&"eth0".into(), &true.into(), &3.into()), "{p}");
    assert_eq!((&p["master"], &p["vrid"], &p["priority"]), (&"10.77.0.1".into(), &51.into(), &200.into()), "{p}");
    assert_eq!((&p["is_master"], &p["master_mac"]), (&true.into(), &a.mac.as_str().into()), "{p}");
    // Nobody's cache has changed for it.
    assert_eq!((neighbours(&a).contains("10.77.0.9"), neighbours(&client).as_str()), (false, ""));
    // The same from another namespace, which a process's number names too; and as a line.
    let outside = |args: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hactl"));
        Running::start(command.args(args.split(' ')), Stdio::null()).ended()
    };
    let line = outside(&format!("probe vip {VIP} --netns {}", client.ns));
    let said = format!(
        "OK vip {VIP}: answered by {}, which is the one of master 10.77.0.1 (VRID 51, priority 200); it answers ICMP echo",
        a.mac
    );
    assert_eq!((line.status, line.out[0].text.as_str()), (Some(0), said.as_str()), "{}", line.err);
    let sleeper = Running::start(inside(&client.ns, "sleep").arg("60"), Stdio::null());
    let namespace = |path: &str| std::fs::metadata(path).ok().map(|m| m.ino());
    let there = namespace(&format!("/run/netns/{}", client.ns));
    until("the process is there", SOON, || {
        (namespace(&format!("/proc/{}/ns/net", sleeper.pid())) == there).then_some(())
    });
    let icmp = outside(&format!("probe icmp {VIP} --netns {} --json", sleeper.pid()));
    assert_eq!(told(&icmp).0, 0, "{}", icmp.text());
    let tcp = outside(&format!("probe tcp {VIP}:80 --netns /run/netns/{} --json", client.ns));
    assert_eq!(told(&tcp).1["reason"], "refused");
    // The master itself.
    let (exit, p) = asked(&a, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["held_here"], &p["is_master"]), (0, &"eth0".into(), &true.into()), "{p}");
    // What checks of a keepalived.conf meet there.
    let conf = lab.dir.join("lvs.conf");
    let real = format!("real_server {VIP} 80 {{\n TCP_CHECK {{\n connect_timeout 2\n }}\n }}");
    std::fs::write(&conf, format!("virtual_server 10.77.0.200 80 {{\n protocol TCP\n {real}\n}}\n")).expect("a file");
    let config = outside(&format!("probe config {} --netns {} --rate 50 --json", conf.display(), client.ns));
    assert_eq!((config.status, &config.object("probe")["reason"]), (Some(2), &"refused".into()), "{}", config.text());
    // A port that nothing listens on.
    let (exit, p) = asked(&client, &format!("{VIP}:80 --window 500ms"));
    assert_eq!((exit, &p["reason"], &p["port"], &p["tcp"]), (2, &"refused".into(), &80.into(), &"refused".into()));
    assert!(p["icmp_ms"].is_number() && p["master"] == "10.77.0.1", "{p}");
    // Beyond a router there is nothing to ask.
    ip(&client.ns, "route add 192.0.2.0/24 via 10.77.0.1\n");
    let (exit, p) = asked(&client, "192.0.2.1 --timeout 200ms");
    assert_eq!((exit, &p["on_link"]), (2, &false.into()), "{p}");
    assert!(p["message"].as_str().is_some_and(|m| m.contains("cannot be told beyond a router")), "{p}");

    // A real server of LVS has it on lo. It is told to keep quiet, or it answers as well.
    ip(&other.ns, "addr add 10.77.0.110/32 dev lo\n");
    let manners = |n: u8| run(inside(&other.ns, "sysctl").args(["-qw", &format!("net.ipv4.conf.all.arp_ignore={n}")]));
    manners(1);
    let (exit, p) = asked(&other, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["held_here"], &p["answers_here"]), (0, &"lo".into(), &false.into()), "{p}");
    assert_eq!((&p["macs"], &p["is_master"]), (&serde_json::json!([a.mac]), &true.into()), "{p}");
    manners(0);
    let (exit, p) = asked(&other, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"], &p["answers_here"]), (2, &"several".into(), &Value::Null), "{p}");
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"]), (2, &"several".into()), "{p}");
    ip(&other.ns, "addr del 10.77.0.110/32 dev lo\n");

    // Another host has it too.
    ip(&other.ns, "addr add 10.77.0.110/24 dev eth0\n");
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"]), (2, &"several".into()), "{p}");
    let mut macs: Vec<&str> = p["macs"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    macs.sort_unstable();
    assert_eq!(macs, [a.mac.as_str(), other.mac.as_str()]);
    let (exit, p) = asked(&other, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"], &p["held_here"]), (2, &"several".into(), &"eth0".into()), "{p}");
    // Only the other answers.
    run(inside(&a.ns, "sysctl").args(["-qw", "net.ipv4.conf.eth0.arp_ignore=8"]));
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"], &p["is_master"]), (2, &"not-master".into(), &false.into()), "{p}");
    assert_eq!((&p["macs"], &p["master"]), (&serde_json::json!([other.mac]), &"10.77.0.1".into()), "{p}");
    // Nobody answers, though there is a master.
    ip(&other.ns, "addr del 10.77.0.110/24 dev eth0\n");
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"], &p["master"]), (2, &"nobody".into(), &"10.77.0.1".into()), "{p}");
    assert!(p["message"].as_str().is_some_and(|m| m.contains("though master 10.77.0.1")), "{p}");
    b.stop();
    a.stop();
    let (exit, p) = asked(&client, &format!("{VIP} --window 300ms"));
    assert_eq!((exit, &p["reason"], &p["master"]), (2, &"nobody".into(), &Value::Null), "{p}");
    let (exit, p) = asked(&client, &format!("{VIP} {HERE} --listen 0s"));
    assert_eq!((exit, &p["reason"], &p["master"]), (2, &"nobody".into(), &Value::Null), "{p}");
}

pub fn ipv6() {
    let lab = Lab::new();
    let instance =
        Instance { vips: &["fe80::110", "2001:db8:77::110"], version: 3, advert: "0.5", ..Instance::default() };
    let [a, _b] = pair(&lab, &instance, true);
    let (client, other) = (lab.node_ipv6("c", 9), lab.node_ipv6("d", 4));
    for vip in ["2001:db8:77::110", "fe80::110%eth0"] {
        let (exit, p) = asked(&client, &format!("{vip} --window 500ms"));
        assert_eq!((exit, &p["macs"], &p["master"]), (0, &serde_json::json!([a.mac]), &"fe80::1".into()), "{p}");
        assert!(p["is_master"] == true && p["icmp_ms"].is_number(), "{p}");
    }
    ip(&other.ns, "addr add 2001:db8:77::110/64 dev eth0 nodad\n");
    let (exit, p) = asked(&client, &format!("2001:db8:77::110 {HERE}"));
    assert_eq!((exit, &p["reason"]), (2, &"several".into()), "{p}");
}

pub fn virtual_mac() {
    let lab = Lab::new();
    // Adverts come from the node's own MAC, answers from the virtual one.
    let instance = Instance { extra: "use_vmac\n  vmac_xmit_base".into(), ..Instance::default() };
    let [a, b] = pair(&lab, &instance, false);
    let client = lab.node("c", 9);
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["macs"]), (0, &serde_json::json!(["00:00:5e:00:01:33"])), "{p}");
    assert_eq!((&p["is_master"], &p["master_mac"]), (&true.into(), &a.mac.as_str().into()), "{p}");
    // Two masters look like one, but for the number of answers.
    b.deaf();
    lab.expect("b", "MASTER", 0.0);
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"], &p["macs"]), (2, &"several".into(), &serde_json::json!(["00:00:5e:00:01:33"])));
    assert!(p["message"].as_str().is_some_and(|m| m.contains("two hosts use it")), "{p}");
}

/// hactl on a client that goes through a failover, and the servers on both nodes.
struct Through {
    hactl: Running,
    _servers: [Running; 2],
}

impl Through {
    /// Begins; returns when all is held and requests are answered.
    #[track_caller]
    fn begin(client: &Node<'_>, nodes: &[Node<'_>; 2], held: usize, more: &str) -> Self {
        let vip = if client.address.contains(':') { "[2001:db8:77::110]" } else { VIP };
        let servers = nodes.each_ref().map(|n| helper(&n.ns, &["__serve", "80"]));
        for server in &servers {
            server.out.wait("it listens", SOON, |l| l.iter().any(|l| l.text == "listening").then_some(()));
        }
        let hactl = hactl(&client.ns, &format!("probe vip {vip}:80 --through-failover {held}{more} --json"));
        let connections = |l: &[Line]| l.iter().filter(|l| l.text == "connection").count();
        // Long enough for an advert, one a second, to have been heard.
        servers[0].out.wait("requests", SOON, |l| (connections(l) >= held + 25).then_some(()));
        Self { hactl, _servers: servers }
    }

    /// Waits for its own end.
    #[track_caller]
    fn told(self) -> (i32, Value) {
        let ends = |l: &[Line]| l.iter().any(|l| l.text.contains("\"summary\"")).then_some(());
        self.hactl.out.wait("the end of a move", Duration::from_secs(30), ends);
        told(&self.hactl.ended())
    }
}

#[track_caller]
fn moved(p: &Value, [a, b]: &[Node<'_>; 2]) {
    let only = |list: &str, from: &str, to: &str| {
        let list = p[list].as_array().expect("a list");
        let told: Vec<_> = list.iter().map(|m| (m["from"].as_str(), m["to"].as_str())).collect();
        assert_eq!(told, [(Some(from), Some(to))], "{p}");
    };
    only("moves", &a.mac, &b.mac);
    only("masters", &a.address, &b.address);
    assert_eq!((&p["moved"], &p["mac"], &p["silent"]), (&true.into(), &b.mac.as_str().into(), &false.into()), "{p}");
}

pub fn through_a_stop() {
    let lab = Lab::new();
    let mut nodes = pair(&lab, &Instance::default(), false);
    let client = lab.node("c", 9);
    let through = Through::begin(&client, &nodes, 5, "");
    nodes[0].stop();
    let (exit, p) = through.told();
    moved(&p, &nodes);
    assert_eq!((exit, &p["verdict"], &p["held"]), (1, &"warning".into(), &5.into()), "{p}");
    assert_eq!((&p["reset"], &p["survived"], &p["hung"], &p["closed"]), (&5.into(), &0.into(), &0.into(), &0.into()));
    // 156/256 s from the release, and a request every 100 ms.
    let silence = p["silence_ms"].as_f64().expect("a duration");
    assert!((500.0..=1200.0).contains(&silence), "{p}");

    // Now b is master and there is nobody else: nothing moves.
    let args = format!("probe vip {VIP}:80 --through-failover 2 --for 1s --json");
    let server = helper(&nodes[1].ns, &["__serve", "80"]);
    server.out.wait("it listens", SOON, |l| l.iter().any(|l| l.text == "listening").then_some(()));
    let (exit, p) = told(&hactl(&client.ns, &args).ended());
    assert_eq!((exit, &p["verdict"], &p["survived"]), (3, &"unknown".into(), &2.into()), "{p}");
    let forever = hactl(&client.ns, &format!("probe vip {VIP}:80 --through-failover 1 --json"));
    let requests = |l: &[Line]| (l.len() > 20).then_some(());
    server.out.wait("requests", SOON, requests);
    let (exit, p) = told(&forever.end(libc::SIGINT));
    assert_eq!((exit, &p["interrupted"], &p["survived"]), (3, &true.into(), &1.into()), "{p}");
    drop(server);
    let (exit, p) = told(&hactl(&client.ns, &args).ended());
    assert_eq!((exit, &p["reason"], &p["held"]), (2, &"refused".into(), &Value::Null), "{p}");
}

pub fn through_a_stop_ipv6() {
    let lab = Lab::new();
    let instance =
        Instance { vips: &["fe80::110", "2001:db8:77::110"], version: 3, advert: "0.5", ..Instance::default() };
    let mut nodes = pair(&lab, &instance, true);
    let client = lab.node_ipv6("c", 9);
    let through = Through::begin(&client, &nodes, 2, "");
    nodes[0].stop();
    let (exit, p) = through.told();
    moved(&p, &nodes);
    assert_eq!((exit, &p["reset"], &p["survived"]), (1, &2.into(), &0.into()), "{p}");
}

pub fn through_a_crash() {
    let lab = Lab::new();
    let mut nodes = pair(&lab, &Instance::default(), false);
    let client = lab.node("c", 9);
    let through = Through::begin(&client, &nodes, 3, " --send ping --expect ping");
    // As if it had lost power: a killed keepalived leaves a host that answers.
    nodes[0].crash();
    ip(&nodes[0].ns, "link set eth0 down\n");
    let (exit, p) = through.told();
    moved(&p, &nodes);
    assert_eq!((exit, &p["reset"], &p["survived"], &p["hung"]), (1, &3.into(), &0.into(), &0.into()), "{p}");
    // 3 × 1 s + 156/256 s after the last advert, which was up to a second before the crash; a little later the link went.
    let silence = p["silence_ms"].as_f64().expect("a duration");
    assert!((2500.0..=4200.0).contains(&silence), "{p}");
    assert!(p["failures"]["timeout-syn"].as_u64().is_none_or(|n| n < 40), "{p}");
}

pub fn connections_that_hang() {
    let lab = Lab::new();
    let mut nodes = pair(&lab, &Instance::default(), false);
    let client = lab.node("c", 9);
    // A device that does not answer a request without a sender.
    nodes[0].nft("table arp lab { chain in { type filter hook input priority 0; arp saddr ip 0.0.0.0 drop; }; }\n");
    let (exit, p) = asked(&client, &format!("{VIP} {HERE}"));
    assert_eq!((exit, &p["reason"]), (2, &"nobody".into()), "{p}");
    let (exit, p) = asked(&client, &format!("{VIP} --window 300ms"));
    assert_eq!((exit, &p["macs"], &p["is_master"]), (0, &serde_json::json!([nodes[0].mac]), &true.into()), "{p}");
    nodes[0].nft("delete table arp lab\n");
    // What b does not know it does not answer: as a firewall that drops what is of no connection.
    nodes[1]
        .nft("table inet lab { chain out { type filter hook output priority 0; tcp flags & rst == rst drop; }; }\n");
    let through = Through::begin(&client, &nodes, 4, " --crit 10s");
    nodes[0].stop();
    let (exit, p) = through.told();
    moved(&p, &nodes);
    assert_eq!((exit, &p["verdict"], &p["hung"], &p["survived"]), (2, &"critical".into(), &4.into(), &0.into()), "{p}");
}

pub fn unprivileged() {
    let lab = Lab::new();
    let client = lab.node("c", 9);
    let program = public_copy(&lab);
    let mut setpriv = inside(&client.ns, "setpriv");
    let ended = Running::start(setpriv.args(NOBODY).args([&program, "probe", "vip", VIP]), Stdio::null()).ended();
    assert_eq!(ended.status, Some(3), "{}", ended.err);
    assert!(ended.out[0].text.contains("it takes CAP_NET_RAW: run `sudo hactl …`"), "{}", ended.text());
    let mut setpriv = inside(&client.ns, "setpriv");
    let args = [program.as_str(), "probe", "tcp", "10.77.0.1:80", "--netns", &lab.switch];
    let ended = Running::start(setpriv.args(NOBODY).args(args), Stdio::null()).ended();
    assert_eq!((ended.status, ended.text().as_str()), (Some(3), ""), "{}", ended.err);
    let said = format!(
        "hactl: entering the network namespace {} is not permitted to this user: run `sudo hactl …`\n",
        lab.switch
    );
    assert_eq!(ended.err, said);
}
