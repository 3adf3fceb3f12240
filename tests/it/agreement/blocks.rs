//! Small configurations from the rows of the table that are blocks and lists: with their braces in all places, without
//! them, unnamed, twice, misspelt, and where they do not belong.

use super::table::{Cases, INSTANCE, Row, SCRIPTS, within};

/// What follows the name of a block, a line in it, and what must come before it.
struct Sample {
    head: &'static str,
    line: &'static str,
    before: &'static str,
}

#[rustfmt::skip]
fn sample(block: &str, keyword: &str) -> Sample {
    let of = |head, line| Sample { head, line, before: "" };
    match (block, keyword) {
        ("(top)", "global_defs") => of("", "router_id r"),
        ("(top)", "track_group" | "vrrp_sync_group") => of("H", "group { V }"),
        ("(top)", "static_ipaddress") => of("", "10.77.0.50/24 dev eth0"),
        ("(top)", "static_routes") | ("vrrp_instance", "virtual_routes") => of("", "10.1.0.0/16 via 10.77.0.2 dev eth0"),
        ("(top)", "static_rules") | ("vrrp_instance", "virtual_rules") => of("", "from 10.1.0.0/16 table 100 preference 1000"),
        ("(top)", "garp_group") => of("", "garp_interval 1"),
        ("(top)", "linkbeat_interfaces") | ("garp_group", "interfaces") => of("", "eth0"),
        ("(top)", "vrrp_instance") => of("W", "interface eth0\n virtual_router_id 52\n virtual_ipaddress { 10.77.0.101 }"),
        ("(top)", "vrrp_script") => of("chk2", "script \"/bin/true\""),
        ("(top)", "vrrp_track_process") => of("tp2", "process keepalived"),
        ("(top)", "interface_up_down_delays") => of("", "eth0 1 2"),
        ("(top)", "SSL") => of("", "password x"),
        ("(top)", "virtual_server_group") => of("H", "10.77.0.100 80"),
        ("(top)", "virtual_server") => of("10.77.0.100 80", "lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 10.77.0.10 80 { }"),
        ("(top)", "bfd_instance") => of("b2", "neighbor_ip 10.77.0.3"),
        ("(top)", "track_file" | "vrrp_track_file") => of("tf2", "file /tmp/hactl-none"),
        ("global_defs", "notification_email") => of("", "a@example.org"),
        (_, "group") => of("", "V"),
        (_, "track_interface") => of("", "eth1"),
        (_, "track_script") => of("", "chk"),
        (_, "track_file") => of("", "tf"),
        (_, "track_process") => of("", "tp"),
        (_, "track_bfd") => of("", "b1"),
        ("vrrp_instance", "unicast_peer") => of("", "10.77.0.2"),
        ("vrrp_instance", "virtual_ipaddress") => of("", "10.77.0.101"),
        ("vrrp_instance", "virtual_ipaddress_excluded") => of("", "10.77.0.102"),
        ("vrrp_instance", "authentication") => of("", "auth_type PASS\n auth_pass secret"),
        ("vrrp_instance", "auth_hmac") => of("", "active_key 1"),
        ("virtual_server", "real_server") => of("10.77.0.11 80", "weight 1"),
        (_, "MISC_CHECK") => of("", "misc_path \"/bin/true\""),
        (_, "SMTP_CHECK" | "TCP_CHECK" | "PING_CHECK" | "UDP_CHECK" | "DNS_CHECK" | "host") => of("", "retry 1"),
        (_, "HTTP_GET" | "SSL_GET") => of("", "url { path / }"),
        (_, "FILE_CHECK") => Sample { head: "", line: "track_file tf", before: "track_file tf {\n    file /tmp/hactl-none\n}\n" },
        (_, "BFD_CHECK") => Sample { head: "", line: "name b1", before: "bfd_instance b1 {\n    neighbor_ip 10.77.0.2\n}\n" },
        (_, "url") => of("", "path /"),
        other => panic!("no sample for {other:?}"),
    }
}

/// The cases of a row that is a block or a list.
pub fn cases(row: &Row, cases: &mut Cases) {
    let (block, keyword) = (row.block.as_str(), row.keyword.as_str());
    let Sample { head, line, before } = sample(block, keyword);
    let named = if head.is_empty() { keyword.to_owned() } else { format!("{keyword} {head}") };
    let like = cases.is_like_another(block);
    let mut add = |what: &str, lines: &str| {
        let whole = if before.is_empty() { within(block, lines) } else { format!("{before}{}", within(block, lines)) };
        cases.add(block, keyword, what, whole);
    };
    let valid = format!("    {named} {{\n        {line}\n    }}\n");
    add("valid", &valid);
    if row.newer {
        return;
    }
    if like {
        add("misspelt", &format!("    {keyword}x {head} {{\n        {line}\n    }}\n"));
        return;
    }
    add("empty", &format!("    {named} {{\n    }}\n"));
    add("empty-on-one-line", &format!("    {named} {{ }}\n"));
    add("no-space", &format!("    {named}{{\n        {line}\n    }}\n"));
    add("open-on-next-line", &format!("    {named}\n\n    # here\n    {{\n        {line}\n    }}\n"));
    add("on-one-line", &format!("    {named} {{ {line} }}\n"));
    add("close-on-last-line", &format!("    {named} {{\n        {line} }}\n"));
    add("no-open", &format!("    {named}\n        {line}\n    }}\n"));
    add("no-close", &format!("    {named} {{\n        {line}\n"));
    add("neither", &format!("    {named}\n        {line}\n"));
    add("two-open", &format!("    {named} {{ {{\n        {line}\n    }}\n"));
    add("two-close", &format!("    {named} {{\n        {line}\n    }} }}\n"));
    add("block-inside", &format!("    {named} {{\n        {line}\n        {{\n        }}\n    }}\n"));
    add("unknown-inside", &format!("    {named} {{\n        {line}\n        nothing_known 5\n    }}\n"));
    add("twice", &format!("{valid}{valid}"));
    add("extra", &format!("    {named} extra {{\n        {line}\n    }}\n"));
    add("misspelt", &format!("    {keyword}x {head} {{\n        {line}\n    }}\n"));
    if !head.is_empty() {
        add("bare", &format!("    {keyword} {{\n        {line}\n    }}\n"));
        add("quoted", &format!("    {keyword} \"{head}\" {{\n        {line}\n    }}\n"));
        add("quoted-blank", &format!("    {keyword} \"a b\" {{\n        {line}\n    }}\n"));
        add("empty-name", &format!("    {keyword} \"\" {{\n        {line}\n    }}\n"));
        add("long-name", &format!("    {keyword} {} {{\n        {line}\n    }}\n", "n".repeat(70)));
    }
    let other = if block == "vrrp_script" { "vrrp_track_process" } else { "vrrp_script" };
    let misplaced = within(other, &valid);
    cases.add(block, keyword, "elsewhere", format!("{before}{misplaced}"));
}

/// What only blocks with a head of their own have.
#[rustfmt::skip]
pub fn heads(cases: &mut Cases) {
    let heads = [
        "10.77.0.100", "10.77.0.100 0", "10.77.0.100 65535", "10.77.0.100 65536", "10.77.0.100 -1", "10.77.0.100 x",
        "x 80", "10.77.0.256 80", "fe80::1 80", "2001:db8::1 80", "fwmark 5", "fwmark 0", "fwmark", "fwmark x", "fwmark 4294967295",
        "fwmark 4294967296", "fwmark -1", "group G", "group none", "group", "10.77.0.100 80 extra", "10.77.0.100-110 80", "10.77.0.100/24 80",
        "10.77.0.100 \"80\"", "10.77.0.100:80",
    ];
    for (n, head) in heads.iter().enumerate() {
        let (algo, real) = ("    lb_algo rr\n    lb_kind NAT\n    persistence_timeout 5\n", if head.contains("::") { "2001:db8::2" } else { "10.77.0.10" });
        let protocol = if head.starts_with("fwmark") { "" } else { "    protocol TCP\n" };
        let port = if head.starts_with("fwmark") || *head == "10.77.0.100" { "" } else { " 80" };
        let group = if *head == "group G" { "virtual_server_group G {\n    10.77.0.100 80\n}\n" } else { "" };
        let text = format!("{SCRIPTS}{group}virtual_server {head} {{\n{algo}{protocol}    real_server {real}{port} {{\n    }}\n}}\n{INSTANCE}");
        cases.add("top", "virtual_server", &format!("head-{n}"), text);
    }
    for (n, head) in ["10.77.0.11", "10.77.0.11 0", "10.77.0.11 65535", "10.77.0.11 65536", "10.77.0.11 x", "x 80", "fe80::1 80", "10.77.0.11 80 extra", "10.77.0.10 80", "10.77.0.11 -1"].iter().enumerate() {
        cases.add("virtual_server", "real_server", &format!("head-{n}"), within("virtual_server", &format!("    real_server {head} {{\n    }}\n")));
    }
    for (n, line) in ["10.77.0.100", "10.77.0.100 80", "10.77.0.100 0", "10.77.0.100 65535", "10.77.0.100 65536", "10.77.0.100 x", "10.77.0.100-110 80", "10.77.0.100-10.77.0.110 80",
        "10.77.0.110-100 80", "10.77.0.100-256 80", "10.77.0.0/24 80", "10.77.0.1/24 80", "10.77.0.100/33 80", "10.77.0.100/32 80", "x 80", "2001:db8::1 80", "2001:db8::1-f 80", "2001:db8::/120 80",
        "fwmark 5", "fwmark", "10.77.0.100 80 extra", "10.77.0.100 80\n    10.77.0.101 80", "10.77.0.100 80\n    10.77.0.100 80", "10.77.0.100 80\n    2001:db8::1 80", "10.77.0.100 80\n    fwmark 5"].iter().enumerate()
    {
        cases.add("top", "virtual_server_group", &format!("entry-{n}"), within("virtual_server_group", &format!("    {line}\n")));
    }
    for (n, line) in ["eth0", "eth0 MII", "eth0 ETHTOOL", "eth0 IOCTL", "eth0 mii", "eth0 FOO", "eth0 MII x", "eth9", "eth0\n eth1", "eth0 eth1", "lo"].iter().enumerate() {
        cases.add("top", "linkbeat_interfaces", &format!("entry-{n}"), within("(top)", &format!("linkbeat_interfaces {{\n    {line}\n}}\n")));
    }
    for (n, line) in ["eth0 1", "eth0 1 2", "eth0", "eth0 0", "eth0 255", "eth0 256", "eth0 x", "eth0 1 x", "eth0 1 2 3", "eth9 1", "eth0 0.5", "eth0 1\n eth0 2"].iter().enumerate() {
        cases.add("top", "interface_up_down_delays", &format!("entry-{n}"), within("(top)", &format!("interface_up_down_delays {{\n    {line}\n}}\n")));
    }
    for (n, lines) in ["a@example.org\n b@example.org", "a@example.org b@example.org", "\"a b\"", "a"].iter().enumerate() {
        cases.add("global_defs", "notification_email", &format!("entry-{n}"), within("global_defs", &format!("    notification_email {{\n    {lines}\n    }}\n")));
    }
    for (n, lines) in ["eth0", "eth0 eth1", "eth0\n eth1", "eth9", "eth1", "eth0 eth0"].iter().enumerate() {
        cases.add("garp_group", "interfaces", &format!("entry-{n}"), within("garp_group", &format!("    interfaces {{\n    {lines}\n    }}\n")));
    }
    let lists = ["V\n W", "V W", "V", "V V", "V X", "X", "\"V\" W", "V, W"];
    for (n, lines) in lists.iter().enumerate() {
        let other = INSTANCE.replace("e V {", "e W {").replace("51", "52").replace("0.100", "0.101");
        for kind in ["vrrp_sync_group", "track_group"] {
            cases.add(kind, "group", &format!("entry-{n}"), format!("{SCRIPTS}{INSTANCE}{kind} G {{\n    group {{\n    {lines}\n    }}\n}}\n{other}"));
        }
    }
}
