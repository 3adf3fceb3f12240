//! The lines of `virtual_rules` and `static_rules`.

use std::collections::HashSet;

use super::words::{Dropped, Entry, TYPES, U32};
use super::{Given, Network};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Argument, Place};
use crate::conf::source::{Span, Spanned};
use crate::conf::tree::Node;
use crate::conf::value::{c_int, int};

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `table` or `lookup`: its name or number.
    Table(String),
    /// `l3mdev`.
    L3mdev,
    /// `goto`: the preference to go on at.
    Goto(u32),
    /// `nop`.
    Nop,
    /// `blackhole`.
    Blackhole,
    /// `prohibit`.
    Prohibit,
    /// `unreachable`.
    Unreachable,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// `preference`; keepalived counts down from 16384 when it is not said.
    pub preference: Option<u32>,
    /// `from`.
    pub from: Option<Network>,
    /// `to`.
    pub to: Option<Network>,
    /// `iif`.
    pub iif: Option<Spanned<String>>,
    /// `oif`.
    pub oif: Option<Spanned<String>>,
    /// `no_track`.
    pub no_track: bool,
    /// `track_group`, of static rules.
    pub track_group: Option<String>,
    /// All that is said besides, in order.
    pub options: Vec<Given>,
}

/// The rules of a list. Static ones may follow groups, those that are given.
pub(in crate::conf::model) fn rules(
    list: &Node,
    groups: Option<&HashSet<String>>,
    out: &mut Vec<Problem>,
) -> Vec<Spanned<Rule>> {
    let place = if groups.is_some() { Place::StaticRules } else { Place::VirtualRules };
    let read = |node: &Node| {
        let entry =
            Entry { words: &node.words, at: 0, place, drop: Kind::RuleDropped, what: "rule", family: None, out };
        Some(Spanned::new(rule(entry, groups, node.span()).ok()?, node.span()))
    };
    list.nodes().iter().filter_map(read).collect()
}

fn rule(mut e: Entry<'_>, groups: Option<&HashSet<String>>, span: Span) -> Result<Rule, Dropped> {
    let mut action: Option<(Action, Span)> = None;
    let (mut preference, mut from, mut to, mut iif, mut oif) = (None, None, None, None, None);
    let (mut no_track, mut track_group, mut options) = (false, None, Vec::new());
    let mut of_table = None;
    while let Some(word) = e.next() {
        let start = e.at - 1;
        let (mut word, mut known) = (word, e.keyword(word));
        if word.is("type") {
            word = e.value(word)?;
            known = e
                .keyword(word)
                .filter(|(_, _, name)| matches!(*name, "goto" | "nop" | "blackhole" | "prohibit" | "unreachable"));
        }
        let Some((_, argument, name)) = known else {
            let shown = quote(&word.text);
            let why = if TYPES.iter().any(|t| word.is(t)) || c_int(&word.text).is_some() {
                format!("{shown} is no action of a rule")
            } else {
                format!("{shown} is nothing that a rule can have")
            };
            return Err(e.drop(word.span, &why));
        };
        let act = match name {
            "table" => {
                let value = e.value(word)?;
                if c_int(&value.text).is_some_and(|n| n & U32 == 0) {
                    return Err(e.drop(value.span, "there is no table 0"));
                }
                Some(Action::Table(value.str().into_owned()))
            }
            "l3mdev" => Some(Action::L3mdev),
            "goto" => {
                let value = e.value(word)?;
                let target = e.number(word, value, 0, U32)?;
                Some(Action::Goto(u32::try_from(target).unwrap_or(u32::MAX)))
            }
            "nop" => Some(Action::Nop),
            "blackhole" => Some(Action::Blackhole),
            "prohibit" => Some(Action::Prohibit),
            "unreachable" => Some(Action::Unreachable),
            _ => None,
        };
        if let Some(act) = act {
            if action.is_some() {
                return Err(e.drop(word.span, "a rule has one action only"));
            }
            action = Some((act, word.span));
            continue;
        }
        match (name, argument) {
            (_, Argument::Family) => e.own_family(word)?,
            ("from" | "to", _) => {
                let value = e.value(word)?;
                let network = Some(e.network(value, "is not a network")?);
                *(if name == "from" { &mut from } else { &mut to }) = network;
            }
            ("preference", _) => {
                e.pass(word, argument)?;
                let given = e.words.get(e.at - 1).and_then(|w| c_int(&w.text));
                preference = given.and_then(|n| u32::try_from(n).ok());
            }
            ("iif" | "oif", _) => {
                let value = e.interface(word)?;
                let interface = Some(Spanned::new(value.str().into_owned(), value.span));
                *(if name == "iif" { &mut iif } else { &mut oif }) = interface;
            }
            ("no_track", _) => no_track = true,
            ("track_group", _) => {
                if let Some(groups) = groups {
                    e.track_group(word, groups, &mut track_group)?;
                }
            }
            ("protocol" | "ipproto", _) => {
                let value = e.value(word)?;
                // A protocol's name is known to the host; none begins with a sign.
                let digit = |b: &u8| b.is_ascii_digit() || *b == b'-';
                let named = name == "ipproto" && !value.text.first().is_some_and(digit);
                let most = if name == "ipproto" { 127 } else { 255 };
                if !named && int(&value.text, 0, most).is_err() {
                    let sentence = format!(
                        "`{name}` {} is not a whole number from 0 to {most}; keepalived goes on without it",
                        quote(&value.text)
                    );
                    e.say(value.span, Kind::BadEntry, sentence);
                } else {
                    options.push(e.given(name, start));
                }
            }
            _ => {
                e.pass(word, argument)?;
                if matches!(name, "realms" | "suppress_prefixlength" | "suppress_ifgroup") {
                    of_table = Some(word.span);
                }
                options.push(e.given(name, start));
            }
        }
    }
    if let Some((Action::Goto(target), at)) = &action {
        match preference {
            None => return Err(e.drop(*at, &format!("`goto {target}` needs a preference"))),
            Some(own) if own >= *target => {
                return Err(e.drop(*at, &format!("`goto {target}` leads back: its own preference is {own}")));
            }
            Some(_) => {}
        }
    }
    let Some((action, _)) = action else {
        return Err(e.drop(span, "a rule needs an action, such as `table`"));
    };
    if let Some(at) = of_table.filter(|_| !matches!(action, Action::Table(_) | Action::L3mdev)) {
        return Err(e.drop(at, "this goes with a table alone"));
    }
    let other = options.iter().find(|o| o.name == "protocol" && o.words.first().is_none_or(|w| w != "18"));
    if let Some(protocol) = other.filter(|_| !no_track) {
        let sentence = "a rule of another protocol cannot be followed; keepalived makes it its own";
        e.out.push(Problem::new(protocol.span, Kind::BadEntry, sentence).help("Add `no_track` to keep the protocol."));
    }
    if track_group.is_some() && iif.is_none() {
        e.say(span, Kind::BadEntry, "a rule without `iif` follows no `track_group`; keepalived goes on without it");
        track_group = None;
    }
    if preference.is_none() {
        let sentence = "a rule without `preference` gets one from 16384 downwards, before the main table's";
        e.say(span, Kind::NoPreference, sentence);
    }
    Ok(Rule { action, preference, from, to, iif, oif, no_track, track_group, options })
}

#[cfg(test)]
mod tests {
    use super::super::tests::words;
    use super::*;

    fn rule(line: &str) -> (Option<Rule>, Vec<Kind>) {
        let (words, mut out) = (words(line), Vec::new());
        let entry = Entry {
            words: &words,
            at: 0,
            place: Place::VirtualRules,
            drop: Kind::RuleDropped,
            what: "rule",
            family: None,
            out: &mut out,
        };
        let rule = super::rule(entry, None, Span::default()).ok();
        (rule, out.iter().map(|p| p.kind).collect())
    }

    #[test]
    fn a_rule_has_one_action_and_a_preference() {
        let (r, kinds) = rule("from 10.0.0.0/8 iif eth0 lookup 7 order 0x10 fwmark 1/0xff");
        let r = r.unwrap();
        assert_eq!(kinds, []);
        assert_eq!((r.action, r.preference), (Action::Table("7".into()), Some(16)));
        assert_eq!(r.from, Some(Network::Prefix("10.0.0.0".parse().unwrap(), 8)));
        assert_eq!((r.iif.unwrap().value.as_str(), r.options[0].words.join(" ").as_str()), ("eth0", "1/0xff"));
        assert_eq!(rule("table 7").1, [Kind::NoPreference]);
        assert_eq!(rule("goto 9 preference 5").0.unwrap().action, Action::Goto(9));
        for dropped in ["preference 5", "table 7 nop preference 5", "goto 5 preference 5", "goto 5", "type throw"] {
            assert_eq!(rule(dropped), (None, vec![Kind::RuleDropped]), "{dropped}");
        }
        assert_eq!(rule("preference").1, [Kind::MissingArgument]);
    }
}
