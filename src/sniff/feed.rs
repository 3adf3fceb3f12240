//! Frames on their way from a source to a screen: what a feeding thread sends.

use std::net::IpAddr;

use crate::frame::OwnedFrame;
use crate::time::Timestamp;

/// How a source is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceState {
    /// More may come.
    #[default]
    Running,
    /// The file or stream ended.
    Ended,
    /// The time or the number asked for is reached, or a signal came: nobody wants more.
    Enough,
    /// The capture ends in the middle of something; what came before is good.
    Cut(String),
    /// It failed: a damaged file, an interface that vanished.
    Failed(String),
}

/// What arrived since the last batch. Sent several times a second even when nothing did, so that time passes.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Frames that may concern VRRP, in order.
    pub frames: Vec<OwnedFrame>,
    /// How many others went by.
    pub others: u64,
    /// The source's time now: the wall clock for a live interface, the replay's clock for a file.
    pub now: Timestamp,
    /// Frames the kernel dropped so far because we were too slow.
    pub dropped: u64,
    /// Whether the interface has a carrier; `None` for a file.
    pub carrier: Option<bool>,
    /// Frames that entered and left the interface so far; `None` for a file.
    pub interface_frames: Option<u64>,
    /// How the source is doing.
    pub state: SourceState,
    /// In a demonstration, how its nodes are.
    pub stage: Option<Stage>,
}

/// A node of a demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// What the wire knows it by.
    pub address: Option<IpAddr>,
    /// Whether its daemon runs.
    pub runs: bool,
}

/// The nodes of a demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// They themselves.
    pub nodes: Vec<Node>,
    /// What befell last, as a sentence, and when.
    pub befell: Option<(Timestamp, String)>,
}
