//! A simulation in words, as a chart, as JSON and as a picture.

pub mod chart;
pub mod explored;
pub mod json;
pub mod live;
pub mod svg;
pub mod tcp;
pub mod text;

use std::net::IpAddr;

use crate::conf::RunInstance;
use crate::simulate::World;

/// Names that stand for nodes' addresses in sentences.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Those of a world's nodes.
    pub fn of(world: &World) -> Self {
        let mut all = Vec::new();
        for n in 0..world.nodes() {
            for address in world.addresses(n) {
                all.push((address.to_string(), world.name(n).to_owned()));
            }
        }
        // The longest first: 10.0.0.1 is the beginning of 10.0.0.10.
        all.sort_by_key(|(address, _)| std::cmp::Reverse(address.len()));
        Self(all)
    }

    /// A sentence with the names in place of the addresses.
    pub fn put(&self, sentence: &str) -> String {
        let mut out = String::with_capacity(sentence.len());
        let mut rest = sentence;
        'next: while let Some(c) = rest.chars().next() {
            let inside = out.ends_with(|c: char| c.is_ascii_hexdigit() || c == '.' || c == ':');
            if !inside {
                for (address, name) in &self.0 {
                    if let Some(after) = rest.strip_prefix(address.as_str())
                        && !goes_on(after)
                    {
                        out.push_str(name);
                        rest = after;
                        continue 'next;
                    }
                }
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
        out
    }

    /// A node by its address.
    pub fn node(&self, address: IpAddr) -> Option<&str> {
        let text = address.to_string();
        self.0.iter().find(|(a, _)| *a == text).map(|(_, n)| n.as_str())
    }
}

/// Whether an address does not end here: a digit, or a dot or colon before one.
fn goes_on(after: &str) -> bool {
    let digit = |c: char| c.is_ascii_hexdigit();
    after.starts_with(digit) || after.strip_prefix(['.', ':']).is_some_and(|a| a.starts_with(digit))
}

/// `51/v4`.
fn tag(run: &RunInstance) -> String {
    format!("{}/{}", run.vrid, if run.ipv6 { "v6" } else { "v4" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_names_as_whole_words() {
        let names = Names(vec![
            ("10.77.0.10".into(), "b".into()),
            ("10.77.0.1".into(), "a".into()),
            ("fe80::1".into(), "c".into()),
        ]);
        assert_eq!(names.put("10.77.0.1 silent; 10.77.0.10 and 10.77.0.110 not"), "a silent; b and 10.77.0.110 not");
        assert_eq!(names.put("it preempts 10.77.0.1: 3 > 2"), "it preempts a: 3 > 2");
        assert_eq!(names.put("of fe80::1, not fe80::12"), "of c, not fe80::12");
    }
}
