//! Who takes part in a simulation, and what befalls them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::fault::Fault;
use crate::conf::{Conf, Run, Version, resolve};
use crate::time::Instant;
use crate::vrrp::Profile;
use crate::vrrp::profile::{FRR, RFC3768, RFC5798, RFC9568};

/// Whose behaviour a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// keepalived of a version.
    Keepalived(Version),
    /// Another daemon or a specification, with what a keepalived.conf says.
    Other(&'static Profile),
}

impl Daemon {
    /// The names that [`FromStr`] takes, besides keepalived with other versions.
    pub const NAMES: &'static [&'static str] =
        &["keepalived-2.4", "keepalived-2.2", "frr", "rfc9568", "rfc5798", "rfc3768"];

    /// By whose rules a configuration is read.
    pub fn version(self) -> Version {
        if let Self::Keepalived(version) = self { version } else { Version::default() }
    }

    /// How its state machine behaves.
    pub fn profile(self) -> &'static Profile {
        match self {
            Self::Keepalived(version) => version.profile(),
            Self::Other(profile) => profile,
        }
    }
}

impl Default for Daemon {
    fn default() -> Self {
        Self::Keepalived(Version::default())
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keepalived(version) if *version == Version::V2_2 => f.write_str("keepalived-2.2"),
            Self::Keepalived(version) if *version == Version::V2_4 => f.write_str("keepalived-2.4"),
            Self::Keepalived(version) => write!(f, "keepalived-{version}"),
            Self::Other(profile) => f.write_str(profile.name),
        }
    }
}

impl FromStr for Daemon {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        if let Some(version) = s.strip_prefix("keepalived-") {
            // The series stand for the versions that were measured.
            return match version {
                "2.2" => Ok(Self::Keepalived(Version::V2_2)),
                "2.4" => Ok(Self::Keepalived(Version::V2_4)),
                version => version.parse().map(Self::Keepalived),
            };
        }
        [&FRR, &RFC9568, &RFC5798, &RFC3768]
            .into_iter()
            .find(|p| p.name == s)
            .map(Self::Other)
            .ok_or_else(|| format!("no daemon is called {s:?}; there are {}", Self::NAMES.join(", ")))
    }
}

/// A configuration, read and completed.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it says.
    pub conf: Arc<Conf>,
    /// What would run.
    pub run: Arc<Run>,
}

impl Setting {
    /// Completes a configuration.
    pub fn new(conf: Conf, version: Version) -> Self {
        let run = resolve(&conf, version);
        Self { conf: Arc::new(conf), run: Arc::new(run) }
    }
}

/// What a tracked script does when it is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Behaviour {
    /// Its exit status.
    pub exit: i32,
    /// How long it takes.
    pub takes: Duration,
    /// It does not end by itself, only when it is told to.
    pub hangs: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// What it is called.
    pub name: String,
    /// Whose behaviour it has.
    pub daemon: Daemon,
    /// Its configuration.
    pub setting: Setting,
    /// Addresses of its interfaces, with their prefix lengths.
    pub addresses: BTreeMap<String, Vec<(IpAddr, u8)>>,
    /// When its VRRP process is ready; `None` for not before an event starts it.
    pub start: Option<Instant>,
    /// What its scripts do at the beginning; those that are not named succeed at once.
    pub scripts: BTreeMap<String, Behaviour>,
    /// Whether as many processes run as are asked for; they do where nothing is said.
    pub processes: BTreeMap<String, bool>,
    /// Numbers in tracked files; 0 where nothing is said.
    pub files: BTreeMap<String, i32>,
    /// How much too fast its clock runs, in millionths.
    pub drift_ppm: i32,
    /// Of which node it is the made-up mirror, and with which priority.
    pub mirror: Option<(String, u8)>,
}

/// Something that happens at a time.
#[derive(Clone, Debug)]
pub struct Timed {
    /// When.
    pub at: Instant,
    /// What.
    pub fault: Fault,
}

/// A simulation that can be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// How long it lasts.
    pub duration: Duration,
    /// The nodes.
    pub nodes: Vec<NodeSpec>,
    /// What befalls them, in any order.
    pub events: Vec<Timed>,
    /// What loss and jitter are drawn with.
    pub seed: u64,
    /// How long a node takes over what it does: each of its timers is served so much late.
    pub latency: Duration,
}
