//! Small configurations from the rows of the table that are options of a list's entries.

use super::table::{Cases, Row, slug, within};

/// Whether the rows of a block are options of a list's entries.
pub fn is_entry(block: &str) -> bool {
    let lists = [
        "ipaddress",
        "ipaddress_excluded",
        "_routes",
        "_rules",
        "unicast_peer",
        "_interface",
        "_script",
        "_bfd",
        "_process",
    ];
    block == "virtual_server_group"
        || block.starts_with("static_")
        || block.starts_with("vrrp_sync_group/")
        || block.starts_with("vrrp_instance/") && lists.iter().any(|l| block.ends_with(l))
        || block == "vrrp_instance/track_file"
}

const NUMBERS: &[&str] = &["5", "", "0", "-1", "4294967295", "4294967296", "x", "5x", "0x5"];
const INTERFACES: &[&str] = &["eth1", "", "eth9", "eth0", "lo", "sixteen--letters"];
const FLAG: &[&str] = &[" "];

/// What is tried behind an option of an address; the first is one that keepalived takes.
#[rustfmt::skip]
fn of_addresses(option: &str) -> &'static [&'static str] {
    match option {
        "dev" => INTERFACES,
        "scope" => &["link", "", "global", "host", "site", "nowhere", "253", "0", "255", "256", "-1", "0x10", "nosuch"],
        "brd" | "broadcast" => &["10.77.0.255", "", "+", "-", "fe80::1", "10.77.0.255/24", "+ peer 10.77.0.200", "x"],
        "label" => &["eth0:1", "", "fifteen-letters", "sixteen--letters", "other"],
        "peer" => &["10.77.0.200", "", "10.77.0.200/32", "fe80::2", "x"],
        "preferred_lft" => &["forever", "", "0", "1", "4294967295", "4294967296", "-1", "x"],
        "track_group" => &["G", "", "none"],
        _ => FLAG,
    }
}

/// What is tried behind an option of a route; the first is one that keepalived takes.
#[rustfmt::skip]
fn of_routes(option: &str) -> &'static [&'static str] {
    match option {
        "to" => &["10.2.0.0/16", "", "default", "any", "all", "10.2.0.0", "10.2.0.0/33", "x", "2001:db8::/32"],
        "src" => &["10.77.0.1", "", "10.77.0.1/24", "x", "fe80::1"],
        "via" => &["10.77.0.3", "", "inet 10.77.0.3", "inet6 fe80::1", "10.77.0.3/24", "x", "fe80::1"],
        "gw" | "or" => &["10.77.0.3", "", "x"],
        "from" => &["2001:db8::/32", "", "10.0.0.0/8", "x"],
        "as" => &["10.77.0.3", "", "to 10.77.0.3", "x"],
        "tos" | "dsfield" => &["0x10", "", "16", "255", "256", "0", "-1", "nosuch"],
        "table" => &["100", "", "main", "local", "default", "0", "4294967295", "4294967296", "-1", "nosuch"],
        "protocol" => &["18", "", "static", "kernel", "keepalived", "0", "255", "256", "nosuch"],
        "scope" => &["link", "", "global", "host", "253", "256", "nosuch"],
        "metric" | "priority" | "preference" | "expires" | "window" | "initcwnd" | "initrwnd" => NUMBERS,
        "dev" | "oif" => INTERFACES,
        "encap" => &["ip id 1 dst 10.0.0.1", "", "ip", "ip6 id 1 dst fe80::1", "mpls 100", "mpls", "ila 1:2:3:4", "ila x", "foo", "ip id x", "ip id 1 dst 10.0.0.1 src 10.0.0.2 tos 1 ttl 5 flags 1", "ip foo 1", "ip id"],
        "mtu" | "advmss" | "reordering" | "cwnd" | "ssthresh" => &["1400", "", "lock 1400", "lock", "0", "-1", "4294967295", "4294967296", "x", "1400x"],
        "hoplimit" => &["5", "", "0", "255", "256", "-1", "x"],
        "rtt" | "rttvar" | "rto_min" => &["100", "", "100ms", "1s", "lock 100", "lock", "x", "-1", "0.5s", "1.5", "100us", "4294967296"],
        "realms" => &["1", "", "1/2", "256", "65536", "1/256", "1/", "nosuch"],
        "features" => &["ecn", "", "1", "x"],
        "quickack" | "fastopen_no_cookie" => &["1", "", "0", "2", "x"],
        "congctl" => &["cubic", "", "lock cubic", "lock", "a-very-long-name-of-an-algorithm"],
        "pref" => &["low", "", "medium", "high", "1", "x"],
        "ttl-propagate" => &["enabled", "", "disabled", "x"],
        "nexthop" => &["via 10.77.0.3 dev eth0", "", "via 10.77.0.3", "dev eth0", "via 10.77.0.3 weight 1", "via 10.77.0.3 weight 256", "via 10.77.0.3 weight 257", "via 10.77.0.3 weight 0", "via 10.77.0.3 weight x", "via 10.77.0.3 onlink", "via x", "via 10.77.0.3 foo", "via 10.77.0.3 dev eth0 nexthop via 10.77.0.4 dev eth0", "via 10.77.0.3 realms 1", "via 10.77.0.3 dev eth9", "via fe80::1"],
        "vrf" => &["eth1", "", "eth9"],
        "track_group" => &["G", "", "none"],
        _ => FLAG,
    }
}

/// What is tried behind an option of a rule; the first is one that keepalived takes.
#[rustfmt::skip]
fn of_rules(option: &str) -> &'static [&'static str] {
    match option {
        "from" | "to" => &["10.2.0.0/16", "", "default", "any", "all", "10.2.0.0", "10.2.0.0/33", "x", "2001:db8::/32"],
        "table" | "lookup" => &["101", "", "main", "local", "default", "0", "1", "4294967295", "4294967296", "-1", "nosuch"],
        "preference" | "order" | "priority" => &["1001", "", "0", "4294967295", "4294967296", "-1", "x", "0x100", "010"],
        "tos" | "dsfield" => &["0x10", "", "16", "255", "256", "0", "-1", "nosuch"],
        "fwmark" => &["5", "", "0x5", "5/0xff", "0x5/x", "x", "4294967295", "4294967296", "-1", "0"],
        "realms" => &["1", "", "1/2", "65536", "nosuch"],
        "suppress_prefixlength" | "sup_pl" => &["5", "", "0", "2147483647", "2147483648", "-1", "x", "32", "33"],
        "suppress_ifgroup" | "sup_group" => &["5", "", "default", "0", "4294967295", "4294967296", "-1", "nosuch"],
        "iif" | "dev" | "oif" => INTERFACES,
        "tunnel-id" => &["5", "", "0", "18446744073709551615", "18446744073709551616", "-1", "x"],
        "uidrange" => &["0-5", "", "5", "5-0", "5-5", "x", "5-x", "0-4294967294", "0-4294967295", "0-4294967296"],
        "protocol" => &["18", "", "0", "255", "256", "-1", "x", "static"],
        "ipproto" => &["6", "", "tcp", "0", "255", "256", "nosuch", "-1"],
        "sport" | "dport" => &["80-80", "", "80", "80-443", "443-80", "0-5", "1-65535", "1-65536", "x", "80-x"],
        "type" => &["blackhole", "", "prohibit", "unreachable", "goto 2000", "nop", "x", "unicast"],
        "goto" => &["2000", "", "500", "1000", "x", "4294967295", "4294967296"],
        "track_group" => &["G", "", "none"],
        _ => FLAG,
    }
}

const WEIGHTS: &[&str] = &[
    "2",
    "",
    "-253",
    "253",
    "-254",
    "254",
    "-255",
    "255",
    "0",
    "x",
    "2.5",
    "2 reverse",
    "2 noreverse",
    "2 x",
    "reverse",
    "2 reverse x",
];

/// The cases of a row that is an option of a list's entries.
pub fn cases(row: &Row, cases: &mut Cases) {
    let (block, option) = (row.block.as_str(), row.keyword.as_str());
    let list = block.rsplit('/').next().unwrap_or_default();
    if list.ends_with("ipaddress") || list == "virtual_ipaddress_excluded" {
        addresses(block, option, cases);
    } else if list.ends_with("_routes") {
        routes(block, option, cases);
    } else if list.ends_with("_rules") {
        rules(block, option, cases);
    } else if list == "unicast_peer" {
        for value in ["1", "", "0", "255", "256", "-1", "x", "1 extra", "1 min_ttl 2 max_ttl 3"] {
            let text = within(block, &format!("        10.77.0.2 {option} {value}\n"));
            cases.add(block, option, &slug(value), text);
        }
        cases.add(block, option, "misspelt", within(block, &format!("        10.77.0.2 {option}x 1\n")));
    } else if list == "virtual_server_group" {
        for value in ["5", "", "0", "4294967295", "4294967296", "-1", "x", "5 inet", "5 inet6", "5 foo", "0x5", "5 80"]
        {
            cases.add(block, option, &slug(value), within(block, &format!("    {option} {value}\n")));
        }
    } else {
        let tracked = match list {
            "track_interface" => "eth1",
            "track_script" => "chk",
            "track_file" => "tf",
            "track_process" => "tp",
            _ => "b1",
        };
        for value in cases.some(block, WEIGHTS) {
            cases.add(block, option, &slug(value), within(block, &format!("        {tracked} {option} {value}\n")));
        }
        cases.add(block, option, "misspelt", within(block, &format!("        {tracked} {option}x 2\n")));
        cases.add(block, "name", "unknown", within(block, "        none\n"));
        cases.add(block, "name", "twice", within(block, &format!("        {tracked}\n        {tracked}\n")));
        cases.add(block, "name", "two-on-a-line", within(block, &format!("        {tracked} {tracked}\n")));
        cases.add(block, "name", "bare", within(block, &format!("        {tracked}\n")));
    }
}

fn addresses(block: &str, option: &str, cases: &mut Cases) {
    let dev = if block.starts_with("static") && option != "dev" { "dev eth0 " } else { "" };
    let four = |rest: &str| within(block, &format!("        10.77.0.50/24 {dev}{rest}\n"));
    let six = |rest: &str| within(block, &format!("        fe80::50/64 {dev}{rest}\n"));
    let values = of_addresses(option);
    let line = |value: &str| format!("{option} {value}").trim_end().to_owned();
    for value in cases.some(block, values) {
        cases.add(block, option, &slug(value.trim()), four(&line(value)));
    }
    let fit = line(values[0]);
    if cases.is_like_another(block) {
        return;
    }
    cases.add(block, option, "six", six(&fit));
    cases.add(block, option, "twice", four(&format!("{fit} {fit}")));
    cases.add(block, option, "extra", four(&format!("{fit} extra")));
    cases.add(block, option, "misspelt", four(&format!("{option}x {}", values[0])));
    cases.add(block, option, "before", within(block, &format!("        {fit} 10.77.0.50/24\n")));
}

/// Addresses without options.
pub fn bare_addresses(cases: &mut Cases) {
    let blocks = ["vrrp_instance/virtual_ipaddress", "vrrp_instance/virtual_ipaddress_excluded", "static_ipaddress"];
    for block in blocks {
        for address in [
            "10.77.0.50",
            "10.77.0.50/24",
            "10.77.0.50/",
            "10.77.0.50/0",
            "10.77.0.50/32",
            "10.77.0.50/33",
            "10.77.0.50/-1",
            "10.77.0.50/x",
            "10.77.0.50/255.255.255.0",
            "10.77.0.50/24/8",
            "10.77.0.256",
            "10.77.0",
            "010.077.000.050",
            "fe80::50",
            "fe80::50/64",
            "fe80::50/128",
            "fe80::50/129",
            "fe80::50%eth0",
            "2001:db8::50",
            "::ffff:10.0.0.1",
            "x",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.18",
            "ff02::12",
            "127.0.0.1",
            "\"10.77.0.50\"",
            "10.77.0.50,",
            "10.77.0.50 10.77.0.51",
            "10.77.0.50\n        10.77.0.50",
            "10.77.0.50\n        10.77.0.51",
            "10.77.0.50\n        fe80::51",
            "fe80::50\n        10.77.0.51",
            "10.77.0.50-60",
            "10.77.0.50;",
            "default",
            "0x0a4d0032",
            "+10.77.0.50",
            "[fe80::50]",
        ] {
            let dev = if block.starts_with("static") && !address.contains(['\n', ' ']) { " dev eth0" } else { "" };
            cases.add(
                block,
                "address",
                &slug(&address.replace("        ", "")),
                within(block, &format!("        {address}{dev}\n")),
            );
        }
    }
}

fn routes(block: &str, option: &str, cases: &mut Cases) {
    let route = |rest: &str| {
        let via = if option == "via" || option == "gw" || option == "nexthop" || option == "or" {
            ""
        } else {
            "via 10.77.0.2 "
        };
        let dev = if matches!(option, "dev" | "oif" | "nexthop" | "or") { "" } else { "dev eth0 " };
        within(block, &format!("        10.1.0.0/16 {via}{dev}{rest}\n"))
    };
    let values = of_routes(option);
    let line = |value: &str| format!("{option} {value}").trim_end().to_owned();
    for value in cases.some(block, values) {
        cases.add(block, option, &slug(value.trim()), route(&line(value)));
    }
    let fit = line(values[0]);
    if cases.is_like_another(block) {
        return;
    }
    cases.add(block, option, "six", within(block, &format!("        2001:db8:1::/48 via fe80::2 dev eth0 {fit}\n")));
    cases.add(block, option, "twice", route(&format!("{fit} {fit}")));
    cases.add(block, option, "extra", route(&format!("{fit} extra")));
    cases.add(block, option, "misspelt", route(&format!("{option}x {}", values[0])));
    cases.add(block, option, "first", within(block, &format!("        {fit} 10.1.0.0/16 via 10.77.0.2 dev eth0\n")));
}

/// Routes and rules without the options of the table, or in another order.
#[rustfmt::skip]
pub fn bare_routes_and_rules(cases: &mut Cases) {
    for block in ["vrrp_instance/virtual_routes", "static_routes"] {
        for line in [
            "10.1.0.0/16", "10.1.0.0/16 dev eth0", "10.1.0.0/16 via 10.77.0.2", "default via 10.77.0.2 dev eth0", "0.0.0.0/0 via 10.77.0.2 dev eth0",
            "to 10.1.0.0/16 dev eth0", "10.1.0.0/16 10.2.0.0/16 dev eth0", "unicast 10.1.0.0/16 dev eth0", "unreachable 10.1.0.0/16", "prohibit 10.1.0.0/16",
            "throw 10.1.0.0/16", "local 10.1.0.0/16 dev eth0", "broadcast 10.1.0.0/16 dev eth0", "anycast 10.1.0.0/16 dev eth0", "multicast 10.1.0.0/16 dev eth0",
            "nat 10.1.0.0/16 dev eth0", "blackhole 10.1.0.0/16", "blackhole default", "2001:db8::/32 via fe80::1 dev eth0", "10.1.0.0/33 dev eth0", "x dev eth0", "dev eth0",
            "10.1.0.0/16 via fe80::1 dev eth0", "10.1.0.0/16 foo dev eth0", "10.1.0.0/16 dev eth0 no_track", "10.1.0.0/16 via 10.77.0.2 no_track", "10.1.0.5/16 dev eth0", "10.1.0.0 dev eth0", "default", "any dev eth0",
        ] {
            cases.add(block, "route", &slug(line), within(block, &format!("        {line}\n")));
        }
    }
    for block in ["vrrp_instance/virtual_rules", "static_rules"] {
        for line in [
            "from 10.1.0.0/16 table 100", "from 10.1.0.0/16 table 100 preference 1000", "table 100 preference 1000", "from 10.1.0.0/16 preference 1000", "10.1.0.0/16 table 100 preference 1000",
            "from 10.1.0.0/16 blackhole preference 1000", "from 10.1.0.0/16 goto 2000 preference 1000", "from 10.1.0.0/16 goto 2000", "from 10.1.0.0/16 nop preference 1000",
            "from 10.1.0.0/16 table 100 blackhole preference 1000", "not from 10.1.0.0/16 table 100 preference 1000", "from 10.1.0.0/16 to fe80::/64 table 100 preference 1000",
            "from 2001:db8::/32 table 100 preference 1000", "iif eth0 table 100 preference 1000", "fwmark 5 table 100 preference 1000", "preference 1000", "x", "from 10.1.0.0/16 l3mdev preference 1000",
            "from 10.1.0.0/16 table 100 preference 1000 no_track", "from all table 100 preference 1000", "to default table 100 preference 1000", "inet table 100 preference 1000", "inet6 table 100 preference 1000",
        ] {
            cases.add(block, "rule", &slug(line), within(block, &format!("        {line}\n")));
        }
    }
}

fn rules(block: &str, option: &str, cases: &mut Cases) {
    let rule = |rest: &str| {
        let from = if option == "from" { "" } else { "from 10.1.0.0/16 " };
        let action = ["table", "lookup", "l3mdev", "type", "goto", "nop", "blackhole", "prohibit", "unreachable"]
            .contains(&option);
        let table = if action { "" } else { "table 100 " };
        let preference = if ["preference", "order", "priority"].contains(&option) { "" } else { "preference 1000 " };
        within(block, &format!("        {from}{table}{preference}{rest}\n"))
    };
    let values = of_rules(option);
    let line = |value: &str| format!("{option} {value}").trim_end().to_owned();
    for value in cases.some(block, values) {
        cases.add(block, option, &slug(value.trim()), rule(&line(value)));
    }
    let fit = line(values[0]);
    if cases.is_like_another(block) {
        return;
    }
    cases.add(
        block,
        option,
        "six",
        within(block, &format!("        from 2001:db8:1::/48 table 100 preference 1000 {fit}\n")),
    );
    cases.add(block, option, "twice", rule(&format!("{fit} {fit}")));
    cases.add(block, option, "extra", rule(&format!("{fit} extra")));
    cases.add(block, option, "misspelt", rule(&format!("{option}x {}", values[0])));
}
