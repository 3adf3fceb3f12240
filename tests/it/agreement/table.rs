//! Small configurations from the table of keywords: each keyword with what it takes, its bounds and what lies just
//! outside, without its argument, twice, with a word too many, misspelt, and where it does not belong.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Case;

/// A row of tests/fixtures/conf/keywords.tsv.
pub struct Row {
    pub block: String,
    pub keyword: String,
    argument: String,
    /// Whether keepalived 2.2.7 does not know it.
    pub newer: bool,
}

pub fn rows() -> Vec<Row> {
    let text = include_str!("../../fixtures/conf/keywords.tsv");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [block, keyword, argument, _, _, _, since, _, _] = fields[..] else { panic!("{line}") };
        Row {
            block: block.to_owned(),
            keyword: keyword.to_owned(),
            argument: argument.to_owned(),
            newer: !since.is_empty(),
        }
    };
    text.lines().skip(1).map(row).collect()
}

/// What all configurations begin with, so that scripts may run.
pub const SCRIPTS: &str = "global_defs {\n    enable_script_security\n    script_user root\n}\n";
/// A virtual router that is complete.
pub const INSTANCE: &str = "vrrp_instance V {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        10.77.0.100\n    }\n}\n";
const TRACKED: &str = "vrrp_script chk {\n    script \"/bin/true\"\n}\ntrack_file tf {\n    file /tmp/hactl-none\n}\nvrrp_track_process tp {\n    process keepalived\n}\nbfd_instance b1 {\n    neighbor_ip 10.77.0.2\n}\n";

/// A complete configuration with `lines` in a block of this name.
#[rustfmt::skip]
pub fn within(block: &str, lines: &str) -> String {
    let instance = |lines: &str| format!("vrrp_instance V {{\n    interface eth0\n    virtual_router_id 51\n{lines}    virtual_ipaddress {{\n        10.77.0.100\n    }}\n}}\n");
    let server = |head: &str, rest: &str| format!("virtual_server 10.77.0.100 80 {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n{head}    real_server 10.77.0.10 80 {{\n{rest}    }}\n}}\n");
    let checker = |name: &str, lines: &str| server("", &format!("        {name} {{\n{lines}        }}\n"));
    let list = |name: &str| format!("vrrp_instance V {{\n    interface eth0\n    virtual_router_id 51\n    {name} {{\n{lines}    }}\n}}\n");
    let more = |name: &str| instance(&format!("    {name} {{\n{lines}    }}\n"));
    let group = |lines: &str| format!("vrrp_sync_group G {{\n    group {{\n        V\n        W\n    }}\n{lines}}}\n{INSTANCE}{}", INSTANCE.replace("e V {", "e W {").replace("51", "52").replace("0.100", "0.101"));
    let body = match block {
        "(top)" => format!("{lines}{INSTANCE}"),
        "global_defs" => format!("global_defs {{\n{lines}}}\n{INSTANCE}"),
        "track_group" => format!("track_group G {{\n{lines}}}\n{INSTANCE}"),
        "garp_group" => format!("garp_group {{\n    garp_interval 1\n    interface eth1\n{lines}}}\n{INSTANCE}"),
        "vrrp_sync_group" => format!("{TRACKED}{}", group(lines)),
        "vrrp_instance" => format!("{TRACKED}{}", instance(lines)),
        "vrrp_instance/authentication" => instance(&format!("    authentication {{\n        auth_type PASS\n        auth_pass secret\n{lines}    }}\n")),
        "vrrp_instance/auth_hmac" => more("auth_hmac"),
        "vrrp_instance/virtual_ipaddress" => list("virtual_ipaddress"),
        "vrrp_instance/virtual_ipaddress_excluded" => more("virtual_ipaddress_excluded"),
        "vrrp_instance/virtual_routes" => more("virtual_routes"),
        "vrrp_instance/virtual_rules" => more("virtual_rules"),
        "vrrp_instance/unicast_peer" => more("unicast_peer"),
        "vrrp_instance/track_interface" | "vrrp_instance/track_script" | "vrrp_instance/track_file" | "vrrp_instance/track_process" | "vrrp_instance/track_bfd" => format!("{TRACKED}{}", more(&block[14..])),
        "vrrp_sync_group/track_interface" | "vrrp_sync_group/track_script" | "vrrp_sync_group/track_file" | "vrrp_sync_group/track_process" | "vrrp_sync_group/track_bfd" => format!("{TRACKED}{}", group(&format!("    {} {{\n{lines}    }}\n    sync_group_tracking_weight\n", &block[16..]))),
        "static_ipaddress" | "static_routes" | "static_rules" => format!("track_group G {{\n    group {{\n        V\n    }}\n}}\n{block} {{\n{lines}}}\n{INSTANCE}"),
        "vrrp_script" => format!("vrrp_script chk {{\n    script \"/bin/true\"\n{lines}}}\n{}", instance("    track_script {\n        chk\n    }\n")),
        "vrrp_track_process" => format!("vrrp_track_process tp {{\n    process keepalived\n{lines}}}\n{}", instance("    track_process {\n        tp\n    }\n")),
        "track_file" | "vrrp_track_file" => format!("{block} tf {{\n    file /tmp/hactl-none\n{lines}}}\n{}", instance("    track_file {\n        tf\n    }\n")),
        "bfd_instance" => format!("bfd_instance b1 {{\n    neighbor_ip 10.77.0.2\n{lines}}}\n{INSTANCE}"),
        "SSL" => format!("SSL {{\n{lines}}}\n{INSTANCE}"),
        "virtual_server_group" => format!("virtual_server_group G {{\n{lines}}}\nvirtual_server group G {{\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    real_server 10.77.0.10 80 {{\n    }}\n}}\n"),
        "virtual_server" => server(lines, ""),
        "virtual_server/real_server" => server("", lines),
        "virtual_server/real_server/MISC_CHECK" => checker("MISC_CHECK", &format!("            misc_path \"/bin/true\"\n{lines}")),
        "virtual_server/real_server/SMTP_CHECK/host" => checker("SMTP_CHECK", &format!("            host {{\n{lines}            }}\n")),
        "virtual_server/real_server/HTTP_GET" | "virtual_server/real_server/SSL_GET" => checker(&block[27..], &format!("            url {{\n                path /\n            }}\n{lines}")),
        "virtual_server/real_server/HTTP_GET/url" | "virtual_server/real_server/SSL_GET/url" => checker(block[27..35].trim_end_matches('/'), &format!("            url {{\n                path /\n{lines}            }}\n")),
        "virtual_server/real_server/FILE_CHECK" => format!("{TRACKED}{}", checker("FILE_CHECK", &format!("            track_file tf\n{lines}"))),
        "virtual_server/real_server/BFD_CHECK" => format!("{TRACKED}{}", checker("BFD_CHECK", &format!("            name b1\n{lines}"))),
        _ => checker(&block[27..], lines),
    };
    format!("{SCRIPTS}{body}")
}

/// What is tried behind keywords that take something of their own. The first is one that keepalived takes.
#[rustfmt::skip]
const SAMPLES: &[(&str, &str, &[&str])] = &[
    ("(top)", "net_namespace", &["", "a b"]),
    ("(top)", "net_namespace_ipvs", &["", "ns", "ns b"]),
    ("(top)", "instance", &["one", "", "\"two words\""]),
    ("global_defs", "process_name", &["name", "", "fifteen-letters", "sixteen--letters"]),
    ("global_defs", "notification_email_from", &["a@example.org", "", "a b", "\"a b\""]),
    ("global_defs", "smtp_server", &["127.0.0.1", "", "127.0.0.1 25", "127.0.0.1 1", "127.0.0.1 65535", "127.0.0.1 0", "127.0.0.1 65536", "127.0.0.1 x", "127.0.0.1:25", "::1", "::1 25", "127.0.0.1 25 x", "[::1]:25"]),
    ("global_defs", "max_auto_priority", &["0", "", "-1", "99", "-2", "100", "x"]),
    ("global_defs", "lvs_timeouts", &["tcp 100", "", "tcp", "tcp 0", "tcp 2678400", "tcp 2678401", "tcp -1", "tcp x", "tcp 1 tcpfin 2 udp 3", "udp 5 x", "sctp 5", "5"]),
    ("global_defs", "lvs_sync_daemon", &["eth0", "", "eth0 V", "eth0 V 5", "eth0 id 0", "eth0 id 255", "eth0 id 256", "eth0 id -1", "eth0 id x", "eth0 id", "eth0 maxlen 1", "eth0 maxlen 65507", "eth0 maxlen 65508", "eth0 maxlen 0", "eth0 port 1", "eth0 port 65535", "eth0 port 0", "eth0 port 65536", "eth0 ttl 1", "eth0 ttl 255", "eth0 ttl 0", "eth0 ttl 256", "eth0 group 224.0.0.81", "eth0 group 10.0.0.1", "eth0 group ff02::81", "eth0 group x", "eth0 inst V", "eth0 inst none", "eth0 inst", "eth0 foo 1", "eth9", "sixteen--letters"]),
    ("global_defs", "vrrp_mcast_group4", &["224.0.0.18", "", "239.255.255.255", "10.0.0.1", "ff02::12", "x", "224.0.0.18/32"]),
    ("global_defs", "vrrp_mcast_group6", &["ff02::12", "", "ff05::12", "ff0e::12", "224.0.0.18", "fe80::1", "x"]),
    ("global_defs", "vrrp_cpu_affinity", &["0", "", "0 0", "100000", "-1", "x", "0 x"]),
    ("global_defs", "checker_cpu_affinity", &["0", "", "0 0", "100000", "-1", "x", "0 x"]),
    ("global_defs", "bfd_cpu_affinity", &["0", "", "0 0", "100000", "-1", "x", "0 x"]),
    ("global_defs", "vrrp_rt_priority", &["50", "", "1", "99", "0", "100", "-1", "x"]),
    ("global_defs", "checker_rt_priority", &["50", "", "1", "99", "0", "100", "-1", "x"]),
    ("global_defs", "bfd_rt_priority", &["50", "", "1", "99", "0", "100", "-1", "x"]),
    ("global_defs", "vrrp_iptables", &["", "IN", "IN OUT", "IN OUT X", "a-name-of-many-letters-that-is-too-long"]),
    ("global_defs", "vrrp_ipsets", &["", "a", "a b c d e f", "a b c d e f g"]),
    ("global_defs", "snmp_socket", &["udp:127.0.0.1:161", "", "\"a b\""]),
    ("global_defs", "script_user", &["root", "", "root root", "nobody", "nosuchuser", "root nosuchgroup", "root root x"]),
    ("global_defs", "vrrp_rx_bufs_policy", &["MTU", "", "ADVERT", "mtu", "4096", "0", "-1", "x", "MTU ADVERT", "MTU 4096", "4096 8192"]),
    ("global_defs", "umask", &["022", "", "0", "0777", "01000", "777", "8", "0x12", "IRUSR", "IRUSR|IWUSR", "IRUSR | IWUSR", "IRUSR|FOO", "FOO", "IRWXU", "-1", "022 x"]),
    ("global_defs", "include_check", &["", "read", "match", "wildcard_match", "brace_match", "+read", "-read", "read match", "read +match", "+read -match", "foo", "read foo"]),
    ("global_defs", "config_save_dir", &["saved", "", "saved x"]),
    ("global_defs", "reload_time_file", &["/tmp/hactl-none", "", "/tmp/hactl-none x", "relative"]),
    ("global_defs", "state_dump_file", &["/tmp/hactl-none"]),
    ("global_defs", "default_interface", &["eth0", "", "eth9"]),
    ("global_defs", "dynamic_interfaces", &["", "allow_if_changes", "other"]),
    ("global_defs", "lvs_flush_on_stop", &["", "VS", "vs", "X"]),
    ("global_defs", "lvs_flush_onstop", &["", "VS", "vs", "X"]),
    ("garp_group", "interface", &["eth0", "", "eth9", "eth1", "lo"]),
    ("vrrp_instance", "use_vmac", &["", "vmac1", "vmac1 02:00:00:00:00:01", "02:00:00:00:00:01", "name vmac1", "sixteen--letters", "vmac1 x", "eth1", "netlink_notify_msg", "zz:00", "02:00:00:00:00:01:02"]),
    ("vrrp_instance", "use_ipvlan", &["", "ipv1", "name ipv1", "ipv1 bridge", "bridge", "ipv1 private", "ipv1 vepa", "ipv1 10.77.0.3", "10.77.0.3", "fe80::3", "sixteen--letters", "ipv1 x y"]),
    ("vrrp_instance", "old_unicast_checksum", &["", "never", "always"]),
    ("vrrp_instance", "interface", &["eth0", "", "eth1", "lo", "eth9", "sixteen--letters", "\"eth0\""]),
    ("vrrp_instance", "vrf", &["eth1", "", "eth9"]),
    ("vrrp_instance", "lvs_sync_daemon_interface", &["eth0", "", "eth9"]),
    ("vrrp_instance", "mcast_src_ip", &["10.77.0.1", "", "10.77.0.9", "10.77.0.1/24", "10.77.0.1-5", "fe80::1", "x", "224.0.0.1", "10.77.0.256"]),
    ("vrrp_instance", "unicast_src_ip", &["10.77.0.1", "", "10.77.0.9", "10.77.0.1/24", "fe80::1", "x"]),
    ("vrrp_instance", "mcast_dst_ip", &["224.0.0.18", "", "239.1.2.3", "10.0.0.1", "ff02::12", "x", "224.0.0.18/4"]),
    ("vrrp_instance", "notify_deleted", &["", "\"/bin/true\"", "\"/bin/true\" root", "\"/bin/true\" nosuchuser", "/no/such/script"]),
    ("vrrp_instance/authentication", "auth_type", &["PASS", "", "AH", "pass", "MD5", "PASS AH"]),
    ("vrrp_instance/authentication", "auth_pass", &["12345678", "", "1", "123456789", "\"\"", "\"a b\"", "a b"]),
    ("vrrp_instance/auth_hmac", "key", &["1 0123456789abcdef0123456789abcdef", ""]),
    ("vrrp_script", "user", &["root", "", "root root", "nobody", "nosuchuser", "root nosuchgroup", "root root x"]),
    ("vrrp_script", "script", &["\"/bin/true\"", "", "\"/bin/true x y\"", "/bin/true x", "true", "nosuchscript", "/no/such/script", "\"/bin/true 'a\"", "\"\"", "'/bin/true x'"]),
    ("vrrp_script", "weight", &["2", "", "-253", "253", "-254", "254", "x", "2 reverse", "2 noreverse", "2 x", "1.5"]),
    ("vrrp_track_process", "process", &["keepalived", "", "/usr/sbin/keepalived", "keepalived -D", "\"keepalived -D\""]),
    ("vrrp_track_process", "weight", &["2", "", "-254", "254", "-255", "255", "x", "2 reverse", "2 x", "0"]),
    ("vrrp_track_process", "param_match", &["", "initial", "partial", "exact"]),
    ("track_file", "file", &["/tmp/hactl-none", "", "/no/such/directory/x", "relative"]),
    ("vrrp_track_file", "file", &["/tmp/hactl-none", ""]),
    ("track_file", "weight", &["2", "", "-254", "254", "-255", "255", "x", "2 reverse", "2 x", "0"]),
    ("vrrp_track_file", "weight", &["2", "", "255"]),
    ("track_file", "init_file", &["", "5", "5 overwrite", "overwrite", "overwrite 5", "254", "-254", "255", "-255", "x", "5 x", "5 overwrite x"]),
    ("vrrp_track_file", "init_file", &["", "5"]),
    ("bfd_instance", "source_ip", &["10.77.0.1", "", "fe80::1", "x", "10.77.0.1/24"]),
    ("bfd_instance", "neighbor_ip", &["10.77.0.2", "", "fe80::1", "x", "10.77.0.2/24"]),
    ("bfd_instance", "neighbour_ip", &["10.77.0.2", "", "fe80::1", "x"]),
    ("bfd_instance", "weight", &["2", "", "-253", "253", "-254", "254", "x", "2 reverse", "2 x"]),
    ("virtual_server", "lb_kind", &["NAT", "", "DR", "TUN", "nat", "FOO", "TUN type ipip", "TUN type gue port 5", "TUN type gue", "TUN type gre", "TUN type foo", "TUN type", "TUN type gue port 0", "TUN type gue port 65535", "TUN type gue port 65536", "TUN type gue port 5 csum", "TUN type gue port 5 nocsum", "TUN type gue port 5 remcsum", "TUN type ipip csum", "TUN type gre remcsum", "NAT type ipip", "DR x"]),
    ("virtual_server", "lvs_method", &["NAT", "", "DR", "TUN", "nat", "TUN type gue port 5"]),
    ("virtual_server/real_server", "lvs_method", &["NAT", "", "DR", "TUN", "nat", "TUN type gue port 5"]),
    ("virtual_server", "lb_algo", &["rr", "", "RR", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos", "foo", "rr x"]),
    ("virtual_server", "lvs_sched", &["rr", "", "foo"]),
    ("virtual_server", "persistence_engine", &["sip", "", "foo", "fifteen-letters", "sixteen--letters"]),
    ("virtual_server", "persistence_granularity", &["255.255.255.0", "", "255.255.255.255", "255.0.255.0", "0.0.0.0", "24", "128", "x", "255.255.255"]),
    ("virtual_server", "protocol", &["TCP", "", "UDP", "SCTP", "tcp", "ICMP"]),
    ("virtual_server", "ip_family", &["inet", "", "inet6", "ipv4"]),
    ("virtual_server", "snmp_name", &["name", "", "a b", "\"a b\"", "\"\""]),
    ("virtual_server/real_server", "snmp_name", &["name", "", "a b", "\"a b\"", "\"\""]),
    ("virtual_server", "sorry_server", &["10.77.0.11 80", "", "10.77.0.11", "10.77.0.11 0", "10.77.0.11 65535", "10.77.0.11 65536", "10.77.0.11 x", "fe80::1 80", "x 80", "10.77.0.11 80 x"]),
    ("virtual_server", "sorry_server_lvs_method", &["NAT", "", "DR", "FOO"]),
    ("virtual_server", "persistence_timeout", &["", "1", "2678400", "0", "2678401", "-1", "x"]),
    ("virtual_server_group", "fwmark", &["5", "", "0", "4294967295", "4294967296", "-1", "x", "5 inet", "5 inet6", "5 foo", "0x5"]),
    ("virtual_server/real_server/MISC_CHECK", "user", &["root", "", "root root", "nosuchuser", "root nosuchgroup"]),
    ("virtual_server/real_server/MISC_CHECK", "misc_path", &["\"/bin/true\"", "", "\"/bin/true x\"", "/bin/true x", "nosuchscript", "/no/such/script"]),
    ("virtual_server/real_server/UDP_CHECK", "payload", &["00 01", "", "0001", "ff", "fe", "0x01", "0", "zz", "\"00 01\""]),
    ("virtual_server/real_server/UDP_CHECK", "require_reply", &["", "00 01", "0X", "XX", "0001", "zz", "0", "ff"]),
    ("virtual_server/real_server/DNS_CHECK", "name", &["example.org", "", ".", "a..b", "example.org.", "\"\""]),
    ("virtual_server/real_server/FILE_CHECK", "track_file", &["tf", "", "none"]),
    ("virtual_server/real_server/FILE_CHECK", "weight", &["2", "", "-2147483647", "2147483647", "2147483648", "-2147483648", "x", "2 reverse", "2 noreverse", "2 x"]),
    ("virtual_server/real_server/BFD_CHECK", "name", &["b1", "", "none", "thirty-two-letters-in-a-name----", "b1 x"]),
    ("virtual_server/real_server/HTTP_GET/url", "path", &["/", "", "\"/a b\"", "a", "\"\""]),
    ("virtual_server/real_server/HTTP_GET/url", "digest", &["0123456789abcdef0123456789ABCDEF", "", "0123", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0"]),
    ("virtual_server/real_server/HTTP_GET/url", "status_code", &["200", "", "100", "599", "99", "600", "200 404", "200-299", "299-200", "200-", "-299", "x", "200 x", "200-600", "99-200", "200-299-300"]),
    ("virtual_server/real_server/HTTP_GET/url", "regex", &["\"ok\"", "", "\"(\"", "ok more"]),
    ("virtual_server/real_server/HTTP_GET/url", "regex_options", &["caseless", "", "caseless ucp", "foo"]),
    ("virtual_server/real_server/HTTP_GET/url", "regex_stack", &["1 2", "", "1", "0 1", "2 1", "x 1", "1 x"]),
    ("virtual_server/real_server/HTTP_GET", "http_protocol", &["1.1", "", "1.0", "1.0C", "1.0c", "1.1C", "2", "x"]),
    ("virtual_server/real_server/SSL_GET", "http_protocol", &["1.1", "", "1.0", "x"]),
];

/// Keywords that change how the same line is taken, or do something to the host.
const ONLY_SAMPLES: &[&str] = &["net_namespace", "include_check"];

/// A number with `places` decimal places as it is written.
fn decimal(n: i128, places: u32) -> String {
    let unit = 10_i128.pow(places);
    let (sign, n) = if n < 0 { ("-", -n) } else { ("", n) };
    if n % unit == 0 {
        return format!("{sign}{}", n / unit);
    }
    let text = format!("{sign}{}.{:0width$}", n / unit, n % unit, width = places as usize);
    text.trim_end_matches('0').to_owned()
}

/// The bounds of `int 1..255` and so on, in the last of their decimal places.
fn bounds(argument: &str, places: u32) -> Option<(i128, i128)> {
    let range = argument.split_whitespace().find(|w| w.contains(".."))?;
    let (low, high) = range.split_once("..")?;
    let read = |s: &str| -> Option<i128> {
        let (negative, s) = s.strip_prefix('-').map_or((false, s), |s| (true, s));
        let (whole, fraction) = s.split_once('.').unwrap_or((s, ""));
        let n: i128 = format!("{whole}{fraction:0<width$}", width = places as usize).parse().ok()?;
        Some(if negative { -n } else { n })
    };
    Some((read(low)?, read(high)?))
}

/// Numbers at and around the bounds, a fit one first.
fn numbers(argument: &str, places: u32, odd: bool) -> Vec<String> {
    let (low, high) = bounds(argument, places).unwrap_or_else(|| panic!("{argument}"));
    let unit = 10_i128.pow(places);
    let fit = if (low..=high).contains(&unit) { unit } else { low };
    let mut all = vec![fit, low, high, low - 1, high + 1];
    if odd {
        all.extend([0, -unit]);
    }
    if places > 0 && odd {
        all.extend([low - unit, high + unit]);
    }
    let mut seen = BTreeSet::new();
    let mut texts: Vec<String> = all.into_iter().filter(|n| seen.insert(*n)).map(|n| decimal(n, places)).collect();
    if odd {
        texts.extend(["0x10", "5x", "\"\"", "99999999999999999999", "1e0"].map(str::to_owned));
        texts.extend(if places > 0 { ["1.0000001", "1.1.1"] } else { ["1.5", "+1"] }.map(str::to_owned));
    }
    texts.extend(["", "x"].map(str::to_owned));
    texts
}

/// What is tried behind a keyword; the first is one that keepalived takes.
fn samples(row: &Row, odd: bool) -> Vec<String> {
    let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    let block = row.block.as_str();
    let found = SAMPLES.iter().find(|(b, k, _)| *b == block && *k == row.keyword);
    // What both of the HTTP checkers take is tried in full in one of them.
    let found = found.or_else(|| {
        let other = block.replace("SSL_GET", "HTTP_GET");
        SAMPLES.iter().find(|(b, k, _)| *b == other && *k == row.keyword)
    });
    if let Some((_, _, list)) = found {
        return own(list);
    }
    let argument = row.argument.as_str();
    let bare = argument.split([' ', '(']).next().unwrap_or_default();
    match bare {
        "flag" => own(&[""]),
        "bool?" if odd => own(&["", "on", "off", "true", "no", "ON", "1", "maybe"]),
        "bool?" => own(&["", "off", "maybe"]),
        "[all]" => {
            let mut all = numbers(argument, 0, odd);
            all.extend(["all 10", "10 all", "all", "10 10"].map(str::to_owned));
            all
        }
        "int" | "sint" | "int?" | "sint?" if argument.contains("..") => numbers(argument, 0, odd),
        "int" => own(&["5", "", "0", "-1", "x"]),
        "dec-seconds" => numbers(argument, 6, odd),
        "dec-ms" => numbers(argument, 3, odd),
        "string" | "string?" | "[string]" => {
            let mut all: Vec<String> = own(&["name", ""]);
            if odd {
                all.extend(own(&["\"two words\"", "\"\""]));
            }
            let length = argument.split_once("(<=").and_then(|(_, n)| n.trim_end_matches(')').parse().ok());
            if let Some(length) = length {
                all.extend(["x".repeat(length), "x".repeat(length + 1)]);
            }
            all
        }
        "PATH" | "[PATH]" | "[TABLE]" => own(&["/tmp/hactl-none", "", "\"/tmp/a b\"", "relative"]),
        "ip" if odd => own(&[
            "10.77.0.9",
            "",
            "fe80::1",
            "2001:db8::1",
            "10.77.0.9/24",
            "10.77.0.9-5",
            "10.77.0.256",
            "10.77.0",
            "\"\"",
            "x",
        ]),
        "ip" => own(&["10.77.0.9", "", "fe80::1", "x"]),
        "script" if !odd => own(&["\"/bin/true a b\"", "", "/bin/true root", "\"/bin/true 'a b\""]),
        "script" => own(&[
            "\"/bin/true\"",
            "",
            "\"/bin/true a b\"",
            "/bin/true root",
            "/bin/true root root",
            "/bin/true nosuchuser",
            "/bin/true root nosuchgroup",
            "/no/such/script",
            "\"/bin/true 'a b\"",
            "\"\"",
            "\"/bin/true",
        ]),
        "enum" | "enum?" => {
            let list = argument.split_whitespace().nth(1).unwrap_or_default();
            let mut all: Vec<String> = list.split('|').map(str::to_owned).collect();
            let (lower, upper) = (all[0].to_lowercase(), all[0].to_uppercase());
            all.extend([String::new(), lower, upper, "foo".into()]);
            let mut seen = BTreeSet::new();
            all.retain(|s| seen.insert(s.clone()));
            all
        }
        _ => own(&["x", ""]),
    }
}

/// A name for a file that says what is tried.
pub fn slug(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-+.:".contains(c) { c } else { '_' }).collect();
    let plain = if plain.is_empty() { "bare".to_owned() } else { plain };
    if plain.len() > 40 { format!("{}-{}", &plain[..30], plain.len()) } else { plain }
}

/// Lines that a keyword's own meaning needs before or after it.
#[rustfmt::skip]
fn company(row: &Row) -> (&'static str, &'static str) {
    match (row.block.as_str(), row.keyword.as_str()) {
        ("vrrp_instance", "use_vmac_addr" | "vmac_xmit_base") => ("    use_vmac\n", ""),
        ("vrrp_instance", "unicast_fault_no_peer" | "check_unicast_src" | "old_unicast_checksum" | "unicast_ttl" | "unicast_src_ip") => ("", "    unicast_peer {\n        10.77.0.2\n    }\n"),
        ("virtual_server", "sorry_server_inhibit" | "sorry_server_lvs_method") => ("    sorry_server 10.77.0.11 80\n", ""),
        ("virtual_server", "sh-port" | "sh-fallback") => ("    lb_algo sh\n", ""),
        ("virtual_server", "mh-port" | "mh-fallback") => ("    lb_algo mh\n", ""),
        ("virtual_server", "ops") => ("    protocol UDP\n", ""),
        _ => ("", ""),
    }
}

/// A block in which a keyword does not belong.
fn elsewhere(row: &Row, all: &[Row]) -> &'static str {
    let known = |block: &str| all.iter().any(|r| r.block == block && r.keyword == row.keyword);
    ["vrrp_instance", "global_defs", "vrrp_script", "virtual_server"].into_iter().find(|b| !known(b)).unwrap_or("SSL")
}

fn scalar(row: &Row, all: &[Row], cases: &mut Cases) {
    let (block, keyword) = (row.block.as_str(), row.keyword.as_str());
    let (before, after) = company(row);
    let lines = |lines: &str| within(block, &format!("{before}{lines}{after}"));
    let odd = cases.all || cases.tried.insert(row.argument.clone());
    let samples = samples(row, odd);
    let line = |argument: &str| format!("    {keyword} {argument}\n");
    let base = line(&samples[0]);
    if row.newer {
        cases.add(block, keyword, "valid", lines(&base));
        return;
    }
    for sample in cases.some(block, &samples) {
        cases.add(block, keyword, &slug(&sample), lines(&line(&sample)));
    }
    if ONLY_SAMPLES.contains(&keyword) {
        return;
    }
    if !(before.is_empty() && after.is_empty()) {
        cases.add(block, keyword, "alone", within(block, &base));
    }
    // Behind a script its user and group come first.
    let more = match row.argument.split([' ', '(']).next() {
        Some("script" | "PATH") if row.argument.contains("[user") => " root root extra",
        Some("USER") => " root extra",
        _ => " extra",
    };
    cases.add(block, keyword, "extra", lines(&line(&format!("{}{more}", samples[0]))));
    cases.add(block, keyword, "twice", lines(&format!("{base}{base}")));
    if cases.is_like_another(block) {
        return;
    }
    let last = keyword.chars().last().unwrap_or_default();
    cases.add(block, keyword, "misspelt", lines(&format!("    {keyword}{last} {}\n", samples[0])));
    cases.add(block, keyword, "elsewhere", within(elsewhere(row, all), &base));
}

/// Cases under names of their own.
pub struct Cases {
    pub list: Vec<Case>,
    names: BTreeMap<String, u32>,
    texts: HashSet<Vec<u8>>,
    /// Kinds of arguments whose odd forms were tried.
    tried: HashSet<String>,
    /// Whether all that can be thought of is tried, and not only what differs.
    pub all: bool,
}

impl Cases {
    pub fn new(all: bool) -> Self {
        Self { list: Vec::new(), names: BTreeMap::new(), texts: HashSet::new(), tried: HashSet::new(), all }
    }

    /// Whether a block has its keywords from another, in which they are tried in full.
    pub fn is_like_another(&self, block: &str) -> bool {
        let blocks = [
            "SMTP_CHECK",
            "UDP_CHECK",
            "DNS_CHECK",
            "PING_CHECK",
            "SSL_GET",
            "_excluded",
            "static_",
            "vrrp_sync_group/",
            "vrrp_track_file",
        ];
        !self.all && blocks.iter().any(|b| block.contains(b))
    }

    /// What is tried of some values: all, or of those of a block like another the first and the last.
    pub fn some<T: Clone>(&self, block: &str, values: &[T]) -> Vec<T> {
        let few = self.is_like_another(block);
        let tried = |i: usize| !few || i == 0 || i + 1 == values.len();
        values.iter().enumerate().filter(|(i, _)| tried(*i)).map(|(_, v)| v.clone()).collect()
    }

    /// Adds one; of those that would be called the same, the second is `-2`. The same text is tried once.
    pub fn add(&mut self, block: &str, keyword: &str, what: &str, text: impl Into<Vec<u8>>) {
        let text = text.into();
        if !self.texts.insert(text.clone()) {
            return;
        }
        let block = block.trim_matches(['(', ')']).replace('/', ".");
        let stem = format!("{block}.{keyword}.{what}");
        let count = self.names.entry(stem.clone()).or_insert(0_u32);
        *count += 1;
        let name = if *count > 1 { format!("{stem}-{count}.conf") } else { format!("{stem}.conf") };
        self.list.push(Case { name, text });
    }
}

/// The cases of all rows.
pub fn cases(cases: &mut Cases) {
    let all = rows();
    assert_eq!(all.len(), 760);
    for row in &all {
        if row.block == "(top)" && row.keyword.starts_with("include") {
            // Directives: in the cases written by hand.
        } else if super::entries::is_entry(&row.block) {
            super::entries::cases(row, cases);
        } else if row.argument.contains("block") && !row.argument.contains('|')
            || row.argument.starts_with("block")
            || row.argument.starts_with("list-block")
        {
            super::blocks::cases(row, cases);
        } else {
            scalar(row, &all, cases);
        }
    }
    super::blocks::heads(cases);
    super::entries::bare_addresses(cases);
    super::entries::bare_routes_and_rules(cases);
}
