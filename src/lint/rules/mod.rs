//! The rules, one file each; a line here makes one known everywhere.

mod accept_mismatch;
mod address_dropped;
mod address_in_two_routers;
mod address_is_node_address;
mod address_list_mismatch;
mod address_prefix_mismatch;
mod address_tail;
mod address_twice;
mod ah_with_master;
mod already_set;
mod auth_ignored;
mod auth_mismatch;
mod auth_without_type;
mod bad_address;
mod bad_entry;
mod bad_key;
mod bad_number;
mod bad_repeat;
mod bad_vrid;
mod bad_word;
mod block_name;
mod checker_incomplete;
mod checker_never_passes;
mod checker_without_url;
mod checks_differ;
mod checksum_mismatch;
mod comment_backslash;
mod conditional_block;
mod config_id_assumed;
mod deprecated;
mod dont_track_primary;
mod duplicate_name;
mod duplicate_real_server;
mod duplicate_virtual_server;
mod duplicate_vrid;
mod empty_list;
mod empty_prefix;
mod entry_twice;
mod equal_priority;
mod excluded_list_mismatch;
mod extra_close;
mod extra_words;
mod family_mismatch;
mod garp_group_dropped;
mod group_empty;
mod group_interface_twice;
mod group_interface_weight;
mod group_member;
mod group_owners;
mod group_single;
mod group_weight;
mod hysteresis_too_high;
mod ignored_with_fwmark;
mod include;
mod include_depth;
mod include_required;
mod init_fail_ignored;
mod instance_on_one_node;
mod interface_name;
mod interval_mismatch;
mod ipv6_first_address;
mod ipv6_version;
mod ipvlan_address;
mod key_file;
mod keyword_too_new;
mod late_global;
mod list_words;
mod long_line;
mod long_password;
mod look_alike;
mod lowered;
mod mail_not_sent;
mod master_without_priority;
mod misplaced;
mod missing_argument;
mod missing_close;
mod missing_open;
mod multicast_group_mismatch;
mod multicast_scope;
mod name_twice;
mod no_active_key;
mod no_address;
mod no_argument;
mod no_definition;
mod no_interface;
mod no_loss_tolerated;
mod no_method;
mod no_protocol;
mod no_real_server;
mod no_scheduler;
mod no_vrid;
mod nopreempt_ignored;
mod nopreempt_wrong_node;
mod not_defined;
mod not_expanded;
mod not_tracked;
mod not_used;
mod notify_user;
mod nul_byte;
mod odd_netmask;
mod off_turns_on;
mod ops_without_udp;
mod own_interface_tracked;
mod own_interface_weight;
mod owner_priority;
mod owner_weights;
mod passed_over;
mod peer_dropped;
mod precision;
mod preempt_delay_ignored;
mod preempt_delay_race;
mod priorities_close;
mod priority_order;
mod process_only_check;
mod process_priority;
mod program_insecure;
mod program_unusable;
mod quorum_too_high;
mod random;
mod replaced;
mod rounded;
mod route_dropped;
mod route_not_tracked;
mod router_id_equal;
mod rule_dropped;
mod rule_without_preference;
mod script_security;
mod script_sleeps;
mod script_stops_keepalived;
mod script_timeout;
mod self_reference;
mod server_family;
mod server_port;
mod set_twice;
mod setting_ignored;
mod short_interval;
mod slow_check;
mod slow_failover;
mod slow_garp;
mod sorry_server_inhibit;
mod source_address_shared;
mod strict_drops_traffic;
mod strict_forbids;
mod strict_unicast;
mod swallowed_word;
mod sync_group_mismatch;
mod sync_group_order;
mod timers_differ;
mod too_many_addresses;
mod too_much;
mod trailing_backslash;
mod two_owners;
mod unexpected_open;
mod unicast_fault_no_peer;
mod unicast_multicast_mix;
mod unicast_peer_is_self;
mod unicast_peers_asymmetric;
mod unicast_ttl_mismatch;
mod unicast_ttl_without_peers;
mod unicast_vmac;
mod unicast_without_peers;
mod unknown_interface;
mod unknown_keyword;
mod unknown_server_group;
mod unknown_user;
mod unmatched_quote;
mod untrackable;
mod unused_ignore;
mod version_mismatch;
mod virtual_server_mismatch;
mod vmac_mismatch;
mod vrid_collision;
mod vrid_mismatch;
mod weight_cannot_failover;
mod weight_no_effect;
mod weight_nopreempt;
mod weight_tie;
mod weight_window;
mod weight_zero;
mod zero_port;
mod zero_prefix;
mod zero_refused;

use super::Rule;

/// Every rule.
pub const RULES: &[Rule] = &[
    // How it was asked
    config_id_assumed::RULE,
    unused_ignore::RULE,
    // What reading meets
    unknown_keyword::RULE,
    keyword_too_new::RULE,
    deprecated::RULE,
    missing_argument::RULE,
    no_argument::RULE,
    bad_number::RULE,
    precision::RULE,
    bad_word::RULE,
    bad_address::RULE,
    address_dropped::RULE,
    peer_dropped::RULE,
    bad_entry::RULE,
    not_tracked::RULE,
    extra_words::RULE,
    already_set::RULE,
    duplicate_name::RULE,
    block_name::RULE,
    not_defined::RULE,
    long_password::RULE,
    bad_key::RULE,
    key_file::RULE,
    not_expanded::RULE,
    conditional_block::RULE,
    zero_refused::RULE,
    // What keepalived says once everything is read
    setting_ignored::RULE,
    unicast_vmac::RULE,
    ipvlan_address::RULE,
    too_many_addresses::RULE,
    group_owners::RULE,
    group_interface_twice::RULE,
    bad_vrid::RULE,
    zero_prefix::RULE,
    missing_open::RULE,
    unmatched_quote::RULE,
    long_line::RULE,
    nul_byte::RULE,
    comment_backslash::RULE,
    trailing_backslash::RULE,
    look_alike::RULE,
    no_definition::RULE,
    include::RULE,
    include_required::RULE,
    include_depth::RULE,
    self_reference::RULE,
    bad_repeat::RULE,
    too_much::RULE,
    random::RULE,
    no_vrid::RULE,
    no_interface::RULE,
    no_address::RULE,
    no_active_key::RULE,
    untrackable::RULE,
    strict_unicast::RULE,
    strict_forbids::RULE,
    ipv6_version::RULE,
    auth_ignored::RULE,
    ah_with_master::RULE,
    nopreempt_ignored::RULE,
    preempt_delay_ignored::RULE,
    unicast_without_peers::RULE,
    unicast_fault_no_peer::RULE,
    unicast_ttl_without_peers::RULE,
    own_interface_tracked::RULE,
    own_interface_weight::RULE,
    owner_weights::RULE,
    rounded::RULE,
    duplicate_vrid::RULE,
    group_member::RULE,
    group_empty::RULE,
    group_single::RULE,
    group_weight::RULE,
    group_interface_weight::RULE,
    unexpected_open::RULE,
    extra_close::RULE,
    missing_close::RULE,
    // Weights and peers of one node
    weight_no_effect::RULE,
    weight_zero::RULE,
    weight_window::RULE,
    unicast_peer_is_self::RULE,
    // Between nodes
    vrid_mismatch::RULE,
    family_mismatch::RULE,
    version_mismatch::RULE,
    interval_mismatch::RULE,
    auth_mismatch::RULE,
    checksum_mismatch::RULE,
    multicast_group_mismatch::RULE,
    unicast_multicast_mix::RULE,
    unicast_peers_asymmetric::RULE,
    unicast_ttl_mismatch::RULE,
    source_address_shared::RULE,
    address_list_mismatch::RULE,
    excluded_list_mismatch::RULE,
    address_prefix_mismatch::RULE,
    address_in_two_routers::RULE,
    address_is_node_address::RULE,
    accept_mismatch::RULE,
    vmac_mismatch::RULE,
    instance_on_one_node::RULE,
    vrid_collision::RULE,
    two_owners::RULE,
    equal_priority::RULE,
    priority_order::RULE,
    priorities_close::RULE,
    weight_tie::RULE,
    weight_cannot_failover::RULE,
    weight_nopreempt::RULE,
    nopreempt_wrong_node::RULE,
    checks_differ::RULE,
    sync_group_mismatch::RULE,
    sync_group_order::RULE,
    timers_differ::RULE,
    virtual_server_mismatch::RULE,
    router_id_equal::RULE,
    // What does not fit the host
    program_unusable::RULE,
    program_insecure::RULE,
    unknown_user::RULE,
    unknown_interface::RULE,
    // What keepalived takes silently, and gets wrong
    master_without_priority::RULE,
    owner_priority::RULE,
    auth_without_type::RULE,
    ipv6_first_address::RULE,
    strict_drops_traffic::RULE,
    interface_name::RULE,
    slow_failover::RULE,
    short_interval::RULE,
    no_loss_tolerated::RULE,
    preempt_delay_race::RULE,
    dont_track_primary::RULE,
    multicast_scope::RULE,
    address_twice::RULE,
    process_priority::RULE,
    slow_garp::RULE,
    init_fail_ignored::RULE,
    script_timeout::RULE,
    slow_check::RULE,
    script_sleeps::RULE,
    script_stops_keepalived::RULE,
    process_only_check::RULE,
    notify_user::RULE,
    not_used::RULE,
    script_security::RULE,
    mail_not_sent::RULE,
    // Routes, rules, and virtual servers
    route_dropped::RULE,
    rule_dropped::RULE,
    route_not_tracked::RULE,
    rule_without_preference::RULE,
    swallowed_word::RULE,
    empty_prefix::RULE,
    replaced::RULE,
    set_twice::RULE,
    off_turns_on::RULE,
    address_tail::RULE,
    odd_netmask::RULE,
    misplaced::RULE,
    passed_over::RULE,
    list_words::RULE,
    empty_list::RULE,
    garp_group_dropped::RULE,
    lowered::RULE,
    no_real_server::RULE,
    server_family::RULE,
    duplicate_real_server::RULE,
    duplicate_virtual_server::RULE,
    unknown_server_group::RULE,
    no_protocol::RULE,
    no_scheduler::RULE,
    no_method::RULE,
    quorum_too_high::RULE,
    hysteresis_too_high::RULE,
    server_port::RULE,
    zero_port::RULE,
    ops_without_udp::RULE,
    ignored_with_fwmark::RULE,
    sorry_server_inhibit::RULE,
    checker_incomplete::RULE,
    checker_without_url::RULE,
    entry_twice::RULE,
    late_global::RULE,
    name_twice::RULE,
    checker_never_passes::RULE,
];

pub(super) use unused_ignore::RULE as UNUSED_IGNORE;

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.page.id == id)
}
