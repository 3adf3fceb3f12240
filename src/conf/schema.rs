//! What keepalived knows: one row a keyword.
//!
//! Blocks of the VRRP side are described in full; `virtual_server` and its kin are kept as they are written.

use std::collections::HashMap;
use std::sync::LazyLock;

#[allow(clippy::enum_glob_use, reason = "three hundred rows read better without the names of the enums")]
use {Place::*, Takes::*};

use super::Version;

/// Where keywords stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Outside all blocks.
    Top,
    /// `global_defs`.
    GlobalDefs,
    /// `track_group`.
    TrackGroup,
    /// `garp_group`.
    GarpGroup,
    /// `vrrp_sync_group`.
    SyncGroup,
    /// `vrrp_instance`.
    Instance,
    /// `authentication` in an instance.
    Authentication,
    /// `auth_hmac` in an instance.
    AuthHmac,
    /// `vrrp_script`.
    Script,
    /// `vrrp_track_process`.
    TrackProcess,
    /// `track_file`.
    TrackFile,
    /// `bfd_instance`.
    Bfd,
}

impl Place {
    /// The block's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Top => "the top level",
            GlobalDefs => "global_defs",
            TrackGroup => "track_group",
            GarpGroup => "garp_group",
            SyncGroup => "vrrp_sync_group",
            Instance => "vrrp_instance",
            Authentication => "authentication",
            AuthHmac => "auth_hmac",
            Script => "vrrp_script",
            TrackProcess => "vrrp_track_process",
            TrackFile => "track_file",
            Bfd => "bfd_instance",
        }
    }

    /// Whether its lines hold secrets, so that no sentence repeats a word of them.
    pub const fn is_secret(self) -> bool {
        matches!(self, Authentication | AuthHmac)
    }
}

/// How a block is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It has no name; words are passed over.
    None,
    /// By exactly one word that no other block of its kind has.
    Unique,
    /// By its first word, which others may have too.
    First,
}

/// What the lines of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// An address with its options.
    Addresses,
    /// A name with a weight of at most so much.
    Tracked(u16),
    /// The address of a unicast peer with its options.
    Peers,
    /// Names, one or more in a line.
    Names,
    /// Anything; routes and rules are not looked into.
    Other,
}

/// What follows a keyword. Times are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing; words are passed over.
    Flag,
    /// `on`, `true`, `yes`, `off`, `false`, `no`; nothing means on.
    Bool,
    /// A whole number.
    Int(i64, i64),
    /// A whole number, or nothing for the largest.
    OptInt(i64, i64),
    /// A whole number, with `all` before or behind it.
    AllInt(i64, i64),
    /// Seconds with up to six decimal places.
    Seconds(u64, u64),
    /// Seconds of a script: whole ones in 2.2, with up to three decimal places later.
    ScriptSeconds(u64),
    /// Milliseconds with up to three decimal places.
    Millis(u64, u64),
    /// A weight of at most so much in each direction, and `reverse`.
    Weight(i64),
    /// One word.
    Word,
    /// One word or none.
    OptWord,
    /// A secret word.
    Password,
    /// A key's id and its secret.
    Key,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or none.
    OptOneOf(&'static [&'static str]),
    /// One word at least.
    Words,
    /// Words, or none.
    AnyWords,
    /// An address.
    Ip,
    /// An address; what follows a `/` or `-` is passed over.
    Source,
    /// A multicast address.
    Multicast,
    /// A command, its user and group.
    Command,
    /// A list in braces.
    List(Entries),
    /// A block of keywords.
    Block(Place, Naming),
    /// A block that is kept as it is written.
    Opaque,
}

/// What keepalived does with a value that it cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// It goes on as if the line were not there.
    Ignored,
    /// It uses this instead.
    Becomes(i64),
    /// It uses the nearest that is possible.
    Clamped,
    /// It complains and uses it.
    Stored,
}

/// What keepalived does when the argument is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It stops reading and does not start.
    Stops,
    /// It says so and goes on.
    Reported,
    /// It goes on.
    Silent,
}

/// A keyword.
#[derive(Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The block it stands in.
    pub place: Place,
    /// The word.
    pub name: &'static str,
    /// What follows it.
    pub takes: Takes,
    /// keepalived's first version that has it, where that is later than 2.2.7.
    pub since: Option<(u8, u8, u8)>,
    /// The newer word for it, and whether keepalived says so.
    pub old: Option<(&'static str, bool)>,
    /// Whether a second one is passed over with a message, where else the last counts.
    pub once: bool,
    /// What happens without the argument.
    pub missing: Missing,
    /// What happens with a bad number.
    pub otherwise: Otherwise,
    /// Whether 0 is taken for 1, with a message.
    pub raised: bool,
}

const fn row(place: Place, name: &'static str, takes: Takes) -> Keyword {
    let (missing, otherwise) = (Missing::Stops, Otherwise::Ignored);
    Keyword { place, name, takes, since: None, old: None, once: false, missing, otherwise, raised: false }
}

impl Keyword {
    const fn since(self, major: u8, minor: u8, patch: u8) -> Self {
        Self { since: Some((major, minor, patch)), ..self }
    }

    const fn deprecated(self, newer: &'static str) -> Self {
        Self { old: Some((newer, true)), ..self }
    }

    const fn old_name(self, newer: &'static str) -> Self {
        Self { old: Some((newer, false)), ..self }
    }

    const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    const fn lenient(self) -> Self {
        Self { missing: Missing::Reported, ..self }
    }

    const fn silent(self) -> Self {
        Self { missing: Missing::Silent, ..self }
    }

    const fn or(self, value: i64) -> Self {
        Self { otherwise: Otherwise::Becomes(value), ..self }
    }

    const fn clamped(self) -> Self {
        Self { otherwise: Otherwise::Clamped, ..self }
    }

    const fn stored(self) -> Self {
        Self { otherwise: Otherwise::Stored, ..self }
    }

    const fn raised(self) -> Self {
        Self { raised: true, ..self }
    }

    /// Whether a version has it.
    pub fn known_to(&self, version: Version) -> bool {
        self.since.is_none_or(|since| since <= version.release())
    }
}

/// Every keyword that is described.
#[rustfmt::skip]
pub const KEYWORDS: &[Keyword] = &[
    // Outside all blocks
    row(Top, "linkbeat_use_polling", Flag),
    row(Top, "net_namespace", Word).lenient(),
    row(Top, "net_namespace_ipvs", OptWord),
    row(Top, "namespace_with_ipsets", Flag),
    row(Top, "use_pid_dir", Flag),
    row(Top, "instance", Word),
    row(Top, "child_wait_time", Int(0, 4_294_967_295)),
    row(Top, "global_defs", Block(GlobalDefs, Naming::None)),
    row(Top, "track_group", Block(TrackGroup, Naming::Unique)),
    row(Top, "static_ipaddress", List(Entries::Addresses)),
    row(Top, "static_routes", List(Entries::Other)),
    row(Top, "static_rules", List(Entries::Other)),
    row(Top, "vrrp_sync_group", Block(SyncGroup, Naming::Unique)),
    row(Top, "garp_group", Block(GarpGroup, Naming::None)),
    row(Top, "linkbeat_interfaces", List(Entries::Other)),
    row(Top, "vrrp_instance", Block(Instance, Naming::Unique)),
    row(Top, "vrrp_script", Block(Script, Naming::First)),
    row(Top, "vrrp_track_process", Block(TrackProcess, Naming::First)),
    row(Top, "interface_up_down_delays", List(Entries::Other)),
    row(Top, "SSL", Opaque),
    row(Top, "virtual_server_group", Opaque),
    row(Top, "virtual_server", Opaque),
    row(Top, "bfd_instance", Block(Bfd, Naming::Unique)),
    row(Top, "track_file", Block(TrackFile, Naming::First)),
    row(Top, "vrrp_track_file", Block(TrackFile, Naming::First)).old_name("track_file"),
    // global_defs
    row(GlobalDefs, "process_names", Flag),
    row(GlobalDefs, "process_name", Word),
    row(GlobalDefs, "vrrp_process_name", Word),
    row(GlobalDefs, "checker_process_name", Word),
    row(GlobalDefs, "lvs_process_name", Word).old_name("checker_process_name"),
    row(GlobalDefs, "bfd_process_name", Word),
    row(GlobalDefs, "use_symlink_paths", Bool).since(2, 3, 0),
    row(GlobalDefs, "set_supplementary_groups", Bool).since(2, 4, 4),
    row(GlobalDefs, "router_id", Word).lenient(),
    row(GlobalDefs, "notification_email_from", Word).lenient(),
    row(GlobalDefs, "smtp_server", Words),
    row(GlobalDefs, "smtp_helo_name", Word).silent(),
    row(GlobalDefs, "smtp_connect_timeout", Int(0, 4294)).raised(),
    row(GlobalDefs, "notification_email", List(Entries::Names)),
    row(GlobalDefs, "smtp_alert", Bool),
    row(GlobalDefs, "startup_script", Command).once(),
    row(GlobalDefs, "startup_script_timeout", Int(1, 1000)),
    row(GlobalDefs, "shutdown_script", Command).once(),
    row(GlobalDefs, "shutdown_script_timeout", Int(1, 1000)),
    row(GlobalDefs, "max_auto_priority", OptInt(-1, 99)),
    row(GlobalDefs, "min_auto_priority_delay", Int(1, 10_000_000)),
    row(GlobalDefs, "smtp_alert_vrrp", Bool),
    row(GlobalDefs, "smtp_alert_checker", Bool),
    row(GlobalDefs, "checker_log_all_failures", Bool),
    row(GlobalDefs, "dynamic_interfaces", OptOneOf(&["allow_if_changes"])),
    row(GlobalDefs, "no_email_faults", Flag),
    row(GlobalDefs, "default_interface", Word).lenient(),
    row(GlobalDefs, "disable_local_igmp", Flag),
    row(GlobalDefs, "v3_checksum_as_v2", Flag).since(2, 2, 8),
    row(GlobalDefs, "lvs_timeouts", Words),
    row(GlobalDefs, "lvs_flush", Flag),
    row(GlobalDefs, "lvs_flush_on_stop", OptOneOf(&["VS"])),
    row(GlobalDefs, "lvs_flush_onstop", OptOneOf(&["VS"])).old_name("lvs_flush_on_stop"),
    row(GlobalDefs, "lvs_sync_daemon", Words).lenient(),
    row(GlobalDefs, "vrrp_mcast_group4", Multicast),
    row(GlobalDefs, "vrrp_mcast_group6", Multicast),
    row(GlobalDefs, "vrrp_garp_master_delay", Int(0, 4294)),
    row(GlobalDefs, "vrrp_garp_master_repeat", Int(0, 4_294_967_295)).raised(),
    row(GlobalDefs, "vrrp_garp_master_refresh", Int(0, 4_294_967_295)),
    row(GlobalDefs, "vrrp_garp_master_refresh_repeat", Int(0, 4_294_967_295)).raised(),
    row(GlobalDefs, "vrrp_garp_lower_prio_delay", Int(0, 4294)),
    row(GlobalDefs, "vrrp_garp_lower_prio_repeat", Int(0, 2_147_483_647)),
    row(GlobalDefs, "vrrp_down_timer_adverts", Int(1, 100)),
    row(GlobalDefs, "vrrp_garp_interval", Seconds(1, 4_294_967_295)),
    row(GlobalDefs, "vrrp_gna_interval", Seconds(1, 4_294_967_295)),
    row(GlobalDefs, "vrrp_min_garp", Bool),
    row(GlobalDefs, "vrrp_garp_extra_if", AllInt(1, 86_400)),
    row(GlobalDefs, "vrrp_vmac_garp_intvl", AllInt(1, 86_400)).deprecated("vrrp_garp_extra_if"),
    row(GlobalDefs, "vrrp_lower_prio_no_advert", Bool),
    row(GlobalDefs, "vrrp_higher_prio_send_advert", Bool),
    row(GlobalDefs, "vrrp_version", Int(2, 3)),
    row(GlobalDefs, "vrrp_iptables", AnyWords),
    row(GlobalDefs, "vrrp_ipsets", AnyWords),
    row(GlobalDefs, "nftables", OptWord).once(),
    row(GlobalDefs, "nftables_priority", Int(-2_147_483_648, 2_147_483_647)),
    row(GlobalDefs, "nftables_ifindex", Flag),
    row(GlobalDefs, "vrrp_check_unicast_src", Flag),
    row(GlobalDefs, "vrrp_skip_check_adv_addr", Bool),
    row(GlobalDefs, "vrrp_strict", Bool),
    row(GlobalDefs, "vrrp_priority", Int(-20, 19)),
    row(GlobalDefs, "vrrp_no_swap", Flag),
    row(GlobalDefs, "vrrp_rt_priority", Int(1, 99)).clamped(),
    row(GlobalDefs, "vrrp_cpu_affinity", Words),
    row(GlobalDefs, "vrrp_rlimit_rttime", Int(1, 4_294_967_295)),
    row(GlobalDefs, "vrrp_rlimit_rtime", Int(1, 4_294_967_295)).old_name("vrrp_rlimit_rttime"),
    row(GlobalDefs, "nftables_ipvs", OptWord).once(),
    row(GlobalDefs, "nftables_ipvs_priority", Int(-2_147_483_648, 2_147_483_647)),
    row(GlobalDefs, "nftables_ipvs_start_fwmark", Int(1, 4_294_967_295)),
    row(GlobalDefs, "nftables_counters", Flag),
    row(GlobalDefs, "notify_fifo", Words).lenient().once(),
    row(GlobalDefs, "notify_fifo_script", Command).once(),
    row(GlobalDefs, "vrrp_notify_fifo", Words).lenient(),
    row(GlobalDefs, "vrrp_notify_fifo_script", Command).once(),
    row(GlobalDefs, "vrrp_notify_priority_changes", Bool),
    row(GlobalDefs, "fifo_write_vrrp_states_on_reload", Flag),
    row(GlobalDefs, "lvs_notify_fifo", Words).lenient(),
    row(GlobalDefs, "lvs_notify_fifo_script", Command).once(),
    row(GlobalDefs, "checker_priority", Int(-20, 19)),
    row(GlobalDefs, "checker_no_swap", Flag),
    row(GlobalDefs, "checker_rt_priority", Int(1, 99)).clamped(),
    row(GlobalDefs, "checker_cpu_affinity", Words),
    row(GlobalDefs, "checker_rlimit_rttime", Int(1, 4_294_967_295)),
    row(GlobalDefs, "checker_rlimit_rtime", Int(1, 4_294_967_295)).old_name("checker_rlimit_rttime"),
    row(GlobalDefs, "bfd_priority", Int(-20, 19)),
    row(GlobalDefs, "bfd_no_swap", Flag),
    row(GlobalDefs, "bfd_rt_priority", Int(1, 99)).clamped(),
    row(GlobalDefs, "bfd_cpu_affinity", Words),
    row(GlobalDefs, "bfd_rlimit_rttime", Int(1, 4_294_967_295)),
    row(GlobalDefs, "bfd_rlimit_rtime", Int(1, 4_294_967_295)).old_name("bfd_rlimit_rttime"),
    row(GlobalDefs, "snmp_socket", Word),
    row(GlobalDefs, "enable_traps", Flag),
    row(GlobalDefs, "enable_snmp_vrrp", Flag),
    row(GlobalDefs, "enable_snmp_keepalived", Flag).old_name("enable_snmp_vrrp"),
    row(GlobalDefs, "enable_snmp_rfc", Flag),
    row(GlobalDefs, "enable_snmp_rfcv2", Flag),
    row(GlobalDefs, "enable_snmp_rfcv3", Flag),
    row(GlobalDefs, "enable_snmp_checker", Flag),
    row(GlobalDefs, "snmp_vs_stats_update_interval", Seconds(1_000, 30_000_000)).since(2, 3, 0),
    row(GlobalDefs, "snmp_rs_stats_update_interval", Seconds(1_000, 30_000_000)).since(2, 3, 0),
    row(GlobalDefs, "enable_dbus", Flag),
    row(GlobalDefs, "dbus_service_name", Word),
    row(GlobalDefs, "dbus_no_interface_name", Word).since(2, 3, 0),
    row(GlobalDefs, "script_user", Words).lenient(),
    row(GlobalDefs, "enable_script_security", Flag),
    row(GlobalDefs, "vrrp_netlink_cmd_rcv_bufs", Int(0, 4_294_967_295)),
    row(GlobalDefs, "vrrp_netlink_cmd_rcv_bufs_force", Bool),
    row(GlobalDefs, "vrrp_netlink_monitor_rcv_bufs", Int(0, 4_294_967_295)),
    row(GlobalDefs, "vrrp_netlink_monitor_rcv_bufs_force", Bool),
    row(GlobalDefs, "process_monitor_rcv_bufs", Int(0, 4_294_967_295)),
    row(GlobalDefs, "process_monitor_rcv_bufs_force", Bool),
    row(GlobalDefs, "lvs_netlink_cmd_rcv_bufs", Int(0, 4_294_967_295)),
    row(GlobalDefs, "lvs_netlink_cmd_rcv_bufs_force", Bool),
    row(GlobalDefs, "lvs_netlink_monitor_rcv_bufs", Int(0, 4_294_967_295)),
    row(GlobalDefs, "lvs_netlink_monitor_rcv_bufs_force", Bool),
    row(GlobalDefs, "rs_init_notifies", Bool),
    row(GlobalDefs, "no_checker_emails", Bool),
    row(GlobalDefs, "vrrp_rx_bufs_policy", Words),
    row(GlobalDefs, "vrrp_rx_bufs_multiplier", Int(1, 4_294_967_295)),
    row(GlobalDefs, "vrrp_startup_delay", Seconds(1_000, 4_294_967_295)),
    row(GlobalDefs, "vrrp_delay_after_boot", Seconds(1_000, 4_294_967_295)).since(2, 4, 0),
    row(GlobalDefs, "log_unknown_vrids", Flag),
    row(GlobalDefs, "vrrp_owner_ignore_adverts", Bool).since(2, 3, 3),
    row(GlobalDefs, "vmac_prefix", Word).once(),
    row(GlobalDefs, "vmac_addr_prefix", Word).once(),
    row(GlobalDefs, "umask", Words),
    row(GlobalDefs, "random_seed", Int(0, 4_294_967_295)),
    row(GlobalDefs, "reload_check_config", OptWord),
    row(GlobalDefs, "reload_time_file", Word),
    row(GlobalDefs, "reload_repeat", Flag),
    row(GlobalDefs, "reload_file", OptWord),
    row(GlobalDefs, "config_save_dir", Word),
    row(GlobalDefs, "tmp_config_directory", Word).once(),
    row(GlobalDefs, "data_use_instance", Bool),
    row(GlobalDefs, "json_version", Int(1, 2)).since(2, 2, 8),
    row(GlobalDefs, "iproute_usr_dir", Word).since(2, 3, 2),
    row(GlobalDefs, "iproute_etc_dir", Word).since(2, 3, 2),
    row(GlobalDefs, "state_dump_file", Word).since(2, 3, 3),
    row(GlobalDefs, "stats_dump_file", Word).since(2, 3, 3),
    row(GlobalDefs, "json_dump_file", Word).since(2, 3, 3),
    // track_group
    row(TrackGroup, "group", List(Entries::Names)),
    // garp_group
    row(GarpGroup, "garp_interval", Seconds(0, 4_294_967_295)),
    row(GarpGroup, "gna_interval", Seconds(0, 4_294_967_295)),
    row(GarpGroup, "interface", Word),
    row(GarpGroup, "interfaces", List(Entries::Names)),
    // vrrp_sync_group
    row(SyncGroup, "group", List(Entries::Names)),
    row(SyncGroup, "track_interface", List(Entries::Tracked(253))),
    row(SyncGroup, "track_script", List(Entries::Tracked(253))),
    row(SyncGroup, "track_file", List(Entries::Tracked(254))),
    row(SyncGroup, "track_process", List(Entries::Tracked(254))),
    row(SyncGroup, "track_bfd", List(Entries::Tracked(253))),
    row(SyncGroup, "notify_backup", Command).once(),
    row(SyncGroup, "notify_master", Command).once(),
    row(SyncGroup, "notify_fault", Command).once(),
    row(SyncGroup, "notify_stop", Command).once(),
    row(SyncGroup, "notify", Command).once(),
    row(SyncGroup, "smtp_alert", Bool),
    row(SyncGroup, "global_tracking", Flag).deprecated("sync_group_tracking_weight"),
    row(SyncGroup, "sync_group_tracking_weight", Flag),
    row(SyncGroup, "notify_priority_changes", Bool),
    // vrrp_instance
    row(Instance, "use_vmac", AnyWords),
    row(Instance, "use_vmac_addr", Flag),
    row(Instance, "vmac_xmit_base", Flag),
    row(Instance, "use_ipvlan", AnyWords),
    row(Instance, "unicast_peer", List(Entries::Peers)),
    row(Instance, "unicast_fault_no_peer", Flag),
    row(Instance, "check_unicast_src", Flag),
    row(Instance, "old_unicast_checksum", OptOneOf(&["never"])),
    row(Instance, "native_ipv6", Flag),
    row(Instance, "state", OneOf(&["MASTER", "BACKUP"])),
    row(Instance, "interface", Word),
    row(Instance, "vrf", Word),
    row(Instance, "dont_track_primary", Flag),
    row(Instance, "track_interface", List(Entries::Tracked(253))),
    row(Instance, "track_script", List(Entries::Tracked(253))),
    row(Instance, "track_file", List(Entries::Tracked(254))),
    row(Instance, "track_process", List(Entries::Tracked(254))),
    row(Instance, "track_bfd", List(Entries::Tracked(253))),
    row(Instance, "mcast_src_ip", Source),
    row(Instance, "unicast_src_ip", Source),
    row(Instance, "mcast_dst_ip", Multicast),
    row(Instance, "track_src_ip", Flag),
    row(Instance, "virtual_router_id", Int(1, 255)),
    row(Instance, "unicast_ttl", Int(0, 255)),
    row(Instance, "version", Int(2, 3)),
    row(Instance, "priority", Int(1, 255)).or(100),
    row(Instance, "advert_int", Seconds(10_000, 255_000_000)),
    row(Instance, "virtual_ipaddress", List(Entries::Addresses)),
    row(Instance, "virtual_ipaddress_excluded", List(Entries::Addresses)),
    row(Instance, "no_virtual_ipaddress", Flag).since(2, 2, 8),
    row(Instance, "promote_secondaries", Flag),
    row(Instance, "linkbeat_use_polling", Flag).deprecated("linkbeat_interfaces"),
    row(Instance, "v3_checksum_as_v2", Bool).since(2, 2, 8),
    row(Instance, "virtual_routes", List(Entries::Other)),
    row(Instance, "virtual_rules", List(Entries::Other)),
    row(Instance, "accept", Flag),
    row(Instance, "no_accept", Flag),
    row(Instance, "skip_check_adv_addr", Bool),
    row(Instance, "strict_mode", Bool),
    row(Instance, "preempt", Flag),
    row(Instance, "nopreempt", Flag),
    row(Instance, "preempt_delay", Seconds(0, 1_000_000_000)),
    row(Instance, "debug", Int(0, 4)),
    row(Instance, "notify_backup", Command).once(),
    row(Instance, "notify_master", Command).once(),
    row(Instance, "notify_fault", Command).once(),
    row(Instance, "notify_stop", Command).once(),
    row(Instance, "notify_deleted", AnyWords),
    row(Instance, "notify", Command).once(),
    row(Instance, "notify_master_rx_lower_pri", Command).once(),
    row(Instance, "smtp_alert", Bool),
    row(Instance, "notify_priority_changes", Bool),
    row(Instance, "lvs_sync_daemon_interface", Word).deprecated("global_defs/lvs_sync_daemon"),
    row(Instance, "garp_master_delay", Int(0, 4294)),
    row(Instance, "garp_master_refresh", Int(0, 4_294_967_295)),
    row(Instance, "garp_master_repeat", Int(0, 4_294_967_295)).raised(),
    row(Instance, "garp_master_refresh_repeat", Int(0, 4_294_967_295)).raised(),
    row(Instance, "garp_lower_prio_delay", Int(0, 4294)),
    row(Instance, "garp_lower_prio_repeat", Int(0, 2_147_483_647)),
    row(Instance, "down_timer_adverts", Int(1, 100)),
    row(Instance, "timer_expired_backup", OptInt(1, 254)).since(2, 2, 8),
    row(Instance, "thread_timer_expired", OptInt(1, 254)).since(2, 3, 2).deprecated("timer_expired_backup"),
    row(Instance, "garp_extra_if", AllInt(0, 86_400)),
    row(Instance, "vmac_garp_intvl", AllInt(0, 86_400)).deprecated("garp_extra_if"),
    row(Instance, "lower_prio_no_advert", Bool),
    row(Instance, "higher_prio_send_advert", Bool),
    row(Instance, "owner_ignore_adverts", Bool).since(2, 3, 3),
    row(Instance, "kernel_rx_buf_size", Int(0, 4_294_967_295)),
    row(Instance, "authentication", Block(Authentication, Naming::None)),
    row(Instance, "auth_hmac", Block(AuthHmac, Naming::None)).since(2, 4, 0),
    // vrrp_instance/authentication
    row(Authentication, "auth_type", OneOf(&["PASS", "AH"])),
    row(Authentication, "auth_pass", Password),
    // vrrp_instance/auth_hmac
    row(AuthHmac, "key", Key).since(2, 4, 0),
    row(AuthHmac, "active_key", Int(1, 255)).since(2, 4, 0),
    row(AuthHmac, "time_window", Int(1, 300)).since(2, 4, 0),
    row(AuthHmac, "anti_replay", OneOf(&["time", "monotonic"])).since(2, 4, 0),
    row(AuthHmac, "mode", OneOf(&["enforce", "permissive", "receive-only"])).since(2, 4, 0),
    // vrrp_script
    row(Script, "script", Command),
    row(Script, "interval", ScriptSeconds(4_294_000_000)).raised(),
    row(Script, "timeout", ScriptSeconds(4_294_000_000)).raised(),
    row(Script, "weight", Weight(253)).stored(),
    row(Script, "rise", Int(1, 2_147_483_647)).or(1),
    row(Script, "fall", Int(1, 2_147_483_647)).or(1),
    row(Script, "user", Words),
    row(Script, "init_fail", Flag),
    // vrrp_track_process
    row(TrackProcess, "process", Words).once(),
    row(TrackProcess, "param_match", OptOneOf(&["initial", "partial"])),
    row(TrackProcess, "weight", Weight(254)).once(),
    row(TrackProcess, "quorum", Int(1, 65_535)),
    row(TrackProcess, "quorum_max", Int(0, 65_535)),
    row(TrackProcess, "delay", Seconds(1, 3_600_000_000)),
    row(TrackProcess, "terminate_delay", Seconds(1, 3_600_000_000)),
    row(TrackProcess, "fork_delay", Seconds(1, 3_600_000_000)),
    row(TrackProcess, "full_command", Flag),
    // track_file
    row(TrackFile, "file", Word).once(),
    row(TrackFile, "weight", Weight(254)),
    row(TrackFile, "init_file", AnyWords),
    // bfd_instance
    row(Bfd, "source_ip", Ip),
    row(Bfd, "neighbor_ip", Ip),
    row(Bfd, "neighbour_ip", Ip),
    row(Bfd, "min_rx", Millis(1_000, 4_294_967_000)),
    row(Bfd, "min_tx", Millis(1_000, 4_294_967_000)),
    row(Bfd, "idle_tx", Millis(1_000_000, 4_294_967_000)),
    row(Bfd, "multiplier", Int(1, 255)),
    row(Bfd, "passive", Flag),
    row(Bfd, "ttl", Int(1, 255)),
    row(Bfd, "hoplimit", Int(1, 255)),
    row(Bfd, "max_hops", Int(-1, 255)),
    row(Bfd, "multihop", Bool).since(2, 2, 8),
    row(Bfd, "weight", Weight(253)),
    row(Bfd, "vrrp", Flag),
    row(Bfd, "checker", Flag),
];

static INDEX: LazyLock<HashMap<(Place, &'static [u8]), &'static Keyword>> =
    LazyLock::new(|| KEYWORDS.iter().map(|k| ((k.place, k.name.as_bytes()), k)).collect());

/// The keyword of this name in this place.
pub fn find(place: Place, name: &[u8]) -> Option<&'static Keyword> {
    // The index's keys live for ever; a shorter-lived one may look.
    let index: &HashMap<(Place, &[u8]), &'static Keyword> = &INDEX;
    index.get(&(place, name)).copied()
}

/// What somebody may have meant: the nearest keyword of the place, else where such a keyword belongs.
pub fn nearest(place: Place, name: &str, version: Version) -> Option<Hint> {
    let known = |k: &&Keyword| k.known_to(version);
    let most = match name.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let near = KEYWORDS.iter().filter(|k| k.place == place).filter(known).filter_map(|k| {
        // `auth_pass1111`: the blank is missing
        if name.starts_with(k.name) && k.name.len() > 3 {
            return Some((1, k));
        }
        let possible = name.len().abs_diff(k.name.len()) <= most;
        possible.then(|| (strsim::osa_distance(name, k.name), k))
    });
    let elsewhere = KEYWORDS.iter().filter(known).find(|k| k.name == name && k.place != place);
    let near = near.filter(|(d, _)| *d <= most).min_by_key(|(d, _)| *d);
    match (elsewhere, near) {
        (Some(k), _) => Some(Hint::Belongs(k.place)),
        (None, Some((_, k))) => Some(Hint::Similar(k.name)),
        (None, None) => None,
    }
}

/// What [`nearest`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A keyword of the place that is spelt much alike.
    Similar(&'static str),
    /// The keyword belongs in another place.
    Belongs(Place),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_found() {
        for k in KEYWORDS {
            assert_eq!(find(k.place, k.name.as_bytes()), Some(k), "{} twice in {}", k.name, k.place.as_str());
        }
        assert!(KEYWORDS.len() > 290);
    }

    #[test]
    fn hints_are_for_slips() {
        let hint = |place, name| nearest(place, name, Version::V2_4);
        assert_eq!(hint(Instance, "priorty"), Some(Hint::Similar("priority")));
        assert_eq!(hint(Instance, "virtual_ipaddres"), Some(Hint::Similar("virtual_ipaddress")));
        assert_eq!(hint(Authentication, "auth_pass1111"), Some(Hint::Similar("auth_pass")));
        assert_eq!(hint(Top, "priority"), Some(Hint::Belongs(Instance)));
        assert_eq!(hint(Top, "--"), None);
        assert_eq!(nearest(Instance, "auth_hmac", Version::V2_2), None);
    }
}
