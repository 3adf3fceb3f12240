//! One attempt at one address, whatever its kind.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use super::outcome::{Fact, Phases};
use super::reason::Reason;
use super::target::Target;
use crate::net::probe_socket::Origin;

/// Is told what an attempt knows while it goes on, in case it is ended early. What comes later replaces it.
pub type SoFar<'a> = &'a (dyn Fn(Found) + Sync);

/// Where an attempt goes, and how.
#[derive(Clone)]
pub struct At<'a> {
    /// What was asked for.
    pub target: &'a Target,
    /// The address, with the port where there is one (else 0). For a check without an address an unspecified one.
    pub address: SocketAddr,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// For the attempt with all its steps.
    pub timeout: Duration,
    /// The timeout is for each step instead.
    pub each_step: bool,
    /// For an attempt that takes long and learns on the way.
    pub so_far: SoFar<'a>,
}

/// What an attempt found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whether it counts as up.
    pub result: Result<(), Reason>,
    /// The phases that it has timed; `resolve` is its caller's, and so is `total` where it says none.
    pub phases: Phases,
    /// What else it learnt.
    pub facts: Vec<Fact>,
}

impl Found {
    /// A failure before anything was learnt.
    pub fn failed(reason: Reason) -> Self {
        Self { result: Err(reason), phases: Phases::default(), facts: Vec::new() }
    }
}

/// An attempt under way.
pub type Attempt<'a> = Pin<Box<dyn Future<Output = Found> + Send + 'a>>;

/// A kind of check with its options.
pub trait Check: Send + Sync {
    /// Its name: `tcp`.
    fn kind(&self) -> &'static str;

    /// Whether it goes to an address; a script does not.
    fn has_address(&self) -> bool {
        true
    }

    /// Tries once, within the time.
    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a>;
}
