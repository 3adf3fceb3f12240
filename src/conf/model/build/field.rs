//! A keyword's value into its field, and what is said when the field had one already.

use std::net::IpAddr;
use std::time::Duration;

use crate::conf::model::Set;
use crate::conf::problem::{Kind, Problem};
use crate::conf::schema::Again;
use crate::conf::source::Spanned;
use crate::conf::token::Word;
use crate::conf::tree::Node;
use crate::conf::value::{Value, int};

/// A keyword's value in the form of its field.
pub(in crate::conf::model) trait Field: Sized {
    fn of(node: &Node) -> Option<Self>;
}

impl Field for bool {
    fn of(node: &Node) -> Option<Self> {
        match node.value? {
            Value::Bool(b) => Some(b),
            Value::Present => Some(true),
            _ => None,
        }
    }
}

macro_rules! from_int {
    ($($t:ty)+) => {$(
        impl Field for $t {
            fn of(node: &Node) -> Option<Self> {
                match node.value? {
                    Value::Int(n) | Value::Weight(n, _) => n.try_into().ok(),
                    _ => None,
                }
            }
        }
    )+};
}

from_int!(u8 u16 u32 i32);

impl Field for Duration {
    fn of(node: &Node) -> Option<Self> {
        match node.value? {
            Value::Time(time) => Some(time),
            Value::Int(seconds) => Some(Self::from_secs(seconds.try_into().ok()?)),
            _ => None,
        }
    }
}

impl Field for IpAddr {
    fn of(node: &Node) -> Option<Self> {
        if let Value::Ip(address) = node.value? { Some(address) } else { None }
    }
}

impl Field for String {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        node.words.get(1).map(|w| w.str().into_owned())
    }
}

impl Field for Option<String> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(node.words.get(1).map(|w| w.str().into_owned()))
    }
}

impl Field for Vec<String> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(strings(node.words.get(1..)?))
    }
}

pub(super) fn strings(words: &[Word]) -> Vec<String> {
    words.iter().map(|w| w.str().into_owned()).collect()
}

/// Puts a keyword's value into its field; the last one counts, a refused one changes nothing.
pub(in crate::conf::model) fn set<T: Field + PartialEq>(field: &mut Set<T>, node: &Node, out: &mut Vec<Problem>) {
    if let Some(value) = T::of(node) {
        put(field, node, value, out);
    }
}

/// A flag that stands for a value.
pub(super) fn flag(field: &mut Set<bool>, node: &Node, value: bool, out: &mut Vec<Problem>) {
    put(field, node, value, out);
}

/// Whether a number is the one that stands there, and not what keepalived makes of a bad one.
fn as_written(node: &Node) -> bool {
    let number = |w: &Word| int(&w.text, i64::MIN, i64::MAX).ok();
    match node.value {
        Some(Value::Int(n)) => node.words.len() < 2 || node.words.iter().any(|w| number(w) == Some(n)),
        Some(Value::Time(_)) if node.keyword().is_some_and(|k| k.raised) => {
            node.words.get(1).is_none_or(|w| number(w) != Some(0))
        }
        _ => true,
    }
}

/// Puts a value into a field, and says so when another one was there.
pub(super) fn put<T: PartialEq>(field: &mut Set<T>, node: &Node, value: T, out: &mut Vec<Problem>) {
    if let (Some(first), Some(keyword), true) = (&*field, node.keyword(), as_written(node)) {
        let name = keyword.name;
        let problem = if keyword.again == Again::Adds {
            None
        } else if keyword.again == Again::Replaces {
            Some((Kind::Replaced, format!("`{name}` is set before; keepalived uses this one")))
        } else if first.value == value {
            None
        } else {
            let sentence =
                format!("`{name}` is set before with another value; keepalived uses this one and does not say so");
            Some((Kind::SetTwice, sentence))
        };
        out.extend(
            problem.map(|(kind, sentence)| {
                Problem::new(node.span(), kind, sentence).related(first.span, "first set here")
            }),
        );
    }
    *field = Some(Spanned::new(value, node.span()));
}
