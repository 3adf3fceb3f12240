//! The rules, one file each; a line here makes one known everywhere.

mod address_dropped;
mod ah_with_master;
mod already_set;
mod auth_ignored;
mod bad_address;
mod bad_entry;
mod bad_key;
mod bad_number;
mod bad_repeat;
mod bad_vrid;
mod bad_word;
mod block_name;
mod comment_backslash;
mod config_id_assumed;
mod deprecated;
mod duplicate_name;
mod duplicate_vrid;
mod extra_close;
mod extra_words;
mod group_empty;
mod group_interface_twice;
mod group_interface_weight;
mod group_member;
mod group_owners;
mod group_single;
mod group_weight;
mod include;
mod include_depth;
mod include_required;
mod ipv6_version;
mod ipvlan_address;
mod key_file;
mod keyword_too_new;
mod long_line;
mod long_password;
mod missing_argument;
mod missing_close;
mod missing_open;
mod no_active_key;
mod no_address;
mod no_argument;
mod no_interface;
mod no_vrid;
mod nopreempt_ignored;
mod not_defined;
mod not_tracked;
mod nul_byte;
mod own_interface_tracked;
mod own_interface_weight;
mod owner_weights;
mod peer_dropped;
mod precision;
mod preempt_delay_ignored;
mod random;
mod rounded;
mod self_reference;
mod setting_ignored;
mod strict_forbids;
mod strict_unicast;
mod too_many_addresses;
mod too_much;
mod unexpected_open;
mod unicast_fault_no_peer;
mod unicast_ttl_without_peers;
mod unicast_vmac;
mod unicast_without_peers;
mod unknown_keyword;
mod unmatched_quote;
mod untrackable;
mod unused_ignore;
mod zero_prefix;

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
];

pub(super) use unused_ignore::RULE as UNUSED_IGNORE;

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.page.id == id)
}
