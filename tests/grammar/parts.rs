//! What right configurations are made of.

use super::{Dice, Line, block, line};

/// What is defined, and can be named.
#[derive(Default)]
struct Names {
    scripts: u32,
    files: u32,
    processes: u32,
    bfds: u32,
    instances: u32,
}

/// All lines, and how many instances there are.
pub fn lines(dice: &mut Dice<'_>) -> (Vec<Line>, usize) {
    let mut all = vec![globals(dice)];
    let mut names = Names { scripts: dice.below(3), files: dice.below(2), ..Names::default() };
    names.processes = dice.below(2);
    names.bfds = dice.below(3);
    names.instances = dice.within(1, 5);
    all.extend((0..names.scripts).map(|n| script(dice, n)));
    all.extend((0..names.files).map(|n| file(dice, n)));
    all.extend((0..names.processes).map(|n| process(dice, n)));
    all.extend((0..names.bfds).map(|n| bfd(dice, n)));
    // Those of a group follow nothing by themselves.
    let grouped = if names.instances > 2 && dice.once_in(2) { 2 } else { 0 };
    for n in 0..names.instances {
        all.push(instance(dice, n, n < grouped, &names));
    }
    if grouped > 0 {
        all.push(group(dice, grouped));
    }
    if dice.once_in(3) {
        all.extend(statics(dice));
    }
    if dice.once_in(4) {
        all.push(block("garp_group", vec![line("garp_interval 0.5"), block("interfaces", vec![line("eth1")])]));
    }
    for n in 0..dice.below(3) {
        all.extend(virtual_server(dice, n, &names));
    }
    (all, names.instances as usize)
}

/// Each of these once in a while.
fn some(dice: &mut Dice<'_>, lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().filter(|_| dice.once_in(4)).collect()
}

fn globals(dice: &mut Dice<'_>) -> Line {
    let mail = block("notification_email", vec![line("ops@example.com"), line("a@b.c"), line("\"d@e.f\"")]);
    let server = dice.pick(&["10.77.0.9", "10.77.0.9 2525", "127.0.0.1"]);
    let mut lines = vec![line("enable_script_security"), line("script_user root")];
    let more = vec![
        line("router_id A"),
        mail,
        line("notification_email_from ha@example.com"),
        line(format!("smtp_server {server}")),
        line("smtp_helo_name mail.example.com"),
        line(format!("smtp_connect_timeout {}", dice.within(1, 60))),
        line(format!("smtp_alert {}", dice.pick(&["on", "off", "true", "false", "yes", "no"]))),
        line("smtp_alert_vrrp"),
        line("vrrp_mcast_group4 224.0.0.19"),
        line("vrrp_mcast_group6 ff02::13"),
        line(format!("vrrp_garp_master_delay {}", dice.below(11))),
        line(format!("vrrp_garp_master_repeat {}", dice.within(1, 9))),
        line(format!("vrrp_garp_master_refresh {}", dice.below(61))),
        line("vrrp_garp_interval 0.001"),
        line("vrrp_gna_interval 0.25"),
        line("vrrp_lower_prio_no_advert"),
        line("vrrp_higher_prio_send_advert true"),
        line("vrrp_skip_check_adv_addr"),
        line("vrrp_check_unicast_src"),
        line(format!("vrrp_priority -{}", dice.below(20))),
        line(format!("vrrp_startup_delay {}.{}", dice.within(1, 9), dice.below(10))),
        line("vrrp_notify_priority_changes on"),
        line("lvs_timeouts tcp 100 udp 20"),
        line("lvs_timeouts tcpfin 3"),
        line("max_auto_priority 50"),
        line("min_auto_priority_delay 5000000"),
        line("process_names"),
        line("default_interface eth0"),
        line("include_check +match"),
        line("dynamic_interfaces allow_if_changes"),
        line(format!("reload_time_file /tmp/hactl-{}", dice.below(3))),
    ];
    lines.extend(some(dice, more));
    block("global_defs", lines)
}

/// A weight, and perhaps that it is the other way round.
fn weight(dice: &mut Dice<'_>, most: u32) -> String {
    let sign = dice.pick(&["-", "", "+"]);
    let reverse = dice.pick(&["", "", "", " reverse"]);
    format!("weight {sign}{}{reverse}", dice.within(1, most))
}

fn script(dice: &mut Dice<'_>, n: u32) -> Line {
    let command = dice.pick(&["/bin/true", "\"/bin/true\"", "\"/bin/true -x 'a b' {\"", "\"/bin/true # no comment\""]);
    let mut lines = vec![line(format!("script {command}"))];
    let more = vec![
        line(format!("interval {}", dice.pick(&["1", "2", "30"]))),
        line("timeout 2"),
        line(format!("rise {}", dice.within(1, 5))),
        line(format!("fall {}", dice.within(1, 5))),
        line(weight(dice, 253)),
        line(dice.pick(&["user root", "user root root"])),
        line("init_fail"),
    ];
    lines.extend(some(dice, more));
    block(format!("vrrp_script S{n}"), lines)
}

fn file(dice: &mut Dice<'_>, n: u32) -> Line {
    let weight = weight(dice, 254);
    let mut lines = vec![line("file \"/tmp/hactl-none\"")];
    lines.extend(some(dice, vec![line(weight)]));
    block(format!("track_file F{n}"), lines)
}

fn process(dice: &mut Dice<'_>, n: u32) -> Line {
    let what = ["process keepalived", "process \"/usr/sbin/sshd\"", "process sleep 60"];
    let mut lines = vec![line(dice.pick(&what))];
    let more = vec![
        line(weight(dice, 254)),
        line(format!("quorum {}", dice.within(1, 9))),
        line("delay 0.5"),
        line("full_command"),
        line("param_match initial"),
    ];
    lines.extend(some(dice, more));
    block(format!("vrrp_track_process P{n}"), lines)
}

fn bfd(dice: &mut Dice<'_>, n: u32) -> Line {
    let mut lines = vec![line(format!("neighbor_ip 10.77.0.{}", 50 + n))];
    let more = vec![
        line("source_ip 10.77.0.1"),
        line(format!("min_rx {}", dice.within(10, 1000))),
        line(format!("min_tx {}", dice.within(10, 1000))),
        line(format!("idle_tx {}", dice.within(1000, 5000))),
        line(format!("multiplier {}", dice.within(1, 10))),
        line("passive"),
        line(format!("weight -{}", dice.within(1, 200))),
    ];
    lines.extend(some(dice, more));
    block(format!("bfd_instance B{n}"), lines)
}

fn address(dice: &mut Dice<'_>, n: u32, i: u32, v6: bool) -> Line {
    if v6 {
        let options = ["", "/64", "/64 dev eth1", "/128 no_track", "/64 home", "/64 preferred_lft 100"];
        let start = if i == 0 { "fe80::" } else { "2001:db8::" };
        return line(format!("{start}{n}:{i:x}{}", dice.pick(&options)));
    }
    let options =
        ["", "/24", "/32 dev eth1", " label eth0:1", "/24 brd + scope global", "/24 brd 10.77.255.255 no_track"];
    line(format!("10.77.{}.{}{}", n + 100, i + 10, dice.pick(&options)))
}

fn addresses(dice: &mut Dice<'_>, n: u32, v6: bool) -> Vec<Line> {
    if !v6 && dice.once_in(8) {
        // Behind a brace on its line a name that has a value already is put in place before it is repeated.
        return vec![line(format!("~SEQ(I{n}, 5, {}) 10.77.{}.${{I{n}}}/32", dice.within(6, 9), n + 100))];
    }
    if !v6 && dice.once_in(8) {
        return vec![line(format!("~LST(I{n}, 5, 7, 9) 10.77.{}.${{I{n}}}/32", n + 100))];
    }
    (0..dice.within(1, 4)).map(|i| address(dice, n, i, v6)).collect()
}

fn route(dice: &mut Dice<'_>, i: u32) -> Line {
    let to = format!("10.9.{i}.0/24");
    let how = [
        "via 10.77.0.254 dev eth0",
        "dev eth0 metric 5",
        "dev eth1 table 100 src 10.77.0.1",
        "dev eth0 protocol static scope link no_track",
        "via 10.77.0.254 dev eth0 mtu 1400 advmss 1300 no_track",
        "dev eth0 window 1000 initcwnd 10",
        "no_track nexthop via 10.77.0.254 dev eth0 weight 1 nexthop via 10.77.0.253 dev eth0 weight 2",
    ];
    let kind = dice.pick(&["", "", "", "unicast "]);
    let how = dice.pick(&how);
    // A kind of route without a way.
    if dice.once_in(8) { line(format!("blackhole {to} no_track")) } else { line(format!("{kind}{to} {how}")) }
}

fn rule(dice: &mut Dice<'_>, i: u32) -> Line {
    let what = [
        "from 10.9.0.0/24 table 100",
        "to 10.9.0.0/16 lookup main",
        "from 10.9.1.0/24 iif eth0 table 200 no_track",
        "fwmark 5 table 100",
        "from 10.9.2.0/24 dev eth1 table 100",
        "from 10.9.3.0/24 blackhole",
        "from 10.9.4.0/24 ipproto tcp sport 10-20 table 100",
    ];
    line(format!("{} priority {}", dice.pick(&what), 1000 + i))
}

/// What instances and groups run when their state changes.
fn notify(dice: &mut Dice<'_>, of: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    for on in of {
        let command = dice.pick(&["/bin/true", "\"/bin/true now\"", "/bin/true root", "\"/bin/true {\" root root"]);
        lines.push(line(format!("{on} {command}")));
    }
    some(dice, lines)
}

/// A list of some of so many, each with its weight now and then.
fn tracked(dice: &mut Dice<'_>, keyword: &str, prefix: &str, count: u32, weight: &[&str]) -> Option<Line> {
    let mut lines = Vec::new();
    for n in 0..count {
        if dice.once_in(2) {
            lines.push(line(format!("{prefix}{n}{}", dice.pick(weight))));
        }
    }
    (!lines.is_empty()).then(|| block(keyword, lines))
}

fn instance(dice: &mut Dice<'_>, n: u32, grouped: bool, names: &Names) -> Line {
    let v6 = !grouped && dice.once_in(4);
    let (own, other) = if dice.once_in(3) { ("eth1", "eth0") } else { ("eth0", "eth1") };
    let mut lines = vec![line(format!("interface {own}")), line(format!("virtual_router_id {}", n + 10))];
    let version = if v6 { 3 } else { dice.below(3) + 1 };
    if version > 1 {
        lines.push(line(format!("version {version}")));
    }
    let priority = dice.within(1, 254);
    let waits = match dice.below(4) {
        // Without a priority it would be the owner of the addresses.
        1 => {
            lines.extend([line("state MASTER"), line(format!("priority {priority}"))]);
            false
        }
        2 => {
            lines.extend([line("state BACKUP"), line("nopreempt")]);
            false
        }
        3 => {
            lines.push(line("state BACKUP"));
            true
        }
        _ => {
            lines.extend((priority < 200).then(|| line(format!("priority {priority}"))));
            true
        }
    };
    let interval = if version == 3 { dice.pick(&["1", "0.5", "2.25", "40"]) } else { dice.pick(&["1", "2", "100"]) };
    let more = vec![
        line(format!("advert_int {interval}")),
        line(format!("garp_master_delay {}", dice.within(1, 10))),
        line("garp_master_repeat 3"),
        line("garp_lower_prio_delay 10"),
        line("garp_lower_prio_repeat 1"),
        line(format!("garp_master_refresh {}", dice.below(100))),
        line("skip_check_adv_addr"),
        line("dont_track_primary"),
        line(format!("smtp_alert {}", dice.pick(&["on", "off"]))),
        line("debug 2"),
        line("lower_prio_no_advert"),
        line("higher_prio_send_advert no"),
        line("notify_priority_changes"),
        line(format!("down_timer_adverts {}", dice.within(2, 9))),
        line("kernel_rx_buf_size 100000"),
    ];
    lines.extend(some(dice, more));
    if waits && dice.once_in(5) {
        lines.push(line(format!("preempt_delay {}", dice.within(1, 1000))));
    }
    if !v6 && version < 3 && dice.once_in(3) {
        let password = dice.pick(&["secret", "\"a b#!{\"", "12345678", "'x'"]);
        lines.push(block("authentication", vec![line("auth_type PASS"), line(format!("auth_pass {password}"))]));
    }
    match dice.below(6) {
        5 if !v6 => {
            let peers = ["10.77.0.2", "10.77.0.3", "10.77.0.4 min_ttl 250 max_ttl 255"];
            let peers = (0..dice.within(1, 3)).map(|i| line(peers[i as usize])).collect();
            lines.extend([line("unicast_src_ip 10.77.0.1"), block("unicast_peer", peers)]);
            lines.extend(some(dice, vec![line("check_unicast_src"), line("unicast_ttl 64")]));
        }
        4 if !grouped => lines.push(line(format!("use_vmac{}", dice.pick(&["", " vm"])))),
        3 if !v6 => lines.push(line("mcast_src_ip 10.77.0.1")),
        // Those of virtual MACs do it by themselves.
        2 => lines.push(line("promote_secondaries")),
        _ => {}
    }
    // There is one name only.
    for line in lines.iter_mut().filter(|l| l.words == "use_vmac vm") {
        line.words = format!("use_vmac vm.{n}");
    }
    if !grouped {
        let weights = ["", "", " weight -10", " weight 5", " weight 20 reverse"];
        lines.extend(tracked(dice, "track_script", "S", names.scripts, &weights));
        lines.extend(tracked(dice, "track_file", "F", names.files, &weights));
        lines.extend(tracked(dice, "track_process", "P", names.processes, &weights));
        lines.extend(tracked(dice, "track_bfd", "B", names.bfds, &weights));
        if dice.once_in(4) {
            lines.push(block("track_interface", vec![line(format!("{other}{}", dice.pick(&weights)))]));
        }
    }
    let notified = ["notify", "notify_master", "notify_backup", "notify_fault", "notify_stop"];
    lines.extend(notify(dice, &notified));
    let at = dice.below(2);
    let list = block("virtual_ipaddress", addresses(dice, n, v6));
    lines.insert(if at == 0 { lines.len() } else { 0 }, list);
    if dice.once_in(5) {
        lines
            .push(block("virtual_ipaddress_excluded", vec![line(format!("10.250.0.{n}")), line(format!("fd00::{n}"))]));
    }
    if dice.once_in(5) {
        let routes = (0..dice.within(1, 3)).map(|i| route(dice, 10 * n + i)).collect();
        lines.push(block("virtual_routes", routes));
    }
    if dice.once_in(5) {
        let rules = (0..dice.within(1, 3)).map(|i| rule(dice, 10 * n + i)).collect();
        lines.push(block("virtual_rules", rules));
    }
    block(format!("vrrp_instance V{n}"), lines)
}

fn group(dice: &mut Dice<'_>, members: u32) -> Line {
    let members = (0..members).map(|n| line(format!("V{n}"))).collect();
    let mut lines = vec![block("group", members)];
    lines.extend(notify(dice, &["notify", "notify_master", "notify_backup", "notify_fault"]));
    lines.extend(some(dice, vec![line("smtp_alert"), line("sync_group_tracking_weight")]));
    block("vrrp_sync_group G", lines)
}

fn statics(dice: &mut Dice<'_>) -> Vec<Line> {
    let mut blocks = Vec::new();
    let mut entries = vec![line("10.77.3.1/24 dev eth0"), line("10.77.3.2/32 dev eth1 scope host")];
    let tracks = dice.once_in(3);
    if tracks {
        blocks.push(block("track_group T", vec![block("group", vec![line("V0")])]));
        entries.push(line("10.77.3.3/24 dev eth0 track_group T"));
    }
    blocks.push(block("static_ipaddress", entries));
    blocks.push(block("static_routes", (0..dice.within(1, 3)).map(|i| route(dice, 200 + i)).collect()));
    let mut rules: Vec<Line> = (0..dice.within(1, 3)).map(|i| rule(dice, 200 + i)).collect();
    if tracks {
        rules.push(line("track_group T from 10.9.9.0/24 iif eth0 table 100 preference 999"));
    }
    blocks.push(block("static_rules", rules));
    some(dice, blocks.split_off(usize::from(tracks))).into_iter().fold(blocks, |mut all, b| {
        all.push(b);
        all
    })
}

/// A virtual server, and perhaps the group that it is of.
fn virtual_server(dice: &mut Dice<'_>, n: u32, names: &Names) -> Vec<Line> {
    let mut all = Vec::new();
    let kind = dice.below(5);
    let udp = kind < 3 && dice.once_in(3);
    let head = match kind {
        4 => {
            let entries = vec![line(format!("10.77.20{n}.1 80")), line(format!("10.77.20{n}.2-5 80"))];
            all.push(block(format!("virtual_server_group VG{n}"), entries));
            format!("group VG{n}")
        }
        3 => format!("fwmark {}", n + 1),
        _ => format!("10.77.0.{} 80", 100 + n),
    };
    let mut lines = vec![
        line(format!("lb_algo {}", dice.pick(&["rr", "wrr", "lc", "wlc", "sh", "dh", "sed", "nq"]))),
        line(format!("lb_kind {}", if kind == 3 { "NAT" } else { dice.pick(&["NAT", "DR", "TUN"]) })),
    ];
    // What has a mark alone is of any protocol.
    if kind != 3 {
        lines.push(line(format!("protocol {}", if udp { "UDP" } else { "TCP" })));
    }
    let more = vec![
        line(format!("delay_loop {}", dice.pick(&["6", "10", "1.5"]))),
        line("delay_before_retry 2"),
        line("retry 3"),
        line("warmup 1"),
        line(format!("persistence_timeout {}", dice.within(1, 600))),
        line("virtualhost www.example.com"),
        line("alpha"),
        line("omega"),
        line("quorum_up \"/bin/true up\""),
        line("quorum_down /bin/true"),
        line("sorry_server 10.77.0.9 80"),
    ];
    lines.extend(some(dice, more));
    if kind < 3 {
        lines.extend(some(dice, vec![line("ha_suspend")]));
    }
    for i in 0..dice.within(1, 3) {
        lines.push(real_server(dice, i, udp, names));
    }
    all.push(block(format!("virtual_server {head}"), lines));
    all
}

fn real_server(dice: &mut Dice<'_>, i: u32, udp: bool, names: &Names) -> Line {
    let mut lines = Vec::new();
    let more = vec![
        line(format!("weight {}", dice.within(1, 100))),
        line("inhibit_on_failure"),
        line("notify_up \"/bin/true up\""),
        line("notify_down /bin/true"),
        line("lthreshold 5"),
        line("uthreshold 500"),
    ];
    lines.extend(some(dice, more));
    for n in 0..dice.below(3) {
        lines.push(checker(dice, udp, n == 0, names));
    }
    block(format!("real_server 10.77.0.{} 80", 10 + i), lines)
}

fn checker(dice: &mut Dice<'_>, udp: bool, bfd: bool, names: &Names) -> Line {
    let timing = vec![
        line("connect_timeout 3"),
        line("connect_port 8080"),
        line("bindto 10.77.0.1"),
        line("retry 2"),
        line("delay_before_retry 1"),
        line("delay_loop 5"),
        line("warmup 0"),
    ];
    let (name, mut lines, connects) = match dice.below(8) {
        1 => {
            let mut url = vec![line("path /health")];
            let status = dice.pick(&["status_code 200", "status_code 200-299"]);
            url.extend(some(dice, vec![line(status), line("virtualhost www.example.com")]));
            ("HTTP_GET", vec![block("url", url)], true)
        }
        2 => ("MISC_CHECK", vec![line("misc_path \"/bin/true -x\""), line("misc_timeout 5")], false),
        3 => ("SMTP_CHECK", vec![line("helo_name lb.example.com")], true),
        4 => ("DNS_CHECK", vec![line("type A"), line("name www.example.com")], true),
        5 => ("PING_CHECK", Vec::new(), false),
        6 if names.files > 0 => ("FILE_CHECK", vec![line("track_file F0")], false),
        7 if names.bfds > 0 && bfd => return block("BFD_CHECK", vec![line("name B0")]),
        _ if udp => ("UDP_CHECK", vec![line("payload 0a1b")], false),
        _ => ("TCP_CHECK", Vec::new(), true),
    };
    if connects {
        lines.extend(some(dice, timing));
    }
    block(name, lines)
}
