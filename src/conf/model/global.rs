//! What holds for the whole process: `global_defs`, and the keywords outside all blocks.

use std::net::IpAddr;
use std::time::Duration;

use super::build::set;
use super::{Garp, Set};
use crate::conf::problem::{Kind, Problem};
use crate::conf::source::Spanned;
use crate::conf::token::Word;
use crate::conf::tree::Node;

/// Fields that a keyword sets as it is: the field, its type, its keyword and older names of that.
macro_rules! settings {
    (
        $(#[$about:meta])+ $name:ident { $($(#[$kept:meta])+ $own:ident: $own_type:ty,)* }
        $($field:ident: $type:ty = $keyword:literal $(| $old:literal)*,)+
    ) => {
        $(#[$about])+
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$kept])+ pub $own: $own_type,)*
            $(#[doc = concat!("`", $keyword, "`.")] pub $field: Set<$type>,)+
        }

        impl $name {
            /// Takes a keyword if it is one of these.
            pub(super) fn take(&mut self, name: &str, node: &Node, out: &mut Vec<Problem>) -> bool {
                match name {
                    $($keyword $(| $old)* => set(&mut self.$field, node, out),)+
                    _ => return false,
                }
                true
            }
        }
    };
}

settings! {
    /// Keywords outside all blocks that set something.
    TopLevel {}
    linkbeat_use_polling: bool = "linkbeat_use_polling",
    net_namespace: String = "net_namespace",
    net_namespace_ipvs: Option<String> = "net_namespace_ipvs",
    namespace_with_ipsets: bool = "namespace_with_ipsets",
    use_pid_dir: bool = "use_pid_dir",
    instance: String = "instance",
    child_wait_time: Duration = "child_wait_time",
}

settings! {
    /// `global_defs`, all such blocks together. A later setting replaces an earlier one.
    GlobalDefs {
        /// `vrrp_garp_*`.
        garp: Garp,
        /// `notification_email`.
        mail_receivers: Vec<Spanned<String>>,
        /// `lvs_timeouts`: `tcp`, `tcpfin` or `udp` and seconds, by turns.
        lvs_timeouts: Vec<Spanned<String>>,
        /// `include_check`: checks with their signs.
        include_checks: Vec<Spanned<String>>,
        /// `dynamic_interfaces allow_if_changes`.
        interfaces_may_change: Set<bool>,
        /// `vrrp_mcast_group4`.
        mcast_group4: Set<IpAddr>,
        /// `vrrp_mcast_group6`.
        mcast_group6: Set<IpAddr>,
    }
    router_id: String = "router_id",
    version: u8 = "vrrp_version",
    strict: bool = "vrrp_strict",
    startup_delay: Duration = "vrrp_startup_delay",
    delay_after_boot: Duration = "vrrp_delay_after_boot",
    garp_interval: Duration = "vrrp_garp_interval",
    gna_interval: Duration = "vrrp_gna_interval",
    min_garp: bool = "vrrp_min_garp",
    down_timer_adverts: u8 = "vrrp_down_timer_adverts",
    lower_prio_no_advert: bool = "vrrp_lower_prio_no_advert",
    higher_prio_send_advert: bool = "vrrp_higher_prio_send_advert",
    owner_ignore_adverts: bool = "vrrp_owner_ignore_adverts",
    check_unicast_src: bool = "vrrp_check_unicast_src",
    skip_check_adv_addr: bool = "vrrp_skip_check_adv_addr",
    v3_checksum_as_v2: bool = "v3_checksum_as_v2",
    dynamic_interfaces: bool = "dynamic_interfaces",
    default_interface: String = "default_interface",
    script_user: Vec<String> = "script_user",
    script_security: bool = "enable_script_security",
    notify_fifo: Vec<String> = "notify_fifo",
    notify_fifo_script: Vec<String> = "notify_fifo_script",
    vrrp_notify_fifo: Vec<String> = "vrrp_notify_fifo",
    vrrp_notify_fifo_script: Vec<String> = "vrrp_notify_fifo_script",
    lvs_notify_fifo: Vec<String> = "lvs_notify_fifo",
    lvs_notify_fifo_script: Vec<String> = "lvs_notify_fifo_script",
    notify_priority_changes: bool = "vrrp_notify_priority_changes",
    fifo_write_states_on_reload: bool = "fifo_write_vrrp_states_on_reload",
    process_names: bool = "process_names",
    process_name: String = "process_name",
    vrrp_process_name: String = "vrrp_process_name",
    checker_process_name: String = "checker_process_name" | "lvs_process_name",
    bfd_process_name: String = "bfd_process_name",
    use_symlink_paths: bool = "use_symlink_paths",
    set_supplementary_groups: bool = "set_supplementary_groups",
    mail_from: String = "notification_email_from",
    smtp_server: Vec<String> = "smtp_server",
    smtp_helo_name: String = "smtp_helo_name",
    smtp_connect_timeout: Duration = "smtp_connect_timeout",
    smtp_alert: bool = "smtp_alert",
    smtp_alert_vrrp: bool = "smtp_alert_vrrp",
    smtp_alert_checker: bool = "smtp_alert_checker",
    no_email_faults: bool = "no_email_faults",
    no_checker_emails: bool = "no_checker_emails",
    checker_log_all_failures: bool = "checker_log_all_failures",
    startup_script: Vec<String> = "startup_script",
    startup_script_timeout: Duration = "startup_script_timeout",
    shutdown_script: Vec<String> = "shutdown_script",
    shutdown_script_timeout: Duration = "shutdown_script_timeout",
    max_auto_priority: i32 = "max_auto_priority",
    min_auto_priority_delay: u32 = "min_auto_priority_delay",
    disable_local_igmp: bool = "disable_local_igmp",
    lvs_flush: bool = "lvs_flush",
    lvs_flush_on_stop: Option<String> = "lvs_flush_on_stop" | "lvs_flush_onstop",
    lvs_sync_daemon: Vec<String> = "lvs_sync_daemon",
    iptables: Vec<String> = "vrrp_iptables",
    ipsets: Vec<String> = "vrrp_ipsets",
    nftables: Option<String> = "nftables",
    nftables_priority: i32 = "nftables_priority",
    nftables_ifindex: bool = "nftables_ifindex",
    nftables_ipvs: Option<String> = "nftables_ipvs",
    nftables_ipvs_priority: i32 = "nftables_ipvs_priority",
    nftables_ipvs_start_fwmark: u32 = "nftables_ipvs_start_fwmark",
    nftables_counters: bool = "nftables_counters",
    vrrp_priority: i32 = "vrrp_priority",
    vrrp_no_swap: bool = "vrrp_no_swap",
    vrrp_rt_priority: i32 = "vrrp_rt_priority",
    vrrp_cpu_affinity: Vec<String> = "vrrp_cpu_affinity",
    vrrp_rlimit_rttime: u32 = "vrrp_rlimit_rttime" | "vrrp_rlimit_rtime",
    checker_priority: i32 = "checker_priority",
    checker_no_swap: bool = "checker_no_swap",
    checker_rt_priority: i32 = "checker_rt_priority",
    checker_cpu_affinity: Vec<String> = "checker_cpu_affinity",
    checker_rlimit_rttime: u32 = "checker_rlimit_rttime" | "checker_rlimit_rtime",
    bfd_priority: i32 = "bfd_priority",
    bfd_no_swap: bool = "bfd_no_swap",
    bfd_rt_priority: i32 = "bfd_rt_priority",
    bfd_cpu_affinity: Vec<String> = "bfd_cpu_affinity",
    bfd_rlimit_rttime: u32 = "bfd_rlimit_rttime" | "bfd_rlimit_rtime",
    snmp_socket: String = "snmp_socket",
    enable_traps: bool = "enable_traps",
    enable_snmp_vrrp: bool = "enable_snmp_vrrp" | "enable_snmp_keepalived",
    enable_snmp_rfc: bool = "enable_snmp_rfc",
    enable_snmp_rfcv2: bool = "enable_snmp_rfcv2",
    enable_snmp_rfcv3: bool = "enable_snmp_rfcv3",
    enable_snmp_checker: bool = "enable_snmp_checker",
    snmp_vs_stats_update_interval: Duration = "snmp_vs_stats_update_interval",
    snmp_rs_stats_update_interval: Duration = "snmp_rs_stats_update_interval",
    enable_dbus: bool = "enable_dbus",
    dbus_service_name: String = "dbus_service_name",
    dbus_no_interface_name: String = "dbus_no_interface_name",
    vrrp_cmd_buffer: u32 = "vrrp_netlink_cmd_rcv_bufs",
    vrrp_cmd_buffer_force: bool = "vrrp_netlink_cmd_rcv_bufs_force",
    vrrp_monitor_buffer: u32 = "vrrp_netlink_monitor_rcv_bufs",
    vrrp_monitor_buffer_force: bool = "vrrp_netlink_monitor_rcv_bufs_force",
    process_monitor_buffer: u32 = "process_monitor_rcv_bufs",
    process_monitor_buffer_force: bool = "process_monitor_rcv_bufs_force",
    lvs_cmd_buffer: u32 = "lvs_netlink_cmd_rcv_bufs",
    lvs_cmd_buffer_force: bool = "lvs_netlink_cmd_rcv_bufs_force",
    lvs_monitor_buffer: u32 = "lvs_netlink_monitor_rcv_bufs",
    lvs_monitor_buffer_force: bool = "lvs_netlink_monitor_rcv_bufs_force",
    rs_init_notifies: bool = "rs_init_notifies",
    rx_bufs_policy: Vec<String> = "vrrp_rx_bufs_policy",
    rx_bufs_multiplier: u32 = "vrrp_rx_bufs_multiplier",
    log_unknown_vrids: bool = "log_unknown_vrids",
    vmac_prefix: String = "vmac_prefix",
    vmac_addr_prefix: String = "vmac_addr_prefix",
    umask: Vec<String> = "umask",
    random_seed: u32 = "random_seed",
    reload_check_config: Option<String> = "reload_check_config",
    reload_time_file: String = "reload_time_file",
    reload_repeat: bool = "reload_repeat",
    reload_file: Option<String> = "reload_file",
    config_save_dir: String = "config_save_dir",
    tmp_config_directory: String = "tmp_config_directory",
    data_use_instance: bool = "data_use_instance",
    json_version: u8 = "json_version",
    iproute_usr_dir: String = "iproute_usr_dir",
    iproute_etc_dir: String = "iproute_etc_dir",
    state_dump_file: String = "state_dump_file",
    stats_dump_file: String = "stats_dump_file",
    json_dump_file: String = "json_dump_file",
}

impl GlobalDefs {
    /// Takes a keyword of the block; whether it is one.
    pub(super) fn read(&mut self, name: &str, node: &Node, out: &mut Vec<Problem>) -> bool {
        let words = || node.words.iter().skip(1).map(|w| Spanned::new(w.str().into_owned(), w.span));
        match name {
            "vrrp_mcast_group4" | "vrrp_mcast_group6" => self.group(name, node, out),
            // Each line adds to those before.
            "lvs_timeouts" if node.value.is_some() => self.lvs_timeouts.extend(words()),
            "include_check" if node.value.is_some() => self.include_checks.extend(words()),
            "lvs_timeouts" | "include_check" => {}
            "notification_email" => {
                let words: Vec<&Word> = node.nodes().iter().flat_map(|n| &n.words).collect();
                if words.is_empty() {
                    let sentence = "`notification_email` names nobody";
                    out.push(Problem::new(node.span(), Kind::EmptyList, sentence));
                }
                self.mail_receivers.extend(words.iter().map(|w| Spanned::new(w.str().into_owned(), w.span)));
            }
            _ => {
                if name == "dynamic_interfaces" && node.value.is_some() && node.words.len() > 1 {
                    self.interfaces_may_change = Some(Spanned::new(true, node.span()));
                }
                return self.take(name, node, out)
                    || self.garp.take(name.strip_prefix("vrrp_").unwrap_or(name), node, out);
            }
        }
        true
    }

    fn group(&mut self, name: &str, node: &Node, out: &mut Vec<Problem>) {
        let four = name.ends_with('4');
        let Some(crate::conf::value::Value::Ip(address)) = node.value else { return };
        if address.is_ipv4() != four {
            let family = if four { "IPv4" } else { "IPv6" };
            let sentence = format!("`{name}` {address} is not {family}; keepalived passes over the line");
            out.push(Problem::new(node.span(), Kind::BadAddress, sentence));
            return;
        }
        let local = matches!(address, IpAddr::V6(six) if six.segments()[0] & 0x000f == 2);
        if !four && !local {
            let sentence = format!("`{name}` {address} is not link-local; keepalived says so and uses it");
            out.push(Problem::new(node.span(), Kind::BadAddress, sentence));
        }
        set(if four { &mut self.mcast_group4 } else { &mut self.mcast_group6 }, node, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::schema::{KEYWORDS, Place};
    use crate::conf::source::SourceMap;
    use crate::conf::tree::Role;
    use crate::conf::value::Value;

    #[test]
    fn no_keyword_is_forgotten() {
        let blocks = [Place::Top, Place::GlobalDefs];
        for k in KEYWORDS.iter().filter(|k| blocks.contains(&k.place) && !k.takes.is_block()) {
            let word = Word { text: k.name.as_bytes().into(), span: crate::conf::Span::default() };
            let mut node = Node::new(Role::Keyword(k), vec![word], &SourceMap::default());
            node.value = Some(Value::Present);
            let taken = if k.place == Place::Top {
                TopLevel::default().take(k.name, &node, &mut Vec::new())
            } else {
                GlobalDefs::default().read(k.name, &node, &mut Vec::new())
            };
            assert!(taken, "{} of {}", k.name, k.place.as_str());
        }
    }
}
