//! The rules, one file each; a line here makes one known everywhere.

mod unknown_keyword;

use super::Rule;

/// Every rule.
pub const RULES: &[Rule] = &[
    // What reading meets
    unknown_keyword::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.page.id == id)
}
