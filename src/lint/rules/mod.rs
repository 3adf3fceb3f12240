//! The rules, one file each; a line here makes one known everywhere.

mod address_dropped;
mod already_set;
mod bad_address;
mod bad_entry;
mod bad_key;
mod bad_number;
mod bad_word;
mod block_name;
mod config_id_assumed;
mod deprecated;
mod duplicate_name;
mod extra_words;
mod group_interface_twice;
mod group_owners;
mod ipvlan_address;
mod key_file;
mod keyword_too_new;
mod long_password;
mod missing_argument;
mod no_argument;
mod not_defined;
mod not_tracked;
mod peer_dropped;
mod precision;
mod setting_ignored;
mod too_many_addresses;
mod unicast_vmac;
mod unknown_keyword;
mod unused_ignore;

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
];

pub(super) use unused_ignore::RULE as UNUSED_IGNORE;

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.page.id == id)
}
