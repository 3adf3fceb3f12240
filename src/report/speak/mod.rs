//! What a speaker does and how it stands, in words and in JSON.

mod json;
mod verdict;
pub mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use json::{start, summary, told};
pub use verdict::{Judged, judge, judge_all, master, standing, verdict};
pub use words::{command, fault, line, reason, sentence};

use crate::speak::InstanceView;

/// How a virtual router is named in lines and objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its identifier.
    pub vrid: u8,
    /// IPv6 as opposed to IPv4.
    pub ipv6: bool,
}

impl<'a> From<&'a InstanceView> for Named<'a> {
    fn from(i: &'a InstanceView) -> Self {
        Self { name: &i.name, vrid: i.params.vrid, ipv6: i.params.source.is_ipv6() }
    }
}
