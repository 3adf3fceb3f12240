//! Which rules are asked, and other arguments in words.

use std::collections::BTreeSet;

use crate::cli::{Error, explain};
use crate::lint::{RULES, Selection, rule};

/// Of `--select` and `--ignore`.
pub fn selection(select: &[String], ignore: &[String]) -> Result<Selection, Error> {
    let known = |option: &str, ids: &[String]| -> Result<BTreeSet<String>, Error> {
        let ids: BTreeSet<String> = ids.iter().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
        for id in &ids {
            if rule(id).is_none() {
                let near = nearest(id).map_or(String::new(), |n| format!("; did you mean {n}?"));
                let text = format!("{option}: there is no rule with the id {id:?}{near} (`hactl explain` lists all)");
                return Err(Error::Other(text));
            }
        }
        Ok(ids)
    };
    Ok(Selection { select: known("--select", select)?, ignore: known("--ignore", ignore)? })
}

/// The rule that may be meant.
pub fn nearest(id: &str) -> Option<&'static str> {
    explain::nearest(id, RULES.iter().map(|r| r.page.id))
}

/// `NAME=VALUE`, also with the `$` that the file has.
pub fn definition(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is written NAME=VALUE")?;
    let name = name.strip_prefix('$').unwrap_or(name);
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !first || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("a name is a letter or _, then letters, digits and _".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}
